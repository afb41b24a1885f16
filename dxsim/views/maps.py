"""The map of lateness: municipalities coloured by how many of their systems miss the deadline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.patches import Patch

from dxsim.nation.nation import Nation
from dxsim.records import Records
from dxsim.views.labels import labels
from dxsim.views.style import BIN_COLOURS, BIN_NAMES, FAINT, late_bin, new_figure, style, write_below, write_title

_MARGIN_KM, _MARGIN_SHARE = 10.0, 0.015
_CORNER = 0.4, 0.2  # share of the frame that a legend takes


def map_figure(records: Records, nation: Nation, language: str = "en") -> Figure:
    """Return the map of lateness as a figure.

    Parameters
    ----------
    records : Records
        Of one run.
    nation : Nation
        The nation it was run on, for its boundaries; without any, municipalities are points.
    language : str
        "en" or "ja".
    """
    with style():
        figure = new_figure(height=6.6)
        draw_map(figure.subplots(), records, nation, language)
        write_title(figure, records, language, size=9)
        write_below(figure, credit_lines(nation, language), FAINT)
    return figure


def credit_lines(nation: Nation, language: str) -> list[str]:
    """Return how municipalities are drawn and whom to credit."""
    points = [] if nation.boundaries else [labels(language)["map_points"]]
    return [*points, labels(language)["not_a_forecast"], *nation.attribution]


def draw_map(axes: Axes, records: Records, nation: Nation, language: str) -> None:
    """Draw the map on `axes`."""
    text = labels(language)
    place = late_bin(records.municipalities["late_systems"])
    draw_bodies(axes, records.municipalities, nation, np.array(BIN_COLOURS)[place])
    axes.set_title(text["map_title"])
    counts = np.bincount(place, minlength=len(BIN_NAMES))
    patches = [Patch(facecolor=colour, edgecolor=FAINT, linewidth=0.4) for colour in BIN_COLOURS]
    names = [f"{name}  ({count:,})" for name, count in zip(BIN_NAMES, counts, strict=True)]
    map_legend(axes, records.municipalities, patches, names, text["map_legend"])


def draw_bodies(axes: Axes, bodies: pd.DataFrame, nation: Nation, colours: Sequence[str] | npt.NDArray[Any]) -> None:
    """Draw municipalities as shapes, or as points where the nation has none, and nothing else.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where; its frame is fitted to the municipalities.
    bodies : pandas.DataFrame
        One row each, with ``code``, ``x_km`` and ``y_km``.
    nation : Nation
        For its boundaries.
    colours : sequence of str
        One for each row.
    """
    if nation.boundaries:
        shapes = [
            (ring, colour)
            for code, colour in zip(bodies["code"], colours, strict=True)
            for ring in nation.boundaries.get(code, ())
        ]
        rings, fills = zip(*shapes, strict=True)
        axes.add_collection(PolyCollection(rings, facecolors=fills, edgecolors="white", linewidths=0.15))
    else:
        axes.scatter(bodies["x_km"], bodies["y_km"], c=colours, s=9, linewidths=0.2, edgecolors="white")
    # The municipalities' own points set the frame: far islets of a shape would shrink the rest.
    for name, limit in (("x_km", axes.set_xlim), ("y_km", axes.set_ylim)):
        low, high = bodies[name].min(), bodies[name].max()
        margin = _MARGIN_KM + _MARGIN_SHARE * (high - low)
        limit(low - margin, high + margin)
    axes.set_aspect("equal", anchor="N")
    axes.set_axis_off()


def map_legend(
    axes: Axes,
    bodies: pd.DataFrame,
    handles: Sequence[Artist | tuple[Artist, ...]],
    names: Sequence[str],
    title: str | None = None,
) -> None:
    """Put a legend into the upper left corner of a map, or on its right if there are municipalities in the corner."""
    x, y = (bodies[name] - bodies[name].min() for name in ("x_km", "y_km"))
    is_free = not ((x < _CORNER[0] * x.max()) & (y > (1 - _CORNER[1]) * y.max())).any()
    axes.legend(
        handles,
        names,
        title=title,
        loc="upper left",
        bbox_to_anchor=(0.0, 1.0) if is_free else (1.01, 1.0),
        alignment="left",
        title_fontsize=8,
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0)},
    )


def describe_map(records: Records, language: str) -> str:
    """Return what the map shows, in words."""
    text = labels(language)
    counts = np.bincount(late_bin(records.municipalities["late_systems"]), minlength=len(BIN_NAMES))
    parts = [text["map_count"].format(bodies=f"{c:,}", late=name) for name, c in zip(BIN_NAMES, counts, strict=True)]
    return text["map_description"].format(bodies=f"{len(records.municipalities):,}", counts=", ".join(parts))
