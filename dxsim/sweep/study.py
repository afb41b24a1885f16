"""A study: an experiment as data. Alternatives that are compared, uncertainties that are drawn, what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from dxsim.errors import InputError, nearest
from dxsim.files import is_folder
from dxsim.language import say
from dxsim.scenario.configuration import SYNTHETIC, variant_names
from dxsim.scenario.entries import Filled, Line, Name, Refuse, Texts, entry, faults, is_file, plain, said, short
from dxsim.scenario.plain_yaml import Location
from dxsim.scenario.registry import REGISTRY, Value, unknown
from dxsim.scenario.scenario import is_path, locate
from dxsim.sweep.distributions import Uncertainty, completed
from dxsim.sweep.outcomes import Outcomes
from dxsim.sweep.sample import Sample, Seeds
from dxsim.sweep.values import DISTINCT, parameters, read, refuse_twins, section, values

Fault = tuple[Location, str, bool]  # where, what, and whether the key is named


@dataclass(frozen=True)
class Case:
    """One alternative of an explicit list.

    Parameters
    ----------
    values : mapping of str to float, int or str
        Levers by full name.
    name : str, optional
        What it is called in tables and figures.
    scenario : str, optional
        The one that it belongs to; None: each scenario of the study.
    """

    values: Mapping[str, Value]
    name: str | None = None
    scenario: str | None = None

    def data(self) -> dict[str, Value]:
        """Return it as a study file has it."""
        given = {"name": self.name, "scenario": self.scenario}
        return {**{key: value for key, value in given.items() if value is not None}, **self.values}


def _folder(info: ValidationInfo) -> Path:
    """Return what paths are relative to. Python may tell of a sweep elsewhere: what is not here shows when used."""
    return info.context or Path()


def _nation(name: str, info: ValidationInfo) -> str:
    if name == SYNTHETIC:
        return name
    path = _folder(info) / name
    if is_file(info) and not is_folder(path):
        bounds = say("'{synthetic}' or a folder", synthetic=SYNTHETIC)
        what = say("{key} must be {bounds} (got {value})", key="nation", bounds=bounds, value=repr(name))
        raise said(what + nearest(name, [SYNTHETIC]), with_key=False)
    return path.as_posix()


def _vendor_table(name: str, info: ValidationInfo) -> str:
    path = _folder(info) / name
    if is_file(info) and not path.is_file():
        raise said(say("there is no such file"))
    return path.as_posix()


def _scenario(name: str, info: ValidationInfo) -> str:
    """Return a scenario's name, or its path from here; what its file says is checked with the plan."""
    try:
        path = locate(name, _folder(info))
    except InputError as error:
        raise said(error.problems[0].what) from None
    if is_file(info) and is_path(name) and not path.is_file():
        raise said(say("there is no such file"))
    return path.as_posix() if is_path(name) else name


def _variant(name: str) -> str:
    known = variant_names()
    if name not in known:
        hint = nearest(name, known)
        raise said(say("no variant '{name}'{hint} (known: {known})", name=name, hint=hint, known=", ".join(known)))
    return name


def _levers(given: object) -> dict[str, tuple[Value, ...]]:
    found: dict[str, tuple[Value, ...]] = {}
    with faults() as refuse:
        for key in parameters(section(given), refuse):
            choices = section(given)[key]
            if not isinstance(choices, list) or not choices:
                must = say("must not be empty") if choices == [] else say("must be a list")
                refuse(say("{must} (got {value})", must=must, value=short(choices)), key)
                continue
            each = [read(key, value, refuse, key, place).get(key) for place, value in enumerate(choices)]
            refuse_twins(each, refuse, key)
            found[key] = tuple(value for value in each if value is not None)
    return found


def _cases(given: object, info: ValidationInfo) -> tuple[Case, ...]:
    if not isinstance(given, list):
        raise ValueError(say("must be a list"))
    found = []
    with faults() as refuse:
        for place, row in enumerate(given):
            if isinstance(row, dict):
                found.append(_case(row, place, refuse, info))
            else:
                must = say("must have keys of its own")
                refuse(say("{must} (got {value})", must=must, value=short(row)), place)
        names = [case.name for case in found]
        for place, name in enumerate(names):
            if name is not None and name in names[:place]:
                refuse(say("{key} is given twice", key=name), place, "name")
    return tuple(found)


def _case(row: Mapping[str, Any], place: int, refuse: Refuse, info: ValidationInfo) -> Case:
    levers: dict[str, Value] = {}
    own: dict[str, str] = {}
    for key, value in row.items():
        if key in REGISTRY:
            levers |= read(key, value, refuse, place, key)
        elif key not in ("name", "scenario"):
            refuse(unknown(key), place, key)
        elif not isinstance(value, str) or not value:
            refuse(say("{must} (got {value})", must=say("must be text"), value=short(value)), place, key)
        else:
            own[key] = value
    if "scenario" in own:
        try:
            own["scenario"] = _scenario(own["scenario"], info)
        except PydanticCustomError as error:
            refuse(error.message(), place, "scenario")
    return Case(levers, **own)


def _uncertainties(given: object) -> dict[str, Uncertainty]:
    found: dict[str, Uncertainty] = {}
    with faults() as refuse:
        for key in parameters(section(given), refuse):
            parts = section(given)[key]
            if parts is not None and not isinstance(parts, dict):
                refuse(say("{must} (got {value})", must=say("must have keys of its own"), value=short(parts)), key)
                continue
            uncertainty, wrong = completed(REGISTRY[key], parts or {})
            for part, what in wrong:
                refuse(what, key, *((part,) if part in (parts or {}) else ()))
            if uncertainty is not None:
                found[key] = uncertainty
    return found


NationName = Annotated[Line, AfterValidator(_nation)]
VendorTableName = Annotated[Line, AfterValidator(_vendor_table)]
ScenarioName = Annotated[Line, AfterValidator(_scenario)]
Uncertainties = Annotated[Mapping[str, Uncertainty], PlainValidator(_uncertainties)]
Constants = Annotated[Mapping[str, Value], PlainValidator(values)]


@entry()
class Study:
    """An experiment.

    What wins: registry default < scenario < variant < constants < levers and uncertainties. A parameter of any role may
    stand in any part, but in one only: whether the state decides on it is a matter of the question, and no table is
    computed otherwise for it.

    Parameters
    ----------
    name : str
        Letters, digits, _ and -, at most 60.
    title, question : mapping of str to str, or str
        By language (``en``, ``ja``).
    nation : str
        ``synthetic`` or a folder.
    vendor_table : str, optional
        CSV file with real vendors; None: vendors are drawn.
    scenarios, variants : sequence of str
        Alternatives; names of shipped ones, scenarios also paths.
    levers : mapping of str to sequence
        Alternatives: every combination of these values.
    cases : sequence of Case or mapping
        In place of levers: the combinations themselves.
    uncertainties : mapping of str to Uncertainty, mapping or None
        What is drawn; None: from the range of the registry.
    constants : mapping of str to float, int or str
        The same in all runs.
    sample : Sample or mapping, optional
        How uncertainties are drawn.
    seeds : Seeds or mapping
        Replicates.
    outcomes : Outcomes or mapping
        What is kept of each run.

    Raises
    ------
    InputError
        With every problem.

    Examples
    --------
    >>> study = Study("grid", levers={"policy.capacity_programme": [0, 0.2]}, seeds=Seeds(count=3))
    >>> study.levers
    {'policy.capacity_programme': (0.0, 0.2)}
    """

    name: Name
    title: Texts = field(default_factory=dict)
    question: Texts = field(default_factory=dict)
    nation: NationName = SYNTHETIC
    vendor_table: VendorTableName | None = None
    scenarios: Annotated[Filled[ScenarioName], DISTINCT] = ("baseline",)
    variants: Annotated[Filled[Annotated[Line, AfterValidator(_variant)]], DISTINCT] = ("default",)
    levers: Annotated[Mapping[str, Sequence[Value]], PlainValidator(_levers)] = field(default_factory=dict)
    cases: Annotated[Sequence[Case], PlainValidator(_cases)] = ()
    uncertainties: Uncertainties = field(default_factory=dict)
    constants: Constants = field(default_factory=dict)
    sample: Sample | None = None
    seeds: Seeds = Seeds()
    outcomes: Outcomes = Outcomes()

    @property
    def drawn(self) -> tuple[str, ...]:
        """Full names of the parameters that differ from point to point, in the order of the plan's columns."""
        if self.sample is not None and self.sample.listed is not None:
            return tuple(self.sample.listed[0])
        return tuple(self.uncertainties)

    @property
    def decided(self) -> tuple[str, ...]:
        """Full names of the parameters that differ from case to case, in the order of the plan's columns."""
        return tuple(dict.fromkeys([*self.levers, *(key for case in self.cases for key in case.values)]))

    def data(self) -> dict[str, Any]:
        """Return it as a study file has it: texts, numbers, lists and keys."""
        return {part.name: plain(getattr(self, part.name)) for part in fields(self)}

    @classmethod
    def together(cls, given: Mapping[str, Any]) -> Iterator[Fault]:
        """Yield what does not go together in a study as given: a parameter in two parts, a sample of nothing, ..."""
        levers, cases, sample = (given.get(part) for part in ("levers", "cases", "sample"))
        if levers and cases and isinstance(levers, dict) and isinstance(cases, list):
            yield ("cases",), say("give levers or cases, not both"), True
        owner: dict[str, str] = {}
        for part in ("levers", "cases", "uncertainties", "points", "constants"):
            for key, location in _named(given, part):
                if owner.setdefault(key, part) != part:
                    what = say("{key} stands under {other} too; a parameter has one place", key=key, other=owner[key])
                    yield location, what, False
        drawn = given.get("uncertainties", {})
        if not isinstance(drawn, dict):
            return
        is_list = isinstance(sample, dict) and sample.get("method") in ("list", "posterior")
        if drawn and sample is None:
            yield ("uncertainties",), say("say under sample how they are drawn: method, size and seed"), True
        if drawn and is_list:
            yield ("uncertainties",), say("a list of points says all values; leave the uncertainties out"), True
        if not drawn and isinstance(sample, dict) and not is_list:
            yield ("sample",), say("there is nothing to draw; name parameters under uncertainties"), True


def _named(given: Mapping[str, Any], part: str) -> Iterator[tuple[str, Location]]:
    """Yield the parameters of a part of a study and where each stands first."""
    within: Location = ("sample", "points") if part == "points" else (part,)
    found: Any = given
    for key in within:
        found = found.get(key) if isinstance(found, dict) else None
    seen: set[str] = set()
    rows = enumerate(found) if isinstance(found, list) else [(None, found)]
    for place, row in rows:
        for key in row if isinstance(row, dict) else ():
            if key in REGISTRY and key not in seen:
                seen.add(key)
                yield key, (*within, key) if place is None else (*within, place, key)
