"""Does the model show what was observed? Patterns over many seeds, and the fate of single municipalities.

The patterns, what was observed and the regions that count as a match stand in ``patterns.csv``; what a run makes of
them is worked out in `pattern_statistics`. A statistic holds if its mean over seeds lies in its region, a pattern if
all of its statistics hold. What is known of single municipalities comes from a table of the user's own
(`dxsim.nation.known_outcomes`); the simulation foretells the share of seeds in which it happens.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.analysis.fates import fates
from dxsim.analysis.nulls import NULLS, Ensemble, null_table
from dxsim.analysis.pattern_statistics import run_logged, series_errors, statistics
from dxsim.analysis.rivals import recalibrated, rivals
from dxsim.analysis.runs import describe_runs, in_threads
from dxsim.analysis.scores import calibration_curve, score_table
from dxsim.model.request import read_request
from dxsim.model.run import prepare
from dxsim.nation.known_outcomes import OUTCOMES
from dxsim.records.check import check_outcome
from dxsim.records.findings import Findings
from dxsim.records.frame import frame_of
from dxsim.records.provenance import now

if TYPE_CHECKING:
    from dxsim.nation.known_outcomes import KnownOutcomes
    from dxsim.nation.nation import Nation
    from dxsim.nation.vendor_table import VendorTable
    from dxsim.records.frame import Frame
    from dxsim.scenario.scenario import Scenario

Floats = npt.NDArray[np.float64]

PATTERNS = Path(__file__).with_name("patterns.csv")
INTERVAL = (0.05, 0.95)  # quantiles over seeds


@dataclass(frozen=True, repr=False, eq=False)
class Validation:
    """What a scenario makes of the patterns and of single municipalities.

    Attributes
    ----------
    patterns : pandas.DataFrame
        By statistic: ``pattern`` (P1 to P11, or none), ``statistic``, ``what``, ``mean``, ``p5`` and ``p95`` over
        seeds, ``observed``, ``low`` and ``high`` of the region, ``held`` (yes, no, or empty without a region),
        ``source``. The errors of the declared series are those of the mean series.
    seeds : pandas.DataFrame
        The statistics of each seed, by name.
    municipalities : pandas.DataFrame
        By code: the share of seeds in which each outcome of `dxsim.nation.known_outcomes.OUTCOMES` happens.
    scores : pandas.DataFrame
        By ``outcome`` and ``predictor``: number of ``municipalities``, ``auc``, ``brier`` and ``log_score``, each with
        ``_low`` and ``_high`` of its 95 % interval; empty without known outcomes.
    calibration : pandas.DataFrame
        By ``outcome`` and bin: what the simulation ``foretold``, and the share that ``happened`` with its interval.
    nulls : pandas.DataFrame
        Null models beside the simulation, of `dxsim.analysis.nulls.null_table`; empty unless asked for.
    manifest : mapping
        Scenario, nation, known outcomes, seeds, versions and when it was done.
    """

    patterns: pd.DataFrame
    seeds: pd.DataFrame
    municipalities: pd.DataFrame
    scores: pd.DataFrame
    calibration: pd.DataFrame
    nulls: pd.DataFrame
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        """Return what was done; the tables would fill the screen."""
        held = patterns_held(means(self.patterns), self.patterns)
        return f"Validation({len(self.seeds)} seeds: {sum(held.values())} of {len(held)} patterns hold)"


def validate(
    nation: Nation | str | Path,
    scenario: Scenario | str | Path,
    *,
    seeds: Sequence[int] = range(1, 101),
    known: KnownOutcomes | None = None,
    with_rivals: bool = False,
    with_nulls: bool = False,
    threads: int | None = None,
    vendor_table: VendorTable | None = None,
    on_run: Callable[[int], object] = lambda count: None,
) -> Validation:
    """Hold a scenario against the observed patterns, and against what is known of single municipalities.

    Parameters
    ----------
    nation : Nation, str or Path
        Who takes part; patterns were observed on the real one.
    scenario : Scenario, str or Path
        What is simulated.
    seeds : sequence of int
        0 to 2**63 - 1 each.
    known : KnownOutcomes, optional
        Of municipalities of this nation, by `dxsim.nation.known_outcomes.read_known_outcomes`.
    with_rivals : bool
        Whether simpler predictors are scored beside the simulation (`dxsim.analysis.rivals`; needs scikit-learn).
    with_nulls : bool
        Whether null models are run with the same seeds and scored beside it (`dxsim.analysis.nulls`).
    threads : int, optional
        Runs at a time; all processors by default. It changes no result.
    vendor_table : VendorTable, optional
        Known vendors of the municipalities, in place of drawn ones.
    on_run : callable
        Told after each run how many more were done (1); from any thread.

    Raises
    ------
    InputError
        If a name or a seed is wrong, or a null model contradicts the scenario.
    RunFailure
        If a run gives what can't be.
    """
    nation, scenario, seeds = read_request(nation, scenario, seeds)
    frame, started = frame_of(nation), now()
    nulls = {name: null.taken_from(nation, scenario) for name, null in NULLS.items()} if with_nulls else {}
    cases = [(nation, scenario), *nulls.values()]

    def one(job: tuple[Nation, Scenario, int]) -> tuple[dict[str, float], Floats]:
        outcome = run_logged(prepare(*job, vendor_table))
        check_outcome(outcome)
        values = statistics(outcome, frame, extended=True)
        happens = fates(Findings(outcome, frame, int(outcome.inputs.parameters.deadline)))
        on_run(1)
        return values, happens

    done = iter(in_threads(one, [(*case, seed) for case in cases for seed in seeds], threads))
    simulation, *others = [_ensemble([next(done) for _ in seeds], seeds) for _ in cases]
    patterns = pattern_table(simulation.runs)
    municipalities = pd.DataFrame(simulation.happens.mean(axis=0).T, columns=list(OUTCOMES))
    municipalities.insert(0, "code", nation.municipalities["code"].to_numpy())
    scores, calibration = (
        scored(municipalities, len(seeds), known, frame, with_rivals=with_rivals) if known else (pd.DataFrame(),) * 2
    )
    table = null_table(simulation, dict(zip(nulls, others, strict=True)), patterns, known) if nulls else pd.DataFrame()
    manifest = describe_runs(nation, scenario, seeds, vendor_table, started)
    manifest["known_outcomes_sha256"] = known.fingerprint if known else None
    return Validation(patterns, simulation.runs, municipalities, scores, calibration, table, manifest)


def runs_of(seeds: Sequence[int], *, with_nulls: bool) -> int:
    """Return how many runs `validate` does."""
    return len(seeds) * (1 + len(NULLS) * with_nulls)


def _ensemble(done: Sequence[tuple[dict[str, float], Floats]], seeds: Sequence[int]) -> Ensemble:
    runs = pd.DataFrame([values for values, _ in done], index=pd.Index(seeds, name="seed"))
    return Ensemble(runs, np.array([happens for _, happens in done]))


def scored(
    foretold: pd.DataFrame, seeds: int, known: KnownOutcomes, frame: Frame, *, with_rivals: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `Validation.scores` and `Validation.calibration`.

    A share of so many `seeds` counts as a probability of (k + 1/2) / (seeds + 1), so that none is 0 or 1.
    """
    scores, curves = [], []
    for name, outcome in known:
        at = np.flatnonzero(~np.isnan(outcome))
        y, p = outcome[at], ((foretold[name].to_numpy() * seeds + 0.5) / (seeds + 1))[at]
        predictions = {"simulation": p}
        if with_rivals:
            predictions |= {"simulation_recalibrated": recalibrated(p, y), **rivals(frame, outcome)}
        table, curve = score_table(predictions, y), calibration_curve(p, y)
        table.insert(0, "outcome", name)
        curve.insert(0, "outcome", name)
        scores.append(table)
        curves.append(curve)
    return pd.concat(scores, ignore_index=True), pd.concat(curves, ignore_index=True)


def pattern_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return `Validation.patterns` from a row of statistics for each seed."""
    table = pd.read_csv(PATTERNS, dtype={"pattern": "str", "statistic": "str", "what": "str", "source": "str"})
    table["pattern"] = table["pattern"].fillna("")
    of = runs[table["statistic"]]
    table["mean"] = of.mean().to_numpy()
    of_means = series_errors(means(table))
    table["mean"] = [of_means.get(name, mean) for name, mean in means(table).items()]
    table["p5"], table["p95"] = (of.quantile(at).to_numpy() for at in INTERVAL)
    table["held"] = [
        held(mean, low, high) for mean, low, high in zip(table["mean"], table["low"], table["high"], strict=True)
    ]
    order = ("pattern", "statistic", "what", "mean", "p5", "p95", "observed", "low", "high", "held", "source")
    return table[list(order)]


def means(table: pd.DataFrame) -> dict[str, float]:
    """Return the mean of each statistic by name."""
    return dict(zip(table["statistic"], table["mean"], strict=True))


def held(value: float, low: float, high: float) -> str:
    """Return whether a value lies in a region, ``yes`` or ``no``; nothing if there is no region."""
    if math.isnan(low) and math.isnan(high):
        return ""
    return "yes" if not (math.isnan(value) or value < low or value > high) else "no"


def patterns_held(values: Mapping[str, float], table: pd.DataFrame) -> dict[str, bool]:
    """Return for each pattern with a region whether all of its statistics lie in theirs."""
    found: dict[str, bool] = {}
    for pattern, statistic, low, high in zip(
        table["pattern"], table["statistic"], table["low"], table["high"], strict=True
    ):
        verdict = held(values[statistic], low, high)
        if verdict and pattern:
            found[pattern] = found.get(pattern, True) and verdict == "yes"
    return found
