"""Killed before any of its operations on files, a sweep is whole after `resume`, with nothing left lying about."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sweep.kills import COMMANDS

EVERY = 13  # operations of writing a file, seven each, come round in turn


@pytest.fixture(scope="module")
def desk(sweeps: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the sweeps, with one of which a part and a mark are damaged."""
    desk = tmp_path_factory.mktemp("kills") / "desk"
    shutil.copytree(sweeps, desk)
    shutil.copytree(desk / "whole", desk / "damaged")
    for place in ("records/kpis", "runs"):
        for path in sorted((desk / "damaged" / place).iterdir())[:1]:
            path.write_bytes(path.read_bytes()[:100])
    return desk


def killed(desk: Path, step: int, first: int) -> list[int]:
    """Kill every command before every so many of its operations; return how many operations each has, about."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.sweep.kills", str(desk), str(step), str(first), *COMMANDS],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [int(word) for word in done.stdout.splitlines()[-1].split()]


def test_killed_now_and_then(desk: Path) -> None:
    assert min(killed(desk, EVERY, 4)) > 2 * EVERY


@pytest.mark.long
def test_killed_before_every_operation(desk: Path) -> None:
    assert min(killed(desk, 1, 1)) > 2 * EVERY
