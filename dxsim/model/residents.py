"""Who reaches a procedure, by which channel, at what burden, and who is shut out?

ability       d(t) = logistic(logit d(0) + delta t / 12)        share of an age group that can use a procedure online
able          d + (1 - d) trained
cases         nu N                                               persons with a procedure in this month, of N residents
online        cases able s [alpha P + (1 - alpha)]               s: share of procedures online; other able ones: counter
P             1 / (1 + exp(-theta (counter burden - online burden)))        burdens in hours a case
asking        cases (1 - able) reach,  reach = 1 - exp(-k points)            points of help per 10,000 residents
assisted      asking min(1, capacity / sum of asking)                        pro rata over age groups
excluded      [cases (1 - able) - assisted] (1 - alpha);  the share alpha of them goes to the counter

alpha is the part of counter service that is kept. Under the rule `sunset` it falls in a straight line from the month of
closing to its floor; under `take_up` it does so once enough cases are online; under `budget` once a body has drawn on
its reserve. An able resident always gets through: what is not online is kept at the counter. Training makes a share of
those who are helped able for good. Keeping counters costs money, so closing them is tempting.

Burden counts learning, compliance and psychological cost together (Herd and Moynihan 2018), in hours a case.
"""

from __future__ import annotations

import math

import numpy as np

from dxsim.kernel import kernel
from dxsim.model import money
from dxsim.model.state import (
    ANALOG_CASES,
    APPROPRIATION,
    ASSISTED_CASES,
    BURDEN_HOURS,
    CHANNELS,
    COHORTS,
    EXCLUDED_CASES,
    HIGHEST_LEVEL,
    NEVER,
    ONLINE,
    ONLINE_CASES,
    RESERVE,
    Country,
    Floats,
    State,
)

KEEP, TAKE_UP, SUNSET, BUDGET = 0, 1, 2, 3
MONTHS_OF_YEAR = 12
FIRST_OF_65 = 1  # place in COHORTS of the youngest age group that points of help are counted for
PER_RESIDENTS = 10_000.0  # levers and reach count points of help per so many residents


@kernel
def ability(at_start: float, growth: float, month: int) -> float:
    """Return d, the share able to use procedures online, from that `at_start` in (0, 1) and yearly logit growth."""
    logit = math.log(at_start / (1.0 - at_start)) + growth * month / MONTHS_OF_YEAR
    return 1.0 / (1.0 + math.exp(-logit))


@kernel
def online_probability(sensitivity: float, counter_burden: float, online_burden: float) -> float:
    """Return P, the share of able residents with a choice who go online (burdens in hours a case)."""
    return 1.0 / (1.0 + math.exp(-sensitivity * (counter_burden - online_burden)))


@kernel
def reach(points: float, decay: float) -> float:
    """Return the share of residents in reach of help, with so many `points` per 10,000 residents."""
    return 1.0 - math.exp(-decay * points)


@kernel
def assistance_capacity(
    desks: float, points: float, tablets: float, hours: float, desk_rate: float, point_rate: float, tablet_rate: float
) -> float:
    """Return the cases a month that desks, points at post offices and banks, and tablets handle (cases an hour)."""
    return hours * (desks * desk_rate + points * point_rate + tablets * tablet_rate)


@kernel
def retention(month: int, closing: int, months: float, floor: float) -> float:
    """Return alpha, the share of counter service kept in `month`: from 1 at `closing` to `floor` over `months`."""
    if month < closing:
        return 1.0
    passed = 1.0 if months <= 0 else min(1.0, (month + 1 - closing) / months)
    return 1.0 - (1.0 - floor) * passed


@kernel
def excluded(unable_cases: float, assisted: float, kept: float) -> float:
    """Return the cases shut out: of those neither able nor `assisted`, the part for whom no counter is `kept`."""
    return max(0.0, unable_cases - assisted) * (1.0 - kept)


@kernel
def channel_cost(residents: float, kept: float, desks: float, points: float, tablets: float, p: np.record) -> float:
    """Return the cost (yen a month) of counters, of which the share `kept` is open, desks, points and tablets."""
    yearly = p.counter_cost * residents * kept
    yearly += desks * p.desk_cost + points * p.point_cost + tablets * p.tablet_cost
    return yearly / MONTHS_OF_YEAR


@kernel
def closing_month(
    body: np.record, rule: int, month: int, first: int, take_up: float, threshold: float, reserve: int
) -> int:
    """Return the month from which a body's counters close, NEVER if not yet known; once begun it stays."""
    if body.closing != NEVER or rule == KEEP or month < first:
        return body.closing
    if rule == SUNSET:
        return month
    if rule == TAKE_UP:
        return month if take_up >= threshold else NEVER
    return month if month % MONTHS_OF_YEAR == 0 and reserve != 0 else NEVER


@kernel
def of_cohorts(p: np.record, month: int, able: Floats, need: Floats, decay: Floats) -> None:
    """Fill what holds for all bodies in this month, by age group: ability, need and decay of reach."""
    able[0], need[0], decay[0] = p.ability_under_65, p.need_under_65, p.reach_under_65
    able[1], need[1], decay[1] = p.ability_65_to_74, p.need_65_to_74, p.reach_65_to_74
    able[2], need[2], decay[2] = p.ability_75_to_84, p.need_75_to_84, p.reach_75_to_84
    able[-1], need[-1], decay[-1] = p.ability_85_over, p.need_85_over, p.reach_85_over
    for cohort in range(able.size):
        able[cohort] = ability(able[cohort], p.ability_growth, month)


@kernel
def serve_residents(country: Country, state: State, parameters: np.record, month: int) -> None:
    """Let residents use procedures in this month, and book what the channels cost."""
    p = parameters
    count = len(COHORTS)
    able, need, decay, asking = np.empty(count), np.empty(count), np.empty(count), np.empty(count)
    of_cohorts(p, month, able, need, decay)
    chosen = online_probability(p.burden_sensitivity, p.counter_burden, p.online_burden)
    for i in range(country.municipalities.size):
        kind, body, lever = country.municipalities[i].kind, state.municipalities[i], state.levers[i]
        ratio, people = country.population_ratio[i, month // MONTHS_OF_YEAR], country.cohorts[i]
        flows = state.flows[kind]
        went_online, cases, elderly, residents = 0.0, 0.0, 0.0, 0.0
        for a in range(count):
            person = state.cohorts[i, a]
            went_online += person.online
            cases += person.online + person.assisted + person.analog + person.excluded
            person.persons = people[a] * ratio
            residents += person.persons
            if a >= FIRST_OF_65:
                elderly += person.persons
        take_up = went_online / cases if cases > 0.0 else 0.0
        body.closing = closing_month(
            body, p.analog_rule, month, p.closing_start, take_up, p.take_up_threshold, state.ledger[i, RESERVE]
        )
        kept = retention(month, body.closing, p.closing_months, lever.analog_floor)
        tens = elderly / PER_RESIDENTS
        desks, points, tablets = lever.support_desks * tens, lever.access_points * tens, lever.tablets * tens
        density = (desks + points + tablets) / residents * PER_RESIDENTS if residents > 0.0 else 0.0
        supply = state.programmes[i, ONLINE].level / HIGHEST_LEVEL[ONLINE]
        asked = 0.0
        for a in range(count):
            person = state.cohorts[i, a]
            if density != person.density:
                person.density, person.reach = density, reach(density, decay[a])
            unable = (1.0 - able[a]) * (1.0 - person.trained)
            asking[a] = person.persons * need[a] * unable * person.reach
            asked += asking[a]
        capacity = assistance_capacity(
            desks, points, tablets, p.opening_hours, p.desk_rate, p.point_rate, p.tablet_rate
        )
        served = min(1.0, capacity / asked) if asked > 0.0 else 0.0
        for a in range(count):
            person = state.cohorts[i, a]
            cases = person.persons * need[a]
            unable = (1.0 - able[a]) * (1.0 - person.trained)
            unable_cases = cases * unable
            able_cases = cases - unable_cases
            person.online = able_cases * supply * (kept * chosen + (1.0 - kept))
            person.assisted = asking[a] * served
            person.excluded = excluded(unable_cases, person.assisted, kept)
            person.analog = cases - person.online - person.assisted - person.excluded
            if person.persons > 0.0 and unable > 0.0:
                trained = lever.training * person.assisted / (person.persons * unable)
                person.trained = min(1.0, person.trained + (1.0 - person.trained) * trained)
            person.online_total += person.online
            person.assisted_total += person.assisted
            person.analog_total += person.analog
            person.excluded_total += person.excluded
            flows[ONLINE_CASES + a] += person.online
            flows[ASSISTED_CASES + a] += person.assisted
            flows[ANALOG_CASES + a] += person.analog
            flows[EXCLUDED_CASES + a] += person.excluded
            flows[BURDEN_HOURS] += person.online * p.online_burden + person.analog * p.counter_burden
            flows[BURDEN_HOURS] += person.assisted * p.assisted_burden
        cost = money.booked(channel_cost(residents, kept, desks, points, tablets, p), p.rounding_unit)
        money.post(state.ledger[i], state.money[kind], CHANNELS, APPROPRIATION, cost)
