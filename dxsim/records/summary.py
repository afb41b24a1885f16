"""The KPIs of a run as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dxsim.records.findings import Findings
from dxsim.records.indicators import indicators
from dxsim.terms.kpis import find_kpi
from dxsim.terms.text import TEXT


def summarise(found: Findings, surveys: Sequence[int]) -> pd.DataFrame:
    """Return the KPIs of a run; parameters as those of `dxsim.records.indicators.indicators`.

    Returns
    -------
    pandas.DataFrame
        Columns kpi, value (nan where the table's ``missing`` applies), unit.
    """
    values = indicators(found, surveys)
    return pd.DataFrame(
        {
            "kpi": pd.Series(list(values), dtype=TEXT),
            "value": list(values.values()),
            "unit": pd.Series([find_kpi(kpi)[0].unit for kpi in values], dtype=TEXT),
        }
    )
