"""What all figures share: fonts, colours that colour-blind readers can tell apart, axes of months."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import IO, Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, YearLocator, date2num
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter

from dxsim.characters import visible
from dxsim.language import spoken
from dxsim.records import Records
from dxsim.terms.calendar import MONTHS, month_name
from dxsim.terms.municipalities import TYPES
from dxsim.views.fonts import font_file
from dxsim.views.labels import changes_text, labels, month_text

_NOTEBOOK_DPI = 80
_SMALLEST, _LETTERS_PER_INCH = 6.5, 19  # the smallest print, in points
INK, FAINT, NONE_LATE = "#222222", "#6b6b6b", "#dedede"

# Okabe and Ito (2008), without their yellow, which is too faint for a line on white.
TYPE_COLOURS = dict(
    zip(TYPES, ("#0072b2", "#56b4e9", "#009e73", "#cc79a7", "#e69f00", "#d55e00", "#999999"), strict=True)
)
# For areas on a map also their yellow, and the indigo of Tol's muted scheme.
GROUP_COLOURS = (*(colour for colour in TYPE_COLOURS.values() if colour != "#999999"), "#f0e442", "#332288")
CHANNEL_COLOURS = {"online": "#0072b2", "assisted": "#009e73", "analog": "#e69f00", "excluded": "#d55e00"}
COHORT_COLOURS = {"under_65": "#56b4e9", "65_to_74": "#009e73", "75_to_84": "#e69f00", "85_over": "#cc79a7"}
PROGRAMME_COLOURS = {
    "online": "#0072b2",
    "automation": "#e69f00",
    "security": "#009e73",
    "data": "#cc79a7",
    "governance": "#d55e00",
}
ACCOUNT_COLOURS = {  # from the bottom of a bar to its top
    "running": "#bdbdbd",
    "channels": "#e69f00",
    "one_off": "#0072b2",
    "parallel": "#56b4e9",
    "interface": "#009e73",
    "coordination": "#332288",
    "programmes": "#cc79a7",
    "penalty": "#d55e00",
}
REASON_COLOURS = {"R1": "#0072b2", "R2": "#56b4e9", "R3": "#cc79a7", "R4": "#e69f00", "R5": "#009e73"}

# From the bottom of a bar to its top: the municipality's own side in blues and greens, the vendor's in oranges.
HOLD_UP_COLOURS = {
    "undecided": "#332288",
    "no_budget_session": "#0072b2",
    "no_money": "#56b4e9",
    "planning_short": "#117733",
    "planning": "#009e73",
    "own_staff": "#44aa99",
    "no_product": "#e69f00",
    "no_engineer": "#d55e00",
    "booked_again": "#882255",
    "hard": "#cc79a7",
    "failed": "#000000",
    "work": "#bdbdbd",
    "window": "#e0e0e0",
}

CASE_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#332288", "#999999")
CASE_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
VERDICT_COLOURS = {"better": "#0072b2", "worse": "#d55e00"}  # all else is INK

LATE_BINS = ((0, 0), (1, 4), (5, 9), (10, 14), (15, 20))  # late systems of a municipality
BIN_NAMES = tuple(str(low) if low == high else f"{low}–{high}" for low, high in LATE_BINS)
BIN_COLOURS = (NONE_LATE, *(mpl.colors.to_hex(mpl.colormaps["viridis_r"](place)) for place in (0.08, 0.4, 0.68, 1.0)))

_SETTINGS = {
    "font.family": ["DejaVu Sans", "IPAexGothic"],
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.grid.axis": "y",
    "grid.color": "#e8e8e8",
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "legend.fontsize": 8,
    "figure.dpi": 200,
    "savefig.dpi": 200,
    "pdf.fonttype": 42,  # texts that can be searched, as journals ask for
    "svg.hashsalt": "dxsim",  # the same figure, the same names in the file
}


@cache
def _add_japanese_font() -> None:
    font_manager.fontManager.addfont(font_file())


@contextmanager
def style() -> Iterator[None]:
    """Draw, and save, with dxsim's settings; the user's own stay as they are and do not show."""
    _add_japanese_font()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)  # type: ignore[arg-type]
        yield


class Plot(Figure):
    """A figure with what it shows in words, for a screen, a notebook or a paper.

    Attributes
    ----------
    description : str
        What it shows, for readers who can't see it. Files carry it too.
    """

    _description = ""

    @property
    def description(self) -> str:
        """What it shows; hidden characters are written out."""
        return self._description

    @description.setter
    def description(self, words: str) -> None:
        self._description = visible(words, keep="\n")

    def savefig(self, fname: str | PathLike[str] | IO[bytes], **options: Any) -> None:  # noqa: ANN401 - matplotlib's own
        """Save as matplotlib does, with dxsim's fonts and the description inside; PDF and SVG are fit for print.

        The same figure gives the same bytes. Texts of a PDF can be searched; those of an SVG are outlines.

        Parameters
        ----------
        fname : path or file
            Its suffix says the format: ``.png``, ``.pdf``, ``.svg``.
        **options
            As of `matplotlib.figure.Figure.savefig`.
        """
        suffix = Path(fname).suffix[1:] if isinstance(fname, str | PathLike) else ""
        kind = options.get("format", suffix or "png").lower()
        names = {"png": ("Description", "Software"), "svg": ("Description", "Date"), "pdf": ("Subject", "CreationDate")}
        if kind in names:  # what tells of a time or a version is left out
            words, other = names[kind]
            options = {"metadata": {words: self.description, other: None}, **options}
        for text in self.findobj(Text):  # names that users gave: they hide nothing, and no "$" in them is mathematics
            text.set_text(visible(text.get_text(), keep="\n"))
            text.set_parse_math(False)
        with style():
            super().savefig(fname, **options)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        """Return how a notebook shows it: the picture, with the description in place of it where it can't be seen."""
        file = BytesIO()
        self.savefig(file, format="png", dpi=_NOTEBOOK_DPI)
        picture = base64.b64encode(file.getvalue()).decode("ascii")
        words = {"alt": self.description}
        return {"image/png": picture, "text/plain": self.description}, {"image/png": words}


def new_figure(width: float = 7.0, height: float = 4.2) -> Plot:
    """Return an empty figure of this size in inches."""
    return Plot(figsize=(width, height), layout="constrained")


def write_title(figure: Figure, records: Records, size: float) -> None:
    """Write over a figure which run it shows: the scenario, what was changed in it, and the seed."""
    scenario = records.manifest["scenario"]
    changes = changes_text(scenario["overrides"])
    title = spoken(scenario["title"]) + (f" — {changes}" if changes else "")
    title = labels()["run_title"].format(title=title, seed=records.manifest["seed"])
    per_line = int(figure.get_figwidth() * _LETTERS_PER_INCH * _SMALLEST / size)
    figure.suptitle(filled(title, per_line), x=0.01, ha="left", fontsize=size)


def write_heading(figure: Figure, title: str) -> None:
    """Write a title over a figure that shows several runs."""
    per_line = int(figure.get_figwidth() * _LETTERS_PER_INCH * _SMALLEST / 11)
    figure.suptitle(filled(title, per_line), x=0.01, ha="left", fontsize=11)


def write_below(figure: Figure, lines: Sequence[str], colour: str) -> None:
    """Write small lines under a figure, broken where they would not fit."""
    per_line = int(figure.get_figwidth() * _LETTERS_PER_INCH)
    broken = [filled(line, per_line).replace("\n", "\n    ") for line in lines]
    if broken:
        figure.supxlabel("\n".join(broken), x=0.01, ha="left", fontsize=_SMALLEST, color=colour, linespacing=1.4)


def on_two_lines(name: str, per_line: int = 26) -> str:
    """Return a name on two lines if it is long; Japanese letters count twice."""
    if sum(map(_places, name)) <= per_line:
        return name
    middle = len(name) // 2
    spaces = [place for place, letter in enumerate(name) if letter == " "] or [middle]
    cut = min(spaces, key=lambda place: abs(place - middle))
    return f"{name[:cut]}\n{name[cut:].strip()}"


def filled(text: str, per_line: int) -> str:
    r"""Return a text in lines of so many places: broken at blanks, and anywhere between Japanese letters.

    Examples
    --------
    >>> filled("a long line", 6), filled("期限に間に合わない", 8)
    ('a long\nline', '期限に間\nに合わな\nい')
    """
    lines = [""]
    for part in re.findall(r"[\u2e80-\uffff]|[^\s\u2e80-\uffff]+|\s+", text):
        if lines[-1] and sum(map(_places, lines[-1] + part.rstrip())) > per_line:
            lines.append(part.lstrip())
        else:
            lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def _places(letter: str) -> int:
    return 2 if letter > "\u2e7f" else 1


def deadline_month(records: Records) -> str:
    """Return the month at whose end the deadline falls, YYYY-MM."""
    return str(records.manifest["scenario"]["values"]["policy.deadline"])


def month_end(month: str | pd.Series) -> npt.NDArray[np.float64]:
    """Return the instants at which months end, where the state named by a month is drawn; days as matplotlib counts."""
    ends = np.atleast_1d(np.asarray(month, "datetime64[M]")) + np.timedelta64(1, "M")
    return np.array(date2num(ends.astype("datetime64[D]")), np.float64)  # type: ignore[no-untyped-call]


def months_axis(axes: Axes) -> None:
    """Let `axes` run over all months of a run, with a tick at every second January."""
    axes.set_xlim(month_end(month_name(-1))[0], month_end(month_name(MONTHS - 1))[0])
    axes.xaxis.set_major_locator(YearLocator(2))  # type: ignore[no-untyped-call]
    axes.xaxis.set_minor_locator(YearLocator(1))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(DateFormatter("%Y"))  # type: ignore[no-untyped-call]


def thousands(axis: object) -> None:
    """Write the ticks of `axis` as 1,000."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))  # type: ignore[attr-defined]


def amounts(axis: object, unit: float) -> None:
    """Write the ticks of `axis` in a unit, with as many decimals as they need."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / unit:,.10g}"))  # type: ignore[attr-defined]


def rounded(value: float) -> str:
    """Return a number as text, whole unless it is small.

    Examples
    --------
    >>> rounded(12_345.6), rounded(0.0567), rounded(0)
    ('12,346', '0.057', '0')
    """
    return f"{value:,.0f}" if value == 0 or abs(value) >= 10 else f"{value:,.2g}"


def mark_deadline(axes: Axes, records: Records, *, named: bool = True) -> None:
    """Draw the deadline as a line, with its name at the top unless another chart of the figure has it."""
    month = deadline_month(records)
    where = month_end(month)[0]
    axes.axvline(where, color=INK, linewidth=1.0, linestyle=(0, (4, 2)), zorder=3)
    if not named:
        return
    axes.annotate(
        labels()["deadline"].format(month=month_text(month)),
        (where, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-4, -2),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=8,
    )


def legend_beside(axes: Axes, handles: Sequence[Artist], title: str | None = None) -> None:
    """Put a legend on the right of `axes`, where it hides nothing."""
    axes.legend(
        handles=handles,
        title=title,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        alignment="left",
        title_fontsize=8,
        borderaxespad=0,
    )


def late_bin(late: Sequence[int] | pd.Series) -> npt.NDArray[np.int64]:
    """Return the place in `LATE_BINS` of each number of late systems."""
    return np.searchsorted([high for _, high in LATE_BINS], np.asarray(late))
