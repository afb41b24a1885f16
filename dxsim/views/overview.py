"""One run on one page."""

from __future__ import annotations

from matplotlib.figure import Figure

from dxsim.nation.nation import Nation
from dxsim.records import Records
from dxsim.views.adoption import draw_adoption, event_lines
from dxsim.views.histogram import draw_histogram
from dxsim.views.lateness import draw_lateness
from dxsim.views.maps import credit_lines, draw_map
from dxsim.views.style import FAINT, new_figure, style, write_below, write_title


def overview_figure(records: Records, nation: Nation, language: str = "en") -> Figure:
    """Return the four charts of a run in one figure.

    Parameters
    ----------
    records : Records
        Of one run.
    nation : Nation
        The nation it was run on.
    language : str
        "en" or "ja".
    """
    with style():
        figure = new_figure(width=13.0, height=10.0)
        write_title(figure, records, language, size=13)
        axes = figure.subplot_mosaic(
            [["adoption", "map"], ["lateness", "map"], ["lateness", "histogram"]], height_ratios=(0.5, 0.22, 0.28)
        )
        draw_adoption(axes["adoption"], records, language)
        draw_lateness(axes["lateness"], records, language)
        draw_histogram(axes["histogram"], records, language)
        draw_map(axes["map"], records, nation, language)
        figure.align_ylabels([axes["adoption"], axes["lateness"]])
        write_below(figure, [*event_lines(records, language), *credit_lines(nation, language)], FAINT)
    return figure
