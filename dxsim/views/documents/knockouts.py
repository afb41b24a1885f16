"""What knock-outs say, as tables for a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dxsim.analysis.knockout import ALL, KPIS, SIZE_GROUPS, Knockouts, shipped_knockouts
from dxsim.language import say, spoken
from dxsim.views.labels import changes_text, labels
from dxsim.views.quantities import Scale, outcome_label, scale_of
from dxsim.views.text import aligned, markdown

BY_SIZE = ("late_share", "overloaded_share", "cost_per_resident_2035")
"""KPIs that are told by groups of sizes; all others for all municipalities."""
_STEPS = 100  # that the largest difference of a column is told in
_OVER_ALL = 3  # KPIs side by side


def knockouts_text(found: Knockouts) -> str:
    """Return knock-outs as text for a terminal."""
    parts = [heading(found)]
    for title, rows in tables(found):
        parts.append("\n".join([title, aligned(rows, 1)]))
    return "\n\n".join([*parts, "\n".join(notes(found))])


def knockouts_markdown(found: Knockouts) -> str:
    """Return knock-outs as Markdown, with what was set for each at the end."""
    parts = [heading(found)]
    for title, rows in tables(found):
        parts += [f"**{title}**", markdown(rows, 1)]
    set_by = found.differences.drop_duplicates("knockout")
    rows = [[knockout_label(row["knockout"]), f"`{row['overrides']}`"] for row in set_by.to_dict("records")]
    told = markdown([[say("taken away"), say("what is set")], *rows], 2)
    return "\n\n".join([*parts, told, " ".join(f"{note}." for note in notes(found))]) + "\n"


def heading(found: Knockouts) -> str:
    """Return which runs these are, and when they were done."""
    scenario = found.manifest["scenario"]
    changes = changes_text(scenario["overrides"])
    return say(
        "{scenario} on {nation}: one mechanism taken away at a time, {seeds} seeds, dxsim {version}, {date}",
        scenario=f"{scenario['name']} ({changes})" if changes else scenario["name"],
        nation=found.manifest["nation"]["name"],
        seeds=len(found.manifest["seeds"]),
        version=found.manifest["software"]["version"],
        date=found.manifest["finished"][:10],
    )


def notes(found: Knockouts) -> list[str]:
    """Return how to read the tables."""
    lines = [
        say("Without the mechanism less with it, mean of seeds ± half of the 95 % interval; in brackets: unclear"),
        say("A mechanism does what its removal undoes: where lateness falls without it, it makes systems late"),
    ]
    table = found.differences
    absent = list(dict.fromkeys(table.loc[~table["is_new"].astype(bool), "knockout"]))
    if absent:
        names = ", ".join(knockout_label(name) for name in absent)
        lines.append(say("Not in this scenario, so nothing to take away: {names}", names=names))
    return lines


def tables(found: Knockouts) -> list[tuple[str, list[list[str]]]]:
    """Return titles and rows: a table by groups of sizes for each of `BY_SIZE`, then one for all municipalities."""
    table = found.differences
    told = []
    for kpi in BY_SIZE:
        rows = table[table["kpi"] == kpi]
        groups = [group for group in SIZE_GROUPS if (rows["size_group"] == group).any()]
        parts = {group_label(group): rows[rows["size_group"] == group] for group in groups}
        scale = scale_of_column(rows)
        title = labels()["compare_kpi"].format(
            label=outcome_label(kpi), unit=scale.difference_unit, better=labels()[f"better_{rows['better'].iloc[0]}"]
        )
        told.append((title, _rows(parts, dict.fromkeys(parts, scale))))
    rest = [kpi for kpi in KPIS if kpi not in BY_SIZE]
    of_all = table[table["size_group"] == ALL]
    for first in range(0, len(rest), _OVER_ALL):
        parts, scales = {}, {}
        for kpi in rest[first : first + _OVER_ALL]:
            rows = of_all[of_all["kpi"] == kpi]
            scale = scale_of_column(rows)
            name = say("{label}, {unit}", label=outcome_label(kpi), unit=scale.difference_unit)
            parts[name], scales[name] = rows, scale
        told.append((labels()["all"], _rows(parts, scales)))
    return told


def _rows(parts: Mapping[str, pd.DataFrame], scales: Mapping[str, Scale]) -> list[list[str]]:
    """Return a heading, what the scenario has, and a row for each knock-out."""
    columns_ = {
        name: {row["knockout"]: row for row in rows.to_dict("records")} for name, rows in parts.items() if len(rows)
    }
    names = list(dict.fromkeys(name for column in columns_.values() for name in column))
    lines = [[say("taken away"), *columns_], [say("nothing (its value)")]]
    for name, column in columns_.items():
        lines[1].append(scales[name].text(next(iter(column.values()))["reference_mean"]))
    for knockout in names:
        cells = [cell(column[knockout], scales[name]) for name, column in columns_.items()]
        lines.append([knockout_label(knockout), *cells])
    return lines


def scale_of_column(rows: pd.DataFrame) -> Scale:
    """Return the unit of a column: fine enough to tell its largest difference in a hundred steps."""
    largest = float(rows[["reference_mean", "case_mean"]].abs().max(axis=None))
    return scale_of(str(rows["unit"].iloc[0]), largest, float(rows["difference"].abs().max()) / _STEPS)


def cell(row: Mapping[Any, Any], scale: Scale) -> str:
    """Return a difference with half of its interval; in brackets if that has zero inside, a plain 0 if all agree."""
    if row["verdict"] == "same":
        return "0"
    half = (row["monte_carlo_high"] - row["monte_carlo_low"]) / 2
    text = f"{scale.text(row['difference'], signed=True)} ± {scale.text(half)}"
    return f"({text})" if row["verdict"] == "unclear" else text


def knockout_label(name: str) -> str:
    """Return what a knock-out takes away, in words."""
    return spoken(shipped_knockouts()[name].label)


def group_label(group: str) -> str:
    """Return what a group of sizes is called."""
    return labels()[f"size_group_{group}"]
