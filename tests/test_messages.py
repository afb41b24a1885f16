"""Whatever dxsim says to a user, it says in English and in Japanese."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import dxsim
from dxsim.cli import main
from dxsim.errors import InputError
from dxsim.files import PACKAGE
from dxsim.language import CATALOGUES, read_catalogue, say, set_language
from dxsim.nation.nation import load_nation, write_nation
from dxsim.nation.small import grid_nation
from dxsim.nation.vendor_table import read_vendor_table
from dxsim.scenario.scenario import load_scenario
from tests.test_bad_input import NATIONS, SCENARIO, SCENARIO_FILES, TYPED, VENDOR_TABLES

TREES = {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}
SPOKEN = ("Problem", "InputError", "DxsimError", "ValueError", "_refusal", "warning")  # calls whose texts a user reads
WORDS = re.compile(r"[a-z]{2,} [a-z]{2,}", re.IGNORECASE)
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in names:
            yield node


def catalogue() -> list[tuple[str, str]]:
    return [(english, japanese) for _, english, japanese in read_catalogue(CATALOGUES / "messages.po")]


def templates() -> set[str]:
    return {call.args[0].value for tree in TREES.values() for call in calls(tree, "say")}


def placeholders(template: str) -> set[str]:
    """Return what a template stands open for; ``{column.minimum}`` stands open for `column`."""
    fields = (field for _, field, _, _ in string.Formatter().parse(template) if field is not None)
    return {re.split(r"[.\[]", field)[0] for field in fields}


def bare_texts(node: ast.expr, locals_: dict[str, list[ast.expr]]) -> Iterator[str]:
    """Yield what an argument says in words that do not go through `say`; local names are followed one step."""
    if isinstance(node, ast.Name):
        for value in locals_.get(node.id, []):
            yield from bare_texts(value, {})
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp | ast.BinOp | ast.List | ast.ListComp | ast.BoolOp):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from bare_texts(child, locals_)


@pytest.mark.parametrize("path", TREES)
def test_a_template_is_written_out_where_it_is_said(path: str) -> None:
    for call in calls(TREES[path], "say"):
        assert isinstance(call.args[0], ast.Constant), f"{path}:{call.lineno}"
        given = {keyword.arg for keyword in call.keywords}
        assert placeholders(call.args[0].value) == given or None in given, f"{path}:{call.lineno}"


@pytest.mark.parametrize("path", TREES)
def test_no_message_goes_past_the_catalogue(path: str) -> None:
    for function in ast.walk(TREES[path]):
        if not isinstance(function, ast.FunctionDef):
            continue
        locals_: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                locals_.setdefault(node.targets[0].id, []).append(node.value)
        for call in calls(function, *SPOKEN):
            for argument in call.args:
                for text in bare_texts(argument, locals_):
                    assert not WORDS.search(text), f"{path}:{call.lineno}: {text!r} does not go through say()"
            if getattr(call.func, "id", "") in ("Problem", "InputError"):
                text = call.args[1 if call.func.id == "Problem" else 0]
                assert not isinstance(text, ast.JoinedStr), f"{path}:{call.lineno}"


@pytest.mark.parametrize("path", TREES)
def test_no_function_makes_a_sentence_of_an_f_string(path: str) -> None:
    """Nor does one that is handed on, as a lambda or a returned text, go past the catalogue."""
    functions = (node for node in ast.walk(TREES[path]) if isinstance(node, ast.FunctionDef))
    for function in (node for node in functions if not node.name.startswith("__")):
        helps = {id(word.value) for node in calls(function, "add_argument") for word in node.keywords}
        for node in ast.walk(function):
            if isinstance(node, ast.JoinedStr) and id(node) not in helps:
                text = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
                assert not WORDS.search(text), f"{path}:{node.lineno}: {text!r} does not go through say()"


def test_the_catalogue_has_every_template_once_and_no_other() -> None:
    english = [template for template, _ in catalogue()]
    assert english == sorted(set(english))
    assert set(english) == templates()


def test_both_languages_have_the_same_placeholders() -> None:
    for english, japanese in catalogue():
        assert placeholders(english) == placeholders(japanese), english
        assert JAPANESE.search(japanese), english
        assert not japanese.endswith("。"), english


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_nation(grid_nation(2, 2), tmp_path / "small")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def japanese() -> Iterator[None]:
    before = set_language("ja")
    yield
    assert set_language(before) == "ja"


def said(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> list[str]:
    """Return the lines of what a command that must fail says on stderr."""
    try:
        status = main(arguments)
    except SystemExit as end:  # argparse
        status = int(end.code or 0)
    printed = capsys.readouterr()
    assert status == 2
    assert printed.out == ""
    assert "Traceback" not in printed.err
    return [line for line in printed.err.splitlines() if line and not line.startswith(("usage:", " " * 5))]


@pytest.mark.parametrize("case", [case for case in TYPED if case not in ("unknown language", "unknown scenario")])
def test_whatever_is_typed_wrong_is_answered_in_japanese(
    desk: Path, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    arguments = TYPED[case][0]
    if arguments[0] == "run":
        arguments = [*arguments, "language=ja"]
    elif arguments != ["simulate"]:
        arguments = [*arguments, "--language", "ja"]
    else:
        arguments = ["--language=ja", *arguments]
    lines = said(capsys, arguments)
    assert lines
    assert all(JAPANESE.search(line) for line in lines), lines


@pytest.mark.parametrize("case", SCENARIO_FILES)
def test_scenario_files_are_refused_in_japanese(desk: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    (desk / "mine.yaml").write_text(SCENARIO_FILES[case][0], encoding="utf-8")
    lines = said(capsys, ["run", "nation=small", "scenario=./mine.yaml", "language=ja"])
    assert all(JAPANESE.search(line) for line in lines), lines


@pytest.mark.parametrize("case", NATIONS)
def test_nations_are_refused_in_japanese(desk: Path, japanese: None, case: str) -> None:
    NATIONS[case][0](desk / "small")
    with pytest.raises(InputError) as caught:
        load_nation("small")
    assert all(JAPANESE.search(line) for line in str(caught.value).splitlines())


@pytest.mark.parametrize("case", VENDOR_TABLES)
def test_vendor_tables_are_refused_in_japanese(desk: Path, japanese: None, case: str) -> None:
    (desk / "vendors.csv").write_text(VENDOR_TABLES[case][0], encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_vendor_table(desk / "vendors.csv", load_nation("small"))
    assert all(JAPANESE.search(line) for line in str(caught.value).splitlines())


def test_the_order_of_words_is_japanese(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "mine.yaml").write_text(SCENARIO + "titel: x\nsurveys: [2050-01]\n", encoding="utf-8")
    assert said(capsys, ["run", "language=ja", "scenario=./mine.yaml", "seed=-1", "policy.deadlin=2027-03"]) == [
        "dxsim: コマンドライン：問題が4件あります",
        "  - policy.deadlin=2027-03: 該当するパラメータがありません。「policy.deadline」の誤りではありませんか",
        "  - seed には 0 から 9223372036854775807 までの整数を指定してください（指定値：-1）",
        "  - mine.yaml 6行目: titel: 該当するキーがありません。「title」の誤りではありませんか",
        "  - mine.yaml 7行目: surveys.1: 2021-04 から 2036-03 までの年月を YYYY-MM 形式で指定してください"
        "（指定値：'2050-01'）",
    ]


def test_problems_are_in_the_order_of_lines_in_japanese_too(desk: Path, japanese: None) -> None:
    (desk / "mine.yaml").write_text(SCENARIO + "\n" * 4 + "surveys: [1999-01]\nfoo: 1\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario("mine.yaml")
    assert [problem.line for problem in caught.value.problems] == [10, 11]


def test_the_last_language_that_is_asked_for_wins_and_the_next_command_is_english_again(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert JAPANESE.search(said(capsys, ["scenarios", "none", "--language", "en", "--language=ja"])[0])
    assert not JAPANESE.search(said(capsys, ["scenarios", "none", "--language=ja", "--language", "en"])[0])
    assert not JAPANESE.search(said(capsys, ["scenarios", "none"])[0])


def test_an_interruption_is_told_in_japanese(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dxsim.cli.scenarios.list_scenarios", interrupt)
    assert main(["scenarios", "--language=ja"]) == 130
    assert "中断しました" in capsys.readouterr().err


def test_a_language_that_is_not_spoken_is_refused() -> None:
    with pytest.raises(InputError, match=r"language must be en or ja \(got 'fr'\)"):
        dxsim.set_language("fr")
    assert say("{key} is given twice", key="seed") == "seed is given twice"


def test_an_event_speaks_the_language_of_the_figure_and_a_plain_text_is_for_both(desk: Path) -> None:
    events = (
        "announcements:\n"
        "  - {month: 2022-10, signal: 0, text: Plain}\n"
        "  - {month: 2022-11, signal: 0, text: {en: Both, ja: 両方}}\n"
    )
    (desk / "mine.yaml").write_text(SCENARIO + events, encoding="utf-8")
    texts = [event.text for event in load_scenario("mine.yaml").announcements]
    assert texts == [{"en": "Plain", "ja": "Plain"}, {"en": "Both", "ja": "両方"}]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("3", "announcements.1.text.en: must be text (got 3)"),
        ("''", "announcements.1.text.en: must not be empty (got '')"),
        ("{}", "announcements.1.text: needs a text in en, in ja or in both"),
        ("{jaa: x, en: y}", "announcements.1.text.jaa: no such key; did you mean 'ja'?"),
    ],
)
def test_what_is_wrong_with_the_text_of_an_event_is_said(desk: Path, text: str, says: str) -> None:
    events = f"announcements:\n  - month: 2022-10\n    signal: 0\n    text: {text}\n"
    (desk / "mine.yaml").write_text(SCENARIO + events, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario("mine.yaml")
    assert [str(problem) for problem in caught.value.problems] == [f"mine.yaml, line 9: {says}"]


def test_the_shipped_scenarios_tell_their_events_in_both_languages() -> None:
    for name in ("baseline", "firm_deadline"):
        scenario = load_scenario(name)
        for event in (*scenario.announcements, *scenario.vendor_events):
            assert JAPANESE.search(event.text["ja"])
            assert not JAPANESE.search(event.text["en"])
