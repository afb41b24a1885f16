"""A lesson as it is played: runs that were recorded beforehand, so that it plays without the model.

It comes in two parts. The opening holds what a class may see at once: the first arm. The answer holds all the rest:
the other arms, the figures, the verdict, and the story of one municipality. The runs that are seen are those of a
typical seed: their difference is the median of all pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dxsim.app.lessons.again import again
from dxsim.app.lessons.lesson import SEEDS, Arm, Figure, Found, Lesson
from dxsim.app.life import life
from dxsim.app.runs import Run, packed, run
from dxsim.language import by_language
from dxsim.terms.municipalities import TYPES_AND_ALL

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation

PARTS = ("opening", "answer")
FIRST_SEED = 1
MOST_PERSONS = 10_000  # of the municipality whose story is told
_LEVELS = 65_535
_MOST_EVENTS = 5

Array = npt.NDArray[Any]


def seeds_of(nation: str) -> range:
    """Return the seeds of a lesson's figures."""
    return range(FIRST_SEED, FIRST_SEED + SEEDS[nation])


def opening(nation: Nation, name: str, lesson: Lesson, found: Found) -> bytes:
    """Return the opening of a lesson, packed as `dxsim.app.runs.packed` does.

    Parameters
    ----------
    nation : Nation
        Whom it is about.
    name : {"teaching", "whole"}
        Which nation of the app that is.
    lesson : Lesson
        What is recorded.
    found : mapping
        Outcomes of the first arm and the one that is shown, by seed.
    """
    first = lesson.arms[0]
    facts = {key: {"measure": measure, "value": value} for key, (measure, value) in lesson.facts(found).items()}
    seed, seeds = FIRST_SEED + lesson.typical(found), len(found[first.name])
    about = {"lesson": lesson.name, "nation": name, "seeds": seeds, "seed": seed, "facts": facts, "scales": {}}
    return _with_runs(about, lesson, [(first, _run(nation, name, lesson, first, seed))])


def answer(nation: Nation, name: str, lesson: Lesson, found: Found) -> bytes:
    """Return the rest of a lesson: what is covered until the class has made its prediction.

    Parameters
    ----------
    nation, name, lesson
        As for `opening`.
    found : mapping
        Outcomes of every arm, by seed.
    """
    seed = FIRST_SEED + lesson.typical(found)
    runs = [(arm, _run(nation, name, lesson, arm, seed)) for arm in lesson.recorded()]
    by_arm = {arm.name: result for arm, result in runs}
    before, after = (by_arm[arm].layers[lesson.layer] for arm in (lesson.arms[0].name, lesson.shown))
    town = _town(nation, before, after)
    code = str(nation.municipalities["code"].iloc[town])
    lives = {}
    for arm in (lesson.arms[0], lesson.arm(lesson.shown)):
        setting = arm.setting(name)
        lives[arm.name] = by_language(partial(life, nation, setting, seed, code))  # words are made as it is told
    figures = {"result": lesson.result(found), "policy": lesson.policy(found)}
    seeds = len(found[lesson.shown])
    about = {
        "verdict": lesson.judge(found),
        **{key: _figure(figure) for key, figure in figures.items()},
        "again": {
            key: by_language(partial(again, nation, name, lesson, figure, seeds)) for key, figure in figures.items()
        },
        "story": {"municipality": town, "lives": lives, "most_events": _MOST_EVENTS},
        "scales": {},
    }
    return _with_runs(about, lesson, runs[1:])


def _run(nation: Nation, name: str, lesson: Lesson, arm: Arm, seed: int) -> Run:
    return run(nation, arm.setting(name), seed, (lesson.layer,), (lesson.series,))


def _with_runs(about: dict[str, Any], lesson: Lesson, runs: Sequence[tuple[Arm, Run]]) -> bytes:
    """Pack runs; shares and yen are kept in 65,536 levels, which no map and no curve can tell from more."""
    arrays: dict[str, Array] = {}
    for arm, result in runs:
        layer = result.layers[lesson.layer]
        if layer.dtype == np.float32:
            known = np.nan_to_num(layer)
            most = float(known.max()) or 1.0
            about["scales"][arm.name] = most / _LEVELS
            layer = np.rint(known / most * _LEVELS).astype(np.uint16)
        arrays[f"{arm.name}.layer"] = layer
        arrays[f"{arm.name}.series"] = result.series[lesson.series][:, TYPES_AND_ALL.index(lesson.type_)]
    return packed(about, arrays)


def _town(nation: Nation, before: Array, after: Array) -> int:
    """Return the municipality for which most differs over the months: a small one, if any differs there."""
    differs = np.abs(after.astype(np.float64) - before.astype(np.float64)).sum(axis=0)
    of_small = np.where(nation.municipalities["population"].to_numpy() < MOST_PERSONS, differs, 0.0)
    return int(np.argmax(of_small if of_small.any() else differs))


def _figure(figure: Figure) -> dict[str, Any]:
    return {**figure._asdict(), "rows": [row._asdict() for row in figure.rows]}
