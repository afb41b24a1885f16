"""``dxsim condition``: what is to be expected of the others, given what is known of some."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from dxsim.analysis.conditioning import Conditioning, condition
from dxsim.cli.knockout import tell_found
from dxsim.cli.sweep import Progress
from dxsim.cli.terminal import tell_of_compiling
from dxsim.cli.validate import checked
from dxsim.errors import InputError, Problem
from dxsim.files import write_csv, write_text, write_whole
from dxsim.language import in_language, say
from dxsim.scenario.configuration import read_command_line
from dxsim.views.documents.conditioning import conditioning_markdown, conditioning_text

TABLES = ("municipalities", "scores", "calibration", "strengths", "seeds", "kpis")


def print_conditioning(
    overrides: Sequence[str],
    outcomes: str,
    seeds: int,
    keep: float,
    threads: int | None,
    output: str | None,
    *,
    with_rivals: bool,
    markdown: bool,
) -> None:
    """Foretell single municipalities from those that are known, print how well, write that if a folder is named.

    Parameters
    ----------
    overrides : sequence of str
        As of ``dxsim run``; ``seed`` is the first of the seeds.
    outcomes : str
        File of what is known of single municipalities.
    seeds : int
        How many.
    keep : float
        Share of the seeds that are kept.
    threads : int or None
        Runs at a time; None: all processors.
    output : str or None
        Folder of the tables, their Markdown, the figure, and ``seeds.yaml``, the part of a study that runs on the seeds
        that are kept.
    with_rivals : bool
        Whether predictors without a simulation are scored too.
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
        share = partial(_check_share, keep)
        given = checked(configuration, outcomes, folder, seeds, threads, share, with_rivals=with_rivals)
        assert given.known is not None  # noqa: S101 - a file was named
        tell_of_compiling()
        with Progress(seeds) as progress:
            found = condition(
                given.nation,
                configuration.scenario,
                given.known,
                seeds=range(configuration.seed, configuration.seed + seeds),
                keep=keep,
                with_rivals=with_rivals,
                threads=threads,
                vendor_table=given.vendor_table,
                on_run=progress.add,
            )
        if folder:
            _write(found, folder, figures=configuration.figures)
        tell_found(conditioning_markdown(found) if markdown else conditioning_text(found), folder, is_markdown=markdown)


def _check_share(keep: float) -> None:
    if not 0 < keep <= 1:
        what = say("{key} must be {bounds} (got {value})", key="--keep", bounds=say("above 0, at most 1"), value=keep)
        raise InputError(say("command line"), [Problem("", what)])


def _write(found: Conditioning, folder: Path, *, figures: bool) -> None:
    for name in TABLES:
        write_csv(folder / f"{name}.csv", getattr(found, name), float_format="%.8g")
    write_text(folder / "seeds.yaml", f"seeds: {{numbers: [{', '.join(map(str, found.kept))}]}}\n")
    write_text(folder / "conditioning.md", conditioning_markdown(found))
    if figures:
        from dxsim.views.sweep.conditioning import conditioning_figure

        write_whole(folder / "conditioning.png", conditioning_figure(found).savefig)
