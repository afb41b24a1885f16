"""One run: a nation and a scenario go in, arrays come out."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dxsim.errors import InputError, Problem, nearest, say
from dxsim.model.initialisation import draw_market, market_shares, shift_readiness, start
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
    Market,
    Series,
    Shorts,
    State,
    empty_series,
    empty_state,
)
from dxsim.nation.network import neighbour_lists
from dxsim.nation.operations import lots, operations
from dxsim.nation.schema import TYPES

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation
    from dxsim.nation.vendor_table import VendorTable
    from dxsim.scenario.scenario import Scenario

NOT_CITIES = ("town", "village")


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
    national: Floats  # (180, 2) see state.NATIONAL
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
    country = country_arrays(nation)
    parameters = scenario.record()[0]
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
        country, shift_readiness(market, parameters), event_arrays(scenario, by_rank), parameters, seed, names
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
    for column in ("population", "staff", "fiscal_index"):
        places[column] = table[column].to_numpy(np.float64, na_value=np.nan)
    return Country(
        municipalities=places,
        offsets=np.asarray(offsets, dtype=np.int64),
        neighbours=np.asarray(neighbours, dtype=np.int64),
        prefecture_size=np.bincount(prefecture, minlength=PREFECTURES + 1),
        kind_size=np.bincount(kind, minlength=len(TYPES)),
        lot_of=np.array([lot_names.index(operation.lot) for operation in operations()]),
        weight=np.array([operation.work_weight for operation in operations()]),
        applies=np.array([[lot.applies_to == "all" or name not in NOT_CITIES for lot in lots()] for name in TYPES]),
        bundling_factor=np.array([lot.bundling_factor for lot in lots()]),
    )


def event_arrays(scenario: Scenario, by_rank: np.ndarray) -> Events:
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
    return Events(
        announcements=np.array(announcements, dtype=ANNOUNCEMENT).view(np.recarray),
        vendor_events=np.array(shocks, dtype=VENDOR_EVENT).view(np.recarray),
        surveys=np.array(scenario.surveys, dtype=np.int64),
    )


def begin(inputs: Inputs) -> tuple[State, Series]:
    """Return the state at the start of April 2021 and empty series."""
    country, market = inputs.country, inputs.market
    bodies, lots = market.legacy.shape
    kinds, vendors = country.kind_size.size, market.share.size
    state = empty_state(bodies, lots, country.lot_of.size, vendors, kinds, PREFECTURES)
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
    by_system = state.lots[:, lot_of]
    return Outcome(
        monthly=series.monthly,
        national=series.national,
        vendors=series.vendors,
        vendor_names=inputs.vendor_names,
        state=systems.state,
        reason=systems.reason,
        vendor=systems.vendor,
        legacy_vendor=by_system["legacy"],
        commit=np.where(applies, by_system["commit"], -1).astype(np.int16),
        cause=np.where(applies, by_system["cause"], -1).astype(np.int8),
        order=systems.order,
        start=systems.start,
        live=systems.live,
        work=systems.work,
        readiness=state.municipalities.readiness,
        belief=state.municipalities.belief,
        naive=state.municipalities.naive,
        work_balance=np.column_stack([vendors.contracted, vendors.total_done, vendors.book, vendors.withdrawn]),
    )
