"""When does a municipality decide to move a lot?

Competing causes add up to one hazard per lot and month (1/month):

    lambda = exp(x) [a_com + q_com F]  +  m_com u(tau) exp((1 - zeta) x)             x: readiness (`readiness`)
             own motive and peers         mandate, from month t_m on

    F      = omega_p (share of its prefecture) + omega_e (share of its type)
             + (1 - omega_p - omega_e) (share of its neighbours)            those that had committed the lot
    u(tau) = 1 / (1 + max(0, tau) / tau_0)
    tau    = T* - t - lead_time       slack in months; lead_time = planning + months in the vendor's book + d_min

T* is the date that a municipality expects, between T_D and T_D2 (`beliefs`). In the two years before T_D and from then
on municipalities named as late feel the mandate 1 + b_name times. A municipality of a phased cohort has a date of its
own, before the national one. Hazard adds up month by month; at an open budget gate the municipality commits if its
cumulative hazard has reached a threshold drawn once from the unit exponential distribution. That is the same law as
testing P = 1 - exp(-hazard since the last gate) at each gate, needs one draw per package, and makes "more hazard, never
later" true for every municipality under common random numbers. The cause is drawn in proportion to the hazard of each
cause since the last open gate. By `gate_rule` the gate is always open, or each April and, with probability rho_s, in
September, December and March.

What a municipality has from one vendor is one package: its lots have the threshold of the first of them, are decided
on together, and are paid for together or not at all. The first instalment is the part phi_1 of one-off cost, less the
subsidy (`money`). A municipality without the money waits and keeps its cumulative hazard, if its `budget` is binding.
In a group S under `joint_procurement` the price falls by the part delta_buy ln|S|.

Members of a group under `shared_system` decide as one: the lead decides with the members' mean readiness, weighted by
population, and the members commit with it, or as soon as they have the money. A lot that the lead does not have, each
decides on alone.

Sources: Berry and Berry 1990 (internal and regional determinants as discrete-time hazards); Ito 2002 (once the state
acts, municipalities move irrespective of internal conditions); Alfi, Parisi and Pietronero 2007 (pressure of a
deadline).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events, money
from dxsim.model.beliefs import expected_deadline
from dxsim.model.coalition import Switch
from dxsim.model.codes import NOBODY, Cause, Listed
from dxsim.model.cooperation import weighted_readiness
from dxsim.model.dates import due_date
from dxsim.model.fields import Field
from dxsim.model.planning import begin_planning
from dxsim.model.staff import planning_effort
from dxsim.model.vendor_choice import lead_of, wants
from dxsim.scenario.registry import choices
from dxsim.terms.calendar import APRIL, DECEMBER, MARCH, MONTHS_PER_YEAR, PRESSED_MONTHS, SEPTEMBER

if TYPE_CHECKING:
    from dxsim.model.state import Floats, Integers, Records, Run


GateRule = choices("commitment.gate_rule")
# What moves a municipality to commit in a month, and how it reckons for the lot at hand.
MOTIVES = np.dtype(
    [
        ("own", np.float64),  # hazard by own motive, 1/month
        ("peers", np.float64),  # hazard by peers if all had committed, 1/month
        ("mandate", np.float64),  # hazard by the mandate at full pressure, 1/month
        ("deadline", np.float64),  # month that it takes for the national deadline
        ("exposure", np.float64),  # share of peers that had committed the lot
        ("due", np.float64),  # month after its date for the lot
        ("lead_time", np.float64),  # months that it reckons with for the lot
        ("slack", np.float64),  # months left beyond these
    ]
)
FLOW_FIELDS = (Field("refusals", "municipalities that had no money for a commitment"),)


@kernel
def urgency(slack: float, scale: float) -> float:
    """Return u(tau) in (0, 1] for a `slack` in months: 1 when there is none left, 1/2 at `scale` months."""
    return 1.0 / (1.0 + max(0.0, slack) / scale)


@kernel
def lead_time(planning_months: float, queue_wait: float, minimum_months: float) -> float:
    """Return the months from commitment to go-live that a municipality reckons with.

    The wait for the product is not part of it: it ends on a date, which no early commitment brings nearer.
    """
    return planning_months + queue_wait + minimum_months


@kernel
def voluntary_hazard(readiness: float, motive: float) -> float:
    """Return exp(x) times `motive` (1/month): what `readiness` makes of own motive or of peers."""
    return math.exp(readiness) * motive


@kernel
def mandate_hazard(readiness: float, pressure: float, uniformity: float) -> float:
    """Return the mandate's hazard (1/month) at a `pressure` m_com u; the share `uniformity` ignores readiness."""
    return pressure * math.exp((1.0 - uniformity) * readiness)


@kernel
def exposure(of_prefecture: float, of_kind: float, neighbours: int, degree: int, parameters: np.record) -> float:
    """Return F in [0, 1]: the weighted share of peers that had committed a lot before this month.

    Weights: prefecture and type as the parameters say, the municipality itself included (`of_prefecture` and `of_kind`
    are their weighted shares); the rest to the `neighbours` that had, of `degree` ones. A municipality without
    neighbours gives their weight to the other two in proportion, or else looks at nobody.
    """
    by_prefecture, by_kind = parameters.prefecture_exposure_weight, parameters.type_exposure_weight
    if degree > 0:
        return of_prefecture + of_kind + (1.0 - by_prefecture - by_kind) * neighbours / degree
    return (of_prefecture + of_kind) / (by_prefecture + by_kind) if by_prefecture + by_kind > 0.0 else 0.0


@kernel
def weigh_peers(committed: Integers, size: Integers, weight: float, shares: Floats) -> None:
    """Fill `shares`, by lot, with `weight` times the share of each area's or type's municipalities that `committed`."""
    for row in range(committed.shape[0]):
        for lot in range(committed.shape[1]):
            shares[row, lot] = weight * committed[row, lot] / size[row] if size[row] > 0 else 0.0


@kernel
def look_at_peers(run: Run) -> None:
    """Work out what shares of prefectures and types had committed before this month."""
    p = run.parameters
    weigh_peers(run.prefecture_committed, run.prefecture_size, p.prefecture_exposure_weight, run.prefecture_share)
    weigh_peers(run.kind_committed, run.kind_size, p.type_exposure_weight, run.kind_share)


@kernel
def peer_exposure(run: Run, i: int, lot: int) -> float:
    """Return F of municipality `i` and a `lot`, by what `look_at_peers` has seen."""
    place, degree = run.places[i], run.offsets[i + 1] - run.offsets[i]
    neighbours = run.lots[i, lot].neighbours_committed
    of_prefecture, of_kind = run.prefecture_share[place.prefecture, lot], run.kind_share[place.kind, lot]
    return exposure(of_prefecture, of_kind, neighbours, degree, run.parameters)


@kernel
def is_gate_open(seed: int, code: int, month: int, parameters: np.record) -> bool:
    """Return whether a municipality can budget a commitment: each April, else with a supplementary budget."""
    of_year = month % MONTHS_PER_YEAR
    if parameters.gate_rule == GateRule.ALWAYS_OPEN or of_year == APRIL:
        return True
    if of_year != SEPTEMBER and of_year != DECEMBER and of_year != MARCH:
        return False
    return streams.uniform(seed, streams.GATE, code, month, 0) < parameters.supplementary_gate_probability


@kernel
def decide(run: Run, month: int) -> None:
    """Add up hazard and list the lots (i * L + lot) that commit in this month in `decided`.

    A lead comes right before the members that commit with it. Municipalities that follow a lead have their turn last,
    when it is known what they do with it, so that their codes don't matter.
    """
    n_lots = run.lots.shape[1]
    run.listed[Listed.DECIDED] = 0
    for i in range(run.places.size):
        if run.municipalities[i].open_lots > 0:
            run.left[i] = money.at_hand(run.purses[i], run.ledger[i])
            for lot in range(n_lots):
                run.is_listed[i, lot] = False
    look_at_peers(run)
    for turn in range(2):
        for i in range(run.places.size):
            if run.municipalities[i].open_lots > 0:
                lead = lead_of(run.municipalities, run.groups, run.parameters.shared_system, i)
                if (lead != i) == (turn == 1):
                    take_turn(run, month, i, lead)


@kernel
def take_turn(run: Run, month: int, i: int, lead: int) -> None:
    """Let a municipality, which follows `lead` (itself if alone), add up hazard and decide about its open lots."""
    p, municipality = run.parameters, run.municipalities[i]
    is_lead = lead == i and municipality.group >= 0 and p.shared_system == Switch.ON
    build_up(run, month, i)
    if not is_gate_open(run.seed, run.places[i].code, month, p):
        return
    for lot in range(run.lots.shape[1]):
        if not is_open(run, i, lot) or run.is_listed[i, lot]:
            continue
        cumulative = run.cumulative_hazard[i, lot]
        if not wants(run, i, lot, lead):
            for cause in range(cumulative.size):
                run.hazard_at_gate[i, lot, cause] = cumulative[cause]
            continue
        joint = joining(run, i, lot, lead)
        if affords(run, month, i, joint):
            list_decisions(run, i, joint)
            if is_lead:
                bring_members(run, month, i, joint)
        else:
            note_refusal(run, i, joint)


@kernel
def is_open(run: Run, i: int, lot: int) -> bool:
    """Return whether a lot applies, is offered by some vendor and is not committed."""
    return run.lots[i, lot].legacy >= 0 and run.lots[i, lot].commit < 0 and run.offered[lot]


@kernel
def joining(run: Run, i: int, lot: int, lead: int) -> int:
    """Return the lots, a bit each, of the package of `lot` that are open, unlisted and wanted: bought together."""
    joint = 0
    for other in range(run.lots.shape[1]):
        is_free = is_open(run, i, other) and not run.is_listed[i, other]
        if is_free and run.lots[i, other].package == run.lots[i, lot].package and wants(run, i, other, lead):
            joint |= 1 << other
    return joint


@kernel
def list_decisions(run: Run, i: int, joint: int) -> None:
    """Add lots, a bit each, to those that commit in this month."""
    for lot in range(run.lots.shape[1]):
        if joint >> lot & 1:
            run.decided[run.listed[Listed.DECIDED]] = i * run.lots.shape[1] + lot
            run.listed[Listed.DECIDED] += 1
            run.is_listed[i, lot] = True
            run.lots[i, lot].refused = False


@kernel
def note_refusal(run: Run, i: int, joint: int) -> None:
    """Note that there was no money for these lots, a bit each."""
    for lot in range(run.lots.shape[1]):
        if joint >> lot & 1:
            run.lots[i, lot].refused = True


@kernel
def readiness_to_decide(run: Run, i: int) -> float:
    """Return the readiness by which a municipality decides: the mean of its group for a lead, else its own."""
    municipality, shares = run.municipalities[i], run.parameters.shared_system
    if municipality.group >= 0 and shares == Switch.ON and run.groups[municipality.group].lead == i:
        return weighted_readiness(run, municipality.group)
    return municipality.readiness


@kernel
def build_up(run: Run, month: int, i: int) -> None:
    """Add this month's hazard to the cumulative hazard of a municipality's open lots."""
    motives = run.motives[0]
    weigh_motives(run, month, i)
    for lot in range(run.lots.shape[1]):
        chosen, cumulative = run.lots[i, lot], run.cumulative_hazard[i, lot]
        if chosen.legacy < 0 or chosen.commit >= 0 or not run.offered[lot]:
            continue
        cumulative[Cause.OWN_MOTIVE] += motives.own
        if motives.peers > 0.0:
            cumulative[Cause.PEERS] += hazard_by_peers(run, i, lot)
        if motives.mandate > 0.0:
            cumulative[Cause.MANDATE] += hazard_by_mandate(run, month, i, lot)


@kernel
def weigh_motives(run: Run, month: int, i: int) -> None:
    """Work out what is the same for all lots of a municipality in this month."""
    p, motives, readiness = run.parameters, run.motives[0], readiness_to_decide(run, i)
    motives.own = voluntary_hazard(readiness, p.own_motive_hazard)
    motives.peers = voluntary_hazard(readiness, p.peer_hazard)
    motives.mandate = 0.0
    if month >= p.mandate_start:
        motives.mandate = mandate_hazard(readiness, p.mandate_hazard, p.mandate_uniformity)
    motives.deadline = expected_deadline(run.municipalities[i].belief, p.deadline, p.second_deadline)


@kernel
def hazard_by_peers(run: Run, i: int, lot: int) -> float:
    """Return what peers add to the hazard of a lot (1/month), after `weigh_motives` and `look_at_peers`."""
    motives = run.motives[0]
    motives.exposure = peer_exposure(run, i, lot)
    return motives.peers * motives.exposure


@kernel
def hazard_by_mandate(run: Run, month: int, i: int, lot: int) -> float:
    """Return what the mandate adds to the hazard of a lot (1/month), after `weigh_motives`."""
    p, motives, lever, chosen = run.parameters, run.motives[0], run.levers[i], run.lots[i, lot]
    motives.due = due_date(motives.deadline, chosen, run.nation[0], p)
    wait = run.vendors[chosen.legacy].queue_wait
    motives.lead_time = lead_time(chosen.planning_months, wait, p.minimum_months)
    motives.slack = motives.due - month - motives.lead_time
    pressure = urgency(motives.slack, p.urgency_scale)
    if month >= p.deadline - PRESSED_MONTHS:
        pressure *= 1.0 + lever.naming
    return motives.mandate * pressure


@kernel
def price_now(municipality: np.record, groups: Records, parameters: np.record) -> float:
    """Return the price level at which a municipality buys: below 1 in a group that procures jointly."""
    if municipality.group < 0 or parameters.joint_procurement == Switch.OFF:
        return 1.0
    return money.group_price(groups[municipality.group].members, parameters.procurement_discount)


@kernel
def affords(run: Run, month: int, i: int, joint: int) -> bool:
    """Return whether a municipality can pay the first instalment of lots, a bit each; if so, set it aside in `left`."""
    if run.parameters.budget == money.Budget.UNLIMITED:
        return True
    price = price_now(run.municipalities[i], run.groups, run.parameters) * money.lock_in(run.parameters, True, 1.0)
    needed = 0
    for lot in range(run.lots.shape[1]):
        if joint >> lot & 1:
            needed += money.own_part(run, month, i, run.lot_weights[lot], price, run.parameters.first_instalment)
    if needed > run.left[i]:
        run.flows[run.places[i].kind].refusals += 1.0
        for lot in range(run.lots.shape[1]):
            if joint >> lot & 1:
                events.note(run, month, events.Kind.REFUSED, i, lot, 0, 0, float(needed - run.left[i]))
        return False
    run.left[i] -= needed
    return True


@kernel
def bring_members(run: Run, month: int, lead: int, joint: int) -> None:
    """List the members of a lead's group that commit lots, a bit each, with it: those with the money."""
    member = run.groups[run.municipalities[lead].group].head
    while member != NOBODY:
        with_lead = 0
        for lot in range(run.lots.shape[1]):
            if joint >> lot & 1 and is_open(run, member, lot) and not run.is_listed[member, lot]:
                with_lead |= 1 << lot
        if member != lead and with_lead != 0:
            if affords(run, month, member, with_lead):
                list_decisions(run, member, with_lead)
            else:
                note_refusal(run, member, with_lead)
        member = run.municipalities[member].after


@kernel
def tipping_cause(own: float, peers: float, mandate: float, draw: float) -> int:
    """Return the cause drawn in proportion to the hazard that each added since the last open gate."""
    point = draw * (own + peers + mandate)
    if point < own:
        return Cause.OWN_MOTIVE
    return Cause.PEERS if point < own + peers else Cause.MANDATE


@kernel
def commit(run: Run, month: int) -> None:
    """Apply the decisions of this month together: date, cause, vendor, first instalment, planning; peers are told."""
    municipalities, lots, systems, vendors = run.municipalities, run.lots, run.systems, run.vendors
    n_lots = lots.shape[1]
    for place in range(run.listed[Listed.DECIDED]):
        i, lot, vendor = run.decided[place] // n_lots, run.decided[place] % n_lots, run.chosen[place]
        cumulative, before = run.cumulative_hazard[i, lot], run.hazard_at_gate[i, lot]
        lots[i, lot].cause = tipping_cause(
            cumulative[Cause.OWN_MOTIVE] - before[Cause.OWN_MOTIVE],
            cumulative[Cause.PEERS] - before[Cause.PEERS],
            cumulative[Cause.MANDATE] - before[Cause.MANDATE],
            streams.uniform(run.seed, streams.CAUSE, run.places[i].code, 0, lot),
        )
        lots[i, lot].commit = month
        lots[i, lot].vendor = vendor
        kind = run.places[i].kind
        pay_first_instalment(run, month, i, lot)
        events.note(
            run,
            month,
            events.Kind.COMMITTED,
            i,
            lot,
            vendor,
            lots[i, lot].cause,
            cumulative[Cause.OWN_MOTIVE] + cumulative[Cause.PEERS] + cumulative[Cause.MANDATE],
        )
        for operation in range(run.lot_of.size):
            if run.lot_of[operation] == lot:
                effort = planning_effort(run.parameters, run.weight[operation], lots[i, lot], run.workforce[i])
                begin_planning(municipalities[i], systems[i, operation], vendors[vendor], vendor, month, effort)
                run.counts[kind].committed += 1
        municipalities[i].open_lots -= 1
        if municipalities[i].open_lots == 0:
            run.counts[kind].municipalities_committed += 1
        run.prefecture_committed[run.places[i].prefecture, lot] += 1
        run.kind_committed[kind, lot] += 1
        for neighbour in range(run.offsets[i], run.offsets[i + 1]):
            lots[run.neighbours[neighbour], lot].neighbours_committed += 1


@kernel
def pay_first_instalment(run: Run, month: int, i: int, lot: int) -> None:
    """Fix the prices of a lot and pay the first instalment."""
    money.agree_on_prices(run, i, lot, price_now(run.municipalities[i], run.groups, run.parameters))
    price, share = run.lots[i, lot].price, run.parameters.first_instalment
    money.pay_one_off(run, month, i, run.lot_weights[lot], price, share, False)
