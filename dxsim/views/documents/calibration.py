"""What a calibration learned of each parameter, as tables for a terminal and in Markdown."""

from __future__ import annotations

import math

from dxsim.analysis.calibration import Calibration
from dxsim.language import current_language, say
from dxsim.scenario.registry import REGISTRY
from dxsim.views.text import aligned, markdown


def calibration_text(found: Calibration) -> str:
    """Return a calibration as text for a terminal."""
    return "\n\n".join([heading(found), aligned(parameter_rows(found), 1), *notes(found)])


def calibration_markdown(found: Calibration) -> str:
    """Return a calibration in Markdown, with what each target was and became."""
    parts = [heading(found), markdown(parameter_rows(found), 1), *notes(found), markdown(target_rows(found), 1)]
    return "\n\n".join(parts) + "\n"


def heading(found: Calibration) -> str:
    """Return which runs these are, and when they were done."""
    return say(
        "{scenario} on {nation}, calibrated: {runs} runs in {waves} waves, seeds {first} to {last}, dxsim {version}, "
        "{date}",
        scenario=found.manifest["scenario"]["name"],
        nation=found.manifest["nation"]["name"],
        runs=int(found.waves["runs"].sum()),
        waves=len(found.waves),
        first=found.manifest["seeds"][0],
        last=found.manifest["seeds"][-1],
        version=found.manifest["software"]["version"],
        date=found.manifest["finished"][:10],
    )


def notes(found: Calibration) -> list[str]:
    """Return how to read the table, what is left of the prior, and how often known truths were recovered."""
    left = ", ".join(f"{100 * share:.2g} %" for share in found.waves["not_ruled_out"])
    told = [
        say(
            "width: of the posterior's 90 % over the prior's; one draw: the same if Japan counts as one draw of chance "
            "and not as the mean of its worlds. identified: below a third; weakly: below two thirds."
        ),
        say("not ruled out, of the prior, after each wave: {shares}", shares=left),
    ]
    if len(found.recovery):
        row = found.recovery[found.recovery["parameter"] == "all"].iloc[0]
        told.append(
            say(
                "{truths} worlds of the model's own, recovered: {half} % of the true values lie in their intervals of "
                "50 %, {most} % in those of 90 %.",
                truths=int(row["truths"]),
                half=f"{100 * row['inside_50']:.0f}",
                most=f"{100 * row['inside_90']:.0f}",
            )
        )
    return told


def parameter_rows(found: Calibration) -> list[list[str]]:
    """Return the parameters, with a head."""
    words = {"identified": say("identified"), "weakly": say("weakly"), "no": say("not identified")}
    lines = [
        [
            say("parameter"),
            say("prior, 90 %"),
            say("posterior, 90 %"),
            say("median"),
            say("width"),
            say("one draw"),
            say("default"),
            say("verdict"),
        ]
    ]
    for row in found.parameters.to_dict("records"):
        spans = [f"{short(row[f'{of}low'])} – {short(row[f'{of}high'])}" for of in ("prior_", "")]
        numbers = [short(row["median"]), f"{row['width']:.2f}", f"{row['width_one_draw']:.2f}", short(row["default"])]
        lines.append([parameter_label(row["parameter"]), *spans, *numbers, words[row["verdict"]]])
    return lines


def target_rows(found: Calibration) -> list[list[str]]:
    """Return the targets, with a head; those on a scale of logarithms as shares."""
    lines = [[say("statistic"), say("observed"), say("posterior mean"), say("discrepancy"), say("over seeds")]]
    for row in found.targets.to_dict("records"):
        ends = [math.exp(row[end]) if row["is_log"] else row[end] for end in ("low", "high")]
        seen = " – ".join(short(end) if math.isfinite(end) else "" for end in dict.fromkeys(ends))
        mean = math.exp(row["posterior_mean"]) if row["is_log"] else row["posterior_mean"]
        lines.append([row["statistic"], seen, short(mean), short(row["discrepancy"]), short(row["seed_sd"])])
    return lines


def parameter_label(key: str) -> str:
    """Return a parameter's name and what it is."""
    return f"{key}" if current_language() == "en" else f"{key}（{REGISTRY[key].label['ja']}）"


def short(value: float) -> str:
    """Return a number in three digits."""
    return f"{value:.3g}"
