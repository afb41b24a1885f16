"""Folders of sweeps made by hand, with outcomes that are known exactly or drawn from a known distribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from dxsim.sweep.layout import DICTIONARY, DONE, MARK_SCHEMA
from dxsim.sweep.store import Batch, Results, create_folder

Values = Mapping[str, float]


def plan_table(
    cases: Sequence[Mapping[str, object]],
    seeds: Sequence[int],
    points: Sequence[Mapping[str, float]] = ({},),
) -> pd.DataFrame:
    """Return a plan: every case (variant, scenario, levers) at every point with every seed."""
    rows = []
    for (case, alternative), (point, uncertain), seed in product(enumerate(cases), enumerate(points), seeds):
        named = {"variant": "default", "scenario": "baseline", **alternative}
        fixed = {"case": case, "variant": named.pop("variant"), "scenario": named.pop("scenario"), "point": point}
        rows.append({"run": f"{len(rows):016x}", **fixed, "seed": seed, **named, **uncertain})
    return pd.DataFrame(rows)


def sweep(
    folder: Path,
    plan: pd.DataFrame,
    kpis: Callable[[Mapping[str, object]], Values],
    manifest: Mapping[str, object] | None = None,
    **tables: pd.DataFrame,
) -> Results:
    """Write the folder of a sweep; `kpis` says what a run leaves, or nothing for a run that failed."""
    told = manifest or {"study": {"name": "by_hand"}}
    texts = {DICTIONARY: "table,column\n"}
    results = create_folder(folder, told, lambda path: plan.to_parquet(path, index=False), texts)
    found = {row["run"]: kpis(row) for row in plan.to_dict("records")}
    done = {run: values for run, values in found.items() if values}
    table = pd.DataFrame.from_dict(done, orient="index").rename_axis("run").reset_index()
    mark = pd.DataFrame({"run": list(done), "status": DONE, "seconds": 0.5, "attempt": 1})
    for name in ("month", "error", "message"):
        mark[name] = None
    parts = {name: pa.Table.from_pandas(part, preserve_index=False) for name, part in {"kpis": table, **tables}.items()}
    results.write(Batch(parts, pa.Table.from_pandas(mark[MARK_SCHEMA.names], MARK_SCHEMA, preserve_index=False)))
    return results


def noise(seed: object, *more: object) -> np.random.Generator:
    """Return chance that depends on these numbers and on nothing else."""
    return np.random.default_rng([int(str(part)) for part in (seed, *more)])
