"""``dxsim run``: one run, from a command line to a folder of records and figures."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from dxsim.cli.terminal import tell, tell_of_compiling
from dxsim.language import fill, in_language
from dxsim.nation.nation import Nation, load_nation
from dxsim.nation.vendor_table import VendorTable, read_vendor_table
from dxsim.records import Records, check_output, simulate, write_records
from dxsim.records.provenance import without_folders
from dxsim.scenario.configuration import SYNTHETIC, RunConfiguration, read_command_line
from dxsim.scenario.policies import began_texts
from dxsim.scenario.scenario import is_path
from dxsim.scenario.warnings import warnings
from dxsim.terms.kpis import find_kpi
from dxsim.views.labels import changes_text, kpi_label, labels
from dxsim.views.quantities import SHOWN
from dxsim.views.text import columns
from dxsim.views.yen import yen_text

_DIGEST_DIGITS = 8


def run(overrides: Sequence[str]) -> None:
    """Read the overrides, simulate, draw and write; print the summary when nothing can be lost any more.

    Raises
    ------
    InputError
        Before anything is written, if any of the input is wrong.
    """
    configuration = read_command_line(overrides)
    with in_language(configuration.language):
        _run(configuration, overrides)


def _run(configuration: RunConfiguration, overrides: Sequence[str]) -> None:
    text = labels()
    nation = load_nation(configuration.nation)
    table = read_vendor_table(configuration.vendor_table, nation) if configuration.vendor_table else None
    folder = configuration.output or default_folder(configuration, nation, table)
    check_output(folder)
    for warning in warnings(configuration.scenario):
        tell(fill(text["warning"], warning=warning), is_aside=True)
    records = _simulate(configuration, nation, table, overrides)
    draw = None
    if configuration.figures:
        tell(text["run_draw"], is_aside=True)
        draw = partial(_draw, records, nation)
    write_records(records, folder, also=draw)
    tell(summary_text(records))
    tell(fill(text["run_written"], folder=folder))


def default_folder(configuration: RunConfiguration, nation: Nation, table: VendorTable | None = None) -> Path:
    """Return where results go if nobody says where: whatever can change them makes another folder.

    What is not dxsim's own, or was changed, is told apart by a digest of all that was run, whatever it is called.
    """
    scenario = configuration.scenario
    is_shipped = not (configuration.vendor_table or scenario.overrides or is_path(configuration.composed["scenario"]))
    content = [scenario.fingerprint, nation.fingerprint, table.fingerprint if table else ""]
    digest = hashlib.sha256(" ".join(content).encode()).hexdigest()
    parts = [
        scenario.name,
        nation.name if configuration.nation != SYNTHETIC else "",
        configuration.vendor_table.stem if configuration.vendor_table else "",
        "" if is_shipped and configuration.nation == SYNTHETIC else digest[:_DIGEST_DIGITS],
        f"seed{configuration.seed}",
    ]
    return Path("results") / "-".join(part for part in parts if part)


def _simulate(
    configuration: RunConfiguration, nation: Nation, table: VendorTable | None, overrides: Sequence[str]
) -> Records:
    text = labels()
    changes = changes_text(configuration.scenario.overrides)
    tell(
        fill(
            text["run_start"],
            scenario=configuration.scenario.name,
            changes=f" ({changes})" if changes else "",
            seed=configuration.seed,
            nation=nation.name,
            municipalities=f"{len(nation.municipalities):,}",
        ),
        is_aside=True,
    )
    tell_of_compiling()
    records = simulate(nation, configuration.scenario, configuration.seed, table)
    details = {
        "command": without_folders(["dxsim", "run", *overrides]),
        "configuration": without_folders(configuration.composed),
    }
    return replace(records, manifest={**records.manifest, **details})


def _draw(records: Records, nation: Nation, folder: Path) -> None:
    from dxsim.views.charts import draw_run

    draw_run(records, nation, folder / "figures")


def summary_text(records: Records) -> str:
    """Return the KPIs of a run as lines for a terminal, with declared series, and when policies that waited began."""
    text = labels()
    values = dict(zip(records.summary["kpi"], records.summary["value"], strict=True))
    deadline = str(records.manifest["scenario"]["values"]["policy.deadline"])
    rows = [[kpi_label(name, deadline), shown(name, values[name])] for name in SHOWN]
    declared = [name for name in values if name.startswith("declared_systems_")]
    surveys = [
        [
            find_kpi(name)[1]["month"],
            f"{values[name]:,.0f}",
            f"{values[name.replace('systems', 'municipalities')]:,.0f}",
        ]
        for name in declared
    ]
    heading = [text["survey"], text["survey_systems"], text["survey_municipalities"]]
    began = began_texts(records.manifest["scenario"]["policies"], records.manifest["policies_began"])
    parts = [columns(rows, right=[1])] + ([columns([heading, *surveys], right=[1, 2])] if surveys else [])
    return "\n\n".join([*parts, *(["\n".join(began)] if began else [])])


def shown(name: str, value: float) -> str:
    """Return a KPI's value as text, with its unit where the label does not say it."""
    if math.isnan(value):
        return labels()["not_reached" if name.startswith("months_to") else "none"]
    unit = find_kpi(name)[0].unit
    if unit.startswith("share"):
        return f"{value:.1%}"
    if unit == "yen":
        return yen_text(value)
    if unit in ("ratio", "-1 to 1", "-0.5 to 1"):
        return f"{value:.2f}"
    return f"{value:,.1f}" if name == "mean_late_systems" else f"{value:,.0f}"
