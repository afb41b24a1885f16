"""One run: a nation and a scenario go in, arrays come out.

Of the residents aged 75 and over in each municipality the share phi_85 is 85 and over. Without a table of vendors there
are V of them, and their market shares fall with their rank as rank^(-eta_V) (`initialisation`).
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say
from dxsim.model.initialisation import draw_market, market_shares, shift_readiness, start
from dxsim.model.levers import policy_arrays
from dxsim.model.schedule import advance
from dxsim.model.state import (
    ANNOUNCEMENT,
    MONTHS,
    NOT_APPLICABLE,
    PLACE,
    PREFECTURES,
    VENDOR_EVENT,
    Bytes,
    Country,
    Events,
    Floats,
    Integers,
    Market,
    Records,
    Series,
    Shorts,
    State,
    empty_series,
    empty_state,
)
from dxsim.nation.network import neighbour_lists
from dxsim.nation.schema import AGE_BANDS, PROJECTION_YEARS
from dxsim.terms.calendar import FIRST_YEAR
from dxsim.terms.municipalities import TYPES
from dxsim.terms.operations import lots, operations

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation
    from dxsim.nation.vendor_table import VendorTable
    from dxsim.scenario.scenario import Scenario

NOT_CITIES = ("town", "village")
CENSUS_YEAR = 2020  # of the population of a nation
EVENTS_PER_SYSTEM = 12  # for which a log has room at first; a usual run needs about half of it
MONTHS_OF_YEAR = 12


class Inputs(NamedTuple):
    """What the kernels of one run read."""

    country: Country
    market: Market
    events: Events
    parameters: np.record
    seed: int
    vendor_names: tuple[str, ...]


class Outcome(NamedTuple):
    """What one run leaves. n municipalities, 20 operations, V vendors; months are indices, -1 = never."""

    monthly: np.ndarray  # int32 (180, 7, 18) systems or bodies at the end of a month, see state.MONTHLY
    money: Integers  # (180, 7, 14) yen so far, see state.ACCOUNTS; debits positive
    flows: Floats  # (180, 7, 40) of the month, see state.FLOWS
    national: Floats  # (180, 8) see state.NATIONAL
    vendors: Floats  # (180, V, 7) see state.VENDOR
    vendor_names: tuple[str, ...]
    state: Bytes  # (n, 20) see state.STATES, -1 = does not apply
    reason: Bytes  # (n, 20) see state.REASONS
    vendor: Shorts  # (n, 20) index into vendor_names, -1 = does not apply
    legacy_vendor: Shorts  # (n, 20) the same
    commit: Shorts  # (n, 20) month
    cause: Bytes  # (n, 20) see state.CAUSES, -1 = none
    order: Shorts  # (n, 20) month of the first order
    start: Shorts  # (n, 20) month of the first vendor work
    live: Shorts  # (n, 20) first month live
    work: Floats  # (n, 20) reference jobs
    readiness: Floats  # (n,) weighted z-score
    belief: Floats  # (n,) probability, at the end
    naive: np.ndarray  # bool (n,)
    work_balance: Floats  # (V, 4) contracted, done, left in the book, withdrawn; reference jobs
    municipalities: Records  # (n,) state.MUNICIPALITY, at the end
    purses: Records  # (n,) state.PURSE
    workforce: Records  # (n,) state.WORKFORCE
    harm: Records  # (n,) state.HARM
    programmes: Records  # (n, 5) state.PROGRAMME
    cohorts: Records  # (n, 4) state.COHORT
    groups: Records  # (n,) state.GROUP
    ledger: Integers  # (n, 14) yen, see state.ACCOUNTS
    treasury: Integers  # (5,) yen, see state.TREASURY
    residents: Floats  # (n, 15) persons by fiscal year
    log: Records  # (events,) state.EVENT; empty unless the run kept a log


def prepare(nation: Nation, scenario: Scenario, seed: int, vendor_table: VendorTable | None = None) -> Inputs:
    """Return the arrays of a run.

    Parameters
    ----------
    nation : Nation
        Who.
    scenario : Scenario
        What if.
    seed : int
        0 to 2**63 - 1.
    vendor_table : VendorTable, optional
        Who runs which lot at the start; what it leaves open is drawn.
    """
    parameters = scenario.record()[0]
    country = country_arrays(nation)
    country = country._replace(cohorts=age_groups(country.cohorts, parameters.share_85_over))
    if vendor_table is None:
        share = market_shares(parameters.count, parameters.market_exponent)
        market = draw_market(country, share, parameters, seed)
        names = tuple(f"Vendor {rank:02}" for rank in range(1, share.size + 1))
    else:
        names = vendor_table.names
        given = vendor_table.contract >= 0
        share = np.bincount(vendor_table.contract[given], minlength=len(names)) / given.sum()
        drawn = draw_market(country, share, parameters, seed)
        is_used = given & (drawn.legacy != NOT_APPLICABLE)
        is_known = ~np.isnan(vendor_table.readiness)
        market = Market(
            share,
            np.where(is_used, vendor_table.contract, drawn.legacy).astype(np.int16),
            np.where(is_known, np.nan_to_num(vendor_table.readiness), drawn.ready).astype(np.int64),
        )
    by_rank = np.argsort(-share, kind="stable")
    return Inputs(
        country, shift_readiness(market, parameters), event_arrays(scenario, nation, by_rank), parameters, seed, names
    )


@lru_cache(maxsize=2)
def country_arrays(nation: Nation) -> Country:
    """Return the nation as the kernels read it; kept for the next runs of the same nation object."""
    table = nation.municipalities
    kind = table["type"].map({name: place for place, name in enumerate(TYPES)}).to_numpy(np.int64)
    prefecture = table["prefecture"].to_numpy().astype(np.int64)
    offsets, neighbours = neighbour_lists(nation)
    lot_names = [lot.lot for lot in lots()]
    places = np.zeros(len(table), dtype=PLACE).view(np.recarray)
    places.code = table["code"].to_numpy().astype(np.int64)
    places.prefecture, places.kind = prefecture, kind
    for column in ("population", "staff", "fiscal_index", "x_km", "y_km"):
        places[column] = table[column].to_numpy(np.float64, na_value=np.nan)
    return Country(
        municipalities=places,
        cohorts=np.ascontiguousarray(table[list(AGE_BANDS)].to_numpy(np.float64)),
        population_ratio=population_path(table),
        offsets=np.asarray(offsets, dtype=np.int64),
        neighbours=np.asarray(neighbours, dtype=np.int64),
        prefecture_size=np.bincount(prefecture, minlength=PREFECTURES + 1),
        kind_size=np.bincount(kind, minlength=len(TYPES)),
        lot_of=np.array([lot_names.index(operation.lot) for operation in operations()]),
        weight=np.array([operation.work_weight for operation in operations()]),
        applies=np.array([[lot.applies_to == "all" or name not in NOT_CITIES for lot in lots()] for name in TYPES]),
        bundling_factor=np.array([lot.bundling_factor for lot in lots()]),
    )


def age_groups(bands: Floats, share_85_over: float) -> Floats:
    """Return residents by `state.COHORTS` from those by `schema.AGE_BANDS`, both (n, 4) persons."""
    children, adults, young_old, old = bands.T
    return np.column_stack([children + adults, young_old, old * (1.0 - share_85_over), old * share_85_over])


def population_path(table: pd.DataFrame) -> Floats:
    """Return the population of each fiscal year against 2020, (n, 15): straight lines between the projections.

    A year without a projection goes on as the last one known.
    """
    years = (CENSUS_YEAR, *PROJECTION_YEARS)
    start = np.maximum(table["population"].to_numpy(np.float64), 1.0)
    known = np.column_stack(
        [start]
        + [
            table.get(f"population_{year}", pd.Series(np.nan, table.index)).to_numpy(np.float64, na_value=np.nan)
            for year in PROJECTION_YEARS
        ]
    )
    filled = pd.DataFrame(known).ffill(axis=1).to_numpy()
    fiscal_years = FIRST_YEAR + np.arange(MONTHS // MONTHS_OF_YEAR)
    path = np.array([np.interp(fiscal_years, years, row) for row in filled])
    return np.ascontiguousarray(path / start[:, None])


def event_arrays(scenario: Scenario, nation: Nation, by_rank: np.ndarray) -> Events:
    """Return the scenario's calendar; a vendor's rank becomes its index, ranks past the last vendor nothing."""
    lot_bit = {lot.lot: 1 << place for place, lot in enumerate(lots())}
    unknown = [lot for event in scenario.vendor_events for lot in event.withdrawn_lots if lot not in lot_bit]
    if unknown:
        problems = [
            Problem("withdrawn_lots", say("no lot '{lot}'{hint}", lot=lot, hint=nearest(lot, list(lot_bit))))
            for lot in unknown
        ]
        raise InputError(say("scenario '{name}'", name=scenario.name), problems)
    shocks = [
        (event.month, by_rank[rank - 1], event.capacity_factor, sum(lot_bit[lot] for lot in event.withdrawn_lots))
        for event in scenario.vendor_events
        for rank in event.vendors
        if rank <= by_rank.size
    ]
    announcements = [(event.month, event.signal) for event in scenario.announcements]
    policies, scope = policy_arrays(scenario, nation.municipalities)
    return Events(
        announcements=np.array(announcements, dtype=ANNOUNCEMENT).view(np.recarray),
        vendor_events=np.array(shocks, dtype=VENDOR_EVENT).view(np.recarray),
        surveys=np.array(scenario.surveys, dtype=np.int64),
        policies=policies,
        scope=scope,
    )


def begin(inputs: Inputs, log_size: int = 0) -> tuple[State, Series]:
    """Return the state at the start of April 2021, with room for so many events of a log, and empty series."""
    country, market = inputs.country, inputs.market
    bodies, lots = market.legacy.shape
    kinds, vendors = country.kind_size.size, market.share.size
    state = empty_state(bodies, lots, country.lot_of.size, vendors, kinds, PREFECTURES, log_size)
    start(country, market, inputs.parameters, inputs.seed, state)
    return state, empty_series(vendors, kinds)


def proceed(inputs: Inputs, state: State, series: Series, first: int, last: int) -> None:
    """Run the months `first` to `last` - 1 in place."""
    country, market, events, parameters, seed, _ = inputs
    advance(country, market, events, parameters, seed, state, series, first, last)


def run_model(nation: Nation, scenario: Scenario, seed: int, vendor_table: VendorTable | None = None) -> Outcome:
    """Run all months and return the outcome; the same arguments give the same bits, always."""
    return run_inputs(prepare(nation, scenario, seed, vendor_table))


def run_inputs(inputs: Inputs) -> Outcome:
    """Run all months of prepared `inputs` and return the outcome."""
    state, series = begin(inputs)
    proceed(inputs, state, series, 0, MONTHS)
    return outcome(inputs, state, series)


def run_many(runs: Iterable[Inputs], threads: int) -> list[Outcome]:
    """Run prepared `runs` over `threads` (at least 1); each has its own arrays, so the number changes no bit."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run_inputs, runs))


def outcome(inputs: Inputs, state: State, series: Series) -> Outcome:
    """Return what a run leaves."""
    lot_of, systems, vendors = inputs.country.lot_of, state.systems, state.vendors
    applies = systems.state >= 0
    legacy, commit, cause = (state.lots[name][:, lot_of] for name in ("legacy", "commit", "cause"))
    return Outcome(
        monthly=series.monthly,
        money=series.money,
        flows=series.flows,
        national=series.national,
        vendors=series.vendors,
        vendor_names=inputs.vendor_names,
        state=systems.state,
        reason=systems.reason,
        vendor=systems.vendor,
        legacy_vendor=legacy,
        commit=np.where(applies, commit, np.int16(-1)),
        cause=np.where(applies, cause, np.int8(-1)),
        order=systems.order,
        start=systems.start,
        live=systems.live,
        work=systems.work,
        readiness=state.municipalities.readiness,
        belief=state.municipalities.belief,
        naive=state.municipalities.naive,
        work_balance=np.column_stack([vendors.contracted, vendors.total_done, vendors.book, vendors.withdrawn]),
        municipalities=state.municipalities,
        purses=state.purses,
        workforce=state.workforce,
        harm=state.harm,
        programmes=state.programmes,
        cohorts=state.cohorts,
        groups=state.groups,
        ledger=state.ledger,
        treasury=state.treasury,
        residents=inputs.country.population_ratio * inputs.country.municipalities.population[:, None],
        log=state.log[: int(state.logged[0])].view(np.recarray),
    )
