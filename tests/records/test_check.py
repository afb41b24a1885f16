"""A run whose ledger, counts or series can't be right is refused, with the first month of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from dxsim.errors import DxsimError
from dxsim.model.codes import Account
from dxsim.model.run import Outcome, run_model
from dxsim.nation.nation import load_nation
from dxsim.nation.small import grid_nation
from dxsim.records.check import RunFailure, check_kpis, check_outcome
from dxsim.records.findings import Findings
from dxsim.records.frame import frame_of
from dxsim.records.indicators import indicators
from dxsim.scenario.scenario import load_scenario

MONTH, NAME = 100, "2029-08"
CITY = 4  # place of other cities among the types
LARGEST = np.iinfo(np.int64).max


def broken(outcome: Outcome, name: str, *changes: tuple[Any, Any], column: str | None = None) -> Outcome:
    """Return the outcome with some entries of a series, or of a `column` of its records, set."""
    array = getattr(outcome.series, name).copy()
    entries = array if column is None else array[column]
    for place, value in changes:
        entries[place] = value
    return outcome._replace(series=outcome.series._replace(**{name: array}))


def failure(outcome: Outcome) -> RunFailure:
    with pytest.raises(RunFailure) as caught:
        check_outcome(outcome)
    assert isinstance(caught.value, DxsimError)
    return caught.value


def test_runs_that_are_right_pass(four_bodies_outcome: Outcome) -> None:
    check_outcome(four_bodies_outcome)
    nation, scenario = load_nation("synthetic"), load_scenario("baseline")
    outcome = run_model(nation, scenario, 1)
    check_outcome(outcome)
    check_kpis(indicators(Findings(outcome, frame_of(nation), 60), scenario.surveys))


def test_a_yen_from_nowhere_is_found(four_bodies_outcome: Outcome) -> None:
    more = four_bodies_outcome.series.money_by_month[MONTH:, CITY, Account.ENVELOPE] + 1
    found = failure(broken(four_bodies_outcome, "money_by_month", (np.s_[MONTH:, CITY, Account.ENVELOPE], more)))
    assert found.month == MONTH
    assert str(found) == f"{NAME}: sources, uses and envelope of the municipalities' ledger do not balance"


@pytest.mark.parametrize(("account", "name"), [(Account.RUNNING, "running"), (Account.LAPSED, "lapsed")])
def test_a_use_that_falls_is_found(four_bodies_outcome: Outcome, account: int, name: str) -> None:
    money = four_bodies_outcome.series.money_by_month[MONTH:, CITY]
    less = [
        (np.s_[MONTH:, CITY, account], money[:, account] - 10**12),
        (np.s_[MONTH:, CITY, Account.ENVELOPE], money[:, Account.ENVELOPE] + 10**12),
    ]
    found = failure(broken(four_bodies_outcome, "money_by_month", *less))
    assert (found.month, str(found)) == (MONTH, f"{NAME}: account '{name}' falls; amounts are beyond 64 bits")


def test_a_source_that_is_paid_back_is_found(four_bodies_outcome: Outcome) -> None:
    money = four_bodies_outcome.series.money_by_month[MONTH:, CITY]
    back = [
        (np.s_[MONTH:, CITY, Account.SUBSIDY], money[:, Account.SUBSIDY] + 10**6),
        (np.s_[MONTH:, CITY, Account.ENVELOPE], money[:, Account.ENVELOPE] - 10**6),
    ]
    assert "'subsidy' falls" in str(failure(broken(four_bodies_outcome, "money_by_month", *back)))


def test_types_that_overflow_only_together_are_found(four_bodies_outcome: Outcome) -> None:
    half = LARGEST // 2 + 1
    one, other = np.s_[MONTH:, 0], np.s_[MONTH:, CITY]
    changes = [((*place, Account.RUNNING), half) for place in (one, other)]
    changes += [((*place, Account.APPROPRIATION), -half) for place in (one, other)]
    nothing_else = (np.s_[:], 0)
    found = failure(broken(four_bodies_outcome, "money_by_month", nothing_else, *changes))
    assert (found.month, "'appropriation' falls" in str(found)) == (MONTH, True)
    check_outcome(broken(four_bodies_outcome, "money_by_month", nothing_else, changes[0], changes[2]))


@pytest.mark.parametrize(
    ("count", "value", "what"),
    [
        ("committed", -1, "'committed' is below zero"),
        ("live", 77, "'live' is above 76"),
        ("municipalities_late", 5, "'municipalities_late' is above 4"),
    ],
)
def test_impossible_counts_are_found(four_bodies_outcome: Outcome, count: str, value: int, what: str) -> None:
    found = failure(broken(four_bodies_outcome, "counts_by_month", (np.s_[MONTH:, CITY], value), column=count))
    assert found.month == MONTH
    assert what in str(found)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("name", "place", "column"),
    [
        ("flows_by_month", (MONTH, CITY), "impact"),
        ("national_by_month", MONTH, "belief"),
        ("vendors_by_month", (MONTH, 1), "queue_wait"),
    ],
)
def test_series_that_are_not_finite_are_found(
    four_bodies_outcome: Outcome, name: str, place: int | tuple[int, int], column: str, value: float
) -> None:
    found = failure(broken(four_bodies_outcome, name, (place, value), column=column))
    assert (found.month, str(found)) == (MONTH, f"{NAME}: '{column}' is not a finite number")


def test_the_first_month_is_named_whatever_is_wrong_later(four_bodies_outcome: Outcome) -> None:
    late = broken(four_bodies_outcome, "money_by_month", (np.s_[MONTH:, CITY, Account.RUNNING], 0))
    both = broken(late, "flows_by_month", ((MONTH - 1, CITY), math.nan), column="impact")
    assert failure(both).month == MONTH - 1
    earlier = broken(both, "counts_by_month", ((3, CITY), -1), column="live")
    assert str(failure(earlier)) == "2021-07: count 'live' is below zero"


def test_money_beyond_64_bits_is_found_though_the_ledger_balances() -> None:
    nation = grid_nation(1, 30, population=20_000_000, type_="designated_city")
    dear = {"money.unit_cost": 1e9, "money.running_cost_mean": 100}
    outcome = run_model(nation, load_scenario("baseline", dear), 1)
    assert (outcome.series.money_by_month.sum(axis=2) == 0).all()
    found = failure(outcome)
    first = found.month
    assert first is not None
    appropriation = -outcome.series.money_by_month[:, :, Account.APPROPRIATION].sum(axis=1)
    assert (np.diff(appropriation[:first].astype(float)) >= 0).all()
    assert appropriation[first - 1] > 0.9 * LARGEST
    assert appropriation[first] < 0
    assert "'appropriation' falls" in str(found)


def test_infinite_kpis_are_found_and_missing_ones_are_not() -> None:
    check_kpis({"late_share": 0.1, "mean_late_systems": math.nan})
    for value in (math.inf, -math.inf):
        with pytest.raises(RunFailure, match="KPI 'impact_person_months' is infinite") as caught:
            check_kpis({"late_share": 0.1, "impact_person_months": value})
        assert caught.value.month is None
