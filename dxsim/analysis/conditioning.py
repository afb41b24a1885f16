"""What is to be expected of the others, given what is known of some: a simulation held to the facts of today.

Two things are learned from known outcomes (`dxsim.nation.known_outcomes`).

**Municipalities.** A Gaussian process (`dxsim.analysis.gaussian_process`) takes the log odds that the simulation
foretells and four covariances: what hangs together in the simulation over seeds (who has the same vendor, mostly),
fading over 200 km; being of one prefecture; and distance, over 30 and over 200 km, for what the simulation leaves out.
The strengths are those that make the known outcomes most probable. Scores are by cross-validation in ten folds; no
municipality is foretold from itself.

**Worlds.** A seed is kept if its shares of municipalities with each outcome, among those that are known, are near the
shares that happened: the nearest tenth by default (rejection sampling, as in approximate Bayesian computation). Kept
seeds are worlds like today's; a study that runs on them foretells the future of these worlds only.

Sources: Rasmussen and Williams (2006); Evensen (2003) for covariances from ensembles; Beaumont et al. (2002) for
rejection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.analysis.fates import fates
from dxsim.analysis.gaussian_process import foretold, of_places, strengths
from dxsim.analysis.pattern_statistics import run_logged
from dxsim.analysis.rivals import folds_of, from_the_others, rivals, scaled
from dxsim.analysis.runs import describe_runs, in_threads
from dxsim.analysis.scores import calibration_curve, score_table
from dxsim.model.request import read_request
from dxsim.model.run import prepare
from dxsim.nation.known_outcomes import OUTCOMES
from dxsim.records.check import check_outcome
from dxsim.records.findings import Findings
from dxsim.records.frame import frame_of
from dxsim.records.indicators import indicators
from dxsim.records.provenance import now

if TYPE_CHECKING:
    from dxsim.nation.known_outcomes import KnownOutcomes
    from dxsim.nation.nation import Nation
    from dxsim.nation.vendor_table import VendorTable
    from dxsim.records.frame import Frame
    from dxsim.scenario.scenario import Scenario

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SMALLEST_VARIANCE = 1e-3
PARTS = ("level", "prefecture", "near", "far", "simulated_odds", "simulated_covariance")
SHOWN = (0.05, 0.95)  # quantiles over seeds


@dataclass(frozen=True, repr=False, eq=False)
class Conditioning:
    """What is to be expected, given what is known.

    Attributes
    ----------
    municipalities : pandas.DataFrame
        By ``code`` and ``outcome``: what is ``known`` (0, 1 or nan), the share of seeds in which it is ``simulated``,
        and the probability ``conditioned`` on all that is known, of those of whom it is not known.
    scores : pandas.DataFrame
        By ``outcome`` and ``predictor``, as in `dxsim.analysis.Validation`, foretold from the other folds.
    calibration : pandas.DataFrame
        By ``outcome`` and bin, of the predictor ``conditioned``.
    strengths : pandas.DataFrame
        By ``outcome``: the strength of each of `PARTS`.
    seeds : pandas.DataFrame
        By ``seed``: ``distance`` of its shares from those that happened (standard errors), and whether it is ``kept``.
    kpis : pandas.DataFrame
        By ``kpi``: mean, 5 and 95 % over all seeds (``all_mean``, ``all_p5``, ``all_p95``), and over those kept.
    manifest : mapping
        Scenario, nation, known outcomes, seeds, versions and when it was done.
    """

    municipalities: pd.DataFrame
    scores: pd.DataFrame
    calibration: pd.DataFrame
    strengths: pd.DataFrame
    seeds: pd.DataFrame
    kpis: pd.DataFrame
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        """Return what was done; the tables would fill the screen."""
        return f"Conditioning({int(self.seeds['kept'].sum())} of {len(self.seeds)} seeds kept)"

    @property
    def kept(self) -> list[int]:
        """The seeds that are kept, which a study may run on."""
        return [int(seed) for seed in self.seeds.loc[self.seeds["kept"], "seed"]]


def condition(
    nation: Nation,
    scenario: Scenario,
    known: KnownOutcomes,
    *,
    seeds: Sequence[int] = range(1, 201),
    keep: float = 0.1,
    with_rivals: bool = False,
    threads: int | None = None,
    vendor_table: VendorTable | None = None,
    on_run: Callable[[int], object] = lambda count: None,
) -> Conditioning:
    """Foretell what is not known of municipalities from what is, and say which seeds are worlds like today's.

    Parameters
    ----------
    nation : Nation
        Whose municipalities they are.
    scenario : Scenario
        What is simulated.
    known : KnownOutcomes
        By `dxsim.nation.known_outcomes.read_known_outcomes`.
    seeds : sequence of int
        The simulated covariance is over these: 100 or more.
    keep : float
        Share of the seeds that are kept, 0 to 1.
    with_rivals : bool
        Whether predictors without a simulation are scored beside it (needs scikit-learn).
    threads : int, optional
        Runs at a time; all processors by default. It changes no result.
    vendor_table : VendorTable, optional
        Known vendors of the municipalities, in place of drawn ones.
    on_run : callable
        Told after each run how many more were done (1); from any thread.

    Raises
    ------
    InputError
        If a name or a seed is wrong.
    RunFailure
        If a run gives what can't be.
    """
    nation, scenario, seeds = read_request(nation, scenario, seeds)
    frame, started = frame_of(nation), now()

    def one(seed: int) -> tuple[Floats, dict[str, float]]:
        outcome = run_logged(prepare(nation, scenario, seed, vendor_table))
        check_outcome(outcome)
        found = Findings(outcome, frame, int(outcome.inputs.parameters.deadline))
        on_run(1)
        return fates(found), indicators(found, scenario.surveys)

    done = in_threads(one, seeds, threads)
    happens = dict(zip(OUTCOMES, np.stack([flags for flags, _ in done], axis=1), strict=True))
    of_seeds = kept_seeds(seeds, happens, known, keep)
    tables = [of_outcome(name, happens[name], y, frame, with_rivals=with_rivals) for name, y in known]
    municipalities, scores, calibration, parts = (
        pd.concat(each, ignore_index=True) for each in zip(*tables, strict=True)
    )
    kpis = kpi_table(pd.DataFrame([values for _, values in done]), of_seeds["kept"].to_numpy())
    manifest = describe_runs(nation, scenario, seeds, vendor_table, started)
    manifest["known_outcomes_sha256"] = known.fingerprint
    return Conditioning(municipalities, scores, calibration, parts, of_seeds, kpis, manifest)


def of_outcome(
    name: str, happens: Floats, known: Floats, frame: Frame, *, with_rivals: bool
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the rows of an outcome in `Conditioning.municipalities`, ``scores``, ``calibration`` and ``strengths``."""
    covariances = simulated(happens, frame)
    at, others = np.flatnonzero(~np.isnan(known)), np.flatnonzero(np.isnan(known))
    y = known[at]
    p = from_the_others(covariances, at, y, folds_of(at.size))
    predictions = {"conditioned": p, "simulation": smoothed(happens)[at]}
    if with_rivals:
        predictions |= rivals(frame, known)
    strength = strengths(covariances, at, y)
    conditioned = np.full(known.size, np.nan)
    conditioned[others] = foretold(covariances, strength, at, y, others)
    municipalities = pd.DataFrame(
        {"code": frame.code, "known": known, "simulated": happens.mean(axis=0), "conditioned": conditioned}
    )
    parts = pd.DataFrame([dict(zip(PARTS, strength, strict=True))])
    tables = (municipalities, score_table(predictions, y), calibration_curve(p, y), parts)
    for table in tables:
        table.insert(0, "outcome", name)
    return tables


def simulated(happens: Floats, frame: Frame) -> Floats:
    """Return the covariances of `PARTS` between all municipalities, (parts, n, n), from outcomes by seed (seeds, n)."""
    p = smoothed(happens)
    odds = scaled(np.log(p / (1 - p)))
    deviation = (happens - happens.mean(axis=0)) / np.sqrt(np.maximum(p * (1 - p), SMALLEST_VARIANCE))
    places = of_places(frame)
    together = deviation.T @ deviation / len(happens) * places[-1]
    return np.array([*places, np.outer(odds, odds), together])


def smoothed(happens: Floats) -> Floats:
    """Return the shares of seeds in which something happens, (n,), as probabilities of which none is 0 or 1."""
    return np.asarray((happens.sum(axis=0) + 0.5) / (len(happens) + 1))


def kept_seeds(seeds: Sequence[int], happens: Mapping[str, Floats], known: KnownOutcomes, keep: float) -> pd.DataFrame:
    """Return `Conditioning.seeds`."""
    distance = np.zeros(len(seeds))
    for name, y in known:
        at = ~np.isnan(y)
        share = y[at].mean()
        error = np.sqrt(share * (1 - share) / at.sum())
        distance += ((happens[name][:, at].mean(axis=1) - share) / error) ** 2
    kept = np.zeros(len(seeds), np.bool_)
    kept[np.argsort(distance, kind="stable")[: max(1, round(keep * len(seeds)))]] = True
    return pd.DataFrame({"seed": seeds, "distance": np.sqrt(distance), "kept": kept})


def kpi_table(runs: pd.DataFrame, kept: Flags) -> pd.DataFrame:
    """Return `Conditioning.kpis`."""
    columns = {"kpi": list(runs.columns)}
    for name, part in (("all", runs), ("kept", runs[kept])):
        low, high = part.quantile(SHOWN[0]), part.quantile(SHOWN[1])
        columns |= {
            f"{name}_mean": part.mean().to_numpy(),
            f"{name}_p5": low.to_numpy(),
            f"{name}_p95": high.to_numpy(),
        }
    return pd.DataFrame(columns)
