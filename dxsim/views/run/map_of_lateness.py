"""The map of lateness: municipalities coloured by how many of their systems miss the deadline."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from dxsim.nation.nation import Nation
from dxsim.records import Records
from dxsim.views.labels import labels
from dxsim.views.maps import credit_lines, draw_municipalities, map_legend
from dxsim.views.style import BIN_COLOURS, BIN_NAMES, FAINT, Plot, late_bin, write_below


def draw(figure: Plot, records: Records, nation: Nation) -> None:
    """Draw the map on a figure of its own."""
    draw_on(figure.subplots(), records, nation)
    write_below(figure, credit_lines(nation), FAINT)


def draw_on(axes: Axes, records: Records, nation: Nation) -> None:
    """Draw the map on `axes`."""
    text = labels()
    place = late_bin(records.municipalities["late_systems"])
    draw_municipalities(axes, records.municipalities, nation, np.array(BIN_COLOURS)[place])
    axes.set_title(text["map_title"])
    counts = np.bincount(place, minlength=len(BIN_NAMES))
    patches = [Patch(facecolor=colour, edgecolor=FAINT, linewidth=0.4) for colour in BIN_COLOURS]
    names = [f"{name}  ({count:,})" for name, count in zip(BIN_NAMES, counts, strict=True)]
    map_legend(axes, records.municipalities, patches, names, text["map_legend"])


def describe(records: Records) -> str:
    """Return what the map shows, in words."""
    text = labels()
    counts = np.bincount(late_bin(records.municipalities["late_systems"]), minlength=len(BIN_NAMES))
    parts = [
        text["map_count"].format(municipalities=f"{c:,}", late=name) for name, c in zip(BIN_NAMES, counts, strict=True)
    ]
    return text["map_description"].format(municipalities=f"{len(records.municipalities):,}", counts=", ".join(parts))
