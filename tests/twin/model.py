"""The model: the nation's agents, and the phases of a month in their order."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial
from math import ceil, log, sqrt
from operator import attrgetter
from types import SimpleNamespace

import mesa
from mesa.agent import AgentSet

from dxsim import streams
from dxsim.nation import Nation
from dxsim.nation.averages import known_or_average, projections
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.scenario import Scenario
from dxsim.terms.municipalities import TYPES
from dxsim.terms.operations import lots, operations
from tests.twin.cooperation import Agreement, Talks, found, pool_staff, take_effect
from tests.twin.levers import common_levers, is_awaited, levers_of, shift_dates
from tests.twin.money import ACCOUNTS, TREASURY, Ledger
from tests.twin.municipality import Municipality
from tests.twin.programmes import HIGHEST_LEVEL, await_next_of_platform, platform
from tests.twin.residents import AGE_GROUPS, ability, willing
from tests.twin.staff import share_out
from tests.twin.systems import LIVE, MIGRATING, NEVER, NO_PRODUCT, NO_REASON, VENDOR_RESOURCES, Lot, System
from tests.twin.vendor import Vendor

APRIL, OCTOBER, DECEMBER = 0, 6, 8  # months after April
COMMON_DRAW = 64  # address of the draw that all lots of a vendor share
STAFFED_FOR = 60  # the month after March 2026, by which vendors' engineers are to do their customers' work
SEARCH_MONTHS = 6  # without a vendor, after which there is no product
REASONS = ("R1", "R2", "R3", "R4", "R5")
COUNTS = (
    *("committed", "ordered", "started", "live", "done"),
    *(f"late_{reason}" for reason in REASONS),
    *(f"declared_{reason}" for reason in REASONS),
    *("municipalities_committed", "municipalities_declared", "municipalities_late"),
)
TALKS = ("moves_tested", "moves_accepted")


class PlainModel(mesa.Model):
    """A nation under a scenario, month by month; `rng` is the seed of the run, a whole number.

    `counts` holds the running counts of systems and municipalities, by name and type of municipality, `flows` the sums
    of this month and `money` those of all ledgers, by type and name; `datacollector` keeps them, and the vendors'
    figures, at the end of each month.
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
        self.flows = {type_: defaultdict(float) for type_ in TYPES}
        self.money = {type_: Ledger(ACCOUNTS) for type_ in TYPES}
        self.treasury = Ledger(TREASURY)
        self.levels = {type_: Counter() for type_ in TYPES}  # sums of the levels of programmes
        self.common_levers = common_levers(self.parameters)
        self.begins = [None if policy.when else policy.first for policy in scenario.policies]  # month, None = it waits
        self.notices = 0  # of shortages, so far
        self.talks = dict.fromkeys(TALKS, 0)  # what came of them last October
        self.committed = Counter()  # municipalities by (prefecture or type, lot)
        self.is_offered = [True] * len(lots())
        self.appeals: list[list[tuple[Vendor, float]]] = []  # by lot: vendors that offer it, and their appeal
        self.decided: dict[Lot, Vendor | None] = {}  # lots that commit this month, and their vendors
        self.ordered: list[System] = []  # systems ordered this month
        self.withdrawn: list[System] = []  # systems in want of a vendor
        self.parallel_runs_due: dict[int, list[System]] = defaultdict(list)  # by month
        self.treasury.post("fund", "taxes", self.booked(self.parameters.fund_opening))
        self.create_vendors()
        self.create_municipalities(nation)
        self.staff_vendors()
        shift_dates(self)
        self.groups = found(self)
        self.agreements = [Agreement(group.members, group) for group in self.groups]  # on groups from next April on
        self.undecided = AgentSet(self.municipalities, random=self.random)
        self.datacollector = mesa.DataCollector(
            model_reporters={name: partial(count_by_type, name) for name in COUNTS}
            | {name: partial(talk_result, name) for name in TALKS}
            | {
                "flows": flows_by_type,
                "money": money_by_type,
                "belief": "mean_belief",
                "extension_granted": "extension_granted",
                "fund_balance": "fund_balance",
                "groups": lambda model: len(model.groups),
                "cooperating_municipalities": lambda model: sum(len(group.members) for group in model.groups),
            },
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
        self.apply()
        self.top_up()
        self.take_effect()
        self.open_year()
        self.change()
        self.leave_lots()
        self.announce()
        self.review()
        self.quote()
        self.weigh()
        self.dispatch()
        self.allocate()
        self.decide()
        self.choose_for_new_commitments()
        self.tender_again()
        self.commit()
        self.order()
        self.join_queues()
        self.share_out()
        self.share_engineers()
        self.serve()
        self.switch_packages()
        self.stabilise()
        self.book()
        self.count_interfaces()
        self.progress()
        self.serve_residents()
        self.strike()
        self.close_month()
        self.form()
        self.call_late()
        self.review_books()
        self.survey()
        self.observe()
        self.month += 1

    @property
    def year(self) -> int:
        """Fiscal years since April 2021."""
        return self.month // 12

    @property
    def is_april(self) -> bool:
        return self.month % 12 == APRIL

    def booked(self, amount: float) -> int:
        """Return an amount of yen as it is booked."""
        unit = self.parameters.rounding_unit
        return round(amount / unit) * unit

    # The start

    def create_vendors(self):
        """Create general vendors of Zipf shares, and specialists for the lots that have some."""
        p = self.parameters
        general, special = zipf(p.count, p.market_exponent), zipf(p.specialists, p.market_exponent)
        rows = [[share] * len(lots()) for share in general]
        for number, lot in enumerate(lots()):
            if lot.has_specialists and special:
                for row in rows[: p.count]:
                    row[number] *= lot.bundling_factor
                for share in special:
                    rows.append([0.0] * len(lots()))
                    rows[-1][number] = share * (1.0 - lot.bundling_factor)
        self.vendors: list[Vendor] = [Vendor(self, number, row, []) for number, row in enumerate(rows)]
        for vendor in self.vendors:
            vendor.ready = [self.draw_product(vendor, lot) for lot in range(len(lots()))]
        sells = [sum(vendor.shares[self.lot_number(system.lot)] for system in operations()) for vendor in self.vendors]
        ranked = sorted(self.vendors, key=lambda vendor: -sells[vendor.number])
        self.shocks = defaultdict(list)  # by month: (vendor, factor on capacity, lots that it leaves)
        for event in self.what_if.vendor_events:
            left = {self.lot_number(lot) for lot in event.withdrawn_lots}
            for rank in event.vendors:
                if rank <= len(ranked):
                    self.shocks[event.month].append((ranked[rank - 1], event.capacity_factor, left))

    @staticmethod
    def lot_number(name: str) -> int:
        return next(number for number, lot in enumerate(lots()) if lot.lot == name)

    def draw_product(self, vendor: Vendor, lot: int) -> int:
        """Return the month from which a vendor's product can be installed; its dates are partly one."""
        p = self.parameters
        if vendor.shares[lot] == 0.0:
            return NEVER
        common = sqrt(p.readiness_common) * self.normal(streams.PRODUCT, vendor.number, 0, COMMON_DRAW)
        special = sqrt(1.0 - p.readiness_common) * self.normal(streams.PRODUCT, vendor.number, 0, lot)
        return ceil(self.mean_product(vendor) + p.readiness_sd * (common + special)) + p.readiness_shift

    def mean_product(self, vendor: Vendor) -> float:
        p = self.parameters
        return p.specialist_readiness_mean if vendor.is_specialist else p.readiness_mean

    def create_municipalities(self, nation: Nation):
        filled = known_or_average(nation.municipalities) | projections(nation.municipalities)
        table = nation.municipalities.assign(**filled).sort_values("code")
        numbers = {prefecture: int(prefecture) for prefecture in table["prefecture"].unique()}
        self.territories = {prefecture: self.draw_territory(number) for prefecture, number in numbers.items()}
        body_of = {row.code: Municipality(self, row) for row in table.itertuples()}
        self.municipalities = list(body_of.values())
        for tie in nation.adjacency.itertuples():
            body_of[tie.code_a].neighbours.append(body_of[tie.code_b])
            body_of[tie.code_b].neighbours.append(body_of[tie.code_a])
        for row in table.itertuples():
            body_of[row.code].begin(row)
        in_queues = sorted(self.municipalities, key=lambda body: self.uniform(streams.QUEUE, body.code, 0, 0))
        for place, body in enumerate(in_queues):
            body.tie = place
        self.prefectures = defaultdict(list)
        for body in self.municipalities:
            self.prefectures[body.prefecture].append(body)
        self.platforms = {prefecture: platform(self, prefecture) for prefecture in self.prefectures}
        self.group_size = Counter(body.prefecture for body in self.municipalities)
        self.group_size.update(body.type for body in self.municipalities)

    def draw_territory(self, prefecture: int) -> list[dict[Vendor, float]]:
        """Return the shares of vendors within a prefecture by lot, Dirichlet draws around the national ones.

        A vendor is as strong in all lots. Lots with specialists are theirs alone, but for what is bundled.
        """
        strength = {
            vendor: self.gamma(
                self.parameters.territory_concentration * max(vendor.shares),
                streams.MARKET,
                prefecture,
                vendor.number,
            )
            for vendor in self.vendors
            if max(vendor.shares) > 0.0
        }
        territory = []
        for number in range(len(lots())):
            sellers = [vendor for vendor in self.vendors if vendor.shares[number] > 0.0]
            specialists = [vendor for vendor in sellers if vendor.is_specialist]
            sellers = specialists or sellers
            weight = {vendor: strength[vendor] for vendor in sellers}
            if sum(weight.values()) <= 0.0:
                weight = {vendor: vendor.shares[number] for vendor in sellers}
            total = sum(weight.values())
            territory.append({vendor: amount / total for vendor, amount in weight.items()})
        return territory

    def pick_vendor(self, shares: dict[Vendor, float], draw: float) -> Vendor:
        below = 0.0
        for vendor, share in shares.items():
            below += share
            if draw < below:
                return vendor
        return vendor

    def staff_vendors(self):
        """Give vendors the capacity to do a set part of their customers' work by the reference date."""
        p = self.parameters
        for vendor in self.vendors:
            months = max(1.0, STAFFED_FOR - self.mean_product(vendor))
            vendor.initial_capacity = vendor.capacity = p.capacity_ratio * vendor.book / months
            vendor.book = 0.0  # so far only what customers would bring
            vendor.staff_branches()
            if vendor.systems_served == 0:  # no customers, no engineers, no bids
                vendor.ready = [NEVER] * len(vendor.ready)

    # What agents ask of the model, or tell it

    def share_committed(self, group: str, lot: int) -> float:
        """Return the share of the municipalities of a prefecture or type that committed a lot before this month."""
        return self.committed[group, lot] / self.group_size[group]

    def start_parallel_run(self, system: System):
        self.parallel_runs_due[self.month + self.parameters.stabilisation_months].append(system)

    # The phases of a month

    def apply(self):
        """Let policies begin and end."""
        policies = self.what_if.policies
        for number, policy in enumerate(policies):
            if self.begins[number] is None and self.month > 0 and is_awaited(self, policy):
                self.begins[number] = self.month + policy.when.lag
        if self.month not in {0, *self.begins, *(policy.last for policy in policies)}:
            return
        active = [
            policy
            for begin, policy in zip(self.begins, policies, strict=True)
            if begin is not None and begin <= self.month < policy.last
        ]
        for body in self.municipalities:
            body.lever = levers_of(body, self.common_levers, active)

    def top_up(self):
        """Top up the national fund."""
        if self.month == self.parameters.fund_top_up_month:
            self.treasury.post("fund", "taxes", self.booked(self.parameters.fund_top_up))

    def take_effect(self):
        """Let groups be as agreed in October from April on."""
        if self.is_april:
            take_effect(self)

    def open_year(self):
        """See what is due this month; in April open the envelopes, lose staff to rotation and hire."""
        for body in self.municipalities:
            body.purse.open_month()
        if self.is_april and self.month > 0:
            for body in self.municipalities:
                body.staff.open_year()

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
                vendor.capacity = p.capacity_after_deadline * vendor.initial_capacity
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
        """Work out what vendors' shares and waits add to their utility, the same for all municipalities."""
        aversion = self.parameters.wait_aversion
        self.appeals = [
            [
                (vendor, log(vendor.shares[lot]) - aversion * vendor.quoted_wait[lot] / 12.0)
                for vendor in self.vendors
                if vendor.offers(lot)
            ]
            for lot in range(len(lots()))
        ]

    def dispatch(self):
        """Each quarter, let prefectures share their staff out by what municipalities lacked last month."""
        if self.month % 3 != 0:
            return
        for bodies in self.prefectures.values():
            pool = sum(body.lever.prefectural_pool / len(bodies) for body in bodies)
            workers = [body.staff for body in bodies]
            for worker, share in zip(workers, share_out(self.parameters.dispatch_rule, pool, workers), strict=True):
                worker.pool = share

    def allocate(self):
        """Let own staff serve the work there is; groups lend staff; overload makes staff resign."""
        for body in self.municipalities:
            body.staff.reckon()
        self.lend_staff()
        for body in self.municipalities:
            body.staff.serve()

    def lend_staff(self):
        """Let the members of groups lend each other staff."""
        if self.parameters.shared_staff == "on":
            for group in self.groups:
                pool_staff(group, self.parameters.coordination_loss)

    def decide(self):
        """Let municipalities decide which lots commit, on what was known last month; those with a lead come last."""
        self.decided = {}
        for body in self.undecided:
            body.purse.free = body.purse.at_hand
        following = []
        for body in self.undecided:
            if body.follows:
                following.append(body)
            else:
                body.decide()
        for body in following:
            body.decide()

    def choose_for_new_commitments(self):
        """Let municipalities choose the vendors of these lots, as their lead or the first lot of the package has."""
        for lot in self.decided:
            leading = lot.body.leading(lot)
            if leading is lot:
                leading = lot.body.lots[lot.package]
            vendor = leading.vendor or self.decided.get(leading)
            if not vendor or not vendor.offers(lot.number):
                vendor = lot.body.choose_vendor(lot)
            self.decided[lot] = vendor

    def tender_again(self):
        """Let municipalities choose another vendor for withdrawn systems."""
        in_want, self.withdrawn = sorted(self.withdrawn, key=lambda s: (s.body.code, s.operation)), []
        for system in in_want:
            vendor = system.body.choose_vendor(system.lot, barred=system.vendor)
            vendor = vendor or system.body.choose_vendor(system.lot)
            if vendor:
                vendor.take_on(system)
                continue
            self.withdrawn.append(system)
            is_long_ago = self.month - system.since >= SEARCH_MONTHS
            if is_long_ago and system.flag == VENDOR_RESOURCES:
                system.flag = NO_PRODUCT

    def commit(self):
        """Let commitments take effect together."""
        for lot, vendor in self.decided.items():
            lot.body.commit(lot, vendor)

    def order(self):
        """Plan on, and order the systems whose planning is done."""
        self.ordered = [system for body in self.municipalities if body.planning for system in body.plan()]

    def join_queues(self):
        """Put the orders into the vendors' queues."""
        for system in self.ordered:
            system.vendor.join_queue(system)

    def share_out(self):
        """Let municipalities share their own staff out among the systems that vendors can work on."""
        for body in self.municipalities:
            body.staff.migration_service = 1.0
            if body.ordered + body.migrating > 0:
                body.staff.share_out()

    def share_engineers(self):
        """Let vendors lend idle output to those that are short."""
        for vendor in self.vendors:
            vendor.available = vendor.capacity
        if self.parameters.engineer_pool <= 0.0:
            return
        work = [vendor.workable() for vendor in self.vendors]
        spare = [max(0.0, vendor.available - wanted) for vendor, wanted in zip(self.vendors, work, strict=True)]
        short = [max(0.0, wanted - vendor.available) for vendor, wanted in zip(self.vendors, work, strict=True)]
        idle, lacking = sum(spare), sum(short)
        moved = min(self.parameters.engineer_pool * idle, lacking)
        if moved > 0.0:
            for vendor, lends, borrows in zip(self.vendors, spare, short, strict=True):
                vendor.available += moved * (borrows / lacking - lends / idle)

    def serve(self):
        """Let vendors work, the largest first."""
        for vendor in sorted(self.vendors, key=attrgetter("initial_capacity"), reverse=True):
            vendor.serve()

    def switch_packages(self):
        """Where packages are switched at once, switch those that are done; one system that fails keeps all back."""
        if self.parameters.cut_over == "staged":
            return
        for body in sorted(self.municipalities, key=attrgetter("tie")):
            for lot in filter(None, body.lots):
                if all(
                    system.state == MIGRATING and system.is_done and self.month + 1 >= system.window
                    for system in lot.systems
                ):
                    went_well = [system.vendor.switch(system) for system in lot.systems]
                    if all(went_well):
                        for system in lot.systems:
                            system.vendor.make_live(system)
                            system.vendor.queue.remove(system)

    def stabilise(self):
        """End the parallel runs that are due."""
        for system in sorted(self.parallel_runs_due.pop(self.month, ()), key=attrgetter("operation")):
            system.body.end_parallel_run(system)

    def book(self):
        """Book this month of every system that is not live to what held it up."""
        for body in self.municipalities:
            if body.live < len(body.systems):
                for system in body.systems:
                    if system.state < LIVE:
                        system.book_month()

    def count_interfaces(self):
        """Count interfaces between old and new systems; value what works together."""
        far = live_share(self.municipalities, 2)
        near = {prefecture: live_share(bodies, 1) for prefecture, bodies in self.prefectures.items()}
        for body in self.municipalities:
            body.count_interfaces(near[body.prefecture], far)

    def progress(self):
        """Let platforms and municipalities move on in voluntary programmes by what others had reached last month."""
        by_type = self.exposures()
        near = {}
        if self.parameters.exposure == "geographic":
            near = {body: body.exposure_to_neighbours() for body in self.municipalities if body.neighbours}
        for prefecture, common in self.platforms.items():
            if common.level < common.highest and common.build_up(0.0, 1.0):
                common.level += 1
                await_next_of_platform(self, prefecture, common)
                for body in self.prefectures[prefecture]:
                    body.programmes.follow_platform(common.level)
        for body in self.municipalities:
            body.programmes.progress(near.get(body) or by_type[body.type])
        for type_, sums in self.levels.items():
            for name, level in sums.items():
                self.flows[type_][f"level_{name}"] = level

    def exposures(self) -> dict[str, dict[str, float]]:
        """Return the mean level over the highest, by type of those who look and by programme."""
        if self.parameters.exposure == "national":
            nation = mean_levels(sum(self.levels.values(), Counter()), len(self.municipalities))
            return dict.fromkeys(TYPES, nation)
        return {type_: mean_levels(self.levels[type_], self.group_size[type_]) for type_ in TYPES}

    def serve_residents(self):
        """Let residents use their procedures."""
        p = self.parameters
        able, keen = {age: ability(p, age, self.month) for age in AGE_GROUPS}, willing(p, self.month)
        for body in self.municipalities:
            body.residents.serve(able, keen)

    def strike(self):
        """Let security incidents happen."""
        for body in self.municipalities:
            body.harm.strike()
        for body in self.municipalities:
            body.harm.spread_news()

    def close_month(self):
        """Book what municipalities owe for this month."""
        bills = {}
        for body in self.municipalities:
            body.purse.close_month(bills)

    def form(self):
        """Let groups form, change and dissolve in October, from April on."""
        if self.month % 12 != OCTOBER or self.parameters.formation == "none":
            return
        talks = Talks(self)
        talks.hold()
        self.agreements = talks.conclude()
        self.talks = dict(zip(TALKS, (talks.tested, talks.accepted), strict=True))

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
            self.counts["municipalities_late"][body.type] += body.late > 0

    def review_books(self):
        """Let vendors announce shortages at the end of a quarter before the deadline."""
        vendors = self.agents_by_type[Vendor]
        vendors.set("shortage", False)
        if self.month % 3 == 2 and self.month + 1 < self.parameters.deadline:
            vendors.do("review_book")
        self.notices += sum(vendors.get("shortage"))

    def survey(self):
        """Let municipalities declare their late systems in survey months."""
        if self.month not in self.what_if.surveys:
            return
        for name in ("municipalities_declared", *(f"declared_{reason}" for reason in REASONS)):
            self.counts[name].clear()
        for body, late in self.expected_late(self.month + 1).items():
            self.counts["municipalities_declared"][body.type] += bool(late)
            for system in body.systems:
                system.declared = NO_REASON
            for system in late:
                system.declared = body.reason_to_be_late(system)
                self.counts[f"declared_R{system.declared}"][body.type] += 1

    def expected_late(self, now: int) -> dict[Municipality, list[System]]:
        """Return the systems that municipalities expect to be late, asked at the start of month `now`."""
        self.agents_by_type[Vendor].do("project", now)
        return {body: body.expected_late(now) for body in self.municipalities}

    def observe(self):
        """Write the month down."""
        self.datacollector.collect(self)
        for flows in self.flows.values():
            flows.clear()

    @property
    def fund_balance(self) -> int:
        return self.treasury.balance["fund"]

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


def flows_by_type(model: PlainModel) -> dict[str, dict[str, float]]:
    return {type_: dict(flows) for type_, flows in model.flows.items()}


def money_by_type(model: PlainModel) -> dict[str, dict[str, int]]:
    return {type_: dict(ledger.balance) for type_, ledger in model.money.items()}


def talk_result(name: str, model: PlainModel) -> int:
    return model.talks[name]


def mean_levels(sums: Counter, bodies: int) -> dict[str, float]:
    return {name: sums[name] / (max(1, bodies) * highest) for name, highest in HIGHEST_LEVEL.items()}


def live_share(bodies: list[Municipality], level: int) -> float:
    """Return the share of all systems that is live at those who share data so far."""
    live = sum(body.live for body in bodies if body.programmes["data"] >= level)
    return live / max(1, sum(len(body.systems) for body in bodies))


def zipf(count: int, exponent: float) -> list[float]:
    """Return the shares of so many vendors by rank."""
    raw = [rank**-exponent for rank in range(1, count + 1)]
    return [share / sum(raw) for share in raw]
