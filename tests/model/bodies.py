"""A country and a state filled by hand, for tests that call one phase and nothing else."""

from __future__ import annotations

import numpy as np

from dxsim.model.state import MONTHS, PLACE, PREFECTURES, Country, State, empty_state
from dxsim.scenario.scenario import load_scenario

KINDS = 2
OPERATIONS = 20
YEARS = MONTHS // 12


def parameters_with(**values: object) -> np.record:
    """Return the baseline's parameters with these changes, written `group__name`."""
    return load_scenario("baseline", {key.replace("__", "."): value for key, value in values.items()}).record()[0]


def country_of(
    n: int, population: float | np.ndarray = 50_000.0, prefectures: int = 1, ring: bool = False, first: int = 1001
) -> Country:
    """Return `n` bodies of two types, turn about; codes from `first` on; each tied to the next one if in a `ring`."""
    places = np.zeros(n, dtype=PLACE).view(np.recarray)
    places.code = first + np.arange(n)
    places.kind = np.arange(n) % KINDS
    places.prefecture = 1 + np.arange(n) * prefectures // n
    places.population = population
    around = [[(i - 1) % n, (i + 1) % n] if ring else [] for i in range(n)]
    return Country(
        municipalities=places,
        cohorts=np.zeros((n, 4)),
        population_ratio=np.ones((n, YEARS)),
        offsets=np.cumsum([0, *map(len, around)]),
        neighbours=np.array([j for pair in around for j in pair], dtype=np.int64),
        prefecture_size=np.bincount(places.prefecture, minlength=PREFECTURES + 1),
        kind_size=np.bincount(places.kind, minlength=KINDS),
        lot_of=np.zeros(OPERATIONS, dtype=np.int64),
        weight=np.ones(OPERATIONS),
        applies=np.ones((KINDS, 1), dtype=np.bool_),
        bundling_factor=np.ones(1),
    )


def state_of(n: int, log_size: int = 0) -> State:
    """Return a state of `n` bodies whose staff has time for everything and whose envelopes are full."""
    state = empty_state(n, 1, OPERATIONS, 1, KINDS, PREFECTURES, log_size)
    state.municipalities.systems = OPERATIONS
    state.workforce.programme_service = 1.0
    state.purses.baseline = 2.6e8
    state.ledger[:, 0] = 10**12
    state.ledger[:, 1] = -(10**12)
    for kind in range(KINDS):
        state.money[kind] = state.ledger[np.arange(n) % KINDS == kind].sum(axis=0)
    return state
