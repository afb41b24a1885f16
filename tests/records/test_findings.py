"""KPIs, strata and chosen columns straight from arrays are those of the tables, whole nation and edge cases."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

import dxsim
from dxsim.errors import InputError
from dxsim.model.codes import HOLD_UPS
from dxsim.model.run import run_model
from dxsim.nation.nation import Nation, load_nation, make_nation
from dxsim.nation.small import grid_nation
from dxsim.records.equity import equity_table
from dxsim.records.findings import Findings
from dxsim.records.frame import frame_of
from dxsim.records.indicators import indicators
from dxsim.records.measures import concentration_index, gini, percentile_ratio
from dxsim.records.months import MONTH_COLUMNS, month_series
from dxsim.records.municipalities import MUNICIPALITY_COLUMNS, municipality_columns
from dxsim.records.size_classes import by_size_class
from dxsim.records.strata import STRATA, strata
from dxsim.records.summary import summarise
from dxsim.records.tables import Records
from dxsim.records.tabulation import outcome_tables
from dxsim.scenario.scenario import load_scenario
from dxsim.terms.calendar import MONTHS, month_index
from dxsim.terms.kpis import kpi_names
from dxsim.terms.municipalities import TYPES_AND_ALL
from tests.model.cases import mixed_nation
from tests.records.by_tables import kpis_by_tables

NO_LATE = {"policy.deadline": "2036-03", "policy.second_deadline": "2036-03", "vendor.capacity_ratio": 20}


class Case(NamedTuple):
    nation: Nation
    mandate: int
    found: Findings
    tables: dict[str, pd.DataFrame]
    surveys: tuple[int, ...]


def without_fiscal_index(nation: Nation, bodies: int) -> Nation:
    table = nation.municipalities.copy()
    table.loc[table.index[:bodies], "fiscal_index"] = np.nan
    return make_nation("poorly known", table, nation.adjacency)


NATIONS = {
    "whole nation": lambda: load_nation("synthetic"),
    "all types": lambda: mixed_nation(5, 6),
    "no groups": lambda: mixed_nation(3, 4),
    "no late systems": lambda: grid_nation(2, 3, population=[900, 4_000, 9_000, 50_000, 60_000, 70_000]),
    "fiscal index not known": lambda: without_fiscal_index(mixed_nation(3, 4), 12),
    "fiscal index known of some": lambda: without_fiscal_index(mixed_nation(3, 4), 5),
    "one municipality": lambda: grid_nation(1, 1, population=9_000, type_="town"),
    "nobody at home": lambda: grid_nation(1, 3, population=[0, 9_000, 50_000], type_=["village", "town", "other_city"]),
}
EVERYBODY_TALKS = {"cooperation.talks_share": 1}
OVERRIDES = {
    "all types": EVERYBODY_TALKS,
    "no groups": {"cooperation.formation": "none"},
    "no late systems": NO_LATE,
    "fiscal index not known": EVERYBODY_TALKS,
    "fiscal index known of some": EVERYBODY_TALKS,
}


@pytest.fixture(scope="module", params=NATIONS)
def case(request: pytest.FixtureRequest) -> Case:
    nation, scenario = NATIONS[request.param](), load_scenario("baseline", OVERRIDES.get(request.param))
    found = Findings(run_model(nation, scenario, 4), frame_of(nation), int(scenario.record().deadline[0]))
    tables = outcome_tables(found)
    is_edge = {
        "no groups": tables["groups"].empty,
        "no late systems": not tables["systems"]["late"].any(),
        "one municipality": len(tables["municipalities"]) == 1,
    }
    assert is_edge.get(request.param, not tables["groups"].empty or len(nation.municipalities) < 12)
    return Case(nation, month_index(str(scenario.values["policy.mandate_start"])), found, tables, scenario.surveys)


def test_kpis_are_those_that_the_tables_give(case: Case) -> None:
    values = indicators(case.found, case.surveys)
    wanted = kpis_by_tables(case.tables, case.nation, case.found.deadline, case.surveys)
    wanted["late_morans_i"] = late_morans_i(case)
    assert set(values) == set(wanted) == set(kpi_names(case.surveys))
    assert values == pytest.approx(wanted, rel=1e-11, abs=1e-12, nan_ok=True)
    assert all(type(value) is float for value in values.values())
    summary = summarise(case.found, case.surveys)
    assert dict(zip(summary["kpi"], summary["value"], strict=True)) == pytest.approx(values, rel=0, abs=0, nan_ok=True)


def late_morans_i(case: Case) -> float:
    bodies, ties = case.tables["municipalities"], case.nation.adjacency
    is_late = (bodies.set_index("code")["late_systems"] > 0).astype(float)
    deviation, land = is_late - is_late.mean(), ties[ties["kind"] == "land"]
    if not (deviation**2).sum() or land.empty:
        return math.nan
    products = deviation[land["code_a"]].to_numpy() * deviation[land["code_b"]].to_numpy()
    return float(products.mean() / (deviation**2).mean())


def test_every_system_that_applies_is_counted(case: Case) -> None:
    assert (case.found.frame.applies == (case.found.outcome.state.systems.state >= 0)).all()


def test_bodies_are_their_systems(case: Case) -> None:
    systems, bodies = case.tables["systems"], case.tables["municipalities"].set_index("code")
    by_body = systems.groupby("code")
    assert bodies["systems"].equals(by_body.size().astype(np.int32).rename("systems"))
    assert (bodies["late_systems"] == by_body["late"].sum()).all()
    of_reason = systems[systems["late"]].groupby(["code", "reason"]).size().unstack(fill_value=0)
    of_reason = of_reason.reindex(index=bodies.index, columns=["R1", "R2", "R3", "R4", "R5"], fill_value=0)
    assert (bodies[[f"late_{reason}" for reason in of_reason]].to_numpy() == of_reason.to_numpy()).all()
    assert (bodies["outstanding_systems"] == by_body["live"].apply(lambda live: live.isna().sum())).all()
    assert bodies["first_commit"].equals(by_body["commit"].min().rename("first_commit"))
    last_live = by_body["live"].max().where(by_body["live"].apply(lambda live: live.notna().all()))
    assert bodies["last_live"].equals(last_live.rename("last_live"))
    main = by_body["vendor"].agg(lambda vendor: vendor.mode()[0])  # among equals the first by name
    assert bodies["main_vendor"].tolist() == main.tolist()


def test_every_month_of_a_system_until_it_is_live_is_booked_once(case: Case) -> None:
    systems, bodies = case.tables["systems"], case.tables["municipalities"].set_index("code")
    live = systems["live"].map(lambda month: MONTHS if pd.isna(month) else month_index(f"{month:%Y-%m}") + 1)
    waited = (live - case.mandate).clip(lower=0).groupby(systems["code"]).sum()
    booked = bodies[[f"delay_{hold_up}" for hold_up in HOLD_UPS]]
    assert (booked >= 0).all(axis=None)
    assert booked.sum(axis=1).to_dict() == waited.to_dict()


def test_group_sizes_are_what_the_model_says(case: Case) -> None:
    named = np.asarray(case.found.outcome.state.groups["members"])
    assert case.found.group_sizes.tolist() == named.tolist()
    assert case.found.group_sizes.sum() == case.found.outcome.series.national_by_month.cooperating_municipalities[-1]


def test_size_classes_are_those_of_the_table(case: Case) -> None:
    measures = strata(case.found)["size_class"]
    records = Records(**case.tables, summary=pd.DataFrame(), manifest={})
    table = by_size_class(records)
    assert list(table) == ["size_class", *measures]
    for name, values in measures.items():
        assert values == pytest.approx(table[name].to_numpy(), rel=1e-12, nan_ok=True)


def test_strata_are_sums_over_their_bodies(case: Case) -> None:
    bodies = case.tables["municipalities"]
    measures = strata(case.found)["type"]
    assert set(strata(case.found)) == set(STRATA)
    for place, name in enumerate(STRATA["type"]):
        some = bodies[bodies["type"] == name]
        found = {measure: values[place] for measure, values in measures.items()}
        assert (found["municipalities"], found["population"]) == (len(some), some["population"].sum())
        if some.empty:
            assert all(
                math.isnan(value) for measure, value in found.items() if measure not in ("municipalities", "population")
            )
            continue
        members = some[some["group"].notna()]
        needed = some[["online", "assisted", "analog", "excluded"]].to_numpy().sum()
        assert found["late_share"] == some["late_systems"].sum() / some["systems"].sum()
        assert found["overloaded_share"] == pytest.approx(some["overloaded_months"].mean() / 180)
        assert found["cooperating_share"] == some["group"].notna().mean()
        assert found["excluded_share"] == pytest.approx(ratio(some["excluded"].sum(), needed), nan_ok=True)
        saving = ratio(members["saving"].sum(), members["residents_2035"].sum())
        assert found["saving_per_resident"] == pytest.approx(saving, nan_ok=True)
        cost = (some["cost_per_resident_2035"] * some["residents_2035"]).sum()
        assert found["cost_per_resident"] == pytest.approx(ratio(cost, some["residents_2035"].sum()), nan_ok=True)


def ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def test_equity_ranks_bodies_as_the_measures_do(case: Case) -> None:
    value = equity_table(case.found).set_index(["outcome", "measure", "weighting"])["value"]
    bodies = case.tables["municipalities"]
    fiscal = case.nation.municipalities["fiscal_index"].to_numpy(float)
    cost, people = bodies["cost_per_resident_2035"].to_numpy(), bodies["population"].to_numpy(float)
    known = ~np.isnan(cost)
    cost, people, fiscal = cost[known], people[known], fiscal[known]
    for weighting, weights in (("municipalities", None), ("residents", people)):
        found = value.xs(("cost_per_resident_2035", weighting), level=("outcome", "weighting"))
        wanted = {
            "gini": gini(cost, weights),
            "concentration_population": concentration_index(cost, people, weights),
            "concentration_fiscal_index": concentration_index(cost, fiscal, weights),
            "p90_p10": percentile_ratio(cost, weights=weights),
        }
        assert {name: found[name] for name in wanted} == pytest.approx(wanted, abs=1e-12, nan_ok=True)


def test_columns_of_months_are_those_of_the_tables(case: Case) -> None:
    types = ("all", "town")
    series = month_series(case.found, MONTH_COLUMNS, types)
    assert tuple(series) == MONTH_COLUMNS
    for table in ("monthly", "flows"):
        by_type = case.tables[table].set_index("type")
        for column in by_type.columns.drop("month"):
            wanted = np.column_stack([by_type.loc[name, column] for name in types])
            np.testing.assert_array_equal(series[column], wanted)
            assert series[column].dtype == wanted.dtype
    money = case.tables["money"].set_index(["account", "type"]).sort_index()
    for account in money.index.unique("account"):
        of_account = [money.loc[(account, name), "yen"] for name in types]
        np.testing.assert_array_equal(series[account], np.column_stack(of_account))
    residents = case.tables["residents"].set_index(["cohort", "type"]).sort_index()
    old = [residents.loc[("85_over", name), "excluded"] for name in types]
    np.testing.assert_array_equal(series["excluded_85_over"], np.column_stack(old))


def test_columns_of_bodies_are_those_of_the_table(case: Case) -> None:
    table = case.tables["municipalities"]
    columns = municipality_columns(case.found, MUNICIPALITY_COLUMNS)
    assert tuple(columns) == MUNICIPALITY_COLUMNS == tuple(table.columns[8:])
    for name, values in columns.items():
        pd.testing.assert_series_equal(pd.Series(values, name=name, dtype=table[name].dtype), table[name])


def test_a_column_that_there_is_not_is_refused_with_the_nearest_name(four_bodies_findings: Findings) -> None:
    with pytest.raises(InputError, match=r"overloaded_municipalitys.*did you mean 'overloaded_municipalities'"):
        month_series(four_bodies_findings, ["live", "overloaded_municipalitys"])
    with pytest.raises(InputError, match="did you mean 'village'"):
        month_series(four_bodies_findings, ["live"], ["vilage"])
    with pytest.raises(InputError) as caught:
        municipality_columns(four_bodies_findings, ["late_system", "aid"])
    assert len(caught.value.problems) == 2
    assert "did you mean 'late_systems'" in str(caught.value)


def test_few_columns_are_cheap_because_the_others_are_not_worked_out(four_bodies_findings: Findings) -> None:
    found = Findings(four_bodies_findings.outcome, four_bodies_findings.frame, four_bodies_findings.deadline)
    month_series(found, ["live"], TYPES_AND_ALL)
    municipality_columns(found, ["late_systems"])
    assert set(vars(found)) == {"outcome", "frame", "deadline", "monthly", "late_systems", "is_late", "live"}


def test_a_frame_is_made_once_for_a_nation() -> None:
    nation = grid_nation(2, 2)
    assert frame_of(nation) is frame_of(nation)
    assert frame_of(grid_nation(2, 2)) is not frame_of(nation)


def test_simulate_gives_the_same_tables() -> None:
    nation, scenario = mixed_nation(2, 3), load_scenario("baseline")
    records = dxsim.simulate(nation, scenario, seed=7)
    tables = outcome_tables(Findings(run_model(nation, scenario, 7), frame_of(nation), 60))
    for name, table in tables.items():
        pd.testing.assert_frame_equal(getattr(records, name), table, check_exact=True)
