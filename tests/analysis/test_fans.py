"""Bands over months: each of one kind of uncertainty, and of no other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dxsim.analysis.fans import fan_table, kinds_of
from dxsim.analysis.selection import select
from dxsim.errors import InputError
from dxsim.sweep.store import Results
from tests.analysis.sweeps import plan_table, sweep

MONTHS = pd.to_datetime(["2025-01-01", "2025-02-01"])
SEEDS, POINTS = range(5), [{"vendor.capacity_ratio": float(point)} for point in range(3)]


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """Live systems: 1 for each seed, 100 for each point, 10,000 more under the second variant; twice as many later."""
    plan = plan_table([{}, {"variant": "small_first"}], SEEDS, POINTS)
    rows = [
        {
            "run": row["run"],
            "month": month,
            "type": "all",
            "live": (place + 1) * (row["seed"] + 100 * row["point"] + 10_000 * (row["variant"] != "default")),
        }
        for row in plan.to_dict("records")
        for place, month in enumerate(MONTHS)
    ]
    other = plan_table([{"scenario": "capacity_programme"}], SEEDS, POINTS)
    other["run"] = plan["run"][: len(other)]
    other["case"] = 2
    table = pd.concat([plan, other], ignore_index=True)
    return sweep(tmp_path / "fan", table, lambda _: {"late_share": 0.1}, months=pd.DataFrame(rows))


def band(results: Results, kind: str) -> pd.Series:
    table = fan_table(select([results]), "live", kind)
    assert table["month"].tolist() == [*MONTHS, *MONTHS]
    first = table.iloc[0]
    numbers = ["mean", "inner_low", "inner_high", "outer_low", "outer_high"]
    assert (2 * first[numbers] == table.iloc[1][numbers]).all()
    return first


def test_a_monte_carlo_band_goes_over_seeds_alone(results: Results) -> None:
    found = band(results, "monte_carlo")
    assert found["units"] == 5
    assert found["mean"] == 102
    assert [found["outer_low"], found["outer_high"]] == pytest.approx(100 + np.quantile(SEEDS, [0.025, 0.975]))
    assert [found["inner_low"], found["inner_high"]] == pytest.approx([101, 103])


def test_a_parametric_band_goes_over_points_alone(results: Results) -> None:
    found = band(results, "parametric")
    assert found["units"] == 3
    assert [found["outer_low"], found["outer_high"]] == pytest.approx([2 + 100 * 0.05, 2 + 100 * 1.95])


def test_a_structural_band_is_the_range_over_variants(results: Results) -> None:
    found = band(results, "structural")
    assert found["units"] == 2
    assert [found["inner_low"], found["outer_high"]] == pytest.approx([102, 10_102])


def test_kinds_are_those_of_which_there_is_more_than_one_value(results: Results, tmp_path: Path) -> None:
    assert kinds_of(select([results])) == ["monte_carlo", "parametric", "structural"]
    plain = sweep(tmp_path / "plain", plan_table([{}, {"scenario": "x"}], SEEDS), lambda _: {"late_share": 0.1})
    assert kinds_of(select([plain])) == ["monte_carlo"]


@pytest.mark.parametrize(("column", "type_"), [("late_R9", "all"), ("live", "village")])
def test_what_was_not_recorded_is_refused(results: Results, column: str, type_: str) -> None:
    with pytest.raises(InputError, match="was not recorded by month"):
        fan_table(select([results]), column, "monte_carlo", type_)
