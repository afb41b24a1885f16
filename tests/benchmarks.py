"""Speed, in one run, as ratios: ``python dev.py benchmark``.

The rival is the plain twin of `tests.twin`: agents as objects under Mesa, with calendars and lists of who is still
busy, on the same nation, scenario and seeds. Kernel and twin take turns, so that both see the same machine.
"""

from __future__ import annotations

import gc
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from dxsim.model.run import Inputs, prepare, run_inputs, run_many, run_model
from dxsim.nation.nation import Nation, load_nation
from dxsim.scenario.scenario import Scenario, load_scenario
from dxsim.terms.calendar import MONTHS
from tests.twin.model import PlainModel

TWIN_RUNS, KERNEL_RUNS_PER_TURN, BATCH, START_UPS = 5, 5, 64, 5
MEGABYTE = 1024 * 1024


def seconds(task: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return how long `task` takes by a `clock`."""
    begin = clock()
    task()
    return clock() - begin


def show(what: str, times: list[float], unit: str = "s") -> float:
    """Print the median and the range of `times`; return the median."""
    middle = statistics.median(times)
    print(f"{what:58} {middle:9.4f} {unit}   ({min(times):.4f} to {max(times):.4f}, {len(times)} runs)", flush=True)
    return middle


def run_twin(nation: Nation, scenario: Scenario, seed: int) -> None:
    """Run the plain twin over all months."""
    model = PlainModel(nation, scenario, rng=seed)
    for _ in range(MONTHS):
        model.step()


def compare_with_twin(nation: Nation, scenario: Scenario) -> None:
    """Time kernel and twin in turns, on one thread, each from a nation and a scenario to the last month.

    In seconds of the processor, which other work on the machine does not lengthen much.
    """
    kernel: list[float] = []
    twin: list[float] = []
    for turn in range(TWIN_RUNS):
        for place in range(KERNEL_RUNS_PER_TURN):
            seed = turn * KERNEL_RUNS_PER_TURN + place
            kernel.append(seconds(partial(run_model, nation, scenario, seed), time.process_time))
        gc.collect()
        twin.append(seconds(partial(run_twin, nation, scenario, turn), time.process_time))
    fast, slow = show("kernel, one nation-run on one thread", kernel), show("plain twin, one nation-run", twin)
    print(f"{'ratio, plain twin / kernel':58} {slow / fast:9.1f}")


def compare_threads(inputs: list[Inputs]) -> None:
    """Time a batch on one thread and on all processors."""
    processors = os.cpu_count() or 1
    alone = [seconds(lambda: run_many(inputs, 1)) for _ in range(3)]
    together = [seconds(lambda: run_many(inputs, processors)) for _ in range(3)]
    one = len(inputs) / show(f"{len(inputs)} nation-runs on 1 thread", alone)
    many = len(inputs) / show(f"{len(inputs)} nation-runs on {processors} threads", together)
    print(f"{'nation-runs a second, 1 thread':58} {one:9.1f}")
    print(f"{f'nation-runs a second, {processors} threads':58} {many:9.1f}   ({many / one:.2f} times)")


def measure_memory(inputs: list[Inputs]) -> None:
    """Measure what one more finished run keeps in memory."""
    run_inputs(inputs[0])
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kept = run_many(inputs, 1)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / MEGABYTE
    print(f"{'memory per run, kept whole':58} {grown / len(kept):9.2f} MB")


def start_up(arguments: list[str], stop_at_first_line: bool, cache: Path | None = None) -> float:
    """Return the seconds until a fresh `dxsim` has printed its first line of results, or has ended."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = str(cache)
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-m", "dxsim", *arguments],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdout is not None
            if stop_at_first_line:
                process.stdout.readline()
                taken = time.perf_counter() - begin
                process.stdout.read()
            else:
                process.stdout.read()
                taken = time.perf_counter() - begin
    if process.returncode:
        sys.exit(f"dxsim {' '.join(arguments)} ended with {process.returncode}")
    return taken


def main() -> None:
    """Measure everything and print it."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "not known"
    print(f"{platform.machine()}, {os.cpu_count()} processors, load {load}, Python {platform.python_version()}")
    nation, scenario = load_nation("synthetic"), load_scenario("baseline")
    inputs = [prepare(nation, scenario, seed) for seed in range(1, BATCH + 1)]
    run_inputs(inputs[0])
    measure_memory(inputs)
    compare_with_twin(nation, scenario)
    compare_threads(inputs)
    start_up(["--help"], False)
    show("dxsim --help", [start_up(["--help"], False) for _ in range(START_UPS)])
    run = ["run", "figures=false"]
    start_up(run, True)
    show("dxsim run, first result, warm cache", [start_up(run, True) for _ in range(START_UPS)])
    show("dxsim run with figures, to the end, warm cache", [start_up(["run"], False) for _ in range(3)])
    with tempfile.TemporaryDirectory() as cache:
        show("dxsim run, first result, cold cache", [start_up(run, True, Path(cache))])


if __name__ == "__main__":
    main()
