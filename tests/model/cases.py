"""Settings and helpers that the tests of the model share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from dxsim.model.run import Inputs, Outcome, begin, prepare
from dxsim.model.schedule import advance
from dxsim.model.state import Run, Series, State
from dxsim.nation.nation import Nation, make_nation
from dxsim.nation.small import grid_nation
from dxsim.scenario.scenario import Scenario, load_scenario

DEADLINE = 60  # index of the first month after March 2026
MONTHS = 180
N = 1741  # municipalities of the statistical tests, as many as Japan has
RUNS = 200
LIMIT = 5.0  # |z| of a statistical check; a correct model fails one in about 1.7 million (6e-7)
SINGLE = (2, 3, 4)  # lots of one operation each: a commitment is one job

# Only the core of the model: no want of money or staff, no groups, no cut-over rolled back.
CORE_ONLY = {
    "money.budget": "unlimited",
    "staff.staffing": "unlimited",
    "cooperation.formation": "none",
    "quality.rollback_severity": 1,
}
# Jobs of exactly one reference job, done at the full rate of the vendor; no chance, no hard systems.
UNIT_JOBS = {
    "legacy.complexity_mean": 0,
    "legacy.complexity_exponent": 0,
    "legacy.complexity_dispersion": 0,
    "legacy.mainframe_share": 0,
    "legacy.bespoke_share": 0,
    "legacy.no_product_share": 0,
    "vendor.work_dispersion": 0,
    "vendor.minimum_months": 1,
}
# Vendors that never change or announce, and whose engineers are where the work is.
STEADY_VENDORS = {
    "vendor.organic_growth": 0,
    "vendor.labour_ceiling": 1000,
    "vendor.capacity_after_deadline": 1,
    "vendor.travel_share": 1,
    "vendor.branch_spread": 0,
    "vendor.shortage_threshold": 1,
    "vendor.readiness_sd": 0,
}
# Constant pressure of the mandate: the deadline is over.
PAST_DEADLINE = {"policy.deadline": "2021-04", "commitment.mandate_uniformity": 1}
UNMOVED = {"readiness.population_slope": 0, "readiness.fiscal_slope": 0, "readiness.staff_slope": 0}
ALIKE = UNMOVED | {"commitment.gate_rule": "always_open"}
# All that a municipality has is one package, since nobody is a specialist and everything is bundled.
ONE_PACKAGE = {"vendor.specialists": 0, "vendor.package_bundling": 1, "vendor.bundling_size_slope": 0}
# No amount falls right between two yen, where the last bit of a sum would decide.
UNEVEN = {
    "money.unit_cost": 2_530.123456789,
    "money.fixed_cost": 78_000_123.456789,
    "residents.counter_cost": 1_000.123456789,
    "residents.desk_cost": 5_000_123.456789,
    "residents.point_cost": 500_123.456789,
}

KINDS = ("village", "town", "other_city", "core_city", "designated_city", "special_ward", "special_case_city")
PEOPLE = (900, 9_000, 48_000, 310_000, 1_400_000, 220_000, 190_000)


def plain(overrides: dict[str, object] | None = None, **changes: object) -> Scenario:
    """Return the core of the baseline with these parameters, without announcements, vendor events and surveys."""
    bare = replace(
        load_scenario("baseline", CORE_ONLY | (overrides or {})), announcements=(), vendor_events=(), surveys=()
    )
    return replace(bare, **changes)


def mixed_nation(rows: int, columns: int, prefectures: int = 3) -> Nation:
    """Return a nation of all types and many sizes."""
    size = rows * columns
    people = [PEOPLE[k % 7] * (10 + k % 9) // 10 for k in range(size)]
    return grid_nation(
        rows, columns, population=people, prefectures=prefectures, type_=[KINDS[k % 7] for k in range(size)]
    )


def alike_nation(size: int) -> Nation:
    """Return a nation of `size` equal cities: the first ones of a square, in reading order."""
    side = math.ceil(math.sqrt(size))
    square = grid_nation(side, side, prefectures=1 + side * side // 700)
    bodies = square.municipalities.head(size)
    pairs = square.adjacency[square.adjacency["code_b"].isin(bodies["code"])]
    return make_nation(f"{size} equal cities", bodies, pairs)


def cut_over_early(inputs: Inputs) -> Inputs:
    """Return inputs under which every cut-over is planned for the first month in which it can be."""
    parameters = inputs.parameters.copy()
    parameters.reserve_months, parameters.late_planning = 0.0, 1e-9
    return inputs._replace(parameters=parameters)


def commitments(inputs: Inputs, seeds: range, months: int) -> np.ndarray:
    """Return the month of commitment, (runs, n, L), of one run of `months` for each seed; -1 = not yet."""
    return np.array([state.lots.commit for state in final_states(inputs, seeds, months)])


def final_states(inputs: Inputs, seeds: range, months: int) -> list[State]:
    """Return the states after `months` of one run for each seed."""

    def final_state(seed: int) -> State:
        run = begin(inputs._replace(seed=seed))
        advance(run, 0, months)
        return run.state

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(final_state, seeds))


def share_after(commit: np.ndarray, months: int) -> np.ndarray:
    """Return the share of municipalities, the second last axis but one, that committed in the first `months`."""
    return ((commit >= 0) & (commit < months)).mean(axis=-2)


def z_of_share(share: float, expected: float, trials: int) -> float:
    """Return how many binomial standard errors a `share` of `trials` lies from the one expected."""
    return float((share - expected) / np.sqrt(expected * (1 - expected) / trials))


def spread_thresholds(state: State, below: float = 0.0) -> None:
    """Give municipalities evenly spread thresholds instead of drawn ones; the share `below` commits in the first month.

    The share that has committed is then the one of an infinite number of municipalities, to 1 / n.
    """
    n = state.municipalities.size
    point = (np.arange(n) + 0.5) / n
    rest = np.clip((point - below) / (1.0 - below), 0.0, None)
    state.lots.threshold[:] = np.where(point < below, 0.0, -np.log1p(-rest))[:, None]


def arrive(state: State, months: np.ndarray) -> None:
    """Let single jobs commit in these `months` and no other lot ever; own motives must build up 1 a month."""
    n = state.municipalities.size
    assert months.size <= n * len(SINGLE)
    state.lots.threshold[:] = np.inf
    for place, month in enumerate(months):
        state.lots.threshold[place % n, SINGLE[place // n]] = month + 0.5


def copy_of(arrays: State | Series) -> State | Series:
    """Return a copy that shares no memory."""
    return type(arrays)(*(array.copy() for array in arrays))


def copy_of_run(inputs: Inputs, run: Run) -> Run:
    """Return a run that goes on from where `run` stands and shares no memory with it."""
    country, market, calendar, parameters, seed, _ = inputs
    return Run(country, market, calendar, parameters, seed, copy_of(run.state), copy_of(run.series))


def fields_of(arrays: Outcome | State | Series) -> dict[str, np.ndarray]:
    """Return arrays by name, those of records field by field as `records.field`: what pads records does not count."""
    if isinstance(arrays, Outcome):
        who = {"residents": arrays.residents, "vendor_names": np.array(arrays.inputs.vendor_names)}
        return fields_of(arrays.state) | fields_of(arrays.series) | who
    found = {}
    for name, array in arrays._asdict().items():
        if array.dtype.names:
            found |= {f"{name}.{field}": np.asarray(array[field]) for field in array.dtype.names}
        else:
            found[name] = np.asarray(array)
    return found


def differing_fields(one: Outcome | State | Series, other: Outcome | State | Series) -> list[str]:
    """Return the fields, as `fields_of` names them, in which two outcomes, states or series differ in any bit."""
    mine, theirs = fields_of(one), fields_of(other)
    return [name for name in mine if mine[name].tobytes() != theirs[name].tobytes()]


def arrays_of(fields: Iterable[str]) -> set[str]:
    """Return the arrays of fields, as `fields_of` names them."""
    return {name.partition(".")[0] for name in fields}


def queue_inputs(bodies: int, **more: object) -> Inputs:
    """Return inputs of one vendor, unit jobs and a planning time of zero; jobs come when `arrive` says so."""
    overrides = (
        UNIT_JOBS
        | STEADY_VENDORS
        | ALIKE
        | {
            "vendor.count": 1,
            "vendor.specialists": 0,
            "vendor.planning_months": 0,
            "vendor.readiness_mean": 0,
            "commitment.own_motive_hazard": 1,
            "commitment.mandate_hazard": 0,
        }
    )
    overrides |= {key.replace("__", "."): value for key, value in more.items()}
    return cut_over_early(prepare(alike_nation(bodies), plain(overrides), 1))
