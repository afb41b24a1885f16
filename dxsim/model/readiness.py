"""How ready is a municipality?

    x = (w_pop z_pop + w_staff z_staff + w_fis z_fis + w_simple z_simple + w_aide aide + w_cloud group
         - w_net z_net - w_run z_run) / (sum of all weights)               aide, group: 1 for yes, 0 for no

    z_pop    = (ln N - mu_N) / s_N                                         population
    z_staff  = (ln staff - b_0 - b_1 ln N) / s_staff                       staff slack
    z_fis    = (fiscal index - mu_fis) / s_fis
    z_simple = -ln(mean kappa of n lots / kappa_mean) / sqrt((eta_kappa s_N)^2 + s_kappa^2 / n)
    z_net    = (1 - min(sigma, ceiling) - mu_net) / s_net                  cost left by the subsidy
    z_run    = (rise of running cost at those already live) / rho_sd

The last two and being in a group change; they are looked at each April.

z-scores are taken against fixed national reference values, so that one more municipality, or a small teaching nation,
changes nobody's readiness. What is not known (no staff, no fiscal index) counts as average.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dxsim.kernel import kernel
from dxsim.model import money
from dxsim.terms.calendar import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from dxsim.model.state import Run


@kernel
def z_score(value: float, mean: float, deviation: float) -> float:
    """Return (value - mean) / deviation, or zero where `value` is not known."""
    return 0.0 if math.isnan(value) else (value - mean) / deviation


@kernel
def staff_slack(staff: float, log_population: float, intercept: float, slope: float) -> float:
    """Return how far log `staff` lies above the national line on log population; nan where staff is not known."""
    return math.log(staff) - intercept - slope * log_population if staff > 0.0 else math.nan


@kernel
def lasting(place: np.record, mean_complexity: float, n_lots: int, aide: bool, parameters: np.record) -> float:
    """Return the part of x that never changes; zero where all weights are zero.

    `mean_complexity` is over the `n_lots` lots that apply to the municipality.
    """
    p = parameters
    log_population = math.log(max(place.population, 1.0))
    slack = staff_slack(place.staff, log_population, p.log_staff_intercept, p.log_staff_slope)
    spread = math.sqrt((p.complexity_exponent * p.log_population_sd) ** 2 + p.complexity_dispersion**2 / max(1, n_lots))
    simplicity = 0.0
    if spread > 0.0 and mean_complexity > 0.0:
        simplicity = -math.log(mean_complexity / p.complexity_mean) / spread
    total = total_weight(p)
    if total == 0.0:
        return 0.0
    score = p.population_weight * z_score(log_population, p.log_population_mean, p.log_population_sd)
    score += p.staff_weight * z_score(slack, 0.0, p.log_staff_residual_sd)
    score += p.fiscal_weight * z_score(place.fiscal_index, p.fiscal_index_mean, p.fiscal_index_sd)
    return (score + p.complexity_weight * simplicity + p.aide_weight * aide) / total


@kernel
def total_weight(parameters: np.record) -> float:
    """Return the sum of the weights of all components."""
    p = parameters
    lasting_ones = p.population_weight + p.staff_weight + p.fiscal_weight + p.complexity_weight + p.aide_weight
    return lasting_ones + p.cloud_weight + p.net_cost_weight + p.surprise_weight


@kernel
def net_cost(rate: float, ceiling: float) -> float:
    """Return the share of the one-off cost that the subsidy leaves to the municipality."""
    return 1.0 - min(rate, ceiling)


@kernel
def running_rise(run: Run) -> float:
    """Return by how much live systems cost more to run than before, as a share; 0 while none is live."""
    before, after = 0.0, 0.0
    for i in range(run.places.size):
        purse = run.purses[i]
        before += max(0.0, purse.baseline / MONTHS_PER_YEAR - purse.legacy)
        after += purse.new
    return after / before - 1.0 if before > 1.0 else 0.0


@kernel
def look_around(run: Run, month: int) -> None:
    """In April, take in what has changed: subsidy, groups, and what others pay for running new systems."""
    if month % MONTHS_PER_YEAR != 0:
        return
    p = run.parameters
    total = total_weight(p)
    if total == 0.0:
        return
    run.nation[0].running_rise = running_rise(run)
    surprise = p.surprise_weight * z_score(run.nation[0].running_rise, 0.0, p.running_cost_sd)
    for i in range(run.places.size):
        municipality, lever = run.municipalities[i], run.levers[i]
        ceiling = money.ceiling_now(lever, p, month, False, municipality.group >= 0)
        cost = p.net_cost_weight * z_score(net_cost(lever.subsidy_rate, ceiling), p.net_cost_mean, p.net_cost_sd)
        together = p.cloud_weight * (municipality.group >= 0)
        municipality.readiness = municipality.lasting_readiness + (together - cost - surprise) / total
