"""What happened to one municipality, as rows that the page shows when it is clicked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from dxsim.app.settings import Setting
from dxsim.records.biography import biography, cause_words
from dxsim.terms.operations import lots
from dxsim.views.labels import labels, month_text, vendor_label

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation
    from dxsim.records.biography import Biography

TOLD = ("committed", "refused", "joined", "resigned", "breach", "failed_cutover", "withdrawn", "rebooked", "incident")
MOST_EVENTS = 80


def life(nation: Nation, setting: Setting, seed: int, code: str) -> dict[str, Any]:
    """Return the biography of a municipality in the language that is spoken.

    Returns
    -------
    dict
        ``code``, ``rank`` and ``municipalities`` (of readiness at the start), ``baseline_cost`` and ``running_2035``
        (yen a year); ``lots``: a row each with ``lot``, ``decided``, ``cause``, ``live``, ``late``, ``systems``,
        ``reason``, ``vendor``; ``events``: ``month`` and ``words``, at most `MOST_EVENTS`.

    Raises
    ------
    InputError
        If there is no such municipality.
    """
    return _rows(biography(nation, setting.resolved(), seed, code))


def _rows(told: Biography) -> dict[str, Any]:
    about, names = told.about, {lot.lot: lot.name for lot in lots()}
    events = told.events[told.events["kind"].isin(TOLD)].head(MOST_EVENTS)
    return {
        "code": told.code,
        **{key: about[key] for key in ("rank", "municipalities", "baseline_cost", "running_2035")},
        "lots": [
            {
                "lot": names[row["lot"]],
                "decided": _month(row["decided"]),
                "cause": "–" if pd.isna(row["decided"]) else cause_words(row["cause"]),
                "live": _month(row["live"]),
                "late": int(row["late_systems"]),
                "systems": int(row["systems"]),
                "reason": labels()[f"reason_{row['reason']}"] if isinstance(row["reason"], str) else "",
                "vendor": vendor_label(
                    row["last_vendor"] if isinstance(row["last_vendor"], str) else row["legacy_vendor"]
                ),
            }
            for row in told.lots.to_dict("records")
        ],
        "events": [{"month": _month(row["month"]), "words": _words(row)} for row in events.to_dict("records")],
    }


def _words(event: Mapping[Any, Any]) -> str:
    """Return what an event says, with its vendor in words too."""
    words, vendor = str(event["words"]), event["vendor"]
    return words.replace(vendor, vendor_label(vendor)) if isinstance(vendor, str) else words


def _month(month: pd.Timestamp) -> str:
    return "–" if pd.isna(month) else month_text(f"{month:%Y-%m}")
