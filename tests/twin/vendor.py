"""Vendors: they quote, serve their queues, announce shortages and leave lots."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from math import ceil, exp, floor
from operator import attrgetter

import mesa

from dxsim import streams
from tests.twin.systems import (
    DONE_BELOW,
    LIVE,
    MIGRATING,
    NEVER,
    NO_ENGINEER,
    NO_OWN_STAFF,
    NO_REASON,
    ORDERED,
    PLANNING,
    VENDOR_RESOURCES,
    WINDOW,
    WITHDRAWN,
    WORK,
    System,
)

LONGEST_WAIT = 120.0  # months that a vendor quotes
NONE_LEFT = 1e-9  # reference jobs of output that count as none
PREFECTURES = tuple(f"{number:02}" for number in range(1, 48))


class Vendor(mesa.Agent):
    """A vendor. Capacity is in reference jobs a month; the queue holds ordered systems, first to be served first."""

    def __init__(self, model, number: int, shares: list[float], ready: list[int]):
        super().__init__(model)
        self.number = number
        self.shares = shares  # of the national market, by lot
        self.is_specialist = sum(share > 0.0 for share in shares) == 1
        self.ready = ready  # by lot: month from which the product can be installed
        self.branches = Counter()  # engineers by prefecture, as parts of all
        self.initial_capacity = self.capacity = 0.0
        self.queue_wait = 0.0  # months of work in the book
        self.quoted_wait = [0.0] * len(shares)  # by lot: months until product and engineers are ready
        self.queue: list[System] = []
        self.available = 0.0  # output of this month, less what is lent
        self.book = self.contracted = self.work_done = self.total_done = self.withdrawn = 0.0
        self.go_lives = 0
        self.shortage = False
        self.systems_served = 0
        self.population_served = 0.0

    def staff_branches(self):
        """Spread engineers over prefectures, more or less by the work that there is."""
        spread = self.model.parameters.branch_spread
        for prefecture, work in self.branches.items():
            self.branches[prefecture] = work * exp(
                spread * self.model.normal(streams.BRANCH, self.number, 0, int(prefecture))
            )
        total = sum(self.branches[prefecture] for prefecture in PREFECTURES)
        for prefecture in self.branches:
            self.branches[prefecture] = self.branches[prefecture] / total if total > 0.0 else 0.0

    def quote(self):
        month, busy = self.model.month, LONGEST_WAIT
        if self.capacity > 0.0:
            busy = min(LONGEST_WAIT, max(0.0, self.book) / self.capacity)
        self.queue_wait = busy
        self.quoted_wait = [min(LONGEST_WAIT, max(ready - month, busy)) for ready in self.ready]

    def offers(self, lot: int) -> bool:
        return self.ready[lot] != NEVER

    def take_on(self, system: System):
        """Enter a system whose municipality begins to plan with this vendor."""
        system.vendor = self
        system.remaining = system.work
        system.planned = 0.0
        system.effort = system.own_planning
        if system.flag == VENDOR_RESOURCES:
            system.earliest_start = 0
        self.book += system.remaining
        self.contracted += system.remaining
        system.state, system.since = PLANNING, self.model.month
        system.body.planning += 1

    def join_queue(self, system: System):
        body = system.body
        system.opens = max(system.opens, system.earliest_start)
        first = {
            "first_come": (system.opens,),
            "shortest_job": (system.work,),
            "smallest_municipality": (body.population,),
            "group_first": (body.group is None, system.opens),
            "earliest_cohort": (system.lot.shift, system.opens),
        }[self.model.parameters.queue_discipline]
        system.priority = (*first, body.tie, system.operation)
        insort(self.queue, system, key=attrgetter("priority"))

    def workable(self) -> float:
        """Return the work that it could do this month if it had engineers enough."""
        month = self.model.month
        return sum(
            system.work_this_month * system.body.staff.migration_service
            for system in self.queue
            if system.opens <= month
        )

    def serve(self):
        """Spend this month's output on the queue; what is finished is live from the next month on."""
        self.work_done, month = 0.0, self.model.month
        if not self.queue or min(self.ready) > month:
            return
        travelling = self.model.parameters.travel_share * self.available
        at_branch = {prefecture: (self.available - travelling) * part for prefecture, part in self.branches.items()}
        left = self.available
        gone = []
        for system in self.queue:
            if system.opens > month or (left <= NONE_LEFT and not system.is_done):
                continue
            body, asked = system.body, system.work_this_month
            wanted = asked * body.staff.migration_service
            here = at_branch.get(body.prefecture, 0.0)
            given = min(wanted, here + travelling)
            if given <= NONE_LEFT:
                given = 0.0
            local = min(given, here)
            at_branch[body.prefecture] = here - local
            travelling -= given - local
            left -= given
            self.work_done += given
            system.touched = month
            if month >= self.model.parameters.mandate_start:
                system.held = held_by(asked, asked - wanted, wanted - given)
            if system.state == ORDERED and (given > 0.0 or system.is_done):
                self.begin(system)
            body.staff.migration_demand += body.staff.migration_work(system, given)
            system.remaining -= given
            is_due = system.is_done and month + 1 >= system.window
            if is_due and self.model.parameters.cut_over == "staged" and self.switch(system):
                self.make_live(system)
                gone.append(system)
        if gone:
            self.queue = [system for system in self.queue if system.state != LIVE]
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
        system.body.ordered -= 1
        system.body.migrating += 1
        if system.start is None:
            system.start = self.model.month
            self.model.counts["started"][system.body.type] += 1

    def make_live(self, system: System):
        body = system.body
        system.book_month()
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
            system.lot.excused = True
        if system.state == PLANNING:
            system.body.planning -= 1
        elif system.state == ORDERED:
            system.body.ordered -= 1
        elif system.state == MIGRATING:
            system.body.migrating -= 1
        self.book -= system.remaining
        self.withdrawn += system.remaining
        system.state, system.since, system.failed = WITHDRAWN, self.model.month, False
        self.model.withdrawn.append(system)

    def project(self, now: int):
        """Lay the queue out branch by branch from month `now` on; note when each system is likely to be live."""
        deadline = self.model.parameters.deadline
        busy_until = dict.fromkeys(PREFECTURES, float(now))
        for system in self.queue:
            prefecture, begin = system.body.prefecture, max(now, system.opens)
            rate = self.capacity * self.branches[prefecture]
            if system.is_done:
                system.finish = max(now, system.window)
            elif rate <= 0.0:
                system.finish = NEVER
            else:
                free = max(busy_until[prefecture], begin) + system.remaining / rate
                if begin < deadline:  # what is booked past the deadline takes no engineers before it
                    busy_until[prefecture] = free
                earliest = max(begin + system.shortest_duration(system.remaining), system.window)
                system.finish = max(earliest, ceil(min(NEVER, free)))
                system.finish = min(NEVER, system.finish)

    def review_book(self):
        """Announce a shortage if too much of the work is due after the deadline."""
        p = self.model.parameters
        self.project(self.model.month + 1)
        soon = self.model.month + p.notice_months
        open_cases = [system for system in self.queue if system.flag == NO_REASON and system.opens <= soon]
        due_late = [system for system in open_cases if system.finish > p.deadline]
        self.shortage = sum(s.remaining for s in due_late) > p.shortage_threshold * sum(s.remaining for s in open_cases)
        if self.shortage:
            self.postpone(due_late)

    def postpone(self, due_late: list[System]):
        """Flag what is due late; let its municipality tender again, or book it again after the deadline."""
        p, uniform = self.model.parameters, self.model.uniform
        backlog = Counter()  # by prefecture: work booked past the deadline
        for system in self.queue:
            if system.flag == VENDOR_RESOURCES and system.opens >= p.deadline:
                backlog[system.body.prefecture] += system.remaining
        for system in due_late:
            body = system.body
            system.flag = VENDOR_RESOURCES
            system.lot.excused = True
            if system.state == MIGRATING:
                system.state, system.since = ORDERED, self.model.month
                body.migrating -= 1
                body.ordered += 1
            if uniform(streams.RETENDER, body.code, 0, self.number) < p.retender_probability:
                self.withdraw(system)
            else:
                self.book_again(system, backlog)
        self.queue = [system for system in self.queue if system.state != WITHDRAWN]

    def book_again(self, system: System, backlog: Counter):
        """Put a system off until its branch has worked off the `backlog` that it has then, or to the second date."""
        p, prefecture = self.model.parameters, system.body.prefecture
        duration = system.shortest_duration(system.remaining)
        latest = max(p.deadline, p.second_deadline - duration)
        rate = p.capacity_after_deadline * self.initial_capacity * self.branches[prefecture]
        system.earliest_start = latest
        if rate > 0.0:
            system.earliest_start = min(latest, floor(p.deadline + backlog[prefecture] / rate))
        backlog[prefecture] += system.remaining
        system.window = system.earliest_start + duration
        system.opens = max(system.opens, system.earliest_start)


def held_by(asked: float, by_staff: float, by_engineers: float) -> int:
    """Return what a month on which so much work was `asked` is booked to, by what own staff and engineers withheld."""
    if asked <= DONE_BELOW:
        return WINDOW
    if 2.0 * (by_staff + by_engineers) <= asked:
        return WORK
    return NO_OWN_STAFF if by_staff >= by_engineers else NO_ENGINEER
