"""How far the voluntary programmes have come: mean levels as shares of the highest."""

from __future__ import annotations

import pandas as pd
from matplotlib.ticker import PercentFormatter

from dxsim.model.codes import HIGHEST_LEVEL, PROGRAMMES
from dxsim.records import Records
from dxsim.terms.municipalities import ALL
from dxsim.views.labels import labels
from dxsim.views.style import (
    PROGRAMME_COLOURS,
    Plot,
    legend_beside,
    mark_deadline,
    month_end,
    months_axis,
)


def draw(figure: Plot, records: Records) -> None:
    """Draw a line for each programme."""
    axes = figure.subplots()
    text, shares = labels(), level_shares(records)
    for name in shares.iloc[-1].sort_values(ascending=False, kind="stable").index:
        label = f"{text[f'programme_{name}']}  {shares[name].iloc[-1]:.0%}"
        axes.plot(
            month_end(shares.index.to_series()), shares[name], color=PROGRAMME_COLOURS[name], linewidth=1.8, label=label
        )
    lines = list(axes.lines)
    months_axis(axes)
    axes.set_ylim(0, 1.12)  # room for the name of the deadline
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylabel(text["programmes_y"])
    axes.grid(visible=True)
    axes.set_title(text["programmes_title"])
    mark_deadline(axes, records)
    legend_beside(axes, lines, text["programmes_legend"])


def level_shares(records: Records) -> pd.DataFrame:
    """Return mean levels over all municipalities as shares of the highest, by month (rows) and programme."""
    nation = records.flows[records.flows["type"] == ALL].set_index("month")
    return pd.DataFrame(
        {name: nation[f"level_{name}"] / highest for name, highest in zip(PROGRAMMES, HIGHEST_LEVEL, strict=True)}
    )


def describe(records: Records) -> str:
    """Return what the chart shows, in words."""
    text, shares = labels(), level_shares(records)
    first, last = shares.iloc[0], shares.iloc[-1]
    return text["programmes_description"].format(
        levels=", ".join(f"{text[f'programme_{name}']} {first[name]:.0%} → {last[name]:.0%}" for name in PROGRAMMES)
    )
