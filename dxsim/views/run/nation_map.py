"""The map of a nation: types of municipality, and who is whose neighbour."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Patch

from dxsim.nation.nation import Nation
from dxsim.terms.municipalities import TYPES
from dxsim.views.labels import labels, type_label
from dxsim.views.maps import draw_municipalities, map_legend
from dxsim.views.style import FAINT, INK, TYPE_COLOURS, Plot, new_figure, style, write_below, write_heading

_TIE = 0.2  # width of a line between neighbours, in points


def nation_figure(nation: Nation) -> Plot:
    """Return the map of a nation as a figure.

    Parameters
    ----------
    nation : Nation
        With or without boundaries.
    """
    text = labels()
    with style():
        figure = new_figure(height=6.6)
        _draw(figure.subplots(), nation)
        write_heading(figure, text["nation_map_title"].format(nation=nation.name))
        points = [] if nation.boundaries else [text["map_points"]]
        write_below(figure, [*points, *nation.attribution], FAINT)
    figure.description = describe_nation_map(nation)
    return figure


def _draw(axes: Axes, nation: Nation) -> None:
    municipalities = nation.municipalities
    charts = draw_municipalities(axes, municipalities, nation, [TYPE_COLOURS[name] for name in municipalities["type"]])
    places = municipalities.set_index("code")[["x_km", "y_km"]]
    ends = [places.loc[nation.adjacency[column]].to_numpy(np.float64) for column in ("code_a", "code_b")]
    for chart in charts:
        ties = LineCollection(np.stack(ends, axis=1), colors=INK, linewidths=_TIE, alpha=0.6)  # type: ignore[arg-type]
        chart.add_collection(ties, autolim=False)
    counts = municipalities["type"].value_counts()
    present = [name for name in TYPES if name in counts]
    patches = [Patch(facecolor=TYPE_COLOURS[name]) for name in present]
    map_legend(axes, municipalities, patches, [f"{type_label(name)}  ({counts[name]:,})" for name in present])


def describe_nation_map(nation: Nation) -> str:
    """Return what the map shows, in words."""
    counts = nation.municipalities["type"].value_counts()
    parts = [f"{type_label(name)} {counts[name]:,}" for name in TYPES if name in counts]
    return labels()["nation_map_description"].format(
        municipalities=f"{len(nation.municipalities):,}", ties=f"{len(nation.adjacency):,}", counts=", ".join(parts)
    )
