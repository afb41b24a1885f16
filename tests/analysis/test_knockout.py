"""Knock-outs: what is taken away, what differs, and what can't be taken away."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import dxsim
from dxsim.analysis.knockout import (
    KPIS,
    SIZE_GROUPS,
    TABLE,
    Knockouts,
    knockout,
    measures,
    read_knockouts,
    runs_of,
    select_knockouts,
    shipped_knockouts,
)
from dxsim.cli import main
from dxsim.errors import InputError
from dxsim.nation.nation import Nation, write_nation
from dxsim.nation.small import grid_nation
from dxsim.records import simulate
from dxsim.records.findings import Findings
from dxsim.records.indicators import indicators
from dxsim.scenario.events import VendorEvent
from dxsim.scenario.scenario import load_scenario, scenario_names
from dxsim.views import plots
from dxsim.views.documents.knockouts import cell, knockout_label, knockouts_markdown, knockouts_text, scale_of_column

SEEDS = (3, 4, 5)
NAMES = ("products", "engineers", "planning")


@pytest.fixture(scope="module")
def nation() -> Nation:
    return grid_nation(6, 5, population=np.geomspace(1_000, 900_000, 30).astype(int), prefectures=3)


@pytest.fixture(scope="module")
def scenario() -> dxsim.Scenario:
    """A baseline in which nobody plans."""
    return load_scenario("baseline", {"vendor.planning_months": 0})


@pytest.fixture(scope="module")
def found(nation: Nation, scenario: dxsim.Scenario) -> Knockouts:
    return knockout(nation, scenario, NAMES, seeds=SEEDS, threads=2)


def of(found: Knockouts, name: str, kpi: str, group: str = "all") -> dict[str, object]:
    table = found.differences
    rows = table[(table["knockout"] == name) & (table["kpi"] == kpi) & (table["size_group"] == group)]
    return rows.to_dict("records")[0]


def test_every_row_of_the_table_is_about_parameters_that_there_are() -> None:
    assert [item.name for item in select_knockouts()] == list(read_knockouts(TABLE))
    for scenario in map(load_scenario, scenario_names()):
        for item in select_knockouts():
            assert item.taken_from(scenario).values.keys() == scenario.values.keys()


def test_every_knock_out_takes_something_from_the_baseline() -> None:
    baseline = load_scenario("baseline")
    same = [item.name for item in select_knockouts() if item.taken_from(baseline).fingerprint == baseline.fingerprint]
    assert not same
    assert runs_of(baseline, (), range(30)) == 30 * (1 + len(shipped_knockouts()))


def test_differences_are_those_of_two_runs_with_the_same_seed(
    nation: Nation, scenario: dxsim.Scenario, found: Knockouts
) -> None:
    earlier = load_scenario("baseline", {"vendor.planning_months": 0, "policy.readiness_shift": -12})

    def kpis(case: dxsim.Scenario, kpi: str) -> np.ndarray:
        runs = [simulate(nation, case, seed).summary.set_index("kpi")["value"][kpi] for seed in SEEDS]
        return np.array(runs)

    for kpi in ("late_share", "municipalities_late_10_share", "restricted_mean_months_to_live", "burden_hours"):
        row, with_, without = of(found, "products", kpi), kpis(scenario, kpi), kpis(earlier, kpi)
        assert row["reference_mean"] == pytest.approx(with_.mean())
        assert row["case_mean"] == pytest.approx(without.mean())
        half = 4.302652729911275 * (without - with_).std(ddof=1) / np.sqrt(3)  # t of 2 degrees of freedom, 97.5 %
        assert row["monte_carlo_high"] == pytest.approx((without - with_).mean() + half)
    assert of(found, "products", "restricted_mean_months_to_live")["verdict"] == "better"


def test_what_the_scenario_does_not_have_can_not_be_taken_away(found: Knockouts) -> None:
    rows = found.differences[found.differences["knockout"] == "planning"]
    assert not rows["is_new"].any()
    assert (rows[["difference", "monte_carlo_low", "monte_carlo_high"]] == 0).all(axis=None)
    assert set(rows["verdict"]) == {"same"}
    assert knockout_label("planning") in knockouts_text(found).splitlines()[-1]


def test_a_mechanism_that_does_nothing_here_differs_by_nothing(nation: Nation) -> None:
    """Taken away and run, as opposed to not run at all: a notice after which capacity is as before."""
    notice = VendorEvent(month="2024-09", vendors=[1], capacity_factor=1.0, text="As before")
    told = replace(load_scenario("baseline"), vendor_events=(notice,))
    rows = knockout(nation, told, ["vendor_notices"], seeds=SEEDS[:2]).differences
    assert rows["is_new"].all()
    assert set(rows["verdict"]) == {"same"}


def test_kpis_of_all_municipalities_are_those_of_the_summary(four_bodies_findings: Findings) -> None:
    values = dict(zip(KPIS, measures(four_bodies_findings)[0], strict=True))
    expected = indicators(four_bodies_findings, ())
    for kpi in set(KPIS) - {"cost_per_resident_2035"}:  # that of a size class, without parallel runs and interfaces
        assert values[kpi] == pytest.approx(expected[kpi]), kpi


def test_groups_of_sizes_by_hand(four_bodies_findings: Findings) -> None:
    """Municipalities of 60,000, 900,000, 9,000 and 900 residents have 0, 12, 1 and 0 late systems of 20, 20, 18, 18."""
    values = pd.DataFrame(measures(four_bodies_findings), index=list(SIZE_GROUPS), columns=list(KPIS))
    assert values["late_share"].to_dict() == pytest.approx(
        {
            "all": 13 / 76,
            "under_5k": 0.0,
            "under_10k": 1 / 36,
            "10k_to_100k": 0.0,
            "100k_over": 12 / 20,
            "500k_over": 12 / 20,
        }
    )
    assert values["municipalities_late_10_share"].tolist() == [0.25, 0, 0, 0, 1, 1]


def test_a_group_without_municipalities_is_left_out(scenario: dxsim.Scenario) -> None:
    towns = grid_nation(3, 3, population=4_000, type_="town")
    table = knockout(towns, scenario, ["products"], seeds=SEEDS[:2]).differences
    assert set(table["size_group"]) == {"all", "under_5k", "under_10k"}


def test_threads_change_nothing(nation: Nation, scenario: dxsim.Scenario, found: Knockouts) -> None:
    again = knockout(nation, scenario, NAMES, seeds=SEEDS, threads=1)
    pd.testing.assert_frame_equal(again.differences, found.differences)


def test_bad_names_are_told_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'budget'") as caught:
        select_knockouts(["budgt", "gravity"])
    assert len(caught.value.problems) == 2
    assert "known: budget, own_staff" in str(caught.value)


def test_a_table_is_checked_against_the_registry(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "knockout,label_en,label_ja,overrides\n"
        "a,A,あ,money.budgt=unlimited\n"
        "b,B,,policy.enforcement=2; vendor_events=some\n"
        "a,A,あ,policy.enforcement=much; policy.deadline=2027-13\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match=r"did you mean 'money\.budget'") as caught:
        read_knockouts(path)
    wheres = [problem.where for problem in caught.value.problems]
    assert wheres == [
        "mine.csv, line 2: a: money.budgt",
        "mine.csv, line 3: b: policy.enforcement",
        "mine.csv, line 3: b: vendor_events",
        "mine.csv, line 3: b",
        "mine.csv, line 4: a: policy.enforcement",
        "mine.csv, line 4: a: policy.deadline",
        "mine.csv, line 4: a",
    ]


def test_a_knock_out_that_contradicts_the_scenario_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("knockout,label_en,label_ja,overrides\na,A,あ,policy.second_deadline=2024-03\n", encoding="utf-8")
    with pytest.raises(InputError, match="second_deadline"):
        read_knockouts(path)["a"].taken_from(load_scenario("baseline"))


def test_tables_for_a_terminal_and_for_a_paper(found: Knockouts, language: str) -> None:
    text, paper = knockouts_text(found), knockouts_markdown(found)
    assert "{" not in text + paper
    for name in NAMES:
        assert knockout_label(name) in text
        assert f"| {knockout_label(name)} |" in paper
    assert "`policy.readiness_shift=-12`" in paper
    lines = [line for line in paper.splitlines() if line.startswith("|")]
    assert all(line.endswith(" |") for line in lines)
    assert found.manifest["finished"][:10] in paper


def test_cells_say_how_sure_a_difference_is(found: Knockouts) -> None:
    rows = found.differences[found.differences["kpi"] == "late_share"]
    scale = scale_of_column(rows)
    row = {"difference": -0.2, "monte_carlo_low": -0.25, "monte_carlo_high": -0.15}
    assert cell({**row, "verdict": "better"}, scale).startswith("-20")
    assert cell({**row, "verdict": "unclear"}, scale).startswith("(-20")
    assert cell({**row, "verdict": "same"}, scale) == "0"


def test_the_picture_shows_the_differences(found: Knockouts, tmp_path: Path, language: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a glyph that no font has is a warning
        plot = plots.knockouts(found, language=language)
        plot.savefig(tmp_path / "knockouts.png")
    with Image.open(tmp_path / "knockouts.png") as image:
        assert image.text["Description"] == plot.description
    dots = next(line for line in plot.axes[0].lines if line.get_marker() == "o")
    shares = [of(found, name, "late_share")["difference"] for name in NAMES]
    assert np.asarray(dots.get_xdata()) == pytest.approx(100 * np.array(shares))
    assert knockout_label("products") in plot.description


def test_the_picture_refuses_what_it_does_not_have(found: Knockouts) -> None:
    with pytest.raises(InputError, match="did you mean 'late_share'"):
        plots.knockouts(found, kpis=["late_shares"])
    with pytest.raises(InputError, match="did you mean 'under_5k'"):
        plots.knockouts(found, groups=["under_5"])


def test_the_command_prints_and_writes(
    nation: Nation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_nation(nation, tmp_path / "small")
    monkeypatch.chdir(tmp_path)
    words = ["knockout", "nation=small", "seed=3", "--seeds", "3", "--only", "products", "--only", "engineers"]
    assert main([*words, "-o", "mine"]) == 0
    printed = capsys.readouterr()
    assert "Late systems at the deadline" in printed.out
    assert "9 of 9 runs" in printed.err
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {"knockouts.csv", "knockouts.md", "knockouts.png"}
    table = pd.read_csv(tmp_path / "mine" / "knockouts.csv")
    assert set(table["knockout"]) == {"products", "engineers"}
    assert main([*words, "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("baseline on ")
    assert main(["knockout", "--list", "--language", "ja"]) == 0
    assert "money.budget=unlimited" in capsys.readouterr().out
