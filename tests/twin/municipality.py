"""Municipalities: they add up hazard, commit lots, choose vendors and forecast lateness.

What belongs to a municipality but is a world of its own has its own file: money, staff, programmes, harm, residents.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import ceil, exp, floor, inf, log
from typing import TYPE_CHECKING

import mesa
import pandas as pd

from dxsim import streams
from dxsim.nation.schema import PROJECTION_YEARS
from dxsim.terms import statistics
from dxsim.terms.operations import lots, operations
from tests.twin.harm import Harm
from tests.twin.money import Purse
from tests.twin.programmes import HIGHEST_LEVEL, Programmes
from tests.twin.residents import Residents
from tests.twin.staff import PRESSED_MONTHS, Staff
from tests.twin.systems import (
    BESPOKE,
    BOOKED_AGAIN,
    DONE,
    LIVE,
    MAINFRAME,
    MANDATE,
    NO_ENGINEER,
    NO_PRODUCT,
    NO_REASON,
    ORDERED,
    OWN_MOTIVE,
    OWN_SIDE,
    PEERS,
    PLANNING,
    PRODUCT_MISSING,
    VENDOR_RESOURCES,
    Lot,
    System,
)
from tests.twin.vendor import Vendor

if TYPE_CHECKING:
    from tests.twin.cooperation import Group

APRIL, SUPPLEMENTARY = 0, (5, 8, 11)  # months after April: September, December, March
DRAWS_PER_LOT = 64  # draws of taste that are set aside for each lot, one a vendor
ALMOST = 1e-9  # months of planning that may be missing
REFERENCE, MEAN = 50_000.0, 72_456.0  # residents: of a reference job, of a mean municipality
OPTIMISM_HORIZON = 24.0  # months to the deadline at which optimism has its full weight
CENSUS_YEAR, FIRST_YEAR, YEARS = 2020, 2021, 15


class Municipality(mesa.Agent):
    """A municipality with its lots (None where a lot does not apply) and systems."""

    def __init__(self, model, row):
        super().__init__(model)
        self.code = int(row.code)
        self.type = row.type
        self.prefecture = row.prefecture
        self.population = float(row.population)
        self.population_ratio = population_ratio(row)
        self.position = (float(row.x_km), float(row.y_km))
        self.neighbours: list[Municipality] = []

    def begin(self, row) -> None:
        """Draw what a municipality has at the start, once all neighbours are known."""
        model = self.model
        self.group: Group | None = None  # of municipalities that it is in
        self.cloud: Group | None = None  # the first one, in which it runs its old systems
        self.pays_exit = False  # leaves its group next April before the contract ends
        self.lever = model.common_levers
        self.flows = model.flows[row.type]
        self.tie = 0  # place in every queue among equals
        self.late = 0  # systems past the deadline and not live
        self.planning = self.ordered = self.migrating = 0  # systems
        self.live = self.done = 0  # systems; those done are live, too
        p = model.parameters
        self.belief = p.initial_extension_belief
        self.lots = self.draw_lots()
        self.readiness = self.draw_readiness(row)
        self.systems = self.draw_systems()
        self.open_lots = [lot for lot in self.lots if lot]
        self.purse = Purse(self, row)
        self.staff = Staff(self, float(row.staff))
        self.programmes = Programmes(self)
        self.harm = Harm(self)
        self.residents = Residents(self, row)

    # The start

    def draw_complexity(self, lot: int) -> float:
        p = self.model.parameters
        size = max(self.population, 1.0) / REFERENCE
        spread = p.complexity_dispersion
        noise = spread * self.model.normal(streams.COMPLEXITY, self.code, 0, lot) - spread**2 / 2.0
        return p.complexity_mean * size**p.complexity_exponent * exp(noise)

    def draw_readiness(self, row) -> float:
        """Return the effect of size, finances and staff beyond what is usual on the log of the hazard."""
        p, usual = self.model.parameters, statistics
        size = log(max(self.population, 1.0))
        index = p.population_slope * (size - usual.LOG_POPULATION_MEAN) / usual.LOG_POPULATION_SD
        if pd.notna(row.fiscal_index):
            index += p.fiscal_slope * (row.fiscal_index - usual.FISCAL_INDEX_MEAN) / usual.FISCAL_INDEX_SD
        if pd.notna(row.staff) and row.staff > 0.0:
            slack = log(row.staff) - (usual.LOG_STAFF_INTERCEPT + usual.LOG_STAFF_SLOPE * size)
            index += p.staff_slope * slack / usual.LOG_STAFF_RESIDUAL_SD
        return index

    def draw_lots(self) -> list[Lot | None]:
        """Draw who runs each lot: mostly the main vendor, else one from the market of the lot."""
        incumbents = self.draw_incumbents()
        return [
            None if vendor is None else self.draw_lot(number, vendor, incumbents.index(vendor))
            for number, vendor in enumerate(incumbents)
        ]

    @property
    def local_centre(self) -> Municipality:
        """The most populous of itself and its neighbours, the first of them by code."""
        return max([self, *sorted(self.neighbours, key=lambda body: body.code)], key=lambda body: body.population)

    def local_vendor(self, lot: int, key: int, draws: tuple[int, int, int]) -> Vendor:
        """Return who has a lot here: whom the local centre has, or one of a territory of this place or near it."""
        model, (of_home, of_vendor, of_centre) = self.model, draws
        centre, local = self.local_centre, model.parameters.local_market
        if centre is not self and model.uniform(streams.CONTRACT, self.code, of_centre, key) < local:
            return centre.local_vendor(lot, key, draws)
        homes = [body.prefecture for body in (self, *sorted(self.neighbours, key=lambda body: body.code))]
        home = homes[int(model.uniform(streams.CONTRACT, self.code, of_home, key) * len(homes))]
        return model.pick_vendor(
            model.territories[home][lot], model.uniform(streams.CONTRACT, self.code, of_vendor, key)
        )

    def draw_incumbents(self) -> list[Vendor | None]:
        """Return the vendor of each lot."""
        model, p, number_of = self.model, self.model.parameters, {lot.lot: n for n, lot in enumerate(lots())}
        main = self.local_vendor(0, 0, (3, 0, 5))
        size = log(max(self.population, 1.0) / REFERENCE)
        bundling = min(1.0, max(0.0, p.package_bundling - p.bundling_size_slope * size))
        incumbents: list[Vendor | None] = []
        for number, facts in enumerate(lots()):
            if facts.applies_to == "cities" and self.type in ("town", "village"):
                incumbents.append(None)
                continue
            key = number_of[facts.bought_with]
            is_bundled = model.uniform(streams.CONTRACT, self.code, 1, key) < facts.bundling_factor * bundling
            if is_bundled and main.shares[number] > 0.0:
                incumbents.append(main)
            elif facts.has_specialists:
                incumbents.append(self.local_vendor(number, key, (4, 2, 6)))
            else:
                market = {vendor: vendor.shares[number] for vendor in model.vendors if vendor.shares[number] > 0.0}
                incumbents.append(model.pick_vendor(market, model.uniform(streams.CONTRACT, self.code, 2, key)))
        return incumbents

    def draw_lot(self, number: int, incumbent: Vendor, package: int) -> Lot:
        """Return a lot that belongs to the `package` of a lot, maybe itself."""
        p, complexity = self.model.parameters, self.draw_complexity(package)
        planning = round(min(180.0, p.planning_months * (1.0 + complexity) / (1.0 + p.complexity_mean)))
        threshold = self.model.exponential(streams.COMMIT, self.code, 0, package)
        return Lot(self, number, complexity, planning, threshold, incumbent, package)

    def draw_systems(self) -> list[System]:
        model, p = self.model, self.model.parameters
        number_of = {lot.lot: number for number, lot in enumerate(lots())}
        systems = []
        for number, operation in enumerate(operations()):
            lot = self.lots[number_of[operation.lot]]
            if lot is None:
                continue
            flag = self.draw_hard_flag(number)
            earliest_start = 0
            if flag != NO_REASON:
                lot.excused = True
                delay = p.hard_delay_horizon * model.uniform(streams.HARD_START, self.code, 0, number)
                earliest_start = p.hard_earliest_start + ceil(delay)
            work = operation.work_weight * (self.population / REFERENCE) ** p.work_population_exponent
            work *= 1.0 + lot.complexity
            work *= exp(p.work_dispersion * model.normal(streams.WORK, self.code, 0, number))
            limit = work ** (1.0 - p.duration_exponent) / p.minimum_months if work > 0.0 else 1.0
            system = System(
                self, lot, number, operation.work_weight, flag, earliest_start, work, limit, work, lot.incumbent
            )
            lot.systems.append(system)
            lot.weight += system.weight
            systems.append(system)
            lot.incumbent.systems_served += 1
            lot.incumbent.population_served += self.population
            lot.incumbent.book += work
            lot.incumbent.branches[self.prefecture] += work
        return systems

    def draw_hard_flag(self, operation: int) -> int:
        p = self.model.parameters
        shares = {MAINFRAME: p.mainframe_share, BESPOKE: p.bespoke_share, NO_PRODUCT: p.no_product_share}
        mean = sum(shares.values())
        expected = mean * (self.population / MEAN) ** p.hard_size_exponent
        together = max(4.1 / 20.0, expected)
        if not self.model.uniform(streams.HARD, self.code, 1, 0) * together < expected:
            return NO_REASON
        chances = {flag: share * (together / mean) for flag, share in shares.items()}
        point = self.model.uniform(streams.HARD, self.code, 0, operation) * max(1.0, sum(chances.values()))
        for flag, chance in chances.items():
            if point < chance:
                return flag
            point -= chance
        return NO_REASON

    # Each year

    @property
    def population_now(self) -> float:
        return self.population * self.population_ratio[self.model.year]

    # Each month

    @property
    def readiness_to_decide(self) -> float:
        """Its readiness; a lead's is the mean of its group by population."""
        if not self.leads:
            return self.readiness
        people = [max(1.0, body.population) for body in self.group.members]
        weighted = [people * body.readiness for people, body in zip(people, self.group.members, strict=True)]
        return sum(weighted) / sum(people)

    @property
    def leads(self) -> bool:
        """Whether it decides for a group that shares systems."""
        return self.group is not None and self.model.parameters.shared_system == "on" and self.group.lead is self

    @property
    def follows(self) -> bool:
        """Whether another municipality decides for it."""
        return self.group is not None and self.model.parameters.shared_system == "on" and self.group.lead is not self

    def leading(self, lot: Lot) -> Lot:
        """Return the lot whose commitment decides: that of the group's lead, if the group shares systems."""
        if self.group is None or self.model.parameters.shared_system == "off":
            return lot
        return self.group.lead.lots[lot.number] or lot

    def decide(self):
        """Add up hazard for every open lot; at an open budget gate, decide what has reached its threshold."""
        model, p, month = self.model, self.model.parameters, self.model.month
        deadline = p.deadline + self.belief * (p.second_deadline - p.deadline)
        named = 1.0 + self.lever.naming if month >= p.deadline - PRESSED_MONTHS else 1.0
        readiness = self.readiness_to_decide
        own, by_all_peers = exp(readiness) * p.own_motive_hazard, exp(readiness) * p.peer_hazard
        mandate = 0.0
        if month >= p.mandate_start:
            mandate = exp((1.0 - p.mandate_uniformity) * readiness) * p.mandate_hazard
        for lot in self.open_lots:
            if not model.is_offered[lot.number]:
                continue
            due = self.due_date(lot, deadline)
            slack = due - month - (lot.planning_months + lot.incumbent.queue_wait + p.minimum_months)
            pressure = 1.0 / (1.0 + max(0.0, slack) / p.urgency_scale)
            pressure *= named
            by_own, by_peers, by_mandate = lot.cumulative_hazard
            if by_all_peers > 0.0:
                by_peers += by_all_peers * self.peer_exposure(lot)
            lot.cumulative_hazard = (by_own + own, by_peers, by_mandate + mandate * pressure)
        if self.is_gate_open():
            for lot in self.open_lots:
                if self.is_undecided(lot):
                    self.decide_at_gate(lot)

    def is_undecided(self, lot: Lot | None) -> bool:
        """Whether a lot applies, somebody offers it, and it has not committed, nor does so this month."""
        model = self.model
        return bool(lot) and lot.commit is None and model.is_offered[lot.number] and lot not in model.decided

    def due_date(self, lot: Lot, deadline: float) -> float:
        """Return the month after a lot's own date, with what counts as the national `deadline`."""
        p = self.model.parameters
        if self.model.extension_granted and (lot.excused or p.extension_rule == "all"):
            return p.second_deadline
        return deadline + lot.shift

    def decide_at_gate(self, lot: Lot):
        """Commit a lot if there is will and money, with all of its package for which there is a will."""
        if not self.wants(lot):
            lot.hazard_at_gate = lot.cumulative_hazard
            return
        joint = [
            other
            for other in self.open_lots
            if other.package == lot.package and self.is_undecided(other) and self.wants(other)
        ]
        if self.purse.reserve_for(joint):
            self.model.decided |= dict.fromkeys(joint)
            if self.leads:
                self.bring_members([other.number for other in joint])

    def wants(self, lot: Lot) -> bool:
        """Return whether there is a will to move a lot; who shares a system with its lead does as that has done."""
        leading = self.leading(lot)
        return sum(lot.cumulative_hazard) >= lot.threshold if leading is lot else leading.commit is not None

    def bring_members(self, numbers: list[int]):
        """Let the members of its group commit lots with it, those that have the money."""
        for member in self.group.members:
            lots_there = [member.lots[number] for number in numbers if member.is_undecided(member.lots[number])]
            if member is not self and lots_there and member.purse.reserve_for(lots_there):
                self.model.decided |= dict.fromkeys(lots_there)

    def is_gate_open(self) -> bool:
        p, month = self.model.parameters, self.model.month
        if p.gate_rule == "always_open" or month % 12 == APRIL:
            return True
        if month % 12 not in SUPPLEMENTARY:
            return False
        return self.model.uniform(streams.GATE, self.code, month, 0) < p.supplementary_gate_probability

    def peer_exposure(self, lot: Lot) -> float:
        """Return the weighted share of prefecture, type and neighbours that had committed this lot."""
        model, p = self.model, self.model.parameters
        of_prefecture, of_type = p.prefecture_exposure_weight, p.type_exposure_weight
        others = of_prefecture * model.share_committed(self.prefecture, lot.number)
        others += of_type * model.share_committed(self.type, lot.number)
        if self.neighbours:
            near = lot.neighbours_committed / len(self.neighbours)
            return others + (1.0 - of_prefecture - of_type) * near
        return others / (of_prefecture + of_type) if of_prefecture + of_type > 0.0 else 0.0

    def choose_vendor(self, lot: Lot, barred: Vendor | None = None) -> Vendor | None:
        """Return the vendor of the highest utility among those that offer the lot, but for the `barred` one."""
        model, p = self.model, self.model.parameters
        switching = p.switching_cost * (1.0 - p.portability) * (1.0 - p.data_export) * lot.complexity
        nearby = Counter(other.vendor for body in self.neighbours if (other := body.lots[lot.number]) and other.vendor)
        best, best_utility = None, -inf
        for vendor, appeal in model.appeals[lot.number]:
            if vendor is barred:
                continue
            draw = model.exponential(streams.CHOICE, self.code, 0, lot.number * DRAWS_PER_LOT + vendor.number)
            utility = appeal - log(draw)  # a Gumbel draw, for taste
            utility += p.incumbency if vendor is lot.incumbent else -switching
            if vendor in nearby:
                utility += p.neighbour_weight * nearby[vendor] / len(self.neighbours)
            if utility > best_utility:
                best, best_utility = vendor, utility
        return best

    def commit(self, lot: Lot, vendor: Vendor):
        model = self.model
        lot.commit, lot.vendor, lot.cause = model.month, vendor, self.draw_cause(lot)
        self.purse.pay_first_instalment(lot)
        for system in lot.systems:
            vendor.take_on(system)
        model.counts["committed"][self.type] += len(lot.systems)
        self.open_lots.remove(lot)
        if not self.open_lots:
            model.counts["municipalities_committed"][self.type] += 1
            model.undecided.discard(self)
        model.committed[self.prefecture, lot.number] += 1
        model.committed[self.type, lot.number] += 1
        for body in self.neighbours:
            if other := body.lots[lot.number]:
                other.neighbours_committed += 1

    def draw_cause(self, lot: Lot) -> int:
        """Return the cause that tipped the commitment, drawn by the hazard since the last open gate."""
        own, peers, mandate = (
            now - before for now, before in zip(lot.cumulative_hazard, lot.hazard_at_gate, strict=True)
        )
        point = self.model.uniform(streams.CAUSE, self.code, 0, lot.number) * (own + peers + mandate)
        if point < own:
            return OWN_MOTIVE
        return PEERS if point < own + peers else MANDATE

    def plan(self) -> list[System]:
        """Do a month's planning, as far as staff serves it; return the systems that are ordered now."""
        month, service = self.model.month, self.staff.planning_service
        ordered = []
        for system in self.systems:
            if system.state != PLANNING:
                continue
            if system.since < month:
                system.planned += service
            if system.planned >= system.lot.planning_months - ALMOST:
                ordered.append(system)
                system.state, system.since = ORDERED, month
                system.effort = system.own_migration
                self.planning -= 1
                self.ordered += 1
                if system.order is None:
                    system.order = month
                    self.model.counts["ordered"][self.type] += 1
        for system in ordered:
            self.plan_backwards(system, [other for other in ordered if other.vendor is system.vendor])
        return ordered

    def plan_backwards(self, system: System, together: list[System]):
        """Choose the month in which a system is to be live with those ordered `together`, and when work begins."""
        p, vendor = self.model.parameters, system.vendor
        begin = max([self.model.month, *(vendor.ready[other.lot.number] for other in together)])
        longest = max(other.shortest_duration(other.remaining) for other in together)
        earliest, due = begin + longest, self.due_date(system.lot, p.deadline)
        spare = due - earliest - p.reserve_months
        system.window = max(earliest, int(due))
        if spare > 0.0:
            lean = p.late_planning * max(1, self.model.month - p.mandate_start) / 12
            late = self.model.uniform(streams.WINDOW, self.code, 0, vendor.number) ** (1.0 / lean)
            system.window = int(earliest + p.reserve_months + floor(spare * late + 0.5))
        system.opens = int(max(begin, system.window - longest - p.reserve_months))

    def cut_over(self, system: System) -> float | None:
        return self.harm.cut_over(system)

    def go_live(self, system: System):
        """Go on with a system that its vendor has made live: its old one runs on beside it for some months."""
        self.migrating -= 1
        self.live += 1
        self.staff.learn()
        self.purse.go_live(system)
        self.model.start_parallel_run(system)

    def end_parallel_run(self, system: System):
        system.state, system.since = DONE, self.model.month + 1
        self.done += 1
        self.purse.end_parallel_run(system)
        self.model.counts["done"][self.type] += 1

    def count_interfaces(self, in_prefecture: float, in_nation: float):
        """Count the interfaces between old and new systems; value what works together, here and with others.

        The shares are those of systems that are live at those who share data so far.
        """
        p, n, systems, level = self.model.parameters, self.live, len(self.systems), self.programmes["data"]
        self.harm.interfaces = p.interface_density * n * (systems - n)
        self.harm.within = n * (n - 1) / (systems * (systems - 1)) if systems > 1 else 0.0
        others = (in_prefecture / 2 if level >= 1 else 0.0) + (in_nation / 2 if level == 2 else 0.0)
        self.harm.once_only = self.harm.trust * n / systems * others if systems else 0.0
        saved = p.counter_cost / 12 * self.population_now * (1.0 - self.work_left)
        self.flows["interfaces"] += self.harm.interfaces
        self.flows["interoperability"] += saved

    @property
    def work_left(self) -> float:
        """Return the work on a case at the counter against that before any system was live."""
        p = self.model.parameters
        return (1.0 - p.interoperability_saving * self.harm.within) * (1.0 - p.once_only_saving * self.harm.once_only)

    def exposure_to_neighbours(self) -> dict[str, float]:
        """Return the mean level over the highest of its neighbours, by programme."""
        size = len(self.neighbours)
        return {
            name: sum(body.programmes[name] for body in self.neighbours) / (size * highest)
            for name, highest in HIGHEST_LEVEL.items()
        }

    def expected_late(self, now: int) -> list[System]:
        """Return the systems that the municipality expects, at the start of month `now`, to be late."""
        p = self.model.parameters
        discount = p.optimism * max(0.0, p.deadline - now) / OPTIMISM_HORIZON
        share = max(0.0, 1.0 - discount)
        return [
            system
            for system in self.systems
            if system.state < LIVE
            and (system.flag in (MAINFRAME, BESPOKE, NO_PRODUCT) or now + system.months_left(now) * share > p.deadline)
        ]

    def reason_to_be_late(self, system: System) -> int:
        if system.flag != NO_REASON:
            return system.flag
        if not self.model.is_offered[system.lot.number]:
            return NO_PRODUCT
        by_vendor = system.blocker in (PRODUCT_MISSING, NO_ENGINEER, BOOKED_AGAIN)
        return VENDOR_RESOURCES if by_vendor else OWN_SIDE


def population_ratio(row) -> list[float]:
    """Return the population of each fiscal year against 2020; a year without a projection is as the last known one."""
    base = max(float(row.population), 1.0)
    known = [(CENSUS_YEAR, base)]
    for year in PROJECTION_YEARS:
        projected = getattr(row, f"population_{year}", None)
        known.append((year, known[-1][1] if pd.isna(projected) else float(projected)))
    ratio = []
    for year in range(FIRST_YEAR, FIRST_YEAR + YEARS):
        (before, low), (after, high) = next((a, b) for a, b in pairwise(known) if year < b[0])
        ratio.append((low + (high - low) * (year - before) / (after - before)) / base)
    return ratio
