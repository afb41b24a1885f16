"""Values of parameters in a study: read by the registry, whatever is wrong with them told at its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import AfterValidator

from dxsim.language import say
from dxsim.scenario.entries import Refuse, faults
from dxsim.scenario.registry import REGISTRY, Value, unknown

T = TypeVar("T")


def section(value: object) -> Mapping[str, Any]:
    """Return what has keys of its own."""
    if not isinstance(value, dict):
        raise ValueError(say("must have keys of its own"))
    return value


def parameters(given: Mapping[str, object], refuse: Refuse, *within: str | int) -> Iterator[str]:
    """Yield the keys that are parameters; refuse the others."""
    for key in given:
        if key in REGISTRY:
            yield key
        else:
            refuse(unknown(key), *within, key)


def read(key: str, value: object, refuse: Refuse, *location: str | int) -> dict[str, Value]:
    """Return a parameter and its value in the parameter's own type, or nothing if it is refused."""
    try:
        return {key: REGISTRY[key].read(value)}
    except ValueError as error:
        refuse(str(error), *location, with_key=False)
        return {}


def values(given: object) -> dict[str, Value]:
    """Return a section of parameters, one value each."""
    found: dict[str, Value] = {}
    with faults() as refuse:
        for key in parameters(section(given), refuse):
            found |= read(key, section(given)[key], refuse, key)
    return found


def refuse_twins(given: Sequence[object], refuse: Refuse, *within: str | int) -> None:
    """Refuse values that are given before."""
    for place, value in enumerate(given):
        if value is not None and value in given[:place]:
            refuse(say("{key} is given twice", key=value), *within, place)


def _distinct(given: tuple[T, ...]) -> tuple[T, ...]:
    with faults() as refuse:
        refuse_twins(given, refuse)
    return given


DISTINCT = AfterValidator(_distinct)
