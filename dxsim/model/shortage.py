"""When does a vendor say that it can't make the deadline, and what follows?

At the end of each quarter before the deadline T_D a vendor lays out its queue. If the share of the work, not yet known
to be late, that would end after T_D exceeds theta_ann, it announces a shortage. Every such system gets the reason R4
and is, with the same fate for all systems of a municipality at that vendor,

    tendered again   with probability rho_rt     (withdrawn; other vendors are asked next month), or
    booked again     to begin at T_D + U H_rb    (work done is kept; U uniform),

and the vendor's customers and their neighbours believe more in an extension (by Delta_xi, once per announcement).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events
from dxsim.model.capacity import vendor_output
from dxsim.model.codes import NEVER, Reason, SystemState
from dxsim.model.vendor_queue import END, leave_queue, opening, project, withdraw

if TYPE_CHECKING:
    from dxsim.model.state import Run


QUARTER, QUARTER_END = 3, 2  # months of a quarter; its last one, counted from April


@kernel
def rebooked_start(deadline: float, horizon: float, draw: float) -> int:
    """Return the month before which a re-booked system can't begin: uniform over `horizon` months from `deadline`."""
    return int(min(float(NEVER), np.floor(deadline + horizon * draw)))


@kernel
def review_books(run: Run, month: int) -> None:
    """Let every vendor test its queue at the end of this month and announce a shortage where it has one."""
    vendors = run.vendors
    for vendor in range(vendors.size):
        vendors[vendor].shortage = 0
    if month % QUARTER != QUARTER_END or month + 1 >= run.parameters.deadline:
        return
    announced = False
    for vendor in range(vendors.size):
        output = vendor_output(vendors[vendor], run.parameters)
        due_late, considered = project(run, month, vendor, output, run.parameters.deadline)
        if due_late > run.parameters.shortage_threshold * considered:
            vendors[vendor].shortage = 1
            postpone(run, month, vendor)
            announced = True
    if announced:
        spread_news(run)


@kernel
def postpone(run: Run, month: int, vendor: int) -> None:
    """Flag the vendor's systems that are due late as R4; tender or book them again."""
    systems, queue = run.systems.reshape(-1), run.queue.reshape(-1)
    before, place = END, run.head[vendor]
    while place != END:
        system = systems[place]
        following = queue[place].following
        is_news = system.flag == Reason.ON_TIME and run.finish[place] > run.parameters.deadline
        is_tendered = False
        if is_news:
            code = run.places[system.municipality].code
            i, operation = system.municipality, place % run.systems.shape[1]
            system.flag = Reason.VENDOR_RESOURCES
            events.note(run, month, events.Kind.FLAGGED, i, operation, 0, Reason.VENDOR_RESOURCES, 0.0)
            if system.state == SystemState.MIGRATING:
                system.state = SystemState.ORDERED
                system.since = month
                run.municipalities[i].migrating -= 1
                events.note(run, month, events.Kind.RELEASED, i, operation, vendor, 0, 0.0)
            is_tendered = (
                streams.uniform(run.seed, streams.RETENDER, code, 0, vendor) < run.parameters.retender_probability
            )
            if is_tendered:
                leave_queue(run.head, run.tail, queue, vendor, before, place)
                withdraw(run, place, month)
            else:
                draw = streams.uniform(run.seed, streams.REBOOK, code, 0, vendor)
                system.earliest_start = rebooked_start(run.parameters.deadline, run.parameters.rebooking_horizon, draw)
                queue[place].opens = opening(run.product_month[vendor], system)
                events.note(run, month, events.Kind.REBOOKED, i, operation, system.earliest_start, 0, 0.0)
        if not is_tendered:
            before = place
        place = following


@kernel
def spread_news(run: Run) -> None:
    """Raise the belief of the customers of announcing vendors, and of their neighbours, once a municipality."""
    n = run.places.size
    for i in range(n):
        run.is_customer[i] = False
        for operation in range(run.lot_of.size):
            is_waiting = 0 <= run.systems[i, operation].state < SystemState.LIVE
            if is_waiting and run.vendors[run.systems[i, operation].vendor].shortage == 1:
                run.is_customer[i] = True
    for i in range(n):
        hears = run.is_customer[i]
        for place in range(run.offsets[i], run.offsets[i + 1]):
            hears = hears or run.is_customer[run.neighbours[place]]
        if hears:
            municipality = run.municipalities[i]
            municipality.belief = min(1.0, municipality.belief + run.parameters.shortage_belief_rise)
