"""How the KPIs follow from the findings of a run, theme by theme; their formulas in words stand in ``kpis.csv``.

Progress on 40 steps stands in for the official measure, in which municipalities tick off the 40 steps of the migration
guide. The model knows five milestones of a system; `STEPS` says how many steps each adds. A system that the vendor
works on counts as half-way between order and go-live. (The mapping is an assumption.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dxsim.model.codes import ACCOUNTS, CAUSES, CHANNELS, COHORTS, HOLD_UPS, PROGRAMMES, REASONS
from dxsim.records.equity import group_modularity, late_morans_i
from dxsim.records.findings import Findings
from dxsim.records.measures import concentration, tail_mean
from dxsim.records.months import nationwide
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.records.strata import stratum_measures
from dxsim.records.tables import LATE_REASONS
from dxsim.terms.calendar import MONTHS, MONTHS_PER_YEAR, OCTOBER, month_index, month_name
from dxsim.terms.kpis import LIVE_MONTHS, LIVE_PERCENTAGES

Values = dict[str, float]

MANY_LATE = 10  # systems; "late with nearly everything"
WORST = 0.01  # share of municipalities in the tail
TENTH = 0.1  # share of municipalities in which residents are shut out most
LEAST_NEED = 1e-9  # procedures: where none is needed none is missed
COUNTER_FLOWS = ("waiting", "counter_work", "counter_capacity")
STEPS = {"committed": 10, "ordered": 6, "started": 11, "live": 11, "done": 2}  # 40 in all
OCTOBERS = slice(OCTOBER, MONTHS, MONTHS_PER_YEAR)  # months in which municipalities talk about cooperation
OLD, YOUNG = ("75_to_84", "85_over"), ("under_65",)
# The KPIs of CHANNELS, in their order.
PERSON_MONTHS = ("online_person_months", "assisted_person_months", "analog_person_months", "excluded_person_months")


def indicators(found: Findings, surveys: Sequence[int]) -> Values:
    """Return every KPI of a run by name.

    Parameters
    ----------
    found : Findings
        Of the run.
    surveys : sequence of int
        Months at whose ends municipalities declare.

    Returns
    -------
    dict of str to float
        nan where the table's ``missing`` applies.
    """
    values = {
        **adoption(found),
        **lateness(found, surveys),
        **money(found),
        **market(found),
        **cooperation(found),
        **quality(found),
        **staff(found),
        **residents(found),
    }
    return {name: float(value) for name, value in values.items()}


def adoption(found: Findings) -> Values:
    """Return how far migration and programmes have come, and what tipped commitments."""
    frame, last = found.frame, found.deadline - 1
    shares = {stage: nationwide(found, stage) / frame.systems_of_type[-1] for stage in STEPS}
    live = shares["live"]
    values = {"live_share_deadline": live[last]}
    values |= {f"live_share_{month.replace('-', '_')}": live[month_index(month)] for month in LIVE_MONTHS}
    values["committed_share_deadline"] = shares["committed"][last]
    values["started_share_deadline"] = shares["started"][last]
    values["done_share_deadline"] = shares["done"][last]
    values["progress_40"] = sum(steps * shares[stage][last] for stage, steps in STEPS.items()) / sum(STEPS.values())
    for percentage in LIVE_PERCENTAGES:
        reached = np.flatnonzero(live >= percentage / 100)
        values[f"months_to_live_{percentage}"] = reached[0] + 1 if reached.size else float("nan")
    # From April 2021 until systems are live, those that never are counted as if in the last month.
    values["restricted_mean_months_to_live"] = np.where(found.live > 0, found.live, MONTHS).mean(where=frame.applies)
    cause = found.cause[:, frame.first_of_lot]
    commitments = np.bincount(cause[cause >= 0], minlength=len(CAUSES))
    committed = commitments.sum()
    values |= {f"cause_share_{name}": _ratio(commitments[place], committed) for place, name in enumerate(CAUSES)}
    levels = found.outcome.state.programmes["level"].mean(axis=0)
    return values | {f"mean_level_{name}": levels[place] for place, name in enumerate(PROGRAMMES)}


def lateness(found: Findings, surveys: Sequence[int]) -> Values:
    """Return who is late, why, and what was declared beforehand."""
    frame, late_systems = found.frame, found.late_systems
    systems, late = int(frame.systems_of_type[-1]), int(late_systems.sum())
    reasons = np.bincount(found.systems.reason[found.is_late], minlength=len(REASONS))
    values = {"late_share": late / systems}
    values |= {f"late_reason_share_{reason}": _ratio(reasons[REASONS.index(reason)], late) for reason in LATE_REASONS}
    months = found.delay.sum(axis=0)
    values |= {f"delay_{hold_up}": months[place] / systems for place, hold_up in enumerate(HOLD_UPS, start=1)}
    values["municipalities_late_share"] = (late_systems > 0).mean()
    values["municipalities_late_10_share"] = (late_systems >= MANY_LATE).mean()
    values["mean_late_systems"] = _ratio(late, np.count_nonzero(late_systems))
    still_late = np.array([nationwide(found, f"late_{reason}") for reason in LATE_REASONS])
    from_deadline = slice(found.deadline - 1, MONTHS - 1)  # late when the next month starts
    values["late_system_months"] = still_late[:, from_deadline].sum()
    for survey in surveys:
        month = month_name(survey).replace("-", "_")
        values[f"declared_systems_{month}"] = sum(nationwide(found, f"declared_{r}")[survey] for r in LATE_REASONS)
        values[f"declared_municipalities_{month}"] = nationwide(found, "municipalities_declared")[survey]
    with_top = frame.applies & (found.systems.vendor == _top_vendor(found))
    values["top_vendor_share"] = np.count_nonzero(with_top) / systems
    values["late_top_vendor_share"] = _ratio(np.count_nonzero(with_top & found.is_late), late)
    return values | {"late_morans_i": late_morans_i(found)}


def money(found: Findings) -> Values:
    """Return what it costs and who pays, yen."""
    yen = found.booked[:, -1]
    booked = dict(zip(ACCOUNTS, yen.sum(axis=0).tolist(), strict=True))
    last = dict(zip(ACCOUNTS, yen[-MONTHS_PER_YEAR:].sum(axis=0).tolist(), strict=True))
    change = booked["one_off"] + booked["parallel"] + booked["interface"]
    paid_by_state = booked["subsidy"] + booked["grant"]
    running = last["running"] + last["parallel"] + last["interface"]
    on_time = found.frame.systems_of_type[-1] - found.late_systems.sum()
    return {
        "one_off_cost": booked["one_off"],
        "running_cost": booked["running"],
        "parallel_cost": booked["parallel"],
        "interface_cost": booked["interface"],
        "coordination_cost": booked["coordination"],
        "channel_cost": booked["channels"],
        "programme_cost": booked["programmes"],
        "penalties": booked["penalty"],
        "subsidy_paid": booked["subsidy"],
        "grants_paid": booked["grant"],
        "reserve_drawn": booked["reserve"],
        "own_burden": change + booked["programmes"] + booked["penalty"] - paid_by_state,
        "running_cost_2035": running,
        "running_cost_ratio_2035": _ratio(running, found.outcome.state.purses["baseline"].sum()),
        "cost_per_resident_2035": _ratio(running + last["coordination"], found.residents_2035.sum()),
        "cost_per_on_time_system": _ratio(change, on_time),
        "fund_balance": _national(found, "fund_balance")[-1],
        "refusals": nationwide(found, "refusals").sum(),
        "interoperability_benefit": nationwide(found, "interoperability").sum(),
    }


def market(found: Findings) -> Values:
    """Return how concentrated the market is, who changes vendor, and what output lies idle."""
    vendors = found.outcome.series.vendors_by_month
    systems, population = vendors.systems_served[[0, -1]], vendors.population_served[[0, -1]]
    values: Values = {}
    values["hhi_systems_start"], values["hhi_systems"] = concentration(systems)
    values["hhi_population_start"], values["hhi_population"] = concentration(population)
    has_changed = np.zeros(found.frame.lot.max() + 1, np.bool_)
    has_changed[found.frame.lot[found.systems.vendor != found.lots.legacy]] = True
    values["switch_rate"] = np.count_nonzero(has_changed) / found.frame.lots
    last_year = vendors[max(0, found.deadline - MONTHS_PER_YEAR) : found.deadline]
    capacity, done = last_year["capacity"], last_year["work_done"]
    return values | {"idle_vendor_capacity": _ratio(np.maximum(0.0, capacity - done).sum(), capacity.sum())}


def cooperation(found: Findings) -> Values:
    """Return who works together, what it saves, and whether members would rather be alone."""
    is_member, sizes = found.is_member, found.group_sizes
    groups, members, municipalities = np.count_nonzero(sizes), np.count_nonzero(is_member), is_member.size
    by_class = stratum_measures(found, "size_class")["saving_per_resident"]
    accepted = _national(found, "moves_accepted")[OCTOBERS]
    return {
        "groups": int(groups),
        "cooperating_share": members / municipalities,
        "mean_group_size": _ratio(members, groups),
        "largest_group_size": sizes.max() if groups else float("nan"),
        "saving_per_resident": _ratio(found.saving[is_member].sum(), found.residents_2035[is_member].sum()),
        **{f"saving_per_resident_{name}": by_class[place] for place, name in enumerate(SIZE_CLASSES)},
        "worse_off_share": _ratio(
            nationwide(found, "worse_off_municipalities").sum(), nationwide(found, "cooperating_municipalities").sum()
        ),
        "moves_tested": _national(found, "moves_tested")[OCTOBERS].sum(),
        "moves_accepted": accepted.sum(),
        "group_turnover": accepted.mean() / municipalities,
        "group_modularity": group_modularity(found),
        "prefecture_modularity": found.frame.prefecture_modularity,
    }


def quality(found: Findings) -> Values:
    """Return what went wrong at cut-overs and what was exposed since."""
    return {
        "incidents": nationwide(found, "incidents").sum(),
        "affected_residents": nationwide(found, "affected_residents").sum(),
        "impact_person_months": nationwide(found, "impact").sum(),
        "worst_1_percent_impact": tail_mean(found.outcome.state.harm["impact"], WORST),
        "rollbacks": nationwide(found, "rollbacks").sum(),
        "security_incidents": nationwide(found, "security_incidents").sum(),
        "exposed_records": nationwide(found, "exposed_records").sum(),
    }


def staff(found: Findings) -> Values:
    """Return how overloaded the municipalities' own people are."""
    overloaded = nationwide(found, "overloaded_municipalities") / found.frame.municipalities_of_type[-1]
    return {
        "overload_months": nationwide(found, "overload").sum(),
        "overloaded_share": overloaded.mean(),
        "peak_overloaded_share": overloaded.max(),
        "resignations": nationwide(found, "resignations").sum(),
    }


def residents(found: Findings) -> Values:
    """Return how residents get their procedures done, and who can't."""
    flows = found.outcome.series.flows_by_month
    by_month = np.stack([flows[channel].sum(axis=1) for channel in CHANNELS], axis=1)
    cases = dict(zip(CHANNELS, by_month.sum(axis=0), strict=True))
    needed = sum(cases.values())
    last = by_month[-MONTHS_PER_YEAR:].sum(axis=0)
    values: Values = {}
    for kpi, of_cohorts in zip(PERSON_MONTHS, cases.values(), strict=True):
        values[kpi] = of_cohorts.sum()
        values |= {f"{kpi}_{name}": of_cohorts[place] for place, name in enumerate(COHORTS)}
    excluded = cases["excluded"]
    values["excluded_share"] = _ratio(excluded.sum(), needed.sum())
    values |= {f"excluded_share_{name}": _ratio(excluded[place], needed[place]) for place, name in enumerate(COHORTS)}
    values["digital_gap"] = _online_share(last, YOUNG) - _online_share(last, OLD)
    year = {name: nationwide(found, name)[-MONTHS_PER_YEAR:].sum() for name in COUNTER_FLOWS}
    needed_by_body = np.maximum(found.needed, LEAST_NEED)
    return values | {
        "excluded_share_worst_10_percent": tail_mean(found.cases["excluded"] / needed_by_body, TENTH),
        "service_2035": _ratio((last.sum() - last[CHANNELS.index("excluded")].sum()), last.sum()),
        "waiting_2035": _ratio(year["waiting"], last.sum()),
        "counter_load_2035": _ratio(year["counter_work"], year["counter_capacity"]),
        "burden_hours": nationwide(found, "burden_hours").sum(),
    }


def _national(found: Findings, column: str) -> npt.NDArray[np.float64]:
    return np.asarray(found.outcome.series.national_by_month[column])


def _top_vendor(found: Findings) -> int:
    """Return the index of the vendor with most systems at the start; among equals the first by name."""
    names, legacy = found.outcome.inputs.vendor_names, found.lots.legacy
    served = np.bincount(legacy[found.frame.applies], minlength=len(names))
    return min(np.flatnonzero(served == served.max()).tolist(), key=names.__getitem__)


def _online_share(cases: npt.NDArray[np.float64], cohorts: Sequence[str]) -> float:
    some = cases[:, [COHORTS.index(cohort) for cohort in cohorts]]
    return _ratio(some[CHANNELS.index("online")].sum(), some.sum())


def _ratio(part: float | np.number, whole: float | np.number) -> float:
    return float(part / whole) if whole else float("nan")
