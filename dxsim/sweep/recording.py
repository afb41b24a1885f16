"""From planned runs to the tables of a batch: what a worker does, in a thread of this process or elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from dxsim.model.run import run_model
from dxsim.records.check import RunFailure, check_kpis, check_outcome
from dxsim.records.findings import Findings
from dxsim.records.frame import frame_of
from dxsim.records.indicators import indicators
from dxsim.records.months import month_series
from dxsim.records.municipalities import municipality_columns
from dxsim.records.strata import STRATA, strata
from dxsim.sweep.layout import DONE, FAILED, MARK_SCHEMA
from dxsim.sweep.store import Batch
from dxsim.terms.calendar import MONTHS, month_index, month_name

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation
    from dxsim.nation.vendor_table import VendorTable
    from dxsim.records.frame import Frame
    from dxsim.scenario.scenario import Scenario
    from dxsim.sweep.outcomes import Outcomes
    from dxsim.sweep.plan import Plan


class Job(NamedTuple):
    """A run to do: its id, its row in the plan, and whether it is the first attempt (1) or a later one."""

    run: str
    row: int
    attempt: int


class Context(NamedTuple):
    """What the jobs of a sweep share."""

    plan: Plan
    nation: Nation
    vendor_table: VendorTable | None
    outcomes: Outcomes
    kpis: tuple[str, ...]  # recorded KPIs, in the order of their columns


class Finding(NamedTuple):
    """What one run left, as far as it is recorded."""

    kpis: list[float]
    strata: Mapping[str, Mapping[str, np.ndarray]]  # by stratum and measure, (classes,)
    months: Mapping[str, np.ndarray]  # by column, (180, types)
    municipalities: Mapping[str, np.ndarray]  # by column, (n,)


def run_batch(
    jobs: Sequence[Job],
    context: Context,
    should_stop: Callable[[], bool] = lambda: False,
    on_run: Callable[[], object] = lambda: None,
) -> Batch | None:
    """Do these jobs, one after the other, and return their tables.

    Parameters
    ----------
    jobs : sequence of Job
        At least one, all of the same attempt.
    context : Context
        What they share.
    should_stop : callable
        Asked before each run; once it says so, the batch ends with the runs that are finished.
    on_run : callable
        Called after each run.

    Returns
    -------
    Batch or None
        None if no run was finished. A run that fails is in the mark, with what went wrong, and does not end the batch.
    """
    frame = frame_of(context.nation)
    findings: dict[str, Finding] = {}
    marks = []
    for job in jobs:
        if should_stop():
            break
        begin = time.perf_counter()
        month, error, message = None, None, None
        try:
            findings[job.run] = _find(job, context)
        except Exception as caught:  # whatever it is, the other runs go on and the failure is reported
            month = month_name(caught.month) if isinstance(caught, RunFailure) and caught.month is not None else None
            error, message = type(caught).__name__, str(caught)
        seconds = time.perf_counter() - begin
        marks.append((job.run, FAILED if error else DONE, seconds, month, error, message, job.attempt))
        on_run()
    return Batch(_tables(findings, context, frame) if findings else {}, _mark(marks)) if marks else None


def lost_batch(jobs: Sequence[Job], error: BaseException) -> Batch:
    """Return the batch that says that these jobs failed because of `error`, before any of them could report."""
    error_, message = type(error).__name__, str(error)
    return Batch({}, _mark([(job.run, FAILED, 0.0, None, error_, message, job.attempt) for job in jobs]))


def _mark(rows: Sequence[tuple[object, ...]]) -> pa.Table:
    columns = zip(zip(*rows, strict=True), MARK_SCHEMA.types, strict=True)
    return pa.Table.from_arrays([pa.array(column, type_) for column, type_ in columns], schema=MARK_SCHEMA)


def _findings(nation: Nation, scenario: Scenario, seed: int, vendor_table: VendorTable | None) -> Findings:
    deadline = month_index(str(scenario.values["policy.deadline"])) + 1
    return Findings(run_model(nation, scenario, seed, vendor_table), frame_of(nation), deadline)


def _find(job: Job, context: Context) -> Finding:
    scenario, outcomes = context.plan.scenario(job.row), context.outcomes
    found = _findings(context.nation, scenario, context.plan.seed(job.row), context.vendor_table)
    check_outcome(found.outcome)
    values = indicators(found, scenario.surveys)
    check_kpis(values)
    return Finding(
        [values.get(kpi, np.nan) for kpi in context.kpis],
        strata(found) if outcomes.strata else {},
        month_series(found, outcomes.months.columns, outcomes.months.types) if outcomes.months else {},
        municipality_columns(found, outcomes.municipalities) if outcomes.municipalities else {},
    )


def _tables(findings: Mapping[str, Finding], context: Context, frame: Frame) -> dict[str, pa.Table]:
    runs, found, outcomes = list(findings), list(findings.values()), context.outcomes
    kpis = np.array([finding.kpis for finding in found], dtype=np.float64)
    tables = {"kpis": pa.table({"run": runs, **{kpi: kpis[:, place] for place, kpi in enumerate(context.kpis)}})}
    if outcomes.strata:
        parts = [
            _table(
                runs,
                {"stratum": [stratum] * len(STRATA[stratum]), "class": STRATA[stratum]},
                [finding.strata[stratum] for finding in found],
            )
            for stratum in outcomes.strata
        ]
        tables["strata"] = pa.concat_tables(parts)
    if outcomes.months:
        types = outcomes.months.types
        starts = np.array([np.datetime64(month_name(month), "M") for month in range(MONTHS)]).astype("datetime64[ms]")
        keys: dict[str, Sequence[object] | np.ndarray] = {
            "month": np.repeat(starts, len(types)),
            "type": list(types) * MONTHS,
        }
        tables["months"] = _table(runs, keys, [finding.months for finding in found])
    if outcomes.municipalities:
        tables["municipalities"] = _table(runs, {"code": frame.code}, [finding.municipalities for finding in found])
    return tables


def _table(
    runs: Sequence[str], keys: Mapping[str, Sequence[object] | np.ndarray], found: Sequence[Mapping[str, np.ndarray]]
) -> pa.Table:
    """Return a table with a block of rows for each run, whose keys are the same in all of them."""
    size = len(next(iter(keys.values())))
    run = pa.array(runs).take(pa.array(np.repeat(np.arange(len(runs)), size)))
    again = pa.array(np.tile(np.arange(size), len(runs)))
    return pa.table(
        {
            "run": run,
            **{key: pa.array(values).take(again) for key, values in keys.items()},
            **{name: np.concatenate([values[name].ravel() for values in found]) for name in found[0]},
        }
    )
