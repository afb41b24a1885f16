"""Would the tests notice? Break the model in one line at a time and see which test objects.

    python -m tests.mutations [part of a name ...]

Each fault goes into a copy of the package in a temporary folder; the checkout is not touched. A fault that no test
notices "survives", and the command fails. Kernels compile anew for each fault: allow a minute for each.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LIMITS, INVARIANTS, RELATIONS = (
    f"tests/model/test_{name}.py" for name in ("limiting_cases", "invariants", "metamorphic")
)
STREAMS = "tests/test_streams.py"
TWIN = "tests/model/test_twin.py"
STAFF, SHORTAGE = "tests/model/test_staff.py", "tests/model/test_shortage.py"
CASES = tuple(f"{INVARIANTS}::test_invariants_hold_every_month[{number}]" for number in range(8))


class Fault(NamedTuple):
    """`old` stands once in `file` and becomes `new`; `tests` are what pytest is asked to run."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


FAULTS = (
    Fault(
        "urgency one month off",
        "model/commitment.py",
        "max(0.0, slack) / scale",
        "max(0.0, slack + 1.0) / scale",
        (LIMITS, "-k", "mandate or deadline_hazard"),
    ),
    Fault(
        "> for >= at the threshold",
        "model/vendor_choice.py",
        ">= run.lots[i, lot].threshold",
        "> run.lots[i, lot].threshold",
        (LIMITS, "-k", "logistic"),
    ),
    Fault(
        "exposure to the type not normalised",
        "model/commitment.py",
        "weight * committed[row, lot] / size[row]",
        "weight * committed[row, lot] / size.sum()",
        (TWIN, "-k", "linear"),
    ),
    Fault(
        "uniformity the wrong way round",
        "model/commitment.py",
        "(1.0 - uniformity) * readiness",
        "uniformity * readiness",
        (LIMITS, "-k", "mandate"),
    ),
    Fault(
        "cause from all hazard, not from that since the last gate",
        "model/commitment.py",
        "cumulative[Cause.OWN_MOTIVE] - before[Cause.OWN_MOTIVE],",
        "cumulative[Cause.OWN_MOTIVE],",
        (LIMITS, "-k", "causes"),
    ),
    Fault(
        "belief moves away from the signal",
        "model/beliefs.py",
        "learning * (signal - belief)",
        "learning * (belief - signal)",
        CASES,
    ),
    Fault(
        "live in the month of the work",
        "model/vendor_queue.py",
        "system.live = month + 1",
        "system.live = month",
        (LIMITS, "-k", "batch or example"),
    ),
    Fault(
        "durations rounded down",
        "model/work.py",
        "int(np.ceil(work / limit - DONE_BELOW))",
        "int(np.floor(work / limit))",
        (LIMITS, "-k", "capacity or equations"),
    ),
    Fault(
        "a withdrawn job stays in the book",
        "model/vendor_queue.py",
        "    supplier.book -= system.remaining\n",
        "",
        CASES,
    ),
    Fault(
        "ties of a queue ignored",
        "model/initialisation.py",
        "streams.uniform(run.seed, streams.QUEUE, place.code, 0, 0)",
        "float(i)",
        (LIMITS, "-k", "batch"),
    ),
    Fault(
        "one threshold for all packages",
        "model/initialisation.py",
        "streams.exponential(run.seed, streams.COMMIT, place.code, 0, package)",
        "streams.exponential(run.seed, streams.COMMIT, place.code, 0, 0)",
        (LIMITS, RELATIONS, "-k", "binomial or one_more"),
    ),
    Fault(
        "thresholds drawn by row, not by code",
        "model/initialisation.py",
        "streams.exponential(run.seed, streams.COMMIT, place.code, 0, package)",
        "streams.exponential(run.seed, streams.COMMIT, i, 0, package)",
        (RELATIONS, "-k", "one_more"),
    ),
    Fault(
        "vendors do not grow",
        "model/capacity.py",
        "supplier.capacity *= 1.0 + run.parameters.organic_growth",
        "supplier.capacity *= 1.0",
        (LIMITS, "-k", "grows"),
    ),
    Fault(
        "switching hurts those who stay",
        "model/vendor_choice.py",
        "math.exp(-run.parameters.incumbency - penalty)",
        "math.exp(run.parameters.incumbency - penalty)",
        (LIMITS, "-k", "logit"),
    ),
    Fault(
        "nine rounds instead of ten",
        "streams.py",
        "np.uint64(32), 10",
        "np.uint64(32), 9",
        (STREAMS, "-k", "philox"),
    ),
    Fault(
        "gate and threshold share their draws",
        "streams.py",
        "GATE = 9 ",
        "GATE = 10 ",
        (STREAMS, "-k", "frozen"),
    ),
    Fault(
        "a new tender keeps the old work",
        "model/planning.py",
        "    system.remaining = system.work\n",
        "",
        (TWIN, "-k", "leave or shortage"),
    ),
    Fault(
        "teams are never released",
        "model/capacity.py",
        "run.parameters.capacity_after_deadline * vendors[vendor].initial_capacity",
        "vendors[vendor].capacity",
        (LIMITS, "-k", "released"),
    ),
    Fault(
        "booked again for now",
        "model/shortage.py",
        "system.earliest_start = booked_again(run.branch_left[prefecture], rate, p.deadline, last)",
        "pass",
        (TWIN, "-k", "baseline"),
    ),
    Fault(
        "optimism ignored",
        "model/lateness.py",
        "months_left * max(0.0, 1.0 - discount)",
        "months_left",
        (LIMITS, "-k", "equations"),
    ),
    Fault(
        "product dates do not bind",
        "model/planning.py",
        "begin = max(begin, run.product_month[vendor, system.lot])",
        "begin = max(begin, 0)",
        (TWIN, "-k", "baseline"),
    ),
    Fault(
        "planners forget the wait",
        "model/commitment.py",
        "wait = run.vendors[chosen.legacy].queue_wait",
        "wait = 0.0",
        (LIMITS, "-k", "planners"),
    ),
    Fault(
        "lots decide apart",
        "model/initialisation.py",
        "        if lots[first].legacy == lots[number].legacy:\n            return first\n",
        "        pass\n",
        (LIMITS, "-k", "package"),
    ),
    Fault(
        "the first systems of a list take all of own staff",
        "model/staff.py",
        "worker.migration_service = served(worker.left_for_migration, asked)",
        "worker.migration_service = 1.0",
        (STAFF, "-k", "first_month"),
    ),
    Fault(
        "AI and RPA save own staff nothing",
        "model/staff.py",
        " * (1.0 - given_back)",
        "",
        (STAFF, "-k", "ai_and_rpa"),
    ),
    Fault(
        "all engineers travel",
        "model/vendor_queue.py",
        "travelling = run.parameters.travel_share * left",
        "travelling = left",
        CASES,
    ),
    Fault(
        "live before the window",
        "model/vendor_queue.py",
        "if is_done and month + 1 >= system.window and cut_over",
        "if is_done and cut_over",
        CASES,
    ),
    Fault(
        "the rush ends with a missed date",
        "model/cutover.py",
        "return 1.0 if deadline - RUSH_MONTHS <= month else 0.0",
        "return 1.0 if deadline - RUSH_MONTHS <= month < deadline else 0.0",
        ("tests/model/test_cutover.py", "-k", "rush"),
    ),
    Fault(
        "no second date for want of engineers",
        "model/shortage.py",
        "            run.lots[i, system.lot].excused = True\n",
        "",
        ("tests/model/test_dates.py", "-k", "engineers"),
    ),
    Fault(
        "what is booked past the deadline takes engineers before it",
        "model/vendor_queue.py",
        "            if begin < deadline:\n",
        "            if True:\n",
        (SHORTAGE,),
    ),
    Fault(
        "work begins when it is offered",
        "model/vendor_queue.py",
        "if system.state == SystemState.ORDERED and (given > 0.0 or asked <= DONE_BELOW):",
        "if system.state == SystemState.ORDERED:",
        (STAFF, "-k", "something_is_done"),
    ),
    Fault(
        "own staff is never the blocker",
        "model/vendor_queue.py",
        "return Held.OWN_STAFF.value if asked - wanted >= wanted - given else Held.NO_ENGINEER.value",
        "return Held.NO_ENGINEER.value",
        (LIMITS, "-k", "equations"),
    ),
)


def copy_checkout(folder: Path) -> None:
    for part in ("dxsim", "tests", "scenarios", "configs"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    shutil.copy(ROOT / "pyproject.toml", folder)


def first_failure(folder: Path, tests: tuple[str, ...]) -> str:
    """Return the first of these tests that fails in a copy of the checkout, or nothing."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "kernels")}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "long or not long", *tests]
    found = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", found.stdout, re.MULTILINE)
    if found.returncode == 1 and failed:
        return failed.group(1)
    if found.returncode != 0:
        raise SystemExit(f"the tests did not run: {tests}\n{found.stdout[-2000:]}{found.stderr[-2000:]}")
    return ""


def verdict(fault: Fault) -> str:
    """Return the test that notices the `fault`, or nothing."""
    with tempfile.TemporaryDirectory() as name:
        copy_checkout(Path(name))
        target = Path(name) / "dxsim" / fault.file
        source = target.read_text(encoding="utf-8")
        if source.count(fault.old) != 1:
            raise SystemExit(f"{fault.file}: '{fault.old}' stands there {source.count(fault.old)} times, not once")
        target.write_text(source.replace(fault.old, fault.new), encoding="utf-8")
        return first_failure(Path(name), fault.tests)


def check_sound(faults: list[Fault]) -> None:
    """Make sure that the tests pass without any fault; else a failure would say nothing."""
    with tempfile.TemporaryDirectory() as name:
        copy_checkout(Path(name))
        for tests in dict.fromkeys(fault.tests for fault in faults):
            failure = first_failure(Path(name), tests)
            if failure:
                raise SystemExit(f"{failure} fails without any fault; mend that first")


def main(wanted: list[str]) -> int:
    chosen = [fault for fault in FAULTS if not wanted or any(part in fault.name for part in wanted)]
    check_sound(chosen)
    survivors = 0
    for fault in chosen:
        killer = verdict(fault)
        survivors += not killer
        print(f"{'noticed ' if killer else 'SURVIVES'}  {fault.name}: {killer}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} faults noticed")
    return int(survivors > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
