"""When does a municipality lose data, how many, and what does that do to trust?

hazard        h = h_0 exp(-theta_s (SEC + GOV)) (1 + theta_x x) (1 + theta_if I / 100)      1/month
open flows    x = T DATA / 2                           [0, 1]; DATA: 0 nobody, 1 within the prefecture, 2 the nation
exposed       N (e_own + (1 - e_own) x)                records, one per resident
trust         T <- T + tau_rec (1 - T)                 each month, [0, 1]; 1 in April 2021
              T <- T (1 - tau_loss)                    by each incident in this month, at a cut-over or of security
              T <- T (1 - tau_near tau_loss)           by each one of a neighbour

SEC, DATA and GOV are the levels of security, data sharing and data governance (`programmes`), I the interfaces between
old and new systems; SEC counts as 3 x_base at least, x_base in [0, 1] the strictness of the baseline rules that the
state sets. How far a municipality shares is its own decision; the state's rule `data_sharing` is the bound. Trust
steers who goes online (`residents`) and who shares: sharing brings less work (`coexistence`) and exposure together,
and what is exposed costs trust. Incidents form a Poisson process: hazard adds up, and each incident takes a
unit-exponential threshold from the cumulative hazard. Each resident whose own records are hit asks once at the counter.

Source: Personal Information Protection Commission, annual report FY2023 (1,159 reports by administrative bodies).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events
from dxsim.model.codes import HIGHEST_LEVEL, Programme
from dxsim.model.fields import Field
from dxsim.terms.calendar import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from dxsim.model.state import Run


PER_HUNDRED = 100.0  # interfaces
SAFEST, MOST_DATA = HIGHEST_LEVEL[Programme.SECURITY], HIGHEST_LEVEL[Programme.DATA]
MOST_GOVERNANCE = HIGHEST_LEVEL[Programme.GOVERNANCE]
FLOW_FIELDS = (Field("security_incidents", "incidents"), Field("exposed_records", "records"))


@kernel
def openness(data: int, trust: float) -> float:
    """Return x in [0, 1], how far data flows are open at this level of data sharing and of `trust`."""
    return trust * data / MOST_DATA


@kernel
def maturity_factor(security: float, governance: float, effect: float) -> float:
    """Return the effect of these levels on the hazard; `effect` per level."""
    return math.exp(-effect * (security + governance))


@kernel
def open_factor(open_flows: float, effect: float) -> float:
    """Return the effect of `open_flows` in [0, 1] on the hazard."""
    return 1.0 + effect * open_flows


@kernel
def interface_factor(interfaces: float, effect: float) -> float:
    """Return the effect of `interfaces` between old and new systems on the hazard; `effect` per 100 of them."""
    return 1.0 + effect * interfaces / PER_HUNDRED


@kernel
def exposed_records(population: float, own: float, open_flows: float) -> float:
    """Return the records that an incident exposes: the share `own` of residents, and all of them at full openness."""
    return population * (own + (1.0 - own) * open_flows)


@kernel
def recovered(trust: float, rate: float) -> float:
    """Return T after a month without an incident."""
    return trust + rate * (1.0 - trust)


@kernel
def await_next(harm: np.record, seed: int, code: int) -> None:
    """Draw the hazard that it takes to the next incident."""
    harm.threshold = streams.exponential(seed, streams.BREACH, code, int(harm.security_incidents), 0)


@kernel
def start(run: Run) -> None:
    """Draw the hazard that it takes to every municipality's first incident; all are trusted."""
    for i in range(run.places.size):
        run.harm[i].trust = 1.0
        await_next(run.harm[i], run.seed, run.places[i].code)


@kernel
def set_factors(run: Run) -> None:
    """Work out the effects of all levels on the hazard: one exponential a level, not one a municipality."""
    for security in range(SAFEST + 1):
        for governance in range(MOST_GOVERNANCE + 1):
            run.breach_factor[security, governance] = maturity_factor(
                security, governance, run.parameters.maturity_effect
            )


@kernel
def strike(run: Run, month: int) -> None:
    """Let this month's incidents happen, and trust recover and fall."""
    p = run.parameters
    set_factors(run)
    for i in range(run.places.size):
        harm, levels = run.harm[i], run.programmes[i]
        security, governance = levels[Programme.SECURITY].level, levels[Programme.GOVERNANCE].level
        open_flows = openness(levels[Programme.DATA].level, harm.trust)
        required = SAFEST * run.levers[i].security_baseline
        maturity = run.breach_factor[security, governance]
        if required > security:
            maturity = maturity_factor(required, governance, p.maturity_effect)
        hazard = p.security_hazard * maturity * open_factor(open_flows, p.sharing_effect)
        harm.cumulative_hazard += hazard * interface_factor(harm.interfaces, p.interface_effect)
        while harm.cumulative_hazard >= harm.threshold:
            harm.cumulative_hazard -= harm.threshold
            expose(run, month, i, open_flows)
            await_next(harm, run.seed, run.places[i].code)
        harm.trust = recovered(harm.trust, p.trust_recovery)
    spread_news(run)


@kernel
def expose(run: Run, month: int, i: int, open_flows: float) -> None:
    """Let an incident expose records of a municipality whose data flows are open so far."""
    place, harm = run.places[i], run.harm[i]
    population = place.population * run.population_ratio[i, month // MONTHS_PER_YEAR]
    records = exposed_records(population, run.parameters.own_exposure, open_flows)
    harm.security_incidents += 1.0
    harm.exposed += records
    harm.news += 1
    harm.enquiries += population * run.parameters.own_exposure
    run.flows[place.kind].security_incidents += 1.0
    run.flows[place.kind].exposed_records += records
    events.note(run, month, events.Kind.BREACH, i, -1, 0, 0, records)


@kernel
def spread_news(run: Run) -> None:
    """Let the incidents of this month cost trust, at home and at neighbours."""
    at_home, near = 1.0 - run.parameters.trust_loss, 1.0 - run.parameters.trust_spread * run.parameters.trust_loss
    for i in range(run.places.size):
        for _ in range(run.harm[i].news):
            run.harm[i].trust *= at_home
            for tie in range(run.offsets[i], run.offsets[i + 1]):
                run.harm[run.neighbours[tie]].trust *= near
        run.harm[i].news = 0
