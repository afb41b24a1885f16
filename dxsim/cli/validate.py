"""``dxsim validate``: a scenario held against what was observed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dxsim.analysis.rivals import check_available
from dxsim.analysis.validation import Validation, validate
from dxsim.cli.knockout import check_numbers, tell_found
from dxsim.cli.sweep import Progress
from dxsim.cli.terminal import tell
from dxsim.files import write_csv, write_text, write_whole
from dxsim.language import in_language
from dxsim.nation.known_outcomes import read_known_outcomes
from dxsim.nation.nation import load_nation
from dxsim.nation.vendor_table import read_vendor_table
from dxsim.records.store import check_writable
from dxsim.scenario.configuration import RunConfiguration, read_command_line
from dxsim.views.documents.validation import validation_markdown, validation_text
from dxsim.views.labels import labels

TABLES = ("patterns", "seeds", "municipalities", "scores", "calibration")


def print_validation(
    overrides: Sequence[str],
    outcomes: str | None,
    seeds: int,
    threads: int | None,
    output: str | None,
    *,
    with_rivals: bool,
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
    markdown : bool
        Whether Markdown is printed in place of text.

    Raises
    ------
    InputError
        Before anything is simulated, if any of the input is wrong.
    """
    configuration = read_command_line(overrides)
    with in_language(configuration.language):
        check_numbers(configuration.seed, seeds, threads)
        if with_rivals:
            check_available()
        folder = Path(output) if output else configuration.output
        if folder:
            check_writable(folder)
        numbers = range(configuration.seed, configuration.seed + seeds)
        found = _run(configuration, outcomes, numbers, threads, with_rivals=with_rivals)
        if folder:
            _write(found, folder, figures=configuration.figures)
        tell_found(validation_markdown(found) if markdown else validation_text(found), folder, is_markdown=markdown)


def _run(
    configuration: RunConfiguration,
    outcomes: str | None,
    seeds: Sequence[int],
    threads: int | None,
    *,
    with_rivals: bool,
) -> Validation:
    from dxsim.kernel import is_warm

    nation = load_nation(configuration.nation)
    known = read_known_outcomes(Path(outcomes), nation) if outcomes else None
    table = read_vendor_table(configuration.vendor_table, nation) if configuration.vendor_table else None
    if not is_warm():
        tell(labels()["run_compile"], is_aside=True)
    with Progress(len(seeds)) as progress:
        return validate(
            nation,
            configuration.scenario,
            seeds=seeds,
            known=known,
            with_rivals=with_rivals,
            threads=threads,
            vendor_table=table,
            on_run=progress.add,
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
