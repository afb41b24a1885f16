"""Two KPIs against each other: each alternative as a cloud of seeds or points, with its mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from dxsim.analysis.comparison import outcomes, unit_and_direction
from dxsim.analysis.fans import MONTE_CARLO, PARAMETRIC, UNITS, kinds_of
from dxsim.analysis.selection import VARIANT, Alternative
from dxsim.views.labels import labels
from dxsim.views.quantities import outcome_label, scale_of
from dxsim.views.style import CASE_COLOURS, CASE_MARKERS, FAINT, Plot, new_figure, style, write_below, write_heading
from dxsim.views.sweep.data import SweepData

PAIRS = (("own_burden", "late_share"), ("cost_per_resident_2035", "excluded_share"))
"""KPIs across and up of the figures of every sweep."""


def cloud(alternative: Alternative, kpis: Sequence[str], kind: str) -> pd.DataFrame:
    """Return KPIs for each seed (means over points) or each point (means over seeds), under the first variant."""
    frame = outcomes(alternative, "kpis")[list(kpis)].xs(alternative.variants[0], level=VARIANT)
    other = "point" if kind == MONTE_CARLO else "seed"
    return frame.groupby(level=[UNITS[kind], other]).mean().groupby(level=UNITS[kind]).mean()


def trade_off_figure(alternatives: Sequence[Alternative], across: str, up: str, kind: str = MONTE_CARLO) -> Plot:
    """Return the scatter as a figure.

    Parameters
    ----------
    alternatives : sequence of Alternative
        All have recorded both KPIs.
    across, up : str
        KPIs of the two axes.
    kind : {"monte_carlo", "parametric"}
        Whether a dot is a seed or a point of the uncertain parameters.
    """
    text = labels()
    clouds = [cloud(item, (across, up), kind) for item in alternatives]
    scales = []
    for kpi in (across, up):
        values = np.abs(np.concatenate([dots[kpi] for dots in clouds]))
        spread = float(np.nanmax(values) - np.nanmin(values))
        scales.append(scale_of(unit_and_direction(kpi)[0], float(np.nanmax(values)), spread))
    with style():
        figure = new_figure(width=8.0, height=4.6)
        axes = figure.subplots()
        for place, (item, dots) in enumerate(zip(alternatives, clouds, strict=True)):
            colour, marker = (of[place % len(of)] for of in (CASE_COLOURS, CASE_MARKERS))
            x, y = (scale.factor * dots[kpi] for scale, kpi in zip(scales, (across, up), strict=True))
            axes.scatter(x, y, s=16, color=colour, marker=marker, alpha=0.35, linewidths=0)
            axes.scatter(
                *(x.mean(), y.mean()),
                s=70,
                color=colour,
                marker=marker,
                edgecolors="white",
                linewidths=0.8,
                zorder=3,
                label=item.name,
            )
        names = []
        for kpi, scale in zip((across, up), scales, strict=True):
            better = text[f"better_{unit_and_direction(kpi)[1]}"]
            names.append(outcome_label(kpi) + "\n" + text["axis_unit"].format(unit=scale.unit, better=better))
        axes.set_xlabel(names[0])
        axes.set_ylabel(names[1])
        axes.grid(visible=True, axis="both")
        axes.set_axisbelow(True)
        figure.legend(loc="outside right center")
        write_heading(figure, text["trade_off_title"])
        count = f"{max(len(dots) for dots in clouds):,}"
        write_below(figure, [text[f"trade_off_note_{kind}"].format(units=count), text["sweep_not_a_forecast"]], FAINT)
    figure.description = describe_trade_off(alternatives, across, up, kind)
    return figure


def of_sweep(data: SweepData) -> Iterator[tuple[str, Plot]]:
    """Yield the figures of a sweep by name."""
    known = set.intersection(*({str(kpi) for kpi in item.results.kpis} for item in data.alternatives))
    kinds = [kind for kind in kinds_of(data.alternatives) if kind in (MONTE_CARLO, PARAMETRIC)]
    for across, up in PAIRS:
        for kind in kinds if {across, up} <= known else ():
            yield f"trade_off_{across}_{up}_{kind}", trade_off_figure(data.alternatives, across, up, kind)


def describe_trade_off(alternatives: Sequence[Alternative], across: str, up: str, kind: str = MONTE_CARLO) -> str:
    """Return what the scatter shows, in words."""
    text = labels()
    parts = []
    for item in alternatives:
        means = cloud(item, (across, up), kind).mean()
        written = []
        for kpi in (across, up):
            scale = scale_of(unit_and_direction(kpi)[0], abs(means[kpi]), 0.0)
            written.append(f"{scale.text(means[kpi])} {scale.unit}")
        parts.append(f"{item.name} ({', '.join(written)})")
    names = {"across": outcome_label(across), "up": outcome_label(up)}
    return text["trade_off_description"].format(**names, kind=text[f"kind_{kind}"], cases="; ".join(parts))
