"""``dxsim sweep`` and ``dxsim reproduce``: from a study's file to a folder of results, through every interruption."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dxsim.characters import visible
from dxsim.cli.terminal import tell, tell_of_compiling
from dxsim.errors import DxsimError, InputError, Problem
from dxsim.language import current_language, fill, say
from dxsim.sweep.cost import Cost, estimate
from dxsim.sweep.execution import stop_on_signal
from dxsim.sweep.layout import ASIDE, FAILED, TABLES
from dxsim.sweep.mending import damage, restore
from dxsim.sweep.recording import Job
from dxsim.sweep.runner import Sweep, begin_sweep, carry_on, is_finished, mend, open_sweep
from dxsim.sweep.settings import Settings, read_settings
from dxsim.sweep.store import Results, read_results
from dxsim.sweep.study_file import read_study, study_names
from dxsim.sweep.verification import reproduce, verify
from dxsim.views.labels import labels
from dxsim.views.text import columns

if TYPE_CHECKING:
    from dxsim.sweep.study import Study

_SHOWN_FAILURES, _SHOWN_FILES = 5, 5
_ON_SCREEN, _IN_LOG = 0.5, 30.0  # seconds between two lines of progress
_UNITS = ("B", "kB", "MB", "GB", "TB")


def list_studies() -> None:
    """Print the studies that ship, with their questions."""
    studies = [read_study(name) for name in study_names()]
    rows = [[study.name, study.question.get(current_language()) or study.question.get("en", "")] for study in studies]
    tell(columns(rows))


def plan(study: Study, words: Sequence[str]) -> None:
    """Plan a study, write the plan into its folder, and print what it would cost; nothing is run for good."""
    settings = read_settings(words)
    sweep = begin_sweep(study, settings.output)
    tell(_design_text(sweep))
    jobs = sweep.missing()
    if jobs:
        tell(_card(_estimate(sweep, jobs, settings), sweep))
    tell(fill(labels()["sweep_planned"], folder=sweep.results.folder))


def run(study: Study, words: Sequence[str], is_agreed: bool) -> None:
    """Begin a sweep, or go on with it if it has begun; ask first, with a card of what it costs."""
    settings = read_settings(words)
    sweep = begin_sweep(study, settings.output)
    tell(_design_text(sweep))
    _carry_on(sweep, Sweep.missing, settings, is_agreed)


def resume(folder: str, words: Sequence[str]) -> None:
    """Do exactly what is missing, and again what is damaged."""
    settings = read_settings(words)
    _carry_on(_mended(folder, settings), Sweep.missing, settings, is_agreed=True)


def retry(folder: str, words: Sequence[str]) -> None:
    """Do again what failed, and nothing else."""
    settings = read_settings(words)
    _carry_on(_mended(folder, settings), Sweep.failed, settings, is_agreed=True)


def status(folder: str) -> None:
    """Print how far a sweep is, and what failed.

    Raises
    ------
    InputError
        If a file is damaged; what is said of the other runs holds.
    """
    results = read_results(folder)
    tell(_status_text(results))
    if problems := results.problems():
        raise damage(results.folder, problems)


def check(folder: str) -> None:
    """Print that a sweep is complete and as it was written.

    Raises
    ------
    InputError
        With everything that is wrong with it.
    """
    results = read_results(folder)
    if problems := results.problems():
        raise damage(results.folder, problems)
    if problems := verify(results):
        raise InputError(say("sweep '{folder}'", folder=folder), problems)
    tell(fill(labels()["sweep_verified"], runs=len(results.runs()), files=len(results.checksums())))


def export(folder: str, path: str) -> None:
    """Write a sweep as a table of NetLogo's BehaviorSpace."""
    from dxsim.sweep.behaviorspace import export_behaviorspace

    export_behaviorspace(folder, path)
    tell(fill(labels()["run_written"], folder=path))


def reproduce_run(folder: str, run_id: str, words: Sequence[str]) -> None:
    """Run one run of a sweep again and say whether it is the same, bit for bit.

    Raises
    ------
    DxsimError
        If it is not.
    """
    settings = read_settings(words)
    sweep = open_sweep(folder, settings)
    for change in sweep.changes:
        tell(labels()["warning"].format(warning=change), is_aside=True)
    found = reproduce(sweep, run_id)
    if found.differences:
        raise DxsimError(
            say(
                "run {run} is not reproduced; what differs: {columns}",
                run=found.run,
                columns=", ".join(found.differences[:10]),
            )
        )
    if found.after["status"] == FAILED:
        tell(fill(labels()["sweep_fails_again"], run=found.run, what=_failure_text(found.after)))
    else:
        tell(fill(labels()["sweep_reproduced"], run=found.run))


def _mended(folder: str, settings: Settings) -> Sweep:
    """Return a sweep, what it began with put right."""
    _tell_aside(folder, restore(Path(folder)))
    return open_sweep(folder, settings)


def _tell_aside(folder: str | Path, names: Sequence[str]) -> None:
    """Say which files were put aside."""
    if names:
        shown = ", ".join(names[:_SHOWN_FILES]) + (" ..." if len(names) > _SHOWN_FILES else "")
        text = fill(labels()["sweep_put_aside"], count=len(names), folder=Path(folder) / ASIDE, files=shown)
        tell(text, is_aside=True)


def _carry_on(sweep: Sweep, what: Callable[[Sweep], list[Job]], settings: Settings, is_agreed: bool) -> None:
    results = sweep.results
    with results.locked(), stop_on_signal() as stop:
        _tell_aside(results.folder, mend(sweep))
        jobs = what(sweep)
        if not jobs and is_finished(sweep):
            tell(_status_text(results))
            return
        batch = 1
        if jobs:
            cost = _estimate(sweep, jobs, settings)
            tell(_card(cost, sweep))
            batch = cost.batch
        if not (is_agreed or not jobs or _is_agreed()):
            return
        progress = Progress(len(jobs))
        try:
            with progress:
                carry_on(sweep, jobs, settings, batch, stop.is_set, progress.add)
        except OSError as error:
            raise _interrupted(results, error) from error
        if stop.is_set() and what(sweep):
            tell(fill(labels()["sweep_stopped"], folder=results.folder), is_aside=True)
            raise KeyboardInterrupt
    tell(_status_text(results))


def _interrupted(results: Results, error: OSError) -> InputError:
    what = say("{reason}: {file}", reason=error.strerror or error, file=error.filename or results.folder)
    hint = say("what is finished is kept; go on with: dxsim sweep resume {folder}", folder=results.folder)
    return InputError(say("sweep '{folder}'", folder=results.folder), [Problem("", what), Problem("", hint)])


def _estimate(sweep: Sweep, jobs: Sequence[Job], settings: Settings) -> Cost:
    tell_of_compiling()
    threads = settings.threads * (settings.workers if settings.execution == "dask" else 1)
    return estimate(jobs, sweep.context, threads, sweep.results.folder)


def _is_agreed() -> bool:
    """Ask; where nobody can answer, refuse and say how to agree beforehand."""
    if not sys.stdin.isatty():
        raise InputError(say("command line"), [Problem("", say("nobody is there to agree; add --yes"))])
    try:
        return input(labels()["sweep_ask"]).strip().lower() in ("y", "yes", "はい")
    except EOFError:
        return False


def _design_text(sweep: Sweep) -> str:
    table = sweep.context.plan.table
    return fill(
        labels()["sweep_design"],
        study=sweep.results.manifest["study"]["name"],
        sweep=sweep.results.manifest["sweep"],
        cases=table["case"].nunique(),
        points=table["point"].nunique(),
        seeds=len(table) // max(1, len(table[["case", "point"]].drop_duplicates())),
        runs=f"{table['run'].nunique():,}",
    )


def _card(cost: Cost, sweep: Sweep) -> str:
    lines = [
        ("sweep_card_runs", f"{cost.runs:,}"),
        ("sweep_card_time", _duration(cost.seconds)),
        ("sweep_card_memory", _bytes(cost.memory)),
        ("sweep_card_disk", _bytes(cost.disk)),
    ]
    notes = {
        "sweep_card_time": fill(
            labels()["sweep_card_pilot"], seconds=f"{cost.seconds_a_run:.2g}", threads=cost.threads
        ),
        "sweep_card_disk": fill(labels()["sweep_card_free"], free=_bytes(cost.free), folder=sweep.results.folder),
    }
    return columns([["  " + labels()[key], value, notes.get(key, "")] for key, value in lines])


def _status_text(results: Results) -> str:
    runs, total = results.runs(TABLES), results.manifest["runs"]
    failed = runs[runs["status"] == FAILED]
    lines = [
        fill(
            labels()["sweep_status"],
            done=f"{len(runs) - len(failed):,}",
            total=f"{total:,}",
            failed=len(failed),
            folder=results.folder,
        )
    ]
    for row in failed.head(_SHOWN_FAILURES).to_dict("records"):
        replay = " ".join(["dxsim", "reproduce", str(results.folder), row["run"]])
        lines.append(f"  {row['run']}  {_failure_text(row)}\n    {replay}")
    if len(failed) > _SHOWN_FAILURES:
        lines.append("  " + fill(labels()["sweep_more_failures"], count=len(failed) - _SHOWN_FAILURES))
    if len(runs) < total:
        lines.append(fill(labels()["sweep_go_on"], folder=results.folder))
    elif len(failed):
        lines.append(fill(labels()["sweep_try_again"], folder=results.folder))
    return "\n".join(lines)


def _failure_text(row: Mapping[str, object]) -> str:
    return visible(f"{row['error']}: {str(row['message']).partition(chr(10))[0]}")


def _duration(seconds: float) -> str:
    """Return a time as people say it.

    Examples
    --------
    >>> _duration(12.3), _duration(754), _duration(7_500)
    ('13 s', '13 min', '2 h 5 min')
    """
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds == int(seconds) else f"{int(seconds) + 1} s"
    minutes = -(-int(seconds) // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _bytes(count: float) -> str:
    place = 0
    while count >= 1000 and place < len(_UNITS) - 1:
        count, place = count / 1000, place + 1
    return f"{count:.3g} {_UNITS[place]}"


class Progress:
    """Says on standard error how many runs are done, how fast, and how long the rest will take.

    On a terminal one line is written over and over; elsewhere a new line comes every half a minute.

    Parameters
    ----------
    total : int
        Runs to do.
    """

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._lock, self._end = threading.Lock(), threading.Event()
        self._begin = time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        self._thread = threading.Thread(target=self._show, name="dxsim-progress", daemon=True)

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._thread.join()
        if self._total:
            print(("\r" if self._is_terminal else "") + self._line(), file=sys.stderr, flush=True)

    def add(self, count: int) -> None:
        """Count further runs; from any thread."""
        with self._lock:
            self._done += count

    def _show(self) -> None:
        while not self._end.wait(_ON_SCREEN if self._is_terminal else _IN_LOG):
            start, end = ("\r", "") if self._is_terminal else ("", "\n")
            print(start + self._line(), end=end, file=sys.stderr, flush=True)

    def _line(self) -> str:
        seconds = time.monotonic() - self._begin
        rate = self._done / seconds if seconds > 0 else 0.0
        left = _duration((self._total - self._done) / rate) if rate > 0 else "?"
        return fill(
            labels()["sweep_progress"], done=f"{self._done:,}", total=f"{self._total:,}", rate=f"{rate:.3g}", left=left
        )
