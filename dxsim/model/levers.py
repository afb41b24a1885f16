"""What does the state decide for which municipality, and when?

A lever that may differ from municipality to municipality (role `body_lever` of the registry) starts every month from
its parameter, the same for all. Policies then change it in the order in which the scenario lists them:

    set        x <- v                x  the lever of a municipality that the policy is for, in the lever's unit
    add        x <- x + v            v  the policy's value, for multiply a factor
    multiply   x <- x v

each result cut to the registry's bounds. Levers are worked out anew when a policy begins or ends and stay in between.

Phased cohorts: cohort k = 0 to n_c - 1 faces its date d_c months before the next one, the last one the national
deadline:

    shift_k = -(n_c - 1 - k) d_c     months

By `phasing` municipalities are ranked by population (large_first, small_first), go with their prefecture
(by_prefecture) or with their rank among the clients of their main vendor, so that every vendor's load is levelled
(by_vendor_load); with by_lot the lots take turns. Rank r of m is in cohort floor(r n_c / m).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dxsim.kernel import kernel
from dxsim.model.codes import How, names
from dxsim.scenario.registry import REGISTRY, choices
from dxsim.terms.municipalities import PREFECTURES

if TYPE_CHECKING:
    import pandas as pd

    from dxsim.model.state import Integers, Records, Run
    from dxsim.scenario.scenario import Scenario

Phasing = choices("policy.phasing")
BODY_LEVERS = tuple(parameter.name for parameter in REGISTRY.values() if parameter.role == "body_lever")
LEVER = np.dtype([(name, np.float64) for name in BODY_LEVERS])  # units: see the registry

POLICY = np.dtype(
    [
        ("lever", np.int64),  # place in BODY_LEVERS
        ("first", np.int64),  # month
        ("last", np.int64),  # month after the last one
        ("how", np.int64),  # one of codes.How
        ("value", np.float64),  # in the lever's unit, or a factor
        ("minimum", np.float64),  # bounds of the lever
        ("maximum", np.float64),  # bounds of the lever
    ]
)


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
            names(How).index(policy.how),
            policy.value,
            parameter.minimum,
            parameter.maximum,
        )
        whom[place] = scope(policy, table)
    return policies, whom


@kernel
def changed(value: float, how: int, amount: float, minimum: float, maximum: float) -> float:
    """Return a lever's `value` after a policy that does `how` with `amount`, cut to the bounds."""
    if how == How.ADD:
        amount = value + amount
    elif how == How.MULTIPLY:
        amount = value * amount
    return min(maximum, max(minimum, amount))


@kernel
def turns(policies: Records, month: int) -> bool:
    """Return whether levers have to be worked out in this `month`: at the start, and where a policy begins or ends."""
    for number in range(policies.size):
        if month == policies[number].first or month == policies[number].last:
            return True
    return month == 0


@kernel
def lever_value(run: Run, base: float, lever: int, i: int, month: int) -> float:
    """Return a municipality's lever (place in `BODY_LEVERS`) in a month: the `base`, then policies in their order."""
    value = base
    for number in range(run.policies.size):
        policy = run.policies[number]
        if policy.lever == lever and policy.first <= month < policy.last and run.scope[number, i]:
            value = changed(value, policy.how, policy.value, policy.minimum, policy.maximum)
    return value


@kernel
def set_levers(run: Run, month: int) -> None:
    """Set all levers to what they are in this month."""
    for i in range(run.lever_values.shape[0]):
        for lever in range(run.lever_values.shape[1]):
            run.lever_values[i, lever] = lever_value(run, run.lever_bases[lever], lever, i, month)


@kernel
def apply(run: Run, month: int) -> None:
    """Set the levers of every municipality at the start and in months in which a policy begins or ends."""
    if turns(run.policies, month):
        set_levers(run, month)


@kernel
def cohort_of(rank: int, members: int, cohorts: int) -> int:
    """Return the cohort, 0 the earliest, of a rank from 0 to `members` - 1: all as equal in number as can be."""
    return rank * cohorts // members


@kernel
def date_shift(cohort: int, cohorts: int, months: int) -> int:
    """Return by how many months (0 or less) the date of a `cohort` differs from the national deadline."""
    return -(cohorts - 1 - cohort) * months


@kernel(makes_arrays=True)
def by_population(run: Run, cohorts: int, large_first: bool) -> Integers:
    """Return the cohort of every municipality, (n,), by rank in population; equals in the order of their codes."""
    n = run.places.size
    size, cohort = np.empty(n), np.empty(n, dtype=np.int64)
    for i in range(n):
        population = run.places[i].population
        size[i] = -population if large_first else population
    order = np.argsort(size, kind="mergesort")
    for rank in range(n):
        cohort[order[rank]] = cohort_of(rank, n, cohorts)
    return cohort


@kernel
def main_vendor(run: Run, i: int) -> int:
    """Return the vendor of a municipality's first lot that applies at the start, -1 where none does."""
    for lot in range(run.lots.shape[1]):
        if run.lots[i, lot].legacy >= 0:
            return run.lots[i, lot].legacy
    return -1


@kernel(makes_arrays=True)
def by_vendor(run: Run, cohorts: int) -> Integers:
    """Return the cohort of every municipality, (n,), by rank among its main vendor's clients, in the order of ties.

    A municipality without a vendor is in the last cohort.
    """
    n = run.by_tie.size
    clients = np.zeros(run.vendors.size, dtype=np.int64)
    ranked = np.zeros(run.vendors.size, dtype=np.int64)
    cohort = np.full(n, cohorts - 1, dtype=np.int64)
    for i in range(n):
        vendor = main_vendor(run, i)
        if vendor >= 0:
            clients[vendor] += 1
    for tie in range(n):
        i = run.by_tie[tie]
        vendor = main_vendor(run, i)
        if vendor >= 0:
            cohort[i] = cohort_of(ranked[vendor], clients[vendor], cohorts)
            ranked[vendor] += 1
    return cohort


@kernel(makes_arrays=True)
def date_shifts(run: Run) -> None:
    """Set at the start by how many months each lot's date lies before the national deadline."""
    n, n_lots = run.lots.shape
    cohorts, months, phasing = run.parameters.cohorts, run.parameters.cohort_months, run.parameters.phasing
    cohort = np.full(n, cohorts - 1, dtype=np.int64)
    if phasing in (Phasing.LARGE_FIRST, Phasing.SMALL_FIRST):
        cohort = by_population(run, cohorts, phasing == Phasing.LARGE_FIRST)
    elif phasing == Phasing.BY_PREFECTURE:
        for i in range(n):
            cohort[i] = cohort_of(run.places[i].prefecture - 1, PREFECTURES, cohorts)
    elif phasing == Phasing.BY_VENDOR_LOAD:
        cohort = by_vendor(run, cohorts)
    for i in range(n):
        for lot in range(n_lots):
            turn = cohort_of(lot, n_lots, cohorts) if phasing == Phasing.BY_LOT else cohort[i]
            run.lots[i, lot].shift = date_shift(turn, cohorts, months)
