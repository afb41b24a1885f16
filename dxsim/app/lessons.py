"""Four guided lessons: a question, a prediction, a control to move, and a check of the prediction against the model.

The check is no opinion: `verdict` works out from runs under the same random numbers which of the predictions the
model bears out. Texts stand in ``app.po``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dxsim.analysis.paired import paired_difference
from dxsim.app.comparisons import Outcomes
from dxsim.app.settings import Setting, read_setting
from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.scenario.registry import Value

Parameters = Mapping[str, Value]
Floats = npt.NDArray[np.float64]

GRANTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)
LITTLE_TO_POOL = 0.05  # share: saves less than coordination costs, so few cooperate without a grant
LEAST_RISE = 0.02  # share of municipalities: one of the teaching nation
LEAST_BEND = 0.02  # of the rise of exclusion
FLOORS = (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)
_ROUNDING = 1e-9
SMALL, LARGE = 30_000, 100_000  # residents: "small" is below, "large" from here on
_SUNSET: Parameters = {"residents.analog_rule": "sunset"}


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Parameters
    ----------
    name : str
        Key of its texts.
    scenarios : tuple of str
        One for each arm, or one for all.
    steps : tuple of mapping
        Parameters of each arm; the first arm is the reference.
    shown : int
        The arm that the page sets against the first when the lesson opens.
    controls : tuple of str
        Levers to move.
    carried : tuple of str
        Those of them that hold in every arm of the check.
    measure : str
        KPI, or stratum measure, that the prediction is about.
    layer : str
        What colours the map.
    options : tuple of str
        Predictions.
    judge : callable
        Gives the right one from outcomes by arm and seed.
    """

    name: str
    scenarios: tuple[str, ...]
    steps: tuple[Parameters, ...]
    shown: int
    controls: tuple[str, ...]
    carried: tuple[str, ...]
    measure: str
    layer: str
    options: tuple[str, ...]
    judge: Callable[[Sequence[Sequence[Outcomes]]], str]

    def arms(self, nation: object, parameters: Parameters) -> tuple[Setting, ...]:
        """Return the settings of the check.

        Raises
        ------
        InputError
            With everything that is wrong with the nation or the parameters.
        """
        wrong = [key for key in parameters if key not in self.carried]
        if wrong:
            what = [Problem("", say("there is no '{name}'{hint}", name=key[:60], hint="")) for key in wrong]
            raise InputError(say("request"), what)
        return tuple(
            read_setting({"nation": nation, "scenario": scenario, "parameters": {**step, **parameters}})
            for scenario, step in self.cases()
        )

    def cases(self) -> list[tuple[str, Parameters]]:
        """Return the scenario and the parameters of each arm."""
        scenarios = self.scenarios if len(self.scenarios) > 1 else self.scenarios * len(self.steps)
        return list(zip(scenarios, self.steps, strict=True))


def direction(before: Floats, after: Floats) -> str:
    """Return `PairedDifference.direction`; what is smaller against the values than `_ROUNDING` is no difference."""
    scale = np.nanmax(np.abs(np.concatenate([before, after])))
    close = np.abs(after - before) <= _ROUNDING * scale
    return paired_difference(before, np.where(close, before, after)).direction


def by_size(outcomes: Sequence[Sequence[Outcomes]]) -> str:
    """Return who saves more per resident: ``small`` municipalities, ``large`` ones, or both ``alike``.

    Savings of the classes below `SMALL` and from `LARGE` on are compared seed by seed, a class as one value; where the
    95 % interval of their difference holds zero, they are alike.
    """
    cost = np.array([[classes["cost_per_resident"] for _, classes in arm] for arm in outcomes])  # arm, seed, class
    saving = cost[0] - cost[1]
    bounds = {
        "small": slice(0, SIZE_CLASSES.index("30k_to_50k")),
        "large": slice(SIZE_CLASSES.index("100k_to_200k"), None),
    }
    small, large = (np.nanmean(saving[:, part], axis=1) for part in bounds.values())
    return {"higher": "small", "lower": "large"}.get(direction(large, small), "alike")


def tipping(outcomes: Sequence[Sequence[Outcomes]]) -> str:
    """Return how cooperation answers to the grant: ``nothing``, ``steadily``, ``threshold`` or ``early``.

    The share of municipalities in groups must rise by `LEAST_RISE` and by its 95 % interval, or it is ``nothing``. It
    is ``early`` if half of the rise comes in the first tenth of the grant, ``threshold`` if half of it comes in one
    later step, else ``steadily``.
    """
    share = np.array([[kpis["cooperating_share"] for kpis, _ in arm] for arm in outcomes])
    mean = share.mean(axis=1)
    if direction(share[0], share[-1]) != "higher" or mean[-1] - mean[0] < LEAST_RISE:
        return "nothing"
    parts, first = np.diff(mean) / (mean[-1] - mean[0]), GRANTS.index(0.1)
    if parts[:first].sum() >= 0.5:
        return "early"
    return "threshold" if parts[first:].max() >= 0.5 else "steadily"


def remedy(outcomes: Sequence[Sequence[Outcomes]]) -> str:
    """Return what makes fewer systems late: ``capacity``, ``subsidy``, ``both`` or ``neither``.

    A remedy helps if the 95 % interval of its difference lies below zero; if both help, the one that helps more is
    named unless the interval of the difference between the two holds zero.
    """
    late = np.array([[kpis["late_share"] for kpis, _ in arm] for arm in outcomes])
    helps = [direction(late[0], late[arm]) == "lower" for arm in (1, 2)]
    if all(helps):
        return {"lower": "capacity", "higher": "subsidy"}.get(direction(late[2], late[1]), "both")
    return "capacity" if helps[0] else "subsidy" if helps[1] else "neither"


def closing(outcomes: Sequence[Sequence[Outcomes]]) -> str:
    """Return how exclusion answers to closing counters: ``nobody``, ``slowly``, ``proportional`` or ``faster``.

    The excluded share after half of the counters have gone is set against half of what it is when all have: by the 95 %
    interval of the difference it is below (``faster``: the last counters count most), above (``slowly``), or neither.
    A difference below `LEAST_BEND` of the rise is none, however sure it is.
    """
    excluded = np.array([[kpis["excluded_share"] for kpis, _ in arm] for arm in outcomes])
    if direction(excluded[0], excluded[-1]) != "higher":
        return "nobody"
    half = np.array([np.interp(0.5, FLOORS[::-1], seed[::-1]) for seed in excluded.T])
    middle = (excluded[0] + excluded[-1]) / 2
    if abs((half - middle).mean()) < LEAST_BEND * (excluded[-1] - excluded[0]).mean():
        return "proportional"
    return {"lower": "faster", "higher": "slowly"}.get(direction(middle, half), "proportional")


LESSONS = (
    Lesson(
        "size",
        ("no_cooperation", "baseline"),
        ({}, {}),
        1,
        ("cooperation.poolable_share",),
        ("cooperation.poolable_share",),
        "cost_per_resident",
        "group",
        ("small", "large", "alike"),
        by_size,
    ),
    Lesson(
        "tipping",
        ("baseline",),
        tuple({"cooperation.grant_rate": rate, "cooperation.poolable_share": LITTLE_TO_POOL} for rate in GRANTS),
        3,
        ("cooperation.grant_rate", "cooperation.poolable_share"),
        ("cooperation.poolable_share",),
        "cooperating_share",
        "group",
        ("nothing", "steadily", "threshold", "early"),
        tipping,
    ),
    Lesson(
        "remedy",
        ("baseline",),
        (
            {},
            {"policy.capacity_programme": 0.4},
            {"subsidy.ceiling_multiple": 10.0, "subsidy.fund_top_up": 1e12},
        ),
        1,
        ("policy.capacity_programme", "subsidy.ceiling_multiple", "policy.readiness_shift"),
        (),
        "late_share",
        "late",
        ("capacity", "subsidy", "both", "neither"),
        remedy,
    ),
    Lesson(
        "counters",
        ("baseline",),
        tuple({**_SUNSET, "residents.analog_floor": floor} for floor in FLOORS),
        5,
        ("residents.analog_floor", "residents.support_desks"),
        ("residents.support_desks",),
        "excluded_share",
        "excluded",
        ("nobody", "slowly", "proportional", "faster"),
        closing,
    ),
)


def lesson_named(name: object) -> Lesson:
    """Return the lesson of this name.

    Raises
    ------
    InputError
        If there is none.
    """
    names = [lesson.name for lesson in LESSONS]
    if name not in names:
        hint = nearest(name, names) if isinstance(name, str) else ""
        what = say("there is no '{name}'{hint}", name=str(name)[:60], hint=hint)
        raise InputError(say("request"), [Problem("lesson", what)])
    return LESSONS[names.index(name)]


def options_of(name: str) -> tuple[str, ...]:
    """Return the predictions of the lesson of this name; none if there is no such lesson."""
    return next((lesson.options for lesson in LESSONS if lesson.name == name), ())


def describe_lessons() -> list[dict[str, Any]]:
    """Return what the page must know of each lesson."""
    fields = ("name", "shown", "controls", "carried", "measure", "layer", "options")
    return [
        {
            **{field: getattr(lesson, field) for field in fields},
            "arms": [{"scenario": scenario, "parameters": dict(step)} for scenario, step in lesson.cases()],
        }
        for lesson in LESSONS
    ]
