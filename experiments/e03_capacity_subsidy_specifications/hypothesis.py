"""Queue-limited: engineers do most. Calendar-limited: only earlier products help. Subsidy is best in neither."""

from __future__ import annotations

import numpy as np

from experiments.common.claims import Claim
from experiments.common.figure import against
from experiments.common.outcomes import Floats, Runs

BASE, ENGINEERS, SUBSIDY, EARLIER = "as it was", "engineers +40 %", "subsidy +50 %", "6 months earlier"
OTHERS = (
    *("engineers +20 %", ENGINEERS, SUBSIDY, "3 months earlier", EARLIER),
    *("engineers and subsidy", "all three"),
)
LATE = "late_share"


def best_without_subsidy(runs: Runs) -> Floats:
    """Return the late share of the better of more engineers and earlier products."""
    return np.minimum(runs(ENGINEERS, LATE), runs(EARLIER, LATE))


REFERENCE = "history as it was"
CLAIMS = (
    Claim(
        "the share of late systems with 40 % more engineers, less that with products 6 months earlier",
        "share",
        {"default": "lower", "calendar_limited": "higher"},
        lambda runs: (runs(EARLIER, LATE), runs(ENGINEERS, LATE)),
    ),
    Claim(
        "the share of late systems with 50 % more subsidy, less that with the better of the two",
        "share",
        "higher",
        lambda runs: (best_without_subsidy(runs), runs(SUBSIDY, LATE)),
    ),
)
PANELS = tuple(
    against(kpi, BASE, OTHERS)
    for kpi in (LATE, "running_cost_2035", "excluded_share", "own_burden", "subsidy_paid", "late_system_months")
)
