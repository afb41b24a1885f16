"""The log tells the whole story: replaying its events on the start of a run gives what the run ends with, exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dxsim.model import events
from dxsim.model.run import EVENTS_PER_SYSTEM, Inputs, begin, prepare, run_inputs
from dxsim.model.schedule import advance
from dxsim.model.state import State
from dxsim.nation.nation import load_nation
from dxsim.scenario.scenario import Scenario, VendorEvent, load_scenario, scenario_names
from dxsim.terms.calendar import MONTHS
from tests.model.cases import arrays_of, differing_fields, mixed_nation
from tests.model.replay import Replayed, of_state, replay, run_logged

TEXT = {"en": "The vendor leaves.", "ja": "撤退"}


def logged(inputs: Inputs) -> State:
    """Return the final state of a run that kept its log."""
    room = 0
    while True:
        run = begin(inputs, room + 1)
        advance(run, 0, MONTHS)
        if run.logged[0] <= run.log.size:
            return run.state
        room = int(run.logged[0])


def log_of(state: State) -> np.ndarray:
    return state.log[: int(state.logged[0])]


def differences(one: Replayed, other: Replayed) -> list[str]:
    return [name for name in Replayed._fields if getattr(one, name).tobytes() != getattr(other, name).tobytes()]


def kinds(state: State) -> set[str]:
    return {events.KINDS[kind] for kind in np.unique(log_of(state)["kind"])}


def leaving(month: int, lots: tuple[str, ...], ranks: tuple[int, ...] = (1, 2)) -> tuple[VendorEvent, ...]:
    return (VendorEvent(month, ranks, 0.5, lots, TEXT),)


def with_events(scenario: Scenario, vendor_events: tuple[VendorEvent, ...]) -> Scenario:
    from dataclasses import replace

    return replace(scenario, vendor_events=(*scenario.vendor_events, *vendor_events))


TROUBLE = {
    "quality.incident_rate": 2.0,  # nearly every cut-over has one
    "quality.rollback_severity": 0.002,
    "vendor.capacity_ratio": 0.4,
    "vendor.retender_probability": 0.5,
    "vendor.shortage_threshold": 0.1,
    "legacy.no_product_share": 0.1,
    "staff.resignation_rate": 0.2,
    "staff.operations_effort": 2.0,
    "security.security_hazard": 0.01,
}


def test_the_log_of_the_synthetic_nation_gives_its_final_state() -> None:
    inputs = prepare(load_nation("synthetic"), load_scenario("baseline"), 1)
    state = logged(inputs)
    assert differences(replay(inputs, log_of(state)), of_state(state)) == []
    assert {"committed", "ordered", "started", "live", "done", "called_late", "flagged", "level"} <= kinds(state)


@pytest.mark.parametrize("name", scenario_names())
def test_the_log_of_every_shipped_scenario_gives_its_final_state(name: str) -> None:
    inputs = prepare(mixed_nation(7, 9), load_scenario(name), 3)
    state = logged(inputs)
    assert differences(replay(inputs, log_of(state)), of_state(state)) == []


def test_every_kind_of_event_is_logged_and_replayed() -> None:
    """A nation with all the trouble there is."""
    scenario = with_events(load_scenario("baseline", TROUBLE), leaving(50, ("core", "health")))
    inputs = prepare(mixed_nation(10, 12), scenario, 5)
    state = logged(inputs)
    assert differences(replay(inputs, log_of(state)), of_state(state)) == []
    assert kinds(state) == set(events.KINDS)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**63 - 1),
    rows=st.integers(1, 6),
    overrides=st.fixed_dictionaries(
        {
            "vendor.count": st.integers(1, 12),
            "vendor.capacity_ratio": st.floats(0.1, 2.0),
            "vendor.retender_probability": st.floats(0, 1),
            "vendor.shortage_threshold": st.floats(0, 1),
            "vendor.queue_discipline": st.sampled_from(["first_come", "shortest_job", "group_first"]),
            "vendor.specialists": st.integers(0, 6),
            "vendor.travel_share": st.floats(0, 1),
            "vendor.reserve_months": st.floats(0, 12),
            "quality.incident_rate": st.floats(0, 3),
            "quality.rollback_severity": st.floats(0, 0.01),
            "legacy.mainframe_share": st.floats(0, 0.2),
            "money.budget": st.sampled_from(["binding", "unlimited"]),
            "staff.staffing": st.sampled_from(["binding", "unlimited"]),
            "cooperation.formation": st.sampled_from(["none", "yearly"]),
            "cooperation.contract_months": st.integers(0, 60),
            "cooperation.shared_system": st.sampled_from(["off", "on"]),
            "security.governance_requirement": st.integers(0, 3),
        }
    ),
    leaves=st.one_of(st.none(), st.integers(20, 100)),
    lots=st.lists(st.sampled_from(["core", "health", "family_register"]), min_size=1, unique=True),
)
def test_the_log_gives_the_final_state_whatever_happens(
    seed: int, rows: int, overrides: dict[str, object], leaves: int | None, lots: list[str]
) -> None:
    shocks = leaving(leaves, tuple(lots)) if leaves is not None else ()
    inputs = prepare(mixed_nation(rows, 5), with_events(load_scenario("baseline", overrides), shocks), seed)
    state = logged(inputs)
    assert differences(replay(inputs, log_of(state)), of_state(state)) == []


def test_the_months_of_the_log_are_in_order_and_name_what_there_is() -> None:
    inputs = prepare(mixed_nation(6, 6), load_scenario("baseline", TROUBLE), 2)
    log = log_of(logged(inputs))
    assert (np.diff(log["month"]) >= 0).all()
    assert log["month"].min() >= 0
    assert log["month"].max() < MONTHS
    assert log["municipality"].min() >= 0
    assert log["municipality"].max() < 36


def test_keeping_a_log_changes_no_bit_of_a_run() -> None:
    inputs = prepare(mixed_nation(5, 5), load_scenario("baseline"), 9)
    assert arrays_of(differing_fields(run_inputs(inputs), run_logged(inputs))) == {"log", "logged"}


def test_an_event_that_is_left_out_is_missed() -> None:
    """The replay is a test of the log, not of itself: without any one of these kinds it fails."""
    scenario = with_events(load_scenario("baseline", TROUBLE), leaving(50, ("core", "health")))
    inputs = prepare(mixed_nation(10, 12), scenario, 5)
    state = logged(inputs)
    log = log_of(state)
    silent = {"refused", "failed_cutover", "incident", "breach", "resigned"}  # say nothing of the replayed fields
    hidden = {"released", "withdrawn"}  # what follows them overwrites the state
    for kind, name in enumerate(events.KINDS):
        found = differences(replay(inputs, log[log["kind"] != kind]), of_state(state))
        if name in silent:
            assert found == [], name
        elif name not in hidden:
            assert found, name


def test_a_log_that_is_too_small_is_kept_whole_by_running_again() -> None:
    """Incidents without end: more events than the first room holds."""
    many = {"quality.incident_rate": 60.0, "quality.rollback_severity": 1.0}
    inputs = prepare(mixed_nation(4, 4), load_scenario("baseline", many), 1)
    outcome = run_logged(inputs)
    assert outcome.log.size > EVENTS_PER_SYSTEM * 16 * 20
    state = logged(inputs)
    assert outcome.log.tobytes() == log_of(state).tobytes()


def test_a_log_counts_on_when_it_is_full() -> None:
    inputs = prepare(mixed_nation(4, 4), load_scenario("baseline"), 1)
    run = begin(inputs, 10)
    advance(run, 0, MONTHS)
    assert run.logged[0] == run_logged(inputs).log.size > 10
