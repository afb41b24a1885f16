"""Residents: who can use procedures online, who is helped, who goes to the counter, and who is shut out."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from types import SimpleNamespace
from typing import TYPE_CHECKING

from tests.twin.programmes import HIGHEST_LEVEL
from tests.twin.systems import NEVER

if TYPE_CHECKING:
    from tests.twin.municipality import Municipality

AGE_GROUPS = ("under_65", "65_to_74", "75_to_84", "85_over")
CHANNELS = ("online", "assisted", "analog", "excluded")


@dataclass(slots=True, eq=False)
class Cohort:
    """The residents of an age group; cases are of this month."""

    series: tuple[str, ...]  # names of the sums of cases, by channel
    initial: float  # persons in 2020
    need: float  # procedures per person and month
    decay: float  # how fast reach grows with the density of points of help
    persons: float = 0.0
    trained: float = 0.0  # share of those unable
    density: float = 0.0  # points of help per 10,000 residents
    reach: float = 0.0  # share that points of help reach
    online: float = 0.0
    assisted: float = 0.0
    analog: float = 0.0
    excluded: float = 0.0
    online_total: float = 0.0
    assisted_total: float = 0.0
    analog_total: float = 0.0
    excluded_total: float = 0.0

    @property
    def cases(self) -> float:
        return self.online + self.assisted + self.analog + self.excluded

    def count(self, online: float, assisted: float, analog: float, excluded: float, flows: dict[str, float]):
        """Write down the cases of this month, and add them to totals and sums."""
        self.online, self.assisted, self.analog, self.excluded = online, assisted, analog, excluded
        self.online_total += online
        self.assisted_total += assisted
        self.analog_total += analog
        self.excluded_total += excluded
        went_online, were_assisted, went_to_counter, were_excluded = self.series
        flows[went_online] += online
        flows[were_assisted] += assisted
        flows[went_to_counter] += analog
        flows[were_excluded] += excluded


def ability(p: SimpleNamespace, age: str, month: int) -> float:
    """Return the share of an age group able to use procedures online without training."""
    initial = getattr(p, f"ability_{age}")
    odds = initial / (1.0 - initial) * exp(p.ability_growth * month / 12)
    return odds / (1.0 + odds)


def online_preference(p: SimpleNamespace) -> float:
    """Return the probability that who has the choice between counter and online prefers online."""
    return 1.0 / (1.0 + exp(-p.burden_sensitivity * (p.counter_burden - p.online_burden)))


class Residents:
    """The residents of a municipality, by age group, and the channels open to them."""

    def __init__(self, body: Municipality, row):
        self.body = body
        self.model = body.model
        p = self.model.parameters
        old = row.population_75_over * p.share_85_over
        people = (
            row.population_under_15 + row.population_15_64,
            row.population_65_74,
            row.population_75_over - old,
            old,
        )
        self.cohorts = {
            age: Cohort(
                tuple(f"{channel}_{age}" for channel in CHANNELS),
                float(persons),
                getattr(p, f"need_{age}"),
                getattr(p, f"reach_{age}"),
            )
            for age, persons in zip(AGE_GROUPS, people, strict=True)
        }
        self.total = float(sum(people))  # in 2020
        self.aged = float(sum(people[1:]))
        self.usual_cases = sum(cohort.need * cohort.initial for cohort in self.cohorts.values())
        self.closing = NEVER  # month from which counters close
        self.lever = None  # for which help was worked out

    def set_up_help(self):
        """Work out what the levers make of help: reach, and capacity and yearly cost per 10,000 aged residents."""
        p, lever = self.model.parameters, self.body.lever
        self.lever = lever
        density = (lever.support_desks + lever.access_points + lever.tablets) * self.aged / max(1.0, self.total)
        for cohort in self.cohorts.values():
            cohort.density = density
            cohort.reach = 1.0 - exp(-cohort.decay * density)
        rate = lever.support_desks * p.desk_rate + lever.access_points * p.point_rate + lever.tablets * p.tablet_rate
        cost = lever.support_desks * p.desk_cost + lever.access_points * p.point_cost + lever.tablets * p.tablet_cost
        self.capacity, self.cost_of_help = p.opening_hours * rate, cost

    def begins_to_close(self) -> bool:
        """Return whether counters, all open so far, begin to close."""
        p = self.model.parameters
        if p.analog_rule == "keep" or self.model.month < p.closing_start:
            return False
        if p.analog_rule == "sunset":
            return True
        if p.analog_rule == "budget":
            return self.model.is_april and self.body.purse.debt > 0
        cases = sum(cohort.cases for cohort in self.cohorts.values())
        online = sum(cohort.online for cohort in self.cohorts.values())
        return (online / cases if cases > 0.0 else 0.0) >= p.take_up_threshold

    def counters(self) -> float:
        """Return the share of counter service that is kept in this month."""
        month, duration = self.model.month, self.model.parameters.closing_months
        if self.closing == NEVER and self.begins_to_close():
            self.closing = month
        if month < self.closing:
            return 1.0
        passed = min(1.0, (month - self.closing) / duration) if duration > 0 else 1.0
        return 1.0 - (1.0 - self.lever.analog_floor) * passed

    def serve(self, ability: dict[str, float], preference: float):
        """Let residents do, or miss, what they need in this month; train those helped; pay for the channels.

        `ability` is the share able without training, by age group.
        """
        body, p, flows = self.body, self.model.parameters, self.body.flows
        if self.lever is not body.lever:
            self.set_up_help()
        ratio, kept = body.population_ratio[self.model.year], self.counters()
        go_online = body.programmes["online"] / HIGHEST_LEVEL["online"] * (kept * preference + 1.0 - kept)
        demand = {}  # for help, by those not able
        asking = 0.0
        for age, cohort in self.cohorts.items():
            cohort.persons = cohort.initial * ratio
            demand[age] = cohort.persons * cohort.need * (1.0 - ability[age]) * (1.0 - cohort.trained)
            asking += demand[age] * cohort.reach
        aged = self.aged * ratio / 10_000
        capacity = self.capacity * aged
        served = 1.0 if asking <= capacity else capacity / asking
        burden = 0.0
        for age, cohort in self.cohorts.items():
            cases = cohort.persons * cohort.need
            online = (cases - demand[age]) * go_online
            assisted = demand[age] * cohort.reach * served
            excluded = (demand[age] - assisted) * (1.0 - kept)
            analog = cases - online - assisted - excluded
            cohort.count(online, assisted, analog, excluded, flows)
            burden += online * p.online_burden + assisted * p.assisted_burden + analog * p.counter_burden
            unable = cohort.persons * (1.0 - ability[age])
            if unable > 0.0:
                cohort.trained = min(1.0, cohort.trained + self.lever.training * assisted / unable)
        flows["burden_hours"] += burden
        cost = (p.counter_cost * self.total * ratio * kept + self.cost_of_help * aged) / 12
        body.purse.ledger.post("channels", "appropriation", self.model.booked(cost))
