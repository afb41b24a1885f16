"""What every column of a sweep's tables means, in English and Japanese, so that the tables can be read without dxsim.

KPIs are explained in ``terms/kpis.csv``, parameters in ``scenario/parameters.csv``, all other columns in
``columns.csv`` beside this file. Types are those of Frictionless table schemas; ``{...}`` stands for a reason, an age
group, a programme, ..., with its words from ``terms/words.csv``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dxsim.files import BYTE_ORDER_MARK
from dxsim.model.codes import HOLD_UPS
from dxsim.scenario.registry import REGISTRY
from dxsim.sweep.layout import MARK_SCHEMA, MARKS
from dxsim.terms.kpis import find_kpi, kpi_table, words

if TYPE_CHECKING:
    from dxsim.sweep.outcomes import Outcomes
    from dxsim.sweep.plan import Plan

TABLE = Path(__file__).with_name("columns.csv")
PLANNED, KPIS, SUMMARY = "plan", "kpis", "summary"
_PARAMETER_TYPES = {"float": "number", "int": "integer"}  # all others are texts
_DEADLINE = "policy.deadline"  # KPIs at the deadline are at that of each run


@dataclass(frozen=True)
class Entry:
    """One column: of which table, of what type and unit, and what it means.

    `definition` is how a KPI is computed or between which bounds a parameter is, `missing` when a KPI has no value.
    """

    table: str
    column: str
    type: str
    unit: str
    meaning_en: str
    meaning_ja: str
    definition: str = ""
    missing: str = ""


def dictionary() -> list[Entry]:
    """Return an entry for every column that a table of a sweep can have; those of a kind (``{...}``) have one."""
    return [
        *_kept(PLANNED),
        *(_parameter(name) for name in REGISTRY),
        *_kept(KPIS),
        *(_kpi(name) for name in kpi_table()),
        *(entry for entry in _columns().values() if entry.table not in (PLANNED, KPIS)),
    ]


def describe_column(table: str, column: str) -> Entry:
    """Return the entry of a column of a table.

    Parameters
    ----------
    table : str
        ``plan``, ``kpis``, ``strata``, ``months``, ``municipalities``, ``runs`` or ``summary``.
    column : str
        As it stands in the table.

    Raises
    ------
    KeyError
        If it is not known.

    Examples
    --------
    >>> describe_column("months", "level_data").meaning_en
    'Mean level of data sharing, empty without municipalities'
    """
    if (table, column) in _columns():
        return _columns()[table, column]
    if table == PLANNED:
        return _parameter(column)
    if table == KPIS:
        return _kpi(column)
    for entry in _kept(table):
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>.+)", entry.column), column)
        if found:
            return _filled(entry, column, found.groupdict())
    raise KeyError((table, column))


def dictionary_text(plan: Plan, kpis: Sequence[str], outcomes: Outcomes) -> str:
    """Return ``dictionary.csv`` of a sweep: a row for each column of its tables, in their order.

    Parameters
    ----------
    plan : Plan
        Of the sweep.
    kpis : sequence of str
        KPIs that are recorded.
    outcomes : Outcomes
        What else is.
    """
    tables = {PLANNED: list(plan.table.columns), KPIS: ["run", *kpis]}
    if outcomes.strata:
        tables["strata"] = [column for entry in _kept("strata") for column in _by_hold_up(entry.column)]
    if outcomes.months:
        tables["months"] = ["run", "month", "type", *outcomes.months.columns]
    if outcomes.municipalities:
        tables["municipalities"] = ["run", "code", *outcomes.municipalities]
    tables |= {MARKS: MARK_SCHEMA.names, SUMMARY: [entry.column for entry in _kept(SUMMARY)]}
    rows = [describe_column(table, column) for table, columns in tables.items() for column in columns]
    text = io.StringIO()
    text.write(BYTE_ORDER_MARK)  # people open it in a spreadsheet, for its Japanese
    writer = csv.DictWriter(text, [field.name for field in fields(Entry)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()


@cache
def _columns() -> Mapping[tuple[str, str], Entry]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {(row["table"], row["column"]): Entry(**row) for row in csv.DictReader(file)}


def _by_hold_up(column: str) -> list[str]:
    """Return a column, or where its name has a blank for them one for each thing that holds a system up."""
    return [column.format(hold_up=hold_up) for hold_up in HOLD_UPS] if "{hold_up}" in column else [column]


def _kept(table: str) -> Iterator[Entry]:
    return (entry for entry in _columns().values() if entry.table == table)


def _parameter(name: str) -> Entry:
    parameter = REGISTRY[name]
    type_, label = _PARAMETER_TYPES.get(parameter.type, "string"), parameter.label
    bounds = ", ".join(parameter.choices) or f"{parameter.minimum} – {parameter.maximum}"
    return Entry(PLANNED, name, type_, parameter.unit, label["en"], label["ja"], bounds)


def _kpi(name: str) -> Entry:
    kpi, filled = find_kpi(name)
    of_kind = {field: f"{{{field}}}" for field in re.findall(r"\{(\w+)\}", kpi.label["en"] + kpi.label["ja"])}
    label = {
        language: text.format(**{**of_kind, "deadline": _DEADLINE, **filled}) for language, text in kpi.label.items()
    }
    return Entry(KPIS, name, "number", kpi.unit, label["en"], label["ja"], kpi.formula, kpi.missing)


def _filled(entry: Entry, column: str, filled: Mapping[str, str]) -> Entry:
    labels = {
        language: {f"{key}_label": names[f"{key}_{value}"] for key, value in filled.items()}
        for language, names in words().items()
    }
    meanings = entry.meaning_en.format(**labels["en"]), entry.meaning_ja.format(**labels["ja"])
    return Entry(entry.table, column, entry.type, entry.unit, *meanings)
