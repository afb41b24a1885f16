"""How well a point of the parameters is in keeping with what was observed, and draws of points that are.

    misfit        r' S^-1 r      r = observed - emulated mean over seeds, in bounds 0; S = discrepancy^2 + emulator^2
    implausible   where the second largest |r_j| / s_j is above 3, s_j^2 the diagonal of S (history matching)
    density       uniform in the unit cube x exp(-misfit / (2 spread)); spread 1 is the posterior

So a point is good if what happened is typical of it: the mean of its worlds. Japan is one draw of chance, though, and a
point may be right of whose worlds it is an unusual one; then S takes in the covariance over seeds too (`is_one_draw`).
Draws are by ensembles of Markov chains that move along differences of each other (emcee, the extra
``dxsim[calibrate]``).

Sources: Craig et al. (1997) for implausibility, Wood (2010) for synthetic likelihoods, Foreman-Mackey et al. (2013).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg import cholesky, solve_triangular

from dxsim.analysis.emulator import Emulator
from dxsim.analysis.targets import Targets

Floats = npt.NDArray[np.float64]

NUGGET = 1e-6  # share of the variances that keeps a covariance from few runs invertible
IMPLAUSIBLE = 3.0  # Pukelsheim (1994): 95 % of any unimodal distribution lies within three standard deviations
CHAINS_PER_DIMENSION, FEWEST_CHAINS = 4, 64
STEPS, KEPT = 2000, 0.5  # of each chain, and the part of them at the end from which draws are taken


class Likelihood:
    """What the emulator says of a point, held against the targets.

    Parameters
    ----------
    emulator : Emulator
        Of the targets, on their scales.
    targets : Targets
        What was observed, k statistics.
    of_seeds : ndarray
        Covariance over seeds, (k, k).
    seeds : int
        Behind each mean that the emulator was fitted to.
    is_one_draw : bool
        Whether what was observed is one world, and not the mean of many.
    """

    def __init__(
        self, emulator: Emulator, targets: Targets, of_seeds: Floats, seeds: int, *, is_one_draw: bool = False
    ) -> None:
        self.emulator, self.targets = emulator, targets
        values, vectors = np.linalg.eigh(emulator.error - of_seeds / seeds)
        of_emulator = vectors * np.maximum(values, 0.0) @ vectors.T
        covariance = np.diag(targets.discrepancy**2) + of_emulator + (of_seeds if is_one_draw else 0.0)
        self.spread: Floats = np.sqrt(np.diag(covariance))
        self._root = cholesky(covariance + np.diag(np.diag(covariance)) * NUGGET, lower=True)

    def misfit(self, points: Floats) -> Floats:
        """Return the misfit of points (n, d), (n,)."""
        misses = self.targets.misses(self.emulator(points))
        return np.asarray((solve_triangular(self._root, misses.T, lower=True) ** 2).sum(axis=0))

    def is_plausible(self, points: Floats) -> npt.NDArray[np.bool_]:
        """Return which of the points (n, d) are not ruled out, (n,)."""
        sizes = np.abs(self.targets.misses(self.emulator(points))) / self.spread
        return np.asarray(np.partition(sizes, -2, axis=1)[:, -2] <= IMPLAUSIBLE)

    def draws(self, count: int, dimensions: int, seed: int, spread: float = 1.0) -> Floats:
        """Return draws of the density in the unit cube, (count, d); the same for the same seed."""
        import emcee

        def log_density(points: Floats) -> Floats:
            inside = ((points >= 0.0) & (points <= 1.0)).all(axis=1)
            return np.where(inside, -self.misfit(np.clip(points, 0.0, 1.0)) / (2.0 * spread), -np.inf)

        chains = max(FEWEST_CHAINS, CHAINS_PER_DIMENSION * dimensions)
        chance = np.random.RandomState(seed)  # what emcee asks for
        start = chance.random_sample((50 * chains, dimensions))
        start = start[np.argsort(self.misfit(start))[:chains]]
        moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.1), (emcee.moves.StretchMove(), 0.1)]
        sampler = emcee.EnsembleSampler(chains, dimensions, log_density, moves=moves, vectorize=True)
        sampler.random_state = chance.get_state()
        sampler.run_mcmc(start, STEPS)
        kept = sampler.get_chain(discard=int(STEPS * (1 - KEPT)), flat=True)
        return np.asarray(kept[np.linspace(0, len(kept) - 1, count).round().astype(np.int64)])
