"""The texts of figures, reports and commands, by key: from ``labels.po`` and, for names of terms, ``words.csv``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from dxsim.language import current_language, either, spoken, texts
from dxsim.scenario.registry import REGISTRY
from dxsim.terms.kpis import find_kpi, words
from dxsim.terms.municipalities import ALL, TYPES
from dxsim.terms.operations import lots

SHOWN_CHANGES = 2

_OWN_DEADLINE = re.compile(r"\s*[（(]\{deadline\}末?[)）]")


def labels() -> Mapping[str, str]:
    """Return the texts by key, in the language that is spoken."""
    return _labels(current_language())


@cache
def _labels(language: str) -> Mapping[str, str]:
    return {**words()[language], **texts("labels", language)}


def month_text(month: str) -> str:
    """Return a month written YYYY-MM as a reader expects it.

    Examples
    --------
    >>> from dxsim.language import in_language
    >>> with in_language("ja"):
    ...     month_text("2026-03")
    '2026年3月'
    """
    year, number = month.split("-")
    return f"{year}年{int(number)}月" if current_language() == "ja" else month


def changes_text(overrides: Mapping[str, object]) -> str:
    """Return what was changed in a scenario as one short text: the first `SHOWN_CHANGES` parameters, and how many more.

    Examples
    --------
    >>> changes_text({"vendor.count": 12, "policy.portability": 0.9, "policy.naming": 1})
    'vendor.count=12, policy.portability=0.9 and 1 more'
    """
    changes = [f"{key}={value}" for key, value in overrides.items()]
    shown, more = ", ".join(changes[:SHOWN_CHANGES]), len(changes) - SHOWN_CHANGES
    return labels()["changes_more"].format(shown=shown, count=more) if more > 0 else shown


def type_label(name: str) -> str:
    """Return what a type of municipality (or "all") is called."""
    if name == ALL:
        return labels()["all"]
    label = either(*TYPES[name])
    return label[:1].upper() + label[1:]


def vendor_label(name: str) -> str:
    """Return what a vendor is called: one that is drawn by its number, with what it sells if that is one lot only.

    Examples
    --------
    >>> vendor_label("family_register 1"), vendor_label("A vendor of a table")
    ('Family register 1', 'A vendor of a table')
    >>> from dxsim.language import in_language
    >>> with in_language("ja"):
    ...     vendor_label("Vendor 02"), vendor_label("health 1")
    ('ベンダー02', '健康管理1')
    """
    what, _, number = name.rpartition(" ")
    sold = {
        "Vendor": labels()["vendor_drawn"],
        **{lot.lot: labels()["vendor_of_lot"].format(lot=lot.name) for lot in lots()},
    }
    return f"{sold[what]}{number}" if what in sold and number.isdigit() else name


def input_label(name: str) -> str:
    """Return what an input of a study is called: a parameter, or one of ``scenario``, ``variant`` and ``dummy``."""
    return spoken(REGISTRY[name].label) if name in REGISTRY else labels()[f"input_{name}"]


def kpi_label(name: str, deadline: str | None = None) -> str:
    """Return what a KPI of a summary is called.

    Parameters
    ----------
    name : str
        As in the column ``kpi`` of a summary.
    deadline : str, optional
        Month of the deadline, YYYY-MM; None where runs with several deadlines share the label.
    """
    kpi, filled = find_kpi(name)
    label = spoken(kpi.label) if deadline else _OWN_DEADLINE.sub("", spoken(kpi.label))
    words = {"deadline": month_text(deadline) if deadline else "", **filled}
    if "month" in filled:
        words["month"] = month_text(filled["month"])
    words |= {f"{key}_label": labels().get(f"{key}_{value}", value) for key, value in filled.items()}
    return label.format(**words)
