"""How a chart of a run becomes a figure: its size, the title that says which run it shows, and the description."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from dxsim.nation.nation import Nation
from dxsim.records import Records
from dxsim.views.style import Plot, new_figure, style, write_title


class RunView(Protocol):
    """A module that draws and describes a chart of a run; the first line of its docstring says what the chart shows."""

    __name__: str

    def draw(self, figure: Plot, records: Records) -> None:
        """Draw the chart on an empty figure."""

    def describe(self, records: Records) -> str:
        """Return what the chart shows, in words."""


class MapView(Protocol):
    """A module as `RunView`, of a chart with a map."""

    __name__: str

    def draw(self, figure: Plot, records: Records, nation: Nation) -> None:
        """Draw the chart on an empty figure."""

    def describe(self, records: Records) -> str:
        """Return what the chart shows, in words."""


_RECORDS = """
records : Records
    Of one run."""
_NATION = """
nation : Nation
    The nation it was run on, for its boundaries; without any, municipalities are points."""


def run_figure(
    view: RunView, *, width: float = 7.0, height: float = 4.2, title_size: float = 9.0
) -> Callable[..., Plot]:
    """Return the function, called as its module, that draws a chart of a run; sizes in inches and points."""

    def figure(records: Records) -> Plot:
        with _titled(view, records, (width, height), title_size) as plot:
            view.draw(plot, records)
        return plot

    return _documented(figure, view, _RECORDS)


def map_figure(
    view: MapView, *, width: float = 7.0, height: float = 4.2, title_size: float = 9.0
) -> Callable[..., Plot]:
    """Return the function, as `run_figure` does, for a chart with a map."""

    def figure(records: Records, nation: Nation) -> Plot:
        with _titled(view, records, (width, height), title_size) as plot:
            view.draw(plot, records, nation)
        return plot

    return _documented(figure, view, _RECORDS + _NATION)


@contextmanager
def _titled(view: RunView | MapView, records: Records, size: tuple[float, float], title_size: float) -> Iterator[Plot]:
    with style():
        plot = new_figure(*size)
        write_title(plot, records, title_size)
        yield plot
    plot.description = view.describe(records)


def _documented(figure: Callable[..., Plot], view: RunView | MapView, parameters: str) -> Callable[..., Plot]:
    figure.__name__ = figure.__qualname__ = view.__name__.rpartition(".")[2]
    summary = (view.__doc__ or "").partition("\n")[0]
    figure.__doc__ = f"{summary}\n\nParameters\n----------{parameters}\n\nReturns\n-------\nPlot\n"
    return figure
