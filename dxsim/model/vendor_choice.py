"""Which vendor moves a lot?

Random utility (McFadden 1974) over the vendors that offer the lot:

    U = alpha_inc [incumbent] - alpha_sw (1 - pi) (1 - e_data) kappa [not incumbent] + alpha_g (share of neighbours)
        - alpha_w wait / 12 + ln(market share) + Gumbel

Incumbency and the cost of switching are two terms (Greenstein 1993); portability pi removes the second, and so does the
duty e_data of vendors to hand data over. Tastes (Gumbel) are drawn once per municipality, lot and vendor, so scenarios
share them. With n symmetric rivals a municipality stays with probability exp(alpha_inc) / (exp(alpha_inc) + n).

What a municipality has from one vendor is bought as one package: the first lot of it decides, and the others follow
where that vendor offers them. Members of a group under `shared_system` take the vendor of their lead. A withdrawn
system chooses anew; one that has no vendor after half a year has the reason R3.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events
from dxsim.model.coalition import Switch
from dxsim.model.codes import NEVER, NOT_APPLICABLE, Cause, Listed, Reason, SystemState
from dxsim.model.planning import begin_planning
from dxsim.model.staff import planning_effort
from dxsim.terms.operations import MOST_VENDORS

if TYPE_CHECKING:
    from dxsim.model.state import Floats, Records, Run


TERMS = ("incumbency", "switching", "neighbours", "wait", "market_share", "taste")  # of a utility
SEARCH_MONTHS = 6  # without a vendor, after which no product is the reason
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


@kernel
def weigh(run: Run, month: int) -> None:
    """Work out what is the same for all municipalities: exp(-utility) of share and wait; inf = not offered."""
    for lot in range(run.product_month.shape[1]):
        shortest = math.inf
        for vendor in range(run.market_share.shape[0]):
            if run.product_month[vendor, lot] != NEVER:
                shortest = min(shortest, run.quoted_wait[vendor, lot])
        run.offered[lot] = shortest < math.inf
        for vendor in range(run.market_share.shape[0]):
            run.deterrent[vendor, lot] = math.inf
            if run.product_month[vendor, lot] != NEVER:
                extra = run.quoted_wait[vendor, lot] - shortest
                run.deterrent[vendor, lot] = deterrence(
                    run.market_share[vendor, lot], run.parameters.wait_aversion, extra
                )


@kernel
def share_alike(run: Run, month: int, i: int, lot: int, vendor: int) -> float:
    """Return the share of a municipality's neighbours that had chosen this vendor for the lot before this month."""
    first, last = run.offsets[i], run.offsets[i + 1]
    alike = 0
    for place in range(first, last):
        neighbour = run.lots[run.neighbours[place], lot]
        alike += 0 <= neighbour.commit < month and neighbour.vendor == vendor
    return alike / max(1, last - first)


@kernel
def choose(
    run: Run,
    month: int,
    i: int,
    lot: int,
    barred: int,
) -> int:
    """Return the vendor that municipality `i` chooses for `lot`, or -1 if none offers it; `barred` is not considered.

    A Gumbel taste is -ln(E) of an exponential draw E, so the largest utility is the smallest E exp(-U). E is at
    least 1 - u for the uniform draw u behind it: most rivals lose to the incumbent before a logarithm is taken.
    """
    lots = run.lots
    code, incumbent = run.places[i].code, lots[i, lot].legacy
    penalty = switching_penalty(run.parameters.switching_cost, run.parameters.portability, lots[i, lot].complexity)
    penalty *= 1.0 - run.parameters.data_export
    staying = math.exp(-run.parameters.incumbency - penalty)
    strongest_pull = math.exp(-run.parameters.neighbour_weight)
    best, shortest = NOT_APPLICABLE, math.inf
    count = run.deterrent.shape[0]
    streams.uniforms(run.tastes, run.seed, streams.CHOICE, code, 0, lot * MOST_VENDORS)
    for turn in range(count):
        # The incumbent comes first, since it is the one that is hardest to beat.
        vendor = incumbent + turn
        if vendor >= count:
            vendor -= count
        if vendor == barred or run.product_month[vendor, lot] == NEVER:
            continue
        deterrent = run.deterrent[vendor, lot] * (staying if vendor == incumbent else 1.0)
        draw = run.tastes[vendor]
        if best != NOT_APPLICABLE and deterrent * strongest_pull * (1.0 - draw) >= shortest:
            continue
        pull = run.parameters.neighbour_weight * share_alike(run, month, i, lot, vendor)
        race = deterrent * math.exp(-pull) * -math.log(draw)
        if best == NOT_APPLICABLE or race < shortest:
            best, shortest = vendor, race
    return best


@kernel
def weigh_vendor(run: Run, month: int, i: int, lot: int, vendor: int, terms: Floats) -> None:
    """Fill `terms`, in the order of `TERMS`, of the utility of a vendor for a lot: `choose`, written out plainly."""
    p, here = run.parameters, run.lots[i, lot]
    penalty = switching_penalty(p.switching_cost, p.portability, here.complexity) * (1.0 - p.data_export)
    taste = streams.exponential(run.seed, streams.CHOICE, run.places[i].code, 0, lot * MOST_VENDORS + vendor)
    terms[0] = p.incumbency if vendor == here.legacy else 0.0
    terms[1] = 0.0 if vendor == here.legacy else -penalty
    terms[2] = p.neighbour_weight * share_alike(run, month, i, lot, vendor)
    terms[3] = -waiting_penalty(p.wait_aversion, run.quoted_wait[vendor, lot])
    terms[4] = math.log(run.market_share[vendor, lot])
    terms[5] = -math.log(taste)


@kernel
def lead_of(municipalities: Records, groups: Records, shared_system: int, i: int) -> int:
    """Return who decides for municipality `i`: the lead of its group if the group shares systems, else itself."""
    if municipalities[i].group < 0 or shared_system == Switch.OFF:
        return i
    return groups[municipalities[i].group].lead


@kernel
def wants(run: Run, i: int, lot: int, lead: int) -> bool:
    """Return whether a municipality means to move an open lot; one that follows a `lead` does as that has done."""
    if lead != i and run.lots[lead, lot].legacy >= 0:
        return run.lots[lead, lot].commit >= 0
    hazard = run.cumulative_hazard[i, lot]
    return hazard[Cause.OWN_MOTIVE] + hazard[Cause.PEERS] + hazard[Cause.MANDATE] >= run.lots[i, lot].threshold


@kernel
def decided_earlier(run: Run, place: int, number: int) -> int:
    """Return the vendor that lot `number` (i * L + lot), listed in `decided` before `place`, has chosen, or -1."""
    earlier = place - 1
    while earlier >= 0 and run.decided[earlier] != number:
        earlier -= 1
    return run.chosen[earlier] if earlier >= 0 else NOT_APPLICABLE


@kernel
def leading_choice(run: Run, place: int) -> int:
    """Return the vendor that the lead of its group, or the first lot of its package, has for a decided lot, or -1."""
    n_lots = run.lots.shape[1]
    i, lot = run.decided[place] // n_lots, run.decided[place] % n_lots
    lead, package = lead_of(run.municipalities, run.groups, run.parameters.shared_system, i), run.lots[i, lot].package
    if lead != i and run.lots[lead, lot].legacy >= 0:
        if run.lots[lead, lot].commit >= 0:
            return run.lots[lead, lot].vendor
        return decided_earlier(run, place, lead * n_lots + lot)
    if package == lot:
        return NOT_APPLICABLE
    if run.lots[i, package].commit >= 0:
        return run.lots[i, package].vendor
    return decided_earlier(run, place, i * n_lots + package)


@kernel
def choose_for_new_commitments(run: Run, month: int) -> None:
    """Fill `chosen` with the vendor of each lot in `decided`; leads and first lots of a package are listed before."""
    n_lots = run.lots.shape[1]
    for place in range(run.listed[Listed.DECIDED]):
        i, lot = run.decided[place] // n_lots, run.decided[place] % n_lots
        vendor = leading_choice(run, place)
        if vendor < 0 or run.product_month[vendor, lot] == NEVER:
            vendor = choose(run, month, i, lot, NOT_APPLICABLE)
        run.chosen[place] = vendor


@kernel
def tender_again(run: Run, month: int) -> None:
    """Let withdrawn systems choose anew and plan again; the vendor that let them down is the last resort.

    The new vendor starts from nothing, and no date of the old one binds it. Without a vendor that offers the lot
    they wait; after the months allowed for a search the reason is R3.
    """
    for i in range(run.places.size):
        municipality = run.municipalities[i]
        if municipality.withdrawn == 0:
            continue
        for operation in range(run.lot_of.size):
            system, lot = run.systems[i, operation], run.lot_of[operation]
            if system.state != SystemState.WITHDRAWN:
                continue
            vendor = choose(run, month, i, lot, int(system.vendor))
            if vendor < 0:
                vendor = choose(run, month, i, lot, NOT_APPLICABLE)
            if vendor >= 0:
                effort = planning_effort(run.parameters, run.weight[operation], run.lots[i, lot], run.workforce[i])
                begin_planning(municipality, system, run.vendors[vendor], vendor, month, effort)
                events.note(run, month, events.Kind.PLANNED, i, operation, vendor, 0, 0.0)
                municipality.withdrawn -= 1
                if system.flag == Reason.VENDOR_RESOURCES:
                    system.earliest_start = 0
            elif month - system.since >= SEARCH_MONTHS and system.flag == Reason.VENDOR_RESOURCES:
                system.flag = Reason.NO_PRODUCT
                events.note(run, month, events.Kind.FLAGGED, i, operation, 0, Reason.NO_PRODUCT, 0.0)
