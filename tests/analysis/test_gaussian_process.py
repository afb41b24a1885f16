"""Gaussian processes: slopes against differences, what is learned from planted clusters, and limits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from dxsim.analysis.gaussian_process import _evidence, foretold, of_places, strengths
from dxsim.analysis.scores import auc
from dxsim.nation.small import grid_nation
from dxsim.records.frame import frame_of

N = 150


def covariances(chance: np.random.Generator) -> np.ndarray:
    """Return a level, ten groups and a number that stands for size."""
    group, size = np.arange(N) % 10, chance.normal(size=N)
    return np.array([np.full((N, N), 4.0), group[:, None] == group, np.outer(size, size)])


def test_slopes_of_the_evidence_are_its_differences() -> None:
    chance = np.random.default_rng(1)
    parts = covariances(chance)[:, :60, :60]
    y = (chance.random(60) < 0.4).astype(float)
    logs = np.array([-1.0, -0.5, -2.0])

    def evidence(at: np.ndarray) -> tuple[float, np.ndarray]:
        return _evidence(parts * np.exp(at)[:, None, None], y)

    slopes = evidence(logs)[1]
    for place in range(3):
        step = np.eye(3)[place] * 1e-4
        difference = (evidence(logs + step)[0] - evidence(logs - step)[0]) / 2e-4
        assert slopes[place] == pytest.approx(difference, rel=1e-4, abs=1e-6)


def test_planted_groups_are_found_and_foretell_the_others() -> None:
    """Groups decide, the number does not: its strength stays small, and unknown places follow their group."""
    chance = np.random.default_rng(2)
    parts = covariances(chance)
    of_group = chance.normal(0.0, 2.5, 10)
    y = (chance.random(N) < expit(of_group[np.arange(N) % 10])).astype(float)
    known = chance.permutation(N)[:100]
    wanted = np.setdiff1d(np.arange(N), known)
    found = strengths(parts, known, y[known])
    assert found[1] > 1.0 > 10 * found[2]
    assert auc(foretold(parts, found, known, y[known], wanted), y[wanted]) > 0.7


def test_nothing_in_common_foretells_the_share() -> None:
    chance = np.random.default_rng(3)
    parts = np.array([np.full((N, N), 4.0), np.eye(N)])
    y = (np.arange(N) % 4 == 0).astype(float)
    known = chance.permutation(N)[:120]
    wanted = np.setdiff1d(np.arange(N), known)
    p = foretold(parts, strengths(parts, known, y[known]), known, y[known], wanted)
    assert np.ptp(p) < 1e-9
    assert p[0] == pytest.approx(y[known].mean(), abs=0.02)


def test_covariances_of_places_fade_with_distance_and_stop_at_borders() -> None:
    nation = grid_nation(4, 6, prefectures=2)
    level, prefecture, near, far = of_places(frame_of(nation))
    table = nation.municipalities
    assert (level == 4.0).all()
    assert (prefecture == (table["prefecture"].to_numpy()[:, None] == table["prefecture"].to_numpy())).all()
    for fading in (near, far):
        assert (np.diag(fading) == 1.0).all()
    gap = float(np.hypot(*(table[["x_km", "y_km"]].iloc[1] - table[["x_km", "y_km"]].iloc[0])))
    assert near[0, 1] == pytest.approx(np.exp(-gap / 30))
    assert far[0, 1] == pytest.approx(np.exp(-gap / 200))
