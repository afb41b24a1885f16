"""Which alternatives and which points a study has; samples come from scipy.stats.qmc and SALib."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.scenario.registry import REGISTRY, Value
from dxsim.sweep.distributions import beyond_bounds, drawn, is_bounded
from dxsim.sweep.study import Study

Point = Mapping[str, Value]

ONE_AT_A_TIME = "one_at_a_time"
TO_THE_ENDS = ("morris", ONE_AT_A_TIME)  # methods that draw the ends of distributions


@dataclass(frozen=True)
class Alternative:
    """One case of a study: what is compared with the others.

    Attributes
    ----------
    variant : str
        Structural variant.
    scenario : str
        As the study names it: a shipped one, or a path.
    values : mapping of str to float, int or str
        Levers by full name.
    name : str or None
        Of a case that has one.
    """

    variant: str
    scenario: str
    values: Mapping[str, Value]
    name: str | None


def count_cases(study: Study) -> int:
    """Return how many `alternatives` a study has, without making them."""
    if not study.cases:
        grid = math.prod(len(values) for values in study.levers.values())
        return len(study.variants) * len(study.scenarios) * grid
    own = sum(case.scenario is not None for case in study.cases)
    return len(study.variants) * (len(study.scenarios) * (len(study.cases) - own) + own)


def count_points(study: Study) -> int:
    """Return how many `points` a study has, without drawing them."""
    sample, dimensions = study.sample, len(study.uncertainties)
    if sample is None:
        return 1
    if sample.listed is not None:
        return len(sample.listed)
    each = {"saltelli": dimensions * (2 if sample.second_order else 1) + 2, ONE_AT_A_TIME: dimensions}
    each |= dict.fromkeys(("morris", "shapley"), dimensions + 1)
    return (sample.size or 0) * each.get(sample.method, 1) + (sample.method == ONE_AT_A_TIME)


def alternatives(study: Study) -> list[Alternative]:
    """Return the cases of a study: variant by variant, scenario by scenario, the last lever changes fastest.

    A case of an explicit list that names a scenario stands with that one alone, after those of all scenarios.
    """
    found = []
    for variant in study.variants:
        if not study.cases:
            grid = [dict(zip(study.levers, values, strict=True)) for values in product(*study.levers.values())]
            found += [Alternative(variant, scenario, values, None) for scenario in study.scenarios for values in grid]
            continue
        found += [
            Alternative(variant, scenario, case.values, case.name)
            for scenario in study.scenarios
            for case in study.cases
            if case.scenario is None
        ]
        found += [
            Alternative(variant, case.scenario, case.values, case.name)
            for case in study.cases
            if case.scenario is not None
        ]
    return found


def salib_problem(study: Study) -> dict[str, Any]:
    """Return the problem that ``SALib.analyze`` asks for; its bounds are those of `unit_sample`, 0 and 1."""
    names = list(study.uncertainties)
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def unit_sample(study: Study) -> npt.NDArray[np.float64]:
    """Return the sample in the unit cube, before the distributions: what ``SALib.analyze.morris`` asks for.

    Returns
    -------
    ndarray, shape (points, uncertainties)
        Rows in the order of the plan's points; the same for the same study. Of one at a time, shape (levels,
        uncertainties): those that each parameter goes through.

    Raises
    ------
    ValueError
        If the study draws nothing.
    """
    sample, dimensions = study.sample, len(study.uncertainties)
    if sample is None or sample.size is None:
        raise ValueError(say("study '{name}' draws nothing", name=study.name))
    match sample.method:
        case "latin_hypercube":
            from scipy.stats.qmc import LatinHypercube

            found = LatinHypercube(dimensions, rng=sample.seed).random(sample.size)
        case "sobol":
            from scipy.stats.qmc import Sobol

            found = Sobol(dimensions, rng=sample.seed).random(sample.size)
        case "saltelli":
            from SALib.sample import sobol

            problem, second = salib_problem(study), bool(sample.second_order)
            found = sobol.sample(problem, sample.size, calc_second_order=second, seed=sample.seed)
        case "shapley":
            from SALib.sample import shapley

            found = shapley.sample(salib_problem(study), sample.size, seed=sample.seed)
        case "one_at_a_time":
            found = np.tile(np.linspace(0, 1, sample.size)[:, None], dimensions)
        case _:
            from SALib.sample import morris

            found = morris.sample(salib_problem(study), sample.size, num_levels=sample.levels, seed=sample.seed)
    return np.asarray(found, np.float64)


def points(study: Study) -> list[Point]:
    """Return the values of the drawn parameters, point by point; one empty point without a sample.

    One at a time, a point names the parameter that it changes and no other; the first point is empty.

    Raises
    ------
    InputError
        If draws are out of the bounds of their parameters, with the probability of it.
    """
    if study.sample is None:
        return [{}]
    if study.sample.listed is not None:
        return list(study.sample.listed)
    problems: list[Problem] = []
    quantiles = unit_sample(study)
    columns: dict[str, list[Value]] = {}
    for place, (key, uncertainty) in enumerate(study.uncertainties.items()):
        parameter = REGISTRY[key]
        if study.sample.method in TO_THE_ENDS and not is_bounded(parameter, uncertainty):
            what = say(
                "{distribution} has no ends, and {method} goes to the ends; take one with ends, such as truncnorm",
                distribution=uncertainty.distribution,
                method=study.sample.method,
            )
            problems.append(Problem(key, what))
            continue
        columns[key] = drawn(parameter, uncertainty, quantiles[:, place])
        outside, share = beyond_bounds(parameter, uncertainty, columns[key])
        if outside:
            what = say(
                "{count} of {size} draws are out of bounds: it must be {bounds}, and {share:.3g} % of {distribution} "
                "is outside",
                count=outside,
                size=len(quantiles),
                bounds=parameter.bounds,
                share=100 * share,
                distribution=uncertainty.distribution,
            )
            problems.append(Problem(key, what))
    if problems:
        raise InputError(say("study '{name}'", name=study.name), problems)
    if study.sample.method == ONE_AT_A_TIME:
        return [{}, *({key: value} for key, values in columns.items() for value in values)]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
