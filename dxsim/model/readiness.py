"""How ready is a municipality to decide?

    x = beta_pop z_pop + beta_fis z_fis + beta_st z_staff           log hazard

    z_pop    = (ln N - mean) / sd                                   population
    z_fis    = (fiscal index - mean) / sd
    z_staff  = (ln staff - b_0 - b_1 ln N) / sd                     staff beyond what is usual for the population

Means, deviations and the line of staff on population are those of the 1,741 municipalities (`dxsim.terms.statistics`),
so each slope is per standard deviation of what it stands before, and one more municipality, or a small teaching
nation, changes nobody's readiness. What is not known (no staff, no fiscal index) counts as average.
"""

from __future__ import annotations

import math

import numpy as np

from dxsim.kernel import kernel
from dxsim.terms import statistics


@kernel
def z_score(value: float, mean: float, deviation: float) -> float:
    """Return (value - mean) / deviation, or zero where `value` is not known."""
    return 0.0 if math.isnan(value) else (value - mean) / deviation


@kernel
def staff_slack(staff: float, log_population: float) -> float:
    """Return how far log `staff` lies above the national line on log population; nan where staff is not known."""
    usual = statistics.LOG_STAFF_INTERCEPT + statistics.LOG_STAFF_SLOPE * log_population
    return math.log(staff) - usual if staff > 0.0 else math.nan


@kernel
def standing(place: np.record, parameters: np.record) -> float:
    """Return x of a municipality."""
    p, log_population = parameters, math.log(max(place.population, 1.0))
    x = p.population_slope * z_score(log_population, statistics.LOG_POPULATION_MEAN, statistics.LOG_POPULATION_SD)
    x += p.fiscal_slope * z_score(place.fiscal_index, statistics.FISCAL_INDEX_MEAN, statistics.FISCAL_INDEX_SD)
    slack = staff_slack(place.staff, log_population)
    return float(x + p.staff_slope * z_score(slack, 0.0, statistics.LOG_STAFF_RESIDUAL_SD))
