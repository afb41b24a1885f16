"""WHICH DIFFERS, AND HOW SURE IS IT: comparisons and sensitivity of finished sweeps, from their tables alone."""

from dxsim.analysis.comparison import Comparison, compare
from dxsim.analysis.curves import one_at_a_time
from dxsim.analysis.indices import sensitivity
from dxsim.analysis.selection import select

__all__ = ["Comparison", "compare", "one_at_a_time", "select", "sensitivity"]
