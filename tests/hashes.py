"""What the model gives, as hashes: written down once, and held against later code.

Twenty runs of the whole synthetic nation, twenty of real Japan where its files are at hand, and one sweep of fifty
runs with all outcomes. A change that is meant to change results writes them anew, ``python -m tests.hashes``, and says
so in the changelog; any other change leaves them as they are. Names of columns and KPIs are not hashed: they may get
better.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numba import njit

import dxsim
from dxsim.nation.nation import Nation
from dxsim.nation.official import build_nation
from dxsim.records.months import MONTH_COLUMNS
from dxsim.records.municipalities import MUNICIPALITY_COLUMNS

KEPT = Path(__file__).with_name("hashes.json")
SHARED = Path(__file__).parents[2] / "shared" / "data"
OFFICIAL = SHARED / "official"
SCENARIOS = ("baseline", "cooperation_grant", "phased_by_vendor_load", "digital_only_sunset")
SEEDS = (1, 2, 3, 4, 5)
DIGITS = 16
TABLES = (
    *("monthly", "money", "flows", "residents", "market", "vendors"),
    *("municipalities", "groups", "systems", "equity", "summary"),
)
# As a table of a sweep was called when the hashes were written down -> as it is called.
SWEEP_TABLES = {"kpis": "kpis", "strata": "strata", "months": "months", "bodies": "municipalities"}
# Columns that say what a row is about; their order tells, their wording does not.
NAMES = {"summary": ("kpi", "unit"), "equity": ("outcome", "measure", "weighting"), "strata": ("stratum", "class")}

STUDY = f"""\
name: hashes
scenarios: [baseline, cooperation_grant]
uncertainties:
  commitment.mandate_hazard:
  vendor.capacity_ratio:
  cooperation.poolable_share:
  residents.willingness_growth:
sample: {{method: latin_hypercube, size: 5, seed: 1}}
seeds: {{first: 1, count: 5, common: true}}
outcomes:
  kpis: all
  strata: [size_class, type]
  months: {{columns: [{", ".join(MONTH_COLUMNS)}], types: [all, town]}}
  municipalities: [{", ".join(MUNICIPALITY_COLUMNS)}]
"""


@njit
def _arithmetic(values: np.ndarray) -> np.ndarray:
    found = np.empty(values.size)
    for place in range(values.size):
        x = values[place]
        found[place] = np.exp(-x) + np.log(x) + x**0.37 + np.cos(x) + np.sqrt(x)
    return found


def arithmetic() -> str:
    """Return how this processor and its libraries round: where that differs, so may the last bits of results."""
    values = np.linspace(1e-6, 50.0, 20_001)
    digest = hashlib.sha256(_arithmetic(values).tobytes())
    digest.update(np.exp(-values).tobytes() + np.log(values).tobytes() + (values**0.37).tobytes())
    digest.update(np.array([values.sum(), values.reshape(-1, 3).mean(axis=0).sum()]).tobytes())
    return digest.hexdigest()[:DIGITS]


def hash_of(table: pd.DataFrame, names: tuple[str, ...] = ()) -> str:
    """Return a hash of what stands in a table, column by column, its `names` left out."""
    digest = hashlib.sha256(str(len(table)).encode())
    for name in table:
        if name in names:
            continue
        column = table[name]
        if column.dtype.kind in "iufbM":
            digest.update(column.to_numpy().tobytes())
        else:
            digest.update("\0".join(column.astype("string").fillna("")).encode())
        digest.update(b"\1")
    return digest.hexdigest()[:DIGITS]


def of_runs(nation: Nation) -> dict[str, dict[str, str]]:
    """Return the hashes of all tables of twenty runs, by scenario and seed."""
    found = {}
    for name in SCENARIOS:
        scenario = dxsim.load_scenario(name)
        for seed in SEEDS:
            records = dxsim.simulate(nation, scenario, seed)
            found[f"{name} {seed}"] = {
                table: hash_of(getattr(records, table), NAMES.get(table, ())) for table in TABLES
            }
    return found


def of_sweep(folder: Path) -> dict[str, str]:
    """Return the hashes of all tables of fifty runs; runs stand in the order of the plan, whatever their ids are."""
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    results = dxsim.run_sweep(dxsim.read_study(folder / "study.yaml"), folder / "sweep")
    place = {run: row for row, run in enumerate(results.plan["run"])}
    found = {}
    for table in SWEEP_TABLES:
        content = results.read(SWEEP_TABLES[table])
        content["run"] = content["run"].astype(object).map(place).astype(np.int64)
        names = tuple(NAMES.get(table, ()))
        found[table] = hash_of(content.sort_values("run", kind="stable"), names)
    return found


def of_real_japan() -> dict[str, dict[str, str]]:
    """Return the same as `of_runs` for Japan, built from the official files."""
    return of_runs(real_japan())


def real_japan() -> Nation:
    """Build the real nation from the official files in ``../shared``."""
    with tempfile.TemporaryDirectory() as folder:
        fiscal = Path(folder) / "fiscal.csv"
        table = pd.read_csv(SHARED / "japan" / "municipalities.csv", dtype={"code": str})
        table[["code", "fiscal_index_fy2021"]].set_axis(["code", "fiscal_index"], axis=1).to_csv(fiscal, index=False)
        return build_nation(
            OFFICIAL / "SSDSE-A-2026.csv",
            OFFICIAL / "ja_municipality_area.json",
            OFFICIAL / "FITS-M-List.csv",
            fiscal,
        )


def kept() -> Mapping[str, object]:
    """Return what was written down."""
    return json.loads(KEPT.read_text(encoding="utf-8"))


def main() -> None:
    """Write everything down anew; what needs files that are not at hand stays as it was."""
    before = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    found = {"arithmetic": arithmetic(), "synthetic": of_runs(dxsim.load_nation("synthetic"))}
    with tempfile.TemporaryDirectory() as folder:
        found["sweep"] = of_sweep(Path(folder))
    if OFFICIAL.is_dir():
        found["japan"] = of_real_japan()
    else:
        print("the hashes of real Japan stay as they were: ../shared/data is not at hand", file=sys.stderr)
    KEPT.write_text(json.dumps({**before, **found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
