"""Simpler predictors of what happens to a municipality, which a simulation has to beat.

Each foretells the outcomes of a tenth of the municipalities from those of the others (cross-validation in ten folds,
the same for all). They need scikit-learn, the extra ``dxsim[validate]``.

    constant                 the share among the others
    size                     logistic regression on ln(population)
    size_fiscal_prefecture   the same, with the fiscal index and each prefecture (ridge)
    neighbours               the same, with the share among the known neighbours over land that are not in the fold
    boosted_trees            gradient boosting on all of this, without shapes given in advance
    gaussian_process         size, fiscal index, prefecture and distance (`dxsim.analysis.gaussian_process`)

A simulation knows none of the outcomes. It is scored as it is, and recalibrated (``_recalibrated``): a logistic
regression on its log odds, in the same folds, which moves its level and slope and leaves its ranking.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import pdist, squareform

from dxsim.analysis.gaussian_process import foretold, of_places, strengths
from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.records.frame import Frame

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FOLDS = 10
RIDGE = 1.0  # strength of the penalty on prefectures and slopes (scikit-learn's C)
SURE = 1e-3  # log odds of a simulation are cut off here


class Classifier(Protocol):
    """A fitted classifier of scikit-learn."""

    def predict_proba(self, x: Floats, /) -> Floats:
        """Return the probabilities of each class, (rows, classes)."""


def is_available() -> bool:
    """Return whether scikit-learn is installed."""
    return find_spec("sklearn") is not None


def check_available() -> None:
    """Refuse to go on without scikit-learn.

    Raises
    ------
    InputError
        With the way out.
    """
    if not is_available():
        what = say("simpler predictors need scikit-learn: pip install 'dxsim[validate]'")
        raise InputError(say("validate"), [Problem("", what)])


def folds_of(n: int, seed: int = 1) -> npt.NDArray[np.int64]:
    """Return the fold of each of `n` municipalities, 0 to FOLDS - 1, drawn; as equal in size as can be."""
    return np.random.default_rng(seed).permutation(np.arange(n) % FOLDS)


def rivals(frame: Frame, known: Floats) -> dict[str, Floats]:
    """Return what each simpler predictor foretells.

    Parameters
    ----------
    frame : Frame
        Of the nation.
    known : ndarray
        Outcomes by municipality, 0, 1 or nan where not known, (n,).

    Returns
    -------
    dict of str to ndarray
        Probabilities of the municipalities whose outcome is known, in their order.
    """
    at = np.flatnonzero(~np.isnan(known))
    y, fold = known[at], folds_of(at.size)
    size = scaled(np.log(np.maximum(frame.population, 1.0)))[:, None]
    places = frame.nation.municipalities
    fiscal = places["fiscal_index"].to_numpy(np.float64)
    fiscal = scaled(np.where(np.isnan(fiscal), np.nanmean(fiscal), fiscal))[:, None]
    prefecture = places["prefecture"].to_numpy()
    of_prefecture = (prefecture[:, None] == np.unique(prefecture)).astype(np.float64)
    wide = np.hstack([size, fiscal, of_prefecture])

    def with_neighbours(base: Floats) -> Callable[[npt.NDArray[np.bool_]], Floats]:
        return lambda is_training: np.hstack([base, neighbours_share(frame, at, y, is_training)[at][:, None]])

    return {
        "constant": cross_validated(lambda _: np.zeros((at.size, 0)), y, fold, constant),
        "size": cross_validated(lambda _: size[at], y, fold, logistic),
        "size_fiscal_prefecture": cross_validated(lambda _: wide[at], y, fold, logistic),
        "neighbours": cross_validated(with_neighbours(wide[at]), y, fold, logistic),
        "boosted_trees": cross_validated(with_neighbours(wide[at]), y, fold, boosted_trees),
        "gaussian_process": from_the_others(by_place(frame, size[:, 0], fiscal[:, 0]), at, y, fold),
    }


def by_place(frame: Frame, size: Floats, fiscal: Floats) -> Floats:
    """Return the covariances of places by size, fiscal index (both scaled), prefecture and distance, (7, n, n)."""
    alike = np.exp(-squareform(pdist(np.column_stack([size, fiscal]), "sqeuclidean")) / 2)
    return np.array([*of_places(frame), np.outer(size, size), np.outer(fiscal, fiscal), alike])


def from_the_others(covariances: Floats, at: Integers, y: Floats, fold: Integers) -> Floats:
    """Return what a Gaussian process foretells of each known place, in row `at`, from those of the other folds."""

    def fit(known: Floats, outcomes: Floats) -> Callable[[Floats], Floats]:
        rows = known[:, 0].astype(np.int64)
        strength = strengths(covariances, rows, outcomes)
        return lambda wanted: foretold(covariances, strength, rows, outcomes, wanted[:, 0].astype(np.int64))

    return cross_validated(lambda _: at[:, None].astype(np.float64), y, fold, fit)


def recalibrated(p: Floats, y: Floats) -> Floats:
    """Return probabilities `p` with level and slope of their log odds fitted to the outcomes of the other folds."""
    odds = np.log(np.clip(p, SURE, 1 - SURE) / np.clip(1 - p, SURE, 1 - SURE))[:, None]
    return cross_validated(lambda _: odds, y, folds_of(y.size), logistic)


def cross_validated(
    features: Callable[[npt.NDArray[np.bool_]], Floats],
    y: Floats,
    fold: npt.NDArray[np.int64],
    fit: Callable[[Floats, Floats], Callable[[Floats], Floats]],
) -> Floats:
    """Return what a predictor fitted to the other folds foretells for each, (n,); features may depend on these."""
    p = np.empty(y.size)
    for number in range(FOLDS):
        is_training = fold != number
        x = features(is_training)
        p[~is_training] = fit(x[is_training], y[is_training])(x[~is_training])
    return p


def constant(_: Floats, y: Floats) -> Callable[[Floats], Floats]:
    """Return the predictor that always foretells the share among `y`."""
    return lambda x: np.full(len(x), y.mean())


def logistic(x: Floats, y: Floats) -> Callable[[Floats], Floats]:
    """Return a logistic regression with a ridge."""
    from sklearn.linear_model import LogisticRegression

    return _probability(LogisticRegression(C=RIDGE, max_iter=1000).fit(x, y))


def boosted_trees(x: Floats, y: Floats) -> Callable[[Floats], Floats]:
    """Return gradient-boosted trees, small and slow to learn, since there are few municipalities."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    trees = HistGradientBoostingClassifier(learning_rate=0.05, max_leaf_nodes=8, max_iter=100, random_state=1)
    with threadpool_limits(1):  # there is too little to do for more
        return _probability(trees.fit(x, y))


def _probability(model: Classifier) -> Callable[[Floats], Floats]:
    return lambda x: np.asarray(model.predict_proba(x)[:, 1])


def neighbours_share(frame: Frame, at: npt.NDArray[np.int64], y: Floats, is_training: npt.NDArray[np.bool_]) -> Floats:
    """Return the mean outcome of each municipality's known neighbours in training, (n,), shrunk to that of all."""
    n = len(frame.population)
    value, weight = np.zeros(n), np.zeros(n)
    value[at[is_training]], weight[at[is_training]] = y[is_training], 1.0
    total, count = np.zeros(n), np.zeros(n)
    one, other = frame.land_neighbours
    for a, b in ((one, other), (other, one)):
        np.add.at(total, a, value[b])
        np.add.at(count, a, weight[b])
    return np.asarray((total + y[is_training].mean()) / (count + 1.0))


def scaled(values: Floats) -> Floats:
    """Return values in standard deviations from their mean."""
    spread = values.std()
    return np.asarray((values - values.mean()) / (spread if spread > 0 else 1.0))


NAMES: Mapping[str, Mapping[str, str]] = {
    "simulation": {"en": "the simulation", "ja": "シミュレーション"},
    "simulation_recalibrated": {"en": "the simulation, recalibrated", "ja": "シミュレーション（再較正）"},
    "conditioned": {"en": "the simulation, given the other folds", "ja": "シミュレーション（既知の団体で条件付け）"},
    "gaussian_process": {
        "en": "Gaussian process: size, fiscal index, place",
        "ja": "ガウス過程（規模・財政力・位置）",
    },
    "constant": {"en": "a constant", "ja": "定数"},
    "size": {"en": "size", "ja": "人口規模"},
    "size_fiscal_prefecture": {"en": "size, fiscal index, prefecture", "ja": "人口規模・財政力・都道府県"},
    "neighbours": {"en": "the same and neighbours", "ja": "同上と隣接団体"},
    "boosted_trees": {"en": "boosted trees", "ja": "勾配ブースティング木"},
}
"""Predictor -> what it is called, by language."""
