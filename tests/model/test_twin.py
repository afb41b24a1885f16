"""The kernels agree with the plain twin: the same states, dates, queues and counts, month by month."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxsim.model.run import run_model
from dxsim.model.schedule import PHASES
from dxsim.model.state import CAUSES, DONE, LEGACY, LIVE, MONTHLY, NATIONAL, NOT_APPLICABLE, REASONS, WITHDRAWN
from dxsim.nation import load_nation
from dxsim.nation.small import grid_nation
from dxsim.scenario.registry import REGISTRY, sample_space
from dxsim.scenario.scenario import VendorEvent, contradictions, load_scenario
from tests.twin import agreement
from tests.twin.agreement import disagreement
from tests.twin.model import COUNTS, PlainModel

LOTS = ("core", "child_disability", "child_rearing", "public_assistance", "health", "family_register")
KINDS = ("village", "town", "other_city", "core_city", "town", "designated_city", "special_ward", "special_case_city")
PEOPLE = (900, 9_000, 48_000, 310_000, 17_000, 1_400_000, 220_000, 190_000)


def mixed_nation(rows, columns):
    """Return a nation of four prefectures and of all types; sizes differ within each type."""
    size = rows * columns
    people = [PEOPLE[k % 8] * (10 + k % 7) // 10 for k in range(size)]
    return grid_nation(rows, columns, population=people, prefectures=4, type_=[KINDS[k % 8] for k in range(size)])


NATION = mixed_nation(7, 8)


def leaves(month, vendors, lots, factor=1.0):
    return VendorEvent(month, vendors, factor, lots, "")


PEERS = {"commitment.peer_hazard": 0.03}
SCARCE = {"vendor.capacity_ratio": 0.6, "vendor.shortage_threshold": 0.05, "vendor.retender_probability": 0.5}
CASES = {
    "baseline": ({}, ()),
    "linear peers": (PEERS, ()),
    "threshold peers": (
        PEERS | {"commitment.peer_response": "threshold", "commitment.own_motive_hazard": 0.01},
        (),
    ),
    "neighbours only": (
        PEERS | {"commitment.prefecture_exposure_weight": 0.0, "commitment.type_exposure_weight": 0.0},
        (),
    ),
    "shortest job first": (SCARCE | {"vendor.queue_discipline": "shortest_job"}, ()),
    "smallest municipality first": (SCARCE | {"vendor.queue_discipline": "smallest_municipality"}, ()),
    "first come": (SCARCE, ()),
    "no extension": ({"policy.extension_rule": "none", "commitment.gate_rule": "always_open"}, ()),
    "extension for all": ({"policy.extension_rule": "all", "belief.belief_learning": 1.0}, ()),
    "extension early": (
        {"policy.extension_threshold": 0.01, "policy.enforcement": 0.0, "commitment.mandate_hazard": 0.05},
        (),
    ),
    "gates always open": ({"commitment.gate_rule": "always_open"}, ()),
    "no capacity": ({"vendor.capacity_ratio": 0.0}, ()),
    "fluid market": (
        {"policy.portability": 1.0, "vendor.incumbency": 0.5, "vendor.neighbour_weight": 2.0, "vendor.count": 7},
        (),
    ),
    "capacity programme": (
        {"policy.capacity_programme": 0.4, "vendor.hiring_lag": 5, "vendor.labour_ceiling": 1.2},
        (),
    ),
    "no learning": (
        {"vendor.learning_exponent": 0.0, "vendor.work_dispersion": 0.0, "declaration.optimism": 0.0},
        (),
    ),
    "many hard systems": (
        {
            "legacy.mainframe_share": 0.1,
            "legacy.bespoke_share": 0.2,
            "legacy.no_product_share": 0.2,
            "legacy.hard_size_exponent": 0.5,
        },
        (),
    ),
    "early deadline": (
        {"policy.deadline": "2025-03", "policy.readiness_shift": -8, "vendor.planning_months": 3.0},
        (),
    ),
    "no planning, no parallel run": ({"vendor.planning_months": 0.0, "vendor.stabilisation_months": 0}, ()),
    "large vendors leave lots": (
        SCARCE,
        (leaves(45, (1, 2), ("core", "health")), leaves(50, (3,), LOTS), leaves(62, (1,), ("family_register",), 0.5)),
    ),
    "all vendors leave a lot": (
        {"vendor.count": 12, "vendor.substitute_months": 3},
        (leaves(44, tuple(range(1, 13)), ("health",)), leaves(66, tuple(range(1, 65)), LOTS, 0.0)),
    ),
    "firm belief, little pressure": (
        {
            "belief.initial_extension_belief": 0.0,
            "belief.belief_learning": 0.0,
            "belief.shortage_belief_rise": 0.0,
            "commitment.mandate_hazard": 0.02,
            "commitment.own_motive_hazard": 0.0,
            "policy.extension_rule": "none",
        },
        (),
    ),
    "one vendor leaves in its own shortage": (SCARCE | {"vendor.count": 1}, (leaves(55, (1,), ("core",)),)),
}


def scenario_of(case):
    overrides, events = CASES[case]
    scenario = load_scenario("baseline", overrides)
    return replace(scenario, name=case, vendor_events=(*scenario.vendor_events, *events))


@pytest.mark.parametrize("case", CASES)
def test_twin_agrees(case):
    assert disagreement(NATION, scenario_of(case), seed=1) == ""


@pytest.mark.parametrize("seed", [0, 2**32, 2**63 - 1])
def test_twin_agrees_for_any_seed(seed):
    assert disagreement(NATION, scenario_of("baseline"), seed) == ""


def test_twin_grants_the_second_date_in_the_same_december():
    """Reviews are rare and coarse, so many thresholds stand between the two sides' counts of late systems."""
    granted = {}
    for percent in range(0, 100, 2):
        scenario = load_scenario("baseline", {"policy.extension_threshold": percent / 100})
        months = np.flatnonzero(run_model(NATION, scenario, 1).national[:, NATIONAL.index("extension_granted")])
        granted[percent] = int(months[0]) if months.size else None
        model = PlainModel(NATION, scenario, rng=1)
        while model.month < 60 and not model.extension_granted:
            model.step()
        assert (model.month - 1 if model.extension_granted else None) == granted[percent], percent
    assert len(set(granted.values())) > 2


@pytest.mark.parametrize(
    ("overrides", "events"),
    [
        (
            {
                "vendor.switching_cost": 20.0,
                "policy.portability": 0.0,
                "legacy.complexity_mean": 5.0,
                "legacy.complexity_exponent": 2.0,
            },
            (leaves(30, (1, 2), LOTS),),
        ),
        ({"vendor.capacity_ratio": 0.0, "vendor.quoted_wait_ceiling": 1000.0, "vendor.wait_aversion": 20.0}, ()),
    ],
    ids=["nobody can afford to switch", "nobody can bear to wait"],
)
def test_twin_agrees_where_every_vendor_is_unattractive(overrides, events):
    scenario = replace(load_scenario("baseline", overrides), name="unattractive", vendor_events=events)
    assert disagreement(NATION, scenario, seed=1) == ""


def test_twin_agrees_for_the_whole_nation():
    assert disagreement(load_nation("synthetic"), scenario_of("large vendors leave lots"), seed=1, every=36) == ""


def test_cases_reach_what_they_are_for():
    outcomes = [run_model(NATION, scenario_of(case), 1) for case in CASES]
    causes, reasons, states = (
        set(np.concatenate([getattr(outcome, field).ravel() for outcome in outcomes]))
        for field in ("cause", "reason", "state")
    )
    assert causes == {NOT_APPLICABLE, *range(len(CAUSES))}
    assert reasons == set(range(len(REASONS)))
    assert {LEGACY, WITHDRAWN, DONE} <= states
    lost_to_new_tenders = [
        outcome.work_balance[:, 1].sum() - outcome.work[outcome.live >= 0].sum() for outcome in outcomes
    ]
    assert max(lost_to_new_tenders) > 1.0  # vendors did more work than went live: some of it was begun anew
    left_the_incumbent = [(outcome.vendor != outcome.legacy_vendor).any() for outcome in outcomes]
    assert all(left_the_incumbent[place] for place, case in enumerate(CASES) if CASES[case][1] and "one" not in case)


def values_in_range():
    """Return a strategy for all that a sensitivity analysis varies, on a grid of each range, and for all choices."""
    varied = {
        name: st.integers(0, 100).map(lambda k, low=low, high=high: low + (high - low) * k / 100)
        for name, distribution, low, high in sample_space()
        if REGISTRY[name].type == "float"
    } | {
        name: st.integers(int(low), int(high)) for name, _, low, high in sample_space() if REGISTRY[name].type == "int"
    }
    chosen = {key: st.sampled_from(entry.choices) for key, entry in REGISTRY.items() if entry.type == "choice"}
    deadline = {"policy.deadline": st.sampled_from(["2025-03", "2026-03", "2027-06", "2028-03"])}
    return st.fixed_dictionaries(varied | chosen | deadline)


def events_in_range():
    event = st.builds(
        leaves,
        st.integers(0, 120),
        st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True).map(tuple),
        st.lists(st.sampled_from(LOTS), max_size=6, unique=True).map(tuple),
        st.sampled_from([0.0, 0.5, 1.0, 1.5]),
    )
    return st.lists(event, max_size=3).map(tuple)


@settings(max_examples=15, deadline=None, derandomize=True, database=None)
@given(values=values_in_range(), events=events_in_range(), seed=st.integers(0, 2**63 - 1))
def test_twin_agrees_anywhere_in_the_ranges(values, events, seed):
    of_prefecture, of_type = "commitment.prefecture_exposure_weight", "commitment.type_exposure_weight"
    values[of_type] = min(values[of_type], 1.0 - values[of_prefecture])
    assert contradictions(load_scenario("baseline").values | values) == []
    scenario = replace(load_scenario("baseline", values), name="drawn", vendor_events=events)
    assert disagreement(mixed_nation(4, 6), scenario, seed) == ""


def test_the_first_disagreement_is_named_by_month_body_operation_and_field(monkeypatch):
    scenario = load_scenario("baseline")
    other = replace(scenario, values=scenario.values | {"vendor.stabilisation_months": 4})
    monkeypatch.setattr(agreement, "PlainModel", lambda nation, _, rng: PlainModel(nation, other, rng=rng))
    first = disagreement(NATION, scenario, seed=1).splitlines()[0]
    done = run_model(NATION, scenario, 1).monthly[:, :, MONTHLY.index("done")].sum(axis=1)
    month = int(np.flatnonzero(done)[0])
    expected = rf"month {month}, seed 1, baseline: \d{{5}} [a-z_]+, state: the kernel has {DONE}.0, the twin {LIVE}.0"
    assert re.fullmatch(expected, first)


def test_twin_has_a_method_for_each_phase_and_a_count_for_each_series():
    for phase, _ in PHASES:
        assert callable(getattr(PlainModel, phase.rpartition(".")[2]))
    assert COUNTS == MONTHLY
