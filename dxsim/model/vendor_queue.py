"""When do a vendor's engineers work on a system?

Each month a vendor serves the ordered systems whose product is ready and whose gate has passed, in the order of its
discipline, until its output is used up. One system gets at most

    max(y_min, z / d_min)        reference jobs a month

so a system of work z takes ceil(z / max(y_min, z / d_min)) months at least. Work done in month t makes a system live
in month t + 1. Ties are drawn per municipality, so that the systems of a package move together. The `queue_discipline`
first_come serves by month of order; shortest_job by size of the job and smallest_municipality by population, both of
them also before jobs that have begun (preemptive resume); group_first by month of order, bodies in a group before
others; earliest_cohort by month of order, cohorts with an earlier date of their own before others. A system gets only
as far as the body's own staff joins in, which tests (x_test) slow down (`staff`). Vendors may lend the part phi_pool of
their idle engineers.

A system whose work is done is cut over in the same month. If `cut_over` is big_bang it waits, without engineers, until
all systems of its lot (package) at that body are as far; these are cut over in the same month, once all vendors have
worked. If one of them has to be rolled back, none goes live, and all are cut over anew when its work is done again.

At go-live own staff gains the experience g_e, the part 1 - phi_1 of one-off cost falls due, less the subsidy at the
rate sigma and in multiples of u_yen (`money`), and a parallel run of d_par months begins.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dxsim.kernel import kernel
from dxsim.model import cutover, events, money, staff
from dxsim.model.state import (
    BODIES_LATE,
    DONE,
    IS_DONE,
    LATE,
    LIVE,
    MIGRATING,
    MONTHS,
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
    Floats,
    Integers,
    Records,
    Shorts,
    State,
)
from dxsim.model.work import DONE_BELOW, shortest_duration

FIRST_COME, SHORTEST_JOB, SMALLEST_MUNICIPALITY, GROUP_FIRST, EARLIEST_COHORT = 0, 1, 2, 3, 4
STAGED, BIG_BANG = 0, 1
END = -1  # of a queue
MONTHS_OF_YEAR = 12


@kernel(makes_arrays=True)
def join_queues(state: State, parameters: np.record, month: int, ordered: Integers, count: int) -> None:
    """Put the `count` systems in `ordered` (by tie) into their vendors' queues, each queue kept sorted by priority."""
    systems, queue, priority = state.systems.reshape(-1), state.queue.reshape(-1), state.priority
    batch = ordered[:count]
    for system in batch:
        priority[system] = state.static_rank[system]
        if parameters.queue_discipline == FIRST_COME:
            priority[system] += month * queue.size
        elif parameters.queue_discipline == GROUP_FIRST:
            is_alone = state.municipalities[systems[system].municipality].group < 0
            priority[system] += (month + is_alone * MONTHS) * queue.size
        elif parameters.queue_discipline == EARLIEST_COHORT:
            shift = state.lots[systems[system].municipality, systems[system].lot].shift
            priority[system] += (month + (shift + NEVER) * MONTHS) * queue.size
    if parameters.queue_discipline != FIRST_COME:
        batch = batch[np.argsort(priority[batch].astype(np.float64), kind="mergesort")]
    latest = np.empty(state.head.size, dtype=np.int64)
    for vendor in range(latest.size):
        latest[vendor] = END
    for system in batch:
        vendor = systems[system].vendor
        queue[system].opens = opening(state.ready[vendor], systems[system])
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
def opening(ready: Integers, system: np.record) -> int:
    """Return the month before which vendor work on a `system` can't start; `ready` is that of its vendor, by lot."""
    return max(ready[system.lot], system.gate)


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
def serve(
    country: Country, state: State, parameters: np.record, seed: int, month: int, vendor: int, available: float
) -> None:
    """Spend the `available` output of one vendor (reference jobs) on its queue."""
    systems, queue, supplier = state.systems.reshape(-1), state.queue.reshape(-1), state.vendors[vendor]
    left, done = available, 0.0
    before, place = END, state.head[vendor]
    if first_product(state.ready, vendor) > month:
        place = END
    while place != END and left > 0.0:
        following = queue[place].following
        if queue[place].opens > month:
            before, place = place, following
            continue
        system = systems[place]
        i = system.municipality
        worker = state.workforce[i]
        if system.state == ORDERED:
            system.state = MIGRATING
            system.since = month
            state.municipalities[i].migrating += 1
            if system.start < 0:
                system.start = month
                state.tally[country.municipalities[i].kind, STARTED] += 1
            events.note(state.log, state.logged, month, events.STARTED, i, place % country.lot_of.size, vendor, 0, 0.0)
        given = min(system.remaining, system.limit, left)
        given *= staff.join_in(worker, staff.moving_work(system, given, state.levers[i].test_effort, parameters))
        system.remaining -= given
        left -= given
        done += given
        is_done = system.remaining <= DONE_BELOW and parameters.cut_over == STAGED
        if is_done and cut_over(country, state, parameters, seed, month, place):
            leave_queue(state.head, state.tail, queue, vendor, before, place)
        else:
            before = place
        place = following
    supplier.work_done = done
    supplier.total_done += done
    supplier.book -= done


@kernel(inner=True)
def cut_over(country: Country, state: State, parameters: np.record, seed: int, month: int, number: int) -> bool:
    """Try to make system `number` (i * O + o) live, whose vendor work is done; return whether it went well."""
    i, operation = number // country.lot_of.size, number % country.lot_of.size
    before = state.harm[i].incidents
    if not attempt(country, state, parameters, seed, month, i, operation):
        return False
    make_live(country, state, parameters, month, i, operation, int(state.harm[i].incidents - before))
    return True


@kernel(inner=True)
def attempt(
    country: Country, state: State, parameters: np.record, seed: int, month: int, i: int, operation: int
) -> bool:
    """Switch a system and count the harm; return whether it can go live."""
    place, system = country.municipalities[i], state.systems[i, operation]
    return cutover.attempt(
        place,
        place.population * country.population_ratio[i, month // MONTHS_OF_YEAR],
        country.weight[operation],
        system,
        state.lots[i, system.lot],
        state.workforce[i],
        state.harm[i],
        state.vendors[system.vendor],
        state.levers[i],
        state.nation[0],
        state.flows[place.kind],
        state.log,
        state.logged,
        parameters,
        seed,
        month,
        i,
        operation,
    )


@kernel(inner=True)
def make_live(
    country: Country, state: State, parameters: np.record, month: int, i: int, operation: int, incidents: int
) -> None:
    """Make a system live that had so many `incidents` when it was switched; its second instalment is paid."""
    place, body, system = country.municipalities[i], state.municipalities[i], state.systems[i, operation]
    lot, worker = state.lots[i, system.lot], state.workforce[i]
    counts, weight = state.tally[place.kind], country.weight[operation]
    go_live(place, system, state.vendors[lot.legacy], state.vendors[system.vendor], month)
    troubles = min(events.MANY, incidents)
    events.note(state.log, state.logged, month, events.WENT_LIVE, i, operation, month + 1, troubles, 0.0)
    body.migrating -= 1
    body.live += 1
    body.next_done = min(body.next_done, month + 1 + parameters.stabilisation_months)
    worker.experience = staff.has_learned(worker.experience, parameters.experience_gain)
    counts[WENT_LIVE] += 1
    if system.reason > 0:
        settle_lateness(body, system.reason, counts)
    purse, lever, unit = state.purses[i], state.levers[i], parameters.rounding_unit
    cost = purse.unit_running * weight
    purse.legacy -= cost
    purse.parallel += cost
    purse.new += cost * lot.running_factor
    due = money.instalment(purse, weight, lot.price, 1.0 - parameters.first_instalment, unit)
    ceiling = money.ceiling_now(lever, parameters, month, system.flag == VENDOR_RESOURCES, body.group >= 0)
    money.pay_one_off(state.ledger[i], state.money[place.kind], state.treasury, due, lever.subsidy_rate, ceiling, unit)


@kernel(inner=True, makes_arrays=True)
def switch_packages(country: Country, state: State, parameters: np.record, seed: int, month: int) -> None:
    """Under the rule `big_bang` cut over the lots all of whose systems are done, body by body in the order of ties."""
    if parameters.cut_over == STAGED:
        return
    has_gone = np.zeros(state.vendors.size, dtype=np.bool_)
    incidents = np.zeros(country.lot_of.size, dtype=np.int64)
    for i in state.by_tie:
        if state.municipalities[i].migrating > 0:
            for lot in range(state.lots.shape[1]):
                if is_package_done(country.lot_of, state.systems[i], lot):
                    switch_package(country, state, parameters, seed, month, i, lot, incidents, has_gone)
    for vendor in range(has_gone.size):
        if has_gone[vendor]:
            dismiss_live(state, vendor)


@kernel
def is_package_done(lot_of: Integers, systems: Records, lot: int) -> bool:
    """Return whether vendors have done their work on all of a body's systems of this `lot`, none of which is live."""
    count = 0
    for operation in range(lot_of.size):
        if lot_of[operation] == lot:
            if systems[operation].state != MIGRATING or systems[operation].remaining > DONE_BELOW:
                return False
            count += 1
    return count > 0


@kernel(inner=True)
def switch_package(
    country: Country,
    state: State,
    parameters: np.record,
    seed: int,
    month: int,
    i: int,
    lot: int,
    incidents: Integers,
    has_gone: NDArray[np.bool_],
) -> None:
    """Switch the systems of a lot at one body together; note in (V,) `has_gone` whose systems have gone live.

    (O,) `incidents` is overwritten.
    """
    is_good = True
    for operation in range(country.lot_of.size):
        if country.lot_of[operation] == lot:
            before = state.harm[i].incidents
            is_good &= attempt(country, state, parameters, seed, month, i, operation)
            incidents[operation] = int(state.harm[i].incidents - before)
    if not is_good:
        return
    for operation in range(country.lot_of.size):
        if country.lot_of[operation] == lot:
            make_live(country, state, parameters, month, i, operation, incidents[operation])
            has_gone[state.systems[i, operation].vendor] = True


@kernel
def dismiss_live(state: State, vendor: int) -> None:
    """Take the systems that have gone live out of the queue of `vendor`."""
    systems, queue = state.systems.reshape(-1), state.queue.reshape(-1)
    before, place = END, state.head[vendor]
    while place != END:
        following = queue[place].following
        if systems[place].state == LIVE:
            leave_queue(state.head, state.tail, queue, vendor, before, place)
        else:
            before = place
        place = following


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


@kernel(inner=True)
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
            body.done += 1
            state.purses[i].parallel -= state.purses[i].unit_running * country.weight[operation]
            events.note(state.log, state.logged, month, events.DONE, i, operation, 0, 0, 0.0)
            state.tally[country.municipalities[i].kind, IS_DONE] += 1


@kernel(inner=True)
def withdraw(state: State, number: int, month: int) -> None:
    """Cancel the order or plan of system `number` (i * O + o); its vendor's book loses the work that is left.

    The fault is the vendor's.
    """
    system = state.systems.reshape(-1)[number]
    body, supplier = state.municipalities[system.municipality], state.vendors[system.vendor]
    operation = number % state.systems.shape[1]
    events.note(state.log, state.logged, month, events.WITHDRAWN, system.municipality, operation, system.vendor, 0, 0.0)
    if system.flag == ON_TIME:
        system.flag = VENDOR_RESOURCES
        events.note(
            state.log,
            state.logged,
            month,
            events.FLAGGED,
            system.municipality,
            operation,
            0,
            VENDOR_RESOURCES,
            0.0,
        )
    if system.state == PLANNING:
        body.planning -= 1
    elif system.state == MIGRATING:
        body.migrating -= 1
    supplier.book -= system.remaining
    supplier.withdrawn += system.remaining
    body.withdrawn += 1
    system.state = WITHDRAWN
    system.since = month


@kernel(inner=True)
def leave_lots(country: Country, state: State, events: Events, month: int) -> None:
    """Let the vendors of this month's events stop offering lots; their unfinished systems there are withdrawn."""
    systems, queue = state.systems.reshape(-1), state.queue.reshape(-1)
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
            if mask >> systems[place].lot & 1:
                leave_queue(state.head, state.tail, queue, vendor, before, place)
            else:
                before = place
            place = following
        for place in range(systems.size):
            system = systems[place]
            if system.vendor == vendor and mask >> system.lot & 1 and system.state in (PLANNING, ORDERED, MIGRATING):
                withdraw(state, place, month)


@kernel(inner=True)
def workable(state: State, parameters: np.record, vendor: int, month: int) -> float:
    """Return the work (reference jobs) that a vendor could do in this month if it had engineers enough.

    Each system counts as if its body's own staff had no other one to join in.
    """
    systems, queue = state.systems.reshape(-1), state.queue.reshape(-1)
    total, place = 0.0, state.head[vendor]
    while place != END:
        if queue[place].opens <= month:
            system = systems[place]
            worker, lever = state.workforce[system.municipality], state.levers[system.municipality]
            amount = min(system.remaining, system.limit)
            own = staff.moving_work(system, amount, lever.test_effort, parameters)
            total += amount * staff.served(worker.for_moves, own)
        place = queue[place].following
    return total


@kernel(inner=True, makes_arrays=True)
def share_engineers(state: State, parameters: np.record, month: int, available: Floats) -> None:
    """Let vendors lend idle output to those that are short; `available` (V,) reference jobs, changed in place."""
    if parameters.engineer_pool <= 0.0:
        return
    spare, short = np.zeros(available.size), np.zeros(available.size)
    idle, wanted = 0.0, 0.0
    for vendor in range(available.size):
        work = workable(state, parameters, vendor, month)
        spare[vendor] = max(0.0, available[vendor] - work)
        short[vendor] = max(0.0, work - available[vendor])
        idle += spare[vendor]
        wanted += short[vendor]
    moved = min(parameters.engineer_pool * idle, wanted)
    if moved <= 0.0:
        return
    for vendor in range(available.size):
        available[vendor] += moved * (short[vendor] / wanted - spare[vendor] / idle)


@kernel
def first_product(ready: Integers, vendor: int) -> int:
    """Return the month from which the vendor has a product for some lot; `ready` is (V, L)."""
    first = NEVER
    for lot in range(ready.shape[1]):
        first = min(first, ready[vendor, lot])
    return first


@kernel(inner=True)
def project(
    state: State, month: int, vendor: int, monthly_output: float, deadline: int, finish: Shorts
) -> tuple[float, float]:
    """Fill `finish` with the month in which each queued system of the vendor is likely to be live.

    The queue is laid out in its order at the present output, from the month in which the vendor's first product is
    ready; no system can end before its own product, gate and shortest duration allow. NEVER where there is no output.

    Returns
    -------
    tuple of float
        Work left (reference jobs) of the systems without a known reason: what ends after `deadline`, and all of it.
    """
    systems, queue = state.systems.reshape(-1), state.queue.reshape(-1)
    first = max(first_product(state.ready, vendor), month + 1)
    ahead, due_late, considered = 0.0, 0.0, 0.0
    place = state.head[vendor]
    while place != END:
        system = systems[place]
        ahead += system.remaining
        begin = max(month + 1, queue[place].opens)
        duration = shortest_duration(system.remaining, system.limit)
        finish[place] = projected_finish(begin, duration, first, ahead, monthly_output)
        if system.remaining <= DONE_BELOW:  # it waits for the rest of its package only
            finish[place] = begin + 1
        if system.flag == ON_TIME:
            considered += system.remaining
            if finish[place] > deadline:
                due_late += system.remaining
        place = queue[place].following
    return due_late, considered


@kernel
def projected_finish(begin: int, duration: int, first: int, ahead: float, monthly_output: float) -> int:
    """Return the first month live of a job that can `begin` then, takes `duration` months, and has work `ahead`.

    `ahead` (reference jobs) includes the job itself and is worked off from month `first` on.
    """
    if monthly_output <= 0.0:
        return NEVER
    return int(min(float(NEVER), max(float(begin + duration), math.ceil(first + ahead / monthly_output))))
