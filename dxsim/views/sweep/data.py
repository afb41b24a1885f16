"""What the figures of a sweep are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dxsim.analysis.comparison import Comparison
from dxsim.analysis.selection import Alternative
from dxsim.nation.nation import Nation


@dataclass(frozen=True)
class SweepData:
    """Alternatives and what is known of them.

    Attributes
    ----------
    alternatives : sequence of Alternative
        The reference first.
    found : Comparison or None
        Of the alternatives; None where there is only one.
    nation : Nation or None
        For maps, which need it and the records of municipalities.
    indices : pandas.DataFrame or None
        As `dxsim.analysis.sensitivity` gives them for the reference, for tornado charts.
    """

    alternatives: Sequence[Alternative]
    found: Comparison | None = None
    nation: Nation | None = None
    indices: pd.DataFrame | None = None

    def columns(self, table: str, keys: Sequence[str]) -> list[str]:
        """Return the numeric columns of a table of records that all alternatives have, without `keys`."""
        tables = [getattr(item.results, table) for item in self.alternatives]
        first = tables[0].select_dtypes("number").columns
        return [name for name in first if name not in keys and all(name in other for other in tables)]
