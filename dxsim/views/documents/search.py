"""What a policy search found, in a few sentences and two tables, for a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dxsim.analysis.search.front import BALANCED, FEW, FEW_LEVERS, NOTHING_WORSE
from dxsim.analysis.search.objectives import PUBLIC_COST, direction, unit
from dxsim.language import current_language, say, spoken
from dxsim.scenario.registry import REGISTRY
from dxsim.views.labels import labels
from dxsim.views.quantities import Scale, outcome_label, scale_of, unit_text
from dxsim.views.text import columns

if TYPE_CHECKING:
    import pandas as pd

    from dxsim.analysis.search import PolicySearch

Row = Mapping[Any, Any]

_OFTEN = 0.5  # share of the front that uses a lever which is named


def search_text(found: PolicySearch) -> str:
    """Return a search as text for a terminal."""
    tables = [columns(rows, right=range(1, len(rows[0]))) for rows in (objective_rows(found), lever_rows(found))]
    return "\n\n".join([heading(found), *tables, "\n".join(sentences(found)), labels()["sweep_not_a_forecast"]])


def search_markdown(found: PolicySearch) -> str:
    """Return a search in Markdown."""
    tables = []
    for head, *rows in (objective_rows(found), lever_rows(found)):
        rule = ["---", *["--:"] * (len(head) - 1)]
        tables.append("\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)))
    return (
        "\n\n".join([heading(found), *tables, "  \n".join(sentences(found)), labels()["sweep_not_a_forecast"]]) + "\n"
    )


def heading(found: PolicySearch) -> str:
    """Return what was searched, how, and when."""
    manifest = found.manifest
    return say(
        "{title}: {scenario} on {nation}, {candidates:,} policies at {points} points x {seeds} seeds, {runs:,} runs; "
        "dxsim {version}, {date}",
        title=search_title(found),
        scenario=manifest["scenario"]["name"],
        nation=manifest["nation"]["name"],
        candidates=len(found.candidates) - 1,
        points=len(manifest["points"]),
        seeds=len(manifest["seeds"]),
        runs=manifest["runs"],
        version=manifest["software"]["version"],
        date=manifest["finished"][:10],
    )


def search_title(found: PolicySearch) -> str:
    """Return what a search is called."""
    asked = found.manifest["search"]
    return str(asked["title"].get(current_language()) or asked["name"])


def objective_label(name: str) -> str:
    """Return what an objective is called."""
    return say("Public cost, FY2021 to FY2035") if name == PUBLIC_COST else outcome_label(name)


def scales(found: PolicySearch) -> dict[str, Scale]:
    """Return in which unit each objective is written: fine enough for the differences on the front."""
    front = found.front
    of: dict[str, Scale] = {}
    for name in found.manifest["search"]["objectives"]:
        spread = float(front[name].max() - front[name].min())
        of[name] = scale_of(unit(name), float(found.candidates[name].abs().max()), spread / 20)
    return of


def compromise_rows(found: PolicySearch) -> dict[str, Row]:
    """Return the compromises by letter; letters that mean the same policy stand together, as ``A, B``."""
    rows = found.candidates[found.candidates["compromise"].fillna("") != ""].to_dict("records")
    return {", ".join(row["compromise"]): row for row in sorted(rows, key=lambda row: str(row["compromise"]))}


def objective_rows(found: PolicySearch) -> list[list[str]]:
    """Return the objectives of the scenario and of the compromises: differences with their intervals; with a head."""
    chosen, scenario = compromise_rows(found), found.candidates.iloc[0]
    head = ["", found.manifest["scenario"]["name"], *chosen]
    rows = [head]
    for name, scale in scales(found).items():
        better = labels()[f"better_{direction(name)}"]
        label = labels()["compare_kpi"].format(label=objective_label(name), unit=scale.unit, better=better)
        cells = [
            f"{scale.text(row[f'{name}_difference'], signed=True)} "
            + scale.range_text(row[f"{name}_difference_low"], row[f"{name}_difference_high"])
            for row in chosen.values()
        ]
        rows.append([label, scale.text(scenario[name]), *cells])
    if len(found.manifest["points"]) > 1:
        shares = [f"{row['points_on_front']:.0%}" for row in chosen.values()]
        rows.append([say("points at which nothing beats it"), f"{scenario['points_on_front']:.0%}", *shares])
    return rows


def lever_rows(found: PolicySearch) -> list[list[str]]:
    """Return the levers that a compromise uses, with their values, and how much of the front uses each; with a head."""
    chosen, front, scenario = compromise_rows(found), found.front, found.candidates.iloc[0]
    rows = [[say("lever"), found.manifest["scenario"]["name"], *chosen, say("used on the front")]]
    for lever in found.manifest["search"]["levers"]:
        cells = [value_text(row[lever]) if row[lever] != scenario[lever] else "" for row in chosen.values()]
        used = share_using(front, lever, scenario[lever])
        if any(cells) or used > 0:
            rows.append([lever_label(lever), value_text(scenario[lever]), *cells, f"{used:.0%}"])
    return rows


def lever_label(lever: str) -> str:
    """Return what a lever is called, with its unit."""
    parameter = REGISTRY[lever]
    is_plain = parameter.unit in ("", "1", "month", "level") or parameter.unit.startswith("share")
    return spoken(parameter.label) + ("" if is_plain else f" ({unit_text(parameter.unit)})")


def value_text(value: object) -> str:
    """Return the value of a lever."""
    return f"{value:,.10g}" if isinstance(value, int | float) else str(value)


def share_using(front: pd.DataFrame, lever: str, usual: object) -> float:
    """Return which part of the front uses a lever."""
    return float((front[lever] != usual).mean())


def meaning(letters: str) -> str:
    """Return what the letters of a compromise stand for."""
    words = {
        BALANCED: say("the best compromise"),
        FEW_LEVERS: say("the best one of at most {count} levers", count=FEW),
        NOTHING_WORSE: say("the best one that makes nothing worse than it is"),
    }
    return say(" and ").join(words[letter] for letter in letters.split(", "))


def sentences(found: PolicySearch) -> list[str]:
    """Return what was found, in words."""
    front, scenario = found.front, found.candidates.iloc[0]
    lines = [
        say(
            "Of {candidates:,} policies {front:,} are on the front: no other is as good in everything and better in "
            "something",
            candidates=len(found.candidates) - 1,
            front=int((front["candidate"] > 0).sum()),
        )
    ]
    if scenario["on_front"]:
        lines.append(say("The scenario itself is on it"))
    else:
        lines.append(say("The scenario itself is not: some policy is better without a price in any objective"))
    for letters, row in compromise_rows(found).items():
        used = [
            f"{spoken(REGISTRY[lever].label)} = {value_text(row[lever])}"
            for lever in found.manifest["search"]["levers"]
            if row[lever] != scenario[lever]
        ]
        lines.append(
            say("{letters}, {meaning}: {levers}", letters=letters, meaning=meaning(letters), levers="; ".join(used))
        )
    often = [
        lever for lever in found.manifest["search"]["levers"] if share_using(front, lever, scenario[lever]) > _OFTEN
    ]
    if often:
        names = "; ".join(spoken(REGISTRY[lever].label) for lever in often)
        lines.append(say("More than half of the front uses: {levers}", levers=names))
    priced = [lever for lever, part in found.manifest["search"]["levers"].items() if part.get("price")]
    if priced and PUBLIC_COST in found.manifest["search"]["objectives"]:
        lines.append(say("Public cost rests on assumed prices of {levers}", levers=", ".join(priced)))
    caution = say(
        "The best of many that were tried look a little better than they are; run a policy again with other seeds "
        "before you rely on it"
    )
    return [*lines, caution]


def described(found: PolicySearch, parts: Sequence[str] = ()) -> str:
    """Return what the figure shows, in words."""
    return "; ".join([heading(found), *sentences(found), *parts])
