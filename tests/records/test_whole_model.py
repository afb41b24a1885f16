"""Tables and KPIs of money, work, harm, residents and cooperation of the hand-made run, with pencil and paper."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dxsim.language import by_language, in_language
from dxsim.model.codes import ACCOUNTS, CHANNELS, COHORTS, PROGRAMMES
from dxsim.model.cooperation import GROUP
from dxsim.model.fields import columns_of
from dxsim.model.run import Outcome
from dxsim.model.state import FLOW_FIELDS
from dxsim.records import Records
from dxsim.records.equity import MEASURES, OUTCOMES
from dxsim.records.findings import Findings
from dxsim.records.indicators import STEPS
from dxsim.records.measures import gini
from dxsim.records.size_classes import SIZE_BOUNDS, SIZE_CLASSES, by_size_class, size_classes
from dxsim.records.summary import summarise
from dxsim.records.tables import SOURCES
from dxsim.records.tabulation import outcome_tables
from dxsim.terms.kpis import find_kpi, kpi_table
from dxsim.terms.municipalities import TYPES
from dxsim.views.labels import kpi_label

PEOPLE, LATER = 969_900, 872_910
IT_COST = 9_699_000_000
TOWN_SAVES, VILLAGE_SAVES = 12 * (0.2 * 9e6 - 1e6), 12 * (0.2 * 9e5 - 3e5)
RUNNING = 1.2 * (6e8 + 9e9) + 1.2 * 0.8 * (9e7 + 9e6)
OWN = 0.3 * IT_COST + 3e6 + 5.1e6 + 1e6 + 12e6 - 1e5

WANTED = {
    "committed_share_deadline": 1.0,
    "started_share_deadline": 0.0,
    "done_share_deadline": 0.0,
    "progress_40": (10 + 11 * 63 / 76) / 40,
    "restricted_mean_months_to_live": (20 * 58 + 12 * 72 + 8 * 60 + 17 * 60 + 180 + 18 * 48) / 76,
    "cause_share_mandate": 1.0,
    "cause_share_peers": 0.0,
    "mean_level_online": 19.5,
    "mean_level_automation": 1.0,
    "mean_level_governance": 0.25,
    "late_system_months": 12 * 12 + 120,
    "delay_undecided": 12.0,
    "delay_planning": 6.0,
    "delay_no_engineer": 12 * 36 / 76,
    "delay_hard": 144 / 76,
    "delay_work": (20 * 22 + (8 + 17) * 24 + 18 * 12) / 76,
    "delay_own_staff": 0.0,
    "top_vendor_share": 75 / 76,
    "late_top_vendor_share": 1.0,
    "one_off_cost": IT_COST,
    "running_cost": 15 * RUNNING,
    "parallel_cost": 3e6,
    "interface_cost": 5.1e6,
    "coordination_cost": 180 * 1.3e6,
    "channel_cost": 180 * 10 * PEOPLE,
    "programme_cost": 1e6,
    "penalties": 12e6,
    "subsidy_paid": 0.7 * IT_COST,
    "grants_paid": 1e5,
    "reserve_drawn": 13e6,
    "own_burden": OWN,
    "running_cost_2035": RUNNING + 1e5,
    "running_cost_ratio_2035": (RUNNING + 1e5) / IT_COST,
    "cost_per_resident_2035": (RUNNING + 1e5 + 12 * 1.3e6) / LATER,
    "cost_per_on_time_system": (IT_COST + 3e6 + 5.1e6) / 63,
    "fund_balance": 7e9 - 0.7 * IT_COST,
    "refusals": 2.0,
    "interoperability_benefit": 180e6,
    "groups": 1.0,
    "cooperating_share": 0.5,
    "mean_group_size": 2.0,
    "largest_group_size": 2.0,
    "saving_per_resident": (TOWN_SAVES + VILLAGE_SAVES) / 8_910,
    "saving_per_resident_under_5k": VILLAGE_SAVES / 810,
    "saving_per_resident_5k_to_10k": TOWN_SAVES / 8_100,
    "worse_off_share": 0.5,
    "moves_tested": 45.0,
    "moves_accepted": 1.0,
    "group_turnover": 1 / 60,
    "incidents": 3.0,
    "affected_residents": 1_060.0,
    "impact_person_months": 2_560.0,
    "worst_1_percent_impact": 2_500.0,
    "rollbacks": 1.0,
    "security_incidents": 1.0,
    "exposed_records": 45_000.0,
    "overload_months": 6.0,
    "overloaded_share": 12 / 720,
    "peak_overloaded_share": 0.25,
    "resignations": 0.25,
    "online_person_months": 180 * 0.055 * PEOPLE,
    "assisted_person_months": 180 * 0.0025 * PEOPLE,
    "analog_person_months": 180 * 0.021 * PEOPLE,
    "excluded_person_months": 180 * 0.0015 * PEOPLE,
    "excluded_person_months_75_to_84": 180 * 0.001 * PEOPLE,
    "excluded_person_months_under_65": 0.0,
    "online_person_months_65_to_74": 180 * 0.004 * PEOPLE,
    "excluded_share": 0.0015 / 0.08,
    "excluded_share_75_to_84": 1 / 7,
    "excluded_share_85_over": 1 / 6,
    "excluded_share_worst_10_percent": 0.0015 / 0.08,
    "digital_gap": 5 / 6 - 0.1,
    "service_2035": 0.0785 / 0.08,
    "waiting_2035": 0.001 / 0.08,
    "counter_load_2035": 0.75,
    "burden_hours": 72_000.0,
}


def kpis(records: Records) -> pd.Series:
    return records.summary.set_index("kpi")["value"]


@pytest.mark.parametrize("kpi", WANTED)
def test_kpis_of_the_hand_made_run(four_bodies_records: Records, kpi: str) -> None:
    assert kpis(four_bodies_records)[kpi] == pytest.approx(WANTED[kpi], rel=1e-12, abs=1e-12)


def test_size_classes_without_members_save_nothing_that_can_be_named(four_bodies_records: Records) -> None:
    values = kpis(four_bodies_records)
    empty = [f"saving_per_resident_{name}" for name in SIZE_CLASSES[2:]]
    assert values[empty].isna().all()


def test_idle_capacity_counts_output_that_was_not_used_in_the_last_year(four_bodies_findings: Findings) -> None:
    outcome = four_bodies_findings.outcome
    vendors = outcome.series.vendors_by_month.copy()
    vendors.capacity = 10.0
    vendors.work_done = 0.0
    vendors.work_done[48:60] = 4.0, 12.0  # a shared pool lends the second one engineers
    series = outcome.series._replace(vendors_by_month=vendors)
    found = replace(four_bodies_findings, outcome=outcome._replace(series=series))
    assert summarise(found, ()).set_index("kpi")["value"]["idle_vendor_capacity"] == pytest.approx(6 / 20)


def test_money_comes_from_somewhere_and_goes_somewhere(
    four_bodies_records: Records, four_bodies_outcome: Outcome
) -> None:
    money = four_bodies_records.money
    assert len(money) == 180 * 8 * len(ACCOUNTS)
    wide = money.pivot(index=["month", "type"], columns="account", values="yen")
    sources = wide[list(SOURCES)].sum(axis=1)
    others = wide.drop(columns=list(SOURCES)).sum(axis=1)
    assert (sources == others).all()
    nation = wide.xs("all", level="type")
    assert nation["subsidy"].sum() == -four_bodies_outcome.state.ledger[:, ACCOUNTS.index("subsidy")].sum()
    assert nation.loc["2023-10-01", "one_off"] == IT_COST  # in the month, not so far
    assert nation.loc["2023-11-01", "one_off"] == 0
    assert nation.drop(columns="envelope").to_numpy().min() >= 0
    assert money["yen"].dtype == np.int64


def test_all_is_the_sum_of_the_types(four_bodies_records: Records) -> None:
    tables: dict[str, tuple[pd.DataFrame, list[str]]] = {
        "money": (four_bodies_records.money, ["month", "account"]),
        "residents": (four_bodies_records.residents, ["month", "cohort"]),
        "flows": (four_bodies_records.flows, ["month"]),
    }
    for table, keys in tables.values():
        sums = [name for name in table if name not in ("type", *keys) and not name.startswith("level_")]
        of_types = table[table["type"] != "all"].groupby(keys)[sums].sum()
        of_all = table[table["type"] == "all"].set_index(keys)[sums].sort_index()
        pd.testing.assert_frame_equal(of_types, of_all, check_dtype=False)


def test_flows_keep_their_columns(four_bodies_records: Records, four_bodies_outcome: Outcome) -> None:
    flows = four_bodies_records.flows
    cases = [f"{channel}_{cohort}" for channel in CHANNELS for cohort in COHORTS]
    assert set(flows) == {"month", "type", "municipalities", "residents", *columns_of(FLOW_FIELDS)} - set(cases)
    big = flows[flows["type"] == "designated_city"].set_index("month")
    kind = list(TYPES).index("designated_city")
    for name in ("staff", "overload", "impact", "exposed_records", "interoperability", "saving", "refusals"):
        assert big[name].tolist() == four_bodies_outcome.series.flows_by_month[name][:, kind].tolist()
    assert big["residents"].tolist() == [900_000.0] * 168 + [810_000.0] * 12


def test_levels_are_means_of_bodies(four_bodies_records: Records) -> None:
    last = four_bodies_records.flows.tail(8).set_index("type")
    assert last.loc["all", [f"level_{name}" for name in PROGRAMMES]].tolist() == [19.5, 1, 1, 1, 0.25]
    assert last.loc["designated_city", "level_data"] == 2
    assert math.isnan(last.loc["core_city", "level_data"])  # there is none


def test_residents_by_age_and_channel(four_bodies_records: Records, four_bodies_outcome: Outcome) -> None:
    table = four_bodies_records.residents
    assert len(table) == 180 * 8 * 4
    keyed = table.set_index(["month", "type", "cohort"])
    flows = four_bodies_outcome.series.flows_by_month[100, list(TYPES).index("town")]
    for channel in CHANNELS:
        for cohort, wanted in zip(COHORTS, flows[channel], strict=True):
            assert keyed.loc[(pd.Timestamp("2029-08-01"), "town", cohort), channel] == wanted


def test_municipalities_know_their_group_money_and_harm(four_bodies_records: Records) -> None:
    bodies = four_bodies_records.municipalities
    town = bodies["code"][2]
    assert bodies["group"].isna().tolist() == [True, True, False, False]
    assert bodies["group"].tolist()[2:] == [town, town]
    assert bodies["group_size"].tolist() == [1, 1, 2, 2]
    assert bodies["closing"].isna().tolist() == [False, True, True, True]
    assert bodies["closing"][0] == pd.Timestamp("2026-10-01")
    assert bodies["overloaded_months"].tolist() == [0, 12, 0, 0]
    assert bodies["level_online"].tolist() == [26, 26, 0, 26]
    assert bodies["impact"].tolist() == [60, 2_500, 0, 0]
    assert bodies["delay_no_engineer"].tolist() == [0, 12 * 36, 0, 0]
    assert bodies["delay_hard"].tolist() == [0, 0, 144, 0]
    assert bodies["delay_undecided"].tolist() == [240, 240, 216, 216]
    assert bodies["exposed_records"].tolist() == [0, 45_000, 0, 0]
    assert bodies["excluded"].tolist() == pytest.approx((180 * 0.0015 * bodies["population"]).tolist())
    assert bodies["baseline_per_resident"].tolist() == [10_000.0] * 4
    assert bodies["running_2035"].tolist() == [720_000_000, 10_800_000_000, 86_400_000, 8_640_000]
    per_resident = [12_000 / 0.9] * 2 + [(86.4e6 + 12e6) / 8_100, (8.64e6 + 3.6e6) / 810]
    assert bodies["cost_per_resident_2035"].tolist() == pytest.approx(per_resident)
    assert bodies["saving"].tolist() == pytest.approx([0, 0, TOWN_SAVES, VILLAGE_SAVES])
    assert bodies["reserve_drawn"].tolist() == [1_000_000, 12_000_000, 0, 0]
    assert bodies["own_burden"].sum() == OWN
    assert bodies["own_burden"][3] == 0.3 * 9e6 - 1e5


def test_groups_name_their_members(four_bodies_records: Records) -> None:
    code = four_bodies_records.municipalities["code"]
    assert four_bodies_records.groups.to_dict("records") == [
        {
            "lead": code[2],
            "members": f"{code[2]} {code[3]}",
            "size": 2,
            "population": 9_900,
            "cost": 1e8,
            "transaction": 15.6e6,
            "contract_end": pd.Timestamp("2027-03-01"),
        }
    ]


def test_a_nation_without_groups(four_bodies_findings: Findings, four_bodies_records: Records) -> None:
    outcome = four_bodies_findings.outcome
    municipalities = outcome.state.municipalities.copy()
    municipalities.group = -1
    groups_of_nobody = np.zeros(4, GROUP).view(np.recarray)
    state = outcome.state._replace(municipalities=municipalities, groups=groups_of_nobody)
    found = replace(four_bodies_findings, outcome=outcome._replace(state=state))
    groups = outcome_tables(found)["groups"]
    assert groups.empty
    assert groups.dtypes.equals(four_bodies_records.groups.dtypes)
    values = summarise(found, ()).set_index("kpi")["value"]
    assert values["groups"] == 0
    assert values["cooperating_share"] == 0
    assert values[["mean_group_size", "largest_group_size", "saving_per_resident"]].isna().all()


def test_a_bound_belongs_to_the_class_above_it() -> None:
    assert size_classes([0, *(bound - 1 for bound in SIZE_BOUNDS)]).tolist() == [0, *range(7)]
    assert size_classes(SIZE_BOUNDS).tolist() == list(range(1, 8))


def test_by_size_class(four_bodies_records: Records) -> None:
    table = by_size_class(four_bodies_records).set_index("size_class")
    assert list(table.index) == list(SIZE_CLASSES)
    assert table["municipalities"].tolist() == [1, 1, 0, 0, 1, 0, 0, 1]
    assert table["population"].sum() == PEOPLE
    assert table.loc["500k_over", ["late_share", "overloaded_share", "cooperating_share"]].tolist() == [
        0.6,
        12 / 180,
        0,
    ]
    assert table.loc["under_5k", ["late_share", "cooperating_share"]].tolist() == [0, 1]
    assert table.loc["5k_to_10k", "cost_per_resident"] == pytest.approx(98.4e6 / 8_100)
    assert table.loc["under_5k", "saving_per_resident"] == pytest.approx(VILLAGE_SAVES / 810)
    assert table.loc["50k_to_100k", "excluded_share"] == pytest.approx(0.0015 / 0.08)
    assert math.isnan(table.loc["50k_to_100k", "saving_per_resident"])
    assert table.loc["500k_over", ["delay_undecided", "delay_no_engineer", "delay_work"]].tolist() == [12, 21.6, 9.6]
    assert table.loc["5k_to_10k", "delay_hard"] == 144 / 18
    assert table.loc["10k_to_30k"].drop(["municipalities", "population"]).isna().all()


def test_equity_has_every_outcome_measure_and_weighting(four_bodies_records: Records) -> None:
    equity = four_bodies_records.equity
    assert not equity.duplicated(["outcome", "measure", "weighting"]).any()
    for outcome in OUTCOMES:
        measured = equity[equity["outcome"] == outcome].groupby("weighting")["measure"].apply(set)
        assert measured["residents"] == set(MEASURES)
        assert measured["municipalities"] == {*MEASURES, "morans_i"}
    value = equity.set_index(["outcome", "measure", "weighting"])["value"]
    late = [0, 12 / 20, 1 / 18, 0]
    assert value["late_share", "gini", "municipalities"] == pytest.approx(gini(late))
    assert value["late_share", "gini", "residents"] == pytest.approx(gini(late, [60_000, 900_000, 9_000, 900]))
    assert value["late_share", "atkinson_1", "municipalities"] == 1
    assert value["late_share", "theil_within", "municipalities"] == pytest.approx(
        0, abs=1e-12
    )  # four classes, four municipalities
    assert value["late_share", "concentration_population", "municipalities"] > 0  # the big one is late
    assert value["excluded_share", "gini", "municipalities"] == pytest.approx(0, abs=1e-12)
    assert value["excluded_share", "p90_p10", "residents"] == pytest.approx(1)
    for outcome in OUTCOMES:
        parts = value[outcome, "theil_between", "municipalities"] + value[outcome, "theil_within", "municipalities"]
        assert value[outcome, "theil", "municipalities"] == pytest.approx(parts, abs=1e-12)
    # A square of four: 0 and 1, 2 and 3, 0 and 2, 1 and 3 are neighbours; late are 1 and 2, so nobody beside another.
    assert value["has_late_system", "morans_i", "municipalities"] == pytest.approx(-1)
    assert value["groups", "modularity", "municipalities"] == pytest.approx(1 / 4 - (2 * (1 / 4) ** 2 + (1 / 2) ** 2))


def test_forty_steps_are_forty() -> None:
    assert sum(STEPS.values()) == 40


def test_labels_have_words_for_what_braces_stand_for() -> None:
    with in_language("ja"):
        assert kpi_label("excluded_person_months_75_to_84", "2026-03").count("75～84歳") == 1
    assert "below 5,000 residents" in kpi_label("saving_per_resident_under_5k", "2026-03")
    assert "AI and RPA" in kpi_label("mean_level_automation", "2026-03")
    assert "the mandate" in kpi_label("cause_share_mandate", "2026-03")


def test_labels_tell_kpis_apart(four_bodies_records: Records) -> None:
    kpis = four_bodies_records.summary["kpi"]
    for named in by_language(lambda: [kpi_label(name, "2026-03") for name in kpis]).values():
        assert len(set(named)) == len(named)


def test_every_kpi_says_where_and_how_often_it_is_recorded() -> None:
    for kpi in kpi_table().values():
        assert kpi.level in ("system", "municipality", "type", "vendor", "nation")
        assert kpi.frequency in ("month", "year", "survey", "once")


def test_values_are_missing_only_where_the_table_says_so(four_bodies_records: Records) -> None:
    values = kpis(four_bodies_records)
    for name in values.index[values.isna()]:
        assert find_kpi(name)[0].missing != "never", name
    assert (
        values[[name for name in values.index if find_kpi(name)[0].unit.startswith("share")]]
        .dropna()
        .between(0, 1)
        .all()
    )
