"""How residents get their procedures done, and who can't."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from dxsim.language import spoken
from dxsim.model.codes import CHANNELS, COHORTS
from dxsim.records import Records
from dxsim.terms.municipalities import ALL
from dxsim.views.labels import labels
from dxsim.views.style import (
    CHANNEL_COLOURS,
    COHORT_COLOURS,
    FAINT,
    Plot,
    amounts,
    legend_beside,
    month_end,
    months_axis,
    write_below,
)

_EXCLUDED = "excluded"
_ROOM = 1.05
_HEIGHT_OF_TWO = 6.0  # inches of a figure with both charts
MILLIONS = {"en": 1e6, "ja": 1e4}  # residents: millions, 万
THOUSANDS = {"en": 1e3, "ja": 1e4}


def draw(figure: Plot, records: Records) -> None:
    """Draw the channels that residents use and, where there are any, the excluded by age below them."""
    if not excluded_by_cohort(records).to_numpy().any():
        _draw_channels(figure.subplots(), records)
        write_below(figure, [labels()["excluded_none"]], FAINT)
        return
    figure.set_figheight(_HEIGHT_OF_TWO)
    above, below = figure.subplots(2, sharex=True, height_ratios=(0.58, 0.42))
    _draw_channels(above, records)
    _draw_excluded(below, records)
    figure.align_ylabels([above, below])


def _draw_channels(axes: Axes, records: Records) -> None:
    """Draw residents who need a procedure by the channel they use, stacked, on `axes`."""
    text, cases = labels(), by_channel(records)
    _stack(axes, cases, CHANNEL_COLOURS, spoken(MILLIONS))
    axes.set_ylabel(text["residents_y"])
    axes.set_title(text["residents_title"])
    total = max(cases.to_numpy().sum(), 1)
    names = {name: f"{text[f'channel_{name}']}  {cases[name].sum() / total:.1%}" for name in CHANNELS}
    _legend(axes, CHANNEL_COLOURS, names, text["residents_legend"])


def _draw_excluded(axes: Axes, records: Records) -> None:
    """Draw residents who can't get a procedure done by age group, stacked, on `axes`."""
    text, excluded, share = labels(), excluded_by_cohort(records), excluded_shares(records)
    axes.set_title(text["excluded_title"])
    axes.set_ylabel(text["excluded_y"])
    _stack(axes, excluded, COHORT_COLOURS, spoken(THOUSANDS))
    names = {name: f"{text[f'cohort_{name}']}  {share[name]:.1%}" for name in COHORTS}
    _legend(axes, COHORT_COLOURS, names, text["excluded_legend"])


def _stack(axes: Axes, columns: pd.DataFrame, colours: dict[str, str], unit: float) -> None:
    values = [columns[name] for name in colours]
    axes.stackplot(month_end(columns.index.to_series()), values, colors=list(colours.values()), linewidth=0)
    months_axis(axes)
    axes.set_ylim(0, _ROOM * max(columns.sum(axis=1).max(), 1))
    amounts(axes.yaxis, unit)
    axes.grid(visible=True)
    axes.set_axisbelow(True)


def _legend(axes: Axes, colours: dict[str, str], names: dict[str, str], title: str) -> None:
    legend_beside(axes, [Patch(color=colours[name], label=names[name]) for name in reversed(colours)], title)


def by_channel(records: Records) -> pd.DataFrame:
    """Return residents by month (rows) and channel."""
    nation = records.residents[records.residents["type"] == ALL]
    return nation.groupby("month")[list(CHANNELS)].sum()


def excluded_by_cohort(records: Records) -> pd.DataFrame:
    """Return excluded residents by month (rows) and age group."""
    nation = records.residents[records.residents["type"] == ALL]
    return nation.pivot(index="month", columns="cohort", values=_EXCLUDED)[list(COHORTS)]


def excluded_shares(records: Records) -> dict[str, float]:
    """Return excluded over needed procedures of the whole run by age group; nan where none is needed."""
    nation = records.residents[records.residents["type"] == ALL]
    cases = nation.groupby("cohort")[list(CHANNELS)].sum()
    return dict(cases[_EXCLUDED] / cases.sum(axis=1))


def describe(records: Records) -> str:
    """Return what the charts show, in words."""
    text, cases, share = labels(), by_channel(records), excluded_shares(records)
    first, last = (cases.iloc[place] / max(cases.iloc[place].sum(), 1) for place in (0, -1))
    return text["residents_description"].format(
        channels=", ".join(f"{text[f'channel_{name}']} {first[name]:.1%} → {last[name]:.1%}" for name in CHANNELS),
        excluded=", ".join(f"{text[f'cohort_{name}']} {share[name]:.1%}" for name in COHORTS),
    )
