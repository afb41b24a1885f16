"""Which vendor moves a lot?

Random utility (McFadden 1974) over the vendors that offer the lot:

    U = alpha_inc [incumbent] - alpha_sw (1 - pi) (1 - e_data) kappa [not incumbent] + alpha_g (share of neighbours)
        - alpha_w wait / 12 + ln(market share) + Gumbel

Incumbency and the cost of switching are two terms (Greenstein 1993); portability pi removes the second, and so does the
duty e_data of vendors to hand data over. Tastes (Gumbel) are drawn once per body, lot and vendor, so scenarios share
them. With n symmetric rivals a body stays with probability exp(alpha_inc) / (exp(alpha_inc) + n).

Members of a group under `shared_system` take the vendor of their lead. A withdrawn system chooses anew; one that has no
vendor after d_sub months has the reason R3.
"""

from __future__ import annotations

import math

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events
from dxsim.model.planning import begin_planning
from dxsim.model.staff import planning_effort
from dxsim.model.state import (
    NEVER,
    NO_PRODUCT,
    NOT_APPLICABLE,
    VENDOR_RESOURCES,
    WITHDRAWN,
    Country,
    Floats,
    Integers,
    Market,
    Records,
    State,
)

VENDOR_KEYS = 64  # draws of a lot that are set aside, one per vendor
LARGEST_EXPONENT = 700.0  # exp of more is not a finite float64


@kernel
def switching_penalty(switching_cost: float, portability: float, complexity: float) -> float:
    """Return the cost (utils) of leaving the incumbent; none when data and systems are fully portable."""
    return switching_cost * (1.0 - portability) * complexity


@kernel
def waiting_penalty(wait_aversion: float, quoted_wait: float) -> float:
    """Return the cost (utils) of a quoted wait in months, at `wait_aversion` utils a year."""
    return wait_aversion * quoted_wait / 12.0


@kernel
def deterrence(share: float, wait_aversion: float, extra_wait: float) -> float:
    """Return exp(-utility) of a vendor's market `share` and of what its quoted wait is longer than the shortest one.

    Only ratios count in a choice, so waits (months) are compared with the shortest; the exponent is cut where a
    float64 would overflow.
    """
    return math.exp(min(LARGEST_EXPONENT, waiting_penalty(wait_aversion, extra_wait))) / share


@kernel(inner=True)
def weigh(state: State, market: Market, parameters: np.record) -> None:
    """Work out what is the same for all bodies this month: exp(-utility) of share and wait; inf where not offered."""
    for lot in range(state.ready.shape[1]):
        shortest = math.inf
        for vendor in range(market.share.size):
            if state.ready[vendor, lot] != NEVER:
                shortest = min(shortest, state.quoted_wait[vendor, lot])
        state.offered[lot] = shortest < math.inf
        for vendor in range(market.share.size):
            state.deterrent[vendor, lot] = math.inf
            if state.ready[vendor, lot] != NEVER:
                extra = state.quoted_wait[vendor, lot] - shortest
                state.deterrent[vendor, lot] = deterrence(market.share[vendor], parameters.wait_aversion, extra)


@kernel
def share_alike(country: Country, lots: Records, month: int, i: int, lot: int, vendor: int) -> float:
    """Return the share of a body's neighbours that had chosen this vendor for the lot before this month."""
    first, last = country.offsets[i], country.offsets[i + 1]
    alike = 0
    for place in range(first, last):
        neighbour = lots[country.neighbours[place], lot]
        alike += 0 <= neighbour.commit < month and neighbour.vendor == vendor
    return alike / max(1, last - first)


@kernel(inner=True)
def choose(
    country: Country,
    state: State,
    parameters: np.record,
    seed: int,
    month: int,
    i: int,
    lot: int,
    barred: int,
    draws: Floats,
) -> int:
    """Return the vendor that body `i` chooses for `lot`, or -1 if none offers it; (V,) `draws` is overwritten.

    `barred` is not considered.

    A Gumbel taste is -ln(E) of an exponential draw E, so the largest utility is the smallest E exp(-U). E is at
    least 1 - u for the uniform draw u behind it: most rivals lose to the incumbent before a logarithm is taken.
    """
    lots = state.lots
    code, incumbent = country.municipalities[i].code, lots[i, lot].legacy
    penalty = switching_penalty(parameters.switching_cost, parameters.portability, lots[i, lot].complexity)
    penalty *= 1.0 - parameters.data_export
    staying = math.exp(-parameters.incumbency - penalty)
    strongest_pull = math.exp(-parameters.neighbour_weight)
    best, shortest = NOT_APPLICABLE, math.inf
    count = state.deterrent.shape[0]
    streams.uniforms(draws, seed, streams.CHOICE, code, 0, lot * VENDOR_KEYS)
    for turn in range(count):
        # The incumbent comes first, since it is the one that is hardest to beat.
        vendor = incumbent + turn
        if vendor >= count:
            vendor -= count
        if vendor == barred or state.ready[vendor, lot] == NEVER:
            continue
        deterrent = state.deterrent[vendor, lot] * (staying if vendor == incumbent else 1.0)
        draw = draws[vendor]
        if best != NOT_APPLICABLE and deterrent * strongest_pull * (1.0 - draw) >= shortest:
            continue
        pull = parameters.neighbour_weight * share_alike(country, lots, month, i, lot, vendor)
        race = deterrent * math.exp(-pull) * -math.log(draw)
        if best == NOT_APPLICABLE or race < shortest:
            best, shortest = vendor, race
    return best


@kernel
def lead_of(bodies: Records, groups: Records, shared_system: int, i: int) -> int:
    """Return the body that decides for body `i`: the lead of its group if the group shares systems, else itself."""
    if bodies[i].group < 0 or shared_system == 0:
        return i
    return groups[bodies[i].group].lead


@kernel(inner=True)
def choose_for_new_commitments(
    country: Country,
    state: State,
    parameters: np.record,
    seed: int,
    month: int,
    decided: Integers,
    chosen: Integers,
    count: int,
    draws: Floats,
) -> None:
    """Fill `chosen` with the vendor of each lot in `decided`; members of a group follow their lead, listed before.

    (V,) `draws` is overwritten.
    """
    n_lots = state.lots.shape[1]
    for place in range(count):
        i, lot = decided[place] // n_lots, decided[place] % n_lots
        lead = lead_of(state.municipalities, state.groups, parameters.shared_system, i)
        if lead == i or state.lots[lead, lot].legacy < 0:
            chosen[place] = choose(country, state, parameters, seed, month, i, lot, NOT_APPLICABLE, draws)
            continue
        chosen[place] = state.lots[lead, lot].vendor
        if state.lots[lead, lot].commit < 0:
            earlier = place
            while decided[earlier] != lead * n_lots + lot:
                earlier -= 1
            chosen[place] = chosen[earlier]
        if state.ready[chosen[place], lot] == NEVER:
            chosen[place] = choose(country, state, parameters, seed, month, i, lot, NOT_APPLICABLE, draws)


@kernel(inner=True)
def tender_again(country: Country, state: State, parameters: np.record, seed: int, month: int, draws: Floats) -> None:
    """Let withdrawn systems choose anew and plan again; the vendor that let them down is the last resort.

    The new vendor starts from nothing, and no date of the old one binds it. Without a vendor that offers the lot
    they wait; after the months allowed for a search the reason is R3. (V,) `draws` is overwritten.
    """
    for i in range(country.municipalities.size):
        body = state.municipalities[i]
        if body.withdrawn == 0:
            continue
        for operation in range(country.lot_of.size):
            system, lot = state.systems[i, operation], country.lot_of[operation]
            if system.state != WITHDRAWN:
                continue
            vendor = choose(country, state, parameters, seed, month, i, lot, int(system.vendor), draws)
            if vendor < 0:
                vendor = choose(country, state, parameters, seed, month, i, lot, NOT_APPLICABLE, draws)
            if vendor >= 0:
                effort = planning_effort(parameters, country.weight[operation], state.lots[i, lot], state.workforce[i])
                begin_planning(body, system, state.vendors[vendor], vendor, month, effort)
                events.note(state.log, state.logged, month, events.PLANNED, i, operation, vendor, 0, 0.0)
                body.withdrawn -= 1
                if system.flag == VENDOR_RESOURCES:
                    system.gate = 0
            elif month - system.since >= parameters.substitute_months and system.flag == VENDOR_RESOURCES:
                system.flag = NO_PRODUCT
                events.note(state.log, state.logged, month, events.FLAGGED, i, operation, 0, NO_PRODUCT, 0.0)
