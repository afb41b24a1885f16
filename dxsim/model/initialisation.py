"""What is given at the start: the vendors' market, legacy systems and the work ahead.

    market share             s_v ~ rank^(-eta_V), summing to one (Zipf), for V general vendors that sell every lot
    specialists              V_sp vendors of their own, by the same law, for each of family register, health and public
                             assistance, which share what of these lots is not bundled
    strength in a prefecture G_v ~ Gamma(alpha_ter s_v): small alpha_ter, one dominant vendor; shares there ~ G_v
    home                     the prefecture whose shares count: a municipality's own or that of a land neighbour, each
                             neighbour and itself with equal probability, so territories cross borders
    local centre             the most populous of a municipality and its neighbours
    main vendor              with probability lambda_loc that of the local centre, if that is another municipality, else
                             drawn from the shares of the home
    lot with the main vendor with probability factor_lot (p_bun - b_bun ln(N / N_ref)), else drawn from the national
                             shares or, where there are specialists, had from theirs as the main vendor is, with draws
                             of its own; child-rearing goes with children and disability
    package                  all lots that a municipality has from one vendor: one threshold, one complexity, one plan
    product availability     r_vl = r_mean + s_r (sqrt(rho_r) Z_v + sqrt(1 - rho_r) Z_vl) + Delta_r   months, rounded
                             up; specialists have r_sp in place of r_mean
    engineers of a branch    ~ (work of the vendor in the prefecture) exp(s_br Z)
    legacy complexity        kappa = kappa_mean (N / N_ref)^eta_kappa lognormal(-s_kappa^2 / 2, s_kappa)
    hard systems             P(R1), P(R2), P(R3) = (p_R1, p_R2, p_R3) (N / N_mean)^eta_hard, at most one in all; they
                             come together: 4.1 of 20 in the few municipalities that have any
    start of a hard system   not before t_hard + H_hard U                 month, rounded up; U uniform

Work z and its monthly limit follow `work` (eta_z, s_z, d_min, eta_d), months of planning `planning` (d_pl), and
vendors' capacity `capacity` (kappa_cap). A municipality believes in an extension with probability xi_0.
`queue_discipline` ranks the systems. Money, staff, programmes, security, residents and groups start as their own files
say.
"""

from __future__ import annotations

import math

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import cooperation, levers, money, programmes, readiness, residents, security, staff
from dxsim.model.capacity import initial_capacity
from dxsim.model.centres import local_centre
from dxsim.model.codes import NEVER, NOT_APPLICABLE, Reason, SystemState
from dxsim.model.planning import planning_duration
from dxsim.model.state import Country, Floats, Integers, Market, Records, Run
from dxsim.model.vendor_queue import END, QueueDiscipline
from dxsim.model.work import REFERENCE_POPULATION, job_size, monthly_limit
from dxsim.terms.municipalities import PREFECTURES
from dxsim.terms.statistics import MEAN_POPULATION

HARD_TOGETHER = 4.1 / 20.0  # of 20 systems: 702 hard ones in 171 bodies, October 2023 (Jiji; second-hand)
OWN_LOT = 64  # index of the draw that all lots of a vendor share, past those of the lots

# Which draws of `streams.CONTRACT` say who serves a place, for the main vendor and for a specialist of a lot: whose
# territory counts, who of it, and whether the vendor of the local centre comes in its place.
MAIN, SPECIALIST = 0, 1
HOME, WHO, FROM_CENTRE = (3, 4), (0, 2), (5, 6)


def market_shares(count: int, exponent: float) -> Floats:
    """Return the national shares of `count` vendors by size rank: Zipf with this `exponent`, summing to one."""
    share = np.arange(1, count + 1, dtype=np.float64) ** -exponent
    return np.asarray(share / share.sum(), dtype=np.float64)


@kernel
def bundling_probability(base: float, slope: float, population: float, factor: float) -> float:
    """Return the probability in [0, 1] that a lot goes to the municipality's main vendor."""
    return factor * min(1.0, max(0.0, base - slope * math.log(max(population, 1.0) / REFERENCE_POPULATION)))


@kernel
def complexity(mean: float, exponent: float, dispersion: float, population: float, draw: float) -> float:
    """Return legacy complexity kappa; `draw` is standard normal, and the mean over draws is not moved by it."""
    size = relative_size(population, REFERENCE_POPULATION, exponent)
    return mean * size * math.exp(dispersion * draw - dispersion**2 / 2.0)


@kernel
def relative_size(population: float, reference: float, exponent: float) -> float:
    """Return (population / reference)^exponent."""
    return (population / reference) ** exponent


@kernel
def pick(shares: Floats, draw: float) -> int:
    """Return the index drawn with probabilities `shares` by a uniform `draw`."""
    total, last = 0.0, 0
    for index in range(shares.size):
        total += shares[index]
        if draw < total:
            return index
        if shares[index] > 0.0:  # what rounding leaves out of the sum is the last one's
            last = index
    return last


def suppliers_of_lots(country: Country, count: int, specialists: int, exponent: float) -> Floats:
    """Return (V, L) the national share of every vendor in every lot; columns sum to one.

    The first `count` vendors are general ones and sell all lots; for each lot with specialists so many follow that sell
    nothing else. General vendors hold the part of such a lot that is bundled.
    """
    general = market_shares(count, exponent)
    n_lots, special = country.bundling_factor.size, np.flatnonzero(country.has_specialists)
    share = np.zeros((count + specialists * special.size, n_lots))
    share[:count] = general[:, None]
    for turn, lot in enumerate(special):
        if specialists > 0:
            share[:count, lot] *= country.bundling_factor[lot]
            first = count + turn * specialists
            own = market_shares(specialists, exponent) * (1.0 - country.bundling_factor[lot])
            share[first : first + specialists, lot] = own
    return share


@kernel
def home_of(country: Country, i: int, draw: float) -> int:
    """Return the prefecture whose vendors serve a municipality: its own or, near a border, that of a neighbour.

    Its own counts once and that of every neighbour once, so territories cross borders where municipalities do.
    """
    first, last = country.offsets[i], country.offsets[i + 1]
    place = first - 1 + int(draw * (last - first + 1))
    if place < first:
        return country.places[i].prefecture
    return country.places[country.neighbours[place]].prefecture


@kernel(makes_arrays=True)
def local_vendors(country: Country, territory: Floats, local: float, seed: int, role: int, key: int) -> Integers:
    """Draw (n,) who serves each municipality, from the shares (48, V) and, so often as `local`, as at its centre.

    A centre has more residents than who follows it, so that the most populous come first.
    """
    population = np.empty(country.places.size)
    for i in range(country.places.size):
        population[i] = country.places[i].population
    vendor = np.empty(country.places.size, dtype=np.int64)
    for i in np.argsort(-population, kind="mergesort"):
        code, centre = country.places[i].code, local_centre(country, i)
        if centre != i and streams.uniform(seed, streams.CONTRACT, code, FROM_CENTRE[role], key) < local:
            vendor[i] = vendor[centre]
        else:
            home = home_of(country, i, streams.uniform(seed, streams.CONTRACT, code, HOME[role], key))
            vendor[i] = pick(territory[home], streams.uniform(seed, streams.CONTRACT, code, WHO[role], key))
    return vendor


@kernel
def is_specialist(shares: Floats) -> bool:
    """Return whether a vendor with these `shares`, (L,), sells one lot only."""
    sold = 0
    for lot in range(shares.size):
        sold += shares[lot] > 0.0
    return sold == 1


@kernel
def mean_availability(shares: Floats, parameters: np.record) -> float:
    """Return r_mean, or r_sp of a specialist: the mean month of availability of a vendor with these `shares`."""
    return parameters.specialist_readiness_mean if is_specialist(shares) else parameters.readiness_mean


@kernel(makes_arrays=True)
def territories(share: Floats, concentration: float, seed: int) -> Floats:
    """Draw (48, L, V) the shares of vendors by prefecture and lot, from the national shares (V, L).

    Where a lot has specialists, they share what is not bundled among themselves.
    """
    count, n_lots = share.shape
    territory = np.zeros((PREFECTURES + 1, n_lots, count))
    strength, largest, special = np.empty(count), np.empty(count), np.empty(count, dtype=np.bool_)
    has_specialists = np.zeros(n_lots, dtype=np.bool_)
    for vendor in range(count):
        largest[vendor], special[vendor] = share[vendor].max(), is_specialist(share[vendor])
        for lot in range(n_lots):
            has_specialists[lot] |= special[vendor] and share[vendor, lot] > 0.0
    for prefecture in range(PREFECTURES + 1):
        for vendor in range(count):
            strength[vendor] = 0.0
            if largest[vendor] > 0.0:
                shape = concentration * largest[vendor]
                strength[vendor] = streams.gamma(shape, seed, streams.MARKET, prefecture, vendor)
        for lot in range(n_lots):
            total, nation = 0.0, 0.0
            for vendor in range(count):
                if share[vendor, lot] > 0.0 and special[vendor] == has_specialists[lot]:
                    total += strength[vendor]
                    nation += share[vendor, lot]
            for vendor in range(count):
                if share[vendor, lot] > 0.0 and special[vendor] == has_specialists[lot]:
                    here = strength[vendor] / total if total > 0.0 else share[vendor, lot] / nation
                    territory[prefecture, lot, vendor] = here
    return territory


@kernel(makes_arrays=True)
def draw_market(country: Country, share: Floats, parameters: np.record, seed: int) -> Market:
    """Draw who runs which lot at the start and when products are available, for vendors of these national shares."""
    n, n_lots = country.places.size, country.bundling_factor.size
    territory, local = territories(share, parameters.territory_concentration, seed), parameters.local_market
    mains = local_vendors(country, territory[:, 0], local, seed, MAIN, 0)
    specialists = np.empty((n, n_lots), dtype=np.int64)
    for lot in range(n_lots):
        if country.has_specialists[lot]:
            key = country.bought_with[lot]
            specialists[:, lot] = local_vendors(country, territory[:, lot], local, seed, SPECIALIST, key)
    legacy = np.empty((n, n_lots), dtype=np.int16)
    for i in range(n):
        code, population, main = country.places[i].code, country.places[i].population, mains[i]
        for lot in range(n_lots):
            legacy[i, lot] = NOT_APPLICABLE
            if not country.applies[country.places[i].kind, lot]:
                continue
            key = country.bought_with[lot]
            bundled = bundling_probability(
                parameters.package_bundling,
                parameters.bundling_size_slope,
                population,
                country.bundling_factor[lot],
            )
            if share[main, lot] > 0.0 and streams.uniform(seed, streams.CONTRACT, code, 1, key) < bundled:
                legacy[i, lot] = main
            elif country.has_specialists[lot]:
                legacy[i, lot] = specialists[i, lot]
            else:
                draw = streams.uniform(seed, streams.CONTRACT, code, WHO[SPECIALIST], key)
                legacy[i, lot] = pick(share[:, lot], draw)
    return Market(share, legacy, products(share, parameters, seed))


@kernel(makes_arrays=True)
def products(share: Floats, parameters: np.record, seed: int) -> Integers:
    """Draw (V, L) the month from which each vendor's product for a lot can be installed; NEVER if it sells none."""
    count, n_lots = share.shape
    ready = np.empty((count, n_lots), dtype=np.int64)
    common = math.sqrt(parameters.readiness_common)
    special = math.sqrt(1.0 - parameters.readiness_common)
    for vendor in range(count):
        shared = streams.normal(seed, streams.PRODUCT, vendor, 0, OWN_LOT)
        mean = mean_availability(share[vendor], parameters)
        for lot in range(n_lots):
            own = streams.normal(seed, streams.PRODUCT, vendor, 0, lot)
            spread = parameters.readiness_sd * (common * shared + special * own)
            ready[vendor, lot] = math.ceil(mean + spread) if share[vendor, lot] > 0.0 else NEVER
    return ready


@kernel(makes_arrays=True)
def shift_availability(market: Market, parameters: np.record) -> Market:
    """Return the market with every product ready earlier or later, as the lever says."""
    ready = market.product_month.copy()
    for vendor in range(ready.shape[0]):
        for lot in range(ready.shape[1]):
            if ready[vendor, lot] != NEVER:
                ready[vendor, lot] += parameters.readiness_shift
    return Market(market.share, market.legacy, ready)


@kernel(makes_arrays=True)
def start(run: Run) -> None:
    """Fill an empty `state` with what holds at the start of April 2021."""
    set_lots(run)
    set_systems(run)
    set_municipalities(run)
    set_vendors(run)
    rank_systems(run, run.parameters.queue_discipline)
    levers.date_shifts(run)
    money.start(run)
    staff.start(run)
    programmes.start(run)
    security.start(run)
    residents.start(run)
    cooperation.found(run)


@kernel
def package_of(lots: Records, number: int) -> int:
    """Return the first of a municipality's lots that has the same legacy vendor: it stands for the package."""
    for first in range(number):
        if lots[first].legacy == lots[number].legacy:
            return first
    return number


@kernel
def set_lots(run: Run) -> None:
    """Draw the legacy complexity and the threshold of every package: what a municipality has from one vendor."""
    p = run.parameters
    for i in range(run.places.size):
        place = run.places[i]
        for number in range(run.lots.shape[1]):
            lot = run.lots[i, number]
            package = package_of(run.lots[i], number)
            draw = streams.normal(run.seed, streams.COMPLEXITY, place.code, 0, package)
            population = max(place.population, 1.0)
            lot.package = package
            lot.complexity = complexity(
                p.complexity_mean, p.complexity_exponent, p.complexity_dispersion, population, draw
            )
            lot.planning_months = planning_duration(p.planning_months, lot.complexity, p.complexity_mean)
            lot.threshold = streams.exponential(run.seed, streams.COMMIT, place.code, 0, package)
            lot.commit, lot.vendor, lot.cause = -1, -1, -1


@kernel
def hard_flag(mainframe: float, bespoke: float, no_product: float, draw: float) -> int:
    """Return R1, R2, R3 or none for a system, by a uniform `draw`; probabilities over one in all are scaled."""
    point = draw * max(1.0, mainframe + bespoke + no_product)
    if point < mainframe:
        return Reason.MAINFRAME
    if point < mainframe + bespoke:
        return Reason.BESPOKE
    return Reason.NO_PRODUCT if point < mainframe + bespoke + no_product else Reason.ON_TIME


@kernel
def hard_cases(place: np.record, parameters: np.record, draw: float) -> float:
    """Return how many times more often than on average a municipality's systems are hard; 0 for most municipalities.

    Hard systems come together: where there are any, they are the part `HARD_TOGETHER` of all, or more if that falls
    short of the mean of municipalities of this size. `draw` is uniform.
    """
    p = parameters
    mean = p.mainframe_share + p.bespoke_share + p.no_product_share
    expected = mean * relative_size(place.population, MEAN_POPULATION, p.hard_size_exponent)
    together = max(HARD_TOGETHER, expected)
    return together / mean if draw * together < expected else 0.0


@kernel(makes_arrays=True)
def set_systems(run: Run) -> None:
    """Draw which systems are hard and how much work each one is."""
    p = run.parameters
    hard_draws = np.empty(run.lot_of.size)
    for i in range(run.places.size):
        place = run.places[i]
        size = relative_size(place.population, REFERENCE_POPULATION, p.work_population_exponent)
        rarity = hard_cases(place, p, streams.uniform(run.seed, streams.HARD, place.code, 1, 0))
        streams.uniforms(hard_draws, run.seed, streams.HARD, place.code, 0, 0)
        for operation in range(run.lot_of.size):
            system, lot = run.systems[i, operation], run.lots[i, run.lot_of[operation]]
            system.vendor = lot.legacy
            system.order, system.start, system.live, system.touched = -1, -1, -1, -1
            system.municipality, system.lot = i, run.lot_of[operation]
            run.queue[i, operation].following = END
            if lot.legacy < 0:
                system.state = NOT_APPLICABLE
                continue
            system.state = SystemState.LEGACY
            system.flag = hard_flag(
                p.mainframe_share * rarity,
                p.bespoke_share * rarity,
                p.no_product_share * rarity,
                hard_draws[operation],
            )
            if system.flag != Reason.ON_TIME:
                lot.excused = True
                draw = streams.uniform(run.seed, streams.HARD_START, place.code, 0, operation)
                system.earliest_start = p.hard_earliest_start + math.ceil(p.hard_delay_horizon * draw)
            noise = p.work_dispersion * streams.normal(run.seed, streams.WORK, place.code, 0, operation)
            system.work = job_size(run.weight[operation], size, lot.complexity, noise)
            system.remaining = system.work
            system.limit = monthly_limit(system.work, p.minimum_months, p.duration_exponent)


@kernel(makes_arrays=True)
def set_municipalities(run: Run) -> None:
    """Set readiness, belief and the kind of planner of every municipality, and its place among equals in a queue."""
    n, n_lots = run.lots.shape
    draw = np.empty(n)
    for i in range(n):
        place, municipality = run.places[i], run.municipalities[i]
        for lot in range(n_lots):
            municipality.open_lots += run.lots[i, lot].legacy >= 0
        municipality.readiness = readiness.standing(place, run.parameters)
        municipality.next_done, municipality.closing = NEVER, NEVER
        municipality.group, municipality.next_group, municipality.after = -1, -1, -1
        for operation in range(run.lot_of.size):
            municipality.systems += run.systems[i, operation].state >= 0
        municipality.belief = run.parameters.initial_extension_belief
        draw[i] = streams.uniform(run.seed, streams.QUEUE, place.code, 0, 0)
    by_draw = np.argsort(draw, kind="mergesort")
    for tie in range(n):
        run.municipalities[by_draw[tie]].tie = tie
        run.by_tie[tie] = by_draw[tie]


@kernel
def set_vendors(run: Run) -> None:
    """Set each vendor's base, capacity and branches; all queues are empty."""
    p = run.parameters
    for i in range(run.places.size):
        for operation in range(run.lot_of.size):
            system = run.systems[i, operation]
            if system.vendor >= 0:
                supplier = run.vendors[system.vendor]
                supplier.initial_capacity += system.work
                supplier.systems_served += 1
                supplier.population_served += run.places[i].population
                run.branch_share[system.vendor, run.places[i].prefecture] += system.work
    for vendor in range(run.vendors.size):
        supplier = run.vendors[vendor]
        run.head[vendor], run.tail[vendor] = END, END
        if supplier.systems_served == 0:
            # A vendor without any customer has no engineers either, and does not bid.
            for lot in range(run.product_month.shape[1]):
                run.product_month[vendor, lot] = NEVER
        mean = mean_availability(run.market_share[vendor], p)
        supplier.initial_capacity = initial_capacity(p.capacity_ratio, supplier.initial_capacity, mean)
        supplier.capacity = supplier.initial_capacity
        staff_branches(run, vendor)


@kernel
def staff_branches(run: Run, vendor: int) -> None:
    """Spread a vendor's engineers over prefectures: by the work there, more or less."""
    total = 0.0
    for prefecture in range(run.branch_share.shape[1]):
        draw = streams.normal(run.seed, streams.BRANCH, vendor, 0, prefecture)
        run.branch_share[vendor, prefecture] *= math.exp(run.parameters.branch_spread * draw)
        total += run.branch_share[vendor, prefecture]
    for prefecture in range(run.branch_share.shape[1]):
        if total > 0.0:
            run.branch_share[vendor, prefecture] /= total


@kernel(makes_arrays=True)
def rank_systems(run: Run, discipline: int) -> None:
    """Rank the systems by the queue discipline, then by their municipality's tie, then by operation."""
    n, n_operations = run.systems.shape
    by_tie = np.empty(n * n_operations, dtype=np.int64)
    for tie in range(n):
        for operation in range(n_operations):
            by_tie[tie * n_operations + operation] = run.by_tie[tie] * n_operations + operation
    size = np.zeros(n * n_operations)
    for place in range(size.size):
        i, operation = by_tie[place] // n_operations, by_tie[place] % n_operations
        if discipline == QueueDiscipline.SHORTEST_JOB:
            size[place] = run.systems[i, operation].work
        elif discipline == QueueDiscipline.SMALLEST_MUNICIPALITY:
            size[place] = run.places[i].population
    if discipline in (QueueDiscipline.SHORTEST_JOB, QueueDiscipline.SMALLEST_MUNICIPALITY):
        by_tie = by_tie[np.argsort(size, kind="mergesort")]
    for rank in range(size.size):
        run.static_rank[by_tie[rank]] = rank
