"""The course of a run: how far every municipality is at the end of every month, which tables do not keep.

The run is stopped after each month and looked at; its bits stay the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dxsim.terms.calendar import MONTHS

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation
    from dxsim.nation.vendor_table import VendorTable
    from dxsim.scenario.scenario import Scenario


class Course(NamedTuple):
    """Systems of n municipalities in their order."""

    live: npt.NDArray[np.uint8]  # (180, n)
    late: npt.NDArray[np.uint8]  # past the deadline and not live, (180, n)


def course(nation: Nation, scenario: Scenario, seed: int, vendor_table: VendorTable | None = None) -> Course:
    """Run the model once, month by month.

    Parameters
    ----------
    nation : Nation
        Who.
    scenario : Scenario
        What if.
    seed : int
        0 to 2**63 - 1.
    vendor_table : VendorTable, optional
        Who runs which lot at the start.
    """
    from dxsim.model.run import begin, prepare
    from dxsim.model.schedule import advance

    at_work = begin(prepare(nation, scenario, seed, vendor_table))
    seen: dict[str, Any] = {name: np.zeros((MONTHS, len(nation.municipalities)), np.uint8) for name in Course._fields}
    for month in range(MONTHS):
        advance(at_work, month, month + 1)
        for name, states in seen.items():
            states[month] = at_work.state.municipalities[name]
    return Course(**seen)
