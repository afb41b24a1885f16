"""Policies: who is to have which lever, when and how. They stack in the order in which a scenario lists them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from dxsim.language import say
from dxsim.scenario.entries import Line, Number, SomeText, entry, is_file, one_of
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.triggers import When, trigger_text
from dxsim.terms.calendar import MONTHS, month_index, month_name
from dxsim.terms.municipalities import CODE_DIGITS, PREFECTURE_DIGITS, PREFECTURES, TYPES, five_digits

if TYPE_CHECKING:
    import pandas as pd

BODY_LEVERS = tuple(key for key, parameter in REGISTRY.items() if parameter.role == "body_lever")  # full names
TypeName = Annotated[str, one_of(tuple(TYPES))]
T = TypeVar("T")


def _month(value: object, info: ValidationInfo) -> object:
    """Return the index of a month; files write ``YYYY-MM``, Python may count."""
    if isinstance(value, int) and not is_file(info):
        return value
    with suppress(ValueError):
        if isinstance(value, str) and 0 <= (month := month_index(value)) < MONTHS:
            return month
    first, last = month_name(0), month_name(MONTHS - 1)
    raise ValueError(say("must be a month from {first} to {last}, written YYYY-MM", first=first, last=last))


def _from(value: object, info: ValidationInfo) -> object:
    return 0 if value is None else _month(value, info)


def _until(value: object, info: ValidationInfo) -> object:
    """Return the month after the last one, which is what a file names."""
    month = MONTHS if value is None else _month(value, info)
    return month + 1 if isinstance(value, str) and isinstance(month, int) else month


def _digits(value: object, count: int) -> str:
    """Return a code of so many digits; YAML reads 13101 as a number, and 01100 as text."""
    text = f"{value:0{count}d}" if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(f"[0-9]{{{count}}}", text):
        raise ValueError(say("must be a code of {count} digits", count=count))
    return text


def _prefecture(value: object) -> str:
    text = _digits(value, PREFECTURE_DIGITS)
    if not 1 <= int(text) <= PREFECTURES:
        raise ValueError(say("must be a prefecture's number from 01 to {last}", last=PREFECTURES))
    return text


def _code(value: object) -> str:
    return _digits(value if isinstance(value, bool) else five_digits(str(value)), CODE_DIGITS)


def _condition(value: object, info: ValidationInfo) -> object:
    """Return a condition; one that a file names must not be empty."""
    if value == [] and is_file(info):
        raise ValueError(say("must not be empty"))
    return () if value is None else value


def _amount(value: object, check: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    """Return a number; what is none in a file is told with its lever, see ``scenario_file.py``."""
    try:
        return check(value)
    except ValidationError:
        if is_file(info):
            return value
        raise


Month = Annotated[int, BeforeValidator(_month)]
Condition = Annotated[tuple[T, ...], BeforeValidator(_condition)]
Persons = Annotated[Number, Field(ge=0)]
Prefecture = Annotated[str, BeforeValidator(_prefecture)]
Code = Annotated[str, BeforeValidator(_code)]


@entry("who")
class Who:
    """Which municipalities: those for whom all given conditions hold; an empty condition holds for everybody.

    Attributes
    ----------
    types : tuple of str
        Types of municipalities, as in a nation's table.
    population_from, population_below : float or None
        Persons; the first bound belongs to it, the second does not.
    prefectures : tuple of str
        Numbers of two digits, ``01`` to ``47``.
    codes : tuple of str
        Codes of municipalities, five digits.
    """

    types: Condition[TypeName] = ()
    population_from: Persons | None = None
    population_below: Persons | None = None
    prefectures: Condition[Prefecture] = ()
    codes: Condition[Code] = ()

    def meets(self, other: Who) -> bool:
        """Return whether some municipality can belong to both, as far as can be told without a nation.

        Examples
        --------
        >>> Who(types=("town", "village")).meets(Who(population_below=20_000))
        True
        >>> Who(prefectures=("01",)).meets(Who(codes=("13101",)))
        False
        """
        floor = max(self.population_from or 0, other.population_from or 0)
        ceiling = min(_or_infinite(self.population_below), _or_infinite(other.population_below))
        return (
            floor < ceiling
            and _common(self.types, other.types)
            and _common(self.prefectures, other.prefectures)
            and _common(self.codes, other.codes)
            and _common(self.prefectures, _prefectures(other.codes))
            and _common(_prefectures(self.codes), other.prefectures)
        )

    def covers(self, other: Who) -> bool:
        """Return whether all of `other` belong to it, as far as can be told without a nation."""
        return (
            (self.population_from or 0) <= (other.population_from or 0)
            and _or_infinite(self.population_below) >= _or_infinite(other.population_below)
            and _holds(self.types, other.types)
            and _holds(self.prefectures, other.prefectures or _prefectures(other.codes))
            and _holds(self.codes, other.codes)
        )


def _or_infinite(number: float | None) -> float:
    return float("inf") if number is None else number


def _prefectures(codes: Sequence[str]) -> tuple[str, ...]:
    return tuple(code[:PREFECTURE_DIGITS] for code in codes)


def _common(one: Sequence[str], other: Sequence[str]) -> bool:
    return not one or not other or bool(set(one) & set(other))


def _holds(one: Sequence[str], other: Sequence[str]) -> bool:
    return not one or (bool(other) and set(one) >= set(other))


@entry("policy")
class Policy:
    """What the state does to a lever, for whom and how long.

    Attributes
    ----------
    lever : str
        Full name of a parameter whose role is ``body_lever``.
    value : float
        In the lever's unit; for ``multiply`` a factor.
    how : str
        ``set``, ``add`` or ``multiply``: what the value does to what the parameter and the policies before it left.
    first, last : int
        Month (index) in which it begins, and the month after the last one; a file writes ``from`` and ``until``, the
        last one.
    who : Who
        For whom.
    text : mapping of str to str
        What it is called, by language; may be empty.
    when : When or None
        What it waits for, from its first month on; it then stays until its last one. None: it waits for nothing.
    """

    lever: Line
    value: Annotated[Number, WrapValidator(_amount)]
    how: Literal["set", "add", "multiply"] = "set"
    first: Annotated[int, BeforeValidator(_from)] = Field(default=0, validation_alias="from")
    last: Annotated[int, BeforeValidator(_until)] = Field(default=MONTHS, validation_alias="until")
    who: Who = Who()
    text: SomeText = field(default_factory=dict)
    when: When | None = None

    def after(self, value: float) -> float:
        """Return what becomes of a lever's `value`, cut to the bounds of the registry."""
        changed = {"set": self.value, "add": value + self.value, "multiply": value * self.value}[self.how]
        parameter = REGISTRY[self.lever]
        return float(min(parameter.maximum, max(parameter.minimum, changed)))  # type: ignore[type-var, arg-type]


def scope(policy: Policy, table: pd.DataFrame) -> NDArray[np.bool_]:
    """Return for whom a policy is, one truth value per row of a nation's table of municipalities.

    A prefecture or a code that the nation does not have is nobody.
    """
    who, population = policy.who, table["population"].to_numpy(np.float64)
    inside = np.ones(len(table), dtype=np.bool_)
    for column, wanted in (("type", who.types), ("prefecture", who.prefectures), ("code", who.codes)):
        if wanted:
            inside &= table[column].astype(str).isin(wanted).to_numpy()
    if who.population_from is not None:
        inside &= population >= who.population_from
    if who.population_below is not None:
        inside &= population < who.population_below
    return inside


def what_text(policy: Policy) -> str:
    """Return what a policy does, in words: ``residents.support_desks = 5``."""
    sign = {"set": "=", "add": "+", "multiply": "×"}[policy.how]
    return f"{policy.lever} {sign} {policy.value:,.10g}"


def when_text(policy: Policy) -> str:
    """Return how long a policy lasts, in the language that is spoken."""
    months = say("from {first} to {last}", first=month_name(policy.first), last=month_name(policy.last - 1))
    is_always = policy.first <= 0 and policy.last >= MONTHS
    if policy.when is None:
        return say("in all months") if is_always else months
    passed = trigger_text(policy.when)
    return passed if is_always else say("{passed}; only {months}", passed=passed, months=months)


def began_text(policy: Policy, month: str | None) -> str:
    """Return when a policy that waited began in a run, in which `month` (YYYY-MM) or never; else nothing."""
    if policy.when is None:
        return ""
    return say("it never began") if month is None else say("it began in {month}", month=month)


def began_texts(told: Iterable[Mapping[str, Any]], months: Iterable[str | None]) -> list[str]:
    """Return when each policy that waited began, of policies and months as the manifest of a run has them."""
    pairs = [(Policy(**fields), month) for fields, month in zip(told, months, strict=False)]
    return [
        f"{what_text(policy)}, {when_text(policy)}: {began}"
        for policy, month in pairs
        if (began := began_text(policy, month))
    ]


def who_text(who: Who, types: Mapping[str, str] | None = None) -> str:
    """Return for whom a policy is, in the language that is spoken; `types` gives the types other names."""
    names = [types[name] if types else name for name in who.types]
    conditions = [
        ", ".join(names),
        say("population {span}", span=_span(who)) if who.population_from or who.population_below is not None else "",
        say("prefectures {numbers}", numbers=", ".join(who.prefectures)) if who.prefectures else "",
        say("codes {codes}", codes=", ".join(who.codes)) if who.codes else "",
    ]
    return "; ".join(filter(None, conditions)) or say("all municipalities")


def _span(who: Who) -> str:
    """Return a range of population in words."""
    if who.population_below is None:
        return say("{population:,.0f} and more", population=who.population_from)
    if not who.population_from:
        return say("below {population:,.0f}", population=who.population_below)
    return say("from {least:,.0f} to below {limit:,.0f}", least=who.population_from, limit=who.population_below)
