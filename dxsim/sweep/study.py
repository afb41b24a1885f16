"""A study: an experiment as data. Alternatives that are compared, uncertainties that are drawn, what is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import PurePath
from typing import Any

import numpy as np

from dxsim.scenario.plain_yaml import Document
from dxsim.scenario.registry import Value
from dxsim.sweep.distributions import Uncertainty
from dxsim.sweep.study_entries import ALL, STRATA, checked


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


@dataclass(frozen=True)
class Sample:
    """How the uncertainties are drawn.

    Parameters
    ----------
    method : {"latin_hypercube", "sobol", "saltelli", "morris", "list"}
        ``list``: the points themselves are given.
    size : int, optional
        Points of a Latin hypercube or Sobol sequence, base points of Saltelli's sample, trajectories of Morris. A power
        of two for Sobol and Saltelli.
    seed : int, optional
        0 to 2**32 - 1; 1 by default.
    levels : int, optional
        Of Morris's grid, even; 4 by default.
    second_order : bool, optional
        Whether Saltelli's sample serves interactions of two parameters, at twice the runs; no by default.
    points : sequence of mapping, optional
        For ``list``: all of them name the same parameters.
    """

    method: str
    size: int | None = None
    seed: int | None = None
    levels: int | None = None
    second_order: bool | None = None
    points: Sequence[Mapping[str, Value]] | None = None


@dataclass(frozen=True)
class Seeds:
    """Replicates.

    Parameters
    ----------
    first, count : int
        Seeds first to first + count - 1.
    common : bool
        Whether every case and point has these seeds (common random numbers). If not, each run has a seed of its own,
        drawn from what is run and from its number `first` to first + count - 1.
    """

    first: int = 1
    count: int = 1
    common: bool = True


@dataclass(frozen=True)
class Outcomes:
    """What is kept of each run.

    Parameters
    ----------
    kpis : "all" or sequence of str
        Names as in a summary.
    strata : sequence of {"size_class", "type"}
        By what municipalities are divided.
    month_columns : sequence of str
        Monthly figures, `dxsim.records.months.MONTH_COLUMNS`; may be empty.
    month_types : sequence of str
        For which types of municipality; ``all`` is their sum.
    body_columns : sequence of str
        The final state of every municipality, `dxsim.records.bodies.BODY_COLUMNS`; may be empty.
    """

    kpis: str | Sequence[str] = ALL
    strata: Sequence[str] = STRATA
    month_columns: Sequence[str] = ()
    month_types: Sequence[str] = (ALL,)
    body_columns: Sequence[str] = ()

    def data(self) -> dict[str, Any]:
        """Return it as a study file has it."""
        months = {"months": {"columns": self.month_columns, "types": self.month_types}}
        rest = {"kpis": self.kpis, "strata": self.strata, "bodies": self.body_columns}
        return {**rest, **(months if len(self.month_columns) else {})}


@dataclass(frozen=True)
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

    name: str
    title: Mapping[str, str] = field(default_factory=dict)
    question: Mapping[str, str] = field(default_factory=dict)
    nation: str = "synthetic"
    vendor_table: str | None = None
    scenarios: Sequence[str] = ("baseline",)
    variants: Sequence[str] = ("default",)
    levers: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    cases: Sequence[Case] = ()
    uncertainties: Mapping[str, Uncertainty] = field(default_factory=dict)
    constants: Mapping[str, Value] = field(default_factory=dict)
    sample: Sample | None = None
    seeds: Seeds = Seeds()
    outcomes: Outcomes = Outcomes()

    def __post_init__(self) -> None:
        parts = checked(Document(None, self.data(), {}, ()))
        built = {
            **parts,
            "levers": {key: tuple(values) for key, values in parts["levers"].items()},
            "cases": tuple(_case(case) for case in parts["cases"]),
            "uncertainties": {key: _uncertainty(given) for key, given in parts["uncertainties"].items()},
            "sample": Sample(**_tuples(parts["sample"])) if parts["sample"] else None,
            "seeds": Seeds(**parts["seeds"]),
            "outcomes": _outcomes(parts["outcomes"]),
        }
        for key, value in _tuples(built).items():
            object.__setattr__(self, key, value)

    @property
    def drawn(self) -> tuple[str, ...]:
        """Full names of the parameters that differ from point to point, in the order of the plan's columns."""
        if self.sample is not None and self.sample.points is not None:
            return tuple(self.sample.points[0])
        return tuple(self.uncertainties)

    @property
    def decided(self) -> tuple[str, ...]:
        """Full names of the parameters that differ from case to case, in the order of the plan's columns."""
        return tuple(dict.fromkeys([*self.levers, *(key for case in self.cases for key in case.values)]))

    def data(self) -> dict[str, Any]:
        """Return it as a study file has it: texts, numbers, lists and keys."""
        return {entry.name: _plain(getattr(self, entry.name)) for entry in fields(self)}


def _case(given: Mapping[str, Any]) -> Case:
    values = {key: value for key, value in given.items() if key not in ("name", "scenario")}
    return Case(values, given.get("name"), given.get("scenario"))


def _uncertainty(given: Mapping[str, Any]) -> Uncertainty:
    own = ("distribution", "low", "high")
    rest = {key: value for key, value in given.items() if key not in own}
    return Uncertainty(**{key: given[key] for key in own if key in given}, parameters=rest)


def _outcomes(given: Mapping[str, Any]) -> Outcomes:
    columns = {"body_columns": given["bodies"]}
    if given["months"]:
        columns |= {"month_columns": given["months"]["columns"], "month_types": given["months"]["types"]}
    return Outcomes(**_tuples({"kpis": given["kpis"], "strata": given["strata"], **columns}))


def _tuples(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in parts.items()}


def _plain(value: object) -> object:
    """Return what was given in Python as a file would have it."""
    if isinstance(value, Case | Uncertainty | Outcomes):
        return _plain(value.data())
    if isinstance(value, Sample | Seeds):
        parts = ((entry.name, _plain(getattr(value, entry.name))) for entry in fields(value))
        return {key: part for key, part in parts if part is not None}
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | range | np.ndarray):
        return [_plain(part) for part in value]
    if isinstance(value, PurePath):
        return value.as_posix()
    return value.item() if isinstance(value, np.generic) else value
