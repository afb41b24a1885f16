"""What tests of the whole model vary: every parameter with a range in the registry."""

from __future__ import annotations

from dxsim.scenario.registry import REGISTRY


def ranges() -> dict[str, tuple[float, float]]:
    """Return the ends of the range by full name, as the numbers that the kernels use: months are indices."""
    return {
        name: (float(parameter.code(parameter.low)), float(parameter.code(parameter.high)))
        for name, parameter in REGISTRY.items()
        if parameter.distribution
    }
