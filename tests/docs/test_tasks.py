"""What README and guides tell to type is understood, and every command is told somewhere."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

from dxsim.cli import _parser, main
from dxsim.nation.nation import load_nation
from dxsim.records import Records, read_records
from dxsim.scenario.configuration import read_command_line
from dxsim.sweep.multirun import read_multirun
from dxsim.sweep.plan import make_plan
from dxsim.sweep.study_file import read_study

ROOT = Path(__file__).parents[2]
TEXTS = {
    name: (ROOT / f"{name}.md").read_text(encoding="utf-8")
    for name in ("README", "docs/tasks", "docs/own_scenario", "docs/many_runs", "docs/own_data", "docs/researcher")
}
ROWS = [row for text in TEXTS.values() for row in text.splitlines() if row.startswith("| ")]
COMMANDS = list(dict.fromkeys(command for row in ROWS for command in re.findall("`(dxsim .*?)`", row)))
# Commands that need a folder or a while; that they are understood is enough here.
PARSED = (
    *("sweep", "compare", "sensitivity", "discover", "robustness", "reproduce"),
    *("animate", "report", "app", "docs", "knockout", "validate", "search", "calibrate", "condition"),
)
REAL_NATION = re.findall(r"^\$ (dxsim (?:nation build|run nation=japan$).*)$", TEXTS["docs/own_data"], re.MULTILINE)


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXTS[page], re.MULTILINE | re.DOTALL)


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the commands, or actions, of a parser by name."""
    (choices,) = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return choices


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for page in ("docs/own_scenario", "docs/many_runs"):
        for text in blocks(page, "yaml"):
            name = text.splitlines()[0].removeprefix("# ")
            (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "japan").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_scenario_of_ones_own_runs(desk: Path) -> None:
    assert main(["run", "scenario=./mine.yaml", "figures=false"]) == 0
    (folder,) = (desk / "results").glob("mine-????????-seed1")
    manifest = read_records(folder).manifest
    assert manifest["scenario"]["title"]["en"] == "Two more years and open standards"
    values = manifest["scenario"]["values"]
    assert (values["policy.deadline"], values["policy.portability"]) == ("2028-03", 0.9)


def test_the_python_example_runs() -> None:
    names: dict[str, object] = {}
    (example,) = blocks("docs/tasks", "python")
    exec(example, names)  # noqa: S102 - our own page
    records = names["records"]
    assert isinstance(records, Records)
    assert records.manifest["seed"] == 7
    assert records.manifest["scenario"]["overrides"] == {"policy.deadline": "2027-03"}
    for table in re.search("tidy tables: (.*)", example)[1].split(", "):
        assert len(getattr(records, table)) > 0


def test_there_are_commands_of_every_kind() -> None:
    every = {name for name in commands(_parser()) if name != "nation"}
    assert {command.split()[1] for command in COMMANDS} == every
    actions = {command.split()[2] for command in COMMANDS if command.startswith("dxsim sweep")}
    assert actions == set(commands(commands(_parser())["sweep"])) - {"studies"}
    assert [command.split()[1] for command in REAL_NATION] == ["nation", "run"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_table_is_understood(desk: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    _, task, *arguments = shlex.split(command)
    if task in PARSED:
        parsed = _parser().parse_args([task, *arguments])
        assert parsed.command == task
    elif arguments[:1] == ["--multirun"]:
        study, _ = read_multirun(arguments[1:])
        assert len(make_plan(study, load_nation("synthetic")).table) == 20
    elif task == "run":
        plain, asked = read_command_line([]), read_command_line(arguments)
        assert (asked.scenario.fingerprint, asked.language) != (plain.scenario.fingerprint, plain.language)
    else:
        assert main([task, *arguments]) == 0
        assert all(argument in capsys.readouterr().out for argument in arguments)


def test_the_study_of_ones_own_can_be_planned(desk: Path) -> None:
    plan = make_plan(read_study("./engineers.yaml"), load_nation("synthetic"))
    assert len(plan.table) == 2 * 3 * 50 * 4
    assert plan.table["run"].is_unique


@pytest.mark.parametrize("command", REAL_NATION)
def test_the_commands_for_the_real_nation_are_understood(desk: Path, command: str) -> None:
    arguments = shlex.split(command)[1:]
    parsed = _parser().parse_args(arguments)
    if parsed.command == "run":
        assert read_command_line(parsed.overrides).nation == "japan"
    else:
        assert (parsed.action, parsed.output) == ("build", "japan")


def test_the_first_picture_is_where_the_readme_says(desk: Path) -> None:
    from dxsim.cli.run import default_folder

    folder = default_folder(read_command_line([]), load_nation("synthetic"))
    assert f"`{folder.as_posix()}/`" in TEXTS["README"]
