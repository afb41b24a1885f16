"""Named scenarios: what the state, the vendors and the unknowns do, as plain data, resolved and checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dxsim.errors import InputError, Problem, nearest
from dxsim.files import shipped
from dxsim.language import say
from dxsim.scenario.policies import Policy, Who
from dxsim.scenario.registry import REGISTRY, Record, Value, defaults, parameter_record, unknown
from dxsim.scenario.scenario_file import PolicyEntry, ScenarioFile, read_scenario_file
from dxsim.terms.calendar import MONTHS, month_index

LONGEST_CHAIN = 10  # files that may extend one another


@dataclass(frozen=True)
class Expectation:
    """How `kpi` compares with the scenario that this one extends: ``lower``, ``higher`` or the ``same``.

    The tests hold shipped scenarios to it over ten seeds (``tests/model/test_scenarios.py``); where the first guess was
    wrong, `because` says so.
    """

    kpi: str
    direction: str
    because: str


@dataclass(frozen=True)
class Announcement:
    """In `month` (index), the state speaks; beliefs in an extension move towards `signal` (0 firm, 1 extended)."""

    month: int
    signal: float
    text: Mapping[str, str]


@dataclass(frozen=True)
class VendorEvent:
    """From `month` (index) on, the vendors of these size ranks (1: largest) change.

    Their capacity is multiplied by `capacity_factor`, and they give up `withdrawn_lots` (names of lots).
    """

    month: int
    vendors: tuple[int, ...]
    capacity_factor: float
    withdrawn_lots: tuple[str, ...]
    text: Mapping[str, str]


@dataclass(frozen=True)
class Scenario:
    """A scenario, resolved: nothing is left to look up.

    Attributes
    ----------
    name, title, meaning, sources, expected
        What it is; title, meaning and the texts of events by language (``en``, ``ja``).
    values : mapping of str to float, int or str
        Every parameter of the registry by full name; months are written ``YYYY-MM``.
    announcements, vendor_events : tuple
        In the order of their months.
    surveys : tuple of int
        Months (index) at whose end bodies declare which systems will be late; ascending.
    policies : tuple of Policy
        Levers of some bodies in some months, in the order in which they take effect.
    overrides : mapping of str to float, int or str
        The part of `values` that is not as the scenario's files and the registry have it, by full name.
    """

    name: str
    title: Mapping[str, str]
    meaning: Mapping[str, str]
    sources: tuple[str, ...]
    expected: tuple[Expectation, ...]
    values: Mapping[str, Value]
    announcements: tuple[Announcement, ...]
    vendor_events: tuple[VendorEvent, ...]
    surveys: tuple[int, ...]
    policies: tuple[Policy, ...] = ()
    overrides: Mapping[str, Value] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all that can change a result; names and texts do not count."""
        content = {
            "values": dict(self.values),
            "announcements": [(item.month, item.signal) for item in self.announcements],
            "vendor_events": [
                (item.month, item.vendors, item.capacity_factor, item.withdrawn_lots) for item in self.vendor_events
            ],
            "surveys": self.surveys,
            "policies": [{**asdict(item), "text": None} for item in self.policies],
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def record(self) -> Record:
        """Return the parameters as the kernels read them: a record array of shape (1,)."""
        return parameter_record(self.values)


def scenario_names() -> tuple[str, ...]:
    """Return the names of the shipped scenarios, the baseline first."""
    names = sorted(path.stem for path in shipped("scenarios").glob("*.yaml"))
    return tuple(sorted(names, key=lambda name: name != "baseline"))


def load_scenario(name_or_path: str | Path, overrides: Mapping[str, object] | None = None) -> Scenario:
    """Read a scenario, what it extends, and overrides; check all of it.

    Parameters
    ----------
    name_or_path : str or Path
        The name of a shipped scenario, or a path (it ends in ``.yaml`` or ``.yml`` or has a slash).
    overrides : mapping of str to object, optional
        Parameter values by full name (``policy.deadline``); they win over those of the file.

    Raises
    ------
    InputError
        With every problem, by file, line and key.

    Examples
    --------
    >>> load_scenario("baseline", {"policy.deadline": "2027-03"}).values["policy.deadline"]
    '2027-03'
    """
    files = _chain(locate(str(name_or_path), Path()))
    values = defaults()
    for file in reversed(files):
        values |= file.values
    before = dict(values)
    problems = []
    for key, value in (overrides or {}).items():
        try:
            values[key] = REGISTRY[key].read(value)
        except KeyError:
            problems.append(Problem(key, unknown(key)))
        except ValueError as error:
            problems.append(Problem("", str(error)))
    problems = problems or [Problem("", what) for what in contradictions(values)]
    if problems:
        raise InputError(say("scenario '{name}'", name=name_or_path), problems)
    changed = {key: values[key] for key in overrides or {} if values[key] != before[key]}
    return _resolved(files, values, changed)


def _resolved(files: Sequence[ScenarioFile], values: Mapping[str, Value], changed: Mapping[str, Value]) -> Scenario:
    own = files[0].entries

    def inherited(key: str) -> list[Any]:
        given = (getattr(file.entries, key) for file in files)
        return next((entries for entries in given if entries is not None), [])

    announcements = [
        Announcement(month_index(item.month), float(item.signal), item.text.texts())
        for item in inherited("announcements")
    ]
    events = [
        VendorEvent(
            month_index(item.month),
            tuple(item.vendors),
            float(item.capacity_factor),
            tuple(item.withdrawn_lots),
            item.text.texts(),
        )
        for item in inherited("vendor_events")
    ]
    return Scenario(
        name=own.name,
        title=own.title.texts(),
        meaning=own.meaning.texts(),
        sources=tuple(own.sources),
        expected=tuple(Expectation(item.kpi, item.direction, item.because) for item in own.expected),
        values=values,
        announcements=tuple(sorted(announcements, key=lambda item: item.month)),
        vendor_events=tuple(sorted(events, key=lambda item: item.month)),
        surveys=tuple(sorted({month_index(month) for month in inherited("surveys")})),
        policies=tuple(_policy(item) for item in inherited("policies")),
        overrides=changed,
    )


def _policy(entry: PolicyEntry) -> Policy:
    who = entry.who
    return Policy(
        lever=entry.lever,
        value=float(entry.value),
        how=entry.how,
        first=month_index(entry.first) if entry.first else 0,
        last=month_index(entry.until) + 1 if entry.until else MONTHS,
        who=Who(
            tuple(who.types or ()),
            who.population_from,
            who.population_below,
            tuple(who.prefectures or ()),
            tuple(who.codes or ()),
        ),
        text=entry.text.texts() if entry.text else {},
    )


def contradictions(values: Mapping[str, Value]) -> list[str]:
    """Return what does not go together in a whole set of parameter values."""
    found = []
    first, second = (str(values[f"policy.{name}"]) for name in ("deadline", "second_deadline"))
    if second < first:
        what = say(
            "policy.second_deadline ({second}) is before policy.deadline ({first}); move it too",
            second=second,
            first=first,
        )
        found.append(what)
    for subject, names in {
        say("the exposure weights"): ("commitment.prefecture_exposure_weight", "commitment.type_exposure_weight"),
        say("the shares of hard systems"): (
            "legacy.mainframe_share",
            "legacy.bespoke_share",
            "legacy.no_product_share",
        ),
    }.items():
        total = sum(float(values[name]) for name in names)
        if total > 1:
            what = say(
                "{subject}, {names}, must be at most 1 together (got {total:g})",
                subject=subject,
                names=" + ".join(names),
                total=total,
            )
            found.append(what)
    return found


def is_path(name: str) -> bool:
    """Return whether a scenario is named by a path, and not as one that is shipped."""
    return name.endswith((".yaml", ".yml")) or "/" in name or "\\" in name


def locate(name: str, folder: Path) -> Path:
    """Return the file of a scenario that is named in `folder`.

    Raises
    ------
    InputError
        If the name is neither that of a shipped scenario nor a path.
    """
    if is_path(name):
        return folder / name
    known = scenario_names()
    if name not in known:
        hint = nearest(name, known)
        what = say(
            "no scenario '{name}'{hint} (known: {known}; or a path such as ./mine.yaml)",
            name=name,
            hint=hint,
            known=", ".join(known),
        )
        raise InputError(say("scenario '{name}'", name=name), [Problem("", what)])
    return shipped("scenarios") / f"{name}.yaml"


def _chain(path: Path) -> list[ScenarioFile]:
    """Return a scenario's file, the file that it extends, and so on."""
    files = [read_scenario_file(path)]
    seen = {path.resolve()}
    while files[-1].entries.extends is not None:
        child = files[-1]
        try:
            parent = locate(child.entries.extends or "", child.path.parent)
        except InputError as error:
            raise InputError(
                error.subject, [Problem(child.extends_where, problem.what) for problem in error.problems]
            ) from None
        if parent.resolve() in seen or len(files) == LONGEST_CHAIN:
            line = " -> ".join(file.entries.name for file in files)
            what = say(
                "scenarios extend one another in a circle, or more than {times} times: {line} -> {parent}",
                times=LONGEST_CHAIN,
                line=line,
                parent=parent,
            )
            raise InputError(say("scenario '{name}'", name=path), [Problem(child.extends_where, what)])
        seen.add(parent.resolve())
        files.append(read_scenario_file(parent))
    return files
