"""A policy search finds the front, says what it rests on, and can be killed at any time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import dxsim
from dxsim.analysis.search import Search, read_search, search_policies
from dxsim.analysis.search.front import candidate_table, compromises, has_fewest, non_dominated
from dxsim.analysis.search.objectives import DEFAULT, PARTS_OF_COST
from dxsim.analysis.search.proposals import check_available
from dxsim.analysis.search.question import Lever
from dxsim.analysis.search.search import Trial
from dxsim.errors import InputError
from dxsim.files import PACKAGE
from dxsim.language import in_language
from dxsim.nation.nation import write_nation
from dxsim.nation.small import grid_nation
from dxsim.sweep.sample import Seeds
from dxsim.views.documents.search import search_markdown, search_text
from dxsim.views.sweep.search import search_figure

optuna = pytest.importorskip("optuna")

FILE = """\
name: mine
nation: ./nation
most_levers: 2
levers:
  residents.support_desks: {low: 0, high: 2, step: 0.5}
  policy.engineer_pool: [0, 0.5, 1]
  policy.capacity_programme: {price: 1000000000}
  residents.analog_rule: [keep, sunset]
uncertainties: {vendor.capacity_ratio: }
sample: {method: latin_hypercube, size: 2, seed: 1}
seeds: {count: 2}
budget: 76
population: 6
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Path:
    """Return a folder with a small nation and a search on it."""
    folder = tmp_path_factory.mktemp("desk")
    nation = grid_nation(2, 2, population=[3_000, 9_000, 20_000, 150_000], prefectures=2)
    write_nation(nation, folder / "nation")
    (folder / "mine.yaml").write_text(FILE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def found(desk):
    """Return what the search finds at one go."""
    return search_policies(read_search(desk / "mine.yaml"), desk / "once", threads=1)


def problems(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_search(path)
    return [str(problem) for problem in caught.value.problems]


# The front


def beaten(row: np.ndarray, others: np.ndarray) -> bool:
    return any((other <= row).all() and (other < row).any() for other in others)


@settings(max_examples=100, deadline=None)
@given(arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 4)), elements=st.integers(0, 4).map(float)))
def test_a_row_is_on_the_front_if_no_other_beats_it(losses):
    assert non_dominated(losses).tolist() == [not beaten(row, losses) for row in losses]


def test_what_has_no_value_is_never_on_the_front():
    assert non_dominated(np.array([[np.nan, 0.0], [5.0, 5.0]])).tolist() == [False, True]
    assert non_dominated(np.full((2, 2), np.nan)).tolist() == [False, False]


def test_of_the_same_losses_that_with_fewest_levers_counts():
    losses = np.array([[1.0, 2.0], [1.0, 2.0], [2.0, 1.0], [1.0, 2.0]])
    assert has_fewest(losses, np.array([1, 2, 3, 1])).tolist() == [True, False, True, True]


def test_compromises_by_hand():
    # The scenario, one that beats it, the middle, an end, and the other end with few levers.
    losses = np.array([[6.0, 6.0], [5.0, 6.0], [4.0, 4.0], [0.0, 10.0], [10.0, 0.0]])
    front = non_dominated(losses)
    assert front.tolist() == [False, False, True, True, True]
    assert compromises(losses, front, np.array([0, 1, 3, 4, 2])) == ["", "", "AC", "", "B"]
    assert compromises(losses, front, np.array([0, 1, 3, 4, 3])) == ["", "", "AC", "", ""]


def test_means_intervals_and_robustness_by_hand():
    # Two candidates, two points, two seeds; more of the second objective is better.
    values = np.array(
        [[[[1.0, 1.0], [3.0, 1.0]], [[2.0, 1.0], [2.0, 1.0]]], [[[0.0, 1.0], [2.0, 1.0]], [[4.0, 1.0]] * 2]]
    )
    table = candidate_table({"a.b": [0, 1]}, values, np.array([1.0, -1.0]), ["x", "y"], [0, 1])
    assert table["x"].tolist() == [2.0, 2.5]
    assert table["x_difference"].tolist() == [0.0, 0.5]
    assert table["x_difference_low"].tolist() == [0.0, 0.5]  # the seeds agree on the difference
    half = 12.7062047 * np.sqrt(2) / 2 / np.sqrt(2)
    assert table["x_high"].to_numpy() - table["x"].to_numpy() == pytest.approx([half, half], rel=1e-6)
    assert table["on_front"].tolist() == [True, False]
    assert table["points_on_front"].tolist() == [0.5, 0.5]
    assert table["levers_used"].tolist() == [0, 1]


def test_a_known_front_is_found(tmp_path, monkeypatch):
    """Engineers of the pool make less late and cost something; a programme and portability only cost."""
    levers = {
        "policy.engineer_pool": Lever(tuple(place / 10 for place in range(11))),
        "policy.capacity_programme": Lever(tuple(place / 10 for place in range(11))),
        "policy.portability": Lever((0.3, 0.6, 0.9)),
    }

    def evaluate(self, candidates, threads):
        rows = [[1 - pool, pool**2 + programme + (portability != 0.3)] for pool, programme, portability in candidates]
        return np.array(rows).reshape(len(rows), 1, 1, 2)

    monkeypatch.setattr(Trial, "evaluate", evaluate)
    write_nation(grid_nation(1, 2), tmp_path / "nation")
    asked = Search(
        "toy",
        levers,
        nation=str(tmp_path / "nation"),
        objectives=("late_share", "excluded_share"),
        budget=801,
        population=20,
    )
    front = search_policies(asked, tmp_path / "out").front
    assert len(front) == 11
    assert sorted(front["policy.engineer_pool"]) == [place / 10 for place in range(11)]
    assert (front["policy.capacity_programme"] == 0).all()
    assert (front["policy.portability"] == 0.3).all()


# The search of the model


def test_candidates_use_at_most_so_many_levers_within_their_choices(found):
    table, asked = found.candidates, found.manifest["search"]
    assert table["levers_used"].max() == 2
    assert len(table) > 8
    for key, lever in asked["levers"].items():
        assert set(table[key]) <= {*lever["choices"], table[key][0]}
    assert not table.duplicated(list(asked["levers"])).any()
    assert asked["levers"]["policy.capacity_programme"]["choices"][:3] == [0.0, 0.02, 0.04]
    assert found.manifest["runs"] == 4 * len(table)


def test_objectives_are_those_of_single_runs(desk, found):
    nation = dxsim.load_nation(desk / "nation")
    levers, points = list(found.manifest["search"]["levers"]), found.manifest["points"]
    row = found.candidates[found.candidates["policy.capacity_programme"] > 0].iloc[0]
    runs = []
    for point in points:
        scenario = dxsim.load_scenario("baseline", {key: row[key] for key in levers} | point)
        for seed in (1, 2):
            kpis = dxsim.simulate(nation, scenario, seed).summary.set_index("kpi")["value"]
            cost = kpis[list(PARTS_OF_COST)].sum() + 1e9 * row["policy.capacity_programme"]
            runs.append({**kpis, "public_cost": cost})
    for name in DEFAULT:
        assert row[name] == pytest.approx(np.mean([run[name] for run in runs]), rel=1e-12)


def test_the_same_search_finds_the_same_on_any_number_of_threads(desk, found):
    again = search_policies(read_search(desk / "mine.yaml"), desk / "again", threads=3)
    pd.testing.assert_frame_equal(again.candidates, found.candidates, check_exact=True)


@pytest.mark.parametrize("kept", [1, 3])
def test_a_search_goes_on_from_the_generations_that_are_kept(desk, found, kept):
    folder, seen = desk / "once", []
    files = sorted((folder / "generations").iterdir())
    before = [file.read_bytes() for file in files]
    for file in files[kept:]:
        file.unlink()
    files[kept].write_bytes(before[kept][:100])  # what can't be read is done again
    again = search_policies(read_search(desk / "mine.yaml"), folder, on_run=seen.append)
    pd.testing.assert_frame_equal(again.candidates, found.candidates, check_exact=True)
    assert [file.read_bytes() for file in files] == before
    asked = read_search(desk / "mine.yaml")
    assert sum(seen) == (1 + asked.generations * asked.population) * asked.runs_of_one


def command(desk: Path, folder: str) -> subprocess.Popen:
    path = os.pathsep.join([str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    words = [sys.executable, "-m", "dxsim", "search", "./mine.yaml", f"output={folder}", "threads=1", "language=ja"]
    return subprocess.Popen(words, cwd=desk, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True)


def test_a_killed_search_is_taken_up_by_the_same_command(desk, found):
    first = command(desk, "killed")
    until = time.monotonic() + 120
    while not (desk / "killed" / "generations" / "0001.parquet").exists():
        assert time.monotonic() < until
        assert first.poll() is None
        time.sleep(0.005)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert not (desk / "killed" / "candidates.csv").exists()
    second = command(desk, "killed")
    told = second.communicate(timeout=120)[0]
    assert second.returncode == 0
    assert "前線" in told
    kept = [sorted((desk / name / "generations").iterdir()) for name in ("once", "killed")]
    assert [file.read_bytes() for file in kept[0]] == [file.read_bytes() for file in kept[1]]
    table = pd.read_csv(desk / "killed" / "candidates.csv")
    assert table["late_share"].to_numpy() == pytest.approx(found.candidates["late_share"].to_numpy(), rel=1e-7)
    names = {file.name for file in (desk / "killed").iterdir()}
    assert {"front.csv", "search.md", "search.png", "search.yaml", "manifest.json"} <= names


def test_what_is_told_names_scenario_compromises_and_prices(found):
    told = search_text(found)
    assert f"{len(found.candidates) - 1} policies at 2 points x 2 seeds, {found.manifest['runs']} runs" in told
    assert "A, the best compromise" in told.replace("A, B, ", "A, ").replace("A, C, ", "A, ")
    assert "Public cost rests on assumed prices of policy.capacity_programme" in told
    assert "| lever | baseline |" in search_markdown(found)
    with in_language("ja"):
        assert "最良の妥協案" in search_text(found)


def test_the_figure_shows_each_pair_of_objectives_and_says_what_is_seen(found):
    figure = search_figure(found)
    charts = [axes for axes in figure.axes if axes.get_xlabel()]
    assert len(charts) == 6
    assert "the best compromise" in figure.description
    late = found.candidates["late_share"][found.candidates["on_front"]]
    assert charts[0].get_xlim()[0] < 100 * late.min() <= 100 * late.max() < charts[0].get_xlim()[1]


# What is refused


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("policy.engineer_pool", "policy.enginer_pool", "did you mean 'policy.engineer_pool'?"),
        ("[0, 0.5, 1]", "[0, 0.5, 2]", "policy.engineer_pool must be in [0, 1]"),
        ("[0, 0.5, 1]", "[]", "policy.engineer_pool: must not be empty"),
        ("[0, 0.5, 1]", "much", "must be a list or have keys (got 'much')"),
        ("[0, 0.5, 1]", "{choices: [0, 1], low: 0}", "give choices or a range, not both"),
        ("[keep, sunset]", "{low: keep}", "residents.analog_rule: is a choice; list the choices"),
        ("[keep, sunset]", "{choices: [keep, sunset], price: 5}", "only a number has a price by its unit"),
        ("step: 0.5", "step: 0.3", "must divide the range into equal steps, at most 1000 (got 0.3)"),
        ("step: 0.5", "stop: 0.5", "residents.support_desks.stop: no such key; did you mean 'step'?"),
        ("high: 2", "high: 0", "low (0.0) must be below high (0.0)"),
        ("price: 1000000000", "price: -1", "must be a number of at least 0 (got -1)"),
        ("seeds: {count: 2}", "seeds: {count: 2, common: false}", "candidates are compared under the same seeds"),
        (
            "budget: 76",
            "budget: 24",
            "budget: is too small for one generation: the scenario and 6 candidates take",
        ),
        ("population: 6", "population: 2", "must be greater than or equal to 4"),
        ("population: 6", "objectives: [late_share]", "objectives: name two to eight"),
        ("population: 6", "objectives: [late_share, late_shar]", "no KPI 'late_shar'; did you mean 'late_share'?"),
        ("population: 6", "objectives: [late_share, groups]", "neither more nor less of 'groups' is better"),
        ("population: 6", "objectives: [late_share, late_share]", "late_share is given twice"),
        ("vendor.capacity_ratio: }", "policy.engineer_pool: }", "policy.engineer_pool stands under levers too"),
        ("sample: {method: latin_hypercube, size: 2, seed: 1}\n", "", "say under sample how they are drawn"),
        ("nation: ./nation", "nation: ./elsewhere", "nation must be 'synthetic' or a folder"),
        ("name: mine", "name: mine\nbudjet: 3", "budjet: no such key; did you mean 'budget'?"),
    ],
)
def test_a_bad_file_is_refused_with_the_line(desk, before, after, says):
    assert FILE.count(before) == 1
    path = desk / "bad.yaml"
    path.write_text(FILE.replace(before, after), encoding="utf-8")
    said = problems(path)
    assert any(says in problem and "bad.yaml, line " in problem for problem in said), said


def test_levers_are_needed(desk):
    (desk / "bad.yaml").write_text("name: bad\nlevers: {}\n", encoding="utf-8")
    (problem,) = problems(desk / "bad.yaml")
    assert problem.endswith("bad.yaml, line 2: levers: name at least one lever")
    (desk / "bad.yaml").write_text("name: bad\n", encoding="utf-8")
    assert any("levers: is missing" in problem for problem in problems(desk / "bad.yaml"))


def test_levers_that_can_contradict_one_another_are_refused_before_anything_runs(desk):
    dates = {"policy.deadline": ["2026-03", "2032-03"]}
    asked = Search("dates", dates, nation=str(desk / "nation"), budget=100, population=4, seeds=Seeds(count=1))
    with pytest.raises(InputError, match=r"policy\.second_deadline .* is before policy.deadline"):
        search_policies(asked, desk / "never")
    assert not (desk / "never").exists()


def test_a_greater_budget_goes_on_from_what_is_there(desk, found):
    asked = Search(**read_search(desk / "mine.yaml").data() | {"budget": 100})
    assert asked.generations == read_search(desk / "mine.yaml").generations + 1
    more = search_policies(asked, desk / "again").candidates
    kept = more[more["generation"] < more["generation"].max()]
    columns = ["candidate", "generation", *found.manifest["search"]["levers"], *DEFAULT]
    pd.testing.assert_frame_equal(kept[columns], found.candidates[columns], check_exact=True)


def test_a_folder_holds_one_search(desk, found):
    other = desk / "other.yaml"
    other.write_text(FILE.replace("population: 6", "population: 5"), encoding="utf-8")
    with pytest.raises(InputError, match="another search began here"):
        search_policies(read_search(other), desk / "once")
    (desk / "full").mkdir()
    (desk / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        search_policies(read_search(other), desk / "full")


def test_other_code_is_told(desk, found, monkeypatch):
    monkeypatch.setattr("dxsim.analysis.search.search.code_identity", lambda: {"sources": "other"})
    with pytest.raises(InputError, match="the code changed since this search began"):
        search_policies(read_search(desk / "mine.yaml"), desk / "once")


def test_without_optuna_it_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match=r"pip install 'dxsim\[search\]'"):
        check_available()


def test_the_search_that_ships_is_within_its_budget():
    asked = read_search("few_levers")
    assert (1 + asked.generations * asked.population) * asked.runs_of_one <= asked.budget == 20_000
    assert asked.objectives == DEFAULT
