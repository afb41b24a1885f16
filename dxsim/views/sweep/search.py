"""The front of a policy search: each two objectives against each other, and below which levers compromises use."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
from matplotlib.axes import Axes

from dxsim.analysis.search import PolicySearch
from dxsim.analysis.search.objectives import direction
from dxsim.language import say
from dxsim.views.documents.search import (
    Row,
    compromise_rows,
    described,
    heading,
    lever_rows,
    meaning,
    objective_label,
    scales,
    search_title,
)
from dxsim.views.labels import labels
from dxsim.views.quantities import Scale
from dxsim.views.style import (
    CASE_COLOURS,
    FAINT,
    INK,
    Plot,
    filled,
    new_figure,
    on_two_lines,
    style,
    write_below,
    write_heading,
)

_ACROSS = 3
_MARGIN = 0.08  # of the range of the front, around it
_COLOURS = (CASE_COLOURS[1], CASE_COLOURS[2], CASE_COLOURS[3])
_LINE = 0.21  # inches of a row of the table
_PER_LINE = 76  # letters of a lever's name


def search_figure(found: PolicySearch) -> Plot:
    """Return the front of a search as a figure: small charts of objective pairs over a table of levers."""
    objectives = found.manifest["search"]["objectives"]
    pairs = list(combinations(objectives, 2))
    across = min(_ACROSS, len(pairs))
    down = math.ceil(len(pairs) / across)
    rows = lever_rows(found)
    with style():
        figure = new_figure(width=max(7.5, 3.3 * across), height=1.5 + 2.7 * down + _LINE * (len(rows) + 1))
        heights = (2.7 * down + 0.6, _LINE * (len(rows) + 1))
        parts = figure.add_gridspec(2, 1, height_ratios=heights)
        top, bottom = figure.add_subfigure(parts[0]), figure.add_subfigure(parts[1])
        charts = top.subplots(down, across, squeeze=False)
        of = scales(found)
        for place, axes in enumerate(charts.flat):
            if place < len(pairs):
                one, other = pairs[place]
                _draw(axes, found, (one, of[one]), (other, of[other]))
            else:
                axes.set_axis_off()
        handles, names = charts[0, 0].get_legend_handles_labels()
        top.legend(handles, names, loc="outside upper left", ncols=2, fontsize=7.5)
        _table(bottom.subplots(), rows)
        write_heading(figure, search_title(found))
        note = say(
            "bars: 95 % Monte Carlo interval of the difference from the scenario; the grey dots farthest off are cut"
        )
        write_below(figure, [heading(found), note, labels()["sweep_not_a_forecast"]], FAINT)
    figure.description = described(found)
    return figure


def _draw(axes: Axes, found: PolicySearch, across: tuple[str, Scale], up: tuple[str, Scale]) -> None:
    candidates, front, scenario = found.candidates, found.front, found.candidates.iloc[0]

    def at(table: object, name: str, scale: Scale) -> np.ndarray:
        return scale.factor * np.asarray(table[name], np.float64)  # type: ignore[index]

    axes.scatter(at(candidates, *across), at(candidates, *up), s=5, color="#cfcfcf", linewidths=0, label=say("tried"))
    axes.scatter(
        at(front, *across),
        at(front, *up),
        s=11,
        color=CASE_COLOURS[0],
        alpha=0.7,
        linewidths=0,
        label=say("on the front"),
    )
    chosen = compromise_rows(found)
    _mark(axes, scenario, across, up, INK, "D", say("the scenario as it is"))
    for (letters, row), colour in zip(chosen.items(), _COLOURS, strict=False):
        x, y = _mark(axes, row, across, up, colour, "o", f"{letters}: {meaning(letters)}")
        axes.annotate(letters, (x, y), (4, 4), textcoords="offset points", color=colour, fontsize=9)
    for (name, scale), set_limits, set_label in (
        (across, axes.set_xlim, axes.set_xlabel),
        (up, axes.set_ylim, axes.set_ylabel),
    ):
        values = np.append(at(front, name, scale), scale.factor * float(scenario[name]))
        low, high = values.min(), values.max()
        room = _MARGIN * (high - low) or 1.0
        set_limits(low - room, high + room)
        better = labels()[f"better_{direction(name)}"]
        words = on_two_lines(objective_label(name), 34)
        set_label(f"{words}\n" + labels()["axis_unit"].format(unit=scale.unit, better=better), fontsize=7.5)
    axes.tick_params(labelsize=7)
    axes.locator_params(nbins=5)
    axes.grid(visible=True, axis="both")
    axes.set_axisbelow(True)


def _mark(
    axes: Axes, row: Row, across: tuple[str, Scale], up: tuple[str, Scale], colour: str, marker: str, words: str
) -> tuple[float, float]:
    """Draw one policy with the intervals of its differences, and return where."""
    place, reach = [], []
    for name, scale in (across, up):
        low, middle, high = (float(row[f"{name}_difference{end}"]) for end in ("_low", "", "_high"))
        ends = [scale.factor * (middle - low), scale.factor * (high - middle)]
        reach.append(None if np.isnan(ends).any() else [[end] for end in ends])
        place.append(scale.factor * float(row[name]))
    x, y = place
    axes.errorbar(x, y, xerr=reach[0], yerr=reach[1], fmt="none", ecolor=colour, elinewidth=0.9, zorder=3)
    axes.plot(x, y, marker, color=colour, markersize=5, mec="white", linestyle="", label=words, zorder=4)
    return x, y


def _table(axes: Axes, rows: list[list[str]]) -> None:
    """Write the levers as a table: a column for the scenario, each compromise and the front."""
    axes.set_axis_off()
    columns = len(rows[0])
    axes.set_xlim(0, 1)
    axes.set_ylim(len(rows) + 0.2, -0.2)
    first = 0.5
    ends = [first + (1 - first) * (place + 1) / (columns - 1) for place in range(columns - 1)]
    for line, cells in enumerate(rows):
        name, *values = cells
        shown, _, rest = filled(name, _PER_LINE).partition("\n")
        axes.text(0.0, line + 0.5, shown + (" …" if rest else ""), fontsize=7.5, va="center")
        for place, (end, cell) in enumerate(zip(ends, values, strict=True)):
            is_compromise = 0 < place < columns - 2
            colour = _COLOURS[place - 1] if is_compromise else INK
            axes.text(end, line + 0.5, cell, fontsize=7.5, va="center", ha="right", color=colour)
        axes.axhline(line + 1, color="#dddddd", linewidth=0.5)
