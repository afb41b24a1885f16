"""Two scenarios under the same random numbers: the mean of the differences seed by seed, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PairedDifference:
    """Mean difference with its confidence interval, over the pairs of which both values are known."""

    mean: float  # nan without a pair
    low: float  # nan with fewer than two pairs
    high: float
    n: int  # pairs

    @property
    def direction(self) -> str:
        """See `direction_of`."""
        return direction_of(self.low, self.high)


def direction_of(low: float, high: float) -> str:
    """Return ``lower`` or ``higher`` if an interval leaves out zero, ``same`` if it is zero alone, else ``unclear``."""
    if low == high == 0:
        return "same"
    if high < 0:
        return "lower"
    return "higher" if low > 0 else "unclear"


def paired_difference(before: npt.ArrayLike, after: npt.ArrayLike, confidence: float = 0.95) -> PairedDifference:
    """Return the mean of ``after - before`` with its t interval.

    Parameters
    ----------
    before, after : array_like of float, shape (n,)
        A value for each seed, in the same order of seeds; pairs with a nan are left out.
    confidence : float
        0 to 1.

    Returns
    -------
    PairedDifference

    Examples
    --------
    >>> found = paired_difference([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    >>> found.mean, round(found.low, 3), round(found.high, 3), found.n, found.direction
    (2.0, -0.484, 4.484, 3, 'unclear')
    """
    from scipy import stats

    difference = np.asarray(after, np.float64) - np.asarray(before, np.float64)
    difference = difference[~np.isnan(difference)]
    n = int(difference.size)
    mean = float(difference.mean()) if n else math.nan
    if n < 2:
        return PairedDifference(mean, math.nan, math.nan, n)
    error = float(difference.std(ddof=1)) / math.sqrt(n)
    half = float(stats.t.ppf((1 + confidence) / 2, n - 1)) * error
    return PairedDifference(mean, mean - half, mean + half, n)


def kpi_values(summaries: Sequence[pd.DataFrame], kpi: str) -> npt.NDArray[np.float64]:
    """Return a KPI of each summary; nan where a summary has none of that name."""
    found: list[Mapping[str, float]] = [dict(zip(table["kpi"], table["value"], strict=True)) for table in summaries]
    return np.array([values.get(kpi, math.nan) for values in found])
