"""What do groups of municipalities do together?

They share systems, and with them running cost; they share staff and buy together. `formation` says how groups form,
`coalition` what a group is worth to its members, and `sharing` how it shares its cost. What was agreed in October
holds from April on, when cost and shares of all groups are worked out anew. In a group

running cost saved    (C({i}) - share_i + T / |S|) / C({i})      share, before the transaction cost
coordination          T / |S| / 12                               yen a month
staff lent            short members receive min(shortage, (1 - lambda_c) surplus) in all, in proportion to what they
                      lack; the others give this over (1 - lambda_c), in proportion to what they have left; FTE

At the start a body of up to N_found residents founds a group with probability phi_start / n_start and takes in free
neighbours, then theirs, up to a size drawn around the mean n_start and to n_max bodies; a founder without is alone.

The contract of a group begins anew, for d_con months, whenever a member joins or leaves. Who leaves earlier pays the
fee c_exit C({i}), in multiples of u_yen, from the reserve. A member that the others expel pays none. Without
`formation` there are no groups; members lend each other staff under `shared_staff`.

Source: ZDNet 2018 (379 bodies in 62 groups at the start).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events, money
from dxsim.model.coalition import GRANTS, MEMBERS, MONTHS_OF_YEAR, ON, SHARES, appraise, covered, invite, lay_desk
from dxsim.model.formation import NOBODY, NONE
from dxsim.model.state import COORDINATION, RESERVE, Country, Floats, State


@kernel
def share_saved(cost: float, share: float, transaction: float) -> float:
    """Return the share of its running cost that a member saves, at most 1; all three are its own, yen a year."""
    return min(1.0, (cost - (share - transaction)) / cost) if cost > 0.0 else 0.0


@kernel(makes_arrays=True)
def found(country: Country, state: State, parameters: np.record, seed: int) -> None:
    """Draw the groups that there are at the start."""
    p = parameters
    if p.formation == NONE:
        return
    bodies, n = state.municipalities, country.municipalities.size
    draw, turn = np.empty(n), np.empty(n)
    is_founder, is_free = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    for i in range(n):
        place = country.municipalities[i]
        draw[i] = streams.uniform(seed, streams.FOUNDING, place.code, 0, 0)
        turn[i] = streams.uniform(seed, streams.FOUNDING, place.code, 0, 1)
        is_small = place.population <= p.initial_population_limit
        is_founder[i] = is_small and draw[i] < p.initial_share / p.initial_size
        is_free[i] = is_small and not is_founder[i]
    members = np.empty(n, dtype=np.int64)
    for founder in np.argsort(draw, kind="mergesort"):
        if not is_founder[founder]:
            continue
        size, code = int(p.initial_size), country.municipalities[founder].code
        size += streams.uniform(seed, streams.FOUNDING, code, 0, 2) < p.initial_size - size
        members[0] = founder
        count, host = 1, 0
        while host < count and count < min(size, p.largest_group):
            guest = first_free_neighbour(country, members[host], is_free, turn)
            if guest == NOBODY:
                host += 1
                continue
            is_free[guest] = False
            members[count] = guest
            count += 1
        for k in range(count):
            if count > 1:
                bodies[members[k]].group, bodies[members[k]].next_group = founder, founder
    list_groups(country, state)
    for g in range(n):
        if state.groups[g].members > 0:
            state.groups[g].contract_end = p.contract_months


@kernel(inner=True)
def first_free_neighbour(country: Country, i: int, is_free: NDArray[np.bool_], turn: Floats) -> int:
    """Return the free neighbour of body `i` with the lowest `turn`, or NOBODY."""
    first = NOBODY
    for place in range(country.offsets[i], country.offsets[i + 1]):
        j = country.neighbours[place]
        if is_free[j] and (first == NOBODY or turn[j] < turn[first]):
            first = j
    return first


@kernel
def list_groups(country: Country, state: State) -> None:
    """Write size, lead and members of every group by what bodies say; a row without a group is all zero."""
    bodies, groups, places = state.municipalities, state.groups, country.municipalities
    for g in range(groups.size):
        groups[g].members = 0
    for i in range(bodies.size - 1, -1, -1):
        g = bodies[i].group
        bodies[i].after = NOBODY
        if g == NOBODY:
            continue
        if groups[g].members > 0:
            bodies[i].after = groups[g].head
        if groups[g].members == 0 or places[i].population >= places[groups[g].lead].population:
            groups[g].lead = i
        groups[g].head = i
        groups[g].members += 1
    for g in range(groups.size):
        group = groups[g]
        if group.members == 0:
            group.lead, group.head, group.contract_end = 0, 0, 0
            group.cost, group.transaction = 0.0, 0.0


@kernel(makes_arrays=True)
def take_effect(country: Country, state: State, parameters: np.record, month: int) -> None:
    """In April let groups be as agreed, and work out what their members save, pay and receive in the new year."""
    p = parameters
    if month % MONTHS_OF_YEAR != 0 or p.formation == NONE:
        return
    n = country.municipalities.size
    has_changed = np.zeros(n, dtype=np.bool_)
    for i in range(n):
        body, sums = state.municipalities[i], state.money[country.municipalities[i].kind]
        is_leaving, body.pays_exit = body.pays_exit, False
        if body.next_group == body.group:
            continue
        if is_leaving:
            fee = money.booked(p.exit_fee * state.purses[i].baseline, p.rounding_unit)
            money.post(state.ledger[i], sums, COORDINATION, RESERVE, fee)
        if body.group != NOBODY:
            has_changed[body.group] = True
        if body.next_group != NOBODY:
            has_changed[body.next_group] = True
        body.group = body.next_group
        events.note(state.log, state.logged, month, events.JOINED, i, -1, body.group, 0, 0.0)
    list_groups(country, state)
    for g in range(n):
        if has_changed[g] and state.groups[g].members > 0:
            state.groups[g].contract_end = month + p.contract_months
    settle_terms(country, state, p, month)


@kernel(inner=True, makes_arrays=True)
def settle_terms(country: Country, state: State, p: np.record, month: int) -> None:
    """Work out cost and lead of every group, and what its members save, pay and receive."""
    n = country.municipalities.size
    players, desk = invite(country, state, p, month), lay_desk(n)
    for i in range(n):
        purse = state.purses[i]
        purse.saving, purse.coordination, purse.grant = 0.0, 0.0, 0.0
    for g in range(n):
        group, member = state.groups[g], state.groups[g].head
        if group.members == 0:
            continue
        for k in range(group.members):
            desk.lists[MEMBERS, k] = member
            member = state.municipalities[member].after
        group.lead, group.cost, group.transaction = appraise(players, desk, group.members, p, -np.inf)
        each = group.transaction / group.members
        for k in range(group.members):
            i = desk.lists[MEMBERS, k]
            purse = state.purses[i]
            purse.saving = share_saved(players[i].cost, desk.numbers[SHARES, k], each)
            purse.coordination, purse.grant = each / MONTHS_OF_YEAR, desk.numbers[GRANTS, k] / MONTHS_OF_YEAR


@kernel
def pool_staff(country: Country, state: State, parameters: np.record) -> None:
    """Let the members of each group lend each other staff: `lent` of who is short rises, of who gives falls below 0."""
    p = parameters
    if p.shared_staff != ON or p.formation == NONE:
        return
    for g in range(state.groups.size):
        if state.groups[g].members == 0:
            continue
        shortage, surplus = 0.0, 0.0
        member = state.groups[g].head
        while member != NOBODY:
            worker = state.workforce[member]
            shortage += max(0.0, worker.demand - worker.supply)
            surplus += max(0.0, worker.supply - worker.demand)
            member = state.municipalities[member].after
        received = covered(surplus, shortage, p.coordination_loss)
        if received == 0.0:
            continue
        given = received * shortage / (1.0 - p.coordination_loss) / surplus
        member = state.groups[g].head
        while member != NOBODY:
            worker = state.workforce[member]
            spare = worker.supply - worker.demand
            worker.lent = -spare * (given if spare > 0.0 else received)
            member = state.municipalities[member].after


@kernel
def weighted_readiness(country: Country, state: State, g: int) -> float:
    """Return the readiness of a group: the mean of its members' by population."""
    total, people = 0.0, 0.0
    member = state.groups[g].head
    while member != NOBODY:
        population = max(1.0, country.municipalities[member].population)
        total += population * state.municipalities[member].readiness
        people += population
        member = state.municipalities[member].after
    return total / people
