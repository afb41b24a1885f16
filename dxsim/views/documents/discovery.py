"""Scenario discovery in words and tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np

from dxsim.analysis.comparison import unit_and_direction
from dxsim.analysis.discovery import Discovery
from dxsim.analysis.prim import Box, Limit
from dxsim.analysis.tree import Tree
from dxsim.language import fill, say
from dxsim.scenario.registry import REGISTRY
from dxsim.terms.calendar import month_name
from dxsim.views.labels import input_label, labels
from dxsim.views.quantities import outcome_label, scale_of, unit_text
from dxsim.views.text import aligned, markdown

_PLAIN = ("1", "share", "")  # units that are not written after a number
_STEPS = 12  # boxes of the trade-off that are told


def discovery_text(found: Discovery, tree: Tree | None = None) -> str:
    """Return a discovery as text for a terminal: the box in words, its limits, its trade-off."""
    parts = ["\n".join(sentences(found)), *(["\n  - ".join(tree_lines(found, tree))] if tree else [])]
    parts += [f"{title}\n{aligned(rows, 1)}" for title, rows in tables(found)]
    return "\n\n".join([*parts, "\n".join(notes(found))])


def discovery_markdown(found: Discovery, tree: Tree | None = None) -> str:
    """Return a discovery in Markdown."""
    parts = [
        " ".join(f"{sentence}." for sentence in sentences(found)),
        *(["\n- ".join(tree_lines(found, tree))] if tree else []),
    ]
    parts += [f"**{title}**\n\n{markdown(rows, 1)}" for title, rows in tables(found)]
    return "\n\n".join([*parts, " ".join(f"{note}." for note in notes(found))]) + "\n"


def sentences(found: Discovery) -> list[str]:
    """Return what was found in sentences, the box first."""
    row = found.trade_off.iloc[found.chosen]
    told = {"event": event(found), "all": f"{found.of_interest.mean():.0%}", "futures": len(found.futures)}
    box = found.boxes[found.chosen]
    if not box.limits:
        return [say("{event} in {all} of {futures} futures", **told)]
    return [
        say(
            "{event} in {tenths} of 10 futures in which {conditions}; these are {coverage} of all such futures",
            event=told["event"],
            tenths=f"{10 * row['density']:.0f}",
            conditions=conditions(found, box),
            coverage=f"{row['coverage']:.0%}",
        ),
        say(
            "Of all {futures} futures it is {all}, of those in the box {density} ({count} futures)",
            futures=told["futures"],
            all=told["all"],
            density=f"{row['density']:.0%}",
            count=int(row["futures"]),
        ),
        say(
            "Found again in resamples of the futures: {shares}; among futures that these did not draw, the boxes found "
            "have a density of {density} and a coverage of {coverage} in the mean",
            shares=listed(_found_again(found)),
            density=_percent(found.resamples["density"].mean()),
            coverage=_percent(found.resamples["coverage"].mean()),
        ),
    ]


def _found_again(found: Discovery) -> list[str]:
    """Return in how many resamples each input was restricted, those of the box first, then others often found."""
    share = found.stability.set_index("input")["restricted_share"]
    box = found.boxes[found.chosen]
    names = [*box.limits, *(name for name in share.index if name not in box.limits and share[name] >= 0.5)]
    of_box = [f"{input_label(name)} {share[name]:.0%}" for name in names]
    return [text if name in box.limits else f"({text})" for name, text in zip(names, of_box, strict=True)]


def tree_lines(found: Discovery, tree: Tree) -> list[str]:
    """Return what a tree finds: a sentence, and a line for each group of futures."""
    if not tree.boxes:
        return [say("A classification tree finds no group of futures in which most are like that")]
    head = say(
        "A classification tree, as a cross-check, has a density of {density} and a coverage of {coverage} and agrees "
        "with the box on {agreement} of the futures:",
        density=_percent(tree.density),
        coverage=_percent(tree.coverage),
        agreement=_percent(tree.agreement),
    )
    return [head, *(conditions(found, box) for box in tree.boxes)]


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{share:.0%}"


def event(found: Discovery) -> str:
    """Return what happens in the futures of interest."""
    unit = unit_and_direction(found.kpi)[0]
    scale = scale_of(unit, abs(found.mark), 0.0)
    mark = f"{scale.factor * found.mark:,.4g} {scale.unit}"
    name = outcome_label(found.kpi)
    if found.is_above:
        return say("“{kpi}” is above {mark}", kpi=name, mark=mark)
    return say("“{kpi}” is below {mark}", kpi=name, mark=mark)


def conditions(found: Discovery, box: Box) -> str:
    """Return the limits of a box in words."""
    told = [condition(found, name, limit) for name, limit in box.limits.items()]
    return told[0] if len(told) == 1 else say("{first} and {last}", first=listed(told[:-1]), last=told[-1])


def listed(parts: Sequence[str]) -> str:
    """Return parts one after the other, with commas between them."""
    return reduce(lambda before, part: fill(labels()["listed"], before=before, part=part), parts)


def condition(found: Discovery, name: str, limit: Limit) -> str:
    """Return the limit of one input in words, such as "the deadline is at least 2027-03"."""
    label = input_label(name)
    if isinstance(limit, frozenset):
        *others, last = [found.labels[name][code] for code in sorted(limit)]
        choice = say("{first} or {last}", first=listed(others), last=last) if others else last
        return say("“{input}” is {choice}", input=label, choice=choice)
    unit = "" if _unit(name) in _PLAIN else f" {unit_text(_unit(name))}"
    low, high = (f"{end}{unit}" if end else "" for end in ends(name, limit))
    if low and high:
        return say("“{input}” is from {low} to {high}", input=label, low=low.removesuffix(unit), high=high)
    if low:
        return say("“{input}” is at least {low}", input=label, low=low)
    return say("“{input}” is at most {high}", input=label, high=high)


def _unit(name: str) -> str:
    parameter = REGISTRY[name]
    return "" if parameter.type.startswith("month") else parameter.unit


def ends(name: str, limit: tuple[float, float]) -> tuple[str, str]:
    """Return the ends of a limit as they are written, empty where free; of whole numbers and months those inside."""
    low, high = limit
    return number(name, low, math.ceil), number(name, high, math.floor)


def number(name: str, value: float, inward: Callable[[float], int] = round) -> str:
    """Return a value of an input as it is written; empty if it is infinite or none."""
    if not np.isfinite(value):
        return ""
    parameter = REGISTRY[name]
    if parameter.type == "float":
        return f"{value:.3g}"
    whole = inward(value)
    return month_name(whole - (parameter.type == "month_end")) if parameter.type.startswith("month") else str(whole)


def tables(found: Discovery) -> list[tuple[str, list[list[str]]]]:
    """Return titles and rows: the limits of the box, and the boxes that there are to choose from."""
    return [*_limits(found), (say("Boxes to choose from (--box)"), _trade_off(found))]


def _limits(found: Discovery) -> list[tuple[str, list[list[str]]]]:
    box = found.boxes[found.chosen]
    if not box.limits:
        return []
    share = found.stability.set_index("input")["restricted_share"]
    head = [say("limit"), say("density without it"), say("coverage without it"), say("quasi-p"), say("found again")]
    rows = [head]
    for row in found.limits.to_dict("records"):
        name = str(row["input"])
        p = "< 0.001" if row["quasi_p"] < 0.001 else f"{row['quasi_p']:.3f}"
        shares = [_percent(value) for value in (row["density_without"], row["coverage_without"], share[name])]
        rows.append([condition(found, name, box.limits[name]), shares[0], shares[1], p, shares[2]])
    return [(say("Box {number}", number=found.chosen), rows)]


def _trade_off(found: Discovery) -> list[list[str]]:
    table = found.trade_off
    head = [say("box"), say("coverage"), say("density"), say("inputs restricted"), say("futures")]
    step = max(1, math.ceil(len(table) / _STEPS))
    shown = table[(table.index % step == 0) | (table.index == found.chosen) | (table.index == len(table) - 1)]
    rows = [head]
    for row in shown.to_dict("records"):
        mark = " *" if row["box"] == found.chosen else ""
        shares = [_percent(row["coverage"]), _percent(row["density"])]
        rows.append([f"{row['box']:.0f}{mark}", *shares, f"{row['restricted']:.0f}", f"{row['futures']:.0f}"])
    return rows


def notes(found: Discovery) -> list[str]:
    """Return how to read it."""
    return [
        say(
            "A future is a case at a point of the uncertain parameters, its outcome the mean over {n} seeds",
            n=found.seeds,
        ),
        say("Shares are of simulated futures, drawn as the study says; they are no probabilities"),
        say("Coverage: share of such futures that the box holds; density: share of such futures within the box"),
        say("A quasi-p value near 1 marks a limit that does nothing; it is no test, since the box was chosen"),
    ]


def heading(found: Discovery) -> str:
    """Return the title of a figure."""
    return say("Where {event}", event=event(found))


def restricted(found: Discovery) -> Sequence[str]:
    """Return the inputs of the chosen box, then those restricted in resamples, by how often."""
    box = found.boxes[found.chosen]
    rest = found.stability[~found.stability["input"].isin(list(box.limits))]
    rest = rest.sort_values("restricted_share", ascending=False, kind="stable")
    return [*box.limits, *rest["input"]]
