"""When is a system due?

due     T_D2, once the second date is granted to the lot: by `extension_rule` to all, or to lots with a system whose
        reason R1 to R4 is known
        else T + shift, T the national deadline (or what a municipality takes for it), shift that of its cohort

The second date moves what a municipality faces: the pressure of the mandate, the rush of cut-overs and penalties.
Lateness is counted from the national deadline all the same.
"""

from __future__ import annotations

import numpy as np

from dxsim.kernel import kernel
from dxsim.scenario.registry import choices

ExtensionRule = choices("policy.extension_rule")


@kernel
def due_date(national: float, lot: np.record, nation: np.record, parameters: np.record) -> float:
    """Return the first month after a municipality's own date for a `lot`; `national` is that after the deadline."""
    if nation.extension_granted and (lot.excused or parameters.extension_rule == ExtensionRule.ALL):
        return float(parameters.second_deadline)
    return float(national + lot.shift)
