"""The parameter registry: every number and choice of the model, read from the one table ``parameters.csv``.

Columns of the table: ``minimum`` and ``maximum`` are hard bounds, outside which a value is refused; ``low``,
``high`` and ``distribution`` are the range of sensitivity analysis (empty: not varied). ``role`` says what kind of
thing a parameter is, ``status`` where its default comes from.
"""

from __future__ import annotations

import csv
import difflib
import keyword
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from numbers import Real
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from dxsim.errors import InputError, Problem, at_line, nearest
from dxsim.language import LANGUAGES, say
from dxsim.terms.calendar import month_index

Value = float | int | str
Record: TypeAlias = "np.recarray[tuple[int], np.dtype[np.void]]"

TYPES = ("float", "int", "choice", "month_start", "month_end")
DISTRIBUTIONS = ("", "uniform", "integers")
ROLES = {
    "lever": "what the state can decide",
    "body_lever": "what the state can decide for each municipality; policies set it for some, for a time",
    "uncertainty": "what nobody knows well and a sensitivity analysis varies",
    "constant": "what is fixed by definition or measured well enough",
    "variant": "which form of the model is used",
}
STATUSES = {
    "read": "read in a source",
    "derived": "computed from a source",
    "memory": "a classic value quoted without a source at hand",
    "assumed": "a plain assumption",
    "free": "free: to be calibrated or varied",
    "lever": "a choice of the policy maker",
}
TABLE = Path(__file__).with_name("parameters.csv")


@dataclass(frozen=True)
class Parameter:
    """One row of the registry.

    Values are numbers, one of `choices`, or months written ``YYYY-MM``. For the kernels (`code`) a month_start is
    the index of its month, a month_end that of the month after it, and a choice its place in `choices`.
    """

    group: str
    name: str
    symbol: str
    unit: str
    type: str
    default: Value
    minimum: Value | None
    maximum: Value | None
    low: Value | None
    high: Value | None
    choices: tuple[str, ...]
    distribution: str
    role: str
    status: str
    source: str
    label: Mapping[str, str]

    @property
    def key(self) -> str:
        """The full name, ``group.name``."""
        return f"{self.group}.{self.name}"

    @property
    def bounds(self) -> str:
        """What a value must be, in words that follow "must be"."""
        if self.type == "choice":
            return say("one of {choices}", choices=", ".join(self.choices))
        if self.type.startswith("month"):
            return say("a month from {first} to {last}, written YYYY-MM", first=self.minimum, last=self.maximum)
        unit = "" if self.unit == "1" else say(" {unit}", unit=self.unit)
        bounds = f"[{_plain(self.minimum)}, {_plain(self.maximum)}]"
        if self.type == "int":
            return say("a whole number in {bounds}{unit}", bounds=bounds, unit=unit)
        return say("in {bounds}{unit}", bounds=bounds, unit=unit)

    def code(self, value: Value) -> float | int:
        """Return a value that `read` gave as the number which the kernels use."""
        if isinstance(value, str):
            if self.type == "choice":
                return self.choices.index(value)
            return month_index(value) + (self.type == "month_end")
        return value

    def read(self, value: object) -> Value:
        """Return `value` in this parameter's own type.

        Raises
        ------
        ValueError
            If it is of another type or out of bounds; the message names the bounds and the unit.
        """
        if self.type == "choice":
            if value not in self.choices:
                raise self._refusal(value, nearest(value, self.choices) if isinstance(value, str) else "")
            return str(value)
        if self.type.startswith("month"):
            if not isinstance(value, str):
                raise self._refusal(value)
            try:
                index = month_index(value)
            except ValueError:
                raise self._refusal(value) from None
            if not month_index(str(self.minimum)) <= index <= month_index(str(self.maximum)):
                raise self._refusal(value)
            return str(value)
        if isinstance(value, str) and _is_number(value):
            raise self._refusal(value, say("; that is text: write the number without quotes and leading zeros"))
        if isinstance(value, bool) or not isinstance(value, Real) or (self.type == "int" and value % 1 != 0):
            raise self._refusal(value)  # 12.0 is a whole number too: samples and tables hold nothing but floats
        if not self.minimum <= value <= self.maximum:  # type: ignore[operator]
            raise self._refusal(value)
        return int(value) if self.type == "int" else float(value)  # type: ignore[call-overload]

    def _refusal(self, value: object, hint: str = "") -> ValueError:
        what = say("{key} must be {bounds} (got {value})", key=self.key, bounds=self.bounds, value=_got(value))
        return ValueError(what + hint)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _plain(number: object) -> str:
    return f"{number:g}" if isinstance(number, float) else str(number)


def _got(value: object) -> str:
    """Return what a user gave, short enough for one line."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to print an enormous whole number
        return say("an enormous number")
    return text if len(text) <= 60 else f"{text[:57]}..."


def read_table(path: Path) -> Mapping[str, Parameter]:
    """Read and check a parameter table.

    Returns
    -------
    mapping of str to Parameter
        By full name, in the order of the table.

    Raises
    ------
    InputError
        With every problem and its line.
    """
    problems: list[Problem] = []
    table: dict[str, Parameter] = {}
    names: set[str] = set()
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        for row in rows:
            where = f"{at_line(path.name, rows.line_num)}: {row['group']}.{row['name']}"
            try:
                parameter = _parameter(row)
            except (ValueError, TypeError, AttributeError) as error:
                problems.append(Problem(where, str(error)))
                continue
            found = _faults(parameter)
            if parameter.name in names:
                found.append(say("its short name is used before"))
            names.add(parameter.name)
            table[parameter.key] = parameter
            problems += [Problem(where, what) for what in found]
    if problems:
        raise InputError(say("parameter table {file}", file=path.name), problems)
    return MappingProxyType(table)


def _parameter(row: Mapping[str, str]) -> Parameter:
    kind = row["type"]
    if kind not in TYPES:
        raise ValueError(_none_of("type", TYPES, kind))
    convert: Callable[[str], Value] = {"float": float, "int": int}.get(kind, str)
    text = {column: row[column] for column in ("group", "name", "symbol", "unit", "distribution", "role", "status")}
    ends = {column: convert(row[column]) if row[column] else None for column in ("minimum", "maximum", "low", "high")}
    return Parameter(
        **text,
        **ends,  # type: ignore[arg-type]
        type=kind,
        default=convert(row["default"]),
        choices=tuple(row["choices"].split("|")) if row["choices"] else (),
        source=row["source"],
        label={language: row[f"label_{language}"] for language in LANGUAGES},
    )


def _none_of(column: str, known: Iterable[str], value: str) -> str:
    bounds = say("one of {choices}", choices=", ".join(known))
    return say("{key} must be {bounds} (got {value})", key=column, bounds=bounds, value=repr(value))


def _faults(parameter: Parameter) -> list[str]:
    """Return what is wrong with one row whose cells have the right types."""
    found = []
    name = parameter.name
    if not name.isidentifier() or keyword.iskeyword(name) or hasattr(np.recarray, name) or hasattr(np.record, name):
        found.append(say("its short name can't be the name of a field"))
    for column, known in (("role", ROLES), ("status", STATUSES), ("distribution", DISTRIBUTIONS)):
        if getattr(parameter, column) not in known:
            found.append(_none_of(column, known, getattr(parameter, column)))
    found += [
        say("no label in '{language}'", language=language) for language in LANGUAGES if not parameter.label[language]
    ]
    if parameter.status in ("read", "derived") and not parameter.source:
        found.append(say("status '{status}' needs a source", status=parameter.status))
    if (parameter.type == "choice") != bool(parameter.choices):
        found.append(say("choices belong to the type choice, and to it alone"))
    if (parameter.type == "choice") != (parameter.minimum is None) or (parameter.minimum is None) != (
        parameter.maximum is None
    ):
        found.append(say("minimum and maximum belong to every type but choice"))
    if not bool(parameter.distribution) == (parameter.low is not None) == (parameter.high is not None):
        found.append(say("low, high and distribution belong together"))
    if found:
        return found
    if parameter.distribution and (parameter.distribution == "integers") == (parameter.type == "float"):
        found.append(
            say("distribution '{parameter.distribution}' does not go with type {parameter.type}", parameter=parameter)
        )
    try:
        parameter.read(parameter.default)
        if parameter.low is not None and parameter.high is not None:
            low, high = (parameter.code(parameter.read(end)) for end in (parameter.low, parameter.high))
            if low > high:
                found.append(say("low is above high"))
    except ValueError as error:
        found.append(str(error))
    return found


REGISTRY: Mapping[str, Parameter] = read_table(TABLE)
GROUPS = tuple(dict.fromkeys(parameter.group for parameter in REGISTRY.values()))
PARAMETER_DTYPE = np.dtype(
    [(parameter.name, np.float64 if parameter.type == "float" else np.int64) for parameter in REGISTRY.values()]
)


def unknown(name: str) -> str:
    """Return why `name` is refused, with the nearest right name; a name without its group is recognised."""
    hint = nearest_parameter(name, tuple(REGISTRY))
    return say("no such parameter{hint}", hint=hint or say("; `dxsim parameters` lists them all"))


def nearest_parameter(name: str, known: Sequence[str]) -> str:
    """Return a hint at the parameter among those `known` that has this name or one near to it, or nothing.

    In a known group only its parameters are near, whatever the group adds to the likeness of their full names.
    """
    group, _, bare = name.rpartition(".")
    of_name = {key.rpartition(".")[2]: key for key in known}
    in_group = [other for other, key in of_name.items() if group not in GROUPS or key == f"{group}.{other}"]
    found = [bare] if bare in of_name else difflib.get_close_matches(bare, in_group, n=1)
    return say("; did you mean '{name}'?", name=of_name[found[0]]) if found else ""


def defaults() -> dict[str, Value]:
    """Return every parameter's default by full name."""
    return {key: parameter.default for key, parameter in REGISTRY.items()}


def parameter_record(values: Mapping[str, object]) -> Record:
    """Return the parameters as the kernels read them.

    Parameters
    ----------
    values : mapping of str to object
        By full name; a parameter that is not named has its default. Months are written ``YYYY-MM``.

    Returns
    -------
    numpy.recarray
        Shape (1,), `PARAMETER_DTYPE`.

    Raises
    ------
    InputError
        With every unknown name and every value of a wrong type or out of bounds.
    """
    problems = []
    record = np.zeros(1, PARAMETER_DTYPE)
    for key, value in (defaults() | dict(values)).items():
        if key not in REGISTRY:
            problems.append(Problem(key, unknown(key)))
            continue
        try:
            record[REGISTRY[key].name] = REGISTRY[key].code(REGISTRY[key].read(value))
        except ValueError as error:
            problems.append(Problem("", str(error)))
    if problems:
        raise InputError(say("parameters"), problems)
    return record.view(np.recarray)


def ranges() -> dict[str, tuple[float, float]]:
    """Return from where to where a study may draw: the ranges of all parameters that have one, by full name.

    Whole numbers are parameters too, which `load_scenario` takes as 12 or 12.0; months have no range here.

    Examples
    --------
    A problem of SALib:

    >>> bounds = ranges()
    >>> problem = {"num_vars": len(bounds), "names": list(bounds), "bounds": list(bounds.values())}
    """
    return {
        key: (float(parameter.low), float(parameter.high))
        for key, parameter in REGISTRY.items()
        if parameter.type in ("float", "int") and parameter.low is not None and parameter.high is not None
    }


def choices(name: str) -> Any:  # noqa: ANN401 - its members are known from the table only
    """Return the codes of a parameter's choices as kernels read them, an IntEnum.

    Examples
    --------
    >>> choices("policy.extension_rule").CONDITIONAL.value
    1
    """
    parameter = REGISTRY[name]
    return IntEnum(parameter.name, [choice.upper() for choice in parameter.choices], start=0)
