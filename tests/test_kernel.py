"""What kernels leave behind: nothing."""

from __future__ import annotations

import os
import subprocess
import sys

# Rules under which phases make arrays that they otherwise do not.
SCENARIOS = ("baseline", "geographic_peers", "staff_pool_most_overloaded", "phased_small_first", "sharing_shapley")
SCRIPT = f"""
from numba.core.runtime import rtsys

from dxsim.model.run import prepare, run_logged, run_model
from dxsim.nation.small import grid_nation
from dxsim.scenario.scenario import load_scenario


def in_use():
    stats = rtsys.get_allocation_stats()
    return stats.mi_alloc - stats.mi_free, stats.alloc - stats.free


nation = grid_nation(6, 6)
for name in {SCENARIOS}:
    scenario = load_scenario(name)
    run_model(nation, scenario, 1)
    before, made = in_use(), rtsys.get_allocation_stats().mi_alloc
    for seed in range(3):
        run_logged(prepare(nation, scenario, seed))
    assert rtsys.get_allocation_stats().mi_alloc > made + 1000
    assert in_use() == before, (name, before, in_use())
"""


def test_a_run_frees_every_array_that_it_makes() -> None:
    """A kernel that gets new arrays without `makes_arrays` would keep them for ever."""
    environment = os.environ | {"NUMBA_NRT_STATS": "1"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
