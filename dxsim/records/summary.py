"""The KPIs of a run. What each is called, its unit, direction and formula stand in one table, ``kpis.csv``."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from dxsim.files import PACKAGE
from dxsim.scenario.months import MONTHS, month_index, month_name

if TYPE_CHECKING:
    import pandas as pd

LIVE_MONTHS = ("2026-01", "2027-03", "2031-03")
LIVE_PERCENTAGES = (50, 90, 95)
MANY_LATE = 10  # systems; "late with nearly everything"


@dataclass(frozen=True)
class Kpi:
    """One row of ``kpis.csv``; ``{...}`` in its name and labels stands for a month, a reason or a percentage."""

    kpi: str
    unit: str
    direction: str
    formula: str
    missing: str
    label: Mapping[str, str]


@cache
def kpi_table() -> Mapping[str, Kpi]:
    """Return the KPIs by name, in the order of the table."""
    with (PACKAGE / "records" / "kpis.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["kpi"]: Kpi(
                **{column: row[column] for column in ("kpi", "unit", "direction", "formula", "missing")},
                label={language: row[f"label_{language}"] for language in ("en", "ja")},
            )
            for row in csv.DictReader(file)
        }


def find_kpi(name: str) -> tuple[Kpi, Mapping[str, str]]:
    """Return the row of the table for a KPI of a summary, and what its braces stand for.

    Examples
    --------
    >>> row, filled = find_kpi("declared_systems_2025_07")
    >>> row.unit, filled
    ('systems', {'month': '2025-07'})
    """
    if name in kpi_table():
        return kpi_table()[name], {}
    for kpi in kpi_table().values():
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>.+)", kpi.kpi), name)
        if found:
            return kpi, {key: value.replace("_", "-") for key, value in found.groupdict().items()}
    raise KeyError(name)


def summarise(tables: Mapping[str, pd.DataFrame], deadline: int, surveys: Sequence[int]) -> pd.DataFrame:
    """Return the KPIs of a run.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        As `dxsim.records.tables.outcome_tables` gives them.
    deadline : int
        Index of the first month after the deadline.
    surveys : sequence of int
        Months at whose ends municipalities declare.

    Returns
    -------
    pandas.DataFrame
        Columns kpi, value (nan where the table's ``missing`` applies), unit.
    """
    import pandas as pd

    nation = tables["monthly"].query("type == 'all'").reset_index(drop=True)  # row t is month t
    systems, bodies = tables["systems"], tables["municipalities"]
    live = nation["live"] / nation["systems"]
    late = systems[systems["late"]]
    affected = int((bodies["late_systems"] > 0).sum())
    values = {"live_share_deadline": live[deadline - 1]}
    values |= {f"live_share_{month.replace('-', '_')}": live[month_index(month)] for month in LIVE_MONTHS}
    values["late_share"] = systems["late"].mean()
    values |= {
        f"late_reason_share_{reason}": _ratio((late["reason"] == reason).sum(), len(late))
        for reason in ("R1", "R2", "R3", "R4", "R5")
    }
    values["bodies_late_share"] = (bodies["late_systems"] > 0).mean()
    values["bodies_late_10_share"] = (bodies["late_systems"] >= MANY_LATE).mean()
    values["mean_late_systems"] = _ratio(len(late), affected)
    for survey in surveys:
        month = month_name(survey).replace("-", "_")
        values[f"declared_systems_{month}"] = nation.filter(like="declared_R").loc[survey].sum()
        values[f"declared_bodies_{month}"] = nation["bodies_declared"][survey]
    for percentage in LIVE_PERCENTAGES:
        reached = live[live >= percentage / 100].index
        values[f"months_to_live_{percentage}"] = reached[0] + 1 if len(reached) else float("nan")
    for measure in ("hhi_systems", "hhi_population"):
        values[f"{measure}_start"] = tables["market"][measure][0]
        values[measure] = tables["market"][measure][MONTHS - 1]
    values["switch_rate"] = _switch_rate(systems)
    return pd.DataFrame(
        {
            "kpi": pd.Series(list(values), dtype="str"),
            "value": [float(value) for value in values.values()],
            "unit": pd.Series([find_kpi(kpi)[0].unit for kpi in values], dtype="str"),
        }
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _switch_rate(systems: pd.DataFrame) -> float:
    changed = systems["vendor"] != systems["legacy_vendor"]
    return float(changed.groupby([systems["code"], systems["lot"]]).any().mean())
