"""What a lesson is: arms that share their random numbers, a question with predictions, and what is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dxsim.analysis.paired import PairedDifference, paired_difference
from dxsim.app.nations import TEACHING, WHOLE
from dxsim.app.settings import Setting
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.scenario.registry import Value

Outcomes = tuple[dict[str, float], dict[str, npt.NDArray[np.float64]]]
Found = Mapping[str, Sequence[Outcomes]]
"""Name of an arm -> its KPIs and its measures by size class, seed by seed."""

Floats = npt.NDArray[np.float64]
STEPS = ("see", "change", "predict", "play", "result", "story", "policy", "talk")
"""The steps of every lesson, in their order."""

SEEDS = {TEACHING: 20, WHOLE: 12}
"""Pairs of runs behind a lesson's figures; the whole nation takes longer, and its means vary less."""

_ROUNDING = 1e-9


class Arm(NamedTuple):
    """One of the worlds of a lesson."""

    name: str
    scenario: str = "baseline"
    parameters: Mapping[str, Value] = {}

    def setting(self, nation: str) -> Setting:
        """Return what is to be run on a nation."""
        return Setting(nation, self.scenario, tuple(sorted(self.parameters.items())))


class Measure(NamedTuple):
    """What is looked at: a KPI of the nation, or a measure of a size class."""

    name: str
    size_class: str = ""  # "" = the nation

    def of(self, found: Found, arm: str) -> Floats:
        """Return it in an arm, shape (seeds,)."""
        if not self.size_class:
            return np.array([kpis[self.name] for kpis, _ in found[arm]], np.float64)
        place = SIZE_CLASSES.index(self.size_class)
        return np.array([classes[self.name][place] for _, classes in found[arm]], np.float64)

    def by_arm(self, found: Found, arms: Sequence[str]) -> dict[str, Floats]:
        """Return it by arm."""
        return {arm: self.of(found, arm) for arm in arms}


class Row(NamedTuple):
    """One line of a figure; numbers are None where they are not known."""

    name: str  # of the arm or the size class
    mean: float | None
    low: float | None
    high: float | None  # ends of the 95 % interval of the paired difference, laid round the mean
    is_sure: bool  # whether that interval leaves out zero


class Figure(NamedTuple):
    """What a lesson found, in rows: values by arm, or differences of two arms by size class."""

    measure: str
    kind: str  # "arms" or "classes"
    rows: tuple[Row, ...]
    arms: tuple[str, ...]
    size_class: str = ""  # that values by arm are of; "" = the nation


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Parameters
    ----------
    name : str
        Key of its texts.
    minutes : int
        What it takes in class.
    arms : tuple of Arm
        The first is the reference: what is known before the prediction.
    shown : str
        The arm that plays beside the first, unless the prediction is the name of one.
    options : tuple of str
        Predictions; among them every verdict that `judge` gives.
    layer, series, type_ : str
        What colours the map, and the curve under it, of one type of municipality or of ``all``.
    seen, asked : int
        Months: at which the lesson opens, and that the question is about.
    told : mapping of str to Measure
        What the opening text says of the first arm, by the name of its place in the text.
    measure : Measure
        What the lesson is about.
    judge : callable
        The prediction that the model bears out.
    result, policy : callable
        Figures: what answers the question, and what a policy would change.
    """

    name: str
    minutes: int
    arms: tuple[Arm, ...]
    shown: str
    options: tuple[str, ...]
    layer: str
    series: str
    type_: str
    seen: int
    asked: int
    told: Mapping[str, Measure]
    measure: Measure
    judge: Callable[[Found], str]
    result: Callable[[Found], Figure]
    policy: Callable[[Found], Figure]

    def arm(self, name: str) -> Arm:
        """Return an arm by its name."""
        return next(arm for arm in self.arms if arm.name == name)

    def about(self) -> dict[str, Any]:
        """Return what a page must know of the lesson before it is recorded; nothing of what the model answers."""
        names = ("name", "minutes", "shown", "options", "layer", "series", "type_", "seen", "asked")
        return {
            **{name: getattr(self, name) for name in names},
            "arms": [arm.name for arm in self.recorded()],
            "steps": STEPS,
        }

    def facts(self, found: Found) -> dict[str, tuple[str, float]]:
        """Return the figures that the opening text names: what is measured, and its mean over seeds."""
        first = self.arms[0].name
        return {key: (measure.name, float(np.nanmean(measure.of(found, first)))) for key, measure in self.told.items()}

    def typical(self, found: Found) -> int:
        """Return the place of the seed whose difference of the shown arm from the first one is the median."""
        differences = self.measure.of(found, self.shown) - self.measure.of(found, self.arms[0].name)
        return int(np.argsort(differences, kind="stable")[len(differences) // 2])

    def recorded(self) -> tuple[Arm, ...]:
        """Return the arms that a class may see play: the first, the one that is shown, and those that are options."""
        names = (self.arms[0].name, self.shown, *self.options)
        return tuple(arm for arm in self.arms if arm.name in names)


def difference(before: Floats, after: Floats) -> PairedDifference:
    """Return `after` - `before` seed by seed; what is smaller against the values than `_ROUNDING` is no difference."""
    scale = np.nanmax(np.abs(np.concatenate([before, after])), initial=0.0)
    close = np.abs(after - before) <= _ROUNDING * scale
    return paired_difference(before, np.where(close, before, after))


def by_arm(measure: Measure, values: Mapping[str, Floats]) -> Figure:
    """Return a figure of values by arm; intervals are those of the difference from the first arm."""
    reference = next(iter(values.values()))
    base = float(np.nanmean(reference))
    rows = []
    for name, of_seeds in values.items():
        found = difference(reference, of_seeds)
        rows.append(_row(name, base + found.mean, base + found.low, base + found.high, found.direction))
    return Figure(measure.name, "arms", tuple(rows), tuple(values), measure.size_class)


def by_class(found: Found, measure: str, before: str, after: str) -> Figure:
    """Return a figure of what falls from one arm to another, by size class."""
    rows = []
    for name in SIZE_CLASSES:
        of_class = Measure(measure, name)
        pair = difference(of_class.of(found, after), of_class.of(found, before))
        rows.append(_row(name, pair.mean, pair.low, pair.high, pair.direction))
    return Figure(measure, "classes", tuple(rows), (before, after))


def _row(name: str, mean: float, low: float, high: float, direction: str) -> Row:
    return Row(name, _known(mean), _known(low), _known(high), direction in ("lower", "higher"))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
