"""How alternatives do over futures, as tables for a terminal and in Markdown."""

from __future__ import annotations

import numpy as np

from dxsim.analysis.comparison import unit_and_direction
from dxsim.analysis.robustness import METRICS, Robustness
from dxsim.language import say
from dxsim.views.labels import labels
from dxsim.views.quantities import Scale, outcome_label, scale_of
from dxsim.views.text import aligned, markdown


def robustness_text(found: Robustness) -> str:
    """Return a ranking as text for a terminal."""
    rows = metric_rows(found)
    parts = [heading(found), aligned(rows, 1), *verdicts(found), "\n".join(notes(found))]
    return "\n\n".join(parts)


def robustness_markdown(found: Robustness) -> str:
    """Return a ranking in Markdown."""
    rows = metric_rows(found)
    table = markdown(rows, 1)
    return "\n\n".join([heading(found), table, *verdicts(found), " ".join(f"{note}." for note in notes(found))]) + "\n"


def heading(found: Robustness) -> str:
    """Return what is ranked over how many futures."""
    return say(
        "{kpi} ({better}) over {futures} futures that all cases share",
        kpi=outcome_label(found.kpi),
        better=labels()[f"better_{found.better}"],
        futures=len(found.outcomes),
    )


def shown(found: Robustness) -> list[str]:
    """Return the metrics that a ranking has, in their order."""
    return [name for name in METRICS if name in found.metrics]


def scale_of_outcomes(found: Robustness) -> Scale:
    """Return the unit of the outcomes, fine enough for a hundredth of their range."""
    values = found.outcomes.to_numpy(np.float64)
    return scale_of(unit_and_direction(found.kpi)[0], float(np.abs(values).max()), float(np.ptp(values)) / 100)


def metric_rows(found: Robustness) -> list[list[str]]:
    """Return a head and a row for each case: every metric with its rank."""
    scale = scale_of_outcomes(found)
    rows = [["", *(metric_label(name, found, scale) for name in shown(found))]]
    ranks = found.ranks.set_index("case")
    for row in found.metrics.to_dict("records"):
        cells = []
        for name in shown(found):
            text = f"{row[name]:.0%}" if name == "satisficing" else scale.text(row[name])
            cells.append(labels()["ranked"].format(value=text, rank=ranks[name][row["case"]]))
        rows.append([str(row["case"]), *cells])
    return rows


def metric_label(name: str, found: Robustness, scale: Scale) -> str:
    """Return what a metric is called, with its unit."""
    if name == "satisficing":
        assert found.criterion is not None  # noqa: S101 - there is no such metric without one
        mark = f"{scale.factor * found.criterion:,.4g} {scale.unit}"
        if found.better == "less":
            return say("futures below {mark}", mark=mark)
        return say("futures above {mark}", mark=mark)
    unit = scale.difference_unit if name.startswith("regret") else scale.unit
    return say("{label}, {unit}", label=labels()[f"metric_{name}"], unit=unit)


def verdicts(found: Robustness) -> list[str]:
    """Return which case is first by which metrics, and whether the rankings agree."""
    scale = scale_of_outcomes(found)
    lines = []
    for row in found.ranks.to_dict("records"):
        first = [metric_label(name, found, scale) for name in shown(found) if row[name] == 1]
        if first:
            lines.append(say("First is {case} by: {metrics}", case=row["case"], metrics="; ".join(first)))
    orders = {tuple(found.ranks[name]) for name in shown(found)}
    same = say("All metrics give the same order")
    differ = say(
        "The metrics give {count} different orders: which one is best hangs on what is feared", count=len(orders)
    )
    return ["\n".join([*lines, same if len(orders) == 1 else differ])]


def notes(found: Robustness) -> list[str]:
    """Return how to read the table."""
    return [
        say("In brackets: rank, 1 is the best"),
        say(
            "Regret: what a case is worse by than the best one in the same future; 90th percentile: one in ten is worse"
        ),
        say("Shares are of simulated futures, drawn as the study says; they are no probabilities"),
    ]
