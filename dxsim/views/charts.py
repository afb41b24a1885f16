"""The table of charts, and all that reads it: `dxsim.plots`, the figures of a run, those of a sweep.

A new chart is a file in ``views/run`` or ``views/sweep``, its texts in ``labels.po``, and a row here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dxsim.files import write_whole
from dxsim.nation.nation import Nation
from dxsim.records import Records
from dxsim.views.run import (
    adoption,
    delays,
    groups,
    histogram,
    lateness,
    map_of_lateness,
    money,
    overview,
    programmes,
    residents,
    staff,
)
from dxsim.views.run.curves import curves_figure
from dxsim.views.run.figure import map_figure, run_figure
from dxsim.views.run.nation_map import nation_figure
from dxsim.views.run.size_classes import size_classes_figure
from dxsim.views.run.timeline import timeline_figure
from dxsim.views.style import Plot
from dxsim.views.sweep import case_maps, differences, fan, strata, tornado, trade_off
from dxsim.views.sweep.data import SweepData
from dxsim.views.sweep.discovery import discovery_figure
from dxsim.views.sweep.knockouts import knockouts_figure
from dxsim.views.sweep.one_at_a_time import one_at_a_time_figure
from dxsim.views.sweep.robustness import robustness_figure


@dataclass(frozen=True)
class Chart:
    """A chart that is drawn where somebody asks for it.

    Attributes
    ----------
    figure : callable
        Returns a `Plot`; `dxsim.plots` offers it.
    """

    figure: Callable[..., Plot]

    @property
    def name(self) -> str:
        """What it is called in `dxsim.plots`."""
        return self.figure.__name__.removesuffix("_figure")


@dataclass(frozen=True)
class RunChart(Chart):
    """A chart that is drawn of every run, from its records."""


@dataclass(frozen=True)
class RunMap(Chart):
    """A chart that is drawn of every run whose nation is at hand.

    Attributes
    ----------
    file : str
        What its file is called, if not like the chart.
    """

    file: str = ""


@dataclass(frozen=True)
class SweepChart(Chart):
    """A chart that is drawn of every sweep with the records for it.

    Attributes
    ----------
    of_sweep : callable
        Yields figures with the names of their files: one for each outcome, stratum or kind of uncertainty.
    """

    of_sweep: Callable[[SweepData], Iterator[tuple[str, Plot]]]


CHARTS: tuple[Chart, ...] = (
    RunMap(map_figure(overview, width=13.0, height=10.0, title_size=13.0)),
    RunMap(map_figure(map_of_lateness, height=6.6), file="map"),
    RunMap(map_figure(groups, width=8.6, height=8.2)),
    RunChart(run_figure(adoption, height=4.6)),
    RunChart(run_figure(lateness)),
    RunChart(run_figure(delays, width=8.6, height=5.0)),
    RunChart(run_figure(histogram)),
    RunChart(run_figure(money, height=5.0)),
    RunChart(run_figure(residents)),
    RunChart(run_figure(staff, height=7.0)),
    RunChart(run_figure(programmes)),
    Chart(nation_figure),
    Chart(timeline_figure),
    Chart(curves_figure),
    Chart(size_classes_figure),
    Chart(knockouts_figure),
    Chart(one_at_a_time_figure),
    Chart(discovery_figure),
    Chart(robustness_figure),
    SweepChart(differences.differences_figure, differences.of_sweep),
    SweepChart(strata.strata_figure, strata.of_sweep),
    SweepChart(trade_off.trade_off_figure, trade_off.of_sweep),
    SweepChart(fan.fan_figure, fan.of_sweep),
    SweepChart(tornado.tornado_figure, tornado.of_sweep),
    SweepChart(case_maps.case_maps_figure, case_maps.of_sweep),
)
"""In the order in which reports show them."""


def run_figures(records: Records, nation: Nation | None) -> dict[str, Plot]:
    """Return every figure of a run by the name of its file.

    Parameters
    ----------
    records : Records
        Of one run.
    nation : Nation or None
        The nation it was run on; without it there are no maps.
    """
    figures = {}
    for chart in CHARTS:
        if isinstance(chart, RunChart):
            figures[chart.name] = chart.figure(records)
        elif isinstance(chart, RunMap) and nation:
            figures[chart.file or chart.name] = chart.figure(records, nation)
    return figures


def draw_run(records: Records, nation: Nation, folder: Path) -> None:
    """Draw every figure of a run as a PNG file in `folder`, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in run_figures(records, nation).items():
        figure.savefig(folder / f"{name}.png")


def sweep_figures(data: SweepData) -> Iterator[tuple[str, Plot]]:
    """Yield every figure of a sweep for which there are records, with the name of its file."""
    for chart in CHARTS:
        if isinstance(chart, SweepChart):
            yield from chart.of_sweep(data)


def draw_sweep(data: SweepData, folder: Path) -> list[str]:
    """Draw every figure of a sweep as a PNG file in `folder`, made if it is not there, and return their names."""
    names = []
    for name, figure in sweep_figures(data):
        write_whole(folder / f"{name}.png", figure.savefig)
        names.append(name)
    return names
