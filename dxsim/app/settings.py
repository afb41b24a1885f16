"""What a request asks for: which nation, which scenario, which levers, which random numbers. All of it is checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from dxsim.app.limiting_case import LIMIT_PARAMETERS, LIMITING_CASE
from dxsim.app.nations import NATIONS, TEACHING, VENDORS
from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say, spoken
from dxsim.records.simulation import LARGEST_SEED
from dxsim.scenario.registry import REGISTRY, Parameter, Value, nearest_parameter
from dxsim.scenario.scenario import Scenario, load_scenario, scenario_names

Result = TypeVar("Result")

MOST_SEEDS, MOST_ARMS = 30, 8
LARGEST_SAFE_SEED = 2**53 - 1  # whole numbers of a web page are exact up to here


class Lever(NamedTuple):
    """A slider: a parameter, its range on the page, and what else is set once it is moved."""

    key: str
    low: Value
    high: Value
    step: float  # months of a date; 0 for a choice
    also: Mapping[str, Value] = MappingProxyType({})


LEVERS = (
    Lever("cooperation.formation", "none", "yearly", 0),
    Lever("cooperation.grant_rate", 0.0, 1.0, 0.05),
    Lever("cooperation.poolable_share", 0.0, 0.9, 0.05),
    Lever("policy.deadline", "2025-03", "2029-03", 6),
    Lever("policy.capacity_programme", 0.0, 1.0, 0.05),
    Lever("policy.readiness_shift", -18, 6, 1),
    Lever("subsidy.ceiling_multiple", 0.0, 3.0, 0.1, {"subsidy.fund_top_up": 1e12}),
    Lever("staff.prefectural_pool", 0.0, 20.0, 1),
    Lever("residents.analog_floor", 0.0, 1.0, 0.05, {"residents.analog_rule": "sunset"}),
    Lever("residents.support_desks", 0.0, 2.0, 0.1),
)
HAZARD = Lever("commitment.own_motive_hazard", 0.005, 0.06, 0.005)  # of the limiting case
# What the state decides may be changed, and what has a slider. Other parameters could make a run last for minutes, and
# a kernel can't be stopped.
_KEY = re.compile(r"[a-z]+\.[a-z0-9_]+")
_ROLES = ("lever", "body_lever")
_SLIDERS = {lever.key for lever in (*LEVERS, HAZARD)}


@dataclass(frozen=True)
class Setting:
    """One run without its seed: what it needs, checked, and hashable."""

    nation: str
    scenario: str
    parameters: tuple[tuple[str, Value], ...]

    @property
    def given(self) -> dict[str, Value]:
        """All that is set in the scenario: the parameters, with vendors to the size of the nation."""
        small: dict[str, Value] = {"vendor.count": VENDORS} if self.nation == TEACHING else {}
        return {**small, **dict(self.parameters)}

    def resolved(self) -> Scenario:
        """Return the scenario, with all that is given."""
        return _resolved(self)


@lru_cache(maxsize=256)
def _resolved(setting: Setting) -> Scenario:
    if setting.scenario != LIMITING_CASE:
        return load_scenario(setting.scenario, setting.given)
    bare = load_scenario("baseline", {**LIMIT_PARAMETERS, **setting.given})
    return replace(bare, announcements=(), vendor_events=(), surveys=())


def read_setting(content: object, where: str = "") -> Setting:
    """Return the setting that a request gives as JSON.

    Parameters
    ----------
    content : object
        ``{"nation": ..., "scenario": ..., "parameters": {...}}``.
    where : str
        Which part of the request it is.

    Raises
    ------
    InputError
        With everything that is wrong.
    """
    problems: list[Problem] = []
    given = content if isinstance(content, dict) else {}
    if not isinstance(content, dict):
        problems.append(Problem(where, say("names and values were expected")))
    nation, scenario = given.get("nation"), given.get("scenario")
    for key, value, names in (("nation", nation, NATIONS), ("scenario", scenario, known_scenarios())):
        if not isinstance(value, str) or value not in names:
            hint = nearest(value, names) if isinstance(value, str) else ""
            what = say("there is no '{name}'{hint}", name=_short(value), hint=hint)
            problems.append(Problem(f"{where}{key}", what))
    values: dict[str, Value] = {}
    try:
        values = read_parameters(given.get("parameters", {}), where)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(say("request"), problems)
    setting = Setting(str(nation), str(scenario), tuple(sorted(values.items())))
    setting.resolved()  # what does not go together is refused here
    return setting


def read_parameters(content: object, where: str = "") -> dict[str, Value]:
    """Return the parameters that a request sets.

    Raises
    ------
    InputError
        With each that there isn't, that can't be changed in the app, or that is out of bounds.
    """
    if not isinstance(content, dict) or len(content) > len(REGISTRY):
        raise InputError(say("request"), [Problem(f"{where}parameters", say("names and values were expected"))])
    problems: list[Problem] = []
    values: dict[str, Value] = {}
    for key, value in content.items():
        try:
            values[key] = _allowed(key).read(value)
        except ValueError as error:
            problems.append(Problem(where.removesuffix(": "), str(error)))
    if problems:
        raise InputError(say("request"), problems)
    return values


def _allowed(key: str) -> Parameter:
    parameter = REGISTRY.get(key)
    if parameter is None:
        hint = nearest_parameter(key[:100], tuple(REGISTRY))
        raise ValueError(say("there is no '{name}'{hint}", name=_short(key), hint=hint))
    if parameter.role not in _ROLES and key not in _SLIDERS:
        raise ValueError(say("{key} can't be changed in the app", key=key))
    return parameter


def known_scenarios() -> tuple[str, ...]:
    """Return the scenarios that the app runs: the shipped ones and the limiting case."""
    return (*scenario_names(), LIMITING_CASE)


def read_number(content: Mapping[str, Any], key: str, low: int, high: int) -> int:
    """Return a whole number of a request.

    Raises
    ------
    InputError
        If it is none, or out of bounds.
    """
    value = content.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        what = say(
            "a whole number from {low} to {high} was expected (got {value})", low=low, high=high, value=_short(value)
        )
        raise InputError(say("request"), [Problem(key, what)])
    return value


def read_seed(content: Mapping[str, Any]) -> int:
    """Return the seed of a request."""
    return read_number(content, "seed", 0, min(LARGEST_SEED, LARGEST_SAFE_SEED))


def read_arms(content: Mapping[str, Any]) -> tuple[Setting, ...]:
    """Return the settings that a request wants compared, the first of them the reference.

    Raises
    ------
    InputError
        With everything that is wrong in any of them.
    """
    arms = content.get("arms")
    if not isinstance(arms, list) or not 1 <= len(arms) <= MOST_ARMS:
        what = say("a list of 1 to {most} settings was expected", most=MOST_ARMS)
        raise InputError(say("request"), [Problem("arms", what)])
    settings: list[Setting] = []
    problems: list[Problem] = []
    for number, arm in enumerate(arms):
        try:
            settings.append(read_setting(arm, f"arms[{number}]: "))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(say("request"), problems)
    return tuple(settings)


def _short(value: object) -> str:
    text = repr(value) if not isinstance(value, str) else value
    return text if len(text) <= 60 else f"{text[:57]}..."


def problems_of(work: Callable[[], object]) -> list[str]:
    """Return what is wrong where `work` raises an `InputError`, with parameters by the names of the page."""
    try:
        work()
    except InputError as error:
        return [_KEY.sub(_named, str(problem)) for problem in error.problems]
    return []


def _named(found: re.Match[str]) -> str:
    parameter = REGISTRY.get(found[0])
    return f"{spoken(parameter.label)} ({found[0]})" if parameter else found[0]


def values_of(setting: Setting, keys: Sequence[str]) -> dict[str, Value]:
    """Return the values that these parameters have in a setting."""
    values = setting.resolved().values
    return {key: values[key] for key in keys}
