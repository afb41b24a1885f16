"""What each mechanism does: the outcomes without it against those with it, by groups of sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from dxsim.analysis.knockout import ALL, KPIS, SIZE_GROUPS, Knockouts
from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say
from dxsim.views.documents.knockouts import cell, group_label, heading, knockout_label, scale_of_column
from dxsim.views.labels import labels
from dxsim.views.quantities import outcome_label
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

CHOSEN = (
    "late_share",
    "municipalities_late_10_share",
    "restricted_mean_months_to_live",
    "overloaded_share",
    "excluded_share",
    "cost_per_resident_2035",
)
"""KPIs that are drawn unless others are named."""
GROUPS = (ALL, "under_5k", "500k_over")
"""Groups of sizes that are drawn unless others are named."""
_ACROSS = 3
_WIDE = 0.5  # how far apart the dots of one knock-out stand


def knockouts_figure(found: Knockouts, kpis: Sequence[str] = CHOSEN, groups: Sequence[str] = GROUPS) -> Plot:
    """Return the differences as a figure, a small chart for each KPI.

    Parameters
    ----------
    found : Knockouts
        Of `dxsim.knockout`.
    kpis : sequence of str
        Of `dxsim.analysis.knockout.KPIS`.
    groups : sequence of str
        Of `dxsim.analysis.knockout.SIZE_GROUPS`; those without a municipality are left out.

    Raises
    ------
    InputError
        If there is no such KPI or group.
    """
    problems = [
        Problem(name, say("'{value}' is not one of {known}{hint}", value=name, known=", ".join(known), hint=hint))
        for names, known in ((kpis, KPIS), (groups, tuple(SIZE_GROUPS)))
        for name in names
        if name not in known
        for hint in [nearest(name, known)]
    ]
    if problems:
        raise InputError(say("chart"), problems)
    text, table = labels(), found.differences
    names = list(dict.fromkeys(table["knockout"]))
    across = min(_ACROSS, len(kpis))
    down = math.ceil(len(kpis) / across)
    with style():
        figure = new_figure(width=4.4 + 2.3 * across, height=1.4 + down * (0.8 + 0.24 * len(names)))
        charts = figure.subplots(down, across, squeeze=False, sharey=True)
        for place, axes in enumerate(charts.flat):
            if place < len(kpis):
                _draw(axes, table[table["kpi"] == kpis[place]], names, groups)
            else:
                axes.set_axis_off()
        charts[0, 0].set_yticks(range(len(names)), [knockout_label(name) for name in names])
        charts[0, 0].set_ylim(len(names) - 0.4, -0.6)
        figure.legend(*charts[0, 0].get_legend_handles_labels(), loc="outside right upper", title=text["size_group"])
        write_heading(figure, text["knockouts_title"].format(scenario=found.manifest["scenario"]["name"]))
        below = [text["knockouts_note"].format(seeds=len(found.manifest["seeds"])), text["sweep_not_a_forecast"]]
        write_below(figure, below, FAINT)
    figure.description = _described(found, kpis, groups)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame, names: Sequence[str], groups: Sequence[str]) -> None:
    scale = scale_of_column(rows)
    for place, group in enumerate(groups):
        shift = _WIDE * (place / (len(groups) - 1) - 0.5) if len(groups) > 1 else 0.0
        of_group = rows[rows["size_group"] == group].set_index("knockout").reindex(names)
        if of_group["difference"].isna().all():
            continue
        colour, marker = (of[place % len(of)] for of in (CASE_COLOURS, CASE_MARKERS))
        where = np.arange(len(names)) + shift
        ends = scale.factor * of_group[["monte_carlo_low", "monte_carlo_high"]].to_numpy().T
        axes.hlines(where, *ends, color=colour, linewidth=1.6)
        mean = scale.factor * of_group["difference"].to_numpy()
        axes.plot(mean, where, marker, color=colour, markersize=3.8, label=group_label(group))
    axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(labelsize=7.5)
    axes.grid(visible=True, axis="both")
    axes.set_axisbelow(True)
    axes.locator_params(axis="x", nbins=5)
    amounts(axes.xaxis, 1)
    if not rows["difference"].any():
        axes.set_xlim(-1, 1)
        axes.set_xticks([0])
    axes.set_title(on_two_lines(outcome_label(rows["kpi"].iloc[0])), fontsize=8)
    better = labels()[f"better_{rows['better'].iloc[0]}"]
    axes.set_xlabel(labels()["axis_unit"].format(unit=scale.difference_unit, better=better), fontsize=7.5)


def _described(found: Knockouts, kpis: Sequence[str], groups: Sequence[str]) -> str:
    table = found.differences
    parts = []
    for kpi in kpis:
        rows = table[table["kpi"] == kpi]
        scale = scale_of_column(rows)
        for group in groups:
            of_group = rows[rows["size_group"] == group].to_dict("records")
            told = ", ".join(f"{knockout_label(row['knockout'])} {cell(row, scale)}" for row in of_group)
            parts += [f"{outcome_label(kpi)}, {group_label(group)} ({scale.difference_unit}): {told}"] if told else []
    return labels()["knockouts_description"].format(heading=heading(found), parts="; ".join(parts))
