"""A sweep from its study to its summary: begin, go on with what is missing, try again what failed, check, reproduce."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from dxsim.errors import InputError, Problem
from dxsim.files import sha256
from dxsim.language import say
from dxsim.nation.nation import SYNTHETIC, load_nation
from dxsim.nation.vendor_table import read_vendor_table
from dxsim.records.provenance import code_identity, describe_nation, describe_software, now, without_folders
from dxsim.sweep.cluster import run_on_cluster
from dxsim.sweep.crate import write_crate
from dxsim.sweep.dictionary import dictionary_text
from dxsim.sweep.execution import run_here, stop_on_signal
from dxsim.sweep.inspection import faults_of_made
from dxsim.sweep.layout import CRATE, DICTIONARY, FAILED, FILES, FINISHED, PLAN, STUDY, SUMMARY, is_sweep
from dxsim.sweep.mending import restore
from dxsim.sweep.outcomes import Outcomes
from dxsim.sweep.plan import make_plan, read_plan
from dxsim.sweep.recording import Context, Job, lost_batch, run_batch
from dxsim.sweep.settings import Settings
from dxsim.sweep.store import Batch, Results, create_folder, read_results, write_batch
from dxsim.sweep.study import Study
from dxsim.sweep.study_file import read_study, study_text
from dxsim.sweep.summary import write_summary
from dxsim.terms.kpis import kpi_names
from dxsim.terms.municipalities import ALL

_ID_DIGITS = 8
_BATCH_SIZE = 16  # where nobody waits to see the cost first


@dataclass(frozen=True)
class Sweep:
    """A sweep: its folder, what its runs share, and how the code has changed since it began, if it has."""

    results: Results
    context: Context
    changes: tuple[Problem, ...] = ()

    def missing(self) -> list[Job]:
        """Return what was never tried, or is damaged, in the order of the plan, each run once."""
        runs = self.results.runs()
        attempts = dict(runs[["run", "attempt"]].itertuples(index=False))
        lost = self.results.manifest["lost"]  # tried again since, before that was damaged
        attempts |= {run: 0 for run in lost if attempts.get(run) == lost[run]}
        first_rows = self.context.plan.table["run"].drop_duplicates()
        jobs = [(run, int(row), lost.get(run, 0) + 1) for row, run in first_rows.items() if not attempts.get(run)]
        return [Job(*job) for job in sorted(jobs, key=lambda job: job[2])]

    def failed(self) -> list[Job]:
        """Return what failed the last time, in the order of the plan, each run once."""
        runs = self.results.runs()
        attempts = dict(runs.loc[runs["status"] == FAILED, ["run", "attempt"]].itertuples(index=False))
        first_rows = self.context.plan.table["run"].drop_duplicates()
        return [Job(run, int(row), attempts[run] + 1) for row, run in first_rows.items() if run in attempts]


def begin_sweep(study: Study, folder: str | Path | None = None) -> Sweep:
    """Plan a study and make its folder; if that sweep has begun there before, open it.

    Parameters
    ----------
    study : Study
        What is asked.
    folder : str or Path, optional
        Where it goes; ``results/<study>/<sweep id>`` by default. The id follows from the plan and what is recorded.

    Raises
    ------
    InputError
        If the study can't be planned, or another sweep, or something else, is in that folder.
    """
    nation = load_nation(study.nation)
    table = read_vendor_table(Path(study.vendor_table), nation) if study.vendor_table else None
    plan = make_plan(study, nation, table)
    surveys = sorted({month for scenario in plan.bases.values() for month in scenario.surveys})
    kpis = kpi_names(surveys) if study.outcomes.kpis == ALL else tuple(study.outcomes.kpis)
    told = study.data()
    plain = {key: without_folders(part) for key, part in told.items()}
    identifier = sweep_id(plan.fingerprint, told["outcomes"])
    where = Path(folder) if folder else Path("results") / study.name / identifier
    if is_sweep(where):
        restore(where)
        return _known(open_sweep(where), identifier)
    manifest = {
        **describe_software(),
        "sweep": identifier,
        "study": plain,
        "outcomes": told["outcomes"],
        "plan_fingerprint": plan.fingerprint,
        "code": dict(code_identity()),
        "kpis": list(kpis),
        "nation": {**describe_nation(nation), "where": _seen_from(where, study.nation)},
        "vendor_table": {
            "sha256": plan.vendor_fingerprint,
            "where": _seen_from(where, study.vendor_table) if study.vendor_table else None,
        },
        "runs": int(plan.table["run"].nunique()),
        "started": now().isoformat(timespec="seconds"),
    }
    texts = {STUDY: study_text(plain), DICTIONARY: dictionary_text(plan, kpis, study.outcomes)}
    results = create_folder(where, manifest, plan.write, texts)
    return Sweep(results, Context(plan, nation, table, study.outcomes, kpis))


def open_sweep(folder: str | Path, settings: Settings | None = None) -> Sweep:
    """Open a sweep that has begun, to go on with it (if the code is as it was) or to reproduce its runs (in any case).

    Parameters
    ----------
    folder : str or Path
        Of the sweep.
    settings : Settings, optional
        With ``nation`` and ``vendor_table``, where these are if they were moved.

    Raises
    ------
    InputError
        If the nation or the vendors are not those that the sweep began with.
    """
    results = read_results(folder)
    manifest = results.manifest
    plan = read_plan(results.folder / PLAN)
    settings = settings or Settings()
    nation = load_nation(settings.nation or _seen_from_here(results.folder, manifest["nation"]["where"]))
    kept = manifest["vendor_table"]["where"]
    where = settings.vendor_table or (results.folder / kept if kept else None)
    table = read_vendor_table(where, nation) if where else None
    who = {"nation": nation.fingerprint, "vendor_table": table.fingerprint if table else ""}
    before = {"nation": manifest["nation"]["fingerprint"], "vendor_table": manifest["vendor_table"]["sha256"]}
    if problems := _changes(before, who):
        raise InputError(say("sweep '{folder}'", folder=folder), problems)
    context = Context(plan, nation, table, Outcomes(**manifest["outcomes"]), tuple(manifest["kpis"]))
    return Sweep(results, context, tuple(_changes(manifest["code"], code_identity())))


def run_sweep(study: Study | str | Path, folder: str | Path | None = None, threads: int | None = None) -> Results:
    """Run a study in this process, or what is missing of it, and return what it found.

    Parameters
    ----------
    study : Study, str or Path
        Made in Python, or what `read_study` reads: the name of one that ships, or a file.
    folder : str or Path, optional
        See `begin_sweep`.
    threads : int, optional
        All processors by default.

    Examples
    --------
    >>> import dxsim
    >>> study = dxsim.Study("engineers", levers={"policy.capacity_programme": [0, 0.2]})
    >>> dxsim.run_sweep(study).kpis["run"].is_unique
    True
    """
    sweep = begin_sweep(study if isinstance(study, Study) else read_study(study), folder)
    settings = Settings() if threads is None else Settings(threads=threads)
    with sweep.results.locked(), stop_on_signal() as stop:
        mend(sweep)
        carry_on(sweep, sweep.missing(), settings, _BATCH_SIZE, stop.is_set)
        if stop.is_set():
            raise KeyboardInterrupt
    return Results(sweep.results.folder, sweep.results.manifest)


def carry_on(
    sweep: Sweep,
    jobs: Sequence[Job],
    settings: Settings,
    batch_size: int,
    should_stop: Callable[[], bool] = lambda: False,
    on_runs: Callable[[int], object] = lambda count: None,
) -> None:
    """Do jobs and write what they leave, batch by batch; when nothing is missing any more, finish.

    Parameters
    ----------
    sweep : Sweep
        Whose folder nobody else writes to meanwhile: see `SweepFolder.locked`.
    jobs : sequence of Job
        What to do; `Sweep.missing` or `Sweep.failed`.
    settings : Settings
        Where, and with how many threads.
    batch_size : int
        Runs in a batch, if ``settings.batch`` does not say.
    should_stop : callable
        Once it says so, what is finished is kept, and it returns.
    on_runs : callable
        Told how many more runs were done; from any thread.

    Raises
    ------
    InputError
        If dxsim or its compilers are not those that the sweep began with: runs of two kinds are never mixed.
    """
    if jobs:
        refuse_changes(sweep)
        sweep.results.reopen()
    mend(sweep)
    size = settings.batch or batch_size
    batches = [list(jobs[first : first + size]) for first in range(0, len(jobs), size)]
    if settings.execution == "here":
        done = run_here(batches, sweep.context, settings.threads, should_stop, partial(on_runs, 1))
    else:
        done = _done_on_cluster(sweep, batches, settings, should_stop, on_runs)
    for batch in done:
        sweep.results.write(batch)
    if not sweep.missing() and not is_finished(sweep):
        finish(sweep)


def refuse_changes(sweep: Sweep) -> None:
    """Refuse to do runs with other code than those that are there.

    Raises
    ------
    InputError
        If dxsim or its compilers are not those that the sweep began with.
    """
    if sweep.changes:
        hint = say("the code changed since this sweep began: restore that version, or start a new sweep with -o FOLDER")
        raise InputError(say("sweep '{folder}'", folder=sweep.results.folder), [*sweep.changes, Problem("", hint)])


def mend(sweep: Sweep) -> list[str]:
    """Put aside what is damaged or not of the sweep, so that its runs are missing; return what was put aside.

    Parameters
    ----------
    sweep : Sweep
        Whose folder nobody else writes to meanwhile: see `SweepFolder.locked`.

    Raises
    ------
    InputError
        If runs would have to be done again with other code than the rest.
    """
    if sweep.results.batches().damaged:
        refuse_changes(sweep)
    return sweep.results.mend()


def is_finished(sweep: Sweep) -> bool:
    """Return whether nothing is left to do, and all that is made at the end is there."""
    results = sweep.results
    return results.is_finished and not faults_of_made(results.folder, results.manifest)


def _done_on_cluster(
    sweep: Sweep,
    batches: Sequence[Sequence[Job]],
    settings: Settings,
    should_stop: Callable[[], bool],
    on_runs: Callable[[int], object],
) -> Iterator[Batch]:
    """Yield what a cluster did and did not write itself, and the batches that it lost."""
    folder = sweep.results.folder.resolve()
    work: Callable[[Sequence[Job], Context], Batch | None] = (
        run_batch if settings.writer == "gather" else partial(_run_and_write, folder=folder, sweep=sweep.results.origin)
    )
    answers = run_on_cluster(
        batches,
        work,
        sweep.context,
        address=settings.address,
        workers=settings.workers,
        threads=settings.threads,
        should_stop=should_stop,
    )
    for answer in answers:
        if answer.error is not None:
            yield lost_batch(answer.batch, answer.error)
        elif answer.result is not None:
            yield answer.result
        on_runs(len(answer.batch))


def _run_and_write(jobs: Sequence[Job], context: Context, folder: Path, sweep: str) -> Batch | None:
    """Do jobs in a worker and write what they leave there; the folder is one that all workers see."""
    batch = run_batch(jobs, context)
    if batch is not None:
        write_batch(folder, sweep, batch)
    return None  # nothing for the caller to write


def finish(sweep: Sweep) -> None:
    """Write the summary, the description for archives and, last, the checksums of all files."""
    results = sweep.results
    finished = results.manifest[FINISHED] or now().isoformat(timespec="seconds")
    write_summary(results)
    write_crate(results.folder, {**results.manifest, FINISHED: finished})
    runs = results.runs()
    failed = sorted(runs.loc[runs["status"] == FAILED, "run"])
    names = [SUMMARY, CRATE, *(path.relative_to(results.folder).as_posix() for path in results.marks())]
    sums = {name: sha256(results.folder / name) for name in names}
    results.write_manifest(**{FINISHED: finished, FILES: sums, "failed": failed, "lost": {}})


def sweep_id(plan_fingerprint: str, outcomes: Mapping[str, Any]) -> str:
    """Return the name of a sweep: the same plan and the same records, the same name."""
    text = json.dumps([plan_fingerprint, outcomes], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]


def _known(sweep: Sweep, identifier: str) -> Sweep:
    found = sweep.results.manifest["sweep"]
    if found != identifier:
        what = say("another sweep ({found}) is there; choose another folder with -o FOLDER", found=found)
        raise InputError(say("output folder '{folder}'", folder=sweep.results.folder), [Problem("", what)])
    return sweep


def _changes(before: Mapping[str, str], now_: Mapping[str, str]) -> list[Problem]:
    """Return what is not as it was when the sweep began."""
    return [
        Problem(key, say("it was {before} when the sweep began, and is {now} now", before=value[:12], now=is_now[:12]))
        for key, value in before.items()
        if (is_now := now_.get(key, "-")) != value
    ]


def _seen_from(folder: Path, place: str) -> str:
    """Return where `place` is as seen from a sweep's folder, so that both can be moved together."""
    return place if place == SYNTHETIC else Path(os.path.relpath(place, folder)).as_posix()


def _seen_from_here(folder: Path, place: str) -> str:
    return place if place == SYNTHETIC else str(folder / place)
