"""Exclusion is convex in what is closed; support pays only below a knee of its capacity."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dxsim.records.measures import concentration_of_ranks
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.sweep.store import Results
from experiments.common.claims import Claim
from experiments.common.figure import against
from experiments.common.outcomes import Floats, Runs

NONE, HALF, ALL = "none closed", "50 % closed", "all closed"
CLOSED = ("25 % closed", HALF, "75 % closed", ALL)
DESKS = ("0.5 desks", "1 desk", "2 desks")  # per 10,000 residents, with all counters closed
EXCLUDED, CONCENTRATION = "excluded_share", "concentration"


def derive(results: Results) -> pd.DataFrame:
    """Return the concentration of exclusion over size classes by run: below zero where it falls on small ones."""
    rows = results.strata[results.strata["municipalities"] > 0]
    found = {run: concentration(of_run) for run, of_run in rows.groupby("run")}
    return pd.DataFrame({CONCENTRATION: found}, dtype=np.float64)


def concentration(rows: pd.DataFrame) -> float:
    """Return the concentration index of the share of procedures not reached, of residents ranked by size class."""
    place = rows["class"].map(SIZE_CLASSES.index).to_numpy(np.int64)
    share, residents = (rows[name].to_numpy(np.float64) for name in (EXCLUDED, "population"))
    return concentration_of_ranks(share, np.unique(place, return_inverse=True)[1], residents)


def averted(runs: Runs, more: str, fewer: str, desks: float) -> Floats:
    """Return what `desks` more desks per 10,000 residents avert, for each of them."""
    return (runs(fewer, EXCLUDED) - runs(more, EXCLUDED)) / desks


REFERENCE = "no counter closed (panels on desks: all closed, and support as it is)"
UNIT = "share of procedures"
CLAIMS = (
    Claim(
        "the rise of procedures not reached from half of the counters closed to all, less that from none to half",
        UNIT,
        "higher",
        lambda runs: (
            runs(HALF, EXCLUDED) - runs(NONE, EXCLUDED),
            runs(ALL, EXCLUDED) - runs(HALF, EXCLUDED),
        ),
    ),
    Claim(
        "procedures not reached with all counters closed and a desk per 10,000 residents, less with support as it is",
        UNIT,
        "lower",
        lambda runs: (runs(ALL, EXCLUDED), runs(DESKS[1], EXCLUDED)),
    ),
    Claim(
        "what a desk more averts from 1 to 2 per 10,000 residents, less from 0.5 to 1",
        UNIT,
        "lower",
        lambda runs: (averted(runs, DESKS[1], DESKS[0], 0.5), averted(runs, DESKS[2], DESKS[1], 1.0)),
    ),
)
PANELS = (
    against(EXCLUDED, NONE, CLOSED, is_ordered=True),
    against("excluded_share_worst_10_percent", NONE, CLOSED, is_ordered=True),
    against(
        CONCENTRATION,
        NONE,
        CLOSED,
        title="Concentration index of exclusion (below zero: on small ones)",
        unit="index",
        is_ordered=True,
    ),
    against("channel_cost", NONE, CLOSED, is_ordered=True),
    against(
        EXCLUDED,
        ALL,
        DESKS,
        title="Procedures not reached with all closed, by desks per 10,000 residents",
        is_ordered=True,
    ),
    against("channel_cost", ALL, DESKS, title="Cost of counters and help with all closed", is_ordered=True),
)
