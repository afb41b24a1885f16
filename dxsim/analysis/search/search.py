"""A policy search from its question to its front; killed at any time, it goes on where it was, to the same bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.analysis.runs import describe_runs, in_threads
from dxsim.analysis.search.front import candidate_table
from dxsim.analysis.search.objectives import direction, value
from dxsim.analysis.search.proposals import Proposals, Values, check_available
from dxsim.analysis.search.question import Search
from dxsim.analysis.search.record import IDENTITY, Record
from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.model.request import warn_of_nobody
from dxsim.nation.nation import load_nation
from dxsim.nation.vendor_table import read_vendor_table
from dxsim.records.check import check_outcome
from dxsim.records.findings import Findings
from dxsim.records.frame import frame_of
from dxsim.records.indicators import indicators
from dxsim.records.provenance import code_identity, now, without_folders
from dxsim.scenario.scenario import Scenario, contradictions, load_scenario
from dxsim.sweep.design import Point, points
from dxsim.sweep.mending import locked
from dxsim.sweep.plan import changed

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation
    from dxsim.nation.vendor_table import VendorTable
    from dxsim.scenario.registry import Value

Floats = npt.NDArray[np.float64]

_NAMED = 5  # contradictory combinations that are named


@dataclass(frozen=True, repr=False, eq=False)
class PolicySearch:
    """What a search found.

    Attributes
    ----------
    candidates : pandas.DataFrame
        All that was tried, the scenario itself first; columns as `dxsim.analysis.search.front.candidate_table` says.
    manifest : mapping
        The search, scenario, nation, seeds, versions and when it was done.
    """

    candidates: pd.DataFrame
    manifest: Mapping[str, Any]

    @property
    def front(self) -> pd.DataFrame:
        """The candidates that no other beats in everything, by the first objective."""
        first, *_ = self.manifest["search"]["objectives"]
        rows = self.candidates[self.candidates["on_front"]]
        return rows.sort_values(first, ascending=direction(first) == "less", kind="stable")

    def __repr__(self) -> str:
        """Return what was done; the tables would fill the screen."""
        name, count = self.manifest["search"]["name"], len(self.candidates)
        return f"PolicySearch({name!r}: {count} candidates, {len(self.front)} on the front)"


class Trial:
    """What it takes to try a candidate: nation, scenario, points and seeds.

    Parameters
    ----------
    asked : Search
        What is searched.
    on_run : callable
        Told after each run how many more were done (1); from any thread.

    Raises
    ------
    InputError
        If nation, scenario or draws are wrong, or levers can contradict one another.
    """

    def __init__(self, asked: Search, on_run: Callable[[int], object]) -> None:
        self.asked, self._on_run = asked, on_run
        self.nation: Nation = load_nation(asked.nation)
        self.vendors: VendorTable | None = None
        if asked.vendor_table:
            self.vendors = read_vendor_table(Path(asked.vendor_table), self.nation)
        self.scenario = changed(load_scenario(asked.scenario), asked.constants)
        warn_of_nobody(self.scenario, self.nation)
        self.points = points(asked.drawn)
        self.seeds = range(asked.seeds.first, asked.seeds.first + asked.seeds.count)
        self.usual = tuple(self.scenario.values[key] for key in asked.levers)
        self._refuse_contradictions()

    def scenario_of(self, candidate: Values, point: Point) -> Scenario:
        """Return the scenario with a candidate's levers at a point of the uncertain parameters."""
        return changed(self.scenario, {**dict(zip(self.asked.levers, candidate, strict=True)), **point})

    def price(self, candidate: Values) -> float:
        """Return what the levers cost that the model does not price, yen."""
        used = zip(self.asked.levers.values(), candidate, self.usual, strict=True)
        return sum(lever.price * (float(now_) - float(before)) for lever, now_, before in used if lever.price)

    def evaluate(self, candidates: Sequence[Values], threads: int | None) -> Floats:
        """Return the objectives of each run, (candidates, points, seeds, objectives)."""
        frame = frame_of(self.nation)
        jobs = [(candidate, point, seed) for candidate in candidates for point in self.points for seed in self.seeds]

        def one(job: tuple[Values, Point, int]) -> list[float]:
            from dxsim.model.run import prepare, run_inputs

            candidate, point, seed = job
            scenario = self.scenario_of(candidate, point)
            outcome = run_inputs(prepare(self.nation, scenario, seed, self.vendors))
            check_outcome(outcome)
            kpis = indicators(Findings(outcome, frame, int(outcome.inputs.parameters.deadline)), scenario.surveys)
            self._on_run(1)
            price = self.price(candidate)
            return [value(name, kpis, price) for name in self.asked.objectives]

        shape = (len(candidates), len(self.points), len(self.seeds), len(self.asked.objectives))
        return np.array(in_threads(one, jobs, threads)).reshape(shape)

    def _refuse_contradictions(self) -> None:
        """Refuse levers whose ends, two at a time or all together, do not go together."""
        ends = {key: _ends(lever.choices) for key, lever in self.asked.levers.items()}
        sets = [{key: pair[side] for key, pair in ends.items()} for side in (0, 1)]
        for one, other in combinations(ends, 2):
            sets += [{one: first, other: second} for first in ends[one] for second in ends[other]]
        found = [
            what
            for point in self.points
            for levers in sets
            for what in contradictions({**self.scenario.values, **levers, **point})
        ]
        problems = [Problem("levers", what) for what in dict.fromkeys(found)]
        if problems:
            raise InputError(say("search '{name}'", name=self.asked.name), problems[:_NAMED])


def _ends(choices: Sequence[Value]) -> tuple[Value, Value]:
    ordered = sorted(choices, key=lambda choice: (isinstance(choice, str), choice))
    return ordered[0], ordered[-1]


def search_policies(
    asked: Search,
    folder: str | Path,
    *,
    threads: int | None = None,
    on_run: Callable[[int], object] = lambda count: None,
) -> PolicySearch:
    """Search for policies that nothing beats, or go on with it.

    Parameters
    ----------
    asked : Search
        By `read_search`, or made in Python.
    folder : str or Path
        Where every finished generation is kept; a search that was ended, or has a greater budget now, goes on from
        there, and what it finds is what it would have found at one go.
    threads : int, optional
        Runs at a time; all processors by default. It changes no result.
    on_run : callable
        Told how many more runs were done; from any thread.

    Raises
    ------
    InputError
        If the search is wrong, Optuna is not installed, or another search began in the folder.
    """
    check_available()
    if asked.generations == 0:
        what = say("the budget of {budget} runs is too small for one generation", budget=asked.budget)
        raise InputError(say("search '{name}'", name=asked.name), [Problem("", what)])
    trial, where, started = Trial(asked, on_run), Path(folder), now()
    told = {key: without_folders(part) for key, part in asked.data().items()}
    identity = {
        "search": [asked.fingerprint, trial.scenario.fingerprint],
        "nation": [trial.nation.fingerprint, trial.vendors.fingerprint if trial.vendors else ""],
        "code": dict(code_identity()),
    }
    where.mkdir(parents=True, exist_ok=True)
    with locked(where):
        record = Record(where, list(asked.levers), asked.objectives, len(trial.points), trial.seeds)
        record.open(identity, told)
        known, generation = _explore(trial, record, threads, on_run)
        values = np.array(list(known.values()))
        levers = {key: [candidate[place] for candidate in known] for place, key in enumerate(asked.levers)}
        table = candidate_table(levers, values, _signs(asked), asked.objectives, generation)
        described = describe_runs(trial.nation, trial.scenario, trial.seeds, trial.vendors, started)
        manifest = {
            **described,
            "optuna": version("optuna"),
            "search": told,
            "points": [dict(point) for point in trial.points],
            "runs": int(values.shape[0] * values.shape[1] * values.shape[2]),
            IDENTITY: identity,
        }
        record.write_manifest(manifest)
    return PolicySearch(table, manifest)


def _signs(asked: Search) -> Floats:
    return np.array([1.0 if direction(name) == "less" else -1.0 for name in asked.objectives])


def _explore(
    trial: Trial, record: Record, threads: int | None, on_run: Callable[[int], object]
) -> tuple[dict[Values, Floats], list[int]]:
    """Return what each candidate came to, (points, seeds, objectives), and in which generation it was first tried."""
    asked = trial.asked
    proposals, signs = Proposals(asked, trial.usual), _signs(asked)
    known: dict[Values, Floats] = {}
    generations: list[int] = []
    for number in range(asked.generations + 1):
        candidates = proposals.ask() if number else [trial.usual]
        new = [candidate for candidate in dict.fromkeys(candidates) if candidate not in known]
        on_run((len(candidates) - len(new)) * asked.runs_of_one)
        if new:
            values = record.read(number, new)
            if values is None:
                values = trial.evaluate(new, threads)
                record.write(number, len(known), new, values)
            else:
                on_run(len(new) * asked.runs_of_one)
            known |= dict(zip(new, values, strict=True))
            generations += [number] * len(new)
        if number:
            losses = np.array([known[candidate].mean(axis=(0, 1)) for candidate in candidates]) * signs
            proposals.tell(np.nan_to_num(losses, nan=np.inf))  # an objective without a value is as bad as can be
    return known, generations
