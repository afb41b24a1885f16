"""How much the data say of each parameter: prior, posterior and default, in quantiles of the prior."""

from __future__ import annotations

from dxsim.analysis.calibration import Calibration
from dxsim.language import say
from dxsim.views.documents.calibration import heading, notes
from dxsim.views.labels import labels
from dxsim.views.style import CASE_COLOURS, FAINT, INK, Plot, new_figure, style, write_below, write_heading


def calibration_figure(found: Calibration) -> Plot:
    """Return a chart with a line for each parameter, the best identified first."""
    rows = found.parameters.sort_values("width", kind="stable").to_dict("records")
    with style():
        figure = new_figure(width=9.5, height=1.8 + 0.24 * len(rows))
        axes = figure.subplots()
        for place, row in enumerate(rows):
            axes.hlines(place, 0, 1, color="#dddddd", linewidth=7)
            axes.hlines(place, row["unit_low"], row["unit_high"], color=CASE_COLOURS[0], linewidth=2.2)
            axes.plot(row["unit_median"], place, "o", color=CASE_COLOURS[0], markersize=4.5)
            axes.plot(row["unit_default"], place, "D", color=INK, markersize=3.5, markerfacecolor="none")
        axes.set_yticks(range(len(rows)), [row["parameter"] for row in rows], fontsize=7.5)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(-0.02, 1.02)
        axes.set_xticks([0, 0.5, 1], [say("low end of the prior"), say("its median"), say("high end")], fontsize=7.5)
        axes.tick_params(length=0)
        write_heading(figure, say("what the data say of each parameter"))
        note = say("bar: the prior; line: 90 % of the posterior, dot: its median; diamond: the default")
        write_below(figure, [heading(found), note, labels()["sweep_not_a_forecast"]], FAINT)
    figure.description = "; ".join([heading(found), *notes(found)])
    return figure
