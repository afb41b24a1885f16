"""Sensitivity, discovery and robustness from the command to files: on a small sweep, run with the model."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dxsim.analysis import one_at_a_time, sensitivity
from dxsim.analysis.discovery import discover
from dxsim.analysis.robustness import robustness
from dxsim.cli import main
from dxsim.language import in_language
from dxsim.nation.nation import write_nation
from dxsim.nation.small import grid_nation
from dxsim.sweep.runner import begin_sweep, carry_on
from dxsim.sweep.settings import Settings
from dxsim.sweep.store import read_results
from dxsim.sweep.study_file import read_study
from dxsim.views import plots

STUDY = """\
name: {name}
nation: nation
scenarios: [{scenarios}]
uncertainties: {{vendor.capacity_ratio: , vendor.readiness_mean: , policy.deadline: }}
sample: {sample}
seeds: {{first: 1, count: 2}}
outcomes: {{kpis: [late_share, own_burden], strata: []}}
"""
SWEEPS = {
    "futures": ("baseline, capacity_programme", "{method: latin_hypercube, size: 30}"),
    "curves": ("baseline", "{method: one_at_a_time, size: 3}"),
    "shares": ("baseline", "{method: shapley, size: 6}"),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with three sweeps of a nation of nine municipalities."""
    folder = tmp_path_factory.mktemp("findings")
    population = [3_000, 8_000, 20_000, 40_000, 70_000, 150_000, 9_000, 30_000, 60_000]
    write_nation(grid_nation(3, 3, population=population), folder / "nation")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, (scenarios, sample) in SWEEPS.items():
            text = STUDY.format(name=name, scenarios=scenarios, sample=sample)
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
            sweep = begin_sweep(read_study(f"./{name}.yaml"), name)
            carry_on(sweep, sweep.missing(), Settings(threads=1), 30)
    return folder


def median_late(desk: Path) -> float:
    return float(read_results(desk / "futures").kpis["late_share"].median())


def written(folder: Path) -> set[str]:
    """Return the names of what was written, after a look at the figures."""
    for path in folder.glob("*.png"):
        with Image.open(path) as image:
            assert len(image.text["Description"]) > 60
            assert "{" not in image.text["Description"]
            assert len(np.unique(np.asarray(image.convert("L")))) > 20  # not an empty page
    return {path.name for path in folder.iterdir()}


def run(arguments: list[str], language: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a glyph that no font has is a warning
        assert main([*arguments, "--language", language]) == 0


@pytest.mark.parametrize("language", ["en", "ja"])
def test_sensitivity_of_a_space_filling_sample(
    desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    command = ["sensitivity", f"{desk / 'futures'}:baseline", "--kpi", "late_share", "-o", str(tmp_path / "out")]
    run(command, language)
    printed = capsys.readouterr().out
    assert ("independent of each other" if language == "en" else "互いに独立") in printed
    assert ("dummy (does nothing)" if language == "en" else "ダミー") in printed
    assert written(tmp_path / "out") == {"sensitivity.csv", "sensitivity.md", "tornado_late_share.png"}
    table = pd.read_csv(tmp_path / "out" / "sensitivity.csv")
    again = sensitivity(f"{desk / 'futures'}:baseline", ["late_share"])
    assert table["value"].tolist() == pytest.approx(again["value"].tolist(), nan_ok=True, rel=1e-6)


def test_sensitivity_of_one_at_a_time_has_curves(
    desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["sensitivity", str(desk / "curves"), "--markdown", "-o", str(tmp_path / "out")], "ja")
    printed = capsys.readouterr()
    assert "---" in printed.out
    assert str(tmp_path) in printed.err
    found = written(tmp_path / "out")
    assert {"one_at_a_time.csv", "one_at_a_time_late_share.png", "tornado_late_share.png"} <= found
    figure = plots.one_at_a_time(one_at_a_time(str(desk / "curves"), ["late_share"]), "late_share")
    assert len([axes for axes in figure.axes if axes.lines]) == 3
    assert "2025-03" in figure.description


def test_shares_of_the_variance_sum_to_one(desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["sensitivity", str(desk / "shares"), "-o", str(tmp_path / "out")], "en")
    table = pd.read_csv(tmp_path / "out" / "sensitivity.csv")
    rows = table[(table["measure"] == "shapley_effect") & (table["kpi"] == "late_share")]
    assert rows["value"].sum() == pytest.approx(1)
    assert "Shapley effect" in capsys.readouterr().out


@pytest.mark.parametrize("language", ["en", "ja"])
def test_discovery_tells_a_box_and_writes_it(
    desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    mark = str(median_late(desk))
    command = ["discover", str(desk / "futures"), "--kpi", "late_share", "--above", mark]
    run([*command, "--tree", "-o", str(tmp_path / "out")], language)
    printed = capsys.readouterr().out
    with in_language(language):
        described = plots.discovery(discover(str(desk / "futures"), "late_share", above=float(mark))).description
    assert printed.splitlines()[0] in described
    tables = {f"{name}.csv" for name in ("futures", "trade_off", "limits", "stability", "resamples")}
    assert written(tmp_path / "out") == {*tables, "discovery.md", "discovery.png"}
    trade_off = pd.read_csv(tmp_path / "out" / "trade_off.csv")
    assert trade_off.loc[0, "coverage"] == 1
    assert trade_off["density"].is_monotonic_increasing


@pytest.mark.parametrize("language", ["en", "ja"])
def test_robustness_ranks_and_writes_it(
    desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    mark = str(median_late(desk))
    command = ["robustness", str(desk / "futures"), "--kpi", "late_share", "--below", mark]
    run([*command, "-o", str(tmp_path / "out")], language)
    assert "capacity_programme" in capsys.readouterr().out
    names = {f"{name}.csv" for name in ("metrics", "ranks", "outcomes", "regrets")}
    assert written(tmp_path / "out") == {*names, "robustness.md", "robustness.png"}
    found = robustness(str(desk / "futures"), kpi="late_share", below=float(mark))
    assert len(found.outcomes) == 60
    told = pd.read_csv(tmp_path / "out" / "metrics.csv").set_index("case")
    assert told["regret_max"].tolist() == pytest.approx(found.metrics["regret_max"].tolist())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["discover", "futures", "--kpi", "late_share"], "either above or below"),
        (["discover", "futures", "--kpi", "late_shar", "--above", "1"], "did you mean 'late_share'"),
        (["discover", "futures", "--kpi", "late_share", "--above", "9"], "0 of 60 futures pass the mark"),
        (["robustness", "futures", "--kpi", "late_share", "--above", "0.3"], "only below can be satisfactory"),
        (["robustness", "curves", "--kpi", "late_share"], "one alternative only"),
        (["sensitivity", "curves", "--kpi", "late_shar"], "did you mean 'late_share'"),
        (["sensitivity", "curves", "-o", "nation/nation.csv"], "nation.csv"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(
    desk: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(desk)
    (desk / "nation" / "nation.csv").touch()
    before = sorted(desk.rglob("*"))
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert says in printed.err
    assert printed.out == ""
    assert sorted(desk.rglob("*")) == before
