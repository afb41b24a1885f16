"""Monthly bands of an outcome, one kind of uncertainty at a time: seeds, uncertain parameters or variants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dxsim.analysis.selection import VARIANT, Alternative
from dxsim.errors import InputError, Problem
from dxsim.language import say

MONTE_CARLO, PARAMETRIC, STRUCTURAL = "monte_carlo", "parametric", "structural"
UNITS = {MONTE_CARLO: "seed", PARAMETRIC: "point", STRUCTURAL: VARIANT}
"""Kind of band -> the column of the plan over whose values it goes."""
INNER, OUTER = (0.25, 0.75), (0.025, 0.975)


def kinds_of(alternatives: Sequence[Alternative]) -> list[str]:
    """Return the kinds of which some alternative has more than one value to show a band of."""
    return [kind for kind, unit in UNITS.items() if any(item.plan[unit].nunique() > 1 for item in alternatives)]


def fan_table(alternatives: Sequence[Alternative], column: str, kind: str, type_: str = "all") -> pd.DataFrame:
    """Return the bands.

    Parameters
    ----------
    alternatives : sequence of Alternative
        Whose sweeps recorded the column by month.
    column : str
        Of the table of months.
    kind : {"monte_carlo", "parametric", "structural"}
        What the bands go over: seeds (means over points), points (means over seeds), or variants (means over both).
        The first two are taken under the first variant.
    type_ : str
        Type of municipality, or ``all``.

    Returns
    -------
    pandas.DataFrame
        Columns case, month, mean, inner_low, inner_high (middle half), outer_low, outer_high (middle 95 %; for variants
        both bands are the whole range), units (how many values).

    Raises
    ------
    InputError
        If the column or the type was not recorded.
    """
    tables = []
    for item in alternatives:
        months = item.results.months
        if column not in months or not (months["type"] == type_).any():
            what = say("{column} of {type} was not recorded by month", column=column, type=type_)
            raise InputError(say("fan chart"), [Problem(item.name, what)])
        plan = item.plan if kind == STRUCTURAL else item.plan[item.plan[VARIANT] == item.variants[0]]
        rows = plan.merge(months.loc[months["type"] == type_, ["run", "month", column]], on="run")
        unit = UNITS[kind]
        of_points = rows.groupby(["month", unit, "point"] if unit != "point" else ["month", "point"])[column].mean()
        by_unit = of_points.groupby(level=["month", unit]).mean().unstack(unit)
        values = by_unit.to_numpy(np.float64)
        ends = [(0.0, 1.0)] * 2 if kind == STRUCTURAL else [INNER, OUTER]
        (inner_low, inner_high), (outer_low, outer_high) = (np.nanquantile(values, at, axis=1) for at in ends)
        band = {
            "case": item.name,
            "month": by_unit.index,
            "mean": np.nanmean(values, axis=1),
            "inner_low": inner_low,
            "inner_high": inner_high,
            "outer_low": outer_low,
            "outer_high": outer_high,
            "units": values.shape[1],
        }
        tables.append(pd.DataFrame(band))
    return pd.concat(tables, ignore_index=True)
