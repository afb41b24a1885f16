"""A run that is stepped month by month, each month checked against what must hold whatever the parameters.

Nothing is taken on trust: running counts, sums of money and flows are counted anew from bodies and systems, the
vendors' service is done again job by job, and every account of every body is worked out from what it owes and receives.
What can't be seen in states (a system withdrawn and tendered again in one month) is read from the month's log.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest

from dxsim import streams
from dxsim.model import dates, events, staff
from dxsim.model.coalition import MEMBERS, PAYOFFS, appraise, invite, lay_desk
from dxsim.model.commitment import peer_exposure
from dxsim.model.formation import OPENING
from dxsim.model.replay import of_state, replay
from dxsim.model.run import Inputs, begin, proceed
from dxsim.model.state import (
    ACCOUNTS,
    APPROPRIATION,
    BLOCKING,
    CHANNELS,
    COHORTS,
    COORDINATION,
    DECLARED,
    DONE,
    ENVELOPE,
    FLOWS,
    FUND,
    GOVERNANCE,
    GRANT,
    GRANTS_PAID,
    HIGHEST_LEVEL,
    INTERFACE,
    LAPSED,
    LATE,
    LEGACY,
    LIVE,
    MIGRATING,
    MONTHLY,
    NATIONAL,
    NEVER,
    ONE_OFF,
    ONLINE,
    ORDERED,
    PARALLEL,
    PENALTIES_RECEIVED,
    PENALTY,
    PLANNING,
    PROGRAMME_COST,
    PROGRAMMES,
    RESERVE,
    RUNNING,
    SUBSIDIES_PAID,
    SUBSIDY,
    TALKS,
    TAXES,
    TRANSITIONS,
    VENDOR,
    VENDOR_RESOURCES,
    WITHDRAWN,
    State,
)
from dxsim.model.vendor_queue import BIG_BANG
from dxsim.nation.nation import Nation
from dxsim.nation.network import weights
from dxsim.scenario.registry import REGISTRY
from dxsim.terms.operations import lots

TOLERANCE = 1e-6  # reference jobs
CLOSE = 1e-9  # of numbers that are summed up in another order than in the kernels
PLANNED = 1e-9  # months of planning that may be missing through rounding
LOTS = tuple(lot.lot for lot in lots())
LEVER_BOUNDS = {
    entry.name: (float(entry.minimum), float(entry.maximum))
    for entry in REGISTRY.values()
    if entry.role == "body_lever"
}
OPEN = (PLANNING, ORDERED, MIGRATING)  # committed, not finished, not withdrawn
COST_ACCOUNTS = (ONE_OFF, RUNNING, PARALLEL, INTERFACE, COORDINATION, CHANNELS, PROGRAMME_COST, PENALTY, LAPSED)
SOURCES = (APPROPRIATION, SUBSIDY, GRANT, RESERVE)
EVENTS_PER_SYSTEM = 80  # of a month: room in the log; at most 64 of them are incidents

# The phases of a month that move systems, by the states that they move from and to, in the order of the schedule.
PHASES_OF_A_MONTH = (
    ((PLANNING, ORDERED, MIGRATING), (WITHDRAWN,)),  # vendors leave lots
    ((WITHDRAWN,), (PLANNING,)),  # new tenders
    ((LEGACY,), (PLANNING,)),  # commitments
    ((PLANNING,), (ORDERED,)),  # orders
    ((ORDERED,), (MIGRATING,)),  # work begins
    ((MIGRATING,), (LIVE,)),  # work ends
    ((LIVE,), (DONE,)),  # parallel runs end
    ((MIGRATING,), (ORDERED,)),  # shortage: booked again
    ((ORDERED,), (WITHDRAWN,)),  # shortage: tendered again
)


def months_moves(plans_at_once: bool) -> set[tuple[int, int]]:
    """Return all pairs of states a month apart, each step being one of TRANSITIONS in its phase.

    A system that begins to plan in this month can be ordered in the same month only if planning takes no time
    (`plans_at_once`).
    """
    paths = {(state, state, False) for state in range(DONE + 1)}  # first, present, entered planning in this month
    for sources, targets in PHASES_OF_A_MONTH:
        steps = {(a, b) for a, b in TRANSITIONS if a in sources and b in targets}
        paths |= {
            (first, b, new or b == PLANNING)
            for first, present, new in paths
            for a, b in steps
            if a == present and not (b == ORDERED and a == PLANNING and new and not plans_at_once)
        }
    return {(first, last) for first, last, _ in paths}


MOVES = {plans_at_once: months_moves(plans_at_once) for plans_at_once in (False, True)}


class Month(NamedTuple):
    """A month that is over. n municipalities, 20 operations."""

    number: int
    before: State  # at the end of the month before
    opening: State  # before this month's vendor work: a new tender starts from nothing
    log: np.ndarray  # what happened
    failed: np.ndarray  # (n, O) bool: cut-overs rolled back
    again: np.ndarray  # (n, O) work that these cost, reference jobs

    def of(self, kind: int) -> np.ndarray:
        """Return this month's events of a kind."""
        return self.log[self.log["kind"] == kind]


class Watch:
    """A run that is stepped month by month, with what each month is compared with."""

    def __init__(self, inputs: Inputs, nation: Nation, block: int = 1) -> None:
        """Begin a run whose months are looked at one by one, or pass by in blocks of so many."""
        self.inputs, self.nation, self.block = inputs, nation, block
        bodies, operations = inputs.country.municipalities.size, inputs.country.lot_of.size
        self.state, self.series = begin(inputs, bodies * operations * EVENTS_PER_SYSTEM * block)
        self.initial = self.copy()
        self.last_order = np.full(self.state.systems.shape, -1)  # month; the state keeps the first one
        self.ordered_alone = np.zeros(self.state.systems.shape, dtype=bool)  # was in no group when it was ordered last
        self.group = self.state.municipalities.group.copy()
        self.contracted = 0.0  # work of all orders so far: commitments, new tenders, cut-overs rolled back
        self.done_in_vain = 0.0  # work done for vendors that let a system down, or undone by a cut-over rolled back
        self.has_skipped = False
        self.log_kinds: set[int] = set()  # what has happened so far
        self.logs: list[np.ndarray] = []  # the same, event by event

    def copy(self) -> State:
        """Return a copy of the state that shares nothing but the log."""
        return self.state._replace(
            **{name: getattr(self.state, name).copy() for name in State._fields if name != "log"}
        )

    def advance(self, first: int, last: int) -> np.ndarray:
        """Run the months `first` to `last` - 1 and return what happened."""
        self.state.logged[0] = 0
        proceed(self.inputs, self.state, self.series, first, last)
        assert self.state.logged[0] <= self.state.log.size, "no room in the log"
        log = self.state.log[: self.state.logged[0]]
        self.log_kinds |= set(np.unique(log.kind).tolist())
        self.logs.append(log.copy())
        orders = log[log.kind == events.ORDERED]
        np.maximum.at(self.last_order, (orders.municipality, orders.place), orders.month)
        for event in log[(log.kind == events.ORDERED) | (log.kind == events.JOINED)]:
            if event.kind == events.JOINED:
                self.group[event.municipality] = event.value
            else:
                self.ordered_alone[event.municipality, event.place] = self.group[event.municipality] < 0
        work, lot_of = self.state.systems.work, self.inputs.country.lot_of
        for event in log[log.kind == events.COMMITTED]:
            self.contracted += work[event.municipality, lot_of == event.place].sum()
        tenders = log[log.kind == events.PLANNED]
        self.contracted += work[tenders.municipality, tenders.place].sum()
        self.contracted += log[log.kind == events.FAILED_CUTOVER].amount.sum()
        return log

    def skip(self, first: int, last: int) -> None:
        """Run the months `first` to `last` - 1 without looking at them."""
        for begun in range(first, last, self.block):
            self.advance(begun, min(last, begun + self.block))
            self.has_skipped = True

    def step(self, month: int) -> None:
        """Run one month and check it."""
        before = self.copy()
        last_order = self.last_order.copy()
        log = self.advance(month, month + 1)
        ordered_now = self.ordered_now(before, month)
        assert (self.state.systems.order[ordered_now & (last_order < 0)] == month).all()
        assert (ordered_now == (self.last_order == month)).all()
        rolled_back = log[log.kind == events.FAILED_CUTOVER]
        failed, again = np.zeros(ordered_now.shape, dtype=bool), np.zeros(ordered_now.shape)
        failed[rolled_back.municipality, rolled_back.place] = True
        again[rolled_back.municipality, rolled_back.place] = rolled_back.amount
        assert rolled_back.size == failed.sum()
        assert (again[failed] == self.inputs.parameters.rollback_work * self.state.systems.work[failed]).all()
        this = Month(month, before, self.opening(before, month), log, failed, again)
        check_systems(self, this)
        check_counts(self, this)
        check_vendors(self, this)
        check_service(self, this)
        check_queues(self)
        check_reasons(self, this)
        check_staff(self, this)
        check_groups(self, this)
        check_programmes(self, this)
        check_residents(self, this)
        check_harm(self, this)
        check_money(self, this)
        check_flows(self, this)
        check_ranges(self, this)

    def replay(self) -> None:
        """Check that what has happened so far makes of the start what there is now (9)."""
        replayed, now = replay(self.inputs, np.concatenate(self.logs)), of_state(self.state)
        for name in replayed._fields:
            assert getattr(replayed, name).tobytes() == getattr(now, name).tobytes(), name

    def left_now(self, before: State, month: int) -> np.ndarray:
        """Return which systems are of a lot that their vendor leaves in this month, (n, O)."""
        lot_of, shocks = self.inputs.country.lot_of, self.inputs.events.vendor_events
        left = np.zeros(before.systems.shape, dtype=bool)
        for shock in shocks[shocks.month == month]:
            left |= (before.systems.vendor == shock.vendor) & (shock.withdrawn_lots >> lot_of & 1).astype(bool)
        return left & np.isin(before.systems.state, OPEN)

    def tendered_now(self, before: State, month: int) -> np.ndarray:
        """Return which systems were tendered again in this month, perhaps to be withdrawn at its end, (n, O)."""
        systems, left = self.state.systems, self.left_now(before, month)
        was_withdrawn = before.systems.state == WITHDRAWN
        again = (was_withdrawn & (systems.since == month)) | (left & (systems.vendor != before.systems.vendor))
        return (was_withdrawn | left) & ((systems.state != WITHDRAWN) | again)

    def ordered_now(self, before: State, month: int) -> np.ndarray:
        """Return which systems were ordered in this month, perhaps to be withdrawn at its end, (n, O)."""
        systems, left = self.state.systems, self.left_now(before, month)
        was_unordered = np.isin(before.systems.state, (LEGACY, PLANNING, WITHDRAWN)) | left
        is_withdrawn = systems.state == WITHDRAWN
        fell = is_withdrawn & np.isin(before.systems.state, (LEGACY, PLANNING)) & ~left
        fell |= is_withdrawn & self.tendered_now(before, month)
        return was_unordered & (np.isin(systems.state, (ORDERED, MIGRATING, LIVE, DONE)) | fell)

    def opening(self, before: State, month: int) -> State:
        """Return the state before this month's work: a new tender starts from nothing, free of the old one's date."""
        systems = self.state.systems
        opening = before._replace(systems=before.systems.copy())
        tendered = self.tendered_now(before, month)
        self.done_in_vain += (systems.work - before.systems.remaining)[tendered].sum()
        opening.systems.remaining[tendered] = systems.work[tendered]
        opening.systems.gate[tendered & (before.systems.flag == VENDOR_RESOURCES)] = 0
        return opening

    def by_kind(self, values: np.ndarray) -> np.ndarray:
        """Return the sums of `values`, (n,) or (n, anything), by type of municipality."""
        country = self.inputs.country
        per_body = values if values.ndim == 1 else values.sum(axis=1)
        return np.bincount(country.municipalities.kind, weights=per_body, minlength=country.kind_size.size)

    def population(self, month: int) -> np.ndarray:
        """Return the residents of every body in this month."""
        country = self.inputs.country
        return country.municipalities.population * country.population_ratio[:, month // 12]

    def booked(self, amount: np.ndarray) -> np.ndarray:
        """Return amounts of yen as they are booked."""
        unit = int(self.inputs.parameters.rounding_unit)
        return np.rint(np.asarray(amount) / unit).astype(np.int64) * unit


def close(found: np.ndarray, expected: np.ndarray, scale: float | np.ndarray = 1.0) -> bool:
    """Return whether numbers agree but for the order in which they are summed up."""
    return bool((np.abs(found - expected) <= CLOSE * (np.abs(expected) + scale)).all())


# 1. Systems


def check_systems(watch: Watch, this: Month) -> None:
    """States sum to the operations that apply, move by legal steps, and their dates are in order."""
    country, systems, lot_of = watch.inputs.country, watch.state.systems, watch.inputs.country.lot_of
    before, month = this.before, this.number
    applies = country.applies[country.municipalities.kind][:, lot_of]
    assert ((systems.state >= LEGACY) == applies).all()
    assert ((systems.state == -1) == ~applies).all()
    counts = np.array([(systems.state == state).sum(axis=1) for state in range(DONE + 1)])
    assert (counts.sum(axis=0) == applies.sum(axis=1)).all()

    plans_at_once = watch.state.lots.planning_months[:, lot_of] == 0
    moved = before.systems.state != systems.state
    for at_once in (False, True):
        which = moved & (plans_at_once == at_once)
        moves = set(zip(before.systems.state[which].tolist(), systems.state[which].tolist(), strict=True))
        assert moves <= MOVES[at_once]

    assert (systems.since[moved & (systems.state < LIVE)] == month).all()
    commit = watch.state.lots.commit[:, lot_of]
    assert ((commit >= 0) == (systems.state > LEGACY))[applies].all()
    has_order, has_start, is_live = systems.order >= 0, systems.start >= 0, systems.live >= 0
    assert (is_live == (systems.state >= LIVE)).all()
    assert not (is_live & ~has_start).any()
    assert not (has_start & ~has_order).any()
    assert (has_order == (watch.last_order >= 0)).all()
    assert (systems.order[has_order] >= commit[has_order]).all()
    assert (systems.order <= watch.last_order).all()
    assert (systems.start[has_start] >= systems.order[has_start]).all()
    assert (systems.live[is_live] > systems.start[is_live]).all()
    assert (systems.live[is_live] > systems.order[is_live]).all()
    for field, fixed in (("live", is_live), ("start", has_start), ("order", has_order)):
        known = before.systems[field] >= 0
        assert (systems[field][known] == before.systems[field][known]).all()
        assert (systems[field][fixed & ~known] == month + (field == "live")).all()
    parallel = month + 1 - systems.live[systems.state == LIVE]
    assert (parallel < max(1, watch.inputs.parameters.stabilisation_months)).all()
    known = before.lots.commit >= 0
    assert (watch.state.lots.commit[known] == before.lots.commit[known]).all()
    assert (systems.work == watch.initial.systems.work).all()
    assert (systems.remaining >= -1e-12).all()
    assert (systems.remaining[is_live] <= 1e-9).all()
    if watch.inputs.parameters.cut_over == BIG_BANG:
        for lot in range(len(LOTS)):
            months = systems.live[:, lot_of == lot]
            assert (months == months[:, :1]).all()
    check_planning(watch, this)


def check_planning(watch: Watch, this: Month) -> None:
    """A month of planning counts as far as staff serves it; who has planned enough orders, and nobody else."""
    systems, before = watch.state.systems, this.before.systems
    needed = watch.state.lots.planning_months[:, watch.inputs.country.lot_of]
    service = np.broadcast_to(watch.state.workforce.planning_service[:, None], systems.shape)
    plans = systems.state == PLANNING
    assert (systems.planned[plans] < needed[plans] - PLANNED).all()
    plans_on = plans & (before.state == PLANNING) & (systems.since < this.number)
    assert (systems.planned[plans_on] == before.planned[plans_on] + service[plans_on]).all()
    assert (systems.planned[plans & (systems.since == this.number)] == 0).all()
    ordered = this.of(events.ORDERED)
    of_plans = np.zeros(systems.shape, dtype=bool)
    of_plans[ordered.municipality, ordered.place] = True
    assert (systems.planned[of_plans] >= needed[of_plans] - PLANNED).all()


def check_counts(watch: Watch, this: Month) -> None:
    """Running counts, of nation, bodies, prefectures, types and neighbours, equal a recount."""
    country, state, month = watch.inputs.country, watch.state, this.number
    systems, by_kind = state.systems, watch.by_kind
    row = watch.series.monthly[month]
    is_late = (systems.reason > 0) & (systems.state < LIVE)
    recount = {
        "committed": systems.state > LEGACY,
        "ordered": systems.order >= 0,
        "started": systems.start >= 0,
        "live": systems.live >= 0,
        "done": systems.state == DONE,
        **{f"late_R{reason}": is_late & (systems.reason == reason) for reason in range(1, 6)},
        "bodies_committed": ~(systems.state == LEGACY).any(axis=1),
        "bodies_late": is_late.any(axis=1),
    }
    for name, mask in recount.items():
        assert (row[:, MONTHLY.index(name)] == by_kind(mask)).all(), name
    assert (row == state.tally).all()

    bodies = state.municipalities
    committed = state.lots.commit >= 0
    assert (bodies.open_lots == ((state.lots.legacy >= 0) & ~committed).sum(axis=1)).all()
    counts = {
        "planning": systems.state == PLANNING,
        "migrating": systems.state == MIGRATING,
        "systems": systems.state >= LEGACY,
        "live": systems.state >= LIVE,
        "done": systems.state == DONE,
        "withdrawn": systems.state == WITHDRAWN,
        "late": is_late,
    }
    for name, mask in counts.items():
        assert (bodies[name] == mask.sum(axis=1)).all(), name
    ends = np.where(systems.state == LIVE, systems.live + watch.inputs.parameters.stabilisation_months, NEVER)
    assert (bodies.next_done == ends.min(axis=1)).all()
    for lot in range(len(LOTS)):
        mine = committed[:, lot]
        by_prefecture = np.bincount(country.municipalities.prefecture, weights=mine, minlength=48)
        assert (state.prefecture_committed[:, lot] == by_prefecture).all()
        assert (state.kind_committed[:, lot] == by_kind(mine)).all()
        around = np.concatenate([[0], np.cumsum(mine[country.neighbours])])[country.offsets]
        assert (state.lots.neighbours_committed[:, lot] == np.diff(around)).all()

    declared = row[:, DECLARED + 1 : DECLARED + 6]
    if month not in watch.inputs.events.surveys:
        earlier = watch.series.monthly[month - 1][:, DECLARED + 1 : DECLARED + 6] if month > 0 else 0
        assert (declared == earlier).all()
    else:
        assert (declared.sum(axis=1) <= by_kind((systems.state >= LEGACY) & (systems.state < LIVE))).all()
        assert (row[:, MONTHLY.index("bodies_declared")] <= np.minimum(country.kind_size, declared.sum(axis=1))).all()


# 4. Vendor work


def output_now(watch: Watch, this: Month) -> np.ndarray:
    """Return what each vendor can do in this month without lending, (V,) reference jobs."""
    parameters = watch.inputs.parameters
    experience = 1 + this.before.vendors.go_lives / parameters.learning_unit
    return watch.state.vendors.capacity * experience**parameters.learning_exponent


def check_vendors(watch: Watch, this: Month) -> None:
    """Work is neither lost nor made: contracted = done + in the book + withdrawn; customers add up."""
    country, state, before = watch.inputs.country, watch.state, this.before
    systems, vendors = state.systems, state.vendors
    count = vendors.size
    is_open = np.isin(systems.state, OPEN)
    book = np.bincount(systems.vendor[is_open], weights=systems.remaining[is_open], minlength=count)
    scale = 1.0 + vendors.contracted
    assert (np.abs(vendors.book - book) < TOLERANCE * scale).all()
    balance = vendors.contracted - vendors.total_done - vendors.book - vendors.withdrawn
    assert (np.abs(balance) < TOLERANCE * scale).all()
    assert abs(vendors.contracted.sum() - watch.contracted) < TOLERANCE * scale.sum()
    assert (np.abs(vendors.total_done - before.vendors.total_done - vendors.work_done) < TOLERANCE).all()
    watch.done_in_vain += this.again.sum()
    if not watch.has_skipped:
        done = (systems.work - systems.remaining)[systems.state >= LEGACY].sum()
        assert abs(vendors.total_done.sum() - done - watch.done_in_vain) < TOLERANCE * scale.sum()

    given = this.opening.systems.remaining - (systems.remaining - this.again)
    assert (given >= -1e-12).all()
    took = given > 0
    by_vendor = np.bincount(systems.vendor[took], weights=given[took], minlength=count)
    assert np.abs(vendors.work_done - by_vendor).max() < TOLERANCE
    output = output_now(watch, this)
    if watch.inputs.parameters.engineer_pool == 0:
        assert (vendors.work_done <= output * (1 + 1e-12) + TOLERANCE).all()
    assert vendors.work_done.sum() <= output.sum() * (1 + 1e-12) + TOLERANCE

    applies, is_new = systems.state >= LEGACY, systems.state >= LIVE
    user_of = np.where(is_new, systems.vendor, state.lots.legacy[:, country.lot_of])
    population = np.broadcast_to(country.municipalities.population[:, None], applies.shape)
    assert (vendors.systems_served == np.bincount(user_of[applies], minlength=count)).all()
    assert (vendors.population_served == np.bincount(user_of[applies], population[applies], minlength=count)).all()
    assert (vendors.go_lives == np.bincount(systems.vendor[is_new], minlength=count)).all()


def check_service(watch: Watch, this: Month) -> None:
    """Serve every vendor's jobs again in order: each gets its limit until the output is used up, no output idles."""
    inputs, state, parameters = watch.inputs, watch.state, watch.inputs.parameters
    systems, lot_of, month = state.systems, inputs.country.lot_of, this.number
    was_queued = np.isin(this.before.systems.state, (ORDERED, MIGRATING)) & ~watch.left_now(this.before, month)
    queued = was_queued | (watch.last_order == month)
    ready = state.ready[systems.vendor, lot_of] <= month
    may_work = (queued & ready & (this.opening.systems.gate <= month)).ravel()
    given = (this.opening.systems.remaining - (systems.remaining - this.again)).ravel()
    limit = np.maximum(parameters.minimum_service, systems.work / parameters.minimum_months)
    wanted = np.where(may_work, np.minimum(this.opening.systems.remaining, limit).ravel(), 0.0)
    own, free = own_part(watch).ravel(), free_for_moves(watch, this)
    body_of = np.repeat(np.arange(free.size), systems.shape[1])
    vendor_of = systems.vendor.ravel()
    alone = np.minimum(own * wanted, free[body_of])  # what own staff does if it joins in with this system only
    possible = np.where(own * wanted > 0, wanted * alone / np.where(own * wanted > 0, own * wanted, 1.0), wanted)
    wanted_of = np.bincount(vendor_of[may_work], possible[may_work], minlength=state.vendors.size)
    output = output_now(watch, this)
    spare, short = np.maximum(0.0, output - wanted_of), np.maximum(0.0, wanted_of - output)
    lent = min(parameters.engineer_pool * spare.sum(), short.sum())
    if lent > 0:
        output = output + lent * (short / short.sum() - spare / spare.sum())
    rank, expected = priority(watch).ravel(), np.zeros(wanted.size)
    lines = []
    for vendor in range(state.vendors.size):
        mine = np.flatnonzero(may_work & (vendor_of == vendor))
        lines.append(mine[np.argsort(rank[mine], kind="stable")])
        ahead = np.concatenate([[0.0], np.cumsum(wanted[lines[-1]])[:-1]]) if mine.size else np.empty(0)
        expected[lines[-1]] = np.clip(output[vendor] - ahead, 0.0, wanted[lines[-1]])
    asked = np.bincount(body_of, own * expected, minlength=free.size)
    done = asked
    if (asked <= free).all():
        for vendor, line in enumerate(lines):  # work conservation: with enough for all to take in, no output idles
            if wanted[line].sum() >= output[vendor]:
                assert abs(state.vendors.work_done[vendor] - output[vendor]) < TOLERANCE
    else:
        largest_first = np.argsort(-state.vendors.initial_capacity, kind="stable")
        expected, asked, done = serve_with_staff(largest_first, lines, output, wanted, own, free)
    assert (np.abs(given[may_work] - expected[may_work]) < TOLERANCE).all()
    assert (np.abs(given[~may_work]) <= 1e-12).all()
    worker = state.workforce
    assert close(worker.moves, asked)
    assert close(worker.moves * worker.migration_service, done)
    assert ((worker.migration_service >= 0) & (worker.migration_service <= 1)).all()
    if parameters.staffing != staff.UNLIMITED:
        assert close(worker.for_moves, free - done)


def serve_with_staff(
    largest_first: np.ndarray,
    lines: list[np.ndarray],
    output: np.ndarray,
    wanted: np.ndarray,
    own: np.ndarray,
    free: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Serve vendors' `lines` of systems one by one, each as far as its body's staff is still `free` to join in.

    Returns what each system gets (reference jobs), and the own work asked for and done by body (FTE).
    """
    given, asked, done = np.zeros(wanted.size), np.zeros(free.size), np.zeros(free.size)
    for vendor in largest_first:
        left = float(output[vendor])
        for system in lines[vendor].tolist():
            if left <= 0.0:
                break
            i, amount = system * free.size // wanted.size, min(wanted[system], left)
            work = own[system] * amount
            part = min(work, max(0.0, free[i] - done[i]))
            given[system] = amount * part / work if work > 0.0 else amount
            asked[i] += work
            done[i] += part
            left -= given[system]
    return given, asked, done


def own_part(watch: Watch) -> np.ndarray:
    """Return the own work that a reference job of vendor work on every system asks for, (n, O) FTE."""
    country, state, p = watch.inputs.country, watch.state, watch.inputs.parameters
    whole = p.migration_effort * country.weight * (1.0 + state.lots.complexity[:, country.lot_of])
    whole = whole * (state.workforce.scale * (1.0 + p.test_cost * state.levers.test_effort))[:, None]
    return np.where(state.systems.work > 0, whole / np.maximum(state.systems.work, 1e-300), 0.0)


def free_for_moves(watch: Watch, this: Month) -> np.ndarray:
    """Return what operations and parallel runs leave of the staff's time in this month, (n,) FTE."""
    worker = watch.state.workforce
    if watch.inputs.parameters.staffing == staff.UNLIMITED:
        return np.full(worker.size, np.inf)
    return np.maximum(0.0, worker.supply + worker.lent - work_of_staff(watch, this)[0])


def priority(watch: Watch) -> np.ndarray:
    """Return the place of every system in a queue, (n, O): by the discipline, then by body, then by operation."""
    state, parameters = watch.state, watch.inputs.parameters
    n, n_operations = state.systems.shape
    population = np.broadcast_to(watch.inputs.country.municipalities.population[:, None], (n, n_operations))
    by_discipline = (
        (watch.last_order,),
        (state.systems.work,),
        (population,),
        (watch.last_order, watch.ordered_alone),
        (watch.last_order, state.lots.shift[:, watch.inputs.country.lot_of]),
    )[parameters.queue_discipline]
    tie = np.broadcast_to(state.municipalities.tie[:, None], (n, n_operations))
    operation = np.broadcast_to(np.arange(n_operations), (n, n_operations))
    keys = [operation, tie, *by_discipline]
    order = np.lexsort([key.ravel() for key in keys])
    place = np.empty(order.size, dtype=int)
    place[order] = np.arange(order.size)
    return place.reshape(n, n_operations)


def check_queues(watch: Watch) -> None:
    """The linked lists hold exactly the ordered and migrating systems of their vendor, in order of priority."""
    state, rank = watch.state, priority(watch).ravel()
    systems = state.systems.ravel()
    following = state.queue.following.ravel().tolist()
    queued = np.isin(systems.state, (ORDERED, MIGRATING))
    for vendor, head in enumerate(state.head.tolist()):
        listed, system = [], head
        while system != -1:
            listed.append(system)
            system = following[system]
            assert len(listed) <= systems.size
        waiting = np.flatnonzero(queued & (systems.vendor == vendor))
        assert sorted(listed) == waiting.tolist()
        assert all(rank[one] < rank[other] for one, other in pairwise(listed))
        if listed:
            assert state.tail[vendor] == listed[-1]


# 8. Reasons


def check_reasons(watch: Watch, this: Month) -> None:
    """From the deadline on every late system has one reason for good, and late systems only grow fewer."""
    systems, deadline, month = watch.state.systems, watch.inputs.parameters.deadline, this.number
    stock = watch.series.monthly[:, :, LATE + 1 : LATE + 6].sum(axis=(1, 2))
    assert ((systems.reason >= 0) & (systems.reason <= 5)).all()
    if month + 1 < deadline:
        assert (systems.reason == 0).all()
        assert stock[month] == 0
        return
    if month + 1 == deadline:
        is_late = (systems.state >= LEGACY) & (systems.state < LIVE)
        assert ((systems.reason > 0) == is_late).all()
        assert stock[month] == is_late.sum()
        hard = is_late & np.isin(watch.initial.systems.flag, (1, 2, 3)) & (systems.flag == watch.initial.systems.flag)
        assert (systems.reason[hard] == systems.flag[hard]).all()
        return
    assert (systems.reason == this.before.systems.reason).all()
    assert stock[month] <= stock[month - 1]
    live_late = (systems.reason > 0) & (systems.live >= 0)
    assert (systems.live[live_late] > deadline).all()
    on_time = (systems.state >= LIVE) & (systems.reason == 0)
    assert (systems.live[on_time] <= deadline).all()


# 3. Staff


def check_staff(watch: Watch, this: Month) -> None:
    """Staff, supply and demand are what they should be; what is served takes no more than there is."""
    country, state, before, p = watch.inputs.country, watch.state, this.before, watch.inputs.parameters
    month, worker, was = this.number, watch.state.workforce, before.workforce
    n = worker.size
    leaving = np.bincount(this.of(events.RESIGNED).municipality, this.of(events.RESIGNED).amount, minlength=n)
    assert ((leaving == 0) | (leaving == np.minimum(1.0, worker.staff + leaving))).all()
    own, experience = was.staff, was.experience
    if month % 12 == 0 and month > 0:
        experience = experience * (1.0 - state.levers.rotation_loss)
        target = was.initial * country.population_ratio[:, month // 12] ** p.staff_exponent
        own = own + p.hiring_rate * (target - own)
    assert (worker.staff >= 0).all()
    assert close(worker.staff, own - leaving)
    gone_live = (state.systems.live == month + 1).sum(axis=1)
    assert close(worker.experience, np.minimum(1.0, experience + gone_live * p.experience_gain))
    assert ((worker.experience >= 0) & (worker.experience <= 1)).all()
    assert close(worker.supply, own * (1.0 + p.experience_productivity * experience) + worker.pool)

    tasks = work_of_staff(watch, this)
    assert close(worker.demand, sum(tasks))
    services = (worker.planning_service, worker.programme_service)
    available = worker.supply + worker.lent
    for service in services:
        assert ((service >= 0) & (service <= 1)).all()
    if p.staffing == staff.UNLIMITED:
        assert all((service == 1).all() for service in services)
        assert (leaving == 0).all()
    else:
        fixed, moves, *by_service = tasks
        reserved = np.minimum(fixed + moves, available)  # moves take what they took last month, if there is as much
        served = reserved + sum(a * s for a, s in zip(by_service, services, strict=True))
        assert close(served, np.minimum(sum(tasks), available))  # no more than there is, and nobody idles
        lacks = (services[0] < 1) & (by_service[1] > CLOSE)  # programmes get nothing while planning lacks
        assert (services[1][lacks] * by_service[1][lacks] <= CLOSE * (1 + available[lacks])).all()
        assert close(worker.overload, np.where(worker.demand > 0, worker.demand / np.maximum(available, 1e-6), 0.0))
        assert (worker.overload[leaving > 0] > 1).all()

    prefecture = country.municipalities.prefecture
    size = np.maximum(1, country.prefecture_size)
    if month % 3 == 0:
        given = np.bincount(prefecture, state.levers.prefectural_pool / size[prefecture], minlength=size.size)
        received = np.bincount(prefecture, worker.pool, minlength=size.size)
        assert close(received, given)
    else:
        assert (worker.pool == was.pool).all()
    assert (worker.pool >= -CLOSE).all()
    group = state.municipalities.group
    assert (worker.lent[group < 0] == 0).all()
    member = group >= 0
    received = np.bincount(group[member], np.maximum(worker.lent, 0.0)[member], minlength=n)
    given = np.bincount(group[member], np.maximum(-worker.lent, 0.0)[member], minlength=n)
    assert close(received, (1.0 - p.coordination_loss) * given)
    assert (available >= -CLOSE * (1 + worker.supply)).all()
    short = worker.lent > 0  # nobody receives more than it lacks or gives more than it has left
    assert (available[short] <= worker.demand[short] + CLOSE * (1 + worker.demand[short])).all()
    gives = worker.lent < 0
    assert (available[gives] >= worker.demand[gives] - CLOSE * (1 + worker.supply[gives])).all()


def work_of_staff(watch: Watch, this: Month) -> tuple[np.ndarray, ...]:
    """Return the FTE that fixed work, moves (as last month), plans and programmes take in this month, each (n,)."""
    country, state, before, p = watch.inputs.country, watch.state, this.before, watch.inputs.parameters
    worker, bodies = state.workforce, before.municipalities
    scale, lot_of = worker.scale, country.lot_of
    present = np.where(watch.left_now(before, this.number), WITHDRAWN, before.systems.state)
    operations = scale * (p.operations_base + p.operations_per_system * bodies.systems)
    operations = operations + p.interface_load * before.harm.interfaces / 100
    parallel = p.stabilisation_effort * (bodies.live - bodies.done) * scale / max(1.0, p.stabilisation_months)
    effort = country.weight * (1.0 + state.lots.complexity[:, lot_of]) * scale[:, None]
    planned = np.maximum(1.0, state.lots.planning_months[:, lot_of])
    plans = before.lots.tender[:, lot_of] * p.planning_effort * effort / planned
    plans = (plans * (present == PLANNING)).sum(axis=1)
    return operations + parallel, before.workforce.moves, plans, p.programme_staff * scale


# 7. Groups


def check_groups(watch: Watch, this: Month) -> None:
    """A body is in at most one group; size, members and lead of every group say the same; groups last from April."""
    country, state, before, p = watch.inputs.country, watch.state, this.before, watch.inputs.parameters
    bodies, groups, n = state.municipalities, state.groups, state.municipalities.size
    month, group = this.number, state.municipalities.group
    assert ((group >= -1) & (group < n) & (bodies.next_group >= -1) & (bodies.next_group < n)).all()
    if p.formation == 0:
        assert (group == -1).all()
        assert (groups.members == 0).all()
    sizes = np.bincount(group[group >= 0], minlength=n)
    assert (groups.members == sizes).all()
    assert (sizes != 1).all()
    assert sizes.max(initial=0) <= max(1, p.largest_group)
    after = bodies.after.tolist()
    listed = 0
    for g in np.flatnonzero(sizes):
        members, member = [], int(groups["head"][g])
        while member != -1:
            members.append(member)
            member = after[member]
            assert len(members) <= n
        assert members == np.flatnonzero(group == g).tolist()
        population = country.municipalities.population[members]
        assert groups["lead"][g] == members[int(np.argmax(population))]  # of equals the first one
        listed += len(members)
    assert listed == (group >= 0).sum()
    assert (bodies.after[group < 0] == -1).all()
    alone = group < 0
    for name in ("saving", "coordination", "grant"):
        assert (state.purses[name][alone] == 0).all()
    if month % 12 == 0 and p.formation != 0:
        assert (group == before.municipalities.next_group).all()
    else:
        assert (group == before.municipalities.group).all()
    if month % 12 != 6:
        assert (bodies.next_group == before.municipalities.next_group).all()
        assert (state.talks == before.talks).all()
    planned = np.bincount(bodies.next_group[bodies.next_group >= 0], minlength=n)
    assert planned.max(initial=0) <= max(1, p.largest_group)
    assert (planned != 1).all()
    assert state.talks[1] <= state.talks[0]
    if month % 12 == 6 and p.formation != 0 and state.talks[BLOCKING] == 0:
        check_terms(watch, month)
    joined = this.of(events.JOINED)
    changed = np.flatnonzero(group != before.municipalities.group)
    assert joined.municipality.tolist() == changed.tolist()
    assert (joined.value == group[changed]).all()


def check_terms(watch: Watch, month: int) -> None:
    """Who opens talks and still stays in a group is no worse off than alone, but for its exit fee and least gain."""
    country, state, p = watch.inputs.country, watch.state, watch.inputs.parameters
    players, desk = invite(country, state, p, month), lay_desk(state.municipalities.size)
    planned = state.municipalities.next_group
    for g in np.unique(planned[planned >= 0]):
        members = np.flatnonzero(planned == g)
        desk.lists[MEMBERS, : members.size] = members
        appraise(players, desk, members.size, p, -np.inf)
        for i, payoff in zip(members, desk.numbers[PAYOFFS], strict=False):
            player = players[i]
            draw = streams.uniform(watch.inputs.seed, streams.TALKS, int(player["code"]), month, OPENING)
            least = -player["exit_fee"] - p.join_threshold * player["cost"]
            assert draw >= p.talks_share or payoff >= least - CLOSE * (1 + player["cost"])


# Voluntary programmes


def check_programmes(watch: Watch, this: Month) -> None:
    """Levels stay within their bounds, never fall and rise by one at most."""
    state, was = watch.state, this.before
    top = np.array(HIGHEST_LEVEL)
    level, before = state.programmes.level, was.programmes.level
    assert ((level >= 0) & (level <= top)).all()
    rise = level - before
    on_platform = state.municipalities.platform
    first = np.zeros(rise.shape, dtype=bool)
    first[:, ONLINE] = on_platform
    assert (rise >= 0).all()
    assert (rise[~first] <= 1).all()
    offered = state.platforms.level[watch.inputs.country.municipalities.prefecture]
    assert (level[on_platform, ONLINE] == np.maximum(before[on_platform, ONLINE], offered[on_platform])).all()
    assert ((state.platforms.level - was.platforms.level >= 0) & (state.platforms.level <= HIGHEST_LEVEL[ONLINE])).all()
    required = np.minimum(state.levers.governance_requirement, HIGHEST_LEVEL[GOVERNANCE])
    assert (level[:, GOVERNANCE] >= np.minimum(required, before[:, GOVERNANCE] + 1)).all()
    noted = this.of(events.LEVEL)
    assert noted.size == (rise > 0).sum()
    assert (level[noted.municipality, noted.place] == noted.value).all()
    assert (state.programmes.intent >= 0).all()
    reset = rise > 0
    reset[:, ONLINE] &= ~on_platform
    assert (state.programmes.intent[reset] == 0).all()


# 5. Residents


def check_residents(watch: Watch, this: Month) -> None:
    """Everybody has a need or none; every need is met by one channel or not at all; help is limited."""
    country, state, p, month = watch.inputs.country, watch.state, watch.inputs.parameters, this.number
    people, before = state.cohorts, this.before.cohorts
    persons = country.cohorts * country.population_ratio[:, month // 12][:, None]
    assert (people.persons == persons).all()
    start = np.array([p.ability_under_65, p.ability_65_to_74, p.ability_75_to_84, p.ability_85_over])
    need = np.array([p.need_under_65, p.need_65_to_74, p.need_75_to_84, p.need_85_over])
    decay = np.array([p.reach_under_65, p.reach_65_to_74, p.reach_75_to_84, p.reach_85_over])
    able = 1 / (1 + np.exp(-(np.log(start / (1 - start)) + p.ability_growth * month / 12)))
    cases = persons * need
    channels = people.online + people.assisted + people.analog + people.excluded
    assert close(channels + persons * (1 - need), persons)
    slack = CLOSE * (1 + cases)
    for name in ("online", "assisted", "analog", "excluded"):
        assert (people[name] >= -slack).all(), name
        assert close(people[name + "_total"], before[name + "_total"] + people[name], 1.0)
    unable = (1 - able) * (1 - before.trained)
    numbers = points_of_help(watch, month)
    rates = (p.desk_rate, p.point_rate, p.tablet_rate)
    capacity = p.opening_hours * sum(a * b for a, b in zip(numbers, rates, strict=True))
    density = sum(numbers) * 10_000 / np.maximum(CLOSE, persons.sum(axis=1))
    reach = 1 - np.exp(-density[:, None] * decay)
    asking = cases * unable * reach
    assert ((reach >= 0) & (reach <= 1)).all()
    assert (people.assisted.sum(axis=1) <= capacity + slack.sum(axis=1)).all()
    assert (people.assisted <= asking + slack).all()
    demand = asking.sum(axis=1)
    assert close(people.assisted.sum(axis=1), np.minimum(capacity, demand), 1 + demand)
    kept = retained(state.municipalities.closing, state.levers.analog_floor, p.closing_months, month)
    assert close(people.excluded, np.maximum(0, cases * unable - people.assisted) * (1 - kept)[:, None], 1 + cases)
    supply = state.programmes.level[:, ONLINE] / HIGHEST_LEVEL[ONLINE]
    chosen = 1 / (1 + np.exp(-p.burden_sensitivity * (p.counter_burden - p.online_burden)))
    online = cases * (1 - unable) * (supply * (kept * chosen + 1 - kept))[:, None]
    assert close(people.online, online, 1 + cases)
    gain = state.levers.training[:, None] * people.assisted / np.maximum(CLOSE, persons * (1 - able))
    assert close(people.trained, np.minimum(1.0, before.trained + gain))
    assert ((people.trained >= before.trained) & (people.trained <= 1)).all()
    closing, was = state.municipalities.closing, this.before.municipalities.closing
    assert (closing[was != NEVER] == was[was != NEVER]).all()
    assert np.isin(closing[was == NEVER], (month, NEVER)).all()
    assert p.analog_rule != 0 or (closing == NEVER).all()
    assert (closing >= p.closing_start).all()


def retained(closing: np.ndarray, floor: np.ndarray, months: float, month: int) -> np.ndarray:
    """Return the share of counter service kept in `month` by those who close from month `closing` on."""
    passed = month - closing.astype(float)
    partly = 1.0 - (1.0 - floor) * passed / max(1.0, months)
    return np.where(passed < 0, 1.0, np.where(passed >= months, floor, partly))


def points_of_help(watch: Watch, month: int) -> list[np.ndarray]:
    """Return how many desks, points and tablets every body has in this month."""
    country, lever = watch.inputs.country, watch.state.levers
    aged = (country.cohorts[:, 1] + country.cohorts[:, 2]) + country.cohorts[:, 3]
    tens_of_thousands = aged * country.population_ratio[:, month // 12] / 10_000.0
    return [lever[name] * tens_of_thousands for name in ("support_desks", "access_points", "tablets")]


# Harm


def check_harm(watch: Watch, this: Month) -> None:
    """Harm never falls, is what the log tells, and interfaces are those of the systems live."""
    state, before, p = watch.state, this.before, watch.inputs.parameters
    harm, was, n = state.harm, before.harm, state.harm.size
    bodies = state.municipalities
    assert (harm.interfaces == p.interface_density * bodies.live * (bodies.systems - bodies.live)).all()
    incidents, breaches = this.of(events.INCIDENT), this.of(events.BREACH)
    who = incidents.municipality
    told = {
        "incidents": np.bincount(who, minlength=n),
        "affected": np.bincount(who, incidents.value, minlength=n),
        "impact": np.bincount(who, incidents.value * incidents.amount, minlength=n),
        "rollbacks": this.failed.sum(axis=1),
        "security_incidents": np.bincount(breaches.municipality, minlength=n),
        "exposed": np.bincount(breaches.municipality, breaches.amount, minlength=n),
    }
    population = watch.population(this.number)
    for name, rise in told.items():
        assert (harm[name] >= was[name]).all(), name
        assert close(harm[name], was[name] + rise, 1 + was[name]), name
    assert (incidents.value <= np.rint(population[who])).all()
    assert (incidents.amount >= 1).all()
    assert (breaches.amount <= population[breaches.municipality] * (1 + CLOSE)).all()
    assert ((harm.intent >= 0) & (harm.intent < harm.threshold)).all()
    tried = np.zeros(state.systems.shape, dtype=bool)
    tried[incidents.municipality, incidents.place] = True
    assert (tried | ~this.failed).all()  # no cut-over is rolled back without an incident
    held_back = this.failed
    if p.cut_over == BIG_BANG:  # the whole package, if one of its systems has to go back
        lot_of = watch.inputs.country.lot_of
        held_back = np.array([this.failed[:, lot_of == lot].any(axis=1) for lot in lot_of]).T
    assert (held_back | (state.systems.live == this.number + 1))[tried].all()
    assert not (held_back & (state.systems.live == this.number + 1)).any()


# 2. Money


def check_money(watch: Watch, this: Month) -> None:
    """Every account of every body is worked out anew from what it owes and receives; debits are credits."""
    state, before, p = watch.state, this.before, watch.inputs.parameters
    ledger, month, booked = state.ledger, this.number, watch.booked
    change = ledger - before.ledger
    check_books(watch, this, change)
    purse, lever, bodies = state.purses, state.levers, state.municipalities
    check_purses(watch, this)

    expected = np.zeros_like(change)
    envelope = before.ledger[:, ENVELOPE].copy()
    exit_fee = np.zeros_like(envelope)
    if month % 12 == 0:
        kept = booked(p.carry_limit * p.envelope_share * purse.baseline)
        expected[:, LAPSED] = np.maximum(0, envelope - kept)
        rise = np.maximum(0.0, before.purses.running_total - purse.baseline)
        granted = booked(np.maximum(0.0, p.envelope_share * purse.baseline - p.crowding_out * rise))
        lump = booked(lever.lump_sum)
        envelope += granted + lump - expected[:, LAPSED]
        expected[:, APPROPRIATION] -= granted
        expected[:, GRANT] -= lump
        leaves = before.municipalities.pays_exit & (before.municipalities.next_group != before.municipalities.group)
        exit_fee = np.where(leaves & (p.formation != 0), booked(p.exit_fee * purse.baseline), 0)

    one_off, subsidy = one_off_cost(watch, this)
    expected[:, ONE_OFF] = one_off
    paid = -change[:, SUBSIDY]
    fund = before.treasury[FUND] + booked(p.fund_top_up) * (month == p.fund_top_up_month)
    assert paid.sum() == min(fund, subsidy.sum())
    assert ((paid >= 0) & (paid <= subsidy)).all()
    if subsidy.sum() <= fund:
        assert (paid == subsidy).all()
    expected[:, SUBSIDY] = -paid

    running = np.maximum(0.0, purse.legacy + purse.new) * (1.0 - purse.saving)
    alone = bodies.group < 0
    owed = change[:, RUNNING]
    assert (owed[alone] == booked(running[alone])).all()
    for g in np.unique(bodies.group[~alone]):
        mine = np.flatnonzero(bodies.group == g)
        bill = 0.0
        for i in mine:
            bill += running[i]
        assert owed[mine].sum() == booked(bill)  # the members' shares sum to the bill, to the yen
        assert (np.abs(owed[mine] - running[mine]) <= p.rounding_unit * (1 + CLOSE) + CLOSE * running[mine]).all()
    expected[:, RUNNING] = owed
    so_far = 0 if month % 12 == 0 else before.purses.running_total
    assert (purse.running_total == so_far + owed).all()

    expected[:, PARALLEL] = booked(np.maximum(0.0, purse.parallel))
    expected[:, INTERFACE] = booked(p.interface_cost * purse.baseline / 12 * state.harm.interfaces / 100)
    coordination = booked(np.where(alone, 0.0, purse.coordination))
    expected[:, COORDINATION] = coordination + exit_fee
    expected[:, CHANNELS] = cost_of_channels(watch, month)
    rise = state.programmes.level - before.programmes.level
    steps = np.where(np.arange(len(PROGRAMMES)) == ONLINE, HIGHEST_LEVEL[ONLINE], 1)
    rise[bodies.platform, ONLINE] = 0
    expected[:, PROGRAMME_COST] = (rise * booked(p.level_cost * purse.baseline[:, None] / steps)).sum(axis=1)
    has_second = state.lots.hard | (p.extension_rule == dates.EXTENSION_FOR_ALL)
    granted = has_second & (state.nation.extension_granted[0] == 1) & (month < p.second_deadline)
    fined = (state.systems.reason > 0) & (state.systems.state < LIVE) & ~granted[:, watch.inputs.country.lot_of]
    late = np.zeros(bodies.size) if month + 1 == p.deadline else fined.sum(axis=1)
    expected[:, PENALTY] = booked(lever.late_penalty * late)
    grants = booked(np.where(alone, 0.0, np.maximum(0.0, purse.grant)))
    expected[:, GRANT] -= grants
    obligations = (RUNNING, PARALLEL, INTERFACE, CHANNELS)
    expected[:, APPROPRIATION] -= expected[:, obligations].sum(axis=1) + coordination

    spent = one_off - paid + expected[:, PROGRAMME_COST]
    lacking = np.maximum(0, spent - envelope)  # the reserve pays what the envelope lacks, and nothing else
    expected[:, RESERVE] = -lacking - exit_fee - expected[:, PENALTY]
    expected[:, ENVELOPE] = np.maximum(0, envelope - spent) + grants - before.ledger[:, ENVELOPE]
    for account, name in enumerate(ACCOUNTS):
        assert (change[:, account] == expected[:, account]).all(), name


def check_books(watch: Watch, this: Month, change: np.ndarray) -> None:
    """Debits are credits, for bodies, types and the state; what one pays the other receives; nothing is overdrawn."""
    state, p, booked = watch.state, watch.inputs.parameters, watch.booked
    ledger, treasury, month = state.ledger, state.treasury, this.number
    kinds = watch.inputs.country.kind_size.size
    assert (ledger.sum(axis=1) == 0).all()
    assert treasury.sum() == 0
    by_kind = np.zeros((kinds, len(ACCOUNTS)), dtype=np.int64)
    np.add.at(by_kind, watch.inputs.country.municipalities.kind, ledger)
    assert (state.money == by_kind).all()
    assert (watch.series.money[month] == by_kind).all()
    topped_up = p.fund_top_up_month <= month
    given = booked(p.fund_opening) + booked(p.fund_top_up) * topped_up
    assert treasury[FUND] == given - treasury[SUBSIDIES_PAID]
    assert treasury[FUND] >= 0
    assert treasury[SUBSIDIES_PAID] == -ledger[:, SUBSIDY].sum()
    assert treasury[GRANTS_PAID] == -ledger[:, GRANT].sum()
    assert -treasury[PENALTIES_RECEIVED] == ledger[:, PENALTY].sum()
    assert treasury[TAXES] == -given - treasury[GRANTS_PAID] - treasury[PENALTIES_RECEIVED]
    assert (ledger[:, ENVELOPE] >= 0).all()
    assert (change[:, COST_ACCOUNTS] >= 0).all() or p.formation != 0
    assert (np.delete(change[:, COST_ACCOUNTS], COST_ACCOUNTS.index(RUNNING), axis=1) >= 0).all()
    assert (change[:, SOURCES[1:]] <= 0).all()
    unit = int(p.rounding_unit)
    assert (ledger % unit == 0).all()
    assert (treasury % unit == 0).all()


def check_purses(watch: Watch, this: Month) -> None:
    """What systems cost to run before, beside and after follows from which of them are live, and since when."""
    country, state, p, month = watch.inputs.country, watch.state, watch.inputs.parameters, this.number
    purse, systems = state.purses, state.systems
    places = country.municipalities
    surcharge = p.large_city_cost * np.maximum(0.0, places.population - p.large_city_population)
    assert close(purse.baseline, p.fixed_cost + p.unit_cost * places.population + surcharge)
    applies, is_live = systems.state >= LEGACY, systems.state >= LIVE
    weight = np.where(applies, country.weight, 0.0)
    assert close(purse.unit_running * np.maximum(1.0, weight.sum(axis=1)), purse.baseline / 12)
    cost = purse.unit_running[:, None] * weight
    scale = purse.baseline + 1.0
    factor = state.lots.running_factor[:, country.lot_of]
    aprils = np.maximum(0, month // 12 - (systems.live.astype(int) - 1) // 12)
    after = cost * factor * (1.0 - p.optimisation) ** aprils
    assert close(purse.legacy, (cost * ~is_live).sum(axis=1), scale)
    assert close(purse.parallel, (cost * (systems.state == LIVE)).sum(axis=1), scale)
    assert close(purse.new, (after * is_live).sum(axis=1), scale)
    bounded = (factor >= p.running_cost_minimum) & (factor <= p.running_cost_maximum)
    assert bounded[applies].all() or p.running_cost_minimum > p.running_cost_maximum
    assert (purse.saving <= 1).all()


def one_off_cost(watch: Watch, this: Month) -> tuple[np.ndarray, np.ndarray]:
    """Return what every body pays once for this month's commitments and go-lives, and the subsidy it may have (yen)."""
    country, state, p, month = watch.inputs.country, watch.state, watch.inputs.parameters, this.number
    purse, lever, lots, lot_of = state.purses, state.levers, state.lots, country.lot_of
    topped_up = lever.subsidy_ceiling if month >= p.fund_top_up_month else np.full(purse.size, p.initial_ceiling)
    ceiling = topped_up + np.where(state.municipalities.group >= 0, lever.group_bonus, 0.0)
    rate = np.minimum(lever.subsidy_rate, np.minimum(1.0, ceiling))
    cost, subsidy = np.zeros(purse.size, dtype=np.int64), np.zeros(purse.size, dtype=np.int64)
    for lot in range(lots.shape[1]):
        weight = 0.0
        for operation in np.flatnonzero(lot_of == lot):
            weight += country.weight[operation]
        due = watch.booked(p.first_instalment * purse.unit_one_off * weight * lots.price[:, lot])
        due[lots.commit[:, lot] != month] = 0
        cost += due
        subsidy += watch.booked(rate * due)
    if p.budget == 0 and subsidy.sum() <= state.treasury[FUND]:
        check_affordable(watch, this, cost - subsidy)
    live = state.systems.live == month + 1
    share = 1.0 - p.first_instalment
    due = watch.booked(share * purse.unit_one_off[:, None] * country.weight * lots.price[:, lot_of]) * live
    short = state.systems.flag == VENDOR_RESOURCES
    base = topped_up[:, None] + np.where(short, lever.late_bonus[:, None], 0.0)
    base = base + np.where(state.municipalities.group >= 0, lever.group_bonus, 0.0)[:, None]
    rate = np.minimum(lever.subsidy_rate[:, None], np.minimum(1.0, base))
    return cost + due.sum(axis=1), subsidy + watch.booked(rate * due).sum(axis=1)


def check_affordable(watch: Watch, this: Month, due: np.ndarray) -> None:
    """Nobody commits without the money for the first instalment."""
    before, p = this.before, watch.inputs.parameters
    envelope = before.ledger[:, ENVELOPE].copy()
    if this.number % 12 == 0:
        purse = watch.state.purses
        envelope = np.minimum(envelope, watch.booked(p.carry_limit * p.envelope_share * purse.baseline))
        rise = np.maximum(0.0, before.purses.running_total - purse.baseline)
        envelope += watch.booked(np.maximum(0.0, p.envelope_share * purse.baseline - p.crowding_out * rise))
        envelope += watch.booked(watch.state.levers.lump_sum)
    assert ((due <= envelope) | (due == 0)).all()


def cost_of_channels(watch: Watch, month: int) -> np.ndarray:
    """Return what counters and points of help cost every body in this month (yen)."""
    country, state, p = watch.inputs.country, watch.state, watch.inputs.parameters
    aged = (country.cohorts[:, 1] + country.cohorts[:, 2]) + country.cohorts[:, 3]
    residents = (country.cohorts[:, 0] + aged) * country.population_ratio[:, month // 12]
    desks, points, tablets = points_of_help(watch, month)
    kept = retained(state.municipalities.closing, state.levers.analog_floor, p.closing_months, month)
    yearly = p.counter_cost * residents * kept + p.desk_cost * desks + p.point_cost * points + p.tablet_cost * tablets
    return watch.booked(yearly / 12)


# Sums by type


def check_flows(watch: Watch, this: Month) -> None:
    """The month's flows by type are those of the bodies, and the nation's are what it says."""
    country, state, before, p = watch.inputs.country, watch.state, this.before, watch.inputs.parameters
    month, n = this.number, state.municipalities.size
    assert (state.flows == 0).all()
    worker, harm, was, people, purse = state.workforce, state.harm, before.harm, state.cohorts, state.purses
    resigned = this.of(events.RESIGNED)
    leaving = np.bincount(resigned.municipality, resigned.amount, minlength=n)
    heavy = worker.overload > 1.2
    beyond = worker.demand - 1.2 * (worker.supply + worker.lent)
    burden = people.online * p.online_burden + people.analog * p.counter_burden + people.assisted * p.assisted_burden
    member = state.municipalities.group >= 0
    running = np.maximum(0.0, purse.legacy + purse.new)
    saved = np.where(member, running * purse.saving + purse.grant - purse.coordination, 0.0)
    recount = {
        "staff": worker.staff + leaving,
        "own_work": worker.demand,
        "overloaded_bodies": heavy,
        "overload": np.where(heavy, beyond, 0.0),
        "pool": worker.pool,
        "resignations": leaving,
        "refusals": np.bincount(this.of(events.REFUSED).municipality, minlength=n),
        "burden_hours": burden,
        "incidents": harm.incidents - was.incidents,
        "affected_residents": harm.affected - was.affected,
        "impact": harm.impact - was.impact,
        "rollbacks": harm.rollbacks - was.rollbacks,
        "security_incidents": harm.security_incidents - was.security_incidents,
        "exposed_records": harm.exposed - was.exposed,
        "interfaces": harm.interfaces,
        "interoperability": interoperability(watch),
        "cooperating_bodies": member,
        "saving": saved,
    }
    recount |= {f"level_{name}": state.programmes.level[:, d] for d, name in enumerate(PROGRAMMES)}
    for channel in ("online", "assisted", "analog", "excluded"):
        recount |= {f"{channel}_{cohort}": people[channel][:, a] for a, cohort in enumerate(COHORTS)}
    row = watch.series.flows[month]
    sums = {
        "saving": running,
        "exposed_records": harm.exposed,
        "impact": harm.impact,
        "affected_residents": harm.affected,
    }
    scales = {name: 1 + watch.by_kind(values) for name, values in sums.items()}
    for name, values in recount.items():
        found = row[:, FLOWS.index(name)]
        assert close(found, watch.by_kind(np.asarray(values, dtype=float)), scales.get(name, 1.0)), name
    assert set(FLOWS) == {*recount, "worse_off_bodies"}
    loss = -saved - watch.inputs.parameters.rounding_unit / 2  # what is less than half a unit is not booked
    surely, perhaps = loss > CLOSE * purse.baseline, loss > -CLOSE * purse.baseline
    worse = row[:, FLOWS.index("worse_off_bodies")]
    assert (watch.by_kind(surely & member) <= worse).all()
    assert (worse <= watch.by_kind(perhaps & member)).all()
    for name, value in {
        "fund_balance": state.treasury[FUND],
        "groups": (state.groups.members > 0).sum(),
        "cooperating_bodies": member.sum(),
        **dict(zip(TALKS, state.talks, strict=True)),
    }.items():
        assert watch.series.national[month, NATIONAL.index(name)] == value, name
    for column, name in enumerate(VENDOR):
        assert (watch.series.vendors[month, :, column] == state.vendors[name]).all(), name
    assert (country.kind_size == watch.by_kind(np.ones(n))).all()


def interoperability(watch: Watch) -> np.ndarray:
    """Return what working together is worth to each body in this month (yen)."""
    state, p = watch.state, watch.inputs.parameters
    live, systems = state.municipalities.live.astype(float), state.municipalities.systems.astype(float)
    pairs = systems * (systems - 1)
    within = np.divide(live * (live - 1), pairs, out=np.zeros_like(live), where=pairs > 0)
    area = watch.inputs.country.municipalities.prefecture if p.data_sharing == 1 else np.zeros(live.size, dtype=int)
    share = (np.bincount(area, live) / np.maximum(1, np.bincount(area, systems)))[area]
    between = (0.0, 0.5, 1.0)[p.data_sharing] * share**2
    return p.interoperability_benefit * state.purses.baseline / 12 * (within / 2 + between / 2)


# 6. Ranges


def check_ranges(watch: Watch, this: Month) -> None:
    """Beliefs, exposures, quotes and concentration stay within their bounds."""
    inputs, state, parameters, month = watch.inputs, watch.state, watch.inputs.parameters, this.number
    assert ((state.municipalities.belief >= 0) & (state.municipalities.belief <= 1)).all()
    assert watch.series.national[month, 0] == pytest.approx(state.municipalities.belief.mean(), abs=1e-12)
    assert np.isin(watch.series.national[: month + 1, 1], (0, 1)).all()
    assert (np.diff(watch.series.national[: month + 1, 1]) >= 0).all()
    assert ((state.quoted_wait >= 0) & (state.quoted_wait <= parameters.quoted_wait_ceiling)).all()
    assert (state.vendors.capacity >= 0).all()
    assert (state.vendors.queue_wait >= 0).all()
    shares = state.vendors.systems_served / state.vendors.systems_served.sum()
    assert shares.sum() == pytest.approx(1, abs=1e-12)
    assert 1e4 / shares.size - 1e-6 <= 1e4 * (shares**2).sum() <= 1e4 + 1e-6
    assert inputs.market.share.sum() == pytest.approx(1, abs=1e-12)
    assert (state.intent >= state.gate_intent).all()
    assert ((state.cohorts.trained >= 0) & (state.cohorts.trained <= 1)).all()
    assert ((state.lots.tender >= 0) & (state.lots.tender <= 1)).all()
    assert ((state.lots.price > 0) & (state.lots.price <= 1)).all()
    for array in (state.intent, state.flows, *(state.purses[name] for name in ("legacy", "new", "saving"))):
        assert np.isfinite(array).all()
    assert np.isfinite(state.municipalities.readiness).all()
    for name, (low, high) in LEVER_BOUNDS.items():
        assert ((state.levers[name] >= low) & (state.levers[name] <= high)).all(), name
    if state.nation[0].released:
        assert month >= parameters.deadline
    if month % 18 == 17:
        check_exposure(watch)


def check_exposure(watch: Watch) -> None:
    """Every row of the peers' weights sums to one, and what bodies see is what these weights give."""
    inputs, state, parameters = watch.inputs, watch.state, watch.inputs.parameters
    weight = weights(watch.nation, parameters.prefecture_exposure_weight, parameters.type_exposure_weight)
    assert np.asarray(weight.sum(axis=1)).ravel() == pytest.approx(1, abs=1e-12)
    assert weight.min() >= 0
    exposure = weight @ (state.lots.commit >= 0)
    assert ((exposure >= 0) & (exposure <= 1 + 1e-12)).all()
    for i in range(0, len(exposure), 7):
        for lot in range(len(LOTS)):
            found = peer_exposure(inputs.country, state, parameters, i, lot)
            assert found == pytest.approx(exposure[i, lot], abs=1e-12)
