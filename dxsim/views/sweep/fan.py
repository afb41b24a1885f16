"""Fan charts of a monthly outcome, a chart for each alternative; the figure says which kind of uncertainty it shows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import YearLocator
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from dxsim.analysis.fans import STRUCTURAL, fan_table, kinds_of
from dxsim.analysis.selection import Alternative
from dxsim.views.labels import labels
from dxsim.views.quantities import column_label
from dxsim.views.style import (
    CASE_COLOURS,
    FAINT,
    INK,
    Plot,
    month_end,
    months_axis,
    new_figure,
    on_two_lines,
    style,
    thousands,
    write_below,
    write_heading,
)
from dxsim.views.sweep.data import SweepData

_ACROSS, _SQUARE = 3, 4  # charts in a row; as many charts make a square
_YEARS = 4  # between two ticks
_FAINT_BAND, _BAND = 0.2, 0.35


def fan_figure(alternatives: Sequence[Alternative], column: str, kind: str, type_: str = "all") -> Plot:
    """Return the fan charts as a figure; parameters as those of `dxsim.analysis.fans.fan_table`."""
    table = fan_table(alternatives, column, kind, type_)
    cases = list(dict.fromkeys(table["case"]))
    text = labels()
    across = 2 if len(cases) == _SQUARE else min(_ACROSS, len(cases))
    with style():
        figure = new_figure(width=2.2 + 2.6 * across, height=1.3 + 2.4 * math.ceil(len(cases) / across))
        charts = figure.subplots(math.ceil(len(cases) / across), across, squeeze=False, sharex=True, sharey=True)
        for place, axes in enumerate(charts.flat):
            if place >= len(cases):
                axes.set_axis_off()
                charts.flat[place - across].tick_params(labelbottom=True)
                continue
            _draw_fan(axes, table, cases, place)
        months_axis(charts[0, 0])
        charts[0, 0].xaxis.set_major_locator(YearLocator(_YEARS))  # type: ignore[no-untyped-call]
        thousands(charts[0, 0].yaxis)
        name = column_label(alternatives[0].results, "months", column)
        spread = text[f"fan_title_{kind}"].format(units=int(table["units"].max()))
        write_heading(figure, text["fan_title"].format(column=name, spread=spread))
        figure.legend(handles=_legend(kind, len(cases) > 1, cases[0]), loc="outside right center")
        write_below(figure, [text[f"fan_note_{kind}"], text["sweep_not_a_forecast"]], FAINT)
    figure.description = describe_fan(alternatives, column, kind, type_)
    return figure


def of_sweep(data: SweepData) -> Iterator[tuple[str, Plot]]:
    """Yield the figures of a sweep by name."""
    for column in data.columns("months", ("run", "month", "type")):
        for kind in kinds_of(data.alternatives):
            yield f"fan_{column}_{kind}", fan_figure(data.alternatives, column, kind)


def _draw_fan(axes: Axes, table: pd.DataFrame, cases: Sequence[str], place: int) -> None:
    rows = table[table["case"] == cases[place]]
    colour = CASE_COLOURS[place % len(CASE_COLOURS)]
    when = month_end(rows["month"])
    axes.fill_between(when, rows["outer_low"], rows["outer_high"], color=colour, alpha=_FAINT_BAND, linewidth=0)
    axes.fill_between(when, rows["inner_low"], rows["inner_high"], color=colour, alpha=_BAND, linewidth=0)
    axes.plot(when, rows["mean"], color=colour, linewidth=1.4)
    if place:
        reference = table[table["case"] == cases[0]]
        axes.plot(month_end(reference["month"]), reference["mean"], color=INK, linewidth=0.9, linestyle=(0, (4, 2)))
    axes.set_title(on_two_lines(cases[place]), fontsize=8.5)
    axes.grid(visible=True)
    axes.set_axisbelow(True)


def _legend(kind: str, several: bool, reference: str) -> list[Patch | Line2D]:
    text = labels()
    handles: list[Patch | Line2D] = [Line2D([], [], color=FAINT, linewidth=1.4, label=text["fan_mean"])]
    if kind == STRUCTURAL:
        handles.append(Patch(color=FAINT, alpha=_FAINT_BAND + _BAND, linewidth=0, label=text["fan_range"]))
    else:
        handles.append(Patch(color=FAINT, alpha=_FAINT_BAND + _BAND, linewidth=0, label=text["fan_inner"]))
        handles.append(Patch(color=FAINT, alpha=_FAINT_BAND, linewidth=0, label=text["fan_outer"]))
    if several:
        name = text["fan_reference"].format(reference=reference)
        handles.append(Line2D([], [], color=INK, linewidth=0.9, linestyle=(0, (4, 2)), label=name))
    return handles


def describe_fan(alternatives: Sequence[Alternative], column: str, kind: str, type_: str = "all") -> str:
    """Return what the charts show, in words."""
    table = fan_table(alternatives, column, kind, type_)
    last = table.groupby("case", sort=False).tail(1).to_dict("records")
    text = labels()
    parts = [
        text["fan_described_case"].format(
            case=row["case"],
            mean=f"{row['mean']:,.0f}",
            low=f"{row['outer_low']:,.0f}",
            high=f"{row['outer_high']:,.0f}",
        )
        for row in last
    ]
    return text["fan_description"].format(
        column=column_label(alternatives[0].results, "months", column),
        start=f"{table['month'].min():%Y-%m}",
        end=f"{table['month'].max():%Y-%m}",
        kind=text[f"kind_{kind}"],
        cases="; ".join(parts),
    )
