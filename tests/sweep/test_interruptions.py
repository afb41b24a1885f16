"""Real processes that are killed, stopped, and run out of disk: nothing is lost, doubled or half-written."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from dxsim.sweep.store import read_results
from dxsim.sweep.verification import verify
from tests.sweep.conftest import LONG_RUNS as RUNS
from tests.sweep.conftest import found
from tests.sweep.test_sweep import OVERFLOW, large_nation

SETTINGS = ("--yes", "threads=2", "batch=7")


def begin(*arguments: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dxsim", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    with begin(*arguments, **options) as process:
        out, err = process.communicate(timeout=300)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


@pytest.fixture
def expected(long_desk: Path) -> dict[str, bytes]:
    """Return what the sweep finds when nothing happens to it; it tells how long that takes, too."""
    done = run("sweep", "run", "./study.yaml", "output=whole", *SETTINGS)
    assert (done.returncode, f"{RUNS} of {RUNS} runs done, 0 failed" in done.stdout) == (0, True), done.stderr
    return found(read_results("whole"))


def parts(folder: str) -> int:
    return len(list(Path(folder, "runs").glob("[!.]*.parquet")))


def kill_again_and_again(kills: int, seed: int) -> list[int]:
    """Kill the sweep so many times, each at a random moment, and begin it again; return how far it was each time."""
    draw = np.random.default_rng(seed)
    begun = time.monotonic()
    run("sweep", "status", "whole")
    start_up = time.monotonic() - begun
    reached = []
    for number in range(kills):
        before = parts("killed")
        process = begin("sweep", "run", "./study.yaml", "output=killed", "--yes", "threads=1", "batch=3")
        if number % 2:  # at work
            while process.poll() is None and parts("killed") == before:
                time.sleep(0.01)
            time.sleep(draw.uniform(0.0, 0.5))
        else:  # at any time, while it starts and plans too
            time.sleep(draw.uniform(0.5 * start_up, 4.0 * start_up))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode in (-signal.SIGKILL, 0)
        reached.append(len(read_results("killed").runs()) if Path("killed").exists() else 0)
        if reached[-1] == RUNS:  # through: begin another one, so that there is always something to kill
            assert run("sweep", "resume", "killed").returncode == 0
            assert found(read_results("killed")) == found(read_results("whole"))
            Path("killed").rename(f"killed-{len(reached)}")
    return reached


def check_after_kills(kills: int, seed: int, expected: dict[str, bytes]) -> None:
    reached = kill_again_and_again(kills, seed)
    assert any(0 < count < RUNS for count in reached), f"none was killed at work: {reached}"
    done = run("sweep", "run", "./study.yaml", "output=killed", *SETTINGS)
    assert done.returncode == 0, done.stderr
    results = read_results("killed")
    assert found(results) == expected
    assert verify(results) == []
    assert not [path for path in results.folder.rglob(".*") if path.name != ".lock"]


@pytest.mark.long
def test_killed_five_times(long_desk, expected):
    check_after_kills(5, 1, expected)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 7))
def test_killed_fifty_times(long_desk, expected, seed):
    """Five times ten kills, each row of ten from a different seed of moments."""
    check_after_kills(10, seed, expected)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_a_signal(long_desk, expected, number):
    process = begin("sweep", "run", "./study.yaml", "output=stopped", *SETTINGS)
    deadline = time.monotonic() + 120
    while not (Path("stopped/runs").exists() and list(Path("stopped/runs").glob("*.parquet"))):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "dxsim sweep resume stopped" in err
    done = len(read_results("stopped").runs())
    assert 0 < done < RUNS
    resumed = run("sweep", "resume", "stopped", "threads=1")
    assert resumed.returncode == 0, resumed.stderr
    assert f"{RUNS - done:,}" in resumed.stdout.split("\n")[0], "exactly what was missing"
    assert found(read_results("stopped")) == expected


def test_nobody_there_to_agree(long_desk):
    begun = time.monotonic()
    done = run("sweep", "run", "./study.yaml", "output=asked")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert "runs to do" in done.stdout
    assert time.monotonic() - begun < 120
    assert len(read_results("asked").runs()) == 0


@contextmanager
def small_disk(where: Path, kilobytes: int) -> Iterator[Path]:
    """Give a disk of its own of this size; skips where that takes rights which this process does not have."""
    where.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(where)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("mounting a small disk takes rights that this process does not have")
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)


def remount(where: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(where)], check=True)


def test_a_full_disk(long_desk, expected):
    size = sum(path.stat().st_blocks * 512 for path in Path("whole").rglob("*")) // 1024
    with small_disk(long_desk / "disk", size // 2) as disk:
        done = run("sweep", "run", "./study.yaml", "output=disk/out", *SETTINGS)
        assert done.returncode == 2, done.stdout
        assert "Traceback" not in done.stderr
        assert "No space left on device" in done.stderr
        assert "dxsim sweep resume disk/out" in done.stderr
        kept = len(read_results("disk/out").runs())
        assert 0 < kept < RUNS
        again = run("sweep", "resume", "disk/out", "threads=2", "batch=7")
        assert again.returncode == 2
        assert len(read_results("disk/out").runs()) >= kept
        remount(disk, f"size={4 * size}k")
        done = run("sweep", "resume", "disk/out", "threads=2", "batch=7")
        assert done.returncode == 0, done.stderr
        assert found(read_results("disk/out")) == expected
        assert verify(read_results("disk/out")) == []


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nobody write into a folder, not even the superuser, who needs a read-only disk in front of it."""
    if os.geteuid():
        folder.chmod(0o555)
        yield
        folder.chmod(0o755)
        return
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("mounting a disk takes rights that this process does not have")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_folder_that_becomes_read_only(long_desk, expected):
    # One thread, small batches: much is left to do when the first one is written.
    process = begin("sweep", "run", "./study.yaml", "output=out", "--yes", "threads=1", "batch=2")
    while not list(Path("out/runs").glob("*.parquet")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)
    with read_only(Path("out/records/kpis")):
        process.send_signal(signal.SIGCONT)
        _, err = process.communicate(timeout=120)
        assert process.returncode == 2, err
        assert "Traceback" not in err
        assert re.search("Read-only file system|Permission denied", err)
        assert "dxsim sweep resume out" in err
        refused = run("sweep", "resume", "out")
        assert refused.returncode == 2
        assert "Traceback" not in refused.stderr
    assert 0 < len(read_results("out").runs()) < RUNS
    done = run("sweep", "resume", "out", "threads=2")
    assert done.returncode == 0, done.stderr
    assert found(read_results("out")) == expected


def test_replay_command_of_a_failed_run(desk):
    large_nation()
    Path("planted.yaml").write_text(OVERFLOW, encoding="utf-8")
    done = run("sweep", "run", "./planted.yaml", "output=planted", "--yes")
    assert done.returncode == 0, done.stderr
    assert "3 of 6 runs done, 3 failed" in done.stdout
    command = next(line.split() for line in done.stdout.splitlines() if "dxsim reproduce" in line)
    again = run(*command[1:])
    assert again.returncode == 0, again.stderr
    assert "fails again: RunFailure" in again.stdout
    retried = run("sweep", "retry", "planted")
    assert retried.returncode == 0, retried.stderr
    assert "3 of 6 runs done, 3 failed" in retried.stdout
    verified = run("sweep", "verify", "planted")
    assert verified.returncode == 2
    assert "3 of 6 runs failed" in verified.stderr
