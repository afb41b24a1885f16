"""What does the state decide for which body, and when?

A lever that may differ from body to body (role `body_lever` of the registry) starts every month from its parameter,
the same for all. Policies then change it in the order in which the scenario lists them:

    set        x <- v                x  the lever of a body that the policy is for, in the lever's unit
    add        x <- x + v            v  the policy's value, for multiply a factor
    multiply   x <- x v

each result cut to the registry's bounds. Levers are worked out anew when a policy begins or ends and stay in between.

Phased cohorts: cohort k = 0 to n_c - 1 faces its date d_c months before the next one, the last one the national
deadline:

    shift_k = -(n_c - 1 - k) d_c     months

By `phasing` bodies are ranked by population (large_first, small_first), go with their prefecture (by_prefecture) or
with their rank among the clients of their main vendor, so that every vendor's load is levelled (by_vendor_load); with
by_lot the lots take turns. Rank r of m is in cohort floor(r n_c / m).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import literal_unroll
from numpy.typing import NDArray

from dxsim.kernel import kernel
from dxsim.model.state import (
    ADD,
    BODY_LEVERS,
    MULTIPLY,
    POLICY,
    PREFECTURES,
    Country,
    Events,
    Integers,
    Records,
    State,
)
from dxsim.scenario.registry import REGISTRY

if TYPE_CHECKING:
    import pandas as pd

    from dxsim.scenario.scenario import Scenario

HOW = ("set", "add", "multiply")  # in the order of the codes SET, ADD, MULTIPLY
NONE, LARGE_FIRST, SMALL_FIRST, BY_PREFECTURE, BY_LOT, BY_VENDOR_LOAD = 0, 1, 2, 3, 4, 5


def policy_arrays(scenario: Scenario, table: pd.DataFrame) -> tuple[Records, NDArray[np.bool_]]:
    """Return a scenario's policies as the kernels read them, (P,) POLICY, and whom each is for, (P, n) bool.

    Parameters
    ----------
    scenario : Scenario
        Whose policies.
    table : DataFrame
        The n municipalities of a nation, in the order of their codes.
    """
    from dxsim.scenario.policies import scope

    policies = np.zeros(len(scenario.policies), dtype=POLICY).view(np.recarray)
    whom = np.zeros((len(scenario.policies), len(table)), dtype=np.bool_)
    for place, policy in enumerate(scenario.policies):
        parameter = REGISTRY[policy.lever]
        policies[place] = (
            BODY_LEVERS.index(parameter.name),
            policy.first,
            policy.last,
            HOW.index(policy.how),
            policy.value,
            parameter.minimum,
            parameter.maximum,
        )
        whom[place] = scope(policy, table)
    return policies, whom


@kernel
def changed(value: float, how: int, amount: float, minimum: float, maximum: float) -> float:
    """Return a lever's `value` after a policy that does `how` with `amount`, cut to the bounds."""
    if how == ADD:
        amount = value + amount
    elif how == MULTIPLY:
        amount = value * amount
    return min(maximum, max(minimum, amount))


@kernel
def turns(policies: Records, month: int) -> bool:
    """Return whether levers have to be worked out in this `month`: at the start, and where a policy begins or ends."""
    for number in range(policies.size):
        if month == policies[number].first or month == policies[number].last:
            return True
    return month == 0


@kernel(inner=True)
def lever_value(base: float, lever: int, i: int, events: Events, month: int) -> float:
    """Return a body's lever (place in `BODY_LEVERS`) in a month: the `base`, then the policies in their order."""
    value = base
    for number in range(events.policies.size):
        policy = events.policies[number]
        if policy.lever == lever and policy.first <= month < policy.last and events.scope[number, i]:
            value = changed(value, policy.how, policy.value, policy.minimum, policy.maximum)
    return value


@kernel(inner=True)
def set_levers(levers: Records, events: Events, parameters: np.record, month: int) -> None:
    """Set all `levers`, (n,) LEVER, to what they are in this month."""
    lever = 0
    for name in literal_unroll(BODY_LEVERS):
        base = float(parameters[name])
        for i in range(levers.size):
            levers[i][name] = lever_value(base, lever, i, events, month)
        lever += 1  # noqa: SIM113 - an unrolled loop can't be enumerated


@kernel
def apply(state: State, events: Events, parameters: np.record, month: int) -> None:
    """Set the levers of every body at the start and in months in which a policy begins or ends."""
    if turns(events.policies, month):
        set_levers(state.levers, events, parameters, month)


@kernel
def cohort_of(rank: int, members: int, cohorts: int) -> int:
    """Return the cohort, 0 the earliest, of a rank from 0 to `members` - 1: all as equal in number as can be."""
    return rank * cohorts // members


@kernel
def date_shift(cohort: int, cohorts: int, months: int) -> int:
    """Return by how many months (0 or less) the date of a `cohort` differs from the national deadline."""
    return -(cohorts - 1 - cohort) * months


@kernel(inner=True, makes_arrays=True)
def by_population(country: Country, cohorts: int, large_first: bool) -> Integers:
    """Return the cohort of every body, (n,), by rank in population; equals in the order of their codes."""
    n = country.municipalities.size
    size, cohort = np.empty(n), np.empty(n, dtype=np.int64)
    for i in range(n):
        population = country.municipalities[i].population
        size[i] = -population if large_first else population
    order = np.argsort(size, kind="mergesort")
    for rank in range(n):
        cohort[order[rank]] = cohort_of(rank, n, cohorts)
    return cohort


@kernel(inner=True)
def main_vendor(state: State, i: int) -> int:
    """Return the vendor of a body's first lot that applies at the start, -1 where none does."""
    for lot in range(state.lots.shape[1]):
        if state.lots[i, lot].legacy >= 0:
            return state.lots[i, lot].legacy
    return -1


@kernel(inner=True, makes_arrays=True)
def by_vendor(state: State, cohorts: int) -> Integers:
    """Return the cohort of every body, (n,), by rank among its main vendor's clients, who are in the order of ties.

    A body without a vendor is in the last cohort.
    """
    n = state.by_tie.size
    clients = np.zeros(state.vendors.size, dtype=np.int64)
    ranked = np.zeros(state.vendors.size, dtype=np.int64)
    cohort = np.full(n, cohorts - 1, dtype=np.int64)
    for i in range(n):
        vendor = main_vendor(state, i)
        if vendor >= 0:
            clients[vendor] += 1
    for tie in range(n):
        i = state.by_tie[tie]
        vendor = main_vendor(state, i)
        if vendor >= 0:
            cohort[i] = cohort_of(ranked[vendor], clients[vendor], cohorts)
            ranked[vendor] += 1
    return cohort


@kernel(makes_arrays=True)
def date_shifts(country: Country, state: State, parameters: np.record) -> None:
    """Set at the start by how many months each lot's date lies before the national deadline."""
    n, n_lots = state.lots.shape
    cohorts, months, phasing = parameters.cohorts, parameters.cohort_months, parameters.phasing
    cohort = np.full(n, cohorts - 1, dtype=np.int64)
    if phasing in (LARGE_FIRST, SMALL_FIRST):
        cohort = by_population(country, cohorts, phasing == LARGE_FIRST)
    elif phasing == BY_PREFECTURE:
        for i in range(n):
            cohort[i] = cohort_of(country.municipalities[i].prefecture - 1, PREFECTURES, cohorts)
    elif phasing == BY_VENDOR_LOAD:
        cohort = by_vendor(state, cohorts)
    for i in range(n):
        for lot in range(n_lots):
            turn = cohort_of(lot, n_lots, cohorts) if phasing == BY_LOT else cohort[i]
            state.lots[i, lot].shift = date_shift(turn, cohorts, months)
