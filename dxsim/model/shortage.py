"""When does a vendor say that it can't make the deadline, and what follows?

At the end of each quarter before the deadline T_D a vendor lays out its queue. If the share of the work, not yet known
to be late, that would end after T_D exceeds theta_ann, it announces a shortage. Every such system gets the reason R4
and is, with the same fate for all systems of a body at that vendor,

    tendered again   with probability rho_rt     (withdrawn; other vendors are asked next month), or
    booked again     to begin at T_D + U H_rb    (work done is kept; U uniform),

and the vendor's customers and their neighbours believe more in an extension (by Delta_xi, once per announcement).
"""

from __future__ import annotations

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events
from dxsim.model.capacity import vendor_output
from dxsim.model.state import LIVE, MIGRATING, NEVER, ON_TIME, ORDERED, VENDOR_RESOURCES, Country, Shorts, State
from dxsim.model.vendor_queue import END, leave_queue, opening, project, withdraw

QUARTER, QUARTER_END = 3, 2  # months of a quarter; its last one, counted from April


@kernel
def rebooked_start(deadline: float, horizon: float, draw: float) -> int:
    """Return the month before which a re-booked system can't begin: uniform over `horizon` months from `deadline`."""
    return int(min(float(NEVER), np.floor(deadline + horizon * draw)))


@kernel(inner=True)
def review_books(country: Country, state: State, parameters: np.record, seed: int, month: int, finish: Shorts) -> None:
    """Let every vendor test its queue at the end of this month and announce a shortage where it has one."""
    vendors = state.vendors
    for vendor in range(vendors.size):
        vendors[vendor].shortage = 0
    if month % QUARTER != QUARTER_END or month + 1 >= parameters.deadline:
        return
    announced = False
    for vendor in range(vendors.size):
        output = vendor_output(vendors[vendor], parameters)
        due_late, considered = project(state, month, vendor, output, parameters.deadline, finish)
        if due_late > parameters.shortage_threshold * considered:
            vendors[vendor].shortage = 1
            postpone(country, state, parameters, seed, month, vendor, finish)
            announced = True
    if announced:
        spread_news(country, state, parameters)


@kernel(inner=True)
def postpone(
    country: Country, state: State, parameters: np.record, seed: int, month: int, vendor: int, finish: Shorts
) -> None:
    """Flag the vendor's systems that are due late as R4; tender or book them again."""
    systems, queue = state.systems.reshape(-1), state.queue.reshape(-1)
    before, place = END, state.head[vendor]
    while place != END:
        system = systems[place]
        following = queue[place].following
        is_news = system.flag == ON_TIME and finish[place] > parameters.deadline
        is_tendered = False
        if is_news:
            code = country.municipalities[system.municipality].code
            i, operation = system.municipality, place % state.systems.shape[1]
            system.flag = VENDOR_RESOURCES
            events.note(state.log, state.logged, month, events.FLAGGED, i, operation, 0, VENDOR_RESOURCES, 0.0)
            if system.state == MIGRATING:
                system.state = ORDERED
                system.since = month
                state.municipalities[i].migrating -= 1
                events.note(state.log, state.logged, month, events.RELEASED, i, operation, vendor, 0, 0.0)
            is_tendered = streams.uniform(seed, streams.RETENDER, code, 0, vendor) < parameters.retender_probability
            if is_tendered:
                leave_queue(state.head, state.tail, queue, vendor, before, place)
                withdraw(state, place, month)
            else:
                draw = streams.uniform(seed, streams.REBOOK, code, 0, vendor)
                system.gate = rebooked_start(parameters.deadline, parameters.rebooking_horizon, draw)
                queue[place].opens = opening(state.ready[vendor], system)
                events.note(state.log, state.logged, month, events.REBOOKED, i, operation, system.gate, 0, 0.0)
        if not is_tendered:
            before = place
        place = following


@kernel(inner=True, makes_arrays=True)
def spread_news(country: Country, state: State, parameters: np.record) -> None:
    """Raise the belief of the customers of announcing vendors, and of their neighbours, once a body."""
    bodies = state.municipalities
    n = country.municipalities.size
    customer = np.zeros(n, dtype=np.bool_)
    for i in range(n):
        for operation in range(country.lot_of.size):
            is_waiting = 0 <= state.systems[i, operation].state < LIVE
            if is_waiting and state.vendors[state.systems[i, operation].vendor].shortage == 1:
                customer[i] = True
    for i in range(n):
        hears = customer[i]
        for place in range(country.offsets[i], country.offsets[i + 1]):
            hears = hears or customer[country.neighbours[place]]
        if hears:
            bodies[i].belief = min(1.0, bodies[i].belief + parameters.shortage_belief_rise)
