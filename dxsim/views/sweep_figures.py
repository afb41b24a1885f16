"""All figures of a comparison, as files with a description for readers who can't see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from dxsim.analysis.comparison import Comparison
from dxsim.analysis.fans import MONTE_CARLO, PARAMETRIC, kinds_of
from dxsim.analysis.selection import Alternative
from dxsim.files import write_whole
from dxsim.nation.nation import Nation
from dxsim.views.case_maps import case_maps_figure, describe_case_maps
from dxsim.views.differences import CHOSEN, describe_differences, differences_figure
from dxsim.views.fan import describe_fan, fan_figure
from dxsim.views.style import style
from dxsim.views.tornado import describe_tornado, tornado_figure
from dxsim.views.trade_off import describe_trade_off, trade_off_figure

Drawn = tuple[str, Callable[[], Figure], Callable[[], str]]

TRADE_OFFS = (("own_burden", "late_share"), ("cost_per_resident_2035", "excluded_share"))
TORNADOES = ("late_share", "own_burden", "excluded_share")


def draw_comparison(
    found: Comparison,
    alternatives: Sequence[Alternative],
    folder: Path,
    language: str = "en",
    nation: Nation | None = None,
    indices: pd.DataFrame | None = None,
) -> list[str]:
    """Draw what can be drawn of a comparison as PNG files in `folder`, each with its description inside.

    Parameters
    ----------
    found : Comparison
        Of the alternatives.
    alternatives : sequence of Alternative
        The reference first.
    folder : Path
        Made if it is not there.
    language : str
        "en" or "ja".
    nation : Nation, optional
        For maps, which need it and the records of municipalities.
    indices : pandas.DataFrame, optional
        As `dxsim.analysis.sensitivity` gives them for the reference, for tornado charts.

    Returns
    -------
    list of str
        Names of the figures.
    """
    names = []
    for name, draw, describe in _figures(found, alternatives, language, nation, indices):
        with style():
            metadata = {"Description": describe(), "Software": None}
            write_whole(folder / f"{name}.png", partial(draw().savefig, metadata=metadata))
        names.append(name)
    return names


def _figures(
    found: Comparison,
    alternatives: Sequence[Alternative],
    language: str,
    nation: Nation | None,
    indices: pd.DataFrame | None,
) -> Iterator[Drawn]:
    """Yield name, figure and description of everything of which there are records."""
    known = set(found.differences["kpi"])
    chosen = [kpi for kpi in CHOSEN if kpi in known] or sorted(known)[: len(CHOSEN)]
    arguments = (found, chosen, language)
    yield "differences", partial(differences_figure, *arguments), partial(describe_differences, *arguments)
    kinds = kinds_of(alternatives)
    for across, up in TRADE_OFFS:
        for kind in kinds:
            if {across, up} <= known and kind in (MONTE_CARLO, PARAMETRIC):
                pair = (alternatives, across, up, kind, language)
                yield (
                    f"trade_off_{across}_{up}_{kind}",
                    partial(trade_off_figure, *pair),
                    partial(describe_trade_off, *pair),
                )
    for column in _common(alternatives, "months", ("run", "month", "type")):
        for kind in kinds:
            fan = (alternatives, column, kind, "all", language)
            yield f"fan_{column}_{kind}", partial(fan_figure, *fan), partial(describe_fan, *fan)
    for kpi in TORNADOES if indices is not None else ():
        if indices is not None and (indices["kpi"] == kpi).any():
            bars = (indices, kpi, language)
            yield f"tornado_{kpi}", partial(tornado_figure, *bars), partial(describe_tornado, *bars)
    for column in _common(alternatives, "bodies", ("run", "code")) if nation else ():
        if nation:
            maps = (alternatives, nation, column, language)
            yield f"maps_{column}", partial(case_maps_figure, *maps), partial(describe_case_maps, *maps)


def _common(alternatives: Sequence[Alternative], table: str, keys: Sequence[str]) -> list[str]:
    """Return the numeric columns of a table of records that all alternatives have."""
    tables = [getattr(item.results, table) for item in alternatives]
    first = tables[0].select_dtypes("number").columns
    return [name for name in first if name not in keys and all(name in other for other in tables)]
