"""The statistics of the patterns: worked out by hand, and every row of the table told by the function."""

import math

import numpy as np
import pandas as pd
import pytest

import dxsim
from dxsim.analysis.pattern_statistics import (
    DECLARED_SYSTEMS,
    SURVEYS,
    SYSTEMS,
    cloglog,
    left_over,
    levels_at,
    phi,
    run_logged,
    series_errors,
    statistics,
)
from dxsim.analysis.validation import PATTERNS, held, pattern_table, patterns_held
from dxsim.model.codes import Programme, Reason
from dxsim.model.events import Kind
from dxsim.model.run import Outcome, prepare
from dxsim.nation.small import grid_nation
from dxsim.records.findings import Findings
from dxsim.records.frame import frame_of


@pytest.fixture(scope="module")
def small_run() -> tuple[dxsim.Nation, Outcome]:
    nation = grid_nation(6, 5, population=np.geomspace(1_000, 900_000, 30).astype(int))
    return nation, run_logged(prepare(nation, dxsim.load_scenario("baseline"), 1))


def with_declared(outcome: Outcome, declared: np.ndarray) -> Outcome:
    """Return an outcome in which these systems were declared late, for their vendor's lack of people."""
    systems = outcome.state.systems
    fields = [field for field in systems.dtype.descr if field[0] not in ("", "declared")]
    found = np.zeros(systems.shape, [*fields, ("declared", np.int8)]).view(np.recarray)
    for name, *_ in fields:
        found[name] = systems[name]
    found["declared"] = np.where(declared, Reason.VENDOR_RESOURCES, Reason.ON_TIME)
    return outcome._replace(state=outcome.state._replace(systems=found))


def test_four_municipalities_by_hand(four_bodies_findings: Findings):
    outcome = with_declared(four_bodies_findings.outcome, four_bodies_findings.is_late)
    values = statistics(outcome, four_bodies_findings.frame)
    assert values["late_systems"] == 13 / 76
    assert values["none_late"] == values["one_or_more"] == 0.5
    assert values["ten_or_more"] == values["five_to_fourteen"] == 0.25
    assert values["per_affected"] == 6.5
    assert values["second_mode"] == 12
    assert values["any_late_500k_over"] == values["any_late_5k_to_10k"] == 1.0
    assert values["any_late_under_5k"] == values["any_late_50k_to_100k"] == 0.0
    assert math.isnan(values["any_late_10k_to_30k"])
    assert values["late_resident_register"] == 0.5
    assert values["late_public_assistance"] == 0.0
    # Live at the end of March 2025 and of January 2026: the village's 18, then also the city's 20.
    assert values["live_2025_03"] == 18 / 76
    assert values["live_2026_01"] == 38 / 76
    assert values["declared_systems_2025_10"] == 12 / 76
    assert values["declared_municipalities_2025_10"] == 0.25


def test_every_statistic_of_the_table_is_told(small_run: tuple[dxsim.Nation, Outcome]):
    nation, outcome = small_run
    values = statistics(outcome, frame_of(nation), extended=True)
    assert set(pd.read_csv(PATTERNS)["statistic"]) == set(values) - {"live_2026_03", "late_at_deadline"} - {
        name for name in values if name.startswith("r4_of_") and name.endswith("2023_10")
    }


def test_cheap_statistics_are_the_same_without_the_others(small_run: tuple[dxsim.Nation, Outcome]):
    nation, outcome = small_run
    cheap, all_of_them = (statistics(outcome, frame_of(nation), extended) for extended in (False, True))
    assert cheap == pytest.approx({name: all_of_them[name] for name in cheap}, nan_ok=True)


def test_levels_of_a_month_are_those_of_the_log(small_run: tuple[dxsim.Nation, Outcome]):
    _, outcome = small_run
    automation, online = levels_at(outcome, 38)
    so_far = outcome.log[(outcome.log["kind"] == Kind.LEVEL) & (outcome.log["month"] <= 38)]
    reached = so_far["municipality"][so_far["place"] == Programme.AUTOMATION]
    assert np.array_equal(automation > 0, np.isin(np.arange(30), reached))
    assert (online >= 0).all() and (online <= 1).all()  # noqa: PT018
    assert np.array_equal(levels_at(outcome, 179)[1] * 26, outcome.state.programmes["level"][:, Programme.ONLINE])


def test_late_is_what_was_declared(small_run: tuple[dxsim.Nation, Outcome]):
    nation, outcome = small_run
    declared = np.zeros(outcome.state.systems.shape, bool)
    declared[:, 0] = True
    found = statistics(with_declared(outcome, declared), frame_of(nation))
    assert found["late_systems"] == 30 / frame_of(nation).systems_of_type[-1]
    assert found["late_resident_register"] == 1.0
    assert found["per_affected"] == 1.0


def test_an_exact_series_has_no_error():
    exact = {
        f"declared_systems_{survey}": count / SYSTEMS for survey, count in zip(SURVEYS, DECLARED_SYSTEMS, strict=True)
    }
    exact |= {f"declared_municipalities_{survey}": 0.1 for survey in SURVEYS}
    assert series_errors(exact)["declared_systems_log_rmse"] == pytest.approx(0.0)
    twice = {name: 2 * value for name, value in exact.items()}
    assert series_errors(twice)["declared_systems_log_rmse"] == pytest.approx(math.log(2))


def test_phi_by_hand():
    one, other = np.array([True, True, False, False]), np.array([True, False, False, False])
    assert phi(one, other) == pytest.approx(1 / math.sqrt(3))
    assert math.isnan(phi(one, np.zeros(4, bool)))


def test_cloglog_finds_what_it_was_drawn_from():
    chance = np.random.default_rng(1)
    covariates = chance.normal(size=(200_000, 2))
    chances = -np.expm1(-np.exp(-2 + covariates @ [0.5, -0.3]))
    block = np.column_stack([np.ones(len(covariates)), covariates])
    assert cloglog([block], [chance.random(len(covariates)) < chances]) == pytest.approx([0.5, -0.3], abs=0.02)


def test_a_line_within_prefectures_leaves_nothing():
    size, prefecture = np.array([1.0, 2.0, 3.0, 5.0]), np.array([1, 1, 2, 2])
    assert left_over(10.0 * prefecture + 3.0 * size, size, prefecture) == pytest.approx(0.0)


def test_regions():
    nan = float("nan")
    assert held(0.5, nan, nan) == ""
    assert held(0.5, 0.5, nan) == held(0.5, nan, 0.5) == "yes"
    assert held(0.5, 0.6, nan) == held(nan, 0.0, 1.0) == "no"


def test_table_of_two_seeds(small_run: tuple[dxsim.Nation, Outcome]):
    nation, outcome = small_run
    values = statistics(outcome, frame_of(nation), extended=True)
    table = pattern_table(pd.DataFrame([values, values]))
    row = table.set_index("statistic").loc["none_late"]
    assert row["mean"] == row["p5"] == row["p95"] == values["none_late"]
    assert row["held"] == held(values["none_late"], 0.45, 0.53)
    assert list(patterns_held(values, table)) == [f"P{number}" for number in range(1, 12)]
