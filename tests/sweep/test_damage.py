"""Whatever happens to the files of a sweep: who reads says so, nothing wrong is used, and `resume` makes it good."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dxsim.cli import main
from dxsim.sweep.layout import ASIDE, LOCK
from dxsim.sweep.store import read_results
from tests.sweep.conftest import found


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def flip_the_end(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))


def delete(path: Path) -> None:
    path.unlink()


def replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inside.txt").write_text("something")


DAMAGES = (truncate, empty, flip, flip_the_end, delete, replace_by_a_folder)


@pytest.fixture
def desk(sweeps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the sweeps to work in."""
    shutil.copytree(sweeps, tmp_path / "desk")
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"


def files(folder: Path) -> list[str]:
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.name != LOCK)
    return sorted(path.as_posix() for path in paths if path.parts[0] != ASIDE)


def kinds(folder: Path) -> list[str]:
    """Return one file of each kind: of records and marks the last one."""
    return sorted(
        {
            Path(name).parent.as_posix() if name.count("/") and "begun" not in name else name: name
            for name in files(folder)
        }.values()
    )


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(words)
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("which", ["whole", "half"])
def test_damage_is_noticed_and_made_good(
    desk: Path, capsys: pytest.CaptureFixture[str], which: str, damage: Callable[[Path], None]
) -> None:
    expected, listed = found(read_results("whole")), files(desk / "whole")
    for name in files(desk / which):
        shutil.copytree(which, "out")
        damage(desk / "out" / name)
        is_lost_mark = damage is delete and which == "half" and name.startswith("runs/")
        if not is_lost_mark:  # of which nobody can know: its runs are missing, that is all
            for command in ("verify", "status"):
                status, _, err = said(capsys, "sweep", command, "out")
                assert (status, name in err, "dxsim sweep resume out" in err) == (2, True, True), (command, name, err)
        status, shown, err = said(capsys, "compare", "out")
        if name.startswith(("records/", "runs/", "plan", "study", "dictionary", "manifest")) and not is_lost_mark:
            assert (status, name in err, shown) == (2, True, ""), (name, err)
        status, _, err = said(capsys, "sweep", "resume", "out", "threads=1")
        assert status == 0, (name, err)
        assert found(read_results("out")) == expected, name
        status, _, err = said(capsys, "sweep", "verify", "out")
        assert status == 0, (name, err)
        is_kept = damage is delete or is_lost_mark or (desk / "out" / ASIDE / name).exists()
        assert is_kept, name
        assert len(files(desk / "out")) == len(listed), name
        shutil.rmtree("out")
