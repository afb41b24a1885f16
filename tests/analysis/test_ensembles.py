"""Scores of ensembles and series by hand, and against what theory says of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dxsim.analysis import ensembles, extrapolation

SHARES = st.floats(0, 1, width=32)


def test_scores_by_hand() -> None:
    members, observed = np.array([[0.0], [1.0], [2.0], [5.0]]), np.array([2.0])
    pairs = np.abs(members - members.T)
    assert ensembles.crps(members, observed) == pytest.approx((2 + 1 + 0 + 3) / 4 - pairs.mean() / 2)
    assert ensembles.bias(members, observed) == pytest.approx(1.5 - 2.0)
    assert ensembles.coverage(0.5)(members, observed) == 1
    assert ensembles.coverage(0.5)(members, np.array([4.9])) == 0
    assert ensembles.coverage(0.9)(members, np.array([0.1])) == 0  # the 5 % quantile is 0.15


def test_the_interval_score_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """One interval of 50 % from 1 to 3, median 2, observed 5: (3 / 2 + 0.25 (2 + 4 * 2)) / 1.5."""
    monkeypatch.setattr(ensembles, "OUTSIDE", np.array([0.5]))
    members = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])
    assert ensembles.weighted_interval_score(members, np.array([5.0])) == pytest.approx((1.5 + 2.5) / 1.5)


@given(st.lists(SHARES, min_size=1, max_size=3), arrays(np.float64, (7, 3), elements=SHARES))
def test_a_point_scores_its_error_and_samples_are_scored_at_once(seen: list[float], members: np.ndarray) -> None:
    observed = np.array(seen)
    members = members[:, : observed.size]
    point = members[:1]
    for score in (ensembles.crps, ensembles.weighted_interval_score):
        assert score(point, observed) == pytest.approx(np.abs(point - observed).mean(), abs=1e-9)
        assert score(members, observed) >= -1e-9
    samples = np.array([[0, 1, 2, 3, 4, 5, 6], [6, 6, 6, 1, 1, 1, 1]])
    for score in (ensembles.crps, ensembles.weighted_interval_score, ensembles.bias):
        one_by_one = np.array([float(score(members[at], observed)) for at in samples])
        assert score(members[samples], observed) == pytest.approx(one_by_one, abs=1e-12)


def test_the_true_law_scores_best_and_covers() -> None:
    """Standard normal observations: CRPS of their law is 1 / sqrt(pi); of a narrower or shifted one it is more.

    2,000 observations against 2,000 members: the standard error of the mean is below 0.01; coverage errs by more than
    0.04 in fewer than one of 1,000 trials.
    """
    chance = np.random.default_rng(1)
    observed, members = chance.normal(size=2000), chance.normal(size=(2000, 1))
    spread = np.repeat(members, 2000, axis=1)
    best = ensembles.crps(spread, observed)
    assert best == pytest.approx(1 / math.sqrt(math.pi), abs=0.03)
    for other in (spread * 0.4, spread + 0.8):
        assert ensembles.crps(other, observed) > best + 0.03
        assert ensembles.weighted_interval_score(other, observed) > ensembles.weighted_interval_score(spread, observed)
    assert ensembles.coverage(0.5)(spread, observed) == pytest.approx(0.5, abs=0.06)
    assert ensembles.coverage(0.9)(spread, observed) == pytest.approx(0.9, abs=0.05)


def test_series_by_hand() -> None:
    months, shares, at = np.array([0.0, 2.0, 3.0]), np.array([0.1, 0.2, 0.4]), np.array([4.0])
    half, whole = math.log(2) / 2, math.log(2)  # the two rates per month
    np.testing.assert_allclose(
        extrapolation.persistence(months, shares, at)[:, 0],
        0.4 * np.exp([0, half, whole, -half, -whole]),
    )
    np.testing.assert_allclose(
        extrapolation.growth(months, shares, at)[:, 0], np.minimum(1, 0.4 * np.exp(whole + np.array([0, half, -half])))
    )
    line = extrapolation.logistic(months, 1 / (1 + np.exp(-(0.3 * months - 2))), at)
    np.testing.assert_allclose(line, 1 / (1 + math.exp(2 - 1.2)))


def test_the_deadline_law() -> None:
    assert extrapolation.deadline_law(72, 84) == pytest.approx(math.log(7) / math.log(84))  # 43.9 %
    done = [extrapolation.deadline_law(month, 42) for month in range(43)]
    assert done[0] == 0
    assert done[-1] == 1
    assert all(np.diff(done) >= 0)
