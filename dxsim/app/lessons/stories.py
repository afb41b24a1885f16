"""The five lessons. Their texts stand in ``lessons.po``, by the names that are given here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dxsim.app.lessons.judges import least, small_or_large, times
from dxsim.app.lessons.lesson import Arm, Figure, Floats, Found, Lesson, Outcomes, by_arm, by_class, class_of, kpi_of
from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say
from dxsim.terms.calendar import MONTHS, month_index
from dxsim.terms.municipalities import ALL

DEADLINE, YEAR_LATER, LAST = month_index("2026-03"), month_index("2027-03"), MONTHS - 1
HINDRANCES = ("engineers", "own_staff", "decision", "budget")
_SMALLEST = "under_5k"
_LARGE = "200k_to_500k"


def _kpis(found: Found, kpi: str, arms: Sequence[str]) -> dict[str, Floats]:
    return {arm: kpi_of(found, arm, kpi) for arm in arms}


def _classes(found: Found, measure: str, arms: Sequence[str]) -> dict[str, Floats]:
    return {arm: class_of(found, arm, measure, _SMALLEST) for arm in arms}


def _class_fact(outcomes: Sequence[Outcomes], measure: str, size_class: str) -> tuple[str, float]:
    return measure, float(np.nanmean(class_of({"": outcomes}, "", measure, size_class)))


def _kpi_fact(outcomes: Sequence[Outcomes], kpi: str) -> tuple[str, float]:
    return kpi, float(np.mean(kpi_of({"": outcomes}, "", kpi)))


def _late_facts(outcomes: Sequence[Outcomes]) -> Mapping[str, tuple[str, float]]:
    return {
        "all": _kpi_fact(outcomes, "late_share"),
        "small": _class_fact(outcomes, "late_share", _SMALLEST),
    }


def _late(found: Found) -> Figure:
    return by_arm("late_share", _classes(found, "late_share", ("as_it_is", *HINDRANCES)), _SMALLEST)


def _late_if_dates_bind(found: Found) -> Figure:
    arms = ("calendar", "calendar_engineers", "calendar_staff")
    return by_arm("late_share", _classes(found, "late_share", arms), _SMALLEST)


LATE_OR_NOT = Lesson(
    name="late_or_not",
    minutes=15,
    arms=(
        Arm("as_it_is"),
        Arm("engineers", parameters={"vendor.capacity_ratio": 1000.0}),
        Arm("own_staff", parameters={"staff.staffing": "unlimited"}),
        Arm("decision", parameters={"commitment.mandate_hazard": 10.0, "commitment.gate_rule": "always_open"}),
        Arm("budget", parameters={"money.budget": "unlimited"}),
        Arm("calendar", "calendar_limited"),
        Arm("calendar_engineers", "calendar_limited", {"vendor.capacity_ratio": 1000.0}),
        Arm("calendar_staff", "calendar_limited", {"staff.staffing": "unlimited"}),
    ),
    shown="engineers",
    options=(*HINDRANCES, "alike", "none"),
    layer="late",
    series="late",
    type_="village",
    seen=DEADLINE,
    asked=DEADLINE,
    facts=_late_facts,
    measure=lambda found, arm: class_of(found, arm, "late_share", _SMALLEST),
    judge=lambda found: least(_classes(found, "late_share", ("as_it_is", *HINDRANCES))),
    result=_late,
    policy=_late_if_dates_bind,
)


def _cost_facts(outcomes: Sequence[Outcomes]) -> Mapping[str, tuple[str, float]]:
    return {
        "small": _class_fact(outcomes, "cost_per_resident", _SMALLEST),
        "large": _class_fact(outcomes, "cost_per_resident", _LARGE),
    }


COOPERATION = Lesson(
    name="cooperation",
    minutes=15,
    arms=(
        Arm("alone", "no_cooperation"),
        Arm("together"),
        Arm("grant", parameters={"cooperation.grant_rate": 0.5}),
        Arm("facilitation", "facilitation"),
    ),
    shown="together",
    options=("small", "large", "alike"),
    layer="cost",
    series="cost",
    type_="village",
    seen=LAST,
    asked=LAST,
    facts=_cost_facts,
    measure=lambda found, arm: class_of(found, arm, "cost_per_resident", _SMALLEST),
    judge=lambda found: small_or_large(found, "cost_per_resident", "alone", "together"),
    result=lambda found: by_class(found, "cost_per_resident", "alone", "together"),
    policy=lambda found: by_arm(
        "cooperating_share", _kpis(found, "cooperating_share", ("together", "grant", "facilitation"))
    ),
)


def _excluded_facts(outcomes: Sequence[Outcomes]) -> Mapping[str, tuple[str, float]]:
    return {
        "all": _kpi_fact(outcomes, "excluded_share"),
        "old": _kpi_fact(outcomes, "excluded_share_85_over"),
        "small": _class_fact(outcomes, "excluded_share", _SMALLEST),
        "large": _class_fact(outcomes, "excluded_share", _LARGE),
    }


def _left_out(found: Found) -> Figure:
    arms = ("open", "closed", "desks", "desks_and_posts", "third_kept")
    return by_arm("excluded_share", _classes(found, "excluded_share", arms), _SMALLEST)


COUNTERS = Lesson(
    name="counters",
    minutes=15,
    arms=(
        Arm("open"),
        Arm("closed", "digital_only_sunset"),
        Arm("desks", "digital_only_sunset", {"residents.support_desks": 1.0}),
        Arm(
            "desks_and_posts",
            "digital_only_sunset",
            {"residents.support_desks": 1.0, "residents.access_points": 2.0},
        ),
        Arm("third_kept", "digital_only_sunset", {"residents.analog_floor": 0.3}),
    ),
    shown="desks",
    options=("small", "large", "alike"),
    layer="excluded",
    series="excluded",
    type_="village",
    seen=DEADLINE,
    asked=LAST,
    facts=_excluded_facts,
    measure=lambda found, arm: class_of(found, arm, "excluded_share", _SMALLEST),
    judge=lambda found: small_or_large(found, "excluded_share", "closed", "desks"),
    result=lambda found: by_class(found, "excluded_share", "closed", "desks"),
    policy=_left_out,
)


def _live_facts(outcomes: Sequence[Outcomes]) -> Mapping[str, tuple[str, float]]:
    return {
        "late": _kpi_fact(outcomes, "late_share"),
        "live": _kpi_fact(outcomes, "live_share_2027_03"),
    }


def _not_live(found: Found, arms: Sequence[str]) -> dict[str, Floats]:
    return {arm: 1 - kpi_of(found, arm, "live_share_2027_03") for arm in arms}


DEADLINE_OR_CAPACITY = Lesson(
    name="deadline",
    minutes=15,
    arms=(
        Arm("as_it_is"),
        Arm("year", "deadline_2027"),
        Arm("engineers", parameters={"policy.capacity_programme": 0.4}),
        Arm("both", "deadline_2027", {"policy.capacity_programme": 0.4}),
        Arm("earlier", parameters={"policy.readiness_shift": -6.0}),
    ),
    shown="year",
    options=("year", "engineers", "alike", "none"),
    layer="live",
    series="live",
    type_=ALL,
    seen=DEADLINE,
    asked=YEAR_LATER,
    facts=_live_facts,
    measure=lambda found, arm: kpi_of(found, arm, "live_share_2027_03"),
    judge=lambda found: least(_not_live(found, ("as_it_is", "year", "engineers"))),
    result=lambda found: by_arm(
        "live_share_2027_03", _kpis(found, "live_share_2027_03", ("as_it_is", "year", "engineers"))
    ),
    policy=lambda found: by_arm(
        "live_share_2027_03", _kpis(found, "live_share_2027_03", ("as_it_is", "both", "earlier"))
    ),
)


def _sharing_facts(outcomes: Sequence[Outcomes]) -> Mapping[str, tuple[str, float]]:
    return {
        "load": _kpi_fact(outcomes, "counter_load_2035"),
        "exposed": _kpi_fact(outcomes, "exposed_records"),
    }


DATA_SHARING = Lesson(
    name="data_sharing",
    minutes=15,
    arms=(
        Arm("none", "no_data_sharing"),
        Arm("prefecture"),
        Arm("national", "national_data_sharing"),
    ),
    shown="national",
    options=("same", "some", "several", "many"),
    layer="exposed",
    series="exposed",
    type_=ALL,
    seen=LAST,
    asked=LAST,
    facts=_sharing_facts,
    measure=lambda found, arm: kpi_of(found, arm, "exposed_records"),
    judge=lambda found: times(kpi_of(found, "none", "exposed_records"), kpi_of(found, "national", "exposed_records")),
    result=lambda found: by_arm("exposed_records", _kpis(found, "exposed_records", ("none", "prefecture", "national"))),
    policy=lambda found: by_arm(
        "counter_load_2035", _kpis(found, "counter_load_2035", ("none", "prefecture", "national"))
    ),
)

LESSONS = (LATE_OR_NOT, COOPERATION, COUNTERS, DEADLINE_OR_CAPACITY, DATA_SHARING)


def lesson_named(name: object) -> Lesson:
    """Return the lesson of this name.

    Raises
    ------
    InputError
        If there is none.
    """
    names = [lesson.name for lesson in LESSONS]
    if name not in names:
        hint = nearest(name, names) if isinstance(name, str) else ""
        what = say("there is no '{name}'{hint}", name=str(name)[:60], hint=hint)
        raise InputError(say("request"), [Problem("lesson", what)])
    return LESSONS[names.index(str(name))]


def options_of(name: str) -> tuple[str, ...]:
    """Return the predictions of the lesson of this name; none if there is no such lesson."""
    return next((lesson.options for lesson in LESSONS if lesson.name == name), ())
