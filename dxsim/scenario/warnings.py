"""Orders that make no sense: what a scenario asks for and can't have, or has without effect. None of it stops a run."""

from __future__ import annotations

from collections.abc import Iterator

from dxsim.language import say
from dxsim.scenario.policies import Policy, what_text
from dxsim.scenario.registry import REGISTRY, Value
from dxsim.scenario.scenario import Scenario
from dxsim.terms.calendar import (
    APRIL,
    MONTHS,
    MONTHS_PER_YEAR,
    OCTOBER,
    PRESSED_MONTHS,
    month_index,
    month_name,
)
from dxsim.terms.municipalities import PREFECTURES
from dxsim.terms.operations import lots

READ_IN = {
    "staff.rotation_loss": (APRIL,),
    "subsidy.lump_sum": (APRIL,),
    "cooperation.grant_rate": (APRIL, OCTOBER),
    "cooperation.facilitation": (APRIL, OCTOBER),
}  # levers that are read in these months only
COOPERATION = (
    *("cooperation.grant_rate", "cooperation.facilitation", "subsidy.group_bonus", "cooperation.grant_recipient"),
    *("cooperation.sharing_rule", "cooperation.shared_system", "cooperation.shared_staff"),
    "cooperation.joint_procurement",
)
PRESSURE = ("policy.naming", "policy.late_penalty")
LOCK_IN = ("money.lock_in", "vendor.switching_cost")
SUBSIDY = ("subsidy.ceiling_multiple", "subsidy.late_bonus", "subsidy.group_bonus")
HELP = ("residents.support_desks", "residents.access_points", "residents.tablets")


def warnings(scenario: Scenario) -> list[str]:
    """Return what makes no sense in a scenario, one sentence each, in the language that is spoken."""
    checks = (
        *(_stacking, _idle, _timing, _triggers, _scope, _dates, _phasing, _cooperation, _staff, _money, _vendors),
        *(_sharing, _channels),
    )
    return list(dict.fromkeys(what for check in checks for what in check(scenario)))


def _is_used(scenario: Scenario, key: str) -> bool:
    """Return whether a scenario has this parameter other than the registry, or a policy on it."""
    return scenario.values[key] != REGISTRY[key].default or any(item.lever == key for item in scenario.policies)


def _number(scenario: Scenario, key: str) -> float:
    """Return a parameter as the kernels read it; months as indices."""
    return float(REGISTRY[key].code(scenario.values[key]))


def _span(scenario: Scenario, key: str) -> tuple[float, float]:
    """Return the least and the greatest value that a municipality lever has for anybody in any month."""
    low = high = _number(scenario, key)
    for policy in scenario.policies:
        if policy.lever == key:
            ends = (policy.after(low), policy.after(high))
            low, high = min(low, *ends), max(high, *ends)
    return low, high


def _numbered(scenario: Scenario) -> list[tuple[int, Policy]]:
    return list(enumerate(scenario.policies, start=1))


def _no_effect(key: str, other: str, value: Value) -> str:
    return say("{key} has no effect, because {other} is {value}", key=key, other=other, value=value)


def _without_effect(scenario: Scenario, keys: tuple[str, ...], other: str, value: Value) -> Iterator[str]:
    """Yield which of `keys` are used in vain while `other` has this value."""
    if scenario.values[other] == value:
        yield from (_no_effect(key, other, value) for key in keys if _is_used(scenario, key))


def _stacking(scenario: Scenario) -> Iterator[str]:
    """Policies that a later one overwrites."""
    numbered = _numbered(scenario)
    for number, earlier in numbered:
        for later_number, later in numbered[number:]:
            first, last = max(earlier.first, later.first), min(earlier.last, later.last)
            if later.how == "set" and later.lever == earlier.lever and first < last and later.who.meets(earlier.who):
                yield say(
                    "policies {one} and {other} both change {lever} for some of the same municipalities from {first} "
                    "to {last}; the later one sets it, so there the earlier one is lost",
                    one=number,
                    other=later_number,
                    lever=earlier.lever,
                    first=month_name(first),
                    last=month_name(last - 1),
                )


def _idle(scenario: Scenario) -> Iterator[str]:
    """Policies that change nothing, or want more than a lever can be."""
    for number, policy in _numbered(scenario):
        before = [item for item in scenario.policies[: number - 1] if item.lever == policy.lever]
        low, high = _number(scenario, policy.lever), _number(scenario, policy.lever)
        for item in before:
            ends = (item.after(low), item.after(high))
            low, high = min(low, *ends), max(high, *ends)
        if policy.after(low) == low and policy.after(high) == high and (low == high or policy.how != "set"):
            yield say("policy {number} ({what}) changes nothing", number=number, what=what_text(policy))
            continue
        parameter = REGISTRY[policy.lever]
        wanted = {"add": low + policy.value, "multiply": low * policy.value}.get(policy.how)
        if wanted is not None and policy.after(low) != wanted:
            yield say(
                "policy {number} ({what}) goes past the bounds: {key} must be {bounds}, and is cut to it",
                number=number,
                what=what_text(policy),
                key=parameter.key,
                bounds=parameter.bounds,
            )


def _timing(scenario: Scenario) -> Iterator[str]:
    """Policies in months in which their lever does nothing."""
    pressed = _number(scenario, "policy.deadline") - PRESSED_MONTHS
    counts_from = {
        "policy.late_penalty": (pressed, say("penalties are foreseen only from two years before the deadline on")),
        "policy.naming": (pressed, say("municipalities are named only from two years before the deadline on")),
    }
    for number, policy in _numbered(scenario):
        begins, because = counts_from.get(policy.lever, (0.0, ""))
        months = range(policy.first, policy.last)
        read_in = READ_IN.get(policy.lever)
        if policy.last <= begins:
            yield say(
                "policy {number} ({what}) ends too early: {because}",
                number=number,
                what=what_text(policy),
                because=because,
            )
        elif read_in and not any(month % MONTHS_PER_YEAR in read_in for month in months):
            yield say(
                "policy {number} ({what}) has no effect: {lever} is only read in {names}, outside the policy's dates",
                number=number,
                what=what_text(policy),
                lever=policy.lever,
                names=", ".join(month_name(month).split("-")[1] for month in read_in),
            )


def _triggers(scenario: Scenario) -> Iterator[str]:
    """Policies that wait for what can't come, or for what is there from the start."""
    for number, policy in _numbered(scenario):
        if (when := policy.when) is None:
            continue
        latest = policy.last - when.lag  # the figure has to pass its mark before this month
        because = ""
        if when.above is None and policy.first <= 1 and when.figure != "overloaded":
            yield say(
                "policy {number} ({what}) waits for nothing: {figure} is 0 at the start, so the policy begins at once; "
                "say from which month on it counts (from)",
                number=number,
                what=what_text(policy),
                figure=when.figure,
            )
        elif when.above is not None and when.figure == "declared_late":
            if not any(month + 1 < latest for month in scenario.surveys):
                because = say("no survey is held before")
        elif when.above is not None and when.figure == "late" and latest <= _number(scenario, "policy.deadline"):
            because = say("nothing is late before the deadline")
        if because:
            yield say(
                "policy {number} ({what}) never begins: {because}",
                number=number,
                what=what_text(policy),
                because=because,
            )


def _scope(scenario: Scenario) -> Iterator[str]:
    """Policies for some municipalities whose effect does not stay with these."""
    for number, policy in _numbered(scenario):
        who = policy.who
        if not (who.types or who.codes or who.population_from or who.population_below is not None):
            continue
        if policy.lever == "cooperation.facilitation":
            yield say(
                "policy {number} ({what}) is for some municipalities of a prefecture, but a group has what its largest "
                "member has",
                number=number,
                what=what_text(policy),
            )
        if policy.lever == "staff.prefectural_pool":
            yield say(
                "policy {number} ({what}) is for some municipalities of a prefecture, but all of these share its pool",
                number=number,
                what=what_text(policy),
            )


def _first_date(scenario: Scenario) -> float:
    """Return the month (index) after which the first cohort is late."""
    deadline = _number(scenario, "policy.deadline")
    if scenario.values["policy.phasing"] == "none":
        return deadline
    return deadline - (_number(scenario, "policy.cohorts") - 1) * _number(scenario, "policy.cohort_months")


def _dates(scenario: Scenario) -> Iterator[str]:
    """Deadlines, announcements, programmes and funds that come in a wrong order."""
    values = scenario.values
    deadline, rule = _number(scenario, "policy.deadline"), values["policy.extension_rule"]
    if rule != "none" and _number(scenario, "policy.second_deadline") == deadline:
        yield say("the second date is not later than the deadline, so an extension gives no time")
    if deadline <= _number(scenario, "policy.mandate_start"):
        yield say("the deadline is over before the mandate begins to press ({key})", key="policy.mandate_start")
    if rule == "none" and any(item.signal > 0 for item in scenario.announcements):
        yield say(
            "announcements make municipalities expect an extension, but {key} is none", key="policy.extension_rule"
        )
    if rule != "conditional" and _is_used(scenario, "policy.extension_threshold"):
        yield _no_effect("policy.extension_threshold", "policy.extension_rule", rule)
    for item in scenario.announcements:
        if item.month >= deadline:
            yield say("the announcement of {month} comes after the deadline", month=month_name(item.month))
    hired = _number(scenario, "policy.capacity_programme_start") + _number(scenario, "vendor.hiring_lag")
    if values["policy.capacity_programme"] == 0:
        if _is_used(scenario, "policy.capacity_programme_start"):
            yield _no_effect("policy.capacity_programme_start", "policy.capacity_programme", 0)
    elif hired >= deadline:
        month = month_name(int(hired))
        yield say("the engineers of the capacity programme come in {month}, after the deadline", month=month)
    if _is_used(scenario, "subsidy.fund_top_up_month") and _number(scenario, "subsidy.fund_top_up_month") >= deadline:
        yield say("the fund is topped up after the deadline")


def _phasing(scenario: Scenario) -> Iterator[str]:
    values, keys = scenario.values, ("policy.cohorts", "policy.cohort_months")
    yield from _without_effect(scenario, keys, "policy.phasing", "none")
    if values["policy.phasing"] == "none":
        if values["vendor.queue_discipline"] == "earliest_cohort":
            yield _no_effect("vendor.queue_discipline", "policy.phasing", "none")
        return
    for key, least in (("policy.cohorts", 1), ("policy.cohort_months", 0)):
        if values[key] == least:
            yield _no_effect("policy.phasing", key, least)
    first = _first_date(scenario)
    if first <= _number(scenario, "policy.mandate_start"):
        yield say(
            "the first cohort's date is over before the mandate begins to press ({key})", key="policy.mandate_start"
        )
    most = {"by_lot": len(lots()), "by_prefecture": PREFECTURES}.get(str(values["policy.phasing"]))
    if most and _number(scenario, "policy.cohorts") > most:
        yield say(
            "{key} is {value}, but there are only {most} to share out; some cohorts are empty",
            key="policy.cohorts",
            value=values["policy.cohorts"],
            most=most,
        )


def _cooperation(scenario: Scenario) -> Iterator[str]:
    values = scenario.values
    yield from _without_effect(scenario, COOPERATION, "cooperation.formation", "none")
    if values["cooperation.formation"] == "none":
        if values["vendor.queue_discipline"] == "group_first":
            yield _no_effect("vendor.queue_discipline", "cooperation.formation", "none")
        return
    if _span(scenario, "cooperation.grant_rate")[1] == 0 and _is_used(scenario, "cooperation.grant_recipient"):
        yield _no_effect("cooperation.grant_recipient", "cooperation.grant_rate", 0)
    shared = ("cooperation.shared_system", "cooperation.shared_staff", "cooperation.joint_procurement")
    if all(values[key] == "off" for key in shared):
        yield say("groups may form but share nothing: {keys} are off", keys=", ".join(shared))


def _staff(scenario: Scenario) -> Iterator[str]:
    keys = ("staff.prefectural_pool", "staff.dispatch_rule", "staff.rotation_loss", "cooperation.shared_staff")
    pressed = "staff.effort_under_pressure"
    yield from _without_effect(scenario, (*keys, pressed), "staff.staffing", "unlimited")
    if _is_used(scenario, pressed) and not any(_span(scenario, key)[1] > 0 for key in PRESSURE):
        yield say("{key} has no effect: nobody is named, and late systems cost no penalty", key=pressed)
    if _span(scenario, "staff.prefectural_pool")[1] == 0 and _is_used(scenario, "staff.dispatch_rule"):
        yield _no_effect("staff.dispatch_rule", "staff.prefectural_pool", 0)


def _money(scenario: Scenario) -> Iterator[str]:
    if scenario.values["money.budget"] == "unlimited":
        yield from (
            say(
                "{key} changes who pays, but no want of money, because {other} is {value}",
                key=key,
                other="money.budget",
                value="unlimited",
            )
            for key in SUBSIDY
            if _is_used(scenario, key)
        )
    no_money = scenario.values["subsidy.fund_opening"] == scenario.values["subsidy.fund_top_up"] == 0
    if no_money and _span(scenario, "subsidy.ceiling_multiple")[1] > 0:
        yield say("the state pays a subsidy, but its fund holds nothing")


def _vendors(scenario: Scenario) -> Iterator[str]:
    """Levers and costs without a market: one vendor for everything, or vendors that hold nobody."""
    if scenario.values["vendor.specialists"] == 0:
        yield from _without_effect(scenario, ("policy.engineer_pool",), "vendor.count", 1)
    yield from _without_effect(scenario, ("vendor.specialist_readiness_mean",), "vendor.specialists", 0)
    yield from _without_effect(scenario, ("policy.portability", *LOCK_IN), "policy.data_export", 1)
    yield from _without_effect(scenario, LOCK_IN, "policy.portability", 1)


def _sharing(scenario: Scenario) -> Iterator[str]:
    keys = ("security.sharing_effect", "quality.once_only_saving")
    yield from _without_effect(scenario, keys, "security.data_sharing", "none")
    yield from _without_effect(scenario, ("security.trust_spread", "security.trust_recovery"), "security.trust_loss", 0)


def _channels(scenario: Scenario) -> Iterator[str]:
    values, rule = scenario.values, scenario.values["residents.analog_rule"]
    keys = ("residents.analog_floor", "residents.closing_start", "residents.closing_months")
    yield from _without_effect(scenario, keys, "residents.analog_rule", "keep")
    if rule != "take_up" and _is_used(scenario, "residents.take_up_threshold"):
        yield _no_effect("residents.take_up_threshold", "residents.analog_rule", rule)
    if rule != "keep" and _span(scenario, "residents.analog_floor")[0] == 1:
        yield _no_effect("residents.analog_rule", "residents.analog_floor", 1)
    has_help = any(_span(scenario, key)[1] > 0 for key in HELP)
    if not has_help and _span(scenario, "residents.training")[1] > 0:
        yield say("nobody can be trained ({key}): there is no help", key="residents.training")
    closed = _number(scenario, "residents.closing_start") + _number(scenario, "residents.closing_months")
    if rule == "sunset" and closed < MONTHS:
        for number, policy in _numbered(scenario):
            if policy.lever in HELP and policy.first > closed:
                yield say(
                    "policy {number} ({what}) begins in {month}, after counters have closed",
                    number=number,
                    what=what_text(policy),
                    month=month_name(policy.first),
                )
    for number, policy in _numbered(scenario):
        begins = month_index(str(values["residents.closing_start"]))
        if policy.lever == "residents.analog_floor" and rule != "keep" and policy.last <= begins:
            yield say(
                "policy {number} ({what}) ends too early: {because}",
                number=number,
                what=what_text(policy),
                because=say("counters close only from {month} on", month=month_name(begins)),
            )
