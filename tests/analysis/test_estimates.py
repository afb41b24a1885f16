"""Estimates from pairs against pencil, paper, scipy and their own promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dxsim.analysis.estimates import FEWEST, MOST, differences, replicates_needed, seed_means

FALSE_ALARM = 1e-6  # of a test of coverage, if its seed were drawn anew
SWEEPS = 2_000


def test_one_point_is_the_paired_t_test() -> None:
    chance = np.random.default_rng(1)
    one = chance.normal(10, 3, (1, 12, 4))
    other = one + chance.normal(0.5, 1, one.shape)
    found = differences(one, other, 0.9)
    expected = stats.ttest_rel(other[0], one[0]).confidence_interval(0.9)
    assert found["monte_carlo_low"] == pytest.approx(expected.low)
    assert found["monte_carlo_high"] == pytest.approx(expected.high)
    assert found["spread"] == pytest.approx((other - one)[0].std(axis=0, ddof=1))
    assert found["monte_carlo_error"] == pytest.approx(stats.sem((other - one)[0]))
    assert found["reference_error"] == pytest.approx(stats.sem(one[0]))
    correlation = [stats.pearsonr(one[0, :, k], other[0, :, k]).statistic for k in range(4)]
    assert found["correlation"] == pytest.approx(correlation)
    ratio = (other - one)[0].var(axis=0, ddof=1) / (one[0].var(axis=0, ddof=1) + other[0].var(axis=0, ddof=1))
    assert found["variance_ratio"] == pytest.approx(ratio)
    assert np.isnan(found["parametric_low"]).all()


def test_two_points_and_three_seeds_by_hand() -> None:
    one = np.zeros((2, 3, 1))
    other = np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 8.0]])[:, :, None]
    found = {name: values[0] for name, values in differences(one, other).items()}
    assert found["difference"] == pytest.approx(4)  # of the points 2 and 6; of the seeds 3, 3.5 and 5.5
    error = np.std([3, 3.5, 5.5], ddof=1) / math.sqrt(3)
    assert found["monte_carlo_error"] == pytest.approx(error)
    assert found["monte_carlo_high"] == pytest.approx(4 + stats.t.ppf(0.975, 2) * error)
    assert found["parametric_low"] == pytest.approx(2 + 0.025 * 4)
    assert found["parametric_high"] == pytest.approx(6 - 0.025 * 4)
    assert (found["seeds"], found["points"]) == (3, 2)
    assert math.isnan(found["correlation"])  # the reference does not vary


def test_reversals_are_counted_over_seeds_and_over_points() -> None:
    one = np.zeros((2, 4, 1))
    other = np.array([[1.0, 1.0, 1.0, -9.0], [3.0, 3.0, 3.0, 3.0]])[:, :, None]  # points: -1.5 and 3; last seed: -3
    found = differences(one, other)
    assert found["difference"] == pytest.approx(0.75)
    assert found["reversed_seeds"] == pytest.approx(0.25)
    assert found["reversed_points"] == pytest.approx(0.5)


@pytest.mark.parametrize("missing", [0.0, 0.05])
def test_the_monte_carlo_interval_covers_the_truth_as_often_as_it_says(missing: float) -> None:
    """Over 2,000 sweeps of five points and eight seeds, with effects of points, of seeds and of both together."""
    chance = np.random.default_rng(3)
    of_points = np.array([-3.0, -1.0, 0.0, 2.0, 7.0])  # their mean, 1, is what the interval is about
    shape = (5, 8, SWEEPS)
    other = of_points[:, None, None] + chance.normal(0, 1, shape[1:]) + chance.normal(0, 0.5, shape)
    other[chance.random(shape) < missing] = np.nan
    found = differences(np.zeros(shape), other)
    covered = int(((found["monte_carlo_low"] <= 1) & (found["monte_carlo_high"] >= 1)).sum())
    low, high = stats.binom.interval(1 - FALSE_ALARM, SWEEPS, 0.95)
    assert low <= covered <= high


def test_the_interval_of_one_point_covers_the_truth_too() -> None:
    chance = np.random.default_rng(4)
    shared = chance.normal(0, 5, (1, 10, SWEEPS))  # common random numbers
    found = differences(shared, shared + chance.normal(0.3, 1, shared.shape))
    covered = int(((found["monte_carlo_low"] <= 0.3) & (found["monte_carlo_high"] >= 0.3)).sum())
    low, high = stats.binom.interval(1 - FALSE_ALARM, SWEEPS, 0.95)
    assert low <= covered <= high
    assert np.median(found["variance_ratio"]) < 0.1


def test_the_parametric_interval_does_not_shrink_with_seeds_and_the_monte_carlo_interval_does() -> None:
    chance = np.random.default_rng(5)
    of_points = chance.normal(0, 10, (40, 1, 1))
    width = {}
    for seeds in (4, 400):
        other = of_points + chance.normal(0, 1, (1, seeds, 1)) + chance.normal(0, 1, (40, seeds, 1))
        found = {name: float(values[0]) for name, values in differences(np.zeros(other.shape), other).items()}
        width[seeds] = [found[f"{kind}_high"] - found[f"{kind}_low"] for kind in ("monte_carlo", "parametric")]
    assert width[400][0] < 0.1 * width[4][0]
    assert width[400][1] == pytest.approx(width[4][1], rel=0.1)


def test_gaps_bring_no_spread_over_points_into_the_means_of_seeds() -> None:
    values = np.array([[[1.0], [1.0], [1.0]], [[100.0], [np.nan], [100.0]], [[7.0], [7.0], [7.0]]])
    assert seed_means(values)[:, 0] == pytest.approx([36, 36, 36])


def test_seeds_that_are_not_crossed_with_points_give_no_monte_carlo_interval() -> None:
    values = np.full((3, 6, 1), np.nan)
    for point in range(3):
        values[point, 2 * point : 2 * point + 2, 0] = [point, point + 1]
    found = differences(np.zeros(values.shape), values)
    assert found["difference"] == pytest.approx(1.5)
    assert np.isnan(found["monte_carlo_low"]).all()
    assert found["parametric_low"] == pytest.approx(0.55)


def test_without_a_pair_there_is_nothing_to_say() -> None:
    found = differences(np.full((2, 2, 1), np.nan), np.ones((2, 2, 1)))
    assert found["seeds"] == found["points"] == 0
    rest = [values for name, values in found.items() if name not in ("seeds", "points")]
    assert np.isnan(rest).all()


cubes = st.tuples(st.integers(1, 4), st.integers(2, 5), st.integers(0, 2**32 - 1)).map(
    lambda drawn: np.random.default_rng(drawn[2]).normal(5, 2, (2, drawn[0], drawn[1], 3))
)


@given(cubes)
def test_swapping_the_two_turns_signs_and_nothing_else(values: np.ndarray) -> None:
    there, back = differences(*values), differences(*values[::-1])
    for name in ("monte_carlo", "parametric"):
        assert there[f"{name}_low"] == pytest.approx(-back[f"{name}_high"], nan_ok=True)
    assert there["difference"] == pytest.approx(-back["difference"])
    assert there["reference_mean"] == pytest.approx(back["case_mean"])
    same = ("spread", "correlation", "variance_ratio", "seeds", "points", "reversed_seeds", "reversed_points")
    for name in same:
        assert there[name] == pytest.approx(back[name], nan_ok=True)


@given(cubes, st.floats(-1e3, 1e3))
def test_a_constant_on_both_sides_moves_the_means_and_nothing_else(values: np.ndarray, constant: float) -> None:
    before, after = differences(*values), differences(*(values + constant))
    for name in before:
        moved = constant if name in ("reference_mean", "case_mean") else 0
        assert after[name] == pytest.approx(before[name] + moved, abs=1e-8, nan_ok=True), name


@given(cubes)
def test_an_alternative_does_not_differ_from_itself(values: np.ndarray) -> None:
    found = differences(values[0], values[0])
    for name in ("difference", "monte_carlo_low", "monte_carlo_high", "spread", "reversed_seeds", "reversed_points"):
        assert (found[name] == 0).all(), name
    assert found["correlation"] == pytest.approx(1)
    assert (found["variance_ratio"] == 0).all()


@pytest.mark.parametrize(
    ("spread", "smallest", "expected"),
    [
        (0.02, 0.005, 62),  # (1.96 * 4) ** 2 = 61.5
        (0.0255, 0.005, 100),  # 99.9
        (0.001, 0.005, FEWEST),
        (1.0, 0.005, MOST),
        (1.0, 0.0, MOST),
        (0.0, 0.0, FEWEST),
        (math.nan, 0.005, FEWEST),
    ],
)
def test_replicates_that_a_claim_needs(spread: float, smallest: float, expected: int) -> None:
    assert replicates_needed(spread, smallest) == expected


@given(st.floats(0.03, 0.07), st.floats(0.005, 0.007))
def test_with_so_many_replicates_the_interval_is_as_narrow_as_the_claim(spread: float, smallest: float) -> None:
    needed = replicates_needed(spread, smallest)
    assert FEWEST < needed < MOST
    assert 1.96 * spread / math.sqrt(needed) <= smallest < 1.96 * spread / math.sqrt(needed - 1) * (1 + 1e-9)
