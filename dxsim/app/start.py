"""What the page gets once: texts in both languages, levers, scenarios, lessons, colours."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from dxsim import __version__
from dxsim.app.lessons import LESSONS
from dxsim.app.limiting_case import LIMITING_CASE
from dxsim.app.nations import NATIONS
from dxsim.app.runs import KPIS, LAYERS, SERIES, STRATA
from dxsim.app.settings import HAZARD, LEVERS, Lever, Setting, known_scenarios, values_of
from dxsim.app.themes import THEMES
from dxsim.language import by_language, current_language, either, texts
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.scenario.registry import REGISTRY, Value
from dxsim.terms.calendar import MONTHS, month_index, month_name
from dxsim.terms.municipalities import TYPES
from dxsim.views.labels import labels
from dxsim.views.style import TYPE_COLOURS


@cache
def start() -> dict[str, Any]:
    """Return what the page needs before its first run."""
    return {
        "version": __version__,
        "texts": by_language(lambda: {**_texts(), **_names()}),
        "months": [month_name(month) for month in range(MONTHS)],
        "nations": NATIONS,
        "layers": LAYERS,
        "series": SERIES,
        "kpis": KPIS,
        "strata": STRATA,
        "types": list(TYPES),
        "size_classes": SIZE_CLASSES,
        "levers": [_lever(lever) for lever in LEVERS],
        "hazard": _lever(HAZARD),
        "scenarios": [_scenario(name) for name in known_scenarios()],
        "themes": {theme: list(names) for theme, names in THEMES.items()},
        "limiting_case": LIMITING_CASE,
        "lessons": [lesson.about() for lesson in LESSONS],
        "colours": {"types": list(TYPE_COLOURS.values())},
    }


def _texts() -> Mapping[str, str]:
    """Return the texts of the pages and the lessons, by key."""
    return {**texts("app", current_language()), **texts("lessons", current_language())}


def _names() -> dict[str, str]:
    """Return names of what the model knows, as keys ``type_town``, ``size_under_5k``, ..."""
    words = labels()
    return {
        **{f"type_{name}": either(*label) for name, label in TYPES.items()},
        "type_all": words["all"],
        **{f"size_{name}": words[f"size_class_{name}"] for name in SIZE_CLASSES},
    }


def _lever(lever: Lever) -> dict[str, Any]:
    parameter = REGISTRY[lever.key]
    ends: dict[str, Any] = {"low": lever.low, "high": lever.high, "step": lever.step}
    if parameter.type.startswith("month"):
        first, last = month_index(str(lever.low)), month_index(str(lever.high))
        ends |= {"values": [month_name(month) for month in range(first, last + 1, int(lever.step))]}
    elif parameter.type == "choice":
        ends |= {"values": list(parameter.choices)}
    return {
        "key": lever.key,
        "type": parameter.type,
        "isShare": parameter.unit.startswith("share"),
        "bounds": [parameter.minimum, parameter.maximum],
        "also": dict(lever.also),
        **ends,
    }


def _scenario(name: str) -> dict[str, Any]:
    setting = Setting(NATIONS[0], name, ())
    values: dict[str, Value] = values_of(setting, [lever.key for lever in (*LEVERS, HAZARD)])
    scenario = setting.resolved()
    if name == LIMITING_CASE:
        title = by_language(lambda: _texts()["limit_title"])
        meaning = by_language(lambda: _texts()["limit_meaning"])
    else:
        title, meaning = dict(scenario.title), dict(scenario.meaning)
    told = [(event.month, event.text) for event in scenario.announcements]
    told += [(event.month, event.text) for event in scenario.vendor_events]
    events = [{"month": month, "text": dict(text)} for month, text in sorted(told, key=lambda event: event[0])]
    return {"name": name, "title": title, "meaning": meaning, "values": values, "events": events}
