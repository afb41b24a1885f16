"""Staged cut-overs lower incidents and pay for interfaces meanwhile; what they cost staff depends on its number."""

from __future__ import annotations

from collections.abc import Callable

from dxsim.analysis.comparison import unit_and_direction
from dxsim.views.quantities import outcome_label
from experiments.common.claims import Claim
from experiments.common.figure import Panel
from experiments.common.outcomes import Floats, Runs

CONDITIONS = ("few staff", "more staff", "tested", "in parallel")
FEW, MORE = CONDITIONS[:2]
INCIDENTS, INTERFACES, OVERLOAD = "incidents", "interface_cost", "overload_months"


def at_once_and_staged(outcome: str, condition: str) -> Callable[[Runs], tuple[Floats, Floats]]:
    """Return what gives an outcome of cut-overs at once and of staged ones."""
    return lambda runs: (runs(f"at once, {condition}", outcome), runs(f"staged, {condition}", outcome))


def extra(runs: Runs, outcome: str, condition: str) -> Floats:
    """Return what staged cut-overs add to an outcome."""
    at_once, staged = at_once_and_staged(outcome, condition)(runs)
    return staged - at_once


def panel(outcome: str) -> Panel:
    """Return a panel of staged against at once, by condition."""
    points = [(condition, at_once_and_staged(outcome, condition)) for condition in CONDITIONS]
    return Panel(outcome_label(outcome), unit_and_direction(outcome)[0], points)


REFERENCE = "all systems of a package at once, under the same condition"
CLAIMS = (
    Claim(
        "incidents of staged cut-overs, less of those at once (few staff)",
        "incidents",
        "lower",
        at_once_and_staged(INCIDENTS, FEW),
    ),
    Claim(
        "the cost of interfaces of staged cut-overs, less of those at once (few staff)",
        "yen",
        "higher",
        at_once_and_staged(INTERFACES, FEW),
    ),
    Claim(
        "the overload that staging adds where staff is few, less where prefectures lend more",
        "person-months",
        "higher",
        lambda runs: (extra(runs, OVERLOAD, MORE), extra(runs, OVERLOAD, FEW)),
    ),
)
PANELS = tuple(
    panel(outcome)
    for outcome in (
        *(INCIDENTS, INTERFACES, OVERLOAD),
        *("impact_person_months", "restricted_mean_months_to_live", "late_share"),
    )
)
