"""One run on one page: four of its charts."""

from __future__ import annotations

from dxsim.nation.nation import Nation
from dxsim.records import Records
from dxsim.views.labels import labels
from dxsim.views.maps import credit_lines
from dxsim.views.run import adoption, histogram, lateness, map_of_lateness
from dxsim.views.style import FAINT, Plot, write_below


def draw(figure: Plot, records: Records, nation: Nation) -> None:
    """Draw the four charts, the map on the right."""
    axes = figure.subplot_mosaic(
        [["adoption", "map"], ["lateness", "map"], ["lateness", "histogram"]], height_ratios=(0.5, 0.22, 0.28)
    )
    adoption.draw_on(axes["adoption"], records)
    lateness.draw_on(axes["lateness"], records)
    histogram.draw_on(axes["histogram"], records)
    map_of_lateness.draw_on(axes["map"], records, nation)
    figure.align_ylabels([axes["adoption"], axes["lateness"]])
    write_below(figure, [*adoption.event_lines(records), *credit_lines(nation)], FAINT)


def describe(records: Records) -> str:
    """Return what the four charts show, in words."""
    parts = (chart.describe(records) for chart in (adoption, lateness, map_of_lateness, histogram))
    return labels()["overview_description"].format(parts=" ".join(parts))
