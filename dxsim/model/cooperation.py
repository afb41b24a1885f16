"""What do groups of municipalities do together?

They share systems, and with them running cost; they share staff and buy together. `formation` says how groups form,
`coalition` what a group is worth to its members, and `sharing` how it shares its cost. What was agreed in October
holds from April on, when cost and shares of all groups are worked out anew. In a group

running cost saved    (C({i}) - share_i + T / |S|) / C({i})      share, before the transaction cost
coordination          T / |S| / 12                               yen a month
staff lent            short members receive min(shortage, (1 - lambda_c) surplus) in all, in proportion to what they
                      lack; the others give this over (1 - lambda_c), in proportion to what they have left; FTE

At the start a municipality founds a group, a municipal cloud, with probability phi_start / 6.1 and takes in free
neighbours, then theirs, first those with its main vendor, up to a size drawn around the published mean of 6.1 and to
n_max municipalities; a founder without is alone. Its members share the old systems that they have of one vendor.

The contract of a group begins anew, for d_con months, whenever a member joins or leaves. Who leaves earlier pays the
fee c_exit C({i}), in multiples of u_yen. Without `formation` there are no groups; members lend each other staff under
`shared_staff`.

Source: ZDNet 2018 (379 municipalities in 62 groups at the start).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events, money
from dxsim.model.coalition import Switch, appraise, covered, invite, main_vendor, take_stock_of
from dxsim.model.codes import NOBODY, Account
from dxsim.model.fields import Field
from dxsim.model.formation import Formation
from dxsim.terms.calendar import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from dxsim.model.state import Floats, Run

FOUNDING_SIZE = 6.1  # mean size of a municipal cloud: 379 municipalities in 62 groups, ZDNet 2018
GROUP = np.dtype(
    [
        ("members", np.int64),  # how many, 0 = there is no such group
        ("lead", np.int64),  # index of its largest municipality
        ("head", np.int64),  # first member
        ("contract_end", np.int64),  # month after the last one of the contract
        ("cost", np.float64),  # yearly cost of its members together, transaction cost included, yen
        ("transaction", np.float64),  # yearly transaction cost, yen
    ]
)

FLOW_FIELDS = (
    Field("cooperating_municipalities", "municipalities"),
    Field("saving", "yen, grant included"),
    Field("worse_off_municipalities", "municipalities"),
)


@kernel
def share_saved(cost: float, share: float, transaction: float) -> float:
    """Return the share of its running cost that a member saves, at most 1; all three are its own, yen a year."""
    return min(1.0, (cost - (share - transaction)) / cost) if cost > 0.0 else 0.0


@kernel(makes_arrays=True)
def found(run: Run) -> None:
    """Draw the groups that there are at the start: municipal clouds."""
    p = run.parameters
    municipalities, n = run.municipalities, run.places.size
    for i in range(n):
        municipalities[i].cloud = NOBODY
    if p.formation == Formation.NONE:
        return
    draw, turn = np.empty(n), np.empty(n)
    is_founder, is_free = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    for i in range(n):
        place = run.places[i]
        draw[i] = streams.uniform(run.seed, streams.FOUNDING, place.code, 0, 0)
        turn[i] = streams.uniform(run.seed, streams.FOUNDING, place.code, 0, 1)
        is_founder[i] = draw[i] < p.initial_share / FOUNDING_SIZE
        is_free[i] = not is_founder[i]
    members = np.empty(n, dtype=np.int64)
    for founder in np.argsort(draw, kind="mergesort"):
        if not is_founder[founder]:
            continue
        size, code = int(FOUNDING_SIZE), run.places[founder].code
        size += streams.uniform(run.seed, streams.FOUNDING, code, 0, 2) < FOUNDING_SIZE - size
        size = min(size, p.largest_group)
        members[0] = founder
        count, vendor = 1, main_vendor(run.lots[founder])
        for wanted in (vendor, NOBODY):
            host = 0
            while host < count and count < size:
                guest = first_free_neighbour(run, members[host], is_free, turn, wanted)
                if guest == NOBODY:
                    host += 1
                    continue
                is_free[guest] = False
                members[count] = guest
                count += 1
        for k in range(count):
            if count > 1:
                member = municipalities[members[k]]
                member.group, member.next_group, member.cloud = founder, founder, founder
    list_groups(run)
    for g in range(n):
        if run.groups[g].members > 0:
            run.groups[g].contract_end = p.contract_months


@kernel
def first_free_neighbour(run: Run, i: int, is_free: NDArray[np.bool_], turn: Floats, vendor: int) -> int:
    """Return the free neighbour of `i` with the lowest `turn`, with this main `vendor` unless it is NOBODY."""
    first = NOBODY
    for place in range(run.offsets[i], run.offsets[i + 1]):
        j = run.neighbours[place]
        is_wanted = is_free[j] and (vendor == NOBODY or main_vendor(run.lots[j]) == vendor)
        if is_wanted and (first == NOBODY or turn[j] < turn[first]):
            first = j
    return first


@kernel
def list_groups(run: Run) -> None:
    """Write size, lead and members of every group by what municipalities say; a row without a group is all zero."""
    municipalities, groups, places = run.municipalities, run.groups, run.places
    for g in range(groups.size):
        groups[g].members = 0
    for i in range(municipalities.size - 1, -1, -1):
        g = municipalities[i].group
        municipalities[i].after = NOBODY
        if g == NOBODY:
            continue
        if groups[g].members > 0:
            municipalities[i].after = groups[g].head
        if groups[g].members == 0 or places[i].population >= places[groups[g].lead].population:
            groups[g].lead = i
        groups[g].head = i
        groups[g].members += 1
    for g in range(groups.size):
        group = groups[g]
        if group.members == 0:
            group.lead, group.head, group.contract_end = 0, 0, 0
            group.cost, group.transaction = 0.0, 0.0


@kernel
def take_effect(run: Run, month: int) -> None:
    """In April let groups be as agreed, and work out what their members save, pay and receive in the new year."""
    p = run.parameters
    if month % MONTHS_PER_YEAR != 0 or p.formation == Formation.NONE:
        return
    n = run.places.size
    for g in range(n):
        run.has_changed[g] = False
    for i in range(n):
        municipality = run.municipalities[i]
        is_leaving, municipality.pays_exit = municipality.pays_exit, False
        if municipality.next_group == municipality.group:
            continue
        if is_leaving:
            fee = money.booked(p.exit_fee * run.purses[i].baseline, p.rounding_unit)
            money.pay(run, i, Account.COORDINATION, fee)
        if municipality.group != NOBODY:
            run.has_changed[municipality.group] = True
        if municipality.next_group != NOBODY:
            run.has_changed[municipality.next_group] = True
        municipality.group = municipality.next_group
        events.note(run, month, events.Kind.JOINED, i, -1, municipality.group, 0, 0.0)
    list_groups(run)
    for g in range(n):
        if run.has_changed[g] and run.groups[g].members > 0:
            run.groups[g].contract_end = month + p.contract_months
    settle_terms(run, month)


@kernel
def settle_terms(run: Run, month: int) -> None:
    """Work out cost and lead of every group, and what its members save, pay and receive."""
    n = run.places.size
    invite(run, month)
    for i in range(n):
        purse = run.purses[i]
        purse.saving, purse.coordination, purse.grant = 0.0, 0.0, 0.0
        if run.municipalities[i].group != NOBODY:
            take_stock_of(run, i)
    for g in range(n):
        group, member = run.groups[g], run.groups[g].head
        if group.members == 0:
            continue
        for k in range(group.members):
            run.members[k] = member
            member = run.municipalities[member].after
        group.lead, group.cost, group.transaction = appraise(run, group.members, -np.inf)
        each = group.transaction / group.members
        for k in range(group.members):
            i = run.members[k]
            purse = run.purses[i]
            purse.saving = share_saved(run.players[i].cost, run.shares[k], each)
            purse.coordination, purse.grant = each / MONTHS_PER_YEAR, run.grants[k] / MONTHS_PER_YEAR


@kernel
def pool_staff(run: Run) -> None:
    """Let the members of each group lend each other staff: `lent` of who is short rises, of who gives falls below 0."""
    p = run.parameters
    if p.shared_staff != Switch.ON or p.formation == Formation.NONE:
        return
    for g in range(run.groups.size):
        if run.groups[g].members == 0:
            continue
        shortage, surplus = 0.0, 0.0
        member = run.groups[g].head
        while member != NOBODY:
            worker = run.workforce[member]
            shortage += max(0.0, worker.demand - worker.supply)
            surplus += max(0.0, worker.supply - worker.demand)
            member = run.municipalities[member].after
        received = covered(surplus, shortage, p.coordination_loss)
        if received == 0.0:
            continue
        given = received * shortage / (1.0 - p.coordination_loss) / surplus
        member = run.groups[g].head
        while member != NOBODY:
            worker = run.workforce[member]
            spare = worker.supply - worker.demand
            worker.lent = -spare * (given if spare > 0.0 else received)
            member = run.municipalities[member].after


@kernel
def weighted_readiness(run: Run, g: int) -> float:
    """Return the readiness of a group: the mean of its members' by population."""
    total, people = 0.0, 0.0
    member = run.groups[g].head
    while member != NOBODY:
        population = max(1.0, run.places[member].population)
        total += population * run.municipalities[member].readiness
        people += population
        member = run.municipalities[member].after
    return total / people
