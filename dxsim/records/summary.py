"""The KPIs of a run. What each is called, its unit, direction and formula stand in one table, ``kpis.csv``.

Columns of that table: ``direction`` says whether more or less of it is better; ``level`` is the finest level at which
records hold it, ``frequency`` how often they do (``once``: for the run as a whole); ``missing`` says when it is nan.
``formula_ja`` and ``missing_ja`` say the same in Japanese.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from dxsim.files import PACKAGE

if TYPE_CHECKING:
    import pandas as pd

    from dxsim.records.findings import Findings

_COLUMNS = ("kpi", "unit", "direction", "level", "frequency", "formula", "missing", "formula_ja", "missing_ja")


@dataclass(frozen=True)
class Kpi:
    """One row of ``kpis.csv``; ``{...}`` in its name and labels stands for a month, a reason, an age group, ..."""

    kpi: str
    unit: str
    direction: str
    level: str
    frequency: str
    formula: str
    missing: str
    formula_ja: str
    missing_ja: str
    label: Mapping[str, str]


@cache
def kpi_table() -> Mapping[str, Kpi]:
    """Return the KPIs by name, in the order of the table."""
    with (PACKAGE / "records" / "kpis.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["kpi"]: Kpi(
                **{column: row[column] for column in _COLUMNS},
                label={language: row[f"label_{language}"] for language in ("en", "ja")},
            )
            for row in csv.DictReader(file)
        }


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """Return what the parts of a nation are called in labels, by language and key."""
    with (PACKAGE / "records" / "words.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {language: {row["key"]: row[language] for row in rows} for language in ("en", "ja")}


@cache
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
            filled = {key: value.replace("_", "-") for key, value in found.groupdict().items()}
            return _worded(kpi, found.groupdict()), filled
    raise KeyError(name)


def _worded(kpi: Kpi, filled: Mapping[str, str]) -> Kpi:
    """Return a row with the words for what its braces stand for in its labels, where ``words.csv`` has them."""
    label = dict(kpi.label)
    for language, known in words().items():
        for key, value in filled.items():
            if f"{key}_{value}" in known:
                label[language] = label[language].replace(f"{{{key}_label}}", known[f"{key}_{value}"])
    return replace(kpi, label=label)


def summarise(found: Findings, surveys: Sequence[int]) -> pd.DataFrame:
    """Return the KPIs of a run; parameters as those of `dxsim.records.indicators.indicators`.

    Returns
    -------
    pandas.DataFrame
        Columns kpi, value (nan where the table's ``missing`` applies), unit.
    """
    import pandas as pd

    from dxsim.records.indicators import indicators

    values = indicators(found, surveys)
    return pd.DataFrame(
        {
            "kpi": pd.Series(list(values), dtype="str"),
            "value": list(values.values()),
            "unit": pd.Series([find_kpi(kpi)[0].unit for kpi in values], dtype="str"),
        }
    )
