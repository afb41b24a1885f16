"""What it costs, year by year, and what the state pays of it."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from dxsim.language import spoken
from dxsim.records import Records
from dxsim.terms.calendar import FIRST_MONTH
from dxsim.terms.municipalities import ALL
from dxsim.views.labels import labels
from dxsim.views.style import (
    ACCOUNT_COLOURS,
    INK,
    Plot,
    amounts,
    legend_beside,
    rounded,
)
from dxsim.views.yen import UNITS

_WIDTH, _ROOM = 0.78, 1.06
SUBSIDY = "subsidy"
_LINE: dict[str, Any] = {
    "color": INK,
    "linewidth": 1.4,
    "marker": "o",
    "markersize": 3.5,
    "markeredgecolor": "white",
    "clip_on": False,
    "zorder": 3,
}


def draw(figure: Plot, records: Records) -> None:
    """Draw a stacked bar of costs for each fiscal year, and a line of the subsidy."""
    axes = figure.subplots()
    text, yen = labels(), by_year(records)
    below = pd.Series(0, yen.index)
    for account, colour in ACCOUNT_COLOURS.items():
        axes.bar(yen.index, yen[account], bottom=below, width=_WIDTH, color=colour, linewidth=0)
        below += yen[account]
    axes.plot(yen.index, yen[SUBSIDY], **_LINE)
    axes.set_xlim(yen.index[0] - 0.6, yen.index[-1] + 0.6)
    axes.set_xticks(yen.index[::2])
    axes.set_ylim(0, _ROOM * max(below.max(), yen[SUBSIDY].max(), 1))
    amounts(axes.yaxis, spoken(UNITS))
    axes.set_xlabel(text["money_x"])
    axes.set_ylabel(text["money_y"])
    axes.grid(visible=True)
    axes.set_axisbelow(True)
    axes.set_title(text["money_title"])
    totals = {account: _amount(yen[account].sum()) for account in yen.columns}
    line = Line2D([], [], **_LINE, label=f"{text['account_subsidy']}  {totals[SUBSIDY]}")
    bars = [
        Patch(color=colour, label=f"{text[f'account_{account}']}  {totals[account]}")
        for account, colour in reversed(ACCOUNT_COLOURS.items())
    ]
    legend_beside(axes, [line, *bars], text["money_legend"])


def by_year(records: Records) -> pd.DataFrame:
    """Return yen by fiscal year (rows) and account: the costs in the order of `ACCOUNT_COLOURS`, then the subsidy."""
    nation = records.money[records.money["type"] == ALL]
    year = nation["month"].dt.year - (nation["month"].dt.month < FIRST_MONTH)
    yen = nation.groupby([year.rename("year"), "account"])["yen"].sum().unstack()
    return yen[[*ACCOUNT_COLOURS, SUBSIDY]]


def _amount(yen: float) -> str:
    """Return a sum of money in the figure's unit."""
    return rounded(yen / spoken(UNITS))


def describe(records: Records) -> str:
    """Return what the chart shows, in words."""
    text, yen = labels(), by_year(records)
    total = yen.sum()
    return text["money_description"].format(
        first=yen.index[0],
        last=yen.index[-1],
        costs=", ".join(f"{text[f'account_{name}']} {_amount(total[name])}" for name in ACCOUNT_COLOURS),
        subsidy=_amount(total[SUBSIDY]),
    )
