"""What is written down at the end of each month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dxsim.kernel import kernel
from dxsim.model.codes import Talks, Treasury

if TYPE_CHECKING:
    from dxsim.model.state import Run


@kernel
def observe(run: Run, month: int) -> None:
    """Write the month down."""
    for kind in range(run.kind_size.size):
        run.counts_by_month[month, kind] = run.counts[kind]
        run.flows_by_month[month, kind] = run.flows[kind]
        for column in range(run.flow_values.shape[1]):
            run.flow_values[kind, column] = 0.0
        for account in range(run.money.shape[1]):
            run.money_by_month[month, kind, account] = run.money[kind, account]
    observe_nation(run, run.national_by_month[month])
    for vendor in range(run.vendors.size):
        supplier, row = run.vendors[vendor], run.vendors_by_month[month, vendor]
        row.capacity = supplier.capacity
        row.book = supplier.book
        row.work_done = supplier.work_done
        row.queue_wait = supplier.queue_wait
        row.shortage = supplier.shortage
        row.systems_served = supplier.systems_served
        row.population_served = supplier.population_served


@kernel
def observe_nation(run: Run, row: np.record) -> None:
    """Write down what there is one of in the nation."""
    belief = 0.0
    for i in range(run.municipalities.size):
        belief += run.municipalities[i].belief
    row.belief = belief / max(1, run.municipalities.size)
    row.extension_granted = run.nation[0].extension_granted
    row.fund_balance = run.treasury[Treasury.FUND]
    for group in range(run.groups.size):
        if run.groups[group].members > 0:
            row.groups += 1.0
            row.cooperating_municipalities += run.groups[group].members
    row.moves_tested = run.talks[Talks.MOVES_TESTED]
    row.moves_accepted = run.talks[Talks.MOVES_ACCEPTED]
