"""Harm: incidents at cut-overs, and security incidents."""

from __future__ import annotations

from math import ceil, exp, log
from typing import TYPE_CHECKING

from dxsim import streams
from tests.twin.systems import System

if TYPE_CHECKING:
    from tests.twin.municipality import Municipality

MOST_INCIDENTS = 64  # at one cut-over; also the draws that are set aside for an operation
LARGEST_EXPONENT = 700.0  # exp of more is not a finite number
RUSH_MONTHS = 3
SEVERITY_SD = 1.5


class Harm:
    """What has gone wrong in a municipality so far."""

    def __init__(self, body: Municipality):
        self.body = body
        self.model = body.model
        self.interfaces = 0.0  # between old and new systems
        self.within = 0.0  # share of pairs of systems both live
        self.once_only = 0.0  # share of what is asked for that others hand over
        self.trust = 1.0
        self.enquiries = 0.0  # residents hit who have not asked yet
        self.news = 0  # incidents of this month
        self.incidents = self.affected = self.impact = self.rollbacks = 0.0
        self.security_incidents = self.exposed = self.cumulative_hazard = 0.0
        self.await_next()

    # Cut-overs

    def expected_incidents(self, system: System) -> float:
        p, body = self.model.parameters, self.body
        deadline = body.due_date(system.lot, p.deadline)
        in_rush = self.model.month >= deadline - RUSH_MONTHS  # also once the date is missed
        exponent = (
            p.complexity_effect * system.lot.complexity * (1.0 - p.data_export)
            + p.rush_effect * in_rush
            + p.overload_effect * min(1.0, max(0.0, body.staff.overload - 1.0))
            - p.test_effect * body.lever.test_effort
        )
        return p.incident_rate * system.weight * exp(min(LARGEST_EXPONENT, exponent))

    def cut_over(self, system: System) -> float | None:
        """Try to switch a system; return the work that is to be done again if it is rolled back, else None."""
        model, p, code = self.model, self.model.parameters, self.body.code
        first = system.operation * MOST_INCIDENTS
        draw = model.uniform(streams.INCIDENT, code, model.month, first)
        count = incidents(self.expected_incidents(system), draw)
        worst = 0.0
        for place in range(first, first + count):
            severity = SEVERITY_SD * model.normal(streams.SEVERITY, code, model.month, place)
            share = min(1.0, p.severity_median * exp(severity))
            wait = -log(model.uniform(streams.CORRECTION, code, model.month, place)) / p.correction_hazard
            self.count_incident(round(share * self.body.population_now), max(1, ceil(wait)))
            worst = max(worst, share)
        if worst <= p.rollback_severity:
            return None
        system.failed = True
        self.rollbacks += 1
        self.body.flows["rollbacks"] += 1
        return p.rollback_work * system.work

    def count_incident(self, residents: int, months: int):
        flows = self.body.flows
        self.incidents += 1
        self.affected += residents
        self.impact += residents * months
        self.enquiries += residents
        self.news += 1
        flows["incidents"] += 1
        flows["affected_residents"] += residents
        flows["impact"] += residents * months

    # Security

    def await_next(self):
        self.threshold = self.model.exponential(streams.BREACH, self.body.code, int(self.security_incidents), 0)

    def strike(self):
        """Let this month's security incidents happen."""
        body, p, levels = self.body, self.model.parameters, self.body.programmes
        openness = self.trust * levels["data"] / 2
        security = max(levels["security"], 3 * body.lever.security_baseline)
        hazard = p.security_hazard * exp(-p.maturity_effect * (security + levels["governance"]))
        hazard *= (1.0 + p.sharing_effect * openness) * (1.0 + p.interface_effect * self.interfaces / 100)
        self.cumulative_hazard += hazard
        while self.cumulative_hazard >= self.threshold:
            self.cumulative_hazard -= self.threshold
            records = body.population_now * (p.own_exposure + (1.0 - p.own_exposure) * openness)
            self.security_incidents += 1
            self.exposed += records
            self.news += 1
            self.enquiries += body.population_now * p.own_exposure
            body.flows["security_incidents"] += 1
            body.flows["exposed_records"] += records
            self.await_next()
        self.trust += p.trust_recovery * (1.0 - self.trust)

    def spread_news(self):
        """Let incidents cost trust, at home and at neighbours."""
        p, news = self.model.parameters, self.news
        if news:
            self.trust *= (1.0 - p.trust_loss) ** news
            for other in self.body.neighbours:
                other.harm.trust *= (1.0 - p.trust_spread * p.trust_loss) ** news
        self.news = 0


def incidents(expected: float, draw: float) -> int:
    """Return the number of incidents, a Poisson number by inversion of a uniform draw."""
    number, chance = 0, exp(-expected)
    below = chance
    while draw >= below and number < MOST_INCIDENTS:
        number += 1
        chance *= expected / number
        below += chance
    return number
