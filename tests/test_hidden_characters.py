"""No name, value or path can steer a terminal, or show other than it is: hidden characters are written out."""

from __future__ import annotations

import ast
import json
import unicodedata
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from dxsim.app.nations import describe
from dxsim.app.settings import problems_of, read_setting
from dxsim.characters import is_hidden, visible
from dxsim.cli import main
from dxsim.errors import InputError, Problem
from dxsim.files import PACKAGE
from dxsim.language import LANGUAGES, fill, in_language, say
from dxsim.nation.nation import load_nation, make_nation, write_nation
from dxsim.nation.small import grid_nation
from dxsim.nation.vendor_table import read_vendor_table
from dxsim.records import write_records
from dxsim.views.documents.page import element, page
from dxsim.views.style import new_figure
from dxsim.views.text import columns
from tests.test_bad_input import SCENARIO

# One of each kind: colours of a terminal, a bell, C1's own escape, right-to-left, zero width, a byte-order mark, soft
# hyphen, separators of lines and paragraphs, a tag, an empty letter. No file can hold half a character.
HOSTILE = "a\x1b[31m\x07\x7f\x9b\u202eb\u200b\u200d\ufeff\u00ad\u2028\u2029\U000e0041\u3164z"
SHOWN = r"a\x1b[31m\x07\x7f\x9b\u202eb\u200b\u200d\ufeff\xad\u2028\u2029" + "\\U000e0041" + r"\u3164z"
STEERED = HOSTILE + "\n\r"
WITHOUT_CONTROLS = "".join(letter for letter in HOSTILE if unicodedata.category(letter) != "Cc")
HALF = "\udcff"  # of a file name that is not UTF-8


def raw(text: str) -> set[str]:
    """Return the hidden characters of a text, but for line feeds."""
    return {letter for letter in text if is_hidden(letter) and letter != "\n"}


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what a command prints on both streams; none of it is hidden."""
    with suppress(SystemExit):  # argparse
        main(arguments)
    printed = capsys.readouterr()
    text = printed.out + printed.err
    assert "Traceback" not in text
    assert not raw(text), text
    return text


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_nation(grid_nation(2, 2), tmp_path / "small")
    return tmp_path


def test_what_is_hidden_is_written_as_python_writes_it_and_only_once() -> None:
    assert visible(HOSTILE) == SHOWN
    assert visible(SHOWN) == SHOWN
    assert visible("a\nb\tc\ud800", keep="\n") == "a\nb\\tc\\ud800"
    assert (
        visible("自治体　DX – “quoted” 葛\U000e0100城市 é e\u0301 🏛")
        == "自治体　DX – “quoted” 葛\U000e0100城市 é e\u0301 🏛"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_and_errors_hide_nothing(language: str) -> None:
    with in_language(language):
        assert not raw(say("{key} is given twice", key=STEERED) + fill("{folder}", folder=Path(HOSTILE)))
        error = InputError(
            STEERED,
            [Problem(STEERED, STEERED), Problem("", say("{reason}: {file}", reason=OSError(STEERED), file=HALF))],
        )
    text = str(error)
    assert text.count("\n") == 2
    assert not raw(text + error.subject + "".join(problem.where + problem.what for problem in error.problems))
    assert text.count(SHOWN) == 4
    assert say("{least:g}", least=0.50) == "0.5"


def test_tables_pages_and_figures_hide_nothing(tmp_path: Path) -> None:
    assert columns([[STEERED, "1"], ["ab", "22"]], right=[1]).splitlines()[0] == SHOWN + r"\n\r   1"
    html = page(
        HOSTILE + HALF,
        [HOSTILE],
        {HOSTILE: [element("p", HOSTILE, "\n", element("b", HOSTILE), HOSTILE, title=HOSTILE)]},
    )
    assert not raw(html)
    assert html.count(SHOWN) == 9
    html.encode()
    figure = new_figure()
    figure.subplots().set_title(HOSTILE + HALF + r"$\frac$")
    figure.description = STEERED + HALF
    for kind in ("png", "svg", "pdf"):
        figure.savefig(tmp_path / f"figure.{kind}")
    assert not raw(figure.description + figure.axes[0].get_title())


def test_commands_print_by_one_way_only() -> None:
    """`tell` writes hidden characters out; the progress of a sweep, which has numbers alone, goes back on its line."""
    for path in sorted((PACKAGE / "cli").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [
            node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
        ]
        assert len(calls) == {"terminal.py": 1, "sweep.py": 2}.get(path.name, 0), path.name


TYPED = {
    "command": ["sim" + STEERED],
    "option": ["run", "--fa" + STEERED],
    "key": ["run", f"policy.{STEERED}=1"],
    "unprintable value": ["run", f"scenario={STEERED}"],
    "hidden value": ["run", f"scenario={WITHOUT_CONTROLS}"],
    "hidden key": ["run", f"{WITHOUT_CONTROLS}=1"],
    "hidden number": ["run", f"policy.portability={WITHOUT_CONTROLS}"],
    "hidden seed": ["run", f"seed={WITHOUT_CONTROLS}"],
    "half a character": ["run", f"nation={HALF}"],
    "nation": ["run", f"nation={WITHOUT_CONTROLS}"],
    "vendor table": ["run", "nation=small", f"vendor_table={WITHOUT_CONTROLS}.csv"],
    "output": ["run", "nation=small", f"output=small/adjacency.csv/{WITHOUT_CONTROLS}"],
    "several values": ["run", "-m", f"scenario={WITHOUT_CONTROLS},baseline"],
    "place": ["explain", STEERED, "nation=small"],
    "nation shown": ["nation", "show", STEERED + HALF],
    "scenario shown": ["scenarios", STEERED + HALF],
    "parameter shown": ["parameters", STEERED + HALF],
    "official files": ["nation", "build", "--ssdse", STEERED, "--boundaries", HALF, "-o", STEERED],
    "study": ["sweep", "plan", STEERED],
    "study file": ["sweep", "plan", f"./{STEERED}.yaml"],
    "settings": ["sweep", "run", "uncertainty", f"threads={STEERED}", f"{HALF}=1", f"output={HALF}"],
    "sweep": ["sweep", "status", STEERED + HALF],
    "run of a sweep": ["reproduce", STEERED, HALF],
    "comparison": ["compare", STEERED, f"{HALF}:x=1"],
    "knock-out": ["knockout", "--only", STEERED],
    "report": ["report", STEERED + HALF],
    "host": ["app", "--host", STEERED],
    "port": ["app", "--port", STEERED],
}


@pytest.mark.parametrize("case", TYPED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_is_typed_is_told_visibly(
    desk: Path, capsys: pytest.CaptureFixture[str], case: str, language: str
) -> None:
    assert said(capsys, f"--language={language}", *TYPED[case])


@pytest.mark.parametrize("language", LANGUAGES)
def test_scenarios_with_hidden_names_are_told_visibly(
    desk: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    quoted = f'"{visible(STEERED)}"'  # YAML reads it as Python does
    text = (
        SCENARIO.replace("Mine", quoted)
        .replace("私の", quoted)
        .replace("A test.", quoted)
        .replace("own thought", quoted)
    )
    events = f"announcements: [{{month: 2022-10, signal: 0, text: {quoted}}}]\n"
    (desk / "mine.yaml").write_text(text + events, encoding="utf-8")
    told = said(capsys, "scenarios", "./mine.yaml", f"--language={language}")
    assert told.count(SHOWN) >= (4 if language == "en" else 3)
    wrong = f"parameters: {{policy: {{{quoted}: 1, portability: {quoted}}}, {quoted}: {{a: 1}}}}\n{quoted}: 1\n"
    (desk / "mine.yaml").write_text(text.replace("name: mine", f"name: {quoted}") + wrong, encoding="utf-8")
    assert "5" in said(capsys, "run", "scenario=./mine.yaml", f"language={language}").splitlines()[0]
    (desk / "mine.yaml").write_text(text.replace("A test", "x") + 'more: "\\ud800"\n', encoding="utf-8")
    assert r"\ud800" in said(capsys, "run", "scenario=./mine.yaml", f"language={language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_nations_and_vendor_tables_with_hidden_names_are_told_visibly(
    desk: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    table = desk / "small" / "municipalities.csv"
    (desk / "small" / "nation.json").unlink()
    right = table.read_text(encoding="utf-8")
    table.write_text(right.replace("Body 1", WITHOUT_CONTROLS).replace("other_city", HOSTILE), encoding="utf-8")
    assert raw(table.read_text(encoding="utf-8"))
    assert "4" in said(capsys, "run", "nation=small", f"language={language}").splitlines()[0]
    table.write_text(right.replace(",population", f",{HOSTILE}"), encoding="utf-8")
    said(capsys, "run", "nation=small", f"language={language}")
    table.write_text(right, encoding="utf-8")
    (desk / "vendors.csv").write_text(f"code,lot,vendor\n{HOSTILE},{HOSTILE},{HOSTILE}\n", encoding="utf-8")
    assert (
        "2" in said(capsys, "run", "nation=small", "vendor_table=vendors.csv", f"language={language}").splitlines()[0]
    )
    (desk / "vendors.csv").write_text("code,lot,vendor\n01201,core,A\n", encoding="utf-8")
    about = {"format": 1, "attribution": ["\ud800"], "sources": {"\ud800": "x"}, "files": {}}
    (desk / "small" / "nation.json").write_text(json.dumps(about), encoding="utf-8")
    assert "2" in said(capsys, "nation", "show", "small", f"--language={language}").splitlines()[0]


def test_a_run_with_hidden_names_says_draws_and_reports_them_visibly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small = grid_nation(2, 2)
    table = small.municipalities.assign(name=[WITHOUT_CONTROLS + str(n) + "$x_$" for n in range(4)])
    named = make_nation("x", table, small.adjacency, attribution=[STEERED])
    folder = tmp_path / f"land{WITHOUT_CONTROLS}"
    write_nation(named, folder)
    vendor = HOSTILE.replace("\u2028", "").replace("\u2029", "")
    rows = pd.DataFrame({"code": table["code"], "lot": "core", "vendor": vendor})
    rows.to_csv(tmp_path / "vendors.csv", index=False)
    assert read_vendor_table(tmp_path / "vendors.csv", load_nation(folder)).names[0].startswith("a\x1b")
    quoted = f'"{visible(STEERED)}"'  # YAML reads it as Python does
    text = SCENARIO.replace("Mine", quoted).replace("私の", quoted)
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    words = [f"nation={folder.name}", "scenario=./mine.yaml", "vendor_table=vendors.csv"]
    said(capsys, "run", *words, "output=out")
    said(capsys, "explain", str(table["code"][0]), *words)
    said(capsys, "nation", "show", folder.name)
    assert "out.html" in said(capsys, "report", "out", "--nation", folder.name)
    assert not raw((tmp_path / "out.html").read_text(encoding="utf-8"))
    assert not raw("".join(describe(load_nation(folder))["name"]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_app_tells_what_it_refuses_visibly(language: str) -> None:
    wrong = {"nation": STEERED, "scenario": HALF, "parameters": {STEERED: 1, "cooperation.grant_rate": HALF}}
    with in_language(language):
        told = problems_of(lambda: read_setting(wrong))
    assert len(told) == 4
    assert not raw("".join(told))
    json.dumps(told, ensure_ascii=False).encode()


def test_records_in_a_folder_with_a_hidden_name(tmp_path: Path, four_bodies_records, capsys) -> None:
    folder = tmp_path / WITHOUT_CONTROLS
    write_records(four_bodies_records, folder)
    (folder / (HOSTILE + HALF)).write_text("mine")
    for wrong in (folder, tmp_path / HALF, tmp_path / HALF / "deeper"):
        with pytest.raises(InputError) as caught:
            write_records(four_bodies_records, wrong)
        assert not raw(str(caught.value))
    assert not (tmp_path / HALF).exists()
    assert SHOWN in said(capsys, "report", str(folder), "-o", str(tmp_path / f"{HOSTILE}.html"))
    folder.rename(tmp_path / HALF)
    assert "UTF-8" in said(capsys, "report", str(tmp_path / HALF))
