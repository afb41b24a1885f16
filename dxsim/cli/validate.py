"""``dxsim validate``: a scenario held against what was observed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from dxsim.analysis.rivals import check_available
from dxsim.analysis.validation import Validation, runs_of, validate
from dxsim.cli.knockout import check_numbers, tell_found
from dxsim.cli.sweep import Progress
from dxsim.cli.terminal import tell_of_compiling
from dxsim.errors import check_all
from dxsim.files import write_csv, write_text, write_whole
from dxsim.language import in_language, say
from dxsim.nation.known_outcomes import KnownOutcomes, read_known_outcomes
from dxsim.nation.nation import Nation, load_nation
from dxsim.nation.vendor_table import VendorTable, read_vendor_table
from dxsim.records.store import check_writable
from dxsim.scenario.configuration import RunConfiguration, read_command_line
from dxsim.views.documents.validation import validation_markdown, validation_text

TABLES = ("patterns", "seeds", "municipalities", "scores", "calibration", "nulls")


def print_validation(
    overrides: Sequence[str],
    outcomes: str | None,
    seeds: int,
    threads: int | None,
    output: str | None,
    *,
    with_rivals: bool,
    with_nulls: bool,
    markdown: bool,
) -> None:
    """Run a scenario over seeds, print how it does against what was observed, write that if a folder is named.

    Parameters
    ----------
    overrides : sequence of str
        As of ``dxsim run``; ``seed`` is the first of the seeds.
    outcomes : str or None
        File of what is known of single municipalities.
    seeds : int
        How many.
    threads : int or None
        Runs at a time; None: all processors.
    output : str or None
        Folder of the tables, their Markdown and the figure.
    with_rivals : bool
        Whether simpler predictors are scored too.
    with_nulls : bool
        Whether null models are run and scored too.
    markdown : bool
        Whether Markdown is printed in place of text.

    Raises
    ------
    InputError
        Before anything is simulated, if any of the input is wrong.
    """
    configuration = read_command_line(overrides)
    with in_language(configuration.language):
        folder = Path(output) if output else configuration.output
        given = checked(configuration, outcomes, folder, seeds, threads, with_rivals=with_rivals)
        numbers = range(configuration.seed, configuration.seed + seeds)
        tell_of_compiling()
        with Progress(runs_of(numbers, with_nulls=with_nulls)) as progress:
            found = validate(
                given.nation,
                configuration.scenario,
                seeds=numbers,
                known=given.known,
                with_rivals=with_rivals,
                with_nulls=with_nulls,
                threads=threads,
                vendor_table=given.vendor_table,
                on_run=progress.add,
            )
        if folder:
            _write(found, folder, figures=configuration.figures)
        tell_found(validation_markdown(found) if markdown else validation_text(found), folder, is_markdown=markdown)


class Files(NamedTuple):
    """What the files hold that a command line names."""

    nation: Nation
    known: KnownOutcomes | None
    vendor_table: VendorTable | None


def checked(
    configuration: RunConfiguration,
    outcomes: str | None,
    folder: Path | None,
    seeds: int,
    threads: int | None,
    *further: Callable[[], object],
    with_rivals: bool,
) -> Files:
    """Return what the files hold that a command line names, once all of it is right.

    Raises
    ------
    InputError
        With everything that is wrong, that which `further` checks refuse among it.
    """
    files: list[Files] = []

    def read() -> None:
        nation = load_nation(configuration.nation)
        known = read_known_outcomes(Path(outcomes), nation) if outcomes else None
        table = read_vendor_table(configuration.vendor_table, nation) if configuration.vendor_table else None
        files.append(Files(nation, known, table))

    check_all(
        say("command line"),
        [
            lambda: check_numbers(configuration.seed, seeds, threads),
            *further,
            lambda: check_available() if with_rivals else None,
            lambda: check_writable(folder) if folder else None,
            read,
        ],
    )
    return files[0]


def _write(found: Validation, folder: Path, *, figures: bool) -> None:
    for name in TABLES:
        table = getattr(found, name)
        if len(table.columns):
            write_csv(folder / f"{name}.csv", table.reset_index() if name == "seeds" else table, float_format="%.8g")
    write_text(folder / "validation.md", validation_markdown(found))
    if figures:
        from dxsim.views.sweep.validation import validation_figure

        write_whole(folder / "validation.png", validation_figure(found).savefig)
