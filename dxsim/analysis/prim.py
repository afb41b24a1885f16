"""The patient rule induction method (PRIM): boxes of inputs in which cases of interest are frequent.

Peeling cuts off a small slice of the box at a time, the one after whose loss the share of interest rises most for each
case that is lost; pasting gives back what was cut too far. Every box on the way is kept: a reader chooses between boxes
that hold many of the cases of interest (coverage) and boxes that hold few others (density).

Sources: Friedman and Fisher (1999); Bryant and Lempert (2010) for its use in discovering scenarios, and for quasi-p
values. The objective is the gain for each lost case, which is fair to inputs with few values (Kwakkel and Jaxa-Rozen
2016).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

PEEL, PASTE = 0.05, 0.05  # shares of the cases in the box, or beside it, that a step takes
SMALLEST = 0.05  # share of all cases that a box holds at least

Limit = tuple[float, float] | frozenset[int]
"""Of an ordered input: low and high, both included, infinite where free. Of a categorical one: the codes inside."""
FREE = (-math.inf, math.inf)


@dataclass(frozen=True)
class Box:
    """One box.

    Attributes
    ----------
    limits : mapping of str to Limit
        Of the inputs that it restricts, in the order of inputs.
    inside : ndarray of bool, shape (cases,)
        Which cases lie in it.
    """

    limits: Mapping[str, Limit]
    inside: Bools


@dataclass(frozen=True)
class Inputs:
    """What boxes are made of.

    Attributes
    ----------
    columns : mapping of str to ndarray, shape (cases,)
        Values of each input; of a categorical one codes, 0 and up.
    categories : mapping of str to int
        How many codes a categorical input has; all others are ordered.
    """

    columns: Mapping[str, Floats]
    categories: Mapping[str, int]

    def box(self, limits: Mapping[str, Limit]) -> Box:
        """Return the box of these limits; those that are free are left out."""
        kept = {name: limits[name] for name in self.columns if name in limits and not self._is_free(name, limits[name])}
        size = len(next(iter(self.columns.values())))
        parts = [is_within(self.columns[name], limit) for name, limit in kept.items()]
        return Box(kept, np.logical_and.reduce(parts) if parts else np.ones(size, bool))

    def _is_free(self, name: str, limit: Limit) -> bool:
        return len(limit) == self.categories[name] if isinstance(limit, frozenset) else limit == FREE

    def limit(self, box: Box, name: str) -> Limit:
        """Return the limit of an input in a box, free or not."""
        free = frozenset(range(self.categories[name])) if name in self.categories else FREE
        return box.limits.get(name, free)


def is_within(values: Floats, limit: Limit) -> Bools:
    """Return which values lie within a limit."""
    if isinstance(limit, frozenset):
        return np.isin(values, list(limit))
    return np.asarray((values >= limit[0]) & (values <= limit[1]))


def prim(inputs: Inputs, of_interest: Bools) -> list[Box]:
    """Return the boxes of a peeling and pasting trajectory, the first with all cases.

    Parameters
    ----------
    inputs : Inputs
    of_interest : ndarray of bool, shape (cases,)
        Some are and some are not.

    Returns
    -------
    list of Box
        Peeling goes on while the density rises and at least `SMALLEST` of the cases are left; pasting while it rises.
    """
    boxes = [inputs.box({})]
    least = SMALLEST * of_interest.size
    while (best := _best(boxes[-1], peels(inputs, boxes[-1]), of_interest)) and best.inside.sum() >= least:
        boxes.append(best)
    while best := _best(boxes[-1], pastes(inputs, boxes[-1]), of_interest):
        boxes.append(best)
    return boxes


def _best(box: Box, candidates: Iterator[Box], of_interest: Bools) -> Box | None:
    """Return the candidate that raises the density most for each case between it and the box, if one raises it.

    Of equals, the one that restricts fewer inputs, then the first.
    """
    before, size = density(box, of_interest), box.inside.sum()
    scored = []
    for candidate in candidates:
        if (count := candidate.inside.sum()) not in (0, size):
            gain = (density(candidate, of_interest) - before) / abs(int(count) - int(size))
            scored.append((gain, -len(candidate.limits), candidate))
    best = max(scored, key=lambda entry: entry[:2], default=None)
    return best[2] if best and best[0] > 0 else None


def peels(inputs: Inputs, box: Box) -> Iterator[Box]:
    """Yield the boxes that are left when one slice is cut off."""
    for name, column in inputs.columns.items():
        limit = inputs.limit(box, name)
        if isinstance(limit, frozenset):
            for code in sorted(limit) if len(limit) > 1 else ():
                yield inputs.box({**box.limits, name: limit - {code}})
            continue
        low, high = limit
        values = column[box.inside]
        yield inputs.box({**box.limits, name: (low, -cut(-values, PEEL, -high))})
        yield inputs.box({**box.limits, name: (cut(values, PEEL, low), high)})


def pastes(inputs: Inputs, box: Box) -> Iterator[Box]:
    """Yield the boxes that there are when a slice beside the box is added."""
    for name, column in inputs.columns.items():
        if name not in box.limits:
            continue
        limit = box.limits[name]
        if isinstance(limit, frozenset):
            for code in sorted(set(range(inputs.categories[name])) - limit):
                yield inputs.box({**box.limits, name: limit | {code}})
            continue
        low, high = limit
        values = column[inputs.box({other: box.limits[other] for other in box.limits if other != name}).inside]
        if (below := values[values < low]).size:
            yield inputs.box({**box.limits, name: (-cut(-below, PASTE, math.inf), high)})
        if (above := values[values > high]).size:
            yield inputs.box({**box.limits, name: (low, cut(above, PASTE, math.inf))})


def cut(values: Floats, share: float, otherwise: float) -> float:
    """Return the limit above the lowest `share` of values: midway between what it parts.

    Where the values at the limit are equal they stay on one side: above it, or, if they are the lowest, below.

    Parameters
    ----------
    values : ndarray, shape (n,)
        At least one.
    share : float
        0 to 1.
    otherwise : float
        What is returned where all values are equal.

    Examples
    --------
    >>> cut(np.arange(40.0), 0.05, 0), cut(np.array([1.0, 1, 1, 2, 2]), 0.05, 0), cut(np.array([0.0, 1, 1, 1]), 0.5, 0)
    (1.5, 1.5, 0.5)
    """
    ordered = np.sort(values)
    place = int((ordered.size - 1) * share)
    at = ordered[place]
    below, above = ordered[ordered < at], ordered[ordered > at]
    is_tied = place + 1 < ordered.size and ordered[place + 1] == at
    if is_tied and below.size:
        return float((below[-1] + at) / 2)
    return float((at + above[0]) / 2) if above.size else otherwise


def density(box: Box, of_interest: Bools) -> float:
    """Return the share of the cases in a box that are of interest; nan without a case."""
    count = int(box.inside.sum())
    return int((of_interest & box.inside).sum()) / count if count else math.nan


def coverage(box: Box, of_interest: Bools) -> float:
    """Return the share of the cases of interest that lie in a box."""
    return float((of_interest & box.inside).sum() / of_interest.sum())


def quasi_p(inputs: Inputs, box: Box, name: str, of_interest: Bools) -> float:
    """Return how likely chance alone had made the box as dense, if the limit of an input did nothing.

    One-sided, from a binomial law with the density of the box without that limit. The box was chosen for being dense,
    so this is no test; it tells limits that do much from limits that do little.
    """
    from scipy import stats

    wider = inputs.box({other: box.limits[other] for other in box.limits if other != name})
    hits, count = int((of_interest & box.inside).sum()), int(box.inside.sum())
    return float(stats.binom.sf(hits - 1, count, density(wider, of_interest)))


def choose(boxes: Sequence[Box], of_interest: Bools) -> int:
    """Return the number of the box with the highest harmonic mean of coverage and density.

    Of those within `_NEAR` of it, the one that restricts the fewest inputs; then the highest.
    """
    scores = []
    for box in boxes:
        one, other = coverage(box, of_interest), density(box, of_interest)
        scores.append(2 * one * other / (one + other) if one + other else 0.0)
    near = [place for place, score in enumerate(scores) if score >= max(scores) - _NEAR]
    return min(near, key=lambda place: (len(boxes[place].limits), -scores[place]))


_NEAR = 0.02
