"""The figure of an experiment: differences panel by panel, both readings of the model side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from dxsim.analysis.comparison import unit_and_direction
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.views.labels import labels
from dxsim.views.quantities import outcome_label, scale_of
from dxsim.views.style import (
    CASE_COLOURS,
    CASE_MARKERS,
    FAINT,
    INK,
    Plot,
    amounts,
    new_figure,
    on_two_lines,
    style,
    write_below,
    write_heading,
)
from experiments.common.claims import estimated
from experiments.common.outcomes import Floats, Runs

ACROSS, WIDTH = 3, 10.6
WIDTHS = {"monte_carlo": 3.0, "parametric": 1.0}


@dataclass(frozen=True)
class Panel:
    """One chart.

    Attributes
    ----------
    title, unit : str
        The unit as in ``kpis.csv``.
    points : sequence of (str, callable)
        What stands at each tick: its label, and what gives the pair that is compared there, as `Claim.pair` does.
    is_ordered : bool
        Whether ticks have an order, so that points are joined by lines.
    """

    title: str
    unit: str
    points: Sequence[tuple[str, Callable[[Runs], tuple[Floats, Floats]]]]
    is_ordered: bool = False


def against(
    outcome: str,
    reference: str,
    cases: Sequence[str],
    *,
    title: str = "",
    unit: str = "",
    suffix: str = "",
    is_ordered: bool = False,
) -> Panel:
    """Return a panel of cases against a reference; title and unit are those of the KPI unless they are given.

    The names of all of them end with `suffix`, which labels leave out.
    """

    def pair(case: str) -> Callable[[Runs], tuple[Floats, Floats]]:
        return lambda runs: (runs(reference + suffix, outcome), runs(case + suffix, outcome))

    points = [(case, pair(case)) for case in cases]
    return Panel(title or outcome_label(outcome), unit or unit_and_direction(outcome)[0], points, is_ordered)


def by_size(measure: str, reference: str, case: str, *, title: str = "") -> Panel:
    """Return a panel of a case against a reference in each size class."""

    def pair(name: str) -> Callable[[Runs], tuple[Floats, Floats]]:
        return lambda runs: (runs(reference, f"{measure}/{name}"), runs(case, f"{measure}/{name}"))

    points = [(name.replace("_", " "), pair(name)) for name in SIZE_CLASSES]
    return Panel(title or outcome_label(measure), unit_and_direction(measure)[0], points, is_ordered=True)


def draw(title: str, panels: Sequence[Panel], regimes: Sequence[Runs], reference: str) -> Plot:
    """Return the figure; `reference` says in words what the differences are from."""
    down = math.ceil(len(panels) / ACROSS)
    across = math.ceil(len(panels) / down)
    with style():
        figure = new_figure(width=WIDTH, height=1.4 + 2.9 * down)
        charts = figure.subplots(down, across, squeeze=False).ravel()
        described = [_draw(axes, panel, regimes) for axes, panel in zip(charts, panels, strict=False)]
        for axes in charts[len(panels) :]:
            axes.set_axis_off()
        write_heading(figure, title)
        kinds = [
            Line2D([], [], color=FAINT, linewidth=width, label=labels()[f"kind_{kind}"])
            for kind, width in WIDTHS.items()
        ]
        names = [
            Line2D([], [], color=CASE_COLOURS[place], marker=CASE_MARKERS[place], linestyle="", label=runs.regime)
            for place, runs in enumerate(regimes)
        ]
        figure.legend(handles=[*names, *kinds], loc="outside upper right", ncols=len(names) + len(kinds))
        note = f"Differences from: {reference}. 95 % intervals; the structural range lies between the two readings."
        write_below(figure, [note, labels()["sweep_not_a_forecast"]], FAINT)
    figure.description = "; ".join(described)
    return figure


def _draw(axes: Axes, panel: Panel, regimes: Sequence[Runs]) -> str:
    found = [[estimated(*pair(runs)) for _, pair in panel.points] for runs in regimes]
    every = [row for rows in found for row in rows]
    size = max((abs(row["difference"]) for row in every if not math.isnan(row["difference"])), default=0.0)
    scale = scale_of(panel.unit, size, size / 100)
    places = np.arange(len(panel.points))
    for number, (runs, rows) in enumerate(zip(regimes, found, strict=True)):
        at = places + 0.24 * (number - (len(regimes) - 1) / 2)
        colour, marker = CASE_COLOURS[number], CASE_MARKERS[number]
        for kind, width in WIDTHS.items():
            low, high = (scale.factor * np.array([row[f"{kind}_{end}"] for row in rows]) for end in ("low", "high"))
            axes.vlines(at, low, high, color=colour, linewidth=width, alpha=0.55)
        mean = scale.factor * np.array([row["difference"] for row in rows])
        joined = "-" if panel.is_ordered else ""
        axes.plot(at, mean, marker, linestyle=joined, color=colour, markersize=4.5, linewidth=0.8, label=runs.regime)
    axes.axhline(0, color=INK, linewidth=0.8, zorder=1)
    axes.set_xticks(places, [label for label, _ in panel.points], rotation=40, ha="right", fontsize=7.5)
    axes.tick_params(axis="y", labelsize=7.5)
    amounts(axes.yaxis, 1)
    axes.set_title(on_two_lines(panel.title, 40), fontsize=8.5)
    axes.set_ylabel(scale.difference_unit, fontsize=7.5)
    axes.grid(visible=True)
    axes.set_axisbelow(True)
    if size == 0:
        axes.set_ylim(-1, 1)
        axes.set_yticks([0])
    told = [
        f"{runs.regime}: "
        + ", ".join(
            f"{label} {scale.text(row['difference'], signed=True)}"
            for (label, _), row in zip(panel.points, rows, strict=True)
        )
        for runs, rows in zip(regimes, found, strict=True)
    ]
    return f"{panel.title} ({scale.difference_unit}): " + "; ".join(told)
