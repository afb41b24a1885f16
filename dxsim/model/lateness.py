"""What do bodies declare before the deadline, and why is a system late after it?

A system is late if it is not live by the deadline T_D. Its reason is fixed then:

    R1 mainframe, R2 bespoke, R3 no product    known hard systems, or no vendor offers the lot any more
    R4 vendor resources                        announced as such, or ordered early enough: order + shortest work <= T_D
    R5 own side                                ordered too late, or not at all (a category of the model, not official)

Official counts before the deadline are forecasts by bodies. A system is declared late if its reason is known (R1 to
R3), or if  t + W (1 - opt (T_D - t) / H_opt) > T_D  for the body's forecast W of the months that are left: optimism
shrinks it while the deadline is far away, which makes the counts accelerate.
"""

from __future__ import annotations

import numpy as np

from dxsim.kernel import kernel
from dxsim.model import events
from dxsim.model.capacity import vendor_output
from dxsim.model.state import (
    BODIES_DECLARED,
    BODIES_LATE,
    DECLARED,
    LATE,
    LIVE,
    MAINFRAME,
    MIGRATING,
    NO_PRODUCT,
    ON_TIME,
    ORDERED,
    OWN_SIDE,
    PLANNING,
    VENDOR_RESOURCES,
    Country,
    Events,
    State,
)
from dxsim.model.vendor_queue import project
from dxsim.model.work import shortest_duration


@kernel
def declared_finish(month: float, months_left: float, deadline: float, optimism: float, horizon: float) -> float:
    """Return the month in which a body that needs `months_left` says it will be live."""
    discount = optimism * max(0.0, deadline - month) / horizon
    return month + months_left * max(0.0, 1.0 - discount)


@kernel
def late_reason(flag: int, offered: bool, order: int, duration: int, deadline: int) -> int:
    """Return the reason of a system that is not live at `deadline`: its `flag` if known, else R3, R4 or R5.

    `order` is the month of the order, -1 if there is none; `duration` the shortest vendor work in months.
    """
    if flag != ON_TIME:
        return flag
    if not offered:
        return NO_PRODUCT
    return VENDOR_RESOURCES if order >= 0 and order + duration <= deadline else OWN_SIDE


@kernel
def months_left(system: np.record, planning_months: int, quoted_wait: float, now: int, finish: int) -> int:
    """Return the months that a system not yet live still needs, as its body sees it at the start of month `now`.

    An ordered system follows its vendor's plan (`finish`); before, planning and the quoted wait run side by side.
    """
    if system.state == ORDERED or system.state == MIGRATING:
        return finish - now
    planning = planning_months
    if system.state == PLANNING:
        planning = max(0, int(np.ceil(planning_months - system.planned)) - 1)
    return max(planning, int(np.ceil(quoted_wait))) + shortest_duration(system.remaining, system.limit)


@kernel
def reason_now(system: np.record, offered: bool, deadline: int) -> int:
    """Return the reason why a system that is not live is, or would be, late."""
    return late_reason(system.flag, offered, system.order, shortest_duration(system.work, system.limit), deadline)


@kernel
def is_expected_late(system: np.record, needs: int, now: int, deadline: int, optimism: float, horizon: float) -> bool:
    """Return whether a body declares a system late that needs so many months from `now`."""
    if system.flag != ON_TIME and system.flag != VENDOR_RESOURCES:
        return True
    return declared_finish(now, needs, deadline, optimism, horizon) > deadline


@kernel(inner=True, makes_arrays=True)
def declare(country: Country, state: State, parameters: np.record, now: int, publish: bool) -> tuple[int, int]:
    """Return how many systems bodies expect to be late, and how many there are, at the start of month `now`.

    With `publish`, the counts by reason and the number of bodies go into the official series.
    """
    tally = state.tally
    deadline, optimism, horizon = parameters.deadline, parameters.optimism, parameters.optimism_horizon
    n, n_operations = state.systems.shape
    finish = np.empty(n * n_operations, dtype=np.int16)
    for vendor in range(state.vendors.size):
        project(state, now - 1, vendor, vendor_output(state.vendors[vendor], parameters), deadline, finish)
    if publish:
        for kind in range(tally.shape[0]):
            tally[kind, BODIES_DECLARED] = 0
            for reason in range(MAINFRAME, OWN_SIDE + 1):
                tally[kind, DECLARED + reason] = 0
    late, total = 0, 0
    for i in range(n):
        kind, late_here = country.municipalities[i].kind, 0
        for operation in range(n_operations):
            system, lot = state.systems[i, operation], country.lot_of[operation]
            total += system.state >= 0
            if system.state < 0 or system.state >= LIVE:
                continue
            wait, planning = state.quoted_wait[system.vendor, lot], state.lots[i, lot].planning_months
            needs = months_left(system, planning, wait, now, finish[i * n_operations + operation])
            if is_expected_late(system, needs, now, deadline, optimism, horizon):
                late_here += 1
                if publish:
                    tally[kind, DECLARED + reason_now(system, state.offered[lot], deadline)] += 1
        late += late_here
        if publish and late_here > 0:
            tally[kind, BODIES_DECLARED] += 1
    return late, total


@kernel(inner=True)
def survey(country: Country, state: State, events: Events, parameters: np.record, month: int) -> None:
    """Let bodies declare their late systems at the end of a survey month."""
    for event in range(events.surveys.size):
        if events.surveys[event] == month:
            declare(country, state, parameters, month + 1, True)


@kernel(inner=True)
def call_late(country: Country, state: State, parameters: np.record, month: int) -> None:
    """At the deadline, give every system that is not live its reason."""
    if month + 1 != parameters.deadline:
        return
    systems, tally = state.systems, state.tally
    for i in range(country.municipalities.size):
        kind = country.municipalities[i].kind
        for operation in range(country.lot_of.size):
            if 0 <= systems[i, operation].state < LIVE:
                offered = state.offered[country.lot_of[operation]]
                reason = reason_now(systems[i, operation], offered, parameters.deadline)
                systems[i, operation].reason = reason
                events.note(state.log, state.logged, month, events.CALLED_LATE, i, operation, 0, reason, 0.0)
                tally[kind, LATE + reason] += 1
                if state.municipalities[i].late == 0:
                    tally[kind, BODIES_LATE] += 1
                state.municipalities[i].late += 1
