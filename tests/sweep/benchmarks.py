"""What a sweep costs beyond its runs, as ratios in one run: ``python dev.py python -m tests.sweep.benchmarks``.

The rivals: the bare kernel in a loop, and the plain twin under Mesa's own ``batch_run`` with two processes, which takes
turns with a sweep on two threads. ``--runs N`` sweeps so many runs; memory is looked at all the while.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import mesa
import psutil

from dxsim.model.run import run_model
from dxsim.nation.nation import Nation, load_nation
from dxsim.scenario.scenario import Scenario, load_scenario
from dxsim.sweep.runner import begin_sweep, carry_on
from dxsim.sweep.settings import Settings
from dxsim.sweep.store import Results
from dxsim.sweep.study import Seeds, Study
from dxsim.terms.calendar import MONTHS
from tests.benchmarks import MEGABYTE, seconds, show
from tests.twin.model import PlainModel

TURNS, RUNS_A_TURN, TWINS_A_TURN, PROCESSES = 3, 192, 2, 2


def study(runs: int) -> Study:
    """Return a study of the whole nation with so many seeds, all KPIs and strata recorded."""
    return Study("benchmark", seeds=Seeds(count=runs))


def sweep(folder: Path, runs: int, settings: Settings) -> Results:
    """Plan, run and write a sweep, its summary included."""
    begun = begin_sweep(study(runs), folder)
    carry_on(begun, begun.missing(), settings, batch_size=16)
    return begun.results


def timed_sweep(runs: int, settings: Settings) -> float:
    with tempfile.TemporaryDirectory() as folder:
        return seconds(lambda: sweep(Path(folder) / "out", runs, settings))


def bare(nation: Nation, scenario: Scenario) -> None:
    for seed in range(1, RUNS_A_TURN + 1):
        run_model(nation, scenario, seed)


def twins(nation: Nation, scenario: Scenario) -> None:
    given = {"nation": nation, "scenario": scenario, "rng": range(1, TWINS_A_TURN + 1)}
    found = mesa.batch_run(PlainModel, given, PROCESSES, max_steps=MONTHS - 1, display_progress=False)
    assert len({row["RunId"] for row in found}) == TWINS_A_TURN


def compare() -> None:
    """Print overhead, gain from two threads, and the ratio to the twin, all from turns on the same machine."""
    nation, scenario = load_nation("synthetic"), load_scenario("baseline")
    timed_sweep(2, Settings(threads=1))
    tasks: dict[str, Callable[[], float]] = {
        "bare": lambda: seconds(partial(bare, nation, scenario)) / RUNS_A_TURN,
        "one": lambda: timed_sweep(RUNS_A_TURN, Settings(threads=1)) / RUNS_A_TURN,
        "two": lambda: timed_sweep(RUNS_A_TURN, Settings(threads=2)) / RUNS_A_TURN,
        "dask": lambda: timed_sweep(RUNS_A_TURN, Settings(execution="dask", workers=2, threads=1)) / RUNS_A_TURN,
        "twins": lambda: seconds(partial(twins, nation, scenario)) / TWINS_A_TURN,
    }
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(TURNS):
        for name, task in tasks.items():
            times[name].append(task())
    middle = {
        "bare": show("kernel alone, a run", times["bare"]),
        "one": show("sweep on 1 thread, a run, planning and writing included", times["one"]),
        "two": show("sweep on 2 threads, a run", times["two"]),
        "dask": show("sweep on a Dask cluster of 2 processes, a run, start-up included", times["dask"]),
        "twins": show("plain twin under mesa.batch_run, 2 processes, a run", times["twins"]),
    }
    print(f"{'overhead of the sweep on 1 thread':58} {100 * (middle['one'] / middle['bare'] - 1):9.1f} %")
    print(f"{'1 thread / 2 threads':58} {middle['one'] / middle['two']:9.2f}")
    print(f"{'plain twin, 2 processes / sweep, 2 threads':58} {middle['twins'] / middle['two']:9.1f}")


def watch_memory(runs: int, threads: int) -> None:
    """Run one large sweep and print its memory every tenth of the way."""
    process, peaks, stop = psutil.Process(), [0], threading.Event()

    def look() -> None:
        while not stop.wait(0.5):
            peaks[-1] = max(peaks[-1], process.memory_info().rss)

    threading.Thread(target=look, daemon=True).start()
    done = [0]

    def count(more: int) -> None:
        done[0] += more
        if done[0] % max(1, runs // 10) == 0:
            print(
                f"{done[0]:8,} runs, {time.perf_counter() - begun:8.1f} s, peak {peaks[-1] / MEGABYTE:7.0f} MB",
                flush=True,
            )
            peaks.append(0)

    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        planned = begin_sweep(study(runs), Path(folder) / "out")
        print(f"planned in {time.perf_counter() - begun:.1f} s", flush=True)
        carry_on(planned, planned.missing(), Settings(threads=threads), 32, on_runs=count)
        taken = time.perf_counter() - begun
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    stop.set()
    print(f"{runs:,} runs on {threads} threads in {taken:.0f} s, {runs / taken:.1f} a second")
    print(f"{size / runs:.0f} bytes on the disk a run")
    print(f"peak memory {max(peaks) / MEGABYTE:.0f} MB")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, help="only watch the memory of a sweep of so many runs")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "not known"
    print(f"{platform.machine()}, {os.cpu_count()} processors, load {load}, Python {platform.python_version()}")
    if asked.runs:
        watch_memory(asked.runs, asked.threads)
    else:
        compare()


if __name__ == "__main__":
    main()
