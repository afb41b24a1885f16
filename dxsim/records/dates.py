"""Months as dates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dxsim.terms.calendar import FIRST_MONTH, FIRST_YEAR

_START = np.datetime64(f"{FIRST_YEAR}-{FIRST_MONTH:02d}", "M")


def month_starts(indices: npt.ArrayLike) -> npt.NDArray[np.datetime64]:
    """Return month indices as dates; below zero is NaT."""
    index = np.asarray(indices, np.int64)
    return np.where(index >= 0, (_START + index).astype("datetime64[ms]"), np.datetime64("NaT", "ms"))
