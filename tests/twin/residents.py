"""Residents: who can use procedures online, who is helped, served at the counter, made to wait, or shut out."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, floor, sqrt
from types import SimpleNamespace
from typing import TYPE_CHECKING

from dxsim import streams
from tests.twin.programmes import HIGHEST_LEVEL
from tests.twin.systems import NEVER

if TYPE_CHECKING:
    from tests.twin.municipality import Municipality

AGE_GROUPS = ("under_65", "65_to_74", "75_to_84", "85_over")
CHANNELS = ("online", "assisted", "analog", "excluded")
USERS = {"under_65": 0.95, "65_to_74": 0.76, "75_to_84": 0.54, "85_over": 0.23}  # of the internet, April 2021
SHARE_85_OVER = 0.33
HOURS, SPEED = 160.0, 20.0
STAFF_ON_POPULATION, WORKING_AGE_ON_POPULATION, AGEING = 0.67, 1.19, 0.0024


@dataclass(slots=True, eq=False)
class Cohort:
    """The residents of an age group; cases are of this month."""

    series: tuple[str, ...]  # names of the sums of cases, by channel
    initial: float  # persons in 2020
    is_aged: bool
    persons: float = 0.0
    trained: float = 0.0  # share of those unable
    waiting: float = 0.0  # cases that come again
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

    @property
    def done(self) -> float:
        return self.online + self.assisted + self.analog

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
    """Return the share of an age group able to use procedures online without training: people grow older."""
    place = AGE_GROUPS.index(age)
    years = month / 12

    def users(decades: int) -> float:
        return USERS[AGE_GROUPS[max(0, place - decades)]]

    decades = int(years // 10)
    passed = years / 10 - decades
    return p.online_ability * (users(decades) * (1.0 - passed) + users(decades + 1) * passed)


def willing(p: SimpleNamespace, month: int) -> float:
    """Return the share of the able who are willing to go online."""
    odds = p.initial_willingness / (1.0 - p.initial_willingness) * exp(p.willingness_growth * month / 12)
    return odds / (1.0 + odds)


def share_served(capacity: float, asked: float) -> float:
    return 1.0 if asked <= capacity else max(0.0, capacity) / asked


class Residents:
    """The residents of a municipality, by age group, and the channels open to them."""

    def __init__(self, body: Municipality, row):
        self.body = body
        self.model = body.model
        p = self.model.parameters
        old = row.population_75_over * SHARE_85_OVER
        people = (
            row.population_under_15 + row.population_15_64,
            row.population_65_74,
            row.population_75_over - old,
            old,
        )
        self.cohorts = {
            age: Cohort(tuple(f"{channel}_{age}" for channel in CHANNELS), float(persons), age != "under_65")
            for age, persons in zip(AGE_GROUPS, people, strict=True)
        }
        self.total = float(sum(people))  # in 2020
        draws = [self.model.uniform(streams.POINTS, body.code, 0, place) for place in range(4)]
        self.odd = dict(zip(("branches", "support_desks", "access_points", "tablets"), draws, strict=True))
        self.habitable, self.alone = float(row.habitable_km2), float(row.aged_single_share)
        self.branches = floor(p.branch_share * row.community_halls + self.odd["branches"])
        self.closing = NEVER  # month from which counters close
        self.served = 1.0  # share of those who came last month
        self.capacity = 0.0  # cases a month

    @property
    def done(self) -> float:
        """Return the procedures done last month."""
        return sum(cohort.done for cohort in self.cohorts.values())

    def places(self, kind: str) -> int:
        """Return how many desks, points or tablets there are."""
        return floor(getattr(self.body.lever, kind) * self.total / 10_000 + self.odd[kind])

    def begins_to_close(self) -> bool:
        """Return whether counters, all open so far, begin to close."""
        p = self.model.parameters
        if p.analog_rule == "keep" or self.model.month < p.closing_start:
            return False
        if p.analog_rule == "sunset":
            return True
        if p.analog_rule == "staff":
            return self.served < 0.95
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
        return 1.0 - (1.0 - self.body.lever.analog_floor) * passed

    def staff_counters(self):
        """Work out what counters can serve in this fiscal year."""
        body, year = self.body, self.model.year
        now, before = body.population_ratio[year], body.population_ratio[0]
        shrunk = now / before if before > 0.0 else 0.0
        staff = (1.0 - AGEING * year) * shrunk**WORKING_AGE_ON_POPULATION
        self.capacity = self.model.parameters.need * self.total * before * staff * shrunk ** (1.0 - STAFF_ON_POPULATION)

    def serve(self, ability: dict[str, float], willing: float):
        """Let residents do, or miss, what they need in this month; train those helped; pay for the channels.

        `ability` is the share able without training, by age group.
        """
        body, p, flows, harm, lever = self.body, self.model.parameters, self.body.flows, self.body.harm, self.body.lever
        ratio, kept = body.population_ratio[self.model.year], self.counters()
        if self.model.is_april:
            self.staff_counters()
        desks, points, tablets = map(self.places, ("support_desks", "access_points", "tablets"))
        distance = sqrt(self.habitable / (1.0 + kept * self.branches + desks + points)) / 2
        away = self.alone * (1.0 - exp(-distance / p.access_distance))

        known = p.once_only_saving * harm.once_only * p.online_burden
        trip, at_home = p.counter_burden + 2.0 * distance / SPEED, p.online_burden - known
        trips = max(0.0, trip / max(0.1, self.served) - known)
        liking = willing * harm.trust * (trips / (trips + at_home) if trips + at_home > 0.0 else 0.5)
        offered = p.online_coverage * body.programmes["online"] / HIGHEST_LEVEL["online"]
        go_online = offered * (kept * liking + 1.0 - kept)

        online, stay, ask, rest = {}, {}, {}, {}  # cases by age group
        for age, cohort in self.cohorts.items():
            cohort.persons = cohort.initial * ratio
            cases = cohort.persons * p.need
            unable = cases * (1.0 - ability[age]) * (1.0 - cohort.trained)
            online[age] = (cases - unable) * go_online
            stays = away if cohort.is_aged else 0.0
            stay[age] = stays * (cases - online[age])
            ask[age] = (1.0 - stays) * unable
            rest[age] = cases - online[age] - stay[age]
        visited = share_served(p.help_rate * HOURS * tablets, sum(stay.values()))
        helped = share_served(p.help_rate * HOURS * (desks + points), sum(ask.values()))
        assisted = {age: visited * stay[age] + helped * ask[age] for age in AGE_GROUPS}
        closed = {age: offered * (1.0 - kept) * (1.0 - helped) * ask[age] for age in AGE_GROUPS}
        come = {
            age: rest[age] - helped * ask[age] - closed[age] + cohort.waiting for age, cohort in self.cohorts.items()
        }
        work = body.work_left * (1.0 - body.programmes.hours_given_back)
        by_network = p.online_work * (sum(online.values()) + sum(assisted.values()))
        coming = sum(come.values()) + harm.enquiries
        self.served = share_served(self.capacity / work - by_network, coming)
        harm.enquiries = 0.0
        for age, cohort in self.cohorts.items():
            analog = self.served * come[age]
            gave_up = p.giving_up * (come[age] - analog)
            cohort.waiting = come[age] - analog - gave_up
            excluded = closed[age] + (1.0 - visited) * stay[age] + gave_up
            cohort.count(online[age], assisted[age], analog, excluded, flows)
            unable = cohort.persons * (1.0 - ability[age])
            if unable > 0.0:
                cohort.trained = min(1.0, cohort.trained + lever.training * assisted[age] / unable)
        in_person = sum(cohort.assisted + cohort.analog for cohort in self.cohorts.values())
        in_vain = (1.0 - self.served) * sum(come.values())
        flows["burden_hours"] += at_home * sum(online.values()) + (trip - known) * in_person + trip * in_vain
        flows["waiting"] += sum(cohort.waiting for cohort in self.cohorts.values())
        flows["counter_work"] += work * (coming + by_network)
        flows["counter_capacity"] += self.capacity
        cost = p.counter_cost * (self.total * ratio) * (1.0 - offered * (1.0 - kept))
        cost = cost + p.desk_cost * desks + p.point_cost * points + p.tablet_cost * tablets
        body.purse.ledger.post("channels", "appropriation", self.model.booked(cost / 12))
