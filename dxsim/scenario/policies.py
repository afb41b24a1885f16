"""Policies: who is to have which lever, when and how. They stack in the order in which a scenario lists them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dxsim.language import say
from dxsim.scenario.registry import REGISTRY
from dxsim.terms.calendar import MONTHS, month_name
from dxsim.terms.municipalities import PREFECTURE_DIGITS

if TYPE_CHECKING:
    import pandas as pd

BODY_LEVERS = tuple(key for key, parameter in REGISTRY.items() if parameter.role == "body_lever")  # full names


@dataclass(frozen=True)
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

    types: tuple[str, ...] = ()
    population_from: float | None = None
    population_below: float | None = None
    prefectures: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

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


@dataclass(frozen=True)
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
        Month (index) in which it begins, and the month after the last one.
    who : Who
        For whom.
    text : mapping of str to str
        What it is called, by language; may be empty.
    """

    lever: str
    value: float
    how: str = "set"
    first: int = 0
    last: int = MONTHS
    who: Who = Who()
    text: Mapping[str, str] = field(default_factory=dict)

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
    if policy.first <= 0 and policy.last >= MONTHS:
        return say("in all months")
    return say("from {first} to {last}", first=month_name(policy.first), last=month_name(policy.last - 1))


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
