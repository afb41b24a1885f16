"""A hypothesis as differences between outcomes of runs, each with the sign that it says, and what is found.

A difference holds three intervals apart: over seeds (Monte Carlo), over points of what is not known (parametric) and
over readings of the model (structural). It is *supported* if both of the first two lie beyond zero on the side that the
hypothesis says and it is as large as the smallest difference of interest; *contradicted* if both stay below that size,
which is so for a sign turned round and for no difference to speak of; else *undecided*. A hypothesis is supported if
all its differences are, and contradicted if one of them is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from dxsim.analysis.comparison import RELATIVE_OF_INTEREST, SHARE_OF_INTEREST, verdict
from dxsim.analysis.estimates import differences
from dxsim.analysis.paired import direction_of
from experiments.common.outcomes import Floats, Runs

Side = Literal["higher", "lower"]
SUPPORTED, CONTRADICTED, UNDECIDED = "supported", "contradicted", "undecided"


@dataclass(frozen=True)
class Claim:
    """One difference of a hypothesis.

    Attributes
    ----------
    name : str
        What less what, in words.
    unit : str
        As in ``kpis.csv``.
    expected : {"higher", "lower"} or mapping
        Where the hypothesis puts it; by regime if it says so.
    pair : callable
        Gives what is compared under a regime, shape (points, seeds) each: the reference, and the case.
    """

    name: str
    unit: str
    expected: Side | Mapping[str, Side]
    pair: Callable[[Runs], tuple[Floats, Floats]]

    def side(self, regime: str) -> Side:
        """Return where the hypothesis puts the difference under a regime."""
        return self.expected if isinstance(self.expected, str) else self.expected[regime]


def estimated(reference: Floats, case: Floats) -> dict[str, float]:
    """Return the estimates of `dxsim.analysis.estimates.differences` for one pair, shape (points, seeds) each."""
    return {name: float(values[0]) for name, values in differences(reference[..., None], case[..., None]).items()}


def claim_table(claims: Sequence[Claim], regimes: Sequence[Runs]) -> pd.DataFrame:
    """Return a row for each claim and regime: estimates, three intervals, what can be said, and the verdict."""
    rows = []
    for claim in claims:
        of_claim: list[dict[str, Any]] = [
            {
                "claim": claim.name,
                "unit": claim.unit,
                "regime": runs.regime,
                "expected": claim.side(runs.regime),
                **estimated(*claim.pair(runs)),
            }
            for runs in regimes
        ]
        found = [row["difference"] for row in of_claim]
        several = len(found) > 1 and not np.isnan(found).any()
        for row in of_claim:
            row["structural_low"], row["structural_high"] = (min(found), max(found)) if several else (np.nan, np.nan)
            row["of_interest"] = of_interest(claim.unit, row["reference_mean"], row["case_mean"])
            row["word"] = word(row)
            row["verdict"] = verdict_of(row)
        rows += of_claim
    return pd.DataFrame(rows)


def of_interest(unit: str, one: float, other: float) -> float:
    """Return the smallest difference of interest: half a point of a share, 1 % of anything else."""
    return SHARE_OF_INTEREST if unit.startswith("share") else RELATIVE_OF_INTEREST * (abs(one) + abs(other)) / 2


def word(row: Mapping[str, float]) -> str:
    """Return the word of ``dxsim compare`` for a difference, from those of its three intervals that there are."""
    ends = [(row[f"{kind}_low"], row[f"{kind}_high"]) for kind in ("monte_carlo", "parametric", "structural")]
    return verdict([direction_of(*pair) for pair in ends if not np.isnan(pair).any()], "neither")


def verdict_of(row: Mapping[str, Any]) -> str:
    """Return what a difference under a regime says of its claim.

    Examples
    --------
    >>> row = {"expected": "lower", "difference": -2.0, "of_interest": 0.5, "parametric_low": -3.0}
    >>> row |= {"monte_carlo_low": -2.1, "monte_carlo_high": -1.9, "parametric_high": -1.0}
    >>> verdict_of(row), verdict_of(row | {"expected": "higher"}), verdict_of(row | {"parametric_high": 1.0})
    ('supported', 'contradicted', 'undecided')
    """
    sign = 1.0 if row["expected"] == "higher" else -1.0
    ends = np.array([[row[f"{kind}_{end}"] for end in ("low", "high")] for kind in ("monte_carlo", "parametric")])
    if np.isnan(ends).any():  # one seed, or one point: nothing is known of the spread
        return UNDECIDED
    towards = sign * ends
    if towards.min() > 0 and sign * row["difference"] >= row["of_interest"]:
        return SUPPORTED
    return CONTRADICTED if towards.max() < row["of_interest"] else UNDECIDED


def combined(verdicts: Iterable[str]) -> str:
    """Return the verdict on a hypothesis from those on its differences.

    Examples
    --------
    >>> combined(["supported", "undecided"]), combined(["undecided", "contradicted"]), combined(["supported"])
    ('undecided', 'contradicted', 'supported')
    """
    found = set(verdicts)
    if CONTRADICTED in found:
        return CONTRADICTED
    return SUPPORTED if found == {SUPPORTED} else UNDECIDED


def by_regime(table: pd.DataFrame) -> dict[str, str]:
    """Return the verdict on the hypothesis under each regime, from a table of `claim_table`."""
    return {str(regime): combined(rows["verdict"]) for regime, rows in table.groupby("regime", sort=False)}
