"""All figures of a comparison, each with a description for readers who can't see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from dxsim.analysis.comparison import Comparison
from dxsim.analysis.fans import MONTE_CARLO, PARAMETRIC, kinds_of
from dxsim.analysis.indices import SEED_SHARE
from dxsim.analysis.selection import Alternative
from dxsim.files import write_whole
from dxsim.nation.nation import Nation
from dxsim.views.style import Plot
from dxsim.views.sweep.case_maps import case_maps_figure
from dxsim.views.sweep.differences import CHOSEN, differences_figure
from dxsim.views.sweep.fan import fan_figure
from dxsim.views.sweep.strata import strata_figure
from dxsim.views.sweep.tornado import tornado_figure
from dxsim.views.sweep.trade_off import trade_off_figure

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
    for name, figure in comparison_figures(found, alternatives, language, nation, indices):
        write_whole(folder / f"{name}.png", figure.savefig)
        names.append(name)
    return names


def comparison_figures(
    found: Comparison,
    alternatives: Sequence[Alternative],
    language: str = "en",
    nation: Nation | None = None,
    indices: pd.DataFrame | None = None,
) -> Iterator[tuple[str, Plot]]:
    """Yield every figure of which there are records, with its name; parameters as those of `draw_comparison`."""
    known = set(found.differences["kpi"])
    chosen = [kpi for kpi in CHOSEN if kpi in known] or sorted(known)[: len(CHOSEN)]
    yield "differences", differences_figure(found, chosen, language)
    if not found.equity.empty:
        for stratum in dict.fromkeys(found.equity["stratum"]):
            yield f"strata_{stratum}", strata_figure(found, stratum, language=language)
    yield from alternative_figures(alternatives, language, indices)
    for column in _common(alternatives, "bodies", ("run", "code")) if nation else ():
        if nation:
            yield f"maps_{column}", case_maps_figure(alternatives, nation, column, language)


def alternative_figures(
    alternatives: Sequence[Alternative], language: str, indices: pd.DataFrame | None
) -> Iterator[tuple[str, Plot]]:
    """Yield the figures that need no comparison: a sweep of a single alternative has them too."""
    known = set.intersection(*({str(kpi) for kpi in item.results.kpis} for item in alternatives))
    kinds = kinds_of(alternatives)
    for across, up in TRADE_OFFS:
        for kind in kinds:
            if {across, up} <= known and kind in (MONTE_CARLO, PARAMETRIC):
                yield f"trade_off_{across}_{up}_{kind}", trade_off_figure(alternatives, across, up, kind, language)
    for column in _common(alternatives, "months", ("run", "month", "type")):
        for kind in kinds:
            yield f"fan_{column}_{kind}", fan_figure(alternatives, column, kind, "all", language)
    known_effects = set() if indices is None else set(indices.loc[_has_effect(indices), "kpi"])
    for kpi in TORNADOES:
        if indices is not None and kpi in known_effects:
            yield f"tornado_{kpi}", tornado_figure(indices, kpi, language)


def _has_effect(indices: pd.DataFrame) -> pd.Series[bool]:
    """Return which rows say how much a parameter matters: too few points, and an outcome that never differs, do not."""
    return indices["value"].notna() & (indices["measure"] != SEED_SHARE)


def _common(alternatives: Sequence[Alternative], table: str, keys: Sequence[str]) -> list[str]:
    """Return the numeric columns of a table of records that all alternatives have."""
    tables = [getattr(item.results, table) for item in alternatives]
    first = tables[0].select_dtypes("number").columns
    return [name for name in first if name not in keys and all(name in other for other in tables)]
