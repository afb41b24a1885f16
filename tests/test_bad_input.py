"""Whatever a user gets wrong: a clear message, exit status 2, no traceback, nothing written."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dxsim.cli import main
from dxsim.nation.nation import load_nation, write_nation
from dxsim.nation.small import grid_nation
from dxsim.nation.vendor_table import read_vendor_table
from dxsim.records import write_records
from dxsim.scenario.scenario import load_scenario

SCENARIO = """\
name: mine
extends: baseline
title: {en: Mine, ja: 私の}
meaning: {en: A test., ja: 試験。}
sources: [own thought]
"""

# What is typed after "dxsim", and what the message has to say.
TYPED = {
    "unknown command": (["simulate"], "invalid choice"),
    "unknown option": (["run", "--fast"], "unrecognized arguments"),
    "status of no sweep": (["sweep", "status", "nowhere"], "not the folder of a sweep"),
    "run of no sweep": (["reproduce", "nowhere", "1"], "not the folder of a sweep"),
    "study that is none": (["sweep", "plan", "uncertaint"], "did you mean 'uncertainty'"),
    "setting out of bounds": (["sweep", "run", "uncertainty", "threads=0"], "threads must be a whole number from 1"),
    "setting of a cluster alone": (["sweep", "run", "uncertainty", "address=tcp://a:1"], "execution=dask"),
    "unknown setting": (["sweep", "run", "uncertainty", "thread=1"], "did you mean 'threads'"),
    "comparison of no sweep": (["compare", "nowhere"], "not the folder of a sweep"),
    "selection of no sweep": (["compare", "nowhere:baseline", "nowhere:lever"], "2 problems"),
    "sensitivity of no sweep": (["sensitivity", "nowhere"], "not the folder of a sweep"),
    "discovery in no sweep": (
        ["discover", "nowhere", "--kpi", "late_share", "--above", "1"],
        "not the folder of a sweep",
    ),
    "discovery without a KPI": (["discover", "nowhere"], "--kpi"),
    "robustness of no sweep": (["robustness", "nowhere", "--kpi", "late_share"], "not the folder of a sweep"),
    "unknown scenario": (["run", "scenario=basline"], "did you mean 'baseline'"),
    "missing scenario file": (["run", "scenario=./none.yaml"], "none.yaml"),
    "misspelt parameter": (["run", "policy.deadlin=2027-03"], "did you mean 'policy.deadline'"),
    "parameter without its group": (["run", "deadline=2027-03"], "did you mean 'policy.deadline'"),
    "out of bounds": (["run", "policy.portability=2"], "[0, 1]"),
    "not a number": (["run", "policy.portability=much"], "[0, 1]"),
    "infinite": (["run", "policy.portability=inf"], "[0, 1]"),
    "month that is none": (["run", "policy.deadline=2026-13"], "YYYY-MM"),
    "month outside the calendar": (["run", "policy.deadline=2050-01"], "2036-03"),
    "unknown choice": (["run", "policy.extension_rule=al"], "did you mean 'all'"),
    "negative seed": (["run", "seed=-1"], "seed must be"),
    "fractional seed": (["run", "seed=1.5"], "seed must be"),
    "seed too large": (["run", "seed=9223372036854775808"], "seed must be"),
    "unknown language": (["run", "language=fr"], "language must be"),
    "unknown variant": (["run", "variant=geographic"], "geographic_peers"),
    "added key": (["run", "+policy.deadline=2027-03"], "policy.deadline=VALUE"),
    "removed key": (["run", "~seed"], "seed=VALUE"),
    "interpolation": (["run", "output=${oc.env:HOME}"], "references"),
    "setting of Hydra": (["run", "hydra.run.dir=elsewhere"], "Hydra"),
    "sweep": (["run", "seed=1,2,3"], "one value only"),
    "key given twice": (["run", "seed=1", "seed=2"], "given twice"),
    "no value": (["run", "seed"], "seed=VALUE"),
    "missing nation": (["run", "nation=nowhere"], "nowhere"),
    "misspelt nation": (["run", "nation=synthetc"], "did you mean 'synthetic'"),
    "nation with an endless name": (["run", f"nation={'x' * 300}"], "xxx"),
    "missing vendor table": (["run", "nation=small", "vendor_table=none.csv"], "none.csv"),
    "output that is a file": (["run", "nation=small", "output=thesis/chapter.txt"], "is a file"),
    "output below a file": (["run", "nation=small", "output=thesis/chapter.txt/deeper"], "is a file"),
    **(
        {"output where nothing can be written": (["run", "nation=small", "output=/proc/dxsim/run"], "can't be written")}
        if Path("/proc/self").exists()  # a place where not even the superuser can
        else {}
    ),
    "output of somebody else": (["run", "nation=small", "output=thesis"], "output=FOLDER"),
    "output that is the whole desk": (["run", "nation=small", "output=."], "output=FOLDER"),
    "unknown knock-out": (["knockout", "--only", "budgt"], "did you mean 'budget'"),
    "knock-outs of one seed": (["knockout", "--seeds", "1"], "--seeds must be a whole number from 2"),
    "knock-outs without threads": (["knockout", "--threads", "0"], "--threads must be a whole number from 1"),
    "knock-outs of a misspelt parameter": (["knockout", "policy.deadlin=2027-03"], "did you mean 'policy.deadline'"),
    "unknown parameter shown": (["parameters", "policy.deadlin"], "did you mean 'policy.deadline'"),
    "unknown scenario shown": (["scenarios", "basline"], "did you mean 'baseline'"),
    "unknown nation shown": (["nation", "show", "nowhere"], "nowhere"),
    "official files missing": (["nation", "build", "--ssdse", "a.csv", "--boundaries", "b.json", "-o", "new"], "a.csv"),
    "official file not named": (["nation", "build", "--ssdse", "a.csv", "-o", "new"], "--boundaries"),
}

# Text of scenario mine.yaml, and what the message has to say.
SCENARIO_FILES = {
    "not YAML": (SCENARIO + "parameters: {policy: [", "line"),
    "not a list of keys": ("just words", "keys"),
    "empty": ("", "empty"),
    "unknown key": (SCENARIO + "paramters: {}\n", "did you mean 'parameters'"),
    "unknown parameter": (SCENARIO + "parameters: {policy: {deadlin: 2027-03}}\n", "deadline"),
    "wrong type": (SCENARIO + "parameters: {policy: {portability: [1]}}\n", "policy.portability"),
    "YAML 1.1 truth value": (SCENARIO + "parameters: {policy: {portability: no}}\n", "policy.portability"),
    "key given twice": (SCENARIO + "name: mine\n", "line 6"),
    "_target_": (SCENARIO + "_target_: os.system\n", "_target_"),
    "Python tag": (SCENARIO + "parameters: !!python/object/apply:os.system ['touch harm']\n", "line 6"),
    "extends itself": (SCENARIO.replace("baseline", "./mine.yaml"), "circle"),
    "extends nothing": (SCENARIO.replace("baseline", "basline"), "did you mean 'baseline'"),
    "another name than the file": (SCENARIO.replace("name: mine", "name: yours"), "mine"),
    "vendor named twice in an event": (
        SCENARIO + "vendor_events: [{month: 2025-10, vendors: [1, 1], text: Twice}]\n",
        "vendors: 1 is given twice",
    ),
    "event outside the calendar": (
        SCENARIO + "announcements: [{month: 2050-01, signal: 0, text: Late}]\n",
        "2036-03",
    ),
}


def _edit(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    return edit


def _without_checksums(change: Callable[[Path], None]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        (folder / "nation.json").unlink()
        change(folder)

    return edit


def _twice(text: str) -> str:
    return text + text.splitlines()[1] + "\n"


# What is done to the folder of a right nation, and what the message has to say.
NATIONS = {
    "changed file": (
        _edit("municipalities.csv", lambda text: text.replace("Body 1,", "Municipality X,")),
        "nation.json",
    ),
    "code given twice": (_without_checksums(_edit("municipalities.csv", _twice)), "01201"),
    "unknown column": (
        _without_checksums(_edit("municipalities.csv", lambda text: text.replace("population,", "populaton,", 1))),
        "did you mean 'population'",
    ),
    "negative population": (
        _without_checksums(_edit("municipalities.csv", lambda text: text.replace(",50000,", ",-1,", 1))),
        "population",
    ),
    "unknown neighbour": (
        _without_checksums(_edit("adjacency.csv", lambda text: text.replace("01202", "99999", 1))),
        "99999",
    ),
    "no municipalities": (
        _without_checksums(lambda folder: (folder / "municipalities.csv").unlink()),
        "municipalities",
    ),
    "not text": (
        _without_checksums(lambda folder: (folder / "municipalities.csv").write_bytes(b"\xff\xfe\x00")),
        "municipalities.csv",
    ),
    "boundaries cut short": (
        _without_checksums(_edit("boundaries.json", lambda text: text[: len(text) // 2])),
        "boundaries.json",
    ),
    "description that is no JSON": (_edit("nation.json", lambda text: text[:-5]), "nation.json"),
}

VENDOR_TABLES = {
    "unknown code": ("code,lot,vendor\n99999,core,A\n", "99999"),
    "unknown lot": ("code,lot,vendor\n01201,cor,A\n", "did you mean 'core'"),
    "unknown column": ("code,lot,vendors\n01201,core,A\n", "vendor"),
    "contradiction": ("code,lot,vendor\n01201,core,A\n01201,core,B\n", "01201"),
    "empty": ("", "vendors.csv"),
    "header alone": ("code,lot,vendor\n", "no row under the header"),
    "too many vendors": (
        "code,lot,vendor\n" + "".join(f"01201,core,Vendor {number}\n" for number in range(65)),
        "65 vendors, at most 64",
    ),
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a user works: a small nation and a thesis that must survive."""
    write_nation(grid_nation(2, 2), tmp_path / "small")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def everything(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def refuse(desk: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    """Check that a command fails with these words on stderr and leaves the desk as it was."""
    before = everything(desk)
    try:
        status = main(arguments)
    except SystemExit as end:  # argparse
        status = int(end.code or 0)
    printed = capsys.readouterr()
    assert status == 2, printed.err
    assert words in printed.err
    assert printed.out == ""
    assert everything(desk) == before


@pytest.mark.parametrize("case", TYPED)
def test_what_is_typed(desk: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    refuse(desk, capsys, *TYPED[case])


@pytest.mark.parametrize("case", SCENARIO_FILES)
def test_scenario_files(desk: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    text, words = SCENARIO_FILES[case]
    (desk / "mine.yaml").write_text(text, encoding="utf-8")
    refuse(desk, capsys, ["run", "nation=small", "scenario=./mine.yaml"], words)


@pytest.mark.parametrize("case", NATIONS)
def test_nation_folders(desk: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    change, words = NATIONS[case]
    change(desk / "small")
    refuse(desk, capsys, ["run", "nation=small"], words)


@pytest.mark.parametrize("case", VENDOR_TABLES)
def test_vendor_tables(desk: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    text, words = VENDOR_TABLES[case]
    (desk / "vendors.csv").write_text(text, encoding="utf-8")
    refuse(desk, capsys, ["run", "nation=small", "vendor_table=vendors.csv"], words)


def test_official_files_in_another_encoding_or_cut_short(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "ssdse.csv").write_text("地域コード,都道府県,市区町村\nR01100,北海道,札幌市\n", encoding="utf-16")
    (desk / "shapes.json").write_text('{"type": "Topology", "arcs": [[[0, 0], [1,', encoding="utf-8")
    arguments = ["nation", "build", "--ssdse", "ssdse.csv", "--boundaries", "shapes.json", "-o", "new"]
    refuse(desk, capsys, arguments, "ssdse.csv")
    refuse(desk, capsys, arguments, "shapes.json")


def test_a_nation_is_not_built_over_other_things(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["nation", "build", "--ssdse", "a.csv", "--boundaries", "b.json", "-o", "thesis"]
    refuse(desk, capsys, arguments, "thesis")


def test_records_with_a_users_file_among_them_are_kept(
    desk: Path, capsys: pytest.CaptureFixture[str], four_bodies_records
) -> None:
    write_records(four_bodies_records, desk / "results")
    (desk / "results" / "notes.txt").write_text("mine")
    refuse(desk, capsys, ["run", "nation=small", "output=results"], "notes.txt")


def test_all_problems_are_named_at_once(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", "seed=-1", "policy.portability=2", "sed=3", "scenario=basline", "nation=nowhere"]
    says = ("seed must be", "policy.portability must be", "sed", "did you mean 'baseline'", "nowhere", "5 problems")
    for words in says:
        refuse(desk, capsys, arguments, words)


def test_a_folder_without_checksums_is_taken_if_it_is_right(desk: Path) -> None:
    shutil.copytree(desk / "small", desk / "copy")
    (desk / "copy" / "nation.json").unlink()
    assert load_nation(desk / "copy").fingerprint == load_nation(desk / "small").fingerprint


@pytest.mark.parametrize("case", ["negative seed", "output of somebody else"])
def test_the_real_command_shows_no_traceback(desk: Path, case: str) -> None:
    arguments, words = TYPED[case]
    before = everything(desk)
    done = subprocess.run([sys.executable, "-m", "dxsim", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert everything(desk) == before


def test_what_the_cases_start_from_is_right(desk: Path) -> None:
    (desk / "mine.yaml").write_text(SCENARIO, encoding="utf-8")
    assert load_scenario(desk / "mine.yaml").values == load_scenario("baseline").values
    (desk / "vendors.csv").write_text("code,lot,vendor\n01201,core,A\n", encoding="utf-8")
    assert read_vendor_table(desk / "vendors.csv", load_nation(desk / "small")).given == 1
