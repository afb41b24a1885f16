"""What held each system up, month by month?

From the start of the mandate t_m until it is live every month of every system is booked to one of:

    undecided            the municipality, or the lead of its group under `shared_system`, has not meant to move it yet
    no_budget_session    it means to, but budgets can't be asked for in this month
    no_money             it could not pay when it last asked
    planning_short       planning, of which own staff could do less than half
    planning
    no_product           the vendor's product is not available
    no_engineer          engineers did less than half of what one system can take in a month
    own_staff            own staff could join in with less than half of that
    work                 vendor work went on
    window               the planned start or the planned cut-over is still to come
    hard                 a hard system's earliest start
    failed               the work of a failed cut-over is done again
    booked_again         the vendor has put it off past the deadline, or dropped it

The rows sum to the months. What was booked last and is neither work nor a window is the system's blocker, which
decides the reason of lateness (`lateness`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dxsim.kernel import kernel
from dxsim.model.codes import Held, Reason, SystemState
from dxsim.model.vendor_choice import lead_of, wants

if TYPE_CHECKING:
    from dxsim.model.state import Run


HALF = 0.5  # share of planning work below which own staff is what holds planning up


@kernel
def before_commitment(run: Run, i: int, lot: int) -> int:
    """Return what holds up a lot that is not committed."""
    lead = lead_of(run.municipalities, run.groups, run.parameters.shared_system, i)
    if not wants(run, i, lot, lead):
        return Held.UNDECIDED.value
    return Held.NO_MONEY.value if run.lots[i, lot].refused else Held.NO_BUDGET_SESSION.value


@kernel
def before_opening(system: np.record, ready: int, opens: int) -> int:
    """Return what holds up an ordered system that `opens` later: the last of product, earliest start and plan."""
    if system.earliest_start >= opens:
        return Held.BOOKED_AGAIN.value if system.flag == Reason.VENDOR_RESOURCES else Held.HARD.value
    return Held.NO_PRODUCT.value if ready >= opens else Held.WINDOW.value


@kernel
def held_up(run: Run, month: int, i: int, operation: int) -> int:
    """Return what this month of a system that is not live is booked to."""
    system, lot = run.systems[i, operation], run.lot_of[operation]
    if system.state == SystemState.LEGACY:
        return before_commitment(run, i, lot)
    if system.state == SystemState.PLANNING:
        return Held.PLANNING_SHORT.value if run.workforce[i].planning_service < HALF else Held.PLANNING.value
    if system.state == SystemState.WITHDRAWN:
        return Held.BOOKED_AGAIN.value if run.offered[lot] else Held.NO_PRODUCT.value
    opens = run.queue[i, operation].opens
    if opens > month:
        return before_opening(system, run.product_month[system.vendor, lot], opens)
    held = int(system.held) if system.touched == month else Held.NO_ENGINEER.value
    return Held.FAILED.value if system.failed and held == Held.WORK else held


@kernel
def book_system(run: Run, month: int, i: int, operation: int) -> None:
    """Book this month of a system that is not live yet, or goes live at its end."""
    if month < run.parameters.mandate_start:
        return
    system, held = run.systems[i, operation], held_up(run, month, i, operation)
    run.delay[i, operation, held] += 1
    system.held = held
    if held != Held.WORK and held != Held.WINDOW and held != Held.FAILED:
        system.blocker = held


@kernel
def book(run: Run, month: int) -> None:
    """Book this month of every system that is not live; what went live in it has been booked (`vendor_queue`)."""
    if month < run.parameters.mandate_start:
        return
    for i in range(run.places.size):
        municipality = run.municipalities[i]
        if municipality.live == municipality.systems:
            continue
        for operation in range(run.lot_of.size):
            system = run.systems[i, operation]
            if system.state < 0 or system.state >= SystemState.LIVE:
                continue
            book_system(run, month, i, operation)
