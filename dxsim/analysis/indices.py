"""Which uncertain parameters, and how much the seed, make outcomes differ between runs of one alternative.

What is reported follows from how the points were drawn: first-order and total Sobol indices for Saltelli's sample,
elementary effects for Morris's, Shapley effects for theirs, swings one at a time; for any other (Latin hypercube, Sobol
sequence, list, posterior) partial rank correlations, PAWN and regional sensitivity (`dxsim.analysis.distances`). All of
them take the parameters as independent of each other, as studies draw them; in a list or a posterior they may not be.
The seed is a factor too: the share of the variance between runs that it makes stands beside the parameters.

Sources: Saltelli et al. (2010), Morris (1991) and Goda (2021, Shapley effects) through SALib; Marino et al. (2008) for
partial rank correlations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.analysis.comparison import by_point, cube, outcomes, variants_of
from dxsim.analysis.curves import SWING, places, swing
from dxsim.analysis.distances import PAWN, REGIONAL, distances
from dxsim.analysis.estimates import mean_of
from dxsim.analysis.selection import Alternative, Selection, alternatives, check_kpis, uncertain_columns
from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.sweep.design import ONE_AT_A_TIME, salib_problem, unit_sample
from dxsim.sweep.study import Study

Floats = npt.NDArray[np.float64]
Row = dict[str, str | float]

SEED, SEED_SHARE = "seed", "share_of_variance"
TOTAL, EFFECT, SHAPLEY, CORRELATION = "total", "mean_absolute_effect", "shapley_effect", "partial_rank_correlation"
RANKING: Mapping[str, tuple[str, ...]] = {
    TOTAL: (TOTAL, "first_order"),
    EFFECT: (EFFECT, "effect_spread"),
    SHAPLEY: (SHAPLEY,),
    SWING: (SWING,),
    PAWN: (PAWN, CORRELATION, REGIONAL),
    CORRELATION: (CORRELATION,),
}
"""Measure by which parameters are ranked -> the measures that are shown together with it."""
_FEWEST_POINTS = 3
_RESAMPLES = 1000


def sensitivity(selection: Selection, kpis: Sequence[str] | None = None, confidence: float = 0.95) -> pd.DataFrame:
    """Return how strongly each uncertain parameter moves each KPI, and the seed's share of the variance.

    Parameters
    ----------
    selection : str, Path, Results or Alternative
        As of `dxsim.analysis.compare`; all alternatives and variants of it are analysed, each by itself.
    kpis : sequence of str, optional
        All by default.
    confidence : float
        Of the intervals, 0 to 1. They say what other points might have given, and nothing about seeds.

    Returns
    -------
    pandas.DataFrame
        Columns case, variant, kpi, parameter, measure, value, low, high, points, seeds. Measures, of means over seeds:

        ``first_order``, ``total`` : Sobol indices (Saltelli's sample).
        ``mean_absolute_effect``, ``effect_spread`` : Morris's mu* and sigma, in the unit of the KPI for a step through
        the whole range of a parameter.
        ``shapley_effect`` : share of the variance, 0 to 1, what parameters do together dealt out among them; they sum
        to 1 (sample for Shapley effects).
        ``one_at_a_time_swing`` : largest less smallest mean over the range of a parameter, in the unit of the KPI;
        interval over seeds (one at a time).
        ``partial_rank_correlation`` : -1 to 1; ``pawn``, ``regional`` : 0 to 1, with a parameter ``dummy`` that does
        nothing and the interval of what it gets by chance (any other sample).
        ``share_of_variance`` : of the parameter ``seed``: variance over seeds within points, over that of all runs.

        nan where a KPI does not vary, or where the measure needs a run that is missing.

    Raises
    ------
    InputError
        If the selection is wrong, a KPI is unknown, or nothing uncertain was drawn.
    """
    rows: list[Row] = []
    for alternative in alternatives(selection):
        parameters = uncertain_columns(alternative.plan)
        points = alternative.plan["point"].nunique()
        if not is_drawn(alternative):
            what = say("no uncertain parameter was drawn at three points or more; give the study a sample")
            raise InputError(say("sensitivity"), [Problem(alternative.name, what)])
        frame = outcomes(alternative, "kpis")
        check_kpis(say("sensitivity"), kpis or (), list(frame))
        frame = frame[list(kpis)] if kpis else frame
        measure = _measure(Study(**alternative.results.manifest["study"]), alternative.plan, parameters)
        for variant, keys in variants_of(frame.index):
            values = cube(frame, keys)
            head = {"case": alternative.name, "variant": variant}
            size = {"points": values.shape[0], "seeds": values.shape[1]}
            runs = by_point(values, keys, points)
            for place, kpi in enumerate(frame):
                found = [*measure(runs[:, :, place], confidence), seed_share(values[:, :, place])]
                rows += [{**head, "kpi": str(kpi), **row, **size} for row in found]
    return pd.DataFrame(rows)


def is_drawn(alternative: Alternative) -> bool:
    """Return whether uncertain parameters were drawn at enough points to tell what they do."""
    points = alternative.plan["point"].nunique()
    return bool(points >= _FEWEST_POINTS and uncertain_columns(alternative.plan))


def ranked_by(measures: Iterable[str]) -> str | None:
    """Return the measure of these by which parameters are ranked, if there is one."""
    return next((name for name in RANKING if name in set(measures)), None)


def _measure(study: Study, plan: pd.DataFrame, parameters: Sequence[str]) -> Callable[[Floats, float], Iterator[Row]]:
    """Return the function that measures sensitivity of an outcome, shape (points, seeds), under a study's sample."""
    from scipy import stats

    method = study.sample.method if study.sample else ""
    of_means = {"saltelli": sobol_indices, "morris": morris_effects, "shapley": shapley_effects}.get(method)
    if of_means:
        return lambda runs, confidence: of_means(study, mean_of(runs, 1), confidence)
    if method == ONE_AT_A_TIME:
        levels = places(study)
        return lambda runs, confidence: (
            _row(parameter, SWING, *swing(runs, levels[parameter], confidence)) for parameter in parameters
        )
    by_point = plan.drop_duplicates("point").sort_values("point")
    ranks = {name: stats.rankdata(pd.factorize(by_point[name], sort=True)[0]) for name in parameters}

    def of_any_sample(runs: Floats, confidence: float) -> Iterator[Row]:
        means = mean_of(runs, 1)
        yield from partial_rank_correlations(ranks, means, confidence)
        yield from (_row(*found) for found in distances(ranks, means, confidence))

    return of_any_sample


def sobol_indices(study: Study, values: Floats, confidence: float) -> Iterator[Row]:
    """Yield first-order and total indices with bootstrap intervals of an outcome, shape (points,)."""
    from SALib.analyze import sobol

    problem, sample = salib_problem(study), study.sample
    names = {"S1": "first_order", "ST": "total"}
    if sample is None or not _varies(values):
        found = {key: np.full(problem["num_vars"], np.nan) for name in names for key in (name, f"{name}_conf")}
    else:
        second = bool(sample.second_order)
        found = sobol.analyze(
            problem, values, calc_second_order=second, num_resamples=_RESAMPLES, conf_level=confidence, seed=sample.seed
        )
    for name, measure in names.items():
        for parameter, value, half in zip(problem["names"], found[name], found[f"{name}_conf"], strict=True):
            yield _row(parameter, measure, value, value - half, value + half)


def morris_effects(study: Study, values: Floats, confidence: float) -> Iterator[Row]:
    """Yield mean absolute elementary effects with bootstrap intervals, and their spread, of an outcome."""
    from SALib.analyze import morris

    problem, sample = salib_problem(study), study.sample
    if sample is None or np.isnan(values).any():
        found = {name: np.full(problem["num_vars"], np.nan) for name in ("mu_star", "mu_star_conf", "sigma")}
    else:
        levels = {} if sample.levels is None else {"num_levels": sample.levels}
        found = morris.analyze(
            problem,
            unit_sample(study),
            values,
            num_resamples=_RESAMPLES,
            conf_level=confidence,
            seed=sample.seed,
            **levels,
        )
    columns = zip(problem["names"], found["mu_star"], found["mu_star_conf"], found["sigma"], strict=True)
    for parameter, effect, half, spread in columns:
        yield _row(parameter, "mean_absolute_effect", effect, effect - half, effect + half)
        yield _row(parameter, "effect_spread", spread, math.nan, math.nan)


def shapley_effects(study: Study, values: Floats, confidence: float) -> Iterator[Row]:
    """Yield the share of the variance that each parameter makes, what they do together dealt out among them."""
    from SALib.analyze import shapley

    problem = salib_problem(study)
    if _varies(values):
        found = shapley.analyze(problem, unit_sample(study), values, conf_level=confidence)
    else:
        found = {
            name: np.full(problem["num_vars"], np.nan) for name in ("shapley_normalized", "shapley_normalized_conf")
        }
    columns = zip(problem["names"], found["shapley_normalized"], found["shapley_normalized_conf"], strict=True)
    for parameter, effect, half in columns:
        yield _row(parameter, SHAPLEY, effect, effect - half, effect + half)


def partial_rank_correlations(ranks: Mapping[str, Floats], values: Floats, confidence: float) -> Iterator[Row]:
    """Yield the correlation of an outcome's ranks with each parameter's, what the others explain taken out of both.

    Parameters
    ----------
    ranks : mapping of str to ndarray, shape (points,)
        Ranks of each parameter's values.
    values : ndarray, shape (points,)
        Points with nan are left out.
    confidence : float
        Of the interval, by Fisher's z.
    """
    from scipy import stats

    known = ~np.isnan(values)
    outcome = stats.rankdata(values[known])
    table = np.array([column[known] for column in ranks.values()])
    error = 1 / math.sqrt(free) if (free := known.sum() - len(ranks) - 2) > 0 else math.nan
    half = float(stats.norm.ppf((1 + confidence) / 2)) * error
    for place, parameter in enumerate(ranks):
        others = np.vstack([np.ones(known.sum()), np.delete(table, place, axis=0)]).T
        one, other = (_residual(others, column) for column in (table[place], outcome))
        size = math.sqrt((one**2).sum() * (other**2).sum())
        value = float((one * other).sum() / size) if size > 0 and free > 0 else math.nan
        z = np.arctanh(np.clip(value, -1 + 1e-15, 1 - 1e-15))
        yield _row(parameter, CORRELATION, value, float(np.tanh(z - half)), float(np.tanh(z + half)))


def seed_share(values: Floats) -> Row:
    """Return the share of the variance of single runs that seeds make, alone and together with parameters.

    Parameters
    ----------
    values : ndarray, shape (points, seeds)
        An outcome. Components of variance follow from the mean squares of points, seeds and the rest; where seeds are
        not common to points, from those within and between points.
    """
    complete = values[~np.isnan(values).any(axis=1)]
    points, seeds = complete.shape
    if min(points, seeds) > 1:
        rest = complete - complete.mean(axis=1, keepdims=True) - complete.mean(axis=0) + complete.mean()
        left = float((rest**2).sum()) / ((points - 1) * (seeds - 1))
        of_seeds = left + max(0.0, float(complete.mean(axis=0).var(ddof=1)) - left / points)
        of_points = max(0.0, float(complete.mean(axis=1).var(ddof=1)) - left / seeds)
    else:
        rows = values[(~np.isnan(values)).sum(axis=1) > 1]
        if len(rows) < 2:
            return _row(SEED, SEED_SHARE, math.nan, math.nan, math.nan)
        within = np.nanvar(rows, axis=1, ddof=1)
        of_seeds = float(within.mean())
        of_points = max(0.0, float(mean_of(rows, 1).var(ddof=1) - (within / (~np.isnan(rows)).sum(axis=1)).mean()))
    total = of_seeds + of_points
    return _row(SEED, SEED_SHARE, of_seeds / total if total > 0 else math.nan, math.nan, math.nan)


def _row(parameter: str, measure: str, value: float, low: float, high: float) -> Row:
    return {
        "parameter": parameter,
        "measure": measure,
        "value": float(value),
        "low": float(low),
        "high": float(high),
    }


def _varies(values: Floats) -> bool:
    return not np.isnan(values).any() and bool(np.ptp(values) > 0)


def _residual(others: Floats, column: Floats) -> Floats:
    """Return what is left of a column after a least-squares fit on others; rounding counts as nothing."""
    left = column - others @ np.linalg.lstsq(others, column, rcond=None)[0]
    return np.where(np.abs(left) <= 1e-9 * float(np.abs(column).max(initial=1.0)), 0.0, left)
