"""Which uncertain parameters move the outcomes, as tables for a terminal and in Markdown."""

from __future__ import annotations

import pandas as pd

from dxsim.analysis.comparison import unit_and_direction
from dxsim.analysis.curves import SWING
from dxsim.analysis.distances import DUMMY
from dxsim.analysis.indices import EFFECT, RANKING, SEED_SHARE, ranked_by
from dxsim.analysis.selection import DEFAULT
from dxsim.language import say
from dxsim.views.labels import input_label, labels
from dxsim.views.quantities import Scale, outcome_label, scale_of
from dxsim.views.text import aligned, markdown

IN_UNITS = (EFFECT, "effect_spread", SWING)
"""Measures in the unit of the KPI; all others are numbers from -1 to 1."""


def sensitivity_text(indices: pd.DataFrame) -> str:
    """Return indices, as `dxsim.sensitivity` gives them, as text for a terminal."""
    parts = [f"{title}\n{aligned(rows, 1)}" for title, rows in tables(indices)]
    return "\n\n".join([*parts, "\n".join(notes(indices))])


def sensitivity_markdown(indices: pd.DataFrame) -> str:
    """Return indices in Markdown."""
    parts = [f"**{title}**\n\n{markdown(rows, 1)}" for title, rows in tables(indices)]
    return "\n\n".join([*parts, " ".join(f"{note}." for note in notes(indices))]) + "\n"


def tables(indices: pd.DataFrame) -> list[tuple[str, list[list[str]]]]:
    """Return a title and rows for each KPI of each alternative under each variant, the strongest parameter first."""
    told = []
    for (case, variant, kpi), rows in indices.groupby(["case", "variant", "kpi"], sort=False):
        share = rows.loc[rows["measure"] == SEED_SHARE, "value"].iloc[0]
        title = say(
            "{kpi} in {case}: {points} points, {seeds} seeds; the seed makes {share} of the variance",
            kpi=outcome_label(str(kpi)),
            case=case if variant == DEFAULT else say("{case} ({variant})", case=case, variant=variant),
            points=int(rows["points"].max()),
            seeds=int(rows["seeds"].max()),
            share="–" if pd.isna(share) else f"{share:.0%}",
        )
        told.append((title, _rows(rows, str(kpi))))
    return told


def _rows(rows: pd.DataFrame, kpi: str) -> list[list[str]]:
    ranking = ranked_by(rows.loc[rows["value"].notna(), "measure"])
    if ranking is None:
        return [[say("no parameter moves it, or points are too few to tell")]]
    scale = scale_of_measure(rows, kpi)
    shown = [name for name in RANKING[ranking] if (rows["measure"] == name).any()]
    by_parameter = {name: rows[rows["measure"] == name].set_index("parameter") for name in shown}
    order = by_parameter[ranking]["value"].abs().sort_values(ascending=False, kind="stable").index
    lines = [["", *(measure_label(name, scale) for name in shown)]]
    for parameter in order:
        cells = []
        for name, table in by_parameter.items():
            cells.append(_cell(table.loc[parameter], scale, name) if parameter in table.index else "")
        lines.append([input_label(str(parameter)), *cells])
    return lines


def _cell(row: pd.Series, scale: Scale, measure: str) -> str:
    if measure in IN_UNITS:
        text, ends = scale.text(row["value"]), scale.range_text(row["low"], row["high"])
    else:
        text = "–" if pd.isna(row["value"]) else f"{row['value']:.2f}"
        ends = "–" if pd.isna(row["low"]) else f"[{row['low']:.2f}, {row['high']:.2f}]"
    return text if ends == "–" else f"{text} {ends}"


def scale_of_measure(rows: pd.DataFrame, kpi: str) -> Scale:
    """Return the unit in which differences of a KPI are told."""
    largest = rows.loc[rows["measure"].isin(IN_UNITS), "value"].abs().max()
    return scale_of(unit_and_direction(kpi)[0], 0.0 if pd.isna(largest) else float(largest), 0.0)


def measure_label(measure: str, scale: Scale) -> str:
    """Return what a measure is called, with the unit of the KPI if it has one."""
    name = labels()[f"measure_{measure}"]
    return say("{label}, {unit}", label=name, unit=scale.difference_unit) if measure in IN_UNITS else name


def notes(indices: pd.DataFrame) -> list[str]:
    """Return how to read the tables, what is assumed first."""
    measures, parameters = set(indices["measure"]), set(indices["parameter"])
    lines = [
        say(
            "Parameters are taken as independent of each other; where they hang together, in reality or in the sample, "
            "one can show what another does"
        )
    ]
    if SWING in measures:
        lines.append(
            say("One parameter at a time: what two of them do together does not show; brackets: 95 % over seeds")
        )
    else:
        lines.append(say("In brackets: 95 %, for other points that might have been drawn"))
    if DUMMY in parameters:
        lines.append(
            say(
                "A dummy does nothing: a parameter below the upper end of its brackets can't be told from chance; near "
                "ties are no ranking"
            )
        )
    return lines
