"""What do municipalities declare before the deadline, and why is a system late after it?

A system is late if it is not live by the deadline T_D. Its reason is fixed then, by what stands in its way (`delay`):

    R1 mainframe, R2 bespoke, R3 no product    known hard systems, or no vendor offers the lot any more
    R4 vendor resources                        announced as such, or the product, engineers or the vendor's plan
    R5 own side                                decision, money, planning or own staff (of the model, not official)

Where work goes on or waits for its window, what stood in its way last counts.

Official counts before the deadline are forecasts by municipalities. A system is declared late if its reason is known
(R1 to R3), or if  t + W (1 - opt (T_D - t) / 24) > T_D  for the municipality's forecast W of the months that are left:
optimism shrinks it while the deadline is far away, which makes the counts accelerate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dxsim.kernel import kernel
from dxsim.model import events
from dxsim.model.codes import Held, Reason, SystemState
from dxsim.model.vendor_queue import project
from dxsim.model.work import shortest_duration

if TYPE_CHECKING:
    from dxsim.model.state import Run

OPTIMISM_HORIZON = 24.0  # months to the deadline at which optimism has its full weight; a unit


@kernel
def declared_finish(month: float, months_left: float, deadline: float, optimism: float) -> float:
    """Return the month in which a municipality that needs `months_left` says it will be live."""
    discount = optimism * max(0.0, deadline - month) / OPTIMISM_HORIZON
    return month + months_left * max(0.0, 1.0 - discount)


@kernel
def reason_of(flag: int, offered: bool, blocker: int) -> int:
    """Return the reason of a late system: its `flag` if known, else what its `blocker`, a `Held`, makes of it."""
    if flag != Reason.ON_TIME:
        return flag
    if not offered:
        return Reason.NO_PRODUCT.value
    is_vendor = blocker == Held.NO_PRODUCT or blocker == Held.NO_ENGINEER or blocker == Held.BOOKED_AGAIN
    return Reason.VENDOR_RESOURCES.value if is_vendor else Reason.OWN_SIDE.value


@kernel
def months_left(system: np.record, planning_months: int, quoted_wait: float, now: int, finish: int) -> int:
    """Return the months that a system not yet live still needs, as its municipality sees it when `now` begins.

    An ordered system follows its vendor's plan (`finish`); before, planning and the quoted wait run side by side.
    """
    if system.state == SystemState.ORDERED or system.state == SystemState.MIGRATING:
        return finish - now
    planning = planning_months
    if system.state == SystemState.PLANNING:
        planning = max(0, int(np.ceil(planning_months - system.planned)) - 1)
    return max(planning, int(np.ceil(quoted_wait))) + shortest_duration(system.remaining, system.limit)


@kernel
def is_expected_late(system: np.record, needs: int, now: int, deadline: int, optimism: float) -> bool:
    """Return whether a municipality declares a system late that needs so many months from `now`."""
    if system.flag != Reason.ON_TIME and system.flag != Reason.VENDOR_RESOURCES:
        return True
    return declared_finish(now, needs, deadline, optimism) > deadline


@kernel
def declare(run: Run, now: int, publish: bool) -> tuple[int, int]:
    """Return how many systems municipalities expect to be late, and how many there are, at the start of month `now`.

    With `publish`, the counts by reason and the number of municipalities go into the official series.
    """
    deadline, optimism = run.parameters.deadline, run.parameters.optimism
    n, n_operations = run.systems.shape
    for vendor in range(run.vendors.size):
        project(run, now - 1, vendor, deadline)
    if publish:
        for kind in range(run.counts.size):
            run.counts[kind].municipalities_declared = 0
            for reason in range(Reason.OWN_SIDE):
                run.counts[kind].declared[reason] = 0
    late, total = 0, 0
    for i in range(n):
        kind, late_here = run.places[i].kind, 0
        for operation in range(n_operations):
            system, lot = run.systems[i, operation], run.lot_of[operation]
            total += system.state >= 0
            if publish:
                system.declared = Reason.ON_TIME
            if system.state < 0 or system.state >= SystemState.LIVE:
                continue
            wait, planning = run.quoted_wait[system.vendor, lot], run.lots[i, lot].planning_months
            needs = months_left(system, planning, wait, now, run.finish[i * n_operations + operation])
            if is_expected_late(system, needs, now, deadline, optimism):
                late_here += 1
                if publish:
                    system.declared = reason_of(system.flag, run.offered[lot], system.blocker)
                    run.counts[kind].declared[system.declared - 1] += 1
        late += late_here
        if publish and late_here > 0:
            run.counts[kind].municipalities_declared += 1
    return late, total


@kernel
def survey(run: Run, month: int) -> None:
    """Let municipalities declare their late systems at the end of a survey month."""
    for event in range(run.surveys.size):
        if run.surveys[event] == month:
            declare(run, month + 1, True)


@kernel
def call_late(run: Run, month: int) -> None:
    """At the deadline, give every system that is not live its reason."""
    if month + 1 != run.parameters.deadline:
        return
    systems = run.systems
    for i in range(run.places.size):
        counts = run.counts[run.places[i].kind]
        for operation in range(run.lot_of.size):
            if 0 <= systems[i, operation].state < SystemState.LIVE:
                offered = run.offered[run.lot_of[operation]]
                system = systems[i, operation]
                reason = reason_of(system.flag, offered, system.blocker)
                system.reason = reason
                events.note(run, month, events.Kind.CALLED_LATE, i, operation, 0, reason, 0.0)
                counts.late[reason - 1] += 1
                if run.municipalities[i].late == 0:
                    counts.municipalities_late += 1
                run.municipalities[i].late += 1
