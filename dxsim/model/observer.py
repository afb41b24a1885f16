"""What is written down at the end of each month."""

from __future__ import annotations

from dxsim.kernel import kernel
from dxsim.model.state import Series, State


@kernel
def observe(state: State, series: Series, month: int) -> None:
    """Write the month down."""
    for kind in range(state.tally.shape[0]):
        for count in range(state.tally.shape[1]):
            series.monthly[month, kind, count] = state.tally[kind, count]
    belief = 0.0
    for i in range(state.municipalities.size):
        belief += state.municipalities[i].belief
    series.national[month, 0] = belief / max(1, state.municipalities.size)
    series.national[month, 1] = state.nation[0].extension_granted
    for vendor in range(state.vendors.size):
        supplier, row = state.vendors[vendor], series.vendors[month, vendor]
        row[0] = supplier.capacity
        row[1] = supplier.book
        row[2] = supplier.work_done
        row[3] = supplier.queue_wait
        row[4] = supplier.shortage
        row[5] = supplier.systems_served
        row[6] = supplier.population_served
