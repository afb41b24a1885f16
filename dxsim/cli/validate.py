"""``dxsim validate``: a scenario held against what was observed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dxsim.analysis.rivals import check_available
from dxsim.analysis.validation import Validation, runs_of, validate
from dxsim.cli.knockout import check_numbers, tell_found
from dxsim.cli.sweep import Progress
from dxsim.cli.terminal import tell
from dxsim.errors import check_all
from dxsim.files import write_csv, write_text, write_whole
from dxsim.language import in_language, say
from dxsim.nation.known_outcomes import KnownOutcomes, read_known_outcomes
from dxsim.nation.nation import Nation, load_nation
from dxsim.nation.vendor_table import VendorTable, read_vendor_table
from dxsim.records.store import check_writable
from dxsim.scenario.configuration import RunConfiguration, read_command_line
from dxsim.views.documents.validation import validation_markdown, validation_text
from dxsim.views.labels import labels

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
    from dxsim.kernel import is_warm

    configuration = read_command_line(overrides)
    with in_language(configuration.language):
        folder = Path(output) if output else configuration.output
        files: list[Files] = []
        check_all(
            say("command line"),
            [
                lambda: check_numbers(configuration.seed, seeds, threads),
                lambda: check_available() if with_rivals else None,
                lambda: check_writable(folder) if folder else None,
                lambda: files.append(read_files(configuration, outcomes)),
            ],
        )
        (given,) = files
        numbers = range(configuration.seed, configuration.seed + seeds)
        if not is_warm():
            tell(labels()["run_compile"], is_aside=True)
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


def read_files(configuration: RunConfiguration, outcomes: str | None) -> Files:
    """Return what the files hold that a command line names; all problems of a file at once."""
    nation = load_nation(configuration.nation)
    return Files(
        nation,
        read_known_outcomes(Path(outcomes), nation) if outcomes else None,
        read_vendor_table(configuration.vendor_table, nation) if configuration.vendor_table else None,
    )


def _write(found: Validation, folder: Path, *, figures: bool) -> None:
    for name in TABLES:
        table = getattr(found, name)
        if len(table.columns):
            write_csv(folder / f"{name}.csv", table.reset_index() if name == "seeds" else table, float_format="%.8g")
    write_text(folder / "validation.md", validation_markdown(found))
    if figures:
        from dxsim.views.sweep.validation import validation_figure

        write_whole(folder / "validation.png", validation_figure(found).savefig)
