"""Cooperation: what a group is worth to its members, how groups come about, and what members do together.

`found` draws the groups at the start; `Talks` are held in October and end in agreements, which `take_effect` puts into
practice in April; `pool_staff` lets members lend each other staff.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from math import inf, log
from operator import attrgetter
from types import SimpleNamespace
from typing import TYPE_CHECKING

from dxsim import streams
from tests.twin import sharing
from tests.twin.systems import LIVE

if TYPE_CHECKING:
    from tests.twin.model import PlainModel
    from tests.twin.municipality import Municipality
    from tests.twin.systems import System
    from tests.twin.vendor import Vendor

OPENING = 128  # address of the draw of who opens talks, past those of partners
FOUNDERS_CIRCLE = 6.1  # mean size of a group at the start
WORTH_OF_STAFF = 7_000_000.0  # yen per FTE and year
SMALL = 20_000.0  # residents from which a member of a group is not small
ROUNDS = 50  # of talks, at most


@dataclass(slots=True, eq=False)
class Group:
    """Municipalities that cooperate, in the order of their codes; money in yen a year."""

    members: list[Municipality] = field(default_factory=list)
    lead: Municipality | None = None  # the largest
    contract_end: int = 0  # month
    cost: float = 0.0
    transaction: float = 0.0

    def admit(self, members: list[Municipality]):
        self.members = members
        self.lead = max(members, key=attrgetter("population"))
        for body in members:
            body.group = self


@dataclass(slots=True, eq=False)
class Agreement:
    """Who will be a group from next April on; `origin` is the group that goes on, if one does."""

    members: list[Municipality]
    origin: Group | None


# What a group is worth


class Party:
    """A municipality as it comes to the table; money in yen a year, staff in full-time equivalents (FTE)."""

    __slots__ = (
        *("body", "population", "rank", "runs", "parts", "weight", "cost", "usage", "shortage", "surplus"),
        *("purchase", "bonus", "circle", "payoff", "exit_fee", "pays_exit"),
    )

    def __init__(self, body: Municipality, runs: dict[int, object]):
        p, purse, staff = body.model.parameters, body.purse, body.staff
        self.body = body
        self.population = body.population
        self.rank = (body.population, -body.code)  # the highest one leads
        self.runs = runs  # what it runs or will run, by operation; nothing = what its lead will run
        self.parts: dict[Party, float] = {}  # share of its systems that it shares with a lead
        self.weight = sum(system.weight for system in body.systems)
        self.cost = purse.baseline
        self.usage = body.residents.done
        self.shortage = max(0.0, staff.demand - staff.supply)
        self.surplus = max(0.0, staff.supply - staff.demand)
        to_come = sum(lot.weight for lot in body.open_lots)
        begun = sum(system.lot.price * system.weight for system in body.systems if is_begun(system))
        unpaid = to_come + (1.0 - p.first_instalment) * begun
        alone, member = (purse.left_to_pay(is_member=is_member) for is_member in (False, True))
        years = max(1.0, p.contract_months / 12)
        self.purchase = member * to_come * purse.unit_one_off / years
        self.bonus = (alone - member) * unpaid * purse.unit_one_off / years
        # Where it stands in the talks:
        self.circle: Circle | None = None
        self.payoff = 0.0
        self.exit_fee = 0.0
        self.pays_exit = False

    def shares_with(self, lead: Party) -> set[int]:
        """Return the operations whose systems it shares with a lead."""
        return {
            operation
            for operation, mine in self.runs.items()
            if operation in lead.runs and (mine is None or mine == lead.runs[operation])
        }

    def part_with(self, lead: Party) -> float:
        """Return the share of its work weight in systems that it shares with a lead."""
        if lead not in self.parts:
            self.parts[lead] = self.part_of(self.shares_with(lead))
        return self.parts[lead]

    def part_of(self, operations: set[int]) -> float:
        """Return the share of its work weight in the systems for these operations."""
        return sum(system.weight for system in self.body.systems if system.operation in operations) / self.weight


def foreseen(body: Municipality) -> dict[int, object]:
    """Return what it will run: the vendors that it is committed to, or nothing where it can still follow a lead."""
    return {system.operation: system.vendor if system.lot.commit is not None else None for system in body.systems}


def running(body: Municipality) -> dict[int, object]:
    """Return what it runs, in a way that equals what others run in one system with it."""
    runs: dict[int, object] = {}
    for system in body.systems:
        if system.state >= LIVE:
            runs[system.operation] = ("new", system.vendor)
        elif body.cloud is not None:
            runs[system.operation] = ("old", body.cloud, system.lot.incumbent)
        else:
            runs[system.operation] = object()
    return runs


def is_begun(system: System) -> bool:
    """Return whether it has been committed, but is not live: its second instalment is still to be paid."""
    return system.lot.commit is not None and system.state < LIVE


@dataclass(slots=True, eq=False)
class Terms:
    """What members of a group pay and gain, in their order, yen a year."""

    cost: float
    transaction: float
    shares: list[float]
    grants: list[float]
    payoffs: list[float]


def lead_of(members: list[Party]) -> Party:
    return max(members, key=attrgetter("rank"))


def in_common(members: list[Party]) -> list[float]:
    """Return the share of its systems that each member shares with the lead, and the lead with any member."""
    lead, used, parts = lead_of(members), set(), []
    for member in members:
        operations = member.shares_with(lead) if member is not lead else set()
        used |= operations
        parts.append(member.part_of(operations))
    parts[members.index(lead)] = lead.part_of(used)
    return parts


def pooled(members: list[Party], p: SimpleNamespace) -> float:
    """Return the fixed cost that a group saves before its transaction cost."""
    if p.shared_system == "off":
        return 0.0
    lead = lead_of(members)
    parts = [member.part_with(lead) for member in members if member is not lead]
    return p.poolable_share * p.fixed_cost * sum(parts)


def transaction_cost(members: list[Party], p: SimpleNamespace) -> float:
    return p.transaction_cost * (len(members) - 1) * (1.0 - lead_of(members).body.lever.facilitation)


def joint_cost(p: SimpleNamespace, members: list[Party]) -> float:
    return sum(member.cost for member in members) - pooled(members, p) + transaction_cost(members, p)


class Joining:
    """What each of some parties adds to the joint cost when they join one after the other."""

    def __init__(self, members: list[Party], p: SimpleNamespace):
        self.parameters = p
        self.saving = {
            (one, lead): p.poolable_share * p.fixed_cost * one.part_with(lead) * (p.shared_system == "on")
            for one in members
            for lead in members
        }

    def __call__(self, order: list[Party]) -> list[float]:
        p, saving = self.parameters, self.saving
        lead, before, saved, added = order[0], 0.0, 0.0, []
        for others, joiner in enumerate(order):
            if joiner.rank >= lead.rank:
                lead = joiner
                saved = sum(saving[member, lead] for member in order[:others])
            else:
                saved += saving[joiner, lead]
            after = p.transaction_cost * others * (1.0 - lead.body.lever.facilitation) - saved
            added.append(joiner.cost + after - before)
            before = after
        return added


def shares(members: list[Party], cost: float, p: SimpleNamespace) -> list[float]:
    """Return what each member pays of the joint `cost`."""
    if p.sharing_rule == "separable_costs":
        return sharing.separable_costs(cost, members, partial(joint_cost, p))
    if p.sharing_rule == "shapley":
        if len(members) <= sharing.EXACT_PLAYERS:
            return sharing.shapley(members, partial(joint_cost, p))
        return sharing.sampled_shapley(members, lead_of(members).body.code, Joining(members, p))
    parts, transaction = in_common(members), transaction_cost(members, p)
    each = transaction / len(members)
    if p.sharing_rule == "equal_saving":
        savings = sharing.proportional(pooled(members, p), parts)
        return [member.cost - saving + each for member, saving in zip(members, savings, strict=True)]
    measure = {"equal": lambda _: 1.0, "population": attrgetter("population"), "usage": attrgetter("usage")}
    weights = [part * measure[p.sharing_rule](member) for part, member in zip(parts, members, strict=True)]
    own = [(1.0 - part) * member.cost for part, member in zip(parts, members, strict=True)]
    pool = sharing.proportional(cost - transaction - sum(own), weights)
    return [mine + part + each for mine, part in zip(own, pool, strict=True)]


def grants(members: list[Party], p: SimpleNamespace) -> list[float]:
    """Return the cooperation grant of each member."""
    lead = lead_of(members)
    gets = [
        p.grant_recipient == "all"
        or (p.grant_recipient == "small" and member.population < SMALL)
        or (p.grant_recipient == "hub" and member is lead)
        for member in members
    ]
    saved = pooled(members, p)
    return [
        member.body.lever.grant_rate * saved / sum(gets) if granted else 0.0
        for member, granted in zip(members, gets, strict=True)
    ]


def appraise(members: list[Party], p: SimpleNamespace, least: float = -inf) -> Terms | None:
    """Return what a group would be worth to its members, or nothing if they gain less than `least` in all."""
    transaction = transaction_cost(members, p)
    cost = sum(member.cost for member in members) - pooled(members, p) + transaction
    relief = WORTH_OF_STAFF * covered(members, p) if p.shared_staff == "on" else 0.0
    discount = p.procurement_discount * log(len(members)) if p.joint_procurement == "on" else 0.0
    granted = grants(members, p)
    worth = [
        member.cost + grant + relief * member.shortage + discount * member.purchase + member.bonus
        for member, grant in zip(members, granted, strict=True)
    ]
    if sum(worth) - cost < least:
        return None
    paid = shares(members, cost, p)
    payoffs = [value - share for value, share in zip(worth, paid, strict=True)]
    return Terms(cost, transaction, paid, granted, payoffs)


def covered(members: list[Party], p: SimpleNamespace) -> float:
    """Return the share of their shortage of staff that members cover with what others have left."""
    shortage = sum(member.shortage for member in members)
    surplus = sum(member.surplus for member in members)
    return min(1.0, (1.0 - p.coordination_loss) * surplus / shortage) if shortage > 0.0 else 0.0


# The start


def found(model: PlainModel) -> list[Group]:
    """Return the groups at the start: founders take in free neighbours, then theirs, up to a drawn size."""
    p = model.parameters
    if p.formation == "none":
        return []
    draw = {body: model.uniform(streams.FOUNDING, body.code, 0, 0) for body in model.municipalities}
    turn = {body: model.uniform(streams.FOUNDING, body.code, 0, 1) for body in model.municipalities}
    founders = [body for body in model.municipalities if draw[body] < p.initial_share / FOUNDERS_CIRCLE]
    free = set(model.municipalities).difference(founders)
    groups = []
    for founder in sorted(founders, key=draw.get):
        size = int(FOUNDERS_CIRCLE)
        size += model.uniform(streams.FOUNDING, founder.code, 0, 2) < FOUNDERS_CIRCLE - size
        size = min(p.largest_group, size)
        members = [founder]
        alike = {body for body in free if main_vendor(body) is main_vendor(founder)}
        for wanted in (alike, free):
            for host in members:
                at_hand = free.intersection(wanted, host.neighbours)
                guests = sorted(at_hand, key=turn.get)[: size - len(members)]
                members += guests
                free = free.difference(guests)
        if len(members) > 1:
            group = Group(contract_end=p.contract_months)
            group.admit(sorted(members, key=attrgetter("code")))
            for body in members:
                body.cloud = group
            groups.append(group)
    return groups


def main_vendor(body: Municipality) -> Vendor:
    """Return who runs its first lot at the start."""
    return next(lot for lot in body.lots if lot).incumbent


# October


@dataclass(slots=True, eq=False)
class Circle:
    """Parties that mean to be a group, in the order of their codes."""

    members: list[Party]
    origin: Group | None
    lead: Party


@dataclass(slots=True, eq=False)
class Move:
    """What would change: those who go on as a circle (`terms`, if already known), and who leaves one."""

    staying: list[Party]
    origin: Group | None
    terms: Terms | None = None
    leaver: Party | None = None


class Table(dict):
    """The parties that have been asked for, by municipality."""

    def __missing__(self, body: Municipality) -> Party:
        party = self[body] = Party(body, foreseen(body))
        return party


class Talks:
    """The talks of an October."""

    def __init__(self, model: PlainModel):
        self.model = model
        self.parameters = model.parameters
        self.tested = self.accepted = 0
        self.party = Table()
        self.circles: dict[Circle, None] = {}  # in the order in which they came about
        self.partners: dict[Party, list[Party]] = {}  # drawn once an October
        self.openers = {
            body
            for body in model.municipalities
            if model.uniform(streams.TALKS, body.code, model.month, OPENING) < self.parameters.talks_share
        }
        april = model.month + 12 - model.month % 12
        for group in model.groups:
            members = [self.party[body] for body in group.members]
            self.settle(members, group)
            if group.contract_end > april:
                for party in members:
                    party.exit_fee = self.parameters.exit_fee * party.cost
            self.openers.update(party.body for party in members if self.would_leave(party))
        self.due = set(self.openers)

    def hold(self):
        """Let those who open talks take turns until nobody moves or the rounds run out."""
        month, uniform = self.model.month, self.model.uniform
        turns = sorted(self.openers, key=lambda body: uniform(streams.TALKS, body.code, month, 0))
        for _ in range(ROUNDS):
            moves = 0
            for body in turns:
                if body in self.due:
                    self.due.discard(body)
                    if move := self.find_move(self.party[body]):
                        self.carry_out(move)
                        moves += 1
            self.accepted += moves
            if not moves:
                return

    def conclude(self) -> list[Agreement]:
        """Return who will be a group, and note who owes an exit fee."""
        for body, party in self.party.items():
            body.pays_exit = party.pays_exit
        return [Agreement([party.body for party in circle.members], circle.origin) for circle in self.circles]

    def find_move(self, mover: Party) -> Move | None:
        """Return the first move of a party that is accepted, if there is one."""
        for partner in self.partners_of(mover):
            if move := self.unite(mover, partner):
                return move
        return self.leave(mover) if mover.circle else None

    def partners_of(self, mover: Party) -> list[Party]:
        """Return its neighbours, in random order."""
        if mover not in self.partners:
            code, month = mover.body.code, self.model.month
            near, drawn = sorted(mover.body.neighbours, key=attrgetter("code")), []
            for number in range(len(near)):
                rest = len(near) - number
                place = number + int(self.model.uniform(streams.TALKS, code, month, 1 + number) * rest)
                near[number], near[place] = near[place], near[number]
                drawn.append(self.party[near[number]])
            self.partners[mover] = drawn
        return self.partners[mover]

    def least(self, party: Party) -> float:
        """Return the payoff above which a party moves."""
        return party.payoff + self.parameters.join_threshold * party.cost

    def would_leave(self, party: Party) -> bool:
        """Return whether a member gains by being alone, its exit fee paid."""
        return self.least(party) + party.exit_fee < 0.0

    def gain(self, members: list[Party]) -> Terms | None:
        """Return the terms of a group if all `members` gain by it."""
        self.tested += 1
        wanted = [self.least(party) for party in members]
        terms = appraise(members, self.parameters, sum(wanted))
        if terms and all(payoff > least for payoff, least in zip(terms.payoffs, wanted, strict=True)):
            return terms
        return None

    def unite(self, mover: Party, partner: Party) -> Move | None:
        """Unite two circles, or who is alone with one, if all gain; the circle of the new lead goes on."""
        one, other = mover.circle, partner.circle
        if one is other is not None:
            return None
        members = [*(one.members if one else [mover]), *(other.members if other else [partner])]
        if len(members) > self.parameters.largest_group:
            return None
        members.sort(key=lambda party: party.body.code)
        terms = self.gain(members)
        if not terms:
            return None
        going_on = max(members, key=attrgetter("rank")).circle or one or other
        return Move(members, going_on and going_on.origin, terms)

    def leave(self, mover: Party) -> Move | None:
        self.tested += 1
        if not self.would_leave(mover):
            return None
        staying = [party for party in mover.circle.members if party is not mover]
        return Move(staying, mover.circle.origin, leaver=mover)

    def carry_out(self, move: Move):
        """Change circles; let everybody whose circle has changed, and their neighbours, have another turn."""
        leaving = [move.leaver] if move.leaver else []
        for party in (*move.staying, *leaving):
            self.circles.pop(party.circle, None)
        self.settle(move.staying, move.origin, move.terms)
        if move.leaver:
            move.leaver.pays_exit |= move.leaver.exit_fee > 0.0
            self.settle(leaving, None)
        for party in (*move.staying, *leaving):
            self.due |= self.openers.intersection((party.body, *party.body.neighbours))

    def settle(self, members: list[Party], origin: Group | None, terms: Terms | None = None):
        """Make parties a circle; a single one is alone, without contract."""
        if len(members) == 1:
            alone = members[0]
            alone.circle, alone.payoff, alone.exit_fee = None, 0.0, 0.0
            return
        circle = Circle(members, origin, max(members, key=attrgetter("rank")))
        terms = terms or appraise(members, self.parameters)
        for party, payoff in zip(members, terms.payoffs, strict=True):
            party.circle, party.payoff = circle, payoff
        self.circles[circle] = None


# April


def take_effect(model: PlainModel):
    """Let groups be as agreed; a contract begins anew where somebody joined or left, and who left early pays."""
    p, was_in = model.parameters, {body: body.group for group in model.groups for body in group.members}
    for body in was_in:
        body.group = None
    groups = []
    for agreement in model.agreements:
        group = agreement.origin or Group()
        if group.members != agreement.members:
            group.contract_end = model.month + p.contract_months
        group.admit(agreement.members)
        groups.append(group)
    model.groups = groups
    for body, group in was_in.items():
        if body.pays_exit and body.group is not group:
            body.purse.spend("coordination", model.booked(p.exit_fee * body.purse.baseline))
        if body.group is None:
            body.purse.saving = body.purse.coordination = body.purse.grant = 0.0
        body.pays_exit = False
    for group in groups:
        set_terms(group, p)


def set_terms(group: Group, p: SimpleNamespace):
    """Work out what a group costs, and what its members save, pay and receive in the new year."""
    terms = appraise([Party(body, running(body)) for body in group.members], p)
    group.cost, group.transaction = terms.cost, terms.transaction
    each = terms.transaction / len(group.members)
    for body, share, grant in zip(group.members, terms.shares, terms.grants, strict=True):
        purse = body.purse
        purse.saving = min(1.0, (purse.baseline - share + each) / purse.baseline) if purse.baseline > 0.0 else 0.0
        purse.coordination, purse.grant = each / 12, grant / 12


# Each month


def pool_staff(group: Group, loss: float):
    """Let members lend each other staff: who is short gets it in proportion to that, less what is lost on the way."""
    spare = {body.staff: body.staff.supply - body.staff.demand for body in group.members}
    surplus = sum(free for free in spare.values() if free > 0.0)
    shortage = -sum(free for free in spare.values() if free < 0.0)
    received = min(shortage, (1.0 - loss) * surplus)
    if received <= 0.0:
        return
    given = received / (1.0 - loss)
    for staff, free in spare.items():
        staff.lent = -free * (given / surplus if free > 0.0 else received / shortage)
