"""Cohorts that level the load of vendors lower incidents at the same mean date."""

from __future__ import annotations

import pandas as pd

from dxsim.sweep.store import Results
from experiments.common.claims import Claim
from experiments.common.figure import against
from experiments.common.outcomes import largest_monthly_rise

ONE, LATER, LEVELLED = "one date", "one date, later", "by vendor load"
OTHERS = (LATER, "large first", "small first", "by prefecture", "by lot", LEVELLED)
PEAK = "most_live_in_a_month"


def derive(results: Results) -> pd.DataFrame:
    """Return the systems that go live in the busiest month, by run."""
    return largest_monthly_rise(results, "live").to_frame(PEAK)


REFERENCE = "one date for all at the same mean date"
CLAIMS = (
    Claim(
        "incidents at cut-overs with cohorts that level the load of vendors, less with one date",
        "incidents",
        "lower",
        lambda runs: (runs(ONE, "incidents"), runs(LEVELLED, "incidents")),
    ),
    Claim(
        "the same, less with one date that is the last one of the cohorts",
        "incidents",
        "lower",
        lambda runs: (runs(LATER, "incidents"), runs(LEVELLED, "incidents")),
    ),
)
PANELS = (
    against("incidents", ONE, OTHERS),
    against("impact_person_months", ONE, OTHERS),
    against(PEAK, ONE, OTHERS, title="Systems that go live in the busiest month", unit="systems"),
    against("restricted_mean_months_to_live", ONE, OTHERS),
    against("live_share_2027_03", ONE, OTHERS),
    against("peak_overloaded_share", ONE, OTHERS),
)
