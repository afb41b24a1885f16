"""When does a vendor say that it can't make the deadline, and what follows?

At the end of each quarter before the deadline T_D a vendor lays out its queue, branch by branch, and looks at the
systems, not yet known to be late, whose work is planned to begin in the next d_not months or has begun. If the share of
their work that would end after T_D exceeds theta_ann, it announces a shortage. Those of them that would end late get
the reason R4 and are, with the same fate for all systems of a municipality at that vendor,

    tendered again   with probability rho_rt     (withdrawn; other vendors are asked next month), or
    booked again     to begin at T_D + (work booked again there so far) / (k_post K(0) of the branch), before T_D2

so the tail is as long as what a branch has to make up and as the engineers that stay on after the deadline. Work done
is kept.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events
from dxsim.model.codes import Reason, SystemState
from dxsim.model.vendor_queue import END, branch_output, leave_queue, project, withdraw
from dxsim.model.work import shortest_duration

if TYPE_CHECKING:
    from dxsim.model.state import Run


QUARTER, QUARTER_END = 3, 2  # months of a quarter; its last one, counted from April


@kernel
def booked_again(ahead: float, rate: float, deadline: int, last: int) -> int:
    """Return the month before which work booked again can't begin, with this work `ahead` of it.

    `rate` is what the branch does after the `deadline` (both in reference jobs, a month); no plan goes beyond `last`.
    """
    if rate <= 0.0:
        return max(deadline, last)
    return int(min(max(float(deadline), float(last)), math.floor(deadline + ahead / rate)))


@kernel
def review_books(run: Run, month: int) -> None:
    """Let every vendor test its queue at the end of this month and announce a shortage where it has one."""
    vendors = run.vendors
    for vendor in range(vendors.size):
        vendors[vendor].shortage = 0
    if month % QUARTER != QUARTER_END or month + 1 >= run.parameters.deadline:
        return
    for vendor in range(vendors.size):
        due_late, considered = project(run, month, vendor, run.parameters.deadline)
        if due_late > run.parameters.shortage_threshold * considered:
            vendors[vendor].shortage = 1
            postpone(run, month, vendor)


@kernel
def postpone(run: Run, month: int, vendor: int) -> None:
    """Flag the vendor's systems that are due late as R4; tender or book them again."""
    p, systems, queue = run.parameters, run.systems.reshape(-1), run.queue.reshape(-1)
    weigh_backlog(run, vendor)
    before, place = END, run.head[vendor]
    while place != END:
        system = systems[place]
        following = queue[place].following
        is_near = queue[place].opens <= month + p.notice_months
        is_news = is_near and system.flag == Reason.ON_TIME and run.finish[place] > p.deadline
        is_tendered = False
        if is_news:
            code = run.places[system.municipality].code
            i, operation = system.municipality, place % run.systems.shape[1]
            system.flag = Reason.VENDOR_RESOURCES
            run.lots[i, system.lot].excused = True
            events.note(run, month, events.Kind.FLAGGED, i, operation, 0, Reason.VENDOR_RESOURCES, 0.0)
            if system.state == SystemState.MIGRATING:
                system.state = SystemState.ORDERED
                system.since = month
                run.municipalities[i].migrating -= 1
                run.municipalities[i].ordered += 1
                events.note(run, month, events.Kind.RELEASED, i, operation, vendor, 0, 0.0)
            is_tendered = (
                streams.uniform(run.seed, streams.RETENDER, code, 0, vendor) < run.parameters.retender_probability
            )
            if is_tendered:
                leave_queue(run.head, run.tail, queue, vendor, before, place)
                withdraw(run, place, month)
            else:
                prefecture = run.places[i].prefecture
                stays = p.capacity_after_deadline * run.vendors[vendor].initial_capacity
                rate = branch_output(run, vendor, prefecture, stays)
                duration = shortest_duration(system.remaining, system.limit)
                last = p.second_deadline - duration
                system.earliest_start = booked_again(run.branch_left[prefecture], rate, p.deadline, last)
                run.branch_left[prefecture] += system.remaining
                system.window = system.earliest_start + duration
                queue[place].opens = max(queue[place].opens, system.earliest_start)
                events.note(run, month, events.Kind.REBOOKED, i, operation, system.earliest_start, 0, 0.0)
        if not is_tendered:
            before = place
        place = following


@kernel
def weigh_backlog(run: Run, vendor: int) -> None:
    """Fill `branch_left` with the work (reference jobs) that each branch of a vendor has booked past the deadline."""
    systems, queue = run.systems.reshape(-1), run.queue.reshape(-1)
    for prefecture in range(run.branch_left.size):
        run.branch_left[prefecture] = 0.0
    place = run.head[vendor]
    while place != END:
        system = systems[place]
        if system.flag == Reason.VENDOR_RESOURCES and queue[place].opens >= run.parameters.deadline:
            run.branch_left[run.places[system.municipality].prefecture] += system.remaining
        place = queue[place].following
