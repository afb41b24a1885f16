"""The ten experiments: each study in a tiny form, with its table, figure and text; verdicts on known numbers."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dxsim.analysis.comparison import SHARE_OF_INTEREST
from dxsim.files import shipped
from dxsim.nation.nation import write_nation
from dxsim.nation.small import grid_nation
from dxsim.scenario.registry import REGISTRY
from dxsim.sweep import design
from dxsim.sweep.study_file import read_study
from dxsim.views.style import _SETTINGS
from experiments.common import report
from experiments.common.claims import CONTRADICTED, SUPPORTED, UNDECIDED, Claim, by_regime, claim_table, combined
from experiments.common.outcomes import Floats, Runs
from experiments.common.studies import DRAWN, MARK
from experiments.run import FOLDERS, HERE, main

REGIMES = ["default", "calendar_limited"]
TEN = 10
MOST_RUNS = 45_000  # what two cores do in about an hour


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a nation of all size classes."""
    folder = tmp_path_factory.mktemp("experiments")
    population = [3_000, 8_000, 20_000, 40_000, 70_000, 150_000, 300_000, 600_000]
    write_nation(grid_nation(2, 4, population=population, prefectures=2), folder / "nation")
    return folder


def tiny(*more: str) -> int:
    return main(["--points", "2", "--seeds", "2", "--threads", "2", "--nation", "nation", "--report", "out", *more])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_gives_a_table_a_figure_and_sentences(folder: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk)
    monkeypatch.setitem(_SETTINGS, "savefig.dpi", 50)  # a quarter of the time
    assert tiny(folder.name) == 0
    written = desk / "out" / folder.name
    table = pd.read_csv(written / report.TABLE)
    assert list(dict.fromkeys(table["regime"])) == REGIMES
    assert table["verdict"].isin([SUPPORTED, CONTRADICTED, UNDECIDED]).all()
    assert len(table) == 2 * table["claim"].nunique()
    assert (table[["reference_mean", "case_mean"]].notna().all(axis=None)) or folder.name.startswith("e04")  # per yen
    assert (written / report.FIGURE).stat().st_size > 5_000
    text = (written / report.README).read_text(encoding="utf-8")
    block = text.partition(report.START)[2].partition(report.END)[0]
    verdicts = by_regime(table)
    assert all(f"Under `{name}` the hypothesis is **{verdict}**" in block for name, verdict in verdicts.items())
    assert "The readings of the model " + ("agree" if len(set(verdicts.values())) == 1 else "disagree") in block
    assert block.count("\n| ") == 2 + len(table) - 1  # with the head; its rule begins without a blank
    assert all(part in block for part in ("(Monte Carlo ", "parametric [", "(structural)", "seeds 6001 to 6002"))
    index = (desk / "out" / report.README).read_text(encoding="utf-8")
    (line,) = [line for line in index.splitlines() if folder.name in line]
    assert [cell.strip() for cell in line.split("|")[-3:-1]] == list(verdicts.values())


def test_runs_that_are_done_are_not_done_again(desk: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(desk)
    assert tiny(FOLDERS[0].name) == 0
    table = (desk / "out" / FOLDERS[0].name / report.TABLE).read_bytes()
    capsys.readouterr()
    assert tiny(FOLDERS[0].name) == 0
    assert "32 of 32 runs done" in (told := capsys.readouterr().out)
    assert "runs to do" not in told
    assert (desk / "out" / FOLDERS[0].name / report.TABLE).read_bytes() == table


def test_what_is_reduced_does_not_take_the_place_of_results(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--seeds", "2"], ["--points", "2"], ["--nation", "nation"], ["e11_nothing"]):
        with pytest.raises(SystemExit):
            main(words)
        assert re.search("needs --report|no such experiment", capsys.readouterr().err)


def test_a_missing_nation_is_told(desk: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(desk)
    assert main(["--nation", "nowhere", "--report", "elsewhere", FOLDERS[0].name]) == 1
    assert "nowhere" in capsys.readouterr().err


def test_studies_share_what_is_drawn_and_fit_in_an_hour() -> None:
    assert len(FOLDERS) == TEN
    runs = {}
    for folder in FOLDERS:
        text = (folder / "study.yaml").read_text(encoding="utf-8")
        assert text.partition(MARK)[2] == DRAWN.read_text(encoding="utf-8"), "python -m experiments.common.studies"
        study = read_study(folder / "study.yaml")
        assert (study.name, list(study.variants)) == (folder.name, REGIMES)
        runs[folder.name] = len(design.alternatives(study)) * design.count_points(study) * study.seeds.count
        assert text.splitlines()[0].endswith(f" = {runs[folder.name]:,} runs.")
    assert sum(runs.values()) < MOST_RUNS


def test_nothing_is_drawn_that_was_fitted_with_others_or_that_a_reading_sets() -> None:
    drawn = read_study(FOLDERS[0] / "study.yaml").uncertainties
    assert not [name for name in drawn if "search on published totals" in REGISTRY[name].source]
    variant = yaml.safe_load((shipped("configs") / "variant" / "calendar_limited.yaml").read_text(encoding="utf-8"))
    assert not set(drawn) & {f"{group}.{name}" for group, names in variant.items() for name in names}


def test_papers_say_what_each_asks_and_the_index_is_that_of_the_tables() -> None:
    for folder in FOLDERS:
        file = folder / report.README
        assert all(report.paragraph(file, name) for name in ("Question", "Hypothesis", "Falsifier", "Design"))
        for target in re.findall(r"\]\(([^)#:]+)\)", file.read_text(encoding="utf-8").partition(report.START)[0]):
            assert (folder / target).exists() or target == report.TABLE, target
    block = (HERE / report.README).read_text(encoding="utf-8").partition(report.START)[2].partition(report.END)[0]
    assert block.strip() == report.index(HERE, FOLDERS).strip()


def runs_of(difference: Floats, level: float = 1.0) -> Runs:
    """Return runs of two cases, shape (points, seeds), that differ by so much."""
    points, seeds = difference.shape
    index = pd.MultiIndex.from_product([["one", "other"], range(points), range(seeds)], names=["case", "point", "seed"])
    values = np.concatenate([np.full(difference.size, level), level + difference.ravel()])
    return Runs("default", pd.DataFrame({"late_share": values}, index=index))


def verdict_on(difference: Floats, expected: str) -> tuple[str, str]:
    claim = Claim(
        "other less one", "share", expected, lambda runs: (runs("one", "late_share"), runs("other", "late_share"))
    )
    row = claim_table([claim], [runs_of(difference)]).iloc[0]
    return row["verdict"], row["word"]


SPREAD = np.array([[-1.0, 1.0, 0.5], [0.5, 2.0, -1.0]])  # over points and over seeds


def test_verdicts_on_differences_that_are_known() -> None:
    clear = 0.1 + 0.001 * SPREAD
    assert verdict_on(clear, "higher") == (SUPPORTED, "higher")
    assert verdict_on(-clear, "higher") == (CONTRADICTED, "lower")
    assert verdict_on(0.001 + 0.0001 * SPREAD, "higher") == (CONTRADICTED, "higher")  # too small to speak of
    turned = np.array([[0.1, 0.101, 0.1], [-0.02, -0.021, -0.02]])  # its sign depends on the point
    assert verdict_on(turned, "higher") == (UNDECIDED, "depends")
    by_chance = np.array([[0.3, -0.2, 0.1], [0.3, -0.2, 0.1]])  # and here on the seed
    assert verdict_on(by_chance, "higher") == (UNDECIDED, "unclear")
    assert verdict_on(clear[:1], "higher")[0] == UNDECIDED  # one point tells of no spread


@settings(max_examples=50, deadline=None)
@given(st.floats(-0.5, 0.5), st.floats(0, 0.2))
def test_a_verdict_turns_with_its_sign(mean: float, width: float) -> None:
    """No difference supports a hypothesis and its reverse; what supports one contradicts the other."""
    differences = mean + width * SPREAD
    assume(abs(abs(differences.mean()) - SHARE_OF_INTEREST) > 1e-9)  # there rounding decides
    one, other = verdict_on(differences, "higher")[0], verdict_on(differences, "lower")[0]
    assert (verdict_on(-differences, "lower")[0], verdict_on(-differences, "higher")[0]) == (one, other)
    if one == SUPPORTED:
        assert other == CONTRADICTED


@given(st.lists(st.sampled_from([SUPPORTED, CONTRADICTED, UNDECIDED]), min_size=1))
def test_a_hypothesis_is_as_good_as_its_worst_difference(verdicts: list[str]) -> None:
    worst = max(verdicts, key=[SUPPORTED, UNDECIDED, CONTRADICTED].index)
    assert combined(verdicts) == worst


def test_the_structural_range_is_that_over_readings() -> None:
    centre = 0.001 * SPREAD.mean()
    one = runs_of(0.1 + 0.001 * SPREAD)
    other = Runs("calendar_limited", runs_of(-0.2 + 0.001 * SPREAD).table)
    claim = Claim(
        "other less one", "share", "higher", lambda runs: (runs("one", "late_share"), runs("other", "late_share"))
    )
    table = claim_table([claim], [one, other])
    assert table["structural_low"].to_numpy() == pytest.approx([centre - 0.2] * 2)
    assert table["structural_high"].to_numpy() == pytest.approx([centre + 0.1] * 2)
    assert list(table["word"]) == ["depends", "depends"]
    assert by_regime(table) == {"default": SUPPORTED, "calendar_limited": CONTRADICTED}
    assert "disagree" in report.sentences(table)[-1]
