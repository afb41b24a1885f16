"""Robustness: which alternative does well in most futures, which never badly, which on the average?

A future is a seed at a point of the uncertain parameters under a variant of the model, common to all alternatives. Each
metric answers another question, and their rankings differ, so all of them are told side by side. A share of futures is
no probability: it hangs on how the points were drawn.

Source: McPhail et al. (2018), whose metrics these are; Savage (1951) for regret, Starr (1963) for satisficing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.analysis.comparison import common_keys, named, outcomes, unit_and_direction
from dxsim.analysis.selection import Selection, check_kpis, select
from dxsim.errors import InputError, Problem
from dxsim.language import say

Floats = npt.NDArray[np.float64]

METRICS = ("mean", "percentile_90", "worst", "regret_90", "regret_max", "satisficing")
"""Those of a table, in its order; the last one only with a criterion."""
FEWEST = 2  # alternatives, and futures
_TAIL = 0.9
_DIGITS = 12  # of the largest outcome; what is smaller is rounding and makes no rank


@dataclass(frozen=True, repr=False)
class Robustness:
    """How alternatives do over futures.

    Attributes
    ----------
    kpi : str
    better : {"less", "more"}
    criterion : float or None
        A future is satisfactory where the KPI is below it (less is better) or above it (more is better).
    outcomes, regrets : pandas.DataFrame
        Of each future, a column for each case; in the unit of the KPI. Index: variant, point, uncertain parameters,
        seed. A regret is what a case is worse by than the best in the same future.
    metrics : pandas.DataFrame
        By ``case``: ``mean``; ``percentile_90``, which one future in ten is worse than; ``worst``; ``regret_90`` and
        ``regret_max``, the same of regrets; ``satisficing``, the share of satisfactory futures (only with a criterion).
    ranks : pandas.DataFrame
        The same with ranks, 1 the best; equals share the better rank.
    """

    kpi: str
    better: str
    criterion: float | None
    outcomes: pd.DataFrame
    regrets: pd.DataFrame
    metrics: pd.DataFrame
    ranks: pd.DataFrame

    def __repr__(self) -> str:
        """Return what was ranked; the tables would fill the screen."""
        return f"Robustness({self.kpi}: {len(self.metrics)} cases in {len(self.outcomes)} futures)"


def robustness(*selections: Selection, kpi: str, above: float | None = None, below: float | None = None) -> Robustness:
    """Rank alternatives by how a KPI does over futures that all of them share.

    Parameters
    ----------
    *selections : str, Path, Results or Alternative
        As of `dxsim.analysis.compare`.
    kpi : str
        One that all alternatives have.
    above, below : float, optional
        What makes a future satisfactory, in the unit of the KPI (a share is 0 to 1): one of the two, on the side that
        is better. Of a KPI without a better direction it says which one that is, so one of them is needed.

    Raises
    ------
    InputError
        If a selection, the KPI or the criterion is wrong, or alternatives or common futures are fewer than two.
    """
    chosen = select(selections)
    frames = named(chosen, [outcomes(item, "kpis") for item in chosen])
    check_kpis(say("robustness"), [kpi], [name for name in frames[0] if all(name in frame for frame in frames)])
    better = _better(kpi, above, below)
    names = [item.name for item in chosen]
    known = [frame[[kpi]].dropna() for frame in frames]
    common = reduce(pd.MultiIndex.intersection, [common_keys(known[0], frame) for frame in known])
    _check(names, len(common))
    values = pd.DataFrame({name: frame[kpi].loc[common] for name, frame in zip(names, frames, strict=True)})
    sign = 1.0 if better == "less" else -1.0
    losses = sign * values.to_numpy(np.float64)  # the more the worse
    regrets = losses - losses.min(axis=1, keepdims=True)
    table = {
        "mean": losses.mean(axis=0),
        "percentile_90": np.quantile(losses, _TAIL, axis=0),
        "worst": losses.max(axis=0),
        "regret_90": np.quantile(regrets, _TAIL, axis=0),
        "regret_max": regrets.max(axis=0),
    }
    criterion = above if below is None else below
    if criterion is not None:
        table["satisficing"] = -(losses < sign * criterion).mean(axis=0)
    scale = float(np.abs(losses).max()) or 1.0
    ranks = pd.DataFrame(table, index=names).div(scale).round(_DIGITS).rank(method="min").astype(int)
    turned = {name: column * _sign(name, sign) for name, column in table.items()}
    return Robustness(
        kpi=kpi,
        better=better,
        criterion=criterion,
        outcomes=values,
        regrets=pd.DataFrame(regrets, values.index, names),
        metrics=pd.DataFrame(turned, index=names).rename_axis("case").reset_index(),
        ranks=ranks.rename_axis("case").reset_index(),
    )


def _sign(metric: str, sign: float) -> float:
    """Return what turns a loss into the number that is told."""
    return {"satisficing": -1.0, "regret_90": 1.0, "regret_max": 1.0}.get(metric, sign)


def _better(kpi: str, above: float | None, below: float | None) -> str:
    """Return which direction is better, from the KPI or, where it has none, from the criterion."""
    given = {name: value for name, value in (("more", above), ("less", below)) if value is not None}
    asked = list(given)
    known = unit_and_direction(kpi)[1]
    problem = None
    if len(asked) > 1 or not np.isfinite(list(given.values())).all():
        problem = say("give a finite number for above or for below, or neither")
    elif known == "neither" and not asked:
        problem = say("neither more nor less of it is better; say with above or below what is satisfactory")
    elif asked and known not in ("neither", asked[0]):
        side = {"less": "below", "more": "above"}[known]
        problem = say(
            "{direction} of it is better, so that only {side} can be satisfactory", direction=known, side=side
        )
    if problem:
        raise InputError(say("robustness"), [Problem(kpi, problem)])
    return asked[0] if known == "neither" else known


def _check(names: Sequence[str], futures: int) -> None:
    problems = []
    if len(names) < FEWEST:
        what = say("there is one alternative only; name another selection to compare it with")
        problems.append(Problem(names[0], what))
    elif futures < FEWEST:
        what = say("{count} futures are common to all alternatives; run all of them with common seeds", count=futures)
        problems.append(Problem("", what))
    if problems:
        raise InputError(say("robustness"), problems)
