"""One run on one page."""

from __future__ import annotations

from dxsim.nation.nation import Nation
from dxsim.records import Records
from dxsim.views.labels import labels
from dxsim.views.maps import credit_lines, describe_map, draw_map
from dxsim.views.run.adoption import describe_adoption, draw_adoption, event_lines
from dxsim.views.run.histogram import describe_histogram, draw_histogram
from dxsim.views.run.lateness import describe_lateness, draw_lateness
from dxsim.views.style import FAINT, Plot, new_figure, style, write_below, write_title

_DESCRIPTIONS = (describe_adoption, describe_lateness, describe_map, describe_histogram)


def overview_figure(records: Records, nation: Nation, language: str = "en") -> Plot:
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
    figure.description = describe_overview(records, language)
    return figure


def describe_overview(records: Records, language: str) -> str:
    """Return what the four charts show, in words."""
    parts = (describe(records, language) for describe in _DESCRIPTIONS)
    return labels(language)["overview_description"].format(parts=" ".join(parts))
