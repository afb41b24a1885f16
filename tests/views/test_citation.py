"""How a result is cited, and that the program beside it gives the same numbers."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

import dxsim
from dxsim.files import PACKAGE
from dxsim.nation.nation import Nation, write_nation
from dxsim.records import Records
from dxsim.views.documents.citation import AUTHOR, TITLE, Arm, bibtex, citation, compared_in_python
from dxsim.views.documents.report import run_report, sweep_report

MOVED = {"vendor.count": 2, "policy.portability": 0.4, "policy.deadline": "2027-03"}


def programs(report: str) -> list[str]:
    return [html.unescape(text) for text in re.findall(r"<pre>(.*?)</pre>", report, re.DOTALL)]


def run(program: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(compile(program, "program", "exec"), names)  # noqa: S102 - the program is what is tested
    return names


@pytest.fixture(scope="module")
def teaching() -> Nation:
    return dxsim.load_nation("teaching")


@pytest.mark.parametrize("place", ["shipped", "folder"])
def test_the_program_of_a_run_makes_it_again(teaching, tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    nation = teaching
    if place == "folder":
        write_nation(teaching, tmp_path / "mine")
        nation = dxsim.load_nation("mine")
    records = dxsim.simulate(nation, dxsim.load_scenario("capacity_programme", MOVED), 3)
    entry, program = programs(run_report(records, nation))
    again = run(program)["records"]
    assert isinstance(again, Records)
    pd.testing.assert_frame_equal(again.summary, records.summary)
    for part in ("capacity\\_programme", "policy.deadline=2027-03", "seed 3", dxsim.__version__):
        assert part in entry


def test_the_program_of_a_file_of_ones_own_names_the_file(teaching, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = "name: mine\ntitle: {en: Mine}\nmeaning: {en: Mine.}\nextends: baseline\n"
    lines += "parameters: {policy: {portability: 0.9}}\n"
    Path("mine.yaml").write_text(lines, encoding="utf-8")
    records = dxsim.simulate(teaching, dxsim.load_scenario("./mine.yaml", {"vendor.count": 2}), 1)
    again = run(programs(run_report(records, teaching))[-1])["records"]
    assert isinstance(again, Records)
    pd.testing.assert_frame_equal(again.summary, records.summary)


def test_the_program_of_a_sweep_reads_its_folder(teaching, tmp_path, monkeypatch):
    write_nation(teaching, tmp_path / "mine")
    constants = {"vendor.count": 2}
    study = dxsim.Study(
        "small", nation=str(tmp_path / "mine"), scenarios=("baseline", "extension"), constants=constants
    )
    results = dxsim.run_sweep(study, tmp_path / "sweep", threads=1)
    monkeypatch.chdir(tmp_path)
    entry, program = programs(sweep_report(results, teaching))
    again = run(program)["results"]
    pd.testing.assert_frame_equal(again.kpis, results.kpis)  # type: ignore[attr-defined]
    assert results.manifest["sweep"] in entry.replace("\\", "")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_programs_say_what_they_are_in_the_language_that_is_spoken(teaching, language):
    arms = (Arm("A", "baseline", {}), Arm("B", "extension", {"policy.naming": 0.5}, without_events=True))
    with dxsim.in_language(language):
        program = compared_in_python(teaching, arms, ["late_share"], 2)
    assert program.splitlines()[0].isascii() == (language == "en")
    compile(program, "program", "exec")


def test_the_software_is_cited_as_its_file_says():
    told = yaml.safe_load((PACKAGE.parent / "CITATION.cff").read_text(encoding="utf-8"))
    assert told["title"] == TITLE
    assert told["authors"] == [{"name": AUTHOR}]
    assert told["version"] == dxsim.__version__
    assert citation(["A: baseline"]) == f"{AUTHOR}. {TITLE}. Version {dxsim.__version__}. A: baseline."


def test_nothing_of_a_note_can_end_an_entry():
    entry = bibtex(["a_b & c% #1 {x} \\y ~z ^w $v"])
    (note,) = re.findall(r"^  note = \{(.*)\},$", entry, re.MULTILINE)
    assert not re.findall(r"(?<!\\)[&%$#_{}~^]", note)
    assert all(text in note for text in ("a\\_b", "c\\%", "\\{x\\}", "\\$v"))
