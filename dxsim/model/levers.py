"""What does the state decide for which municipality, and when?

A lever that may differ from municipality to municipality (role `body_lever` of the registry) starts every month from
its parameter, the same for all. Policies then change it in the order in which the scenario lists them:

    set        x <- v                x  the lever of a municipality that the policy is for, in the lever's unit
    add        x <- x + v            v  the policy's value, for multiply a factor
    multiply   x <- x v

each result cut to the registry's bounds. Levers are worked out anew when a policy begins or ends and stay in between.

A policy that waits (`when`) begins once a national figure F has passed its mark x:

    F > x (above) or F < x (below)  at the start of month t, t_1 <= t < t_2   ->   it begins in month t + l

t_1 is its first month, t_2 the month after its last one and l its lag, months; F is as of the end of month t - 1, so
that nothing is known in the first month of a run. What counts is where F is, not that it moves: a mark passed before
t_1 lets the policy begin in t_1 + l. It then stays until t_2, wherever F goes meanwhile, and begins only once; where
t + l would be t_2 or later it never begins. Watched figures, of all municipalities:

    declared_late       systems declared late in the latest survey / systems; 0 before the first one
    late                systems past the deadline and not live / systems; 0 before it
    live                systems live / systems
    shortage_notices    shortages that vendors have announced so far; one for each vendor and quarter
    overloaded          municipalities overloaded in month t - 1 / municipalities
    excluded            procedures needed and not done / procedures needed, in month t - 1

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
from dxsim.model.codes import NEVER, Figure, How, names
from dxsim.scenario.registry import REGISTRY, choices
from dxsim.terms.municipalities import PREFECTURES

if TYPE_CHECKING:
    import pandas as pd

    from dxsim.model.state import Integers, Records, Run
    from dxsim.scenario.scenario import Scenario
    from dxsim.scenario.triggers import When

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
        ("figure", np.int64),  # one of codes.Figure for which it waits
        ("is_above", np.bool_),  # whether the figure has to be above the mark, or below it
        ("mark", np.float64),  # in the figure's unit
        ("lag", np.int64),  # months from the passing until it begins
    ],
    align=True,
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
            *_trigger(policy.when),
        )
        whom[place] = scope(policy, table)
    return policies, whom


def _trigger(when: When | None) -> tuple[int, bool, float, int]:
    """Return figure, side, mark and lag of what a policy waits for."""
    if when is None:
        return Figure.NOTHING, False, 0.0, 0
    return Figure[when.figure.upper()], when.above is not None, when.mark, when.lag


@kernel
def changed(value: float, how: int, amount: float, minimum: float, maximum: float) -> float:
    """Return a lever's `value` after a policy that does `how` with `amount`, cut to the bounds."""
    if how == How.ADD:
        amount = value + amount
    elif how == How.MULTIPLY:
        amount = value * amount
    return min(maximum, max(minimum, amount))


@kernel
def share_of_procedures_missed(run: Run, month: int) -> float:
    """Return which part of the procedures that residents needed in a month was not reached."""
    missed, done = 0.0, 0.0
    for kind in range(run.kind_size.size):
        flows = run.flows_by_month[month, kind]
        for age in range(flows.excluded.size):
            missed += flows.excluded[age]
            done += flows.online[age] + flows.assisted[age] + flows.analog[age]
    return missed / (missed + done) if missed > 0.0 else 0.0


@kernel
def share_of_systems(run: Run, figure: int) -> float:
    """Return which part of all systems was declared late, is late or is live when a month begins."""
    part, systems = 0, 0
    for i in range(run.municipalities.size):
        systems += run.municipalities[i].systems
    for kind in range(run.kind_size.size):
        counts = run.counts[kind]
        if figure == Figure.LIVE:
            part += counts.live
        else:
            for reason in range(counts.late.size):
                part += counts.late[reason] if figure == Figure.LATE else counts.declared[reason]
    return part / max(1, systems)


@kernel
def watched(run: Run, figure: int, month: int) -> float:
    """Return a watched figure at the start of a `month`, from the second one on: as of the end of the last one."""
    if figure == Figure.EXCLUDED:
        return share_of_procedures_missed(run, month - 1)
    if figure == Figure.OVERLOADED:
        overloaded = 0.0
        for kind in range(run.kind_size.size):
            overloaded += run.flows_by_month[month - 1, kind].overloaded_municipalities
        return overloaded / max(1, run.municipalities.size)
    if figure == Figure.SHORTAGE_NOTICES:
        notices = 0.0
        for past in range(month):
            for vendor in range(run.vendors.size):
                notices += run.vendors_by_month[past, vendor].shortage
        return notices
    return share_of_systems(run, figure)


@kernel
def has_passed(figure: float, mark: float, is_above: bool) -> bool:
    """Return whether a `figure` lies on the side of the `mark` for which a policy waits."""
    return figure > mark if is_above else figure < mark


@kernel
def watch(run: Run, month: int) -> None:
    """Let the policies whose figure has passed its mark begin, now or after their lag."""
    for number in range(run.policies.size):
        policy = run.policies[number]
        if month == 0:
            run.begins[number] = policy.first if policy.figure == Figure.NOTHING else NEVER
        elif (
            run.begins[number] == NEVER
            and policy.first <= month < policy.last - policy.lag
            and has_passed(watched(run, policy.figure, month), policy.mark, policy.is_above)
        ):
            run.begins[number] = month + policy.lag


@kernel
def turns(run: Run, month: int) -> bool:
    """Return whether levers have to be worked out in this `month`: at the start, and where a policy begins or ends."""
    for number in range(run.policies.size):
        if month == run.begins[number] or month == run.policies[number].last:
            return True
    return month == 0


@kernel
def lever_value(run: Run, base: float, lever: int, i: int, month: int) -> float:
    """Return a municipality's lever (place in `BODY_LEVERS`) in a month: the `base`, then policies in their order."""
    value = base
    for number in range(run.policies.size):
        policy = run.policies[number]
        if policy.lever == lever and run.begins[number] <= month < policy.last and run.scope[number, i]:
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
    watch(run, month)
    if turns(run, month):
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
