"""The plots of dxsim, for notebooks and papers: ``dxsim.plots``.

Each takes records, a comparison or a nation and returns a `Plot`: a matplotlib figure with a ``description`` in words,
in English or Japanese, with Japanese letters that need no installed font. A notebook shows it;
``plot.savefig("figure.pdf")`` (or ``.svg``, ``.png``) saves it for a paper. The command line draws the same ones.
"""

from dxsim.views.maps import map_figure as map_of_lateness
from dxsim.views.run.adoption import adoption_figure as adoption
from dxsim.views.run.curves import curves_figure as curves
from dxsim.views.run.groups import groups_figure as groups
from dxsim.views.run.histogram import histogram_figure as histogram
from dxsim.views.run.lateness import lateness_figure as lateness
from dxsim.views.run.money import money_figure as money
from dxsim.views.run.nation_map import nation_figure as nation
from dxsim.views.run.overview import overview_figure as overview
from dxsim.views.run.programmes import programmes_figure as programmes
from dxsim.views.run.residents import residents_figure as residents
from dxsim.views.run.size_classes import size_classes_figure as size_classes
from dxsim.views.run.staff import staff_figure as staff
from dxsim.views.run.timeline import timeline_figure as timeline
from dxsim.views.style import Plot
from dxsim.views.sweep.case_maps import case_maps_figure as case_maps
from dxsim.views.sweep.differences import differences_figure as differences
from dxsim.views.sweep.fan import fan_figure as fan
from dxsim.views.sweep.strata import strata_figure as strata
from dxsim.views.sweep.tornado import tornado_figure as tornado
from dxsim.views.sweep.trade_off import trade_off_figure as trade_off

__all__ = [
    "Plot",
    "adoption",
    "case_maps",
    "curves",
    "differences",
    "fan",
    "groups",
    "histogram",
    "lateness",
    "map_of_lateness",
    "money",
    "nation",
    "overview",
    "programmes",
    "residents",
    "size_classes",
    "staff",
    "strata",
    "timeline",
    "tornado",
    "trade_off",
]
