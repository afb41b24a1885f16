"""The paired difference against pencil, paper and scipy."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dxsim.analysis.paired import PairedDifference, kpi_values, paired_difference


def test_it_is_the_interval_of_a_paired_t_test() -> None:
    chance = np.random.default_rng(1)
    before = chance.normal(10, 3, 30)
    after = before + chance.normal(0.5, 1, 30)
    found = paired_difference(before, after, 0.9)
    expected = stats.ttest_rel(after, before).confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.mean == pytest.approx(np.mean(after - before))


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    chance = np.random.default_rng(2)
    runs = 2_000
    covered = 0
    for _ in range(runs):
        found = paired_difference(np.zeros(5), chance.normal(1, 2, 5), 0.9)
        covered += found.low <= 1 <= found.high
    assert abs(covered - 0.9 * runs) / math.sqrt(runs * 0.9 * 0.1) < 5


def test_pairs_without_a_value_are_left_out() -> None:
    found = paired_difference([1.0, math.nan, 3.0], [2.0, 5.0, 4.0])
    assert found == PairedDifference(1.0, 1.0, 1.0, 2)


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [
        ([0, 0, 0], [1, 1.1, 0.9], "higher"),
        ([0, 0, 0], [-1, -1.1, -0.9], "lower"),
        ([3, 4, 5], [3, 4, 5], "same"),
        ([0, 0, 0], [1, -1, 0.5], "unclear"),
        ([0], [1], "unclear"),
    ],
)
def test_directions(before: list[float], after: list[float], direction: str) -> None:
    assert paired_difference(before, after).direction == direction


def test_few_pairs_give_no_interval() -> None:
    one, none = paired_difference([1.0], [2.0]), paired_difference([], [])
    assert one.mean == 1.0
    assert one.n == 1
    assert math.isnan(one.low)
    assert math.isnan(none.mean)
    assert none.n == 0


def test_values_of_a_kpi_by_summary() -> None:
    summaries = [pd.DataFrame({"kpi": ["a", "b"], "value": [1.0, 2.0]}), pd.DataFrame({"kpi": ["b"], "value": [3.0]})]
    assert kpi_values(summaries, "b").tolist() == [2.0, 3.0]
    assert math.isnan(kpi_values(summaries, "a")[1])
