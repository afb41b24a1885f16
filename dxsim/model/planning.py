"""How long does a municipality plan before it orders, and when does it mean to cut over?

    planning = d_pl (1 + kappa) / (1 + kappa_mean)      months, rounded, for a package of legacy complexity kappa
    earliest = max(order, product) + longest work       month; the longest of the systems ordered together
    window   = earliest + d_res + (due - earliest - d_res) U^(1 / lambda)              first month live as planned,
               where that leaves time before it is due; else max(earliest, due)
    lambda   = lambda_w max(1, order - t_m) / 12        t_m: start of the mandate
    opens    = window - longest work - d_res            month before which vendor work does not start

Each month of planning counts as far as own staff serves it: with staff enough, a system committed in month t is ordered
in month t + planning. All that a municipality orders from one vendor in one month is planned backwards from one window,
with one uniform draw U. Windows are given out first come, first served: who orders later finds the early ones taken,
and comes closer to the date that is due (`dates`; T_D nationally) the larger lambda_w. A system whose work is done
waits for its window, one that is not done in time is cut over as soon as it is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events, staff
from dxsim.model.codes import Listed, SystemState
from dxsim.model.dates import due_date
from dxsim.model.work import shortest_duration
from dxsim.terms.calendar import MONTHS, MONTHS_PER_YEAR

if TYPE_CHECKING:
    from dxsim.model.state import Run


ALMOST = 1e-9  # months of planning that may be missing through rounding


@kernel
def planning_duration(months: float, complexity: float, mean_complexity: float) -> int:
    """Return the whole months of planning of a lot, `months` at mean complexity; no more than a run has."""
    return int(np.rint(min(float(MONTHS), months * (1.0 + complexity) / (1.0 + mean_complexity))))


@kernel
def begin_planning(
    municipality: np.record, system: np.record, supplier: np.record, vendor: int, month: int, effort: float
) -> None:
    """Let a municipality plan a system with a vendor, whose book takes all its work; `effort` is own work (FTE)."""
    system.state = SystemState.PLANNING
    system.since = month
    system.vendor = vendor
    system.remaining = system.work
    system.planned, system.effort = 0.0, effort
    supplier.book += system.work
    supplier.contracted += system.work
    municipality.planning += 1


@kernel
def planned_window(earliest: int, due: float, reserve: int, lean: float, draw: float) -> int:
    """Return the first month live as planned, by a uniform `draw`; `earliest` is that without any reserve."""
    spare = due - earliest - reserve
    if spare <= 0.0:
        return max(earliest, int(due))
    return int(earliest + reserve + math.floor(spare * draw ** (1.0 / lean) + 0.5))


@kernel
def order(run: Run, month: int) -> None:
    """Plan on, order the systems whose planning is done, and list them (i * O + o) in `ordered` by tie."""
    n_operations = run.lot_of.size
    count = 0
    for i in run.by_tie:
        municipality = run.municipalities[i]
        if municipality.planning == 0:
            continue
        first, service, systems = count, run.workforce[i].planning_service, run.systems[i]
        for operation in range(n_operations):
            system = systems[operation]
            if system.state != SystemState.PLANNING:
                continue
            if system.since < month:
                system.planned += service
            if system.planned < run.lots[i, system.lot].planning_months - ALMOST:
                continue
            if system.order < 0:
                system.order = month
                run.counts[run.places[i].kind].ordered += 1
            system.state = SystemState.ORDERED
            system.since = month
            lot, worker = run.lots[i, system.lot], run.workforce[i]
            system.effort = staff.migration_effort(run.parameters, run.weight[operation], lot, system, worker)
            municipality.planning -= 1
            municipality.ordered += 1
            events.note(run, month, events.Kind.ORDERED, i, operation, system.vendor, 0, 0.0)
            run.ordered[count] = i * n_operations + operation
            count += 1
        set_windows(run, month, i, first, count)
    run.listed[Listed.ORDERED] = count


@kernel
def set_windows(run: Run, month: int, i: int, first: int, last: int) -> None:
    """Plan the cut-overs of a municipality's systems in `ordered`, those with the same vendor together."""
    p, systems = run.parameters, run.systems.reshape(-1)
    lean = p.late_planning * max(1, month - p.mandate_start) / MONTHS_PER_YEAR
    vendor, begin, longest, draw = -1, 0, 0, 0.0
    due, window = -1.0, 0
    for place in range(first, last):
        system = systems[run.ordered[place]]
        own_due = due_date(p.deadline, run.lots[i, system.lot], run.nation[0], p)
        is_other = system.vendor != vendor
        if is_other:
            vendor = system.vendor
            begin, longest = package(run, month, vendor, first, last)
            draw = streams.uniform(run.seed, streams.WINDOW, run.places[i].code, 0, vendor)
        if is_other or own_due != due:
            due = own_due
            window = planned_window(begin + longest, due, p.reserve_months, lean, draw)
        system.window = window
        run.queue.reshape(-1)[run.ordered[place]].opens = max(begin, window - longest - p.reserve_months)


@kernel
def package(run: Run, month: int, vendor: int, first: int, last: int) -> tuple[int, int]:
    """Return when work on the systems of `ordered` with this `vendor` can begin, and the longest of it (months)."""
    systems, begin, longest = run.systems.reshape(-1), month, 1
    for place in range(first, last):
        system = systems[run.ordered[place]]
        if system.vendor == vendor:
            begin = max(begin, run.product_month[vendor, system.lot])
            longest = max(longest, shortest_duration(system.remaining, system.limit))
    return begin, longest
