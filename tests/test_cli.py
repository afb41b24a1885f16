"""The command as a user types it, in another folder than the checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

import dxsim
from dxsim.cli import main
from dxsim.cli.run import default_folder, shown
from dxsim.language import in_language
from dxsim.nation.nation import write_nation
from dxsim.nation.small import grid_nation
from dxsim.nation.vendor_table import read_vendor_table
from dxsim.records import TABLES, read_records
from dxsim.scenario.configuration import read_command_line
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.scenario import scenario_names
from dxsim.views.text import columns, width
from tests.test_bad_input import SCENARIO
from tests.views import of_run


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small nation in it, where commands are typed."""
    folder = tmp_path_factory.mktemp("desk")
    types = ["designated_city", "core_city", *["other_city"] * 10, *["town"] * 10, *["village"] * 3]
    population = [900_000, 400_000, *[60_000] * 10, *[12_000] * 10, *[2_000] * 3]
    write_nation(grid_nation(5, 5, prefectures=3, population=population, type_=types), folder / "small")
    return folder


def dxsim_command(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dxsim", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"} | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def test_a_run_prints_its_summary_and_leaves_records_and_figures(desk: Path) -> None:
    done = dxsim_command(desk, "run", "nation=small", "output=first")
    assert done.returncode == 0, done.stderr
    assert "Late systems at the deadline" in done.stdout
    assert "2025-12" in done.stdout
    assert "'baseline', seed 1, on 25 municipalities (small)" in done.stderr
    assert done.stdout.rstrip().endswith("first")
    records = read_records(desk / "first")
    assert {path.stem for path in (desk / "first" / "figures").iterdir()} == of_run.ALL
    assert len(records.municipalities) == 25
    late = records.summary.set_index("kpi")["value"]["late_share"]
    assert f"{late:.1%}" in done.stdout
    assert records.manifest["command"] == ["dxsim", "run", "nation=small", "output=first"]
    assert records.manifest["configuration"]["scenario"] == "baseline"


def test_the_same_command_gives_the_same_bytes_and_another_seed_does_not(desk: Path) -> None:
    command = ("run", "nation=small", "figures=false", "seed=7")
    assert dxsim_command(desk, *command).returncode == 0
    (folder,) = (desk / "results").glob("baseline-small-????????-seed7")
    before = {name: (folder / f"{name}.parquet").read_bytes() for name in TABLES}
    assert dxsim_command(desk, *command).returncode == 0  # replaces the folder
    assert {name: (folder / f"{name}.parquet").read_bytes() for name in TABLES} == before
    assert dxsim_command(desk, "run", "nation=small", "figures=false", "seed=8").returncode == 0
    other = folder.with_name(folder.name.replace("seed7", "seed8"))
    assert (other / "systems.parquet").read_bytes() != before["systems"]
    assert sorted(folder.parent.iterdir()) == [folder, other]  # nothing hidden is left


def test_a_run_in_japanese(desk: Path) -> None:
    done = dxsim_command(desk, "run", "nation=small", "figures=false", "language=ja", "output=日本語")
    assert done.returncode == 0, done.stderr
    assert "遅延申告" in done.stdout
    assert "シミュレーション中" in done.stderr
    assert (desk / "日本語" / "summary.parquet").is_file()


@pytest.mark.parametrize("spelling", [["language=ja"], ["--language", "ja"], ["--language=ja"], ["language='ja'"]])
@pytest.mark.parametrize(
    "command",
    [
        ["run", "seed=-1"],
        ["run", "--multirun", "seed=-1"],
        ["explain", "1", "seed=-1"],
        ["scenarios", "none"],
        ["parameters", "none"],
        ["nation", "show", "none"],
        ["odd", "--check", "-o", "none"],
        ["compare", "none"],
        ["sweep", "run", "none"],
        ["sweep", "plan", "none"],
        ["sweep", "resume", "none"],
        ["sweep", "status", "none"],
        ["reproduce", "none", "1"],
    ],
)
def test_a_language_is_asked_for_in_either_spelling(
    capsys: pytest.CaptureFixture[str], command: list[str], spelling: list[str]
) -> None:
    heads = []
    for words in ([*command, *spelling], [command[0], *spelling, *command[1:]] if command[0] != "sweep" else []):
        if words:
            assert main(words) == 2
            heads.append(capsys.readouterr().err.splitlines()[0])
    assert all("問題が1件あります" in head for head in heads)


def test_the_last_spelling_of_a_language_wins(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "language=ja", "seed=-1", "--language", "en"]) == 2
    assert "1 problem\n" in capsys.readouterr().err
    assert main(["scenarios", "--language=en", "language=ja"]) == 0
    assert "基準シナリオ" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["scenarios"], ["nation", "show"], ["sweep", "status", "none"]])
def test_a_language_that_is_not_spoken_is_refused_by_every_command(
    capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    for spelling in ("language=fr", "--language=fr"):
        with pytest.raises(SystemExit, match="2"):
            main([*command, spelling])
        assert "language must be en or ja (got 'fr')" in capsys.readouterr().err


def test_money_is_said_as_officials_do() -> None:
    assert [shown("one_off_cost", yen) for yen in (848.6e9, 1.2345e12)] == [
        "848.6 billion yen",
        "1,234.5 billion yen",
    ]
    amounts = (848.6e9, 1.2345e12, 9_999.6e8, 99_999.6e7, 2e12, 3.14e8, -12e8, 0)
    with in_language("ja"):
        in_japanese = [shown("one_off_cost", yen) for yen in amounts]
    assert in_japanese == [
        *("8,486億円", "1兆2,345億円", "1兆円", "1兆円"),
        *("2兆円", "3.1億円", "-12億円", "0.0億円"),
    ]


def test_a_console_that_knows_no_japanese_is_no_obstacle(desk: Path) -> None:
    done = dxsim_command(
        desk, "run", "nation=small", "figures=false", "language=ja", "output=ascii", PYTHONIOENCODING="ascii"
    )
    assert done.returncode == 0, done.stderr
    assert "?" in done.stdout


def test_an_override_reaches_the_model_and_the_manifest(desk: Path) -> None:
    done = dxsim_command(desk, "run", "nation=small", "figures=false", "vendor.capacity_ratio=1000", "output=many")
    assert done.returncode == 0, done.stderr
    manifest = json.loads((desk / "many" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["scenario"]["values"]["vendor.capacity_ratio"] == 1000
    assert manifest["scenario"]["overrides"] == {"vendor.capacity_ratio": 1000}
    assert "'baseline' (vendor.capacity_ratio=1000.0), seed 1" in done.stderr
    book = pd.read_parquet(desk / "many" / "market.parquet")["capacity"]
    assert book[0] > 100


def test_runs_with_other_settings_do_not_share_a_folder(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk)
    nations = {"synthetic": grid_nation(2, 2), "small": dxsim.load_nation("small")}

    def folder(*overrides: str, nation: str = "synthetic") -> str:
        configuration = read_command_line([f"nation={nation}", *overrides])
        return default_folder(configuration, nations[nation]).as_posix()

    assert folder() == "results/baseline-seed1"
    assert folder("policy.deadline=2026-03", "figures=false", "language=ja") == "results/baseline-seed1"
    assert folder("scenario=deadline_2027", "seed=7") == "results/deadline_2027-seed7"
    assert re.fullmatch("results/baseline-[0-9a-f]{8}-seed1", folder("policy.deadline=2027-03"))
    assert folder("policy.deadline=2027-04") not in (folder(), folder("policy.deadline=2027-03"))
    assert folder("variant=small_first") != folder()
    assert re.fullmatch("results/baseline-small-[0-9a-f]{8}-seed1", folder(nation="small"))


def test_what_is_edited_under_the_same_name_has_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_nation(grid_nation(2, 2), Path("small"))

    def folder() -> str:
        configuration = read_command_line(["nation=small", "scenario=./mine.yaml", "vendor_table=known.csv"])
        nation = dxsim.load_nation("small")
        return default_folder(configuration, nation, read_vendor_table(Path("known.csv"), nation)).name

    def scenario(month: str) -> None:
        Path("mine.yaml").write_text(f"{SCENARIO}parameters: {{policy: {{deadline: {month}}}}}\n", encoding="utf-8")

    scenario("2026-03")
    Path("known.csv").write_text("code,lot,vendor\n01201,core,A\n")
    first = folder()
    assert re.fullmatch("mine-small-known-[0-9a-f]{8}-seed1", first)
    scenario("2027-03")
    second = folder()
    Path("known.csv").write_text("code,lot,vendor\n01201,core,B\n")
    third = folder()
    write_nation(grid_nation(2, 3), Path("small"))
    assert len({first, second, third, folder()}) == 4


def test_a_run_without_figures_never_loads_matplotlib(desk: Path) -> None:
    code = (
        "import sys; from dxsim.cli import main;"
        "status = main(['run', 'nation=small', 'figures=false', 'output=plain']);"
        "sys.exit(status or 'matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=desk, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


INTERRUPTED = """
import signal, sys
from dxsim.cli import main
from dxsim.views import charts

def draw(records, nation, folder):
    folder.mkdir()
    (folder / "half.png").write_bytes(b"half")
    signal.raise_signal(signal.SIGINT)

charts.draw_run = draw
sys.exit(main(["run", "nation=" + sys.argv[1]]))
"""


def test_a_run_interrupted_between_files_leaves_nothing(desk: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(desk / "small")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 130, done.stderr
    assert "Drawing" in done.stderr
    assert "interrupted" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["results"]


def test_help_loads_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dxsim", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "COMMAND" in done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "argparse" in loaded
    assert not loaded & {"numpy", "pandas", "numba", "matplotlib", "hydra", "pydantic", "pyarrow", "scipy", "yaml"}


def test_python_dash_m_and_no_command_show_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "usage: dxsim" in capsys.readouterr().out


def test_the_version_is_that_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    project = Path(dxsim.__file__).parents[1] / "pyproject.toml"
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.strip() == f"dxsim {dxsim.__version__}"
    assert tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"] == dxsim.__version__


@pytest.mark.parametrize("language", ["en", "ja"])
def test_all_scenarios_are_listed_and_shown(capsys: pytest.CaptureFixture[str], language: str) -> None:
    assert main(["scenarios", "--language", language]) == 0
    listed = capsys.readouterr().out
    assert [line.split()[0] for line in listed.splitlines()] == list(scenario_names())
    for name in scenario_names():
        scenario = dxsim.load_scenario(name)
        assert scenario.title[language] in listed
        assert main(["scenarios", name, "--language", language]) == 0
        shown = capsys.readouterr().out
        assert scenario.title[language] in shown
        assert all(event.text[language] in shown for event in scenario.announcements)


def test_the_list_of_parameters_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parameters"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [place for place, line in enumerate(lines) if not line.startswith(" ")]
    assert [lines[place].split()[0] for place in heads] == list(REGISTRY)
    for parameter, first, after in zip(REGISTRY.values(), heads, [*heads[1:], len(lines)], strict=True):
        assert lines[first].split()[1] == str(parameter.default)
        assert lines[first + 1].strip() == parameter.label["en"]
        assert [line.strip() for line in lines[first:after] if line.endswith(parameter.bounds)]
    assert max(map(width, lines)) <= 120
    assert main(["parameters", "policy", "--language", "ja"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [line for line in lines if not line.startswith(" ")]
    assert len(heads) == sum(parameter.group == "policy" for parameter in REGISTRY.values())
    assert "2021-04 から 2036-03 まで" in lines[0]
    assert lines[1].strip() == "移行期限（月末）"


@pytest.mark.parametrize("name", ["policy.deadline", "deadline"])
def test_one_parameter_is_shown_in_full(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["parameters", name]) == 0
    shown = capsys.readouterr().out
    parameter = REGISTRY["policy.deadline"]
    for part in ("policy.deadline", parameter.label["en"], "2026-03", "2021-04", "Bounds", parameter.source, "T_D"):
        assert part in shown
    assert main(["parameters", name, "--language", "ja"]) == 0
    shown = capsys.readouterr().out
    for part in (parameter.label["ja"], "許容範囲", "既定値", parameter.source):
        assert part in shown
    assert "Bounds" not in shown


def test_a_nation_is_summarised(capsys: pytest.CaptureFixture[str], desk: Path) -> None:
    assert main(["nation", "show", str(desk / "small")]) == 0
    shown = capsys.readouterr().out
    assert "25" in shown
    assert dxsim.load_nation(desk / "small").fingerprint in shown


def test_a_reader_that_stops_early_is_no_error(desk: Path) -> None:
    command = [sys.executable, "-m", "dxsim", "parameters"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_columns_align_japanese_text() -> None:
    lines = columns([["late", "9"], ["遅延", "10"], ["x", "100"]], right=[1]).splitlines()
    assert len({width(line) for line in lines}) == 1


def test_the_public_surface_is_what_it_says() -> None:
    assert set(dir(dxsim)) >= {"load_nation", "load_scenario", "simulate", "Nation", "Scenario", "Records"}
    for name in dxsim.__all__:
        assert getattr(dxsim, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = dxsim.nothing
