"""The KPIs once more, from the tables of a run with pandas: slow, and apart from the definitions in numpy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import networkx
import numpy as np
import pandas as pd

from dxsim.model.codes import CAUSES, CHANNELS, COHORTS, HOLD_UPS, PROGRAMMES
from dxsim.nation.nation import Nation
from dxsim.records.indicators import MANY_LATE, OCTOBERS, OLD, STEPS, WORST, YOUNG, Values
from dxsim.records.size_classes import SIZE_BOUNDS, SIZE_CLASSES
from dxsim.records.tables import LATE_REASONS
from dxsim.terms.calendar import FIRST_MONTH, FIRST_YEAR, MONTHS, MONTHS_PER_YEAR, month_index, month_name
from dxsim.terms.kpis import LIVE_MONTHS, LIVE_PERCENTAGES
from dxsim.terms.municipalities import ALL


def kpis_by_tables(tables: Mapping[str, pd.DataFrame], nation: Nation, deadline: int, surveys: Sequence[int]) -> Values:
    return {
        **adoption(tables, deadline),
        **lateness(tables, deadline, surveys),
        **money(tables),
        **market(tables, deadline),
        **cooperation(tables, nation),
        **quality(tables),
        **staff(tables),
        **residents(tables),
    }


def adoption(tables: Mapping[str, pd.DataFrame], deadline: int) -> Values:
    nation, systems = _nation(tables["monthly"]), tables["systems"]
    live = nation["live"] / nation["systems"]
    values = {"live_share_deadline": live[deadline - 1]}
    values |= {f"live_share_{month.replace('-', '_')}": live[month_index(month)] for month in LIVE_MONTHS}
    at_deadline = nation.loc[deadline - 1, list(STEPS)] / nation["systems"][deadline - 1]
    values |= {f"{stage}_share_deadline": at_deadline[stage] for stage in ("committed", "started", "done")}
    values["progress_40"] = sum(steps * at_deadline[stage] for stage, steps in STEPS.items()) / sum(STEPS.values())
    for percentage in LIVE_PERCENTAGES:
        reached = live[live >= percentage / 100].index
        values[f"months_to_live_{percentage}"] = reached[0] + 1 if len(reached) else float("nan")
    values["restricted_mean_months_to_live"] = _months_to_live(systems["live"]).mean()
    commitments = systems[systems["cause"].notna()].drop_duplicates(["code", "lot"])["cause"].value_counts()
    values |= {f"cause_share_{cause}": _ratio(commitments.get(cause, 0), commitments.sum()) for cause in CAUSES}
    levels = tables["municipalities"]
    return values | {f"mean_level_{programme}": levels[f"level_{programme}"].mean() for programme in PROGRAMMES}


def lateness(tables: Mapping[str, pd.DataFrame], deadline: int, surveys: Sequence[int]) -> Values:
    nation, systems, bodies = _nation(tables["monthly"]), tables["systems"], tables["municipalities"]
    late = systems[systems["late"]]
    affected = int((bodies["late_systems"] > 0).sum())
    values = {"late_share": systems["late"].mean()}
    values |= {
        f"late_reason_share_{reason}": _ratio((late["reason"] == reason).sum(), len(late)) for reason in LATE_REASONS
    }
    values |= {f"delay_{hold_up}": bodies[f"delay_{hold_up}"].sum() / len(systems) for hold_up in HOLD_UPS}
    values["municipalities_late_share"] = (bodies["late_systems"] > 0).mean()
    values["municipalities_late_10_share"] = (bodies["late_systems"] >= MANY_LATE).mean()
    values["mean_late_systems"] = _ratio(len(late), affected)
    still_late = nation.filter(like="late_R").sum(axis=1)
    values["late_system_months"] = still_late.iloc[deadline - 1 : MONTHS - 1].sum()  # late when the next month starts
    for survey in surveys:
        month = month_name(survey).replace("-", "_")
        values[f"declared_systems_{month}"] = nation.filter(like="declared_R").loc[survey].sum()
        values[f"declared_municipalities_{month}"] = nation["municipalities_declared"][survey]
    top = systems["legacy_vendor"].mode()[0]
    values["top_vendor_share"] = (systems["vendor"] == top).mean()
    values["late_top_vendor_share"] = _ratio((late["vendor"] == top).sum(), len(late))
    return values


def money(tables: Mapping[str, pd.DataFrame]) -> Values:
    nation, systems, bodies = _nation(tables["money"]), tables["systems"], tables["municipalities"]
    flows = _nation(tables["flows"])
    booked = nation.groupby("account")["yen"].sum()
    last = nation.iloc[-MONTHS_PER_YEAR * len(booked) :].groupby("account")["yen"].sum()
    change = booked[["one_off", "parallel", "interface"]].sum()
    own = change + booked[["programmes", "penalty"]].sum() - booked[["subsidy", "grant"]].sum()
    running = last[["running", "parallel", "interface"]].sum()
    return {
        "one_off_cost": booked["one_off"],
        "running_cost": booked["running"],
        "parallel_cost": booked["parallel"],
        "interface_cost": booked["interface"],
        "coordination_cost": booked["coordination"],
        "channel_cost": booked["channels"],
        "programme_cost": booked["programmes"],
        "penalties": booked["penalty"],
        "subsidy_paid": booked["subsidy"],
        "grants_paid": booked["grant"],
        "reserve_drawn": booked["reserve"],
        "own_burden": own,
        "running_cost_2035": running,
        "running_cost_ratio_2035": _ratio(running, bodies["baseline_cost"].sum()),
        "cost_per_resident_2035": _ratio(running + last["coordination"], flows["residents"].iloc[-1]),
        "cost_per_on_time_system": _ratio(change, (~systems["late"]).sum()),
        "fund_balance": tables["market"]["fund_balance"].iloc[-1],
        "refusals": flows["refusals"].sum(),
        "interoperability_benefit": flows["interoperability"].sum(),
    }


def market(tables: Mapping[str, pd.DataFrame], deadline: int) -> Values:
    series, systems = tables["market"], tables["systems"]
    values: Values = {}
    for measure in ("hhi_systems", "hhi_population"):
        values[f"{measure}_start"] = series[measure][0]
        values[measure] = series[measure][MONTHS - 1]
    changed = systems["vendor"] != systems["legacy_vendor"]
    values["switch_rate"] = float(changed.groupby([systems["code"], systems["lot"]]).any().mean())
    vendors = tables["vendors"]
    count = len(vendors) // MONTHS
    last_year = vendors.iloc[max(0, deadline - MONTHS_PER_YEAR) * count : deadline * count]
    idle = (last_year["capacity"] - last_year["work_done"]).clip(lower=0).sum()
    return values | {"idle_vendor_capacity": _ratio(idle, last_year["capacity"].sum())}


def cooperation(tables: Mapping[str, pd.DataFrame], nation: Nation) -> Values:
    bodies, groups, series, flows = (tables[name] for name in ("municipalities", "groups", "market", "flows"))
    everybody = _nation(flows)
    talks = series.iloc[OCTOBERS]
    members = bodies[bodies["group"].notna()]
    bounds = [-1, *(bound - 1 for bound in SIZE_BOUNDS), np.inf]
    of_class = pd.cut(members["population"], bounds, labels=list(SIZE_CLASSES))
    sums = members.groupby(of_class, observed=False)[["saving", "residents_2035"]].sum()
    accepted = talks["moves_accepted"].sum()
    return {
        "groups": len(groups),
        "cooperating_share": len(members) / len(bodies),
        "mean_group_size": _ratio(groups["size"].sum(), len(groups)),
        "largest_group_size": groups["size"].max() if len(groups) else float("nan"),
        "saving_per_resident": _ratio(members["saving"].sum(), members["residents_2035"].sum()),
        **{f"saving_per_resident_{name}": _ratio(*sums.loc[name]) for name in SIZE_CLASSES},
        "worse_off_share": _ratio(
            everybody["worse_off_municipalities"].sum(), everybody["cooperating_municipalities"].sum()
        ),
        "moves_tested": talks["moves_tested"].sum(),
        "moves_accepted": accepted,
        "group_turnover": accepted / len(talks) / len(bodies),
        "group_modularity": _modularity(nation, bodies["group"].fillna(bodies["code"])),
        "prefecture_modularity": _modularity(nation, bodies["prefecture"]),
    }


def quality(tables: Mapping[str, pd.DataFrame]) -> Values:
    nation = _nation(tables["flows"])
    return {
        "incidents": nation["incidents"].sum(),
        "affected_residents": nation["affected_residents"].sum(),
        "impact_person_months": nation["impact"].sum(),
        "worst_1_percent_impact": _worst(tables["municipalities"]["impact"]),
        "rollbacks": nation["rollbacks"].sum(),
        "security_incidents": nation["security_incidents"].sum(),
        "exposed_records": nation["exposed_records"].sum(),
    }


def staff(tables: Mapping[str, pd.DataFrame]) -> Values:
    nation = _nation(tables["flows"])
    overloaded = nation["overloaded_municipalities"] / nation["municipalities"]
    return {
        "overload_months": nation["overload"].sum(),
        "overloaded_share": overloaded.mean(),
        "peak_overloaded_share": overloaded.max(),
        "resignations": nation["resignations"].sum(),
    }


def residents(tables: Mapping[str, pd.DataFrame]) -> Values:
    nation = _nation(tables["residents"])
    cases = nation.groupby("cohort")[list(CHANNELS)].sum()
    needed = cases.sum(axis=1)
    last = nation.iloc[-MONTHS_PER_YEAR * len(COHORTS) :].groupby("cohort")[list(CHANNELS)].sum()
    values: Values = {}
    for channel in CHANNELS:
        values[f"{channel}_person_months"] = cases[channel].sum()
        values |= {f"{channel}_person_months_{cohort}": cases.loc[cohort, channel] for cohort in COHORTS}
    values["excluded_share"] = _ratio(cases["excluded"].sum(), needed.sum())
    values |= {f"excluded_share_{cohort}": _ratio(cases.loc[cohort, "excluded"], needed[cohort]) for cohort in COHORTS}
    values["digital_gap"] = _online_share(last, YOUNG) - _online_share(last, OLD)
    flows, bodies = _nation(tables["flows"]), tables["municipalities"]
    values["burden_hours"] = flows["burden_hours"].sum()
    year = flows.iloc[-MONTHS_PER_YEAR:]
    values["service_2035"] = _ratio(last.drop(columns="excluded").to_numpy().sum(), last.to_numpy().sum())
    values["waiting_2035"] = _ratio(year["waiting"].sum(), last.to_numpy().sum())
    values["counter_load_2035"] = _ratio(year["counter_work"].sum(), year["counter_capacity"].sum())
    shares = (bodies["excluded"] / bodies[list(CHANNELS)].sum(axis=1)).fillna(0.0)
    values["excluded_share_worst_10_percent"] = shares.nlargest(math.ceil(len(shares) / 10)).mean()
    return values


def _nation(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["type"] == ALL].reset_index(drop=True)


def _modularity(nation: Nation, part: pd.Series) -> float:
    graph = networkx.Graph()
    graph.add_nodes_from(nation.municipalities["code"])
    graph.add_edges_from(zip(nation.adjacency["code_a"], nation.adjacency["code_b"], strict=True))
    if not graph.number_of_edges():
        return float("nan")
    parts = nation.municipalities["code"].groupby(part.to_numpy()).apply(set)
    return float(networkx.community.modularity(graph, parts))


def _months_to_live(live: pd.Series) -> np.ndarray:
    months = (live.dt.year - FIRST_YEAR) * 12 + live.dt.month - FIRST_MONTH + 1
    return np.asarray(months.fillna(MONTHS), np.float64)


def _online_share(cases: pd.DataFrame, cohorts: Sequence[str]) -> float:
    some = cases.loc[list(cohorts)]
    return _ratio(some["online"].sum(), some.to_numpy().sum())


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _worst(values: pd.Series) -> float:
    return float(values.nlargest(max(1, int(np.ceil(WORST * len(values))))).mean())
