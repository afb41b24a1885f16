"""One run: a nation and a scenario go in, arrays come out.

Of the residents aged 75 and over in each municipality a third is 85 and over (census of 2020). Without a table of
vendors there are V of them and, for each specialist lot, V_sp more; their market shares fall with their rank as
rank^(-eta_V) (`initialisation`).
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
from dxsim.model.codes import NOT_APPLICABLE
from dxsim.model.compilation import call_helper
from dxsim.model.initialisation import draw_market, shift_availability, start, suppliers_of_lots
from dxsim.model.levers import policy_arrays
from dxsim.model.schedule import advance
from dxsim.model.state import (
    ANNOUNCEMENT,
    PLACE,
    VENDOR_EVENT,
    Country,
    Events,
    Floats,
    Market,
    Records,
    Run,
    Series,
    State,
    empty_series,
    empty_state,
)
from dxsim.nation.averages import known_or_average, projections
from dxsim.nation.network import neighbour_lists
from dxsim.nation.schema import AGE_BANDS, PROJECTION_YEARS
from dxsim.terms.calendar import FIRST_YEAR, MONTHS, MONTHS_PER_YEAR
from dxsim.terms.municipalities import PREFECTURES, TYPES
from dxsim.terms.operations import lots, operations

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation
    from dxsim.nation.vendor_table import VendorTable
    from dxsim.scenario.scenario import Scenario

NOT_CITIES = ("town", "village")
CENSUS_YEAR = 2020  # of the population of a nation
SHARE_85_OVER = 0.33  # of residents aged 75 and over, census of 2020
EVENTS_PER_SYSTEM = 12  # for which a log has room at first; a usual run needs about half of it


class Inputs(NamedTuple):
    """What the kernels of one run read."""

    country: Country
    market: Market
    events: Events
    parameters: np.record
    seed: int
    vendor_names: tuple[str, ...]


class Outcome(NamedTuple):
    """What one run leaves: what it was given, the state in which it ends, and what was written down each month."""

    inputs: Inputs
    state: State
    series: Series

    @property
    def residents(self) -> Floats:
        """Return persons by municipality and fiscal year, (n, 15)."""
        country = self.inputs.country
        return country.population_ratio * country.places.population[:, None]

    @property
    def log(self) -> Records:
        """Return the events, of `events.EVENT`; none unless the run kept a log."""
        return self.state.log[: int(self.state.logged[0])].view(np.recarray)


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
    call_helper()
    parameters = scenario.record()[0]
    country = country_arrays(nation)
    if vendor_table is None:
        p = parameters
        share = suppliers_of_lots(country, int(p.count), int(p.specialists), float(p.market_exponent))
        market = draw_market(country, share, parameters, seed)
        names = vendor_names(share, int(p.count))
    else:
        names = vendor_table.names
        given = vendor_table.contract >= 0
        of_all = np.bincount(vendor_table.contract[given], minlength=len(names)) / given.sum()
        share = np.repeat(of_all[:, None], country.bundling_factor.size, axis=1)
        drawn = draw_market(country, share, parameters, seed)
        is_used = given & (drawn.legacy != NOT_APPLICABLE)
        is_known = ~np.isnan(vendor_table.availability)
        market = Market(
            share,
            np.where(is_used, vendor_table.contract, drawn.legacy).astype(np.int16),
            np.where(is_known, np.nan_to_num(vendor_table.availability), drawn.product_month).astype(np.int64),
        )
    of_systems = share @ np.bincount(country.lot_of, minlength=share.shape[1])
    by_rank = np.argsort(-of_systems, kind="stable")
    return Inputs(
        country,
        shift_availability(market, parameters),
        event_arrays(scenario, nation, by_rank),
        parameters,
        seed,
        names,
    )


def vendor_names(share: Floats, general: int) -> tuple[str, ...]:
    """Return what drawn vendors are called: by rank, and specialists by their lot; `share` is (V, L)."""
    names = [f"Vendor {rank:02}" for rank in range(1, general + 1)]
    count: dict[str, int] = {}
    for row in share[general:]:
        lot = lots()[int(np.flatnonzero(row)[0])].lot
        count[lot] = count.get(lot, 0) + 1
        names.append(f"{lot} {count[lot]}")
    return tuple(names)


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
    for column, figures in known_or_average(table).items():
        places[column] = figures
    return Country(
        places=places,
        ages=age_groups(table[list(AGE_BANDS)].to_numpy(np.float64)),
        population_ratio=population_path(table),
        offsets=np.asarray(offsets, dtype=np.int64),
        neighbours=np.asarray(neighbours, dtype=np.int64),
        prefecture_size=np.bincount(prefecture, minlength=PREFECTURES + 1),
        kind_size=np.bincount(kind, minlength=len(TYPES)),
        lot_of=np.array([lot_names.index(operation.lot) for operation in operations()]),
        weight=np.array([operation.work_weight for operation in operations()]),
        applies=np.array([[lot.applies_to == "all" or name not in NOT_CITIES for lot in lots()] for name in TYPES]),
        bundling_factor=np.array([lot.bundling_factor for lot in lots()]),
        bought_with=np.array([lot_names.index(lot.bought_with) for lot in lots()]),
        has_specialists=np.array([lot.has_specialists for lot in lots()]),
    )


def age_groups(bands: Floats) -> Floats:
    """Return residents by `state.COHORTS` from those by `schema.AGE_BANDS`, both (n, 4) persons."""
    children, adults, young_old, old = bands.T
    return np.column_stack([children + adults, young_old, old * (1.0 - SHARE_85_OVER), old * SHARE_85_OVER])


def population_path(table: pd.DataFrame) -> Floats:
    """Return the population of each fiscal year against 2020, (n, 15): straight lines between the projections.

    A year without a projection goes on as the last one known; a municipality without any follows an average
    (`dxsim.nation.averages`).
    """
    years = (CENSUS_YEAR, *PROJECTION_YEARS)
    start = np.maximum(table["population"].to_numpy(np.float64), 1.0)
    known = np.column_stack([start, *projections(table).values()])
    filled = pd.DataFrame(known).ffill(axis=1).to_numpy()
    fiscal_years = FIRST_YEAR + np.arange(MONTHS // MONTHS_PER_YEAR)
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


def begin(inputs: Inputs, log_size: int = 0) -> Run:
    """Return a run at the start of April 2021, with room for so many events of a log."""
    country, market, calendar, parameters, seed, _ = inputs
    n, lots = market.legacy.shape
    kinds, vendors = country.kind_size.size, len(market.share)
    state = empty_state(n, lots, country.lot_of.size, vendors, kinds, log_size, calendar.policies.size)
    state.lots.legacy, state.product_month[:] = market.legacy, market.product_month
    run = Run(country, market, calendar, parameters, seed, state, empty_series(vendors, kinds))
    start(run)
    state.largest_first[:] = np.argsort(-state.vendors.initial_capacity, kind="stable")
    return run


def run_model(nation: Nation, scenario: Scenario, seed: int, vendor_table: VendorTable | None = None) -> Outcome:
    """Run all months and return the outcome; the same arguments give the same bits, always."""
    return run_inputs(prepare(nation, scenario, seed, vendor_table))


def run_inputs(inputs: Inputs) -> Outcome:
    """Run all months of prepared `inputs` and return the outcome."""
    run = begin(inputs)
    advance(run, 0, MONTHS)
    return Outcome(inputs, run.state, run.series)


def run_many(runs: Iterable[Inputs], threads: int) -> list[Outcome]:
    """Run prepared `runs` over `threads` (at least 1); each has its own arrays, so the number changes no bit."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run_inputs, runs))
