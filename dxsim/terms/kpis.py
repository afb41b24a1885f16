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

from dxsim.files import PACKAGE
from dxsim.language import LANGUAGES
from dxsim.terms.calendar import month_name

LIVE_MONTHS = ("2026-01", "2027-03", "2031-03")
LIVE_PERCENTAGES = (50, 90, 95)
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
    with (PACKAGE / "terms" / "kpis.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["kpi"]: Kpi(
                **{column: row[column] for column in _COLUMNS},
                label={language: row[f"label_{language}"] for language in LANGUAGES},
            )
            for row in csv.DictReader(file)
        }


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """Return what the parts of a nation are called in labels, by language and key."""
    with (PACKAGE / "terms" / "words.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {language: {row["key"]: row[language] for row in rows} for language in LANGUAGES}


def kpi_names(surveys: Sequence[int]) -> tuple[str, ...]:
    """Return the names of the KPIs of runs with these surveys, in the order of ``kpis.csv``.

    What stands for ``{...}`` in a name is a month, a percentage, or one of the keys of ``words.csv``.
    """
    names: list[str] = []
    for kpi, row in kpi_table().items():
        months = [month_name(survey) for survey in surveys] if row.frequency == "survey" else LIVE_MONTHS
        brace = re.search(r"\{(\w+)\}", kpi)
        match brace[1] if brace else None:
            case None:
                values: Sequence[str] = ("",)
            case "month":
                values = [month.replace("-", "_") for month in months]
            case "percent":
                values = [str(percentage) for percentage in LIVE_PERCENTAGES]
            case part:
                values = [key.removeprefix(f"{part}_") for key in words()["en"] if key.startswith(f"{part}_")]
        names += [re.sub(r"\{\w+\}", value, kpi) for value in values]
    return tuple(names)


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
