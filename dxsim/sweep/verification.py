"""Can a sweep be trusted? Whether all that was written is there and unchanged, and whether a run gives the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say
from dxsim.sweep.layout import DONE
from dxsim.sweep.recording import Job, run_batch
from dxsim.sweep.runner import Sweep
from dxsim.sweep.store import Results, same_bits, sorted_frame


@dataclass(frozen=True)
class Reproduction:
    """A run, done again: what became of it before and now (rows of a mark), and the columns that are not the same."""

    run: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    differences: tuple[str, ...]


def verify(results: Results) -> list[Problem]:
    """Return what is wrong with a sweep's folder: files damaged or strange; if none, runs missing or failed."""
    if problems := results.problems():
        return problems
    planned, runs = set(results.plan["run"]), results.runs()
    done = set(runs.loc[runs["status"] == DONE, "run"])
    for table in results.tables():
        found = results.read(table, [])["run"]
        counts = found.value_counts()
        if set(counts.index) != done:
            problems.append(Problem(table, say("its runs are not those that are marked as done")))
        elif counts.nunique() > 1:
            problems.append(Problem(table, say("some runs have more rows than others")))
    missing, failed, strange = planned - set(runs["run"]), set(runs["run"]) - done, set(runs["run"]) - planned
    if missing:
        problems.append(Problem("", say("{count} of {total} runs are missing", count=len(missing), total=len(planned))))
    if failed:
        problems.append(Problem("", say("{count} of {total} runs failed", count=len(failed), total=len(planned))))
    if strange:
        problems.append(Problem("", say("{count} runs are not in the plan", count=len(strange))))
    if not (problems or results.is_finished):
        problems.append(Problem("", say("all runs are done, but the summary is not written yet")))
    return problems


def reproduce(sweep: Sweep, run: str) -> Reproduction:
    """Run one run of a sweep again and compare all that was recorded of it, bit for bit.

    Parameters
    ----------
    sweep : Sweep
        As `open_sweep` gives it.
    run : str
        Id of the run, or the first digits of it.

    Raises
    ------
    InputError
        If no run, or more than one, has such an id, or it has not been tried yet.
    """
    job, before = _find_run(sweep, run)
    batch = run_batch([job], sweep.context)
    assert batch is not None  # noqa: S101 - nobody asked it to stop
    now_ = batch.mark.to_pylist()[0]
    differences = [] if now_["status"] == before["status"] else ["status"]
    for table, content in batch.tables.items():
        kept = sweep.results.read(table)
        kept = kept[kept["run"] == job.run].reset_index(drop=True)
        fresh = sorted_frame(content, table)
        differences += [f"{table}.{name}" for name in fresh if not same_bits(fresh[name], kept[name])]
    return Reproduction(job.run, before, now_, tuple(differences))


def _find_run(sweep: Sweep, run: str) -> tuple[Job, dict[str, Any]]:
    subject = say("run '{run}'", run=run)
    table = sweep.context.plan.table["run"]
    found = sorted({name for name in table if name.startswith(run)}) if run else []
    if len(found) != 1:
        what = say("{count} runs of the plan begin so", count=len(found)) if found else say("no such run in the plan")
        raise InputError(subject, [Problem("", what + (nearest(run, list(table.unique())) if not found else ""))])
    runs = sweep.results.runs()
    tried = runs[runs["run"] == found[0]]
    if tried.empty:
        raise InputError(subject, [Problem("", say("it has not been run yet"))])
    before = tried.iloc[0].to_dict()
    return Job(found[0], int(table[table == found[0]].index[0]), int(before["attempt"])), before
