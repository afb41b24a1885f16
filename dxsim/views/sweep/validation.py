"""The patterns at a glance: each statistic against its region, in units of that region."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from dxsim.analysis.validation import Validation, means, patterns_held
from dxsim.language import say
from dxsim.views.documents.validation import heading, number, verdicts
from dxsim.views.labels import labels
from dxsim.views.style import CASE_COLOURS, FAINT, INK, Plot, new_figure, style, write_below, write_heading

_BEYOND = 1.5  # widths of its region that a value is drawn beside it at most


def validation_figure(found: Validation) -> Plot:
    """Return a chart of the statistics that have a region: model and observation, 0 and 1 being the region's ends."""
    table = found.patterns[found.patterns["held"] != ""]
    held = patterns_held(means(found.patterns), found.patterns)
    with style():
        figure = new_figure(width=9.5, height=1.8 + 0.24 * len(table))
        axes = figure.subplots()
        for place, row in enumerate(table.to_dict("records")):
            _draw(axes, place, row)
        names = [f"{row['pattern']}  {row['what']}" for row in table.to_dict("records")]
        axes.set_yticks(range(len(names)), names, fontsize=7.5)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlim(-_BEYOND - 0.1, 1 + _BEYOND + 0.1)
        axes.set_xticks([0, 1], [say("lower end of the region"), say("upper end")], fontsize=7.5)
        axes.tick_params(length=0)
        write_heading(figure, say("{count} of {all} patterns hold", count=sum(held.values()), all=len(held)))
        note = say(
            "bar: the region, fixed before any fit; dot: mean over seeds, line: 90 % of seeds; diamond: observed"
        )
        write_below(figure, [heading(found), note, labels()["sweep_not_a_forecast"]], FAINT)
    figure.description = "; ".join([heading(found), *verdicts(found)])
    return figure


def _draw(axes: Axes, place: int, row: Mapping[Any, Any]) -> None:
    colour = CASE_COLOURS[0] if row["held"] == "yes" else CASE_COLOURS[1]
    axes.barh(place, 1.0, left=0.0, height=0.6, color="#dddddd", zorder=0)
    mean, low, high, seen = (_within(row[name], row) for name in ("mean", "p5", "p95", "observed"))
    axes.hlines(place, low, high, color=colour, linewidth=1.4)
    axes.plot(mean, place, "o", color=colour, markersize=4)
    if not math.isnan(seen):
        axes.plot(seen, place, "D", color=INK, markersize=3.2, markerfacecolor="none")
    axes.text(1 + _BEYOND + 0.15, place, number(row["mean"]), va="center", fontsize=7, color=colour)


def _within(value: float, row: Mapping[Any, Any]) -> float:
    """Return a value in units of its region; where that has one end only, in units of this end."""
    low, high = row["low"], row["high"]
    if math.isnan(low):
        place = 1.0 + (value - high) / (abs(high) or 1.0)
    elif math.isnan(high):
        place = (value - low) / (abs(low) or 1.0)
    else:
        place = (value - low) / (high - low)
    return float(np.clip(place, -_BEYOND, 1 + _BEYOND))
