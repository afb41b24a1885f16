"""How evenly outcomes fall on municipalities, and where: one long table of measures.

Outcomes per body: ``late_share`` of its systems, ``cost_per_resident_2035`` and ``excluded_share`` of the procedures
that its residents needed. Every measure of inequality stands there twice: each body counting once (``bodies``), and as
often as it has residents (``residents``, of 2020).

Theil's index is split by size class. The concentration index ranks bodies by residents or by the fiscal index (those
without one left out); below zero means that it falls on small or poor bodies. Moran's I is over land borders.
``groups`` and ``prefectures`` are the modularity of the network of neighbours cut along groups (a body alone is a part
of its own) and along prefecture borders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.records.measures import atkinson, concentration_index, gini, modularity, morans_i, percentile_ratio, theil
from dxsim.records.size_classes import size_classes

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation

Floats = npt.NDArray[np.float64]

OUTCOMES = ("late_share", "cost_per_resident_2035", "excluded_share")
MEASURES = (
    *("gini", "theil", "theil_between", "theil_within", "atkinson_0.5", "atkinson_1"),
    *("concentration_population", "concentration_fiscal_index", "p90_p10"),
)
BODIES, RESIDENTS = "bodies", "residents"


def equity_table(municipalities: pd.DataFrame, nation: Nation) -> pd.DataFrame:
    """Return the measures.

    Parameters
    ----------
    municipalities : pandas.DataFrame
        As in `dxsim.records.Records`.
    nation : Nation
        The same municipalities, with their neighbours.

    Returns
    -------
    pandas.DataFrame
        Columns outcome, measure, weighting, value (nan where a measure is not defined).
    """
    population = municipalities["population"].to_numpy(np.float64)
    fiscal = nation.municipalities["fiscal_index"].to_numpy(np.float64)
    rows: list[tuple[str, str, str, float]] = []
    for outcome, values in outcomes(municipalities).items():
        for weighting, weight in ((BODIES, np.ones(len(values))), (RESIDENTS, population)):
            measured = inequality(values, weight, population, fiscal)
            rows += [(outcome, measure, weighting, value) for measure, value in measured.items()]
    one, other = _pairs(nation, land_only=True)
    clustered = {**outcomes(municipalities), "has_late_system": (municipalities["late_systems"] > 0).to_numpy(float)}
    rows += [(outcome, "morans_i", BODIES, morans_i(values, one, other)) for outcome, values in clustered.items()]
    one, other = _pairs(nation, land_only=False)
    for cut, labels in (("groups", _groups(municipalities)), ("prefectures", list(municipalities["prefecture"]))):
        rows.append((cut, "modularity", BODIES, modularity(labels, one, other)))
    table = pd.DataFrame(rows, columns=["outcome", "measure", "weighting", "value"])
    return table.astype(dict.fromkeys(("outcome", "measure", "weighting"), "str"))


def outcomes(municipalities: pd.DataFrame) -> dict[str, Floats]:
    """Return the outcomes of each body by name; nan where a body has none."""
    needed = municipalities[["online", "assisted", "analog", "excluded"]].sum(axis=1)
    late = municipalities["late_systems"] / municipalities["systems"].where(municipalities["systems"] > 0)
    return {
        "late_share": late.to_numpy(np.float64),
        "cost_per_resident_2035": municipalities["cost_per_resident_2035"].to_numpy(np.float64),
        "excluded_share": (municipalities["excluded"] / needed.where(needed > 0)).to_numpy(np.float64),
    }


def inequality(values: Floats, weight: Floats, population: Floats, fiscal_index: Floats) -> dict[str, float]:
    """Return every one of `MEASURES` of an outcome; bodies without it are left out."""
    known = ~np.isnan(values)
    x, w, people, fiscal = values[known], weight[known], population[known], fiscal_index[known]
    parts = theil(x, size_classes(people), w)
    measured = (
        gini(x, w),
        *parts,
        atkinson(x, 0.5, w),
        atkinson(x, 1.0, w),
        concentration_index(x, people, w),
        concentration_index(x, fiscal, w),
        percentile_ratio(x, weights=w),
    )
    return dict(zip(MEASURES, measured, strict=True))


def _groups(municipalities: pd.DataFrame) -> list[str]:
    """Return the group of each body; a body alone is a group of its own."""
    return list(municipalities["group"].where(municipalities["group"].notna(), municipalities["code"]))


def _pairs(nation: Nation, land_only: bool) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    ties = nation.adjacency[nation.adjacency["kind"] == "land"] if land_only else nation.adjacency
    rows = pd.Index(nation.municipalities["code"])
    return rows.get_indexer(ties["code_a"]), rows.get_indexer(ties["code_b"])
