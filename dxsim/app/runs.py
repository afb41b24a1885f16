"""One run as the page needs it: every municipality in every month for the map, and series, KPIs and classes.

The map needs what records do not keep: the state of each municipality month by month. So the run is stopped after each
month and looked at, as `dxsim.records.biography` does; the bits of the run stay the same.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dxsim.app.limiting_case import LIMITING_CASE, committed_share
from dxsim.app.settings import HAZARD, Setting, values_of
from dxsim.model.codes import ACCOUNTS
from dxsim.model.run import Outcome, begin, prepare
from dxsim.model.schedule import advance
from dxsim.records.findings import Findings
from dxsim.records.frame import frame_of
from dxsim.records.indicators import indicators
from dxsim.records.measures import ratio
from dxsim.records.months import month_series
from dxsim.records.strata import strata
from dxsim.terms.calendar import MONTHS, MONTHS_PER_YEAR
from dxsim.terms.municipalities import TYPES_AND_ALL

if TYPE_CHECKING:
    from dxsim.model.state import State
    from dxsim.nation.nation import Nation

LAYERS = ("live", "late", "cost", "overload", "excluded", "group")
STAGES = ("committed", "live")
LATE = tuple(f"late_R{number}" for number in range(1, 6))
CASES = tuple(
    f"{channel}_{cohort}"
    for channel in ("online", "assisted", "analog", "excluded")
    for cohort in ("under_65", "65_to_74", "75_to_84", "85_over")
)
COSTS = ("running", "parallel", "interface", "coordination")
SERIES = ("committed", "live", "late", "excluded", "overloaded", "cost", "cooperating", "queue")
"""Curves of the page: shares of systems, procedures or municipalities; yen per resident and year; months at vendors."""

KPIS = (
    *("late_share", "live_share_2027_03", "cost_per_resident_2035", "own_burden", "subsidy_paid"),
    *("cooperating_share", "mean_group_size", "overloaded_share", "excluded_share"),
)
FURTHER_KPIS = ("excluded_share_85_over", "exposed_records", "counter_load_2035")
"""What lessons ask for besides."""

STRATA = ("cost_per_resident", "late_share", "overloaded_share", "excluded_share", "cooperating_share")
PER_THOUSAND = 1_000
_ALIGNED = 8  # bytes

Array = npt.NDArray[Any]


class Run(NamedTuple):
    """What the page gets of a run of n municipalities."""

    layers: dict[str, Array]  # of LAYERS, (180, n) each
    series: dict[str, Array]  # of SERIES, (180, 8) each: types in their order, then all
    kpis: dict[str, float]
    strata: dict[str, Array]  # of STRATA, by size class
    deadline: int  # index of the first month after the deadline


def run(
    nation: Nation, setting: Setting, seed: int, layers: Sequence[str] = LAYERS, series: Sequence[str] = SERIES
) -> Run:
    """Run a setting once and keep what the page draws, or of that some layers and series.

    The layers are: ``live`` systems (uint8) and ``late`` ones (past the deadline and not live, uint8), ``cost`` (what
    is booked in the month for old and new systems, their parallel runs, interfaces and groups, as yen per resident and
    year), ``overload`` (work over what staff can do), ``excluded`` (share of procedures that could not be done), all
    float32, and ``group`` (number of the municipality that leads, -1 = none, int16). Lessons have ``exposed`` besides:
    records exposed by breaches so far, per 1,000 residents.
    """
    scenario = setting.resolved()
    inputs = prepare(nation, scenario, seed)
    at_work = begin(inputs)
    state, n = at_work.state, inputs.country.places.size
    kept: dict[str, Array] = {name: np.zeros((MONTHS, n), _KEPT_AS.get(name, np.float32)) for name in layers}
    people = inputs.country.population_ratio * inputs.country.places.population[:, None]
    before = np.zeros(n)
    for month in range(MONTHS):
        advance(at_work, month, month + 1)
        so_far = state.ledger[:, [ACCOUNTS.index(name) for name in COSTS]].sum(axis=1).astype(np.float64)
        residents = people[:, month // MONTHS_PER_YEAR]
        for name in layers:
            if name == "cost":
                kept[name][month] = ratio(MONTHS_PER_YEAR * (so_far - before), residents)
            else:
                kept[name][month] = _LOOKS[name](state, residents)
        before = so_far
    deadline = int(scenario.record().deadline[0])
    found = Findings(Outcome(inputs, state, at_work.series), frame_of(nation), deadline)
    values = indicators(found, scenario.surveys)
    classes = strata(found)["size_class"]
    return Run(
        kept,
        curves(found, series),
        {name: values[name] for name in KPIS},
        {name: classes[name] for name in STRATA},
        deadline,
    )


def _excluded(state: State, _: Array) -> Array:
    cohorts = state.cohorts
    excluded = cohorts["excluded"].sum(axis=1)
    return ratio(excluded, excluded + sum(cohorts[channel].sum(axis=1) for channel in ("online", "assisted", "analog")))


def _leads(state: State, _: Array) -> Array:
    group = state.municipalities["group"]
    return np.where(group >= 0, state.groups["lead"][group], -1)


# What the map shows of each municipality at the end of a month, given its residents.
_LOOKS: Mapping[str, Callable[[State, Array], Array]] = {
    "live": lambda state, _: state.municipalities["live"],
    "late": lambda state, _: state.municipalities["late"],
    "overload": lambda state, _: state.workforce["overload"],
    "excluded": _excluded,
    "group": _leads,
    "exposed": lambda state, residents: ratio(PER_THOUSAND * state.harm["exposed"], residents),
}
_KEPT_AS = {"live": np.uint8, "late": np.uint8, "group": np.int16}


def curves(found: Findings, series: Sequence[str] = SERIES) -> dict[str, Array]:
    """Return some series of a run by month and type, (180, 8) each, float32; nan where there is no such type."""
    columns = (
        "systems",
        "municipalities",
        "residents",
        "overloaded_municipalities",
        "cooperating_municipalities",
        "exposed_records",
        *STAGES,
        *LATE,
        *CASES,
        *COSTS,
    )
    known = {
        name: np.asarray(values, np.float64) for name, values in month_series(found, columns, TYPES_AND_ALL).items()
    }
    excluded = sum(known[name] for name in CASES if name.startswith("excluded"))
    shares = {
        **{stage: ratio(known[stage], known["systems"]) for stage in STAGES},
        "late": ratio(sum(known[name] for name in LATE), known["systems"]),
        "excluded": ratio(excluded, sum(known[name] for name in CASES)),
        "overloaded": ratio(known["overloaded_municipalities"], known["municipalities"]),
        "cost": ratio(MONTHS_PER_YEAR * sum(known[name] for name in COSTS), known["residents"]),
        "cooperating": ratio(known["cooperating_municipalities"], known["municipalities"]),
        "exposed": ratio(PER_THOUSAND * known["exposed_records"].cumsum(axis=0), known["residents"]),
        "queue": np.repeat(_months_of_work(found)[:, None], len(TYPES_AND_ALL), axis=1),
    }
    return {name: shares[name].astype(np.float32) for name in series}


def _months_of_work(found: Findings) -> Array:
    """Return how long vendors would take for all work in their books, (180,) months; the same for every type."""
    capacity, book = (found.outcome.series.vendors_by_month[name].sum(axis=1) for name in ("capacity", "book"))
    return ratio(book, capacity)


def pack(nation: Nation, setting: Setting, result: Run, layers: Sequence[str] = LAYERS) -> bytes:
    """Return a run as bytes, as `packed` lays them out.

    Of the map's layers only those asked for are among them, as all of the whole nation are 5 MB.
    """
    arrays = {f"layer_{name}": result.layers[name] for name in layers}
    arrays |= {f"series_{name}": values for name, values in result.series.items()}
    if setting.scenario == LIMITING_CASE:
        hazard = float(values_of(setting, [HAZARD.key])[HAZARD.key])
        line = committed_share(hazard, len(nation.municipalities))
        arrays |= {f"limit_{name}": values.astype(np.float32) for name, values in line._asdict().items()}
    about = {
        "kpis": _known(result.kpis),
        "strata": {name: _numbers(values) for name, values in result.strata.items()},
        "deadline": result.deadline,
    }
    return packed(about, arrays)


def packed(about: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """Return a JSON object and arrays as bytes: the length of a JSON text, that text, and the arrays that it lists.

    Numbers are little-endian; every part begins at a multiple of 8 bytes.
    """
    parts, listed, place = [], [], 0
    for name, values in arrays.items():
        content = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"))).tobytes()
        listed.append({"name": name, "type": values.dtype.name, "shape": values.shape, "place": place})
        parts.append(content + b"\0" * (-len(content) % _ALIGNED))
        place += len(parts[-1])
    text = json.dumps({"arrays": listed, **about}).encode()
    text += b" " * (-(len(text) + 4) % _ALIGNED)
    return struct.pack("<I", len(text)) + text + b"".join(parts)


def _known(values: dict[str, float]) -> dict[str, float | None]:
    return {name: None if np.isnan(value) else value for name, value in values.items()}


def _numbers(values: Array) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


class Runner:
    """Runs settings on one nation and remembers the last results.

    Parameters
    ----------
    nation : Nation
        Whom to run.
    kept_runs, kept_outcomes : int
        How many runs (16 bytes a municipality and month with all layers) and how many small outcomes are kept.
    """

    def __init__(self, nation: Nation, kept_runs: int = 24, kept_outcomes: int = 4_000) -> None:
        self.nation = nation
        self.codes = frozenset(nation.municipalities["code"])
        self.run = lru_cache(maxsize=kept_runs)(self._run)
        self.outcome = lru_cache(maxsize=kept_outcomes)(self._outcome)

    def packed(self, setting: Setting, seed: int, layers: Sequence[str] = LAYERS) -> bytes:
        """Return a run as `pack` writes it; layers that nobody sees are not looked at, which saves a fifth."""
        shown = tuple(name for name in LAYERS if name in layers)
        return pack(self.nation, setting, self.run(setting, seed, shown), layers)

    def _run(self, setting: Setting, seed: int, layers: tuple[str, ...]) -> Run:
        return run(self.nation, setting, seed, layers)

    def _outcome(self, setting: Setting, seed: int) -> tuple[dict[str, float], dict[str, Array]]:
        """Return the KPIs and the classes of a run that is not drawn, so that no month needs to be looked at."""
        from dxsim.model.run import run_inputs

        scenario = setting.resolved()
        found = Findings(
            run_inputs(prepare(self.nation, scenario, seed)), frame_of(self.nation), int(scenario.record().deadline[0])
        )
        values, classes = indicators(found, scenario.surveys), strata(found)["size_class"]
        return {name: values[name] for name in (*KPIS, *FURTHER_KPIS)}, {name: classes[name] for name in STRATA}
