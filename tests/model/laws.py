"""What must hold at the end of every month, whatever the parameters.

These are laws of conservation: books balance, counts are what they count, states move by legal steps, dates and levels
never go back, queues and groups are complete, and what is final stays. What the equations of a mechanism give is not
worked out here: that is the business of the twin (`tests.twin`).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from dxsim.model.codes import (
    COHORTS,
    HIGHEST_LEVEL,
    NEVER,
    PROGRAMMES,
    TRANSITIONS,
    Account,
    Held,
    Programme,
    Reason,
    SystemState,
    Talks,
    Treasury,
    names,
)
from dxsim.model.events import Kind
from dxsim.model.formation import Formation
from dxsim.model.programmes import furthest_sharing
from dxsim.model.residents import AnalogRule
from dxsim.model.state import COUNT_FIELDS, FLOW_FIELDS, VENDOR_FIELDS
from dxsim.model.vendor_queue import CutOver, QueueDiscipline
from dxsim.scenario.registry import REGISTRY
from dxsim.terms.operations import lots
from tests.model.watch import Month, Watch
from tests.twin.agreement import columns

TOLERANCE = 1e-6  # reference jobs
CLOSE = 1e-9  # of numbers that are summed up in another order than in the kernels
PLANNED = 1e-9  # months of planning that may be missing through rounding
LOTS = tuple(lot.lot for lot in lots())
LEVER_BOUNDS = {
    entry.name: (float(entry.minimum), float(entry.maximum))
    for entry in REGISTRY.values()
    if entry.role == "body_lever"
}
SOURCES = (Account.SUBSIDY, Account.GRANT)
NO_COST = (Account.ENVELOPE, Account.APPROPRIATION, Account.RESERVE, *SOURCES)
COST_ACCOUNTS = tuple(account for account in Account if account not in NO_COST)
HARM = {  # flows, and the fields of a municipality that they are the rise of
    "incidents": "incidents",
    "affected_residents": "affected",
    "impact": "impact",
    "rollbacks": "rollbacks",
    "security_incidents": "security_incidents",
    "exposed_records": "exposed",
}
RESIDENTS_BY = ("online", "assisted", "analog", "excluded")  # the ways in which needs are met, or not

NO_BLOCKERS = (Held.WORK, Held.WINDOW, Held.FAILED)  # nothing stands in the way
BY_VENDOR = (Held.NO_PRODUCT, Held.NO_ENGINEER, Held.BOOKED_AGAIN)
LONGEST_WAIT = 120  # months
UNDER_WAY = (SystemState.PLANNING, SystemState.ORDERED, SystemState.MIGRATING)

# The phases of a month that move systems, by the states that they move from and to, in the order of the schedule.
PHASES_OF_A_MONTH = (
    (UNDER_WAY, (SystemState.WITHDRAWN,)),  # vendors leave lots
    ((SystemState.WITHDRAWN,), (SystemState.PLANNING,)),  # new tenders
    ((SystemState.LEGACY,), (SystemState.PLANNING,)),  # commitments
    ((SystemState.PLANNING,), (SystemState.ORDERED,)),  # orders
    ((SystemState.ORDERED,), (SystemState.MIGRATING,)),  # work begins
    ((SystemState.MIGRATING,), (SystemState.LIVE,)),  # work ends
    ((SystemState.LIVE,), (SystemState.DONE,)),  # parallel runs end
    ((SystemState.MIGRATING,), (SystemState.ORDERED,)),  # shortage: booked again
    ((SystemState.ORDERED,), (SystemState.WITHDRAWN,)),  # shortage: tendered again
)


def months_moves(plans_at_once: bool) -> set[tuple[int, int]]:
    """Return all pairs of states a month apart, each step being one of TRANSITIONS in its phase.

    A system that begins to plan in this month can be ordered in the same month only if planning takes no time
    (`plans_at_once`).
    """
    paths = {(state, state, False) for state in SystemState}  # first, present, entered planning in this month
    for sources, targets in PHASES_OF_A_MONTH:
        steps = {(a, b) for a, b in TRANSITIONS if a in sources and b in targets}
        paths |= {
            (first, b, new or b == SystemState.PLANNING)
            for first, present, new in paths
            for a, b in steps
            if a == present
            and not (b == SystemState.ORDERED and a == SystemState.PLANNING and new and not plans_at_once)
        }
    return {(first, last) for first, last, _ in paths}


MOVES = {plans_at_once: months_moves(plans_at_once) for plans_at_once in (False, True)}


def close(found: np.ndarray, expected: np.ndarray, scale: float | np.ndarray = 1.0) -> bool:
    """Return whether numbers agree but for the order in which they are summed up."""
    return bool((np.abs(found - expected) <= CLOSE * (np.abs(expected) + scale)).all())


def check_states(watch: Watch, this: Month) -> None:
    """Every operation that applies has a state, and states move by legal steps."""
    country, systems, before = watch.inputs.country, watch.state.systems, this.before.systems
    applies = country.applies[country.places.kind][:, country.lot_of]
    assert ((systems.state >= SystemState.LEGACY) == applies).all()
    assert ((systems.state == -1) == ~applies).all()
    assert (systems.state <= SystemState.DONE).all()
    plans_at_once = watch.state.lots.planning_months[:, country.lot_of] == 0
    moved = before.state != systems.state
    for at_once in (False, True):
        which = moved & (plans_at_once == at_once)
        assert set(zip(before.state[which].tolist(), systems.state[which].tolist(), strict=True)) <= MOVES[at_once]
    assert (systems.since[moved & (systems.state < SystemState.LIVE)] == this.number).all()


def check_dates(watch: Watch, this: Month) -> None:
    """Who has gone so far has the date of it; dates are in order, and those that are set stay."""
    systems, before, month = watch.state.systems, this.before.systems, this.number
    commit = watch.state.lots.commit[:, watch.inputs.country.lot_of]
    applies, is_live = systems.state >= SystemState.LEGACY, systems.live >= 0
    assert ((commit >= 0) == (systems.state > SystemState.LEGACY))[applies].all()
    assert ((systems.order >= 0) == (watch.last_order >= 0)).all()
    assert (is_live == (systems.state >= SystemState.LIVE)).all()
    for earlier, later in pairwise((commit, systems.order, systems.start, systems.live - 1)):
        assert ((earlier >= 0) & (earlier <= later))[later >= 0].all()
    for field in ("order", "start", "live"):
        known = before[field] >= 0
        assert (systems[field][known] == before[field][known]).all()
        assert np.isin(systems[field][~known], (-1, month + (field == "live"))).all()
    known = this.before.lots.commit >= 0
    assert (watch.state.lots.commit[known] == this.before.lots.commit[known]).all()
    parallel = month + 1 - systems.live[systems.state == SystemState.LIVE]
    assert (parallel < max(1, watch.inputs.parameters.stabilisation_months)).all()


def check_final(watch: Watch, this: Month) -> None:
    """Nothing of a system changes after its parallel run has ended."""
    systems, before = watch.state.systems, this.before.systems
    final = before.state == SystemState.DONE
    for field in set(systems.dtype.names) - {"declared"}:  # what a survey found is no more than the latest news
        assert (systems[field][final] == before[field][final]).all(), field


def check_work(watch: Watch, this: Month) -> None:
    """Work stays what it is and is done before a system is live; who has planned enough orders, and nobody else."""
    systems = watch.state.systems
    assert (systems.work == watch.work).all()
    assert (systems.remaining >= -1e-12).all()
    assert (systems.remaining[systems.state >= SystemState.LIVE] <= 1e-9).all()
    needed = watch.state.lots.planning_months[:, watch.inputs.country.lot_of]
    plans, orders = systems.state == SystemState.PLANNING, this.systems_of(Kind.ORDERED)
    assert (systems.planned[plans] < needed[plans] - PLANNED).all()
    assert (systems.planned[orders] >= needed[orders] - PLANNED).all()
    assert (systems.planned[plans & (systems.since == this.number)] == 0).all()


def is_not_live(watch: Watch) -> np.ndarray:
    """Return which systems there are that are not live."""
    state = watch.state.systems.state
    return (state >= SystemState.LEGACY) & (state < SystemState.LIVE)


def is_late(watch: Watch) -> np.ndarray:
    """Return which systems are late now."""
    return (watch.state.systems.reason > 0) & (watch.state.systems.state < SystemState.LIVE)


def check_counts_by_type(watch: Watch, this: Month) -> None:
    """The month's counts by type are those of the systems."""
    systems, by_kind, late = watch.state.systems, watch.by_kind, is_late(watch)
    row = watch.series.counts_by_month[this.number]
    counted = dict(columns(row, COUNT_FIELDS))
    recount = {
        "committed": systems.state > SystemState.LEGACY,
        "ordered": systems.order >= 0,
        "started": systems.start >= 0,
        "live": systems.live >= 0,
        "done": systems.state == SystemState.DONE,
        **{f"late_R{reason}": late & (systems.reason == reason) for reason in range(1, len(Reason))},
        "municipalities_committed": ~(systems.state == SystemState.LEGACY).any(axis=1),
        "municipalities_late": late.any(axis=1),
    }
    for name, mask in recount.items():
        assert (counted[name] == by_kind(mask)).all(), name
    assert (row == watch.state.counts).all()
    declared = row.declared
    if this.number in watch.inputs.events.surveys:
        for reason in range(1, len(Reason)):
            assert (declared[:, reason - 1] == by_kind(systems.declared == reason)).all()
        assert (systems.declared[~is_not_live(watch)] == 0).all()
        most = np.minimum(watch.inputs.country.kind_size, declared.sum(axis=1))
        assert (row.municipalities_declared <= most).all()
    else:
        earlier = watch.series.counts_by_month[this.number - 1].declared if this.number > 0 else 0
        assert (declared == earlier).all()


def check_counts_by_body(watch: Watch, this: Month) -> None:
    """The running counts of municipalities are those of their systems."""
    systems, bodies, committed = watch.state.systems, watch.state.municipalities, watch.state.lots.commit >= 0
    assert (bodies.open_lots == ((watch.state.lots.legacy >= 0) & ~committed).sum(axis=1)).all()
    counts = {
        "planning": systems.state == SystemState.PLANNING,
        "ordered": systems.state == SystemState.ORDERED,
        "migrating": systems.state == SystemState.MIGRATING,
        "systems": systems.state >= SystemState.LEGACY,
        "live": systems.state >= SystemState.LIVE,
        "done": systems.state == SystemState.DONE,
        "withdrawn": systems.state == SystemState.WITHDRAWN,
        "late": is_late(watch),
    }
    for name, mask in counts.items():
        assert (bodies[name] == mask.sum(axis=1)).all(), name
    parallel_ends = systems.live + watch.inputs.parameters.stabilisation_months
    ends = np.where(systems.state == SystemState.LIVE, parallel_ends, NEVER)
    assert (bodies.next_done == ends.min(axis=1)).all()


def check_counts_of_peers(watch: Watch, this: Month) -> None:
    """The commitments that a prefecture, a type and a neighbourhood count are those that were made."""
    country, state = watch.inputs.country, watch.state
    for lot in range(len(LOTS)):
        mine = state.lots.commit[:, lot] >= 0
        by_prefecture = np.bincount(country.places.prefecture, weights=mine, minlength=48)
        assert (state.prefecture_committed[:, lot] == by_prefecture).all()
        assert (state.kind_committed[:, lot] == watch.by_kind(mine)).all()
        around = np.concatenate([[0], np.cumsum(mine[country.neighbours])])[country.offsets]
        assert (state.lots.neighbours_committed[:, lot] == np.diff(around)).all()


def check_vendors(watch: Watch, this: Month) -> None:
    """Work is neither lost nor made: contracted = done + in the book + withdrawn."""
    systems, vendors = watch.state.systems, watch.state.vendors
    is_open = np.isin(systems.state, UNDER_WAY)
    book = np.bincount(systems.vendor[is_open], weights=systems.remaining[is_open], minlength=vendors.size)
    scale = 1.0 + vendors.contracted
    assert (np.abs(vendors.book - book) < TOLERANCE * scale).all()
    balance = vendors.contracted - vendors.total_done - vendors.book - vendors.withdrawn
    assert (np.abs(balance) < TOLERANCE * scale).all()
    assert abs(vendors.contracted.sum() - watch.contracted) < TOLERANCE * scale.sum()
    assert (np.abs(vendors.total_done - this.before.vendors.total_done - vendors.work_done) < TOLERANCE).all()


def check_work_done(watch: Watch, this: Month) -> None:
    """What vendors have done is what their systems got, and no more than they can do."""
    systems, vendors, p = watch.state.systems, watch.state.vendors, watch.inputs.parameters
    again, failed = np.zeros(systems.shape), this.of(Kind.FAILED_CUTOVER)
    again[failed.municipality, failed.place] = failed.amount
    tendered = this.systems_of(Kind.PLANNED)
    opening = np.where(tendered, systems.work, this.before.systems.remaining)  # a new tender starts from nothing
    given = opening - (systems.remaining - again)
    assert (given >= -1e-12).all()
    took = given > 0
    by_vendor = np.bincount(systems.vendor[took], weights=given[took], minlength=vendors.size)
    assert np.abs(vendors.work_done - by_vendor).max() < TOLERANCE
    assert vendors.work_done.sum() <= vendors.capacity.sum() * (1 + 1e-12) + TOLERANCE
    if p.engineer_pool == 0:
        assert (vendors.work_done <= vendors.capacity * (1 + 1e-12) + TOLERANCE).all()
        within_branches(watch, given)
    if not watch.has_skipped:
        done = (systems.work - systems.remaining)[systems.state >= SystemState.LEGACY].sum()
        total = vendors.total_done.sum() - watch.done_in_vain
        assert abs(total - done) < TOLERANCE * (1.0 + vendors.contracted).sum()


def within_branches(watch: Watch, given: np.ndarray) -> None:
    """No branch gives more than its engineers can do, but for those of its vendor who travel."""
    vendors, share = watch.state.vendors, watch.state.branch_share
    prefecture = np.broadcast_to(watch.inputs.country.places.prefecture[:, None], given.shape)
    work, took = np.zeros(share.shape), given > 0
    np.add.at(work, (watch.state.systems.vendor[took], prefecture[took]), given[took])
    travelling = watch.inputs.parameters.travel_share * vendors.capacity
    beyond = np.maximum(0.0, work - (vendors.capacity - travelling)[:, None] * share).sum(axis=1)
    assert (beyond <= travelling * (1 + CLOSE) + TOLERANCE).all()


def check_engineers(watch: Watch, this: Month) -> None:
    """A vendor with work at the start has all of its engineers at some branch; they stay there."""
    share, lot_of = watch.state.branch_share, watch.inputs.country.lot_of
    legacy, work = watch.state.lots.legacy[:, lot_of], watch.state.systems.work
    has_work = np.bincount(legacy[legacy >= 0], work[legacy >= 0], minlength=len(share)) > 0
    assert close(share.sum(axis=1), has_work)
    assert (share == this.before.branch_share).all()
    assert (share >= 0).all()


def check_customers(watch: Watch, this: Month) -> None:
    """Every system is served by one vendor: the new one once it is live, and the old one before."""
    country, systems, vendors = watch.inputs.country, watch.state.systems, watch.state.vendors
    applies, is_new = systems.state >= SystemState.LEGACY, systems.state >= SystemState.LIVE
    user_of = np.where(is_new, systems.vendor, watch.state.lots.legacy[:, country.lot_of])
    population = np.broadcast_to(country.places.population[:, None], applies.shape)
    people = np.bincount(user_of[applies], population[applies], minlength=vendors.size)
    assert (vendors.systems_served == np.bincount(user_of[applies], minlength=vendors.size)).all()
    assert (vendors.population_served == people).all()
    assert (vendors.go_lives == np.bincount(systems.vendor[is_new], minlength=vendors.size)).all()
    for name, column in columns(watch.series.vendors_by_month[this.number], VENDOR_FIELDS):
        assert (column == vendors[name]).all(), name


def check_queues(watch: Watch, this: Month) -> None:
    """The linked lists hold exactly the ordered and migrating systems of their vendor, in order of priority."""
    state = watch.state
    systems = state.systems.ravel()
    following = state.queue.following.ravel().tolist()
    queued = np.isin(systems.state, (SystemState.ORDERED, SystemState.MIGRATING))
    for vendor, head in enumerate(state.head.tolist()):
        listed = linked(head, following)
        assert sorted(listed) == np.flatnonzero(queued & (systems.vendor == vendor)).tolist()
        assert all(state.priority[one] < state.priority[other] for one, other in pairwise(listed))
        assert not listed or state.tail[vendor] == listed[-1]


def check_priorities(watch: Watch, this: Month) -> None:
    """Who comes first goes by the discipline, then by municipality, then by operation."""
    state, country, shape = watch.state, watch.inputs.country, watch.state.systems.shape
    discipline = watch.inputs.parameters.queue_discipline
    by_size = {
        QueueDiscipline.SHORTEST_JOB: state.systems.work,
        QueueDiscipline.SMALLEST_MUNICIPALITY: country.places.population[:, None],
    }
    keys = [np.arange(shape[1]), state.municipalities.tie[:, None], by_size.get(discipline, np.zeros((1, 1)))]
    order = np.lexsort([np.broadcast_to(key, shape).ravel() for key in keys])
    assert (state.static_rank[order] == np.arange(order.size)).all()
    queued = np.isin(state.systems.state, (SystemState.ORDERED, SystemState.MIGRATING))
    rank, first = state.priority.reshape(shape) % order.size, state.priority.reshape(shape) // order.size
    assert (rank[queued] == state.static_rank.reshape(shape)[queued]).all()
    before, opens = np.divmod(first, NEVER)
    shift = np.broadcast_to(state.lots.shift[:, country.lot_of], shape)
    expected = {
        QueueDiscipline.GROUP_FIRST: watch.ordered_alone.astype(int),
        QueueDiscipline.EARLIEST_COHORT: shift + NEVER,
    }.get(discipline, np.zeros(shape))
    assert (before[queued] == expected[queued]).all()
    if discipline not in by_size:
        as_ordered = queued & ~watch.booked_again
        assert (opens[as_ordered] == state.queue.opens[as_ordered]).all()
        assert (opens[queued] <= state.queue.opens[queued]).all()


def check_windows(watch: Watch, this: Month) -> None:
    """Nothing is worked on before it opens, and nothing is live before its planned month."""
    systems, opens, month = watch.state.systems, watch.state.queue.opens, this.number
    is_live = systems.live >= 0
    assert (systems.live[is_live] >= systems.window[is_live]).all()
    put_off_now = this.systems_of(Kind.REBOOKED)
    assert (opens[(systems.touched == month) & ~put_off_now] <= month).all()
    assert (systems.touched <= month).all()
    queued = np.isin(systems.state, (SystemState.ORDERED, SystemState.MIGRATING))
    assert (opens[queued] >= systems.earliest_start[queued]).all()


def check_delay(watch: Watch, this: Month) -> None:
    """Every month from the mandate until a system is live, or until now, is booked to one thing that held it up."""
    systems, delay, month = watch.state.systems, watch.state.delay, this.number
    applies, begin = systems.state >= SystemState.LEGACY, watch.inputs.parameters.mandate_start
    until = np.where(systems.live >= 0, systems.live, month + 1)
    assert (delay.sum(axis=2) == np.where(applies, np.maximum(0, until - begin), 0)).all()
    booked = delay - this.before.delay
    assert ((booked >= 0) & (booked <= 1)).all()
    is_booked = booked.sum(axis=2) > 0
    assert (booked.argmax(axis=2)[is_booked] == systems.held[is_booked]).all()
    assert (systems.held[~is_booked] == this.before.systems.held[~is_booked]).all()
    is_blocked = is_booked & ~np.isin(systems.held, NO_BLOCKERS)
    expected = np.where(is_blocked, systems.held, this.before.systems.blocker)
    assert (systems.blocker == expected).all()
    assert not delay[:, :, Held.NOT_YET].any()
    of_state = {
        SystemState.LEGACY: (Held.UNDECIDED, Held.NO_BUDGET_SESSION, Held.NO_MONEY),
        SystemState.PLANNING: (Held.PLANNING_SHORT, Held.PLANNING),
        SystemState.MIGRATING: (Held.NO_ENGINEER, Held.OWN_STAFF, Held.WORK, Held.WINDOW, Held.FAILED),
    }
    for state, possible in of_state.items():
        assert np.isin(systems.held[is_booked & (systems.state == state)], possible).all(), state


def linked(head: int, following: list[int]) -> list[int]:
    """Return the members of a linked list, which has no loop."""
    listed = []
    while head != -1:
        listed.append(head)
        head = following[head]
        assert len(listed) <= len(following)
    return listed


def check_reasons(watch: Watch, this: Month) -> None:
    """From the deadline on every late system has one reason for good, and late systems only grow fewer."""
    systems, deadline, month = watch.state.systems, watch.inputs.parameters.deadline, this.number
    stock = watch.series.counts_by_month.late.sum(axis=(1, 2))
    assert np.isin(systems.reason, list(Reason)).all()
    if month + 1 < deadline:
        assert (systems.reason == 0).all()
    elif month + 1 == deadline:
        assert ((systems.reason > 0) == is_not_live(watch)).all()
        by_blocker = np.where(np.isin(systems.blocker, BY_VENDOR), Reason.VENDOR_RESOURCES, Reason.OWN_SIDE)
        by_blocker[~np.broadcast_to(watch.state.offered[watch.inputs.country.lot_of], by_blocker.shape)] = 3
        expected = np.where(systems.flag > 0, systems.flag, by_blocker)
        assert (systems.reason == np.where(is_not_live(watch), expected, 0)).all()
    else:
        assert (systems.reason == this.before.systems.reason).all()
        assert stock[month] <= stock[month - 1]
        has_reason, is_live = systems.reason > 0, systems.live >= 0
        assert (systems.live[has_reason & is_live] > deadline).all()
        assert (systems.live[~has_reason & is_live] <= deadline).all()


def check_staff(watch: Watch, this: Month) -> None:
    """Staff changes in April or by resignation, which only the overloaded hand in; shares are shares."""
    worker, was = watch.state.workforce, this.before.workforce
    leaving = this.by_body(Kind.RESIGNED, this.of(Kind.RESIGNED).amount)
    assert (leaving >= 0).all()
    assert (worker.staff >= 0).all()
    if this.number % 12 != 0 or this.number == 0:
        assert close(worker.staff, was.staff - leaving)
        assert (worker.experience >= was.experience).all()
    assert (worker.overload[leaving > 0] > 1).all()
    assert (worker.migration_demand <= worker.left_for_migration * (1 + CLOSE) + CLOSE).all()
    for name in ("experience", "planning_service", "programme_service", "migration_service"):
        assert ((worker[name] >= 0) & (worker[name] <= 1)).all(), name


def check_staff_on_loan(watch: Watch, this: Month) -> None:
    """Prefectures send all of their staff; members lend what they have left, and others get it, but for the loss."""
    country, worker, group = watch.inputs.country, watch.state.workforce, watch.state.municipalities.group
    prefecture, size = country.places.prefecture, np.maximum(1, country.prefecture_size)
    if this.number % 3 == 0:
        given = np.bincount(prefecture, watch.state.levers.prefectural_pool / size[prefecture], minlength=size.size)
        assert close(np.bincount(prefecture, worker.pool, minlength=size.size), given)
    else:
        assert (worker.pool == this.before.workforce.pool).all()
    assert (worker.pool >= -CLOSE).all()
    member, n = group >= 0, worker.size
    assert (worker.lent[~member] == 0).all()
    received = np.bincount(group[member], np.maximum(worker.lent, 0.0)[member], minlength=n)
    given = np.bincount(group[member], np.maximum(-worker.lent, 0.0)[member], minlength=n)
    assert close(received, (1.0 - watch.inputs.parameters.coordination_loss) * given)
    assert (worker.supply + worker.lent >= -CLOSE * (1 + worker.supply)).all()


def check_groups(watch: Watch, this: Month) -> None:
    """A municipality is in at most one group; size, members and lead of every group say the same."""
    state, p, n = watch.state, watch.inputs.parameters, watch.state.municipalities.size
    bodies, groups, group = state.municipalities, state.groups, state.municipalities.group
    for row in (group, bodies.next_group):
        sizes = np.bincount(row[row >= 0], minlength=n)
        assert ((row >= -1) & (row < n)).all()
        assert (sizes != 1).all()
        assert sizes.max(initial=0) <= (max(1, p.largest_group) if p.formation != Formation.NONE else 0)
    assert (groups.members == np.bincount(group[group >= 0], minlength=n)).all()
    after, population = bodies.after.tolist(), watch.inputs.country.places.population
    for g in np.flatnonzero(groups.members):
        members = linked(int(groups["head"][g]), after)
        assert members == np.flatnonzero(group == g).tolist()
        assert groups["lead"][g] == members[int(np.argmax(population[members]))]  # of equals the first one
    assert (bodies.after[group < 0] == -1).all()
    for name in ("saving", "coordination", "grant"):
        assert (state.purses[name][group < 0] == 0).all()


def check_talks(watch: Watch, this: Month) -> None:
    """Talks are in October and take effect in April."""
    bodies, before = watch.state.municipalities, this.before.municipalities
    is_april = this.number % 12 == 0 and watch.inputs.parameters.formation != Formation.NONE
    assert (bodies.group == (before.next_group if is_april else before.group)).all()
    if this.number % 12 != 6:
        assert (bodies.next_group == before.next_group).all()
        assert (watch.state.talks == this.before.talks).all()
    assert watch.state.talks[Talks.MOVES_ACCEPTED] <= watch.state.talks[Talks.MOVES_TESTED]


def check_programmes(watch: Watch, this: Month) -> None:
    """Levels never fall and rise by one at most; data go as far as the rule; who joined has what the platform has."""
    state, platform = watch.state, watch.state.municipalities.platform
    level = state.programmes.level
    rise = level - this.before.programmes.level
    assert ((level >= 0) & (level <= np.array(HIGHEST_LEVEL)) & (rise >= 0)).all()
    assert (np.delete(rise, Programme.ONLINE, axis=1) <= 1).all()
    assert (level[:, Programme.DATA] <= furthest_sharing(watch.inputs.parameters.data_sharing)).all()
    offered = state.platforms.level
    online = np.where(platform, offered[watch.inputs.country.places.prefecture], 0)
    assert (level[:, Programme.ONLINE] == online).all()
    assert (platform >= this.before.municipalities.platform).all()
    assert ((offered >= this.before.platforms.level) & (offered <= HIGHEST_LEVEL[Programme.ONLINE])).all()
    assert (state.programmes.cumulative_hazard >= 0).all()


def check_residents(watch: Watch, this: Month) -> None:
    """Every need is met by one channel, waits, or is not met at all; nobody unlearns; counters serve what they can."""
    p, people, before, access = watch.inputs.parameters, watch.state.cohorts, this.before.cohorts, watch.state.access
    persons = watch.inputs.country.ages * watch.inputs.country.population_ratio[:, this.number // 12][:, None]
    cases = persons * p.need
    assert (people.persons == persons).all()
    assert close(sum(people[name] for name in RESIDENTS_BY) + people.waiting, cases + before.waiting)
    for name in RESIDENTS_BY:
        assert (people[name] >= -CLOSE * (1 + cases)).all(), name
        assert close(people[name + "_total"], before[name + "_total"] + people[name]), name
    assert (people.waiting >= 0).all()
    assert ((people.trained >= before.trained) & (people.trained <= 1)).all()
    assert ((access.served >= 0) & (access.served <= 1)).all()
    assert (access.branches == this.before.access.branches).all()
    assert ((access.away >= 0) & (access.away <= watch.inputs.country.places.aged_single_share)).all()


def check_closing(watch: Watch, this: Month) -> None:
    """Counters close once and for good, and not before they may."""
    p, closing, was = watch.inputs.parameters, watch.state.municipalities.closing, this.before.municipalities.closing
    assert (closing[was != NEVER] == was[was != NEVER]).all()
    assert np.isin(closing[was == NEVER], (this.number, NEVER)).all()
    assert p.analog_rule != AnalogRule.KEEP or (closing == NEVER).all()
    assert (closing >= p.closing_start).all()


def check_harm(watch: Watch, this: Month) -> None:
    """Harm never falls, is what the log tells, and hits residents who are there."""
    harm, was = watch.state.harm, this.before.harm
    incidents, breaches = this.of(Kind.INCIDENT), this.of(Kind.BREACH)
    told = {
        "incidents": this.by_body(Kind.INCIDENT),
        "affected": this.by_body(Kind.INCIDENT, incidents.value),
        "impact": this.by_body(Kind.INCIDENT, incidents.value * incidents.amount),
        "rollbacks": this.by_body(Kind.FAILED_CUTOVER),
        "security_incidents": this.by_body(Kind.BREACH),
        "exposed": this.by_body(Kind.BREACH, breaches.amount),
    }
    for name, rise in told.items():
        assert (harm[name] >= was[name]).all(), name
        assert close(harm[name], was[name] + rise, 1 + was[name]), name
    country = watch.inputs.country
    population = country.places.population * country.population_ratio[:, this.number // 12]
    assert (incidents.value <= np.rint(population[incidents.municipality])).all()
    assert (incidents.amount >= 1).all()
    assert (breaches.amount <= population[breaches.municipality] * (1 + CLOSE)).all()
    assert ((harm.cumulative_hazard >= 0) & (harm.cumulative_hazard < harm.threshold)).all()
    assert ((harm.trust >= 0) & (harm.trust <= 1)).all()
    assert (harm.news == 0).all()
    assert (harm.enquiries >= 0).all()
    assert ((harm.once_only >= 0) & (harm.once_only <= 1)).all()


def check_cut_overs(watch: Watch, this: Month) -> None:
    """A cut-over is rolled back once, only after an incident, and then the system is not live."""
    failed, tried = this.systems_of(Kind.FAILED_CUTOVER), this.systems_of(Kind.INCIDENT)
    gone_live = watch.state.systems.live == this.number + 1
    assert failed.sum() == this.of(Kind.FAILED_CUTOVER).size
    assert (tried | ~failed).all()
    assert not (failed & gone_live).any()
    if watch.inputs.parameters.cut_over != CutOver.BIG_BANG:  # a package waits for all of its systems
        assert (failed | gone_live)[tried].all()


def check_ledgers(watch: Watch, this: Month) -> None:
    """Debits are credits; sums by type are those of municipalities; nothing is overdrawn."""
    state, p = watch.state, watch.inputs.parameters
    ledger, change = state.ledger, state.ledger - this.before.ledger
    assert (ledger.sum(axis=1) == 0).all()
    by_kind = np.zeros_like(state.money)
    np.add.at(by_kind, watch.inputs.country.places.kind, ledger)
    assert (state.money == by_kind).all()
    assert (watch.series.money_by_month[this.number] == by_kind).all()
    assert (ledger % int(p.rounding_unit) == 0).all()
    assert (ledger[:, Account.ENVELOPE] >= 0).all()
    reserve, debt = state.purses.opening_reserve + ledger[:, Account.RESERVE], state.purses.debt
    assert (reserve >= 0).all()
    assert (debt >= 0).all()
    in_debt = debt > this.before.purses.debt
    assert (reserve[in_debt] == 0).all()
    granted = -change[:, Account.GRANT]  # it comes when the bills of the month have been paid
    if this.number % 12 == 0:
        granted = granted + state.purses.granted  # who leaves a group pays the fee before the year's envelope is there
    assert (ledger[in_debt, Account.ENVELOPE] <= granted[in_debt]).all()
    assert (change[:, Account.RESERVE] <= 0).all() or this.number % 12 == 0
    costs = [account for account in COST_ACCOUNTS if account != Account.RUNNING or p.formation == Formation.NONE]
    assert (change[:, costs] >= 0).all()
    assert (change[:, SOURCES] <= 0).all()
    so_far = 0 if this.number % 12 == 0 else this.before.purses.running_total
    assert (state.purses.running_total == so_far + change[:, Account.RUNNING]).all()


def check_treasury(watch: Watch, this: Month) -> None:
    """What the state pays municipalities receive, and the other way round; the fund is not overdrawn."""
    ledger, treasury, p = watch.state.ledger, watch.state.treasury, watch.inputs.parameters
    fund, taxes, subsidies, grants, penalties = treasury.tolist()
    unit = int(p.rounding_unit)
    top_up = p.fund_top_up if p.fund_top_up_month <= this.number else 0
    given = sum(int(np.rint(amount / unit)) * unit for amount in (p.fund_opening, top_up))
    assert treasury.sum() == 0
    assert (treasury % unit == 0).all()
    assert fund == given - subsidies
    assert fund >= 0
    assert subsidies == -ledger[:, Account.SUBSIDY].sum()
    assert grants == -ledger[:, Account.GRANT].sum()
    assert -penalties == ledger[:, Account.PENALTY].sum()
    assert taxes == -given - grants - penalties


def check_flows(watch: Watch, this: Month) -> None:
    """The month's flows by type are those of the municipalities, as far as municipalities keep them."""
    state, worker, harm, was = watch.state, watch.state.workforce, watch.state.harm, this.before.harm
    leaving = this.by_body(Kind.RESIGNED, this.of(Kind.RESIGNED).amount)
    recount = {
        "staff": worker.staff + leaving,
        "own_work": worker.demand,
        "overloaded_municipalities": worker.overload > 1.2,
        "pool": worker.pool,
        "resignations": leaving,
        "interfaces": harm.interfaces,
        "waiting": state.cohorts.waiting.sum(axis=1),
        "counter_capacity": state.access.capacity,
        "cooperating_municipalities": state.municipalities.group >= 0,
        **{flow: harm[field] - was[field] for flow, field in HARM.items()},
        **{f"level_{name}": state.programmes.level[:, d] for d, name in enumerate(PROGRAMMES)},
        **{
            f"{channel}_{cohort}": state.cohorts[channel][:, a]
            for channel in RESIDENTS_BY
            for a, cohort in enumerate(COHORTS)
        },
    }
    scales = {flow: 1 + watch.by_kind(harm[field]) for flow, field in HARM.items()}
    found = dict(columns(watch.series.flows_by_month[this.number], FLOW_FIELDS))
    for name, values in recount.items():
        assert close(found[name], watch.by_kind(np.asarray(values, dtype=float)), scales.get(name, 1.0)), name
    asked = this.by_body(Kind.REFUSED)  # for each lot of what is refused together
    assert (found["refusals"] <= watch.by_kind(asked)).all()
    assert (found["refusals"] >= watch.by_kind((asked > 0).astype(float))).all()
    assert all((flow == 0).all() for _, flow in columns(state.flows, FLOW_FIELDS))


def check_nation(watch: Watch, this: Month) -> None:
    """The nation's series are what the state says, and an extension is not taken back."""
    state, national = watch.state, watch.series.national_by_month[: this.number + 1]
    for name, value in {
        "fund_balance": state.treasury[Treasury.FUND],
        "groups": (state.groups.members > 0).sum(),
        "cooperating_municipalities": (state.municipalities.group >= 0).sum(),
        **dict(zip(names(Talks), state.talks, strict=True)),
    }.items():
        assert national[name][-1] == value, name
    assert national.belief[-1] == pytest.approx(state.municipalities.belief.mean(), abs=1e-12)
    assert np.isin(national.extension_granted, (0, 1)).all()
    assert (np.diff(national.extension_granted) >= 0).all()
    assert not state.nation[0].released or this.number >= watch.inputs.parameters.deadline


def check_ranges(watch: Watch, this: Month) -> None:
    """Beliefs, quotes, prices, factors and levers stay within their bounds."""
    state, p = watch.state, watch.inputs.parameters
    assert ((state.municipalities.belief >= 0) & (state.municipalities.belief <= 1)).all()
    assert ((state.quoted_wait >= 0) & (state.quoted_wait <= LONGEST_WAIT)).all()
    assert (state.vendors.capacity >= 0).all()
    assert (state.vendors.queue_wait >= 0).all()
    assert (state.cumulative_hazard >= state.hazard_at_gate).all()
    assert ((state.lots.price > 0) & (state.lots.price <= 1 + p.lock_in)).all()
    assert not (state.lots.refused & (state.lots.commit >= 0)).any()
    for lot in range(len(LOTS)):
        has_reason = (state.systems.flag[:, watch.inputs.country.lot_of == lot] > 0).any(axis=1)
        assert (state.lots.excused[:, lot] == has_reason).all()
    factor = state.lots.running_factor[state.lots.commit >= 0]
    assert ((factor >= 0.7) & (factor <= 5.7)).all()
    assert (state.purses.saving <= 1).all()
    for array in (state.cumulative_hazard, *(state.purses[name] for name in ("legacy", "parallel", "new", "saving"))):
        assert np.isfinite(array).all()
    assert np.isfinite(state.municipalities.readiness).all()
    for name, (low, high) in LEVER_BOUNDS.items():
        assert ((state.levers[name] >= low) & (state.levers[name] <= high)).all(), name


LAWS = tuple(law for name, law in list(vars().items()) if name.startswith("check_"))  # so that none is forgotten


def watch_month(watch: Watch, month: int) -> None:
    """Run one month and check that all laws hold at its end."""
    this = watch.step(month)
    for law in LAWS:
        law(watch, this)
