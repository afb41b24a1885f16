"""What all maps share: municipalities as shapes or points, far islands in boxes, a legend where nobody lives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.legend_handler import HandlerTuple

from dxsim.nation.nation import Nation
from dxsim.views.labels import labels
from dxsim.views.style import FAINT

_MARGIN_KM, _MARGIN_SHARE = 10.0, 0.015
_ISLET_KM, _GAP = 40.0, 0.03  # margin in a box of islands; between boxes, as a share of the frame
_BOXES = 0.45, 0.36  # share of the frame that boxes take at most
_FAR_SHARE, _FAR_HEIGHT = 0.05, 0.2  # the largest share of municipalities, and the least height, that go into boxes
_STRAIT, _SEA = 0.04, 0.1  # of the height: what parts far islands from the rest, and one box from another
_CORNER = 0.4, 0.2  # share of the frame that a legend takes


def credit_lines(nation: Nation) -> list[str]:
    """Return how municipalities are drawn and whom to credit."""
    points = [] if nation.boundaries else [labels()["map_points"]]
    return [*points, labels()["not_a_forecast"], *nation.attribution]


def draw_municipalities(
    axes: Axes, municipalities: pd.DataFrame, nation: Nation, colours: Sequence[str] | npt.NDArray[Any]
) -> list[Axes]:
    """Draw municipalities as shapes, or as points where the nation has none, and nothing else.

    Islands far to the south, as Okinawa, stand in boxes on the left, all at one scale.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where; its frame is fitted to the municipalities.
    municipalities : pandas.DataFrame
        One row each, with ``code``, ``x_km`` and ``y_km``.
    nation : Nation
        For its boundaries.
    colours : sequence of str
        One for each row.

    Returns
    -------
    list of matplotlib.axes.Axes
        `axes` and the boxes, all in km of the nation: what else is drawn on the map is drawn on each.
    """
    # The municipalities' own points set the frame: far islets of a shape would shrink the rest.
    far = far_islands(municipalities)
    low, high = _frame(municipalities[~far], _MARGIN_KM)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    axes.set_aspect("equal", anchor="N")
    axes.set_axis_off()
    _paint(axes, municipalities, nation, colours)
    islands = municipalities.assign(colour=colours)[far].sort_values("x_km")
    group = (islands["x_km"].diff() > _SEA * np.ptp(municipalities["y_km"])).cumsum()
    groups = [(some, *_frame(some, _ISLET_KM)) for _, some in islands.groupby(group)]
    sizes = np.array([(end - start) / (high - low) for _, start, end in groups]).reshape(-1, 2)
    room = _BOXES[1] - _GAP * (len(groups) - 1)
    sizes *= min(1, _BOXES[0] / sizes[:, 0].max(initial=_BOXES[0]), room / max(room, sizes[:, 1].sum()))
    charts, top = [axes], 1 - _CORNER[1] - _GAP  # boxes begin under the place of the legend
    for (some, corner, opposite), (width, height) in zip(groups, sizes, strict=True):
        box = axes.inset_axes((0, top - height, width, height), xticks=[], yticks=[])
        box.set(xlim=(corner[0], opposite[0]), ylim=(corner[1], opposite[1]))
        box.spines[:].set(visible=True, color=FAINT, linewidth=0.5)
        _paint(box, some, nation, some["colour"])
        charts.append(box)
        top -= height + _GAP
    return charts


def far_islands(municipalities: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which municipalities lie far to the south: few, beyond a wide strait, over a large part of the height."""
    y = municipalities["y_km"].to_numpy(np.float64)
    south, height = np.sort(y)[: 2 + int(_FAR_SHARE * len(y))], np.ptp(y)
    straits = np.flatnonzero(np.diff(south) > _STRAIT * height)
    if not len(straits) or south[straits[-1] + 1] - south[0] < _FAR_HEIGHT * height:
        return np.zeros(len(y), bool)
    far = y <= south[straits[-1]]
    x, y = _places(municipalities[~far])
    is_free = not ((x < _BOXES[0]) & (abs(1 - _CORNER[1] - _GAP - _BOXES[1] / 2 - y) < _BOXES[1] / 2)).any()
    return np.asarray(far & is_free)


def _places(municipalities: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return where municipalities lie between the leftmost and the rightmost, the lowest and the highest: 0 to 1."""
    points = municipalities[["x_km", "y_km"]].to_numpy(np.float64)
    return np.asarray((points - points.min(axis=0)) / np.maximum(np.ptp(points, axis=0), 1e-9)).T


def _frame(municipalities: pd.DataFrame, margin_km: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the lower left and the upper right corner of a frame around municipalities, in km."""
    points = municipalities[["x_km", "y_km"]].to_numpy(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = margin_km + _MARGIN_SHARE * (high - low)
    return low - margin, high + margin


def _paint(axes: Axes, municipalities: pd.DataFrame, nation: Nation, colours: Sequence[str] | npt.NDArray[Any]) -> None:
    if nation.boundaries:
        shapes = [
            (ring, colour)
            for code, colour in zip(municipalities["code"], colours, strict=True)
            for ring in nation.boundaries.get(code, ())
        ]
        rings, fills = zip(*shapes, strict=True)
        axes.add_collection(PolyCollection(rings, facecolors=fills, edgecolors="white", linewidths=0.15))
    else:
        axes.scatter(municipalities["x_km"], municipalities["y_km"], c=colours, s=9, linewidths=0.2, edgecolors="white")


def map_legend(
    axes: Axes,
    municipalities: pd.DataFrame,
    handles: Sequence[Artist | tuple[Artist, ...]],
    names: Sequence[str],
    title: str | None = None,
) -> None:
    """Put a legend into the upper left corner of a map, or on its right if there are municipalities in the corner."""
    x, y = _places(municipalities[~far_islands(municipalities)])
    is_free = not ((x < _CORNER[0]) & (y > 1 - _CORNER[1])).any()
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
