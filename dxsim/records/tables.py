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

from dxsim.model.state import CAUSES, MONTHLY, NATIONAL, REASONS, STATES, VENDOR
from dxsim.nation.operations import operations
from dxsim.nation.schema import TYPES
from dxsim.scenario.months import FIRST_MONTH, FIRST_YEAR, MONTHS

if TYPE_CHECKING:
    from dxsim.model.run import Outcome
    from dxsim.nation.nation import Nation

TABLES = ("monthly", "market", "vendors", "municipalities", "systems", "summary")
ALL = "all"
LATE_REASONS = REASONS[1:]
_START = np.datetime64(f"{FIRST_YEAR}-{FIRST_MONTH:02d}", "M")
_CARRIED = ("code", "name", "prefecture", "prefecture_name", "type", "population", "x_km", "y_km")
_HHI_SCALE = 10_000.0


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
    market : pandas.DataFrame
        One row per month: ``hhi_systems`` and ``hhi_population`` (0 to 10,000), sums over vendors of ``capacity``,
        ``book`` and ``work_done`` (reference jobs), ``shortages`` (vendors that announce a shortage in that month),
        mean ``belief`` in an extension and whether it is granted.
    vendors : pandas.DataFrame
        One row per month and vendor: ``capacity``, ``book``, ``work_done``, ``queue_wait`` (months of work in the book
        at the present output), ``shortage`` (announced in that month), ``systems_served``, ``population_served``.
    municipalities : pandas.DataFrame
        One row each, final state: ``systems``, ``late_systems`` (at the deadline) in all and by reason,
        ``outstanding_systems`` (not live in the last month), ``readiness`` (sd), ``belief``, ``naive``,
        ``main_vendor``, ``first_commit``, ``last_live`` (NaT unless all are live).
    systems : pandas.DataFrame
        One row per municipality and operation that applies to it: ``code``, ``operation``, ``lot``, ``vendor``,
        ``legacy_vendor``, months ``commit``, ``order`` (the first one), ``start``, ``live``, the ``cause`` of the
        commitment, final ``state``, ``late`` (at the deadline), ``reason`` (R1 to R5, missing when on time), ``work``
        (reference jobs).
    summary : pandas.DataFrame
        ``kpi``, ``value``, ``unit``; what each means stands in ``kpis.csv``.
    manifest : mapping
        Versions, configuration, hashes and seed: all that is needed to run this again.
    """

    monthly: pd.DataFrame
    market: pd.DataFrame
    vendors: pd.DataFrame
    municipalities: pd.DataFrame
    systems: pd.DataFrame
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
    return {
        "monthly": _monthly(outcome, nation, systems),
        "market": _market(outcome, vendors),
        "vendors": vendors,
        "municipalities": _municipalities(outcome, nation, systems),
        "systems": systems,
    }


def month_starts(indices: npt.ArrayLike) -> npt.NDArray[np.datetime64]:
    """Return month indices as dates; below zero is NaT."""
    index = np.asarray(indices, np.int64)
    return np.where(index >= 0, (_START + index).astype("datetime64[ms]"), np.datetime64("NaT", "ms"))


def _monthly(outcome: Outcome, nation: Nation, systems: pd.DataFrame) -> pd.DataFrame:
    types = list(TYPES)
    kind = nation.municipalities.set_index("code")["type"]
    count = systems["code"].map(kind).value_counts().reindex(types, fill_value=0)
    bodies = kind.value_counts().reindex(types, fill_value=0)
    everybody = outcome.monthly.sum(axis=1, keepdims=True, dtype=np.int32)
    values = np.concatenate([outcome.monthly, everybody], axis=1)
    groups = len(types) + 1
    table = pd.DataFrame(values.reshape(MONTHS * groups, len(MONTHLY)), columns=list(MONTHLY))
    table.insert(0, "month", month_starts(np.repeat(np.arange(MONTHS), groups)))
    table.insert(1, "type", np.tile([*types, ALL], MONTHS).astype(object))
    table.insert(2, "systems", np.tile([*count, count.sum()], MONTHS).astype(np.int32))
    table.insert(3, "bodies", np.tile([*bodies, bodies.sum()], MONTHS).astype(np.int32))
    return table.astype({"type": "str"})


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
    return table.reset_index().astype({"extension_granted": bool})


def concentration(served: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the Herfindahl-Hirschman index over the last axis, 0 to 10,000; nan where nothing is served.

    Examples
    --------
    >>> concentration(np.array([[1.0, 1.0], [3.0, 0.0]])).tolist()
    [5000.0, 10000.0]
    """
    total = served.sum(axis=-1, keepdims=True)
    share = np.divide(served, total, out=np.full(served.shape, np.nan), where=total > 0)
    return np.asarray(_HHI_SCALE * (share**2).sum(axis=-1))


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
    return table


def _per_body(values: pd.Series, codes: pd.Series) -> pd.Series:
    return codes.map(values).fillna(0).astype(np.int32)


def _most_common(systems: pd.DataFrame, column: str) -> pd.Series:
    """Return the most frequent value of `column` by code; among equals the first by name."""
    counts = systems.groupby(["code", column], sort=True).size().reset_index(name="count")
    first = counts.sort_values(["code", "count"], ascending=[True, False], kind="stable").drop_duplicates("code")
    return first.set_index("code")[column]
