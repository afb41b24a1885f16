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
from dxsim.scenario.events import Announcement, VendorEvent
from dxsim.scenario.policies import Policy
from dxsim.scenario.registry import REGISTRY, Record, Value, defaults, parameter_record, unknown
from dxsim.scenario.scenario_file import Expectation, ScenarioFile, read_scenario_file

LONGEST_CHAIN = 10  # files that may extend one another


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
        Months (index) at whose end municipalities declare which systems will be late; ascending.
    policies : tuple of Policy
        Levers of some municipalities in some months, in the order in which they take effect.
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
            "policies": [_content(item) for item in self.policies],
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def record(self) -> Record:
        """Return the parameters as the kernels read them: a record array of shape (1,)."""
        return parameter_record(self.values)


def _content(policy: Policy) -> dict[str, Any]:
    """Return what a policy does; one that waits for nothing is what it was before policies could wait."""
    content = {**asdict(policy), "text": None}
    return content if policy.when else {key: part for key, part in content.items() if key != "when"}


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
    given: dict[str, Value] = {}
    problems = []
    for key, value in (overrides or {}).items():
        try:
            given[key] = REGISTRY[key].read(value)
        except KeyError:
            problems.append(Problem(key, unknown(key)))
        except ValueError as error:
            problems.append(Problem("", str(error)))
    try:
        files = _chain(locate(str(name_or_path), Path()))
    except InputError as error:
        raise InputError(error.subject, [*problems, *error.problems]) from None
    before = defaults()
    for file in reversed(files):
        before |= file.values
    values = before | given
    problems = problems or [Problem("", what) for what in contradictions(values)]
    if problems:
        raise InputError(say("scenario '{name}'", name=name_or_path), problems)
    changed = {key: value for key, value in given.items() if value != before[key]}
    return _resolved(files, values, changed)


def _resolved(files: Sequence[ScenarioFile], values: Mapping[str, Value], changed: Mapping[str, Value]) -> Scenario:
    own = files[0].entries

    def inherited(key: str) -> tuple[Any, ...]:
        given = (getattr(file.entries, key) for file in files)
        return next((entries for entries in given if entries is not None), ())

    def in_order(key: str) -> tuple[Any, ...]:
        return tuple(sorted(inherited(key), key=lambda item: item.month))

    return Scenario(
        name=own.name,
        title=own.title,
        meaning=own.meaning,
        sources=own.sources,
        expected=own.expected,
        values=values,
        announcements=in_order("announcements"),
        vendor_events=in_order("vendor_events"),
        surveys=tuple(sorted(set(inherited("surveys")))),
        policies=tuple(inherited("policies")),
        overrides=changed,
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
