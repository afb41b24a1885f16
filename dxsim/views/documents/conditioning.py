"""What is to be expected given what is known, as tables for a terminal and in Markdown."""

from __future__ import annotations

from dxsim.analysis.conditioning import PARTS, Conditioning
from dxsim.language import say, spoken
from dxsim.nation.known_outcomes import OUTCOMES
from dxsim.terms.kpis import find_kpi
from dxsim.views.documents.validation import number, outcomes, score_rows
from dxsim.views.labels import changes_text
from dxsim.views.quantities import outcome_label, scale_of
from dxsim.views.text import aligned, markdown

SHOWN = (
    "late_share",
    "municipalities_late_share",
    "late_system_months",
    "months_to_live_90",
    "own_burden",
    "running_cost_ratio_2035",
    "impact_person_months",
    "excluded_share",
)
"""KPIs of which the text tells what is expected; the table of all of them is written."""


def conditioning_text(found: Conditioning) -> str:
    """Return a conditioning as text for a terminal."""
    parts = [heading(found)]
    for name in outcomes(found.scores):
        parts += [f"{spoken(OUTCOMES[name])}:", aligned(score_rows(found.scores, name), 1)]
    return "\n\n".join([*parts, *notes(found), aligned(kpi_rows(found), 1)])


def conditioning_markdown(found: Conditioning) -> str:
    """Return a conditioning in Markdown."""
    parts = [heading(found)]
    for name in outcomes(found.scores):
        parts += [f"**{spoken(OUTCOMES[name])}**", markdown(score_rows(found.scores, name), 1)]
    parts += [markdown(strength_rows(found), 1), *notes(found), markdown(kpi_rows(found), 1)]
    return "\n\n".join(parts) + "\n"


def heading(found: Conditioning) -> str:
    """Return which runs these are, how much is known, and when they were done."""
    scenario, changes = found.manifest["scenario"], changes_text(found.manifest["scenario"]["overrides"])
    return say(
        "{scenario} on {nation}, given what is known of {known} municipalities: seeds {first} to {last}, "
        "dxsim {version}, {date}",
        scenario=f"{scenario['name']} ({changes})" if changes else scenario["name"],
        nation=found.manifest["nation"]["name"],
        known=int(found.municipalities.dropna(subset="known")["code"].nunique()),
        first=found.manifest["seeds"][0],
        last=found.manifest["seeds"][-1],
        version=found.manifest["software"]["version"],
        date=found.manifest["finished"][:10],
    )


def notes(found: Conditioning) -> list[str]:
    """Return how to read the scores, and which seeds are kept."""
    return [
        say(
            "Each municipality is foretold from those of the other nine of ten folds; in brackets 95 % of bootstrap "
            "samples of municipalities."
        ),
        say(
            "{kept} of {seeds} seeds are worlds like today's: their shares among the known municipalities are nearest "
            "to what happened. What all seeds and these expect:",
            kept=len(found.kept),
            seeds=len(found.seeds),
        ),
    ]


def strength_rows(found: Conditioning) -> list[list[str]]:
    """Return how much each part of the covariance counts, with a head."""
    lines = [[say("what hangs together"), *(spoken(OUTCOMES[name]) for name in found.strengths["outcome"])]]
    return lines + [[_part(part), *map(number, found.strengths[part])] for part in PARTS]


def _part(name: str) -> str:
    return {
        "level": say("the level"),
        "simulated_odds": say("the simulation's log odds"),
        "simulated_covariance": say("what happens together in the simulation"),
        "prefecture": say("one prefecture"),
        "near": say("distance, over 30 km"),
        "far": say("distance, over 200 km"),
    }[name]


def kpi_rows(found: Conditioning) -> list[list[str]]:
    """Return the headline KPIs over all seeds and over those kept, with a head."""
    lines = [[say("KPI"), say("unit"), say("all seeds, with 90 % of them"), say("seeds kept")]]
    table = found.kpis.set_index("kpi")
    for name in SHOWN:
        row = table.loc[name]
        scale = scale_of(find_kpi(name)[0].unit, row.abs().max(), 0.0)
        cells = [
            f"{scale.text(row[f'{part}_mean'])} [{scale.text(row[f'{part}_p5'])}, {scale.text(row[f'{part}_p95'])}]"
            for part in ("all", "kept")
        ]
        lines.append([outcome_label(name), scale.unit, *cells])
    return lines
