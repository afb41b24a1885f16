"""The tables of a run: what they are called and what they hold.

A month names the state at its end, so 2026-03-01 in a ``month`` column is the end of March 2026, and a system whose
``live`` is 2026-03-01 went live by then. Missing months are NaT.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dxsim.model.codes import REASONS

if TYPE_CHECKING:
    import pandas as pd

TABLES = (
    *("monthly", "money", "flows", "residents", "market", "vendors"),
    *("municipalities", "groups", "systems", "equity", "summary"),
)
LATE_REASONS = REASONS[1:]
SOURCES = ("appropriation", "subsidy", "grant", "reserve")  # accounts of where money comes from


@dataclass(frozen=True, repr=False, eq=False)
class Records:
    """What one run gave.

    Parameters
    ----------
    monthly : pandas.DataFrame
        One row per month and type of municipality (and "all"): ``month``, ``type``, ``systems`` and ``municipalities``
        in all, then systems ``committed``, ``ordered``, ``started``, ``live`` and ``done`` so far, ``late_R1`` to
        ``late_R5`` (past the deadline and not live), ``declared_R1`` to ``declared_R5`` (in the latest survey) and the
        municipalities that committed, declared and are late.
    money : pandas.DataFrame
        One row per month, type (and "all") and account of the municipalities' ledger: ``yen`` booked in that month.
        Sources (appropriation, subsidy, grant, reserve) and uses (one_off, running, parallel, interface, coordination,
        channels, programmes, penalty, lapsed) are positive, ``envelope`` is what was put into it less what was taken
        out, so sources = uses + envelope in every month.
    flows : pandas.DataFrame
        One row per month and type (and "all"): ``municipalities``, ``residents`` (of the fiscal year), then sums over
        municipalities: ``staff``, ``own_work`` and ``pool`` (FTE), ``overloaded_municipalities`` (work above 1.2 times
        what staff can do), ``overload`` (FTE above that), ``resignations`` (FTE), ``refusals`` (municipalities that had
        no money for a commitment), ``burden_hours``, ``waiting`` (cases at the counters at the month's end),
        ``counter_work`` and ``counter_capacity`` (cases), ``incidents`` at cut-overs, ``affected_residents``,
        ``impact`` (person-months), ``rollbacks``, ``security_incidents``, ``exposed_records``, ``interfaces``,
        ``interoperability`` (yen), mean ``level_*`` of programmes (nan without municipalities),
        ``cooperating_municipalities``, their ``saving`` (yen, grant included) and ``worse_off_municipalities``, members
        that would pay less alone.
    residents : pandas.DataFrame
        One row per month, type (and "all") and ``cohort``: residents who got a procedure done ``online``, ``assisted``
        or ``analog`` (at the counter) in that month, and who needed one and were ``excluded``.
    market : pandas.DataFrame
        One row per month: ``hhi_systems`` and ``hhi_population`` (0 to 10,000), sums over vendors of ``capacity``,
        ``book`` and ``work_done`` (reference jobs), ``shortages`` (vendors that announce a shortage in that month),
        mean ``belief`` in an extension and whether it is granted, ``fund_balance`` of the state (yen), ``groups``,
        ``cooperating_municipalities`` and, as of the last October, ``moves_tested`` and ``moves_accepted``.
    vendors : pandas.DataFrame
        One row per month and vendor: ``capacity``, ``book``, ``work_done``, ``queue_wait`` (months of work in the book
        at the present output), ``shortage`` (announced in that month), ``systems_served``, ``population_served``.
    municipalities : pandas.DataFrame
        One row each, final state: ``systems``, ``late_systems`` (at the deadline) in all and by reason,
        ``outstanding_systems`` (not live in the last month), ``delay_*`` (months of its systems, from the mandate until
        they are live, held up by this: `dxsim.model.delay`), ``readiness`` (log hazard), ``belief``,
        ``main_vendor``, ``first_commit``, ``last_live`` (NaT unless all are live). ``group`` (code of its lead, missing
        if alone), ``group_size`` (1 = alone), ``platform``, ``closing`` (first month in which counters
        close). ``staff`` (FTE), ``overload`` (work over what staff can do, in the last month), ``overloaded_months``
        (of all in which that was above 1.2), ``experience`` (0 to 1),
        ``level_*`` of programmes. Over the whole run: ``incidents``, ``affected`` (residents), ``impact``
        (person-months), ``rollbacks``, ``security_incidents``, ``exposed_records`` and, in person-months, ``online``,
        ``assisted``, ``analog``, ``excluded``. ``residents_2035`` (persons). Money in yen: ``baseline_cost`` (a year,
        before migration), ``running_2035`` (booked as running cost in FY2035), ``baseline_per_resident``,
        ``cost_per_resident_2035`` (running cost and coordination), ``saving`` (a year as of March 2036, grant included;
        below zero: worse off than alone) and over the whole run ``one_off_cost``, ``subsidy``, ``own_burden`` (see
        ``kpis.csv``), ``reserve_drawn`` (less what was put back).
    groups : pandas.DataFrame
        One row per group at the end: code of its ``lead``, ``members`` (codes, a blank between them), ``size``,
        ``population`` (2020), ``cost`` (its members' together) and ``transaction`` (part of it), both yen a year, and
        ``contract_end`` (last month of the contract).
    systems : pandas.DataFrame
        One row per municipality and operation that applies to it: ``code``, ``operation``, ``lot``, ``vendor``,
        ``legacy_vendor``, months ``commit``, ``order`` (the first one), ``start``, ``live``, the ``cause`` of the
        commitment, final ``state``, ``late`` (at the deadline), ``reason`` (R1 to R5, missing when on time), ``work``
        (reference jobs).
    equity : pandas.DataFrame
        ``outcome``, ``measure``, ``weighting`` (municipalities or residents), ``value``; see `dxsim.records.equity`.
    summary : pandas.DataFrame
        ``kpi``, ``value``, ``unit``; what each means stands in ``kpis.csv``.
    manifest : mapping
        Versions, configuration, hashes and seed: all that is needed to run this again.
    """

    monthly: pd.DataFrame
    money: pd.DataFrame
    flows: pd.DataFrame
    residents: pd.DataFrame
    market: pd.DataFrame
    vendors: pd.DataFrame
    municipalities: pd.DataFrame
    groups: pd.DataFrame
    systems: pd.DataFrame
    equity: pd.DataFrame
    summary: pd.DataFrame
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        """Return which run it is; the tables would fill the screen."""
        scenario, nation = self.manifest["scenario"]["name"], self.manifest["nation"]["name"]
        return f"Records({scenario!r} on {nation!r}, seed {self.manifest['seed']}: {', '.join(TABLES)})"
