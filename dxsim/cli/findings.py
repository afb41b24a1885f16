"""``dxsim sensitivity``, ``discover`` and ``robustness``: what the outcomes of a finished sweep hang on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from dxsim.analysis.curves import one_at_a_time, study_of
from dxsim.analysis.discovery import discover
from dxsim.analysis.indices import SEED_SHARE, sensitivity
from dxsim.analysis.robustness import robustness
from dxsim.analysis.selection import alternatives
from dxsim.analysis.tree import check_tree, grow
from dxsim.cli.knockout import tell_found
from dxsim.files import write_csv, write_text, write_whole
from dxsim.records.store import check_writable
from dxsim.views.documents.discovery import discovery_markdown, discovery_text
from dxsim.views.documents.robustness import robustness_markdown, robustness_text
from dxsim.views.documents.sensitivity import sensitivity_markdown, sensitivity_text

if TYPE_CHECKING:
    from dxsim.views.style import Plot


def print_sensitivity(selection: str, kpis: Sequence[str], output: str | None, *, markdown: bool) -> None:
    """Print which uncertain parameters move KPIs; write tables and figures if a folder is named.

    Parameters
    ----------
    selection : str
        As `dxsim.sensitivity` takes it.
    kpis : sequence of str
        Those of the figures of every sweep if empty.
    output : str or None
        Folder of the table, its Markdown, a tornado of each KPI, and its curves where one parameter moves at a time.
    markdown : bool
        Whether Markdown is printed in place of text.

    Raises
    ------
    InputError
        If the selection or a KPI is wrong, or nothing was drawn.
    """
    from dxsim.views.sweep import tornado
    from dxsim.views.sweep.one_at_a_time import one_at_a_time_figure

    folder = _folder(output)
    found = alternatives(selection)
    recorded = list(found[0].results.kpis.columns.drop("run"))
    wanted = list(kpis) or [kpi for kpi in tornado.KPIS if kpi in recorded] or recorded[:1]
    indices = sensitivity(selection, wanted)
    if folder:
        tables, figures = {"sensitivity": indices}, {}
        known = indices[indices["value"].notna() & (indices["measure"] != SEED_SHARE)]
        for kpi in known["kpi"].unique():
            figures[f"tornado_{kpi}"] = tornado.tornado_figure(indices, kpi)
        if study_of(found[0]):
            curves = tables["one_at_a_time"] = one_at_a_time(selection, wanted)
            for kpi in known["kpi"].unique():
                figures[f"one_at_a_time_{kpi}"] = one_at_a_time_figure(curves, kpi)
        _write(folder, "sensitivity", sensitivity_markdown(indices), tables, figures)
    tell_found((sensitivity_markdown if markdown else sensitivity_text)(indices), folder, is_markdown=markdown)


def print_discovery(
    selection: str,
    kpi: str,
    above: float | None,
    below: float | None,
    box: int | None,
    output: str | None,
    *,
    with_tree: bool,
    markdown: bool,
) -> None:
    """Print in which futures a KPI passes a mark; write tables and the figure if a folder is named.

    Parameters
    ----------
    selection, kpi, above, below, box
        As `dxsim.discover` takes them.
    output : str or None
        Folder of the tables, their Markdown and the figure.
    with_tree : bool
        Whether a classification tree is grown as a cross-check.
    markdown : bool
        Whether Markdown is printed in place of text.

    Raises
    ------
    InputError
        If any of the input is wrong, or scikit-learn is asked for and missing.
    """
    folder = _folder(output)
    if with_tree:
        check_tree()
    found = discover(selection, kpi, above=above, below=below, box=box)
    tree = grow(found) if with_tree else None
    if folder:
        from dxsim.views.sweep.discovery import discovery_figure

        names = ("futures", "trade_off", "limits", "stability", "resamples")
        tables = {name: getattr(found, name) for name in names}
        figures = {"discovery": discovery_figure(found)}
        _write(folder, "discovery", discovery_markdown(found, tree), tables, figures)
    tell_found((discovery_markdown if markdown else discovery_text)(found, tree), folder, is_markdown=markdown)


def print_robustness(
    selections: Sequence[str],
    kpi: str,
    above: float | None,
    below: float | None,
    output: str | None,
    *,
    markdown: bool,
) -> None:
    """Print how alternatives do over futures; write tables and the figure if a folder is named.

    Parameters
    ----------
    selections, kpi, above, below
        As `dxsim.robustness` takes them.
    output : str or None
        Folder of the tables, their Markdown and the figure.
    markdown : bool
        Whether Markdown is printed in place of text.

    Raises
    ------
    InputError
        If any of the input is wrong.
    """
    folder = _folder(output)
    found = robustness(*selections, kpi=kpi, above=above, below=below)
    if folder:
        from dxsim.views.sweep.robustness import robustness_figure

        tables = {
            "metrics": found.metrics,
            "ranks": found.ranks,
            "outcomes": found.outcomes.reset_index(),
            "regrets": found.regrets.reset_index(),
        }
        _write(folder, "robustness", robustness_markdown(found), tables, {"robustness": robustness_figure(found)})
    tell_found((robustness_markdown if markdown else robustness_text)(found), folder, is_markdown=markdown)


def _folder(output: str | None) -> Path | None:
    """Return the folder that is written to, after a look whether it can be."""
    if output is None:
        return None
    check_writable(Path(output))
    return Path(output)


def _write(folder: Path, name: str, text: str, tables: Mapping[str, pd.DataFrame], figures: Mapping[str, Plot]) -> None:
    for file, table in tables.items():
        write_csv(folder / f"{file}.csv", table, float_format="%.8g")
    write_text(folder / f"{name}.md", text)
    for file, figure in figures.items():
        write_whole(folder / f"{file}.png", figure.savefig)
