"""``dxsim knockout``: what each mechanism does, by taking it away."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dxsim.analysis.knockout import Knockouts, knockout, runs_of, select_knockouts, shipped_knockouts
from dxsim.cli.sweep import Progress
from dxsim.cli.terminal import tell, tell_of_compiling
from dxsim.errors import InputError, Problem, check_all
from dxsim.files import write_csv, write_text, write_whole
from dxsim.language import fill, in_language, say
from dxsim.nation.nation import load_nation
from dxsim.nation.vendor_table import read_vendor_table
from dxsim.records.store import check_writable
from dxsim.scenario.configuration import RunConfiguration, read_command_line
from dxsim.sweep.settings import MOST_THREADS
from dxsim.terms.seeds import LARGEST_SEED
from dxsim.views.documents.knockouts import knockout_label, knockouts_markdown, knockouts_text
from dxsim.views.labels import labels
from dxsim.views.text import columns

MOST_SEEDS = 10_000
FILE = "knockouts"  # without its suffix


def list_knockouts() -> None:
    """Print what can be taken away: name, meaning, and what is set in its place."""
    rows = [[name, knockout_label(name), item.overrides] for name, item in shipped_knockouts().items()]
    tell(columns(rows))


def print_knockouts(
    overrides: Sequence[str],
    names: Sequence[str],
    seeds: int,
    threads: int | None,
    output: str | None,
    *,
    markdown: bool,
) -> None:
    """Run a scenario with and without each mechanism, print the differences, write them if a folder is named.

    Parameters
    ----------
    overrides : sequence of str
        As of ``dxsim run``; ``seed`` is the first of the seeds.
    names : sequence of str
        What is taken away; everything if empty.
    seeds : int
        How many.
    threads : int or None
        Runs at a time; None: all processors.
    output : str or None
        Folder of the table, its Markdown and the figure.
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
        check_all(
            say("command line"),
            [
                lambda: check_numbers(configuration.seed, seeds, threads),
                lambda: select_knockouts(names),
                lambda: check_writable(folder) if folder else None,
            ],
        )
        found = _run(configuration, names, range(configuration.seed, configuration.seed + seeds), threads)
        if folder:
            _write(found, folder, figures=configuration.figures)
        tell_found(knockouts_markdown(found) if markdown else knockouts_text(found), folder, is_markdown=markdown)


def tell_found(text: str, folder: Path | None, *, is_markdown: bool) -> None:
    """Print what was found, and aside, if Markdown is for a file, in which `folder` it was written."""
    tell(text, end="" if is_markdown else "\n")
    if folder:
        tell(fill(labels()["nation_written"], folder=folder), is_aside=is_markdown)


def check_numbers(first: int, seeds: int, threads: int | None) -> None:
    """Refuse numbers of seeds, from the `first` on, or threads that are out of bounds, all at once."""
    wanted = {"seeds": (seeds, 2, min(MOST_SEEDS, LARGEST_SEED - first + 1)), "threads": (threads, 1, MOST_THREADS)}
    problems = []
    for key, (value, low, high) in wanted.items():
        if value is not None and not low <= value <= high:
            bounds = say("a whole number from {low} to {high}", low=low, high=high)
            what = say("{key} must be {bounds} (got {value})", key=f"--{key}", bounds=bounds, value=value)
            problems.append(Problem("", what))
    if problems:
        raise InputError(say("command line"), problems)


def _run(configuration: RunConfiguration, names: Sequence[str], seeds: Sequence[int], threads: int | None) -> Knockouts:
    nation = load_nation(configuration.nation)
    table = read_vendor_table(configuration.vendor_table, nation) if configuration.vendor_table else None
    runs = runs_of(configuration.scenario, names, seeds)
    tell_of_compiling()
    with Progress(runs) as progress:
        return knockout(
            nation,
            configuration.scenario,
            names,
            seeds=seeds,
            threads=threads,
            vendor_table=table,
            on_run=progress.add,
        )


def _write(found: Knockouts, folder: Path, *, figures: bool) -> None:
    write_csv(folder / f"{FILE}.csv", found.differences, float_format="%.8g")
    write_text(folder / f"{FILE}.md", knockouts_markdown(found))
    if figures:
        from dxsim.views.sweep.knockouts import knockouts_figure

        write_whole(folder / f"{FILE}.png", knockouts_figure(found).savefig)
