"""What to try next: a genetic search for many objectives by Optuna, asked generation by generation.

A candidate has two genes for each lever: a key from 0 to 1, and the place of a value among the lever's choices. It uses
the levers whose key is above one half, of these at most so many as may be used, those with the highest keys (random
keys, Bean 1994); all others stay as the scenario has them. So candidates of few levers are as near as those of many.

Up to three objectives NSGA-II selects, with more NSGA-III (Deb and Jain 2014), with as many reference points as the
population has room for.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dxsim.errors import InputError, Problem
from dxsim.language import say

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import optuna

    from dxsim.analysis.search.question import Search
    from dxsim.scenario.registry import Value

Values = tuple["Value", ...]  # of the levers of a search, in their order

_KEY, _PLACE = "key", "place"
_USED_ABOVE = 0.5
_MANY = 3  # objectives, above which NSGA-III selects


def check_available() -> None:
    """Refuse to search without Optuna.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import optuna  # noqa: F401
    except ImportError:
        what = say("a policy search needs Optuna: pip install 'dxsim[search]'")
        raise InputError(say("policy search"), [Problem("", what)]) from None


class Proposals:
    """Asks for generations of candidates and is told what came of them.

    The same search, told the same, asks for the same: it can be taken up again by telling it everything once more.

    Parameters
    ----------
    asked : Search
        What is searched.
    usual : sequence of float, int or str
        What the scenario has for each lever.
    """

    def __init__(self, asked: Search, usual: Sequence[Value]) -> None:
        import optuna
        from optuna.distributions import FloatDistribution, IntDistribution

        self._asked, self._usual = asked, tuple(usual)
        self._genes: dict[str, Any] = {}
        for key, lever in asked.levers.items():
            self._genes[f"{_KEY}:{key}"] = FloatDistribution(0.0, 1.0)
            self._genes[f"{_PLACE}:{key}"] = IntDistribution(0, len(lever.choices) - 1)
        self._trials: list[optuna.Trial] = []
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._study = optuna.create_study(
            sampler=_sampler(len(asked.objectives), asked.population, asked.search_seed),
            directions=["minimize"] * len(asked.objectives),
        )

    def ask(self) -> list[Values]:
        """Return the candidates of the next generation: what each sets its levers to."""
        self._trials = [self._study.ask(self._genes) for _ in range(self._asked.population)]
        return [self._candidate(trial.params) for trial in self._trials]

    def tell(self, losses: npt.NDArray[np.float64]) -> None:
        """Tell what came of the candidates that were asked for, (population, objectives): less is better."""
        for trial, values in zip(self._trials, losses, strict=True):
            self._study.tell(trial, values.tolist())

    def _candidate(self, genes: Mapping[str, Any]) -> Values:
        keys = {name: genes[f"{_KEY}:{name}"] for name in self._asked.levers}
        used = sorted((name for name in keys if keys[name] > _USED_ABOVE), key=lambda name: -keys[name])
        used = used[: self._asked.most_levers]
        return tuple(
            lever.choices[genes[f"{_PLACE}:{name}"]] if name in used else usual
            for (name, lever), usual in zip(self._asked.levers.items(), self._usual, strict=True)
        )


def _sampler(objectives: int, population: int, seed: int) -> optuna.samplers.BaseSampler:
    from optuna.exceptions import ExperimentalWarning
    from optuna.samplers import NSGAIIISampler, NSGAIISampler

    if objectives <= _MANY:
        return NSGAIISampler(population_size=population, seed=seed)
    parts = 1
    while math.comb(objectives + parts, parts + 1) <= population:
        parts += 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return NSGAIIISampler(population_size=population, seed=seed, dividing_parameter=parts)
