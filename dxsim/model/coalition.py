"""What is a group of municipalities worth to each of its members?

cost          C(S) = sum of C({i}) - psi_pool F_0 (|S| - 1) + T(S)                                  yen a year
transaction   T(S) = tau_1 (|S| - 1) [1 + tau_d d / D_0 + tau_h CV(ln N) + tau_v v] (1 - phi_fac)   yen a year
payoff        u_i(S) = C({i}) - share_i + grant_i - a_aut (1 - N_i / N_S) C({i}) + relief_i + purchase_i + bonus_i
grant         g_coop psi_pool F_0 (|S| - 1) / (members that get one)
relief        w_S shortage_i min(1, (1 - lambda_c) surplus_S / shortage_S)
purchase      delta_buy ln|S| (what the state leaves a member of i's one-off cost still to come) / years
bonus         (what the state pays a member of i's one-off cost not yet paid, less what it pays i alone) / years
exit fee      c_exit C({i})                                        yen, for leaving before the contract ends
usage         nu_1 N_1 + nu_2 N_2 + nu_3 N_3 + nu_4 N_4            procedures a month that four age groups need

A municipality alone costs C({i}), of which F_0 is fixed, and has payoff 0. Members pay the part psi_pool of the fixed
cost once (under `shared_system`); relief takes `shared_staff`, and purchase takes `joint_procurement`. The rule
`sharing_rule` gives share_i (`sharing`). The lead is the largest member: d is the mean distance of the others to it
(km), v the share of the others with another main vendor, and phi_fac that of its prefecture. CV is the coefficient of
variation. By `grant_recipient` all members get a grant, or those with fewer than N_small residents, or the lead; each
has a rate g_coop of its own. Shortage and surplus of staff are FTE; years = d_con / 12, at least 1. The state pays the
share sigma of one-off cost up to the ceiling (`money`) of the month in which a municipality talks; of a lot that is
committed the part 1 - phi_1 is not yet paid. Distance to the lead instead of between all pairs prices a group in one
pass; trust between members is left out.

Sources: Feiock 2013 (transaction cost, qualitative); Bel and Sebő 2021; Young, Okada and Hashimoto 1982 (shares).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dxsim.kernel import kernel
from dxsim.model import money, readiness
from dxsim.model.codes import NOBODY, SystemState
from dxsim.model.sharing import (
    EXACT_PLAYERS,
    SAMPLED_ORDERS,
    SharingRule,
    equal,
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

PLAYER = np.dtype(
    [
        ("code", np.int64),  # key of random draws
        ("vendor", np.int64),  # main vendor: that of the first lot that applies
        ("population", np.float64),  # persons
        ("log_population", np.float64),
        ("x_km", np.float64),
        ("y_km", np.float64),
        ("cost", np.float64),  # C({i}), yen a year
        ("usage", np.float64),  # procedures needed a month
        ("shortage", np.float64),  # FTE that its own work lacks
        ("surplus", np.float64),  # FTE that its own work leaves
        ("purchase", np.float64),  # a member's one-off cost still to come, without subsidy, yen a year of a contract
        ("bonus", np.float64),  # what the state pays a member towards one-off cost, but not alone, yen a year of it
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


# How the other members of a group differ from its lead, summed up.
DIFFERENCES = np.dtype(
    [
        ("distance", np.float64),  # km
        ("elsewhere", np.float64),  # members with another main vendor
        ("gap", np.float64),  # by which log population falls short
        ("squared_gap", np.float64),
    ]
)


@kernel
def pooled(size: int, poolable: float, fixed: float) -> float:
    """Return the fixed cost (yen a year) that a group of this `size` saves before its transaction cost."""
    return poolable * fixed * max(0, size - 1)


@kernel
def poolable(p: np.record) -> float:
    """Return psi_pool, the share of the fixed cost that a group pays once: none if it does not share systems."""
    return p.poolable_share if p.shared_system == Switch.ON else 0.0


@kernel
def covered(surplus: float, shortage: float, loss: float) -> float:
    """Return the share of its `shortage` that a group covers with its `surplus` (both FTE), a part of which is lost."""
    return min(1.0, (1.0 - loss) * surplus / shortage) if shortage > 0.0 else 0.0


@kernel
def autonomy_loss(population: float, of_all: float, cost: float, price: float) -> float:
    """Return what it is worth (yen a year) to decide alone to a municipality with this part of the votes in a group."""
    return price * (1.0 - population / of_all) * cost


@kernel
def coefficient_of_variation(lead: float, gap: float, squared_gap: float, size: int) -> float:
    """Return the CV of values that fall short of the value of the `lead` by `gap` in all; 0 if they have no mean."""
    mean = lead - gap / size
    variance = squared_gap / size - (gap / size) ** 2
    return math.sqrt(max(0.0, variance)) / mean if mean > 0.0 else 0.0


@kernel
def transaction_cost(size: int, lead: np.record, sums: np.record, p: np.record) -> float:
    """Return T (yen a year) of a group of this `size`; `sums` say how its other members differ from its `lead`."""
    if size <= 1:
        return 0.0
    friction = p.distance_weight * sums.distance / (size - 1) / p.distance_scale
    friction += p.vendor_weight * sums.elsewhere / (size - 1)
    spread = coefficient_of_variation(lead.log_population, sums.gap, sums.squared_gap, size)
    friction += p.heterogeneity_weight * spread
    return p.transaction_cost * (size - 1) * (1.0 + friction) * (1.0 - lead.facilitation)


@kernel
def distance(one: np.record, other: np.record) -> float:
    """Return the distance (km) between two municipalities."""
    return math.sqrt((one.x_km - other.x_km) ** 2 + (one.y_km - other.y_km) ** 2)


@kernel
def compare(lead: np.record, other: np.record, sums: np.record) -> None:
    """Add to `sums` how one more member differs from the lead."""
    gap = lead.log_population - other.log_population
    sums.distance += distance(lead, other)
    sums.elsewhere += other.vendor != lead.vendor
    sums.gap += gap
    sums.squared_gap += gap * gap


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
def transactions(run: Run, members: Integers, count: int, lead: int) -> float:
    """Return T (yen a year) of the first `count` of `members` under their `lead`; fills `differences`."""
    sums = run.differences[0]
    sums.distance, sums.elsewhere, sums.gap, sums.squared_gap = 0.0, 0.0, 0.0, 0.0
    for k in range(count):
        if members[k] != lead:
            compare(run.players[lead], run.players[members[k]], sums)
    return transaction_cost(count, run.players[lead], sums, run.parameters)


@kernel
def joint_cost(run: Run, members: Integers, count: int) -> tuple[int, float, float]:
    """Return the lead, C and T (yen a year) of the first `count` of `members`."""
    p = run.parameters
    lead = largest(run, members, count)
    transaction = transactions(run, members, count, lead)
    total = 0.0
    for k in range(count):
        total += run.players[members[k]].cost
    return lead, total - pooled(count, poolable(p), p.fixed_cost) + transaction, transaction


@kernel
def share_out(run: Run, count: int, joint: float) -> None:
    """Fill `shares` of the members on the desk, whose `joint` cost is C (yen a year), by the rule for sharing."""
    p = run.parameters
    members, alone, weights = run.members, run.alone, run.weights
    shares = run.shares
    for k in range(count):
        player = run.players[members[k]]
        alone[k] = player.cost
        weights[k] = player.usage if p.sharing_rule == SharingRule.USAGE else player.population
    if p.sharing_rule == SharingRule.EQUAL:
        equal(joint, count, shares)
    elif p.sharing_rule == SharingRule.POPULATION or p.sharing_rule == SharingRule.USAGE:
        proportional(joint, weights, count, shares)
    elif p.sharing_rule == SharingRule.EQUAL_SAVING:
        equal_saving(joint, alone, count, shares)
    elif p.sharing_rule == SharingRule.SEPARABLE_COSTS:
        cost_without_each(run, count)
        separable_costs_remaining_benefits(joint, alone, weights, count, shares)
    elif count <= EXACT_PLAYERS:
        tabulate_costs(run, count)
        shapley(run.coalition_costs, count, shares)
    else:
        sampled_shapley(run, count)


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
def tabulate_costs(run: Run, count: int) -> None:
    """Fill `coalition_costs` with C (yen a year) of every coalition of the members."""
    members, some = run.members, run.others
    run.coalition_costs[0] = 0.0
    for coalition in range(1, 1 << count):
        size = 0
        for k in range(count):
            if (coalition >> k) & 1:
                some[size] = members[k]
                size += 1
        run.coalition_costs[coalition] = joint_cost(run, some, size)[1]


@kernel
def sampled_shapley(run: Run, count: int) -> None:
    """Fill `shares` with the mean of what each member adds (yen a year) over random orders of joining."""
    p = run.parameters
    members, joined, codes, order = run.members, run.others, run.codes, run.order
    shares, draws, sums = run.shares, run.weights, run.differences[0]
    for k in range(count):
        codes[k] = run.players[members[k]].code
        shares[k] = 0.0
    key = run.players[largest(run, members, count)].code
    for number in range(SAMPLED_ORDERS):
        random_order(codes, count, key, number, draws, order)
        lead, before = members[order[0]], 0.0
        for place in range(count):
            joiner = members[order[place]]
            joined[place] = joiner
            after = 0.0
            if largest(run, joined, place + 1) == joiner:
                lead = joiner
                after = transactions(run, joined, place + 1, lead)
            else:
                compare(run.players[lead], run.players[joiner], sums)
                after = transaction_cost(place + 1, run.players[lead], sums, p)
            after -= pooled(place + 1, poolable(p), p.fixed_cost)
            shares[order[place]] += (run.players[joiner].cost + (after - before)) / SAMPLED_ORDERS
            before = after


@kernel
def grant_out(run: Run, members: Integers, count: int, lead: int, grants: Floats) -> None:
    """Fill `grants` (yen a year) of the first `count` of `members` under their `lead`."""
    p = run.parameters
    saved = pooled(count, poolable(p), p.fixed_cost)
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
    return p.grant_recipient == GrantRecipient.ALL or population < p.small_population


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
    lead, joint, transaction = joint_cost(run, members, count)
    grant_out(run, members, count, lead, grants)
    population, surplus, shortage = 0.0, 0.0, 0.0
    for k in range(count):
        player = run.players[members[k]]
        population += player.population
        surplus += player.surplus
        shortage += player.shortage
    relief = p.staff_value * covered(surplus, shortage, p.coordination_loss) if p.shared_staff == Switch.ON else 0.0
    discount = 1.0 - money.group_price(count, p.procurement_discount) if p.joint_procurement == Switch.ON else 0.0
    total = -joint
    for k in range(count):
        player = run.players[members[k]]
        payoff = player.cost + grants[k] + relief * player.shortage + discount * player.purchase
        if count > 1:
            payoff += player.bonus
        payoffs[k] = payoff - autonomy_loss(player.population, population, player.cost, p.autonomy_cost)
        total += payoffs[k]
    if total >= least:
        share_out(run, count, joint)
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
        lots, people, group = run.lots[i], run.ages[i], run.municipalities[i].group
        player = run.players[i]
        player.code, player.vendor = place.code, main_vendor(lots)
        player.group, player.after, player.payoff, player.exit_fee = NOBODY, NOBODY, 0.0, 0.0
        player.pays_exit, player.opens, player.is_due = False, False, True
        player.population, player.log_population = place.population, math.log(max(1.0, place.population))
        player.x_km, player.y_km = place.x_km, place.y_km
        player.cost = purse.baseline
        player.usage = p.need_under_65 * people[0] + p.need_65_to_74 * people[1]
        player.usage += p.need_75_to_84 * people[2] + p.need_85_over * people[3]
        player.shortage = max(0.0, worker.demand - worker.supply)
        player.surplus = max(0.0, worker.supply - worker.demand)
        to_come = 0.0
        for lot in range(n_lots):
            if lots[lot].legacy >= 0 and lots[lot].commit < 0:
                to_come += run.lot_weights[lot]
        unpaid = to_come
        for operation in range(run.lot_of.size):
            chosen = lots[run.lot_of[operation]]
            if chosen.commit >= 0 and 0 <= run.systems[i, operation].state < SystemState.LIVE:
                unpaid += (1.0 - p.first_instalment) * chosen.price * run.weight[operation]
        alone = readiness.net_cost(lever.subsidy_rate, money.ceiling_now(lever, p, month, False, False))
        member = readiness.net_cost(lever.subsidy_rate, money.ceiling_now(lever, p, month, False, True))
        player.purchase = member * to_come * purse.unit_one_off / years
        player.bonus = (alone - member) * unpaid * purse.unit_one_off / years
        player.facilitation, player.grant_rate = lever.facilitation, lever.grant_rate
        if group >= 0 and run.groups[group].contract_end > april:
            player.exit_fee = p.exit_fee * purse.baseline
