"""What is given at the start: the vendors' market, legacy systems, readiness and the work ahead.

    market share             s_v ~ rank^(-eta_V), summing to one (Zipf), for V vendors
    shares in a prefecture   ~ Dirichlet(alpha_ter s)                     small alpha_ter: one dominant vendor
    main vendor of a body    drawn from its prefecture's shares
    lot with the main vendor with probability factor_lot * (p_bun - b_bun ln(N / N_ref)), else drawn from s
    product readiness        r_vl = r_mean + s_r (sqrt(rho_r) Z_v + sqrt(1 - rho_r) Z_vl) + Delta_r   months, rounded up
    legacy complexity        kappa = kappa_mean (N / N_ref)^eta_kappa lognormal(-s_kappa^2 / 2, s_kappa)
    hard systems             P(R1), P(R2), P(R3) = (p_R1, p_R2, p_R3) (N / N_hard)^eta_hard, at most one in all
    start of a hard system   not before t_hard + H_hard U                 month, rounded up; U uniform

Work z and its monthly limit follow `work` (N_ref, eta_z, chi, s_z, y_min, d_min), months of planning `planning` (d_pl,
kappa_mean), and vendors' capacity `capacity` (kappa_cap, T_ref, r_mean). A body has an aide with probability phi_aide,
is naive with probability nu_naive, and believes in an extension with probability xi_0. `queue_discipline` ranks the
systems. Money, staff, programmes, security, residents and groups start as their own files say.
"""

from __future__ import annotations

import math

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import cooperation, levers, money, programmes, readiness, security, staff
from dxsim.model.capacity import initial_capacity
from dxsim.model.planning import planning_duration
from dxsim.model.state import (
    BESPOKE,
    LEGACY,
    MAINFRAME,
    NEVER,
    NO_PRODUCT,
    NOT_APPLICABLE,
    ON_TIME,
    PREFECTURES,
    Country,
    Floats,
    Market,
    State,
)
from dxsim.model.vendor_queue import END, SHORTEST_JOB, SMALLEST_MUNICIPALITY
from dxsim.model.work import job_size, monthly_limit

OWN_LOT = 64  # index of the draw that all lots of a vendor share, past those of the lots


def market_shares(count: int, exponent: float) -> Floats:
    """Return the national shares of `count` vendors by size rank: Zipf with this `exponent`, summing to one."""
    share = np.arange(1, count + 1, dtype=np.float64) ** -exponent
    return np.asarray(share / share.sum(), dtype=np.float64)


@kernel
def bundling_probability(base: float, slope: float, population: float, reference: float, factor: float) -> float:
    """Return the probability in [0, 1] that a lot goes to the body's main vendor."""
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
    """Draw who runs which lot at the start and when products are ready, for vendors of these national shares."""
    count, n, n_lots = share.size, country.municipalities.size, country.bundling_factor.size
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
        code, population = country.municipalities[i].code, country.municipalities[i].population
        main = pick(
            territory[country.municipalities[i].prefecture], streams.uniform(seed, streams.CONTRACT, code, 0, 0)
        )
        for lot in range(n_lots):
            legacy[i, lot] = NOT_APPLICABLE
            if not country.applies[country.municipalities[i].kind, lot]:
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
def shift_readiness(market: Market, parameters: np.record) -> Market:
    """Return the market with every product ready earlier or later, as the lever says."""
    return Market(market.share, market.legacy, market.ready + parameters.readiness_shift)


@kernel
def start(country: Country, market: Market, parameters: np.record, seed: int, state: State) -> None:
    """Fill an empty `state` with what holds at the start of April 2021."""
    set_lots(country, market, parameters, seed, state)
    set_systems(country, parameters, seed, state)
    set_municipalities(country, parameters, seed, state)
    set_vendors(country, market, parameters, state)
    rank_systems(country, parameters.queue_discipline, state)
    levers.date_shifts(country, state, parameters)
    money.start(country, state, parameters, seed)
    staff.start(country, state, parameters, seed)
    programmes.start(country, state, parameters, seed)
    security.start(country, state, parameters, seed)
    cooperation.found(country, state, parameters, seed)


@kernel
def set_lots(country: Country, market: Market, parameters: np.record, seed: int, state: State) -> None:
    """Draw the legacy complexity and the threshold of every lot."""
    for i in range(country.municipalities.size):
        place = country.municipalities[i]
        for number in range(market.legacy.shape[1]):
            lot = state.lots[i, number]
            lot.complexity = complexity(
                parameters.complexity_mean,
                parameters.complexity_exponent,
                parameters.complexity_dispersion,
                max(place.population, 1.0),
                parameters.reference_population,
                streams.normal(seed, streams.COMPLEXITY, place.code, 0, number),
            )
            lot.planning_months = planning_duration(
                parameters.planning_months, lot.complexity, parameters.complexity_mean
            )
            lot.threshold = streams.exponential(seed, streams.COMMIT, place.code, 0, number)
            lot.legacy = market.legacy[i, number]
            lot.commit, lot.vendor, lot.cause = -1, -1, -1


@kernel
def hard_flag(mainframe: float, bespoke: float, no_product: float, draw: float) -> int:
    """Return R1, R2, R3 or none for a system, by a uniform `draw`; probabilities over one in all are scaled."""
    point = draw * max(1.0, mainframe + bespoke + no_product)
    if point < mainframe:
        return MAINFRAME
    if point < mainframe + bespoke:
        return BESPOKE
    return NO_PRODUCT if point < mainframe + bespoke + no_product else ON_TIME


@kernel(makes_arrays=True)
def set_systems(country: Country, parameters: np.record, seed: int, state: State) -> None:
    """Draw which systems are hard and how much work each one is."""
    p = parameters
    hard_draws = np.empty(country.lot_of.size)
    for i in range(country.municipalities.size):
        place = country.municipalities[i]
        size = relative_size(place.population, p.reference_population, p.work_population_exponent)
        hardness = relative_size(place.population, p.hard_size_reference, p.hard_size_exponent)
        streams.uniforms(hard_draws, seed, streams.HARD, place.code, 0, 0)
        for operation in range(country.lot_of.size):
            system, lot = state.systems[i, operation], state.lots[i, country.lot_of[operation]]
            system.vendor = lot.legacy
            system.order, system.start, system.live = -1, -1, -1
            system.municipality, system.lot = i, country.lot_of[operation]
            state.queue[i, operation].following = END
            if lot.legacy < 0:
                system.state = NOT_APPLICABLE
                continue
            system.state = LEGACY
            surcharge = 0.0
            system.flag = hard_flag(
                p.mainframe_share * hardness,
                p.bespoke_share * hardness,
                p.no_product_share * hardness,
                hard_draws[operation],
            )
            if system.flag != ON_TIME:
                lot.hard = True
                surcharge = p.hard_work_surcharge
                draw = streams.uniform(seed, streams.HARD_START, place.code, 0, operation)
                system.gate = p.hard_earliest_start + math.ceil(p.hard_delay_horizon * draw)
            noise = p.work_dispersion * streams.normal(seed, streams.WORK, place.code, 0, operation)
            system.work = job_size(country.weight[operation], size, lot.complexity, surcharge, noise)
            system.remaining = system.work
            system.limit = monthly_limit(system.work, p.minimum_service, p.minimum_months)


@kernel(makes_arrays=True)
def set_municipalities(country: Country, parameters: np.record, seed: int, state: State) -> None:
    """Set readiness, belief and the kind of planner of every body, and its place among equals in a queue."""
    n, n_lots = state.lots.shape
    draw = np.empty(n)
    for i in range(n):
        place, body = country.municipalities[i], state.municipalities[i]
        total_complexity = 0.0
        for lot in range(n_lots):
            if state.lots[i, lot].legacy >= 0:
                total_complexity += state.lots[i, lot].complexity
                body.open_lots += 1
        mean_complexity = total_complexity / max(1, body.open_lots)
        body.aide = streams.uniform(seed, streams.AIDE, place.code, 0, 0) < parameters.aide_share
        body.lasting_readiness = readiness.lasting(place, mean_complexity, body.open_lots, body.aide, parameters)
        body.readiness = body.lasting_readiness
        body.naive = streams.uniform(seed, streams.NAIVE, place.code, 0, 0) < parameters.naive_share
        body.next_done, body.closing = NEVER, NEVER
        body.group, body.next_group, body.after = -1, -1, -1
        for operation in range(country.lot_of.size):
            body.systems += state.systems[i, operation].state >= 0
        body.belief = parameters.initial_extension_belief
        draw[i] = streams.uniform(seed, streams.QUEUE, place.code, 0, 0)
    by_draw = np.argsort(draw, kind="mergesort")
    for tie in range(n):
        state.municipalities[by_draw[tie]].tie = tie
        state.by_tie[tie] = by_draw[tie]


@kernel(inner=True)
def set_vendors(country: Country, market: Market, parameters: np.record, state: State) -> None:
    """Set each vendor's base, capacity and products; all queues are empty."""
    for i in range(country.municipalities.size):
        for operation in range(country.lot_of.size):
            system = state.systems[i, operation]
            if system.vendor >= 0:
                supplier = state.vendors[system.vendor]
                supplier.initial_capacity += system.work
                supplier.systems_served += 1
                supplier.population_served += country.municipalities[i].population
    for vendor in range(state.vendors.size):
        supplier = state.vendors[vendor]
        state.head[vendor], state.tail[vendor] = END, END
        for lot in range(market.ready.shape[1]):
            # A vendor without any customer has no engineers either, and does not bid.
            state.ready[vendor, lot] = market.ready[vendor, lot] if supplier.systems_served > 0 else NEVER
        supplier.initial_capacity = initial_capacity(
            parameters.capacity_ratio,
            supplier.initial_capacity,
            parameters.capacity_reference_deadline,
            parameters.readiness_mean,
        )
        supplier.capacity = supplier.initial_capacity


@kernel(inner=True, makes_arrays=True)
def rank_systems(country: Country, discipline: int, state: State) -> None:
    """Rank the systems by the queue discipline, then by their body's tie, then by operation."""
    n, n_operations = state.systems.shape
    by_tie = np.empty(n * n_operations, dtype=np.int64)
    for tie in range(n):
        for operation in range(n_operations):
            by_tie[tie * n_operations + operation] = state.by_tie[tie] * n_operations + operation
    size = np.zeros(n * n_operations)
    for place in range(size.size):
        i, operation = by_tie[place] // n_operations, by_tie[place] % n_operations
        if discipline == SHORTEST_JOB:
            size[place] = state.systems[i, operation].work
        elif discipline == SMALLEST_MUNICIPALITY:
            size[place] = country.municipalities[i].population
    if discipline in (SHORTEST_JOB, SMALLEST_MUNICIPALITY):
        by_tie = by_tie[np.argsort(size, kind="mergesort")]
    for rank in range(size.size):
        state.static_rank[by_tie[rank]] = rank
