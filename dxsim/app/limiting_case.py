"""A case that theory solves: if the only motive is a constant hazard, commitments follow a known curve.

With no mandate, no peers, no effect of readiness, no want of money and budgets that are always open, each lot of each
municipality commits in a month with probability ``1 - exp(-a)``. After n months the share that has committed is
``1 - exp(-a n)`` on average (design, section 5.2, L1; ``tests/model/test_limiting_cases.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from dxsim.scenario.registry import Value
from dxsim.terms.calendar import MONTHS

LIMITING_CASE = "constant_hazard"
LIMIT_PARAMETERS: Mapping[str, Value] = {
    "commitment.own_motive_hazard": 0.03,
    "commitment.peer_hazard": 0,
    "commitment.mandate_hazard": 0,
    "readiness.population_slope": 0,
    "readiness.fiscal_slope": 0,
    "readiness.staff_slope": 0,
    "commitment.gate_rule": "always_open",
    "money.budget": "unlimited",
    "staff.staffing": "unlimited",
    "cooperation.formation": "none",
}
_BAND = 0.95


class Line(NamedTuple):
    """What theory expects at the end of each month, (180,) each: the share, and where it falls 95 times in 100."""

    share: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


def committed_share(hazard: float, municipalities: int) -> Line:
    """Return the share of municipalities that have committed a lot, and the band of chance for so many municipalities.

    The band is that of one lot, whose municipalities decide independently of one another. The systems of all lots
    together, which the page counts, vary less.

    Parameters
    ----------
    hazard : float
        1/month, at least 0.
    municipalities : int
        At least 1.
    """
    months = np.arange(1, MONTHS + 1)
    share = -np.expm1(-hazard * months)
    tail = (1 - _BAND) / 2
    low, high = (stats.binom.ppf(level, municipalities, share) / municipalities for level in (tail, 1 - tail))
    return Line(share, low, high)
