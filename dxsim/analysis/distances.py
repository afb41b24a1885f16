"""How far a parameter moves the whole distribution of an outcome: PAWN, and regional sensitivity.

Both are distances between distribution functions (Kolmogorov and Smirnov's, 0 to 1), so that skewed outcomes,
thresholds and effects that rise and fall again count as well. A dummy, which does nothing, is measured beside the
parameters: what it gets is chance, and so is what a parameter gets that gets no more.

``pawn``
    Points are cut into as many slices of a parameter as hold `PER_SLICE` points each, ten at most. The distance of the
    outcomes within a slice to all outcomes, the median over slices.
``regional``
    The distance of a parameter's values among the quarter of the points with the highest outcomes to its values among
    the others.

Sources: Pianosi and Wagener (2018) for PAWN from a given sample; Hornberger and Spear (1981) for regional sensitivity;
Khorashadi Zadeh et al. (2017) for the dummy. PAWN ranks depend on slices and on the median (Puy et al. 2020), so that
near ties mean nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

DUMMY = "dummy"
PAWN, REGIONAL = "pawn", "regional"
PER_SLICE, MOST_SLICES = 10, 10
_FEWEST_SLICES = 2
_HIGHEST = 0.25  # share of the points
_RESAMPLES = 100
_SEED = 1


def distances(
    ranks: Mapping[str, Floats], values: Floats, confidence: float
) -> Iterator[tuple[str, str, float, float, float]]:
    """Yield parameter, measure, value, low and high of both distances, the dummy last.

    Parameters
    ----------
    ranks : mapping of str to ndarray, shape (points,)
        Ranks of each parameter's values.
    values : ndarray, shape (points,)
        Means of an outcome over seeds; points with nan are left out.
    confidence : float
        Of the intervals. A parameter's has the bootstrap's standard error over points; that of the dummy holds this
        share of random orders of the points. All nan where the outcome does not vary or points are too few.
    """
    known = ~np.isnan(values)
    outcome, table = values[known], np.array([column[known] for column in ranks.values()]).T
    n = outcome.size
    slices = min(MOST_SLICES, n // PER_SLICE)
    is_told = slices >= _FEWEST_SLICES and np.ptp(outcome) > 0
    chance = np.random.default_rng(_SEED)
    rows = [chance.integers(n, size=n) for _ in range(_RESAMPLES)] if is_told else []
    orders = np.array([chance.permutation(n) for _ in range(_RESAMPLES)], np.float64).T if is_told else None
    half = float(stats.norm.ppf((1 + confidence) / 2))
    measures: dict[str, Callable[[Floats, Floats], Floats]] = {
        PAWN: lambda x, y: pawn(x, y, slices),
        REGIONAL: regional,
    }
    for name, measure in measures.items():
        if orders is None:
            yield from ((parameter, name, math.nan, math.nan, math.nan) for parameter in (*ranks, DUMMY))
            continue
        error = np.std([measure(table[row], outcome[row]) for row in rows], axis=0, ddof=1)
        found = zip(ranks, measure(table, outcome), half * error, strict=True)
        for parameter, value, reach in found:
            yield parameter, name, value, max(0.0, value - reach), min(1.0, value + reach)
        of_dummy = measure(orders, outcome)
        low, high = np.quantile(of_dummy, [(1 - confidence) / 2, (1 + confidence) / 2])
        yield DUMMY, name, float(of_dummy.mean()), float(low), float(high)


def pawn(x: Floats, y: Floats, slices: int) -> Floats:
    """Return the PAWN index of each column of `x`, shape (n, parameters), for an outcome `y`, shape (n,).

    Examples
    --------
    >>> x = np.arange(100.0)[:, None]
    >>> pawn(x, x[:, 0], 2), pawn(x, x[:, 0] % 2, 2)
    (array([0.5]), array([0.]))
    """
    n, parameters = x.shape
    order = np.argsort(y, kind="stable")
    is_last = np.append(np.diff(y[order]) > 0, True)  # of equal outcomes
    place = (stats.rankdata(x[order], axis=0) - 1) * slices // n
    everywhere = (np.flatnonzero(is_last) + 1) / n
    gaps = np.full((slices, parameters), np.nan)
    for number in range(slices):
        inside = place == number
        size = inside.sum(axis=0)
        within = np.cumsum(inside, axis=0)[is_last] / np.maximum(size, 1)
        gaps[number] = np.where(size > 0, np.abs(within - everywhere[:, None]).max(axis=0), np.nan)
    return np.asarray(np.nanmedian(gaps, axis=0))


def regional(x: Floats, y: Floats) -> Floats:
    """Return how far each column of `x` differs between the points with the highest outcomes and the others."""
    n = len(y)
    is_high = stats.rankdata(y) > n * (1 - _HIGHEST)
    if is_high.all() or not is_high.any():
        return np.full(x.shape[1], np.nan)
    order = np.argsort(x, axis=0, kind="stable")
    in_order = np.take_along_axis(x, order, axis=0)
    is_last = np.vstack([np.diff(in_order, axis=0) > 0, np.ones((1, x.shape[1]), bool)])
    high = is_high[order]
    gap = np.cumsum(high, axis=0) / is_high.sum() - np.cumsum(~high, axis=0) / (~is_high).sum()
    return np.asarray(np.where(is_last, np.abs(gap), 0.0).max(axis=0))
