"""How much work is a system, and how fast can it be done?

work  z = weight (N / N_ref)^eta_z (1 + kappa) lognormal(0, s_z)      reference jobs
takes at least d_min z^eta_d months, so at most z^(1 - eta_d) / d_min is done in a month

A reference job is the work of one average system of a municipality with N_ref = 50,000 residents and no complexity.
"""

from __future__ import annotations

import math

import numpy as np

from dxsim.kernel import kernel

REFERENCE_POPULATION = 50_000.0  # persons; a unit, that of reference jobs
DONE_BELOW = 1e-9  # work left, in reference jobs, that counts as none


@kernel
def job_size(weight: float, size: float, complexity: float, noise: float) -> float:
    """Return the vendor work z of a system (reference jobs).

    `size` is (N / 50,000)^eta_z of the municipality, `noise` the log of the random factor.
    """
    return weight * size * (1.0 + complexity) * math.exp(noise)


@kernel
def monthly_limit(work: float, minimum_months: float, exponent: float) -> float:
    """Return the most work (reference jobs a month) that one system of size `work` can take in.

    A reference job takes `minimum_months` at least, another one by the `exponent` more or less.
    """
    return work ** (1.0 - exponent) / minimum_months if work > 0.0 else 1.0


@kernel
def shortest_duration(work: float, limit: float) -> int:
    """Return the months that `work` takes at `limit` (both in reference jobs) a month; at least one."""
    return max(1, int(np.ceil(work / limit - DONE_BELOW)))
