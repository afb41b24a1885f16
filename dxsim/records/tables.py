"""From the arrays of an outcome to tidy tables.

A month names the state at its end, so 2026-03-01 in a ``month`` column is the end of March 2026, and a system whose
``live`` is 2026-03-01 went live by then. Missing months are NaT.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.model.state import (
    ACCOUNTS,
    CAUSES,
    COHORTS,
    COORDINATION,
    EXCLUDED_CASES,
    FLOWS,
    GRANT,
    INTERFACE,
    LEVELS,
    MONTHLY,
    NATIONAL,
    NEVER,
    ONE_OFF,
    ONLINE_CASES,
    PARALLEL,
    PENALTY,
    PROGRAMME_COST,
    PROGRAMMES,
    REASONS,
    RESERVE,
    STATES,
    SUBSIDY,
    VENDOR,
)
from dxsim.nation.operations import operations
from dxsim.nation.schema import TYPES
from dxsim.records.equity import equity_table
from dxsim.records.measures import concentration
from dxsim.scenario.months import FIRST_MONTH, FIRST_YEAR, MONTHS

if TYPE_CHECKING:
    from dxsim.model.run import Outcome
    from dxsim.nation.nation import Nation

TABLES = (
    *("monthly", "money", "flows", "residents", "market", "vendors"),
    *("municipalities", "groups", "systems", "equity", "summary"),
)
ALL = "all"
LATE_REASONS = REASONS[1:]
CHANNELS = ("online", "assisted", "analog", "excluded")
SOURCES = ("appropriation", "subsidy", "grant", "reserve")  # accounts of where money comes from
# What the change itself costs a municipality; running cost and counters are there without it.
BURDEN = (ONE_OFF, PARALLEL, INTERFACE, COORDINATION, PROGRAMME_COST, PENALTY)
LAST_YEAR = FIRST_YEAR + MONTHS // 12 - 1
_START = np.datetime64(f"{FIRST_YEAR}-{FIRST_MONTH:02d}", "M")
_CARRIED = ("code", "name", "prefecture", "prefecture_name", "type", "population", "x_km", "y_km")
_FIRST_CASE, _AFTER_CASES = ONLINE_CASES, EXCLUDED_CASES + len(COHORTS)  # columns of FLOWS
_FLOWS = FLOWS[:_FIRST_CASE] + FLOWS[_AFTER_CASES:]


@dataclass(frozen=True, eq=False)
class Records:
    """What one run gave.

    Parameters
    ----------
    monthly : pandas.DataFrame
        One row per month and type of municipality (and "all"): ``month``, ``type``, ``systems`` and ``bodies`` in all,
        then systems ``committed``, ``ordered``, ``started``, ``live`` and ``done`` so far, ``late_R1`` to ``late_R5``
        (past the deadline and not live), ``declared_R1`` to ``declared_R5`` (in the latest survey) and the bodies that
        committed, declared and are late.
    money : pandas.DataFrame
        One row per month, type (and "all") and account of the municipalities' ledger: ``yen`` booked in that month.
        Sources (appropriation, subsidy, grant, reserve) and uses (one_off, running, parallel, interface, coordination,
        channels, programmes, penalty, lapsed) are positive, ``envelope`` is what was put into it less what was taken
        out, so sources = uses + envelope in every month.
    flows : pandas.DataFrame
        One row per month and type (and "all"): ``bodies``, ``residents`` (of the fiscal year), then sums over bodies:
        ``staff``, ``own_work`` and ``pool`` (FTE), ``overloaded_bodies`` (work above 1.2 times what staff can do),
        ``overload`` (FTE above that), ``resignations`` (FTE), ``refusals`` (bodies that had no money for a commitment),
        ``burden_hours``, ``incidents`` at cut-overs, ``affected_residents``, ``impact`` (person-months),
        ``rollbacks``, ``security_incidents``, ``exposed_records``, ``interfaces``, ``interoperability`` (yen), mean
        ``level_*`` of programmes (nan without bodies), ``cooperating_bodies``, their ``saving`` (yen, grant included)
        and ``worse_off_bodies``, members that would pay less alone.
    residents : pandas.DataFrame
        One row per month, type (and "all") and ``cohort``: residents who got a procedure done ``online``, ``assisted``
        or ``analog`` (at the counter) in that month, and who needed one and were ``excluded``.
    market : pandas.DataFrame
        One row per month: ``hhi_systems`` and ``hhi_population`` (0 to 10,000), sums over vendors of ``capacity``,
        ``book`` and ``work_done`` (reference jobs), ``shortages`` (vendors that announce a shortage in that month),
        mean ``belief`` in an extension and whether it is granted, ``fund_balance`` of the state (yen), ``groups``,
        ``cooperating_bodies`` and, as of the last October, ``moves_tested``, ``moves_accepted``, ``blocking_moves``.
    vendors : pandas.DataFrame
        One row per month and vendor: ``capacity``, ``book``, ``work_done``, ``queue_wait`` (months of work in the book
        at the present output), ``shortage`` (announced in that month), ``systems_served``, ``population_served``.
    municipalities : pandas.DataFrame
        One row each, final state: ``systems``, ``late_systems`` (at the deadline) in all and by reason,
        ``outstanding_systems`` (not live in the last month), ``readiness`` (sd), ``belief``, ``naive``,
        ``main_vendor``, ``first_commit``, ``last_live`` (NaT unless all are live). ``group`` (code of its lead, missing
        if alone), ``group_size`` (1 = alone), ``aide``, ``platform``, ``closing`` (first month in which counters
        close). ``staff`` (FTE), ``overload`` (work over what staff can do, in the last month), ``overloaded_months``
        (of all in which that was above 1.2), ``experience`` (0 to 1),
        ``level_*`` of programmes. Over the whole run: ``incidents``, ``affected`` (residents), ``impact``
        (person-months), ``rollbacks``, ``security_incidents``, ``exposed_records`` and, in person-months, ``online``,
        ``assisted``, ``analog``, ``excluded``. ``residents_2035`` (persons). Money in yen: ``baseline_cost`` (a year,
        before migration), ``running_2035`` (booked as running cost in FY2035), ``baseline_per_resident``,
        ``cost_per_resident_2035`` (running cost and coordination), ``saving`` (a year as of March 2036, grant included;
        below zero: worse off than alone) and over the whole run ``one_off_cost``, ``subsidy``, ``own_burden`` (see
        ``kpis.csv``), ``reserve_drawn``.
    groups : pandas.DataFrame
        One row per group at the end: code of its ``lead``, ``members`` (codes, a blank between them), ``size``,
        ``population`` (2020), ``cost`` (its members' together) and ``transaction`` (part of it), both yen a year, and
        ``contract_end`` (last month of the contract).
    systems : pandas.DataFrame
        One row per municipality and operation that applies to it: ``code``, ``operation``, ``lot``, ``vendor``,
        ``legacy_vendor``, months ``commit``, ``order`` (the first one), ``start``, ``live``, the ``cause`` of the
        commitment, final ``state``, ``late`` (at the deadline), ``reason`` (R1 to R5, missing when on time), ``work``
        (reference jobs).
    equity : pandas.DataFrame
        ``outcome``, ``measure``, ``weighting`` (bodies or residents), ``value``; see `dxsim.records.equity`.
    summary : pandas.DataFrame
        ``kpi``, ``value``, ``unit``; what each means stands in ``kpis.csv``.
    manifest : mapping
        Versions, configuration, hashes and seed: all that is needed to run this again.
    """

    monthly: pd.DataFrame
    money: pd.DataFrame
    flows: pd.DataFrame
    residents: pd.DataFrame
    market: pd.DataFrame
    vendors: pd.DataFrame
    municipalities: pd.DataFrame
    groups: pd.DataFrame
    systems: pd.DataFrame
    equity: pd.DataFrame
    summary: pd.DataFrame
    manifest: Mapping[str, Any]


def outcome_tables(outcome: Outcome, nation: Nation, deadline: int) -> dict[str, pd.DataFrame]:
    """Return every table but the summary.

    Parameters
    ----------
    outcome : Outcome
        What the model gave.
    nation : Nation
        The nation it was run on.
    deadline : int
        Index of the first month after the deadline.
    """
    systems = _systems(outcome, nation, deadline)
    vendors = _vendors(outcome)
    municipalities = _municipalities(outcome, nation, systems)
    return {
        "monthly": _monthly(outcome, nation, systems),
        "money": _money(outcome),
        "flows": _flows(outcome, nation),
        "residents": _residents(outcome),
        "market": _market(outcome, vendors),
        "vendors": vendors,
        "municipalities": municipalities,
        "groups": _groups(outcome, nation),
        "systems": systems,
        "equity": equity_table(municipalities, nation),
    }


def month_starts(indices: npt.ArrayLike) -> npt.NDArray[np.datetime64]:
    """Return month indices as dates; below zero is NaT."""
    index = np.asarray(indices, np.int64)
    return np.where(index >= 0, (_START + index).astype("datetime64[ms]"), np.datetime64("NaT", "ms"))


def _monthly(outcome: Outcome, nation: Nation, systems: pd.DataFrame) -> pd.DataFrame:
    kind = nation.municipalities.set_index("code")["type"]
    count = systems["code"].map(kind).value_counts().reindex(list(TYPES), fill_value=0)
    values = _with_all(outcome.monthly)
    table = _months_and_types()
    table["systems"] = np.tile([*count, count.sum()], MONTHS).astype(np.int32)
    table["bodies"] = np.tile(_bodies(nation), MONTHS).astype(np.int32)
    table[list(MONTHLY)] = values.reshape(-1, len(MONTHLY))
    return table


def _money(outcome: Outcome) -> pd.DataFrame:
    yen = np.diff(_with_all(outcome.money), axis=0, prepend=0)
    yen[:, :, [ACCOUNTS.index(source) for source in SOURCES]] *= -1
    table = _months_and_types(len(ACCOUNTS))
    table["account"] = pd.Series(np.tile(np.array(ACCOUNTS, object), len(table) // len(ACCOUNTS)), dtype="str")
    table["yen"] = yen.ravel()
    return table


def _flows(outcome: Outcome, nation: Nation) -> pd.DataFrame:
    bodies = np.array(_bodies(nation), np.float64)
    sums = _with_all(outcome.flows)
    levels = slice(LEVELS, LEVELS + len(PROGRAMMES))
    per_body = np.full(sums[:, :, levels].shape, np.nan)
    np.divide(sums[:, :, levels], bodies[:, None], out=per_body, where=bodies[:, None] > 0)
    sums[:, :, levels] = per_body
    table = _months_and_types()
    table["bodies"] = np.tile(bodies, MONTHS).astype(np.int32)
    table["residents"] = np.repeat(_with_all(_residents_by_type(outcome, nation)), 12, axis=0).ravel()
    table[list(_FLOWS)] = np.delete(sums, np.s_[_FIRST_CASE:_AFTER_CASES], axis=2).reshape(-1, len(_FLOWS))
    return table


def _residents(outcome: Outcome) -> pd.DataFrame:
    cases = _with_all(outcome.flows)[:, :, _FIRST_CASE:_AFTER_CASES]
    by_cohort = cases.reshape(*cases.shape[:2], len(CHANNELS), len(COHORTS)).swapaxes(2, 3)
    table = _months_and_types(len(COHORTS))
    table["cohort"] = pd.Series(np.tile(np.array(COHORTS, object), len(table) // len(COHORTS)), dtype="str")
    table[list(CHANNELS)] = by_cohort.reshape(-1, len(CHANNELS))
    return table


def _residents_by_type(outcome: Outcome, nation: Nation) -> npt.NDArray[np.float64]:
    """Return residents by fiscal year and type."""
    kind = nation.municipalities["type"].to_numpy(object)
    return np.column_stack([outcome.residents[kind == name].sum(axis=0) for name in TYPES])


def _with_all(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return an array by month and type with the sum over types as one more type."""
    return np.concatenate([values, values.sum(axis=1, keepdims=True, dtype=values.dtype)], axis=1)


def _months_and_types(repeated: int = 1) -> pd.DataFrame:
    types = np.repeat(np.array([*TYPES, ALL], object), repeated)
    month = month_starts(np.repeat(np.arange(MONTHS), types.size))
    return pd.DataFrame({"month": month, "type": pd.Series(np.tile(types, MONTHS), dtype="str")})


def _bodies(nation: Nation) -> list[int]:
    count = nation.municipalities["type"].value_counts().reindex(list(TYPES), fill_value=0)
    return [*count, count.sum()]


def _vendors(outcome: Outcome) -> pd.DataFrame:
    count = len(outcome.vendor_names)
    table = pd.DataFrame(outcome.vendors.reshape(MONTHS * count, len(VENDOR)), columns=list(VENDOR))
    table.insert(0, "month", month_starts(np.repeat(np.arange(MONTHS), count)))
    table.insert(1, "vendor", pd.Series(list(outcome.vendor_names) * MONTHS, dtype="str"))
    return table.astype({"shortage": bool, "systems_served": np.int32, "population_served": np.int64})


def _market(outcome: Outcome, vendors: pd.DataFrame) -> pd.DataFrame:
    months = vendors.groupby("month", sort=True)
    table = months[["capacity", "book", "work_done"]].sum()
    table.insert(0, "hhi_systems", concentration(outcome.vendors[:, :, VENDOR.index("systems_served")]))
    table.insert(1, "hhi_population", concentration(outcome.vendors[:, :, VENDOR.index("population_served")]))
    table["shortages"] = months["shortage"].sum().astype(np.int32)
    table[list(NATIONAL)] = outcome.national
    whole = ("groups", "cooperating_bodies", "moves_tested", "moves_accepted", "blocking_moves")
    return table.reset_index().astype(
        {"extension_granted": bool, "fund_balance": np.int64, **dict.fromkeys(whole, np.int32)}
    )


def _systems(outcome: Outcome, nation: Nation, deadline: int) -> pd.DataFrame:
    body, operation = np.nonzero(outcome.state >= 0)
    names = np.array([*outcome.vendor_names, None], object)  # index -1 is "none", here and in causes
    live = outcome.live[body, operation].astype(np.int64)
    reason = outcome.reason[body, operation]
    table = pd.DataFrame(
        {
            "code": nation.municipalities["code"].to_numpy(object)[body],
            "operation": np.array([row.operation for row in operations()], object)[operation],
            "lot": np.array([row.lot for row in operations()], object)[operation],
            "vendor": names[outcome.vendor[body, operation]],
            "legacy_vendor": names[outcome.legacy_vendor[body, operation]],
            "commit": month_starts(outcome.commit[body, operation]),
            "cause": np.array([*CAUSES, None], object)[outcome.cause[body, operation]],
            "order": month_starts(outcome.order[body, operation]),
            "start": month_starts(outcome.start[body, operation]),
            "live": month_starts(live - 1),  # live from the start of a month is live at the end of the month before
            "state": np.array(STATES, object)[outcome.state[body, operation]],
            "late": (live < 0) | (live > deadline),
            "reason": np.array([None, *LATE_REASONS], object)[reason],
            "work": outcome.work[body, operation],
        }
    )
    texts = ("code", "operation", "lot", "vendor", "legacy_vendor", "cause", "state", "reason")
    return table.astype(dict.fromkeys(texts, "str"))


def _municipalities(outcome: Outcome, nation: Nation, systems: pd.DataFrame) -> pd.DataFrame:
    table = nation.municipalities[list(_CARRIED)].reset_index(drop=True)
    codes = table["code"]
    by_body = systems.groupby("code")
    late = systems[systems["late"]]
    of_reason = late.groupby(["code", "reason"]).size().unstack(fill_value=0)
    table["systems"] = _per_body(by_body.size(), codes)
    table["late_systems"] = _per_body(late.groupby("code").size(), codes)
    for reason in LATE_REASONS:
        table[f"late_{reason}"] = _per_body(of_reason.get(reason, pd.Series(dtype=int)), codes)
    table["outstanding_systems"] = _per_body(systems["live"].isna().groupby(systems["code"]).sum(), codes)
    table["readiness"] = outcome.readiness
    table["belief"] = outcome.belief
    table["naive"] = np.asarray(outcome.naive, bool)
    table["main_vendor"] = codes.map(_most_common(systems, "vendor")).astype("str")
    table["first_commit"] = codes.map(by_body["commit"].min())
    table["last_live"] = codes.map(by_body["live"].max()).where(table["outstanding_systems"] == 0)
    further = [_membership(outcome, codes), _work_and_harm(outcome), _costs(outcome, table["population"])]
    return pd.concat([table, *further], axis=1)


def _membership(outcome: Outcome, codes: pd.Series) -> pd.DataFrame:
    body = outcome.municipalities
    group = np.asarray(body["group"], np.int64)
    is_member = group >= 0
    of_group = outcome.groups[np.where(is_member, group, 0)]
    lead = codes.to_numpy(object)[np.asarray(of_group["lead"], np.int64)]
    closing = np.asarray(body["closing"], np.int64)
    return pd.DataFrame(
        {
            "group": pd.Series(np.where(is_member, lead, None), dtype="str"),
            "group_size": np.where(is_member, of_group["members"], 1).astype(np.int32),
            "aide": np.asarray(body["aide"], bool),
            "platform": np.asarray(body["platform"], bool),
            "closing": month_starts(np.where(closing == NEVER, -1, closing)),
        }
    )


def _work_and_harm(outcome: Outcome) -> pd.DataFrame:
    workforce, harm = outcome.workforce, outcome.harm
    columns = {name: np.asarray(workforce[name]) for name in ("staff", "overload", "overloaded_months", "experience")}
    levels = outcome.programmes["level"]
    columns |= {f"level_{name}": levels[:, place].astype(np.int32) for place, name in enumerate(PROGRAMMES)}
    columns |= {name: np.asarray(harm[name]) for name in ("incidents", "affected", "impact", "rollbacks")}
    columns |= {"security_incidents": np.asarray(harm["security_incidents"]), "exposed_records": harm["exposed"]}
    columns |= {channel: outcome.cohorts[f"{channel}_total"].sum(axis=1) for channel in CHANNELS}
    counts = ("overloaded_months", "incidents", "rollbacks", "security_incidents")
    return pd.DataFrame(columns).astype(dict.fromkeys(counts, np.int32))


def _costs(outcome: Outcome, population: pd.Series) -> pd.DataFrame:
    purse, ledger, residents = outcome.purses, outcome.ledger, outcome.residents[:, -1]
    monthly = np.maximum(0.0, purse["legacy"] + purse["new"])
    coordination = 12 * purse["coordination"]
    return pd.DataFrame(
        {
            "residents_2035": residents,
            "baseline_cost": purse["baseline"],
            "running_2035": purse["running_total"].astype(np.int64),
            "baseline_per_resident": _per(purse["baseline"], population.to_numpy(np.float64)),
            "cost_per_resident_2035": _per(purse["running_total"] + coordination, residents),
            "saving": 12 * (monthly * purse["saving"] + purse["grant"]) - coordination,
            "one_off_cost": ledger[:, ONE_OFF],
            "subsidy": -ledger[:, SUBSIDY],
            "own_burden": ledger[:, BURDEN].sum(axis=1) + ledger[:, [SUBSIDY, GRANT]].sum(axis=1),
            "reserve_drawn": -ledger[:, RESERVE],
        }
    )


def _per(part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0))


def _groups(outcome: Outcome, nation: Nation) -> pd.DataFrame:
    codes = nation.municipalities["code"].to_numpy(object)
    number = np.flatnonzero(outcome.groups["members"] > 0)
    group = outcome.groups[number]
    members = [np.flatnonzero(outcome.municipalities["group"] == place) for place in number]
    population = nation.municipalities["population"].to_numpy(np.int64)
    return pd.DataFrame(
        {
            "lead": pd.Series(codes[np.asarray(group["lead"], np.int64)], dtype="str"),
            "members": pd.Series([" ".join(codes[rows]) for rows in members], dtype="str"),
            "size": group["members"].astype(np.int32),
            "population": np.array([population[rows].sum() for rows in members], np.int64),
            "cost": np.asarray(group["cost"]),
            "transaction": np.asarray(group["transaction"]),
            "contract_end": month_starts(group["contract_end"].astype(np.int64) - 1),
        }
    )


def _per_body(values: pd.Series, codes: pd.Series) -> pd.Series:
    return codes.map(values).fillna(0).astype(np.int32)


def _most_common(systems: pd.DataFrame, column: str) -> pd.Series:
    """Return the most frequent value of `column` by code; among equals the first by name."""
    counts = systems.groupby(["code", column], sort=True).size().reset_index(name="count")
    first = counts.sort_values(["code", "count"], ascending=[True, False], kind="stable").drop_duplicates("code")
    return first.set_index("code")[column]
