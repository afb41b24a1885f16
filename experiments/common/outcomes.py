"""What the runs of an experiment left, by reading of the model (regime), case and outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.analysis.selection import CASE, VARIANT, in_order
from dxsim.sweep.design import alternatives
from dxsim.sweep.store import Results
from dxsim.sweep.study import Study

Floats = npt.NDArray[np.float64]
Derive = Callable[[Results], pd.DataFrame]


@dataclass(frozen=True)
class Runs:
    """The runs under one reading of the model.

    Attributes
    ----------
    regime : str
        Variant of the model.
    table : pandas.DataFrame
        A row for each run, by case, point and seed; a column for each outcome.
    """

    regime: str
    table: pd.DataFrame

    def __call__(self, case: str, outcome: str) -> Floats:
        """Return an outcome of a case, shape (points, seeds); nan where a run failed.

        `outcome` is a KPI, ``MEASURE/CLASS`` of a size class, or what the experiment derives.
        """
        points, seeds = (self.table.index.unique(level).sort_values() for level in ("point", "seed"))
        wide = self.table.loc[case, outcome].unstack("seed")
        return np.asarray(wide.reindex(index=points, columns=seeds), np.float64)


def read_runs(study: Study, results: Results, derive: Derive | None) -> list[Runs]:
    """Return the runs of a sweep by regime, the default first.

    Parameters
    ----------
    study : Study
        What was run; its cases have names, which may have changed since.
    results : Results
        What it found.
    derive : callable, optional
        Gives further outcomes, with an index of runs.
    """
    parts = [results.kpis.set_index("run"), by_class(results)]
    parts += [derive(results)] if derive else []
    plan = results.plan.set_index("run")
    plan[CASE] = plan[CASE].map(dict(enumerate(case.name for case in alternatives(study))))
    table = plan[[VARIANT, CASE, "point", "seed"]].join(parts).set_index([VARIANT, CASE, "point", "seed"]).sort_index()
    return [Runs(name, table.loc[name]) for name in in_order(table.index.unique(VARIANT))]


def by_class(results: Results) -> pd.DataFrame:
    """Return the measures of size classes, a column ``MEASURE/CLASS`` for each, by run."""
    strata = results.strata
    if strata.empty:
        return pd.DataFrame()
    wide = strata[strata["stratum"] == "size_class"].drop(columns="stratum").pivot(index="run", columns="class")
    wide.columns = [f"{measure}/{name}" for measure, name in wide.columns]
    return wide


def largest_monthly_rise(results: Results, column: str) -> pd.Series:
    """Return the largest rise of a monthly count of all municipalities, by run."""
    months = results.months
    months = months[months["type"] == "all"].sort_values("month")
    return months.groupby("run")[column].apply(lambda count: count.diff().max())


def over_municipalities(results: Results, name: str, measure: Callable[[pd.DataFrame], float]) -> pd.DataFrame:
    """Return a measure of each run's table of municipalities, by run, in a column of this name."""
    found = {run: measure(rows) for run, rows in results.municipalities.groupby("run")}
    return pd.DataFrame({name: found}, dtype=np.float64)
