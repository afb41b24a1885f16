"""A country and a state filled by hand, for tests that call one step and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dxsim.model.codes import Account
from dxsim.model.levers import POLICY
from dxsim.model.state import (
    ANNOUNCEMENT,
    PLACE,
    VENDOR_EVENT,
    Country,
    Events,
    Market,
    Run,
    State,
    empty_series,
    empty_state,
)
from dxsim.nation.averages import known_or_average
from dxsim.scenario.scenario import load_scenario
from dxsim.terms.calendar import MONTHS
from dxsim.terms.municipalities import PREFECTURES

KINDS = 2
OPERATIONS = 20
YEARS = MONTHS // 12


def parameters_with(**values: object) -> np.record:
    """Return the baseline's parameters with these changes, written `group__name`."""
    return load_scenario("baseline", {key.replace("__", "."): value for key, value in values.items()}).record()[0]


def country_of(
    n: int, population: float | np.ndarray = 50_000.0, prefectures: int = 1, ring: bool = False, first: int = 1001
) -> Country:
    """Return `n` municipalities of two types in turn; codes from `first` on; each tied to the next if in a `ring`."""
    places = np.zeros(n, dtype=PLACE).view(np.recarray)
    places.code = first + np.arange(n)
    places.kind = np.arange(n) % KINDS
    places.prefecture = 1 + np.arange(n) * prefectures // n
    places.population = population
    for column, figures in known_or_average(pd.DataFrame({"population": places.population})).items():
        places[column] = figures
    around = [[(i - 1) % n, (i + 1) % n] if ring else [] for i in range(n)]
    return Country(
        places=places,
        ages=np.zeros((n, 4)),
        population_ratio=np.ones((n, YEARS)),
        offsets=np.cumsum([0, *map(len, around)]),
        neighbours=np.array([j for pair in around for j in pair], dtype=np.int64),
        prefecture_size=np.bincount(places.prefecture, minlength=PREFECTURES + 1),
        kind_size=np.bincount(places.kind, minlength=KINDS),
        lot_of=np.zeros(OPERATIONS, dtype=np.int64),
        weight=np.ones(OPERATIONS),
        applies=np.ones((KINDS, 1), dtype=np.bool_),
        bundling_factor=np.ones(1),
        bought_with=np.zeros(1, dtype=np.int64),
        has_specialists=np.zeros(1, dtype=np.bool_),
    )


def state_of(n: int, log_size: int = 0) -> State:
    """Return a state of `n` municipalities whose staff has time for everything and whose envelopes are full."""
    state = empty_state(n, 1, OPERATIONS, 1, KINDS, log_size)
    state.municipalities.systems = OPERATIONS
    state.workforce.migration_service, state.workforce.programme_service = 1.0, 1.0
    state.purses.baseline = 2.6e8
    state.ledger[:, Account.ENVELOPE] = 10**12
    state.ledger[:, Account.APPROPRIATION] = -(10**12)
    for kind in range(KINDS):
        state.money[kind] = state.ledger[np.arange(n) % KINDS == kind].sum(axis=0)
    return state


def calendar_of(n: int) -> Events:
    """Return a calendar on which nothing stands for `n` municipalities."""
    return Events(
        announcements=np.zeros(0, ANNOUNCEMENT).view(np.recarray),
        vendor_events=np.zeros(0, VENDOR_EVENT).view(np.recarray),
        surveys=np.zeros(0, np.int64),
        policies=np.zeros(0, POLICY).view(np.recarray),
        scope=np.zeros((0, n), np.bool_),
    )


def run_of(country: Country, state: State, parameters: np.record, seed: int = 1) -> Run:
    """Return a run of these, among vendors of equal shares, with nothing on the calendar; it changes the `state`."""
    vendors = state.vendors.size
    market = Market(np.full((vendors, state.lots.shape[1]), 1.0 / vendors), state.lots.legacy, state.product_month)
    series = empty_series(vendors, country.kind_size.size)
    return Run(country, market, calendar_of(country.places.size), parameters, seed, state, series)
