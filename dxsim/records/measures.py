"""How unequal, how concentrated, how clustered: measures of a distribution over municipalities.

Weights are how many times a value counts (residents, or 1): a municipality of weight 2 is the same as two
municipalities of weight 1. Every measure of inequality is 0 if all are alike, does not change with the unit of the
values, and is nan where their mean is 0 or there is none. Values are not below zero.

Sources: Cowell, Measuring Inequality (2011); Kakwani, Wagstaff and van Doorslaer (1997) for the concentration index;
Moran (1950); Newman (2004) for modularity.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_HHI_SCALE = 10_000.0


class Theil(NamedTuple):
    """Theil's index and its parts: ``total = between + within``."""

    total: float
    between: float
    within: float


def ratio(part: npt.ArrayLike, whole: npt.ArrayLike) -> Floats:
    """Return ``part / whole``, nan where `whole` is not above 0.

    Examples
    --------
    >>> ratio([1.0, 1.0], [2, 0]).tolist()
    [0.5, nan]
    """
    parts, wholes = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.asarray(np.divide(parts, wholes, out=np.full(parts.shape, np.nan), where=wholes > 0.0))


def concentration(served: Floats) -> Floats:
    """Return the Herfindahl-Hirschman index over the last axis, 0 to 10,000; nan where nothing is served.

    Examples
    --------
    >>> concentration(np.array([[1.0, 1.0], [3.0, 0.0]])).tolist()
    [5000.0, 10000.0]
    """
    share = ratio(served, served.sum(axis=-1, keepdims=True))
    return np.asarray(_HHI_SCALE * (share**2).sum(axis=-1))


def gini(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Return the Gini coefficient: half the mean absolute difference of two draws over the mean, 0 to 1 - 1/n.

    Examples
    --------
    >>> gini([1, 2, 3, 4])
    0.25
    """
    return concentration_index(values, values, weights)


def concentration_index(values: npt.ArrayLike, by: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Return the concentration index: twice the covariance of value and rank over the mean, -1 to 1.

    Below zero where those that rank low have the larger values. Equals share the middle of their ranks.

    Parameters
    ----------
    values : array_like, shape (n,)
        At least 0.
    by : array_like, shape (n,)
        What municipalities are ranked by; those with nan are left out.
    weights : array_like, shape (n,), optional
        How often each counts.
    """
    x = np.asarray(values, np.float64)
    return concentration_of_ranks(x, dense_ranks(by), _weights(x, weights))


def dense_ranks(by: npt.ArrayLike) -> Integers:
    """Return the place of each value among the distinct ones, from 0; -1 where it is nan.

    Examples
    --------
    >>> dense_ranks([30.0, 10.0, 30.0, float("nan")]).tolist()
    [1, 0, 1, -1]
    """
    values = np.asarray(by, np.float64)
    known = ~np.isnan(values)
    ranks = np.full(values.size, -1)
    ranks[known] = np.unique(values[known], return_inverse=True)[1]
    return ranks


def concentration_of_ranks(x: Floats, ranks: Integers, w: Floats) -> float:
    """Return `concentration_index` of values `x` with weights `w` for municipalities already ranked by `dense_ranks`.

    Some of the municipalities that were ranked may be missing; those with rank -1 or a value of nan are left out.
    """
    known = (ranks >= 0) & ~np.isnan(x)
    if not known.all():
        x, w, ranks = x[known], w[known], ranks[known]
    total = w.sum()
    mean = _mean(x, w)
    if not mean > 0.0:
        return float("nan")
    of_rank = np.bincount(ranks, weights=w)
    rank = (np.cumsum(of_rank) - 0.5 * of_rank)[ranks] / total
    return float(2.0 * ((x - mean) * (rank - 0.5) * w).sum() / (total * mean))


def theil(
    values: npt.ArrayLike, groups: Sequence[Hashable] | npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> Theil:
    """Return Theil's index, 0 to ln n, with the part between and the part within `groups`.

    Examples
    --------
    >>> theil([1, 1, 3, 3], ["a", "a", "b", "b"]).within
    0.0
    """
    x = np.asarray(values, np.float64)
    w = _weights(x, weights)
    mean = _mean(x, w)
    if not mean > 0.0:
        return Theil(float("nan"), float("nan"), float("nan"))
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    size = np.bincount(group, weights=w)
    of_group = np.divide(np.bincount(group, weights=w * x), size, out=np.zeros(size.size), where=size > 0.0)
    own_mean = of_group[group]
    share = w * x / (w.sum() * mean)
    between = _sum_of_logs(share, own_mean / mean)
    inside = _sum_of_logs(share, np.divide(x, own_mean, out=np.zeros(x.size), where=own_mean > 0.0))
    return Theil(_sum_of_logs(share, x / mean), between, inside)


def atkinson(values: npt.ArrayLike, aversion: float, weights: npt.ArrayLike | None = None) -> float:
    """Return Atkinson's index, 0 to 1, for this `aversion` to inequality (above 0); 1 if it is >= 1 and a value is 0.

    Examples
    --------
    >>> round(atkinson([1, 2, 3, 4], 0.5), 6)
    0.055586
    """
    x = np.asarray(values, np.float64)
    w = _weights(x, weights)
    mean = _mean(x, w)
    if not mean > 0.0:
        return float("nan")
    counted = w > 0.0
    x, w = x[counted] / mean, w[counted] / w.sum()
    if aversion >= 1.0 and (x == 0.0).any():
        return 1.0
    if aversion == 1.0:
        return float(1.0 - np.exp((w * np.log(x)).sum()))
    return float(1.0 - (w * x ** (1.0 - aversion)).sum() ** (1.0 / (1.0 - aversion)))


def percentile_ratio(
    values: npt.ArrayLike, upper: float = 90.0, lower: float = 10.0, weights: npt.ArrayLike | None = None
) -> float:
    """Return the value at the `upper` percentile over that at the `lower` one; nan where the lower one is 0.

    A percentile is the smallest value that at least so many percent reach (numpy's ``inverted_cdf``).
    """
    x = np.asarray(values, np.float64)
    w = _weights(x, weights)
    if not w.sum() > 0.0:
        return float("nan")
    high, low = np.percentile(x, [upper, lower], weights=w, method="inverted_cdf")
    return float(high / low) if low > 0.0 else float("nan")


def tail_mean(values: npt.ArrayLike, share: float) -> float:
    """Return the mean of the largest `share` of the values, at least one of them; nan if there is none."""
    x = np.sort(np.asarray(values, np.float64))
    return float(x[-max(1, int(np.ceil(share * x.size))) :].mean()) if x.size else float("nan")


def morans_i(values: npt.ArrayLike, one: Integers, other: Integers) -> float:
    """Return Moran's I over pairs of neighbours of equal weight; nan if all values are alike or there is no pair.

    For values that are spread at random over n municipalities its expectation is -1/(n - 1).

    Parameters
    ----------
    values : array_like, shape (n,)
        Known for all.
    one, other : ndarray of int, shape (e,)
        Rows of each pair, each pair once.
    """
    x = np.asarray(values, np.float64)
    deviation = x - x.mean() if x.size else x
    spread = (deviation**2).sum()
    if not spread > 0.0 or one.size == 0:
        return float("nan")
    return float(x.size / one.size * (deviation[one] * deviation[other]).sum() / spread)


def modularity(labels: npt.ArrayLike, one: Integers, other: Integers, resolution: float = 1.0) -> float:
    """Return how far ties fall within the parts that `labels` name, against chance (-0.5 to 1); nan without ties.

    Parameters
    ----------
    labels : array_like of int, shape (n,)
        Part of each municipality, from 0.
    one, other : ndarray of int, shape (e,)
        Rows of each tie, each tie once.
    resolution : float
        Weight of chance.

    Examples
    --------
    >>> modularity([0, 0, 1, 1], np.array([0, 2]), np.array([1, 3]))
    0.5
    """
    if one.size == 0:
        return float("nan")
    part = np.asarray(labels, np.int64)
    start, end = part[one], part[other]
    ends = np.bincount(start, minlength=part.max() + 1) + np.bincount(end, minlength=part.max() + 1)
    within = np.count_nonzero(start == end) / one.size
    return float(within - resolution * ((ends / (2.0 * one.size)) ** 2).sum())


def _weights(x: Floats, weights: npt.ArrayLike | None) -> Floats:
    return np.ones(x.size) if weights is None else np.asarray(weights, np.float64)


def _mean(x: Floats, w: Floats) -> float:
    total = w.sum()
    return float((w * x).sum() / total) if total > 0.0 else float("nan")


def _sum_of_logs(share: Floats, ratio: Floats) -> float:
    """Return the sum of share ln(ratio), where a share of 0 adds nothing."""
    return float((share * np.log(ratio, out=np.zeros(share.size), where=share > 0.0)).sum())
