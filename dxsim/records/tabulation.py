"""From the findings of a run to tidy tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.model.codes import ACCOUNTS, CAUSES, CHANNELS, COHORTS, STATES
from dxsim.model.fields import columns_of, numbers_of
from dxsim.model.state import COUNT_FIELDS, FLOW_FIELDS, NATIONAL_FIELDS, VENDOR_FIELDS
from dxsim.records.dates import month_starts
from dxsim.records.equity import equity_table
from dxsim.records.findings import Findings
from dxsim.records.measures import concentration
from dxsim.records.months import MONTH
from dxsim.records.municipalities import MUNICIPALITY
from dxsim.records.tables import LATE_REASONS
from dxsim.terms.calendar import MONTHS
from dxsim.terms.municipalities import TYPES_AND_ALL
from dxsim.terms.operations import operations
from dxsim.terms.text import TEXT

_CARRIED = ("code", "name", "prefecture", "prefecture_name", "type", "population", "x_km", "y_km")
_FLOWS = columns_of(field for field in FLOW_FIELDS if field.name not in CHANNELS)  # these have a table of their own


def outcome_tables(found: Findings) -> dict[str, pd.DataFrame]:
    """Return every table but the summary."""
    return {
        "monthly": _by_type(found, ("systems", "municipalities", *columns_of(COUNT_FIELDS))),
        "money": _money(found),
        "flows": _by_type(found, ("municipalities", "residents", *_FLOWS)),
        "residents": _residents(found),
        "market": _market(found),
        "vendors": _vendors(found),
        "municipalities": _municipalities(found),
        "groups": _groups(found),
        "systems": _systems(found),
        "equity": equity_table(found),
    }


def _by_type(found: Findings, columns: tuple[str, ...]) -> pd.DataFrame:
    values = {column: MONTH[column](found).ravel() for column in columns}
    return pd.concat([_months_and_types(), pd.DataFrame(values)], axis=1)


def _money(found: Findings) -> pd.DataFrame:
    table = _months_and_types(len(ACCOUNTS))
    table["account"] = _repeated(ACCOUNTS, len(table) // len(ACCOUNTS))
    table["yen"] = np.stack([MONTH[account](found) for account in ACCOUNTS], axis=2).ravel()
    return table


def _residents(found: Findings) -> pd.DataFrame:
    table = _months_and_types(len(COHORTS))
    table["cohort"] = _repeated(COHORTS, len(table) // len(COHORTS))
    for channel in CHANNELS:
        table[channel] = np.stack([MONTH[f"{channel}_{cohort}"](found) for cohort in COHORTS], axis=2).ravel()
    return table


def _months_and_types(repeated: int = 1) -> pd.DataFrame:
    types = np.repeat(np.arange(len(TYPES_AND_ALL)), repeated)
    month = np.repeat(month_starts(np.arange(MONTHS)), types.size)
    return pd.DataFrame({"month": month, "type": _texts(TYPES_AND_ALL, np.tile(types, MONTHS))})


def _repeated(names: Sequence[str], times: int) -> pd.Series[str]:
    return _texts(names, np.tile(np.arange(len(names)), times))


def _vendors(found: Findings) -> pd.DataFrame:
    names, vendors = found.outcome.inputs.vendor_names, found.outcome.series.vendors_by_month
    dtypes = {"shortage": np.bool_, "systems_served": np.int32, "population_served": np.int64}
    return pd.DataFrame(
        {
            "month": np.repeat(month_starts(np.arange(MONTHS)), len(names)),
            "vendor": _repeated(names, MONTHS),
            **{name: vendors[name].ravel().astype(dtypes.get(name, np.float64)) for name in columns_of(VENDOR_FIELDS)},
        }
    )


def _market(found: Findings) -> pd.DataFrame:
    vendors, national = found.outcome.series.vendors_by_month, found.outcome.series.national_by_month
    sums = dict(zip(columns_of(VENDOR_FIELDS), numbers_of(vendors).sum(axis=1).T, strict=True))
    dtypes = {"belief": np.float64, "extension_granted": np.bool_, "fund_balance": np.int64}  # others count
    return pd.DataFrame(
        {
            "month": month_starts(np.arange(MONTHS)),
            "hhi_systems": concentration(vendors.systems_served),
            "hhi_population": concentration(vendors.population_served),
            **{name: sums[name] for name in ("capacity", "book", "work_done")},
            "shortages": sums["shortage"].astype(np.int32),
            **{name: national[name].astype(dtypes.get(name, np.int32)) for name in columns_of(NATIONAL_FIELDS)},
        }
    )


def _systems(found: Findings) -> pd.DataFrame:
    systems, names = found.systems, found.outcome.inputs.vendor_names
    rows = np.nonzero(found.frame.applies)
    municipality, operation = rows
    of_operation = operations()
    return pd.DataFrame(
        {
            "code": _texts(found.frame.code, municipality),
            "operation": _texts([row.operation for row in of_operation], operation),
            "lot": _texts([row.lot for row in of_operation], operation),
            "vendor": _texts(names, systems.vendor[rows]),
            "legacy_vendor": _texts(names, found.lots.legacy[rows]),
            "commit": month_starts(found.commit[rows]),
            "cause": _texts(CAUSES, found.cause[rows]),
            "order": month_starts(systems.order[rows]),
            "start": month_starts(systems.start[rows]),
            "live": month_starts(found.live[rows] - 1),  # live from the start of a month is live before
            "state": _texts(STATES, systems.state[rows]),
            "late": found.is_late[rows],
            "reason": _texts(LATE_REASONS, systems.reason[rows] - 1),
            "work": systems.work[rows],
        }
    )


def _texts(names: Sequence[str] | npt.NDArray[np.object_], places: npt.NDArray[np.integer]) -> pd.Series[str]:
    """Return the name at each place; missing where that is -1."""
    return pd.Series(pd.array(names, dtype=TEXT).take(places, allow_fill=True))


def _municipalities(found: Findings) -> pd.DataFrame:
    carried = found.frame.nation.municipalities[list(_CARRIED)].reset_index(drop=True)
    columns = {name: values(found) for name, values in MUNICIPALITY.items()}
    texts = {name: TEXT for name, values in columns.items() if values.dtype == object}
    return pd.concat([carried, pd.DataFrame(columns).astype(texts)], axis=1)


def _groups(found: Findings) -> pd.DataFrame:
    code, population = found.frame.code, found.frame.population.astype(np.int64)
    number = np.flatnonzero(found.group_sizes)
    group = found.outcome.state.groups[number]
    members = [np.flatnonzero(found.group == place) for place in number]
    return pd.DataFrame(
        {
            "lead": _texts(code, group["lead"]),
            "members": pd.Series([" ".join(code[rows]) for rows in members], dtype=TEXT),
            "size": found.group_sizes[number].astype(np.int32),
            "population": np.array([population[rows].sum() for rows in members], np.int64),
            "cost": np.asarray(group["cost"]),
            "transaction": np.asarray(group["transaction"]),
            "contract_end": month_starts(group["contract_end"].astype(np.int64) - 1),
        }
    )
