"""Late systems by reason: what municipalities declared before the deadline, what was late after it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from dxsim.records import Records
from dxsim.records.tables import LATE_REASONS
from dxsim.terms.calendar import month_name
from dxsim.terms.municipalities import ALL
from dxsim.views.labels import labels
from dxsim.views.style import (
    FAINT,
    REASON_COLOURS,
    Plot,
    deadline_month,
    mark_deadline,
    month_end,
    months_axis,
    thousands,
)

_BAR_DAYS = 45
_ROOM_LEFT, _ROOM_UP = 500, 0.05  # what a total needs: days, share of the highest


def draw(figure: Plot, records: Records) -> None:
    """Draw the chart on a figure of its own."""
    draw_on(figure.subplots(), records)


def draw_on(axes: Axes, records: Records) -> None:
    """Draw late systems by reason over time on `axes`."""
    text = labels()
    nation = records.monthly[records.monthly["type"] == ALL]
    after = nation[nation["month"] >= f"{deadline_month(records)}-01"]
    colours = [REASON_COLOURS[reason] for reason in LATE_REASONS]
    columns = [after[f"late_{reason}"] for reason in LATE_REASONS]
    axes.stackplot(month_end(after["month"]), columns, colors=colours, linewidth=0)
    _draw_declared(axes, declared(records))
    months_axis(axes)
    peak = max(sum(columns).max(), declared(records).sum(axis=1).max() if len(declared(records)) else 0, 1)
    axes.set_ylim(0, 1.15 * peak)
    thousands(axes.yaxis)
    axes.set_ylabel(text["lateness_y"])
    axes.grid(visible=True)
    axes.set_axisbelow(True)
    axes.set_title(text["lateness_title"])
    axes.set_title(text["lateness_key"], loc="right", fontsize=8, color=FAINT)
    mark_deadline(axes, records)
    late = late_by_reason(records)
    axes.legend(
        handles=[
            Patch(color=REASON_COLOURS[r], label=f"{text[f'reason_{r}']}  {late[r]:,}") for r in reversed(LATE_REASONS)
        ],
        title=text["lateness_legend"],
        loc="upper right",
        alignment="left",
        title_fontsize=8,
    )


def _draw_declared(axes: Axes, surveys: pd.DataFrame) -> None:
    """Draw one stacked bar for each survey, ending at its month's end, with the total on top."""
    when = month_end(surveys.index.to_series())
    below = np.zeros(len(surveys))
    for reason in LATE_REASONS:
        height = surveys[f"declared_{reason}"].to_numpy()
        axes.bar(
            when,
            height,
            width=-_BAR_DAYS,
            align="edge",
            bottom=below,
            color=REASON_COLOURS[reason],
            alpha=0.75,
            linewidth=0,
        )
        below += height
    for place in _with_room(when, below):
        axes.annotate(
            f"{below[place]:,.0f}",
            (when[place] - _BAR_DAYS, below[place]),
            xytext=(-2, 1),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=6.5,
            color=FAINT,
        )


def _with_room(when: npt.NDArray[np.float64], total: npt.NDArray[np.float64]) -> list[int]:
    """Return the bars whose total can stand left of their top without touching an earlier bar or its total."""
    room = _ROOM_UP * total.max(initial=0)
    return [
        place
        for place in range(len(when))
        if all(total[place] > total[near] + room for near in range(place) if when[place] - when[near] < _ROOM_LEFT)
    ]


def declared(records: Records) -> pd.DataFrame:
    """Return the systems declared late: a row per survey up to the deadline (indexed by month), a column per reason."""
    surveys = [month_name(survey) for survey in records.manifest["scenario"]["surveys"]]
    before = [f"{month}-01" for month in surveys if month <= deadline_month(records)]
    nation = records.monthly[records.monthly["type"] == ALL].set_index("month")
    return nation.loc[pd.to_datetime(before), [f"declared_{reason}" for reason in LATE_REASONS]]


def late_by_reason(records: Records) -> dict[str, int]:
    """Return how many systems are late at the deadline, by reason."""
    counts = records.systems.loc[records.systems["late"], "reason"].value_counts()
    return {reason: int(counts.get(reason, 0)) for reason in LATE_REASONS}


def describe(records: Records) -> str:
    """Return what the chart shows, in words."""
    text = labels()
    late = late_by_reason(records)
    surveys = declared(records).sum(axis=1)
    return text["lateness_description"].format(
        declared=", ".join(f"{month:%Y-%m} {count:,}" for month, count in surveys.items()),
        late=f"{sum(late.values()):,}",
        reasons=", ".join(f"{text[f'reason_{reason}']} {count:,}" for reason, count in late.items()),
    )
