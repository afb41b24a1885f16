"""What a run knows: one array of records per entity, one line per field with type and unit.

n municipalities in the order of their codes, L = 6 lots, O = 20 operations, V vendors, M months, E events.
A system is one operation of one municipality. Months are indices, 0 = April 2021. Records keep what is read
together in one line of the processor's cache, and make a state that compiles, copies and prints in one piece.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dxsim.scenario.registry import REGISTRY

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
NATIONAL = (
    "belief",
    "extension_granted",
    "fund_balance",
    "groups",
    "cooperating_bodies",
    "moves_tested",
    "moves_accepted",
    "blocking_moves",
)

# Accounts of a municipality's ledger: debits are positive, credits negative, and every row sums to zero.
# The envelope is what is left to spend; appropriation, subsidy, grant and reserve are where money comes from.
ENVELOPE, APPROPRIATION, SUBSIDY, GRANT, RESERVE, LAPSED = 0, 1, 2, 3, 4, 5
ONE_OFF, RUNNING, PARALLEL, INTERFACE, COORDINATION, CHANNELS, PROGRAMME_COST, PENALTY = 6, 7, 8, 9, 10, 11, 12, 13
ACCOUNTS = (
    *("envelope", "appropriation", "subsidy", "grant", "reserve", "lapsed"),
    *("one_off", "running", "parallel", "interface", "coordination", "channels", "programmes", "penalty"),
)

# Accounts of the state's ledger, by the same rule.
FUND, TAXES, SUBSIDIES_PAID, GRANTS_PAID, PENALTIES_RECEIVED = 0, 1, 2, 3, 4
TREASURY = ("fund", "taxes", "subsidies_paid", "grants_paid", "penalties_received")

# Age groups of residents.
COHORTS = ("under_65", "65_to_74", "75_to_84", "85_over")

# Voluntary programmes and their highest levels.
ONLINE, AUTOMATION, SECURITY, DATA, GOVERNANCE = 0, 1, 2, 3, 4
PROGRAMMES = ("online", "automation", "security", "data", "governance")
HIGHEST_LEVEL = (26, 2, 3, 3, 3)

# What came of the talks of an October: the entries of `State.talks`.
TALKS = ("moves_tested", "moves_accepted", "blocking_moves")
TESTED, ACCEPTED, BLOCKING = 0, 1, 2

# What the observer sums up over the bodies of a type each month: the columns of `State.flows`.
FLOWS = (
    *("staff", "own_work", "overloaded_bodies", "overload", "pool", "resignations", "refusals"),
    *(f"{channel}_{cohort}" for channel in ("online", "assisted", "analog", "excluded") for cohort in COHORTS),
    *("burden_hours", "incidents", "affected_residents", "impact", "rollbacks"),
    *("security_incidents", "exposed_records", "interfaces", "interoperability"),
    *(f"level_{programme}" for programme in PROGRAMMES),
    *("cooperating_bodies", "saving", "worse_off_bodies"),
)
STAFF, OWN_WORK, OVERLOADED_BODIES, OVERLOAD, POOL, RESIGNATIONS, REFUSALS = 0, 1, 2, 3, 4, 5, 6
ONLINE_CASES, ASSISTED_CASES, ANALOG_CASES, EXCLUDED_CASES, BURDEN_HOURS = 7, 11, 15, 19, 23
INCIDENTS, AFFECTED_RESIDENTS, IMPACT, ROLLBACKS = 24, 25, 26, 27
SECURITY_INCIDENTS, EXPOSED_RECORDS, INTERFACES, INTEROPERABILITY, LEVELS = 28, 29, 30, 31, 32
COOPERATING_BODIES, SAVING, WORSE_OFF_BODIES = 37, 38, 39
VENDOR = ("capacity", "book", "work_done", "queue_wait", "shortage", "systems_served", "population_served")


PLACE = np.dtype(
    [
        ("code", np.int64),  # key of random draws
        ("prefecture", np.int64),  # prefecture number, 1 to 47
        ("kind", np.int64),  # index of the type of municipality
        ("population", np.float64),  # persons, 2020
        ("staff", np.float64),  # persons, general administration; nan = not known
        ("fiscal_index", np.float64),  # 1; nan = not known
        ("x_km", np.float64),  # km, east
        ("y_km", np.float64),  # km, north
    ]
)

BODY_LEVERS = tuple(parameter.name for parameter in REGISTRY.values() if parameter.role == "body_lever")
LEVER = np.dtype([(name, np.float64) for name in BODY_LEVERS])  # units: see the registry

SET, ADD, MULTIPLY = 0, 1, 2
POLICY = np.dtype(
    [
        ("lever", np.int64),  # place in BODY_LEVERS
        ("first", np.int64),  # month
        ("last", np.int64),  # month after the last one
        ("how", np.int64),  # SET, ADD or MULTIPLY
        ("value", np.float64),  # in the lever's unit, or a factor
        ("minimum", np.float64),  # bounds of the lever
        ("maximum", np.float64),  # bounds of the lever
    ]
)

ANNOUNCEMENT = np.dtype(
    [
        ("month", np.int64),  # month (index)
        ("signal", np.float64),  # 0 = firm, 1 = relaxed
    ]
)

VENDOR_EVENT = np.dtype(
    [
        ("month", np.int64),  # month (index)
        ("vendor", np.int64),  # vendor index
        ("capacity_factor", np.float64),  # 1
        ("withdrawn_lots", np.int64),  # bit mask over lots
    ]
)

MUNICIPALITY = np.dtype(
    [
        ("readiness", np.float64),  # weighted z-score
        ("lasting_readiness", np.float64),  # the part of it that never changes
        ("belief", np.float64),  # probability that the deadline will be extended
        ("tie", np.int32),  # place in every vendor's queue among equals
        ("open_lots", np.int16),  # lots not yet committed
        ("planning", np.int16),  # systems being planned
        ("migrating", np.int16),  # systems on which vendor work goes on
        ("systems", np.int16),  # systems that apply
        ("live", np.int16),  # systems live or done
        ("done", np.int16),  # systems done
        ("closing", np.int16),  # month from which its counters close, NEVER = not
        ("withdrawn", np.int16),  # systems withdrawn and not yet tendered again
        ("next_done", np.int16),  # month in which the next parallel run ends, NEVER = none
        ("late", np.int16),  # systems past the deadline and not live
        ("naive", np.bool_),  # ignores the vendor's wait when planning
        ("aide", np.bool_),  # has an external aide
        ("platform", np.bool_),  # puts procedures online through its prefecture's platform
        ("group", np.int32),  # index of the group, -1 = none
        ("next_group", np.int32),  # index of the group from next April on, -1 = none
        ("pays_exit", np.bool_),  # leaves its group next April before the contract ends
        ("after", np.int32),  # next member of the same group, -1 = last
    ],
    align=True,
)

LOT = np.dtype(
    [
        ("complexity", np.float64),  # legacy complexity, 1
        ("threshold", np.float64),  # intent at which the body commits, 1
        ("neighbours_committed", np.int32),  # neighbours that committed before this month
        ("running_factor", np.float64),  # running cost after migration against before, 1
        ("price", np.float64),  # price level of the one-off cost; below 1 for a joint procurement
        ("tender", np.float64),  # share of the planning work that the body does itself
        ("planning_months", np.int16),  # months
        ("shift", np.int16),  # months by which the body's own date differs from the national deadline
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
        ("planned", np.float64),  # months of planning done at full staffing
        ("effort", np.float64),  # own work: FTE while it is planned, then FTE a reference job of its vendor's work
        ("municipality", np.int32),  # index of the body
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

# What a walk along a queue reads of every system is kept apart, in few lines of the processor's cache.
QUEUED = np.dtype(
    [
        ("following", np.int32),  # next system (i * O + o) in the vendor's queue, -1 = last
        ("opens", np.int16),  # month before which its product is not ready or its gate is closed
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
        ("running_rise", np.float64),  # running cost of live systems against before, less one, as seen last April
    ]
)


PURSE = np.dtype(
    [
        ("baseline", np.float64),  # IT cost before migration, yen a year
        ("unit_running", np.float64),  # the same per unit of work weight, yen a month
        ("unit_one_off", np.float64),  # one-off cost per unit of work weight, yen
        ("legacy", np.float64),  # running cost of systems not yet live, yen a month
        ("parallel", np.float64),  # running cost of old systems that run beside live ones, yen a month
        ("new", np.float64),  # running cost of live systems before what a group saves, yen a month
        ("saving", np.float64),  # share of running cost that the group saves
        ("coordination", np.float64),  # share in the group's transaction cost, yen a month
        ("grant", np.float64),  # cooperation grant, yen a month
        ("running_total", np.int64),  # what was booked as running cost in the last twelve months before April, yen
    ]
)

WORKFORCE = np.dtype(
    [
        ("staff", np.float64),  # FTE
        ("initial", np.float64),  # FTE at the start
        ("scale", np.float64),  # size factor of own work, 1
        ("experience", np.float64),  # 0 to 1
        ("pool", np.float64),  # FTE received from the prefecture
        ("lent", np.float64),  # FTE received from (or, below zero, given to) the group in this month
        ("supply", np.float64),  # FTE that own staff and the pool are worth in this month
        ("demand", np.float64),  # FTE that the work of this month takes
        ("overload", np.float64),  # demand over supply
        ("overloaded_months", np.int64),  # months of heavy overload so far
        ("planning_service", np.float64),  # share of planning work done in this month
        ("migration_service", np.float64),  # share of migration work done in this month
        ("moves", np.float64),  # FTE that this month's vendor work asks for
        ("for_moves", np.float64),  # FTE left for it in this month, inf where staff is unlimited
        ("programme_service", np.float64),  # share of the work on programmes done in this month
    ]
)

HARM = np.dtype(
    [
        ("interfaces", np.float64),  # between old and new systems
        ("incidents", np.float64),  # at cut-overs so far
        ("affected", np.float64),  # residents hit so far, with repetition
        ("impact", np.float64),  # person-months so far
        ("rollbacks", np.float64),  # cut-overs rolled back so far
        ("intent", np.float64),  # security hazard built up since the last incident, 1
        ("threshold", np.float64),  # hazard at which the next one happens, 1
        ("security_incidents", np.float64),  # so far
        ("exposed", np.float64),  # records exposed so far
    ]
)

PROGRAMME = np.dtype(
    [
        ("level", np.int64),  # level reached, 0 to the highest
        ("intent", np.float64),  # hazard built up since the last level, 1
        ("threshold", np.float64),  # hazard at which the next level comes, 1
        ("factor", np.float64),  # effect of size, 1
    ]
)

COHORT = np.dtype(
    [
        ("persons", np.float64),  # residents in this month
        ("trained", np.float64),  # share of those unable that training has made able
        ("density", np.float64),  # points of help per 10,000 residents that `reach` was worked out for
        ("reach", np.float64),  # share that the points of help reach
        ("online", np.float64),  # residents who use a procedure online in this month
        ("assisted", np.float64),  # who are helped
        ("analog", np.float64),  # who go to the counter
        ("excluded", np.float64),  # who need a procedure and can't reach it
        ("online_total", np.float64),  # the same, persons times months so far
        ("assisted_total", np.float64),  # persons times months so far
        ("analog_total", np.float64),  # persons times months so far
        ("excluded_total", np.float64),  # persons times months so far
    ]
)

GROUP = np.dtype(
    [
        ("members", np.int64),  # how many, 0 = there is no such group
        ("lead", np.int64),  # index of its largest body
        ("head", np.int64),  # first member
        ("contract_end", np.int64),  # month after the last one of the contract
        ("cost", np.float64),  # yearly cost of its members together, transaction cost included, yen
        ("transaction", np.float64),  # yearly transaction cost, yen
    ]
)

# What an event of the log says: `value` and `cause` by kind.
EVENT = np.dtype(
    [
        ("month", np.int16),  # month (index)
        ("kind", np.int8),  # one of events.KINDS
        ("cause", np.int8),  # by kind, see `events`
        ("municipality", np.int32),  # index of the body
        ("place", np.int16),  # operation, lot or programme, -1 = none
        ("value", np.int32),  # by kind, see `events`
        ("amount", np.float64),  # by kind, see `events`
    ]
)


class Country(NamedTuple):
    """What does not change in a run."""

    municipalities: Records  # (n,) PLACE
    cohorts: Floats  # (n, 4) residents by COHORTS, 2020
    population_ratio: Floats  # (n, 15) population of each fiscal year against 2020
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
    policies: Records  # (P,) POLICY
    scope: NDArray[np.bool_]  # (P, n) whom a policy is for


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
    queue: Records  # (n, O) QUEUED
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
    levers: Records  # (n,) LEVER
    purses: Records  # (n,) PURSE
    workforce: Records  # (n,) WORKFORCE
    harm: Records  # (n,) HARM
    programmes: Records  # (n, 5) PROGRAMME
    cohorts: Records  # (n, 4) COHORT
    groups: Records  # (n,) GROUP
    platforms: Records  # (48,) PROGRAMME: what each prefecture's platform offers
    ledger: Integers  # (n, len(ACCOUNTS)) yen
    treasury: Integers  # (len(TREASURY),) yen
    money: Integers  # (kinds, len(ACCOUNTS)) sums of the ledger by type, yen
    flows: Floats  # (kinds, len(FLOWS)) sums of this month by type
    talks: Integers  # (3,) moves tested, accepted and still blocking in the last October
    log: Records  # (log size,) EVENT
    logged: Integers  # (1,) events so far


class Series(NamedTuple):
    """What the observer writes each month."""

    monthly: NDArray[np.int32]  # (M, kinds, len(MONTHLY)) systems or bodies at the month's end
    national: Floats  # (M, len(NATIONAL))
    vendors: Floats  # (M, V, len(VENDOR))
    money: Integers  # (M, kinds, len(ACCOUNTS)) yen so far
    flows: Floats  # (M, kinds, len(FLOWS)) of the month


def empty_state(
    n: int, lots: int, operations: int, vendors: int, kinds: int, prefectures: int, log_size: int = 0
) -> State:
    """Return a state of these sizes, zeros throughout; without room for a log nothing is logged."""

    def records(shape: tuple[int, ...], dtype: np.dtype[np.void]) -> Records:
        return np.zeros(shape, dtype=dtype).view(np.recarray)

    return State(
        municipalities=records((n,), MUNICIPALITY),
        lots=records((n, lots), LOT),
        systems=records((n, operations), SYSTEM),
        queue=records((n, operations), QUEUED),
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
        levers=records((n,), LEVER),
        purses=records((n,), PURSE),
        workforce=records((n,), WORKFORCE),
        harm=records((n,), HARM),
        programmes=records((n, len(PROGRAMMES)), PROGRAMME),
        cohorts=records((n, len(COHORTS)), COHORT),
        groups=records((n,), GROUP),
        platforms=records((prefectures + 1,), PROGRAMME),
        ledger=np.zeros((n, len(ACCOUNTS)), dtype=np.int64),
        treasury=np.zeros(len(TREASURY), dtype=np.int64),
        money=np.zeros((kinds, len(ACCOUNTS)), dtype=np.int64),
        flows=np.zeros((kinds, len(FLOWS))),
        talks=np.zeros(len(TALKS), dtype=np.int64),
        log=records((log_size,), EVENT),
        logged=np.zeros(1, dtype=np.int64),
    )


def empty_series(vendors: int, kinds: int) -> Series:
    """Return series for a whole run, zeros throughout."""
    return Series(
        np.zeros((MONTHS, kinds, len(MONTHLY)), dtype=np.int32),
        np.zeros((MONTHS, len(NATIONAL))),
        np.zeros((MONTHS, vendors, len(VENDOR))),
        np.zeros((MONTHS, kinds, len(ACCOUNTS)), dtype=np.int64),
        np.zeros((MONTHS, kinds, len(FLOWS))),
    )
