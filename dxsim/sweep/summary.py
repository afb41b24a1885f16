"""What all runs of a sweep say of each case: number, mean, spread and Monte Carlo standard error of every KPI."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from dxsim.files import write_whole
from dxsim.sweep.layout import SUMMARY
from dxsim.sweep.store import Results
from dxsim.terms.text import TEXT

_COLUMNS = {"case": "int64", "kpi": TEXT, "n": "int64", "mean": "float64", "sd": "float64"}
_COLUMNS |= {"monte_carlo_error": "float64"}
_COLUMNS_AT_A_TIME = 16  # so that memory does not grow with the number of KPIs times runs


def write_summary(results: Results) -> None:
    """Write `summary_table` as ``summary.parquet``."""
    table = summary_table(results)
    write_whole(results.folder / SUMMARY, lambda path: table.to_parquet(path, compression="zstd", index=False))


def summary_table(results: Results) -> pd.DataFrame:
    """Return one row per case and KPI, over the runs that are done.

    Its columns: ``case``, ``kpi``, ``n`` (runs in which it is known), ``mean``, ``sd``, ``monte_carlo_error``. The
    error is that of the mean over seeds: with uncertain parameters, the seeds of each point count, and points do not.
    """
    return pd.concat(list(_summaries(results)), ignore_index=True)


def _summaries(results: Results) -> Iterator[pd.DataFrame]:
    keys = results.plan[["run", "case", "point"]].drop_duplicates()
    kpis = list(results.manifest["kpis"])
    if not results.tables():  # every run failed
        yield pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in _COLUMNS.items()})
        return
    for first in range(0, len(kpis), _COLUMNS_AT_A_TIME):
        chosen = kpis[first : first + _COLUMNS_AT_A_TIME]
        yield _summary(keys.merge(results.read("kpis", chosen), on="run", how="inner"), chosen)


def _summary(runs: pd.DataFrame, kpis: Sequence[str]) -> pd.DataFrame:
    long = runs.melt(["case", "point"], list(kpis), "kpi", "value").dropna(subset="value")
    by_point = long.groupby(["case", "kpi", "point"], sort=True)["value"].agg(["size", "mean", "var"])
    # Of the mean of points: each point's mean errs by its own variance over its own seeds.
    weight = by_point["size"] / by_point.groupby(["case", "kpi"])["size"].transform("sum")
    squared = (weight**2 * by_point["var"] / by_point["size"]).groupby(["case", "kpi"])
    error = squared.agg(lambda part: part.sum(skipna=False)) ** 0.5  # nan where a point has one seed
    whole = long.groupby(["case", "kpi"], sort=True)["value"].agg(n="size", mean="mean", sd="std")
    return whole.assign(monte_carlo_error=error.astype(np.float64)).reset_index()
