"""Seeds of runs."""

from __future__ import annotations

from numbers import Integral

from dxsim.language import say

LARGEST_SEED = 2**63 - 1


def read_seed(value: object) -> int:
    """Return a seed as an int; any kind of whole number will do, such as numpy's.

    Raises
    ------
    ValueError
        If it is no whole number, or out of bounds.

    Examples
    --------
    >>> import numpy as np
    >>> read_seed(np.int64(3))
    3
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or not 0 <= int(value) <= LARGEST_SEED:
        bounds = {"largest": LARGEST_SEED, "value": repr(value)}
        raise ValueError(say("a whole number from 0 to {largest} was expected (got {value})", **bounds))
    return int(value)
