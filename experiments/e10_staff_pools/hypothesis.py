"""By need evens out service, the most overloaded first makes less late; they conflict where little staff is lent."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from dxsim.analysis.comparison import unit_and_direction
from dxsim.records.measures import gini
from dxsim.sweep.store import Results
from dxsim.views.quantities import outcome_label
from experiments.common.claims import Claim
from experiments.common.figure import Panel
from experiments.common.outcomes import Floats, Runs, over_municipalities

LATE, UNEVEN = "late_share", "gini_on_time"
CONDITIONS = ("1 lent", "15 lent", "slow rotation")
SMALL = CONDITIONS[0]


def derive(results: Results) -> pd.DataFrame:
    """Return the Gini coefficient over municipalities of the share of their systems that are in time, by run."""
    return over_municipalities(
        results, UNEVEN, lambda rows: gini((1 - rows["late_systems"] / rows["systems"]).to_numpy())
    )


def rules(outcome: str, reference: str, rule: str, condition: str) -> Callable[[Runs], tuple[Floats, Floats]]:
    """Return what gives an outcome under two rules."""
    return lambda runs: (runs(f"{reference}, {condition}", outcome), runs(f"{rule}, {condition}", outcome))


def panel(outcome: str, title: str = "", unit: str = "") -> Panel:
    """Return a panel of the two rules against equal shares, by condition."""
    points = [
        (f"{rule}, {condition}", rules(outcome, "equal", rule, condition))
        for condition in CONDITIONS
        for rule in ("need", "overload")
    ]
    return Panel(title or outcome_label(outcome), unit or unit_and_direction(outcome)[0], points)


REFERENCE = "equal shares of the same pool"
CLAIMS = (
    Claim(
        "the Gini coefficient of systems in time by need, less with the most overloaded first (one lent)",
        "index",
        "lower",
        rules(UNEVEN, "overload", "need", SMALL),
    ),
    Claim(
        "the share of late systems with the most overloaded first, less by need (one lent)",
        "share",
        "lower",
        rules(LATE, "need", "overload", SMALL),
    ),
)
PANELS = (
    panel(UNEVEN, "Gini coefficient of systems in time", "index"),
    panel(LATE),
    panel("overload_months"),
    panel("overloaded_share"),
    panel("delay_own_staff"),
    panel("resignations"),
)
