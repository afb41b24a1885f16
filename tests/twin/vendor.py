"""Vendors: they quote, serve their queues, announce shortages and leave lots."""

from __future__ import annotations

from bisect import insort
from math import ceil
from operator import attrgetter

import mesa

from dxsim import streams
from tests.twin.staff import served
from tests.twin.systems import (
    DONE_BELOW,
    LIVE,
    MIGRATING,
    NEVER,
    NO_REASON,
    ORDERED,
    PLANNING,
    VENDOR_RESOURCES,
    WITHDRAWN,
    System,
)


class Vendor(mesa.Agent):
    """A vendor. Capacity is in reference jobs a month; the queue holds ordered systems, first to be served first."""

    def __init__(self, model, number: int, share: float, ready: list[int]):
        super().__init__(model)
        self.number = number
        self.share = share
        self.ready = ready  # by lot: month from which the product can be installed
        self.initial_capacity = self.capacity = 0.0
        self.queue_wait = 0.0  # months of work in the book
        self.quoted_wait = [0.0] * len(ready)  # by lot: months until product and engineers are ready
        self.queue: list[System] = []
        self.available = 0.0  # output of this month, less what is lent
        self.book = self.contracted = self.work_done = self.total_done = self.withdrawn = 0.0
        self.go_lives = 0
        self.shortage = False
        self.systems_served = 0
        self.population_served = 0.0

    @property
    def output(self) -> float:
        """Capacity times what experience adds to it (Wright's law)."""
        p = self.model.parameters
        return self.capacity / (1.0 + self.go_lives / p.learning_unit) ** -p.learning_exponent

    def quote(self):
        ceiling, month, output = self.model.parameters.quoted_wait_ceiling, self.model.month, self.output
        self.queue_wait = min(ceiling, max(0.0, self.book) / output) if output > 0.0 else ceiling
        self.quoted_wait = [min(ceiling, max(ready - month, self.queue_wait)) for ready in self.ready]

    def offers(self, lot: int) -> bool:
        return self.ready[lot] != NEVER

    def take_on(self, system: System):
        """Enter a system whose municipality begins to plan with this vendor."""
        system.vendor = self
        system.remaining = system.work
        system.planned = 0.0
        if system.flag == VENDOR_RESOURCES:
            system.earliest_start = 0
        self.book += system.remaining
        self.contracted += system.remaining
        system.state, system.since = PLANNING, self.model.month
        system.body.planning += 1

    def join_queue(self, system: System):
        month, body = self.model.month, system.body
        first = {
            "first_come": (month,),
            "shortest_job": (system.work,),
            "smallest_municipality": (body.population,),
            "group_first": (body.group is None, month),
            "earliest_cohort": (system.lot.shift, month),
        }[self.model.parameters.queue_discipline]
        system.priority = (*first, body.tie, system.operation)
        insort(self.queue, system, key=attrgetter("priority"))

    def can_work_on(self, system: System) -> bool:
        month = self.model.month
        return system.earliest_start <= month and self.ready[system.lot.number] <= month

    def workable(self) -> float:
        """Return the work that it could do this month if it had engineers enough."""
        total = 0.0
        for system in self.queue:
            if self.can_work_on(system):
                staff, amount = system.body.staff, min(system.remaining, system.limit)
                total += amount * served(staff.left_for_migration, staff.migration_work(system, amount))
        return total

    def serve(self):
        """Spend this month's output on the queue; what is finished is live from the next month on."""
        left, done = self.available, 0.0
        visited = 0
        for system in self.queue:
            if left <= 0.0:
                break
            visited += 1
            if not self.can_work_on(system):
                continue
            if system.state == ORDERED:
                self.begin(system)
            staff = system.body.staff
            given = min(system.remaining, system.limit, left)
            given *= staff.join_in(staff.migration_work(system, given))
            system.remaining -= given
            left -= given
            done += given
            if system.remaining <= DONE_BELOW and self.model.parameters.cut_over == "staged" and self.switch(system):
                self.make_live(system)
        self.queue[:visited] = [system for system in self.queue[:visited] if system.state != LIVE]
        self.work_done = done
        self.total_done += self.work_done
        self.book -= self.work_done

    def switch(self, system: System) -> bool:
        """Switch a system that is done; return whether it went well: else part of its work is to be done again."""
        again = system.body.cut_over(system)
        if again is None:
            return True
        system.remaining = again
        self.book += again
        self.contracted += again
        return False

    def begin(self, system: System):
        system.state, system.since = MIGRATING, self.model.month
        system.body.migrating += 1
        if system.start is None:
            system.start = self.model.month
            self.model.counts["started"][system.body.type] += 1

    def make_live(self, system: System):
        body = system.body
        system.state = LIVE
        system.live = system.since = self.model.month + 1
        self.go_lives += 1
        for vendor, change in ((system.lot.incumbent, -1), (self, 1)):
            vendor.systems_served += change
            vendor.population_served += change * body.population
        self.model.counts["live"][body.type] += 1
        if system.reason != NO_REASON:
            self.model.counts[f"late_R{system.reason}"][body.type] -= 1
            body.late -= 1
            if body.late == 0:
                self.model.counts["municipalities_late"][body.type] -= 1
        body.go_live(system)

    def leave_lots(self, numbers: set[int]):
        if not numbers:
            return
        for number in numbers:
            self.ready[number] = NEVER
        self.queue = [system for system in self.queue if system.lot.number not in numbers]
        for body in self.model.municipalities:
            for system in body.systems:
                if (
                    system.vendor is self
                    and system.lot.number in numbers
                    and system.state in (PLANNING, ORDERED, MIGRATING)
                ):
                    self.withdraw(system)

    def withdraw(self, system: System):
        """Give back a system that is already out of the queue; that it is late, if so, is the vendor's fault."""
        if system.flag == NO_REASON:
            system.flag = VENDOR_RESOURCES
        if system.state == PLANNING:
            system.body.planning -= 1
        elif system.state == MIGRATING:
            system.body.migrating -= 1
        self.book -= system.remaining
        self.withdrawn += system.remaining
        system.state, system.since = WITHDRAWN, self.model.month
        self.model.withdrawn.append(system)

    def project(self, now: int):
        """Lay the queue out from month `now` on and note when each system is likely to be live."""
        output = self.output
        first = max(now, min(self.ready))
        ahead = 0.0
        for system in self.queue:
            ahead += system.remaining
            begin = max(now, self.ready[system.lot.number], system.earliest_start)
            if system.remaining <= DONE_BELOW:  # it only waits for the rest of its package
                system.finish = begin + 1
            elif output <= 0.0:
                system.finish = NEVER
            else:
                earliest = begin + system.shortest_duration(system.remaining)
                system.finish = min(NEVER, max(earliest, ceil(min(NEVER, first + ahead / output))))

    def review_book(self):
        """Announce a shortage if too much of the work is due after the deadline."""
        p = self.model.parameters
        self.project(self.model.month + 1)
        open_cases = [system for system in self.queue if system.flag == NO_REASON]
        due_late = [system for system in open_cases if system.finish > p.deadline]
        self.shortage = sum(s.remaining for s in due_late) > p.shortage_threshold * sum(s.remaining for s in open_cases)
        if self.shortage:
            self.postpone(due_late)

    def postpone(self, due_late: list[System]):
        """Flag what is due late; let its municipality tender again, or book it again after the deadline."""
        p, uniform = self.model.parameters, self.model.uniform
        for system in due_late:
            code = system.body.code
            system.flag = VENDOR_RESOURCES
            if system.state == MIGRATING:
                system.state, system.since = ORDERED, self.model.month
                system.body.migrating -= 1
            if uniform(streams.RETENDER, code, 0, self.number) < p.retender_probability:
                self.withdraw(system)
            else:
                delay = p.rebooking_horizon * uniform(streams.REBOOK, code, 0, self.number)
                system.earliest_start = int(p.deadline + delay)
        self.queue = [system for system in self.queue if system.state != WITHDRAWN]
