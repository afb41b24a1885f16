"""Adoption curves by type of municipality, with the deadline and what was announced when."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from dxsim.language import spoken
from dxsim.records import Records
from dxsim.terms.calendar import month_name
from dxsim.terms.municipalities import ALL, TYPES
from dxsim.views.labels import labels, month_text, type_label
from dxsim.views.style import (
    FAINT,
    INK,
    TYPE_COLOURS,
    Plot,
    deadline_month,
    mark_deadline,
    month_end,
    months_axis,
    write_below,
)

_CLOSE = 5  # months between two events whose numbers would collide
_STEP = 0.05  # height of a number


def draw(figure: Plot, records: Records) -> None:
    """Draw the chart on a figure of its own."""
    draw_on(figure.subplots(), records)
    write_below(figure, event_lines(records), INK)


def draw_on(axes: Axes, records: Records) -> None:
    """Draw the adoption curves on `axes`."""
    text = labels()
    monthly = records.monthly
    shares = live_at_deadline(records)
    for name in (*TYPES, ALL):
        rows = monthly[monthly["type"] == name]
        if not rows["systems"].any():
            continue
        when, live = month_end(rows["month"]), rows["live"] / rows["systems"]
        if name == ALL:
            for column, line in (("committed", (0, (5, 2))), ("started", (0, (1, 1.2)))):
                share = rows[column] / rows["systems"]
                axes.plot(when, share, color=FAINT, linewidth=1.2, linestyle=line, label=text[f"adoption_{column}"])
        label = f"{type_label(name)}  {shares[name]:.0%}"
        colour, width = (INK, 2.4) if name == ALL else (TYPE_COLOURS[name], 1.5)
        axes.plot(when, live, color=colour, linewidth=width, label=label)
    months_axis(axes)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylabel(text["adoption_y"])
    axes.grid(visible=True)
    axes.set_title(text["adoption_title"])
    _mark_events(axes, records)
    mark_deadline(axes, records)
    axes.legend(title=text["adoption_legend"], loc="lower right", alignment="left", title_fontsize=8)


def _mark_events(axes: Axes, records: Records) -> None:
    """Mark the announcements by numbers under the curves; close ones step down so that they don't collide."""
    last, level, lowest = -_CLOSE, 0, 0
    for number, event in enumerate(records.manifest["scenario"]["events"], 1):
        level = level + 1 if event["month"] - last < _CLOSE else 0
        last, lowest = event["month"], max(lowest, level)
        when, foot = month_end(month_name(event["month"]))[0], -_STEP * (level + 0.4)
        axes.vlines(when, foot, 0, color=INK, linewidth=0.7)
        axes.annotate(str(number), (when, foot), ha="center", va="top", fontsize=7)
    axes.set_ylim(-_STEP * (lowest + 1.8), 1.12)  # room for the name of the deadline


def event_lines(records: Records) -> list[str]:
    """Return the announcements as numbered lines, with the numbers that the chart shows."""
    events = records.manifest["scenario"]["events"]
    return [
        f"{number}  {month_name(event['month'])}  {spoken(event['text'])}" for number, event in enumerate(events, 1)
    ]


def live_at_deadline(records: Records) -> dict[str, float]:
    """Return the share of systems that are live at the end of the deadline month, by type that has any system."""
    rows = records.monthly[records.monthly["month"] == f"{deadline_month(records)}-01"].set_index("type")
    rows = rows[rows["systems"] > 0]
    return dict(rows["live"] / rows["systems"])


def describe(records: Records) -> str:
    """Return what the chart shows, in words."""
    shares = live_at_deadline(records)
    parts = [f"{type_label(name)} {share:.0%}" for name, share in shares.items()]
    months = records.monthly["month"].dt.strftime("%Y-%m")
    return labels()["adoption_description"].format(
        start=months.iloc[0],
        end=months.iloc[-1],
        month=month_text(deadline_month(records)),
        shares=", ".join(parts),
    )
