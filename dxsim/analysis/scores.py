"""How well do probabilities foretell what happened? Scores, their intervals, and calibration.

Of probabilities p and outcomes y (0 or 1) of n municipalities:

    AUC        chance that p is larger for a municipality with y = 1 than for one with y = 0, ties count half
    Brier      mean of (p - y)^2
    log score  mean of -ln(p) where y = 1, and of -ln(1 - p) where y = 0

Intervals are quantiles over bootstrap samples of municipalities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

Floats = npt.NDArray[np.float64]

SAMPLES, INTERVAL = 1000, (0.025, 0.975)
SURE = 1e-6  # no probability is told to be nearer to 0 or 1
BINS = 10  # of a calibration curve, equally filled


def auc(p: Floats, y: Floats) -> float:
    """Return the area under the receiver operating characteristic; nan if all outcomes are the same."""
    ones = y == 1
    m = int(ones.sum())
    if m in (0, y.size):
        return float("nan")
    return float((rankdata(p)[ones].sum() - m * (m + 1) / 2) / (m * (y.size - m)))


def brier(p: Floats, y: Floats) -> float:
    """Return the mean squared difference of probability and outcome."""
    return float(((p - y) ** 2).mean())


def log_score(p: Floats, y: Floats) -> float:
    """Return the mean negative log probability of what happened."""
    sure = np.clip(p, SURE, 1 - SURE)
    return float(-np.log(np.where(y == 1, sure, 1 - sure)).mean())


SCORES: Mapping[str, Callable[[Floats, Floats], float]] = {"auc": auc, "brier": brier, "log_score": log_score}
"""Score -> function of probabilities and outcomes; more is better for the first, less for the others."""


def score_table(predictions: Mapping[str, Floats], y: Floats, seed: int = 1) -> pd.DataFrame:
    """Return the scores of each prediction, with intervals from the same bootstrap samples for all.

    Parameters
    ----------
    predictions : mapping of str to ndarray
        Predictor -> probabilities, (n,), of the municipalities of `y`.
    y : ndarray
        Outcomes, 0 or 1, (n,).
    seed : int
        Of the bootstrap samples.

    Returns
    -------
    pandas.DataFrame
        ``predictor``, ``municipalities``, and for each of `SCORES` its value, ``<score>_low`` and ``<score>_high``.
    """
    chance = np.random.default_rng(seed)
    samples = [chance.integers(0, y.size, y.size) for _ in range(SAMPLES)]
    rows = []
    for name, p in predictions.items():
        row: dict[str, object] = {"predictor": name, "municipalities": y.size}
        for score, of in SCORES.items():
            drawn = np.array([of(p[sample], y[sample]) for sample in samples])
            low, high = np.nanquantile(drawn, INTERVAL)
            row |= {score: of(p, y), f"{score}_low": low, f"{score}_high": high}
        rows.append(row)
    return pd.DataFrame(rows)


def calibration_curve(p: Floats, y: Floats) -> pd.DataFrame:
    """Return what happened where so much was foretold.

    Returns
    -------
    pandas.DataFrame
        By bin of equally many municipalities, from the lowest probability: ``municipalities``, mean ``foretold``,
        share that ``happened``, and ``low`` and ``high`` of its 95 % interval (Wilson).
    """
    rows = []
    for part in np.array_split(np.argsort(p, kind="stable"), min(BINS, p.size)):
        n, share = part.size, float(y[part].mean())
        z = 1.959964
        middle, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
        low, high = ((middle + side * half) / (1 + z**2 / n) for side in (-1, 1))
        row = {"municipalities": n, "foretold": p[part].mean(), "happened": share, "low": low, "high": high}
        rows.append(row)
    return pd.DataFrame(rows)
