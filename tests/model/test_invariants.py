"""What must hold at the end of every month, whatever the parameters.

Each month is recounted from the systems alone and compared with the running counts; the vendors' service is done again
job by job.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from dxsim.model.commitment import is_gate_open, peer_exposure
from dxsim.model.run import Inputs, begin, prepare, proceed
from dxsim.model.state import (
    DECLARED,
    DONE,
    LATE,
    LEGACY,
    LIVE,
    MIGRATING,
    MONTHLY,
    NEVER,
    ORDERED,
    PLANNING,
    TRANSITIONS,
    VENDOR,
    VENDOR_RESOURCES,
    WITHDRAWN,
    Series,
    State,
)
from dxsim.nation.nation import SYNTHETIC, SYNTHETIC_FOLDER, load_nation
from dxsim.nation.network import weights
from dxsim.nation.operations import lots
from dxsim.scenario.registry import REGISTRY, sample_space
from dxsim.scenario.scenario import Announcement, VendorEvent, contradictions, load_scenario
from tests.model.cases import MONTHS, copy_of, mixed_nation

TOLERANCE = 1e-6  # reference jobs
LOTS = tuple(lot.lot for lot in lots())
OPEN = (PLANNING, ORDERED, MIGRATING)  # committed, not finished, not withdrawn

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


def test_moves_of_a_month_use_each_transition():
    assert MOVES[False] >= TRANSITIONS
    assert MOVES[True] > MOVES[False]
    for first, last in MOVES[True]:
        assert last != LEGACY or first == LEGACY
        assert first < LIVE or last >= first


class Watch:
    """A run that is stepped month by month, with what each month is compared with."""

    def __init__(self, inputs: Inputs, weight: np.ndarray) -> None:
        self.inputs, self.weight = inputs, weight
        self.state, self.series = begin(inputs)
        self.initial = copy_of(self.state)
        self.last_order = np.full(self.state.systems.shape, -1)  # month; the state keeps the first one
        self.started_anew = 0.0  # work done for vendors that let a system down, of no use to the next one

    def step(self, month: int) -> None:
        """Run one month and check it."""
        before = copy_of(self.state)
        proceed(self.inputs, self.state, self.series, month, month + 1)
        ordered_now = self.ordered_now(before, month)
        assert (self.state.systems.order[ordered_now & (self.last_order < 0)] == month).all()
        self.last_order[ordered_now] = month
        opening = self.opening(before, month)
        check_systems(self, before, month)
        check_counts(self, month)
        check_vendors(self, before, opening)
        check_service(self, before, opening, month)
        check_queues(self)
        check_reasons(self, before, month)
        check_ranges(self, month)

    def left_now(self, before: State, month: int) -> np.ndarray:
        """Return which systems are of a lot that their vendor leaves in this month, (n, O)."""
        lot_of, events = self.inputs.country.lot_of, self.inputs.events.vendor_events
        left = np.zeros(before.systems.shape, dtype=bool)
        for shock in events[events.month == month]:
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
        opening, systems = copy_of(before), self.state.systems
        tendered = self.tendered_now(before, month)
        self.started_anew += (systems.work - before.systems.remaining)[tendered].sum()
        opening.systems.remaining[tendered] = systems.work[tendered]
        opening.systems.gate[tendered & (before.systems.flag == VENDOR_RESOURCES)] = 0
        assert (systems.remaining <= opening.systems.remaining).all()
        return opening


def check_systems(watch: Watch, before: State, month: int) -> None:
    """States sum to the operations that apply, move by legal steps, and their dates are in order."""
    country, systems, lot_of = watch.inputs.country, watch.state.systems, watch.inputs.country.lot_of
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
    planned = systems.since + watch.state.lots.planning_months[:, lot_of]
    assert (planned[systems.state == PLANNING] > month).all()  # nobody plans for longer than needed
    parallel = month + 1 - systems.live[systems.state == LIVE]
    assert (parallel < max(1, watch.inputs.parameters.stabilisation_months)).all()
    known = before.lots.commit >= 0
    assert (watch.state.lots.commit[known] == before.lots.commit[known]).all()
    assert (systems.work == watch.initial.systems.work).all()
    assert (systems.remaining >= -1e-12).all()
    assert (systems.remaining[is_live] <= 1e-9).all()


def check_counts(watch: Watch, month: int) -> None:
    """Running counts, of nation, bodies, prefectures, types and neighbours, equal a recount."""
    country, state = watch.inputs.country, watch.state
    systems, kind = state.systems, country.municipalities.kind
    kinds = country.kind_size.size

    def by_kind(mask: np.ndarray) -> np.ndarray:
        per_body = mask if mask.ndim == 1 else mask.sum(axis=1)
        return np.bincount(kind, weights=per_body, minlength=kinds).astype(int)

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
    assert (bodies.withdrawn == (systems.state == WITHDRAWN).sum(axis=1)).all()
    assert (bodies.late == is_late.sum(axis=1)).all()
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


def check_vendors(watch: Watch, before: State, opening: State) -> None:
    """Work is neither lost nor made: contracted = done + in the book + withdrawn; customers add up."""
    country, state, parameters = watch.inputs.country, watch.state, watch.inputs.parameters
    systems, vendors = state.systems, state.vendors
    count = vendors.size
    is_open = np.isin(systems.state, OPEN)
    book = np.bincount(systems.vendor[is_open], weights=systems.remaining[is_open], minlength=count)
    assert np.abs(vendors.book - book).max() < TOLERANCE
    balance = vendors.contracted - vendors.total_done - vendors.book - vendors.withdrawn
    assert np.abs(balance).max() < TOLERANCE
    assert np.abs(vendors.total_done - before.vendors.total_done - vendors.work_done).max() < TOLERANCE
    done = (systems.work - systems.remaining)[systems.state >= LEGACY].sum()
    assert abs(vendors.total_done.sum() - done - watch.started_anew) < TOLERANCE

    given = opening.systems.remaining - systems.remaining
    took = given > 0
    by_vendor = np.bincount(systems.vendor[took], weights=given[took], minlength=count)
    assert np.abs(vendors.work_done - by_vendor).max() < TOLERANCE
    output = vendors.capacity * (1 + before.vendors.go_lives / parameters.learning_unit) ** parameters.learning_exponent
    assert (vendors.work_done <= output * (1 + 1e-12) + TOLERANCE).all()

    applies, is_new = systems.state >= LEGACY, systems.state >= LIVE
    user_of = np.where(is_new, systems.vendor, state.lots.legacy[:, country.lot_of])
    population = np.broadcast_to(country.municipalities.population[:, None], applies.shape)
    assert (vendors.systems_served == np.bincount(user_of[applies], minlength=count)).all()
    assert (vendors.population_served == np.bincount(user_of[applies], population[applies], minlength=count)).all()
    assert (vendors.go_lives == np.bincount(systems.vendor[is_new], minlength=count)).all()


def check_service(watch: Watch, before: State, opening: State, month: int) -> None:
    """Serve every vendor's jobs again in order: each gets its limit until the output is used up, no output idles."""
    inputs, state, parameters = watch.inputs, watch.state, watch.inputs.parameters
    systems, lot_of = state.systems, inputs.country.lot_of
    was_queued = np.isin(before.systems.state, (ORDERED, MIGRATING)) & ~watch.left_now(before, month)
    queued = was_queued | (watch.last_order == month)
    ready = state.ready[systems.vendor, lot_of] <= month
    may_work = queued & ready & (opening.systems.gate <= month)
    output = state.vendors.capacity * (
        (1 + before.vendors.go_lives / parameters.learning_unit) ** parameters.learning_exponent
    )
    given = (opening.systems.remaining - systems.remaining).ravel()
    limit = np.maximum(parameters.minimum_service, systems.work / parameters.minimum_months)
    wanted = np.minimum(opening.systems.remaining, limit).ravel()
    rank = priority(watch).ravel()
    for vendor in range(state.vendors.size):
        mine = np.flatnonzero((may_work & (systems.vendor == vendor)).ravel())
        mine = mine[np.argsort(rank[mine], kind="stable")]
        ahead = np.concatenate([[0.0], np.cumsum(wanted[mine])[:-1]]) if mine.size else np.empty(0)
        expected = np.clip(output[vendor] - ahead, 0.0, wanted[mine])
        assert np.abs(given[mine] - expected).max(initial=0.0) < TOLERANCE
        # Work conservation: with enough for everybody to take in, no output idles.
        if wanted[mine].sum() >= output[vendor]:
            assert abs(state.vendors.work_done[vendor] - output[vendor]) < TOLERANCE
    assert (given[~may_work.ravel()] == 0).all()


def priority(watch: Watch) -> np.ndarray:
    """Return the place of every system in a queue, (n, O): by the discipline, then by body, then by operation."""
    state, parameters = watch.state, watch.inputs.parameters
    n, n_operations = state.systems.shape
    population = np.broadcast_to(watch.inputs.country.municipalities.population[:, None], (n, n_operations))
    by_discipline = (watch.last_order, state.systems.work, population)[parameters.queue_discipline]
    tie = np.broadcast_to(state.municipalities.tie[:, None], (n, n_operations))
    operation = np.broadcast_to(np.arange(n_operations), (n, n_operations))
    order = np.lexsort((operation.ravel(), tie.ravel(), by_discipline.ravel()))
    place = np.empty(order.size, dtype=int)
    place[order] = np.arange(order.size)
    return place.reshape(n, n_operations)


def check_queues(watch: Watch) -> None:
    """The linked lists hold exactly the ordered and migrating systems of their vendor, in order of priority."""
    state, rank = watch.state, priority(watch).ravel()
    systems = state.systems.ravel()
    following = systems.following.tolist()
    for vendor, head in enumerate(state.head.tolist()):
        listed, system = [], head
        while system != -1:
            listed.append(system)
            system = following[system]
            assert len(listed) <= systems.size
        waiting = np.flatnonzero(np.isin(systems.state, (ORDERED, MIGRATING)) & (systems.vendor == vendor))
        assert sorted(listed) == waiting.tolist()
        assert all(rank[one] < rank[other] for one, other in pairwise(listed))
        if listed:
            assert state.tail[vendor] == listed[-1]


def check_reasons(watch: Watch, before: State, month: int) -> None:
    """From the deadline on every late system has one reason for good, and late systems only grow fewer."""
    systems, deadline = watch.state.systems, watch.inputs.parameters.deadline
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
    assert (systems.reason == before.systems.reason).all()
    assert stock[month] <= stock[month - 1]
    live_late = (systems.reason > 0) & (systems.live >= 0)
    assert (systems.live[live_late] > deadline).all()
    on_time = (systems.state >= LIVE) & (systems.reason == 0)
    assert (systems.live[on_time] <= deadline).all()


def check_ranges(watch: Watch, month: int) -> None:
    """Beliefs, exposures, quotes and concentration stay within their bounds."""
    inputs, state, parameters = watch.inputs, watch.state, watch.inputs.parameters
    assert ((state.municipalities.belief >= 0) & (state.municipalities.belief <= 1)).all()
    assert watch.series.national[month, 0] == pytest.approx(state.municipalities.belief.mean(), abs=1e-12)
    assert np.isin(watch.series.national[: month + 1, 1], (0, 1)).all()
    assert (np.diff(watch.series.national[: month + 1, 1]) >= 0).all()
    assert ((state.quoted_wait >= 0) & (state.quoted_wait <= parameters.quoted_wait_ceiling)).all()
    assert (state.vendors.capacity >= 0).all()
    shares = state.vendors.systems_served / state.vendors.systems_served.sum()
    assert 1e4 / shares.size - 1e-6 <= 1e4 * (shares**2).sum() <= 1e4 + 1e-6
    assert (state.intent >= state.gate_intent).all()
    if month % 18 == 17:
        exposure = watch.weight @ (state.lots.commit >= 0)
        assert ((exposure >= 0) & (exposure <= 1 + 1e-12)).all()
        for i in range(0, len(exposure), 7):
            for lot in range(len(LOTS)):
                found = peer_exposure(inputs.country, state, parameters, i, lot)
                assert found == pytest.approx(exposure[i, lot], abs=1e-12)
    if state.nation[0].released:
        assert month >= parameters.deadline


def random_case(number: int) -> tuple[dict[str, object], tuple[VendorEvent, ...], tuple[Announcement, ...]]:
    """Return the parameters and events of case `number`: within the ranges, and now and then at an extreme."""
    generator = np.random.default_rng([1741, number])
    while True:
        values: dict[str, object] = {}
        for name, _, low, high in sample_space():
            entry = REGISTRY[name]
            draw = generator.choice([low, high]) if generator.random() < 0.15 else generator.uniform(low, high)
            values[name] = int(draw) if entry.type == "int" else float(draw)
        for name, entry in REGISTRY.items():
            if entry.type == "choice":
                values[name] = str(generator.choice(entry.choices))
        values["policy.deadline"] = str(generator.choice(["2024-03", "2025-08", "2026-03", "2027-06", "2028-03"]))
        values["vendor.capacity_ratio"] = float(generator.choice([0, 0.02, 0.6, 0.85, 1.5, 3, 1e6]))
        extremes = {
            "vendor.count": [1, 2, 7, 20, 64],
            "vendor.planning_months": [0, 3, 9],
            "vendor.stabilisation_months": [0, 1, 12],
            "vendor.retender_probability": [0, 0.3, 1],
            "vendor.shortage_threshold": [0, 0.05, 0.5],
            "vendor.substitute_months": [0, 6],
            "vendor.readiness_mean": [0, 30, 48],
            "policy.extension_threshold": [0.0, 0.1],
            "legacy.bespoke_share": [0.0, 0.0057, 0.3],
        }
        for name, choices in extremes.items():
            choice = generator.choice(choices)
            values[name] = int(choice) if REGISTRY[name].type == "int" else float(choice)
        if generator.random() < 0.4:
            values["commitment.peer_hazard"] = 0.0
        resolved = load_scenario("baseline").values | values
        if not contradictions(resolved):
            break
    events = []
    for _ in range(generator.integers(0, 4)):
        vendors = tuple(sorted(set(generator.integers(1, 9, 3).tolist())))
        withdrawn = tuple(lot for lot in LOTS if generator.random() < 0.4)
        factor = float(generator.choice([0.0, 0.5, 1.0, 2.0]))
        events.append(VendorEvent(int(generator.integers(0, 120)), vendors, factor, withdrawn, ""))
    statements = tuple(
        Announcement(int(generator.integers(0, 90)), float(generator.random()), "")
        for _ in range(generator.integers(0, 4))
    )
    return values, tuple(sorted(events, key=lambda event: event.month)), statements


@cache
def small_nation():
    return mixed_nation(6, 7)


def watch_case(number: int) -> tuple[State, Series]:
    """Step the case `number` through all months and return how it ends."""
    values, events, statements = random_case(number)
    scenario = replace(load_scenario("baseline", values), vendor_events=events, announcements=statements)
    inputs = prepare(small_nation(), scenario, number)
    watch = Watch(inputs, weights_of(small_nation(), values))
    for month in range(MONTHS):
        try:
            watch.step(month)
        except AssertionError as error:
            raise AssertionError(f"case {number}, month {month}: {error}") from error
    return watch.state, watch.series


def weights_of(nation, values):
    resolved = load_scenario("baseline").values | values
    return weights(
        nation,
        float(resolved["commitment.prefecture_exposure_weight"]),
        float(resolved["commitment.type_exposure_weight"]),
    )


CASES, CASES_OF_LONG_LANE = 40, 2000


@pytest.fixture(scope="module")
def ends():
    return []


@pytest.mark.parametrize("number", range(CASES))
def test_invariants_hold_every_month(number, ends):
    ends.append(watch_case(number))


def test_cases_reach_all_that_they_should(ends):
    """The invariants would mean little if cases never withdrew, announced, or were late."""
    if len(ends) < CASES:
        pytest.skip("only after all cases")
    states = set(np.unique(np.concatenate([state.systems.state.ravel() for state, _ in ends])))
    assert states >= {-1, LEGACY, WITHDRAWN, ORDERED, DONE}
    reasons = np.unique(np.concatenate([state.systems.reason.ravel() for state, _ in ends]))
    assert reasons.tolist() == [0, 1, 2, 3, 4, 5]
    assert sum(state.vendors.withdrawn.sum() > 0 for state, _ in ends) >= 10
    assert sum(series.vendors[:, :, VENDOR.index("shortage")].any() for _, series in ends) >= 10
    assert sum((state.systems.start >= 0).sum() > 0 for state, _ in ends) >= 20
    restarted = sum(
        state.vendors.total_done.sum() > (state.systems.work - state.systems.remaining).sum() + TOLERANCE
        for state, _ in ends
    )
    assert restarted > 0
    assert sum((state.ready == NEVER).any() for state, _ in ends) >= 10


@pytest.mark.long
@pytest.mark.parametrize("block", range(20))
def test_invariants_hold_in_many_more_cases(block):
    size = CASES_OF_LONG_LANE // 20
    for number in range(CASES + block * size, CASES + (block + 1) * size):
        watch_case(number)


def test_invariants_hold_for_the_whole_nation():
    if not SYNTHETIC_FOLDER.exists():
        pytest.skip("the synthetic nation has not been drawn yet")
    nation, scenario = load_nation(SYNTHETIC), load_scenario("baseline", {"commitment.peer_hazard": 0.03})
    watch = Watch(prepare(nation, scenario, 1), weights_of(nation, {"commitment.peer_hazard": 0.03}))
    for month in range(MONTHS):
        watch.step(month)


def test_gates_open_in_april_and_by_chance_with_supplementary_budgets():
    parameters = prepare(small_nation(), load_scenario("baseline"), 1).parameters
    opened = np.array([[is_gate_open(1, 1000 + i, month, parameters) for month in range(24)] for i in range(4000)])
    assert opened[:, [0, 12]].all()
    chance = [5, 8, 11, 17, 20, 23]
    assert not np.delete(opened, [0, 12, *chance], axis=1).any()
    z = (opened[:, chance].mean(axis=0) - 0.5) / (0.5 / np.sqrt(len(opened)))
    assert np.abs(z).max() < 5.5
