"""Which constraint binds? Each mechanism of a scenario taken away, one at a time, under the same random numbers.

What can be taken away stands in ``knockouts.csv``: a name, what it is in words, and what is set in its place, which is
parameters (``group.name=value``), ``vendor_events=none`` or ``announcements=none``. A difference is the run without the
mechanism less the run with it, seed by seed, for all municipalities and by groups of sizes.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.analysis.comparison import with_units
from dxsim.analysis.estimates import differences
from dxsim.analysis.runs import describe_runs, in_threads
from dxsim.errors import InputError, Problem, at_line, nearest
from dxsim.language import LANGUAGES, say
from dxsim.records.check import check_outcome
from dxsim.records.findings import Findings
from dxsim.records.frame import frame_of
from dxsim.records.indicators import MANY_LATE
from dxsim.records.measures import ratio
from dxsim.records.months import nationwide
from dxsim.records.municipalities import MUNICIPALITY
from dxsim.records.provenance import now
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.scenario.registry import REGISTRY, Value, unknown
from dxsim.scenario.scenario import contradictions
from dxsim.terms.calendar import MONTHS

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation
    from dxsim.nation.vendor_table import VendorTable
    from dxsim.scenario.scenario import Scenario

Floats = npt.NDArray[np.float64]

TABLE = Path(__file__).with_name("knockouts.csv")
ALL = "all"
SIZE_GROUPS: Mapping[str, tuple[str, ...]] = {
    ALL: SIZE_CLASSES,
    "under_5k": SIZE_CLASSES[:1],
    "under_10k": SIZE_CLASSES[:2],
    "10k_to_100k": SIZE_CLASSES[2:5],
    "100k_over": SIZE_CLASSES[5:],
    "500k_over": SIZE_CLASSES[7:],
}
"""Group of municipalities -> its size classes; groups overlap."""

_EVENTS = ("vendor_events", "announcements")  # of a scenario, which can be taken away as a whole
_NONE = "none"
_MEMBERSHIP = np.array([[name in group for name in SIZE_CLASSES] for group in SIZE_GROUPS.values()], np.float64)


@dataclass(frozen=True)
class Knockout:
    """A row of ``knockouts.csv``: what is taken away, by language, and what is set in its place."""

    name: str
    label: Mapping[str, str]
    values: Mapping[str, Value]
    events: tuple[str, ...] = ()

    @property
    def overrides(self) -> str:
        """What is set, as text."""
        return "; ".join(
            [f"{key}={value}" for key, value in self.values.items()] + [f"{e}={_NONE}" for e in self.events]
        )

    def taken_from(self, scenario: Scenario) -> Scenario:
        """Return a scenario without the mechanism.

        Raises
        ------
        InputError
            If what is set does not go together with the rest of the scenario.
        """
        values = {**scenario.values, **self.values}
        if problems := [Problem(self.name, what) for what in contradictions(values)]:
            raise InputError(say("knock-outs"), problems)
        changed = {key: value for key, value in self.values.items() if value != scenario.values[key]}
        return replace(
            scenario,
            values=values,
            overrides={**scenario.overrides, **changed},
            vendor_events=() if "vendor_events" in self.events else scenario.vendor_events,
            announcements=() if "announcements" in self.events else scenario.announcements,
        )


@dataclass(frozen=True, repr=False, eq=False)
class Knockouts:
    """What each mechanism does: the scenario without it against the scenario.

    Attributes
    ----------
    differences : pandas.DataFrame
        By ``knockout``, ``size_group`` (of `SIZE_GROUPS`) and ``kpi``: ``overrides`` (what was set), ``is_new``
        (whether that differs from the scenario at all), and those columns of the ``differences`` of `dxsim.Comparison`
        that are of seeds: ``reference_mean`` (with the mechanism), ``case_mean`` (without it), ``difference``,
        ``monte_carlo_low``, ``monte_carlo_high``, ``seeds``, ``unit``, ``better``, ``verdict``, ... Counts and sums are
        those of the group.
    manifest : mapping
        Scenario, nation, seeds, versions and when it was done.
    """

    differences: pd.DataFrame
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        """Return what was done; the table would fill the screen."""
        names = ", ".join(self.differences["knockout"].unique())
        return f"Knockouts({self.manifest['scenario']['name']!r}, {len(self.manifest['seeds'])} seeds: {names})"


@cache
def shipped_knockouts() -> Mapping[str, Knockout]:
    """Return the knock-outs that ship, by name."""
    return read_knockouts(TABLE)


def read_knockouts(path: Path) -> Mapping[str, Knockout]:
    """Read a table of knock-outs and check it against the registry.

    Raises
    ------
    InputError
        With every unknown name, value out of bounds and missing label, and its line.
    """
    problems: list[Problem] = []
    found: dict[str, Knockout] = {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        for row in rows:
            where = f"{at_line(path.name, rows.line_num)}: {row['knockout']}"
            values: dict[str, Value] = {}
            events = []
            for part in row["overrides"].split(";"):
                key, _, text = part.strip().partition("=")
                try:
                    if key in _EVENTS and text == _NONE:
                        events.append(key)
                    elif key in REGISTRY:
                        values[key] = REGISTRY[key].read(_value(key, text))
                    else:
                        raise ValueError(unknown(key))
                except ValueError as error:
                    problems.append(Problem(f"{where}: {key}", str(error)))
            label = {language: row[f"label_{language}"] for language in LANGUAGES}
            problems += [
                Problem(where, say("no label in '{language}'", language=language))
                for language in LANGUAGES
                if not label[language]
            ]
            if row["knockout"] in found:
                problems.append(Problem(where, say("{key} is given twice", key=row["knockout"])))
            found[row["knockout"]] = Knockout(row["knockout"], label, values, tuple(events))
    if problems:
        raise InputError(say("knock-outs"), problems)
    return found


def _value(key: str, text: str) -> object:
    """Return a value of a table as its parameter takes it; what is no number stays text, which is then refused."""
    convert: Callable[[str], object] = {"float": float, "int": int}.get(REGISTRY[key].type, str)
    try:
        return convert(text)
    except ValueError:
        return text


def select_knockouts(names: Sequence[str] = ()) -> tuple[Knockout, ...]:
    """Return knock-outs that ship by their names, all of them if none is named.

    Raises
    ------
    InputError
        With every name that there isn't, and the nearest that there is.
    """
    known = shipped_knockouts()
    problems = [
        Problem(name, say("no such knock-out{hint}", hint=nearest(name, tuple(known)) or _known(known)))
        for name in names
        if name not in known
    ]
    if problems:
        raise InputError(say("knock-outs"), problems)
    return tuple(known[name] for name in dict.fromkeys(names or known))


def _known(known: Iterable[str]) -> str:
    return say(" (known: {known})", known=", ".join(known))


def knockout(
    nation: Nation | str | Path,
    scenario: Scenario | str | Path,
    names: Sequence[str] = (),
    *,
    seeds: Sequence[int] = range(1, 31),
    threads: int | None = None,
    vendor_table: VendorTable | None = None,
    on_run: Callable[[int], object] = lambda count: None,
) -> Knockouts:
    """Run a scenario with and without each mechanism, and return the differences seed by seed.

    Parameters
    ----------
    nation : Nation, str or Path
        Who takes part.
    scenario : Scenario, str or Path
        What mechanisms are taken from.
    names : sequence of str
        Knock-outs that ship; all of them by default.
    seeds : sequence of int
        0 to 2**63 - 1 each, two at least for an interval. The same for every knock-out.
    threads : int, optional
        Runs at a time; all processors by default. It changes no result.
    vendor_table : VendorTable, optional
        Known vendors of the municipalities, in place of drawn ones.
    on_run : callable
        Told after each run how many more were done (1); from any thread.

    Raises
    ------
    InputError
        If there is no such knock-out, or what it sets contradicts the scenario.

    Examples
    --------
    >>> import dxsim
    >>> nation = dxsim.load_nation("synthetic")
    >>> found = dxsim.knockout(nation, dxsim.load_scenario("baseline"), ["products"], seeds=[1, 2])
    >>> found.differences.query("kpi == 'late_share' and size_group == 'all'")["verdict"].item()
    'better'
    """
    from dxsim.model.request import read_request
    from dxsim.model.run import prepare, run_inputs

    nation, scenario, seeds = read_request(nation, scenario, seeds)
    chosen = select_knockouts(names)
    started = now()
    scenarios = {item.name: item.taken_from(scenario) for item in chosen}
    is_new = {name: case.fingerprint != scenario.fingerprint for name, case in scenarios.items()}
    frame, deadline = frame_of(nation), int(scenario.record().deadline[0])

    def measured(job: tuple[Scenario, int]) -> Floats:
        outcome = run_inputs(prepare(nation, *job, vendor_table))
        check_outcome(outcome)
        values = measures(Findings(outcome, frame, deadline))
        on_run(1)
        return values

    cases = [scenario, *(scenarios[item.name] for item in chosen if is_new[item.name])]
    values = iter(in_threads(measured, [(case, seed) for case in cases for seed in seeds], threads))
    reference = np.array([next(values) for _ in seeds])
    parts = []
    for item in chosen:
        # What the scenario does not have can't be taken from it: nothing is run, and nothing differs.
        without = np.array([next(values) for _ in seeds]) if is_new[item.name] else reference
        parts.append(_rows(item, is_new[item.name], reference, without))
    manifest = describe_runs(nation, scenario, seeds, vendor_table, started)
    return Knockouts(with_units(pd.concat(parts, ignore_index=True)), manifest)


def runs_of(scenario: Scenario, names: Sequence[str], seeds: Sequence[int]) -> int:
    """Return how many runs `knockout` would do."""
    cases = [item.taken_from(scenario).fingerprint for item in select_knockouts(names)]
    return len(seeds) * (1 + sum(case != scenario.fingerprint for case in cases))


def _rows(item: Knockout, is_new: bool, reference: Floats, case: Floats) -> pd.DataFrame:
    """Return the differences of a knock-out, from values of shape (seeds, groups, KPIs)."""
    seeds = len(reference)
    found = pd.DataFrame(differences(reference.reshape(1, seeds, -1), case.reshape(1, seeds, -1)))
    of_points = [name for name in found if name.startswith("parametric_") or name in ("points", "reversed_points")]
    rows = pd.MultiIndex.from_product([SIZE_GROUPS, KPIS], names=["size_group", "kpi"]).to_frame(index=False)
    rows.insert(0, "knockout", item.name)
    rows = rows.assign(overrides=item.overrides, is_new=is_new)
    table = pd.concat([rows, found.drop(columns=of_points)], axis=1)
    return table[table["reference_mean"].notna() & table["case_mean"].notna()]


def _column(name: str) -> Callable[[Findings], Floats]:
    def values(found: Findings) -> Floats:
        return np.asarray(MUNICIPALITY[name](found), np.float64)

    return values


def _one(found: Findings) -> Floats:
    return np.ones(found.frame.systems.size)


def _cost(found: Findings) -> Floats:
    return np.asarray(found.outcome.state.purses["running_total"] + found.coordination, np.float64)


def _months_to_live(found: Findings) -> Floats:
    months = np.where(found.live > 0, found.live, MONTHS)
    return np.asarray(months.sum(axis=1, where=found.frame.applies), np.float64)


MEASURES: Mapping[str, tuple[Callable[[Findings], Floats], Callable[[Findings], Floats] | None]] = {
    "late_share": (_column("late_systems"), _column("systems")),
    "municipalities_late_share": (lambda found: (found.late_systems > 0).astype(np.float64), _one),
    "municipalities_late_10_share": (lambda found: (found.late_systems >= MANY_LATE).astype(np.float64), _one),
    "restricted_mean_months_to_live": (_months_to_live, _column("systems")),
    "mean_level_automation": (_column("level_automation"), _one),
    "online_person_months": (_column("online"), None),
    "excluded_share": (_column("excluded"), lambda found: found.needed),
    "cost_per_resident_2035": (_cost, lambda found: found.residents_2035),
    "own_burden": (_column("own_burden"), None),
    "impact_person_months": (_column("impact"), None),
    "exposed_records": (_column("exposed_records"), None),
    "overloaded_share": (_column("overloaded_months"), lambda found: MONTHS * _one(found)),
}
"""KPI -> what is summed up over the municipalities of a group, and what that is divided by (None: by nothing)."""

NATIONWIDE: Mapping[str, Callable[[Findings], float]] = {
    "burden_hours": lambda found: float(nationwide(found, "burden_hours").sum()),
}
"""KPI that runs do not hold by municipality -> its value for all of them."""

KPIS = (*MEASURES, *NATIONWIDE)


def measures(found: Findings) -> Floats:
    """Return `KPIS` by group of sizes, (groups, KPIs); nan where a group is empty or a KPI is not of groups."""
    values = np.full((len(SIZE_GROUPS), len(KPIS)), np.nan)
    for place, (top, bottom) in enumerate(MEASURES.values()):
        total = _by_group(top(found), found)
        values[:, place] = total if bottom is None else ratio(total, _by_group(bottom(found), found))
    values[0, len(MEASURES) :] = [value(found) for value in NATIONWIDE.values()]
    values[_by_group(_one(found), found) == 0] = np.nan
    return values


def _by_group(values: Floats, found: Findings) -> npt.NDArray[Any]:
    """Return the sums of values of municipalities over each group of sizes."""
    return np.asarray(_MEMBERSHIP @ np.bincount(found.frame.size_class, weights=values, minlength=len(SIZE_CLASSES)))
