"""Money: ledgers in whole yen, and what a municipality's systems cost before and after they move.

Half yen are common (a baseline over twelve), so sums are written in the order in which the model's description has
them: another order would round them to the other side now and then.
"""

from __future__ import annotations

from math import exp, log, sqrt
from typing import TYPE_CHECKING

from dxsim import streams
from tests.twin.systems import LIVE, NO_REASON, VENDOR_RESOURCES, Lot, System

if TYPE_CHECKING:
    from tests.twin.municipality import Municipality

ACCOUNTS = (
    *("envelope", "appropriation", "subsidy", "grant", "reserve", "lapsed"),
    *("one_off", "running", "parallel", "interface", "coordination", "channels", "programmes", "penalty"),
)
TREASURY = ("fund", "taxes", "subsidies_paid", "grants_paid", "penalties_received")


class Ledger:
    """Balances by account, in yen: debits are positive, and all balances sum to zero."""

    def __init__(self, accounts: tuple[str, ...], total: Ledger | None = None):
        self.balance = dict.fromkeys(accounts, 0)
        self.books = (self.balance, total.balance) if total else (self.balance,)  # `total`: what this one is a part of

    def post(self, debit: str, credit: str, amount: int):
        for balance in self.books:
            balance[debit] += amount
            balance[credit] -= amount


class Purse:
    """What a municipality has to spend, owes and pays; costs are yen a month unless said otherwise."""

    def __init__(self, body: Municipality, row):
        self.body = body
        self.model = body.model
        p = self.model.parameters
        people = body.population
        weights = sum(lot.weight for lot in body.lots if lot)
        complexities = [lot.complexity for lot in body.lots if lot]
        self.ledger = Ledger(ACCOUNTS, self.model.money[body.type])
        self.baseline = (  # yen a year
            p.fixed_cost + p.unit_cost * (people + 0.277 * max(0.0, people - 300_000.0))
        )
        one_off = p.one_off_ratio * self.baseline * (1.0 + sum(complexities) / max(1, len(complexities)))
        one_off /= 1.0 + p.complexity_mean
        self.unit_running = self.baseline / 12 / max(1.0, weights)
        self.unit_one_off = one_off / max(1.0, weights)  # yen
        self.unit_ceiling = (25.1e6 + 851.0 * people) / max(1.0, weights)  # yen, before the rise
        self.legacy = self.unit_running * weights  # systems that are not live yet
        self.parallel = 0.0  # old systems beside live ones
        self.new = 0.0  # live systems
        self.due = (0.0, 0.0, 0.0)  # these three as they were when the month began
        self.standard_scale = row.standard_scale  # yen a year
        self.room = self.standard_scale * max(0.02, 1.0 - row.current_balance_ratio / 100.0)  # yen a year
        self.opening_reserve = self.model.booked(p.envelope_share * row.reserve)
        self.granted = 0  # this year, before anything is paid back
        self.debt = 0  # emergency budgets that are not paid back
        self.saving = 0.0  # share of running cost that the group saves
        self.coordination = 0.0  # share in the group's transaction cost
        self.grant = 0.0  # of the state, for cooperation
        self.running_total = 0  # running cost since April
        self.free = 0  # envelope that no commitment of this month has asked for yet

    @property
    def envelope(self) -> int:
        return self.ledger.balance["envelope"]

    @property
    def at_hand(self) -> int:
        """What a first instalment may take: what is there, and four more envelopes as far as they are not owed."""
        return self.envelope + self.reserve + max(0, 4 * self.granted - self.debt)

    @property
    def reserve(self) -> int:
        return self.opening_reserve + self.ledger.balance["reserve"]

    # The one-off cost

    def lock_in(self, lot: Lot) -> float:
        """Return what its vendor, for a lot without one its incumbent, takes more of it than a free market would."""
        p = self.model.parameters
        stays = lot.vendor in (None, lot.incumbent)
        hold = 1.0 if stays else lot.vendor.shares[lot.number]
        return 1.0 + p.lock_in * (1.0 - p.portability) * (1.0 - p.data_export) * hold

    def agree_on_prices(self, lot: Lot):
        p, lock = self.model.parameters, self.lock_in(lot)
        lot.price = self.price() * lock
        variance = log(1.0 + (p.running_cost_sd / p.running_cost_mean) ** 2)
        draw = self.model.normal(streams.RUNNING, self.body.code, 0, lot.number)
        factor = lock * p.running_cost_mean * exp(sqrt(variance) * draw - variance / 2.0)
        lot.running_factor = min(5.7, max(0.7, factor))

    def price(self) -> float:
        """Return the price level at which its group buys now: below 1 if that procures jointly."""
        p, group = self.model.parameters, self.body.group
        if group is None or p.joint_procurement == "off":
            return 1.0
        return 1.0 - p.procurement_discount * log(len(group.members))

    def instalment(self, share: float, weight: float, price: float) -> int:
        return self.model.booked(share * self.unit_one_off * weight * price)

    def ceiling(self, *, is_short: bool = False, is_member: bool | None = None) -> float:
        """Return the ceiling of the subsidy per unit of work weight; `is_short`: the vendor came short."""
        lever = self.body.lever
        extra = lever.late_bonus if is_short else 0.0
        if self.body.group is not None if is_member is None else is_member:
            extra += lever.group_bonus
        rise = 3.83 if self.model.month >= self.model.parameters.fund_top_up_month else 1.0
        return self.unit_ceiling * (lever.ceiling_multiple + extra) * rise

    def left_to_pay(self, *, is_member: bool) -> float:
        """Return the share of one-off cost that the subsidy would leave to it as a member of a group, or alone."""
        return 1.0 - min(1.0, self.ceiling(is_member=is_member) / max(1.0, self.unit_one_off))

    def subsidy(self, cost: int, part: float, *, is_short: bool = False) -> int:
        """Return what the state pays of a `cost` that is for so much weight, or part of it."""
        ceiling = self.model.booked(self.ceiling(is_short=is_short) * part)
        return min(cost, ceiling, self.model.treasury.balance["fund"])

    def reserve_for(self, lots: list[Lot]) -> bool:
        """Set aside what the first instalment of lots takes of its money; return whether there is enough."""
        p, needed = self.model.parameters, 0
        if p.budget == "binding":
            for lot in lots:
                due = self.instalment(p.first_instalment, lot.weight, self.price() * self.lock_in(lot))
                needed += due - self.subsidy(due, lot.weight * p.first_instalment)
        enough = p.budget == "unlimited" or needed <= self.free
        if enough:
            self.free -= needed
        else:
            self.body.flows["refusals"] += 1
        for lot in lots:
            lot.refused = not enough
        return enough

    def pay_first_instalment(self, lot: Lot):
        self.agree_on_prices(lot)
        self.pay_one_off(self.model.parameters.first_instalment, lot.weight, lot.price)

    def pay_rest(self, system: System):
        rest = 1.0 - self.model.parameters.first_instalment
        self.pay_one_off(rest, system.weight, system.lot.price, is_short=system.flag == VENDOR_RESOURCES)

    def pay_one_off(self, share: float, weight: float, price: float, *, is_short: bool = False):
        """Pay from the subsidy, and the rest itself."""
        cost = self.instalment(share, weight, price)
        paid = self.subsidy(cost, weight * share, is_short=is_short)
        self.model.treasury.post("subsidies_paid", "fund", paid)
        self.ledger.post("envelope", "subsidy", paid)
        self.spend("one_off", cost)

    def spend(self, account: str, cost: int):
        """Pay from the envelope, then from the reserve, then by an emergency budget."""
        self.ledger.post(account, "envelope", cost)
        if self.envelope < 0:
            self.ledger.post("envelope", "reserve", min(-self.envelope, self.reserve))
        if self.envelope < 0:
            self.debt -= self.envelope
            self.ledger.post("envelope", "appropriation", -self.envelope)

    def receive_grant(self, amount: int):
        self.ledger.post("envelope", "grant", amount)
        self.model.treasury.post("grants_paid", "taxes", amount)

    # Running cost

    def go_live(self, system: System):
        cost = self.unit_running * system.weight
        self.legacy -= cost
        self.parallel += cost
        self.new += cost * system.lot.running_factor
        self.pay_rest(system)

    def end_parallel_run(self, system: System):
        self.parallel -= self.unit_running * system.weight

    @property
    def running(self) -> float:
        """Running cost of this month before what the group saves."""
        legacy, _, new = self.due
        return max(0.0, legacy + new)

    # The calendar

    def open_month(self):
        """In April systems that were live in March get cheaper and a new envelope comes; see what is due this month."""
        if self.model.is_april:
            self.new -= self.model.parameters.optimisation * self.due[2]
            self.open_year()
        self.due = (self.legacy, self.parallel, self.new)

    def open_year(self):
        """Put what is left into the reserve, or let it lapse; grant a new envelope, less what has to be paid back."""
        p, post = self.model.parameters, self.ledger.post
        post("reserve", "envelope", self.envelope)
        if self.body.live == len(self.body.systems):
            post("lapsed", "reserve", max(0, self.reserve - self.opening_reserve))
        rise = max(0.0, self.running_total - self.baseline)
        granted = self.model.booked(p.envelope_share * max(0.02 * self.standard_scale, self.room - rise))
        self.granted = granted
        back = 0 if self.body.open_lots else min(self.debt, granted)
        self.debt -= back
        post("envelope", "appropriation", granted - back)
        self.receive_grant(self.model.booked(self.body.lever.lump_sum))
        self.running_total = 0

    def close_month(self, bills: dict):
        """Book what it owes for this month; `bills` holds the running cost of its group's earlier members."""
        p, body, post = self.model.parameters, self.body, self.ledger.post
        running = self.running * (1.0 - self.saving)
        if body.group is None:
            owed = self.model.booked(running)
        else:  # whole yen that sum to the whole bill of the group
            before = bills.get(body.group, 0.0)
            bills[body.group] = before + running
            owed = self.model.booked(before + running) - self.model.booked(before)
            self.settle_with_group(running)
        post("running", "appropriation", owed)
        self.running_total += owed
        if self.due[1] > 0.0:
            post("parallel", "appropriation", self.model.booked(self.due[1]))
        if body.harm.interfaces > 0.0:
            cost = p.interface_cost * self.baseline / 12 * body.harm.interfaces / 100
            post("interface", "appropriation", self.model.booked(cost))
        penalty = body.lever.late_penalty
        if body.late > 0 and penalty > 0.0:
            amount = self.model.booked(penalty * self.overdue())
            self.spend("penalty", amount)
            self.model.treasury.post("taxes", "penalties_received", amount)

    def overdue(self) -> int:
        """Return how many late systems are past their own date, too."""
        p, body, month = self.model.parameters, self.body, self.model.month
        late = [system for system in body.systems if system.reason != NO_REASON and system.state < LIVE]
        return sum(month >= body.due_date(system.lot, p.deadline) for system in late)

    def settle_with_group(self, running: float):
        flows = self.body.flows
        saved = self.running - running + self.grant - self.coordination
        flows["cooperating_municipalities"] += 1
        flows["saving"] += saved
        flows["worse_off_municipalities"] += saved < -self.model.parameters.rounding_unit / 2  # less is not booked
        self.ledger.post("coordination", "appropriation", self.model.booked(self.coordination))
        if self.grant > 0.0:
            self.receive_grant(self.model.booked(self.grant))
