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

    def __init__(self, body: Municipality):
        self.body = body
        self.model = body.model
        p = self.model.parameters
        people = body.population
        weights = sum(lot.weight for lot in body.lots if lot)
        complexities = [lot.complexity for lot in body.lots if lot]
        self.ledger = Ledger(ACCOUNTS, self.model.money[body.type])
        self.baseline = (  # yen a year
            p.fixed_cost + p.unit_cost * people + p.large_city_cost * max(0.0, people - p.large_city_population)
        )
        one_off = p.one_off_ratio * self.baseline * (1.0 + sum(complexities) / max(1, len(complexities)))
        one_off /= 1.0 + p.complexity_mean
        self.unit_running = self.baseline / 12 / max(1.0, weights)
        self.unit_one_off = one_off / max(1.0, weights)  # yen
        self.legacy = self.unit_running * weights  # systems that are not live yet
        self.parallel = 0.0  # old systems beside live ones
        self.new = 0.0  # live systems
        self.saving = 0.0  # share of running cost that the group saves
        self.coordination = 0.0  # share in the group's transaction cost
        self.grant = 0.0  # of the state, for cooperation
        self.running_total = 0  # running cost since April
        self.free = 0  # envelope that no commitment of this month has asked for yet

    @property
    def envelope(self) -> int:
        return self.ledger.balance["envelope"]

    # The one-off cost

    def draw_running_factor(self, lot: Lot) -> float:
        p = self.model.parameters
        variance = log(1.0 + (p.running_cost_sd / p.running_cost_mean) ** 2)
        draw = self.model.normal(streams.RUNNING, self.body.code, 0, lot.number)
        factor = p.running_cost_mean * exp(sqrt(variance) * draw - variance / 2.0)
        return min(p.running_cost_maximum, max(p.running_cost_minimum, factor))

    def price(self) -> float:
        """Return the price level at which it buys now: below 1 in a group that procures jointly."""
        p, group = self.model.parameters, self.body.group
        if group is None or p.joint_procurement == "off":
            return 1.0
        return 1.0 - p.procurement_discount * log(len(group.members))

    def instalment(self, share: float, weight: float, price: float) -> int:
        return self.model.booked(share * self.unit_one_off * weight * price)

    def ceiling(self, *, is_short: bool = False, is_member: bool | None = None) -> float:
        """Return the ceiling of the subsidy as a share of cost; `is_short`: the vendor came short."""
        p, lever = self.model.parameters, self.body.lever
        ceiling = lever.subsidy_ceiling if self.model.month >= p.fund_top_up_month else p.initial_ceiling
        if is_short:
            ceiling += lever.late_bonus
        if self.body.group is not None if is_member is None else is_member:
            ceiling += lever.group_bonus
        return min(1.0, ceiling)

    def left_to_pay(self, *, is_member: bool) -> float:
        """Return the share of one-off cost that the subsidy would leave to it as a member of a group, or alone."""
        return 1.0 - min(self.body.lever.subsidy_rate, self.ceiling(is_member=is_member))

    def subsidy(self, cost: int, ceiling: float) -> int:
        share = min(self.body.lever.subsidy_rate, ceiling)
        return min(self.model.booked(share * cost), self.model.treasury.balance["fund"])

    def reserve_for(self, lots: list[Lot]) -> bool:
        """Set aside what the first instalment of lots takes of the envelope; return whether there is enough."""
        p, needed = self.model.parameters, 0
        if p.budget == "binding":
            for lot in lots:
                due = self.instalment(p.first_instalment, lot.weight, self.price())
                needed += due - self.subsidy(due, self.ceiling())
        enough = p.budget == "unlimited" or needed <= self.free
        if enough:
            self.free -= needed
        else:
            self.body.flows["refusals"] += 1
        for lot in lots:
            lot.refused = not enough
        return enough

    def pay_first_instalment(self, lot: Lot):
        p = self.model.parameters
        lot.price = self.price()
        self.pay_one_off(self.instalment(p.first_instalment, lot.weight, lot.price), self.ceiling())

    def pay_rest(self, system: System):
        due = self.instalment(1.0 - self.model.parameters.first_instalment, system.weight, system.lot.price)
        self.pay_one_off(due, self.ceiling(is_short=system.flag == VENDOR_RESOURCES))

    def pay_one_off(self, cost: int, ceiling: float):
        """Pay from the subsidy, the envelope and the reserve, in this order."""
        paid = self.subsidy(cost, ceiling)
        self.model.treasury.post("subsidies_paid", "fund", paid)
        self.ledger.post("envelope", "subsidy", paid)
        self.spend("one_off", cost)

    def spend(self, account: str, cost: int):
        """Pay from the envelope and, where that lacks, the reserve."""
        self.ledger.post(account, "envelope", cost)
        if self.envelope < 0:
            self.ledger.post("envelope", "reserve", -self.envelope)

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
        """Running cost before what the group saves."""
        return max(0.0, self.legacy + self.new)

    # The calendar

    def open_year(self):
        """Let what is above the carry-over limit lapse; grant a new envelope; new systems get cheaper to run."""
        p, month = self.model.parameters, self.model.month
        kept = self.model.booked(p.carry_limit * p.envelope_share * self.baseline)
        self.ledger.post("lapsed", "envelope", max(0, self.envelope - kept))
        rise = max(0.0, self.running_total - self.baseline)
        granted = max(0.0, p.envelope_share * self.baseline - p.crowding_out * rise)
        self.ledger.post("envelope", "appropriation", self.model.booked(granted))
        self.receive_grant(self.model.booked(self.body.lever.lump_sum))
        self.running_total = 0
        if month > 0:
            self.new *= 1.0 - p.optimisation

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
        if self.parallel > 0.0:
            post("parallel", "appropriation", self.model.booked(self.parallel))
        if body.harm.interfaces > 0.0:
            cost = p.interface_cost * self.baseline / 12 * body.harm.interfaces / 100
            post("interface", "appropriation", self.model.booked(cost))
        penalty = body.lever.late_penalty
        if body.late > 0 and penalty > 0.0:
            amount = self.model.booked(penalty * self.overdue())
            post("penalty", "reserve", amount)
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
