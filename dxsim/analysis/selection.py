"""Which runs of a sweep are meant: ``FOLDER``, ``FOLDER:SCENARIO`` or ``FOLDER:key=value,key=value``."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from dxsim.errors import InputError, Problem, nearest
from dxsim.files import is_folder
from dxsim.language import say
from dxsim.sweep import design
from dxsim.sweep.store import Results, read_results
from dxsim.sweep.study import Study

if TYPE_CHECKING:
    import pandas as pd

CASE, SCENARIO, VARIANT = "case", "scenario", "variant"
DEFAULT = "default"  # variant
FIXED = ("run", CASE, VARIANT, SCENARIO, "point", "seed")  # the columns that every plan begins with


@dataclass(frozen=True)
class Alternative:
    """One thing that is compared: a scenario with its levers, under one or more variants of the model.

    Attributes
    ----------
    name : str
        What sets it apart from the others, such as ``capacity_programme, policy.deadline=2027-03``.
    results : Results
        Of the sweep that it is part of.
    plan : pandas.DataFrame
        Its rows of the plan.
    """

    name: str
    results: Results
    plan: pd.DataFrame

    @property
    def variants(self) -> list[str]:
        """Variants of the model in the order of `in_order`."""
        return in_order(self.plan[VARIANT].unique())

    @property
    def origin(self) -> dict[str, str]:
        """Fingerprints of the nation, the vendors and the code that its runs were made with."""
        manifest = self.results.manifest
        parts = {"nation": "fingerprint", "vendor_table": "sha256", "code": "sources"}
        return {part: manifest.get(part, {}).get(key, "") for part, key in parts.items()}


def in_order(variants: Iterable[str]) -> list[str]:
    """Return variants with the one first that estimates are made under: the default if it is there; then by name."""
    return sorted(variants, key=lambda name: (name != DEFAULT, name))


Selection: TypeAlias = str | Path | Results | Alternative


def lever_columns(plan: pd.DataFrame) -> list[str]:
    """Return the columns of a plan that are alike in all runs of a case: levers."""
    return [name for name in plan.columns if name not in FIXED and name not in uncertain_columns(plan)]


def uncertain_columns(plan: pd.DataFrame) -> list[str]:
    """Return the columns of a plan that differ between runs of one case: uncertain parameters."""
    rest = [name for name in plan.columns if name not in FIXED]
    spread = plan.groupby(CASE, sort=False)[rest].nunique().max() if rest else {}
    return [name for name in rest if spread[name] > 1]


def select(selections: Sequence[Selection]) -> list[Alternative]:
    """Return the alternatives that selections mean, the reference first: what `compare` compares and plots draw.

    Parameters
    ----------
    selections : sequence of str, Path, Results or Alternative
        One folder stands for all its alternatives; of several selections each must stand for one.

    Raises
    ------
    InputError
        With every problem: no sweep, no such key or value, or more than one alternative meant.
    """
    if len(selections) == 1:
        found = alternatives(selections[0])
    else:
        found, problems = [], []
        for selection in selections:
            try:
                found.append(_one(selection))
            except InputError as error:
                problems += [Problem(problem.where or error.subject, problem.what) for problem in error.problems]
        if problems:
            raise InputError(say("comparison"), problems)
    return _with_short_names(found)


def alternatives(selection: Selection) -> list[Alternative]:
    """Return all alternatives that a selection means."""
    if isinstance(selection, Alternative):
        return [selection]
    results, plan, _ = _chosen(selection)
    return list(_alternatives(results, plan))


def check_kpis(subject: str, kpis: Sequence[str], known: Sequence[str]) -> None:
    """Refuse KPIs that are not `known`, all at once."""
    problems = [Problem(kpi, say("no such KPI{hint}", hint=nearest(kpi, known))) for kpi in kpis if kpi not in known]
    if problems:
        raise InputError(subject, problems)


def _with_short_names(found: Sequence[Alternative]) -> list[Alternative]:
    """Return alternatives without the name of the folder, where that is the same for all; no two names are alike."""
    prefixes = {f"{item.results.folder}:" for item in found}
    names = [item.name.removeprefix(*prefixes) if len(prefixes) == 1 else item.name for item in found]
    times = [names[: place + 1].count(name) for place, name in enumerate(names)]
    numbered = [name if time == 1 else f"{name} ({time})" for name, time in zip(names, times, strict=True)]
    return [replace(item, name=name) for item, name in zip(found, numbered, strict=True)]


def _one(selection: Selection) -> Alternative:
    """Return the one alternative that a selection means."""
    if isinstance(selection, Alternative):
        return selection
    results, plan, name = _chosen(selection)
    meant = list(_alternatives(results, plan))
    varied = [key for key in (SCENARIO, *lever_columns(plan)) if plan[key].nunique() > 1]
    if varied:
        what = say(
            "it means {count} alternatives; choose one with {keys}",
            count=len(meant),
            keys=", ".join(f"{key}={plan[key].iloc[0]}" for key in varied),
        )
        raise InputError(name, [Problem("", what)])
    return Alternative(name, results, plan)


def _chosen(selection: str | Path | Results) -> tuple[Results, pd.DataFrame, str]:
    """Return a sweep, the rows of its plan that a selection means, and the selection's name."""
    if isinstance(selection, Results):
        return selection, selection.plan, str(selection.folder)
    text = str(selection)
    folder, conditions = _parted(text)
    results = read_results(folder)
    plan = results.plan
    problems = []
    for key, value in _read(conditions, _named_whole(results)).items():
        try:
            plan = plan[_matches(results, key, value).loc[plan.index]]
        except ValueError as error:
            problems.append(Problem(text, str(error)))
    if not problems and plan.empty:
        problems.append(Problem(text, say("no run of the sweep is like that")))
    if problems:
        raise InputError(say("comparison"), problems)
    return results, plan, text


def _parted(text: str) -> tuple[str, str]:
    """Return the folder and the conditions of a selection; a colon may stand in both."""
    colons = [place for place, letter in enumerate(text) if letter == ":"]
    ends = [place for place in colons if place and is_folder(Path(text[:place]))]
    if is_folder(Path(text)) or not any(colons):
        return text, ""
    end = ends[-1] if ends else colons[-1]
    return text[:end], text[end + 1 :]


def _named_whole(results: Results) -> set[str]:
    """Return the names of scenarios and cases of a sweep, which may hold commas and signs of equality."""
    return {*results.plan[SCENARIO].unique(), *case_names(results).values()}


def _read(conditions: str, names: Container[str] = ()) -> Mapping[str, str]:
    """Return the conditions of a selection by key; a bare value, or one of the `names`, has the key CASE."""
    if conditions in names:
        return {CASE: conditions}
    parts = [part.strip().partition("=") for part in conditions.split(",") if part.strip()]
    return {key if sign else CASE: value if sign else key for key, sign, value in parts}


def _matches(results: Results, key: str, value: str) -> pd.Series[bool]:
    """Return which rows of a plan have this value; ValueError if none of them has it, or there is no such key."""
    plan = results.plan
    keys = [SCENARIO, VARIANT, *lever_columns(plan)]
    if key == CASE:
        named = plan[CASE].map(case_names(results))
        of_case = (plan[SCENARIO] == value) | (named == value)
        if not of_case.any():
            raise _unknown(SCENARIO, value, [*plan[SCENARIO].unique(), *named.dropna().unique()])
        return of_case
    short = [name for name in keys if name.rpartition(".")[2] == key]
    key = short[0] if len(short) == 1 else key
    if key not in keys:
        hint = nearest(key, keys)
        raise ValueError(say("{key} is not a key ({keys}){hint}", key=key, keys=", ".join(keys), hint=hint))
    known = plan[key].drop_duplicates()
    try:
        wanted = known.dtype.type(value) if known.dtype.kind in "if" else value
    except ValueError:
        wanted = value
    # 0.7 is meant by 0.7000000000000001, too, as steps of 0.1 have it
    near = _near(known, wanted)
    if not near.any():
        raise _unknown(key, value, [str(item) for item in known])
    return plan[key].isin(known[near])


def _near(values: pd.Series[Any], wanted: object) -> npt.NDArray[np.bool_]:
    """Return which values are a wanted one; floats but for what arithmetic leaves in the last digits."""
    if values.dtype.kind == "f" and isinstance(wanted, float):
        near: npt.NDArray[np.bool_] = np.isclose(values.to_numpy(), wanted, rtol=1e-12, atol=1e-15)
        return near
    equal: npt.NDArray[np.bool_] = (values == wanted).to_numpy(bool)
    return equal


def _unknown(key: str, value: str, known: Sequence[str]) -> ValueError:
    hint = nearest(value, known)
    names = ", ".join(known)
    return ValueError(say("no run has {key}={value} ({known}){hint}", key=key, value=value, known=names, hint=hint))


def case_names(results: Results) -> dict[int, str]:
    """Return the names of the cases to which the study gives one, by number."""
    found = design.alternatives(Study(**results.manifest["study"]))
    return {number: item.name for number, item in enumerate(found) if item.name}


def _alternatives(results: Results, plan: pd.DataFrame) -> Iterator[Alternative]:
    """Yield the alternatives of a plan: scenarios with levers; variants of the model if nothing else differs."""
    keys = [SCENARIO, *lever_columns(plan)]
    varied = [key for key in keys if plan[key].nunique() > 1] or [VARIANT]
    names = case_names(results)
    for values, rows in plan.groupby(varied, sort=False):
        named = dict(zip(varied, values, strict=True))
        parts = [str(value) if key in (SCENARIO, VARIANT) else f"{key}={value}" for key, value in named.items()]
        if rows[CASE].iloc[0] in names:
            parts = [*(named[SCENARIO] for _ in range(SCENARIO in named)), names[rows[CASE].iloc[0]]]
        name = ", ".join(parts)
        yield Alternative(name, results, rows)
