"""Saving per resident falls with size, and next to nothing is left of it in large municipalities."""

from __future__ import annotations

from experiments.common.claims import Claim
from experiments.common.figure import by_size
from experiments.common.outcomes import Floats, Runs

APART, TOGETHER = "apart", "together"
LITTLE, MUCH = "together, little to pool", "together, much to pool"
SMALL, MIDDLE, LARGE = "under_5k", "30k_to_50k", "100k_to_200k"
NEAR_NONE = 0.1  # of what the smallest save
UNIT = "yen per resident"


def saving(runs: Runs, size: str, case: str = TOGETHER) -> Floats:
    """Return what cooperation saves a resident of a size class in fiscal 2035."""
    return runs(APART, f"cost_per_resident/{size}") - runs(case, f"cost_per_resident/{size}")


REFERENCE = "no cooperation (apart)"
CLAIMS = (
    Claim(
        "the yearly saving per resident below 5,000 residents, less that between 30,000 and 50,000",
        UNIT,
        "higher",
        lambda runs: (saving(runs, MIDDLE), saving(runs, SMALL)),
    ),
    Claim(
        "the same with little to pool",
        UNIT,
        "higher",
        lambda runs: (saving(runs, MIDDLE, LITTLE), saving(runs, SMALL, LITTLE)),
    ),
    Claim(
        "the saving between 100,000 and 200,000 residents, less a tenth of that below 5,000",
        UNIT,
        "lower",
        lambda runs: (NEAR_NONE * saving(runs, SMALL), saving(runs, LARGE)),
    ),
)
PANELS = (
    by_size("cost_per_resident", APART, LITTLE, title="IT cost per resident, FY2035: little to pool"),
    by_size("cost_per_resident", APART, TOGETHER, title="IT cost per resident, FY2035"),
    by_size("cost_per_resident", APART, MUCH, title="IT cost per resident, FY2035: much to pool"),
    by_size("cooperating_share", APART, TOGETHER),
    by_size("late_share", APART, TOGETHER),
    by_size("overloaded_share", APART, TOGETHER),
)
