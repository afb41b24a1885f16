"""A study that is small enough to be run hundreds of times: twelve municipalities, twelve runs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dxsim.nation.nation import write_nation
from dxsim.nation.small import grid_nation
from dxsim.sweep.layout import TABLES
from dxsim.sweep.runner import begin_sweep, carry_on
from dxsim.sweep.settings import Settings
from dxsim.sweep.store import Results, read_results
from dxsim.sweep.study_file import read_study

STUDY = """\
name: small
nation: nation
scenarios: [baseline, capacity_programme]
levers:
  policy.portability: [0.1, 0.9]
seeds: {first: 1, count: 3}
outcomes:
  kpis: all
  strata: [size_class, type]
  months: {columns: [live, late_R4], types: [all, town]}
  municipalities: [late_systems, cost_per_resident_2035]
"""
RUNS = 12
TINY = """\
name: tiny
nation: nation
scenarios: [baseline, capacity_programme]
seeds: {first: 1, count: 2}
outcomes: {kpis: [late_share, one_off_cost], strata: [size_class]}
"""
TINY_RUNS = 4
FAILING = """\
name: failing
nation: large
cases:
  - {name: usual, money.unit_cost: 2530, money.running_cost_mean: 1.9}
  - {name: more yen than 64 bits hold, money.unit_cost: 1000000000, money.running_cost_mean: 100}
seeds: {first: 1, count: 2}
outcomes: {kpis: [late_share], strata: []}
"""
LONG_RUNS = 240


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder to work in, with a nation and a study of it."""
    population = [3_000, 8_000, 20_000, 40_000, 70_000, 150_000] * 2
    types = ["village", "town", "town", "other_city", "other_city", "core_city"] * 2
    write_nation(grid_nation(3, 4, population=population, prefectures=2, type_=types), tmp_path / "nation")
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def long_desk(desk: Path) -> Path:
    """Return the same with a study of so many runs that a process can be met at work."""
    (desk / "study.yaml").write_text(STUDY.replace("count: 3", f"count: {LONG_RUNS // 4}"), encoding="utf-8")
    return desk


@pytest.fixture(scope="session")
def sweeps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with tiny sweeps: ``whole``, ``half`` (the first seed of each case), ``failed`` (half of it)."""
    desk = tmp_path_factory.mktemp("sweeps")
    write_nation(grid_nation(2, 2), desk / "nation")
    write_nation(grid_nation(5, 6, population=20_000_000, prefectures=2), desk / "large")
    (desk / "study.yaml").write_text(TINY, encoding="utf-8")
    (desk / "failing.yaml").write_text(FAILING, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(desk)
        for name, study, step in (("whole", "study", 1), ("half", "study", 2), ("failed", "failing", 1)):
            sweep = begin_sweep(read_study(f"./{study}.yaml"), name)
            carry_on(sweep, sweep.missing()[::step], Settings(threads=1), 1)
        assert len(read_results("whole").kpis) == TINY_RUNS
        assert list(read_results("failed").runs()["status"]).count("failed") == TINY_RUNS // 2
    return desk


def found(results: Results) -> dict[str, bytes]:
    """Return all that a sweep found, table by table, as bytes: floating-point numbers bit for bit."""
    tables = {table: results.read(table) for table in TABLES}
    return {table: as_bytes(frame) for table, frame in tables.items()}


def as_bytes(frame: pd.DataFrame) -> bytes:
    columns = [
        frame[name].to_numpy().tobytes() if frame[name].dtype.kind in "fiM" else "\0".join(frame[name]).encode()
        for name in frame
    ]
    return b"\1".join([*map(str.encode, frame), *columns])
