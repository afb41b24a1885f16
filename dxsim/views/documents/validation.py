"""How a scenario does against what was observed, as tables for a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from dxsim.analysis import nulls
from dxsim.analysis.rivals import NAMES
from dxsim.analysis.scores import SCORES
from dxsim.analysis.validation import Validation, means, patterns_held
from dxsim.language import say, spoken
from dxsim.nation.known_outcomes import OUTCOMES
from dxsim.views.labels import changes_text
from dxsim.views.text import aligned, markdown

IN_SHORT = ("missed", "log_rmse", "crps", "brier")  # scores of null models that a terminal shows


def validation_text(found: Validation) -> str:
    """Return a validation as text for a terminal: statistics that count, patterns, scores."""
    counted = found.patterns[found.patterns["held"] != ""]
    parts = [heading(found), aligned(pattern_rows(counted.to_dict("records")), 2), "\n".join(verdicts(found))]
    for name in outcomes(found.scores):
        parts += [f"{spoken(OUTCOMES[name])}:", aligned(score_rows(found.scores, name), 1)]
    if len(found.nulls):
        short = found.nulls[found.nulls["score"].isin(IN_SHORT)]
        parts += [null_heading(found), aligned(null_rows(short.to_dict("records")), 3), null_note()]
    return "\n\n".join(parts)


def validation_markdown(found: Validation) -> str:
    """Return a validation in Markdown, with the statistics that belong to no pattern; misses in bold."""
    rows = pattern_rows(found.patterns.to_dict("records"))
    last = len(rows[0]) - 1
    rows = [[*row[:last], f"**{row[last]}**" if row[last] == say("no") else row[last]] for row in rows]
    parts = [heading(found), markdown(rows, 2), "  \n".join(verdicts(found))]
    for name in outcomes(found.scores):
        parts += [f"**{spoken(OUTCOMES[name])}**", markdown(score_rows(found.scores, name), 1)]
    if len(found.nulls):
        parts += [f"**{null_heading(found)}**", markdown(null_rows(found.nulls.to_dict("records")), 3), null_note()]
    return "\n\n".join(parts) + "\n"


def heading(found: Validation) -> str:
    """Return which runs these are, and when they were done."""
    scenario, changes = found.manifest["scenario"], changes_text(found.manifest["scenario"]["overrides"])
    return say(
        "{scenario} on {nation} against what was observed: seeds {first} to {last}, dxsim {version}, {date}",
        scenario=f"{scenario['name']} ({changes})" if changes else scenario["name"],
        nation=found.manifest["nation"]["name"],
        first=found.manifest["seeds"][0],
        last=found.manifest["seeds"][-1],
        version=found.manifest["software"]["version"],
        date=found.manifest["finished"][:10],
    )


def pattern_rows(rows: Iterable[Mapping[Any, Any]]) -> list[list[str]]:
    """Return the statistics, with a head."""
    head = ["", say("statistic"), say("model"), say("90 % of seeds"), say("observed"), say("region"), say("held")]
    lines = [head]
    for row in rows:
        low, high = number(row["low"]), number(row["high"])
        region = say("{low} to {high}", low=low, high=high) if row["held"] else ""
        if row["held"] and not (low and high):
            region = say("up to {high}", high=high) if high else say("from {low}", low=low)
        seeds = say("{low} to {high}", low=number(row["p5"]), high=number(row["p95"]))
        answer = {"yes": say("yes"), "no": say("no"), "": ""}[row["held"]]
        lines.append([row["pattern"], row["what"], number(row["mean"]), seeds, number(row["observed"]), region, answer])
    return lines


def verdicts(found: Validation) -> list[str]:
    """Return which patterns hold in the mean, which don't, and how many do in one seed."""
    held = patterns_held(means(found.patterns), found.patterns)
    by_seed = [sum(patterns_held(row, found.patterns).values()) for row in found.seeds.to_dict("records")]
    yes, no = (" ".join(name for name, holds in held.items() if holds == wanted) or "–" for wanted in (True, False))
    return [
        say(
            "{count} of {all} patterns hold in the mean over {seeds} seeds: {names}",
            count=sum(held.values()),
            all=len(held),
            seeds=len(found.seeds),
            names=yes,
        ),
        say("not held: {names}", names=no),
        say("in one seed: {mean} in the mean, at most {most}", mean=f"{np.mean(by_seed):.2f}", most=max(by_seed)),
    ]


def outcomes(scores: pd.DataFrame) -> list[str]:
    """Return the outcomes of which something was known."""
    return list(scores["outcome"].unique()) if len(scores) else []


def score_rows(scores: pd.DataFrame, outcome: str) -> list[list[str]]:
    """Return the scores of each predictor on an outcome, the best by Brier score first, with a head."""
    rows = scores[scores["outcome"] == outcome].sort_values("brier", kind="stable")
    lines = [
        [say("predictor"), say("AUC, more is better"), say("Brier, less is better"), say("log score, less is better")]
    ]
    for row in rows.to_dict("records"):
        cells = [f"{number(row[s])} [{number(row[f'{s}_low'])}, {number(row[f'{s}_high'])}]" for s in SCORES]
        lines.append([spoken(NAMES[row["predictor"]]), *cells])
    return lines


def null_heading(found: Validation) -> str:
    """Return what the table of null models is."""
    return say("null models beside the simulation, {seeds} seeds each", seeds=len(found.seeds))


def null_rows(rows: Iterable[Mapping[Any, Any]]) -> list[list[str]]:
    """Return null models beside the simulation, with a head."""
    lines = [
        [say("null model"), say("what is scored"), say("score"), say("simulation"), say("null"), say("skill, 95 %")]
    ]
    for row in rows:
        target = spoken({**OUTCOMES, **nulls.MEANINGS}[row["target"]])
        skill = f"{number(row['skill'])} [{number(row['skill_low'])}, {number(row['skill_high'])}]"
        words = [spoken(nulls.NAMES[row["null"]]), target, spoken(nulls.MEANINGS[row["score"]])]
        is_loss = not np.isnan(row["skill"])
        lines.append([*words, number(row["simulation"]), number(row["null_model"]), skill if is_loss else ""])
    return lines


def null_note() -> str:
    """Return how to read the table of null models, and what it can't say."""
    return say(
        "skill: 1 less the simulation's score over the null's; below 0 the simulation loses. The simulation's defaults "
        "were chosen with a view to all of this, the series were told what was known in July 2025. The longest series "
        "that was observed has six points, which is too short for a Diebold-Mariano test"
    )


def number(value: float) -> str:
    """Return a number of a table, nothing for nan."""
    return "" if np.isnan(value) else f"{value:.3f}"
