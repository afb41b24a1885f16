"""Paired differences from the reference by size class or type of municipality: who gains and who pays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from dxsim.analysis.comparison import Comparison
from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.terms.municipalities import TYPES
from dxsim.views.labels import labels, type_label
from dxsim.views.quantities import Scale, outcome_label, scale_of_differences
from dxsim.views.style import (
    CASE_COLOURS,
    CASE_MARKERS,
    FAINT,
    INK,
    Plot,
    amounts,
    new_figure,
    on_two_lines,
    style,
    write_below,
    write_heading,
)
from dxsim.views.sweep.data import SweepData

MEASURES = ("cost_per_resident", "late_share", "overloaded_share", "excluded_share")
"""What is drawn unless others are named."""
SIZE_CLASS = "size_class"
_ORDER: Mapping[str, Sequence[str]] = {SIZE_CLASS: SIZE_CLASSES, "type": tuple(TYPES)}
_WIDE = 0.5  # how far apart the dots of one class stand


def strata_figure(found: Comparison, stratum: str = SIZE_CLASS, measures: Sequence[str] = MEASURES) -> Plot:
    """Return the differences under the first variant of the model as a figure, a chart for each measure.

    Parameters
    ----------
    found : Comparison
        Of sweeps that recorded the stratum.
    stratum : {"size_class", "type"}
        By what municipalities are divided.
    measures : sequence of str
        As in the table ``equity``.

    Raises
    ------
    InputError
        If none of it was recorded.
    """
    text = labels()
    table = found.equity
    if not table.empty:
        table = table[(table["stratum"] == stratum) & table["measure"].isin(measures) & table["difference"].notna()]
    if table.empty:
        what = say("{measures} by {stratum} were not recorded", measures=", ".join(measures), stratum=stratum)
        raise InputError(say("chart"), [Problem(stratum, what)])
    table = table[table["variant"] == table["variant"].iloc[0]]
    drawn = [measure for measure in measures if (table["measure"] == measure).any()]
    classes = [name for name in _ORDER[stratum] if (table["class"] == name).any()]
    cases = list(dict.fromkeys(table["case"]))
    with style():
        figure = new_figure(width=4.2 + 2.1 * len(drawn), height=1.6 + 0.36 * len(classes) * max(1.0, len(cases) / 3))
        charts = figure.subplots(1, len(drawn), squeeze=False, sharey=True)
        for axes, measure in zip(charts.flat, drawn, strict=True):
            _draw(axes, table[table["measure"] == measure], classes, cases)
        charts[0, 0].set_yticks(range(len(classes)), [_class_label(stratum, name) for name in classes])
        charts[0, 0].invert_yaxis()
        figure.legend(*charts[0, 0].get_legend_handles_labels(), loc="outside right center")
        write_heading(figure, text["strata_title"].format(reference=found.alternatives["case"][0]))
        seeds = f"{int(table['seeds'].max())}"
        write_below(figure, [text["strata_note"].format(seeds=seeds), text["sweep_not_a_forecast"]], FAINT)
    figure.description = _described(found, table, stratum, drawn)
    return figure


def of_sweep(data: SweepData) -> Iterator[tuple[str, Plot]]:
    """Yield the figures of a sweep by name."""
    if data.found and not data.found.equity.empty:
        for stratum in dict.fromkeys(data.found.equity["stratum"]):
            yield f"strata_{stratum}", strata_figure(data.found, stratum)


def _draw(axes: Axes, rows: pd.DataFrame, classes: Sequence[str], cases: Sequence[str]) -> None:
    scale = scale_of_differences(rows)
    for place, case in enumerate(cases):
        shift = _WIDE * (place / (len(cases) - 1) - 0.5) if len(cases) > 1 else 0.0
        of_case = rows[rows["case"] == case].set_index("class").reindex(classes)
        colour, marker = (of[place % len(of)] for of in (CASE_COLOURS, CASE_MARKERS))
        mean = scale.factor * of_case["difference"].to_numpy()
        ends = scale.factor * of_case[["monte_carlo_low", "monte_carlo_high"]].to_numpy().T
        where = np.arange(len(classes)) + shift
        axes.hlines(where, *ends, color=colour, linewidth=2.0)
        axes.plot(mean, where, marker, color=colour, markersize=5, label=case)
    axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)
    axes.locator_params(axis="x", nbins=4)
    amounts(axes.xaxis, 1)
    if all(scale.text(value) == "0" for value in rows["difference"]):
        axes.set_xlim(-1, 1)
        axes.set_xticks([0])
    axes.set_title(on_two_lines(outcome_label(rows["measure"].iloc[0])), fontsize=8)
    better = labels()[f"better_{rows['better'].iloc[0]}"]
    axes.set_xlabel(labels()["axis_unit"].format(unit=scale.difference_unit, better=better), fontsize=7.5)


def _class_label(stratum: str, name: str) -> str:
    return type_label(name) if stratum == "type" else labels()[f"{SIZE_CLASS}_{name}"]


def _described(found: Comparison, table: pd.DataFrame, stratum: str, measures: Sequence[str]) -> str:
    parts = []
    in_order = table.sort_values("class", key=lambda names: names.map(_ORDER[stratum].index), kind="stable")
    for (case, measure), rows in in_order.groupby(["case", "measure"], sort=False):
        if measure in measures:
            scale = scale_of_differences(rows)
            told = ", ".join(_told(row, stratum, scale) for row in rows.to_dict("records"))
            parts.append(f"{case}, {outcome_label(str(measure))} ({scale.difference_unit}): {told}")
    return labels()["strata_description"].format(reference=found.alternatives["case"][0], parts="; ".join(parts))


def _told(row: Mapping[Any, Any], stratum: str, scale: Scale) -> str:
    interval = scale.range_text(row["monte_carlo_low"], row["monte_carlo_high"])
    return f"{_class_label(stratum, row['class'])} {scale.text(row['difference'], signed=True)} {interval}"
