"""A policy that waits begins in the month that the series of a run name, or never; it then stays."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxsim.model.codes import NEVER, Figure
from dxsim.model.codes import names as names_of
from dxsim.model.levers import BODY_LEVERS
from dxsim.model.run import Outcome, begin, prepare, run_model
from dxsim.model.schedule import advance
from dxsim.scenario.policies import Policy, Who
from dxsim.scenario.scenario import Scenario, load_scenario
from dxsim.scenario.triggers import FIGURES, When
from tests.model.cases import mixed_nation
from tests.twin.agreement import disagreement

NATION = mixed_nation(5, 7, prefectures=4)
BUSY = {"staff.staff_of_100": 0.8, "staff.migration_effort": 3.0, "vendor.capacity_ratio": 0.7}
BASELINE = load_scenario("baseline", BUSY)
LEVER = "residents.support_desks"


def with_policy(when: When | None, first: int = 0, last: int = 180, value: float = 5.0, **who: object) -> Scenario:
    return replace(BASELINE, policies=(Policy(LEVER, value, "set", first, last, Who(**who), {}, when),))


def figures(outcome: Outcome) -> dict[str, np.ndarray]:
    """Return each watched figure as of the end of each month, (180,), from the series of a run."""
    counts, flows = outcome.series.counts_by_month, outcome.series.flows_by_month
    systems, n = outcome.state.municipalities.systems.sum(), len(outcome.state.municipalities)
    cases = {name: flows[name].sum(axis=(1, 2)) for name in ("online", "assisted", "analog", "excluded")}
    return {
        "declared_late": counts.declared.sum(axis=(1, 2)) / systems,
        "late": counts.late.sum(axis=(1, 2)) / systems,
        "live": counts.live.sum(axis=1) / systems,
        "shortage_notices": outcome.series.vendors_by_month.shortage.sum(axis=1).cumsum(),
        "overloaded": flows.overloaded_municipalities.sum(axis=1) / n,
        "excluded": cases["excluded"] / sum(cases.values()),
    }


SERIES = figures(run_model(NATION, BASELINE, 1))


def middle(figure: str) -> float:
    """Return a mark that the figure passes."""
    seen = SERIES[figure]
    assert seen.min() < seen.max()
    return float(seen.min() + seen.max()) / 2


def month_of_passing(when: When, first: int, last: int) -> int:
    """Return the month in which a policy has to begin; nothing is known in month 0."""
    for month in range(max(1, first), last - when.lag):
        known = SERIES[when.figure][month - 1]
        if known > when.above if when.above is not None else known < when.below:
            return month + when.lag
    return NEVER


def test_the_codes_of_figures_are_those_of_the_table():
    assert names_of(Figure)[1:] == tuple(FIGURES)


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("side", ["above", "below"])
@pytest.mark.parametrize(("first", "last", "lag"), [(0, 180, 0), (40, 180, 5), (58, 70, 0)])
def test_a_policy_begins_when_its_figure_has_passed_the_mark(figure, side, first, last, lag):
    when = When(figure, lag=lag, **{side: middle(figure)})
    run = run_model(NATION, with_policy(when, first, last), 1)
    assert run.state.begins[0] == month_of_passing(when, first, last)
    # Until then nothing is other than in a run without it.
    until = min(180, int(run.state.begins[0]))
    for name, series in figures(run).items():
        assert (series[:until] == SERIES[name][:until]).all()


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(sorted(FIGURES)),
    st.sampled_from(["above", "below"]),
    st.integers(0, 179),
    st.integers(0, 100),
    st.integers(1, 180),
    st.integers(0, 20),
)
def test_any_trigger_begins_as_the_series_say(figure, side, at, first, months, lag):
    mark = float(SERIES[figure][at])  # equal is not enough
    if figure == "excluded":  # a sum, in another order there
        mark *= 1.000001
    when, last = When(figure, lag=lag, **{side: mark}), min(180, first + months)
    run = run_model(NATION, with_policy(when, first, last), 1)
    assert run.state.begins[0] == month_of_passing(when, first, last)


def test_once_begun_it_stays_until_its_last_month_whatever_the_figure_does():
    when = When("overloaded", above=float(np.quantile(SERIES["overloaded"], 0.8)))
    begins, last = month_of_passing(when, 20, 120), 120
    assert (SERIES["overloaded"][begins:last] < when.above).any()
    run = begin(prepare(NATION, with_policy(when, 20, last, types=("town",)), 1))
    place, is_town = BODY_LEVERS.index("support_desks"), (NATION.municipalities["type"] == "town").to_numpy()
    for month in range(180):
        advance(run, month, month + 1)
        is_on = begins <= month < last
        assert (run.lever_values[is_town, place] == (5.0 if is_on else 0.06)).all()
        assert (run.lever_values[~is_town, place] == 0.06).all()


def test_inputs_serve_again():
    inputs = prepare(NATION, with_policy(When("live", above=middle("live"))), 1)
    runs = [begin(inputs) for _ in range(2)]
    for run in runs:
        advance(run, 0, 180)
    assert runs[0].begins[0] == runs[1].begins[0] < NEVER


@pytest.mark.parametrize(
    "figures_", [("declared_late", "live", "shortage_notices"), ("overloaded", "excluded", "late")]
)
def test_the_twin_waits_for_the_same(figures_):
    whens = [When(figure, above=middle(figure), lag=lag) for lag, figure in enumerate(figures_)]
    levers = ("policy.naming", LEVER, "staff.prefectural_pool")
    policies = [
        Policy(lever, 4.0, how, first, 170, Who(), {}, when)
        for lever, how, first, when in zip(levers, ("set", "add", "multiply"), (0, 30, 12), whens, strict=True)
    ]
    scenario = replace(BASELINE, policies=tuple(policies))
    begins = run_model(NATION, scenario, 1).state.begins
    assert (begins < NEVER).all()
    assert disagreement(NATION, scenario, seed=1, every=6) == ""


def test_a_scenario_without_triggers_has_the_fingerprint_it_had():
    """Ids of runs of earlier sweeps follow from it."""
    shipped = load_scenario("naming")
    policy = {**asdict(shipped.policies[0]), "text": None}
    assert policy.pop("when") is None
    events = [(item.month, item.vendors, item.capacity_factor, item.withdrawn_lots) for item in shipped.vendor_events]
    content = {
        "values": dict(shipped.values),
        "announcements": [(item.month, item.signal) for item in shipped.announcements],
        "vendor_events": events,
        "surveys": shipped.surveys,
        "policies": [policy],
    }
    assert shipped.fingerprint == hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    waits = replace(shipped, policies=(replace(shipped.policies[0], when=When("live", above=0.3)),))
    later = replace(shipped, policies=(replace(shipped.policies[0], when=When("live", above=0.3, lag=1)),))
    assert len({shipped.fingerprint, waits.fingerprint, later.fingerprint}) == 3
