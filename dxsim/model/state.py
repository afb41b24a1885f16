"""What a run knows: one array of records per entity, one line per field with type and unit.

n municipalities in the order of their codes, L = 6 lots, O = 20 operations, V vendors, M months, E events.
A system is one operation of one municipality. Months are indices, 0 = April 2021. Records keep what is read
together in one line of the processor's cache, and make a state that compiles, copies and prints in one piece.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Shorts = NDArray[np.int16]
Bytes = NDArray[np.int8]
Records = np.recarray[tuple[Any, ...], np.dtype[np.void]]

MONTHS = 180  # April 2021 to March 2036
NEVER = 32767  # a month that does not come
NOT_APPLICABLE = -1
PREFECTURES = 47  # numbered from 1

# States of a system. Legal transitions: see TRANSITIONS.
LEGACY, PLANNING, ORDERED, WITHDRAWN, MIGRATING, LIVE, DONE = 0, 1, 2, 3, 4, 5, 6
STATES = ("legacy", "planning", "ordered", "withdrawn", "migrating", "live", "done")
TRANSITIONS = frozenset(
    {
        (LEGACY, PLANNING),
        (PLANNING, ORDERED),
        (PLANNING, WITHDRAWN),  # the chosen vendor leaves the lot before the order
        (ORDERED, MIGRATING),
        (ORDERED, WITHDRAWN),
        (WITHDRAWN, PLANNING),
        (MIGRATING, ORDERED),
        (MIGRATING, WITHDRAWN),  # the vendor leaves the lot while it works
        (MIGRATING, LIVE),
        (LIVE, DONE),
    }
)

# Reasons of lateness: the official R1 to R4 and the model's own R5.
ON_TIME, MAINFRAME, BESPOKE, NO_PRODUCT, VENDOR_RESOURCES, OWN_SIDE = 0, 1, 2, 3, 4, 5
REASONS = ("on_time", "R1", "R2", "R3", "R4", "R5")

# Causes of commitment.
OWN_MOTIVE, PEERS, MANDATE = 0, 1, 2
CAUSES = ("own_motive", "peers", "mandate")

MONTHLY = (
    "committed",
    "ordered",
    "started",
    "live",
    "done",
    "late_R1",
    "late_R2",
    "late_R3",
    "late_R4",
    "late_R5",
    "declared_R1",
    "declared_R2",
    "declared_R3",
    "declared_R4",
    "declared_R5",
    "bodies_committed",
    "bodies_declared",
    "bodies_late",
)
COMMITTED, ORDERED_EVER, STARTED, WENT_LIVE, IS_DONE, LATE, DECLARED = 0, 1, 2, 3, 4, 4, 9
BODIES_COMMITTED, BODIES_DECLARED, BODIES_LATE = 15, 16, 17
NATIONAL = ("belief", "extension_granted")
VENDOR = ("capacity", "book", "work_done", "queue_wait", "shortage", "systems_served", "population_served")


PLACE = np.dtype(
    [
        ("code", np.int64),  # key of random draws
        ("prefecture", np.int64),  # prefecture number, 1 to 47
        ("kind", np.int64),  # index of the type of municipality
        ("population", np.float64),  # persons, 2020
        ("staff", np.float64),  # persons, general administration; nan = not known
        ("fiscal_index", np.float64),  # 1; nan = not known
    ]
)

ANNOUNCEMENT = np.dtype(
    [
        ("month", np.int64),
        ("signal", np.float64),  # 0 = firm, 1 = relaxed
    ]
)

VENDOR_EVENT = np.dtype(
    [
        ("month", np.int64),
        ("vendor", np.int64),  # vendor index
        ("capacity_factor", np.float64),  # 1
        ("withdrawn_lots", np.int64),  # bit mask over lots
    ]
)

MUNICIPALITY = np.dtype(
    [
        ("readiness", np.float64),  # weighted z-score
        ("belief", np.float64),  # probability that the deadline will be extended
        ("tie", np.int32),  # place in every vendor's queue among equals
        ("open_lots", np.int16),  # lots not yet committed
        ("next_order", np.int16),  # month in which the next planned system is ordered, NEVER = none
        ("withdrawn", np.int16),  # systems withdrawn and not yet tendered again
        ("next_done", np.int16),  # month in which the next parallel run ends, NEVER = none
        ("late", np.int16),  # systems past the deadline and not live
        ("naive", np.bool_),  # ignores the vendor's wait when planning
    ],
    align=True,
)

LOT = np.dtype(
    [
        ("complexity", np.float64),  # legacy complexity, 1
        ("threshold", np.float64),  # intent at which the body commits, 1
        ("neighbours_committed", np.int32),  # neighbours that committed before this month
        ("planning_months", np.int16),  # months
        ("commit", np.int16),  # month, -1 = not yet
        ("vendor", np.int16),  # vendor chosen at commitment, -1 = not yet
        ("legacy", np.int16),  # incumbent vendor, -1 = the lot does not apply
        ("cause", np.int8),  # cause that tipped the commitment, -1 = not yet
        ("hard", np.bool_),  # some system of the lot is hard
    ],
    align=True,
)

SYSTEM = np.dtype(
    [
        ("work", np.float64),  # vendor work, reference jobs
        ("remaining", np.float64),  # vendor work left, reference jobs
        ("limit", np.float64),  # most vendor work that it takes in, reference jobs a month
        ("municipality", np.int32),  # index of the body
        ("following", np.int32),  # next system (i * O + o) in the vendor's queue, -1 = last
        ("vendor", np.int16),  # vendor index; the legacy vendor until a new one is chosen
        ("since", np.int16),  # month in which the state was entered
        ("order", np.int16),  # month of the first order, -1 = never
        ("start", np.int16),  # month of the first vendor work, -1 = never
        ("live", np.int16),  # first month live, -1 = never
        ("gate", np.int16),  # month before which vendor work can't start
        ("lot", np.int8),  # lot of the operation
        ("state", np.int8),  # one of STATES, -1 = does not apply
        ("flag", np.int8),  # R1 to R4 while known, else 0
        ("reason", np.int8),  # reason of lateness, fixed at the deadline
    ],
    align=True,
)

SUPPLIER = np.dtype(
    [
        ("capacity", np.float64),  # reference jobs a month
        ("initial_capacity", np.float64),  # the same at the start
        ("queue_wait", np.float64),  # months of work in the book, at the start of the month
        ("book", np.float64),  # work of committed systems that is left, reference jobs
        ("work_done", np.float64),  # work done in this month
        ("total_done", np.float64),  # work done so far
        ("withdrawn", np.float64),  # work withdrawn so far
        ("contracted", np.float64),  # work that ever came into the book
        ("population_served", np.float64),  # residents times systems
        ("systems_served", np.int64),  # systems in use, legacy or new
        ("go_lives", np.int64),  # systems made live
        ("shortage", np.int64),  # 1 in a month with an announcement
    ]
)

NATION = np.dtype(
    [
        ("extension_granted", np.int64),  # 0 or 1
        ("released", np.int64),  # 1 once vendors have released their project teams
    ]
)


class Country(NamedTuple):
    """What does not change in a run."""

    municipalities: Records  # (n,) PLACE
    offsets: Integers  # (n + 1,) where a body's neighbours begin
    neighbours: Integers  # (m,) indices of bodies
    prefecture_size: Integers  # (48,) bodies of each prefecture
    kind_size: Integers  # (kinds,) bodies of each type
    lot_of: Integers  # (O,) lot of an operation
    weight: Floats  # (O,) work weight of an operation
    applies: NDArray[np.bool_]  # (kinds, L) whether a lot applies to a type
    bundling_factor: Floats  # (L,) factor on the probability that the main vendor runs the lot


class Events(NamedTuple):
    """What a scenario puts on the calendar."""

    announcements: Records  # (E,) ANNOUNCEMENT
    vendor_events: Records  # (E,) VENDOR_EVENT
    surveys: Integers  # (E,) months at whose end bodies declare


class Market(NamedTuple):
    """Who runs and sells what at the start: drawn, or loaded from a vendor table."""

    share: Floats  # (V,) national market share, sums to 1
    legacy: Shorts  # (n, L) vendor index, -1 where the lot does not apply
    ready: Integers  # (V, L) month from which the vendor's product can be installed


class State(NamedTuple):
    """Everything that changes in a run. A queue is a linked list of systems (i * O + o), sorted by priority."""

    municipalities: Records  # (n,) MUNICIPALITY
    lots: Records  # (n, L) LOT
    systems: Records  # (n, O) SYSTEM
    vendors: Records  # (V,) SUPPLIER
    nation: Records  # (1,) NATION
    intent: Floats  # (n, L, 3) intent built up, by cause, 1
    gate_intent: Floats  # (n, L, 3) the same at the last open gate
    prefecture_committed: Integers  # (48, L) bodies of the prefecture that committed
    kind_committed: Integers  # (kinds, L) bodies of the type that committed
    ready: Integers  # (V, L) month from which the product can be installed; NEVER = not offered
    offered: NDArray[np.bool_]  # (L,) whether any vendor has, or plans, a product
    quoted_wait: Floats  # (V, L) months, at the start of the month
    deterrent: Floats  # (V, L) exp(-utility) without incumbency, neighbours and taste; inf = not offered
    head: Integers  # (V,) first system in a vendor's queue, -1 = empty
    tail: Integers  # (V,) last system in a vendor's queue, -1 = empty
    by_tie: NDArray[np.int32]  # (n,) bodies in the order of their ties
    priority: Integers  # (n * O,) smaller is served first
    static_rank: NDArray[np.int32]  # (n * O,) rank by the queue discipline
    tally: NDArray[np.int32]  # (kinds, len(MONTHLY)) running counts


class Series(NamedTuple):
    """What the observer writes each month."""

    monthly: NDArray[np.int32]  # (M, kinds, len(MONTHLY)) systems or bodies at the month's end
    national: Floats  # (M, len(NATIONAL))
    vendors: Floats  # (M, V, len(VENDOR))


def empty_state(n: int, lots: int, operations: int, vendors: int, kinds: int, prefectures: int) -> State:
    """Return a state of these sizes, zeros throughout."""

    def records(shape: tuple[int, ...], dtype: np.dtype[np.void]) -> Records:
        return np.zeros(shape, dtype=dtype).view(np.recarray)

    return State(
        municipalities=records((n,), MUNICIPALITY),
        lots=records((n, lots), LOT),
        systems=records((n, operations), SYSTEM),
        vendors=records((vendors,), SUPPLIER),
        nation=records((1,), NATION),
        intent=np.zeros((n, lots, len(CAUSES))),
        gate_intent=np.zeros((n, lots, len(CAUSES))),
        prefecture_committed=np.zeros((prefectures + 1, lots), dtype=np.int64),
        kind_committed=np.zeros((kinds, lots), dtype=np.int64),
        ready=np.zeros((vendors, lots), dtype=np.int64),
        offered=np.zeros(lots, dtype=np.bool_),
        quoted_wait=np.zeros((vendors, lots)),
        deterrent=np.zeros((vendors, lots)),
        head=np.zeros(vendors, dtype=np.int64),
        tail=np.zeros(vendors, dtype=np.int64),
        by_tie=np.zeros(n, dtype=np.int32),
        priority=np.zeros(n * operations, dtype=np.int64),
        static_rank=np.zeros(n * operations, dtype=np.int32),
        tally=np.zeros((kinds, len(MONTHLY)), dtype=np.int32),
    )


def empty_series(vendors: int, kinds: int) -> Series:
    """Return series for a whole run, zeros throughout."""
    return Series(
        np.zeros((MONTHS, kinds, len(MONTHLY)), dtype=np.int32),
        np.zeros((MONTHS, len(NATIONAL))),
        np.zeros((MONTHS, vendors, len(VENDOR))),
    )
