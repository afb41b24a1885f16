"""What is written down at the end of each month."""

from __future__ import annotations

from dxsim.kernel import kernel
from dxsim.model.state import FUND, Series, State

# Columns of state.NATIONAL.
MEAN_BELIEF, EXTENSION, FUND_BALANCE, GROUPS, MEMBERS, TALKS_RESULTS = 0, 1, 2, 3, 4, 5


@kernel(inner=True)
def observe(state: State, series: Series, month: int) -> None:
    """Write the month down."""
    for kind in range(state.tally.shape[0]):
        for count in range(state.tally.shape[1]):
            series.monthly[month, kind, count] = state.tally[kind, count]
    belief = 0.0
    for i in range(state.municipalities.size):
        belief += state.municipalities[i].belief
    national = series.national[month]
    national[MEAN_BELIEF] = belief / max(1, state.municipalities.size)
    national[EXTENSION] = state.nation[0].extension_granted
    national[FUND_BALANCE] = state.treasury[FUND]
    for group in range(state.groups.size):
        if state.groups[group].members > 0:
            national[GROUPS] += 1.0
            national[MEMBERS] += state.groups[group].members
    for result in range(state.talks.size):
        national[TALKS_RESULTS + result] = state.talks[result]
    for kind in range(state.flows.shape[0]):
        for account in range(state.money.shape[1]):
            series.money[month, kind, account] = state.money[kind, account]
        for flow in range(state.flows.shape[1]):
            series.flows[month, kind, flow] = state.flows[kind, flow]
            state.flows[kind, flow] = 0.0
    for vendor in range(state.vendors.size):
        supplier, row = state.vendors[vendor], series.vendors[month, vendor]
        row[0] = supplier.capacity
        row[1] = supplier.book
        row[2] = supplier.work_done
        row[3] = supplier.queue_wait
        row[4] = supplier.shortage
        row[5] = supplier.systems_served
        row[6] = supplier.population_served
