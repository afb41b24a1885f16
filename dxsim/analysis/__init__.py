"""WHICH DIFFERS, AND HOW SURE IS IT: comparisons and sensitivity of finished sweeps, from their tables alone."""

from dxsim.analysis.comparison import Comparison, compare
from dxsim.analysis.indices import sensitivity
from dxsim.analysis.selection import select

__all__ = ["Comparison", "compare", "select", "sensitivity"]
