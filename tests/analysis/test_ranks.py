"""Orders of alternatives against scipy and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from dxsim.analysis.ranks import kendall_tau, rank_tables


def test_kendall_tau_is_that_of_scipy_with_ties_too() -> None:
    chance = np.random.default_rng(1)
    values, order = chance.integers(0, 4, (6, 50)).astype(float), chance.integers(0, 4, 6).astype(float)
    expected = [stats.kendalltau(column, order).statistic for column in values.T]
    assert kendall_tau(values, order) == pytest.approx(expected, nan_ok=True)


def test_who_ranks_first_how_often() -> None:
    late = np.array([[1.0, 1.0, 3.0, 1.0], [2.0, 2.0, 2.0, 1.0], [3.0, 3.0, 1.0, np.nan]])[:, :, None]
    ranks, agreement = rank_tables({"seeds": late}, np.array([[1.0], [2.0], [3.0]]), ["a", "b", "c"], {"late": "less"})
    assert ranks["units"].tolist() == [3, 3, 3]  # a seed without c is left out
    assert ranks["first_share"].tolist() == pytest.approx([2 / 3, 0, 1 / 3])
    assert ranks["mean_rank"].tolist() == pytest.approx([5 / 3, 2, 7 / 3])
    assert agreement["kendall_tau"].tolist() == pytest.approx([1 / 3])
    assert agreement["same_order_share"].tolist() == pytest.approx([2 / 3])


@pytest.mark.parametrize(("better", "first"), [("more", "b"), ("less", "a"), ("neither", "b")])
def test_the_first_is_the_best(better: str, first: str) -> None:
    values = np.array([[1.0, 1.0], [2.0, 2.0]])[:, :, None]
    ranks, _ = rank_tables({"seeds": values}, values.mean(axis=1), ["a", "b"], {"kpi": better})
    assert ranks.loc[ranks["first_share"] == 1, "case"].tolist() == [first]


def test_ties_are_first_together_and_have_no_order() -> None:
    values = np.ones((3, 2, 1))
    ranks, agreement = rank_tables({"seeds": values}, np.ones((3, 1)), ["a", "b", "c"], {"kpi": "more"})
    assert ranks["first_share"].tolist() == [1, 1, 1]
    assert ranks["mean_rank"].tolist() == [2, 2, 2]
    assert np.isnan(agreement["kendall_tau"]).all()
    assert agreement["same_order_share"].tolist() == [1]
