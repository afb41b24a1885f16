"""A sweep on a Dask cluster of real processes finds what one in this process finds, even if workers are killed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from dxsim.errors import InputError
from dxsim.sweep.runner import begin_sweep, carry_on, run_sweep
from dxsim.sweep.settings import Settings
from dxsim.sweep.store import read_results
from dxsim.sweep.study_file import read_study
from dxsim.sweep.verification import verify
from tests.sweep.conftest import LONG_RUNS, RUNS, found
from tests.sweep.test_interruptions import begin, run


@pytest.fixture
def expected(desk: Path) -> dict[str, bytes]:
    return found(run_sweep(read_study("./study.yaml"), "here"))


@pytest.mark.parametrize("writer", ["gather", "workers"])
def test_two_processes_find_the_same(desk, expected, writer):
    sweep = begin_sweep(read_study("./study.yaml"), "dask")
    counted: list[int] = []
    carry_on(sweep, sweep.missing(), Settings(execution="dask", workers=2, writer=writer), 2, on_runs=counted.append)
    results = read_results("dask")
    assert found(results) == expected
    assert verify(results) == []
    assert sum(counted) == RUNS


def test_a_killed_worker_loses_nothing(long_desk):
    assert run("sweep", "run", "./study.yaml", "output=here", "--yes").returncode == 0
    process = begin("sweep", "run", "./study.yaml", "output=dask", "--yes", "execution=dask", "workers=2", "batch=2")
    killed = 0
    while process.poll() is None and not killed:
        for child in psutil.Process(process.pid).children(recursive=True):
            done = Path("dask/runs").exists() and list(Path("dask/runs").glob("*.parquet"))
            if done and "spawn_main" in " ".join(child.cmdline()):
                os.kill(child.pid, signal.SIGKILL)
                killed += 1
                break
        time.sleep(0.01)
    out, err = process.communicate(timeout=300)
    assert (killed, process.returncode) == (1, 0), err
    assert f"{LONG_RUNS} of {LONG_RUNS} runs done, 0 failed" in out
    assert found(read_results("dask")) == found(read_results("here"))
    assert verify(read_results("dask")) == []


def test_a_scheduler_that_does_not_answer(desk):
    done = run("sweep", "run", "./study.yaml", "output=dask", "--yes", "execution=dask", "address=tcp://127.0.0.1:9")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "tcp://127.0.0.1:9" in done.stderr
    assert len(read_results("dask").runs()) == 0


def test_an_address_needs_a_cluster():
    from dxsim.sweep.settings import read_settings

    with pytest.raises(InputError, match="execution=dask"):
        read_settings(["address=tcp://127.0.0.1:8786"])
