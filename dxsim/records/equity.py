"""How evenly outcomes fall on municipalities, and where: one long table of measures.

Outcomes per municipality: ``late_share`` of its systems, ``cost_per_resident_2035`` and ``excluded_share`` of the
procedures that its residents needed. Every measure of inequality stands there twice: each municipality counting once
(``municipalities``), and as often as it has residents (``residents``, of 2020).

Theil's index is split by size class. The concentration index ranks municipalities by residents or by the fiscal index
(those without one left out); below zero means that it falls on small or poor municipalities. Moran's I is over land
borders. ``groups`` and ``prefectures`` are the modularity of the network of neighbours cut along groups (a municipality
alone is a part of its own) and along prefecture borders.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.records.findings import Findings
from dxsim.records.frame import Frame
from dxsim.records.measures import (
    atkinson,
    concentration_of_ranks,
    dense_ranks,
    modularity,
    morans_i,
    percentile_ratio,
    ratio,
    theil,
)
from dxsim.terms.text import TEXT

Floats = npt.NDArray[np.float64]

OUTCOMES = ("late_share", "cost_per_resident_2035", "excluded_share")
MEASURES = (
    *("gini", "theil", "theil_between", "theil_within", "atkinson_0.5", "atkinson_1"),
    *("concentration_population", "concentration_fiscal_index", "p90_p10"),
)
MUNICIPALITIES, RESIDENTS = "municipalities", "residents"


def equity_table(found: Findings) -> pd.DataFrame:
    """Return the measures.

    Returns
    -------
    pandas.DataFrame
        Columns outcome, measure, weighting, value (nan where a measure is not defined).
    """
    frame, by_municipality = found.frame, outcomes(found)
    weights = {MUNICIPALITIES: np.ones(frame.population.size), RESIDENTS: frame.population}
    rows: list[tuple[str, str, str, float]] = []
    for outcome, values in by_municipality.items():
        ranks = dense_ranks(values)
        for weighting, weight in weights.items():
            measured = inequality(values, ranks, weight, frame)
            rows += [(outcome, measure, weighting, value) for measure, value in measured.items()]
    rows += [
        (outcome, "morans_i", MUNICIPALITIES, morans_i(values, *frame.land_neighbours))
        for outcome, values in by_municipality.items()
    ]
    rows += [
        ("has_late_system", "morans_i", MUNICIPALITIES, late_morans_i(found)),
        ("groups", "modularity", MUNICIPALITIES, group_modularity(found)),
        ("prefectures", "modularity", MUNICIPALITIES, frame.prefecture_modularity),
    ]
    table = pd.DataFrame(rows, columns=["outcome", "measure", "weighting", "value"])
    return table.astype(dict.fromkeys(("outcome", "measure", "weighting"), TEXT))


def outcomes(found: Findings) -> dict[str, Floats]:
    """Return the outcomes of each municipality by name; nan where a municipality has none."""
    return {
        "late_share": ratio(found.late_systems, found.frame.systems),
        "cost_per_resident_2035": found.cost_per_resident,
        "excluded_share": ratio(found.cases["excluded"], found.needed),
    }


def late_morans_i(found: Findings) -> float:
    """Return Moran's I of having a late system."""
    return morans_i(found.late_systems > 0, *found.frame.land_neighbours)


def group_modularity(found: Findings) -> float:
    """Return the modularity of the network of neighbours cut along groups."""
    return modularity(found.partition, *found.frame.neighbours)


def inequality(values: Floats, ranks: npt.NDArray[np.int64], weight: Floats, frame: Frame) -> dict[str, float]:
    """Return every one of `MEASURES` of an outcome ranked by `dense_ranks`; municipalities without it are left out."""
    known = ranks >= 0
    x, w = values[known], weight[known]
    measured = (
        concentration_of_ranks(x, ranks[known], w),
        *theil(x, frame.size_class[known], w),
        atkinson(x, 0.5, w),
        atkinson(x, 1.0, w),
        concentration_of_ranks(x, frame.population_rank[known], w),
        concentration_of_ranks(x, frame.fiscal_rank[known], w),
        percentile_ratio(x, weights=w),
    )
    return dict(zip(MEASURES, measured, strict=True))
