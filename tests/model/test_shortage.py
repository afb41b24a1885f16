"""When vendors give notice, what they count, and where they book again; reasons say what stood in the way."""

from __future__ import annotations

import numpy as np
import pytest

from dxsim.model import shortage, vendor_queue
from dxsim.model.codes import Held, Reason, SystemState
from dxsim.model.run import begin, prepare, run_inputs
from dxsim.model.schedule import advance
from dxsim.model.state import Run
from dxsim.scenario.scenario import load_scenario
from tests.model.bodies import OPERATIONS, country_of, parameters_with, run_of, state_of
from tests.model.cases import DEADLINE, mixed_nation, plain
from tests.model.laws import BY_VENDOR, NO_BLOCKERS

N = 4


def queue_of(capacity: float, **parameters: object) -> Run:
    """Return a run in which one vendor has a queue of all systems of four municipalities, in their order.

    Each takes one reference job, of which a tenth can be done in a month.
    """
    state = state_of(N)
    state.systems.state = SystemState.ORDERED
    state.systems.work = state.systems.remaining = 1.0
    state.systems.limit = 0.1
    state.systems.municipality = np.arange(N)[:, None]
    state.municipalities.ordered = OPERATIONS
    state.branch_share[0, 1] = 1.0
    state.vendors.capacity = state.vendors.initial_capacity = capacity
    size = N * OPERATIONS
    state.queue.following = np.append(np.arange(1, size), -1).reshape(N, OPERATIONS)
    state.head[0], state.tail[0] = 0, size - 1
    state.queue.opens = 30
    return run_of(country_of(N), state, parameters_with(**parameters))


def test_each_system_ends_when_its_branch_has_worked_off_what_comes_before():
    run = queue_of(2.0)
    due_late, considered = vendor_queue.project(run, 39, 0, DEADLINE)
    place = np.arange(N * OPERATIONS)
    assert run.finish.tolist() == np.maximum(50, np.ceil(40 + (place + 1) / 2.0)).astype(int).tolist()
    assert considered == pytest.approx(80)
    assert due_late == pytest.approx((run.finish > DEADLINE).sum())


def test_what_is_booked_past_the_deadline_takes_no_engineers_before_it():
    """The first edition laid it out with the rest, so that systems that would have been in time were put off, too."""
    run = queue_of(2.0)
    run.queue.opens[0] = DEADLINE + 10  # the first municipality's are booked again: first in the queue, last to begin
    run.systems.flag[0] = Reason.VENDOR_RESOURCES
    vendor_queue.project(run, 39, 0, DEADLINE)
    finish = run.finish.reshape(N, OPERATIONS)
    others = np.arange(3 * OPERATIONS)
    expected = np.maximum(50, np.ceil(40 + (others + 1) / 2.0)).astype(int)
    assert finish[1:].ravel().tolist() == expected.tolist()
    assert (finish[0] >= DEADLINE + 20).all()


@pytest.mark.parametrize("opens", [30, 42, 45, 46, 48, 55])
def test_vendors_give_notice_of_work_that_is_to_begin_soon(opens):
    run = queue_of(0.1, vendor__notice_months=6, vendor__shortage_threshold=0.0, vendor__retender_probability=0)
    run.queue.opens[:] = opens
    shortage.review_books(run, 38)
    assert (run.vendors[0].shortage == 0) == (opens > 44)
    run = queue_of(0.1, vendor__notice_months=6, vendor__shortage_threshold=0.0, vendor__retender_probability=0)
    run.queue.opens[:] = opens
    shortage.review_books(run, 41)
    assert (run.vendors[0].shortage == 1) == (opens <= 47)
    assert (run.systems.flag[-1, -1] == Reason.VENDOR_RESOURCES) == (opens <= 47)


def test_a_branch_makes_up_what_it_has_put_off_with_the_engineers_that_stay():
    """Work booked again is laid out one after the other, and nothing is put off beyond the second date."""
    settings = {"vendor__shortage_threshold": 0.0, "vendor__retender_probability": 0, "vendor__notice_months": 180}
    run = queue_of(2.0, vendor__capacity_after_deadline=0.5, **settings)
    vendor_queue.project(run, 41, 0, DEADLINE)
    was_late = (run.finish > DEADLINE).reshape(N, OPERATIONS)
    shortage.review_books(run, 41)
    flagged = run.systems.flag == Reason.VENDOR_RESOURCES
    assert (flagged == was_late).all()
    assert 20 < flagged.sum() < N * OPERATIONS
    ahead = np.arange(flagged.sum())  # one reference job each, of which the branch does one a month
    assert run.systems.earliest_start[flagged].tolist() == (DEADLINE + ahead).tolist()
    assert (run.systems.window[flagged] == run.systems.earliest_start[flagged] + 10).all()
    assert (run.queue.opens[flagged] == run.systems.earliest_start[flagged]).all()
    slow = queue_of(0.1, vendor__capacity_after_deadline=0.1, **settings)
    shortage.review_books(slow, 41)
    assert slow.systems.earliest_start.max() == 120 - 10  # to be live by the second date


def test_the_tail_is_shorter_where_more_engineers_stay():
    """In the first edition everything was over a uniform gate, and engineers after the deadline changed nothing."""
    tails = []
    for kept in (0.1, 0.4, 1.0):
        overrides = {"vendor.capacity_ratio": 0.5, "vendor.capacity_after_deadline": kept}
        overrides |= {"vendor.shortage_threshold": 0.05, "vendor.retender_probability": 0}
        systems = run_inputs(prepare(mixed_nation(6, 7), plain(overrides), 1)).state.systems
        put_off = (systems.flag == Reason.VENDOR_RESOURCES) & (systems.state >= 0)
        assert put_off.sum() > 50
        tails.append(np.where(systems.live[put_off] < 0, 180, systems.live[put_off]).mean())
    assert tails[0] > tails[1] > tails[2]


def test_a_system_that_own_staff_holds_up_is_not_late_for_want_of_engineers():
    """The first edition called it R4 if it was ordered in time, whatever held it up."""
    overrides = {
        "vendor.capacity_ratio": 100,
        "vendor.travel_share": 1,
        "vendor.readiness_mean": 20,
        "vendor.specialist_readiness_mean": 20,
        "vendor.shortage_threshold": 1,
        "staff.staffing": "binding",
        "staff.staff_of_100": 0.1,
        "staff.migration_effort": 20,
        "staff.prefectural_pool": 0,
        **{f"legacy.{name}_share": 0 for name in ("mainframe", "bespoke", "no_product")},
    }
    run = begin(prepare(mixed_nation(6, 7), plain(overrides), 1))
    advance(run, 0, DEADLINE)
    systems = run.systems
    waits = (systems.reason > 0) & (systems.order >= 0) & (systems.order < DEADLINE - 20)
    assert waits.sum() > 20
    assert (systems.reason[waits] == Reason.OWN_SIDE).all()
    assert (systems.blocker[waits] == Held.OWN_STAFF).mean() > 0.9


def test_the_reason_of_every_late_system_stands_in_its_ledger():
    """What held it up last, month by month, decides, unless it is known to be hard or its vendor has given notice."""
    overrides = {"vendor.capacity_ratio": 0.6, "vendor.shortage_threshold": 1}
    overrides |= {"commitment.mandate_hazard": 0.05, "commitment.own_motive_hazard": 0.003}
    run = begin(prepare(mixed_nation(10, 14), load_scenario("baseline", overrides), 1))
    last, before = np.zeros(run.systems.shape, dtype=int), run.delay.astype(int)
    for month in range(DEADLINE):
        advance(run, month, month + 1)
        now = run.delay.astype(int)
        held = np.where((now > before).any(axis=2), (now - before).argmax(axis=2), Held.NOT_YET)
        last, before = np.where(np.isin(held, (Held.NOT_YET, *NO_BLOCKERS)), last, held), now
    systems, by_vendor = run.systems, np.isin(last, BY_VENDOR)
    is_late, is_known = systems.reason > 0, systems.flag > 0
    assert (is_late == ((systems.state >= 0) & (systems.live < 0))).all()
    assert (systems.reason == systems.flag)[is_late & is_known].all()
    assert run.offered.all()
    open_cases = is_late & ~is_known
    assert (systems.reason[open_cases & by_vendor] == Reason.VENDOR_RESOURCES).all()
    assert (systems.reason[open_cases & ~by_vendor] == Reason.OWN_SIDE).all()
    assert (open_cases & by_vendor).sum() > 20
    assert (open_cases & ~by_vendor).sum() > 20
