"""What municipalities move: systems, and the lots in which they procure them."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.twin.municipality import Municipality
    from tests.twin.vendor import Vendor

LEGACY, PLANNING, ORDERED, WITHDRAWN, MIGRATING, LIVE, DONE = range(7)
NO_REASON, MAINFRAME, BESPOKE, NO_PRODUCT, VENDOR_RESOURCES, OWN_SIDE = range(6)
OWN_MOTIVE, PEERS, MANDATE = range(3)
(
    NOT_YET,
    UNDECIDED,
    NO_BUDGET_SESSION,
    NO_MONEY,
    PLANNING_SHORT,
    IN_PLANNING,
    PRODUCT_MISSING,
    NO_ENGINEER,
    NO_OWN_STAFF,
    WORK,
    WINDOW,
    HARD,
    FAILED,
    BOOKED_AGAIN,
) = HOLD_UPS = range(14)  # what a month of a system that is not live is booked to
NO_BLOCKERS = (WORK, WINDOW, FAILED)  # when nothing stands in the way
NEVER = 32767  # a month that does not come
DONE_BELOW = 1e-9  # reference jobs of work left that count as none


@dataclass(slots=True, eq=False)
class Lot:
    """Systems that a municipality procures together. Intent is built up by own motive, peers and mandate."""

    body: Municipality
    number: int
    complexity: float
    planning_months: int
    threshold: float
    incumbent: Vendor
    package: int  # the first lot that its municipality has from the same vendor
    excused: bool = False  # a reason that is not the municipality's own is known for one of its systems
    refused: bool = False  # there was no money for it when it was last asked for
    systems: list[System] = field(default_factory=list)
    neighbours_committed: int = 0
    cumulative_hazard: tuple[float, float, float] = (0.0, 0.0, 0.0)
    hazard_at_gate: tuple[float, float, float] = (0.0, 0.0, 0.0)
    commit: int | None = None
    cause: int | None = None
    vendor: Vendor | None = None  # chosen at commitment
    shift: int = 0  # months by which its date differs from the national deadline
    weight: float = 0.0  # work weight of its systems
    running_factor: float = 0.0  # running cost after migration against before
    price: float = 1.0  # price level of the one-off cost


@dataclass(slots=True, eq=False)
class System:
    """One operation of one municipality. Months are indices, work is in reference jobs."""

    body: Municipality
    lot: Lot
    operation: int
    weight: float
    flag: int  # reason to be late that is already known
    earliest_start: int  # month before which vendors can't work on it
    work: float
    limit: float  # most work in a month
    remaining: float
    vendor: Vendor  # the incumbent until a vendor is chosen
    state: int = LEGACY
    since: int = 0
    reason: int = NO_REASON  # fixed at the deadline
    order: int | None = None  # the first one
    start: int | None = None  # first vendor work
    live: int | None = None  # first month live
    planned: float = 0.0  # months of planning done at full staffing
    own_planning: float = 0.0  # FTE of the municipality while it plans alone
    own_migration: float = 0.0  # FTE for a reference job of vendor work, without more testing than usual
    effort: float = 0.0  # the one that counts now
    window: int = 0  # first month live as planned
    opens: int = 0  # month before which vendor work does not start
    touched: int | None = None  # last month in which a vendor could have worked on it
    held: int = NOT_YET  # what this month is booked to
    blocker: int = NOT_YET  # what stood in its way last
    delay: list[int] = field(default_factory=lambda: [0] * len(HOLD_UPS))  # months so far
    declared: int = NO_REASON  # in the latest survey
    failed: bool = False  # a cut-over went wrong
    priority: tuple = ()  # in its vendor's queue, smallest first
    finish: int = 0  # first month live in its vendor's last projection

    def shortest_duration(self, work: float) -> int:
        return max(1, ceil(work / self.limit - DONE_BELOW))

    def what_holds_it_up(self) -> int:
        """Return what this month of a system that is not live is booked to."""
        month, lot, body = self.body.model.month, self.lot, self.body
        if self.state == LEGACY:
            if not body.wants(lot):
                return UNDECIDED
            return NO_MONEY if lot.refused else NO_BUDGET_SESSION
        if self.state == PLANNING:
            return PLANNING_SHORT if body.staff.planning_service < 0.5 else IN_PLANNING
        if self.state == WITHDRAWN:
            return BOOKED_AGAIN if body.model.is_offered[lot.number] else PRODUCT_MISSING
        if self.opens > month:
            if self.earliest_start >= self.opens:
                return BOOKED_AGAIN if self.flag == VENDOR_RESOURCES else HARD
            return PRODUCT_MISSING if self.vendor.ready[lot.number] >= self.opens else WINDOW
        if self.touched != month:
            return NO_ENGINEER
        return FAILED if self.failed and self.held == WORK else self.held

    def book_month(self):
        """Book this month to what holds it up."""
        if self.body.model.month < self.body.model.parameters.mandate_start:
            return
        self.held = self.what_holds_it_up()
        self.delay[self.held] += 1
        if self.held not in NO_BLOCKERS:
            self.blocker = self.held

    @property
    def is_done(self) -> bool:
        """Whether no vendor work on it is left."""
        return self.remaining <= DONE_BELOW

    @property
    def work_this_month(self) -> float:
        """The most work that it can take in this month."""
        return min(self.remaining, self.limit)

    def months_left(self, now: int) -> int:
        """Return the months until it is live, as its municipality sees it at the start of month `now`."""
        if self.state in (ORDERED, MIGRATING):
            return self.finish - now
        planning = self.lot.planning_months
        if self.state == PLANNING:
            planning = max(0, ceil(planning - self.planned) - 1)
        wait = ceil(self.vendor.quoted_wait[self.lot.number])
        return max(planning, wait) + self.shortest_duration(self.remaining)
