"""What is given at the start: the vendors' market, legacy systems, readiness and the work ahead.

    market share             s_v ~ rank^(-eta_V), summing to one (Zipf), for V vendors
    shares in a prefecture   ~ Dirichlet(alpha_ter s)                     small alpha_ter: one dominant vendor
    main vendor              drawn from the shares in the municipality's prefecture
    lot with the main vendor with probability factor_lot * (p_bun - b_bun ln(N / N_ref)), else drawn from s
    product availability     r_vl = r_mean + s_r (sqrt(rho_r) Z_v + sqrt(1 - rho_r) Z_vl) + Delta_r   months, rounded up
    legacy complexity        kappa = kappa_mean (N / N_ref)^eta_kappa lognormal(-s_kappa^2 / 2, s_kappa)
    hard systems             P(R1), P(R2), P(R3) = (p_R1, p_R2, p_R3) (N / N_hard)^eta_hard, at most one in all
    start of a hard system   not before t_hard + H_hard U                 month, rounded up; U uniform

Work z and its monthly limit follow `work` (N_ref, eta_z, chi, s_z, y_min, d_min), months of planning `planning` (d_pl,
kappa_mean), and vendors' capacity `capacity` (kappa_cap, T_ref, r_mean). A municipality has an aide with probability
phi_aide, is naive with probability nu_naive, and believes in an extension with probability xi_0. `queue_discipline`
ranks the systems. Money, staff, programmes, security, residents and groups start as their own files say.
"""

from __future__ import annotations

import math

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import cooperation, levers, money, programmes, readiness, security, staff
from dxsim.model.capacity import initial_capacity
from dxsim.model.codes import NEVER, NOT_APPLICABLE, Reason, SystemState
from dxsim.model.planning import planning_duration
from dxsim.model.state import Country, Floats, Market, Run
from dxsim.model.vendor_queue import END, QueueDiscipline
from dxsim.model.work import job_size, monthly_limit
from dxsim.terms.municipalities import PREFECTURES

OWN_LOT = 64  # index of the draw that all lots of a vendor share, past those of the lots


def market_shares(count: int, exponent: float) -> Floats:
    """Return the national shares of `count` vendors by size rank: Zipf with this `exponent`, summing to one."""
    share = np.arange(1, count + 1, dtype=np.float64) ** -exponent
    return np.asarray(share / share.sum(), dtype=np.float64)


@kernel
def bundling_probability(base: float, slope: float, population: float, reference: float, factor: float) -> float:
    """Return the probability in [0, 1] that a lot goes to the municipality's main vendor."""
    return factor * min(1.0, max(0.0, base - slope * math.log(max(population, 1.0) / reference)))


@kernel
def complexity(
    mean: float, exponent: float, dispersion: float, population: float, reference: float, draw: float
) -> float:
    """Return legacy complexity kappa; `draw` is standard normal, and the mean over draws is not moved by it."""
    return mean * relative_size(population, reference, exponent) * math.exp(dispersion * draw - dispersion**2 / 2.0)


@kernel
def relative_size(population: float, reference: float, exponent: float) -> float:
    """Return (population / reference)^exponent."""
    return (population / reference) ** exponent


@kernel
def pick(shares: Floats, draw: float) -> int:
    """Return the index drawn with probabilities `shares` by a uniform `draw`."""
    total = 0.0
    for index in range(shares.size):
        total += shares[index]
        if draw < total:
            return index
    return shares.size - 1


@kernel(makes_arrays=True)
def draw_market(country: Country, share: Floats, parameters: np.record, seed: int) -> Market:
    """Draw who runs which lot at the start and when products are available, for vendors of these national shares."""
    count, n, n_lots = share.size, country.places.size, country.bundling_factor.size
    territory = np.empty((PREFECTURES + 1, count))
    for prefecture in range(PREFECTURES + 1):
        total = 0.0
        for vendor in range(count):
            shape = parameters.territory_concentration * share[vendor]
            territory[prefecture, vendor] = streams.gamma(shape, seed, streams.MARKET, prefecture, vendor)
            total += territory[prefecture, vendor]
        for vendor in range(count):
            territory[prefecture, vendor] = territory[prefecture, vendor] / total if total > 0.0 else share[vendor]
    legacy = np.empty((n, n_lots), dtype=np.int16)
    for i in range(n):
        code, population = country.places[i].code, country.places[i].population
        main = pick(territory[country.places[i].prefecture], streams.uniform(seed, streams.CONTRACT, code, 0, 0))
        for lot in range(n_lots):
            legacy[i, lot] = NOT_APPLICABLE
            if not country.applies[country.places[i].kind, lot]:
                continue
            bundled = bundling_probability(
                parameters.package_bundling,
                parameters.bundling_size_slope,
                population,
                parameters.reference_population,
                country.bundling_factor[lot],
            )
            if streams.uniform(seed, streams.CONTRACT, code, 1, lot) < bundled:
                legacy[i, lot] = main
            else:
                legacy[i, lot] = pick(share, streams.uniform(seed, streams.CONTRACT, code, 2, lot))
    ready = np.empty((count, n_lots), dtype=np.int64)
    common = math.sqrt(parameters.readiness_common)
    special = math.sqrt(1.0 - parameters.readiness_common)
    for vendor in range(count):
        shared = streams.normal(seed, streams.PRODUCT, vendor, 0, OWN_LOT)
        for lot in range(n_lots):
            own = streams.normal(seed, streams.PRODUCT, vendor, 0, lot)
            spread = parameters.readiness_sd * (common * shared + special * own)
            ready[vendor, lot] = math.ceil(parameters.readiness_mean + spread)
    return Market(share, legacy, ready)


@kernel(makes_arrays=True)
def shift_availability(market: Market, parameters: np.record) -> Market:
    """Return the market with every product ready earlier or later, as the lever says."""
    return Market(market.share, market.legacy, market.product_month + parameters.readiness_shift)


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
    cooperation.found(run)


@kernel
def set_lots(run: Run) -> None:
    """Draw the legacy complexity and the threshold of every lot."""
    for i in range(run.places.size):
        place = run.places[i]
        for number in range(run.lots.shape[1]):
            lot = run.lots[i, number]
            lot.complexity = complexity(
                run.parameters.complexity_mean,
                run.parameters.complexity_exponent,
                run.parameters.complexity_dispersion,
                max(place.population, 1.0),
                run.parameters.reference_population,
                streams.normal(run.seed, streams.COMPLEXITY, place.code, 0, number),
            )
            lot.planning_months = planning_duration(
                run.parameters.planning_months, lot.complexity, run.parameters.complexity_mean
            )
            lot.threshold = streams.exponential(run.seed, streams.COMMIT, place.code, 0, number)
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


@kernel(makes_arrays=True)
def set_systems(run: Run) -> None:
    """Draw which systems are hard and how much work each one is."""
    p = run.parameters
    hard_draws = np.empty(run.lot_of.size)
    for i in range(run.places.size):
        place = run.places[i]
        size = relative_size(place.population, p.reference_population, p.work_population_exponent)
        hardness = relative_size(place.population, p.hard_size_reference, p.hard_size_exponent)
        streams.uniforms(hard_draws, run.seed, streams.HARD, place.code, 0, 0)
        for operation in range(run.lot_of.size):
            system, lot = run.systems[i, operation], run.lots[i, run.lot_of[operation]]
            system.vendor = lot.legacy
            system.order, system.start, system.live = -1, -1, -1
            system.municipality, system.lot = i, run.lot_of[operation]
            run.queue[i, operation].following = END
            if lot.legacy < 0:
                system.state = NOT_APPLICABLE
                continue
            system.state = SystemState.LEGACY
            surcharge = 0.0
            system.flag = hard_flag(
                p.mainframe_share * hardness,
                p.bespoke_share * hardness,
                p.no_product_share * hardness,
                hard_draws[operation],
            )
            if system.flag != Reason.ON_TIME:
                lot.hard = True
                surcharge = p.hard_work_surcharge
                draw = streams.uniform(run.seed, streams.HARD_START, place.code, 0, operation)
                system.earliest_start = p.hard_earliest_start + math.ceil(p.hard_delay_horizon * draw)
            noise = p.work_dispersion * streams.normal(run.seed, streams.WORK, place.code, 0, operation)
            system.work = job_size(run.weight[operation], size, lot.complexity, surcharge, noise)
            system.remaining = system.work
            system.limit = monthly_limit(system.work, p.minimum_service, p.minimum_months)


@kernel(makes_arrays=True)
def set_municipalities(run: Run) -> None:
    """Set readiness, belief and the kind of planner of every municipality, and its place among equals in a queue."""
    n, n_lots = run.lots.shape
    draw = np.empty(n)
    for i in range(n):
        place, municipality = run.places[i], run.municipalities[i]
        total_complexity = 0.0
        for lot in range(n_lots):
            if run.lots[i, lot].legacy >= 0:
                total_complexity += run.lots[i, lot].complexity
                municipality.open_lots += 1
        mean_complexity = total_complexity / max(1, municipality.open_lots)
        municipality.aide = streams.uniform(run.seed, streams.AIDE, place.code, 0, 0) < run.parameters.aide_share
        municipality.lasting_readiness = readiness.lasting(
            place, mean_complexity, municipality.open_lots, municipality.aide, run.parameters
        )
        municipality.readiness = municipality.lasting_readiness
        municipality.naive = streams.uniform(run.seed, streams.NAIVE, place.code, 0, 0) < run.parameters.naive_share
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
    """Set each vendor's base, capacity and products; all queues are empty."""
    for i in range(run.places.size):
        for operation in range(run.lot_of.size):
            system = run.systems[i, operation]
            if system.vendor >= 0:
                supplier = run.vendors[system.vendor]
                supplier.initial_capacity += system.work
                supplier.systems_served += 1
                supplier.population_served += run.places[i].population
    for vendor in range(run.vendors.size):
        supplier = run.vendors[vendor]
        run.head[vendor], run.tail[vendor] = END, END
        if supplier.systems_served == 0:
            # A vendor without any customer has no engineers either, and does not bid.
            for lot in range(run.product_month.shape[1]):
                run.product_month[vendor, lot] = NEVER
        supplier.initial_capacity = initial_capacity(
            run.parameters.capacity_ratio,
            supplier.initial_capacity,
            run.parameters.capacity_reference_deadline,
            run.parameters.readiness_mean,
        )
        supplier.capacity = supplier.initial_capacity


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
