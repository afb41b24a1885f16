"""What each uncertain parameter does over its range while the others stay as they are: small curves."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from dxsim.analysis.comparison import unit_and_direction
from dxsim.scenario.registry import REGISTRY
from dxsim.views.documents.discovery import number
from dxsim.views.labels import input_label, labels
from dxsim.views.quantities import Scale, outcome_label, scale_of, unit_text
from dxsim.views.style import (
    CASE_COLOURS,
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

_ACROSS = 3


def one_at_a_time_figure(curves: pd.DataFrame, kpi: str, most: int = 12) -> Plot:
    """Return small charts, one for each parameter, the one that moves the KPI most first.

    Parameters
    ----------
    curves : pandas.DataFrame
        As `dxsim.one_at_a_time` gives them; the first alternative and variant in it are drawn.
    kpi : str
        One of those in it.
    most : int
        Parameters that are drawn.
    """
    text, rows = labels(), _of_first(curves, kpi)
    names, scale = _ordered(rows)[:most], _scale(rows, kpi)
    across = min(_ACROSS, len(names))
    down = math.ceil(len(names) / across)
    with style():
        figure = new_figure(width=1.2 + 2.6 * across, height=1.4 + 1.9 * down)
        charts = figure.subplots(down, across, squeeze=False, sharey=True)
        for place, axes in enumerate(charts.flat):
            if place < len(names):
                _draw(axes, rows[rows["parameter"] == names[place]], names[place], scale)
            else:
                axes.set_axis_off()
        amounts(charts[0, 0].yaxis, 1)
        better = text[f"better_{unit_and_direction(kpi)[1]}"]
        figure.supylabel(text["axis_unit"].format(unit=scale.difference_unit, better=better), fontsize=8)
        head = text["one_at_a_time_title"].format(kpi=outcome_label(kpi), case=rows["case"].iloc[0])
        write_heading(figure, head)
        note = text["one_at_a_time_note"].format(seeds=f"{int(rows['seeds'].max()):,}")
        write_below(figure, [note, text["sweep_not_a_forecast"]], FAINT)
    figure.description = describe_one_at_a_time(curves, kpi)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame, parameter: str, scale: Scale) -> None:
    x = np.array([REGISTRY[parameter].code(value) for value in rows["value"]], np.float64)
    axes.fill_between(
        x, scale.factor * rows["low"], scale.factor * rows["high"], color=CASE_COLOURS[0], alpha=0.2, linewidth=0
    )
    axes.plot(x, scale.factor * rows["difference"], "-o", color=CASE_COLOURS[0], markersize=3, linewidth=1.4)
    usual = rows["is_usual"].to_numpy(bool)
    axes.plot(x[usual], np.zeros(usual.sum()), "D", color=INK, markersize=4.5, markerfacecolor="white", zorder=4)
    axes.axhline(0, color=INK, linewidth=0.6, zorder=1)
    axes.grid(visible=True, axis="both")
    axes.set_axisbelow(True)
    ticks = np.linspace(x[0], x[-1], 3)
    axes.set_xticks(ticks, [number(parameter, value) for value in ticks])
    axes.tick_params(labelsize=7)
    axes.set_title(on_two_lines(input_label(parameter), 34), fontsize=7.5)
    unit = "" if REGISTRY[parameter].unit in ("1", "month") else unit_text(REGISTRY[parameter].unit)
    axes.set_xlabel(unit, fontsize=7)


def _of_first(curves: pd.DataFrame, kpi: str) -> pd.DataFrame:
    is_first = (curves[["case", "variant"]] == curves[["case", "variant"]].iloc[0]).all(axis=1)
    return curves[is_first & (curves["kpi"] == kpi)]


def _ordered(rows: pd.DataFrame) -> list[str]:
    """Return the parameters by the range of their curves, the largest first."""
    ranges = rows.groupby("parameter", sort=False)["difference"].agg(lambda column: column.max() - column.min())
    return list(ranges.sort_values(ascending=False, kind="stable").index)


def _scale(rows: pd.DataFrame, kpi: str) -> Scale:
    return scale_of(unit_and_direction(kpi)[0], float(rows["difference"].abs().max()), 0.0)


def describe_one_at_a_time(curves: pd.DataFrame, kpi: str) -> str:
    """Return what the charts show, in words."""
    rows = _of_first(curves, kpi)
    scale = _scale(rows, kpi)
    parts = []
    for name in _ordered(rows):
        curve = rows[rows["parameter"] == name]
        values = [number(name, float(REGISTRY[name].code(curve["value"].iloc[place]))) for place in (0, -1)]
        told = [scale.text(curve["difference"].iloc[place], signed=True) for place in (0, -1)]
        parts.append(f"{input_label(name)} {values[0]}: {told[0]}, {values[1]}: {told[1]}")
    return labels()["one_at_a_time_description"].format(
        kpi=outcome_label(kpi), case=rows["case"].iloc[0], unit=scale.difference_unit, parts="; ".join(parts)
    )
