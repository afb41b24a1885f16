"""What is not beaten in everything, how sure that is, and which few candidates of the front are good compromises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.analysis.estimates import differences, mean_of
from dxsim.terms.text import TEXT

if TYPE_CHECKING:
    from dxsim.scenario.registry import Value

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

CONFIDENCE = 0.95
FEW = 2  # levers of a compromise of few
BALANCED, FEW_LEVERS, NOTHING_WORSE = "A", "B", "C"
"""Compromises: the best one of all, of those with at most `FEW` levers, of those worse than the scenario in nothing."""


def non_dominated(losses: Floats) -> Flags:
    """Return which rows of losses, (n, K), no other row beats: none is at most as large in all and smaller in one.

    A row with a nan is beaten by whatever has none.

    Examples
    --------
    >>> non_dominated(np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 3.0], [2.0, 2.0]])).tolist()
    [True, True, False, True]
    """
    known = np.flatnonzero(~np.isnan(losses).any(axis=1))
    front = np.zeros(len(losses), np.bool_)
    rows = losses[known]
    order = np.lexsort(rows.T[::-1])  # what beats a row stands before it
    kept = np.empty((0, losses.shape[1]))
    for place in order:
        row = rows[place]
        beaten = bool(((kept <= row).all(axis=1) & (kept < row).any(axis=1)).any())
        front[known[place]] = not beaten
        if not beaten:
            kept = np.vstack([kept, row])
    return front


def candidate_table(
    levers: Mapping[str, Sequence[Value]],
    values: Floats,
    signs: Floats,
    objectives: Sequence[str],
    generation: Sequence[int],
) -> pd.DataFrame:
    """Return all candidates, the scenario itself first.

    Parameters
    ----------
    levers : mapping of str to sequence
        By lever, its value in each of the n candidates.
    values : ndarray, shape (n, points, seeds, K)
        Objectives of each run.
    signs : ndarray, shape (K,)
        1 where less is better, -1 where more is.
    objectives : sequence of str
        Their names.
    generation : sequence of int
        In which each candidate was first tried.

    Returns
    -------
    pandas.DataFrame
        Columns candidate, generation, on_front, points_on_front (share of points at which it is not beaten),
        levers_used, compromise, the levers, and for each objective its mean with ``_low`` and ``_high`` (Monte Carlo
        interval of the mean over seeds) and its ``_difference`` from the scenario with the same two.
    """
    from scipy import stats

    n, points, seeds, k = values.shape
    losses = mean_of(mean_of(values, 2), 1) * signs
    front = non_dominated(losses)
    by_point = np.array([non_dominated(mean_of(values[:, point], 1) * signs) for point in range(points)])
    chosen = pd.DataFrame(levers)
    used = (chosen != chosen.iloc[0]).sum(axis=1).to_numpy()
    front &= has_fewest(losses, used)
    table = pd.DataFrame({"candidate": range(n), "generation": generation, "on_front": front})
    table["points_on_front"] = by_point.mean(axis=0)
    table["levers_used"] = used
    table["compromise"] = pd.Series(compromises(losses, front, used), dtype=TEXT)
    flat = values.transpose(1, 2, 0, 3).reshape(points, seeds, n * k)
    found = differences(np.tile(flat[:, :, :k], (1, 1, n)), flat, CONFIDENCE)
    half = stats.t.ppf((1 + CONFIDENCE) / 2, np.maximum(found["seeds"] - 1, 1)) * found["case_error"]
    columns = {
        "": found["case_mean"],
        "_low": found["case_mean"] - half,
        "_high": found["case_mean"] + half,
        "_difference": found["difference"],
        "_difference_low": found["monte_carlo_low"],
        "_difference_high": found["monte_carlo_high"],
    }
    told = {
        f"{name}{ending}": column.reshape(n, k)[:, place]
        for place, name in enumerate(objectives)
        for ending, column in columns.items()
    }
    return pd.concat([table, chosen, pd.DataFrame(told)], axis=1)


def has_fewest(losses: Floats, used: npt.NDArray[np.int64]) -> Flags:
    """Return which rows use as few levers as any row with the same losses: what has no effect is not used."""
    _, same = np.unique(losses, axis=0, return_inverse=True)
    same = same.reshape(-1)
    fewest = np.full(same.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(fewest, same, used)
    return np.asarray(used == fewest[same])


def compromises(losses: Floats, front: Flags, used: npt.NDArray[np.int64]) -> list[str]:
    """Return for each candidate which compromises it is, as ``A``, ``AB`` or nothing.

    The best compromise loses least in the objective in which it loses most, by the range of the front; equals are in
    the order of their numbers. The scenario itself (row 0) is none.
    """
    rows = np.flatnonzero(front)
    low, high = losses[rows].min(axis=0), losses[rows].max(axis=0)
    regret = ((losses - low) / np.where(high > low, high - low, 1.0)).max(axis=1)
    others = front.copy()
    others[0] = False
    groups = {
        BALANCED: others,
        FEW_LEVERS: others & (used <= FEW),
        NOTHING_WORSE: others & (losses <= losses[0]).all(axis=1) & (losses < losses[0]).any(axis=1),
    }
    names = [""] * len(losses)
    for name, group in groups.items():
        if group.any():
            best = int(np.where(group, regret, np.inf).argmin())
            names[best] += name
    return names
