"""The first time on a machine, two processes compile the steps of a month into the same folder.

Numba compiles one function at a time. So a helper process begins with the last step while this one begins with the
first; each finds on the disk what the other has done, and they meet half-way.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import filelock
import numpy as np

from dxsim.files import PACKAGE
from dxsim.kernel import cache_folder, entry, is_compiled, is_warm
from dxsim.model.codes import COHORTS
from dxsim.model.levers import POLICY
from dxsim.model.schedule import STEPS
from dxsim.model.state import (
    ANNOUNCEMENT,
    PLACE,
    VENDOR_EVENT,
    Country,
    Events,
    Market,
    Run,
    empty_series,
    empty_state,
    records_of_zeros,
)
from dxsim.scenario.registry import parameter_record

_HELP = "from dxsim.model.compilation import help_compile; help_compile()"


@cache
def call_helper() -> None:
    """Start the helper once, if there is something to compile and a processor to spare."""
    if is_warm() or not is_compiled() or (os.cpu_count() or 1) < 2:
        return
    path = os.pathsep.join([str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    subprocess.Popen(
        [sys.executable, "-c", _HELP],
        env={**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": str(cache_folder().parent)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def help_compile() -> None:
    """Compile the steps from the last one on; nothing if another helper is at work."""
    try:
        with filelock.FileLock(cache_folder() / "helper.lock", timeout=0):
            run = empty_run()
            for step in reversed(STEPS):
                if is_warm():
                    return
                entry(step.act, run, 0)
    except filelock.Timeout:
        return


def empty_run() -> Run:
    """Return a run of nobody, of the same type as any other."""

    def whole(*shape: int) -> np.ndarray:
        return np.zeros(shape, np.int64)

    country = Country(
        places=records_of_zeros((0,), PLACE),
        ages=np.zeros((0, len(COHORTS))),
        population_ratio=np.zeros((0, 1)),
        offsets=whole(1),
        neighbours=whole(0),
        prefecture_size=whole(1),
        kind_size=whole(0),
        lot_of=whole(0),
        weight=np.zeros(0),
        applies=np.zeros((0, 0), np.bool_),
        bundling_factor=np.zeros(0),
        bought_with=whole(0),
        has_specialists=np.zeros(0, np.bool_),
    )
    calendar = Events(
        announcements=records_of_zeros((0,), ANNOUNCEMENT),
        vendor_events=records_of_zeros((0,), VENDOR_EVENT),
        surveys=whole(0),
        policies=records_of_zeros((0,), POLICY),
        scope=np.zeros((0, 0), np.bool_),
    )
    market = Market(np.zeros((0, 0)), np.zeros((0, 0), np.int16), whole(0, 0))
    state = empty_state(0, 0, 0, 0, 0)
    return Run(country, market, calendar, parameter_record({})[0], 0, state, empty_series(0, 0))
