"""Paired differences from the reference, a small chart for each KPI, the kinds of interval side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from dxsim.analysis.comparison import Comparison
from dxsim.views.labels import labels
from dxsim.views.quantities import Scale, outcome_label, scale_of_differences
from dxsim.views.style import (
    FAINT,
    INK,
    VERDICT_COLOURS,
    Plot,
    new_figure,
    on_two_lines,
    style,
    write_below,
    write_heading,
)
from dxsim.views.sweep.data import SweepData

CHOSEN = (
    "late_share",
    "municipalities_late_share",
    "excluded_share",
    "peak_overloaded_share",
    "cooperating_share",
    "hhi_systems",
    "one_off_cost",
    "own_burden",
    "cost_per_resident_2035",
)
"""KPIs that are drawn unless others are named."""

_ACROSS = 3
_KINDS: Mapping[str, tuple[float, float, Literal["-", ":"]]] = {
    "monte_carlo": (0.0, 2.6, "-"),
    "parametric": (0.22, 1.0, "-"),
    "structural": (0.38, 1.0, ":"),
}
"""Kind of interval -> how far below its case it is drawn, width and style of the line."""
_MARKERS = {"better": "o", "worse": "s", "higher": ">", "lower": "<", "same": "D", "unclear": "D", "depends": "D"}


def differences_figure(found: Comparison, kpis: Sequence[str] = CHOSEN) -> Plot:
    """Return the differences as a figure.

    Parameters
    ----------
    found : Comparison
        Two alternatives or more.
    kpis : sequence of str
        Those that were not recorded are left out.
    """
    text = labels()
    table = found.differences
    kpis = [kpi for kpi in kpis if (table["kpi"] == kpi).any()]
    cases = list(dict.fromkeys(table["case"]))
    across = min(_ACROSS, len(kpis))
    down = math.ceil(len(kpis) / across)
    with style():
        figure = new_figure(width=4.0 + 2.2 * across, height=1.2 + down * (0.75 + 0.34 * len(cases)))
        charts = figure.subplots(down, across, squeeze=False, sharey=True)
        for place, axes in enumerate(charts.flat):
            if place < len(kpis):
                _draw(axes, table[table["kpi"] == kpis[place]], cases)
            else:
                axes.set_axis_off()
        charts[0, 0].set_ylim(len(cases) - 0.4, -0.5)
        write_heading(figure, text["differences_title"].format(reference=found.alternatives["case"][0]))
        figure.legend(handles=_legend(table[table["kpi"].isin(kpis)]), loc="outside right center")
        used = table.loc[table["kpi"].isin(kpis), "seeds"]
        notes = [text["differences_note"].format(seeds=_span(used)), text["sweep_not_a_forecast"]]
        write_below(figure, notes, FAINT)
    figure.description = describe_differences(found, kpis)
    return figure


def of_sweep(data: SweepData) -> Iterator[tuple[str, Plot]]:
    """Yield the figures of a sweep by name."""
    if data.found:
        known = set(data.found.differences["kpi"])
        chosen = [kpi for kpi in CHOSEN if kpi in known] or sorted(known)[: len(CHOSEN)]
        yield "differences", differences_figure(data.found, chosen)


def _draw(axes: Axes, rows: pd.DataFrame, cases: Sequence[str]) -> None:
    scale = scale_of_differences(rows)
    for row in rows.to_dict("records"):
        where = cases.index(row["case"])
        colour = VERDICT_COLOURS.get(row["verdict"], INK)
        for kind, (below, width, line) in _KINDS.items():
            ends = np.array([row[f"{kind}_low"], row[f"{kind}_high"]]) * scale.factor
            axes.plot(ends, [where + below] * 2, color=colour, linewidth=width, linestyle=line, solid_capstyle="butt")
            if kind != "monte_carlo":
                axes.plot(ends, [where + below] * 2, color=colour, linestyle="", marker="|", markersize=4)
        face = colour if row["verdict"] not in ("unclear", "depends") else "white"
        marker = _MARKERS[row["verdict"]]
        axes.plot(scale.factor * row["difference"], where, marker, color=colour, markerfacecolor=face, markersize=4.5)
    axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
    axes.set_yticks(range(len(cases)), cases)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=7.5)
    axes.locator_params(axis="x", nbins=5)
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)
    axes.margins(x=0.12)
    if not rows["difference"].any():
        axes.set_xlim(-1, 1)
        axes.set_xticks([0])
    name = outcome_label(rows["kpi"].iloc[0])
    axes.set_title(on_two_lines(name), fontsize=8)
    better = labels()[f"better_{rows['better'].iloc[0]}"]
    axes.set_xlabel(labels()["axis_unit"].format(unit=scale.difference_unit, better=better), fontsize=7.5)


def _legend(table: pd.DataFrame) -> list[Line2D]:
    text = labels()
    handles = []
    for kind, (_, width, line) in _KINDS.items():
        if table[f"{kind}_low"].notna().any():
            handles.append(Line2D([], [], color=FAINT, linewidth=width, linestyle=line, label=text[f"kind_{kind}"]))
    for name in (name for name in _MARKERS if (table["verdict"] == name).any()):
        dot = Line2D([], [], marker=_MARKERS[name], markersize=4.5, linestyle="", label=text[f"verdict_{name}"])
        dot.set_color(VERDICT_COLOURS.get(name, INK))
        dot.set_markerfacecolor("white" if name == "unclear" else VERDICT_COLOURS.get(name, INK))
        handles.append(dot)
    return handles


def _span(numbers: pd.Series) -> str:
    low, high = int(numbers.min()), int(numbers.max())
    return str(low) if low == high else f"{low}–{high}"


def describe_differences(found: Comparison, kpis: Sequence[str] = CHOSEN) -> str:
    """Return what the charts show, in words."""
    text = labels()
    parts = []
    for kpi in kpis:
        rows = found.differences[found.differences["kpi"] == kpi]
        if rows.empty:
            continue
        scale = scale_of_differences(rows)
        of_cases = [_described(row, scale) for row in rows.to_dict("records")]
        parts.append(f"{outcome_label(kpi)}: {', '.join(of_cases)}")
    return text["differences_description"].format(reference=found.alternatives["case"][0], parts="; ".join(parts))


def _described(row: Mapping[Any, Any], scale: Scale) -> str:
    return labels()["differences_described"].format(
        case=row["case"],
        difference=scale.text(row["difference"], signed=True),
        unit=scale.difference_unit,
        interval=scale.range_text(row["monte_carlo_low"], row["monte_carlo_high"]),
        verdict=labels()[f"verdict_{row['verdict']}"],
    )
