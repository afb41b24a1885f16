"""Samples: within bounds, evenly spread, from scipy and SALib, and of use to SALib's analyses."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from SALib.analyze import morris, sobol

from dxsim.errors import InputError
from dxsim.scenario.registry import REGISTRY
from dxsim.sweep.design import alternatives, count_points, points, salib_problem, unit_sample
from dxsim.sweep.distributions import scipy_distributions
from dxsim.sweep.study import Case, Sample, Study, Uncertainty
from dxsim.terms.calendar import month_index

RANGES = [key for key, parameter in REGISTRY.items() if parameter.distribution]
METHODS = ("latin_hypercube", "morris", "saltelli", "shapley", "sobol")


def study(method: str, keys: list[str], size: int = 8, **more: object) -> Study:
    return Study("mine", uncertainties=dict.fromkeys(keys), sample=Sample(method, size, **more))


@settings(max_examples=25, deadline=None)
@given(
    method=st.sampled_from(METHODS),
    keys=st.lists(st.sampled_from(RANGES), min_size=2, max_size=12, unique=True),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_draw_is_a_value_of_its_parameter_within_its_range(method: str, keys: list[str], seed: int) -> None:
    for point in points(study(method, keys, seed=seed)):
        assert list(point) == keys
        for key, value in point.items():
            parameter = REGISTRY[key]
            read = parameter.read(value)
            assert read == value
            assert type(read) is type(value)
            assert parameter.code(parameter.low) <= parameter.code(value) <= parameter.code(parameter.high)


@settings(max_examples=20, deadline=None)
@given(size=st.integers(1, 300), dimensions=st.integers(1, 6), seed=st.integers(0, 2**32 - 1))
def test_a_latin_hypercube_has_one_point_in_each_stratum_of_each_parameter(
    size: int, dimensions: int, seed: int
) -> None:
    keys = [key for key in RANGES if REGISTRY[key].type == "float"][:dimensions]
    drawn = points(study("latin_hypercube", keys, size, seed=seed))
    for key in keys:
        low, high = float(REGISTRY[key].low), float(REGISTRY[key].high)
        share = (np.array([point[key] for point in drawn]) - low) / (high - low)
        # A stratum's own edge may round to its neighbour; the ranks may not.
        assert np.allclose(np.floor(np.sort(share) * size + 1e-9), np.arange(size))


@pytest.mark.parametrize(
    ("method", "more", "rows"),
    [
        ("latin_hypercube", {}, 8),
        ("sobol", {}, 8),
        ("saltelli", {}, 8 * (3 + 2)),
        ("saltelli", {"second_order": True}, 8 * (2 * 3 + 2)),
        ("morris", {}, 8 * (3 + 1)),
        ("shapley", {}, 8 * (3 + 1)),
    ],
)
def test_a_sample_has_as_many_rows_as_its_method_makes(method: str, more: dict[str, object], rows: int) -> None:
    mine = study(method, RANGES[:3], **more)
    assert unit_sample(mine).shape == (rows, 3)
    assert len(points(mine)) == rows


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_sample_and_another_seed_another(method: str) -> None:
    keys = RANGES[:4]
    assert points(study(method, keys, seed=3)) == points(study(method, keys, seed=3))
    assert points(study(method, keys, seed=3)) != points(study(method, keys, seed=4))
    assert points(study(method, keys)) == points(study(method, keys, seed=1))


def test_one_at_a_time_each_parameter_goes_through_its_range_and_no_other_is_set() -> None:
    keys = ["policy.portability", "vendor.count", "policy.deadline"]
    found = points(study("one_at_a_time", keys, 3))
    assert found[0] == {}
    assert found[1:4] == [{"policy.portability": value} for value in (0.0, 0.5, 1.0)]
    for place, key in enumerate(keys):
        rows = found[1 + 3 * place : 4 + 3 * place]
        assert [list(row) for row in rows] == [[key]] * 3
        assert (rows[0][key], rows[-1][key]) == (REGISTRY[key].low, REGISTRY[key].high)
    assert len(found) == count_points(study("one_at_a_time", keys, 3)) == 10


@pytest.mark.parametrize("method", ["morris", "one_at_a_time"])
def test_a_law_without_ends_is_refused_where_the_ends_are_drawn(method: str) -> None:
    law = Uncertainty("norm", parameters={"loc": 0.5, "scale": 0.01})
    mine = Study("mine", uncertainties={"policy.portability": law}, sample=Sample(method, 4))
    with pytest.raises(InputError, match=f"norm has no ends, and {method} goes to the ends"):
        points(mine)


def test_a_sobol_sequence_is_scrambled_and_balanced() -> None:
    sample = unit_sample(study("sobol", RANGES[:5], 64))
    assert (sample > 0).all()
    for column in sample.T:
        assert sorted(np.floor(column * 64).astype(int)) == list(range(64))


def test_saltelli_rows_let_salib_find_known_indices() -> None:
    """A sum of two uniform quantities, the second of twice the range: indices 1/5 and 4/5."""
    mine = study("saltelli", ["policy.portability", "policy.data_export"], 1024)
    first, second = (np.array([point[key] for point in points(mine)]) for key in mine.uncertainties)
    found = sobol.analyze(salib_problem(mine), first + 2 * second, calc_second_order=False, seed=1)
    assert found["S1"] == pytest.approx([0.2, 0.8], abs=0.02)
    assert found["ST"] == pytest.approx([0.2, 0.8], abs=0.02)


def test_morris_rows_let_salib_find_known_effects() -> None:
    mine = study("morris", ["policy.portability", "policy.data_export"], 10)
    first, second = (np.array([point[key] for point in points(mine)]) for key in mine.uncertainties)
    found = morris.analyze(salib_problem(mine), unit_sample(mine), first - 3 * second, seed=1)
    assert np.asarray(found["mu"]) == pytest.approx([1.0, -3.0])
    assert np.asarray(found["sigma"]) == pytest.approx([0.0, 0.0], abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_whole_numbers_and_months_reach_both_ends_and_are_equally_frequent(method: str) -> None:
    mine = Study(
        "mine",
        uncertainties={
            "vendor.count": {"low": 12, "high": 15},
            "policy.deadline": {"low": "2026-01", "high": "2026-04"},
        },
        sample=Sample(method, 64),
    )
    drawn = points(mine)
    counts = np.unique([point["vendor.count"] for point in drawn], return_counts=True)
    months = np.unique([month_index(str(point["policy.deadline"])) for point in drawn], return_counts=True)
    assert counts[0].tolist() == [12, 13, 14, 15]
    assert months[0].tolist() == [57, 58, 59, 60]
    if method in ("latin_hypercube", "sobol"):
        assert counts[1].tolist() == months[1].tolist() == [16] * 4


def test_a_law_of_scipy_is_drawn_by_its_own_inverse() -> None:
    shapes = {"a": -2.0, "b": 2.0, "loc": 1.9, "scale": 0.3}
    mine = Study(
        "mine",
        uncertainties={
            "money.running_cost_mean": Uncertainty("truncnorm", parameters=shapes),
            "vendor.capacity_ratio": {"distribution": "loguniform", "low": 0.5, "high": 8},
        },
        sample=Sample("sobol", 128),
    )
    sample, drawn = unit_sample(mine), points(mine)
    law = scipy.stats.truncnorm(**shapes)
    assert [point["money.running_cost_mean"] for point in drawn] == pytest.approx(law.ppf(sample[:, 0]))
    assert [point["vendor.capacity_ratio"] for point in drawn] == pytest.approx(0.5 * 16 ** sample[:, 1])


def test_every_law_that_is_offered_is_a_continuous_one_of_scipy() -> None:
    laws = scipy_distributions()
    assert {"norm", "truncnorm", "triang", "beta", "lognorm", "gamma"} <= set(laws)
    assert not {"poisson", "levy_stable", "multivariate_normal", "uniform", "rv_continuous"} & set(laws)


def test_draws_out_of_bounds_are_refused_with_their_probability() -> None:
    mine = Study(
        "mine",
        uncertainties={
            "policy.portability": {"distribution": "norm", "loc": 1.0, "scale": 0.1},
            "policy.naming": {"distribution": "norm", "loc": 5, "scale": 0.1},
            "policy.data_export": {"distribution": "cauchy"},
        },
        sample=Sample("latin_hypercube", 100),
    )
    with pytest.raises(InputError) as caught:
        points(mine)
    first, second = (str(problem) for problem in caught.value.problems)
    assert first == (
        "policy.portability: 50 of 100 draws are out of bounds: it must be in [0, 1], and 50 % of norm is outside"
    )
    assert second.startswith("policy.data_export: 75 of 100 draws are out of bounds")


def test_a_list_of_points_is_taken_as_it_is() -> None:
    given_points = [
        {"vendor.count": 13, "policy.deadline": "2027-03"},
        {"policy.deadline": "2026-03", "vendor.count": 9},
    ]
    mine = Study("mine", sample=Sample("list", points=given_points))
    assert points(mine) == given_points
    assert mine.drawn == ("vendor.count", "policy.deadline")


def test_a_study_without_a_sample_has_one_empty_point() -> None:
    assert points(Study("mine")) == [{}]
    with pytest.raises(ValueError, match="study 'mine' draws nothing"):
        unit_sample(Study("mine"))


def test_alternatives_are_every_combination_and_the_last_lever_is_the_fastest() -> None:
    mine = Study(
        "mine",
        variants=["default", "small_first"],
        scenarios=["baseline", "extension"],
        levers={"policy.cohorts": [2, 3], "policy.naming": [0, 1]},
    )
    found = [(case.variant, case.scenario, *case.values.values()) for case in alternatives(mine)]
    assert found == [
        (variant, scenario, cohorts, naming)
        for variant in ("default", "small_first")
        for scenario in ("baseline", "extension")
        for cohorts in (2, 3)
        for naming in (0.0, 1.0)
    ]


def test_a_case_with_a_scenario_stands_with_that_one_alone() -> None:
    cases = [Case({"policy.cohorts": 2}), Case({"policy.cohorts": 3}, scenario="naming"), Case({}, "nothing")]
    mine = Study("mine", scenarios=["baseline", "extension"], cases=cases)
    assert [(case.scenario, dict(case.values), case.name) for case in alternatives(mine)] == [
        ("baseline", {"policy.cohorts": 2}, None),
        ("baseline", {}, "nothing"),
        ("extension", {"policy.cohorts": 2}, None),
        ("extension", {}, "nothing"),
        ("naming", {"policy.cohorts": 3}, None),
    ]
