"""``dxsim explain``: one municipality's story in words, with what would have changed it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from dxsim.cli.terminal import tell, tell_of_compiling
from dxsim.files import write_csv, write_text, write_whole
from dxsim.language import fill, in_language, say
from dxsim.nation.nation import load_nation
from dxsim.nation.vendor_table import read_vendor_table
from dxsim.records.biography import Biography, biography, counterfactuals, find_municipality
from dxsim.records.store import check_writable
from dxsim.scenario.configuration import RunConfiguration, read_command_line
from dxsim.views.documents.story import story
from dxsim.views.labels import labels


def explain(code: str, overrides: Sequence[str], output: str | None) -> None:
    """Follow a municipality through a run, print its story, and write figure and tables if a folder is named.

    Raises
    ------
    InputError
        Before anything is simulated, if any of the input is wrong.
    """
    configuration = read_command_line(overrides)
    with in_language(configuration.language):
        _explain(configuration, code, output)


def _explain(configuration: RunConfiguration, code: str, output: str | None) -> None:
    folder = Path(output) if output else configuration.output
    nation = load_nation(configuration.nation)
    row = find_municipality(nation, code)
    table = read_vendor_table(configuration.vendor_table, nation) if configuration.vendor_table else None
    if folder:
        check_writable(folder)
    _announce()
    arguments = (
        nation,
        configuration.scenario,
        configuration.seed,
        str(nation.municipalities["code"].iloc[row]),
        table,
    )
    told, changes = biography(*arguments), counterfactuals(*arguments)
    text = story(told, changes)
    if folder:
        _write(told, changes, text, folder, figures=configuration.figures)
    tell(text)
    if folder:
        tell(fill(labels()["nation_written"], folder=folder))


def _announce() -> None:
    tell_of_compiling()
    tell(say("Running the model, and once more for each thing that might have been different"), is_aside=True)


def _write(told: Biography, changes: pd.DataFrame, text: str, folder: Path, *, figures: bool) -> None:
    for name, table in {**told.tables(), "counterfactuals": changes}.items():
        write_csv(folder / f"{name}.csv", table)
    write_text(folder / "story.txt", text + "\n")
    if figures:
        from dxsim.views.run.timeline import timeline_figure

        write_whole(folder / "timeline.png", timeline_figure(told).savefig)
