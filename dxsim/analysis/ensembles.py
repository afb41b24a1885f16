"""How well does a set of possible values foretell one that was observed? Scores of ensembles.

Of members x_1, ..., x_m of an ensemble and an observed y:

    CRPS      mean |x_i - y| - (1/2) mean |x_i - x_j|           of a point forecast, m = 1, the absolute error
    WIS       (|median - y| / 2 + sum_k (a_k / 2) IS_k) / (K + 1/2)     over K central intervals of level 1 - a_k
    IS_k      (u_k - l_k) + (2 / a_k) (max(0, l_k - y) + max(0, y - u_k))
    bias      median of the members less y
    coverage  whether y lies in the central interval of 50 % or 90 %

Less is better for the first two, which are in the unit of y. All are means over the columns of an ensemble; the first
axes stay, so that bootstrap samples are scored at once.

Sources: Gneiting and Raftery 2007 (CRPS, interval score); Bracher, Ray, Gneiting and Reich 2021 (WIS and its levels).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

OUTSIDE = np.array([0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])  # a_k of the hubs of such forecasts


def crps(members: Floats, observed: Floats) -> Floats:
    """Return the continuous ranked probability score.

    Parameters
    ----------
    members : ndarray, shape (..., m, k)
        Of k quantities.
    observed : ndarray, shape (k,)
        What happened.

    Returns
    -------
    ndarray, shape (...)
        Mean over the quantities.

    Examples
    --------
    >>> float(crps(np.array([[1.0], [3.0]]), np.array([2.0]))), float(crps(np.array([[1.0]]), np.array([2.0])))
    (0.5, 1.0)
    """
    m = members.shape[-2]
    rank = 2 * np.arange(1, m + 1) - m - 1
    spread = (np.sort(members, axis=-2) * rank[:, None]).sum(axis=-2) / m**2
    return np.asarray((np.abs(members - observed).mean(axis=-2) - spread).mean(axis=-1))


def weighted_interval_score(members: Floats, observed: Floats) -> Floats:
    """Return the weighted interval score; shapes as for `crps`.

    Examples
    --------
    >>> round(float(weighted_interval_score(np.array([[1.0]]), np.array([2.0]))), 12)  # a point: the absolute error
    1.0
    """
    low, high = (np.quantile(members, levels, axis=-2) for levels in (OUTSIDE / 2, 1 - OUTSIDE / 2))
    outside = OUTSIDE.reshape(-1, *[1] * (low.ndim - 1))
    missed = np.maximum(0.0, low - observed) + np.maximum(0.0, observed - high)
    intervals = (outside / 2 * (high - low) + missed).sum(axis=0)
    middle = np.abs(np.median(members, axis=-2) - observed) / 2
    return np.asarray(((middle + intervals) / (OUTSIDE.size + 0.5)).mean(axis=-1))


def bias(members: Floats, observed: Floats) -> Floats:
    """Return how far the median lies above what was observed; shapes as for `crps`."""
    return np.asarray((np.median(members, axis=-2) - observed).mean(axis=-1))


def coverage(level: float) -> Callable[[Floats, Floats], Floats]:
    """Return the function that gives the share of quantities inside their central interval of this `level`."""

    def inside(members: Floats, observed: Floats) -> Floats:
        low, high = np.quantile(members, [(1 - level) / 2, (1 + level) / 2], axis=-2)
        return np.asarray(((low <= observed) & (observed <= high)).mean(axis=-1, dtype=np.float64))

    return inside


SCORES: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "crps": crps,
    "wis": weighted_interval_score,
    "bias": bias,
    "coverage_50": coverage(0.5),
    "coverage_90": coverage(0.9),
}
"""Score -> function of members and what was observed; the first two are losses, of which there is skill."""
