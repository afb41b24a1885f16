"""Scenario discovery: the boxes that there are to choose from, and the limits of the chosen one."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from dxsim.analysis.discovery import Discovery
from dxsim.language import say
from dxsim.views.documents.discovery import ends, heading, number, restricted, sentences
from dxsim.views.labels import input_label, labels
from dxsim.views.style import (
    CASE_COLOURS,
    FAINT,
    INK,
    Plot,
    new_figure,
    on_two_lines,
    style,
    write_below,
    write_heading,
)

_MOST = 8  # inputs that are drawn
_ROOM = 0.12  # of a number beside a bar
_GREY = "#e0e0e0"


def discovery_figure(found: Discovery) -> Plot:
    """Return two charts: coverage and density of the boxes, and the limits of the one that is told.

    Parameters
    ----------
    found : Discovery
        Of `dxsim.discover`.
    """
    text = labels()
    names = list(restricted(found))[: max(_MOST, len(found.boxes[found.chosen].limits))]
    with style():
        figure = new_figure(width=10.5, height=max(3.9, 2.2 + 0.42 * len(names)))
        left, right = figure.subplots(1, 2, width_ratios=[1.0, 1.25])
        _draw_trade_off(left, found)
        _draw_limits(right, found, names)
        write_heading(figure, heading(found))
        note = text["discovery_note"].format(resamples=len(found.found_again), futures=f"{len(found.futures):,}")
        write_below(figure, [*sentences(found)[:1], note, text["sweep_not_a_forecast"]], FAINT)
    figure.description = " ".join(f"{sentence}." for sentence in sentences(found))
    return figure


def _draw_trade_off(axes: Axes, found: Discovery) -> None:
    table = found.trade_off
    axes.plot(table["coverage"], table["density"], color=FAINT, linewidth=0.8, zorder=1)
    most = max(1, int(table["restricted"].max()))
    dots = axes.scatter(
        table["coverage"], table["density"], c=table["restricted"], cmap="viridis_r", vmin=0, vmax=most, s=26, zorder=2
    )
    colours = axes.figure.colorbar(dots, ax=axes, ticks=range(most + 1), shrink=0.75, pad=0.02)
    colours.set_label(say("inputs restricted"), fontsize=8)
    row = table.iloc[found.chosen]
    ring: dict[str, Any] = {"markersize": 12, "markerfacecolor": "none", "markeredgecolor": INK, "markeredgewidth": 1.4}
    axes.plot(row["coverage"], row["density"], "o", **ring)
    shift: dict[str, Any] = {"textcoords": "offset points", "xytext": (-10, -12), "fontsize": 8, "ha": "right"}
    axes.annotate(say("Box {number}", number=found.chosen), (row["coverage"], row["density"]), **shift)
    axes.set_xlim(-0.03, 1.05)
    axes.set_ylim(0, 1.05)
    axes.xaxis.set_major_formatter(PercentFormatter(1, 0))
    axes.yaxis.set_major_formatter(PercentFormatter(1, 0))
    axes.set_xlabel(labels()["discovery_coverage"], fontsize=8)
    axes.set_ylabel(labels()["discovery_density"], fontsize=8)
    axes.grid(visible=True, axis="both")
    axes.set_axisbelow(True)


def _draw_limits(axes: Axes, found: Discovery, names: list[str]) -> None:
    share = found.stability.set_index("input")["restricted_share"]
    for place, name in enumerate(names):
        draw = _draw_labels if name in found.labels else _draw_range
        draw(axes, found, name, place)
        axes.text(1.03, place, f"{share[name]:.0%}", va="center", fontsize=7.5, color=INK)
    axes.text(1.03, -0.95, say("found again"), va="center", fontsize=7, color=FAINT)
    axes.set_yticks(range(len(names)), [on_two_lines(input_label(name), 40) for name in names], fontsize=7.5)
    axes.set_ylim(len(names) - 0.4, -0.75)
    axes.set_xlim(-0.01, 1.01)
    axes.set_xticks([])
    axes.tick_params(length=0)
    for side in ("bottom", "left"):
        axes.spines[side].set_visible(False)


def _draw_range(axes: Axes, found: Discovery, name: str, place: int) -> None:
    """Draw the range of an ordered input, the box's part of it, and that of each resample as a thin line below."""
    values = found.columns.columns[name]
    low, high = float(values.min()), float(values.max())
    axes.barh(place, 1.0, height=0.34, color=_GREY)

    def within(limit: object) -> tuple[float, float]:
        clipped = np.clip(np.asarray(limit, np.float64), low, high)
        return float((clipped[0] - low) / (high - low)), float((clipped[1] - low) / (high - low))

    box = found.boxes[found.chosen]
    for number_, item in enumerate(found.found_again):
        if name in item.limits:
            where = place + 0.2 + 0.22 * (number_ + 1) / len(found.found_again)
            axes.hlines(where, *within(item.limits[name]), color=CASE_COLOURS[1], linewidth=0.5, alpha=0.7)
    if name in box.limits:
        limit = box.limits[name]
        left, right = within(limit)
        axes.barh(place, right - left, left=left, height=0.34, color=CASE_COLOURS[0])
        assert not isinstance(limit, frozenset)  # noqa: S101 - those have labels
        for text, where, outward in zip(ends(name, limit), (left, right), (-1, 1), strict=True):
            beside = where if outward < 0 else 1 - where
            way = outward if beside > _ROOM else -outward  # inside the bar where there is no room beside it
            aligned, colour = ("left" if way > 0 else "right"), (INK if way == outward else "white")
            axes.text(where + 0.008 * way, place, text, ha=aligned, va="center", fontsize=7, color=colour)
    for text, where, side in ((number(name, low), 0.0, "left"), (number(name, high), 1.0, "right")):
        axes.text(where, place - 0.3, text, ha=side, va="center", fontsize=6, color=FAINT)


def _draw_labels(axes: Axes, found: Discovery, name: str, place: int) -> None:
    """Draw the labels of a categorical input, those inside the box in colour."""
    known = found.labels[name]
    limit = found.columns.limit(found.boxes[found.chosen], name)
    is_free = name not in found.boxes[found.chosen].limits
    width = 1 / len(known)
    for code, label in enumerate(known):
        inside = isinstance(limit, frozenset) and code in limit and not is_free
        colour = CASE_COLOURS[0] if inside else _GREY
        axes.barh(place, width - 0.01, left=code * width + 0.005, height=0.34, color=colour)
        ink = "white" if inside else INK
        axes.text((code + 0.5) * width, place, label, ha="center", va="center", fontsize=6.5, color=ink)
