"""Portability lowers cost and raises lateness: who switches queues again."""

from __future__ import annotations

from experiments.common.claims import Claim
from experiments.common.figure import against

NONE, FULL = "portability 0", "portability 1"
OTHERS = ("portability 0.25", "portability 0.5", "portability 0.75", FULL, "portability 0 and data")
COST, LATE = "running_cost_2035", "late_share"

REFERENCE = "no portability"
CLAIMS = (
    Claim(
        "running cost of fiscal 2035 with full portability, less with none",
        "yen",
        "lower",
        lambda runs: (runs(NONE, COST), runs(FULL, COST)),
    ),
    Claim(
        "the share of late systems with full portability, less with none",
        "share",
        "higher",
        lambda runs: (runs(NONE, LATE), runs(FULL, LATE)),
    ),
)
PANELS = tuple(against(kpi, NONE, OTHERS) for kpi in ("switch_rate", "hhi_systems", COST, LATE))
