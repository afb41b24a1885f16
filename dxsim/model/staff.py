"""Who does the work at the town hall, and what is left undone?

usual staff    S_0 (N / N_staff)^eta_S                                         FTE; drawn at the start, at least S_min
supply         S (1 + gamma_e e) + pool + lent by the group                    FTE
demand         size [l_0 + l_1 systems] + l_2 interfaces / 100                 operations
               + size h_st (systems in parallel) / d_par                       stabilisation
               + size h_pl (1 + kappa) w / (months of planning)                planning
               + size h_prog                                                   programmes
               + last month's moves
size           (N / N_staff)^eta_own                                           1
moves          size h_mg (1 + kappa) w (1 + c_test x_test) y / z               for vendor work y on a system of work z
overload       omega = demand / supply

Work is served in a fixed order: operations, stabilisation, migration, planning, programmes. What is left over waits:
a month of planning or of a programme counts only as far as it is served. Vendors get no further with a system than
own staff joins in, with what operations and stabilisation leave of its time in the same month: with the largest
vendor first (initial capacity), in the order of its queue. So a whole move takes size h_mg (1 + kappa) w of own work
however long it lasts, and a part that is done twice takes it twice. How much vendors do is known only when they have
done it: overload, lending and planning reckon with what the moves of last month asked for.
Experience e grows by g_e for each go-live and falls by the part rho_rot each April. In an overloaded month at most one
resigns, with probability q_0 (omega - 1). Each April the part phi_hire of the gap to the target is filled; the target
is S at the start and follows the population by eta_S. Each quarter a prefecture shares its pool of H_p out by
`dispatch_rule`: equally, by need (what own staff lacked last month), or to the most overloaded first. Own staff limits
the work if `staffing` is binding.

Sources: Toyo Keizai 2024 (2.4 DX staff in towns and villages); DX survey FY2023 (10,203 staff in all municipalities).
"""

from __future__ import annotations

import math

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events
from dxsim.model.cooperation import pool_staff
from dxsim.model.state import (
    OVERLOAD,
    OVERLOADED_BODIES,
    OWN_WORK,
    PLANNING,
    POOL,
    PREFECTURES,
    RESIGNATIONS,
    STAFF,
    Country,
    Floats,
    Records,
    State,
)

BINDING, UNLIMITED = 0, 1
EQUAL, NEED, MOST_OVERLOADED = 0, 1, 2
QUARTER = 3  # months
MONTHS_OF_YEAR = 12
HEAVY = 1.2  # overload that counts as such in the indicators
PER_HUNDRED = 100.0  # interfaces
LARGE_MEAN = 500.0  # beyond which exp(-mean) is too small a number, and the spread below 5 %
MINIMUM = 1e-6  # FTE below which supply counts as that
TASKS = ("operations", "stabilisation", "moves", "plans", "extras")  # in the order in which they are served
OPERATIONS, STABILISATION, MOVES, PLANS, EXTRAS = 0, 1, 2, 3, 4


@kernel
def target_staff(at_reference: float, population: float, reference: float, exponent: float) -> float:
    """Return the DX staff (FTE) that is usual for a body of this `population`."""
    return at_reference * (population / reference) ** exponent


@kernel
def poisson(mean: float, draw: float) -> int:
    """Return the Poisson number of this `mean` at a uniform `draw` by inversion; beyond LARGE_MEAN the mean."""
    if mean > LARGE_MEAN:
        return int(np.rint(mean))
    term = math.exp(-mean)
    total, count = term, 0
    while draw >= total and term > 0.0:
        count += 1
        term *= mean / count
        total += term
    return count


@kernel
def supply(staff: float, experience: float, productivity: float, pool: float) -> float:
    """Return the FTE that `staff` of this `experience` in [0, 1] is worth, with what the prefecture lends."""
    return staff * (1.0 + productivity * experience) + pool


@kernel
def own_effort(effort: float, weight: float, complexity: float, scale: float, months: float) -> float:
    """Return the FTE that work of `effort` person-months on a system takes when spread over `months`."""
    return effort * weight * (1.0 + complexity) * scale / max(1.0, months)


@kernel
def planning_effort(parameters: np.record, weight: float, lot: np.record, worker: np.record) -> float:
    """Return the FTE that it takes to plan a system of this work `weight` in a `lot`."""
    p = parameters
    return lot.tender * own_effort(p.planning_effort, weight, lot.complexity, worker.scale, lot.planning_months)


@kernel
def moving_effort(parameters: np.record, weight: float, lot: np.record, system: np.record, worker: np.record) -> float:
    """Return the own work (FTE) on a reference job of vendor work on a `system`, without more testing than usual.

    `weight` is the work weight of the system, whose lot is `lot`.
    """
    if system.work <= 0.0:  # a body without residents
        return 0.0
    return own_effort(parameters.migration_effort, weight, lot.complexity, worker.scale, 1.0) / system.work


@kernel
def served(available: float, demand: float) -> float:
    """Return the share of `demand` (FTE) that is served with what is `available`; 1 where nothing is asked for."""
    return 1.0 if demand <= 0.0 else min(1.0, max(0.0, available) / demand)


@kernel
def overload(demand: float, supplied: float) -> float:
    """Return omega, demand over supply; 0 where there is no demand."""
    return demand / max(supplied, MINIMUM) if demand > 0.0 else 0.0


@kernel(inner=True)
def start(country: Country, state: State, parameters: np.record, seed: int) -> None:
    """Draw the DX staff of every body at the start."""
    p = parameters
    for i in range(country.municipalities.size):
        place, worker = country.municipalities[i], state.workforce[i]
        mean = target_staff(p.staff_of_10000, place.population, p.staff_reference, p.staff_exponent)
        drawn = float(poisson(mean, streams.uniform(seed, streams.STAFF, place.code, 0, 0)))
        worker.staff = max(p.least_staff, drawn)
        worker.initial = worker.staff
        worker.scale = (place.population / p.staff_reference) ** p.own_work_exponent
        worker.planning_service, worker.migration_service, worker.programme_service = 1.0, 1.0, 1.0


@kernel(inner=True)
def open_year(country: Country, state: State, parameters: np.record, month: int) -> None:
    """In April knowledge is lost by rotation, and staff moves towards its target, which follows the population."""
    if month % MONTHS_OF_YEAR != 0 or month == 0:
        return
    for i in range(country.municipalities.size):
        worker, lever = state.workforce[i], state.levers[i]
        worker.experience *= 1.0 - lever.rotation_loss
        ratio = country.population_ratio[i, month // MONTHS_OF_YEAR]
        target = worker.initial * ratio**parameters.staff_exponent
        worker.staff += parameters.hiring_rate * (target - worker.staff)


@kernel(inner=True, makes_arrays=True)
def dispatch(country: Country, state: State, parameters: np.record, month: int) -> None:
    """Share the prefectures' pools out at the start of each quarter, by what staff lacked last month."""
    if month % QUARTER != 0:
        return
    n = country.municipalities.size
    pool, lacking = np.zeros(PREFECTURES + 1), np.zeros(PREFECTURES + 1)
    gap = np.zeros(n)
    for i in range(n):
        prefecture, worker, lever = country.municipalities[i].prefecture, state.workforce[i], state.levers[i]
        pool[prefecture] += lever.prefectural_pool / country.prefecture_size[prefecture]
        gap[i] = max(0.0, worker.demand - (worker.supply - worker.pool))
        lacking[prefecture] += gap[i]
    if parameters.dispatch_rule == MOST_OVERLOADED:
        fill_by_overload(country.municipalities, state.workforce, pool, lacking, gap)
    for i in range(n):
        prefecture, worker = country.municipalities[i].prefecture, state.workforce[i]
        equal = pool[prefecture] / country.prefecture_size[prefecture]
        if parameters.dispatch_rule == EQUAL or lacking[prefecture] <= 0.0:
            worker.pool = equal
        elif parameters.dispatch_rule == NEED:
            worker.pool = pool[prefecture] * gap[i] / lacking[prefecture]
        else:
            worker.pool = (
                gap[i] + max(0.0, pool[prefecture] - lacking[prefecture]) / country.prefecture_size[prefecture]
            )


@kernel(makes_arrays=True)
def fill_by_overload(places: Records, workforce: Records, pool: Floats, lacking: Floats, gap: Floats) -> None:
    """Turn each body's `gap` into what it receives (both FTE): the most overloaded first, until the pool is used up."""
    left = pool.copy()
    relative = np.empty(gap.size)
    for i in range(gap.size):
        relative[i] = -overload(workforce[i].demand, workforce[i].supply - workforce[i].pool)
    for i in np.argsort(relative, kind="mergesort"):
        prefecture = places[i].prefecture
        gap[i] = min(gap[i], left[prefecture])
        left[prefecture] -= gap[i]


@kernel
def planning_work(systems: Records) -> float:
    """Return the own work (FTE) on planning a body's systems in this month."""
    planning = 0.0
    for operation in range(systems.size):
        if systems[operation].state == PLANNING:
            planning += systems[operation].effort
    return planning


@kernel
def moving_work(system: np.record, amount: float, test_effort: float, parameters: np.record) -> float:
    """Return the own work (FTE) on this `amount` of vendor work (reference jobs) on a system."""
    return (1.0 + parameters.test_cost * test_effort) * system.effort * amount


@kernel
def join_in(worker: np.record, work: float) -> float:
    """Let own staff do its `work` (FTE) on a move as far as it has time left in this month; return the share done."""
    done = min(work, worker.for_moves)
    if work > 0.0:
        worker.migration_service = (worker.migration_service * worker.moves + done) / (worker.moves + work)
    worker.moves += work
    worker.for_moves -= done
    return served(done, work)


@kernel(inner=True, makes_arrays=True)
def allocate(country: Country, state: State, parameters: np.record, seed: int, month: int) -> None:
    """Work out demand and supply of every body, let groups lend staff, and serve the work in its fixed order."""
    work = np.zeros((country.municipalities.size, len(TASKS)))
    reckon(state, parameters, work)
    pool_staff(country, state, parameters)
    serve_all(country, state, parameters, seed, month, work)


@kernel(inner=True)
def reckon(state: State, parameters: np.record, work: Floats) -> None:
    """Work out the supply of every body, and fill in its `work`, (n, 5) FTE by TASKS."""
    p = parameters
    for i in range(state.municipalities.size):
        body, worker, tasks = state.municipalities[i], state.workforce[i], work[i]
        worker.supply = supply(worker.staff, worker.experience, p.experience_productivity, worker.pool)
        worker.lent = 0.0
        tasks[OPERATIONS] = worker.scale * (p.operations_base + p.operations_per_system * body.systems)
        tasks[OPERATIONS] += p.interface_load * state.harm[i].interfaces / PER_HUNDRED
        in_parallel = body.live - body.done
        if in_parallel > 0:
            tasks[STABILISATION] = own_effort(
                p.stabilisation_effort, in_parallel, 0.0, worker.scale, p.stabilisation_months
            )
        tasks[MOVES] = worker.moves
        worker.moves, worker.migration_service = 0.0, 1.0
        if body.planning > 0:
            tasks[PLANS] = planning_work(state.systems[i])
        tasks[EXTRAS] = p.programme_staff * worker.scale
        worker.demand = tasks[OPERATIONS] + tasks[STABILISATION] + tasks[MOVES] + tasks[PLANS] + tasks[EXTRAS]


@kernel(inner=True)
def serve_all(country: Country, state: State, parameters: np.record, seed: int, month: int, work: Floats) -> None:
    """Serve every body's `work`, (n, 5) FTE by TASKS; overload makes staff resign."""
    p = parameters
    for i in range(country.municipalities.size):
        place, worker = country.municipalities[i], state.workforce[i]
        serve_tasks(worker, work[i], p.staffing)
        sum_up(worker, state.flows[place.kind])
        if worker.overload > 1.0 and p.staffing == BINDING:
            chance = p.resignation_rate * (worker.overload - 1.0)
            if streams.uniform(seed, streams.RESIGN, place.code, month, 0) < chance:
                leaving = min(1.0, worker.staff)
                worker.staff -= leaving
                state.flows[place.kind, RESIGNATIONS] += leaving
                events.note(state.log, state.logged, month, events.RESIGNED, i, -1, 0, 0, leaving)


@kernel
def serve_tasks(worker: np.record, tasks: Floats, staffing: int) -> None:
    """Serve the tasks (FTE) of a body in their order; moves are served when vendors work on them."""
    if staffing == UNLIMITED:
        worker.overload, worker.for_moves = 0.0, np.inf
        return
    left = worker.supply + worker.lent
    worker.overload = overload(worker.demand, left)
    left -= tasks[OPERATIONS] + tasks[STABILISATION]
    worker.for_moves = max(0.0, left)
    left -= tasks[MOVES]
    worker.planning_service = served(left, tasks[PLANS])
    left -= tasks[PLANS]
    worker.programme_service = served(left, tasks[EXTRAS])


@kernel
def sum_up(worker: np.record, flows: Floats) -> None:
    """Add a body's staff, work, overload and pool to the sums of its type."""
    flows[STAFF] += worker.staff
    flows[OWN_WORK] += worker.demand
    flows[POOL] += worker.pool
    if worker.overload > HEAVY:
        flows[OVERLOADED_BODIES] += 1.0
        worker.overloaded_months += 1
        flows[OVERLOAD] += worker.demand - HEAVY * (worker.supply + worker.lent)


@kernel
def has_learned(experience: float, gain: float) -> float:
    """Return the experience in [0, 1] after one more go-live."""
    return min(1.0, experience + gain)
