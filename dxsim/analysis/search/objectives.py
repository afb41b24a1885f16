"""What a search makes less or more: KPIs, and what the public pays in all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from dxsim.terms.calendar import MONTHS
from dxsim.terms.kpis import find_kpi, kpi_names

PUBLIC_COST = "public_cost"
PARTS_OF_COST = (
    *("one_off_cost", "running_cost", "parallel_cost", "interface_cost", "coordination_cost", "channel_cost"),
    "programme_cost",
)
"""KPIs that `PUBLIC_COST` sums up: what is bought. Subsidies, grants and penalties only change hands."""
DEFAULT = ("late_share", PUBLIC_COST, "excluded_share", "excluded_share_worst_10_percent")
NEITHER = "neither"


@cache
def objective_names() -> tuple[str, ...]:
    """Return all that can be named as an objective."""
    return (*kpi_names(range(MONTHS)), PUBLIC_COST)


def unit(name: str) -> str:
    """Return the unit of an objective."""
    return "yen" if name == PUBLIC_COST else find_kpi(name)[0].unit


def direction(name: str) -> str:
    """Return what is better of an objective: ``less``, ``more`` or ``neither``."""
    return "less" if name == PUBLIC_COST else find_kpi(name)[0].direction


def value(name: str, kpis: Mapping[str, float], price: float) -> float:
    """Return an objective of a run from its KPIs and the `price` (yen) of the levers that its policy uses."""
    if name == PUBLIC_COST:
        return sum(kpis[part] for part in PARTS_OF_COST) + price
    return kpis.get(name, float("nan"))
