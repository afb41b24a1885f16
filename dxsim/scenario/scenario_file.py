"""What may stand in a scenario file, and one file read and checked; the resolved scenario is in ``scenario.py``."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say
from dxsim.scenario.entries import NAME, BilingualText, Caption, Line, PlainEntries, explain, name_rule, one_of, short
from dxsim.scenario.plain_yaml import Document, Location, read_yaml
from dxsim.scenario.policies import BODY_LEVERS
from dxsim.scenario.registry import GROUPS, REGISTRY, Parameter, Value, unknown
from dxsim.terms.calendar import MONTHS, month_index, month_name
from dxsim.terms.kpis import kpi_names
from dxsim.terms.municipalities import CODE_DIGITS, PREFECTURE_DIGITS, PREFECTURES, TYPES
from dxsim.terms.operations import MOST_VENDORS

Direction = Literal["lower", "higher", "same"]
How = Literal["set", "add", "multiply"]
TypeName = Annotated[str, one_of(tuple(TYPES))]


def _month_of_calendar(value: object) -> object:
    with suppress(ValueError):
        if isinstance(value, str) and 0 <= month_index(value) < MONTHS:
            return value
    first, last = month_name(0), month_name(MONTHS - 1)
    raise ValueError(say("must be a month from {first} to {last}, written YYYY-MM", first=first, last=last))


def _digits(value: object, count: int) -> str:
    """Return a code of so many digits; YAML reads 13101 as a number, and 01100 as text."""
    text = f"{value:0{count}d}" if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(f"[0-9]{{{count}}}", text):
        raise ValueError(say("must be a code of {count} digits", count=count))
    return text


def _prefecture(value: object) -> str:
    text = _digits(value, PREFECTURE_DIGITS)
    if not 1 <= int(text) <= PREFECTURES:
        raise ValueError(say("must be a prefecture's number from 01 to {last}", last=PREFECTURES))
    return text


def _code(value: object) -> str:
    return _digits(value, CODE_DIGITS)


Month = Annotated[str, BeforeValidator(_month_of_calendar)]
Share = Annotated[float, Field(ge=0, le=1)]
Persons = Annotated[float, Field(ge=0)]
VendorRank = Annotated[int, Field(ge=1, le=MOST_VENDORS)]
Prefecture = Annotated[str, BeforeValidator(_prefecture)]
Code = Annotated[str, BeforeValidator(_code)]


class ExpectationEntry(PlainEntries):
    """How a figure differs from that of the scenario which this one extends."""

    kpi: Line
    direction: Direction
    because: Line


class AnnouncementEntry(PlainEntries):
    """A national statement: beliefs in an extension move towards `signal`."""

    month: Month
    signal: Share
    text: Caption


class VendorEventEntry(PlainEntries):
    """What happens to vendors, by their rank in size, from a month on."""

    month: Month
    vendors: Annotated[list[VendorRank], Field(min_length=1, max_length=MOST_VENDORS)]
    capacity_factor: Annotated[float, Field(ge=0, le=10)] = 1.0
    withdrawn_lots: list[Line] = Field(default_factory=list)
    text: Caption


class WhoEntry(PlainEntries):
    """For whom a policy is: all the given conditions must hold."""

    types: Annotated[list[TypeName], Field(min_length=1)] | None = None
    population_from: Persons | None = None
    population_below: Persons | None = None
    prefectures: Annotated[list[Prefecture], Field(min_length=1)] | None = None
    codes: Annotated[list[Code], Field(min_length=1)] | None = None


class PolicyEntry(PlainEntries):
    """What the state does to a lever, for whom and how long; lever and value are checked with the registry."""

    lever: Line
    value: Any
    how: How = "set"
    first: Annotated[Month | None, Field(alias="from")] = None
    until: Month | None = None
    who: WhoEntry = WhoEntry()
    text: Caption | None = None


class ScenarioEntries(PlainEntries):
    """The keys of a scenario file. A list that is left out is that of the scenario which this one extends."""

    name: Line
    title: BilingualText
    meaning: BilingualText
    sources: list[Line] = Field(default_factory=list)
    extends: Line | None = None
    expected: list[ExpectationEntry] = Field(default_factory=list)
    parameters: dict[str, dict[str, Any]] = Field(default_factory=dict)
    announcements: list[AnnouncementEntry] | None = None
    vendor_events: list[VendorEventEntry] | None = None
    surveys: list[Month] | None = None
    policies: Annotated[list[PolicyEntry], Field(max_length=200)] | None = None


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
        problems += refused + _policies(document, document.data.get("policies"))
        try:
            entries = ScenarioEntries.model_validate(document.data)
        except ValidationError as error:
            problems += [explain(document, fault, ScenarioEntries) for fault in error.errors(include_url=False)]
        else:
            problems += _faults(document, entries, path.stem)
    else:
        problems.append(document.problem((), say("expected keys such as name, title and meaning")))
    if problems or entries is None:
        raise InputError(say("scenario file {file}", file=path), sorted(problems, key=lambda problem: problem.line))
    return ScenarioFile(path, entries, values, document.where(("extends",)))


def _faults(document: Document, entries: ScenarioEntries, stem: str) -> list[Problem]:
    """Return what is wrong with names, KPIs, texts and ranks of vendors whose types are right."""
    problems = []
    if not NAME.fullmatch(entries.name):
        problems.append(document.problem(("name",), name_rule()))
    elif entries.name != stem:
        what = say("must be the file's own name, '{stem}' (got '{name}')", stem=stem, name=entries.name)
        problems.append(document.problem(("name",), what))
    known = kpi_names(range(MONTHS))
    problems += [
        document.problem(
            ("expected", place, "kpi"), say("no KPI '{name}'{hint}", name=item.kpi, hint=nearest(item.kpi, known))
        )
        for place, item in enumerate(entries.expected)
        if item.kpi not in known
    ]
    texts: dict[Location, BilingualText] = {("title",): entries.title, ("meaning",): entries.meaning}
    for key in ("announcements", "vendor_events", "policies"):
        events = enumerate(getattr(entries, key) or [])
        texts |= {(key, place, "text"): event.text for place, event in events if event.text is not None}
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
    for place, policy in enumerate(entries.policies or []):
        problems += _faults_of_policy(document, place, policy)
    return problems


def _faults_of_policy(document: Document, place: int, policy: PolicyEntry) -> list[Problem]:
    """Return what is wrong with when and for whom a policy is."""
    problems = []
    if policy.first and policy.until and policy.until < policy.first:
        what = say("ends in {until} before it begins in {first}", until=policy.until, first=policy.first)
        problems.append(document.problem(("policies", place, "until"), what))
    who = policy.who
    if who.population_below is not None and who.population_below <= (who.population_from or 0):
        what = say("must be more than population_from ({least:g})", least=who.population_from or 0)
        problems.append(document.problem(("policies", place, "who", "population_below"), what))
    return problems


def _policies(document: Document, section: object) -> list[Problem]:
    """Return what is wrong with the levers and values of the section ``policies``."""
    problems = []
    for place, entry in enumerate(section if isinstance(section, list) else []):
        if not isinstance(entry, dict):
            continue
        lever, how = entry.get("lever"), entry.get("how", "set")
        parameter = REGISTRY.get(lever) if isinstance(lever, str) else None
        if isinstance(lever, str):
            if parameter is None:
                problems.append(document.problem(("policies", place, "lever"), _unknown_lever(lever)))
            elif parameter.role != "body_lever":
                what = say(
                    "{lever} can't differ from body to body; set it under parameters, or choose one of {levers}",
                    lever=lever,
                    levers=", ".join(BODY_LEVERS),
                )
                problems.append(document.problem(("policies", place, "lever"), what))
                continue
        if "value" in entry:
            location: Location = ("policies", place, "value")
            try:
                _check_amount(parameter if how == "set" else None, how, entry["value"])
            except ValueError as error:
                problems.append(document.problem(location, str(error), with_key=how != "set" or parameter is None))
    return problems


def _unknown_lever(lever: str) -> str:
    """Return why `lever` is refused, with the nearest lever that may differ from body to body."""
    name = lever.rpartition(".")[2]
    full = next((key for key in BODY_LEVERS if key.rpartition(".")[2] == name), None)
    hint = say("; did you mean '{name}'?", name=full) if full else nearest(lever, BODY_LEVERS)
    return say("no such lever{hint}", hint=hint or say("; the levers are {levers}", levers=", ".join(BODY_LEVERS)))


def _check_amount(parameter: Parameter | None, how: object, value: object) -> None:
    """Check what a policy sets `parameter` to, or what it adds or multiplies by.

    Raises
    ------
    ValueError
        With what the value must be.
    """
    if parameter is not None:
        parameter.read(value)
        return
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or (how == "multiply" and value < 0):  # type: ignore[operator]
        must = say("must be a number of at least 0") if how == "multiply" else say("must be a number")
        raise ValueError(say("{must} (got {value})", must=must, value=short(value)))


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
