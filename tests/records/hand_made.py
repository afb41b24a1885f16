"""What the hand-made run of ``tests/conftest.py`` says of money, work, harm, residents and cooperation.

Municipalities: 0 other city (60,000 residents), 1 designated city (900,000), 2 town (9,000), 3 village (900); in FY2035
a tenth fewer. IT cost before migration: 10,000 yen per resident and year; one-off cost: as much again, in October 2023,
of which the state pays 70 %. New systems cost 1.2 times the old ones. From April 2022 town and village are a group that
saves 20 %; the town pays 1 million yen a month for its coordination, the village 0.3 million, more than it saves.
"""

from __future__ import annotations

import numpy as np

from dxsim.model.codes import ACCOUNTS, NEVER, Account
from dxsim.model.run import Inputs, prepare
from dxsim.model.state import FLOW, Series, State
from dxsim.nation.nation import Nation
from dxsim.scenario.scenario import load_scenario
from dxsim.terms.municipalities import TYPES

MONTHS = 180
CITY, BIG, TOWN, VILLAGE = range(4)
PEOPLE = np.array([60_000.0, 900_000.0, 9_000.0, 900.0])
RESIDENTS_2035 = 0.9 * PEOPLE
BASELINE = 10_000.0 * PEOPLE
NEW = 1.2 * BASELINE / 12  # yen a month
SAVED = np.array([0.0, 0.0, 0.2, 0.2])
RUNNING = NEW * (1 - SAVED)
COORDINATION = np.array([0.0, 0.0, 1e6, 0.3e6])
# Residents by channel and age group in a month, as a share of all: 8 % need a procedure.
CASES = {
    "online": (0.05, 0.004, 0.001, 0.0),
    "assisted": (0.0, 0.001, 0.001, 0.0005),
    "analog": (0.01, 0.005, 0.004, 0.002),
    "excluded": (0.0, 0.0, 0.001, 0.0005),
}


def kinds() -> np.ndarray:
    return np.array([list(TYPES).index(name) for name in ("other_city", "designated_city", "town", "village")])


def given(nation: Nation) -> Inputs:
    """Return the inputs of the run: the same residents in all years but the last, and two vendors."""
    inputs = prepare(nation, load_scenario("baseline"), 1)
    ratio = np.ones_like(inputs.country.population_ratio)
    ratio[:, -1] = RESIDENTS_2035 / PEOPLE
    country = inputs.country._replace(population_ratio=ratio)
    return inputs._replace(country=country, vendor_names=("Vendor 01", "Vendor 02"))


def by_type(of_bodies: np.ndarray) -> np.ndarray:
    """Sum what is by month and municipality into what is by month and type."""
    result = np.zeros((MONTHS, len(TYPES), *of_bodies.shape[2:]), of_bodies.dtype)
    result[:, kinds()] = of_bodies  # one municipality of a type
    return result


def postings() -> np.ndarray:
    """Return what is booked each month, (months, municipalities, accounts), debits positive."""
    booked = np.zeros((MONTHS, 4, len(ACCOUNTS)), np.int64)

    def post(months: object, body: object, debit: int, credit: int, amount: object) -> None:
        booked[months, body, debit] += np.rint(amount).astype(np.int64)
        booked[months, body, credit] -= np.rint(amount).astype(np.int64)

    everyone = slice(None)
    post(everyone, everyone, Account.RUNNING, Account.APPROPRIATION, RUNNING)
    post(everyone, everyone, Account.COORDINATION, Account.APPROPRIATION, COORDINATION)
    post(everyone, everyone, Account.CHANNELS, Account.APPROPRIATION, 10 * PEOPLE)
    post(slice(0, MONTHS, 12), everyone, Account.ENVELOPE, Account.APPROPRIATION, BASELINE / 10)
    post(30, everyone, Account.ENVELOPE, Account.SUBSIDY, 0.7 * BASELINE)
    post(30, everyone, Account.ONE_OFF, Account.ENVELOPE, BASELINE)
    post(24, CITY, Account.PROGRAMMES, Account.ENVELOPE, 1_000_000)
    post(30, CITY, Account.ENVELOPE, Account.RESERVE, 1_000_000)
    post(36, VILLAGE, Account.ENVELOPE, Account.GRANT, 100_000)
    post(168, CITY, Account.LAPSED, Account.ENVELOPE, 200_000)
    post(slice(60, 63), BIG, Account.PARALLEL, Account.APPROPRIATION, 1_000_000)
    post(59, BIG, Account.INTERFACE, Account.APPROPRIATION, 5_000_000)
    post(170, TOWN, Account.INTERFACE, Account.APPROPRIATION, 100_000)
    post(60, BIG, Account.PENALTY, Account.ENVELOPE, 12_000_000)
    post(60, BIG, Account.ENVELOPE, Account.RESERVE, 12_000_000)
    return booked


def flows() -> np.recarray:
    """Return the flows by month and municipality."""
    result = np.zeros((MONTHS, 4), FLOW).view(np.recarray)
    result.staff = 3, 30, 2, 1
    result.overloaded_municipalities[48:60, BIG] = 1
    result.overload[48:60, BIG] = 0.5
    result.resignations[50, BIG] = 0.25
    result.refusals[10:12, VILLAGE] = 1
    for channel, shares in CASES.items():
        result[channel] = PEOPLE[:, None] * shares
    result.burden_hours = 100
    result.waiting, result.counter_work, result.counter_capacity = 0.001 * PEOPLE, 0.06 * PEOPLE, 0.08 * PEOPLE
    result.incidents[58, CITY], result.affected_residents[58, CITY], result.impact[58, CITY] = 1, 60, 60
    result.incidents[60, BIG], result.affected_residents[60, BIG], result.impact[60, BIG] = 2, 1_000, 2_500
    result.rollbacks[60, BIG] = 1
    result.security_incidents[100, BIG], result.exposed_records[100, BIG] = 1, 45_000
    result.interoperability[:, BIG] = 1e6
    result.level = levels()
    result.cooperating_municipalities[12:, [TOWN, VILLAGE]] = 1
    result.saving[12:, [TOWN, VILLAGE]] = (SAVED * NEW - COORDINATION)[[TOWN, VILLAGE]]
    result.worse_off_municipalities[12:, VILLAGE] = 1
    return result


def levels() -> np.ndarray:
    return np.array([[26, 2, 1, 1, 0], [26, 2, 3, 2, 1], [0, 0, 0, 0, 0], [26, 0, 0, 1, 0]])


def fill_nation(national: np.recarray) -> None:
    """Fill what there is one of in the nation, by month."""
    month = np.arange(MONTHS)
    national.belief = 0.25
    national.extension_granted = month >= 56
    national.fund_balance = np.where(month < 30, 7e9, 7e9 - 0.7 * BASELINE.sum())
    national.groups = month >= 12
    national.cooperating_municipalities = 2 * (month >= 12)
    national.moves_tested = np.where(month >= 6, 3, 0)  # each October, and kept until the next
    national.moves_accepted = (month >= 6) & (month < 18)


def fill(state: State, series: Series) -> None:
    """Fill all that is told here, at the end and month by month."""
    booked, monthly_flows = postings(), flows()
    fill_nation(series.national_by_month)
    series.money_by_month[:] = by_type(booked.cumsum(axis=0))
    series.flows_by_month[:] = by_type(monthly_flows)
    bodies, purses, workforce, harm = state.municipalities, state.purses, state.workforce, state.harm
    bodies.group = -1, -1, 0, 0
    bodies.closing = 66, NEVER, NEVER, NEVER
    bodies.platform = levels()[:, 0] > 0
    state.groups[0] = (2, TOWN, TOWN, 72, 1e8, 15.6e6)
    purses.baseline, purses.new, purses.saving, purses.coordination = BASELINE, NEW, SAVED, COORDINATION
    purses.running_total = booked[-12:, :, Account.RUNNING].sum(axis=0)
    workforce.staff, workforce.overload, workforce.experience = (3, 30, 2, 1), (0.5, 1.3, 0.9, 1.2), 0.5
    workforce.overloaded_months = monthly_flows.overloaded_municipalities.sum(axis=0)
    harm.incidents, harm.affected = monthly_flows.incidents.sum(axis=0), monthly_flows.affected_residents.sum(axis=0)
    harm.impact, harm.rollbacks = monthly_flows.impact.sum(axis=0), monthly_flows.rollbacks.sum(axis=0)
    harm.exposed = monthly_flows.exposed_records.sum(axis=0)
    harm.security_incidents = monthly_flows.security_incidents.sum(axis=0)
    state.programmes.level = levels()
    for channel in CASES:
        state.cohorts[f"{channel}_total"] = monthly_flows[channel].sum(axis=0)
    state.ledger[:] = booked.sum(axis=0)
