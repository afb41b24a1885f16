"""The municipalities' own people: how many, how much work, how many are overloaded, how many leave."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from dxsim.records import Records
from dxsim.terms.municipalities import ALL, TYPES
from dxsim.views.labels import labels, month_text, type_label
from dxsim.views.style import (
    TYPE_COLOURS,
    Plot,
    amounts,
    legend_beside,
    mark_deadline,
    month_end,
    months_axis,
    rounded,
)

_STAFF, _WORK, _LEAVE = "#0072b2", "#d55e00", "#cc79a7"
_ROOM = 1.18  # for the name of the deadline
_BAR_DAYS = 31


def draw(figure: Plot, records: Records) -> None:
    """Draw three charts, one below the other."""
    rows = figure.subplots(3, sharex=True, height_ratios=(0.4, 0.36, 0.24))
    _draw_staff(rows[0], records)
    _draw_overloaded(rows[1], records)
    _draw_resignations(rows[2], records)
    figure.align_ylabels(list(rows))


def _draw_staff(axes: Axes, records: Records) -> None:
    """Draw the nation's digital staff and their work on `axes`."""
    text, nation = labels(), _rows(records, ALL)
    when = month_end(nation["month"])
    axes.plot(when, nation["own_work"], color=_WORK, linewidth=1.5, label=text["staff_work"])
    axes.plot(when, nation["staff"], color=_STAFF, linewidth=2.0, label=text["staff_staff"])
    _frame(axes, max(nation["own_work"].max(), nation["staff"].max()))
    axes.set_ylabel(text["staff_y"])
    axes.set_title(text["staff_title"])
    mark_deadline(axes, records)
    legend_beside(axes, axes.lines[:2])


def _draw_overloaded(axes: Axes, records: Records) -> None:
    """Draw overloaded municipalities by type, stacked, on `axes`."""
    text, flows = labels(), records.flows
    present = [name for name in TYPES if flows.loc[flows["type"] == name, "municipalities"].any()]
    counts = [_rows(records, name)["overloaded_municipalities"].to_numpy() for name in present]
    handles = axes.stackplot(
        month_end(_rows(records, ALL)["month"]),
        counts,
        colors=[TYPE_COLOURS[name] for name in present],
        labels=[type_label(name) for name in present],
        linewidth=0,
    )
    _frame(axes, sum(counts).max())
    axes.set_ylabel(text["overloaded_y"])
    axes.set_title(text["overloaded_title"])
    mark_deadline(axes, records, named=False)
    legend_beside(axes, handles[::-1])


def _draw_resignations(axes: Axes, records: Records) -> None:
    """Draw on `axes` how many people leave each month because of overload."""
    text, nation = labels(), _rows(records, ALL)
    axes.bar(
        month_end(nation["month"]), nation["resignations"], width=-_BAR_DAYS, align="edge", color=_LEAVE, linewidth=0
    )
    _frame(axes, nation["resignations"].max())
    axes.set_ylabel(text["resignations_y"])
    axes.set_title(text["resignations_title"].format(total=rounded(nation["resignations"].sum())))
    mark_deadline(axes, records, named=False)


def _frame(axes: Axes, highest: float) -> None:
    months_axis(axes)
    axes.set_ylim(0, _ROOM * (highest or 1))
    amounts(axes.yaxis, 1)
    axes.grid(visible=True)
    axes.set_axisbelow(True)


def _rows(records: Records, name: str) -> pd.DataFrame:
    return records.flows[records.flows["type"] == name]


def describe(records: Records) -> str:
    """Return what the charts show, in words."""
    nation = _rows(records, ALL).reset_index(drop=True)
    work, overloaded = nation["own_work"].idxmax(), nation["overloaded_municipalities"].idxmax()
    return labels()["staff_description"].format(
        first=f"{nation['staff'].iloc[0]:,.0f}",
        last=f"{nation['staff'].iloc[-1]:,.0f}",
        work=f"{nation['own_work'][work]:,.0f}",
        work_month=month_text(f"{nation['month'][work]:%Y-%m}"),
        overloaded=f"{nation['overloaded_municipalities'][overloaded]:,.0f}",
        overloaded_month=month_text(f"{nation['month'][overloaded]:%Y-%m}"),
        municipalities=f"{nation['municipalities'].iloc[0]:,}",
        resignations=rounded(nation["resignations"].sum()),
    )
