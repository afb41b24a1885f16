"""When do a vendor's engineers work on a system?

Each month a vendor serves the ordered systems whose product is ready and whose gate has passed, in the order of its
discipline, until its output is used up. One system gets at most

    max(y_min, z / d_min)        reference jobs a month

so a system of work z takes ceil(z / max(y_min, z / d_min)) months at least. Work done in month t makes a system live
in month t + 1. Ties are drawn per municipality, so that the systems of a package move together. The discipline
`first_come` serves by month of order; `shortest_job` by size of the job and `smallest_municipality` by population,
both of them also before jobs that have begun (preemptive resume).

    work  z = weight (N / N_ref)^eta (1 + kappa) (1 + chi [hard]) lognormal(0, s_z)        reference jobs
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dxsim.kernel import kernel
from dxsim.model.state import (
    BODIES_LATE,
    DONE,
    IS_DONE,
    LATE,
    LIVE,
    MIGRATING,
    NEVER,
    ON_TIME,
    ORDERED,
    PLANNING,
    STARTED,
    VENDOR_RESOURCES,
    WENT_LIVE,
    WITHDRAWN,
    Country,
    Events,
    Integers,
    State,
)

FIRST_COME, SHORTEST_JOB, SMALLEST_MUNICIPALITY = 0, 1, 2
DONE_BELOW = 1e-9  # work left, in reference jobs, that counts as none
END = -1  # of a queue


@kernel
def job_size(weight: float, size: float, complexity: float, surcharge: float, noise: float) -> float:
    """Return the vendor work z of a system (reference jobs).

    `size` is (N / N_ref)^eta of the body, `noise` the log of the random factor.
    """
    return weight * size * (1.0 + complexity) * (1.0 + surcharge) * math.exp(noise)


@kernel
def monthly_limit(work: float, minimum_service: float, minimum_months: float) -> float:
    """Return the most work (reference jobs a month) that one system of size `work` can take in."""
    return max(minimum_service, work / minimum_months)


@kernel
def shortest_duration(work: float, limit: float) -> int:
    """Return the months that `work` takes at `limit` (both in reference jobs) a month; at least one."""
    return max(1, int(np.ceil(work / limit - DONE_BELOW)))


@kernel
def join_queues(state: State, parameters: np.record, month: int, ordered: Integers, count: int) -> None:
    """Put the `count` systems in `ordered` (by tie) into their vendors' queues, each queue kept sorted by priority."""
    queue, priority = state.systems.reshape(-1), state.priority
    batch = ordered[:count]
    for system in batch:
        priority[system] = state.static_rank[system]
        if parameters.queue_discipline == FIRST_COME:
            priority[system] += month * queue.size
    if parameters.queue_discipline != FIRST_COME:
        batch = batch[np.argsort(priority[batch].astype(np.float64), kind="mergesort")]
    latest = np.empty(state.head.size, dtype=np.int64)
    for vendor in range(latest.size):
        latest[vendor] = END
    for system in batch:
        vendor = queue[system].vendor
        # The batch is sorted: a search goes on where this vendor's last one ended, or right at the end of its queue.
        before, last = latest[vendor], state.tail[vendor]
        if last != END and priority[last] < priority[system]:
            before = last
        after = state.head[vendor] if before == END else queue[before].following
        while after != END and priority[after] < priority[system]:
            before, after = after, queue[after].following
        queue[system].following = after
        if before == END:
            state.head[vendor] = system
        else:
            queue[before].following = system
        if after == END:
            state.tail[vendor] = system
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
def serve(country: Country, state: State, parameters: np.record, month: int, vendor: int, available: float) -> None:
    """Spend the `available` output of one vendor (reference jobs) on its queue."""
    queue, supplier, ready = state.systems.reshape(-1), state.vendors[vendor], state.ready[vendor]
    left, done = available, 0.0
    before, place = END, state.head[vendor]
    if first_product(state.ready, vendor) > month:
        place = END
    while place != END and left > 0.0:
        system = queue[place]
        following = system.following
        if ready[system.lot] > month or system.gate > month:
            before, place = place, following
            continue
        i = system.municipality
        if system.state == ORDERED:
            system.state = MIGRATING
            system.since = month
            if system.start < 0:
                system.start = month
                state.tally[country.municipalities[i].kind, STARTED] += 1
        given = min(system.remaining, system.limit, left)
        system.remaining -= given
        left -= given
        done += given
        if system.remaining <= DONE_BELOW:
            leave_queue(state.head, state.tail, queue, vendor, before, place)
            body, counts = state.municipalities[i], state.tally[country.municipalities[i].kind]
            old = state.vendors[state.lots[i, system.lot].legacy]
            go_live(country.municipalities[i], system, old, supplier, month)
            body.next_done = min(body.next_done, month + 1 + parameters.stabilisation_months)
            counts[WENT_LIVE] += 1
            if system.reason > 0:
                settle_lateness(body, system.reason, counts)
        else:
            before = place
        place = following
    supplier.work_done = done
    supplier.total_done += done
    supplier.book -= done


@kernel
def go_live(place: np.record, system: np.record, old: np.record, new: np.record, month: int) -> None:
    """Make a system live from the next month on and move it from its old vendor's base to the new one's."""
    system.state = LIVE
    system.live = month + 1
    system.since = month + 1
    new.go_lives += 1
    old.systems_served -= 1
    new.systems_served += 1
    old.population_served -= place.population
    new.population_served += place.population


@kernel
def settle_lateness(body: np.record, reason: int, counts: NDArray[np.int32]) -> None:
    """Take a late system that has gone live off its type's running `counts`."""
    counts[LATE + reason] -= 1
    body.late -= 1
    if body.late == 0:
        counts[BODIES_LATE] -= 1


@kernel
def stabilise(country: Country, state: State, parameters: np.record, month: int) -> None:
    """End the parallel run of the systems that have been live for long enough by the end of this month."""
    for i in range(country.municipalities.size):
        body = state.municipalities[i]
        if body.next_done > month + 1:
            continue
        body.next_done = NEVER
        for operation in range(country.lot_of.size):
            system = state.systems[i, operation]
            if system.state != LIVE:
                continue
            due = system.live + parameters.stabilisation_months
            if due > month + 1:
                body.next_done = min(body.next_done, due)
                continue
            system.state = DONE
            system.since = month + 1
            state.tally[country.municipalities[i].kind, IS_DONE] += 1


@kernel
def withdraw(body: np.record, system: np.record, supplier: np.record, month: int) -> None:
    """Cancel the order or plan of a system; its vendor's book loses the work that is left, and the fault is its own."""
    if system.flag == ON_TIME:
        system.flag = VENDOR_RESOURCES
    supplier.book -= system.remaining
    supplier.withdrawn += system.remaining
    body.withdrawn += 1
    system.state = WITHDRAWN
    system.since = month


@kernel
def leave_lots(country: Country, state: State, events: Events, month: int) -> None:
    """Let the vendors of this month's events stop offering lots; their unfinished systems there are withdrawn."""
    queue = state.systems.reshape(-1)
    for event in range(events.vendor_events.size):
        shock = events.vendor_events[event]
        mask, vendor = shock.withdrawn_lots, shock.vendor
        if shock.month != month or mask == 0:
            continue
        for lot in range(state.ready.shape[1]):
            if mask >> lot & 1:
                state.ready[vendor, lot] = NEVER
        before, place = END, state.head[vendor]
        while place != END:
            following = queue[place].following
            if mask >> queue[place].lot & 1:
                leave_queue(state.head, state.tail, queue, vendor, before, place)
            else:
                before = place
            place = following
        for place in range(queue.size):
            system = queue[place]
            if system.vendor == vendor and mask >> system.lot & 1 and system.state in (PLANNING, ORDERED, MIGRATING):
                withdraw(state.municipalities[system.municipality], system, state.vendors[vendor], month)


@kernel
def first_product(ready: Integers, vendor: int) -> int:
    """Return the month from which the vendor has a product for some lot; `ready` is (V, L)."""
    first = NEVER
    for lot in range(ready.shape[1]):
        first = min(first, ready[vendor, lot])
    return first


@kernel
def project(
    state: State, month: int, vendor: int, monthly_output: float, deadline: int, finish: Integers
) -> tuple[float, float]:
    """Fill `finish` with the month in which each queued system of the vendor is likely to be live.

    The queue is laid out in its order at the present output, from the month in which the vendor's first product is
    ready; no system can end before its own product, gate and shortest duration allow. NEVER where there is no output.

    Returns
    -------
    tuple of float
        Work left (reference jobs) of the systems without a known reason: what ends after `deadline`, and all of it.
    """
    queue, ready = state.systems.reshape(-1), state.ready[vendor]
    first = max(first_product(state.ready, vendor), month + 1)
    ahead, due_late, considered = 0.0, 0.0, 0.0
    place = state.head[vendor]
    while place != END:
        system = queue[place]
        ahead += system.remaining
        begin = max(month + 1, ready[system.lot], system.gate)
        duration = shortest_duration(system.remaining, system.limit)
        finish[place] = projected_finish(begin, duration, first, ahead, monthly_output)
        if system.flag == ON_TIME:
            considered += system.remaining
            if finish[place] > deadline:
                due_late += system.remaining
        place = system.following
    return due_late, considered


@kernel
def projected_finish(begin: int, duration: int, first: int, ahead: float, monthly_output: float) -> int:
    """Return the first month live of a job that can `begin` then, takes `duration` months, and has work `ahead`.

    `ahead` (reference jobs) includes the job itself and is worked off from month `first` on.
    """
    if monthly_output <= 0.0:
        return NEVER
    return int(min(float(NEVER), max(float(begin + duration), math.ceil(first + ahead / monthly_output))))
