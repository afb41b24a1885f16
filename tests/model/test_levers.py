"""Levers are what parameters and policies make of them; phased cohorts shift dates as they say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxsim.model import levers
from dxsim.model.fields import numbers_of
from dxsim.model.initialisation import set_lots, set_municipalities, set_systems
from dxsim.model.levers import BODY_LEVERS, POLICY
from dxsim.model.run import prepare
from dxsim.model.state import Run, State, empty_series, empty_state
from dxsim.scenario import policies as scenario_policies
from dxsim.scenario.policies import Policy, Who, scope
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.scenario import Scenario, load_scenario
from tests.model.cases import mixed_nation

NATION = mixed_nation(5, 7, prefectures=4)
N = len(NATION.municipalities)
BASELINE = load_scenario("baseline")


def with_policies(*policies: Policy, **values: object) -> Scenario:
    named = {key.replace("__", "."): value for key, value in values.items()}
    return replace(load_scenario("baseline", named), policies=policies)


def blank_run(scenario: Scenario, seed: int = 1) -> Run:
    """Return a run in which nothing has been given yet, not even what holds at the start."""
    inputs = prepare(NATION, scenario, seed)
    (n, lots), vendors, kinds = inputs.market.legacy.shape, len(inputs.market.share), inputs.country.kind_size.size
    state = empty_state(n, lots, inputs.country.lot_of.size, vendors, kinds, policies=inputs.events.policies.size)
    state.lots.legacy = inputs.market.legacy
    series = empty_series(vendors, kinds)
    return Run(inputs.country, inputs.market, inputs.events, inputs.parameters, seed, state, series)


def levers_by_month(scenario: Scenario, months: int = 180) -> np.ndarray:
    """Return the levers, (months, n, levers), of a run in which nothing else happens."""
    run = blank_run(scenario)
    found = np.empty((months, N, len(BODY_LEVERS)))
    for month in range(months):
        levers.apply(run, month)
        found[month] = numbers_of(run.levers)
    return found


def test_the_levers_of_the_registry_are_those_of_the_state():
    assert tuple(name.rpartition(".")[2] for name in scenario_policies.BODY_LEVERS) == BODY_LEVERS
    of_policy = {"minimum", "maximum", *("lever", "first", "last", "how", "value")}
    assert of_policy | {"figure", "is_above", "mark", "lag"} == set(POLICY.names or ())


def test_without_policies_every_body_has_the_parameters_in_every_month():
    scenario = with_policies(residents__support_desks=5, security__governance_requirement=2)
    expected = [float(scenario.values[key]) for key in scenario_policies.BODY_LEVERS]
    assert (levers_by_month(scenario) == np.array(expected)).all()
    assert {5.0, 2.0} <= set(expected)


def test_a_policy_holds_from_its_first_month_to_its_last_for_whom_it_is():
    policy = Policy("residents.support_desks", 5.0, "set", 36, 108, Who(types=("town", "village")))
    scenario = with_policies(policy, residents__support_desks=0.2)
    found = levers_by_month(scenario)[:, :, BODY_LEVERS.index("support_desks")]
    is_inside = NATION.municipalities["type"].isin(["town", "village"]).to_numpy()
    assert 0 < is_inside.sum() < N
    assert (found[36:108][:, is_inside] == 5.0).all()
    assert (found[:36] == 0.2).all()
    assert (found[108:] == 0.2).all()
    assert (found[:, ~is_inside] == 0.2).all()


def test_a_policy_touches_its_own_lever_alone():
    before = levers_by_month(BASELINE, 3)
    for place, lever in enumerate(scenario_policies.BODY_LEVERS):
        after = levers_by_month(with_policies(Policy(lever, 0.123)), 3)
        changed = (before != after).any(axis=(0, 1))
        assert changed[place]
        assert changed.sum() == 1


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        ([("set", 4.0), ("add", 1.0), ("multiply", 2.0)], 10.0),
        ([("multiply", 2.0), ("add", 1.0), ("set", 4.0)], 4.0),
        ([("add", 1.0), ("multiply", 2.0)], 2.4),
        ([("add", -7.0)], 0.0),
        ([("add", -7.0), ("add", 1.0)], 1.0),
        ([("set", 999.0), ("multiply", 3.0)], 1000.0),
    ],
)
def test_policies_stack_in_their_order_within_the_bounds(stack, expected):
    policies = [Policy("residents.support_desks", value, how) for how, value in stack]
    scenario = with_policies(*policies, residents__support_desks=0.2)
    found = levers_by_month(scenario, 1)[0, :, BODY_LEVERS.index("support_desks")]
    assert found == pytest.approx(np.full(N, expected), abs=1e-12)


POLICIES = st.builds(
    Policy,
    lever=st.sampled_from(["residents.support_desks", "policy.naming", "security.governance_requirement"]),
    value=st.floats(0, 3),
    how=st.sampled_from(["set", "add", "multiply"]),
    first=st.integers(0, 20),
    last=st.integers(1, 24),
    who=st.sampled_from([Who(), Who(types=("town",)), Who(population_below=50_000), Who(prefectures=("01", "02"))]),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(POLICIES, max_size=5))
def test_any_stack_is_what_its_policies_make_one_by_one(stack):
    found = levers_by_month(with_policies(*stack), 25)
    whom = [scope(policy, NATION.municipalities) for policy in stack]
    for place, lever in enumerate(scenario_policies.BODY_LEVERS):
        for month in (0, 5, 20, 24):
            for i in (0, 1, N - 1):
                value = float(BASELINE.values[lever])
                for policy, inside in zip(stack, whom, strict=True):
                    if policy.lever == lever and policy.first <= month < policy.last and inside[i]:
                        value = policy.after(value)
                assert found[month, i, place] == value
                assert REGISTRY[lever].minimum <= value <= REGISTRY[lever].maximum


def shifts(**values: object) -> tuple[np.ndarray, State]:
    """Return the shift of every lot, (n, L) months, and the state at the start."""
    scenario = with_policies(**{f"policy__{name}": value for name, value in values.items()})
    run = blank_run(scenario, 3)
    set_lots(run)
    set_systems(run)
    set_municipalities(run)
    levers.date_shifts(run)
    return np.asarray(run.lots.shift), run.state


def test_without_phasing_all_have_the_national_date():
    assert not shifts()[0].any()
    assert not shifts(cohorts=5, cohort_months=7)[0].any()


@pytest.mark.parametrize("phasing", ["large_first", "small_first", "by_prefecture", "by_lot", "by_vendor_load"])
def test_one_cohort_or_no_time_between_them_is_no_phasing(phasing):
    assert not shifts(phasing=phasing, cohorts=1)[0].any()
    assert not shifts(phasing=phasing, cohort_months=0)[0].any()


@pytest.mark.parametrize("cohorts", [2, 3, 5, 7])
def test_cohorts_by_size_are_equal_in_number_and_in_the_order_of_size(cohorts):
    population = NATION.municipalities["population"].to_numpy()
    large, small = (shifts(phasing=f"{name}_first", cohorts=cohorts)[0] for name in ("large", "small"))
    for found, sign in ((large, -1), (small, 1)):
        assert (found == found[:, :1]).all()
        values, counts = np.unique(found[:, 0], return_counts=True)
        assert list(values) == [-12 * (cohorts - 1 - k) for k in range(cohorts)]
        assert counts.max() - counts.min() <= 1
        by_date = [sign * population[found[:, 0] == value] for value in values]
        assert all(one.max() <= other.min() for one, other in pairwise(by_date))


def test_cohorts_by_prefecture_and_by_lot():
    found, _ = shifts(phasing="by_prefecture", cohorts=20, cohort_months=2)
    prefecture = NATION.municipalities["prefecture"].astype(int).to_numpy()
    assert (found == (-2 * (19 - (prefecture - 1) * 20 // 47))[:, None]).all()
    assert len(set(found[:, 0])) == 2
    found, _ = shifts(phasing="by_lot", cohorts=3, cohort_months=6)
    assert (found == np.array([-12, -12, -6, -6, 0, 0])).all()


def test_cohorts_by_vendor_load_level_the_clients_of_each_vendor():
    found, state = shifts(phasing="by_vendor_load", cohorts=3, cohort_months=6)
    legacy = np.asarray(state.lots.legacy)
    main = np.array([row[row >= 0][0] for row in legacy])
    place = np.argsort(state.by_tie)
    assert (found == found[:, :1]).all()
    assert np.unique(main).size > 1
    for vendor in np.unique(main):
        own = found[main == vendor, 0]
        counts = [(own == date).sum() for date in (-12, -6, 0)]
        assert max(counts) - min(counts) <= 1
        assert (np.diff(own[np.argsort(place[main == vendor])]) >= 0).all()


def test_a_run_reads_its_policies():
    policy = Policy("policy.naming", 1.0, "set", 36, 60, Who(prefectures=("02",)), {})
    events = prepare(NATION, with_policies(policy), 1).events
    assert events.policies.size == 1
    assert tuple(events.policies[0]) == (BODY_LEVERS.index("naming"), 36, 60, 0, 1.0, 0.0, 10.0, -1, 0, 0.0, 0)
    assert (events.scope[0] == (NATION.municipalities["prefecture"] == "02").to_numpy()).all()
