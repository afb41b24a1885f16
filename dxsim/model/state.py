"""What a run knows: one array of records per entity, one line per field with type and unit.

n municipalities in the order of their codes, L = 6 lots, O = 20 operations, V vendors, M months, E events.
A system is one operation of one municipality. Months are indices, 0 = April 2021. Records keep what is read
together in one line of the processor's cache. What only one sub-model changes is declared beside its equations
(`money.PURSE`, `staff.WORKFORCE`, ...); what several share stands here. A `Run` is all of it, as kernels get it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dxsim.model import (
    coalition,
    coexistence,
    commitment,
    cooperation,
    cutover,
    events,
    formation,
    levers,
    money,
    programmes,
    residents,
    security,
    staff,
)
from dxsim.model.codes import (
    ACCOUNTS,
    CAUSES,
    COHORTS,
    HIGHEST_LEVEL,
    PROGRAMMES,
    REASONS,
    TREASURY,
    Held,
    Listed,
    Programme,
    Talks,
)
from dxsim.model.fields import Field, numbers_of, record_of
from dxsim.model.sharing import EXACT_PLAYERS
from dxsim.reference import Reference
from dxsim.terms.calendar import MONTHS
from dxsim.terms.municipalities import PREFECTURES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Shorts = NDArray[np.int16]
Bytes = NDArray[np.int8]
Flags = NDArray[np.bool_]
Records = np.recarray[tuple[Any, ...], np.dtype[np.void]]

PLACE = np.dtype(
    [
        ("code", np.int64),  # key of random draws
        ("prefecture", np.int64),  # prefecture number, 1 to 47
        ("kind", np.int64),  # index of the type of municipality
        ("population", np.float64),  # persons, 2020
        ("staff", np.float64),  # persons, general administration; nan = not known
        ("administration", np.float64),  # the same, an average by population where not known
        ("fiscal_index", np.float64),  # 1; nan = not known
        ("x_km", np.float64),  # km, east
        ("y_km", np.float64),  # km, north
        ("area_km2", np.float64),  # km2
        ("habitable_km2", np.float64),  # km2
        ("community_halls", np.float64),  # halls
        ("aged_single_share", np.float64),  # households of one aged 65 and over, per resident of that age
        ("standard_scale", np.float64),  # standard financial scale, yen a year
        ("current_balance_ratio", np.float64),  # %
        ("reserve", np.float64),  # financial adjustment fund at the start, yen
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
        ("readiness", np.float64),  # effect on the log hazard of commitment
        ("belief", np.float64),  # probability that the deadline will be extended
        ("tie", np.int32),  # place in every vendor's queue among equals
        ("open_lots", np.int16),  # lots not yet committed
        ("planning", np.int16),  # systems being planned
        ("ordered", np.int16),  # systems that wait for vendor work
        ("migrating", np.int16),  # systems on which vendor work goes on
        ("systems", np.int16),  # systems that apply
        ("live", np.int16),  # systems live or done
        ("done", np.int16),  # systems done
        ("closing", np.int16),  # month from which its counters close, NEVER = not
        ("withdrawn", np.int16),  # systems withdrawn and not yet tendered again
        ("next_done", np.int16),  # month in which the next parallel run ends, NEVER = none
        ("late", np.int16),  # systems past the deadline and not live
        ("platform", np.bool_),  # has joined its prefecture's platform of online procedures
        ("group", np.int32),  # index of the group, -1 = none
        ("next_group", np.int32),  # index of the group from next April on, -1 = none
        ("cloud", np.int32),  # index of its founder's municipality if its old systems run in a municipal cloud, -1 = no
        ("pays_exit", np.bool_),  # leaves its group next April before the contract ends
        ("after", np.int32),  # next member of the same group, -1 = last
    ],
    align=True,
)

LOT = np.dtype(
    [
        ("complexity", np.float64),  # legacy complexity, 1
        ("threshold", np.float64),  # cumulative hazard at which the municipality commits, 1
        ("neighbours_committed", np.int32),  # neighbours that committed before this month
        ("running_factor", np.float64),  # running cost after migration against before, 1
        ("price", np.float64),  # price level of the one-off cost; below 1 for a joint procurement
        ("planning_months", np.int16),  # months
        ("shift", np.int16),  # months by which the municipality's own date differs from the national deadline
        ("commit", np.int16),  # month, -1 = not yet
        ("vendor", np.int16),  # vendor chosen at commitment, -1 = not yet
        ("legacy", np.int16),  # incumbent vendor, -1 = the lot does not apply
        ("cause", np.int8),  # cause that tipped the commitment, -1 = not yet
        ("package", np.int8),  # first lot that the municipality has from the same vendor
        ("excused", np.bool_),  # a reason R1 to R4 is known for some system of the lot
        ("refused", np.bool_),  # there was no money for it when it could last be asked for
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
        ("municipality", np.int32),  # index of the municipality
        ("vendor", np.int16),  # vendor index; the legacy vendor until a new one is chosen
        ("since", np.int16),  # month in which the state was entered
        ("order", np.int16),  # month of the first order, -1 = never
        ("start", np.int16),  # month of the first vendor work, -1 = never
        ("live", np.int16),  # first month live, -1 = never
        ("earliest_start", np.int16),  # month before which vendor work can't start: hard, or booked again
        ("window", np.int16),  # first month live as planned
        ("touched", np.int16),  # last month in which a vendor could have worked on it
        ("lot", np.int8),  # lot of the operation
        ("state", np.int8),  # one of STATES, -1 = does not apply
        ("flag", np.int8),  # R1 to R4 while known, else 0
        ("reason", np.int8),  # reason of lateness, fixed at the deadline
        ("declared", np.int8),  # reason declared in the latest survey, 0 = none
        ("held", np.int8),  # one of codes.Held: what this month is booked to, 0 before the mandate
        ("blocker", np.int8),  # the last one of these that stood in the way
        ("failed", np.bool_),  # a cut-over went wrong
    ],
    align=True,
)

# What a walk along a queue reads of every system is kept apart, in few lines of the processor's cache.
QUEUED = np.dtype(
    [
        ("following", np.int32),  # next system (i * O + o) in the vendor's queue, -1 = last
        ("opens", np.int16),  # month before which vendor work on it doesn't start
    ],
    align=True,
)

VENDOR = np.dtype(
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

# How many systems or municipalities of a type have come so far.
COUNT_FIELDS = (
    Field("committed", "systems"),
    Field("ordered", "systems"),
    Field("started", "systems"),
    Field("live", "systems"),
    Field("done", "systems"),
    Field("late", "systems past the deadline and not live", REASONS[1:]),
    Field("declared", "systems in the latest survey", REASONS[1:]),
    Field("municipalities_committed", "municipalities"),
    Field("municipalities_declared", "municipalities"),
    Field("municipalities_late", "municipalities"),
)
# What is summed up over the municipalities of a type in a month.
FLOW_FIELDS = (
    *staff.FLOW_FIELDS,
    *commitment.FLOW_FIELDS,
    *residents.FLOW_FIELDS,
    *cutover.FLOW_FIELDS,
    *security.FLOW_FIELDS,
    *coexistence.FLOW_FIELDS,
    *programmes.FLOW_FIELDS,
    *cooperation.FLOW_FIELDS,
)
NATIONAL_FIELDS = (
    Field("belief", "probability"),
    Field("extension_granted", "0 or 1"),
    Field("fund_balance", "yen"),
    Field("groups", "groups"),
    Field("cooperating_municipalities", "municipalities"),
    Field("moves_tested", "moves of the last October"),
    Field("moves_accepted", "moves of the last October"),
)
VENDOR_FIELDS = (
    Field("capacity", "reference jobs a month"),
    Field("book", "reference jobs"),
    Field("work_done", "reference jobs in the month"),
    Field("queue_wait", "months"),
    Field("shortage", "0 or 1"),
    Field("systems_served", "systems"),
    Field("population_served", "persons"),
)
COUNT, FLOW, NATION_MONTH, VENDOR_MONTH = (
    *(record_of(COUNT_FIELDS, np.int32), record_of(FLOW_FIELDS, np.float64)),
    *(record_of(NATIONAL_FIELDS, np.float64), record_of(VENDOR_FIELDS, np.float64)),
)


class Country(NamedTuple):
    """What does not change in a run."""

    places: Records  # (n,) PLACE
    ages: Floats  # (n, 4) residents by COHORTS, 2020
    population_ratio: Floats  # (n, 15) population of each fiscal year against 2020
    offsets: Integers  # (n + 1,) where a municipality's neighbours begin
    neighbours: Integers  # (m,) indices of municipalities
    prefecture_size: Integers  # (48,) municipalities of each prefecture
    kind_size: Integers  # (kinds,) municipalities of each type
    lot_of: Integers  # (O,) lot of an operation
    weight: Floats  # (O,) work weight of an operation
    applies: Flags  # (kinds, L) whether a lot applies to a type
    bundling_factor: Floats  # (L,) factor on the probability that the main vendor runs the lot
    bought_with: Integers  # (L,) the lot, maybe itself, with which it has the same vendor everywhere
    has_specialists: Flags  # (L,) whether vendors that sell nothing else sell it too


class Events(NamedTuple):
    """What a scenario puts on the calendar."""

    announcements: Records  # (E,) ANNOUNCEMENT
    vendor_events: Records  # (E,) VENDOR_EVENT
    surveys: Integers  # (E,) months at whose end municipalities declare
    policies: Records  # (P,) levers.POLICY
    scope: Flags  # (P, n) whom a policy is for


class Market(NamedTuple):
    """Who runs and sells what at the start: drawn, or loaded from a vendor table."""

    share: Floats  # (V, L) national market share, sums to 1 for each lot
    legacy: Shorts  # (n, L) vendor index, -1 where the lot does not apply
    product_month: Integers  # (V, L) month from which the vendor's product can be installed


class State(NamedTuple):
    """Everything that changes in a run. A queue is a linked list of systems (i * O + o), sorted by priority."""

    municipalities: Records  # (n,) MUNICIPALITY
    lots: Records  # (n, L) LOT
    systems: Records  # (n, O) SYSTEM
    queue: Records  # (n, O) QUEUED
    vendors: Records  # (V,) VENDOR
    nation: Records  # (1,) NATION
    cumulative_hazard: Floats  # (n, L, 3) hazard of commitment so far, by cause, 1
    hazard_at_gate: Floats  # (n, L, 3) the same when budgets could last be asked for
    prefecture_committed: Integers  # (48, L) municipalities of the prefecture that committed
    kind_committed: Integers  # (kinds, L) municipalities of the type that committed
    product_month: Integers  # (V, L) month from which the product can be installed; NEVER = not offered
    offered: Flags  # (L,) whether any vendor has, or plans, a product
    quoted_wait: Floats  # (V, L) months, at the start of the month
    deterrent: Floats  # (V, L) exp(-utility) without incumbency, neighbours and taste; inf = not offered
    head: Integers  # (V,) first system in a vendor's queue, -1 = empty
    tail: Integers  # (V,) last system in a vendor's queue, -1 = empty
    by_tie: NDArray[np.int32]  # (n,) municipalities in the order of their ties
    largest_first: Integers  # (V,) vendors by initial capacity
    branch_share: Floats  # (V, 48) part of a vendor's engineers at its branch in a prefecture
    delay: Shorts  # (n, O, len(Held)) months from the mandate until live by what held a system up
    priority: Integers  # (n * O,) smaller is served first
    static_rank: NDArray[np.int32]  # (n * O,) rank by the queue discipline
    counts: Records  # (kinds,) COUNT
    levers: Records  # (n,) levers.LEVER
    begins: Integers  # (P,) month in which each policy begins, NEVER = it waits
    purses: Records  # (n,) money.PURSE
    workforce: Records  # (n,) staff.WORKFORCE
    harm: Records  # (n,) cutover.HARM
    programmes: Records  # (n, 5) programmes.PROGRAMME
    cohorts: Records  # (n, 4) residents.COHORT
    access: Records  # (n,) residents.ACCESS
    groups: Records  # (n,) cooperation.GROUP
    platforms: Records  # (48,) programmes.PROGRAMME: what each prefecture's platform offers
    ledger: Integers  # (n, len(ACCOUNTS)) yen
    treasury: Integers  # (len(TREASURY),) yen
    money: Integers  # (kinds, len(ACCOUNTS)) sums of the ledger by type, yen
    flows: Records  # (kinds,) FLOW of this month
    talks: Integers  # (3,) by codes.Talks, of the last October
    log: Records  # (log size,) events.EVENT
    logged: Integers  # (1,) events so far


class Series(NamedTuple):
    """What the observer writes each month."""

    counts_by_month: Records  # (M, kinds) COUNT at the month's end
    national_by_month: Records  # (M,) NATION_MONTH
    vendors_by_month: Records  # (M, V) VENDOR_MONTH
    money_by_month: Integers  # (M, kinds, len(ACCOUNTS)) yen so far
    flows_by_month: Records  # (M, kinds) FLOW of the month


class Scratch(NamedTuple):
    """Room to work in, made once for a run; what stands there counts until its step, or its month, is over."""

    decided: Integers  # (n * L,) lots (i * L + lot) that commit
    chosen: Integers  # (n * L,) their vendors
    ordered: Integers  # (n * O,) systems (i * O + o) that are ordered
    listed: Integers  # (2,) how many lots are decided, how many systems ordered
    left: Integers  # (n,) yen left in the envelopes while lots are decided
    is_listed: Flags  # (n, L) lots that come along with a lead
    motives: Records  # (1,) commitment.MOTIVES
    prefecture_share: Floats  # (48, L) weighted share of the prefecture that had committed
    kind_share: Floats  # (kinds, L) weighted share of the type that had committed
    tastes: Floats  # (V,) uniform draws
    available: Floats  # (V,) output of this month, reference jobs
    branch_left: Floats  # (48,) what is left of it at the branches of the vendor at work
    busy_until: Floats  # (48,) month until which its branches have work, in its plan
    finish: Shorts  # (n * O,) month in which a queued system is likely to be live
    tasks: Floats  # (n, len(staff.Task)) own work of this month, FTE
    bill: Floats  # (n,) yen owed by the members of each group so far
    pool: Floats  # (48,) FTE that each prefecture shares out
    lacking: Floats  # (48,) FTE that its municipalities lack
    gap: Floats  # (n,) FTE that each municipality lacks, then receives
    has_changed: Flags  # (n,) groups whose members have changed
    rates: Records  # (5,) programmes.RATE
    levels_before: Integers  # (n, 5) levels of programmes last month
    level_sums: Integers  # (kinds, 5) their sums over municipalities, kept up to date
    mean_level: Floats  # (kinds, 5) mean over the highest level, [0, 1]
    age_rates: Records  # (4,) residents.AGE_RATE
    breach_factor: Floats  # (4, 4) effect of levels of security and governance on the hazard of a breach
    live_share: Floats  # (48,) share of systems that are live at those who share data; place 0: the nation
    area_live: Integers  # (48,) such systems
    area_systems: Integers  # (48,) all systems
    players: Records  # (n,) coalition.PLAYER
    talks_groups: Records  # (n,) formation.TALKS_GROUP
    members: Integers  # (n,) the group on the desk: indices of municipalities, in the order of the nation
    others: Integers  # (n,) some of them
    partners: Integers  # (n,) whom a mover may ask
    codes: Integers  # (n,) keys of the members' draws
    order: Integers  # (n,) an order in which they join
    alone: Floats  # (n,) cost of each member by itself, yen a year
    weights: Floats  # (n,) what its cost is shared by
    shares: Floats  # (n,) its share, yen a year
    grants: Floats  # (n,) its grant, yen a year
    payoffs: Floats  # (n,) its payoff, yen a year
    wanted: Floats  # (n,) payoff above which it agrees, yen a year
    footing: Integers  # (n, O) what stands for a system when municipalities see what they share
    alike: Floats  # (MOST_MEMBERS, MOST_MEMBERS) share of systems that a member shares if another one leads
    coalition_costs: Floats  # (2^EXACT_PLAYERS,) yen a year by coalition


class Run(Reference):
    """All that the kernels of one run read and write: every field of its parts by its own name.

    Beside the fields of Country, Events, State, Series and Scratch these are ``parameters`` (the record of the
    registry), ``seed``, ``market_share``, (V, L), the work weight of each lot, ``lot_weights``, (L,), the parameters
    that levers start from, ``lever_bases``, (levers,), and what ``levers`` and ``flows`` hold once more as plain
    numbers, ``lever_values``, (n, levers), and ``flow_values``, (kinds, columns).

    Parameters
    ----------
    country : Country
        Who.
    market : Market
        Only the market shares are kept; the rest is the start of the state.
    calendar : Events
        What the scenario sets.
    parameters : numpy.record
        Of `registry.PARAMETER_DTYPE`.
    seed : int
        0 to 2**63 - 1.
    state : State
        Changed in place.
    series : Series
        Written in place.
    """

    def __init__(
        self,
        country: Country,
        market: Market,
        calendar: Events,
        parameters: np.record,
        seed: int,
        state: State,
        series: Series,
    ) -> None:
        (n, lots), operations, kinds = state.lots.shape, len(country.lot_of), len(country.kind_size)
        scratch = empty_scratch(n, lots, operations, len(market.share), kinds)
        self.state, self.series = state, series
        super().__init__(
            parameters=parameters,
            seed=seed,
            market_share=market.share,
            lot_weights=np.bincount(country.lot_of, country.weight, lots).astype(np.float64),
            lever_values=numbers_of(state.levers),
            lever_bases=np.array([float(parameters[name]) for name in levers.BODY_LEVERS]),
            flow_values=numbers_of(state.flows),
            **country._asdict(),
            **calendar._asdict(),
            **state._asdict(),
            **series._asdict(),
            **scratch._asdict(),
        )

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...  # noqa: ANN401 - arrays and records of many kinds


def records_of_zeros(shape: tuple[int, ...], dtype: np.dtype[np.void]) -> Records:
    """Return records of this type, zeros throughout."""
    return np.zeros(shape, dtype=dtype).view(np.recarray)


def empty_state(
    n: int, lots: int, operations: int, vendors: int, kinds: int, log_size: int = 0, policies: int = 0
) -> State:
    """Return a state of these sizes, zeros throughout; without room for a log nothing is logged."""
    areas = PREFECTURES + 1
    return State(
        municipalities=records_of_zeros((n,), MUNICIPALITY),
        lots=records_of_zeros((n, lots), LOT),
        systems=records_of_zeros((n, operations), SYSTEM),
        queue=records_of_zeros((n, operations), QUEUED),
        vendors=records_of_zeros((vendors,), VENDOR),
        nation=records_of_zeros((1,), NATION),
        cumulative_hazard=np.zeros((n, lots, len(CAUSES))),
        hazard_at_gate=np.zeros((n, lots, len(CAUSES))),
        prefecture_committed=np.zeros((areas, lots), dtype=np.int64),
        kind_committed=np.zeros((kinds, lots), dtype=np.int64),
        product_month=np.zeros((vendors, lots), dtype=np.int64),
        offered=np.zeros(lots, dtype=np.bool_),
        quoted_wait=np.zeros((vendors, lots)),
        deterrent=np.zeros((vendors, lots)),
        head=np.zeros(vendors, dtype=np.int64),
        tail=np.zeros(vendors, dtype=np.int64),
        by_tie=np.zeros(n, dtype=np.int32),
        largest_first=np.arange(vendors),
        branch_share=np.zeros((vendors, areas)),
        delay=np.zeros((n, operations, len(Held)), dtype=np.int16),
        priority=np.zeros(n * operations, dtype=np.int64),
        static_rank=np.zeros(n * operations, dtype=np.int32),
        counts=records_of_zeros((kinds,), COUNT),
        levers=records_of_zeros((n,), levers.LEVER),
        begins=np.zeros(policies, dtype=np.int64),
        purses=records_of_zeros((n,), money.PURSE),
        workforce=records_of_zeros((n,), staff.WORKFORCE),
        harm=records_of_zeros((n,), cutover.HARM),
        programmes=records_of_zeros((n, len(PROGRAMMES)), programmes.PROGRAMME),
        cohorts=records_of_zeros((n, len(COHORTS)), residents.COHORT),
        access=records_of_zeros((n,), residents.ACCESS),
        groups=records_of_zeros((n,), cooperation.GROUP),
        platforms=records_of_zeros((areas,), programmes.PROGRAMME),
        ledger=np.zeros((n, len(ACCOUNTS)), dtype=np.int64),
        treasury=np.zeros(len(TREASURY), dtype=np.int64),
        money=np.zeros((kinds, len(ACCOUNTS)), dtype=np.int64),
        flows=records_of_zeros((kinds,), FLOW),
        talks=np.zeros(len(Talks), dtype=np.int64),
        log=records_of_zeros((log_size,), events.EVENT),
        logged=np.zeros(1, dtype=np.int64),
    )


def empty_series(vendors: int, kinds: int) -> Series:
    """Return series for a whole run, zeros throughout."""
    return Series(
        counts_by_month=records_of_zeros((MONTHS, kinds), COUNT),
        national_by_month=records_of_zeros((MONTHS,), NATION_MONTH),
        vendors_by_month=records_of_zeros((MONTHS, vendors), VENDOR_MONTH),
        money_by_month=np.zeros((MONTHS, kinds, len(ACCOUNTS)), dtype=np.int64),
        flows_by_month=records_of_zeros((MONTHS, kinds), FLOW),
    )


def empty_scratch(n: int, lots: int, operations: int, vendors: int, kinds: int) -> Scratch:
    """Return room for the steps of a run of these sizes."""
    areas = PREFECTURES + 1
    top, high = (HIGHEST_LEVEL[code] + 1 for code in (Programme.SECURITY, Programme.GOVERNANCE))

    def whole(*shape: int) -> Integers:
        return np.zeros(shape, dtype=np.int64)

    def flags(*shape: int) -> Flags:
        return np.zeros(shape, dtype=np.bool_)

    return Scratch(
        decided=whole(n * lots),
        chosen=whole(n * lots),
        ordered=whole(n * operations),
        listed=whole(len(Listed)),
        left=whole(n),
        is_listed=flags(n, lots),
        motives=records_of_zeros((1,), commitment.MOTIVES),
        prefecture_share=np.zeros((areas, lots)),
        kind_share=np.zeros((kinds, lots)),
        tastes=np.zeros(vendors),
        available=np.zeros(vendors),
        branch_left=np.zeros(areas),
        busy_until=np.zeros(areas),
        finish=np.zeros(n * operations, dtype=np.int16),
        tasks=np.zeros((n, len(staff.Task))),
        bill=np.zeros(n),
        pool=np.zeros(areas),
        lacking=np.zeros(areas),
        gap=np.zeros(n),
        has_changed=flags(n),
        rates=records_of_zeros((len(PROGRAMMES),), programmes.RATE),
        levels_before=whole(n, len(PROGRAMMES)),
        level_sums=whole(kinds, len(PROGRAMMES)),
        mean_level=np.zeros((kinds, len(PROGRAMMES))),
        age_rates=records_of_zeros((len(COHORTS),), residents.AGE_RATE),
        breach_factor=np.zeros((top, high)),
        live_share=np.zeros(areas),
        area_live=whole(areas),
        area_systems=whole(areas),
        players=records_of_zeros((n,), coalition.PLAYER),
        talks_groups=records_of_zeros((n,), formation.TALKS_GROUP),
        members=whole(n),
        others=whole(n),
        partners=whole(n),
        codes=whole(n),
        order=whole(n),
        alone=np.zeros(n),
        weights=np.zeros(n),
        shares=np.zeros(n),
        grants=np.zeros(n),
        payoffs=np.zeros(n),
        wanted=np.zeros(n),
        footing=whole(n, operations),
        alike=np.zeros((coalition.MOST_MEMBERS, coalition.MOST_MEMBERS)),
        coalition_costs=np.zeros(1 << EXACT_PLAYERS),
    )
