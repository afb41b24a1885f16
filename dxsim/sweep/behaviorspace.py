"""A sweep as a table of NetLogo's BehaviorSpace, for the programs that read those: R scripts, spreadsheets, ...

Six lines of heading, then a line for each run: its number, what was varied, ``[step]``, and the KPIs as reporters.
Every cell stands in quotes, a quote within it twice, as NetLogo's own `TableExporter` and `CSV` write them (checked
against NetLogo 6 and 7, table version 2.0).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pyarrow.dataset as ds
import pyarrow.parquet as pq

from dxsim.errors import InputError, Problem
from dxsim.files import write_whole
from dxsim.language import say
from dxsim.sweep.store import Results, read_results
from dxsim.terms.calendar import MONTHS

if TYPE_CHECKING:
    import pandas as pd

RUN_NUMBER, STEP = "[run number]", "[step]"
_TITLE = "BehaviorSpace results (dxsim {version})"  # by which those programs know the table: English everywhere
_NOT_VARIED = ("run", "case", "point")  # columns of a plan that follow from the others
_AT_A_TIME = 10_000  # runs held in memory


def export_behaviorspace(folder: str | Path, path: str | Path) -> None:
    """Write the finished runs of a sweep as a BehaviorSpace table, in the order of the plan.

    A run is numbered by its row in the plan. ``[step]`` is the number of months, which is the same for all. A KPI that
    has no value in a run is an empty cell.

    Parameters
    ----------
    folder : str or Path
        Of the sweep, finished or not.
    path : str or Path
        Of the new file; one that is there is replaced.

    Raises
    ------
    InputError
        If there is no such sweep, no run of it is finished, a file of it is damaged, or the file can't be written.
    """
    results = read_results(folder)
    files = results.parts("kpis")
    if not files:
        raise InputError(say("sweep '{folder}'", folder=folder), [Problem("", say("no run of it is finished"))])
    reporters = [name for name in pq.read_schema(files[0]).names if name != "run"]

    def write(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            _write(file, results, ds.dataset(files), reporters)

    try:
        write_whole(Path(path), write)
    except OSError as error:
        what = say("can't be written: {reason}", reason=error.strerror)
        raise InputError(say("file '{file}'", file=path), [Problem("", what)]) from error


def _write(file: TextIO, results: Results, kpis: ds.Dataset, reporters: list[str]) -> None:
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
    varied = [name for name in results.plan.columns if name not in _NOT_VARIED]
    writer.writerows(_heading(results))
    writer.writerow([RUN_NUMBER, *varied, STEP, *reporters])
    for first in range(0, len(results.plan), _AT_A_TIME):
        rows = results.plan.iloc[first : first + _AT_A_TIME]
        found = kpis.to_table(columns=["run", *reporters], filter=ds.field("run").isin(list(rows["run"].unique())))
        table = rows.merge(found.to_pandas(), on="run", how="left", indicator=True)
        writer.writerows(_lines(table, first + 1, varied, reporters))


def _heading(results: Results) -> list[list[str]]:
    manifest = results.manifest
    begun = datetime.fromisoformat(manifest["started"])
    return [
        [_TITLE.format(version=manifest["software"]["version"]), "Table version 2.0"],
        [f"dxsim, nation {manifest['nation']['name']}"],
        [manifest["study"]["name"]],
        [begun.strftime("%m/%d/%Y %H:%M:%S:000 %z")],
        ["min-pxcor", "max-pxcor", "min-pycor", "max-pycor"],
        ["0", "0", "0", "0"],  # there are no patches
    ]


def _lines(table: pd.DataFrame, first: int, varied: list[str], reporters: list[str]) -> Iterator[list[str]]:
    settings = [table[name].tolist() for name in varied]
    values = [table[name].tolist() for name in reporters]
    for place, merged in enumerate(table["_merge"]):
        if merged == "both":
            yield [
                str(first + place),
                *(_cell(column[place]) for column in settings),
                str(MONTHS),
                *(_cell(column[place]) for column in values),
            ]


def _cell(value: object) -> str:
    """Return a value as NetLogo prints it: whole numbers without a point."""
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)
