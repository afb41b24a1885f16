"""How kernels are compiled: once, for kernels or for Python, and without leaving arrays behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError

from dxsim import kernel as kernel_module
from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model.compilation import empty_run
from dxsim.model.run import begin, prepare
from dxsim.nation.small import grid_nation
from dxsim.scenario.scenario import load_scenario


@njit
def draw_twice(seed):
    return streams.exponential(seed, streams.COMMIT, 1, 2, 3) + streams.exponential(seed, streams.BREACH, 1, 2, 3)


# Rules under which steps make arrays that they otherwise do not.
SCENARIOS = ("baseline", "geographic_peers", "staff_pool_most_overloaded", "phased_small_first", "sharing_shapley")
SCRIPT = f"""
from numba.core.runtime import rtsys

from dxsim.model.run import begin, prepare, run_model
from dxsim.model.schedule import advance
from dxsim.nation.small import grid_nation
from dxsim.scenario.scenario import load_scenario
from dxsim.terms.calendar import MONTHS


def in_use():
    stats = rtsys.get_allocation_stats()
    return stats.mi_alloc - stats.mi_free, stats.alloc - stats.free


def run_with_a_log(inputs):
    advance(begin(inputs, log_size=100_000), 0, MONTHS)


nation = grid_nation(6, 6)
for name in {SCENARIOS}:
    scenario = load_scenario(name)
    run_model(nation, scenario, 1)
    before, made = in_use(), rtsys.get_allocation_stats().mi_alloc
    for seed in range(3):
        run_with_a_log(prepare(nation, scenario, seed))
    assert rtsys.get_allocation_stats().mi_alloc > made + 600
    assert in_use() == before, (name, before, in_use())
"""


def test_a_kernel_that_makes_arrays_has_to_say_so() -> None:
    @kernel
    def hides_it(size: int) -> float:
        return float(np.zeros(size).sum())

    with pytest.raises(TypingError, match="zeros"):
        hides_it(3)


def test_constants_do_not_multiply_what_is_compiled() -> None:
    assert draw_twice(1) > 0
    assert len(streams.exponential.nopython_signatures) == 1


def test_a_run_frees_every_array_that_it_makes() -> None:
    """A kernel that gets new arrays without `makes_arrays` would keep them for ever."""
    environment = os.environ | {"NUMBA_NRT_STATS": "1"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_helper_compiles_for_the_runs_that_there_will_be() -> None:
    """Machine code for a run of another type would be made for nothing, and nobody would notice but by the time."""
    scenario = load_scenario("baseline")
    for nation in (grid_nation(2, 2), grid_nation(3, 3, prefectures=2)):
        assert begin(prepare(nation, scenario, 1))._numba_type_ is empty_run()._numba_type_


def test_a_helper_leaves_all_steps_compiled_for_others(tmp_path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    helper = "from dxsim.model.compilation import help_compile; help_compile()"
    subprocess.run([sys.executable, "-c", helper], env=environment, check=True)
    script = (
        "from dxsim.model.compilation import empty_run\n"
        "from dxsim.model.schedule import STEPS, acts_of\n"
        "acts_of(empty_run())\n"
        "print(all(step.act.whole().stats.cache_hits for step in STEPS))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_threads_that_make_kernels_leave_each_other_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def slow(**_: object) -> object:
        seen.append(kernel_module.config.CACHE_DIR)
        time.sleep(0.02)
        seen.append(kernel_module.config.CACHE_DIR)
        return lambda function: njit(function)

    before = kernel_module.config.CACHE_DIR
    monkeypatch.setattr(kernel_module, "njit", slow)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda place: kernel_module._whole(lambda: place, {}), range(4)))
    assert set(seen) == {str(kernel_module.cache_folder())}
    assert before == kernel_module.config.CACHE_DIR
