"""When do a vendor's engineers work on a system?

Each month a vendor serves the ordered systems whose work may start, in the order of its discipline, until its engineers
are used up: those at the branch in the municipality's prefecture, then the part phi_tr that works anywhere. Work starts
when the product is available, the planned start (`planning`) and the earliest start have come. One system gets at most
z^(1 - eta_d) / d_min reference jobs a month, so a system of work z takes d_min z^eta_d months at least, and more where
own staff (`staff`) can join in only in part, which tests (x_test) slow down. Work done in month t makes a system live
in month t + 1, or in the month of its planned window if that is later. Ties are drawn per municipality, so that the
systems of a package move together. The `queue_discipline` first_come serves by planned start; shortest_job by size of
the job and smallest_municipality by population, both of them also before jobs that have begun (preemptive resume);
group_first by planned start, municipalities in a group before others; earliest_cohort by planned start, cohorts with an
earlier date of their own before others. Vendors may lend the part phi_pool of their idle engineers.

A vendor's plan (`project`) lays out what each branch has in its queue; what is to begin in the next d_not months, or
has begun, counts for a notice (`shortage`). From month t_m of the mandate on each month notes what held a system up
(`delay`).

A system whose work is done is cut over in the month before its window, also where engineers are short. If `cut_over`
is big_bang it waits, without engineers, until all systems of its lot (package) at that municipality are as far; these
are cut over in the same month, once all vendors have worked. If one of them has to be rolled back, none goes live, and
all are cut over anew when its work is done again.

At go-live own staff gains the experience g_e, the part 1 - phi_1 of one-off cost falls due, less the subsidy (`money`),
and a parallel run of d_par months begins.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dxsim.kernel import kernel
from dxsim.model import cutover, delay, events, money, staff
from dxsim.model.codes import NEVER, Held, Listed, Reason, SystemState
from dxsim.model.work import DONE_BELOW, shortest_duration
from dxsim.scenario.registry import choices

if TYPE_CHECKING:
    from dxsim.model.state import Integers, Records, Run


QueueDiscipline, CutOver = choices("vendor.queue_discipline"), choices("quality.cut_over")
END = -1  # of a queue
NONE_LEFT = 1e-9  # reference jobs of a vendor's output that count as none


@kernel(makes_arrays=True)
def join_queues(run: Run, month: int) -> None:
    """Put the systems in `ordered` (by tie) into their vendors' queues, each queue kept sorted by priority."""
    systems, queue, priority = run.systems.reshape(-1), run.queue.reshape(-1), run.priority
    batch = run.ordered[: run.listed[Listed.ORDERED]]
    for system in batch:
        queue[system].opens = max(queue[system].opens, systems[system].earliest_start)
        priority[system] = run.static_rank[system]
        if run.parameters.queue_discipline == QueueDiscipline.FIRST_COME:
            priority[system] += queue[system].opens * queue.size
        elif run.parameters.queue_discipline == QueueDiscipline.GROUP_FIRST:
            is_alone = run.municipalities[systems[system].municipality].group < 0
            priority[system] += (queue[system].opens + is_alone * NEVER) * queue.size
        elif run.parameters.queue_discipline == QueueDiscipline.EARLIEST_COHORT:
            shift = run.lots[systems[system].municipality, systems[system].lot].shift
            priority[system] += (queue[system].opens + (shift + NEVER) * NEVER) * queue.size
    batch = batch[np.argsort(priority[batch].astype(np.float64), kind="mergesort")]
    latest = np.empty(run.head.size, dtype=np.int64)
    for vendor in range(latest.size):
        latest[vendor] = END
    for system in batch:
        vendor = systems[system].vendor
        # The batch is sorted: a search goes on where this vendor's last one ended, or right at the end of its queue.
        before, last = latest[vendor], run.tail[vendor]
        if last != END and priority[last] < priority[system]:
            before = last
        after = run.head[vendor] if before == END else queue[before].following
        while after != END and priority[after] < priority[system]:
            before, after = after, queue[after].following
        queue[system].following = after
        if before == END:
            run.head[vendor] = system
        else:
            queue[before].following = system
        if after == END:
            run.tail[vendor] = system
        latest[vendor] = system


@kernel
def leave_queue(head: Integers, tail: Integers, queue: NDArray[np.void], vendor: int, before: int, system: int) -> None:
    """Take `system` out of the queue of `vendor`; `before` is the one ahead of it, or END."""
    if before == END:
        head[vendor] = queue[system].following
    else:
        queue[before].following = queue[system].following
    if tail[vendor] == system:
        tail[vendor] = before


@kernel
def serve(run: Run, month: int) -> None:
    """Let vendors work on their queues, the largest first."""
    for vendor in run.largest_first:
        serve_queue(run, month, vendor)


@kernel
def serve_queue(run: Run, month: int, vendor: int) -> None:
    """Spend the engineers of one vendor that are available in this month on its queue."""
    systems, queue, supplier = run.systems.reshape(-1), run.queue.reshape(-1), run.vendors[vendor]
    before, place = END, run.head[vendor]
    if place == END or first_product(run.product_month, vendor) > month:
        supplier.work_done = 0.0
        return
    left, done = run.available[vendor], 0.0
    travelling = run.parameters.travel_share * left
    for prefecture in range(run.branch_left.size):
        run.branch_left[prefecture] = (left - travelling) * run.branch_share[vendor, prefecture]
    while place != END:
        following = queue[place].following
        # Without engineers only what is done goes on: it is cut over when its window comes.
        if queue[place].opens > month or (left <= NONE_LEFT and systems[place].remaining > DONE_BELOW):
            before, place = place, following
            continue
        system = systems[place]
        i = system.municipality
        prefecture = run.places[i].prefecture
        asked = min(system.remaining, system.limit)
        wanted = asked * run.workforce[i].migration_service
        given = min(wanted, run.branch_left[prefecture] + travelling)
        if given <= NONE_LEFT:
            given = 0.0
        local = min(given, run.branch_left[prefecture])
        run.branch_left[prefecture] -= local
        travelling -= given - local
        left -= given
        done += given
        system.touched = month
        if month >= run.parameters.mandate_start:
            system.held = what_held(asked, wanted, given)
        if system.state == SystemState.ORDERED and (given > 0.0 or asked <= DONE_BELOW):
            begin_work(run, month, place)
        run.workforce[i].migration_demand += staff.migration_work(
            system, given, run.levers[i].test_effort, run.parameters
        )
        system.remaining -= given
        is_done = system.remaining <= DONE_BELOW and run.parameters.cut_over == CutOver.STAGED
        if is_done and month + 1 >= system.window and cut_over(run, month, place):
            leave_queue(run.head, run.tail, queue, vendor, before, place)
        else:
            before = place
        place = following
    supplier.work_done = done
    supplier.total_done += done
    supplier.book -= done


@kernel
def what_held(asked: float, wanted: float, given: float) -> int:
    """Return what a system's month is booked to: work, or what kept more than half of the work `asked` from it.

    `wanted` is what own staff could join in with, `given` what engineers did (reference jobs).
    """
    if asked <= DONE_BELOW:
        return Held.WINDOW.value
    if 2.0 * given >= asked:
        return Held.WORK.value
    return Held.OWN_STAFF.value if asked - wanted >= wanted - given else Held.NO_ENGINEER.value


@kernel
def begin_work(run: Run, month: int, number: int) -> None:
    """Note that engineers work on system `number` (i * O + o) from this month on."""
    system = run.systems.reshape(-1)[number]
    i = system.municipality
    system.state = SystemState.MIGRATING
    system.since = month
    run.municipalities[i].ordered -= 1
    run.municipalities[i].migrating += 1
    if system.start < 0:
        system.start = month
        run.counts[run.places[i].kind].started += 1
    events.note(run, month, events.Kind.STARTED, i, number % run.lot_of.size, system.vendor, 0, 0.0)


@kernel
def cut_over(run: Run, month: int, number: int) -> bool:
    """Try to make system `number` (i * O + o) live, whose vendor work is done; return whether it went well."""
    i, operation = number // run.lot_of.size, number % run.lot_of.size
    before = run.harm[i].incidents
    if not cutover.attempt(run, month, i, operation):
        return False
    make_live(run, month, i, operation, int(run.harm[i].incidents - before))
    return True


@kernel
def make_live(run: Run, month: int, i: int, operation: int, incidents: int) -> None:
    """Make a system live that had so many `incidents` when it was switched; its second instalment is paid."""
    place, municipality, system = run.places[i], run.municipalities[i], run.systems[i, operation]
    lot, worker = run.lots[i, system.lot], run.workforce[i]
    counts, weight = run.counts[place.kind], run.weight[operation]
    delay.book_system(run, month, i, operation)
    go_live(place, system, run.vendors[lot.legacy], run.vendors[system.vendor], month)
    troubles = min(events.MANY, incidents)
    events.note(run, month, events.Kind.LIVE, i, operation, month + 1, troubles, 0.0)
    municipality.migrating -= 1
    municipality.live += 1
    municipality.next_done = min(municipality.next_done, month + 1 + run.parameters.stabilisation_months)
    worker.experience = staff.has_learned(worker.experience, run.parameters.experience_gain)
    counts.live += 1
    if system.reason > 0:
        settle_lateness(municipality, system.reason, counts)
    purse = run.purses[i]
    cost = purse.unit_running * weight
    purse.legacy -= cost
    purse.parallel += cost
    purse.new += cost * lot.running_factor
    rest, is_short = 1.0 - run.parameters.first_instalment, system.flag == Reason.VENDOR_RESOURCES
    money.pay_one_off(run, month, i, weight, lot.price, rest, is_short)


@kernel(makes_arrays=True)
def switch_packages(run: Run, month: int) -> None:
    """Under the rule `big_bang` cut over the lots whose systems are all done, by municipality in the order of ties."""
    if run.parameters.cut_over == CutOver.STAGED:
        return
    has_gone = np.zeros(run.vendors.size, dtype=np.bool_)
    incidents = np.zeros(run.lot_of.size, dtype=np.int64)
    for i in run.by_tie:
        if run.municipalities[i].migrating > 0:
            for lot in range(run.lots.shape[1]):
                if is_package_done(run.lot_of, run.systems[i], lot, month):
                    switch_package(run, month, i, lot, incidents, has_gone)
    for vendor in range(has_gone.size):
        if has_gone[vendor]:
            dismiss_live(run, vendor)


@kernel
def is_package_done(lot_of: Integers, systems: Records, lot: int, month: int) -> bool:
    """Return whether vendors' work on all systems of this `lot` is done, none is live, and their window has come."""
    count = 0
    for operation in range(lot_of.size):
        if lot_of[operation] == lot:
            system = systems[operation]
            if system.state != SystemState.MIGRATING or system.remaining > DONE_BELOW or month + 1 < system.window:
                return False
            count += 1
    return count > 0


@kernel
def switch_package(
    run: Run,
    month: int,
    i: int,
    lot: int,
    incidents: Integers,
    has_gone: NDArray[np.bool_],
) -> None:
    """Switch the systems of a lot at one municipality together; note in (V,) `has_gone` whose systems have gone live.

    (O,) `incidents` is overwritten.
    """
    is_good = True
    for operation in range(run.lot_of.size):
        if run.lot_of[operation] == lot:
            before = run.harm[i].incidents
            is_good &= cutover.attempt(run, month, i, operation)
            incidents[operation] = int(run.harm[i].incidents - before)
    if not is_good:
        return
    for operation in range(run.lot_of.size):
        if run.lot_of[operation] == lot:
            make_live(run, month, i, operation, incidents[operation])
            has_gone[run.systems[i, operation].vendor] = True


@kernel
def dismiss_live(run: Run, vendor: int) -> None:
    """Take the systems that have gone live out of the queue of `vendor`."""
    systems, queue = run.systems.reshape(-1), run.queue.reshape(-1)
    before, place = END, run.head[vendor]
    while place != END:
        following = queue[place].following
        if systems[place].state == SystemState.LIVE:
            leave_queue(run.head, run.tail, queue, vendor, before, place)
        else:
            before = place
        place = following


@kernel
def go_live(place: np.record, system: np.record, old: np.record, new: np.record, month: int) -> None:
    """Make a system live from the next month on and move it from its old vendor's base to the new one's."""
    system.state = SystemState.LIVE
    system.live = month + 1
    system.since = month + 1
    new.go_lives += 1
    old.systems_served -= 1
    new.systems_served += 1
    old.population_served -= place.population
    new.population_served += place.population


@kernel
def settle_lateness(municipality: np.record, reason: int, counts: np.record) -> None:
    """Take a late system that has gone live off its type's running `counts`."""
    counts.late[reason - 1] -= 1
    municipality.late -= 1
    if municipality.late == 0:
        counts.municipalities_late -= 1


@kernel
def stabilise(run: Run, month: int) -> None:
    """End the parallel run of the systems that have been live for long enough by the end of this month."""
    for i in range(run.places.size):
        municipality = run.municipalities[i]
        if municipality.next_done > month + 1:
            continue
        municipality.next_done = NEVER
        for operation in range(run.lot_of.size):
            system = run.systems[i, operation]
            if system.state != SystemState.LIVE:
                continue
            due = system.live + run.parameters.stabilisation_months
            if due > month + 1:
                municipality.next_done = min(municipality.next_done, due)
                continue
            system.state = SystemState.DONE
            system.since = month + 1
            municipality.done += 1
            run.purses[i].parallel -= run.purses[i].unit_running * run.weight[operation]
            events.note(run, month, events.Kind.DONE, i, operation, 0, 0, 0.0)
            run.counts[run.places[i].kind].done += 1


@kernel
def withdraw(run: Run, number: int, month: int) -> None:
    """Cancel the order or plan of system `number` (i * O + o); its vendor's book loses the work that is left.

    The fault is the vendor's.
    """
    system = run.systems.reshape(-1)[number]
    municipality, supplier = run.municipalities[system.municipality], run.vendors[system.vendor]
    operation = number % run.systems.shape[1]
    events.note(run, month, events.Kind.WITHDRAWN, system.municipality, operation, system.vendor, 0, 0.0)
    if system.flag == Reason.ON_TIME:
        system.flag = Reason.VENDOR_RESOURCES
        run.lots[system.municipality, system.lot].excused = True
        events.note(
            run,
            month,
            events.Kind.FLAGGED,
            system.municipality,
            operation,
            0,
            Reason.VENDOR_RESOURCES,
            0.0,
        )
    if system.state == SystemState.PLANNING:
        municipality.planning -= 1
    elif system.state == SystemState.ORDERED:
        municipality.ordered -= 1
    elif system.state == SystemState.MIGRATING:
        municipality.migrating -= 1
    supplier.book -= system.remaining
    supplier.withdrawn += system.remaining
    municipality.withdrawn += 1
    system.failed = False
    system.state = SystemState.WITHDRAWN
    system.since = month


@kernel
def leave_lots(run: Run, month: int) -> None:
    """Let the vendors of this month's events stop offering lots; their unfinished systems there are withdrawn."""
    systems, queue = run.systems.reshape(-1), run.queue.reshape(-1)
    for event in range(run.vendor_events.size):
        shock = run.vendor_events[event]
        mask, vendor = shock.withdrawn_lots, shock.vendor
        if shock.month != month or mask == 0:
            continue
        for lot in range(run.product_month.shape[1]):
            if mask >> lot & 1:
                run.product_month[vendor, lot] = NEVER
        before, place = END, run.head[vendor]
        while place != END:
            following = queue[place].following
            if mask >> systems[place].lot & 1:
                leave_queue(run.head, run.tail, queue, vendor, before, place)
            else:
                before = place
            place = following
        for place in range(systems.size):
            system = systems[place]
            if (
                system.vendor == vendor
                and mask >> system.lot & 1
                and system.state in (SystemState.PLANNING, SystemState.ORDERED, SystemState.MIGRATING)
            ):
                withdraw(run, place, month)


@kernel
def workable(run: Run, vendor: int, month: int) -> float:
    """Return the work (reference jobs) that a vendor could do in this month if it had engineers enough."""
    systems, queue = run.systems.reshape(-1), run.queue.reshape(-1)
    total, place = 0.0, run.head[vendor]
    while place != END:
        if queue[place].opens <= month:
            system = systems[place]
            total += min(system.remaining, system.limit) * run.workforce[system.municipality].migration_service
        place = queue[place].following
    return total


@kernel(makes_arrays=True)
def share_engineers(run: Run, month: int) -> None:
    """Set the output that each vendor has in this month; idle engineers are lent to vendors that are short."""
    for vendor in range(run.available.size):
        run.available[vendor] = run.vendors[vendor].capacity
    if run.parameters.engineer_pool <= 0.0:
        return
    spare, short = np.zeros(run.available.size), np.zeros(run.available.size)
    idle, wanted = 0.0, 0.0
    for vendor in range(run.available.size):
        work = workable(run, vendor, month)
        spare[vendor] = max(0.0, run.available[vendor] - work)
        short[vendor] = max(0.0, work - run.available[vendor])
        idle += spare[vendor]
        wanted += short[vendor]
    moved = min(run.parameters.engineer_pool * idle, wanted)
    if moved <= 0.0:
        return
    for vendor in range(run.available.size):
        run.available[vendor] += moved * (short[vendor] / wanted - spare[vendor] / idle)


@kernel
def first_product(ready: Integers, vendor: int) -> int:
    """Return the month from which the vendor has a product for some lot; `ready` is (V, L)."""
    first = NEVER
    for lot in range(ready.shape[1]):
        first = min(first, ready[vendor, lot])
    return first


@kernel
def branch_output(run: Run, vendor: int, prefecture: int, capacity: float) -> float:
    """Return the work (reference jobs a month) that a vendor of this `capacity` plans with in a prefecture.

    Those who travel count where their branch is.
    """
    return capacity * run.branch_share[vendor, prefecture]


@kernel
def project(run: Run, month: int, vendor: int, deadline: int) -> tuple[float, float]:
    """Fill `finish` with the month in which each queued system of the vendor is likely to be live.

    Every branch works off its part of the queue in its order with its present engineers, and no system ends before its
    opening, shortest duration and window allow. What is booked past the `deadline` takes no engineers before it. NEVER
    where there are no engineers.

    Returns
    -------
    tuple of float
        Work left (reference jobs) of the systems without a known reason whose work is due to begin soon: what ends
        after `deadline`, and all of it.
    """
    systems, queue, capacity = run.systems.reshape(-1), run.queue.reshape(-1), run.vendors[vendor].capacity
    due_late, considered = 0.0, 0.0
    for prefecture in range(run.busy_until.size):
        run.busy_until[prefecture] = month + 1.0
    place = run.head[vendor]
    while place != END:
        system = systems[place]
        begin = max(month + 1, queue[place].opens)
        duration = shortest_duration(system.remaining, system.limit)
        prefecture = run.places[system.municipality].prefecture
        rate = branch_output(run, vendor, prefecture, capacity)
        if system.remaining <= DONE_BELOW:  # it waits for its window, or for the rest of its package, only
            run.finish[place] = max(month + 1, system.window)
        elif rate <= 0.0:
            run.finish[place] = NEVER
        else:
            free = max(run.busy_until[prefecture], float(begin)) + system.remaining / rate
            if begin < deadline:
                run.busy_until[prefecture] = free
            ends = max(float(begin + duration), math.ceil(free), float(system.window))
            run.finish[place] = int(min(float(NEVER), ends))
        if system.flag == Reason.ON_TIME and queue[place].opens <= month + run.parameters.notice_months:
            considered += system.remaining
            if run.finish[place] > deadline:
                due_late += system.remaining
        place = queue[place].following
    return due_late, considered
