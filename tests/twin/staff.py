"""Own staff: what work there is at the town hall, how much of it is served, and who leaves."""

from __future__ import annotations

from math import exp, floor, inf, log
from typing import TYPE_CHECKING

from dxsim import streams
from dxsim.terms.statistics import LOG_STAFF_INTERCEPT, LOG_STAFF_SLOPE
from tests.twin.systems import MIGRATING, ORDERED, PLANNING

if TYPE_CHECKING:
    from tests.twin.municipality import Municipality
    from tests.twin.systems import System

HEAVY = 1.2  # overload that counts as such
PRESSED_MONTHS = 24  # before the deadline, in which the public looks at municipalities


class Staff:
    """The staff of a municipality that does digital work, in full-time equivalents (FTE)."""

    def __init__(self, body: Municipality, general_administration: float):
        self.body = body
        self.model = body.model
        p = self.model.parameters
        office = general_administration
        if not office > 0.0:  # not known
            office = exp(LOG_STAFF_INTERCEPT + LOG_STAFF_SLOPE * log(max(body.population, 1.0)))
        usual = p.staff_of_100 * (office / 100) ** p.staff_exponent
        self.staff = self.initial = max(1.0, floor(usual + self.model.uniform(streams.STAFF, body.code, 0, 0)))
        self.scale = (body.population / 10_000) ** p.own_work_exponent
        self.experience = 0.0
        self.pool = 0.0  # from the prefecture
        self.lent = 0.0  # from the group, or, below zero, to it
        self.supply = self.demand = self.overload = 0.0
        self.overloaded_months = 0  # so far
        self.planning_service = self.migration_service = self.programme_service = 1.0
        self.migration_demand = 0.0  # own work that this month's vendor work takes
        self.left_for_migration = 0.0  # what is left of this month for such work
        self.upkeep = self.scale * p.operations_effort
        self.stabilising = p.stabilisation_effort * self.scale / max(1.0, p.stabilisation_months)  # one system
        self.programmes = p.programme_staff * self.scale
        self.tasks = (0.0, 0.0, 0.0, 0.0)  # of this month: operations, stabilisation, migration, planning
        for system in body.systems:
            work = system.weight * (1.0 + system.lot.complexity) * self.scale
            system.own_planning = p.planning_effort * work / max(1.0, system.lot.planning_months)
            system.own_migration = p.migration_effort * work / system.work if system.work > 0.0 else 0.0

    def open_year(self):
        """Lose knowledge by rotation; fill a part of the gap to the target, which follows the population."""
        p = self.model.parameters
        self.experience *= 1.0 - self.body.lever.rotation_loss
        office = self.body.population_ratio[self.model.year] ** LOG_STAFF_SLOPE  # against the start
        target = self.initial * office**p.staff_exponent
        self.staff += p.hiring_rate * (target - self.staff)

    @property
    def gap(self) -> float:
        """What own staff lacked last month."""
        return max(0.0, self.demand - (self.supply - self.pool))

    @property
    def own_overload(self) -> float:
        """Overload of last month without the prefecture's help."""
        return overload(self.demand, self.supply - self.pool)

    def reckon(self):
        """Work out supply and demand of this month."""
        p, body = self.model.parameters, self.body
        self.supply = self.staff * (1.0 + p.experience_productivity * self.experience) + self.pool
        self.lent = 0.0
        upkeep = self.upkeep * (1.0 - body.programmes.hours_given_back)
        operations = upkeep + p.interface_load * body.harm.interfaces / 100
        stabilisation = self.stabilising * (body.live - body.done)
        migration, self.migration_demand = self.migration_demand, 0.0  # as last month
        planning = 0.0
        if body.planning:
            planning = sum(system.effort for system in body.systems if system.state == PLANNING)
        self.tasks = (operations, stabilisation, migration, planning)
        self.demand = operations + stabilisation + migration + planning + self.programmes

    def serve(self):
        """Serve the work in its order, and let overload drive people away."""
        p, flows = self.model.parameters, self.body.flows
        flows["staff"] += self.staff
        flows["own_work"] += self.demand
        flows["pool"] += self.pool
        self.left_for_migration = inf
        if p.staffing == "unlimited":
            return
        available = self.supply + self.lent
        self.overload = overload(self.demand, available)
        operations, stabilisation, migration, planning = self.tasks
        left = available - (1.0 - self.put_off()) * operations - stabilisation
        self.left_for_migration = max(0.0, left)
        left -= migration
        self.planning_service = served(left, planning)
        left -= planning
        self.programme_service = served(left, self.programmes)
        if self.overload > HEAVY:
            self.overloaded_months += 1
            flows["overloaded_municipalities"] += 1
            flows["overload"] += self.demand - HEAVY * available
        if self.overload > 1.0:
            self.lose_people()

    def put_off(self) -> float:
        """Return the part of operations that waits, so that migration gets on while the public looks."""
        p, body = self.model.parameters, self.body
        waiting = len(body.systems) - body.live
        if waiting == 0 or self.model.month < p.deadline - PRESSED_MONTHS:
            return 0.0
        fines = 12 * body.lever.late_penalty * waiting / max(1.0, body.purse.baseline)
        return p.effort_under_pressure * min(1.0, body.lever.naming + fines)

    def migration_work(self, system: System, amount: float) -> float:
        """Return what an amount of vendor work on a system asks of own staff."""
        return (1.0 + self.model.parameters.test_cost * self.body.lever.test_effort) * system.effort * amount

    def share_out(self):
        """Give every system that vendors can work on the same share of what it asks for."""
        month, asked = self.model.month, 0.0
        for system in self.body.systems:
            if system.state in (ORDERED, MIGRATING) and system.opens <= month:
                asked += self.migration_work(system, system.work_this_month)
        self.migration_service = served(self.left_for_migration, asked)

    def lose_people(self):
        chance = self.model.parameters.resignation_rate * (self.overload - 1.0)
        if self.model.uniform(streams.RESIGN, self.body.code, self.model.month, 0) < chance:
            leaving = min(1.0, self.staff)
            self.staff -= leaving
            self.body.flows["resignations"] += leaving

    def learn(self):
        """Learn from a go-live."""
        self.experience = min(1.0, self.experience + self.model.parameters.experience_gain)


def overload(demand: float, supply: float) -> float:
    return demand / max(supply, 1e-6) if demand > 0.0 else 0.0


def served(available: float, demand: float) -> float:
    return 1.0 if demand <= 0.0 else min(1.0, max(0.0, available) / demand)


def share_out(rule: str, pool: float, workers: list[Staff]) -> list[float]:
    """Return what each of a prefecture's municipalities gets of the `pool` (FTE)."""
    gaps = [worker.gap for worker in workers]
    lacking, equal = sum(gaps), pool / len(workers)
    if rule == "equal" or lacking <= 0.0:
        return [equal] * len(workers)
    if rule == "need":
        return [pool * gap / lacking for gap in gaps]
    rest, left = max(0.0, pool - lacking) / len(workers), pool
    share = [0.0] * len(workers)
    for place in sorted(range(len(workers)), key=lambda place: -workers[place].own_overload):
        given = min(gaps[place], left)
        left -= given
        share[place] = given + rest
    return share
