"""Real Japan, from official files that a user downloads; no such file ships with dxsim."""

from dxsim.nation.official.build import build, build_nation

__all__ = ["build", "build_nation"]
