"""When is a system due?

due     T_D2, once the second date is granted to the lot: by `extension_rule` to all, or to lots with a hard system
        else T + shift, T the national deadline (or the month that a body takes for it), shift that of its cohort

The second date moves what a body faces: the pressure of the mandate, the rush of cut-overs and penalties. Lateness is
counted from the national deadline all the same.
"""

from __future__ import annotations

import numpy as np

from dxsim.kernel import kernel

NO_EXTENSION, CONDITIONAL_EXTENSION, EXTENSION_FOR_ALL = 0, 1, 2


@kernel
def due_date(national: float, lot: np.record, nation: np.record, parameters: np.record) -> float:
    """Return the first month after a body's own date for a `lot`, where `national` is that after the deadline."""
    if nation.extension_granted and (lot.hard or parameters.extension_rule == EXTENSION_FOR_ALL):
        return float(parameters.second_deadline)
    return float(national + lot.shift)
