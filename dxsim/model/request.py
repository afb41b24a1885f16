"""What somebody asks to be run, from Python: names are looked up, and everything is checked first."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

from dxsim.errors import DxsimWarning, InputError, Problem
from dxsim.language import say
from dxsim.nation.nation import Nation, load_nation, refuse_changed
from dxsim.scenario.policies import scope, what_text, who_text
from dxsim.scenario.scenario import Scenario, load_scenario
from dxsim.terms.seeds import read_seed

T = TypeVar("T")
_SHOWN = 60  # characters of what was given


class Request(NamedTuple):
    """Runs that can be carried out."""

    nation: Nation
    scenario: Scenario
    seeds: tuple[int, ...]


def read_request(nation: Nation | str | Path, scenario: Scenario | str | Path, seeds: Iterable[object] = ()) -> Request:
    """Return what is to be run; warn of policies that are for nobody.

    Parameters
    ----------
    nation : Nation, str or Path
        A nation, or what `load_nation` takes.
    scenario : Scenario, str or Path
        A scenario, or what `load_scenario` takes.
    seeds : iterable of int
        0 to 2**63 - 1 each.

    Raises
    ------
    InputError
        With everything that is wrong, the nation's tables if somebody changed them among it.
    """
    problems: list[Problem] = []
    found_nation = _found(nation, Nation, load_nation, say("a nation, its name or its folder was expected"), problems)
    found_scenario = _found(
        scenario, Scenario, load_scenario, say("a scenario, its name or its file was expected"), problems
    )
    numbers = []
    for seed in seeds:
        try:
            numbers.append(read_seed(seed))
        except ValueError as error:
            problems.append(Problem(say("seed"), str(error)))
    if found_nation is not None:
        problems += refuse_changed(found_nation)
    if problems or found_nation is None or found_scenario is None:
        raise InputError(say("run"), problems)
    warn_of_nobody(found_scenario, found_nation)
    return Request(found_nation, found_scenario, tuple(numbers))


def warn_of_nobody(scenario: Scenario, nation: Nation) -> None:
    """Warn of the policies of a scenario that no municipality of a nation meets."""
    for number, policy in enumerate(scenario.policies, start=1):
        if not scope(policy, nation.municipalities).any():
            what = say(
                "policy {number} ({what}) is for nobody: no municipality of '{nation}' meets {who}",
                number=number,
                what=what_text(policy),
                nation=nation.name,
                who=who_text(policy.who),
            )
            warnings.warn(what, DxsimWarning, stacklevel=2)


def _found(
    given: object, kind: type[T], load: Callable[[str | Path], T], expected: str, problems: list[Problem]
) -> T | None:
    if isinstance(given, kind):
        return given
    if not isinstance(given, str | Path):
        problems.append(Problem("", say("{must} (got {value})", must=expected, value=repr(given)[:_SHOWN])))
        return None
    try:
        return load(given)
    except InputError as error:
        problems += [Problem(problem.where or error.subject, problem.what, problem.line) for problem in error.problems]
        return None
