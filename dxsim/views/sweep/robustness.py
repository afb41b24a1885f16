"""Robustness of alternatives: their outcomes over futures, and their ranks by each metric."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from dxsim.analysis.robustness import Robustness
from dxsim.language import say
from dxsim.views.documents.robustness import heading, metric_label, scale_of_outcomes, shown, verdicts
from dxsim.views.labels import labels
from dxsim.views.quantities import Scale
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


def robustness_figure(found: Robustness) -> Plot:
    """Return two charts: the outcomes of each case over futures, and the rank of each case by each metric.

    Parameters
    ----------
    found : Robustness
        Of `dxsim.robustness`.
    """
    text, scale = labels(), scale_of_outcomes(found)
    cases = list(found.metrics["case"])
    with style():
        figure = new_figure(width=10.5, height=2.6 + 0.36 * len(cases))
        left, right = figure.subplots(1, 2, width_ratios=[1.0, 1.2])
        _draw_outcomes(left, found, scale)
        _draw_ranks(right, found, scale)
        write_heading(figure, heading(found))
        write_below(figure, [text["robustness_note"], text["sweep_not_a_forecast"]], FAINT)
    figure.description = " ".join([heading(found), *_parts(found, scale), *verdicts(found)])
    return figure


def _draw_outcomes(axes: Axes, found: Robustness, scale: Scale) -> None:
    for place, name in enumerate(found.outcomes):
        colour, marker = (of[place % len(of)] for of in (CASE_COLOURS, CASE_MARKERS))
        values = scale.factor * found.outcomes[name].to_numpy(np.float64)
        low, quarter, middle, upper, high = np.quantile(values, [0.1, 0.25, 0.5, 0.75, 0.9])
        axes.plot([values.min(), values.max()], [place] * 2, "|", color=colour, markersize=7)
        axes.hlines(place, low, high, color=colour, linewidth=1.4)
        axes.hlines(place, quarter, upper, color=colour, linewidth=5, alpha=0.45)
        axes.plot(middle, place, marker, color=colour, markersize=6)
    if found.criterion is not None:
        axes.axvline(scale.factor * found.criterion, color=INK, linewidth=1.0, linestyle=(0, (4, 2)))
    axes.set_yticks(range(len(found.outcomes.columns)), [on_two_lines(str(name), 34) for name in found.outcomes])
    axes.set_ylim(len(found.outcomes.columns) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)
    amounts(axes.xaxis, 1)
    axes.set_xlabel(labels()["axis_unit"].format(unit=scale.unit, better=labels()[f"better_{found.better}"]))


def _draw_ranks(axes: Axes, found: Robustness, scale: Scale) -> None:
    names = shown(found)
    ranks = found.ranks.set_index("case")
    for place, case in enumerate(found.outcomes):
        colour, marker = (of[place % len(of)] for of in (CASE_COLOURS, CASE_MARKERS))
        shift = 0.1 * (place / max(1, len(ranks) - 1) - 0.5)  # so that equals show
        axes.plot(range(len(names)), ranks.loc[case, names] + shift, color=colour, marker=marker, linewidth=1.6)
    told = [labels().get(f"metric_{name}") or metric_label(name, found, scale) for name in names]  # ranks have no unit
    axes.set_xticks(range(len(names)), [on_two_lines(name, 14) for name in told])
    axes.tick_params(axis="x", labelsize=7)
    axes.set_yticks(range(1, len(ranks) + 1))
    axes.set_ylim(len(ranks) + 0.4, 0.6)
    axes.set_xlim(-0.3, len(names) - 0.7)
    axes.set_ylabel(say("rank (1 is the best)"), fontsize=8)
    axes.grid(visible=True, axis="both")
    axes.set_axisbelow(True)


def _parts(found: Robustness, scale: Scale) -> list[str]:
    """Return the metrics of each case in words."""
    told = []
    for row in found.metrics.to_dict("records"):
        values = [
            f"{metric_label(name, found, scale)} "
            + (f"{row[name]:.0%}" if name == "satisficing" else scale.text(row[name]))
            for name in shown(found)
        ]
        told.append(f"{row['case']}: {', '.join(values)};")
    return told
