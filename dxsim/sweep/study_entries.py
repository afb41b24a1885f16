"""What may stand in a study, from a file or from Python, checked in one place and made complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from dxsim.errors import InputError, Problem, nearest
from dxsim.files import is_folder
from dxsim.language import say
from dxsim.scenario.configuration import LARGEST_SEED, SYNTHETIC, variant_names
from dxsim.scenario.entries import NAME, BilingualText, Caption, Line, PlainEntries, explain, name_rule, one_of, short
from dxsim.scenario.plain_yaml import Document, Location
from dxsim.scenario.registry import REGISTRY, Value, unknown
from dxsim.scenario.scenario import is_path, locate
from dxsim.sweep.distributions import completed
from dxsim.terms.calendar import MONTHS
from dxsim.terms.kpis import kpi_names
from dxsim.terms.municipalities import TYPES_AND_ALL

Method = Literal["latin_hypercube", "sobol", "saltelli", "morris", "list"]
POWERS = ("sobol", "saltelli")  # methods whose size is a power of two
ALL = "all"
STRATA = ("size_class", "type")
LARGEST_SIZE = 2**20
OF_CASE = ("name", "scenario")  # keys of a case beside its levers


class SampleEntry(PlainEntries):
    """How uncertain parameters are drawn."""

    method: Method
    size: Annotated[int, Field(ge=1, le=LARGEST_SIZE)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = None
    levels: Annotated[int, Field(ge=2, le=100)] | None = None
    second_order: bool | None = None
    points: Annotated[list[dict[str, Any]], Field(min_length=1)] | None = None


class SeedsEntry(PlainEntries):
    """Replicates."""

    first: Annotated[int, Field(ge=0, le=LARGEST_SEED)] = 1
    count: Annotated[int, Field(ge=1, le=LARGEST_SIZE)] = 1
    common: bool = True


class MonthsEntry(PlainEntries):
    """Which columns of the monthly table are kept, for which types of municipality."""

    columns: Annotated[list[Line], Field(min_length=1)]
    types: Annotated[list[Annotated[str, one_of(TYPES_AND_ALL)]], Field(min_length=1)] = Field(default=["all"])


class OutcomesEntry(PlainEntries):
    """What is kept of each run."""

    kpis: Any = ALL
    strata: list[Literal["size_class", "type"]] = Field(default=["size_class", "type"])
    months: MonthsEntry | None = None
    bodies: list[Line] = Field(default_factory=list)


class StudyEntries(PlainEntries):
    """The keys of a study."""

    name: Line
    title: Caption = BilingualText()
    question: Caption = BilingualText()
    nation: Line = SYNTHETIC
    vendor_table: Line | None = None
    scenarios: Annotated[list[Line], Field(min_length=1)] = Field(default_factory=lambda: ["baseline"])
    variants: Annotated[list[Line], Field(min_length=1)] = Field(default_factory=lambda: ["default"])
    levers: dict[str, Annotated[list[Any], Field(min_length=1)]] = Field(default_factory=dict)
    cases: list[dict[str, Any]] = Field(default_factory=list)
    uncertainties: dict[str, dict[str, Any] | None] = Field(default_factory=dict)
    constants: dict[str, Any] = Field(default_factory=dict)
    sample: SampleEntry | None = None
    seeds: SeedsEntry = SeedsEntry()
    outcomes: OutcomesEntry = OutcomesEntry()


# What a method of sampling needs, and what else it knows.
NEEDED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("latin_hypercube", "sobol", "saltelli", "morris"), ("size",)),
    "list": ("points",),
}
KNOWN: Mapping[str, tuple[str, ...]] = {
    "latin_hypercube": ("size", "seed"),
    "sobol": ("size", "seed"),
    "saltelli": ("size", "seed", "second_order"),
    "morris": ("size", "seed", "levels"),
    "list": ("points",),
}
USUAL: Mapping[str, object] = {"seed": 1, "second_order": False, "levels": 4}


def checked(document: Document) -> dict[str, Any]:
    """Return a study as plain data that says everything: defaults filled in, values in the registry's types.

    Parameters
    ----------
    document : Document
        From a file, or from Python.

    Raises
    ------
    InputError
        With every problem, in the order of its lines.
    """
    problems = list(document.problems)
    data: dict[str, Any] = {}
    if isinstance(document.data, dict):
        check = _Check(document, document.data)
        data = check.parts()
        problems += check.problems
    else:
        problems.append(document.problem((), say("expected keys such as name, scenarios and levers")))
    if problems:
        subject = say("study file {file}", file=document.path) if document.path else say("study")
        raise InputError(subject, sorted(problems, key=lambda problem: problem.line))
    return data


def _texts(text: BilingualText) -> dict[str, str]:
    texts = text.texts()
    return texts if any(texts.values()) else {}


class _Check:
    """Collects the parts of a study and what is wrong with them."""

    def __init__(self, document: Document, data: dict[str, Any]) -> None:
        self.document, self.data = document, data
        # Python may tell of a sweep that was carried out elsewhere; what is not here shows when it is used.
        self.is_file = document.path is not None
        self.folder = document.path.parent if document.path else Path()
        self.problems: list[Problem] = []

    def refuse(self, location: Location, what: str, with_key: bool = True) -> None:
        self.problems.append(self.document.problem(location, what, with_key))

    def section(self, key: str) -> dict[str, Any]:
        """Return a section with keys of its own; the wrong kind is told with the structure."""
        found = self.data.get(key)
        return found if isinstance(found, dict) else {}

    def entries(self, key: str) -> list[Any]:
        """Return a section that is a list."""
        found = self.data.get(key)
        return found if isinstance(found, list) else []

    def parts(self) -> dict[str, Any]:
        broken: set[object] = set()
        try:
            entries = StudyEntries.model_validate(self.data)
        except ValidationError as error:
            faults = error.errors(include_url=False)
            self.problems += [explain(self.document, fault, StudyEntries) for fault in faults]
            broken = {fault["loc"][0] for fault in faults}
            sound = {key: value for key, value in self.data.items() if key not in broken}
            entries = StudyEntries.model_validate({"name": "study"} | sound)  # what else is wrong is told too
        values = {
            "levers": self.levers(),
            "cases": self.cases(),
            "uncertainties": self.uncertainties(),
            "constants": self.constants(),
        }
        self.once()
        sample = None if broken & {"sample", "uncertainties"} else self.sample(entries)
        return {
            "name": self.name(entries.name),
            "title": _texts(entries.title),
            "question": _texts(entries.question),
            "nation": self.nation(entries.nation),
            "vendor_table": self.vendor_table(entries.vendor_table),
            "scenarios": self.scenarios(entries.scenarios),
            "variants": self.variants(entries.variants),
            **values,
            "sample": sample,
            "seeds": self.seeds(entries.seeds),
            "outcomes": self.outcomes(entries.outcomes),
        }

    def value(self, key: str, value: object, location: Location) -> Value | None:
        """Return the value of a parameter, or tell why it is refused."""
        if key not in REGISTRY:
            return None
        try:
            return REGISTRY[key].read(value)
        except ValueError as error:
            self.refuse(location, str(error), with_key=False)
            return None

    def parameters(self, section: Mapping[str, object], location: Location) -> Iterator[str]:
        """Yield the keys of a section that are parameters; tell of the others."""
        for key in section:
            if key in REGISTRY:
                yield key
            else:
                self.refuse((*location, key), unknown(key))

    def levers(self) -> dict[str, list[Value]]:
        section = self.section("levers")
        found: dict[str, list[Value]] = {}
        for key in self.parameters(section, ("levers",)):
            given = section[key] if isinstance(section[key], list) else []
            read = [self.value(key, value, ("levers", key, place)) for place, value in enumerate(given)]
            self.distinct(read, ("levers", key))
            found[key] = [value for value in read if value is not None]
        return found

    def distinct(self, values: list[Any], location: Location) -> None:
        for place, value in enumerate(values):
            if value is not None and value in values[:place]:
                self.refuse((*location, place), say("{key} is given twice", key=value))

    def cases(self) -> list[dict[str, Value]]:
        if self.section("levers") and self.entries("cases"):
            self.refuse(("cases",), say("give levers or cases, not both"))
        found: list[dict[str, Value]] = []
        for place, case in enumerate(self.entries("cases")):
            if not isinstance(case, dict):
                continue
            read: dict[str, Value] = {}
            for key, value in case.items():
                location: Location = ("cases", place, key)
                if key in REGISTRY:
                    given = self.value(key, value, location)
                    read |= {} if given is None else {key: given}
                elif key not in OF_CASE:
                    self.refuse(location, unknown(key))
                elif not isinstance(value, str) or not value:
                    self.refuse(location, say("{must} (got {value})", must=say("must be text"), value=short(value)))
                elif key == "scenario":
                    read[key] = self.scenario(value, location)
                else:
                    read[key] = value
            found.append(read)
        self.named_once(found)
        return found

    def named_once(self, cases: list[dict[str, Value]]) -> None:
        names = [case.get("name") for case in cases]
        for place, name in enumerate(names):
            if name is not None and name in names[:place]:
                self.refuse(("cases", place, "name"), say("{key} is given twice", key=name))

    def uncertainties(self) -> dict[str, dict[str, Value]]:
        section = self.section("uncertainties")
        found: dict[str, dict[str, Value]] = {}
        for key in self.parameters(section, ("uncertainties",)):
            given = section[key]
            if given is not None and not isinstance(given, dict):
                continue
            uncertainty, faults = completed(REGISTRY[key], given or {})
            for part, what in faults:
                inside = (part,) if part in (given or {}) else ()
                self.refuse(("uncertainties", key, *inside), what)
            if uncertainty is not None:
                found[key] = uncertainty.data()
        return found

    def constants(self) -> dict[str, Value]:
        section = self.section("constants")
        found: dict[str, Value] = {}
        for key in self.parameters(section, ("constants",)):
            value = self.value(key, section[key], ("constants", key))
            found |= {} if value is None else {key: value}
        return found

    def once(self) -> None:
        """Tell of parameters that stand in two parts: the one would silently win over the other."""
        owner: dict[str, str] = {}
        for part in ("levers", "cases", "uncertainties", "points", "constants"):
            for key, location in self.named(part):
                if owner.setdefault(key, part) != part:
                    what = say("{key} stands under {other} too; a parameter has one place", key=key, other=owner[key])
                    self.refuse(location, what, with_key=False)

    def named(self, part: str) -> Iterator[tuple[str, Location]]:
        """Yield the parameters of a part and where each stands first."""
        if part in ("cases", "points"):
            within: Location = ("cases",) if part == "cases" else ("sample", "points")
            given = self.entries("cases") if part == "cases" else self.section("sample").get("points")
            seen: set[str] = set()
            for place, row in enumerate(given if isinstance(given, list) else []):
                for key in row if isinstance(row, dict) else ():
                    if key in REGISTRY and key not in seen:
                        seen.add(key)
                        yield key, (*within, place, key)
        else:
            yield from ((key, (part, key)) for key in self.section(part) if key in REGISTRY)

    def sample(self, entries: StudyEntries) -> dict[str, Any] | None:
        entry = entries.sample
        if entry is None:
            if entries.uncertainties:
                self.refuse(("uncertainties",), say("say under sample how they are drawn: method, size and seed"))
            return None
        given = {key: value for key, value in entry if key != "method" and value is not None}
        for key in given:
            if key not in KNOWN[entry.method]:
                what = say("{method} does not use it", method=entry.method)
                self.refuse(("sample", key), what)
        for key in NEEDED[entry.method]:
            if key not in given:
                self.refuse(("sample",), say("{method} needs {key}", method=entry.method, key=key))
        if entry.method == "list":
            if entries.uncertainties:
                what = say("a list of points says all values; leave the uncertainties out")
                self.refuse(("uncertainties",), what)
            return {"method": "list", "points": self.points(entry.points or [])}
        if not entries.uncertainties:
            self.refuse(("sample",), say("there is nothing to draw; name parameters under uncertainties"))
        self.size(entry)
        usual = {key: USUAL[key] for key in KNOWN[entry.method] if key in USUAL}
        return {"method": entry.method, **usual, **given}

    def size(self, entry: SampleEntry) -> None:
        size = entry.size or 1
        if entry.method in POWERS and size & (size - 1):
            below = 1 << (size.bit_length() - 1)
            what = say(
                "{method} needs a power of two: {below} or {above} (got {size})",
                method=entry.method,
                below=below,
                above=2 * below,
                size=size,
            )
            self.refuse(("sample", "size"), what)
        if entry.method == "morris" and (entry.levels or 4) % 2:
            self.refuse(("sample", "levels"), say("must be even (got {value})", value=entry.levels))

    def points(self, given: list[dict[str, Any]]) -> list[dict[str, Value]]:
        found: list[dict[str, Value]] = []
        for place, point in enumerate(given):
            location: Location = ("sample", "points", place)
            read: dict[str, Value] = {}
            for key in self.parameters(point, location):
                value = self.value(key, point[key], (*location, key))
                read |= {} if value is None else {key: value}
            missing = [key for key in given[0] if key not in point and key in REGISTRY]
            extra = [key for key in point if key not in given[0] and key in REGISTRY]
            for key in missing:
                self.refuse(location, say("{key} is missing; every point names the same parameters", key=key))
            for key in extra:
                what = say("{key} is not in the first point; every point names the same parameters", key=key)
                self.refuse((*location, key), what, with_key=False)
            found.append(read)
        return found

    def seeds(self, entry: SeedsEntry) -> dict[str, Any]:
        if entry.first + entry.count - 1 > LARGEST_SEED:
            self.refuse(("seeds",), say("the last seed is above {largest}", largest=LARGEST_SEED))
        return entry.model_dump()

    def outcomes(self, entry: OutcomesEntry) -> dict[str, Any]:
        location: Location = ("outcomes",)
        self.kpis(entry.kpis)
        self.distinct(entry.strata, (*location, "strata"))
        if entry.bodies:
            from dxsim.records.bodies import BODY_COLUMNS

            self.columns(entry.bodies, BODY_COLUMNS, (*location, "bodies"))
        if entry.months is not None:
            from dxsim.records.months import MONTH_COLUMNS

            self.columns(entry.months.columns, MONTH_COLUMNS, (*location, "months", "columns"))
            self.distinct(entry.months.types, (*location, "months", "types"))
        return entry.model_dump()

    def columns(self, names: list[str], known: Sequence[str], location: Location) -> None:
        self.distinct(names, location)
        for place, name in enumerate(names):
            if name not in known:
                self.refuse(
                    (*location, place), say("no column '{column}'{hint}", column=name, hint=nearest(name, known))
                )

    def kpis(self, given: object) -> None:
        location: Location = ("outcomes", "kpis")
        if given == ALL:
            return
        if not isinstance(given, list) or not given:
            self.refuse(location, say("{must} (got {value})", must=say("must be all or a list"), value=short(given)))
            return
        known = kpi_names(range(MONTHS))
        self.distinct(given, location)
        for place, name in enumerate(given):
            if name not in known:
                hint = nearest(str(name), known)
                self.refuse((*location, place), say("no KPI '{name}'{hint}", name=name, hint=hint))

    def name(self, name: str) -> str:
        if not NAME.fullmatch(name):
            self.refuse(("name",), name_rule())
        return name

    def nation(self, name: str) -> str:
        if name == SYNTHETIC:
            return name
        path = self.folder / name
        if self.is_file and not is_folder(path):
            bounds = say("'{synthetic}' or a folder", synthetic=SYNTHETIC)
            what = say("{key} must be {bounds} (got {value})", key="nation", bounds=bounds, value=repr(name))
            self.refuse(("nation",), what + nearest(name, [SYNTHETIC]), with_key=False)
        return path.as_posix()

    def vendor_table(self, name: str | None) -> str | None:
        if name is None:
            return None
        path = self.folder / name
        if self.is_file and not path.is_file():
            self.refuse(("vendor_table",), say("there is no such file"))
        return path.as_posix()

    def scenarios(self, names: list[str]) -> list[str]:
        self.distinct(names, ("scenarios",))
        return [self.scenario(name, ("scenarios", place)) for place, name in enumerate(names)]

    def scenario(self, name: str, location: Location) -> str:
        """Return a scenario's name, or its path from here; what its file says is checked with the plan."""
        try:
            path = locate(name, self.folder)
        except InputError as error:
            for problem in error.problems:
                self.refuse(location, problem.what)
            return name
        if self.is_file and is_path(name) and not path.is_file():
            self.refuse(location, say("there is no such file"))
        return path.as_posix() if is_path(name) else name

    def variants(self, names: list[str]) -> list[str]:
        known = variant_names()
        self.distinct(names, ("variants",))
        for place, name in enumerate(names):
            if name not in known:
                hint = nearest(name, known)
                what = say("no variant '{name}'{hint} (known: {known})", name=name, hint=hint, known=", ".join(known))
                self.refuse(("variants", place), what)
        return list(names)
