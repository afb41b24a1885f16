"""A quick stand-in for the model: what a statistic is at a point, as a quadratic surface fitted to runs.

Ridge regression on all squares and products of the parameters in the unit cube; the strength of the penalty, by
statistic, is the one with the smallest leave-one-out error. Needs scikit-learn, the extra ``dxsim[calibrate]``.

Source: response surfaces, Box and Wilson (1951); emulators in history matching, Craig et al. (1997).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PENALTIES = np.geomspace(0.1, 1e5, 25)


class Emulator:
    """Surfaces of k statistics over d parameters.

    Parameters
    ----------
    points : ndarray
        In the unit cube, (n, d).
    means : ndarray
        Statistics, means over seeds, (n, k).

    Attributes
    ----------
    error : ndarray
        Covariance of the errors where a point is left out, (k, k): of the surfaces, and of the seeds behind a mean.
    """

    def __init__(self, points: Floats, means: Floats) -> None:
        from sklearn.linear_model import RidgeCV

        known = np.where(np.isnan(means), np.nanmean(means, axis=0), means)
        features = quadratic(points)
        self._middle, self._spread = features.mean(axis=0), features.std(axis=0)
        self._spread[self._spread == 0] = 1.0
        x = (features - self._middle) / self._spread
        fits: list[Any] = [
            RidgeCV(alphas=PENALTIES, scoring="neg_mean_squared_error", store_cv_results=True).fit(x, column)
            for column in known.T
        ]
        self._slopes = np.array([fit.coef_ for fit in fits]).T
        self._level = np.array([fit.intercept_ for fit in fits])
        foretold = [fit.cv_results_[:, list(PENALTIES).index(fit.alpha_)] for fit in fits]
        left_out = known - np.array(foretold).T
        self.error: Floats = left_out.T @ left_out / len(left_out)

    def __call__(self, points: Floats) -> Floats:
        """Return the statistics at points (n, d), (n, k)."""
        return np.asarray((quadratic(points) - self._middle) / self._spread @ self._slopes + self._level)


def quadratic(points: Floats) -> Floats:
    """Return the coordinates of points (n, d), from -1 to 1, their squares and products, (n, d (d + 3) / 2)."""
    x = 2.0 * points - 1.0
    one, other = np.triu_indices(x.shape[1])
    return np.hstack([x, x[:, one] * x[:, other]])
