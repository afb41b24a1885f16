"""Several settings under the same random numbers: means, paired differences and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dxsim.analysis.paired import paired_difference
from dxsim.app.runs import KPIS, STRATA

Outcomes = tuple[dict[str, float], dict[str, npt.NDArray[np.float64]]]


def compare(outcomes: Sequence[Sequence[Outcomes]]) -> dict[str, Any]:
    """Return every outcome of each setting, and its difference from that of the first, with 95 % t intervals.

    Parameters
    ----------
    outcomes : sequence of sequences
        By setting and seed.

    Returns
    -------
    dict
        ``seeds``; ``kpis``: by name a list with an entry for each setting: its ``mean`` over seeds, ``difference``,
        ``low`` and ``high`` of the pairs, how many ``pairs`` have both values, and over these the means ``before`` and
        ``after``, whose difference is ``difference``; ``strata``: by name and size class the same.
    """
    by_kpi = {name: [[kpis[name] for kpis, _ in arm] for arm in outcomes] for name in KPIS}
    by_class = {
        name: [
            [[classes[name][place] for _, classes in arm] for arm in outcomes]
            for place in range(len(outcomes[0][0][1][name]))
        ]
        for name in STRATA
    }
    return {
        "seeds": len(outcomes[0]),
        "kpis": {name: _entries(values) for name, values in by_kpi.items()},
        "strata": {name: [_entries(values) for values in places] for name, places in by_class.items()},
    }


def _entries(arms: Sequence[Sequence[float]]) -> list[dict[str, float | None]]:
    entries = []
    for arm in arms:
        found = paired_difference(arms[0], arm)
        both = [pair for pair in zip(arms[0], arm, strict=True) if not any(map(math.isnan, pair))]
        numbers = {
            "mean": _mean([value for value in arm if not math.isnan(value)]),
            "before": _mean([value for value, _ in both]),
            "after": _mean([value for _, value in both]),
            "difference": found.mean,
            "low": found.low,
            "high": found.high,
            "pairs": found.n,
        }
        entries.append({name: None if math.isnan(value) else value for name, value in numbers.items()})
    return entries


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan
