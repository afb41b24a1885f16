"""A sweep within one process: the same tables whatever the threads, batches and interruptions; nothing mixed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dxsim.errors import InputError
from dxsim.nation.nation import load_nation, write_nation
from dxsim.nation.small import grid_nation
from dxsim.records import simulate
from dxsim.records.provenance import code_identity
from dxsim.sweep.recording import run_batch
from dxsim.sweep.runner import begin_sweep, carry_on, open_sweep, run_sweep
from dxsim.sweep.settings import Settings
from dxsim.sweep.store import Results, read_results
from dxsim.sweep.study_file import read_study
from dxsim.sweep.verification import reproduce, verify
from tests.sweep.conftest import RUNS, found


def start(folder: Path, text: str | None = None):
    """Begin a sweep of the study on the desk, or of the study `text`."""
    if text is not None:
        Path("other.yaml").write_text(text, encoding="utf-8")
    return begin_sweep(read_study("./study.yaml" if text is None else "./other.yaml"), folder)


def complete(folder: Path, **settings: object) -> Results:
    sweep = start(folder)
    carry_on(sweep, sweep.missing(), Settings(**settings), batch_size=5)
    return sweep.results


def test_a_sweep_holds_what_single_runs_give(desk):
    results = run_sweep(read_study("./study.yaml"), "out")
    plan, nation = results.plan, load_nation("nation")
    assert len(plan) == plan["run"].nunique() == len(results.kpis) == RUNS
    sweep = open_sweep("out")
    for row in (0, 4, 11):
        records = simulate(nation, sweep.context.plan.scenario(row), int(plan["seed"][row]))
        kpis = results.kpis.set_index("run").loc[plan["run"][row]]
        expected = records.summary.set_index("kpi")["value"]
        assert set(kpis.index) >= set(expected.index)
        np.testing.assert_array_equal(kpis[expected.index].to_numpy(), expected.to_numpy())
        bodies = results.municipalities[results.municipalities["run"] == plan["run"][row]].set_index("code")
        late = records.municipalities.set_index("code")["late_systems"]
        assert bodies["late_systems"].to_dict() == late.to_dict()
        months = results.months[(results.months["run"] == plan["run"][row]) & (results.months["type"] == "all")]
        monthly = records.monthly[records.monthly["type"] == "all"]
        assert list(months["live"]) == list(monthly["live"])
        assert list(months["month"]) == list(monthly["month"])
        assert len(results.strata[results.strata["run"] == plan["run"][row]]) == 8 + 7


@pytest.mark.parametrize(("threads", "batch"), [(1, 1), (1, 100), (2, 1), (2, 3), (2, 100)])
def test_threads_and_batches_change_nothing(desk, threads, batch):
    expected = found(complete(Path("one"), threads=1, batch=5))
    assert found(complete(Path("other"), threads=threads, batch=batch)) == expected
    assert len(read_results("other").marks()) == -(-RUNS // batch)


def test_the_order_of_runs_changes_nothing(desk):
    expected = found(complete(Path("one")))
    sweep = start(Path("other"))
    carry_on(sweep, sweep.missing()[::-1], Settings(threads=2), 2)
    assert found(sweep.results) == expected


def test_a_stopped_sweep_goes_on_where_it_was(desk):
    expected = found(complete(Path("one")))
    for left in range(RUNS, 0, -3):
        sweep = start(Path("other"))
        assert len(sweep.missing()) == left, "what was finished is kept, and nothing more was begun"
        done: list[int] = []
        carry_on(sweep, sweep.missing(), Settings(threads=1), 2, lambda done=done: len(done) >= 3, done.append)
    assert found(read_results("other")) == expected
    assert verify(read_results("other")) == []


def test_runs_without_a_mark_are_not_seen_and_are_done_again(desk):
    expected = found(complete(Path("one")))
    results = complete(Path("other"), batch=3)
    results.reopen()
    victim = results.marks()[1]
    victim.unlink()  # as if the process had been killed between the records and their mark
    stray = results.folder / "records" / "kpis" / ".0123456789abcdef-a_1bcdef.parquet"
    stray.write_bytes(b"half a file")
    foreign = results.folder / "records" / "kpis" / ".of-somebody.parquet"
    foreign.write_bytes(b"a file")
    assert len(read_results("other").kpis) == RUNS - 3
    assert len(verify(read_results("other"))) == 1
    sweep = start(Path("other"))
    assert len(sweep.missing()) == 3
    carry_on(sweep, sweep.missing(), Settings(threads=1), 2)
    assert not stray.exists()
    assert foreign.exists()
    assert found(read_results("other")) == expected
    assert verify(read_results("other")) == []


OVERFLOW = """\
name: planted
nation: nation
cases:
  - {name: usual, money.unit_cost: 2530, money.running_cost_mean: 1.9}
  - {name: more yen than 64 bits hold, money.unit_cost: 1000000000, money.running_cost_mean: 100}
seeds: {first: 1, count: 3}
"""


def large_nation() -> None:
    """Put a nation on the desk whose yen do not fit where they are counted, if each of them costs enough."""
    write_nation(grid_nation(5, 6, population=20_000_000, prefectures=2), Path("nation"))


def test_a_failing_run_is_reported_and_does_not_end_the_sweep(desk):
    large_nation()
    sweep = start(Path("planted"), OVERFLOW)
    carry_on(sweep, sweep.missing(), Settings(threads=2), 2)
    results = read_results("planted")
    runs = results.runs().merge(results.plan, on="run")
    failed = runs[runs["status"] == "failed"]
    assert set(failed["case"]) == {1}
    assert len(failed) == 3
    assert set(failed["error"]) == {"RunFailure"}
    assert failed["month"].str.fullmatch(r"\d{4}-\d{2}").all()
    assert len(results.kpis) == 3
    assert set(results.kpis["run"]) == set(runs.loc[runs["status"] == "done", "run"])
    again = reproduce(open_sweep("planted"), failed["run"].iloc[0])
    assert again.after["message"] == failed["message"].iloc[0]
    assert again.differences == ()
    before = found(results)
    sweep = open_sweep("planted")
    assert sweep.missing() == []
    jobs = sweep.failed()
    assert [job.attempt for job in jobs] == [2, 2, 2]
    carry_on(sweep, jobs, Settings(threads=1), 2)
    tried = read_results("planted").runs()
    assert sorted(tried["attempt"]) == [1, 1, 1, 2, 2, 2]
    assert len(tried) == 6
    assert found(read_results("planted")) == before


def test_a_sweep_in_which_every_run_fails(desk):
    large_nation()
    usual = "  - {name: usual, money.unit_cost: 2530, money.running_cost_mean: 1.9}\n"
    assert usual in OVERFLOW
    sweep = start(Path("planted"), OVERFLOW.replace(usual, ""))
    carry_on(sweep, sweep.missing(), Settings(threads=1), 2)
    results = read_results("planted")
    assert list(results.runs()["status"]) == ["failed"] * 3
    assert len(pd.read_parquet("planted/summary.parquet")) == 0
    assert [problem.what for problem in verify(results)] == ["3 of 3 runs failed"]


def test_every_run_reproduces_bit_for_bit(desk):
    complete(Path("out"))
    sweep = open_sweep("out")
    for run in sweep.results.plan["run"]:
        assert reproduce(sweep, run).differences == ()


def test_a_changed_figure_is_not_reproduced(desk):
    sweep = start(Path("out"))
    batch = run_batch(sweep.missing(), sweep.context)
    assert batch is not None
    table = batch.tables["kpis"]
    values = table["late_share"].to_numpy().copy()
    values[0] = np.nextafter(values[0], 2.0)
    changed = table.set_column(table.column_names.index("late_share"), "late_share", [values])
    sweep.results.write(batch._replace(tables={**batch.tables, "kpis": changed}))
    run = table["run"][0].as_py()
    assert reproduce(open_sweep("out"), run).differences == ("kpis.late_share",)


@pytest.mark.parametrize("where", ["records/kpis", "records/strata", "runs", "summary.parquet"])
def test_verify_names_a_file_that_changed(desk, where):
    results = complete(Path("out"))
    path = results.folder / where
    path = sorted(path.glob("*.parquet"))[0] if path.is_dir() else path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    name = path.relative_to(results.folder).as_posix()
    assert name in [problem.where for problem in verify(read_results("out"))]


@pytest.mark.parametrize("name", ["plan.parquet", "dictionary.csv", "study.yaml"])
def test_what_a_sweep_began_with_is_looked_at_as_soon_as_it_is_opened(desk, name):
    complete(Path("out"))
    Path("out", name).write_bytes(Path("out", name).read_bytes()[:-1])
    with pytest.raises(InputError, match=name):
        read_results("out")


def test_another_version_of_the_code_is_refused(desk, monkeypatch):
    code = {**code_identity(), "numba": "0.1", "sources": "0" * 64}
    with monkeypatch.context() as patch:
        patch.setattr("dxsim.sweep.runner.code_identity", lambda: code)
        sweep = start(Path("out"))
        carry_on(sweep, sweep.missing()[1:], Settings(threads=1), 5)
    sweep = open_sweep("out")
    assert reproduce(sweep, sweep.results.kpis["run"][0]).differences == (), (
        "whether it still gives the same can be asked"
    )
    with pytest.raises(InputError) as caught:
        carry_on(sweep, sweep.missing(), Settings(threads=1), 5)
    assert "numba: it was 0.1 when the sweep began" in str(caught.value)
    assert "sources: it was 000000000000" in str(caught.value)


def test_another_nation_is_refused(desk):
    complete(Path("out"))
    write_nation(grid_nation(3, 4, population=50_000, prefectures=2), Path("nation"))
    with pytest.raises(InputError, match="nation: it was"):
        open_sweep("out")


def test_a_changed_study_is_another_sweep(desk):
    complete(Path("out"))
    Path("study.yaml").write_text(Path("study.yaml").read_text().replace("0.9", "0.8"))
    with pytest.raises(InputError, match="another sweep"):
        start(Path("out"))


def test_what_is_recorded_names_the_sweep_but_not_the_runs(desk):
    one = start(Path("one"))
    Path("study.yaml").write_text(Path("study.yaml").read_text().replace("kpis: all", "kpis: [late_share]"))
    other = start(Path("other"))
    assert one.results.manifest["sweep"] != other.results.manifest["sweep"]
    assert list(one.results.plan["run"]) == list(other.results.plan["run"])
    carry_on(other, other.missing(), Settings(threads=1), 4)
    assert list(other.results.kpis) == ["run", "late_share"]


def test_a_folder_may_move_with_its_nation(desk):
    expected = found(complete(Path("results/out")))
    moved = desk / "elsewhere"
    moved.mkdir()
    for name in ("results", "nation"):
        (desk / name).rename(moved / name)
    sweep = open_sweep(moved / "results" / "out")
    assert found(sweep.results) == expected
    assert reproduce(sweep, sweep.results.plan["run"][0]).differences == ()


def test_two_processes_do_not_write_at_once(desk):
    results = start(Path("out")).results
    with results.locked(), pytest.raises(InputError, match="another process"), read_results("out").locked():
        pass
    with read_results("out").locked():
        pass


def test_the_summary_is_that_of_the_runs(desk):
    results = complete(Path("out"))
    summary = pd.read_parquet("out/summary.parquet").set_index(["case", "kpi"])
    values = results.plan.merge(results.kpis, on="run")
    for case in range(4):
        late = values.loc[values["case"] == case, "one_off_cost"]
        row = summary.loc[(case, "one_off_cost")]
        assert row["n"] == 3
        assert row["mean"] == pytest.approx(late.mean(), rel=1e-14)
        assert row["sd"] == pytest.approx(late.std(), rel=1e-10)
        assert row["monte_carlo_error"] == pytest.approx(late.std() / np.sqrt(3), rel=1e-10)


def test_the_manifest_names_no_place_of_this_machine(desk):
    complete(Path("results/out"))
    manifest = Path("results/out/manifest.json").read_text()
    assert str(desk) not in manifest
    assert json.loads(manifest)["nation"]["where"] == "../../nation"


def test_a_run_that_two_rows_describe_is_done_once(desk):
    levers = "levers:\n  policy.portability: [0.1, 0.9]"
    text = Path("study.yaml").read_text().replace(levers, "cases: [{name: a}, {name: b}]")
    sweep = start(Path("out"), text)
    assert len(sweep.context.plan.table) == RUNS
    assert len(sweep.missing()) == RUNS // 2
    carry_on(sweep, sweep.missing(), Settings(threads=1), 4)
    assert len(sweep.results.kpis) == RUNS // 2
    assert verify(sweep.results) == []
