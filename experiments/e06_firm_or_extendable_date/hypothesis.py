"""Soft dates delay commitments and lower incidents of the rush; total harm is least between firm and soft."""

from __future__ import annotations

import numpy as np

from experiments.common.claims import Claim
from experiments.common.figure import Panel, against
from experiments.common.outcomes import Floats, Runs

FIRM, HARD, HOPED, SOFT = "firm", "hard ones", "hard ones, hoped for", "all, hoped for"
STEPS = (HARD, HOPED, SOFT)
NO_SHOCK = ", no shock"
COMMITTED, INCIDENTS, LATE_MONTHS = "committed_share_deadline", "incidents", "late_system_months"


def harm(runs: Runs, case: str, firm: str = FIRM) -> Floats:
    """Return months of late systems and incidents, each against those of the firm date, in equal parts."""
    parts = [(runs(case, name), runs(firm, name)) for name in (LATE_MONTHS, INCIDENTS)]
    against_firm = [np.divide(a, b, out=np.full_like(a, np.nan), where=b > 0) for a, b in parts]
    return np.asarray(sum(against_firm) / 2)


def harm_panel(title: str, suffix: str) -> Panel:
    """Return a panel of the harm of softer dates against the firm one."""
    firm = FIRM + suffix
    points = [
        (case, lambda runs, case=case + suffix: (harm(runs, firm, firm), harm(runs, case, firm))) for case in STEPS
    ]
    return Panel(title, "times that of the firm date", points, is_ordered=True)


REFERENCE = "the firm date (panels named no shock: the firm date, and no notice of vendors)"
CLAIMS = (
    Claim(
        "the share of systems committed at the deadline under the softest date, less under the firm one",
        "share",
        "lower",
        lambda runs: (runs(FIRM, COMMITTED), runs(SOFT, COMMITTED)),
    ),
    Claim(
        "incidents at cut-overs under the softest date, less under the firm one",
        "incidents",
        "lower",
        lambda runs: (runs(FIRM, INCIDENTS), runs(SOFT, INCIDENTS)),
    ),
    Claim(
        "the harm of the better of the dates in between, less that of the better of the two ends",
        "times that of the firm date",
        "lower",
        lambda runs: (
            np.minimum(harm(runs, FIRM), harm(runs, SOFT)),
            np.minimum(harm(runs, HARD), harm(runs, HOPED)),
        ),
    ),
)
PANELS = (
    against(COMMITTED, FIRM, STEPS, is_ordered=True),
    against(LATE_MONTHS, FIRM, STEPS, is_ordered=True),
    against(INCIDENTS, FIRM, STEPS, is_ordered=True),
    harm_panel("Harm: late system-months and incidents, the firm date = 1", ""),
    against(LATE_MONTHS, FIRM, STEPS, title="Late system-months, no shock", suffix=NO_SHOCK, is_ordered=True),
    harm_panel("Harm, no shock", NO_SHOCK),
)
