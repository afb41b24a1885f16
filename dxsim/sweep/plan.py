"""The plan of a study: a table of all its runs, each with an id that it has in every plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from dxsim.errors import InputError, Problem
from dxsim.files import write_whole
from dxsim.language import say
from dxsim.model.request import warn_of_nobody
from dxsim.scenario.configuration import variant_values
from dxsim.scenario.registry import REGISTRY, Value
from dxsim.scenario.scenario import Scenario, contradictions, load_scenario
from dxsim.sweep.design import Alternative, Point, alternatives, count_cases, count_points, points
from dxsim.sweep.study import Study
from dxsim.terms.text import TEXT

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation
    from dxsim.nation.vendor_table import VendorTable

LARGEST_PLAN = 1_000_000  # runs; so many are planned in less than half a gigabyte
LEADING = ("run", "case", "variant", "scenario", "point", "seed")  # columns before those of the parameters
ID_DIGITS = 16
_NAMED = 10  # contradictory rows that are named
_SEED_BITS = 53  # whole numbers that every program reads back, those without 64-bit integers too
_METADATA = b"dxsim"
_KINDS = {"float": "float64", "int": "int64"}  # of a column, by the type of its parameter


@dataclass(frozen=True, eq=False)
class Plan:
    """All runs of a study.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per run, case by case, then point by point, then seed by seed: ``run`` (id, 16 hexadecimal digits),
        ``case`` and ``point`` (numbers from 0), ``variant``, ``scenario``, ``seed``, then the parameters that differ
        from case to case and from point to point, by full name; months as ``YYYY-MM``. Rows with the same id describe
        the same run.
    names : tuple of str
        What each case is called, by its number: its own name, or what it differs in.
    bases : mapping of str to Scenario
        The scenarios by name, as their files have them.
    settings : mapping of str to mapping
        What the study sets for all rows of a variant, by the variant's name: its own values and the constants.
    nation_fingerprint, vendor_fingerprint : str
        Of the nation, and of the table of vendors (empty: vendors are drawn).
    fingerprint : str
        SHA-256 of the table.
    """

    table: pd.DataFrame
    names: tuple[str, ...]
    bases: Mapping[str, Scenario]
    settings: Mapping[str, Mapping[str, Value]]
    nation_fingerprint: str
    vendor_fingerprint: str
    fingerprint: str

    def __len__(self) -> int:
        return len(self.table)

    def scenario(self, row: int) -> Scenario:
        """Return the scenario of a row, resolved; the same as that of a single run with these parameters."""
        given = {key: _python(column[row]) for key, column in self._columns.items()}
        values = {key: value for key, value in given.items() if key not in LEADING}
        return changed(self.bases[str(given["scenario"])], {**self.settings[str(given["variant"])], **values})

    @cached_property
    def _columns(self) -> dict[str, npt.NDArray[Any]]:
        return {key: self.table[key].to_numpy() for key in self.table.columns}

    def seed(self, row: int) -> int:
        """Return the seed of a row."""
        return int(self.table["seed"].iat[row])

    def write(self, path: Path) -> None:
        """Write the plan as one Parquet file that holds all that `read_plan` needs, scenarios included."""
        further = {
            "names": self.names,
            "bases": _SCENARIOS.dump_python(dict(self.bases), mode="json"),
            "settings": self.settings,
            "nation_fingerprint": self.nation_fingerprint,
            "vendor_fingerprint": self.vendor_fingerprint,
            "fingerprint": self.fingerprint,
        }
        table = pa.Table.from_pandas(self.table, preserve_index=False)
        metadata = {**(table.schema.metadata or {}), _METADATA: json.dumps(further, ensure_ascii=False).encode()}
        write_whole(path, partial(pq.write_table, table.replace_schema_metadata(metadata), compression="zstd"))


_SCENARIOS: TypeAdapter[dict[str, Scenario]] = TypeAdapter(dict[str, Scenario])


def read_plan(path: Path) -> Plan:
    """Read a plan that `Plan.write` wrote.

    Raises
    ------
    InputError
        If there is no such plan, or its table is not the one that was written.
    """
    try:
        stored = pq.read_table(path)
        further = json.loads((stored.schema.metadata or {})[_METADATA])
        bases = _SCENARIOS.validate_json(json.dumps(further["bases"]))
        plan = Plan(table=stored.to_pandas(), **{**further, "bases": bases, "names": tuple(further["names"])})
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):  # pydantic's errors are ValueErrors
        raise InputError(say("plan {file}", file=path), [Problem("", say("this is not a plan of dxsim"))]) from None
    if _fingerprint(plan.table) != plan.fingerprint:
        raise InputError(say("plan {file}", file=path), [Problem("", say("the table was changed after planning"))])
    return plan


def run_id(scenario: str, nation: str, vendor_table: str, seed: int) -> str:
    """Return the id of a run.

    Parameters
    ----------
    scenario, nation : str
        Fingerprints.
    vendor_table : str
        Fingerprint; empty where vendors are drawn.
    seed : int
        Of the run.

    Examples
    --------
    >>> run_id("a", "b", "", 1)
    '8622b8aa212c9d61'
    """
    return hashlib.sha256("\n".join((scenario, nation, vendor_table, str(seed))).encode()).hexdigest()[:ID_DIGITS]


def own_seed(scenario: str, replicate: int) -> int:
    """Return a seed that belongs to a scenario (fingerprint) and the number of a replicate alone; 0 to 2**53 - 1."""
    digest = hashlib.sha256(f"seed\n{scenario}\n{replicate}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _SEED_BITS)


def make_plan(study: Study, nation: Nation, vendor_table: VendorTable | None = None) -> Plan:
    """Return all runs of a study; the same study gives the same table, byte for byte.

    Parameters
    ----------
    study : Study
        What is asked.
    nation : Nation
        The study's nation, read.
    vendor_table : VendorTable, optional
        The study's vendors, read.

    Raises
    ------
    InputError
        With everything that is wrong with its scenarios, its draws and the combinations of their values.
    """
    rows = count_cases(study) * count_points(study) * study.seeds.count  # so many may be too many to be made
    if rows > LARGEST_PLAN:
        what = say(
            "{cases} cases, {points} points and {seeds} seeds are {rows} runs; at most {largest}",
            cases=count_cases(study),
            points=count_points(study),
            seeds=study.seeds.count,
            rows=rows,
            largest=LARGEST_PLAN,
        )
        raise _refusal(study, [Problem("", what)])
    cases, drawn = alternatives(study), points(study)
    scenarios = _scenarios(study, cases)
    for scenario in scenarios.values():
        warn_of_nobody(scenario, nation)
    settings = _settings(study, cases, drawn)
    vendors = vendor_table.fingerprint if vendor_table else ""
    table = _table(study, cases, drawn, scenarios, settings, (nation.fingerprint, vendors))
    return Plan(
        table=table,
        names=_names(study, cases, scenarios),
        bases={scenario.name: scenario for scenario in scenarios.values()},
        settings=settings,
        nation_fingerprint=nation.fingerprint,
        vendor_fingerprint=vendors,
        fingerprint=_fingerprint(table),
    )


def _refusal(study: Study, problems: Sequence[Problem]) -> InputError:
    return InputError(say("study '{name}'", name=study.name), problems)


def _scenarios(study: Study, cases: Sequence[Alternative]) -> dict[str, Scenario]:
    """Return the scenarios as the study names them."""
    found: dict[str, Scenario] = {}
    problems: list[Problem] = []
    for given in dict.fromkeys(case.scenario for case in cases):
        try:
            scenario = load_scenario(given)
        except InputError as error:
            problems += error.problems
            continue
        if any(scenario.name == other.name for other in found.values()):
            what = say("two scenarios are called '{name}'; rename one", name=scenario.name)
            problems.append(Problem(given, what))
        found[given] = scenario
    if problems:
        raise _refusal(study, problems)
    return found


def _settings(study: Study, cases: Sequence[Alternative], drawn: Sequence[Point]) -> dict[str, dict[str, Value]]:
    """Return what the study sets for all rows of a variant.

    A variant of which nothing is left is refused: it would look like a form of the model that makes no difference.
    """
    own = {variant: variant_values(variant) for variant in study.variants}
    everywhere = {*study.constants, *drawn[0], *set.intersection(*(set(case.values) for case in cases))}
    problems = [
        Problem(variant, say("has no effect: the study sets all that it changes ({keys})", keys=", ".join(values)))
        for variant, values in own.items()
        if values and everywhere >= set(values)
    ]
    if problems:
        raise _refusal(study, problems)
    return {variant: {**values, **study.constants} for variant, values in own.items()}


def changed(base: Scenario, values: Mapping[str, Value]) -> Scenario:
    """Return a scenario with other values, as `load_scenario` gives it with these overrides."""
    overrides = {key: value for key, value in values.items() if value != base.values[key]}
    return replace(base, values={**base.values, **values}, overrides=overrides)


def _table(
    study: Study,
    cases: Sequence[Alternative],
    drawn: Sequence[Point],
    scenarios: Mapping[str, Scenario],
    settings: Mapping[str, Mapping[str, Value]],
    fingerprints: tuple[str, str],
) -> pd.DataFrame:
    keys = (*study.decided, *study.drawn)
    numbers = study.seeds.all
    columns: dict[str, list[Any]] = {name: [] for name in (*LEADING, *keys)}
    problems: list[Problem] = []
    for number, case in enumerate(cases):
        base = scenarios[case.scenario]
        for place, point in enumerate(drawn):
            scenario = changed(base, {**settings[case.variant], **case.values, **point})
            where = say("case {case}, point {point}", case=number, point=place)
            problems += [Problem(where, what) for what in contradictions(scenario.values)]
            identity = scenario.fingerprint
            for seed in numbers if study.seeds.common else [own_seed(identity, replicate) for replicate in numbers]:
                leading = (run_id(identity, *fingerprints, seed), number, case.variant, scenario.name, place, seed)
                for name, value in zip(LEADING, leading, strict=True):
                    columns[name].append(value)
            for key in keys:
                columns[key] += [scenario.values[key]] * study.seeds.count
    if problems:
        further = len(problems) - _NAMED
        last = [Problem("", say("and {count} more of this kind", count=further))] if further > 0 else []
        raise _refusal(study, [*problems[:_NAMED], *last])
    kinds = {"run": TEXT, "case": "int64", "variant": TEXT, "scenario": TEXT, "point": "int64", "seed": "int64"}
    kinds |= {key: _KINDS.get(REGISTRY[key].type, TEXT) for key in keys}
    return pd.DataFrame({name: pd.Series(values, dtype=kinds[name]) for name, values in columns.items()})


def _names(study: Study, cases: Sequence[Alternative], scenarios: Mapping[str, Scenario]) -> tuple[str, ...]:
    """Return what each case is called: its own name, and the variant, scenario and levers that differ in the study."""
    found = []
    has_variants, has_scenarios = len(study.variants) > 1, len(scenarios) > 1
    for case in cases:
        parts = [case.variant] if has_variants else []
        parts += [scenarios[case.scenario].name] if has_scenarios or not (parts or case.values or case.name) else []
        levers = [f"{key}={value}" for key, value in case.values.items()]
        parts += [case.name] if case.name else levers
        found.append(", ".join(parts))
    return tuple(found)


def _python(value: Value | np.generic) -> Value:
    return value.item() if isinstance(value, np.generic) else value


def _fingerprint(table: pd.DataFrame) -> str:
    """Return the SHA-256 of the names, types and values of a table's columns."""
    digest = hashlib.sha256()
    for name in table.columns:
        column = table[name]
        is_number = column.dtype.kind in "if"
        content = column.to_numpy().astype("<i8" if column.dtype.kind == "i" else "<f8").tobytes() if is_number else b""
        text = "" if is_number else "\0".join(column)
        digest.update(f"{name}\0{column.dtype.kind if is_number else 's'}\0{len(column)}\0{text}\0".encode())
        digest.update(content)
    return digest.hexdigest()
