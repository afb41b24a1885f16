"""Whatever becomes of the terminal, the work is done, nothing of a user's is lost, and nothing is left half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dxsim.errors import InputError
from dxsim.files import write_csv, write_text, write_whole
from dxsim.nation.nation import write_nation
from dxsim.nation.small import grid_nation
from dxsim.records import read_records, write_records
from tests.test_bad_input import refuse

RUN = "run nation=small figures=false output=out"
STUDY = """\
name: two
nation: small
levers: {policy.naming: [0, 1]}
outcomes: {strata: []}
"""
NO_ROOM = """\
import errno, os, sys
import dxsim.cli
from dxsim.records import store
from dxsim.views import charts

def draw(records, nation, folder):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

charts.draw_run = draw
sys.exit(dxsim.cli.main(["run", "nation=small", "output=out"]))
"""
TERMINATED = """\
import signal, sys
from dxsim.cli import main
from dxsim.views import charts

def draw(records, nation, folder):
    folder.mkdir()
    (folder / "half.png").write_bytes(b"half")
    signal.raise_signal(signal.{name})

charts.draw_run = draw
sys.exit(main(["run", "nation=small", "output=out"]))
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_nation(grid_nation(2, 2), tmp_path / "small")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which ``dxsim`` is this one; the status is that of dxsim."""
    command = f"set -o pipefail; {command.replace('dxsim', f'{sys.executable} -m dxsim')}"
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, env=os.environ | environment
    )


@pytest.mark.parametrize("ending", ["2>&1 | true", "| grep -q Late", ">&-", "<&- >&- 2>&-"])
def test_a_run_is_written_whatever_becomes_of_the_terminal(desk: Path, ending: str) -> None:
    done = shell(f"dxsim {RUN} {ending}")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert len(read_records(desk / "out").municipalities) == 4


def test_a_sweep_and_a_story_are_written_though_nobody_reads(desk: Path) -> None:
    (desk / "two.yaml").write_text(STUDY)
    assert shell("dxsim sweep run ./two.yaml -y output=sweep 2>&1 | head -1").returncode == 0
    assert shell("dxsim sweep verify sweep").returncode == 0
    assert shell("dxsim explain 01201 nation=small -o story | true").returncode == 0
    assert (desk / "story" / "timeline.png").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_in_words(desk: Path) -> None:
    done = shell(f"dxsim {RUN} > /dev/full")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "dxsim: standard output can't be written: No space left on device"
    assert len(read_records(desk / "out").municipalities) == 4
    assert shell("dxsim parameters > /dev/full").returncode == 2
    assert shell(f"dxsim {RUN} 2> /dev/full").returncode == 0


def test_results_that_find_no_room_leave_nothing_and_say_where(desk: Path) -> None:
    done = subprocess.run([sys.executable, "-c", NO_ROOM], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "output folder 'out': 1 problem\n  - can't be written: No space left on device" in done.stderr
    assert [path.name for path in desk.iterdir()] == ["small"]


def test_a_file_that_finds_no_room_is_named(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left") as caught:
        write_whole(tmp_path / "table.csv", fail)
    assert caught.value.filename == str(tmp_path / "table.csv")


@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_while_drawing_leaves_nothing(desk: Path, name: str, status: int) -> None:
    code = TERMINATED.format(name=name)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, "nothing was left half-written" in done.stderr) == (status, True)
    assert [path.name for path in desk.iterdir()] == ["small"]


def test_signals_are_as_before_after_a_command(desk: Path) -> None:
    from dxsim.cli import main

    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)], sys.stdout, sys.stderr
    assert main(["scenarios"]) == 0
    assert before == ([signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)], sys.stdout, sys.stderr)


@pytest.mark.parametrize("backend", ["nonsense", "module://not.there"])
def test_the_backend_of_another_program_is_of_no_matter(desk: Path, backend: str) -> None:
    done = shell("dxsim run nation=small output=out", MPLBACKEND=backend)
    assert done.returncode == 0, done.stderr
    assert list((desk / "out" / "figures").glob("*.png"))


@pytest.mark.parametrize("name", [".git", ".notes", "figures/.mine", "mine"])
def test_a_users_file_or_folder_among_results_is_kept(
    desk: Path, capsys: pytest.CaptureFixture[str], four_bodies_records, name: str
) -> None:
    write_records(four_bodies_records, desk / "out")
    place = desk / "out" / name
    place.parent.mkdir(exist_ok=True)
    place.mkdir() if name in (".git", "mine") else place.write_text("mine")
    refuse(desk, capsys, ["run", "nation=small", "output=out"], name)


def test_a_link_among_results_is_a_users_own(desk: Path, capsys, four_bodies_records) -> None:
    write_records(four_bodies_records, desk / "out")
    (desk / "out" / "link").symlink_to(desk / "small", target_is_directory=True)
    refuse(desk, capsys, ["run", "nation=small", "output=out"], "link")


def test_what_a_file_manager_leaves_is_no_obstacle(desk: Path, four_bodies_records) -> None:
    write_records(four_bodies_records, desk / "out")
    (desk / "out" / ".DS_Store").write_bytes(b"")
    write_records(four_bodies_records, desk / "out")
    assert not (desk / "out" / ".DS_Store").exists()


def test_results_are_written_through_a_link(desk: Path, four_bodies_records) -> None:
    (desk / "disk").mkdir()
    (desk / "out").symlink_to(desk / "disk", target_is_directory=True)
    for _ in range(2):
        write_records(four_bodies_records, desk / "out")
        assert (desk / "out").is_symlink()
        assert len(read_records(desk / "disk").municipalities) == 4
    assert sorted(path.name for path in desk.iterdir()) == ["disk", "out", "small"]


def test_a_dangling_link_is_refused_before_anything_is_simulated(desk: Path, capsys) -> None:
    (desk / "out").symlink_to(desk / "unplugged")
    refuse(desk, capsys, ["run", "nation=small", "output=out"], "'out' is a link to nothing")
    refuse(desk, capsys, ["run", "nation=small", "output=out/deeper"], "'out' is a link to nothing")


def test_a_file_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_text(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_tables_for_people_open_in_a_spreadsheet(tmp_path: Path) -> None:
    import pandas as pd

    write_csv(tmp_path / "japanese.csv", pd.DataFrame({"name": ["札幌市"]}))
    write_csv(tmp_path / "plain.csv", pd.DataFrame({"name": ["Sapporo"]}))
    assert (tmp_path / "japanese.csv").read_bytes() == "\ufeffname\n札幌市\n".encode()
    assert (tmp_path / "plain.csv").read_bytes() == b"name\nSapporo\n"


def test_writing_over_a_thesis_is_refused(desk: Path, four_bodies_records) -> None:
    (desk / "thesis").mkdir()
    (desk / "thesis" / ".chapter").write_text("years of work")
    with pytest.raises(InputError, match="holds other things"):
        write_records(four_bodies_records, desk / "thesis")
