"""Every parameter moves some KPI in some shipped scenario or variant, somewhere in its range, or it has to go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import dxsim
from dxsim.model.run import prepare, run_inputs
from dxsim.nation.nation import Nation, make_nation
from dxsim.nation.schema import PROJECTION_YEARS
from dxsim.nation.small import grid_nation
from dxsim.records.findings import Findings
from dxsim.records.frame import frame_of
from dxsim.records.indicators import indicators
from dxsim.scenario.configuration import variant_names, variant_values
from dxsim.scenario.registry import REGISTRY, Parameter, Value
from dxsim.scenario.scenario import Scenario, contradictions, load_scenario, scenario_names
from dxsim.sweep.settings import processors

ROUNDING = 1e-12  # what is smaller against the KPI itself is none


# What happens too seldom in a small nation to tell anything: breaches, and that a customer leaves its vendor.
FREQUENT = {"security.security_hazard": 0.02, "vendor.incumbency": 4.5}


def shipped(changes: Mapping[str, Value] | None = None) -> dict[str, Scenario]:
    """Return the shipped scenarios, the baseline first, and the baseline under each variant, all with some changes."""
    found = {name: load_scenario(name, changes) for name in scenario_names()}
    variants = {name: {**variant_values(name), **(changes or {})} for name in variant_names()}
    return found | {f"variant {name}": load_scenario("baseline", values) for name, values in variants.items()}


def values_of(parameter: Parameter) -> Sequence[Value]:
    """Return what a parameter is set to: the ends of its range, else of its bounds; or each of its choices."""
    if parameter.type == "choice":
        return parameter.choices
    ends = (parameter.low, parameter.high) if parameter.low is not None else (parameter.minimum, parameter.maximum)
    return [end for end in ends if end is not None]


def with_value(scenario: Scenario, key: str, value: Value) -> Scenario | None:
    """Return a scenario with another value of a parameter; None if that is its value, or does not go with the rest."""
    values = {**scenario.values, key: value}
    return None if values == scenario.values or contradictions(values) else replace(scenario, values=values)


def differ(one: np.ndarray, other: np.ndarray) -> bool:
    with np.errstate(invalid="ignore"):
        near = np.abs(one - other) <= ROUNDING * np.maximum(np.abs(one), np.abs(other))
    return not (near | (one == other) | (np.isnan(one) & np.isnan(other))).all()


class Trials:
    """KPIs of scenarios on one nation; those of a scenario as it ships are worked out once."""

    def __init__(self, nation: Nation, scenarios: Mapping[str, Scenario], seeds: Sequence[int]) -> None:
        self.nation, self.scenarios, self.seeds = nation, scenarios, seeds
        self.frame = frame_of(nation)
        self.as_shipped = cache(lambda name, seed: self.kpis(scenarios[name], seed))

    def kpis(self, scenario: Scenario, seed: int) -> np.ndarray:
        outcome = run_inputs(prepare(self.nation, scenario, seed))
        found = Findings(outcome, self.frame, int(scenario.record().deadline[0]))
        return np.array(list(indicators(found, scenario.surveys).values()))

    def in_order(self, parameter: Parameter) -> list[str]:
        """Return the names of the scenarios: the baseline, then those that set something of the parameter's group."""
        baseline, *others = self.scenarios
        before = self.scenarios[baseline].values

        def is_of_another_group(name: str) -> bool:
            scenario = self.scenarios[name]
            changed = {key for key, value in scenario.values.items() if value != before[key]}
            changed |= {policy.lever for policy in scenario.policies}
            return not any(key.startswith(f"{parameter.group}.") for key in changed)

        return [baseline, *sorted(others, key=is_of_another_group)]

    def cases(self, parameter: Parameter) -> Iterator[tuple[str, Scenario, int]]:
        for seed in self.seeds:
            for name in self.in_order(parameter):
                for value in values_of(parameter):
                    changed = with_value(self.scenarios[name], parameter.key, value)
                    if changed is not None:
                        yield name, changed, seed

    def is_dead(self, parameter: Parameter) -> bool:
        return not any(
            differ(self.as_shipped(name, seed), self.kpis(changed, seed))
            for name, changed, seed in self.cases(parameter)
        )

    def dead(self) -> list[str]:
        """Return the parameters of the registry that move no KPI in any scenario."""
        asked = tuple(REGISTRY.values())
        with ThreadPoolExecutor(processors()) as pool:
            found = pool.map(self.is_dead, asked)
            return [parameter.key for parameter, is_dead in zip(asked, found, strict=True) if is_dead]


def told(dead: Sequence[str]) -> str:
    return f"{len(dead)} parameters move no KPI in any shipped scenario: {', '.join(dead)}"


def test_every_parameter_moves_a_kpi_on_a_small_nation() -> None:
    types = ["designated_city", "core_city", "special_ward", "special_case_city", *["other_city"] * 12, *["town"] * 14]
    population = np.geomspace(1_500_000, 900, 36).astype(int)
    grid = grid_nation(6, 6, population=population, type_=[*types, *["village"] * 6], prefectures=3)
    shrinking = {f"population_{year}": (population * 0.99 ** (year - 2020)).astype(int) for year in PROJECTION_YEARS}
    nation = make_nation("shrinking", grid.municipalities.assign(**shrinking), grid.adjacency)
    dead = Trials(nation, shipped(FREQUENT), (1, 2, 3)).dead()
    assert not dead, told(dead)


@pytest.mark.long
def test_every_parameter_moves_a_kpi_on_the_whole_nation() -> None:
    dead = Trials(dxsim.load_nation("synthetic"), shipped(), (1,)).dead()
    assert not dead, told(dead)


def test_a_parameter_that_moves_nothing_is_found() -> None:
    trials = Trials(grid_nation(2, 2), {"baseline": load_scenario("baseline")}, (1,))
    assert trials.is_dead(REGISTRY["residents.tablet_cost"])  # nobody has tablets
    assert not trials.is_dead(REGISTRY["residents.counter_cost"])
