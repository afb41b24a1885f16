"""When does a municipality decide to move a lot?

Competing causes add up to one hazard per lot and month (1/month):

    lambda = exp(beta_com x) [a_com + q_com psi(F)]  +  m_com u(tau) exp((1 - zeta) beta_com x)
             own motive and peers                       mandate, from month t_m on

    F      = omega_p (share of its prefecture) + omega_e (share of its type)
             + (1 - omega_p - omega_e) (share of its neighbours)            those that had committed the lot
    psi(F) = F                        or   F^h_F / (F^h_F + F_c^h_F)        by `peer_response`
    u(tau) = 1 / (1 + max(0, tau) / tau_0)
    tau    = T* - t - lead_time       slack in months; lead_time = planning + (queue, unless naive) + d_min

T* is the date that a body expects, between T_D and T_D2 (`policy`). From T* on the mandate keeps only the part epsilon;
in the two years before T_D and from then on bodies named as late feel it 1 + b_name times. A body of a phased cohort
has a date of its own, before the national one. Intent adds up month by month; at an open budget gate the body commits
if its intent has reached a threshold drawn once from the unit exponential distribution. That is the same law as testing
P = 1 - exp(-intent since the last gate) at each gate, needs one draw per lot, and makes "more hazard, never later" true
for every body under common random numbers. The cause is drawn in proportion to the causes' intent since the last open
gate. By `gate_rule` the gate is always open, or each April and, with probability rho_s, in September, December and
March.

The first instalment is the part phi_1 of one-off cost, less the subsidy at the rate sigma, in multiples of u_yen
(`money`). A body whose envelope lacks it waits and keeps its intent, if its `budget` is binding. In a group S under
`joint_procurement` the price falls by the part delta_buy ln|S|, and planning by the part phi_tender (1 - 1 / |S|).

Members of a group under `shared_system` decide as one: the lead decides with the members' mean readiness, weighted by
population, and the members commit with it, or as soon as they have the money. A lot that the lead does not have, each
decides on alone.

Sources: Berry and Berry 1990 (internal and regional determinants as discrete-time hazards); Ito 2002 (once the state
acts, bodies move irrespective of internal conditions); Alfi, Parisi and Pietronero 2007 (pressure of a deadline).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events, money
from dxsim.model.cooperation import weighted_readiness
from dxsim.model.dates import due_date
from dxsim.model.planning import begin_planning
from dxsim.model.policy import expected_deadline
from dxsim.model.staff import planning_effort
from dxsim.model.state import (
    BODIES_COMMITTED,
    COMMITTED,
    ENVELOPE,
    FUND,
    MANDATE,
    OWN_MOTIVE,
    PEERS,
    REFUSALS,
    Country,
    Floats,
    Integers,
    Records,
    State,
)
from dxsim.model.vendor_choice import lead_of

LINEAR, THRESHOLD = 0, 1
FISCAL_YEAR, ALWAYS_OPEN = 0, 1
APRIL, SEPTEMBER, DECEMBER, MARCH = 0, 5, 8, 11  # months after April
NOBODY = -1  # the end of a list of members
NAMING_MONTHS = 24  # before the deadline, in which bodies without a commitment are named


@kernel
def peer_response(exposure: float, form: int, half: float, steepness: float) -> float:
    """Return psi(F) in [0, 1] for an `exposure` F in [0, 1]: linear, or a threshold with psi(`half`) = 1/2."""
    if form == LINEAR:
        return exposure
    raised = exposure**steepness
    return raised / (raised + half**steepness)


@kernel
def urgency(slack: float, scale: float) -> float:
    """Return u(tau) in (0, 1] for a `slack` in months: 1 when there is none left, 1/2 at `scale` months."""
    return 1.0 / (1.0 + max(0.0, slack) / scale)


@kernel
def lead_time(planning_months: float, queue_wait: float, minimum_months: float, naive: bool) -> float:
    """Return the months from commitment to go-live that a body reckons with; a naive one leaves the queue out.

    The wait for the product is not part of it: it ends on a date, which no early commitment brings nearer.
    """
    return planning_months + (0.0 if naive else queue_wait) + minimum_months


@kernel
def voluntary_hazard(readiness: float, motive: float, slope: float) -> float:
    """Return exp(beta_com x) times `motive` (1/month): what readiness makes of own motive or of peers."""
    return math.exp(slope * readiness) * motive


@kernel
def mandate_hazard(readiness: float, pressure: float, slope: float, uniformity: float) -> float:
    """Return the mandate's hazard (1/month) at a `pressure` m_com u; the share `uniformity` ignores readiness."""
    return pressure * math.exp((1.0 - uniformity) * slope * readiness)


@kernel
def exposure(of_prefecture: float, of_kind: float, neighbours: int, degree: int, parameters: np.record) -> float:
    """Return F in [0, 1]: the weighted share of peers that had committed a lot before this month.

    Weights: prefecture and type as the parameters say, the body itself included (`of_prefecture` and `of_kind` are
    their weighted shares); the rest to the `neighbours` that had, of `degree` ones. A body without neighbours gives
    their weight to the other two in proportion, or else looks at nobody.
    """
    by_prefecture, by_kind = parameters.prefecture_exposure_weight, parameters.type_exposure_weight
    if degree > 0:
        return of_prefecture + of_kind + (1.0 - by_prefecture - by_kind) * neighbours / degree
    return (of_prefecture + of_kind) / (by_prefecture + by_kind) if by_prefecture + by_kind > 0.0 else 0.0


@kernel(makes_arrays=True)
def weighted_shares(committed: Integers, size: Integers, weight: float) -> Floats:
    """Return `weight` times the share of each area's or type's bodies, of `size`, that `committed`, by lot."""
    shares = np.zeros(committed.shape)
    for row in range(committed.shape[0]):
        for lot in range(committed.shape[1]):
            if size[row] > 0:
                shares[row, lot] = weight * committed[row, lot] / size[row]
    return shares


@kernel(makes_arrays=True)
def peer_exposure(country: Country, state: State, parameters: np.record, i: int, lot: int) -> float:
    """Return F of body `i` and a `lot` in this month."""
    place, degree = country.municipalities[i], country.offsets[i + 1] - country.offsets[i]
    of_prefecture = weighted_shares(
        state.prefecture_committed, country.prefecture_size, parameters.prefecture_exposure_weight
    )
    of_kind = weighted_shares(state.kind_committed, country.kind_size, parameters.type_exposure_weight)
    neighbours = state.lots[i, lot].neighbours_committed
    return exposure(of_prefecture[place.prefecture, lot], of_kind[place.kind, lot], neighbours, degree, parameters)


@kernel
def is_gate_open(seed: int, code: int, month: int, parameters: np.record) -> bool:
    """Return whether a body can budget a commitment in this month: each April, else with a supplementary budget."""
    of_year = month % 12
    if parameters.gate_rule == ALWAYS_OPEN or of_year == APRIL:
        return True
    if of_year != SEPTEMBER and of_year != DECEMBER and of_year != MARCH:
        return False
    return streams.uniform(seed, streams.GATE, code, month, 0) < parameters.supplementary_gate_probability


@kernel(inner=True, makes_arrays=True)
def decide(country: Country, state: State, parameters: np.record, seed: int, month: int, decided: Integers) -> int:
    """Build up intent and list the lots (i * L + lot) that commit in this month in `decided`; return how many.

    A lead comes right before the members that commit with it. Bodies that follow a lead have their turn last, when
    it is known what they do with it, so that their codes don't matter.
    """
    p = parameters
    left = state.ledger[:, ENVELOPE].copy()
    is_listed = np.zeros(state.lots.shape, dtype=np.bool_)
    of_prefecture = weighted_shares(state.prefecture_committed, country.prefecture_size, p.prefecture_exposure_weight)
    of_kind = weighted_shares(state.kind_committed, country.kind_size, p.type_exposure_weight)
    return decide_in_turn(country, state, p, seed, month, left, is_listed, of_prefecture, of_kind, decided)


@kernel(inner=True)
def decide_in_turn(
    country: Country,
    state: State,
    parameters: np.record,
    seed: int,
    month: int,
    left: Integers,
    is_listed: NDArray[np.bool_],
    of_prefecture: Floats,
    of_kind: Floats,
    decided: Integers,
) -> int:
    """Let all bodies build up intent and decide; fill `decided` and return how many lots it lists.

    `left`, (n,), is what is left in the envelopes (yen), `is_listed`, (n, L), what comes along with a lead in this
    month; `of_prefecture`, (48, L), and `of_kind`, (kinds, L), are the weighted shares of those that had committed.
    """
    p, n_lots = parameters, state.lots.shape[1]
    count = 0
    for turn in range(2):
        for i in range(country.municipalities.size):
            body = state.municipalities[i]
            if body.open_lots == 0:
                continue
            lead = lead_of(state.municipalities, state.groups, p.shared_system, i)
            if (lead != i) != (turn == 1):
                continue
            is_lead = lead == i and body.group >= 0 and p.shared_system == 1
            gate_open = is_gate_open(seed, country.municipalities[i].code, month, p)
            readiness = weighted_readiness(country, state, body.group) if is_lead else body.readiness
            build_up(country, state, p, month, i, readiness, of_prefecture, of_kind)
            if not gate_open:
                continue
            for lot in range(n_lots):
                chosen, intent = state.lots[i, lot], state.intent[i, lot]
                if chosen.legacy < 0 or chosen.commit >= 0 or not state.offered[lot] or is_listed[i, lot]:
                    continue
                wants = intent[OWN_MOTIVE] + intent[PEERS] + intent[MANDATE] >= chosen.threshold
                if lead != i and state.lots[lead, lot].legacy >= 0:
                    wants = state.lots[lead, lot].commit >= 0
                if not wants:
                    for cause in range(intent.size):
                        state.gate_intent[i, lot, cause] = intent[cause]
                elif affords(country, state, p, month, i, lot, left):
                    decided[count] = i * n_lots + lot
                    count += 1
                    if is_lead:
                        count = bring_members(country, state, p, month, i, lot, left, is_listed, decided, count)
    return count


@kernel(inner=True)
def build_up(
    country: Country,
    state: State,
    parameters: np.record,
    month: int,
    i: int,
    readiness: float,
    of_prefecture: Floats,
    of_kind: Floats,
) -> None:
    """Add this month's hazard to the intent of a body's open lots.

    `readiness` is that by which it decides; (48, L) `of_prefecture` and (kinds, L) `of_kind` are weighted shares of
    those that had committed.
    """
    p, place, body, lever = parameters, country.municipalities[i], state.municipalities[i], state.levers[i]
    own = voluntary_hazard(readiness, p.own_motive_hazard, p.readiness_slope)
    peers = voluntary_hazard(readiness, p.peer_hazard, p.readiness_slope)
    mandate_at_full = 0.0
    if month >= p.mandate_start:
        mandate_at_full = mandate_hazard(readiness, p.mandate_hazard, p.readiness_slope, p.mandate_uniformity)
    deadline = expected_deadline(body.belief, p.deadline, p.second_deadline)
    degree = country.offsets[i + 1] - country.offsets[i]
    for lot in range(state.lots.shape[1]):
        chosen, intent = state.lots[i, lot], state.intent[i, lot]
        if chosen.legacy < 0 or chosen.commit >= 0 or not state.offered[lot]:
            continue
        intent[OWN_MOTIVE] += own
        if p.peer_hazard > 0.0:
            seen = exposure(
                of_prefecture[place.prefecture, lot], of_kind[place.kind, lot], chosen.neighbours_committed, degree, p
            )
            intent[PEERS] += peers * peer_response(seen, p.peer_response, p.peer_threshold, p.peer_threshold_steepness)
        if mandate_at_full == 0.0:
            continue
        due = due_date(deadline, chosen, state.nation[0], p)
        wait = state.vendors[chosen.legacy].queue_wait
        ahead = lead_time(chosen.planning_months, wait, p.minimum_months, body.naive)
        pressure = urgency(due - month - ahead, p.urgency_scale)
        if month >= due:
            pressure *= lever.enforcement
        if month >= p.deadline - NAMING_MONTHS:
            pressure *= 1.0 + lever.naming
        intent[MANDATE] += mandate_at_full * pressure


@kernel(inner=True)
def lot_weight(country: Country, lot: int) -> float:
    """Return the work weight of all systems of a lot."""
    total = 0.0
    for operation in range(country.lot_of.size):
        if country.lot_of[operation] == lot:
            total += country.weight[operation]
    return total


@kernel
def price_now(body: np.record, groups: Records, parameters: np.record) -> float:
    """Return the price level at which a body buys: below 1 in a group that procures jointly."""
    if body.group < 0 or parameters.joint_procurement == 0:
        return 1.0
    return money.group_price(groups[body.group].members, parameters.procurement_discount)


@kernel(inner=True)
def affords(
    country: Country, state: State, parameters: np.record, month: int, i: int, lot: int, left: Integers
) -> bool:
    """Return whether a body has the money for the first instalment of a lot; if so, set it aside from `left` (yen)."""
    if parameters.budget == money.UNLIMITED:
        return True
    body, lever = state.municipalities[i], state.levers[i]
    price = price_now(body, state.groups, parameters)
    unit = parameters.rounding_unit
    due = money.instalment(state.purses[i], lot_weight(country, lot), price, parameters.first_instalment, unit)
    ceiling = money.ceiling_now(lever, parameters, month, False, body.group >= 0)
    due -= money.subsidy(due, lever.subsidy_rate, ceiling, state.treasury[FUND], unit)
    if due > left[i]:
        state.flows[country.municipalities[i].kind, REFUSALS] += 1.0
        events.note(state.log, state.logged, month, events.REFUSED, i, lot, 0, 0, float(due - left[i]))
        return False
    left[i] -= due
    return True


@kernel(inner=True)
def bring_members(
    country: Country,
    state: State,
    parameters: np.record,
    month: int,
    lead: int,
    lot: int,
    left: Integers,
    is_listed: NDArray[np.bool_],
    decided: Integers,
    count: int,
) -> int:
    """List the members of a lead's group that commit a lot with it, those with the money; return the new count."""
    member = state.groups[state.municipalities[lead].group].head
    while member != NOBODY:
        is_open = state.lots[member, lot].legacy >= 0 and state.lots[member, lot].commit < 0
        if member != lead and is_open and affords(country, state, parameters, month, member, lot, left):
            decided[count] = member * state.lots.shape[1] + lot
            is_listed[member, lot] = True
            count += 1
        member = state.municipalities[member].after
    return count


@kernel
def tipping_cause(own: float, peers: float, mandate: float, draw: float) -> int:
    """Return the cause drawn in proportion to the intent that each built up since the last open gate."""
    point = draw * (own + peers + mandate)
    if point < own:
        return OWN_MOTIVE
    return PEERS if point < own + peers else MANDATE


@kernel(inner=True)
def commit(
    country: Country,
    state: State,
    parameters: np.record,
    seed: int,
    month: int,
    decided: Integers,
    chosen: Integers,
    count: int,
) -> None:
    """Apply the decisions of this month together: date, cause, vendor, first instalment, planning; peers are told."""
    bodies, lots, systems, vendors = state.municipalities, state.lots, state.systems, state.vendors
    n_lots = lots.shape[1]
    for place in range(count):
        i, lot, vendor = decided[place] // n_lots, decided[place] % n_lots, chosen[place]
        intent, before = state.intent[i, lot], state.gate_intent[i, lot]
        lots[i, lot].cause = tipping_cause(
            intent[OWN_MOTIVE] - before[OWN_MOTIVE],
            intent[PEERS] - before[PEERS],
            intent[MANDATE] - before[MANDATE],
            streams.uniform(seed, streams.CAUSE, country.municipalities[i].code, 0, lot),
        )
        lots[i, lot].commit = month
        lots[i, lot].vendor = vendor
        kind = country.municipalities[i].kind
        pay_first_instalment(country, state, parameters, month, i, lot)
        events.note(
            state.log,
            state.logged,
            month,
            events.COMMITTED,
            i,
            lot,
            vendor,
            lots[i, lot].cause,
            intent[OWN_MOTIVE] + intent[PEERS] + intent[MANDATE],
        )
        for operation in range(country.lot_of.size):
            if country.lot_of[operation] == lot:
                effort = planning_effort(parameters, country.weight[operation], lots[i, lot], state.workforce[i])
                begin_planning(bodies[i], systems[i, operation], vendors[vendor], vendor, month, effort)
                state.tally[kind, COMMITTED] += 1
        bodies[i].open_lots -= 1
        if bodies[i].open_lots == 0:
            state.tally[kind, BODIES_COMMITTED] += 1
        state.prefecture_committed[country.municipalities[i].prefecture, lot] += 1
        state.kind_committed[kind, lot] += 1
        for neighbour in range(country.offsets[i], country.offsets[i + 1]):
            lots[country.neighbours[neighbour], lot].neighbours_committed += 1


@kernel(inner=True)
def pay_first_instalment(country: Country, state: State, parameters: np.record, month: int, i: int, lot: int) -> None:
    """Fix the price of a lot and the share of a joint tender that the body does itself; pay the first instalment."""
    body, lever, chosen = state.municipalities[i], state.levers[i], state.lots[i, lot]
    chosen.price, chosen.tender = price_now(body, state.groups, parameters), 1.0
    if body.group >= 0 and parameters.joint_procurement == 1:
        chosen.tender = tender_work(state.groups[body.group].members, parameters.tender_share)
    weight, unit = lot_weight(country, lot), parameters.rounding_unit
    due = money.instalment(state.purses[i], weight, chosen.price, parameters.first_instalment, unit)
    ceiling = money.ceiling_now(lever, parameters, month, False, body.group >= 0)
    sums = state.money[country.municipalities[i].kind]
    money.pay_one_off(state.ledger[i], sums, state.treasury, due, lever.subsidy_rate, ceiling, unit)


@kernel
def tender_work(size: int, share: float) -> float:
    """Return the part of planning work left to each of `size` bodies that do the `share` of it once, together."""
    return 1.0 - share * (1.0 - 1.0 / size)
