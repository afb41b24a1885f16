"""What may stand in a scenario file, and one file read and checked; the resolved scenario is in ``scenario.py``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from dxsim.errors import InputError, Problem, nearest, say
from dxsim.scenario.months import MONTHS, month_index, month_name
from dxsim.scenario.plain_yaml import Document, Location, read_yaml
from dxsim.scenario.registry import GROUPS, REGISTRY, Value, unknown

Kpi = Literal[
    "late_share",
    "bodies_late_share",
    "mean_late_systems",
    "live_share_2026_01",
    "live_share_2027_03",
    "live_share_2031_03",
    "hhi_systems",
    "switch_rate",
]
_NAME = re.compile(r"[\w-]{1,60}")


def _month_of_calendar(value: object) -> object:
    with suppress(ValueError):
        if isinstance(value, str) and 0 <= month_index(value) < MONTHS:
            return value
    first, last = month_name(0), month_name(MONTHS - 1)
    raise ValueError(say("must be a month from {first} to {last}, written YYYY-MM", first=first, last=last))


Month = Annotated[str, BeforeValidator(_month_of_calendar)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Plain(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class BilingualText(_Plain):
    """A text in English, in Japanese or in both; the one stands in for the other."""

    en: Line | None = None
    ja: Line | None = None

    def texts(self) -> dict[str, str]:
        """Return the text by language."""
        return {"en": self.en or self.ja or "", "ja": self.ja or self.en or ""}


def _in_either_language(value: object) -> object:
    return value if isinstance(value, dict) else {"en": value}


Caption = Annotated[BilingualText, BeforeValidator(_in_either_language)]  # a plain text is for both languages


class ExpectationEntry(_Plain):
    """How a figure differs from that of the scenario which this one extends."""

    kpi: Kpi
    direction: Literal["lower", "higher", "same"]
    because: Line


class AnnouncementEntry(_Plain):
    """A national statement: beliefs in an extension move towards `signal`."""

    month: Month
    signal: Share
    text: Caption


class VendorEventEntry(_Plain):
    """What happens to vendors, by their rank in size, from a month on."""

    month: Month
    vendors: Annotated[list[Annotated[int, Field(ge=1, le=64)]], Field(min_length=1, max_length=64)]
    capacity_factor: Annotated[float, Field(ge=0, le=10)] = 1.0
    withdrawn_lots: list[Line] = []
    text: Caption


class ScenarioEntries(_Plain):
    """The keys of a scenario file. A list that is left out is that of the scenario which this one extends."""

    name: Line
    title: BilingualText
    meaning: BilingualText
    sources: list[Line] = []
    extends: Line | None = None
    expected: list[ExpectationEntry] = []
    parameters: dict[str, dict[str, Any]] = {}
    announcements: list[AnnouncementEntry] | None = None
    vendor_events: list[VendorEventEntry] | None = None
    surveys: list[Month] | None = None


@dataclass(frozen=True)
class ScenarioFile:
    """One scenario file, checked."""

    path: Path
    entries: ScenarioEntries
    values: dict[str, Value]
    extends_where: str


def read_scenario_file(path: Path) -> ScenarioFile:
    """Read and check one scenario file.

    Raises
    ------
    InputError
        With every problem, in the order of its lines.
    """
    document = read_yaml(path)
    problems = list(document.problems)
    entries = None
    if isinstance(document.data, dict):
        values, refused = _parameters(document, document.data.get("parameters"))
        problems += refused
        try:
            entries = ScenarioEntries.model_validate(document.data)
        except ValidationError as error:
            problems += [_explain(document, fault) for fault in error.errors(include_url=False)]
        else:
            problems += _faults(document, entries)
    else:
        problems.append(document.problem((), say("expected keys such as name, title and meaning")))
    if problems or entries is None:
        raise InputError(say("scenario file {file}", file=path), sorted(problems, key=lambda problem: problem.line))
    return ScenarioFile(path, entries, values, document.where(("extends",)))


def _faults(document: Document, entries: ScenarioEntries) -> list[Problem]:
    """Return what is wrong with names, texts and ranks of vendors whose types are right."""
    problems = []
    if not _NAME.fullmatch(entries.name):
        problems.append(document.problem(("name",), say("a name has letters, digits, _ and - only, at most 60")))
    elif entries.name != document.path.stem:
        what = say("must be the file's own name, '{stem}' (got '{name}')", stem=document.path.stem, name=entries.name)
        problems.append(document.problem(("name",), what))
    texts: dict[Location, BilingualText] = {("title",): entries.title, ("meaning",): entries.meaning}
    for key in ("announcements", "vendor_events"):
        texts |= {(key, place, "text"): event.text for place, event in enumerate(getattr(entries, key) or [])}
    problems += [
        document.problem(location, say("needs a text in en, in ja or in both"))
        for location, text in texts.items()
        if not any(text.texts().values())
    ]
    problems += [
        document.problem(("vendor_events", place, "vendors"), say("{key} is given twice", key=rank))
        for place, event in enumerate(entries.vendor_events or [])
        for rank in sorted({rank for rank in event.vendors if event.vendors.count(rank) > 1})
    ]
    return problems


def _parameters(document: Document, section: object) -> tuple[dict[str, Value], list[Problem]]:
    """Return the checked values of the section ``parameters`` by full name, and what is wrong with it."""
    values: dict[str, Value] = {}
    problems = []
    for group, members in (section if isinstance(section, dict) else {}).items():
        if group not in GROUPS:
            hint = nearest(group, GROUPS) or say("; the groups are {groups}", groups=", ".join(GROUPS))
            what = say("no such group of parameters{hint}", hint=hint)
            problems.append(document.problem(("parameters", group), what))
            continue
        for name, value in (members if isinstance(members, dict) else {}).items():
            location: Location = ("parameters", group, name)
            key = f"{group}.{name}"
            if key not in REGISTRY:
                problems.append(document.problem(location, unknown(key)))
                continue
            try:
                values[key] = REGISTRY[key].read(value)
            except ValueError as error:
                problems.append(document.problem(location, str(error), with_key=False))
    return values, problems


def _explain(document: Document, fault: Mapping[str, Any]) -> Problem:
    """Return one of pydantic's faults in words that name the line, the key and the way out."""
    location: Location = fault["loc"]
    if fault["type"] == "extra_forbidden":
        what = say("no such key{hint}", hint=nearest(str(location[-1]), _keys(location[:-1])))
    elif fault["type"] == "missing":
        what = say("is missing")
    else:
        what = say("{must} (got {value})", must=_must(fault), value=_short(fault["input"]))
        if isinstance(fault["input"], str) and fault["type"] == "literal_error":
            what += nearest(fault["input"], get_args(Kpi) if location[-1] == "kpi" else ("lower", "higher", "same"))
    return document.problem(location, what)


def _must(fault: Mapping[str, Any]) -> str:
    """Return what a value must be."""
    context = fault.get("ctx", {})
    match fault["type"]:
        case "value_error":
            return str(context["error"])
        case "model_type" | "dict_type":
            return say("must have keys of its own")
        case "list_type":
            return say("must be a list")
        case "string_type":
            return say("must be text")
        case "int_type":
            return say("must be a whole number")
        case "float_type":
            return say("must be a number")
        case "too_short" | "string_too_short":
            return say("must not be empty")
        case "too_long":
            return say("must have at most {max_length} entries", **context)
        case "string_too_long":
            return say("must have at most {max_length} characters", **context)
        case "finite_number":
            return say("must be a finite number")
        case "greater_than_equal":
            return say("must be greater than or equal to {ge:g}", **context)
        case "less_than_equal":
            return say("must be less than or equal to {le:g}", **context)
        case "literal_error":
            others, _, last = context["expected"].rpartition(" or ")
            return say("must be {others} or {last}", others=others, last=last)
        case _:
            return str(fault["msg"])


def _short(value: object) -> str:
    kind = {dict: say("a list of keys"), list: say("a list"), type(None): say("nothing")}.get(type(value))
    return kind or (repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:57]}...")


def _keys(location: Location) -> tuple[str, ...]:
    """Return the keys that may stand at `location`."""
    models: dict[str, type[BaseModel]] = {
        "title": BilingualText,
        "meaning": BilingualText,
        "expected": ExpectationEntry,
        "announcements": AnnouncementEntry,
        "vendor_events": VendorEventEntry,
    }
    model = models[str(location[0])] if location else ScenarioEntries
    if location[-1:] == ("text",):
        model = BilingualText
    return tuple(model.model_fields)
