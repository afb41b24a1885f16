"""What may stand in a scenario file, and one file read and checked; the resolved scenario is in ``scenario.py``."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say
from dxsim.scenario.entries import Line, Name, SomeText, entry, read_entry, said, short
from dxsim.scenario.events import Announcement, VendorEvent
from dxsim.scenario.plain_yaml import Document, Location, read_yaml
from dxsim.scenario.policies import BODY_LEVERS, Month, Policy
from dxsim.scenario.registry import GROUPS, REGISTRY, Parameter, Value, nearest_parameter, unknown
from dxsim.terms.calendar import MONTHS, month_name
from dxsim.terms.kpis import kpi_names

Direction = Literal["lower", "higher", "same"]


def _kpi(name: str) -> str:
    known = kpi_names(range(MONTHS))
    if name not in known:
        raise said(say("no KPI '{name}'{hint}", name=name, hint=nearest(name, known)))
    return name


@entry("expected")
class Expectation:
    """How `kpi` compares with the scenario that this one extends: ``lower``, ``higher`` or the ``same``.

    The tests hold shipped scenarios to it over ten seeds (``tests/model/test_scenarios.py``); where the first guess was
    wrong, `because` says so.
    """

    kpi: Annotated[Line, AfterValidator(_kpi)]
    direction: Direction
    because: Line


@entry("scenario")
class ScenarioEntries:
    """The keys of a scenario file. A list that is left out is that of the scenario which this one extends."""

    name: Name
    title: SomeText
    meaning: SomeText
    sources: tuple[Line, ...] = ()
    extends: Line | None = None
    expected: tuple[Expectation, ...] = ()
    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    announcements: tuple[Announcement, ...] | None = None
    vendor_events: tuple[VendorEvent, ...] | None = None
    surveys: tuple[Month, ...] | None = None
    policies: Annotated[tuple[Policy, ...], Field(max_length=200)] | None = None


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
    entries, problems = read_entry(ScenarioEntries, document, say("expected keys such as name, title and meaning"))
    values: dict[str, Value] = {}
    if isinstance(document.data, dict):
        values, refused = _parameters(document, document.data.get("parameters"))
        problems += refused + _policies(document, document.data.get("policies"))
    if entries is not None:
        problems += _faults(document, entries, path.stem)
    if problems or entries is None:
        raise InputError(say("scenario file {file}", file=path), sorted(problems, key=lambda problem: problem.line))
    return ScenarioFile(path, entries, values, document.where(("extends",)))


def _faults(document: Document, entries: ScenarioEntries, stem: str) -> list[Problem]:
    """Return what is wrong with names, texts and ranks of vendors whose types are right."""
    problems = []
    if entries.name != stem:
        what = say("must be the file's own name, '{stem}' (got '{name}')", stem=stem, name=entries.name)
        problems.append(document.problem(("name",), what))
    problems += [
        document.problem(("vendor_events", place, "vendors"), say("{key} is given twice", key=rank))
        for place, event in enumerate(entries.vendor_events or [])
        for rank in sorted({rank for rank in event.vendors if event.vendors.count(rank) > 1})
    ]
    for place, policy in enumerate(entries.policies or []):
        problems += _faults_of_policy(document, place, policy)
    return problems


def _faults_of_policy(document: Document, place: int, policy: Policy) -> list[Problem]:
    """Return what is wrong with when and for whom a policy is."""
    problems = []
    if policy.last <= policy.first:
        what = say("ends in {until} before it begins in {first}", **_ends(policy))
        problems.append(document.problem(("policies", place, "until"), what))
    elif policy.when and policy.first + policy.when.lag >= policy.last:
        what = say("is as long as the policy may last, from {first} to {until}: it could never begin", **_ends(policy))
        problems.append(document.problem(("policies", place, "when", "lag"), what))
    who = policy.who
    if who.population_below is not None and who.population_below <= (who.population_from or 0):
        what = say("must be more than population_from ({least:g})", least=who.population_from or 0)
        problems.append(document.problem(("policies", place, "who", "population_below"), what))
    return problems


def _ends(policy: Policy) -> dict[str, str]:
    return {"first": month_name(policy.first), "until": month_name(policy.last - 1)}


def _policies(document: Document, section: object) -> list[Problem]:
    """Return what is wrong with the levers and values of the section ``policies``."""
    problems = []
    for place, given in enumerate(section if isinstance(section, list) else []):
        if not isinstance(given, dict):
            continue
        lever, how = given.get("lever"), given.get("how", "set")
        parameter = REGISTRY.get(lever) if isinstance(lever, str) else None
        if isinstance(lever, str):
            if parameter is None:
                problems.append(document.problem(("policies", place, "lever"), _unknown_lever(lever)))
            elif parameter.role != "body_lever":
                what = say(
                    "{lever} can't differ between municipalities; set it under parameters, or choose one of {levers}",
                    lever=lever,
                    levers=", ".join(BODY_LEVERS),
                )
                problems.append(document.problem(("policies", place, "lever"), what))
                continue
        if "value" in given:
            location: Location = ("policies", place, "value")
            try:
                _check_amount(parameter if how == "set" else None, how, given["value"])
            except ValueError as error:
                problems.append(document.problem(location, str(error), with_key=how != "set" or parameter is None))
    return problems


def _unknown_lever(lever: str) -> str:
    """Return why `lever` is refused, with the nearest lever that may differ from municipality to municipality."""
    hint = nearest_parameter(lever, BODY_LEVERS)
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
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
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
