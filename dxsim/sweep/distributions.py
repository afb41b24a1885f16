"""What an uncertain parameter is drawn from: its range in the registry, a part of it changed, or a law of scipy.stats.

A parameter is drawn by the inverse of its distribution function, so that any sample of the unit cube (Latin hypercube,
Sobol sequence, grid of Morris) serves every distribution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dxsim.errors import nearest
from dxsim.language import say
from dxsim.scenario.registry import Parameter, Value
from dxsim.terms.calendar import month_index, month_name

if TYPE_CHECKING:
    from scipy.stats.distributions import rv_frozen

BETWEEN = ("uniform", "loguniform", "integers")  # drawn between low and high; all others are laws of scipy.stats
MOMENTS = ("loc", "scale")
# Their inverse is found by search around a numerical integral: minutes for a sample.
SLOW = ("levy_stable", "studentized_range")


@dataclass(frozen=True)
class Uncertainty:
    """What a parameter is drawn from.

    Parameters
    ----------
    distribution : str
        ``uniform``, ``loguniform`` or ``integers`` between `low` and `high`, both included; or the name of a continuous
        distribution of ``scipy.stats``.
    low, high : float, int or str, optional
        Ends of the range in the parameter's unit, months as ``YYYY-MM``; None for a distribution of ``scipy.stats``.
    parameters : mapping of str to float
        Of a distribution of ``scipy.stats``: its shapes, ``loc`` and ``scale``, as scipy calls them.
    """

    distribution: str
    low: Value | None = None
    high: Value | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)

    def data(self) -> dict[str, Value]:
        """Return it as a study file has it."""
        ends = {"low": self.low, "high": self.high}
        given = {key: value for key, value in ends.items() if value is not None}
        return {"distribution": self.distribution, **given, **self.parameters}


@cache
def scipy_distributions() -> Mapping[str, Any]:
    """Return the continuous distributions of ``scipy.stats`` by name."""
    import scipy.stats

    found = {name: getattr(scipy.stats, name) for name in scipy.stats.__all__}
    return {
        name: law
        for name, law in sorted(found.items())
        if isinstance(law, scipy.stats.rv_continuous) and name not in (*BETWEEN, *SLOW)
    }


def completed(parameter: Parameter, given: Mapping[str, object]) -> tuple[Uncertainty | None, list[tuple[str, str]]]:
    """Return what a parameter is drawn from, the registry's range where `given` says nothing, and what is wrong.

    Parameters
    ----------
    parameter : Parameter
        Of the registry.
    given : mapping of str to object
        ``distribution``, ``low``, ``high`` or the parameters of a distribution of ``scipy.stats``; may be empty.

    Returns
    -------
    Uncertainty or None
        None if anything is wrong.
    list of (key, what)
        What is wrong; the key is empty where it concerns the parameter as a whole.
    """
    if parameter.type == "choice":
        what = say(
            "{key} is a choice and can't be drawn; list it under levers or cases, or in points", key=parameter.key
        )
        return None, [("", what)]
    whole = parameter.type != "float"
    usual = parameter.distribution or ("integers" if whole else "uniform")
    name = given.get("distribution", usual)
    rest = {key: value for key, value in given.items() if key != "distribution"}
    if name == "integers" if whole else name in ("uniform", "loguniform"):
        return _between(parameter, str(name), rest)
    if not whole and isinstance(name, str) and name in scipy_distributions():
        return _of_scipy(parameter, name, rest)
    return None, [("distribution", _no_distribution(parameter, name))]


def _no_distribution(parameter: Parameter, name: object) -> str:
    known = (*BETWEEN, *scipy_distributions())
    if parameter.type != "float" and name in known:
        return say("{key} has whole values; only 'integers' draws them", key=parameter.key)
    if name == "integers":
        return say("{key} has values between whole numbers; 'integers' does not draw them", key=parameter.key)
    if name in SLOW:
        return say("'{name}' takes minutes to draw from and is not offered", name=name)
    hint = nearest(str(name), known)
    return say("no such distribution{hint}", hint=hint or say("; it is uniform, loguniform or a name of scipy.stats"))


def _between(
    parameter: Parameter, name: str, given: Mapping[str, object]
) -> tuple[Uncertainty | None, list[tuple[str, str]]]:
    problems = [
        (key, say("no such key{hint}", hint=nearest(key, ("low", "high", "distribution"))))
        for key in given
        if key not in ("low", "high")
    ]
    ends: dict[str, Value] = {}
    for end in ("low", "high"):
        value = given.get(end, getattr(parameter, end))
        if value is None:
            problems.append(("", say("{key} has no {end} end in the registry; give one", key=parameter.key, end=end)))
            continue
        try:
            ends[end] = parameter.read(value)
        except ValueError as error:
            problems.append((end, str(error)))
    if problems:
        return None, problems
    low, high = (_number(parameter, ends[end]) for end in ("low", "high"))
    if low >= high:
        what = say("low ({low}) must be below high ({high})", low=ends["low"], high=ends["high"])
        return None, [("", what)]
    if name == "loguniform" and low <= 0:
        return None, [("low", say("must be above 0 for loguniform (got {low})", low=ends["low"]))]
    return Uncertainty(name, ends["low"], ends["high"]), []


def _of_scipy(
    parameter: Parameter, name: str, given: Mapping[str, object]
) -> tuple[Uncertainty | None, list[tuple[str, str]]]:
    law = scipy_distributions()[name]
    shapes = tuple(law.shapes.split(", ")) if law.shapes else ()
    keys = (*shapes, *MOMENTS)
    problems = []
    values: dict[str, float] = {}
    for key, value in given.items():
        if key not in keys:
            hint = nearest(key, keys) or say("; {name} has {keys}", name=name, keys=", ".join(keys))
            problems.append((key, say("no such key{hint}", hint=hint)))
        elif isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            problems.append((key, say("must be a finite number")))
        else:
            values[key] = float(value)
    problems += [("", say("{name} needs {key}", name=name, key=key)) for key in shapes if key not in given]
    if not problems and not np.isfinite(law.ppf(0.5, **values)):
        text = ", ".join(f"{key} = {value:g}" for key, value in values.items())
        problems.append(("", say("{name} has no such parameters: {text}", name=name, text=text)))
    return (None, problems) if problems else (Uncertainty(name, parameters=values), [])


def _number(parameter: Parameter, value: Value) -> float:
    """Return a value as a number; a month is its index."""
    return float(month_index(value) if isinstance(value, str) else value)


def _law(parameter: Parameter, uncertainty: Uncertainty) -> rv_frozen:
    """Return the frozen distribution of ``scipy.stats``, months as indices."""
    import scipy.stats

    if uncertainty.distribution not in BETWEEN:
        return scipy_distributions()[uncertainty.distribution](**uncertainty.parameters)
    assert uncertainty.low is not None and uncertainty.high is not None  # noqa: S101, PT018 - `completed` saw to it
    low, high = _number(parameter, uncertainty.low), _number(parameter, uncertainty.high)
    match uncertainty.distribution:
        case "uniform":
            return scipy.stats.uniform(low, high - low)
        case "loguniform":
            return scipy.stats.loguniform(low, high)
        case _:
            return scipy.stats.randint(int(low), int(high) + 1)


def drawn(parameter: Parameter, uncertainty: Uncertainty, quantiles: npt.NDArray[np.float64]) -> list[Value]:
    """Return the values of a parameter at quantiles of its distribution.

    Parameters
    ----------
    parameter : Parameter
        Of the registry.
    uncertainty : Uncertainty
        What it is drawn from.
    quantiles : ndarray, shape (n,)
        In [0, 1].

    Returns
    -------
    list of float, int or str
        In the type of the parameter, months as ``YYYY-MM``; a draw of a distribution of ``scipy.stats`` may be out of
        the parameter's bounds, or infinite.
    """
    values = _law(parameter, uncertainty).ppf(quantiles)
    if uncertainty.distribution in BETWEEN:  # rounding, and the end 0 of whole numbers, reach beyond the ends
        low, high = (_number(parameter, end) for end in (uncertainty.low, uncertainty.high) if end is not None)
        values = np.clip(values, low, high)
    if parameter.type == "float":
        return [float(value) for value in values]
    whole = [int(value) for value in values]
    return [month_name(value) for value in whole] if parameter.type.startswith("month") else list(whole)


def quantile_of(parameter: Parameter, uncertainty: Uncertainty, value: Value) -> float:
    """Return where a value lies in a distribution, 0 to 1: how probable it is that a draw is not above it."""
    return float(_law(parameter, uncertainty).cdf(_number(parameter, value)))


def is_bounded(parameter: Parameter, uncertainty: Uncertainty) -> bool:
    """Return whether a distribution has two finite ends."""
    return bool(np.isfinite(_law(parameter, uncertainty).support()).all())


def beyond_bounds(parameter: Parameter, uncertainty: Uncertainty, values: Sequence[Value]) -> tuple[int, float]:
    """Return how many of these draws a parameter can't have, and how probable such a draw is."""
    if uncertainty.distribution in BETWEEN or parameter.minimum is None or parameter.maximum is None:
        return 0, 0.0
    least, most = float(parameter.minimum), float(parameter.maximum)
    law, given = _law(parameter, uncertainty), np.array(values, np.float64)
    return int((~((given >= least) & (given <= most))).sum()), float(law.cdf(least) + law.sf(most))
