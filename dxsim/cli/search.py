"""``dxsim search``: policies that no other beats in everything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dxsim.analysis.search import PolicySearch, read_search, search_policies
from dxsim.analysis.search.proposals import check_available
from dxsim.cli.knockout import tell_found
from dxsim.cli.sweep import Progress
from dxsim.cli.terminal import tell, tell_of_compiling
from dxsim.files import write_csv, write_text, write_whole
from dxsim.language import in_language, say
from dxsim.records.store import check_writable
from dxsim.sweep.settings import read_settings
from dxsim.views.documents.search import search_markdown, search_text

SETTINGS = ("output", "threads", "language")
_ID_DIGITS = 8


def print_search(name: str, words: Sequence[str]) -> None:
    """Search, or go on with it; print what was found, and write it into the folder of the search.

    Parameters
    ----------
    name : str
        Of a search that ships, or a path.
    words : sequence of str
        ``KEY=VALUE`` of `SETTINGS`.

    Raises
    ------
    InputError
        Before anything is simulated, if any of the input is wrong.
    """
    settings = read_settings(words, SETTINGS)
    with in_language(settings.language):
        check_available()
        asked = read_search(name)
        folder = settings.output or Path("results") / asked.name / asked.fingerprint[:_ID_DIGITS]
        check_writable(folder)
        tell_of_compiling()
        what = say(
            "At most {runs:,} runs; ended early, the same command goes on: {folder}", runs=asked.budget, folder=folder
        )
        tell(what, is_aside=True)
        with Progress((1 + asked.generations * asked.population) * asked.runs_of_one) as progress:
            found = search_policies(asked, folder, threads=settings.threads, on_run=progress.add)
        _write(found, folder)
        tell_found(search_text(found), folder, is_markdown=False)


def _write(found: PolicySearch, folder: Path) -> None:
    from dxsim.views.sweep.search import search_figure

    write_csv(folder / "candidates.csv", found.candidates, float_format="%.8g")
    write_csv(folder / "front.csv", found.front, float_format="%.8g")
    write_text(folder / "search.md", search_markdown(found))
    write_whole(folder / "search.png", search_figure(found).savefig)
