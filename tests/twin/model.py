"""The model: the nation's agents, and the phases of a month in their order."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from functools import partial
from itertools import accumulate
from math import ceil, log, sqrt
from types import SimpleNamespace

import mesa
from mesa.agent import AgentSet

from dxsim import streams
from dxsim.nation import Nation
from dxsim.nation.operations import lots
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.scenario import Scenario
from tests.twin.municipality import Municipality
from tests.twin.systems import DONE, LIVE, NEVER, NO_PRODUCT, ORDERED, PLANNING, VENDOR_RESOURCES, Lot, System
from tests.twin.vendor import Vendor

DECEMBER = 8  # months after April
COMMON_DRAW = 64  # address of the draw that all lots of a vendor share
REASONS = ("R1", "R2", "R3", "R4", "R5")
COUNTS = (
    *("committed", "ordered", "started", "live", "done"),
    *(f"late_{reason}" for reason in REASONS),
    *(f"declared_{reason}" for reason in REASONS),
    *("bodies_committed", "bodies_declared", "bodies_late"),
)


class PlainModel(mesa.Model):
    """A nation under a scenario, month by month; `rng` is the seed of the run, a whole number.

    `counts` holds the running counts of systems and bodies, by name and type of municipality; `datacollector` keeps
    them, and the vendors' figures, at the end of each month.
    """

    def __init__(self, nation: Nation, scenario: Scenario, *, rng: int):
        super().__init__(rng=rng)
        self.uniform = partial(streams.uniform, rng)
        self.normal = partial(streams.normal, rng)
        self.exponential = partial(streams.exponential, rng)
        self.gamma = lambda shape, *address: streams.gamma(shape, rng, *address)
        self.what_if = scenario
        self.parameters = parameters(scenario)
        self.month = 0
        self.extension_granted = False
        self.counts = {name: Counter() for name in COUNTS}
        self.committed = Counter()  # bodies by (prefecture or type, lot)
        self.is_offered = [True] * len(lots())
        self.appeals: list[list[tuple[Vendor, float]]] = []  # by lot: vendors that offer it, and their appeal
        self.decided: list[Lot] = []  # lots that commit this month
        self.choices: list[Vendor] = []  # their vendors
        self.ordered: list[System] = []  # systems ordered this month
        self.withdrawn: list[System] = []  # systems in want of a vendor
        self.plans_due: dict[int, list[System]] = defaultdict(list)  # by month
        self.parallel_runs_due: dict[int, list[System]] = defaultdict(list)  # by month
        self.create_vendors()
        self.create_municipalities(nation)
        self.staff_vendors()
        self.undecided = AgentSet(self.municipalities, random=self.random)
        self.datacollector = mesa.DataCollector(
            model_reporters={name: partial(count_by_type, name) for name in COUNTS}
            | {"belief": "mean_belief", "extension_granted": "extension_granted"},
            agenttype_reporters={
                Vendor: {
                    "capacity": "capacity",
                    "book": "book",
                    "work_done": "work_done",
                    "queue_wait": "queue_wait",
                    "shortage": "shortage",
                    "systems_served": "systems_served",
                    "population_served": "population_served",
                }
            },
        )

    def step(self):
        """Run one month."""
        self.change()
        self.leave_lots()
        self.announce()
        self.review()
        self.quote()
        self.weigh()
        self.decide()
        self.choose_for_new_commitments()
        self.tender_again()
        self.commit()
        self.order()
        self.join_queues()
        self.serve()
        self.stabilise()
        self.call_late()
        self.review_books()
        self.survey()
        self.observe()
        self.month += 1

    # The start

    def create_vendors(self):
        """Create vendors of Zipf shares whose products are ready at dates that their lots partly share."""
        p = self.parameters
        raw = [rank**-p.market_exponent for rank in range(1, p.count + 1)]
        self.shares = [share / sum(raw) for share in raw]
        self.vendors: list[Vendor] = []
        for number, share in enumerate(self.shares):
            common = sqrt(p.readiness_common) * self.normal(streams.PRODUCT, number, 0, COMMON_DRAW)
            own = [
                sqrt(1.0 - p.readiness_common) * self.normal(streams.PRODUCT, number, 0, lot)
                for lot in range(len(lots()))
            ]
            ready = [
                ceil(p.readiness_mean + p.readiness_sd * (common + special)) + p.readiness_shift for special in own
            ]
            self.vendors.append(Vendor(self, number, share, ready))
        number_of = {lot.lot: number for number, lot in enumerate(lots())}
        self.shocks = defaultdict(list)  # by month: (vendor, factor on capacity, lots that it leaves)
        for event in self.what_if.vendor_events:
            left = {number_of[lot] for lot in event.withdrawn_lots}
            for rank in event.vendors:
                if rank <= len(self.vendors):
                    self.shocks[event.month].append((self.vendors[rank - 1], event.capacity_factor, left))

    def create_municipalities(self, nation: Nation):
        table = nation.municipalities.sort_values("code")
        vendors_in = {prefecture: self.draw_territory(int(prefecture)) for prefecture in table["prefecture"].unique()}
        body_of = {row.code: Municipality(self, row, vendors_in[row.prefecture]) for row in table.itertuples()}
        self.municipalities = list(body_of.values())
        for tie in nation.adjacency.itertuples():
            body_of[tie.code_a].neighbours.append(body_of[tie.code_b])
            body_of[tie.code_b].neighbours.append(body_of[tie.code_a])
        in_queues = sorted(self.municipalities, key=lambda body: self.uniform(streams.QUEUE, body.code, 0, 0))
        for place, body in enumerate(in_queues):
            body.tie = place
        self.group_size = Counter(body.prefecture for body in self.municipalities)
        self.group_size.update(body.type for body in self.municipalities)

    def draw_territory(self, prefecture: int) -> list[float]:
        """Return the vendors' shares within a prefecture, a Dirichlet draw around the national ones."""
        concentration = self.parameters.territory_concentration
        raw = [
            self.gamma(concentration * vendor.share, streams.MARKET, prefecture, vendor.number)
            for vendor in self.vendors
        ]
        total = sum(raw)
        return [amount / total for amount in raw] if total > 0.0 else self.shares

    def pick_vendor(self, shares: list[float], draw: float) -> Vendor:
        place = bisect_right(list(accumulate(shares)), draw)
        return self.vendors[place if place < len(shares) else shares.index(max(shares))]

    def staff_vendors(self):
        """Give vendors the capacity to do a set part of their customers' work by the reference date."""
        p = self.parameters
        months = max(1.0, p.capacity_reference_deadline - p.readiness_mean)
        for vendor in self.vendors:
            vendor.initial_capacity = vendor.capacity = p.capacity_ratio * vendor.book / months
            vendor.book = 0.0  # so far only what customers would bring
            if vendor.systems_served == 0:  # no customers, no engineers, no bids
                vendor.ready = [NEVER] * len(vendor.ready)

    # What agents ask of the model, or tell it

    def share_committed(self, group: str, lot: int) -> float:
        """Return the share of the bodies of a prefecture or type that committed a lot before this month."""
        return self.committed[group, lot] / self.group_size[group]

    def start_planning(self, system: System):
        system.state, system.since = PLANNING, self.month
        self.plans_due[self.month + system.lot.planning_months].append(system)

    def start_parallel_run(self, system: System):
        self.parallel_runs_due[self.month + self.parameters.stabilisation_months].append(system)

    # The phases of a month

    def change(self):
        """Vendors grow, hire, release teams; scheduled shocks strike."""
        p, vendors = self.parameters, self.vendors
        if self.month > 0:
            for vendor in vendors:
                vendor.capacity *= 1.0 + p.organic_growth
        if self.month == p.capacity_programme_start + p.hiring_lag:
            for vendor in vendors:
                vendor.capacity += p.capacity_programme * vendor.initial_capacity
        ceiling = p.labour_ceiling * sum(vendor.initial_capacity for vendor in vendors)
        total = sum(vendor.capacity for vendor in vendors)
        if total > ceiling:
            for vendor in vendors:
                vendor.capacity *= ceiling / total
        if self.month == p.deadline:
            for vendor in vendors:
                vendor.capacity *= p.capacity_after_deadline
        for vendor, factor, _ in self.shocks[self.month]:
            vendor.capacity *= factor

    def leave_lots(self):
        """Let vendors leave lots and withdraw their unfinished systems there."""
        for vendor, _, left in self.shocks[self.month]:
            vendor.leave_lots(left)
            self.is_offered = [any(vendor.offers(lot) for vendor in self.vendors) for lot in range(len(lots()))]

    def announce(self):
        """Move beliefs by national statements."""
        for statement in self.what_if.announcements:
            if statement.month == self.month:
                for body in self.municipalities:
                    body.belief += self.parameters.belief_learning * (statement.signal - body.belief)

    def review(self):
        """Grant the second date in December, where the rule says so."""
        p = self.parameters
        is_review = self.month % 12 == DECEMBER and p.mandate_start <= self.month < p.deadline
        if not is_review or self.extension_granted or p.extension_rule == "none":
            return
        if p.extension_rule == "all":
            self.extension_granted = True
        else:
            late = sum(len(expected) for expected in self.expected_late(self.month).values())
            systems = sum(len(body.systems) for body in self.municipalities)
            self.extension_granted = late > p.extension_threshold * systems

    def quote(self):
        """Let vendors quote their waits."""
        self.agents_by_type[Vendor].do("quote")

    def weigh(self):
        """Work out what vendors' shares and waits add to their utility, the same for all bodies."""
        aversion = self.parameters.wait_aversion
        self.appeals = [
            [
                (vendor, log(vendor.share) - aversion * vendor.quoted_wait[lot] / 12.0)
                for vendor in self.vendors
                if vendor.offers(lot)
            ]
            for lot in range(len(lots()))
        ]

    def decide(self):
        """Let bodies decide which lots commit, on what was known at the end of last month."""
        self.decided = []
        self.undecided.do("decide")

    def choose_for_new_commitments(self):
        """Let bodies choose the vendors of these lots."""
        self.choices = [lot.body.choose_vendor(lot) for lot in self.decided]

    def tender_again(self):
        """Let bodies choose another vendor for withdrawn systems."""
        in_want, self.withdrawn = sorted(self.withdrawn, key=lambda s: (s.body.code, s.operation)), []
        for system in in_want:
            vendor = system.body.choose_vendor(system.lot, barred=system.vendor)
            vendor = vendor or system.body.choose_vendor(system.lot)
            if vendor:
                vendor.take_on(system)
                continue
            self.withdrawn.append(system)
            is_long_ago = self.month - system.since >= self.parameters.substitute_months
            if is_long_ago and system.flag == VENDOR_RESOURCES:
                system.flag = NO_PRODUCT

    def commit(self):
        """Let commitments take effect together."""
        for lot, vendor in zip(self.decided, self.choices, strict=True):
            lot.body.commit(lot, vendor)

    def order(self):
        """Order systems whose planning is done."""
        self.ordered = [
            system
            for system in self.plans_due.pop(self.month, ())
            if system.state == PLANNING and system.since + system.lot.planning_months == self.month
        ]
        for system in self.ordered:
            if system.order is None:
                system.order = self.month
                self.counts["ordered"][system.body.type] += 1
            system.state, system.since = ORDERED, self.month

    def join_queues(self):
        """Put the orders into the vendors' queues."""
        for system in self.ordered:
            system.vendor.join_queue(system)

    def serve(self):
        """Let vendors work."""
        self.agents_by_type[Vendor].do("serve")

    def stabilise(self):
        """End the parallel runs that are due."""
        for system in self.parallel_runs_due.pop(self.month, ()):
            system.state, system.since = DONE, self.month + 1
            self.counts["done"][system.body.type] += 1

    def call_late(self):
        """Give every system that is not live at the deadline its reason."""
        if self.month + 1 != self.parameters.deadline:
            return
        for body in self.municipalities:
            late = [system for system in body.systems if system.state < LIVE]
            for system in late:
                system.reason = body.reason_to_be_late(system)
                self.counts[f"late_R{system.reason}"][body.type] += 1
            body.late = len(late)
            self.counts["bodies_late"][body.type] += body.late > 0

    def review_books(self):
        """Let vendors announce shortages at the end of a quarter before the deadline."""
        vendors = self.agents_by_type[Vendor]
        vendors.set("shortage", False)
        if self.month % 3 == 2 and self.month + 1 < self.parameters.deadline:
            vendors.do("review_book")
            self.spread_news()

    def spread_news(self):
        """Raise the belief of customers of vendors with a shortage, and of their neighbours, once a body."""
        rise = self.parameters.shortage_belief_rise
        if rise <= 0.0 or not any(vendor.shortage for vendor in self.vendors):
            return
        customers = {
            body
            for body in self.municipalities
            if any(system.state < LIVE and system.vendor.shortage for system in body.systems)
        }
        for body in customers.union(*(body.neighbours for body in customers)):
            body.belief = min(1.0, body.belief + rise)

    def survey(self):
        """Let bodies declare their late systems in survey months."""
        if self.month not in self.what_if.surveys:
            return
        for name in ("bodies_declared", *(f"declared_{reason}" for reason in REASONS)):
            self.counts[name].clear()
        for body, late in self.expected_late(self.month + 1).items():
            self.counts["bodies_declared"][body.type] += bool(late)
            for system in late:
                self.counts[f"declared_R{body.reason_to_be_late(system)}"][body.type] += 1

    def expected_late(self, now: int) -> dict[Municipality, list[System]]:
        """Return the systems that bodies expect to be late, asked at the start of month `now`."""
        self.agents_by_type[Vendor].do("project", now)
        return {body: body.expected_late(now) for body in self.municipalities}

    def observe(self):
        """Write the month down."""
        self.datacollector.collect(self)

    @property
    def mean_belief(self) -> float:
        return sum(body.belief for body in self.municipalities) / len(self.municipalities)


def parameters(scenario: Scenario) -> SimpleNamespace:
    """Return the scenario's values by short name; months as indices, choices by name."""
    coded = {
        REGISTRY[key].name: REGISTRY[key].code(value) if REGISTRY[key].type.startswith("month") else value
        for key, value in scenario.values.items()
    }
    return SimpleNamespace(**coded)


def count_by_type(name: str, model: PlainModel) -> dict[str, int]:
    return dict(model.counts[name])
