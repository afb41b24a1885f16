"""How municipalities of each size fare, in one run or in several side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dxsim.analysis.comparison import unit_and_direction
from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say
from dxsim.records import Records, by_size_class
from dxsim.views.labels import labels
from dxsim.views.quantities import Scale, outcome_label, scale_of
from dxsim.views.style import (
    CASE_COLOURS,
    CASE_MARKERS,
    FAINT,
    Plot,
    amounts,
    legend_beside,
    new_figure,
    style,
    write_below,
    write_heading,
)

_WIDE = 0.5  # how far apart the dots of one class stand
_NO_MEASURE = ("size_class", "municipalities", "population")


def size_classes_figure(runs: Mapping[str, Records], measure: str) -> Plot:
    """Return a chart with a dot for each run and size class.

    Parameters
    ----------
    runs : mapping of str to Records
        What each run is called in the legend.
    measure : str
        A column of `dxsim.by_size_class`, such as ``cost_per_resident``.

    Raises
    ------
    InputError
        If there is no such measure.
    """
    text = labels()
    tables = {name: by_size_class(records) for name, records in runs.items()}
    _check(measure, next(iter(tables.values())))
    scale = _scale(tables, measure)
    with style():
        figure = new_figure(width=8.6)
        axes = figure.subplots()
        for place, (name, table) in enumerate(tables.items()):
            shift = _WIDE * (place - (len(tables) - 1) / 2) / max(1, len(tables) - 1) if len(tables) > 1 else 0.0
            colour, marker = (of[place % len(of)] for of in (CASE_COLOURS, CASE_MARKERS))
            where = np.arange(len(table)) + shift
            axes.plot(where, scale.factor * table[measure], marker, color=colour, markersize=6, label=name)
        municipalities = next(iter(tables.values()))
        names = [
            f"{text[f'size_class_{name}']} ({count:,})"
            for name, count in zip(municipalities["size_class"], municipalities["municipalities"], strict=True)
        ]
        axes.set_xticks(np.arange(len(names)), names, rotation=30, ha="right", fontsize=8)
        axes.set_ylabel(
            text["axis_unit"].format(unit=scale.unit, better=text[f"better_{unit_and_direction(measure)[1]}"])
        )
        amounts(axes.yaxis, 1)
        axes.grid(visible=True)
        legend_beside(axes, axes.get_legend_handles_labels()[0])
        write_heading(figure, text["size_classes_title"].format(measure=outcome_label(measure)))
        write_below(figure, [text["size_classes_note"], text["sweep_not_a_forecast"]], FAINT)
    figure.description = _described(tables, measure, scale)
    return figure


def _check(measure: str, table: pd.DataFrame) -> None:
    known = [name for name in table if name not in _NO_MEASURE]
    if measure not in known:
        what = say(
            "'{value}' is not one of {known}{hint}", value=measure, known=", ".join(known), hint=nearest(measure, known)
        )
        raise InputError(say("chart"), [Problem(measure, what)])


def _scale(tables: Mapping[str, pd.DataFrame], measure: str) -> Scale:
    largest = max(float(table[measure].abs().max()) for table in tables.values())
    return scale_of(unit_and_direction(measure)[0], largest, 0.0)


def _described(tables: Mapping[str, pd.DataFrame], measure: str, scale: Scale) -> str:
    text = labels()
    parts = []
    for name, table in tables.items():
        values = zip(table["size_class"], table[measure], strict=True)
        of_run = ", ".join(f"{text[f'size_class_{key}']} {scale.text(value)}" for key, value in values)
        parts.append(f"{name}: {of_run}")
    return text["size_classes_description"].format(
        measure=outcome_label(measure), unit=scale.unit, runs="; ".join(parts)
    )
