"""Which prediction the model bears out: a verdict follows from paired differences and their intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dxsim.app.lessons.lesson import Floats, Found, Measure, difference
from dxsim.records.size_classes import SIZE_CLASSES

SMALL = SIZE_CLASSES[: SIZE_CLASSES.index("30k_to_50k")]  # below 30,000 residents
LARGE = SIZE_CLASSES[SIZE_CLASSES.index("100k_to_200k") :]  # 100,000 and more
MANY_TIMES, SOME_TIMES, A_LITTLE = 5.0, 2.0, 1.25


def least(values: Mapping[str, Floats]) -> str:
    """Return which arm has least: its name, ``alike`` if several can't be told apart, or ``none``.

    An arm counts only if the interval of its difference from the first one leaves out zero.

    Parameters
    ----------
    values : mapping of str to ndarray, shape (seeds,)
        By arm, the reference first.
    """
    (_, reference), *others = values.items()
    helpful = [(name, found) for name, found in others if difference(reference, found).direction == "lower"]
    helpful.sort(key=lambda item: float(np.nanmean(item[1])))
    if not helpful:
        return "none"
    if len(helpful) > 1 and difference(helpful[1][1], helpful[0][1]).direction != "lower":
        return "alike"
    return helpful[0][0]


def small_or_large(found: Found, measure: str, before: str, after: str) -> str:
    """Return for whom a measure falls more from one arm to another: ``small`` or ``large`` ones, or both ``alike``.

    A class counts as one value, seed by seed; where the interval of the difference holds zero, they are alike.
    """

    def fall(classes: tuple[str, ...]) -> Floats:
        of_classes = [Measure(measure, name) for name in classes]
        parts = [each.of(found, before) - each.of(found, after) for each in of_classes]
        return np.asarray(np.nanmean(parts, axis=0), np.float64)

    return {"higher": "small", "lower": "large"}.get(difference(fall(LARGE), fall(SMALL)).direction, "alike")


def times(before: Floats, after: Floats) -> str:
    """Return by how much the mean has grown: ``same``, ``some`` (to twice), ``several`` (to five times) or ``many``."""
    ratio = float(after.mean() / before.mean()) if before.mean() else np.inf
    for name, bound in (("many", MANY_TIMES), ("several", SOME_TIMES), ("some", A_LITTLE)):
        if ratio >= bound:
            return name
    return "same"
