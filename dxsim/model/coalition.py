"""What is a group of municipalities worth to each of its members?

cost          C(S) = sum of C({i}) - psi_pool F_0 (sum of q_i, the lead's left out) + T(S)          yen a year
transaction   T(S) = tau_1 (|S| - 1) (1 - phi_fac)                                                  yen a year
payoff        u_i(S) = C({i}) - share_i + grant_i + relief_i + purchase_i + bonus_i                 yen a year
grant         g_coop psi_pool F_0 (sum of q_i) / (members that get one)
relief        w_S shortage_i min(1, (1 - lambda_c) surplus_S / shortage_S)
purchase      delta_buy ln|S| (what the state leaves a member of i's one-off cost still to come) / years
bonus         (what the state pays a member of i's one-off cost not yet paid, less what it pays i alone) / years
exit fee      c_exit C({i})                                        yen, for leaving before the contract ends
usage         procedures done in the last month, online, with help or at the counter      cases

A municipality alone costs C({i}), of which F_0 is fixed, and has payoff 0. What members pay once is the part psi_pool
of the fixed cost of systems that they share (`shared_system`): q_i is the share of a member's work weight in systems
that the lead runs with it, and the lead's own q in systems that somebody runs with the lead. In April a system is
shared if it is live with both and of one vendor, or if both still run the old one of one vendor and were in one group
when the first groups began: a municipal cloud. So a new group saves nothing before its systems are live, and an old
one loses what it saved on a system while only some have moved it. In October members foresee what they will share:
members take the vendor of their lead, so a lot counts unless the member is already committed to another vendor than
the lead is.

Relief takes `shared_staff`, and purchase takes `joint_procurement`. The rule `sharing_rule` gives share_i (`sharing`).
The lead is the largest member, and phi_fac is that of its prefecture. By `grant_recipient` all members get a grant, or
those with fewer than 20,000 residents, or the lead; each has a rate g_coop of its own, of what is shared, before the
transaction cost. Shortage and surplus of staff
are FTE, worth w_S = 7 million yen a year each; years = d_con / 12, at least 1. The state pays one-off cost up to
the ceiling (`money`) of the month in which a municipality talks; of a lot that is committed the part 1 - phi_1 is not
yet paid. Trust between members is left out.

Sources: ZDNet 2016 (18 municipal clouds: half of them save 30 % or more); Feiock 2013 (transaction cost, qualitative);
Bel and Sebő 2021; Young, Okada and Hashimoto 1982 (shares).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dxsim.kernel import kernel
from dxsim.model import money
from dxsim.model.codes import NOBODY, NOT_APPLICABLE, SystemState
from dxsim.model.sharing import (
    EXACT_PLAYERS,
    SAMPLED_ORDERS,
    SharingRule,
    equal_saving,
    proportional,
    random_order,
    separable_costs_remaining_benefits,
    shapley,
)
from dxsim.scenario.registry import choices
from dxsim.terms.calendar import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from dxsim.model.state import Floats, Integers, Records, Run


Switch, GrantRecipient = choices("cooperation.shared_system"), choices("cooperation.grant_recipient")
STAFF_VALUE = 7_000_000.0  # w_S, yen per FTE and year: assumed, about what a municipal employee costs
SMALL_POPULATION = 20_000.0  # residents of the smallest class of the MIC cost survey end here
MOST_MEMBERS = 50  # the upper bound of n_max
# What stands for a system in `footing`; from 0 on: the vendor that runs it, or the old system of a municipal cloud.
ALONE, OPEN = -2, -3

PLAYER = np.dtype(
    [
        ("code", np.int64),  # key of random draws
        ("vendor", np.int64),  # main vendor: that of the first lot that applies
        ("population", np.float64),  # persons
        ("weight", np.float64),  # work weight of all its systems
        ("cost", np.float64),  # C({i}), yen a year
        ("usage", np.float64),  # procedures done in the last month
        ("shortage", np.float64),  # FTE that its own work lacks
        ("surplus", np.float64),  # FTE that its own work leaves
        ("purchase", np.float64),  # a member's one-off cost still to come, without subsidy, yen a year of a contract
        ("bonus", np.float64),  # what the state pays a member towards one-off cost, but not alone, yen a year of it
        ("seat", np.int64),  # its place in `alike`
        ("facilitation", np.float64),  # part of the transaction cost that the prefecture takes away
        ("grant_rate", np.float64),  # share of the pooled fixed cost
        ("exit_fee", np.float64),  # yen to pay for leaving its group next April
        # Where it stands in the talks of an October:
        ("payoff", np.float64),  # in its group, yen a year
        ("group", np.int64),  # -1 = none
        ("after", np.int64),  # next member of its group in the order of the nation, -1 = last
        ("pays_exit", np.bool_),  # has left a group under contract
        ("opens", np.bool_),  # opens talks in this October
        ("is_due", np.bool_),  # may have a new move
    ],
    align=True,
)


@kernel
def poolable(p: np.record) -> float:
    """Return psi_pool F_0 (yen a year), what a member saves by sharing all its systems; 0 if none are shared."""
    return p.poolable_share * p.fixed_cost if p.shared_system == Switch.ON else 0.0


@kernel
def covered(surplus: float, shortage: float, loss: float) -> float:
    """Return the share of its `shortage` that a group covers with its `surplus` (both FTE), a part of which is lost."""
    return min(1.0, (1.0 - loss) * surplus / shortage) if shortage > 0.0 else 0.0


@kernel
def transaction_cost(size: int, facilitation: float, p: np.record) -> float:
    """Return T (yen a year) of a group of this `size` with this `facilitation` of its lead."""
    return p.transaction_cost * (size - 1) * (1.0 - facilitation)


@kernel
def largest(run: Run, members: Integers, count: int) -> int:
    """Return the member with most residents; of equals the first one of the nation."""
    lead = members[0]
    for k in range(1, count):
        i = members[k]
        ahead = run.players[i].population - run.players[lead].population
        if ahead > 0.0 or (ahead == 0.0 and i < lead):
            lead = i
    return lead


@kernel
def is_shared(one: int, lead: int) -> bool:
    """Return whether a member shares a system with its lead, by what stands for it in `footing` with each."""
    return one == lead >= 0 or (one == OPEN and lead != NOT_APPLICABLE)


@kernel
def in_common(run: Run, i: int, lead: int) -> float:
    """Return q, the share of the work weight of municipality `i` in systems that a `lead` shares with it."""
    weight = 0.0
    for operation in range(run.lot_of.size):
        weight += run.weight[operation] * is_shared(run.footing[i, operation], run.footing[lead, operation])
    return weight / run.players[i].weight if weight > 0.0 else 0.0


@kernel
def used_by_others(run: Run, members: Integers, count: int, lead: int) -> float:
    """Return q of the `lead`: the share of its work weight in systems that it shares with at least one member."""
    weight = 0.0
    for operation in range(run.lot_of.size):
        for k in range(count):
            i = members[k]
            if i != lead and is_shared(run.footing[i, operation], run.footing[lead, operation]):
                weight += run.weight[operation]
                break
    return weight / run.players[lead].weight if weight > 0.0 else 0.0


@kernel
def joint_cost(run: Run, members: Integers, count: int) -> tuple[int, float, float, float]:
    """Return the lead, C, T and what is saved before T (yen a year) of the first `count` of `members`."""
    lead = largest(run, members, count)
    transaction = transaction_cost(count, run.players[lead].facilitation, run.parameters)
    total, shared = 0.0, 0.0
    for k in range(count):
        total += run.players[members[k]].cost
        if members[k] != lead:
            shared += in_common(run, members[k], lead)
    saved = poolable(run.parameters) * shared
    return lead, total - saved + transaction, transaction, saved


@kernel
def share_out(run: Run, count: int, lead: int, joint: float, transaction: float) -> None:
    """Fill `shares` of the members on the desk, whose `joint` cost is C (yen a year), by the rule for sharing.

    The rules by weights and by equal savings share T equally. What a member does not share it pays itself: the rest is
    shared by weights that count as far as a member shares.
    """
    p = run.parameters
    members, alone, weights, shares = run.members, run.alone, run.weights, run.shares
    if p.sharing_rule == SharingRule.SEPARABLE_COSTS:
        for k in range(count):
            alone[k] = run.players[members[k]].cost
        cost_without_each(run, count)
        separable_costs_remaining_benefits(joint, alone, weights, count, shares)
        return
    if p.sharing_rule == SharingRule.SHAPLEY:
        see_who_shares(run, count)
        if count <= EXACT_PLAYERS:
            tabulate_costs(run, count)
            shapley(run.coalition_costs, count, shares)
        else:
            sampled_shapley(run, count)
        return
    pool = joint - transaction
    for k in range(count):
        player = run.players[members[k]]
        is_lead = members[k] == lead
        part = used_by_others(run, members, count, lead) if is_lead else in_common(run, members[k], lead)
        alone[k], weights[k] = player.cost, part
        if p.sharing_rule == SharingRule.POPULATION:
            weights[k] *= player.population
        elif p.sharing_rule == SharingRule.USAGE:
            weights[k] *= player.usage
        if p.sharing_rule != SharingRule.EQUAL_SAVING:
            alone[k] *= 1.0 - part
            pool -= alone[k]
    if p.sharing_rule == SharingRule.EQUAL_SAVING:
        equal_saving(pool, alone, weights, count, shares)
    else:
        proportional(pool, weights, count, shares)
        for k in range(count):
            shares[k] += alone[k]
    for k in range(count):
        shares[k] += transaction / count


@kernel
def cost_without_each(run: Run, count: int) -> None:
    """Fill `weights` with what all the other members cost together (yen a year)."""
    others = run.others
    for k in range(count):
        for place in range(count - 1):
            others[place] = run.members[place + (place >= k)]
        run.weights[k] = 0.0
        if count > 1:
            run.weights[k] = joint_cost(run, others, count - 1)[1]


@kernel
def see_who_shares(run: Run, count: int) -> None:
    """Seat the members on the desk, and fill `alike` with what each would share if another one led."""
    for k in range(count):
        run.players[run.members[k]].seat = k
        for lead in range(count):
            run.alike[k, lead] = in_common(run, run.members[k], run.members[lead])


@kernel
def shared_with(run: Run, members: Integers, count: int, lead: int) -> float:
    """Return the sum of q over the first `count` of `members`, the `lead` left out, by `alike`."""
    shared, seat = 0.0, run.players[lead].seat
    for k in range(count):
        if members[k] != lead:
            shared += run.alike[run.players[members[k]].seat, seat]
    return shared


@kernel
def tabulate_costs(run: Run, count: int) -> None:
    """Fill `coalition_costs` with C (yen a year) of every coalition of the members."""
    members, some, each = run.members, run.others, poolable(run.parameters)
    run.coalition_costs[0] = 0.0
    for coalition in range(1, 1 << count):
        size, total = 0, 0.0
        for k in range(count):
            if (coalition >> k) & 1:
                some[size] = members[k]
                total += run.players[members[k]].cost
                size += 1
        lead = largest(run, some, size)
        total += transaction_cost(size, run.players[lead].facilitation, run.parameters)
        total -= each * shared_with(run, some, size, lead)
        run.coalition_costs[coalition] = total


@kernel
def sampled_shapley(run: Run, count: int) -> None:
    """Fill `shares` with the mean of what each member adds (yen a year) over random orders of joining."""
    p, each = run.parameters, poolable(run.parameters)
    members, joined, codes, order = run.members, run.others, run.codes, run.order
    shares, draws = run.shares, run.weights
    for k in range(count):
        codes[k] = run.players[members[k]].code
        shares[k] = 0.0
    key = run.players[largest(run, members, count)].code
    for number in range(SAMPLED_ORDERS):
        random_order(codes, count, key, number, draws, order)
        lead, before, shared = members[order[0]], 0.0, 0.0
        for place in range(count):
            joiner = members[order[place]]
            joined[place] = joiner
            if largest(run, joined, place + 1) == joiner:
                lead = joiner
                shared = shared_with(run, joined, place + 1, lead)
            else:
                shared += run.alike[run.players[joiner].seat, run.players[lead].seat]
            after = transaction_cost(place + 1, run.players[lead].facilitation, p) - each * shared
            shares[order[place]] += (run.players[joiner].cost + (after - before)) / SAMPLED_ORDERS
            before = after


@kernel
def grant_out(run: Run, members: Integers, count: int, lead: int, saved: float, grants: Floats) -> None:
    """Fill `grants` of the first `count` of `members`, who have `saved` so much under their `lead` (yen a year)."""
    p = run.parameters
    receivers = 0
    for k in range(count):
        receivers += is_granted(members[k] == lead, run.players[members[k]].population, p)
    for k in range(count):
        gets = is_granted(members[k] == lead, run.players[members[k]].population, p)
        grants[k] = run.players[members[k]].grant_rate * saved / receivers if gets else 0.0


@kernel
def is_granted(is_lead: bool, population: float, p: np.record) -> bool:
    """Return whether a member gets a part of the cooperation grant."""
    if p.grant_recipient == GrantRecipient.HUB:
        return is_lead
    return p.grant_recipient == GrantRecipient.ALL or population < SMALL_POPULATION


@kernel
def appraise(run: Run, count: int, least: float) -> tuple[int, float, float]:
    """Work out the first `count` members on the desk as a group; fills their shares, grants and payoffs.

    Where the payoffs sum to less than `least` (yen a year), shares are not worked out and all payoffs are -inf: no rule
    can share out what is not there.

    Returns
    -------
    tuple[int, float, float]
        The lead, C and T (yen a year).
    """
    p = run.parameters
    members, shares = run.members, run.shares
    grants, payoffs = run.grants, run.payoffs
    lead, joint, transaction, saved = joint_cost(run, members, count)
    grant_out(run, members, count, lead, saved, grants)
    surplus, shortage = 0.0, 0.0
    for k in range(count):
        player = run.players[members[k]]
        surplus += player.surplus
        shortage += player.shortage
    relief = STAFF_VALUE * covered(surplus, shortage, p.coordination_loss) if p.shared_staff == Switch.ON else 0.0
    discount = 1.0 - money.group_price(count, p.procurement_discount) if p.joint_procurement == Switch.ON else 0.0
    total = -joint
    for k in range(count):
        player = run.players[members[k]]
        payoff = player.cost + grants[k] + relief * player.shortage + discount * player.purchase
        if count > 1:
            payoff += player.bonus
        payoffs[k] = payoff
        total += payoffs[k]
    if total >= least:
        share_out(run, count, lead, joint, transaction)
    for k in range(count):
        payoffs[k] = payoffs[k] - shares[k] if total >= least else -np.inf
    return lead, joint, transaction


@kernel
def main_vendor(lots: Records) -> int:
    """Return the vendor of a municipality's first lot that applies: the one chosen, or the legacy one; -1 = none."""
    for lot in range(lots.size):
        if lots[lot].legacy >= 0:
            return lots[lot].vendor if lots[lot].commit >= 0 else lots[lot].legacy
    return -1


@kernel
def invite(run: Run, month: int) -> None:
    """Make every municipality a player, as it stands in this `month` with a view to next April."""
    p = run.parameters
    n, n_lots = run.lots.shape
    years = max(1.0, p.contract_months / MONTHS_PER_YEAR)
    april = month + (MONTHS_PER_YEAR - month % MONTHS_PER_YEAR)
    for i in range(n):
        place, purse, lever, worker = run.places[i], run.purses[i], run.levers[i], run.workforce[i]
        lots, group = run.lots[i], run.municipalities[i].group
        player = run.players[i]
        player.code, player.vendor = place.code, main_vendor(lots)
        player.group, player.after, player.payoff, player.exit_fee = NOBODY, NOBODY, 0.0, 0.0
        player.pays_exit, player.opens, player.is_due = False, False, True
        player.population = place.population
        player.cost = purse.baseline
        player.usage = 0.0
        for cohort in run.cohorts[i]:
            player.usage += cohort.online + cohort.assisted + cohort.analog
        player.shortage = max(0.0, worker.demand - worker.supply)
        player.surplus = max(0.0, worker.supply - worker.demand)
        to_come = 0.0
        for lot in range(n_lots):
            if lots[lot].legacy >= 0 and lots[lot].commit < 0:
                to_come += run.lot_weights[lot]
        unpaid, player.weight = to_come, 0.0
        for operation in range(run.lot_of.size):
            chosen = lots[run.lot_of[operation]]
            player.weight += run.weight[operation] * (chosen.legacy >= 0)
            if chosen.commit >= 0 and 0 <= run.systems[i, operation].state < SystemState.LIVE:
                unpaid += (1.0 - p.first_instalment) * chosen.price * run.weight[operation]
        alone, member = (
            money.left_to_pay(purse, lever, p, month, False),
            money.left_to_pay(purse, lever, p, month, True),
        )
        player.purchase = member * to_come * purse.unit_one_off / years
        player.bonus = (alone - member) * unpaid * purse.unit_one_off / years
        player.facilitation, player.grant_rate = lever.facilitation, lever.grant_rate
        if group >= 0 and run.groups[group].contract_end > april:
            player.exit_fee = p.exit_fee * purse.baseline


@kernel
def foresee(run: Run) -> None:
    """Fill `footing` with the vendor that each municipality is committed to, by operation, or OPEN."""
    for i in range(run.places.size):
        for operation in range(run.lot_of.size):
            chosen = run.lots[i, run.lot_of[operation]]
            run.footing[i, operation] = NOT_APPLICABLE
            if chosen.legacy >= 0:
                run.footing[i, operation] = run.systems[i, operation].vendor if chosen.commit >= 0 else OPEN


@kernel
def take_stock(run: Run) -> None:
    """Fill `footing` with the vendor of each live system, the old system of each municipal cloud, or ALONE."""
    for i in range(run.places.size):
        take_stock_of(run, i)


@kernel
def take_stock_of(run: Run, i: int) -> None:
    """Fill `footing` of a municipality with what it runs."""
    vendors, cloud = run.vendors.size, run.municipalities[i].cloud
    for operation in range(run.lot_of.size):
        system, legacy = run.systems[i, operation], run.lots[i, run.lot_of[operation]].legacy
        run.footing[i, operation] = NOT_APPLICABLE if legacy < 0 else ALONE
        if system.state >= SystemState.LIVE:
            run.footing[i, operation] = system.vendor
        elif cloud != NOBODY and legacy >= 0:
            run.footing[i, operation] = (1 + cloud) * vendors + legacy
