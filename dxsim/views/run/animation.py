"""A run as a moving picture: the map month by month, and below it the share of systems that are live, and late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CalledProcessError
from typing import Literal

import numpy as np
import numpy.typing as npt
from matplotlib.animation import FFMpegWriter
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter
from PIL import Image

from dxsim.errors import InputError, Problem
from dxsim.files import write_whole
from dxsim.language import say
from dxsim.nation.nation import Nation
from dxsim.records import Records
from dxsim.records.course import Course
from dxsim.terms.calendar import MONTHS, month_index, month_name
from dxsim.views.labels import labels, month_text
from dxsim.views.maps import credit_lines, draw_municipalities, map_legend
from dxsim.views.style import (
    BIN_COLOURS,
    BIN_NAMES,
    CASE_COLOURS,
    FAINT,
    Plot,
    deadline_month,
    late_bin,
    mark_deadline,
    month_end,
    months_axis,
    new_figure,
    style,
    write_below,
    write_title,
)

Layer = Literal["live", "late"]

SUFFIXES = (".gif", ".mp4")
MONTHS_A_SECOND = 8
_LAST_SECONDS = 3  # the last month stays longer
_DPI = 100
_SHARES = ("0%", "1–25%", "26–50%", "51–75%", "76–100%")


def check_animation(path: Path) -> None:
    """Check that an animation can be written to a file of this name.

    Raises
    ------
    InputError
        If it is neither a GIF nor a film, or a film and there is no ffmpeg.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        what = say("the name of an animation ends in {known} (got {value})", known=", ".join(SUFFIXES), value=path.name)
        raise InputError(say("animation"), [Problem("output", what)])
    if suffix == ".mp4" and not FFMpegWriter.isAvailable():
        what = say("a film needs the program ffmpeg, which is not there; a name that ends in .gif needs nothing")
        raise InputError(say("animation"), [Problem("output", what)])


def write_animation(path: Path, records: Records, nation: Nation, seen: Course, layer: Layer) -> None:
    """Write the animation of a run, whole or not at all.

    Parameters
    ----------
    path : Path
        Its suffix says what it becomes: ``.gif`` or, if there is ffmpeg, ``.mp4``.
    records, nation, seen
        Of the same run.
    layer : {"live", "late"}
        What colours the map.

    Raises
    ------
    InputError
        As `check_animation`.
    """
    check_animation(path)
    write = _write_gif if path.suffix.lower() == ".gif" else _write_film
    with style():
        figure = new_figure(6.4, 8.0)
        months = _months(figure, records, nation, seen, layer)
        write_whole(path, lambda temporary: write(temporary, figure, months))


def last_month(seen: Course, deadline: int) -> int:
    """Return the month after which nothing moves any more, but not before the one after the deadline."""
    moves = [np.flatnonzero((np.diff(states.astype(np.int16), axis=0) != 0).any(axis=1)) for states in seen]
    return min(MONTHS - 1, max(deadline + 1, *(int(found[-1]) + 1 for found in moves if found.size)))


def _months(figure: Plot, records: Records, nation: Nation, seen: Course, layer: Layer) -> Iterator[int]:
    """Draw one month after another on the same figure."""
    upper, lower = figure.subplots(2, 1, height_ratios=(3, 1))
    systems = records.municipalities["systems"].to_numpy(np.int64)
    write_title(figure, records, 9.0)
    write_below(figure, credit_lines(nation), FAINT)
    grow = _curves(lower, records, seen, int(systems.sum()))
    for month in range(last_month(seen, month_index(deadline_month(records))) + 1):
        places = late_bin(seen.late[month]) if layer == "late" else np.ceil(4 * seen.live[month] / systems).astype(int)
        _draw_map(upper, records, nation, places, layer)
        upper.set_title(month_text(month_name(month)), fontsize=16)
        grow(month)
        if month == 0:
            figure.draw_without_rendering()
            figure.set_layout_engine("none")  # what the first month has placed stays where it is
        yield month


def _draw_map(axes: Axes, records: Records, nation: Nation, places: npt.NDArray[np.int64], layer: Layer) -> None:
    text = labels()
    axes.clear()
    draw_municipalities(axes, records.municipalities, nation, np.array(BIN_COLOURS)[places])
    names = BIN_NAMES if layer == "late" else _SHARES
    patches = [Patch(facecolor=colour, edgecolor=FAINT, linewidth=0.4) for colour in BIN_COLOURS]
    title = text["map_legend"] if layer == "late" else text["animation_live_map"]
    map_legend(axes, records.municipalities, patches, names, title)


def _curves(axes: Axes, records: Records, seen: Course, systems: int) -> Callable[[int], None]:
    """Prepare the curves, and return what draws them up to a month."""
    text = labels()
    when = month_end(records.monthly["month"].drop_duplicates().sort_values())
    shares = [states.sum(axis=1, dtype=np.int64) / systems for states in seen]
    names = (text["animation_live"], text["animation_late"])
    lines = [
        axes.plot([], [], color=colour, linewidth=2, label=name)[0]
        for colour, name in zip(CASE_COLOURS, names, strict=False)
    ]
    months_axis(axes)
    axes.set_ylim(0, 1.15)
    axes.set_yticks([0, 0.5, 1])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylabel(text["adoption_y"])
    axes.grid(visible=True)
    mark_deadline(axes, records)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0)

    def grow(month: int) -> None:
        for line, share in zip(lines, shares, strict=True):
            line.set_data(when[: month + 1], share[: month + 1])

    return grow


def _write_gif(path: Path, figure: Plot, months: Iterator[int]) -> None:
    figure.set_dpi(_DPI)
    pictures: list[Image.Image] = []
    palette = _palette()  # one for all, so that nothing flickers
    canvas = FigureCanvasAgg(figure)
    for _ in months:
        canvas.draw()  # type: ignore[no-untyped-call]
        picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")  # type: ignore[no-untyped-call]
        pictures.append(picture.quantize(palette=palette, dither=Image.Dither.NONE))
    each = 1000 // MONTHS_A_SECOND
    lasting = [each] * (len(pictures) - 1) + [1000 * _LAST_SECONDS]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=lasting, loop=0, optimize=False)


def _palette() -> Image.Image:
    """Return greys, and the colours of the map and the curves in steps to white, for soft edges."""
    colours = np.array([to_rgb(colour) for colour in (*BIN_COLOURS, *CASE_COLOURS[:2])])
    soft = 1 - np.linspace(1, 0.125, 8)[:, None, None] * (1 - colours)
    greys = np.repeat(np.linspace(0, 1, 32)[:, None], 3, axis=1)
    palette = Image.new("P", (1, 1))
    palette.putpalette((255 * np.concatenate([greys, soft.reshape(-1, 3)])).round().astype(int).ravel().tolist())
    return palette


def _write_film(path: Path, figure: Plot, months: Iterator[int]) -> None:
    writer = FFMpegWriter(fps=MONTHS_A_SECOND)
    try:
        with writer.saving(figure, str(path), _DPI):
            for _ in months:
                writer.grab_frame()
            for _ in range(_LAST_SECONDS * MONTHS_A_SECOND):
                writer.grab_frame()
    except CalledProcessError as error:
        reason = (error.stderr or "").strip()[-200:]
        raise InputError(say("animation"), [Problem("output", say("ffmpeg failed: {reason}", reason=reason))]) from None
