"""When does a municipality lose data, and how many?

hazard        h = h_0 exp(-theta_s SEC + theta_x x - theta_g GOV + theta_if I / 100) (1 - theta_b x_base)    1/month
open flows    x = rule DATA / 3 (1 + GOV) / 4          [0, 1]; rule: 0 none, 0.5 within the prefecture, 1 national
exposed       N (e_own + (1 - e_own) x)                records, one per resident

SEC, DATA and GOV are the levels (0 to 3) of security, data use and data governance, I the interfaces between old and
new systems, x_base the strictness in [0, 1] of the baseline rules that the state sets; rule is `data_sharing`.
Governance cuts misuse and makes bodies willing to share: sharing brings benefit (`coexistence`) and exposure together.
Incidents form a Poisson process: hazard adds up to intent, and each incident takes a unit-exponential threshold from
it.
"""

from __future__ import annotations

import math

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events
from dxsim.model.coexistence import REACH
from dxsim.model.state import (
    DATA,
    EXPOSED_RECORDS,
    GOVERNANCE,
    HIGHEST_LEVEL,
    SECURITY,
    SECURITY_INCIDENTS,
    Country,
    Floats,
    State,
)

MONTHS_OF_YEAR = 12
PER_HUNDRED = 100.0  # interfaces


@kernel
def openness(rule: int, data: int, governance: int) -> float:
    """Return x in [0, 1], how far data flows are open at these levels of data use and data governance."""
    willingness = (1 + governance) / (1 + HIGHEST_LEVEL[GOVERNANCE])
    return REACH[rule] * data / HIGHEST_LEVEL[DATA] * willingness


@kernel
def maturity_factor(security: int, governance: int, open_flows: float, parameters: np.record) -> float:
    """Return the effect of these levels, and of `open_flows` in [0, 1], on the hazard."""
    p = parameters
    return math.exp(p.sharing_effect * open_flows - p.maturity_effect * security - p.governance_effect * governance)


@kernel
def interface_factor(interfaces: float, effect: float) -> float:
    """Return the effect of `interfaces` between old and new systems on the hazard; `effect` per 100 of them."""
    return math.exp(effect * interfaces / PER_HUNDRED) if interfaces > 0.0 else 1.0


@kernel
def baseline_factor(strictness: float, effect: float) -> float:
    """Return the share of incidents left under baseline rules of this `strictness` in [0, 1]."""
    return 1.0 - effect * strictness


@kernel
def exposed_records(population: float, own: float, open_flows: float) -> float:
    """Return the records that an incident exposes: the share `own` of residents, and all of them at full openness."""
    return population * (own + (1.0 - own) * open_flows)


@kernel
def await_next(harm: np.record, seed: int, code: int) -> None:
    """Draw the hazard that it takes to the next incident."""
    harm.threshold = streams.exponential(seed, streams.BREACH, code, int(harm.security_incidents), 0)


@kernel
def start(country: Country, state: State, parameters: np.record, seed: int) -> None:
    """Draw the hazard that it takes to every body's first incident."""
    for i in range(country.municipalities.size):
        await_next(state.harm[i], seed, country.municipalities[i].code)


@kernel(makes_arrays=True)
def factors(parameters: np.record) -> tuple[Floats, Floats]:
    """Return the effects of levels on the hazard, by level of security, data use and governance, and open flows.

    The first is (4, 4, 4), the second (4, 4): one exponential a level, not one a body.
    """
    top, wide, high = HIGHEST_LEVEL[SECURITY] + 1, HIGHEST_LEVEL[DATA] + 1, HIGHEST_LEVEL[GOVERNANCE] + 1
    factor, open_flows = np.empty((top, wide, high)), np.empty((wide, high))
    for data in range(wide):
        for governance in range(high):
            open_flows[data, governance] = openness(parameters.data_sharing, data, governance)
            for security in range(top):
                factor[security, data, governance] = maturity_factor(
                    security, governance, open_flows[data, governance], parameters
                )
    return factor, open_flows


@kernel(makes_arrays=True)
def strike(country: Country, state: State, parameters: np.record, seed: int, month: int) -> None:
    """Let this month's incidents happen."""
    factor, open_flows = factors(parameters)
    strike_bodies(country, state, parameters, seed, month, factor, open_flows)


@kernel(inner=True)
def strike_bodies(
    country: Country, state: State, parameters: np.record, seed: int, month: int, factor: Floats, open_flows: Floats
) -> None:
    """Let this month's incidents happen; `factor` and `open_flows` are those of `factors`."""
    p = parameters
    for i in range(country.municipalities.size):
        place, harm, levels = country.municipalities[i], state.harm[i], state.programmes[i]
        data, governance = levels[DATA].level, levels[GOVERNANCE].level
        hazard = p.security_hazard * factor[levels[SECURITY].level, data, governance]
        hazard *= interface_factor(harm.interfaces, p.interface_effect)
        harm.intent += hazard * baseline_factor(state.levers[i].security_baseline, p.baseline_effect)
        while harm.intent >= harm.threshold:
            harm.intent -= harm.threshold
            population = place.population * country.population_ratio[i, month // MONTHS_OF_YEAR]
            records = exposed_records(population, p.own_exposure, open_flows[data, governance])
            harm.security_incidents += 1.0
            harm.exposed += records
            state.flows[place.kind, SECURITY_INCIDENTS] += 1.0
            state.flows[place.kind, EXPOSED_RECORDS] += records
            events.note(state.log, state.logged, month, events.BREACH, i, -1, 0, 0, records)
            await_next(harm, seed, place.code)
