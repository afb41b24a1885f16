"""``dxsim compare``: what differs between alternatives of finished sweeps, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from dxsim.analysis import Comparison, compare, sensitivity
from dxsim.analysis.comparison import compared, unfinished, write_tables
from dxsim.analysis.indices import is_drawn
from dxsim.analysis.selection import Alternative, check_kpis, select
from dxsim.cli.terminal import tell
from dxsim.errors import InputError
from dxsim.language import fill, say
from dxsim.nation.nation import SYNTHETIC, Nation, load_nation
from dxsim.records.store import check_writable
from dxsim.views.labels import labels
from dxsim.views.quantities import SHOWN, Scale, outcome_label, scale_of_differences
from dxsim.views.text import columns

_NAMED_LEFT_OUT = 5
_ORIGIN = ("nation", "vendor_table", "code")


def print_comparison(selections: Sequence[str], kpis: Sequence[str], output: str | None, *, figures: bool) -> None:
    """Print the differences by KPI; write all tables and figures if a folder is named.

    Parameters
    ----------
    selections : sequence of str
        As `dxsim.analysis.compare` takes them.
    kpis : sequence of str
        What is printed; a choice of KPIs if empty. Tables always hold all of them.
    output : str or None
        Folder of tables and figures.
    figures : bool
        Whether figures are drawn too.

    Raises
    ------
    InputError
        If a selection or a KPI is wrong, or there is nothing to compare.
    """
    if output:
        check_writable(Path(output))
    chosen = select(selections)
    found = compare(*chosen)
    known = list(dict.fromkeys(found.differences["kpi"]))
    check_kpis(say("comparison"), kpis, known)
    shown = list(kpis) or [name for name in SHOWN if name in known] or known
    if output:
        _write(found, compared(found, chosen), Path(output), figures=figures)
    tell(comparison_text(found, shown))
    if output:
        tell(fill(labels()["nation_written"], folder=output))


def _write(found: Comparison, alternatives: Sequence[Alternative], folder: Path, *, figures: bool) -> None:
    """Write all tables, with sensitivity of the reference where something was drawn, and the figures."""
    tables = found.tables()
    if is_drawn(alternatives[0]):
        tables["sensitivity"] = sensitivity(alternatives[0])
    write_tables(tables, folder)
    if figures:
        from dxsim.views.charts import draw_sweep
        from dxsim.views.sweep.data import SweepData

        data = SweepData(alternatives, found, _nation(alternatives[0]), tables.get("sensitivity"))
        draw_sweep(data, folder / "figures")


def _nation(reference: Alternative) -> Nation | None:
    """Return the nation that municipalities were recorded of, if it is still where it was."""
    results = reference.results
    if results.municipalities.empty:
        return None
    where = results.manifest["nation"]["where"]
    try:
        return load_nation(where if where == SYNTHETIC else results.folder / where)
    except InputError as error:
        tell(labels()["warning"].format(warning=error), is_aside=True)
        return None


def comparison_text(found: Comparison, kpis: Sequence[str]) -> str:
    """Return a comparison as text for a terminal: what is unfinished, who is compared, the differences KPI by KPI."""
    parts = [
        "\n".join(unfinished(found.alternatives)),
        _heading(found),
        _differences(found, kpis),
        *_notes(found, kpis),
    ]
    return "\n\n".join(part for part in parts if part)


def _heading(found: Comparison) -> str:
    reference = found.alternatives["case"].iloc[0]
    first = say("Differences from {reference}, pair by pair (same seeds, same parameters)", reference=reference)
    of_cases = [
        say(
            "  {case} ({variant}): {pairs} pairs ({seeds} seeds, {points} points); without a partner "
            "{unmatched_reference} of the reference and {unmatched_case} of its own",
            **row,
        )
        for row in found.pairs.to_dict("records")
    ]
    return "\n".join([first, *of_cases])


def _differences(found: Comparison, kpis: Sequence[str]) -> str:
    """Return a block for each KPI: the reference, then each case."""
    table = found.differences
    kinds = {
        "monte_carlo": say("Monte Carlo 95 %"),
        "parametric": say("parametric 95 %"),
        "structural": say("structural range"),
    }
    kinds = {kind: name for kind, name in kinds.items() if table[f"{kind}_low"].notna().any()}
    over = {"seeds": say("seeds"), "points": say("points"), "variants": say("variants")}
    over = {unit: name for unit, name in over.items() if (table[unit] > 1).any()}
    turned = [say("reversed ({over})", over="/".join(over.values()))] if over else []
    head = ["", say("mean"), say("difference"), *kinds.values(), "", say("seeds"), *turned]
    rows, titles = [head], {}
    for kpi in kpis:
        of_kpi = table[table["kpi"] == kpi]
        scale = scale_of_differences(of_kpi)
        titles[len(rows)] = fill(
            labels()["compare_kpi"],
            label=outcome_label(kpi),
            unit=scale.unit,
            better=labels()[f"better_{of_kpi['better'].iloc[0]}"],
        )
        rows += _rows(of_kpi, found.alternatives["case"][0], scale, list(kinds), list(over))
    right = [1, 2, *range(3, 3 + len(kinds)), *range(4 + len(kinds), len(head))]
    lines = columns(rows, right=right).splitlines()
    return "\n".join(f"{titles[number]}\n{line}" if number in titles else line for number, line in enumerate(lines))


def _rows(
    rows: pd.DataFrame, reference: str, scale: Scale, kinds: Sequence[str], over: Sequence[str]
) -> list[list[str]]:
    """Return the lines of a KPI: the reference, then each case."""
    empty = [""] * (3 + len(kinds) + bool(over))
    lines = [[f"  {reference}", scale.text(rows["reference_mean"].iloc[0]), *empty]]
    for row in rows.to_dict("records"):
        intervals = [scale.range_text(row[f"{kind}_low"], row[f"{kind}_high"]) for kind in kinds]
        turned = "/".join(
            "–" if pd.isna(row[f"reversed_{unit}"]) else f"{row[f'reversed_{unit}']:.0%}" for unit in over
        )
        lines.append(
            [
                f"  {row['case']}",
                scale.text(row["case_mean"]),
                scale.text(row["difference"], signed=True),
                *intervals,
                labels()[f"verdict_{row['verdict']}"],
                f"{row['seeds']:.0f}/{row['seeds_needed']:.0f}",
                *([turned] if over else []),
            ]
        )
    return lines


def _notes(found: Comparison, kpis: Sequence[str]) -> list[str]:
    notes = [
        say("Verdicts follow the Monte Carlo interval: how sure a difference is with these parameters and this model"),
        say("Parametric and structural intervals say how far it hangs on what nobody knows and on how it is modelled"),
        say("Seeds: used/needed for a claim about half a point of a share, or about 1 % of the mean of anything else"),
    ]
    unlike = [part for part in _ORIGIN if found.alternatives[part].nunique() > 1]
    if unlike:
        what = say(
            "not the same for all alternatives, so differences come from it too: {parts}", parts=", ".join(unlike)
        )
        notes.insert(0, fill(labels()["warning"], warning=what))
    more = found.differences["kpi"].nunique() - len(kpis)
    if more:
        notes.append(say("{count} more KPIs: see --kpi NAME, or the tables that -o FOLDER writes", count=more))
    if found.left_out:
        names = ", ".join(found.left_out[:_NAMED_LEFT_OUT]) + (" ..." if len(found.left_out) > _NAMED_LEFT_OUT else "")
        notes.append(
            say("left out, because not all have them: {names} ({count})", names=names, count=len(found.left_out))
        )
    return ["\n".join(notes)]
