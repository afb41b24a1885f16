"""Null models: what is taken away, that skill is what it says, and that the simulation can lose."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import dxsim
from dxsim.analysis import nulls
from dxsim.analysis.validation import Validation, pattern_table, runs_of, validate
from dxsim.language import LANGUAGES
from dxsim.model.run import country_arrays
from dxsim.nation.known_outcomes import OUTCOMES, KnownOutcomes
from dxsim.nation.nation import Nation
from dxsim.nation.small import grid_nation
from dxsim.views.documents.validation import validation_markdown, validation_text

N = 60


@pytest.fixture(scope="module")
def nation() -> Nation:
    return grid_nation(6, 10, population=np.geomspace(2_000, 600_000, N).astype(int), prefectures=3)


@pytest.fixture(scope="module")
def known() -> KnownOutcomes:
    late = np.where(np.arange(N) < 40, np.arange(N) % 2, np.nan)
    return KnownOutcomes(np.array([late]), ("late",), "0" * 64)


@pytest.fixture(scope="module")
def found(nation: Nation, known: KnownOutcomes) -> Validation:
    return validate(nation, "baseline", seeds=[3, 4, 5], known=known, with_nulls=True, threads=1)


def missed_by(table: pd.DataFrame) -> int:
    """Return how many patterns of a table of patterns are not held."""
    counted = table[(table["held"] != "") & (table["pattern"] != "")]
    return int(counted.groupby("pattern")["held"].apply(lambda answers: (answers == "no").any()).sum())


def test_everybody_has_as_many_neighbours_as_before_but_others(nation: Nation) -> None:
    before, after = country_arrays(nation), country_arrays(nulls.rewired(nation))
    np.testing.assert_array_equal(before.offsets, after.offsets)
    assert (before.neighbours != after.neighbours).mean() > 0.5
    again = country_arrays(nulls.rewired(nation))
    np.testing.assert_array_equal(after.neighbours, again.neighbours)


def test_who_cannot_have_other_neighbours_keeps_them() -> None:
    pair = grid_nation(1, 2)
    pd.testing.assert_frame_equal(nulls.rewired(pair).adjacency, pair.adjacency)


def test_a_mean_field_has_no_neighbours_and_runs(nation: Nation) -> None:
    alone, scenario = nulls.NULLS["mean_field"].taken_from(nation, dxsim.load_scenario("baseline"))
    assert country_arrays(alone).neighbours.size == 0
    assert scenario.values["programmes.exposure"] == "national"
    records = dxsim.simulate(alone, scenario, seed=1)
    assert records.municipalities["group"].nunique() <= 1  # groups are formed by neighbours


def test_every_null_takes_something_from_the_baseline(nation: Nation) -> None:
    baseline = dxsim.load_scenario("baseline")
    for name, null in nulls.NULLS.items():
        changed, scenario = null.taken_from(nation, baseline)
        assert (changed.fingerprint, scenario.fingerprint) != (nation.fingerprint, baseline.fingerprint), name


def test_the_table_holds_what_was_run(found: Validation) -> None:
    table = found.nulls
    assert set(table["null"]) == {*nulls.NULLS, *(name for name, _ in nulls.series_nulls())}
    losses = table["score"].isin(nulls.LOSSES)
    np.testing.assert_allclose(table["skill"][losses], 1 - (table["simulation"] / table["null_model"])[losses])
    assert table["skill"][~losses].isna().all()
    inside = (table["skill_low"] <= table["skill"] + 1e-9) & (table["skill"] <= table["skill_high"] + 1e-9)
    assert inside[losses & table["target"].eq("late")].all()
    assert runs_of(range(3), with_nulls=True) == 18
    assert len(found.seeds) == 3


def test_the_simulation_has_the_same_score_against_every_null(found: Validation) -> None:
    by_score = found.nulls.groupby(["target", "score"])["simulation"].nunique()
    assert (by_score == 1).all()


def test_patterns_missed_are_those_that_the_validation_does_not_hold(found: Validation) -> None:
    row = found.nulls[found.nulls["score"] == "missed"].iloc[0]
    assert row["simulation"] == missed_by(found.patterns)


def test_a_seed_without_a_value_is_left_out(found: Validation) -> None:
    """As in the table of patterns: a statistic that one seed does not have is the mean of the others."""
    runs = found.seeds.copy()
    runs.loc[[3, 4], "commitment_shrinks"] = np.nan
    runs.loc[5, "commitment_shrinks"] = 0.9  # in its region
    table = pattern_table(runs)
    assert table.set_index("statistic")["held"]["commitment_shrinks"] == "yes"
    ensemble = nulls.Ensemble(runs, np.zeros((3, 3, N)))
    row = nulls.null_table(ensemble, {"rewired": ensemble}, table, None).iloc[0]
    assert row["score"] == "missed"
    assert row["simulation"] == missed_by(table)


def test_a_null_that_knows_the_answer_wins(found: Validation, known: KnownOutcomes) -> None:
    """An oracle in place of a null model: the simulation's skill is far below 0, with its whole interval."""
    observed = found.patterns.set_index("statistic")["observed"]
    runs = found.seeds.copy()
    for name in nulls.TARGETS["national"]:
        runs[name] = observed[name]
    happens = np.zeros((3, len(OUTCOMES), N))
    happens[:, 0] = np.nan_to_num(known.values[0])
    simulation = nulls.Ensemble(found.seeds, np.full_like(happens, 0.5))
    table = nulls.null_table(simulation, {"rewired": nulls.Ensemble(runs, happens)}, found.patterns, known)
    of_oracle = table[table["null"] == "rewired"].set_index(["target", "score"])
    assert of_oracle.loc[("national", "crps"), "null_model"] == 0
    assert np.isnan(of_oracle.loc[("national", "crps"), "skill"])  # nothing is better than no error
    assert of_oracle.loc[("national", "coverage_90"), "null_model"] == 1
    assert of_oracle.loc[("late", "brier"), "skill_high"] < -1
    same = nulls.null_table(simulation, {"rewired": simulation}, found.patterns, known)
    same = same[same["null"] == "rewired"]
    assert (same.loc[same["score"].isin(nulls.LOSSES), ["skill", "skill_low", "skill_high"]] == 0).all(axis=None)


def test_series_are_told_no_more_than_they_say() -> None:
    found = nulls.series_nulls()
    growth = np.median(found["growth", "declared_last"], axis=0)
    assert growth[0] == pytest.approx((3770 / 34592) * (3770 / 3279), rel=1e-3)  # three months after three months
    assert np.median(found["persistence", "declared_last"], axis=0) == pytest.approx(
        [3770 / 34592] * 2 + [643 / 1788] * 2
    )
    assert found["deadline_law", "live"][0, 0] == pytest.approx((1 - 3770 / 34592) * np.log(21) / np.log(42))


def test_tables_for_a_terminal_and_for_a_paper(found: Validation, language: str) -> None:
    text, paper = validation_text(found), validation_markdown(found)
    assert nulls.NAMES["mean_field"][language] in text
    assert nulls.MEANINGS["wis"][language] in paper
    assert "Diebold-Mariano" in text
    assert "{" not in text + paper
    for names in (nulls.NAMES, nulls.MEANINGS):
        assert all(set(name) == set(LANGUAGES) for name in names.values())


def test_seeds_and_threads_change_nothing(nation: Nation, found: Validation, known: KnownOutcomes) -> None:
    again = validate(nation, "baseline", seeds=[3, 4, 5], known=known, with_nulls=True, threads=2)
    pd.testing.assert_frame_equal(again.nulls, found.nulls)
