"""What a national series says of its next points, without municipalities in it: the simplest null models.

    persistence   y stays what it was                                     members: its last value times exp(+-r h)
    growth        ln y goes on at its last rate r                         members: the rate r +- its past changes
    logistic      ln(y / (1 - y)) is a line in time, by least squares     members: the line +- its past residuals
    deadline law  N(t) = N_D ln(T / (T - t)) / ln T                       a point

h is months ahead, r a rate per month between neighbouring points. Past errors are taken with both signs, so the middle
of an ensemble is the forecast itself (as the baselines of forecast hubs do). No share is above 1.

Sources: Cramer et al. 2022 (baseline of a forecast hub); Alfi, Parisi and Pietronero 2007 (the deadline law).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def persistence(months: Floats, shares: Floats, at: Floats) -> Floats:
    """Return an ensemble in which the last share stays, with the past rates as errors.

    Parameters
    ----------
    months : ndarray, shape (n,)
        When, ascending; two at least.
    shares : ndarray, shape (n,)
        How much, above 0 and below 1.
    at : ndarray, shape (k,)
        Months that are foretold, after the last of `months`.

    Returns
    -------
    ndarray, shape (members, k)
    """
    return _from_last(months, shares, at, _both_signs(_rates(months, shares)))


def growth(months: Floats, shares: Floats, at: Floats) -> Floats:
    """Return an ensemble in which the last monthly rate goes on; shapes as for `persistence`."""
    rates = _rates(months, shares)
    return _from_last(months, shares, at, rates[-1] + _both_signs(np.diff(rates)))


def logistic(months: Floats, shares: Floats, at: Floats) -> Floats:
    """Return an ensemble around a logistic curve; shapes as for `persistence`, `at` may be any months."""
    odds = np.log(shares / (1 - shares))
    slope, level = np.polyfit(months, odds, 1)
    errors = _both_signs(odds - (level + slope * months))
    return np.asarray(1 / (1 + np.exp(-(level + slope * at + errors[:, None]))))


def deadline_law(elapsed: float, total: float) -> float:
    """Return the share of those in time that are done after `elapsed` of `total` months.

    Examples
    --------
    >>> round(deadline_law(72, 84), 3), deadline_law(0, 84), deadline_law(84, 84)
    (0.439, 0.0, 1.0)
    """
    return float(min(1.0, np.log(total / max(1.0, total - elapsed)) / np.log(total)))


EXTRAPOLATIONS: Mapping[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "persistence": persistence,
    "growth": growth,
    "logistic": logistic,
}
"""Null model of a series -> its ensemble."""


def _rates(months: Floats, shares: Floats) -> Floats:
    return np.asarray(np.diff(np.log(shares)) / np.diff(months))


def _both_signs(errors: Floats) -> Floats:
    return np.concatenate([[0.0], errors, -errors])


def _from_last(months: Floats, shares: Floats, at: Floats, rates: Floats) -> Floats:
    return np.asarray(np.minimum(1.0, shares[-1] * np.exp(rates[:, None] * (at - months[-1]))))
