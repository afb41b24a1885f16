"""A monthly outcome of several runs in one chart, each with the deadline of its own."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dxsim.errors import InputError, Problem, nearest
from dxsim.language import either, say
from dxsim.records import Records
from dxsim.sweep.dictionary import describe_column
from dxsim.terms.municipalities import ALL
from dxsim.views.labels import labels, month_text
from dxsim.views.quantities import scale_of
from dxsim.views.style import (
    CASE_COLOURS,
    FAINT,
    INK,
    Plot,
    amounts,
    deadline_month,
    legend_beside,
    month_end,
    months_axis,
    new_figure,
    style,
    write_below,
    write_heading,
)

_TABLES = ("monthly", "flows")  # of a row for each month and type
_KEYS = ("month", "type")


def curves_figure(runs: Mapping[str, Records], column: str, type_: str = ALL) -> Plot:
    """Return the chart as a figure.

    Parameters
    ----------
    runs : mapping of str to Records
        What each run is called in the legend; of one seed, so that chance is alike.
    column : str
        Of the tables ``monthly`` or ``flows``.
    type_ : str
        Type of municipality, or ``all``.

    Raises
    ------
    InputError
        If there is no such column or type.
    """
    text = labels()
    curves = {name: _curve(records, column, type_) for name, records in runs.items()}
    entry = describe_column("months", column)
    scale = scale_of(entry.unit, max(float(curve.abs().max()) for curve in curves.values()), 0.0)
    deadlines = [deadline_month(records) for records in runs.values()]
    with style():
        figure = new_figure(width=8.6)
        axes = figure.subplots()
        for place, (name, curve) in enumerate(curves.items()):
            colour = CASE_COLOURS[place % len(CASE_COLOURS)]
            axes.plot(month_end(curve.index.to_series()), curve, color=colour, linewidth=1.6, label=name)
            own = colour if deadlines.count(deadlines[place]) == 1 else INK
            axes.axvline(month_end(deadlines[place])[0], color=own, linewidth=1.0, linestyle=(0, (4, 2)))
        months_axis(axes)
        amounts(axes.yaxis, 1 / scale.factor)
        axes.set_ylabel(scale.unit)
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
        axes.grid(visible=True)
        legend_beside(axes, axes.get_legend_handles_labels()[0])
        write_heading(figure, either(entry.meaning_en, entry.meaning_ja))
        write_below(figure, [text["curves_note"], text["sweep_not_a_forecast"]], FAINT)
    figure.description = _described(runs, curves, column)
    return figure


def _curve(records: Records, column: str, type_: str) -> pd.Series:
    """Return a column of one type by month."""
    tables = [getattr(records, name) for name in _TABLES]
    known = [name for table in tables for name in table if name not in _KEYS]
    types = list(tables[0]["type"].unique())
    problems = [
        Problem(
            name,
            say("'{value}' is not one of {known}{hint}", value=name, known=", ".join(all_), hint=nearest(name, all_)),
        )
        for name, all_ in ((column, known), (type_, types))
        if name not in all_
    ]
    if problems:
        raise InputError(say("chart"), problems)
    table = next(table for table in tables if column in table)
    return table[table["type"] == type_].set_index("month")[column]


def _described(runs: Mapping[str, Records], curves: Mapping[str, pd.Series], column: str) -> str:
    text, entry = labels(), describe_column("months", column)
    parts = []
    for name, curve in curves.items():
        deadline = deadline_month(runs[name])
        scale = scale_of(entry.unit, float(curve.abs().max()), 0.0)
        parts.append(
            text["curves_described"].format(
                run=name,
                deadline=month_text(deadline),
                then=scale.text(curve[f"{deadline}-01"]),
                last=scale.text(curve.iloc[-1]),
                unit=scale.unit,
            )
        )
    first, last = (month_text(f"{curve.index[place]:%Y-%m}") for place in (0, -1))
    what = either(entry.meaning_en, entry.meaning_ja)
    return text["curves_description"].format(column=what, start=first, end=last, runs="; ".join(parts))
