"""A policy search as data: which levers may be used, what is to become less or more, how many runs that may take."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PlainValidator

from dxsim.analysis.search.objectives import DEFAULT, NEITHER, direction, objective_names
from dxsim.errors import InputError, Problem, nearest
from dxsim.files import shipped
from dxsim.language import say
from dxsim.records.provenance import without_folders
from dxsim.scenario.entries import Name, Refuse, Texts, Whole, entry, faults, plain, read_entry, short
from dxsim.scenario.plain_yaml import read_yaml
from dxsim.scenario.registry import REGISTRY, Parameter, Value
from dxsim.scenario.scenario import is_path
from dxsim.sweep.sample import Sample, Seeds
from dxsim.sweep.study import Constants, Fault, NationName, ScenarioName, Study, Uncertainties, VendorTableName
from dxsim.sweep.values import parameters, read, refuse_twins, section
from dxsim.terms.calendar import month_index, month_name

FOLDER = "search"  # of the files that ship, in configs
USUAL_STEPS, MOST_VALUES = 20, 1000  # of a range
_DIGITS = 12  # significant ones that a value of a range has
_KEYS = ("choices", "low", "high", "step", "price")


@dataclass(frozen=True)
class Lever:
    """A lever of a search.

    Parameters
    ----------
    choices : tuple of float, int or str
        The values that it may have.
    price : float
        Yen for each unit above what the scenario has, for what the model itself does not price; in ``public_cost``.
    """

    choices: tuple[Value, ...]
    price: float = 0.0

    def data(self) -> dict[str, object]:
        """Return it as a file has it."""
        return {"choices": list(self.choices), **({"price": self.price} if self.price else {})}


def _levers(given: object) -> dict[str, Lever]:
    found: dict[str, Lever] = {}
    with faults() as refuse:
        for key in parameters(section(given), refuse):
            parts = section(given)[key]
            parts = {"choices": parts} if isinstance(parts, list) else parts or {}
            if not isinstance(parts, dict):
                refuse(say("{must} (got {value})", must=say("must be a list or have keys"), value=short(parts)), key)
                continue
            for part in parts:
                if part not in _KEYS:
                    refuse(say("no such key{hint}", hint=nearest(str(part), _KEYS)), key, part)
            choices = _listed(key, parts, refuse) if "choices" in parts else _range(REGISTRY[key], parts, refuse)
            found[key] = Lever(choices, _price(REGISTRY[key], parts, refuse))
        if not found:
            refuse(say("name at least one lever"))
    return found


def _listed(key: str, parts: Mapping[str, Any], refuse: Refuse) -> tuple[Value, ...]:
    for part in ("low", "high", "step"):
        if part in parts:
            refuse(say("give choices or a range, not both"), key, part)
    given = parts["choices"]
    if not isinstance(given, list) or not given:
        must = say("must not be empty") if given == [] else say("must be a list")
        refuse(say("{must} (got {value})", must=must, value=short(given)), key)
        return ()
    each = [read(key, value, refuse, key, place).get(key) for place, value in enumerate(given)]
    refuse_twins(each, refuse, key)
    return tuple(value for value in each if value is not None)


def _range(parameter: Parameter, parts: Mapping[str, Any], refuse: Refuse) -> tuple[Value, ...]:
    """Return the values from low to high in equal steps; the registry's range where nothing is given."""
    key = parameter.key
    if parameter.type == "choice":
        refuse(say("is a choice; list the choices that it may have"), key)
        return ()
    ends = []
    for end in ("low", "high"):
        value = parts.get(end, getattr(parameter, end))
        if value is None:
            refuse(say("{key} has no {end} end in the registry; give one", key=key, end=end), key, with_key=False)
            return ()
        ends.append(read(key, value, refuse, key, *([end] if end in parts else [])).get(key))
    if None in ends:
        return ()
    is_whole = parameter.type != "float"
    low, high = (float(month_index(end) if isinstance(end, str) else end) for end in ends if end is not None)
    step = parts.get("step", 1 if is_whole else (high - low) / USUAL_STEPS)
    if low >= high:
        refuse(say("low ({low}) must be below high ({high})", low=ends[0], high=ends[1]), key)
        return ()
    is_number = isinstance(step, int | float) and not isinstance(step, bool) and step > 0
    count = (high - low) / step if is_number else 0.0
    if not is_number or (is_whole and step != int(step)) or abs(count - round(count)) > 1e-6 or count > MOST_VALUES:
        what = say("must divide the range into equal steps, at most {most} (got {value})", most=MOST_VALUES, value=step)
        refuse(what, key, *(["step"] if "step" in parts else []))
        return ()
    places = [low + (high - low) * place / round(count) for place in range(round(count) + 1)]
    if not is_whole:
        return tuple(float(f"{place:.{_DIGITS}g}") for place in places)
    whole = [round(place) for place in places]
    return tuple(month_name(place) for place in whole) if parameter.type.startswith("month") else tuple(whole)


def _price(parameter: Parameter, parts: Mapping[str, Any], refuse: Refuse) -> float:
    price = parts.get("price", 0.0)
    is_number = isinstance(price, int | float) and not isinstance(price, bool) and 0 <= price <= 1e18
    if not is_number:
        must = say("must be a number of at least 0")
        refuse(say("{must} (got {value})", must=must, value=short(price)), parameter.key, "price")
        return 0.0
    if price and parameter.type not in ("float", "int"):
        refuse(say("only a number has a price by its unit"), parameter.key, "price")
    return float(price)


def _objectives(given: object) -> tuple[str, ...]:
    if not isinstance(given, list | tuple):
        raise ValueError(say("must be a list"))
    known = objective_names()
    with faults() as refuse:
        refuse_twins(given, refuse)
        for place, name in enumerate(given):
            if name not in known:
                refuse(say("no KPI '{name}'{hint}", name=name, hint=nearest(str(name), known)), place)
            elif direction(str(name)) == NEITHER:
                refuse(say("neither more nor less of '{name}' is better; it can't be an aim", name=name), place)
        if len(given) not in range(2, 9):
            refuse(say("name two to eight"))
    return tuple(given)


@entry()
class Search:
    """A policy search.

    Parameters
    ----------
    name : str
        Letters, digits, _ and -, at most 60.
    levers : mapping of str to Lever
        What a candidate may change, by full name. A file gives a list of choices, or ``low``, ``high`` and ``step``
        (the registry's range in 20 steps, or step 1 of whole numbers, where nothing is said), and maybe a ``price``.
    title, question : mapping of str to str, or str
        By language (``en``, ``ja``).
    nation : str
        ``synthetic`` or a folder.
    vendor_table : str, optional
        CSV file with real vendors; None: vendors are drawn.
    scenario : str
        What levers change; it is what all candidates are held against.
    constants : mapping of str to float, int or str
        The same in all runs.
    most_levers : int, optional
        How many a candidate may use at most.
    objectives : sequence of str
        KPIs, which become less or more as the table of KPIs says is better; ``public_cost`` is one more.
    seeds : Seeds or mapping
        The same for all candidates (common random numbers).
    uncertainties : mapping of str to Uncertainty, mapping or None
        What is drawn; each candidate is tried at every point.
    sample : Sample or mapping, optional
        How uncertainties are drawn.
    budget : int
        Runs at most.
    population : int
        Candidates of a generation.
    search_seed : int
        Of the draws of the search itself.

    Raises
    ------
    InputError
        With every problem.

    Examples
    --------
    >>> asked = Search("few", levers={"policy.engineer_pool": [0, 1]}, seeds=Seeds(count=2), population=8, budget=100)
    >>> asked.generations
    6
    """

    name: Name
    levers: Annotated[Mapping[str, Lever], PlainValidator(_levers)]
    title: Texts = field(default_factory=dict)
    question: Texts = field(default_factory=dict)
    nation: NationName = "synthetic"
    vendor_table: VendorTableName | None = None
    scenario: ScenarioName = "baseline"
    constants: Constants = field(default_factory=dict)
    most_levers: Annotated[Whole, Field(ge=1, le=100)] | None = None
    objectives: Annotated[Sequence[str], PlainValidator(_objectives)] = DEFAULT
    seeds: Seeds = Seeds()
    uncertainties: Uncertainties = field(default_factory=dict)
    sample: Sample | None = None
    budget: Annotated[Whole, Field(ge=1, le=10_000_000)] = 20_000
    population: Annotated[Whole, Field(ge=4, le=1000)] = 40
    search_seed: Annotated[Whole, Field(ge=0, le=2**31 - 1)] = 1

    def data(self) -> dict[str, Any]:
        """Return it as a file has it: texts, numbers, lists and keys."""
        return {part.name: plain(getattr(self, part.name)) for part in fields(self)}

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all that says which candidates come and what they come to; a budget may be raised later."""
        told = {key: without_folders(part) for key, part in self.data().items()}
        content = {key: part for key, part in told.items() if key not in ("title", "question", "budget")}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def drawn(self) -> Study:
        """What `dxsim.sweep.design.points` draws its points from."""
        return Study(self.name, uncertainties=self.uncertainties, sample=self.sample)

    @property
    def runs_of_one(self) -> int:
        """How many runs a candidate takes."""
        from dxsim.sweep.design import count_points

        return count_points(self.drawn) * self.seeds.count

    @property
    def generations(self) -> int:
        """How many whole generations the budget pays for, once the scenario itself has been run."""
        return max(0, (self.budget // self.runs_of_one - 1) // self.population)

    @classmethod
    def together(cls, given: Mapping[str, Any]) -> Iterator[Fault]:
        """Yield what does not go together in a search as given."""
        yield from Study.together(given)
        seeds = given.get("seeds")
        if isinstance(seeds, dict) and seeds.get("common") is False:
            yield ("seeds", "common"), say("candidates are compared under the same seeds; leave it out"), True


def read_search(name_or_path: str | Path) -> Search:
    """Read a search.

    Parameters
    ----------
    name_or_path : str or Path
        The name of one that ships, or a path (it ends in ``.yaml`` or ``.yml`` or has a slash). Paths in the file are
        relative to it.

    Raises
    ------
    InputError
        With every problem, by line and key.

    Examples
    --------
    >>> read_search("few_levers").objectives
    ('late_share', 'public_cost', 'excluded_share', 'excluded_share_worst_10_percent')
    """
    path = _locate(str(name_or_path))
    document = read_yaml(path)
    asked, problems = read_entry(Search, document, say("expected keys such as name, levers and budget"))
    if asked is not None and not problems and asked.generations == 0:
        what = say(
            "is too small for one generation: the scenario and {population} candidates take {runs} runs each",
            population=asked.population,
            runs=asked.runs_of_one,
        )
        problems = [document.problem(("budget",), what)]
    if problems or asked is None:
        raise InputError(say("search file {file}", file=path), sorted(problems, key=lambda problem: problem.line))
    return asked


def search_names() -> tuple[str, ...]:
    """Return the names of the searches that ship."""
    return tuple(sorted(path.stem for path in (shipped("configs") / FOLDER).glob("*.yaml")))


def _locate(name: str) -> Path:
    if is_path(name):
        return Path(name)
    known = search_names()
    if name not in known:
        what = say(
            "no search '{name}'{hint} (known: {known}; or a path such as ./mine.yaml)",
            name=name,
            hint=nearest(name, known),
            known=", ".join(known),
        )
        raise InputError(say("search '{name}'", name=name), [Problem("", what)])
    return shipped("configs") / FOLDER / f"{name}.yaml"
