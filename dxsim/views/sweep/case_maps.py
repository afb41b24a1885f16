"""Small maps of an outcome of municipalities: the reference as it is, the other alternatives as differences from it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from dxsim.analysis.selection import VARIANT, Alternative
from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.nation.nation import Nation
from dxsim.views.labels import labels
from dxsim.views.maps import draw_municipalities
from dxsim.views.quantities import column_label
from dxsim.views.style import FAINT, Plot, amounts, new_figure, style, write_below, write_heading
from dxsim.views.sweep.data import SweepData

_ACROSS, _SQUARE = 3, 4  # maps in a row; as many maps make a square
_LEVELS, _CHANGES, _UNKNOWN = "viridis_r", "PuOr_r", "#ffffff"
_BAR = 0.04  # height of a bar of colours against that of a map
_EDGE = 0.98  # quantile of values at which colours end


def municipality_means(alternative: Alternative, column: str) -> pd.Series[float]:
    """Return the mean over runs of each municipality's outcome under the first variant, by code.

    Raises
    ------
    InputError
        If it was not recorded.
    """
    municipalities = alternative.results.municipalities
    if column not in municipalities:
        what = say("{column} of municipalities was not recorded", column=column)
        raise InputError(say("maps"), [Problem(alternative.name, what)])
    plan = alternative.plan[alternative.plan[VARIANT] == alternative.variants[0]]
    return municipalities[municipalities["run"].isin(plan["run"])].groupby("code")[column].mean()


def case_maps_figure(alternatives: Sequence[Alternative], nation: Nation, column: str) -> Plot:
    """Return the maps as a figure.

    Parameters
    ----------
    alternatives : sequence of Alternative
        The reference first; their sweeps recorded the column of municipalities.
    nation : Nation
        The nation of the sweeps, for its boundaries; without any, municipalities are points.
    column : str
        Of the table of municipalities.
    """
    text = labels()
    codes = nation.municipalities["code"]
    means = [municipality_means(item, column).reindex(codes).to_numpy(np.float64) for item in alternatives]
    changes = [values - means[0] for values in means[1:]]
    across = 2 if len(means) == _SQUARE else min(_ACROSS, len(means))
    down = math.ceil(len(means) / across)
    with style():
        figure = new_figure(width=3.6 * across, height=1.4 + 3.5 * down)
        grid = figure.add_gridspec(down + 1, across, height_ratios=[1.0] * down + [_BAR])
        charts = [figure.add_subplot(grid[place // across, place % across]) for place in range(len(means))]
        level = _colours(_LEVELS, _nice(means[0], 1 - _EDGE), _nice(means[0], _EDGE))
        reach = max((_nice(np.abs(values), _EDGE) for values in changes), default=0.0) or 1.0
        change = _colours(_CHANGES, -reach, reach)
        for place, axes in enumerate(charts):
            colours, values = (change, changes[place - 1]) if place else (level, means[0])
            draw_municipalities(axes, nation.municipalities, nation, _filled(colours, values))
            axes.set_title(alternatives[place].name, fontsize=8.5)
        name = column_label(alternatives[0].results, "municipalities", column)
        for place, (colours, title) in enumerate(((level, "case_maps_level"), (change, "case_maps_change"))):
            bar_axes = figure.add_subplot(grid[down, 1:] if place else grid[down, 0])
            bar = figure.colorbar(colours, cax=bar_axes, orientation="horizontal", extend="both")
            bar.set_label(text[title].format(reference=alternatives[0].name), fontsize=7.5)
            amounts(bar_axes.xaxis, 1)
            bar.ax.tick_params(labelsize=7)
        write_heading(figure, text["case_maps_title"].format(column=name))
        points = [] if nation.boundaries else [text["map_points"]]
        write_below(figure, [*points, text["sweep_not_a_forecast"], *nation.attribution], FAINT)
    figure.description = describe_case_maps(alternatives, nation, column)
    return figure


def of_sweep(data: SweepData) -> Iterator[tuple[str, Plot]]:
    """Yield the figures of a sweep by name."""
    if data.found and data.nation:
        for column in data.columns("municipalities", ("run", "code")):
            yield f"maps_{column}", case_maps_figure(data.alternatives, data.nation, column)


def _colours(name: str, low: float, high: float) -> ScalarMappable:
    return ScalarMappable(Normalize(low, high if high > low else low + 1), mpl.colormaps[name])


def _filled(colours: ScalarMappable, values: npt.NDArray[np.float64]) -> npt.NDArray[np.str_]:
    shown = colours.to_rgba(values)
    return np.array([_UNKNOWN if math.isnan(v) else mpl.colors.to_hex(c) for v, c in zip(values, shown, strict=True)])


def _nice(values: npt.NDArray[np.float64], at: float) -> float:
    return float(np.nanquantile(values, at))


def describe_case_maps(alternatives: Sequence[Alternative], nation: Nation, column: str) -> str:
    """Return what the maps show, in words."""
    text = labels()
    codes = nation.municipalities["code"]
    means = [municipality_means(item, column).reindex(codes).to_numpy(np.float64) for item in alternatives]
    parts = [
        text["case_maps_described"].format(
            case=item.name,
            up=f"{int((values > means[0]).sum()):,}",
            down=f"{int((values < means[0]).sum()):,}",
            mean=f"{np.nanmean(values - means[0]):+,.3g}",
        )
        for item, values in zip(alternatives[1:], means[1:], strict=True)
    ]
    return text["case_maps_description"].format(
        column=column_label(alternatives[0].results, "municipalities", column),
        reference=alternatives[0].name,
        mean=f"{np.nanmean(means[0]):,.3g}",
        cases="; ".join(parts),
    )
