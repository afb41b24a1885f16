"""Tornado chart: which uncertain parameters move a KPI most."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from dxsim.analysis.curves import SWING
from dxsim.analysis.distances import DUMMY, PAWN
from dxsim.analysis.indices import CORRELATION, SEED_SHARE, TOTAL, ranked_by
from dxsim.views.documents.sensitivity import IN_UNITS, measure_label, scale_of_measure
from dxsim.views.labels import input_label, labels
from dxsim.views.quantities import Scale, outcome_label
from dxsim.views.style import FAINT, INK, Plot, amounts, new_figure, on_two_lines, style, write_below, write_heading
from dxsim.views.sweep.data import SweepData

KPIS = ("late_share", "own_burden", "excluded_share")
"""Those of the figures of every sweep."""
_BESIDE = {PAWN: CORRELATION}  # drawn on its right: distances have no sign
_INSIDE = {TOTAL: "first_order"}  # drawn inside the bars
_UP, _DOWN = "#0072b2", "#d55e00"


def tornado_figure(indices: pd.DataFrame, kpi: str, most: int = 15) -> Plot:
    """Return the chart as a figure.

    Parameters
    ----------
    indices : pandas.DataFrame
        As `dxsim.analysis.sensitivity` gives them; the first alternative and variant in it are drawn.
    kpi : str
        One of those in it.
    most : int
        Parameters that are drawn, those that matter most.
    """
    text = labels()
    rows = _of_first(indices, kpi)
    measure = _measure(rows)
    panels = [name for name in (measure, _BESIDE.get(measure)) if name]
    bars = _ordered(rows, measure).tail(most)
    scale = scale_of_measure(rows, kpi)
    with style():
        figure = new_figure(width=7.0 if len(panels) == 1 else 8.5, height=1.7 + 0.3 * len(bars))
        charts = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
        for axes, name in zip(charts, panels, strict=True):
            _draw(axes, rows[rows["measure"] == name].set_index("parameter"), list(bars["parameter"]), name, scale)
            if name in _INSIDE:
                _draw_inside(axes, rows, list(bars["parameter"]), _INSIDE[name])
        names = [on_two_lines(input_label(name), 44) for name in bars["parameter"]]
        charts[0].set_yticks(range(len(bars)), names, fontsize=7.5)
        write_heading(figure, text["tornado_title"].format(kpi=outcome_label(kpi), case=rows["case"].iloc[0]))
        write_below(figure, [*_notes(rows), text["tornado_independent"], text["sweep_not_a_forecast"]], FAINT)
    figure.description = describe_tornado(indices, kpi)
    return figure


def _draw(axes: Axes, table: pd.DataFrame, parameters: list[str], measure: str, scale: Scale) -> None:
    """Draw the bars of a measure, and the line below which a dummy is."""
    factor = scale.factor if measure in IN_UNITS else 1.0
    bars = factor * table.loc[parameters, ["value", "low", "high"]]
    places = np.arange(len(bars))
    reach = np.abs(bars[["low", "high"]].to_numpy().T - bars["value"].to_numpy())
    colours = [_UP if value >= 0 else _DOWN for value in bars["value"]]
    axes.barh(places, bars["value"], color=colours, height=0.6, alpha=0.85)
    axes.errorbar(bars["value"], places, xerr=reach, fmt="none", ecolor=INK, elinewidth=0.9, capsize=2.5)
    if DUMMY in table.index:
        axes.axvline(table.loc[DUMMY, "high"], color=INK, linewidth=1.0, linestyle=(0, (4, 2)))
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)
    if measure == CORRELATION:
        axes.set_xlim(-1.05, 1.05)
    if measure in IN_UNITS:
        amounts(axes.xaxis, 1)
    axes.set_xlabel(measure_label(measure, scale))


def _draw_inside(axes: Axes, rows: pd.DataFrame, parameters: list[str], measure: str) -> None:
    values = rows[rows["measure"] == measure].set_index("parameter")["value"].reindex(parameters)
    dots: dict[str, Any] = {
        "color": "white",
        "markeredgecolor": INK,
        "markersize": 5,
        "label": labels()[f"measure_{measure}"],
    }
    axes.plot(values, np.arange(len(parameters)), "o", **dots)
    axes.legend(loc="lower right")


def of_sweep(data: SweepData) -> Iterator[tuple[str, Plot]]:
    """Yield the figures of a sweep by name."""
    if data.indices is None:
        return
    has_effect = data.indices["value"].notna() & (data.indices["measure"] != SEED_SHARE)
    known = set(data.indices.loc[has_effect, "kpi"])  # not where points are too few, or the outcome never differs
    for kpi in KPIS:
        if kpi in known:
            yield f"tornado_{kpi}", tornado_figure(data.indices, kpi)


def _of_first(indices: pd.DataFrame, kpi: str) -> pd.DataFrame:
    is_first = (indices[["case", "variant"]] == indices[["case", "variant"]].iloc[0]).all(axis=1)
    return indices[is_first & (indices["kpi"] == kpi)]


def _measure(rows: pd.DataFrame) -> str:
    """Return the measure by which parameters are ranked; where none is known, the one that there is."""
    return ranked_by(rows.loc[rows["value"].notna(), "measure"]) or ranked_by(rows["measure"]) or CORRELATION


def _ordered(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return the rows of a measure, the largest last."""
    bars = rows[(rows["measure"] == measure) & (rows["parameter"] != DUMMY)]
    return bars.sort_values("value", key=abs, na_position="first", kind="stable")


def _notes(rows: pd.DataFrame) -> list[str]:
    text = labels()
    points, seeds = (int(rows[name].max()) for name in ("points", "seeds"))
    share = rows.loc[rows["measure"] == SEED_SHARE, "value"].iloc[0]
    known = text["tornado_seeds"].format(share=f"{share:.0%}") if share == share else text["tornado_one_seed"]
    note = text["tornado_note_swing" if (rows["measure"] == SWING).any() else "tornado_note"]
    dummy = [text["tornado_dummy"]] if _measure(rows) == PAWN else []
    return [note.format(points=f"{points:,}", seeds=f"{seeds:,}"), *dummy, known]


def describe_tornado(indices: pd.DataFrame, kpi: str) -> str:
    """Return what the chart shows, in words."""
    text = labels()
    rows = _of_first(indices, kpi)
    measure = _measure(rows)
    scale = scale_of_measure(rows, kpi)
    factor = scale.factor if measure in IN_UNITS else 1.0
    bars = _ordered(rows, measure).iloc[::-1]
    parts = [f"{input_label(row['parameter'])} {factor * row['value']:+.2g}" for row in bars.to_dict("records")]
    return text["tornado_description"].format(
        kpi=outcome_label(kpi),
        case=rows["case"].iloc[0],
        measure=measure_label(measure, scale),
        bars=", ".join(parts),
        notes=" ".join(_notes(rows)),
    )
