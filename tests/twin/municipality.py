"""Municipalities: they add up hazard, commit lots, choose vendors and forecast lateness.

What belongs to a municipality but is a world of its own has its own file: money, staff, programmes, harm, residents.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import ceil, exp, inf, log, sqrt
from typing import TYPE_CHECKING

import mesa
import pandas as pd

from dxsim import streams
from dxsim.nation.schema import PROJECTION_YEARS
from dxsim.terms.operations import lots, operations
from tests.twin.harm import Harm
from tests.twin.money import Purse
from tests.twin.programmes import HIGHEST_LEVEL, Programmes
from tests.twin.residents import Residents
from tests.twin.staff import Staff
from tests.twin.systems import (
    BESPOKE,
    DONE,
    LIVE,
    MAINFRAME,
    MANDATE,
    NO_PRODUCT,
    NO_REASON,
    ORDERED,
    OWN_MOTIVE,
    OWN_SIDE,
    PEERS,
    PLANNING,
    VENDOR_RESOURCES,
    Lot,
    System,
)
from tests.twin.vendor import Vendor

if TYPE_CHECKING:
    from tests.twin.cooperation import Group

APRIL, SUPPLEMENTARY = 0, (5, 8, 11)  # months after April: September, December, March
DRAWS_PER_LOT = 64  # draws of taste that are set aside for each lot, one a vendor
NAMING_MONTHS = 24  # before the deadline, in which municipalities without a commitment are named
ALMOST = 1e-9  # months of planning that may be missing
CENSUS_YEAR, FIRST_YEAR, YEARS = 2020, 2021, 15


class Municipality(mesa.Agent):
    """A municipality with its lots (None where a lot does not apply) and systems."""

    def __init__(self, model, row, vendors_here: list[float]):
        super().__init__(model)
        self.code = int(row.code)
        self.type = row.type
        self.prefecture = row.prefecture
        self.population = float(row.population)
        self.population_ratio = population_ratio(row)
        self.position = (float(row.x_km), float(row.y_km))
        self.neighbours: list[Municipality] = []
        self.group: Group | None = None  # of municipalities that it is in
        self.cloud: Group | None = None  # the first one, in which it runs its old systems
        self.pays_exit = False  # leaves its group next April before the contract ends
        self.lever = model.common_levers
        self.flows = model.flows[row.type]
        self.tie = 0  # place in every queue among equals
        self.late = 0  # systems past the deadline and not live
        self.planning = self.migrating = self.live = self.done = 0  # systems; those done are live, too
        p = model.parameters
        self.belief = p.initial_extension_belief
        self.naive = model.uniform(streams.NAIVE, self.code, 0, 0) < p.naive_share
        self.aide = model.uniform(streams.AIDE, self.code, 0, 0) < p.aide_share
        complexities = [self.draw_complexity(number) for number in range(len(lots()))]
        self.lots = self.draw_lots(complexities, vendors_here)
        self.lasting_readiness = self.readiness_index(row, [lot.complexity for lot in self.lots if lot])
        self.readiness = self.lasting_readiness
        self.drive = self.compliance = 1.0  # what readiness makes of own motive and peers, and of the mandate
        self.systems = self.draw_systems()
        self.open_lots = [lot for lot in self.lots if lot]
        self.purse = Purse(self)
        for lot in self.open_lots:
            lot.running_factor = self.purse.draw_running_factor(lot)
        self.staff = Staff(self)
        self.programmes = Programmes(self)
        self.harm = Harm(self)
        self.residents = Residents(self, row)

    # The start

    def draw_complexity(self, lot: int) -> float:
        p = self.model.parameters
        size = max(self.population, 1.0) / p.reference_population
        spread = p.complexity_dispersion
        noise = spread * self.model.normal(streams.COMPLEXITY, self.code, 0, lot) - spread**2 / 2.0
        return p.complexity_mean * size**p.complexity_exponent * exp(noise)

    def readiness_index(self, row, complexities: list[float]) -> float:
        """Return what never changes of the weighted mean: size, staff slack, fiscal index, simplicity, an aide."""
        p = self.model.parameters
        size = log(max(self.population, 1.0))
        scores = [(size - p.log_population_mean) / p.log_population_sd, 0.0, 0.0, 0.0, float(self.aide)]
        if pd.notna(row.staff) and row.staff > 0.0:
            usual = p.log_staff_intercept + p.log_staff_slope * size
            scores[1] = (log(row.staff) - usual) / p.log_staff_residual_sd
        if pd.notna(row.fiscal_index):
            scores[2] = (row.fiscal_index - p.fiscal_index_mean) / p.fiscal_index_sd
        complexity = sum(complexities) / len(complexities)
        spread = sqrt(
            (p.complexity_exponent * p.log_population_sd) ** 2 + p.complexity_dispersion**2 / len(complexities)
        )
        if spread > 0.0 and complexity > 0.0:
            scores[3] = -log(complexity / p.complexity_mean) / spread
        if self.model.readiness_weights == 0.0:
            return 0.0
        weights = (p.population_weight, p.staff_weight, p.fiscal_weight, p.complexity_weight, p.aide_weight)
        return sum(weight * score for weight, score in zip(weights, scores, strict=True)) / self.model.readiness_weights

    def draw_lots(self, complexities: list[float], vendors_here: list[float]) -> list[Lot | None]:
        """Draw who runs each lot: mostly the main vendor, else any vendor of the nation."""
        model, p = self.model, self.model.parameters
        main = model.pick_vendor(vendors_here, model.uniform(streams.CONTRACT, self.code, 0, 0))
        size = log(max(self.population, 1.0) / p.reference_population)
        bundling = min(1.0, max(0.0, p.package_bundling - p.bundling_size_slope * size))
        drawn: list[Lot | None] = []
        for number, (facts, complexity) in enumerate(zip(lots(), complexities, strict=True)):
            if facts.applies_to == "cities" and self.type in ("town", "village"):
                drawn.append(None)
                continue
            incumbent = main
            if model.uniform(streams.CONTRACT, self.code, 1, number) >= facts.bundling_factor * bundling:
                incumbent = model.pick_vendor(model.shares, model.uniform(streams.CONTRACT, self.code, 2, number))
            planning = round(min(180.0, p.planning_months * (1.0 + complexity) / (1.0 + p.complexity_mean)))
            threshold = model.exponential(streams.COMMIT, self.code, 0, number)
            drawn.append(Lot(self, number, complexity, planning, threshold, incumbent))
        return drawn

    def draw_systems(self) -> list[System]:
        model, p = self.model, self.model.parameters
        number_of = {lot.lot: number for number, lot in enumerate(lots())}
        systems = []
        for number, operation in enumerate(operations()):
            lot = self.lots[number_of[operation.lot]]
            if lot is None:
                continue
            flag = self.draw_hard_flag(number)
            earliest_start, surcharge = 0, 0.0
            if flag != NO_REASON:
                lot.hard = True
                delay = p.hard_delay_horizon * model.uniform(streams.HARD_START, self.code, 0, number)
                earliest_start, surcharge = p.hard_earliest_start + ceil(delay), p.hard_work_surcharge
            work = operation.work_weight * (self.population / p.reference_population) ** p.work_population_exponent
            work *= (1.0 + lot.complexity) * (1.0 + surcharge)
            work *= exp(p.work_dispersion * model.normal(streams.WORK, self.code, 0, number))
            limit = max(p.minimum_service, work / p.minimum_months)
            system = System(
                self, lot, number, operation.work_weight, flag, earliest_start, work, limit, work, lot.incumbent
            )
            lot.systems.append(system)
            lot.weight += system.weight
            systems.append(system)
            lot.incumbent.systems_served += 1
            lot.incumbent.population_served += self.population
            lot.incumbent.book += work
        return systems

    def draw_hard_flag(self, operation: int) -> int:
        p = self.model.parameters
        size = (self.population / p.hard_size_reference) ** p.hard_size_exponent
        shares = {MAINFRAME: p.mainframe_share, BESPOKE: p.bespoke_share, NO_PRODUCT: p.no_product_share}
        chances = {flag: share * size for flag, share in shares.items()}
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

    def look_around(self, surprise: float):
        """Take in what has changed: subsidy, group, and (by the `surprise`) what others pay for new systems."""
        p = self.model.parameters
        left_to_pay = 1.0 - min(self.lever.subsidy_rate, self.purse.ceiling())
        change = p.cloud_weight * (self.group is not None) - p.surprise_weight * surprise
        change -= p.net_cost_weight * (left_to_pay - p.net_cost_mean) / p.net_cost_sd
        self.readiness = self.lasting_readiness + change / self.model.readiness_weights

    def make_up_mind(self):
        """Work out what readiness does to the hazards; a lead decides with the readiness of its whole group."""
        p, readiness = self.model.parameters, self.readiness
        if self.leads:
            people = [max(1.0, body.population) for body in self.group.members]
            weighted = [people * body.readiness for people, body in zip(people, self.group.members, strict=True)]
            readiness = sum(weighted) / sum(people)
        self.drive = exp(p.readiness_slope * readiness)
        self.compliance = exp((1.0 - p.mandate_uniformity) * p.readiness_slope * readiness)

    # Each month

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
        named = 1.0 + self.lever.naming if month >= p.deadline - NAMING_MONTHS else 1.0
        own = self.drive * p.own_motive_hazard
        mandate = self.compliance * p.mandate_hazard if month >= p.mandate_start else 0.0
        gate_open = self.is_gate_open()
        for lot in self.open_lots:
            if not model.is_offered[lot.number]:
                continue
            due = self.due_date(lot, deadline)
            wait = 0.0 if self.naive else lot.incumbent.queue_wait
            slack = due - month - (lot.planning_months + wait + p.minimum_months)
            pressure = 1.0 / (1.0 + max(0.0, slack) / p.urgency_scale)
            if month >= due:
                pressure *= self.lever.enforcement
            pressure *= named
            by_own, by_peers, by_mandate = lot.cumulative_hazard
            if p.peer_hazard > 0.0:
                by_peers += self.drive * p.peer_hazard * self.peer_response(lot)
            lot.cumulative_hazard = (by_own + own, by_peers, by_mandate + mandate * pressure)
            if gate_open and lot not in model.decided:
                self.decide_at_gate(lot)

    def due_date(self, lot: Lot, deadline: float) -> float:
        """Return the month after a lot's own date, with what counts as the national `deadline`."""
        p = self.model.parameters
        if self.model.extension_granted and (lot.hard or p.extension_rule == "all"):
            return p.second_deadline
        return deadline + lot.shift

    def decide_at_gate(self, lot: Lot):
        """Commit a lot if there is will and money; who shares a system with its lead follows it."""
        leading = self.leading(lot)
        wants = sum(lot.cumulative_hazard) >= lot.threshold if leading is lot else leading.commit is not None
        if not wants:
            lot.hazard_at_gate = lot.cumulative_hazard
        elif self.purse.reserve_for(lot):
            self.model.decided[lot] = None
            if self.leads:
                self.bring_members(lot.number)

    def bring_members(self, number: int):
        """Let the members of its group commit a lot with it, those that have the money."""
        for member in self.group.members:
            lot = member.lots[number]
            if member is not self and lot and lot.commit is None and member.purse.reserve_for(lot):
                self.model.decided[lot] = None

    def is_gate_open(self) -> bool:
        p, month = self.model.parameters, self.model.month
        if p.gate_rule == "always_open" or month % 12 == APRIL:
            return True
        if month % 12 not in SUPPLEMENTARY:
            return False
        return self.model.uniform(streams.GATE, self.code, month, 0) < p.supplementary_gate_probability

    def peer_response(self, lot: Lot) -> float:
        p, exposure = self.model.parameters, self.peer_exposure(lot)
        if p.peer_response == "linear":
            return exposure
        power = exposure**p.peer_threshold_steepness
        return power / (power + p.peer_threshold**p.peer_threshold_steepness)

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
                self.planning -= 1
                if system.order is None:
                    system.order = month
                    self.model.counts["ordered"][self.type] += 1
        return ordered

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

    def count_interfaces(self, between: float):
        """Count the interfaces between old and new systems; value what works together in it and `between` them."""
        p, n, systems = self.model.parameters, self.live, len(self.systems)
        if n == 0 and between == 0.0:
            return
        self.harm.interfaces = p.interface_density * n * (systems - n)
        within = n * (n - 1) / (systems * (systems - 1)) if systems > 1 else 0.0
        benefit = p.interoperability_benefit * self.purse.baseline / 12 * (within + between) / 2
        self.flows["interfaces"] += self.harm.interfaces
        self.flows["interoperability"] += benefit

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
        discount = p.optimism * max(0.0, p.deadline - now) / p.optimism_horizon
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
        if system.order is None:
            return OWN_SIDE
        in_time = system.order + system.shortest_duration(system.work) <= self.model.parameters.deadline
        return VENDOR_RESOURCES if in_time else OWN_SIDE


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
