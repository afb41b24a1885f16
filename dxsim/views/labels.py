"""Every text that dxsim shows, in English and Japanese, from ``labels.csv`` and, for names in KPIs, ``words.csv``."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache

from dxsim.files import PACKAGE
from dxsim.terms.kpis import find_kpi

LANGUAGES = ("en", "ja")
SHOWN_CHANGES = 2
TABLES = (PACKAGE / "terms" / "words.csv", PACKAGE / "views" / "labels.csv")

_OWN_DEADLINE = re.compile(r"\s*[（(]\{deadline\}末?[)）]")


@cache
def labels(language: str) -> Mapping[str, str]:
    """Return the texts of a language, "en" or "ja", by key."""
    texts: dict[str, str] = {}
    for table in TABLES:
        with table.open(encoding="utf-8", newline="") as file:
            texts |= {row["key"]: row[language] for row in csv.DictReader(file)}
    return texts


def month_text(month: str, language: str) -> str:
    """Return a month written YYYY-MM as a reader of `language` expects it.

    Examples
    --------
    >>> month_text("2026-03", "ja")
    '2026年3月'
    """
    year, number = month.split("-")
    return f"{year}年{int(number)}月" if language == "ja" else month


def changes_text(overrides: Mapping[str, object], language: str) -> str:
    """Return what was changed in a scenario as one short text: the first `SHOWN_CHANGES` parameters, and how many more.

    Examples
    --------
    >>> changes_text({"vendor.count": 12, "policy.portability": 0.9, "policy.enforcement": 0}, "en")
    'vendor.count=12, policy.portability=0.9 and 1 more'
    """
    changes = [f"{key}={value}" for key, value in overrides.items()]
    shown, more = ", ".join(changes[:SHOWN_CHANGES]), len(changes) - SHOWN_CHANGES
    return labels(language)["changes_more"].format(shown=shown, count=more) if more > 0 else shown


def type_label(name: str, language: str) -> str:
    """Return what a type of municipality (or "all") is called."""
    from dxsim.terms.municipalities import ALL, TYPES

    if name == ALL:
        return labels(language)["all"]
    label = TYPES[name][LANGUAGES.index(language)]
    return label[:1].upper() + label[1:]


def kpi_label(name: str, language: str, deadline: str | None = None) -> str:
    """Return what a KPI of a summary is called.

    Parameters
    ----------
    name : str
        As in the column ``kpi`` of a summary.
    language : str
        "en" or "ja".
    deadline : str, optional
        Month of the deadline, YYYY-MM; None where runs with several deadlines share the label.
    """
    kpi, filled = find_kpi(name)
    label = kpi.label[language] if deadline else _OWN_DEADLINE.sub("", kpi.label[language])
    words = {"deadline": month_text(deadline, language) if deadline else "", **filled}
    if "month" in filled:
        words["month"] = month_text(filled["month"], language)
    words |= {f"{key}_label": labels(language).get(f"{key}_{value}", value) for key, value in filled.items()}
    return label.format(**words)
