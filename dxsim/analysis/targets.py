"""What a calibration fits: statistics of the patterns, with how far from the observed the model may be.

``targets.csv`` names them. What was observed, and the region of a statistic of which only bounds are known, stand in
``patterns.csv``. The discrepancy is the standard deviation that the model is allowed even with the best parameters,
half of the half width of the statistic's region where it has one, stated before any fit; of a statistic on a ``log``
scale it is one of natural logarithms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.analysis.pattern_statistics import BODIES
from dxsim.analysis.validation import PATTERNS

Floats = npt.NDArray[np.float64]

TARGETS = Path(__file__).with_name("targets.csv")
SMALLEST = 1 / BODIES  # share that stands for none on a log scale


@dataclass(frozen=True)
class Targets:
    """The k statistics that are fitted, on their scales.

    Attributes
    ----------
    names : tuple of str
        Columns of `dxsim.analysis.pattern_statistics.statistics`.
    low, high : ndarray
        What was observed, (k,): one value, or the bounds of it where only these are known.
    discrepancy : ndarray
        Standard deviation of the model's own error, (k,).
    is_log : ndarray
        Whether the scale is that of natural logarithms, (k,).
    """

    names: tuple[str, ...]
    low: Floats
    high: Floats
    discrepancy: Floats
    is_log: npt.NDArray[np.bool_]

    def scaled(self, runs: pd.DataFrame) -> Floats:
        """Return the statistics of runs on the scales of the targets, (runs, k)."""
        values = runs[list(self.names)].to_numpy(np.float64).copy()
        values[:, self.is_log] = np.log(np.maximum(values[:, self.is_log], SMALLEST))
        return np.asarray(values)

    def misses(self, values: Floats) -> Floats:
        """Return what was observed less `values`, (..., k); 0 within bounds."""
        return np.asarray(np.clip(values, self.low, self.high) - values)

    def seen_in(self, runs: pd.DataFrame) -> Targets:
        """Return the targets of which runs tell something: in a small nation some statistics are not defined."""
        seen = np.asarray(~np.isnan(self.scaled(runs)).all(axis=0))
        names = tuple(name for name, is_seen in zip(self.names, seen, strict=True) if is_seen)
        return Targets(names, self.low[seen], self.high[seen], self.discrepancy[seen], self.is_log[seen])

    def of_truth(self, values: Floats) -> Targets:
        """Return targets that were observed in a world of the model itself, (k,), nan if not: no discrepancy."""
        low, high = (np.where(np.isnan(values), end, values) for end in (-np.inf, np.inf))
        return Targets(self.names, low, high, np.zeros(len(self.names)), self.is_log)


@cache
def shipped_targets() -> Targets:
    """Return the targets of ``targets.csv``."""
    table = pd.read_csv(TARGETS).merge(pd.read_csv(PATTERNS), on="statistic", how="left", validate="one_to_one")
    is_log = (table["scale"] == "log").to_numpy()
    has_value = table["observed"].notna()
    low = table["observed"].where(has_value, table["low"].fillna(-np.inf)).to_numpy(np.float64)
    high = table["observed"].where(has_value, table["high"].fillna(np.inf)).to_numpy(np.float64)
    return Targets(
        tuple(table["statistic"]),
        np.where(is_log, np.log(np.where(is_log, low, 1.0)), low),
        np.where(is_log, np.log(np.where(is_log, high, 1.0)), high),
        table["discrepancy"].to_numpy(np.float64),
        is_log,
    )


def pooled_within(values: Floats, points: Sequence[int] | npt.NDArray[np.int64]) -> Floats:
    """Return the covariance over seeds within points, (k, k), of runs (runs, k); nan in a run counts as the mean.

    Correlations are shrunk towards none as far as so few runs ask for (Ledoit and Wolf 2004). Needs scikit-learn.
    """
    from sklearn.covariance import ledoit_wolf

    table = pd.DataFrame(values).fillna(pd.DataFrame(values).mean())
    rest = (table - table.groupby(np.asarray(points)).transform("mean")).to_numpy()
    spread = np.sqrt((rest**2).sum(axis=0) / (len(table) - len(np.unique(points))))
    known = np.where(spread > 0, spread, 1.0)
    correlation = ledoit_wolf(rest / known, assume_centered=True)[0]
    scale = spread / np.sqrt(np.diag(correlation))
    return np.asarray(correlation * np.outer(scale, scale))
