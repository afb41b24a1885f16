"""Columns of the tables by month and type of municipality: one definition of each, for tables, KPIs and sweeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dxsim.language import say
from dxsim.model.codes import ACCOUNTS
from dxsim.model.fields import columns_of
from dxsim.model.state import COUNT_FIELDS, FLOW_FIELDS
from dxsim.records.findings import Findings
from dxsim.records.names import check_names
from dxsim.terms.calendar import MONTHS, MONTHS_PER_YEAR
from dxsim.terms.municipalities import ALL, TYPES_AND_ALL

Series = npt.NDArray[Any]


def _series(part: str, names: Sequence[str]) -> dict[str, Callable[[Findings], Series]]:
    """Return a column for each of `names`, which are the last axis of a part of the findings."""

    def column(place: int) -> Callable[[Findings], Series]:
        return lambda found: np.asarray(getattr(found, part)[:, :, place])

    return {name: column(place) for place, name in enumerate(names)}


MONTH: Mapping[str, Callable[[Findings], Series]] = {
    "systems": lambda found: np.broadcast_to(found.frame.systems_of_type, (MONTHS, len(TYPES_AND_ALL))),
    "municipalities": lambda found: np.broadcast_to(found.frame.municipalities_of_type, (MONTHS, len(TYPES_AND_ALL))),
    **_series("monthly", columns_of(COUNT_FIELDS)),
    **_series("booked", ACCOUNTS),
    "residents": lambda found: np.repeat(found.residents, MONTHS_PER_YEAR, axis=0),
    **_series("flows", columns_of(FLOW_FIELDS)),
}
"""Name of a column -> its values by month and type (types in the order of `TYPES`, then all), (180, 8)."""

MONTH_COLUMNS = tuple(MONTH)


def month_series(found: Findings, columns: Sequence[str], types: Sequence[str] = (ALL,)) -> dict[str, Series]:
    """Return some columns of the tables of months of a run.

    Parameters
    ----------
    found : Findings
        Of the run.
    columns : sequence of str
        Of `MONTH_COLUMNS`: those of the tables monthly and flows, the accounts of money, and residents by channel and
        age group (``online_under_65``, ...).
    types : sequence of str
        Types of municipality, or ``all``.

    Returns
    -------
    dict of str to ndarray, shape (180, len(types))
        By column.

    Raises
    ------
    InputError
        With every column, or else every type, that there isn't.
    """
    check_names(say("columns of records"), columns, MONTH_COLUMNS)
    check_names(say("types of municipality"), types, TYPES_AND_ALL)
    places = [TYPES_AND_ALL.index(name) for name in types]
    return {column: MONTH[column](found)[:, places] for column in columns}


def nationwide(found: Findings, column: str) -> Series:
    """Return a column for all municipalities together, (180,)."""
    return MONTH[column](found)[:, -1]
