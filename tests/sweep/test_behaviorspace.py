"""A sweep as a table of NetLogo's BehaviorSpace, and its own tables in other tools than dxsim."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from dxsim.errors import InputError
from dxsim.sweep.behaviorspace import _cell, export_behaviorspace
from dxsim.sweep.runner import Sweep, begin_sweep, carry_on, run_sweep
from dxsim.sweep.settings import Settings
from dxsim.sweep.study_file import read_study
from tests.sweep.conftest import RUNS


@pytest.fixture
def results(desk):
    return run_sweep(read_study("./study.yaml"), "out", threads=1)


def read(path: Path) -> pd.DataFrame:
    """Read it as the readers of such tables do: without the first six lines."""
    return pd.read_csv(path, skiprows=6, float_precision="round_trip")


def test_the_heading_is_that_of_netlogo(results):
    export_behaviorspace("out", "table.csv")
    lines = Path("table.csv").read_text(encoding="utf-8").splitlines()
    version = results.manifest["software"]["version"]
    assert lines[0] == f'"BehaviorSpace results (dxsim {version})","Table version 2.0"'
    assert lines[2] == '"small"'
    assert re.fullmatch(r'"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d:\d{3} [+-]\d{4}"', lines[3])
    assert lines[4] == '"min-pxcor","max-pxcor","min-pycor","max-pycor"'
    assert lines[6].startswith('"[run number]","variant","scenario","seed","policy.portability","[step]","')
    assert len(lines) == 7 + RUNS
    assert all(re.fullmatch(r'"[^"]*"(,"[^"]*")*', line) for line in lines)


def test_the_values_are_those_of_the_sweep(results):
    export_behaviorspace("out", "table.csv")
    table, plan = read(Path("table.csv")), results.plan
    assert list(table["[run number]"]) == list(range(1, RUNS + 1))
    assert set(table["[step]"]) == {180}
    pd.testing.assert_series_equal(table["policy.portability"], plan["policy.portability"])
    assert list(table["scenario"]) == list(plan["scenario"])
    kpis = results.kpis.set_index("run").loc[plan["run"]]
    np.testing.assert_array_equal(table[kpis.columns].to_numpy(float), kpis.to_numpy())
    assert kpis.isna().any(axis=None)  # an empty cell, in the table


def test_runs_that_are_missing_have_no_line(desk):
    sweep = _begun()
    jobs = sweep.missing()
    carry_on(sweep, [*jobs[:4], *jobs[5:]], Settings(threads=1), 2)
    export_behaviorspace("out", "table.csv")
    assert list(read(Path("table.csv"))["[run number]"]) == [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12]


def test_blocks_of_rows_change_nothing(results, monkeypatch):
    export_behaviorspace("out", "one.csv")
    monkeypatch.setattr("dxsim.sweep.behaviorspace._AT_A_TIME", 5)
    export_behaviorspace("out", "other.csv")
    assert Path("one.csv").read_bytes() == Path("other.csv").read_bytes()


def test_cells_are_as_netlogo_prints_them():
    values = [3.0, 0.1, -2.0, float("nan"), "2026-03", 7, 1e-7]
    assert [_cell(value) for value in values] == ["3", "0.1", "-2", "", "2026-03", "7", "1e-07"]
    assert float(_cell(0.1 + 0.2)) == 0.1 + 0.2


def test_what_can_not_be_exported_is_said(desk):
    with pytest.raises(InputError, match="not the folder of a sweep"):
        export_behaviorspace("nowhere", "table.csv")
    _begun()
    with pytest.raises(InputError, match="no run of it is finished"):
        export_behaviorspace("out", "table.csv")
    assert not Path("table.csv").exists()


def test_a_place_that_can_not_be_written_is_said(results):
    Path("file").write_text("")
    with pytest.raises(InputError, match=r"file 'file/table\.csv'"):
        export_behaviorspace("out", "file/table.csv")


def _begun() -> Sweep:
    return begin_sweep(read_study("./study.yaml"), "out")


def test_pandas_and_pyarrow_read_the_tables_without_dxsim(results):
    script = (
        "import sys, pandas as pd, pyarrow.dataset as ds\n"
        "plan = pd.read_parquet('out/plan.parquet')\n"
        "kpis = pd.read_parquet('out/records/kpis')\n"
        "columns = ['run', 'late_systems']\n"
        "municipalities = ds.dataset('out/records/municipalities').to_table(columns=columns).to_pandas()\n"
        "table = plan.merge(kpis, on='run')\n"
        "means = table.groupby('policy.portability')['late_share'].mean()\n"
        "print(len(table), len(municipalities), repr(float(means[0.9])), 'dxsim' in sys.modules)\n"
    )
    printed = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True).stdout
    expected = results.plan.merge(results.kpis, on="run").groupby("policy.portability")["late_share"].mean()[0.9]
    assert printed.split() == [str(RUNS), str(12 * RUNS), repr(float(expected)), "False"]


def test_duckdb_reads_the_tables(results):
    table = duckdb.execute(
        """
        select "policy.portability" as portability, avg(late_share) as late, count(*) as n
        from 'out/plan.parquet' join 'out/records/kpis/*.parquet' using (run) join 'out/runs/*.parquet' using (run)
        where status = 'done' group by portability order by portability
        """
    ).df()
    joined = results.plan.merge(results.kpis, on="run")
    expected = joined.groupby("policy.portability")["late_share"].mean()
    assert list(table["n"]) == [RUNS // 2] * 2
    np.testing.assert_allclose(table["late"], expected.to_numpy(), rtol=1e-12)
    months = duckdb.execute(
        "select max(month) as last, count(distinct run) as n from 'out/records/months/*.parquet'"
    ).df()
    assert months["last"][0] == pd.Timestamp("2036-03-01")
    assert months["n"][0] == RUNS


def test_the_dictionary_is_a_plain_table(results):
    with Path("out/dictionary.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:6] == ["table", "column", "type", "unit", "meaning_en", "meaning_ja"]
