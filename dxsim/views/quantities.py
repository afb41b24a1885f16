"""How outcomes are written: in a unit of a handy size, differences of shares as percentage points."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass

import pandas as pd

from dxsim.language import current_language
from dxsim.sweep.layout import DICTIONARY
from dxsim.sweep.store import Results
from dxsim.views.labels import kpi_label, labels
from dxsim.views.yen import yen_scale

_MILLION, _THREE_DIGITS = 1e6, 1e2
MEASURES = {"cost_per_resident": "cost_per_resident_2035"}  # of strata that are a KPI of another name

SHOWN = (
    "live_share_2026_01",
    "live_share_deadline",
    "live_share_2031_03",
    "late_share",
    "late_reason_share_R4",
    "late_reason_share_R5",
    "municipalities_late_share",
    "mean_late_systems",
    "months_to_live_90",
    "one_off_cost",
    "subsidy_paid",
    "own_burden",
    "running_cost_ratio_2035",
    "cost_per_resident_2035",
    "hhi_systems",
    "switch_rate",
    "cooperating_share",
    "saving_per_resident",
    "peak_overloaded_share",
    "impact_person_months",
    "excluded_share",
    "digital_gap",
    "exposed_records",
)
"""KPIs that screens and reports show first; tables hold all of them."""


@dataclass(frozen=True)
class Scale:
    """A unit in which values of an outcome are written.

    Attributes
    ----------
    factor : float
        What a value is multiplied by.
    unit, difference_unit : str
        What it then is, in words; a difference of per cent is in points.
    decimals : int
    """

    factor: float
    unit: str
    difference_unit: str
    decimals: int

    def text(self, value: float, *, signed: bool = False) -> str:
        """Return a value, without its unit; a dash where there is none."""
        if math.isnan(value):
            return "–"
        written = f"{self.factor * value:{'+' if signed else ''},.{self.decimals}f}"
        return written.lstrip("+-") if float(written.replace(",", "")) == 0 else written

    def range_text(self, low: float, high: float) -> str:
        """Return an interval; a dash where there is none."""
        return "–" if math.isnan(low) else f"[{self.text(low, signed=True)}, {self.text(high, signed=True)}]"


def scale_of(unit: str, largest: float, smallest: float) -> Scale:
    """Return the unit for values up to `largest` among which differences as small as `smallest` are to be told apart.

    Parameters
    ----------
    unit : str
        As in ``kpis.csv``.
    largest, smallest : float
        Magnitudes in that unit; a `smallest` of 0 or nan asks for no more than three digits of the largest.
    """
    text = labels()
    if unit.startswith("share"):
        factor, name, of_difference = 100.0, "%", text["unit_points"]
    else:
        factor, name = 1.0, unit_text(unit)
        if unit == "yen":
            size, name = yen_scale(largest)
            factor = 1 / size
        elif largest >= _MILLION:
            factor, name = 1 / _MILLION, text["unit_millions"].format(unit=name)
        of_difference = name
    told = smallest if smallest > 0 else largest / _THREE_DIGITS
    decimals = 0 if not told > 0 else max(0, min(6, -math.floor(math.log10(factor * told))))
    return Scale(factor, name, of_difference, decimals)


def scale_of_differences(rows: pd.DataFrame) -> Scale:
    """Return the unit for rows of one outcome in a table of differences, fine enough for their Monte Carlo errors."""
    unit = str(rows["unit"].iloc[0])
    largest = float(rows[["reference_mean", "case_mean"]].abs().max(axis=None))
    errors = rows["monte_carlo_error"]
    return scale_of(unit, largest, float(errors[errors > 0].min()))


def unit_text(unit: str) -> str:
    """Return a unit of ``kpis.csv`` in words; English is what the table has."""
    return labels().get(f"unit_{unit}", unit)


def outcome_label(name: str) -> str:
    """Return what a KPI, or a measure of strata, is called; its name if it has no label."""
    try:
        return kpi_label(MEASURES.get(name, name))
    except KeyError:
        return labels().get(f"measure_{name}", name)


def column_label(results: Results, table: str, column: str) -> str:
    """Return what a column of the records of a sweep means, as the sweep's own dictionary has it, else its name."""
    with (results.folder / DICTIONARY).open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if (row["table"], row["column"]) == (table, column):
                return row[f"meaning_{current_language()}"]
    return column
