"""Foretells yes or no for places that hang together, from those whose answer is known: Gaussian process classification.

    f ~ N(0, sum_j a_j K_j),  P(y = 1) = 1 / (1 + exp(-f))

with given covariances K_j between all places and strengths a_j > 0 that make what is known most probable, under a
log-normal prior which keeps those of which the data say nothing near a tenth. f given y is taken for normal around its
mode (Laplace's approximation).

Source: Rasmussen and Williams (2006), algorithms 3.1, 3.2 and 5.1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.spatial.distance import pdist, squareform
from scipy.special import expit, log_expit

from dxsim.records.frame import Frame

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

NEAR, FAR = 30.0, 200.0  # km
LEVEL = 4.0  # variance of the level, of which nothing is known beforehand
USUAL, SPREAD = np.log(0.1), 2.0  # of the logarithms of strengths
BOUNDS = (-8.0, 4.0)
NEWTON_STEPS, CLOSE = 50, 1e-6
ITERATIONS, PRECISION = 40, 1e-5


def of_places(frame: Frame) -> Floats:
    """Return covariances that any quantity of municipalities may have, (4, n, n).

    A level common to all, one of each prefecture, and two that fade with distance, over `NEAR` and over `FAR`.
    """
    places = frame.nation.municipalities
    prefecture = places["prefecture"].to_numpy()
    distance = squareform(pdist(places[["x_km", "y_km"]].to_numpy(np.float64)))
    alike = prefecture[:, None] == prefecture
    return np.array([np.full_like(distance, LEVEL), alike, np.exp(-distance / NEAR), np.exp(-distance / FAR)])


class Mode(NamedTuple):
    """Where f is most probable, and what the curvature there is."""

    evidence: float  # logarithm of the probability of what is known
    f: Floats
    slope: Floats  # of the log likelihood at f
    root: Floats  # of the likelihood's curvature W, (n,)
    cholesky: Floats  # lower, of I + W^1/2 K W^1/2


def strengths(covariances: Floats, known: Integers, y: Floats) -> Floats:
    """Return the strengths that suit what is known best.

    Parameters
    ----------
    covariances : ndarray
        Between all places, (j, n, n).
    known : ndarray
        Rows of the m places whose answer is known.
    y : ndarray
        Their answers, 0 or 1, (m,).
    """
    of_known = covariances[:, known[:, None], known]

    def loss(logs: Floats) -> tuple[float, Floats]:
        evidence, slopes = _evidence(of_known * np.exp(logs)[:, None, None], y)
        away = (logs - USUAL) / SPREAD
        return float((away**2).sum() / 2 - evidence), away / SPREAD - slopes

    first = np.full(len(covariances), USUAL)
    options = {"maxiter": ITERATIONS, "ftol": PRECISION}
    found = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=[BOUNDS] * len(first), options=options)
    return np.asarray(np.exp(found.x))


def foretold(covariances: Floats, strength: Floats, known: Integers, y: Floats, wanted: Integers) -> Floats:
    """Return the probability of yes at the `wanted` places, given the answers `y` at the `known` ones."""
    covariance = np.tensordot(strength, covariances[:, :, known], axes=1)
    mode = _mode(covariance[known], y)
    across = covariance[wanted]
    mean = across @ mode.slope
    part = solve_triangular(mode.cholesky, mode.root[:, None] * across.T, lower=True)
    variance = strength @ covariances[:, wanted, wanted] - (part**2).sum(axis=0)
    return np.asarray(expit(mean / np.sqrt(1.0 + np.pi * np.maximum(variance, 0.0) / 8.0)))


def _mode(covariance: Floats, y: Floats) -> Mode:
    f, evidence = np.zeros(y.size), -np.inf
    for _ in range(NEWTON_STEPS):
        p = expit(f)
        root = np.sqrt(p * (1 - p))
        lower = cholesky(np.eye(y.size) + root[:, None] * covariance * root, lower=True, check_finite=False)
        b = root**2 * f + y - p
        weights = b - root * cho_solve((lower, True), root * (covariance @ b), check_finite=False)
        f = covariance @ weights
        before, evidence = evidence, -weights @ f / 2 + log_expit((2 * y - 1) * f).sum()
        if evidence - before < CLOSE:
            break
    return Mode(float(evidence - np.log(np.diag(lower)).sum()), f, y - expit(f), root, lower)


def _evidence(parts: Floats, y: Floats) -> tuple[float, Floats]:
    """Return the logarithm of the evidence, and its slopes along the logarithms of the strengths of the `parts`."""
    covariance = parts.sum(axis=0)
    mode = _mode(covariance, y)
    p = expit(mode.f)
    inverse = mode.root[:, None] * cho_solve((mode.cholesky, True), np.diag(mode.root), check_finite=False)
    half = solve_triangular(mode.cholesky, mode.root[:, None] * covariance, lower=True, check_finite=False)
    third = -(np.diag(covariance) - (half**2).sum(axis=0)) * p * (1 - p) * (1 - 2 * p) / 2
    slopes = np.empty(len(parts))
    for j, part in enumerate(parts):
        along = part @ mode.slope
        slopes[j] = (mode.slope @ along - (inverse * part).sum()) / 2 + third @ (along - covariance @ (inverse @ along))
    return mode.evidence, slopes
