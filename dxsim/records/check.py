"""Whether what a run left can be right; cheap enough for each of thousands of runs.

Amounts are whole yen of 64 bits. Parameters at the ends of their bounds can add up to more, and such a sum starts
again from below: the ledger still balances, but an account that can only grow falls.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dxsim.errors import DxsimError
from dxsim.language import say
from dxsim.model.codes import ACCOUNTS, Account
from dxsim.model.fields import columns_of, numbers_of
from dxsim.model.state import COUNT_FIELDS, FLOW_FIELDS, NATIONAL_FIELDS, VENDOR_FIELDS
from dxsim.records.findings import with_all
from dxsim.records.tables import SOURCES
from dxsim.terms.calendar import month_name

if TYPE_CHECKING:
    from dxsim.model.run import Outcome

_SERIES = {
    "flows_by_month": FLOW_FIELDS,
    "national_by_month": NATIONAL_FIELDS,
    "vendors_by_month": VENDOR_FIELDS,
}  # and their columns
_GROWTH = np.array([-1 if account in SOURCES else 1 for account in ACCOUNTS])  # credits are below zero
_GROWTH[[Account.ENVELOPE, Account.RESERVE]] = 0  # they may rise and fall


class RunFailure(DxsimError):  # noqa: N818 - an error of the run, not of who asked for it
    """A run gave what can't be.

    Parameters
    ----------
    month : int or None
        Index of the first month in which something is wrong; None if it is wrong of the run as a whole.
    what : str
        What it is.
    """

    def __init__(self, month: int | None, what: str) -> None:
        self.month = month
        super().__init__(what if month is None else f"{month_name(month)}: {what}")


def check_outcome(outcome: Outcome) -> None:
    """Refuse an outcome whose ledger, counts or series can't be right.

    Raises
    ------
    RunFailure
        With the first month in which something is wrong, and what.
    """
    faults = list(_faults(outcome))
    if faults:
        raise RunFailure(*min(faults, key=lambda fault: fault[0]))


def check_kpis(kpis: Mapping[str, float]) -> None:
    """Refuse infinite KPIs.

    Raises
    ------
    RunFailure
        With the first of them; nan is none, it stands for a KPI that is not defined.
    """
    for name, value in kpis.items():
        if math.isinf(value):
            raise RunFailure(None, say("KPI '{kpi}' is infinite", kpi=name))


def _faults(outcome: Outcome) -> Iterator[tuple[int, str]]:
    """Yield the first month and the name of each thing that is wrong."""
    columns = columns_of(COUNT_FIELDS)
    money, counts = with_all(outcome.series.money_by_month), with_all(numbers_of(outcome.series.counts_by_month))
    if found := _first(money.sum(axis=2, keepdims=True) != 0):
        yield found[0], say("sources, uses and envelope of the municipalities' ledger do not balance")
    growing = np.concatenate([np.zeros_like(money[:1]), money]) * _GROWTH
    if found := _first(growing[1:] < growing[:-1]):  # their difference would overflow back to what it should be
        account = ACCOUNTS[found[1]]
        yield found[0], say("account '{account}' falls; amounts are beyond 64 bits", account=account)
    if found := _first(counts < 0):
        yield found[0], say("count '{count}' is below zero", count=columns[found[1]])
    states = outcome.state.systems.state
    of_systems, of_municipalities = np.count_nonzero(states >= 0), len(states)
    bounds = np.array([of_municipalities if name.startswith("municipalities_") else of_systems for name in columns])
    if found := _first(counts > bounds):
        yield found[0], say("count '{count}' is above {bound:,}", count=columns[found[1]], bound=bounds[found[1]])
    for name, fields in _SERIES.items():
        if found := _first(~np.isfinite(numbers_of(getattr(outcome.series, name)))):
            yield found[0], say("'{column}' is not a finite number", column=columns_of(fields)[found[1]])


def _first(is_wrong: npt.NDArray[np.bool_]) -> tuple[int, int] | None:
    """Return the first month (first axis) and, within it, the first column (last axis) in which something is wrong."""
    if not is_wrong.any():
        return None
    by_column = is_wrong.reshape(len(is_wrong), -1, is_wrong.shape[-1]).any(axis=1)
    month, column = divmod(int(by_column.argmax()), by_column.shape[1])
    return month, column
