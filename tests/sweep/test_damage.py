"""Whatever happens to the files of a sweep: who reads says so, nothing wrong is used, and `resume` makes it good."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dxsim.cli import main
from dxsim.files import sha256
from dxsim.sweep.layout import ASIDE, CRATE, LOCK, SUMMARY
from dxsim.sweep.recording import _find as find
from dxsim.sweep.runner import begin_sweep, carry_on, open_sweep
from dxsim.sweep.settings import Settings
from dxsim.sweep.store import read_results
from dxsim.sweep.study_file import read_study
from dxsim.sweep.verification import verify
from tests.sweep.conftest import TINY_RUNS, found


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def delete(path: Path) -> None:
    path.unlink()


def replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inside.txt").write_text("something")


DAMAGES = (truncate, empty, flip, delete, replace_by_a_folder)


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
    """Return one file of each kind."""
    one = {Path(name).parent.as_posix() if "/" in name else name: name for name in files(folder)}
    return list(one.values())


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(words)
    out, err = capsys.readouterr()
    return status, out, err


def check(names: list[str], which: str, damage: Callable[[Path], None], capsys: pytest.CaptureFixture[str]) -> None:
    """Damage each of these files of a sweep, one at a time: readers name it, and `resume` makes it good."""
    expected, listed = found(read_results("whole")), files(Path("whole"))
    out = Path("out")
    for name in names:
        shutil.copytree(which, out)
        damage(out / name)
        # Nobody can know of a mark that is gone before the sweep is finished: its runs are missing, that is all.
        is_known = not (damage is delete and which == "half" and name.startswith("runs/"))
        is_read = not name.startswith(("begun/", "summary", "ro-crate"))  # by those who compare
        for words in (("sweep", "verify"), ("sweep", "status"), ("compare",)):
            status, shown, err = said(capsys, *words, "out")
            if is_known and (is_read or words != ("compare",)):
                assert (status, name in err, "dxsim sweep resume out" in err) == (2, True, True), (words, name, err)
                assert words[-1] == "status" or not shown, (words, name)
        status, _, err = said(capsys, "sweep", "resume", "out", "threads=1")
        assert (status, damage is delete or f"{ASIDE} now: " in err) == (0, True), (name, err)
        assert damage is delete or (out / ASIDE / name).exists(), name
        assert found(read_results(out)) == expected, name
        assert verify(read_results(out)) == [], name
        assert len(files(out)) == len(listed), name
        shutil.rmtree(out)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_of_a_finished_sweep(
    desk: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], None]
) -> None:
    check(kinds(Path("whole")), "whole", damage, capsys)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_of_a_sweep_half_done(
    desk: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], None]
) -> None:
    check([name for name in kinds(Path("half")) if name.startswith(("runs", "records/kpis"))], "half", damage, capsys)


@pytest.mark.long
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("which", ["whole", "half"])
def test_damage_of_every_file(
    desk: Path, capsys: pytest.CaptureFixture[str], which: str, damage: Callable[[Path], None]
) -> None:
    check(files(Path(which)), which, damage, capsys)


def swap_parts(out: Path) -> None:
    one, other = sorted((out / "records" / "kpis").iterdir())[:2]
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def swap_marks(out: Path) -> None:
    one, other = sorted((out / "runs").iterdir())[:2]
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def edit_seconds(out: Path) -> None:
    path = sorted((out / "runs").iterdir())[0]
    table = pq.read_table(path)
    place = table.column_names.index("seconds")
    pq.write_table(table.set_column(place, "seconds", pa.array([9.0] * len(table))), path)


def edit_settings(out: Path) -> None:
    table = pq.read_table(out / "plan.parquet")
    further = json.loads(table.schema.metadata[b"dxsim"])
    further["settings"]["default"] = {"policy.portability": 0.9}
    pq.write_table(table.replace_schema_metadata({b"dxsim": json.dumps(further).encode()}), out / "plan.parquet")


def edit_plan_and_its_checksum(out: Path) -> None:
    edit_settings(out)
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    manifest["given"]["plan.parquet"] = sha256(out / "plan.parquet")
    (out / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", "utf-8")


def in_manifest(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def edit(out: Path) -> None:
        manifest = json.loads((out / "manifest.json").read_text("utf-8"))
        change(manifest)
        (out / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", "utf-8")

    return edit


def edit_text(name: str) -> Callable[[Path], None]:
    def edit(out: Path) -> None:
        path = out / name
        path.write_bytes(path.read_bytes() + b"# a note\n")

    return edit


def nest(out: Path) -> None:
    (out / "manifest.json").write_text('{"a":' * 100_000 + "1" + "}" * 100_000)


EDITS: dict[str, tuple[Callable[[Path], None], str]] = {
    "two parts swapped": (swap_parts, "records/kpis/"),
    "two marks swapped": (swap_marks, "runs/"),
    "seconds in a mark": (edit_seconds, "runs/"),
    "study": (edit_text("study.yaml"), "study.yaml"),
    "dictionary": (edit_text("dictionary.csv"), "dictionary.csv"),
    "settings in the plan": (edit_settings, "plan.parquet"),
    "the plan and its checksum": (edit_plan_and_its_checksum, "manifest.json"),
    "fewer KPIs": (in_manifest(lambda found: found["kpis"].pop()), "manifest.json"),
    "no strata": (in_manifest(lambda found: found["outcomes"].update(strata=[])), "manifest.json"),
    "number of runs": (in_manifest(lambda found: found.update(runs=3)), "manifest.json"),
    "nation": (in_manifest(lambda found: found["nation"].update(fingerprint="0" * 64)), "manifest.json"),
    "a key less": (in_manifest(lambda found: found.pop("outcomes")), "manifest.json"),
    "no checksum": (in_manifest(lambda found: found.pop("checksum")), "manifest.json"),
    "nesting": (nest, "manifest.json"),
    "not a mapping": (lambda out: (out / "manifest.json").write_text("[]") and None, "manifest.json"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_noticed_and_made_good(desk: Path, capsys: pytest.CaptureFixture[str], edit: str) -> None:
    shutil.copytree("whole", "out")
    change, name = EDITS[edit]
    change(Path("out"))
    for words in (("sweep", "verify"), ("sweep", "status"), ("compare",)):
        status, _, err = said(capsys, *words, "out")
        assert (status, name in err, "dxsim sweep resume out" in err) == (2, True, True), (words, err)
    status, _, err = said(capsys, "sweep", "resume", "out")
    assert (status, name in err) == (0, True)
    assert found(read_results("out")) == found(read_results("whole"))
    assert said(capsys, "sweep", "verify", "out")[0] == 0


def stranger(out: Path) -> None:
    shutil.copy(next((out.parent / "failed" / "records" / "kpis").iterdir()), out / "records" / "kpis")


def own_file(out: Path) -> None:
    shutil.copy(next((out / "records" / "kpis").iterdir()), out / "records" / "kpis" / "all.parquet")


def batches_of_another(out: Path) -> None:
    """Copy the batches of another sweep of the same study, with the same runs."""
    sweep = begin_sweep(read_study("./study.yaml"), "again")
    sweep.results.write_manifest(started="1970-01-01")
    carry_on(sweep, sweep.missing(), Settings(threads=1), 4)
    shutil.copytree("again/records", out / "records", dirs_exist_ok=True)
    shutil.copytree("again/runs", out / "runs", dirs_exist_ok=True)


def batches_of_a_copy(out: Path) -> None:
    """Copy the batches of a copy of this sweep that went on elsewhere."""
    shutil.copytree(out, "copy")
    sweep = open_sweep("copy")
    shutil.rmtree("copy/records")
    for path in Path("copy/runs").iterdir():
        path.unlink()
    sweep.results.mend()
    carry_on(sweep, sweep.missing(), Settings(threads=1), 3)
    shutil.copytree("copy/records", out / "records", dirs_exist_ok=True)
    shutil.copytree("copy/runs", out / "runs", dirs_exist_ok=True)


@pytest.mark.parametrize("which", ["whole", "half"])
@pytest.mark.parametrize("add", [stranger, own_file, batches_of_another, batches_of_a_copy])
def test_what_nobody_vouches_for_is_no_part_of_a_sweep(
    desk: Path, capsys: pytest.CaptureFixture[str], which: str, add: Callable[[Path], None]
) -> None:
    shutil.copytree(which, "out")
    before = set(files(Path("out")))
    compared = said(capsys, "compare", "out")[:2]
    add(Path("out"))
    added = set(files(Path("out"))) - before
    kept = {Path(name).name: (Path("out") / name).read_bytes() for name in added}
    status, _, err = said(capsys, "sweep", "verify", "out")
    assert status == 2
    assert any(name in err for name in added), err
    if add is not batches_of_a_copy:
        assert said(capsys, "compare", "out")[:2] == compared
    else:
        assert said(capsys, "compare", "out")[0] == 0
    assert said(capsys, "sweep", "resume", "out", "threads=1")[0] == 0
    assert said(capsys, "sweep", "verify", "out")[0] == 0
    assert found(read_results("out")) == found(read_results("whole"))
    aside = {path.name: path.read_bytes() for path in Path("out", ASIDE).rglob("*") if path.is_file()}
    if add in (stranger, own_file):
        assert aside == kept


def test_a_damaged_sweep_is_not_exported_nor_reported(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = next(Path("whole/records/kpis").iterdir())
    flip(part)
    for words in (("sweep", "export"), ("report",)):
        status, shown, err = said(capsys, *words, "whole", "-o", "made")
        assert (status, shown, part.name in err) == (2, "", True)
    assert not Path("made").exists()


def test_exactly_the_runs_of_damaged_files_are_done_again(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = read_results("whole")
    marks = {path: pq.read_table(path)["run"].to_pylist() for path in results.marks()}
    damaged, *others = marks
    sums = {path: sha256(path) for path in others}
    part = next(path for path in results.parts("strata") if path.stem == damaged.name.partition("-")[0])
    truncate(part)
    done: list[str] = []
    monkeypatch.setattr("dxsim.sweep.recording._find", lambda job, context: done.append(job.run) or find(job, context))
    assert main(["sweep", "resume", "whole", "threads=1", "batch=1"]) == 0
    assert set(done) == set(marks[damaged])
    assert {path: sha256(path) for path in others} == sums


def test_a_retry_that_is_lost_is_done_again(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that failed and was done later, whose later mark is gone, did not fail: it is missing."""
    with monkeypatch.context() as patch:
        patch.setattr("dxsim.sweep.recording._find", lambda job, context: 1 / 0)
        assert main(["sweep", "run", "./study.yaml", "output=out", "--yes", "threads=1"]) == 0
    assert set(read_results("out").runs()["status"]) == {"failed"}
    assert main(["sweep", "retry", "out", "threads=1", "batch=1"]) == 0
    second = [path for path in read_results("out").marks() if pq.read_table(path)["attempt"][0].as_py() == 2]
    assert len(second) == TINY_RUNS
    second[0].unlink()
    assert main(["sweep", "resume", "out", "threads=1"]) == 0
    assert found(read_results("out")) == found(read_results("whole"))
    assert verify(read_results("out")) == []


def test_both_copies_damaged_is_told(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("plan.parquet", "manifest.json"):
        shutil.copytree("whole", "out")
        truncate(Path("out") / name)
        truncate(Path("out/begun") / name)
        status, _, err = said(capsys, "sweep", "resume", "out")
        assert (status, name in err, f"begun/{name}" in err, "both copies" in err) == (2, True, True, True), err
        shutil.rmtree("out")


def test_damage_is_not_mended_with_other_code(
    desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    truncate(next(Path("whole/records/kpis").iterdir()))
    before = files(Path("whole"))
    monkeypatch.setattr("dxsim.sweep.runner.code_identity", lambda: {"sources": "0" * 64})
    status, _, err = said(capsys, "sweep", "resume", "whole")
    assert (status, "the code changed" in err) == (2, True)
    assert files(Path("whole")) == before


def test_the_summary_and_the_crate_come_back_as_they_were(desk: Path) -> None:
    before = {name: Path("whole", name).read_bytes() for name in (SUMMARY, CRATE, "manifest.json")}
    for name in (SUMMARY, CRATE):
        Path("whole", name).unlink()
        assert main(["sweep", "resume", "whole"]) == 0
        assert {name: Path("whole", name).read_bytes() for name in before} == before


@pytest.mark.parametrize(
    ("folder", "gap"), [("half", "capacity_programme: 1 of 2 runs done, 0 failed"), ("failed", "0 of 2 runs done, 2")]
)
def test_the_gaps_of_a_sweep_are_told_first(
    desk: Path, capsys: pytest.CaptureFixture[str], folder: str, gap: str
) -> None:
    status, shown, err = said(capsys, "compare", folder)
    if folder == "failed":  # nothing to compare the usual case with
        assert (status, shown, "no run is done" in err) == (2, "", True)
    else:
        assert status == 0
        assert shown.startswith("Some runs failed or were not tried yet")
        assert gap in shown.partition("\n\n")[0]
    assert main(["report", folder, "-o", f"{folder}.html"]) == 0
    page = Path(f"{folder}.html").read_text("utf-8")
    assert gap in page
    assert page.index("Not all runs are done") < page.index("Key figures")


def test_cases_without_a_pair_are_left_out_and_named(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("study.yaml").read_text("utf-8").replace("capacity_programme", "capacity_programme, firm_deadline")
    Path("three.yaml").write_text(text, encoding="utf-8")
    sweep = begin_sweep(read_study("./three.yaml"), "three")
    carry_on(sweep, sweep.missing()[2:], Settings(threads=1), 1)  # the reference is not done
    status, shown, _ = said(capsys, "compare", "three")
    assert status == 0
    assert "baseline: 0 of 2 runs done, 0 failed; left out" in shown.partition("\n\n")[0]
    assert "Differences from capacity_programme" in shown
    assert said(capsys, "compare", "three:baseline", "three:firm_deadline")[0] == 2, "a reference that is named stays"
