"""Which values of uncertain parameters are in keeping with what was observed? Waves of runs, then a posterior.

    wave 1      points of a Latin hypercube over the prior, a few seeds each
    emulator    of every target, fitted to the means over seeds (`dxsim.analysis.emulator`)
    next waves  points drawn from what the emulator leaves open: the posterior with its variances four times as large
    posterior   with the emulator of the last waves (`dxsim.analysis.likelihood`)

The share of the prior that is not ruled out is told after each wave. A parameter counts as identified where nine tenths
of the posterior span less than a third of what they span of the prior, weakly so below two thirds.

Recovery does the same with worlds of the model's own: runs of the first wave that the emulator has not seen take the
place of Japan, without a discrepancy. Their parameters have to lie in nine of ten intervals of 90 %.

Sources: McCulloch et al. (2022) for history matching of agent-based models, Talts et al. (2018) for recovery.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats.qmc import LatinHypercube

from dxsim.analysis.emulator import Emulator
from dxsim.analysis.likelihood import Likelihood
from dxsim.analysis.runs import describe_runs, in_threads
from dxsim.analysis.targets import Targets, pooled_within, shipped_targets
from dxsim.analysis.waves import simulate, values_at
from dxsim.records.provenance import now
from dxsim.scenario.registry import REGISTRY
from dxsim.sweep.distributions import quantile_of

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation
    from dxsim.scenario.scenario import Scenario
    from dxsim.sweep.distributions import Uncertainty

Floats = npt.NDArray[np.float64]

TEMPERED = 4.0  # factor on the variances from which the next wave is drawn
INTERVAL, ENDS = (0.05, 0.5, 0.95), ("low", "median", "high")
IDENTIFIED, WEAKLY = 1 / 3, 2 / 3  # width of the posterior over that of the prior
TRUTHS = 4  # every so manyth point of the first wave is kept from the emulator of the recovery
CLOUD = 4000  # draws behind each interval
PRIOR_DRAWS = 20_000


@dataclass(frozen=True, repr=False, eq=False)
class Calibration:
    """What was learned of the uncertain parameters.

    Attributes
    ----------
    draws : pandas.DataFrame
        Draws of the posterior: a column for each parameter, in its own unit.
    parameters : pandas.DataFrame
        By ``parameter``: ``prior_low``, ``prior_high`` (5 and 95 %), ``low``, ``median``, ``high`` of the posterior,
        ``width`` (of its 90 % over the prior's, in quantiles of the prior), ``width_one_draw`` (the same if what was
        observed is one world and not the mean of many), ``verdict`` (identified, weakly, no), ``default``; and
        ``unit_low``, ``unit_median``, ``unit_high`` and ``unit_default`` in quantiles of the prior.
    targets : pandas.DataFrame
        By ``statistic``, on the scale of the target (of logarithms where ``is_log``): what was observed (``low`` and
        ``high``), the ``discrepancy``, ``seed_sd``, ``emulator_sd`` and ``posterior_mean``.
    waves : pandas.DataFrame
        By ``wave``: number of ``points`` and ``runs``, ``not_ruled_out`` (share of the prior), and the mean ``misfit``
        of the best tenth of its points.
    recovery : pandas.DataFrame
        By ``parameter``, and over ``all``: number of ``truths``, how many of them lie in their intervals of 50 and of
        90 % (``inside_50``, ``inside_90``, shares), and the mean ``width``; empty unless asked for.
    manifest : mapping
        Scenario, nation, prior, seeds, versions and when it was done.
    """

    draws: pd.DataFrame
    parameters: pd.DataFrame
    targets: pd.DataFrame
    waves: pd.DataFrame
    recovery: pd.DataFrame
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        """Return what was done; the tables would fill the screen."""
        identified = int((self.parameters["verdict"] == "identified").sum())
        return f"Calibration({len(self.draws)} draws of {len(self.parameters)} parameters, {identified} identified)"


def calibrate(
    nation: Nation,
    scenario: Scenario,
    prior: Mapping[str, Uncertainty],
    folder: Path,
    *,
    points: int = 600,
    seeds: int = 2,
    first_seed: int = 1,
    waves: int = 3,
    draws: int = 500,
    truths: int = 0,
    chance: int = 1,
    threads: int | None = None,
    on_run: Callable[[int], object] = lambda count: None,
) -> Calibration:
    """Calibrate a scenario to the observed patterns.

    Parameters
    ----------
    nation : Nation
        Who takes part; patterns were observed on the real one.
    scenario : Scenario
        Holds what is not drawn.
    prior : mapping of str to Uncertainty
        Parameters by full name, what each is drawn from.
    folder : Path
        Where the runs of the waves are kept; those that are there already are not done again.
    points, seeds : int
        Of each wave, and of each point; no two points have a seed in common.
    first_seed : int
        The first of the ``points * seeds * waves`` seeds.
    waves : int
        How many, from 1.
    draws : int
        Of the posterior.
    truths : int
        Worlds of the model's own that are recovered, at most a fourth of `points`.
    chance : int
        Seed of designs and chains.
    threads : int, optional
        Runs at a time; it changes no result.
    on_run : callable
        Told how many runs more are done; from any thread.
    """
    started, targets, dimensions = now(), shipped_targets(), len(prior)
    cubes, runs, told = [LatinHypercube(dimensions, rng=chance).random(points)], [], []
    uniform = np.random.default_rng(chance).random((PRIOR_DRAWS, dimensions))
    for wave in range(waves):
        first = first_seed + wave * points * seeds
        table = simulate(
            nation,
            scenario,
            values_at(cubes[wave], prior),
            range(first, first + points * seeds),
            folder / f"wave_{wave + 1}.parquet",
            threads=threads,
            on_run=on_run,
        )
        runs.append(table)
        targets = targets.seen_in(table) if wave == 0 else targets
        likelihood = fitted(cubes[-2:], runs[-2:], targets, seeds)
        best = np.sort(likelihood.misfit(cubes[wave]))[: max(1, points // 10)]
        told.append((wave + 1, points, len(table), likelihood.is_plausible(uniform).mean(), best.mean()))
        if wave + 1 < waves:
            cubes.append(likelihood.draws(points, dimensions, chance + wave, TEMPERED))
    cloud = likelihood.draws(CLOUD, dimensions, chance + waves)
    of_seeds = pooled(runs[-2:], targets)
    one_draw = Likelihood(likelihood.emulator, targets, of_seeds, seeds, is_one_draw=True)
    wide = one_draw.draws(CLOUD, dimensions, chance + waves)
    recovery = recovered(cubes[0], runs[0], targets, seeds, list(prior), truths, chance, threads)
    manifest = describe_runs(nation, scenario, range(first_seed, first_seed + points * seeds * waves), None, started)
    manifest["prior"] = {key: uncertainty.data() for key, uncertainty in prior.items()}
    return Calibration(
        pd.DataFrame(values_at(cloud[np.linspace(0, CLOUD - 1, draws).astype(np.int64)], prior)),
        parameter_table(cloud, wide, prior, scenario),
        target_table(likelihood, cloud, of_seeds),
        pd.DataFrame(told, columns=["wave", "points", "runs", "not_ruled_out", "misfit"]),
        recovery,
        manifest,
    )


def fitted(cubes: list[Floats], runs: list[pd.DataFrame], targets: Targets, seeds: int) -> Likelihood:
    """Return the likelihood by an emulator of these points and runs."""
    means = [pd.DataFrame(targets.scaled(table)).groupby(table["point"].to_numpy()).mean().to_numpy() for table in runs]
    return Likelihood(Emulator(np.vstack(cubes), np.vstack(means)), targets, pooled(runs, targets), seeds)


def pooled(runs: list[pd.DataFrame], targets: Targets) -> Floats:
    """Return the covariance of the targets over seeds, (k, k)."""
    numbered = pd.concat(runs, keys=range(len(runs)), names=["wave"])
    return pooled_within(targets.scaled(numbered), numbered.groupby(["wave", "point"]).ngroup().to_numpy())


def recovered(
    cube: Floats,
    runs: pd.DataFrame,
    targets: Targets,
    seeds: int,
    names: list[str],
    truths: int,
    chance: int,
    threads: int | None,
) -> pd.DataFrame:
    """Return `Calibration.recovery`: points that the emulator has not seen, one run of each taken for Japan."""
    if not truths:
        return pd.DataFrame()
    is_kept = np.arange(len(cube)) % TRUTHS == 0
    seen = ~is_kept[runs["point"].to_numpy()]
    numbers = runs["point"].where(seen).rank(method="dense")
    learned = runs[seen].assign(point=numbers[seen].astype(np.int64) - 1)
    likelihood = fitted([cube[~is_kept]], [learned], targets, seeds)
    of_seeds = pooled([learned], targets)

    def one(point: int) -> Floats:
        run = runs[runs["point"] == point].iloc[[0]]
        truth = targets.of_truth(targets.scaled(run)[0])
        world = Likelihood(likelihood.emulator, truth, of_seeds, seeds, is_one_draw=True)
        cloud = world.draws(CLOUD, len(names), chance + point)
        low, high = np.quantile(cloud, (INTERVAL[0], INTERVAL[2]), axis=0)
        below = (cloud < cube[point]).mean(axis=0)
        return np.array([np.abs(below - 0.5) <= 0.25, np.abs(below - 0.5) <= 0.45, (high - low) / 0.9])

    found = np.array(in_threads(one, np.flatnonzero(is_kept)[:truths].tolist(), threads))
    means = np.column_stack([found.mean(axis=0), found.mean(axis=(0, 2))])
    table = pd.DataFrame(means.T, columns=["inside_50", "inside_90", "width"])
    table.insert(0, "truths", len(found))
    table.insert(0, "parameter", [*names, "all"])
    return table


def parameter_table(cloud: Floats, wide: Floats, prior: Mapping[str, Uncertainty], scenario: Scenario) -> pd.DataFrame:
    """Return `Calibration.parameters` from draws of both posteriors in the unit cube, (n, d)."""
    at, far = (np.quantile(draws, INTERVAL, axis=0) for draws in (cloud, wide))
    widths, wider = ((ends[2] - ends[0]) / (INTERVAL[2] - INTERVAL[0]) for ends in (at, far))
    posterior, ends = values_at(at, prior), values_at(np.tile(INTERVAL, (len(prior), 1)).T, prior)
    rows = []
    for place, key in enumerate(prior):
        width, default = float(widths[place]), scenario.values[key]
        row = {"parameter": key, "prior_low": ends[0][key], "prior_high": ends[2][key]}
        row |= {name: posterior[which][key] for which, name in enumerate(ENDS)}
        row |= {"width": width, "width_one_draw": float(wider[place]), "verdict": verdict(width), "default": default}
        row |= {f"unit_{name}": float(at[which, place]) for which, name in enumerate(ENDS)}
        rows.append({**row, "unit_default": quantile_of(REGISTRY[key], prior[key], default)})
    return pd.DataFrame(rows)


def verdict(width: float) -> str:
    """Return whether a parameter is identified, by the width of its posterior over that of its prior."""
    return "identified" if width < IDENTIFIED else "weakly" if width < WEAKLY else "no"


def target_table(likelihood: Likelihood, cloud: Floats, of_seeds: Floats) -> pd.DataFrame:
    """Return `Calibration.targets`."""
    targets = likelihood.targets
    return pd.DataFrame(
        {
            "statistic": targets.names,
            "low": targets.low,
            "high": targets.high,
            "is_log": targets.is_log,
            "discrepancy": targets.discrepancy,
            "seed_sd": np.sqrt(np.diag(of_seeds)),
            "emulator_sd": np.sqrt(np.diag(likelihood.emulator.error)),
            "posterior_mean": likelihood.emulator(cloud).mean(axis=0),
        }
    )
