"""A reviewer's walk through the study that is committed: its files are whole, its runs give the same again."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from dxsim.cli import main
from dxsim.sweep.recording import Job, run_batch
from dxsim.sweep.runner import open_sweep
from dxsim.sweep.store import sorted_frame

STUDY = Path(__file__).parents[2] / "experiments" / "capacity_or_specifications" / "sweep"
RUNS = 360
# Another processor may round another way where numpy adds up; anything more than that is another result.
ROUNDING = 1e-9


def test_it_is_complete_and_unchanged(capsys):
    assert main(["sweep", "verify", str(STUDY)]) == 0
    assert f"{RUNS} runs" in capsys.readouterr().out
    assert main(["sweep", "status", str(STUDY)]) == 0
    assert f"{RUNS} of {RUNS} runs done, 0 failed" in capsys.readouterr().out


@pytest.mark.parametrize("row", [0, 359])
def test_its_runs_give_the_same_again(row):
    sweep = open_sweep(STUDY)
    run = sweep.results.plan["run"][row]
    batch = run_batch([Job(run, row, 1)], sweep.context)
    for table, content in batch.tables.items():
        fresh, kept = sorted_frame(content, table), sweep.results.read(table)
        kept = kept[kept["run"] == run].reset_index(drop=True)
        for name in fresh:
            if fresh[name].dtype.kind == "f":
                np.testing.assert_allclose(fresh[name], kept[name], rtol=ROUNDING, atol=ROUNDING, err_msg=name)
            else:
                assert fresh[name].equals(kept[name]), name


def test_its_cases_can_be_compared_with_all_figures(tmp_path, capsys):
    assert main(["compare", str(STUDY), "--kpi", "late_share", "-o", str(tmp_path / "found")]) == 0
    assert "structural range" in capsys.readouterr().out
    figures = {path.stem for path in (tmp_path / "found" / "figures").glob("*.png")}
    assert {"differences", "strata_size_class"} <= figures


def test_a_changed_file_does_not_pass(tmp_path, capsys):
    copy = tmp_path / "sweep"
    shutil.copytree(STUDY, copy)
    path = next((copy / "records" / "kpis").glob("*.parquet"))
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(bytes(content))
    assert main(["sweep", "verify", str(copy)]) == 2
    assert path.name in capsys.readouterr().err
