"""Kill a command before each of its operations on files: ``python -m tests.sweep.kills DESK STEP FIRST COMMAND ...``.

Every operation that writes below a desk is counted by an audit hook; the process ends hard before the one that is
asked for. Children are forked from one process that has compiled and imported everything, so that a kill costs little.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

from dxsim.cli import main
from dxsim.sweep.layout import ASIDE, LOCK, MANIFEST
from dxsim.sweep.store import read_results
from tests.sweep.conftest import found

WRITES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate"}
KILLED = 99
# By the command that is killed: what makes the folder `out` before, and the command.
COMMANDS = {
    "run": ("", ("sweep", "run", "./study.yaml", "output=out", "--yes", "threads=1", "batch=1")),
    "resume": ("half", ("sweep", "resume", "out", "threads=1", "batch=1")),
    "mend": ("damaged", ("sweep", "resume", "out", "threads=1", "batch=1")),
    "retry": ("failed", ("sweep", "retry", "out", "threads=1", "batch=1")),
}


def armed(desk: Path, number: int) -> None:
    """End this process before the operation on files below a desk that has this number, counted from 1."""
    count = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        path = arguments[0] if arguments else None
        is_write = event in WRITES
        if event == "open":
            is_write = isinstance(arguments[2], int) and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        if not is_write or not isinstance(path, str | os.PathLike) or Path(path).name == LOCK:
            return
        if (desk / path).resolve().is_relative_to(desk):
            count += 1
            if count == number:
                os._exit(KILLED)

    sys.addaudithook(hook)


def child(desk: Path, words: Sequence[str], number: int = 0) -> int:
    """Do a command in a child, killed before an operation if a number is given; return how it ended."""
    sys.stdout.flush()
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    if number:
        os.dup2(quiet, 2)
        armed(desk, number)
    os._exit(main(words))


def warm(desk: Path) -> None:
    """Load here what children would have to load each by itself."""
    shutil.rmtree(desk / "out", ignore_errors=True)
    with redirect_stdout(io.StringIO()):
        assert main(COMMANDS["run"][1]) == 0


def without_times(folder: Path) -> dict[str, bytes]:
    """Return the files of a sweep that have no time in them, by path; of the others only that they are there."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    timed = ("runs/", "begun/" + MANIFEST, MANIFEST, "ro-crate", "records/")  # records name the sweep, which has a time
    kept = {name: path for name, path in paths.items() if name != LOCK and not name.startswith(ASIDE)}
    found_ = {name: b"" if name.startswith(timed) else path.read_bytes() for name, path in kept.items()}
    return {re.sub("-[0-9a-f]{16}", "", name): content for name, content in found_.items()}


def check(desk: Path, command: str, step: int, first: int) -> int:
    """Kill a command before every operation, or every so many, and check what `resume` makes of it; return how many."""
    before, words = COMMANDS[command]
    expected = "failed" if command == "retry" else "whole"
    number = first
    while True:
        shutil.rmtree(desk / "out", ignore_errors=True)
        if before:
            shutil.copytree(desk / before, desk / "out")
        ended = child(desk, words, number)
        assert ended in (0, KILLED), f"{command} killed before operation {number}: {ended}"
        if not (desk / "out").exists():
            assert child(desk, COMMANDS["run"][1]) == 0, f"{command}, {number}"
        assert child(desk, ("sweep", "resume", "out", "threads=1", "batch=1")) == 0, f"{command}, {number}"
        results = read_results(desk / "out")
        assert results.problems() == [], f"{command}, {number}: {results.problems()}"
        assert results.is_finished, f"{command}, {number}"
        assert found(results) == found(read_results(desk / expected)), f"{command}, {number}"
        if command != "retry":
            assert without_times(desk / "out") == without_times(desk / expected), f"{command}, {number}"
        hidden = [path.name for path in desk.rglob(".*") if path.name != LOCK]
        assert not hidden, f"{command}, {number}: {hidden}"
        if ended == 0:
            return number
        number += step


if __name__ == "__main__":
    where, every, first, *names = sys.argv[1:]
    os.chdir(where)
    warm(Path.cwd())
    print(*(check(Path.cwd(), name, int(every), int(first)) for name in names))
