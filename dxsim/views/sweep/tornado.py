"""Tornado chart: which uncertain parameters move a KPI most."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from dxsim.analysis.indices import SEED_SHARE
from dxsim.language import spoken
from dxsim.scenario.registry import REGISTRY
from dxsim.views.labels import labels
from dxsim.views.quantities import outcome_label
from dxsim.views.style import FAINT, INK, Plot, new_figure, style, write_below, write_heading
from dxsim.views.sweep.data import SweepData

KPIS = ("late_share", "own_burden", "excluded_share")
"""Those of the figures of every sweep."""
CORRELATION = "partial_rank_correlation"
_MEASURES = {  # what bars show, and what is drawn inside them
    CORRELATION: None,
    "total": "first_order",
    "mean_absolute_effect": None,
}
_UP, _DOWN = "#0072b2", "#d55e00"


def tornado_figure(indices: pd.DataFrame, kpi: str, most: int = 15) -> Plot:
    """Return the chart as a figure.

    Parameters
    ----------
    indices : pandas.DataFrame
        As `dxsim.analysis.sensitivity` gives them; the first alternative and variant in it are drawn.
    kpi : str
        One of those in it.
    most : int
        Parameters that are drawn, those that matter most.
    """
    text = labels()
    rows = _of_first(indices, kpi)
    measure = _measure(rows)
    bars = _ordered(rows, measure).tail(most)
    with style():
        figure = new_figure(height=1.6 + 0.3 * len(bars))
        axes = figure.subplots()
        places = np.arange(len(bars))
        reach = np.abs(bars[["low", "high"]].to_numpy().T - bars["value"].to_numpy())
        colours = [_UP if value >= 0 else _DOWN for value in bars["value"]]
        axes.barh(places, bars["value"], color=colours, height=0.6, alpha=0.85)
        axes.errorbar(bars["value"], places, xerr=reach, fmt="none", ecolor=INK, elinewidth=0.9, capsize=2.5)
        inside = _MEASURES[measure]
        if inside:
            first = rows[rows["measure"] == inside].set_index("parameter")["value"].reindex(bars["parameter"])
            axes.plot(
                first, places, "o", color="white", markeredgecolor=INK, markersize=5, label=text[f"measure_{inside}"]
            )
            axes.legend(loc="lower right")
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_yticks(places, [spoken(REGISTRY[name].label) for name in bars["parameter"]], fontsize=8)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="x")
        axes.set_axisbelow(True)
        if measure == CORRELATION:
            axes.set_xlim(-1.05, 1.05)
        axes.set_xlabel(text[f"measure_{measure}"])
        write_heading(figure, text["tornado_title"].format(kpi=outcome_label(kpi), case=rows["case"].iloc[0]))
        write_below(figure, [*_notes(rows), text["sweep_not_a_forecast"]], FAINT)
    figure.description = describe_tornado(indices, kpi)
    return figure


def of_sweep(data: SweepData) -> Iterator[tuple[str, Plot]]:
    """Yield the figures of a sweep by name."""
    if data.indices is None:
        return
    has_effect = data.indices["value"].notna() & (data.indices["measure"] != SEED_SHARE)
    known = set(data.indices.loc[has_effect, "kpi"])  # not where points are too few, or the outcome never differs
    for kpi in KPIS:
        if kpi in known:
            yield f"tornado_{kpi}", tornado_figure(data.indices, kpi)


def _of_first(indices: pd.DataFrame, kpi: str) -> pd.DataFrame:
    is_first = (indices[["case", "variant"]] == indices[["case", "variant"]].iloc[0]).all(axis=1)
    return indices[is_first & (indices["kpi"] == kpi)]


def _measure(rows: pd.DataFrame) -> str:
    return next(name for name in _MEASURES if (rows["measure"] == name).any())


def _ordered(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return the rows of a measure, the largest last."""
    return rows[rows["measure"] == measure].sort_values("value", key=abs, na_position="first", kind="stable")


def _notes(rows: pd.DataFrame) -> list[str]:
    text = labels()
    points, seeds = (int(rows[name].max()) for name in ("points", "seeds"))
    share = rows.loc[rows["measure"] == SEED_SHARE, "value"].iloc[0]
    known = text["tornado_seeds"].format(share=f"{share:.0%}") if share == share else text["tornado_one_seed"]
    return [text["tornado_note"].format(points=f"{points:,}", seeds=f"{seeds:,}"), known]


def describe_tornado(indices: pd.DataFrame, kpi: str) -> str:
    """Return what the chart shows, in words."""
    text = labels()
    rows = _of_first(indices, kpi)
    measure = _measure(rows)
    bars = _ordered(rows, measure).iloc[::-1]
    parts = [f"{spoken(REGISTRY[row['parameter']].label)} {row['value']:+.2g}" for row in bars.to_dict("records")]
    return text["tornado_description"].format(
        kpi=outcome_label(kpi),
        case=rows["case"].iloc[0],
        measure=text[f"measure_{measure}"],
        bars=", ".join(parts),
        notes=" ".join(_notes(rows)),
    )
