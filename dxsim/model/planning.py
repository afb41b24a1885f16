"""How long does a municipality plan before it orders?

    planning = d_pl (1 + kappa) / (1 + kappa_mean)      months, rounded, for a lot of legacy complexity kappa

Each month counts as far as own staff serves the planning work: with staff enough, a system committed in month t is
ordered in month t + planning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dxsim.kernel import kernel
from dxsim.model import events, staff
from dxsim.model.codes import Listed, SystemState
from dxsim.terms.calendar import MONTHS

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
def order(run: Run, month: int) -> None:
    """Plan on, order the systems whose planning is done, and list them (i * O + o) in `ordered` by tie."""
    n_operations = run.lot_of.size
    count = 0
    for i in run.by_tie:
        municipality = run.municipalities[i]
        if municipality.planning == 0:
            continue
        service, systems = run.workforce[i].planning_service, run.systems[i]
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
            events.note(run, month, events.Kind.ORDERED, i, operation, system.vendor, 0, 0.0)
            run.ordered[count] = i * n_operations + operation
            count += 1
    run.listed[Listed.ORDERED] = count
