"""Runs at points of a prior, with the statistics of each: what a calibration learns from. They survive a kill."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.analysis.pattern_statistics import run_logged, statistics
from dxsim.analysis.runs import in_threads
from dxsim.errors import InputError, Problem
from dxsim.files import write_whole
from dxsim.language import say
from dxsim.model.run import prepare
from dxsim.records.frame import frame_of
from dxsim.records.provenance import code_identity
from dxsim.scenario.registry import REGISTRY, Value
from dxsim.sweep.distributions import drawn

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation
    from dxsim.scenario.scenario import Scenario
    from dxsim.sweep.distributions import Uncertainty

Floats = npt.NDArray[np.float64]

_IDENTITY = "identity"  # attribute of a table
AT_ONCE = 32  # points between two writes of the file: at most so much is lost


def values_at(points: Floats, prior: Mapping[str, Uncertainty]) -> list[dict[str, Value]]:
    """Return the parameters at points of the unit cube, (n, d): quantiles of their distributions."""
    columns = [drawn(REGISTRY[key], prior[key], points[:, place]) for place, key in enumerate(prior)]
    return [dict(zip(prior, row, strict=True)) for row in zip(*columns, strict=True)]


def simulate(
    nation: Nation,
    scenario: Scenario,
    values: Sequence[Mapping[str, Value]],
    seeds: Sequence[int],
    file: Path,
    *,
    threads: int | None = None,
    on_run: Callable[[int], object] = lambda count: None,
) -> pd.DataFrame:
    """Run a scenario with other parameters, each point with seeds of its own, and keep the statistics in a file.

    Parameters
    ----------
    nation, scenario
        What is simulated.
    values : sequence of mapping
        Parameters of each point by full name.
    seeds : sequence of int
        A multiple of the number of points: the first point has the first of them, and so on.
    file : Path
        Parquet; what is in it already is not run again, and it must be of these very runs.
    threads : int, optional
        Runs at a time; it changes no result.
    on_run : callable
        Told how many runs more are done.

    Returns
    -------
    pandas.DataFrame
        By run: ``point``, ``seed``, parameters, statistics; in the order of points.

    Raises
    ------
    InputError
        If the file holds other runs, or is damaged.
    """
    frame, each = frame_of(nation), len(seeds) // len(values)
    identity = _identity(nation, scenario, values, seeds)
    table = _kept(file, identity) if file.exists() else pd.DataFrame({"point": pd.Series(dtype=np.int64)})
    on_run(len(table))

    def at(point: int) -> list[dict[str, object]]:
        changed = replace(scenario, values={**scenario.values, **values[point]})
        rows: list[dict[str, object]] = []
        for seed in seeds[point * each : (point + 1) * each]:
            found = statistics(run_logged(prepare(nation, changed, seed, None)), frame, extended=True)
            rows.append({"point": point, "seed": seed, **values[point], **found})
            on_run(1)
        return rows

    done = int(table["point"].nunique())
    for first in range(done, len(values), AT_ONCE):
        rows = in_threads(at, range(first, min(first + AT_ONCE, len(values))), threads)
        table = pd.concat([table, pd.DataFrame([row for part in rows for row in part])], ignore_index=True)
        table.attrs[_IDENTITY] = identity
        write_whole(file, partial(table.to_parquet, index=False))
    return table


def _identity(nation: Nation, scenario: Scenario, values: Sequence[Mapping[str, Value]], seeds: Sequence[int]) -> str:
    """Return the SHA-256 of all that decides what a file of runs holds in the end."""
    told = [nation.fingerprint, scenario.fingerprint, dict(code_identity()), [*map(dict, values)], [*seeds]]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _kept(file: Path, identity: str) -> pd.DataFrame:
    try:
        table = pd.read_parquet(file)
    except (OSError, ValueError) as error:
        what = say("can't be read: {reason}", reason=error)
        raise InputError(say("calibrate"), [Problem(str(file), what)]) from None
    if table.attrs.get(_IDENTITY) != identity:
        what = say("holds runs of another nation, scenario, prior or version of dxsim; take another folder")
        raise InputError(say("calibrate"), [Problem(str(file), what)])
    return table
