"""How to cite a figure of a lesson, and how to have it again in Python."""

from __future__ import annotations

from string import Template

from dxsim import __version__
from dxsim.app.citing import cited_arm
from dxsim.app.lessons.lesson import Figure, Lesson
from dxsim.language import current_language, say, texts
from dxsim.nation.nation import Nation
from dxsim.views.documents.citation import Arm, arm_text, bibtex, citation, nation_line, nation_text, scenario_lines

_PROGRAM = Template(
    """\
# $what
import pandas as pd

import dxsim

$nation
$scenarios


def outcome(scenario, seed):
    records = dxsim.simulate(nation, scenario, seed)
    return $value


seeds = range(1, $end)
$shown
"""
)
_OF_ARMS = """\
values = pd.DataFrame({name: [outcome(scenario, seed) for seed in seeds] for name, scenario in scenarios.items()})
difference = values.sub(values.iloc[:, 0], axis=0)  # from the first one, seed by seed
print(pd.DataFrame({"mean": values.mean(), "difference": difference.mean(), "standard error": difference.sem()}))"""
_OF_CLASSES = """\
before, after = (pd.DataFrame([outcome(scenario, seed) for seed in seeds]) for scenario in scenarios.values())
fall = before.reset_index(drop=True) - after.reset_index(drop=True)  # seed by seed
print(pd.DataFrame({"mean": fall.mean(), "standard error": fall.sem()}))"""


def again(nation: Nation, name: str, lesson: Lesson, figure: Figure, seeds: int) -> dict[str, str]:
    """Return ``citation``, ``bibtex`` and ``python`` of a figure, in the language that is spoken.

    Parameters
    ----------
    nation : Nation
        Whom it is about.
    name : {"teaching", "whole"}
        Which nation of the app that is.
    lesson : Lesson
        Whose figure it is.
    figure : Figure
        What is cited.
    seeds : int
        Runs of each arm, with the seeds from 1 on.
    """
    cited = [cited_arm(arm, lesson.arm(arm).setting(name)) for arm in figure.arms]
    details = [
        texts("lessons", current_language())[f"lesson_{lesson.name}"],
        *(arm_text(arm) for arm in cited),
        say("nation {nation}", nation=nation_text(nation.name, nation.fingerprint)),
        say("table: means over the seeds 1 to {seeds}", seeds=seeds),
    ]
    return {"citation": citation(details), "bibtex": bibtex(details), "python": _program(nation, cited, figure, seeds)}


def _program(nation: Nation, arms: list[Arm], figure: Figure, seeds: int) -> str:
    by_size = 'dxsim.by_size_class(records).set_index("size_class")'
    if figure.kind == "classes":
        value = f'{by_size}["{figure.measure}"]'
    elif figure.size_class:
        value = f'{by_size}.loc["{figure.size_class}", "{figure.measure}"]'
    else:
        value = f'records.summary.set_index("kpi").loc["{figure.measure}", "value"]'
    what = say("A figure of a lesson over {seeds} pairs of runs (dxsim {version})", seeds=seeds, version=__version__)
    lines = [line for arm in arms for line in scenario_lines(f'scenarios["{arm.name}"]', arm)]
    return _PROGRAM.substitute(
        what=what,
        nation=nation_line(nation.name),
        scenarios="\n".join(["scenarios = {}", *lines]),
        value=value,
        end=seeds + 1,
        shown=_OF_CLASSES if figure.kind == "classes" else _OF_ARMS,
    )
