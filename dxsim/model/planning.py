"""How long does a municipality plan before it orders?

    planning = d_pl (1 + kappa) / (1 + kappa_mean)      months, rounded, for a lot of legacy complexity kappa

Each month counts as far as own staff serves the planning work: with staff enough, a system committed in month t is
ordered in month t + planning.
"""

from __future__ import annotations

import numpy as np

from dxsim.kernel import kernel
from dxsim.model import events, staff
from dxsim.model.state import MONTHS, ORDERED, ORDERED_EVER, PLANNING, Country, Integers, State

ALMOST = 1e-9  # months of planning that may be missing through rounding


@kernel
def planning_duration(months: float, complexity: float, mean_complexity: float) -> int:
    """Return the whole months of planning of a lot, `months` at mean complexity; no more than a run has."""
    return int(np.rint(min(float(MONTHS), months * (1.0 + complexity) / (1.0 + mean_complexity))))


@kernel
def begin_planning(
    body: np.record, system: np.record, supplier: np.record, vendor: int, month: int, effort: float
) -> None:
    """Let a body plan a system with a vendor, into whose book all its work comes; `effort` is its own work (FTE)."""
    system.state = PLANNING
    system.since = month
    system.vendor = vendor
    system.remaining = system.work
    system.planned, system.effort = 0.0, effort
    supplier.book += system.work
    supplier.contracted += system.work
    body.planning += 1


@kernel(inner=True)
def order(country: Country, state: State, parameters: np.record, month: int, ordered: Integers) -> int:
    """Plan on, order the systems whose planning is done, list them (i * O + o) in `ordered` by tie; return how many."""
    n_operations = country.lot_of.size
    count = 0
    for i in state.by_tie:
        body = state.municipalities[i]
        if body.planning == 0:
            continue
        service, systems = state.workforce[i].planning_service, state.systems[i]
        for operation in range(n_operations):
            system = systems[operation]
            if system.state != PLANNING:
                continue
            if system.since < month:
                system.planned += service
            if system.planned < state.lots[i, system.lot].planning_months - ALMOST:
                continue
            if system.order < 0:
                system.order = month
                state.tally[country.municipalities[i].kind, ORDERED_EVER] += 1
            system.state = ORDERED
            system.since = month
            lot, worker = state.lots[i, system.lot], state.workforce[i]
            system.effort = staff.moving_effort(parameters, country.weight[operation], lot, system, worker)
            body.planning -= 1
            events.note(state.log, state.logged, month, events.ORDERED, i, operation, system.vendor, 0, 0.0)
            ordered[count] = i * n_operations + operation
            count += 1
    return count
