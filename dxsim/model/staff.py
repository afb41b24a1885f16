"""Who does the work at the town hall, and what is left undone?

usual staff    m = S_0 (general administration staff / 100)^eta_S              FTE; where that is not known, by the
                                                                               national line on population
at the start   floor(m + U), at least one; U uniform                           FTE
supply         S (1 + gamma_e e) + pool + lent by the group                    FTE
demand         size l_op (1 - hours given back) + l_2 interfaces / 100         operations
               + size h_st (systems in parallel) / d_par                       stabilisation
               + size h_pl (1 + kappa) w / (months of planning)                planning
               + size h_prog                                                   programmes
               + migration of last month
size           (N / 10,000)^eta_own                                            1
migration      size h_mg (1 + kappa) w (1 + c_test x_test) y / z               for vendor work y on a system of work z
overload       omega = demand / supply
pressure       g_push min(1, b_name + f_late 12 (systems) / C)                 part of operations that is put off

Work is served in a fixed order: operations, stabilisation, migration, planning, programmes. What is left over waits:
a month of planning or of a programme counts only as far as it is served. What is left for migration is shared among
all systems of the municipality that can be worked on, in proportion to what they ask for: none is held up because it
stands lower in a list. So a whole migration takes size h_mg (1 + kappa) w of own work however long it lasts, and a part
that is done twice takes it twice. Overload, lending and planning reckon with what migrations took last month. AI and
RPA give hours of usual operations back (`programmes`).
In the last two years before T_D and until all its systems are live, a municipality that is named as late or faces
penalties (C is its yearly IT cost) puts off some usual work for migration.
Experience e grows by g_e for each go-live and falls by the part rho_rot each April. In an overloaded month at most one
resigns, with probability q_0 (omega - 1). Each April the part phi_hire of the gap to the target is filled; the target
is S at the start and follows general administration, which follows population along the national line. Each quarter a
prefecture shares its pool of H_p out by `dispatch_rule`: equally, by need (what own staff lacked last month), or to the
most overloaded first. Own staff limits the work if `staffing` is binding.

Sources: DX survey FY2023 (10,203 staff in all municipalities) and Toyo Keizai 2024 (2.4 in towns and villages).
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events
from dxsim.model.codes import Programme, SystemState
from dxsim.model.cooperation import pool_staff
from dxsim.model.fields import Field
from dxsim.model.programmes import hours_given_back
from dxsim.scenario.registry import choices
from dxsim.terms import statistics
from dxsim.terms.calendar import MONTHS_PER_YEAR, PRESSED_MONTHS

if TYPE_CHECKING:
    from dxsim.model.state import Floats, Records, Run


Staffing, DispatchRule = choices("staff.staffing"), choices("staff.dispatch_rule")
QUARTER = 3  # months
HEAVY = 1.2  # overload that counts as such in the indicators
PER_HUNDRED = 100.0  # interfaces
OFFICE = 100.0  # staff of general administration to which the usual staff refers
SIZE_REFERENCE = 10_000.0  # residents of a municipality whose work counts as it stands
LEAST = 1.0  # FTE: somebody does it beside other work
MINIMUM = 1e-6  # FTE below which supply counts as that


class Task(IntEnum):
    """Own work, in the order in which it is served."""

    OPERATIONS = 0
    STABILISATION = 1
    MIGRATION = 2
    PLANS = 3
    EXTRAS = 4


WORKFORCE = np.dtype(
    [
        ("staff", np.float64),  # FTE
        ("initial", np.float64),  # FTE at the start
        ("scale", np.float64),  # size factor of own work, 1
        ("experience", np.float64),  # 0 to 1
        ("pool", np.float64),  # FTE received from the prefecture
        ("lent", np.float64),  # FTE received from (or, below zero, given to) the group in this month
        ("supply", np.float64),  # FTE that own staff and the pool are worth in this month
        ("demand", np.float64),  # FTE that the work of this month takes
        ("overload", np.float64),  # demand over supply
        ("overloaded_months", np.int64),  # months of heavy overload so far
        ("planning_service", np.float64),  # share of planning work done in this month
        ("migration_service", np.float64),  # share of the migration work asked for that own staff can do in this month
        ("migration_demand", np.float64),  # FTE that this month's vendor work takes
        ("left_for_migration", np.float64),  # FTE left for it in this month, inf where staff is unlimited
        ("programme_service", np.float64),  # share of the work on programmes done in this month
    ]
)

FLOW_FIELDS = (
    Field("staff", "FTE"),
    Field("own_work", "FTE"),
    Field("overloaded_municipalities", "municipalities"),
    Field("overload", "FTE above what counts as heavy"),
    Field("pool", "FTE"),
    Field("resignations", "FTE"),
)


@kernel
def usual_staff(at_office: float, general: float, exponent: float) -> float:
    """Return the DX staff (FTE) that is usual beside `general` persons in general administration."""
    return at_office * (general / OFFICE) ** exponent


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
    return own_effort(p.planning_effort, weight, lot.complexity, worker.scale, lot.planning_months)


@kernel
def migration_effort(
    parameters: np.record, weight: float, lot: np.record, system: np.record, worker: np.record
) -> float:
    """Return the own work (FTE) on a reference job of vendor work on a `system`, without more testing than usual.

    `weight` is the work weight of the system, whose lot is `lot`.
    """
    if system.work <= 0.0:  # a municipality without residents
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


@kernel
def start(run: Run) -> None:
    """Set the DX staff of every municipality at the start."""
    p = run.parameters
    for i in range(run.places.size):
        place, worker = run.places[i], run.workforce[i]
        usual = usual_staff(p.staff_of_100, place.administration, p.staff_exponent)
        draw = streams.uniform(run.seed, streams.STAFF, place.code, 0, 0)
        worker.staff = max(LEAST, math.floor(usual + draw))
        worker.initial = worker.staff
        worker.scale = (place.population / SIZE_REFERENCE) ** p.own_work_exponent
        worker.planning_service, worker.migration_service, worker.programme_service = 1.0, 1.0, 1.0


@kernel
def open_year(run: Run, month: int) -> None:
    """In April knowledge is lost by rotation, and staff moves towards its target, which follows the population."""
    if month % MONTHS_PER_YEAR != 0 or month == 0:
        return
    for i in range(run.places.size):
        worker, lever = run.workforce[i], run.levers[i]
        worker.experience *= 1.0 - lever.rotation_loss
        ratio = run.population_ratio[i, month // MONTHS_PER_YEAR]
        target = worker.initial * ratio ** (statistics.LOG_STAFF_SLOPE * run.parameters.staff_exponent)
        worker.staff += run.parameters.hiring_rate * (target - worker.staff)


@kernel
def dispatch(run: Run, month: int) -> None:
    """Share the prefectures' pools out at the start of each quarter, by what staff lacked last month."""
    if month % QUARTER != 0:
        return
    n, pool, lacking, gap = run.places.size, run.pool, run.lacking, run.gap
    for prefecture in range(pool.size):
        pool[prefecture], lacking[prefecture] = 0.0, 0.0
    for i in range(n):
        prefecture, worker, lever = run.places[i].prefecture, run.workforce[i], run.levers[i]
        pool[prefecture] += lever.prefectural_pool / run.prefecture_size[prefecture]
        gap[i] = max(0.0, worker.demand - (worker.supply - worker.pool))
        lacking[prefecture] += gap[i]
    if run.parameters.dispatch_rule == DispatchRule.MOST_OVERLOADED:
        fill_by_overload(run)
    for i in range(n):
        prefecture, worker = run.places[i].prefecture, run.workforce[i]
        equal = pool[prefecture] / run.prefecture_size[prefecture]
        if run.parameters.dispatch_rule == DispatchRule.EQUAL or lacking[prefecture] <= 0.0:
            worker.pool = equal
        elif run.parameters.dispatch_rule == DispatchRule.NEED:
            worker.pool = pool[prefecture] * gap[i] / lacking[prefecture]
        else:
            worker.pool = gap[i] + max(0.0, pool[prefecture] - lacking[prefecture]) / run.prefecture_size[prefecture]


@kernel(makes_arrays=True)
def fill_by_overload(run: Run) -> None:
    """Turn each municipality's gap into what it receives (FTE): the most overloaded first, until the pool is empty."""
    left = run.pool.copy()
    relative = np.empty(run.gap.size)
    for i in range(relative.size):
        worker = run.workforce[i]
        relative[i] = -overload(worker.demand, worker.supply - worker.pool)
    for i in np.argsort(relative, kind="mergesort"):
        prefecture = run.places[i].prefecture
        run.gap[i] = min(run.gap[i], left[prefecture])
        left[prefecture] -= run.gap[i]


@kernel
def planning_work(systems: Records) -> float:
    """Return the own work (FTE) on planning a municipality's systems in this month."""
    planning = 0.0
    for operation in range(systems.size):
        if systems[operation].state == SystemState.PLANNING:
            planning += systems[operation].effort
    return planning


@kernel
def migration_work(system: np.record, amount: float, test_effort: float, parameters: np.record) -> float:
    """Return the own work (FTE) on this `amount` of vendor work (reference jobs) on a system."""
    return (1.0 + parameters.test_cost * test_effort) * system.effort * amount


@kernel
def share_out(run: Run, month: int) -> None:
    """Share what own staff has left among a municipality's systems that vendors can work on in this month."""
    for i in range(run.places.size):
        municipality, worker = run.municipalities[i], run.workforce[i]
        worker.migration_service = 1.0
        if municipality.ordered + municipality.migrating == 0 or worker.left_for_migration == np.inf:
            continue
        asked = 0.0
        for operation in range(run.lot_of.size):
            system = run.systems[i, operation]
            is_open = run.queue[i, operation].opens <= month
            if is_open and (system.state == SystemState.ORDERED or system.state == SystemState.MIGRATING):
                amount = min(system.remaining, system.limit)
                asked += migration_work(system, amount, run.levers[i].test_effort, run.parameters)
        worker.migration_service = served(worker.left_for_migration, asked)


@kernel
def allocate(run: Run, month: int) -> None:
    """Work out every municipality's demand and supply, let groups lend staff, and serve work in its fixed order."""
    reckon(run)
    pool_staff(run)
    serve_all(run, month)


@kernel
def reckon(run: Run) -> None:
    """Work out the supply of every municipality, and its work by `Task`."""
    p = run.parameters
    for i in range(run.municipalities.size):
        municipality, worker, tasks = run.municipalities[i], run.workforce[i], run.tasks[i]
        worker.supply = supply(worker.staff, worker.experience, p.experience_productivity, worker.pool)
        worker.lent = 0.0
        tasks[Task.STABILISATION], tasks[Task.PLANS] = 0.0, 0.0
        given_back = hours_given_back(run.programmes[i, Programme.AUTOMATION].level, p)
        tasks[Task.OPERATIONS] = worker.scale * p.operations_effort * (1.0 - given_back)
        tasks[Task.OPERATIONS] += p.interface_load * run.harm[i].interfaces / PER_HUNDRED
        in_parallel = municipality.live - municipality.done
        if in_parallel > 0:
            tasks[Task.STABILISATION] = own_effort(
                p.stabilisation_effort, in_parallel, 0.0, worker.scale, p.stabilisation_months
            )
        tasks[Task.MIGRATION] = worker.migration_demand
        worker.migration_demand = 0.0
        if municipality.planning > 0:
            tasks[Task.PLANS] = planning_work(run.systems[i])
        tasks[Task.EXTRAS] = p.programme_staff * worker.scale
        worker.demand = (
            tasks[Task.OPERATIONS]
            + tasks[Task.STABILISATION]
            + tasks[Task.MIGRATION]
            + tasks[Task.PLANS]
            + tasks[Task.EXTRAS]
        )


@kernel
def serve_all(run: Run, month: int) -> None:
    """Serve every municipality's work; overload makes staff resign."""
    p = run.parameters
    for i in range(run.places.size):
        place, worker = run.places[i], run.workforce[i]
        serve_tasks(worker, run.tasks[i], put_off(run, month, i), p.staffing)
        sum_up(worker, run.flows[place.kind])
        if worker.overload > 1.0 and p.staffing == Staffing.BINDING:
            chance = p.resignation_rate * (worker.overload - 1.0)
            if streams.uniform(run.seed, streams.RESIGN, place.code, month, 0) < chance:
                leaving = min(1.0, worker.staff)
                worker.staff -= leaving
                run.flows[place.kind].resignations += leaving
                events.note(run, month, events.Kind.RESIGNED, i, -1, 0, 0, leaving)


@kernel
def put_off(run: Run, month: int, i: int) -> float:
    """Return the share of usual work that a municipality puts off for migration under public pressure."""
    p, municipality, lever = run.parameters, run.municipalities[i], run.levers[i]
    if month < p.deadline - PRESSED_MONTHS or municipality.live == municipality.systems:
        return 0.0
    if lever.naming <= 0.0 and lever.late_penalty <= 0.0:
        return 0.0
    fines = lever.late_penalty * MONTHS_PER_YEAR * (municipality.systems - municipality.live)
    return float(p.effort_under_pressure * min(1.0, lever.naming + fines / max(1.0, run.purses[i].baseline)))


@kernel
def serve_tasks(worker: np.record, tasks: Floats, put_off: float, staffing: int) -> None:
    """Serve the tasks (FTE) of a municipality in their order; migration is served when vendors work on it."""
    if staffing == Staffing.UNLIMITED:
        worker.overload, worker.left_for_migration = 0.0, np.inf
        return
    left = worker.supply + worker.lent
    worker.overload = overload(worker.demand, left)
    left -= (1.0 - put_off) * tasks[Task.OPERATIONS] + tasks[Task.STABILISATION]
    worker.left_for_migration = max(0.0, left)
    left -= tasks[Task.MIGRATION]
    worker.planning_service = served(left, tasks[Task.PLANS])
    left -= tasks[Task.PLANS]
    worker.programme_service = served(left, tasks[Task.EXTRAS])


@kernel
def sum_up(worker: np.record, flows: np.record) -> None:
    """Add a municipality's staff, work, overload and pool to the sums of its type."""
    flows.staff += worker.staff
    flows.own_work += worker.demand
    flows.pool += worker.pool
    if worker.overload > HEAVY:
        flows.overloaded_municipalities += 1.0
        worker.overloaded_months += 1
        flows.overload += worker.demand - HEAVY * (worker.supply + worker.lent)


@kernel
def has_learned(experience: float, gain: float) -> float:
    """Return the experience in [0, 1] after one more go-live."""
    return min(1.0, experience + gain)
