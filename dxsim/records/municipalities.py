"""Columns of the table of municipalities that a run gives: one definition of each, for tables, strata and sweeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dxsim.language import say
from dxsim.model.codes import CHANNELS, HOLD_UPS, NEVER, PROGRAMMES, REASONS, Account
from dxsim.records.dates import month_starts
from dxsim.records.findings import Findings, Floats, Integers
from dxsim.records.measures import ratio
from dxsim.records.names import check_names
from dxsim.records.tables import LATE_REASONS

Column = npt.NDArray[Any]

# What the change itself costs a municipality; what comes back every year stands apart: a group's transaction cost goes
# with the running cost that it saves.
BURDEN = [Account.ONE_OFF, Account.PARALLEL, Account.INTERFACE, Account.PROGRAMMES, Account.PENALTY]


def _main_vendor(found: Findings) -> npt.NDArray[np.object_]:
    """Return the name of the vendor of most of a municipality's systems; among equals the first by name."""
    names = np.array(found.outcome.inputs.vendor_names, object)
    by_name = np.argsort(names)
    row, operation = np.nonzero(found.frame.applies)
    number = np.argsort(by_name)[found.systems.vendor[row, operation]]
    served = np.bincount(row * names.size + number, minlength=found.frame.code.size * names.size)
    return np.asarray(names[by_name][served.reshape(-1, names.size).argmax(axis=1)], object)


def _late_for(reason: int) -> Callable[[Findings], Column]:
    """Return the column that counts a municipality's late systems with this reason."""
    return lambda found: (found.is_late & (found.systems.reason == reason)).sum(axis=1).astype(np.int32)


def _first_commit(found: Findings) -> Column:
    commit = found.commit
    first = np.where(found.frame.applies & (commit >= 0), commit, NEVER).min(axis=1)
    return month_starts(_or_none(first.astype(np.int64)))


def _last_live(found: Findings) -> Column:
    """Return the month at whose end all systems are live; one live from the start of a month was so before."""
    return month_starts(np.where(_outstanding(found) == 0, found.live.max(axis=1) - 1, -1))


def _outstanding(found: Findings) -> Integers:
    return np.asarray((found.frame.applies & (found.live < 1)).sum(axis=1))


def _group(found: Findings) -> npt.NDArray[np.object_]:
    lead = np.asarray(found.outcome.state.groups["lead"], np.int64)[found.group]
    code = found.frame.code[lead]
    code[~found.is_member] = None
    return code


def _group_size(found: Findings) -> Column:
    return np.where(found.is_member, found.group_sizes[found.group], 1).astype(np.int32)


def _own_burden(found: Findings) -> Integers:
    ledger = found.outcome.state.ledger
    return np.asarray(ledger[:, BURDEN].sum(axis=1) + ledger[:, [Account.SUBSIDY, Account.GRANT]].sum(axis=1))


def _or_none(month: Integers) -> Integers:
    return np.where(month == NEVER, -1, month)


def _field(part: str, field: str, dtype: type[np.generic] = np.float64) -> Callable[[Findings], Column]:
    """Return the column that a field of records of municipalities is."""
    return lambda found: np.ascontiguousarray(getattr(found.outcome.state, part)[field], dtype)


def _case(channel: str) -> Callable[[Findings], Floats]:
    return lambda found: found.cases[channel]


def _level(place: int) -> Callable[[Findings], Column]:
    return lambda found: found.outcome.state.programmes["level"][:, place].astype(np.int32)


def _delay(place: int) -> Callable[[Findings], Column]:
    return lambda found: found.delay[:, place].astype(np.int32)


MUNICIPALITY: Mapping[str, Callable[[Findings], Column]] = {
    "systems": lambda found: found.frame.systems.astype(np.int32),
    "late_systems": lambda found: found.late_systems.astype(np.int32),
    **{f"late_{reason}": _late_for(REASONS.index(reason)) for reason in LATE_REASONS},
    **{f"delay_{hold_up}": _delay(place) for place, hold_up in enumerate(HOLD_UPS, start=1)},
    "outstanding_systems": lambda found: _outstanding(found).astype(np.int32),
    "readiness": lambda found: np.ascontiguousarray(found.outcome.state.municipalities.readiness),
    "belief": lambda found: np.ascontiguousarray(found.outcome.state.municipalities.belief),
    "main_vendor": _main_vendor,
    "first_commit": _first_commit,
    "last_live": _last_live,
    "group": _group,
    "group_size": _group_size,
    "platform": _field("municipalities", "platform", np.bool_),
    "closing": lambda found: month_starts(_or_none(found.outcome.state.municipalities["closing"].astype(np.int64))),
    "staff": _field("workforce", "staff"),
    "overload": _field("workforce", "overload"),
    "overloaded_months": _field("workforce", "overloaded_months", np.int32),
    "experience": _field("workforce", "experience"),
    **{f"level_{programme}": _level(place) for place, programme in enumerate(PROGRAMMES)},
    "incidents": _field("harm", "incidents", np.int32),
    "affected": _field("harm", "affected"),
    "impact": _field("harm", "impact"),
    "rollbacks": _field("harm", "rollbacks", np.int32),
    "security_incidents": _field("harm", "security_incidents", np.int32),
    "exposed_records": _field("harm", "exposed"),
    **{channel: _case(channel) for channel in CHANNELS},
    "residents_2035": lambda found: found.residents_2035,
    "baseline_cost": _field("purses", "baseline"),
    "running_2035": _field("purses", "running_total", np.int64),
    "baseline_per_resident": lambda found: ratio(found.outcome.state.purses["baseline"], found.frame.population),
    "cost_per_resident_2035": lambda found: found.cost_per_resident,
    "saving": lambda found: found.saving,
    "one_off_cost": lambda found: found.outcome.state.ledger[:, Account.ONE_OFF],
    "subsidy": lambda found: -found.outcome.state.ledger[:, Account.SUBSIDY],
    "own_burden": _own_burden,
    "reserve_drawn": lambda found: -found.outcome.state.ledger[:, Account.RESERVE],
}
"""Name of a column -> its values of the n municipalities in the order of their codes; text is an array of objects."""

MUNICIPALITY_COLUMNS = tuple(MUNICIPALITY)


def municipality_columns(found: Findings, columns: Sequence[str]) -> dict[str, Column]:
    """Return some columns of the table of municipalities of a run.

    Parameters
    ----------
    found : Findings
        Of the run.
    columns : sequence of str
        Of `MUNICIPALITY_COLUMNS`; what the nation says of a municipality (name, population, ...) is not among them.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        By column; dates are months' starts (NaT = never), texts objects (None = none).

    Raises
    ------
    InputError
        With every column that there isn't.
    """
    check_names(say("columns of records"), columns, MUNICIPALITY_COLUMNS)
    return {column: MUNICIPALITY[column](found) for column in columns}
