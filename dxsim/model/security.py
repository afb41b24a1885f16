"""When does a municipality lose data, and how many?

hazard        h = h_0 exp(-theta_s SEC + theta_x x - theta_g GOV + theta_if I / 100) (1 - theta_b x_base)    1/month
open flows    x = rule DATA / 3 (1 + GOV) / 4          [0, 1]; rule: 0 none, 0.5 within the prefecture, 1 national
exposed       N (e_own + (1 - e_own) x)                records, one per resident

SEC, DATA and GOV are the levels (0 to 3) of security, data use and data governance, I the interfaces between old and
new systems, x_base the strictness in [0, 1] of the baseline rules that the state sets; rule is `data_sharing`.
Governance cuts misuse and makes municipalities willing to share: sharing brings benefit (`coexistence`) and exposure
together. Incidents form a Poisson process: hazard adds up, and each incident takes a unit-exponential threshold from
the cumulative hazard.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events
from dxsim.model.codes import HIGHEST_LEVEL, Programme
from dxsim.model.coexistence import REACH
from dxsim.model.fields import Field
from dxsim.terms.calendar import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from dxsim.model.state import Run


PER_HUNDRED = 100.0  # interfaces
SAFEST, MOST_DATA = HIGHEST_LEVEL[Programme.SECURITY], HIGHEST_LEVEL[Programme.DATA]
MOST_GOVERNANCE = HIGHEST_LEVEL[Programme.GOVERNANCE]
FLOW_FIELDS = (Field("security_incidents", "incidents"), Field("exposed_records", "records"))


@kernel
def openness(rule: int, data: int, governance: int) -> float:
    """Return x in [0, 1], how far data flows are open at these levels of data use and data governance."""
    willingness = (1 + governance) / (1 + MOST_GOVERNANCE)
    return REACH[rule] * data / MOST_DATA * willingness


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
def start(run: Run) -> None:
    """Draw the hazard that it takes to every municipality's first incident."""
    for i in range(run.places.size):
        await_next(run.harm[i], run.seed, run.places[i].code)


@kernel
def set_factors(run: Run) -> None:
    """Work out the effects of all levels on the hazard: one exponential a level, not one a municipality."""
    for data in range(MOST_DATA + 1):
        for governance in range(MOST_GOVERNANCE + 1):
            open_flows = openness(run.parameters.data_sharing, data, governance)
            run.open_flows[data, governance] = open_flows
            for security in range(SAFEST + 1):
                run.breach_factor[security, data, governance] = maturity_factor(
                    security, governance, open_flows, run.parameters
                )


@kernel
def strike(run: Run, month: int) -> None:
    """Let this month's incidents happen."""
    p = run.parameters
    set_factors(run)
    for i in range(run.places.size):
        harm, levels = run.harm[i], run.programmes[i]
        data, governance = levels[Programme.DATA].level, levels[Programme.GOVERNANCE].level
        hazard = p.security_hazard * run.breach_factor[levels[Programme.SECURITY].level, data, governance]
        hazard *= interface_factor(harm.interfaces, p.interface_effect)
        harm.cumulative_hazard += hazard * baseline_factor(run.levers[i].security_baseline, p.baseline_effect)
        while harm.cumulative_hazard >= harm.threshold:
            harm.cumulative_hazard -= harm.threshold
            expose(run, month, i, run.open_flows[data, governance])
            await_next(harm, run.seed, run.places[i].code)


@kernel
def expose(run: Run, month: int, i: int, open_flows: float) -> None:
    """Let an incident expose records of a municipality whose data flows are open so far."""
    place, harm = run.places[i], run.harm[i]
    population = place.population * run.population_ratio[i, month // MONTHS_PER_YEAR]
    records = exposed_records(population, run.parameters.own_exposure, open_flows)
    harm.security_incidents += 1.0
    harm.exposed += records
    run.flows[place.kind].security_incidents += 1.0
    run.flows[place.kind].exposed_records += records
    events.note(run, month, events.Kind.BREACH, i, -1, 0, 0, records)
