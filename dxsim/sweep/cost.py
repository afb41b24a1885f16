"""What a sweep will cost, before it starts: a short pilot, and a card of runs, minutes, memory and disk."""

from __future__ import annotations

import math
import shutil
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pyarrow as pa

from dxsim.model.run import begin, prepare
from dxsim.sweep.recording import Context, Job, run_batch
from dxsim.sweep.store import to_parquet

PILOT_RUNS = 3
BATCH_SECONDS = 4.0  # of work that a killed thread loses at most, more or less
LARGEST_AUTOMATIC_BATCH = 256
_BATCHES_A_THREAD = 4  # at least, so that threads end at about the same time


@dataclass(frozen=True)
class Cost:
    """What a number of runs will take.

    Attributes
    ----------
    runs : int
        To do.
    threads : int
        That do them.
    seconds_a_run : float
        Median of the pilot, on one thread.
    memory : int
        Bytes of this process, at most, about.
    disk : int
        Bytes of the results, about.
    free : int
        Bytes free where they go.
    """

    runs: int
    threads: int
    seconds_a_run: float
    memory: int
    disk: int
    free: int

    @property
    def seconds(self) -> float:
        """Seconds until all is done, if the threads do not wait for one another."""
        return self.runs * self.seconds_a_run / min(self.threads, max(1, self.runs))

    @property
    def batch(self) -> int:
        """Runs that are worth writing together."""
        by_time = BATCH_SECONDS / max(self.seconds_a_run, 1e-6)
        by_threads = math.ceil(self.runs / (self.threads * _BATCHES_A_THREAD))
        return max(1, min(int(by_time), by_threads, LARGEST_AUTOMATIC_BATCH))


def estimate(jobs: Sequence[Job], context: Context, threads: int, folder: Path) -> Cost:
    """Run a few of the jobs, spread over all of them, and say what all will take; nothing of the pilot is kept."""
    step = max(1, len(jobs) // PILOT_RUNS)
    pilot = run_batch(jobs[::step][:PILOT_RUNS], context)
    if pilot is None:
        return Cost(0, threads, 0.0, 0, 0, shutil.disk_usage(_existing(folder)).free)
    seconds = pilot.mark["seconds"].to_pylist()
    size = sum(_size(table) for table in (*pilot.tables.values(), pilot.mark)) / len(seconds)
    memory = psutil.Process().memory_info().rss + threads * _bytes_of_a_run(jobs[0], context)
    return Cost(
        len(jobs),
        threads,
        statistics.median(seconds),
        memory,
        int(size * len(jobs)),
        shutil.disk_usage(_existing(folder)).free,
    )


def _size(table: pa.Table) -> int:
    """Return the bytes that the rows of a table take on the disk, without what every file takes."""
    return len(to_parquet(table)) - len(to_parquet(table.slice(0, 0)))


def _bytes_of_a_run(job: Job, context: Context) -> int:
    """Return the bytes of the arrays of a run at work."""
    inputs = prepare(context.nation, context.plan.scenario(job.row), 0, context.vendor_table)
    return begin(inputs).nbytes


def _existing(folder: Path) -> Path:
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
