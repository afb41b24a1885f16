"""WHICH DIFFERS, AND HOW SURE IS IT: comparisons and sensitivity of finished sweeps, from their tables alone."""

from dxsim.analysis.comparison import Comparison, compare
from dxsim.analysis.indices import sensitivity

__all__ = ["Comparison", "compare", "sensitivity"]
