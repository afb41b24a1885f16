"""Late systems per municipality: most have none or few, some have nearly all of theirs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from dxsim.records import Records
from dxsim.views.labels import labels
from dxsim.views.style import (
    BIN_COLOURS,
    BIN_NAMES,
    INK,
    LATE_BINS,
    Plot,
    late_bin,
    thousands,
)

_ROOM = 0.11  # share of the strip in which its label fits
_SYSTEMS = LATE_BINS[-1][1]


def draw(figure: Plot, records: Records) -> None:
    """Draw the chart on a figure of its own."""
    draw_on(figure.subplots(), records)


def draw_on(axes: Axes, records: Records) -> None:
    """Draw on `axes` a bar for each number of late systems from one on, and above them the shares of the groups.

    Municipalities without a late system outnumber every bar, so they are shown in the strip alone.
    """
    text = labels()
    counts = late_counts(records)
    number = np.arange(1, _SYSTEMS + 1)
    colours = np.array(BIN_COLOURS)[late_bin(number)]
    bars = axes.bar(number, counts[1:], color=colours, edgecolor=INK, linewidth=0.3, width=0.82)
    axes.bar_label(bars, [f"{count:,}" if count else "" for count in counts[1:]], fontsize=6.5, padding=1)
    axes.set_xlim(0.3, _SYSTEMS + 0.7)
    axes.set_ylim(0, 1.1 * max(counts[1:].max(), 1))
    axes.set_xticks([1, 5, 10, 15, 20])
    axes.set_xlabel(text["histogram_x"])
    axes.set_ylabel(text["histogram_y"])
    thousands(axes.yaxis)
    axes.set_title(text["histogram_title"].format(all=f"{counts.sum():,}"), pad=26)
    _draw_strip(axes.inset_axes((0.0, 1.015, 1.0, 0.07)), records)


def _draw_strip(axes: Axes, records: Records) -> None:
    """Draw all municipalities as one bar, cut into those with no, few and many late systems."""
    text = labels()
    counts = np.bincount(late_bin(records.municipalities["late_systems"]), minlength=len(BIN_NAMES))
    total = counts.sum()
    start = 0
    for name, count, colour in zip(BIN_NAMES, counts, BIN_COLOURS, strict=True):
        axes.barh(0, count, left=start, color=colour, edgecolor="white", linewidth=0.5, height=1.0)
        share = count / total
        if share >= _ROOM:
            light = np.mean([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) > 120
            axes.text(
                start + count / 2,
                0,
                text["histogram_share"].format(late=name, share=f"{share:.0%}"),
                ha="center",
                va="center",
                fontsize=6.5,
                color=INK if light else "white",
            )
        start += count
    axes.set_xlim(0, total)
    axes.set_ylim(-0.5, 0.5)
    axes.set_axis_off()


def late_counts(records: Records) -> npt.NDArray[np.int64]:
    """Return how many municipalities have 0, 1, ..., 20 late systems."""
    return np.bincount(records.municipalities["late_systems"], minlength=_SYSTEMS + 1)


def describe(records: Records) -> str:
    """Return what the chart shows, in words."""
    counts = late_counts(records)
    return labels()["histogram_description"].format(
        none=f"{counts[0]:,}",
        all=f"{counts.sum():,}",
        counts=", ".join(f"{late}: {count:,}" for late, count in enumerate(counts) if late),
    )
