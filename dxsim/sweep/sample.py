"""How the uncertainties of a study are drawn, and with how many seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from dxsim.errors import InputError
from dxsim.language import say
from dxsim.scenario.entries import Filled, Line, Truth, Whole, entry, faults, is_file, said
from dxsim.scenario.registry import REGISTRY, Value
from dxsim.scenario.scenario import is_path
from dxsim.sweep.posterior import locate_posterior, read_posterior
from dxsim.sweep.values import DISTINCT, parameters, read
from dxsim.terms.seeds import LARGEST_SEED

LARGEST_SIZE = 2**20
POWERS = ("sobol", "saltelli")  # methods whose size is a power of two
TWO_AT_LEAST = ("shapley", "one_at_a_time")  # methods whose size is two at least
# What a method of sampling needs, and what else it knows.
NEEDED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("latin_hypercube", "sobol", "saltelli", "morris", "shapley", "one_at_a_time"), ("size",)),
    "list": ("points",),
    "posterior": ("posterior",),
}
KNOWN: Mapping[str, tuple[str, ...]] = {
    "latin_hypercube": ("size", "seed"),
    "sobol": ("size", "seed"),
    "saltelli": ("size", "seed", "second_order"),
    "morris": ("size", "seed", "levels"),
    "shapley": ("size", "seed"),
    "one_at_a_time": ("size",),
    "list": ("points",),
    "posterior": ("posterior", "size"),
}
USUAL: Mapping[str, object] = {"seed": 1, "levels": 4, "second_order": False}


def _posterior(name: str, info: ValidationInfo) -> str:
    path = locate_posterior(name, info.context or Path())
    if is_file(info) or not is_path(name):
        try:
            read_posterior(path, None)
        except InputError as error:
            raise said("; ".join(problem.what for problem in error.problems)) from None
    return path if is_path(name) else name


def _points(given: tuple[dict[str, Any], ...]) -> tuple[Mapping[str, Value], ...]:
    found = []
    with faults() as refuse:
        for place, point in enumerate(given):
            values: dict[str, Value] = {}
            for key in parameters(point, refuse, place):
                values |= read(key, point[key], refuse, place, key)
            for key in given[0]:
                if key not in point and key in REGISTRY:
                    refuse(say("{key} is missing; every point names the same parameters", key=key), place)
            for key in point:
                if key not in given[0] and key in REGISTRY:
                    what = say("{key} is not in the first point; every point names the same parameters", key=key)
                    refuse(what, place, key, with_key=False)
            found.append(values)
    return tuple(found)


@entry("sample")
class Sample:
    """How the uncertainties are drawn.

    Parameters
    ----------
    method : {"latin_hypercube", "sobol", "saltelli", "morris", "shapley", "one_at_a_time", "list", "posterior"}
        ``one_at_a_time``: each parameter goes through its range while the others stay as the scenario has them.
        ``list``: the points themselves are given; ``posterior``: they are draws that a calibration left.
    size : int, optional
        Points of a Latin hypercube or Sobol sequence, base points of Saltelli's sample, trajectories of Morris or for
        Shapley effects, levels of each parameter one at a time. A power of two for Sobol and Saltelli, at least 2 for
        Shapley effects and one at a time. Draws of a posterior, evenly spaced; all of them by default.
    seed : int, optional
        0 to 2**32 - 1; 1 by default.
    levels : int, optional
        Of Morris's grid, even; 4 by default.
    second_order : bool, optional
        Whether Saltelli's sample serves interactions of two parameters, at twice the runs; no by default.
    points : sequence of mapping, optional
        For ``list``: all of them name the same parameters.
    posterior : str, optional
        For ``posterior``: the name of one that ships, or the file ``posterior.csv`` of a calibration.
    """

    method: Literal["latin_hypercube", "sobol", "saltelli", "morris", "shapley", "one_at_a_time", "list", "posterior"]
    size: Annotated[Whole, Field(ge=1, le=LARGEST_SIZE)] | None = None
    seed: Annotated[Whole, Field(ge=0, le=2**32 - 1)] | None = None
    levels: Annotated[Whole, Field(ge=2, le=100)] | None = None
    second_order: Truth | None = None
    points: Annotated[Filled[dict[str, Any]], AfterValidator(_points)] | None = None
    posterior: Annotated[Line, AfterValidator(_posterior)] | None = None

    @property
    def listed(self) -> tuple[Mapping[str, Value], ...] | None:
        """The points, where these are given or draws of a posterior; None where they are drawn anew."""
        return self.points if self.posterior is None else read_posterior(self.posterior, self.size)

    @model_validator(mode="after")
    def _suits_its_method(self) -> Self:
        method, size = self.method, self.size or 2
        with faults() as refuse:
            for key in (*USUAL, "size", "points", "posterior"):
                if getattr(self, key) is not None and key not in KNOWN[method]:
                    refuse(say("{method} does not use it", method=method), key)
            for key in NEEDED[method]:
                if getattr(self, key) is None:
                    refuse(say("{method} needs {key}", method=method, key=key))
            if method in POWERS and size & (size - 1):
                below = 1 << (size.bit_length() - 1)
                what = say(
                    "{method} needs a power of two: {below} or {above} (got {size})",
                    method=method,
                    below=below,
                    above=2 * below,
                    size=size,
                )
                refuse(what, "size")
            if method in TWO_AT_LEAST and size < 2:
                refuse(say("{method} needs at least 2 (got {size})", method=method, size=size), "size")
            if method == "morris" and (self.levels or 4) % 2:
                refuse(say("must be even (got {value})", value=self.levels), "levels")
        for key, value in USUAL.items():
            if key in KNOWN[method] and getattr(self, key) is None:
                object.__setattr__(self, key, value)
        return self


@entry("seeds")
class Seeds:
    """Replicates.

    Parameters
    ----------
    first, count : int
        Seeds first to first + count - 1.
    numbers : sequence of int, optional
        In their place the seeds themselves, such as those that ``dxsim condition`` keeps.
    common : bool
        Whether every case and point has these seeds (common random numbers). If not, each run has a seed of its own,
        drawn from what is run and from its number `first` to first + count - 1.
    """

    first: Annotated[Whole, Field(ge=0, le=LARGEST_SEED)] = 1
    count: Annotated[Whole, Field(ge=1, le=LARGEST_SIZE)] = 1
    common: Truth = True
    numbers: Annotated[Filled[Annotated[Whole, Field(ge=0, le=LARGEST_SEED)]], DISTINCT] | None = None

    @property
    def all(self) -> Sequence[int]:
        """The seeds, or the numbers of seeds that each run has of its own."""
        return range(self.first, self.first + self.count) if self.numbers is None else self.numbers

    @model_validator(mode="after")
    def _ends_in_time(self) -> Self:
        if self.numbers is not None:
            if not self.common:
                raise said(say("numbers are the same for all runs; leave common out"))
            if self.count not in (1, len(self.numbers)):
                raise said(say("numbers are given; leave count out"))
            object.__setattr__(self, "count", len(self.numbers))
            return self
        if self.first + self.count - 1 > LARGEST_SEED:
            raise said(say("the last seed is above {largest}", largest=LARGEST_SEED))
        return self
