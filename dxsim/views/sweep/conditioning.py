"""How well single municipalities are foretold from others: scores of all predictors, and calibration."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from dxsim.analysis.conditioning import Conditioning
from dxsim.analysis.rivals import NAMES
from dxsim.language import say, spoken
from dxsim.nation.known_outcomes import OUTCOMES
from dxsim.views.documents.conditioning import heading, notes
from dxsim.views.documents.validation import outcomes
from dxsim.views.labels import labels
from dxsim.views.style import CASE_COLOURS, FAINT, INK, Plot, new_figure, style, write_below, write_heading


def conditioning_figure(found: Conditioning) -> Plot:
    """Return a row of two charts for each outcome: Brier scores of predictors, and foretold against happened."""
    names = outcomes(found.scores)
    predictors = found.scores["predictor"].nunique()
    with style():
        figure = new_figure(width=9.5, height=1.6 + len(names) * (1.3 + 0.22 * predictors))
        grid = figure.subplots(len(names), 2, squeeze=False, width_ratios=[3, 2])
        for name, (left, right) in zip(names, grid, strict=True):
            _draw_scores(left, found.scores[found.scores["outcome"] == name])
            left.set_title(spoken(OUTCOMES[name]), loc="left", fontsize=9)
            _draw_calibration(right, found.calibration[found.calibration["outcome"] == name])
        write_heading(figure, say("single municipalities, foretold from the others"))
        note = say("line: 95 % of bootstrap samples; right: ten groups of municipalities by what was foretold of them")
        write_below(figure, [heading(found), note, labels()["sweep_not_a_forecast"]], FAINT)
    best = [found.scores[found.scores["outcome"] == name].sort_values("brier").iloc[0] for name in names]
    told = [f"{spoken(OUTCOMES[row['outcome']])}: {spoken(NAMES[row['predictor']])} {row['brier']:.3f}" for row in best]
    figure.description = "; ".join([heading(found), *told, *notes(found)])
    return figure


def _draw_scores(axes: Axes, scores: pd.DataFrame) -> None:
    rows = scores.sort_values("brier", ascending=False, kind="stable").to_dict("records")
    for place, row in enumerate(rows):
        is_ours = row["predictor"] in ("conditioned", "simulation")
        colour = CASE_COLOURS[0] if is_ours else INK
        axes.hlines(place, row["brier_low"], row["brier_high"], color=colour, linewidth=1.4)
        axes.plot(row["brier"], place, "o", color=colour, markersize=4)
        axes.annotate(
            f"{row['brier']:.3f}", (row["brier_high"], place), (4, 0), textcoords="offset points", va="center"
        )
    axes.set_yticks(range(len(rows)), [spoken(NAMES[row["predictor"]]) for row in rows])
    axes.set_xlabel(say("Brier, less is better"))
    axes.margins(x=0.15)


def _draw_calibration(axes: Axes, curve: pd.DataFrame) -> None:
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.8)
    axes.vlines(curve["foretold"], curve["low"], curve["high"], color=CASE_COLOURS[0], linewidth=1.4)
    axes.plot(curve["foretold"], curve["happened"], "o", color=CASE_COLOURS[0], markersize=4)
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel(say("foretold"))
    axes.set_ylabel(say("happened"))
