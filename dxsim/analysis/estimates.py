"""What a set of pairs says of a difference: estimates for many outcomes at once, from arrays.

The same letters stand for the axes everywhere: P points of uncertain parameters, S seeds, K outcomes; nan where a run
or an outcome is missing. The three kinds of uncertainty are kept apart:

* Monte Carlo: a t interval over seeds of the mean over points. It shrinks with more seeds.
* Parametric: quantiles over points of the mean over seeds. It stays however many seeds there are.
* Structural: the range over variants of the model; see `dxsim.analysis.comparison`.

No p-values: with enough runs any difference is significant, so they measure how many runs were bought.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FEWEST, MOST = 30, 1000  # replicates that are asked for
_Z = 1.96
_ROUNDING = 1e-12  # what is smaller against the values themselves is rounding
_CENTRE = 0.5


def differences(reference: Floats, case: Floats, confidence: float = 0.95) -> dict[str, Floats]:
    """Return means, paired differences and how sure they are, outcome by outcome.

    Parameters
    ----------
    reference, case : ndarray, shape (P, S, K)
        The same points and seeds in the same order; pairs with a nan are left out.
    confidence : float
        0 to 1, of the intervals.

    Returns
    -------
    dict of str to ndarray, shape (K,)
        ``reference_mean``, ``case_mean``, ``difference`` : means over seeds, then over points.
        ``monte_carlo_low``, ``monte_carlo_high`` : t interval of the difference over seeds; nan with fewer than two.
        ``monte_carlo_error`` : Monte Carlo standard error of the difference; ``reference_error``, ``case_error`` of
        the means.
        ``spread`` : standard deviation of the difference over seeds, s_D.
        ``correlation`` : of the two over seeds; nan where one of them does not vary.
        ``variance_ratio`` : variance of the paired difference over that of independent runs; below 1 where common
        random numbers helped.
        ``seeds``, ``points`` : how many were used.
        ``parametric_low``, ``parametric_high`` : quantiles over points; nan with fewer than two.
        ``reversed_seeds``, ``reversed_points`` : share of them in which the order of the two is that of their means
        turned round.
    """
    from scipy import stats

    missing = np.isnan(reference) | np.isnan(case)
    one, other = np.where(missing, np.nan, reference), np.where(missing, np.nan, case)
    scale = np.fmax(np.abs(mean_of(mean_of(one, 1), 0)), np.abs(mean_of(mean_of(other, 1), 0)))
    difference = other - one
    difference = np.where(np.abs(difference) <= _ROUNDING * scale, 0.0, difference)
    means, by_seed, by_point = zip(*(_summaries(values) for values in (one, other, difference)), strict=True)
    n = (~np.isnan(by_seed[2])).sum(axis=0)
    spread_one, spread_other, spread = (_spread(values, scale) for values in by_seed)
    root = np.sqrt(np.where(n > 0, n, np.nan))
    half = stats.t.ppf((1 + confidence) / 2, np.where(n > 1, n - 1, np.nan)) * spread / root
    independent = spread_one**2 + spread_other**2
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = quantiles(by_point[2], tails)
    return {
        "reference_mean": means[0],
        "case_mean": means[1],
        "difference": means[2],
        "monte_carlo_low": means[2] - half,
        "monte_carlo_high": means[2] + half,
        "monte_carlo_error": spread / root,
        "reference_error": spread_one / root,
        "case_error": spread_other / root,
        "spread": spread,
        "correlation": _ratio(independent - spread**2, 2 * spread_one * spread_other),
        "variance_ratio": _ratio(spread**2, independent),
        "seeds": n.astype(np.float64),
        "points": (~np.isnan(by_point[2])).sum(axis=0).astype(np.float64),
        "parametric_low": low,
        "parametric_high": high,
        "reversed_seeds": reversals(by_seed[2], means[2], scale),
        "reversed_points": reversals(by_point[2], means[2], scale),
    }


def seed_means(values: Floats) -> Floats:
    """Return the mean over points for each seed, shape (S, K).

    A point that a seed lacks counts as that point's mean, so that gaps bring no spread over points into it. A seed
    that has not more than half of the points is nan: where seeds are not crossed with points, there is no mean over
    points to speak of.
    """
    known = ~np.isnan(values)
    of_points = mean_of(values, 1)
    enough = known.sum(axis=0) > _CENTRE * (~np.isnan(of_points)).sum(axis=0)
    deviation = mean_of(values - of_points[:, None, :], 0)
    return np.where(enough, mean_of(of_points, 0) + deviation, np.nan)


def quantiles(values: Floats, at: list[float]) -> Floats:
    """Return quantiles over the first axis, shape (len(at), K); nan with fewer than two values."""
    several = (~np.isnan(values)).sum(axis=0) > 1
    result = np.full((len(at), values.shape[1]), np.nan)
    if several.any():
        result[:, several] = np.nanquantile(values[:, several], at, axis=0)
    return result


def reversals(values: Floats, means: Floats, scale: Floats) -> Floats:
    """Return the share of differences, shape (n, K), whose sign is that of their mean turned round; ties are none."""

    def sign(numbers: Floats) -> Floats:
        return np.where(np.abs(numbers) <= _ROUNDING * scale, 0.0, np.sign(numbers))

    n = (~np.isnan(values)).sum(axis=0)
    turned = (sign(values) * sign(means) < 0).sum(axis=0)
    return _ratio(turned.astype(np.float64), n.astype(np.float64))


def replicates_needed(spread: float, smallest: float) -> int:
    """Return how many seeds a claim about a difference of this size needs: ``(1.96 s_D / delta)^2``, 30 to 1,000.

    Parameters
    ----------
    spread : float
        Standard deviation of the paired difference over seeds, at least 0.
    smallest : float
        Smallest difference of interest, delta, at least 0.

    Examples
    --------
    >>> replicates_needed(0.02, 0.005), replicates_needed(0.0, 0.005), replicates_needed(1.0, 0.005)
    (62, 30, 1000)
    """
    if spread == 0 or math.isnan(spread):
        return FEWEST
    if smallest == 0:
        return MOST
    return int(np.clip(math.ceil((_Z * spread / smallest) ** 2), FEWEST, MOST))


def _summaries(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean, means by seed and means by point."""
    by_point = mean_of(values, 1)
    return mean_of(by_point, 0), seed_means(values), by_point


def mean_of(values: Floats, axis: int) -> Floats:
    """Return the mean of what is known along an axis; nan where nothing is."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return _ratio(total, known.sum(axis=axis).astype(np.float64))


def _spread(values: Floats, scale: Floats) -> Floats:
    """Return the standard deviation over the first axis, 0 where it is rounding, nan with fewer than two values."""
    known = ~np.isnan(values)
    n = known.sum(axis=0)
    squares = (np.where(known, values - mean_of(values, 0), 0.0) ** 2).sum(axis=0)
    spread = np.sqrt(_ratio(squares, np.where(n > 1, n - 1, 0).astype(np.float64)))
    return np.where(spread <= _ROUNDING * scale, 0.0, spread)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0))
