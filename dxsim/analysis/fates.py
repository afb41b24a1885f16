"""What a run makes of each municipality, for the outcomes of which something may be known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dxsim.analysis.pattern_statistics import MANY, PROGRAMMES_SEEN, late_systems, levels_at
from dxsim.records.findings import Findings


def fates(found: Findings) -> npt.NDArray[np.float64]:
    """Return which outcomes of `dxsim.nation.known_outcomes.OUTCOMES` happen to whom, (outcomes, n): 1 or 0.

    The run must have a log (`dxsim.analysis.pattern_statistics.run_logged`), from which use of AI is read.
    """
    late = late_systems(found).sum(axis=1)
    automation = levels_at(found.outcome, PROGRAMMES_SEEN)[0]
    return np.array([late > 0, late >= MANY, automation > 0], np.float64)
