"""A grant for the hub brings more residents into groups for a yen than one for small members."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from dxsim.sweep.store import Results
from experiments.common.claims import Claim
from experiments.common.figure import against
from experiments.common.outcomes import Floats, Runs

NONE, SMALL, HUB, ALL = "no grant", "to small members", "to the hub", "to all"
BY_POPULATION = ", by population"
COVERED = "residents_covered"
MILLION = 1e6


def derive(results: Results) -> pd.DataFrame:
    """Return the residents of members of groups by run, class by class: residents times the share of members."""
    strata = results.strata
    covered = (strata["population"] * strata["cooperating_share"]).where(strata["municipalities"] > 0, 0.0)
    return covered.groupby(strata["run"]).sum().to_frame(COVERED)


def per_million(runs: Runs, case: str, none: str) -> Floats:
    """Return the residents that a grant brings into groups for each million yen paid."""
    paid = runs(case, "grants_paid") / MILLION
    gained = runs(case, COVERED) - runs(none, COVERED)
    return np.divide(gained, paid, out=np.full_like(paid, np.nan), where=paid > 0)


def hub_and_small(suffix: str) -> Callable[[Runs], tuple[Floats, Floats]]:
    """Return what gives residents per million yen, with the grant to small members and to the hub."""
    none = NONE + suffix
    return lambda runs: (per_million(runs, SMALL + suffix, none), per_million(runs, HUB + suffix, none))


REFERENCE = "no grant under the same sharing rule (equal savings, or cost by population)"
UNIT = "residents per million yen"
CLAIMS = (
    Claim(
        "residents brought into groups per million yen by a grant to the hub, less by one to small members",
        UNIT,
        "higher",
        hub_and_small(""),
    ),
    Claim("the same where members share cost by population", UNIT, "higher", hub_and_small(BY_POPULATION)),
)
PANELS = (
    against(COVERED, NONE, [ALL, SMALL, HUB], title="Residents of members of groups, March 2036", unit="residents"),
    against("groups", NONE, [ALL, SMALL, HUB]),
    against("grants_paid", NONE, [ALL, SMALL, HUB]),
    against("worse_off_share", NONE, [ALL, SMALL, HUB]),
    against(
        COVERED,
        NONE,
        [ALL, SMALL, HUB],
        title="Residents of members of groups, cost by population",
        unit="residents",
        suffix=BY_POPULATION,
    ),
    against(
        "worse_off_share", NONE, [ALL, SMALL, HUB], title="Members worse off, cost by population", suffix=BY_POPULATION
    ),
)
