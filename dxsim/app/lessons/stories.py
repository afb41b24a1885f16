"""The five lessons. Their texts stand in ``lessons.po``, by the names that are given here."""

from __future__ import annotations

from collections.abc import Callable

from dxsim.app.lessons.judges import least, small_or_large, times
from dxsim.app.lessons.lesson import Arm, Figure, Found, Lesson, Measure, by_arm, by_class
from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say
from dxsim.terms.calendar import MONTHS, month_index
from dxsim.terms.municipalities import ALL

DEADLINE, YEAR_LATER, LAST = month_index("2026-03"), month_index("2027-03"), MONTHS - 1
HINDRANCES = ("engineers", "own_staff", "decision", "budget")
_SMALLEST = "under_5k"
_LARGE = "200k_to_500k"


LATE = Measure("late_share", _SMALLEST)
COST = Measure("cost_per_resident", _SMALLEST)
EXCLUDED = Measure("excluded_share", _SMALLEST)
LIVE = Measure("live_share_2027_03")
EXPOSED = Measure("exposed_records")


def _by_arm(measure: Measure, *arms: str) -> Callable[[Found], Figure]:
    """Return what makes a figure of a measure in some arms."""
    return lambda found: by_arm(measure, measure.by_arm(found, arms))


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
    told={"all": Measure("late_share"), "small": LATE},
    measure=LATE,
    judge=lambda found: least(LATE.by_arm(found, ("as_it_is", *HINDRANCES))),
    result=_by_arm(LATE, "as_it_is", *HINDRANCES),
    policy=_by_arm(LATE, "calendar", "calendar_engineers", "calendar_staff"),  # if dates bind
)


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
    told={"small": COST, "large": Measure("cost_per_resident", _LARGE)},
    measure=COST,
    judge=lambda found: small_or_large(found, "cost_per_resident", "alone", "together"),
    result=lambda found: by_class(found, "cost_per_resident", "alone", "together"),
    policy=_by_arm(Measure("cooperating_share"), "together", "grant", "facilitation"),
)


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
    told={
        "all": Measure("excluded_share"),
        "old": Measure("excluded_share_85_over"),
        "small": EXCLUDED,
        "large": Measure("excluded_share", _LARGE),
    },
    measure=EXCLUDED,
    judge=lambda found: small_or_large(found, "excluded_share", "closed", "desks"),
    result=lambda found: by_class(found, "excluded_share", "closed", "desks"),
    policy=_by_arm(EXCLUDED, "open", "closed", "desks", "desks_and_posts", "third_kept"),
)


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
    told={"late": Measure("late_share"), "live": LIVE},
    measure=LIVE,
    judge=lambda found: least({arm: 1 - LIVE.of(found, arm) for arm in ("as_it_is", "year", "engineers")}),
    result=_by_arm(LIVE, "as_it_is", "year", "engineers"),
    policy=_by_arm(LIVE, "as_it_is", "both", "earlier"),
)


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
    told={"load": Measure("counter_load_2035"), "exposed": EXPOSED},
    measure=EXPOSED,
    judge=lambda found: times(EXPOSED.of(found, "none"), EXPOSED.of(found, "national")),
    result=_by_arm(EXPOSED, "none", "prefecture", "national"),
    policy=_by_arm(Measure("counter_load_2035"), "none", "prefecture", "national"),
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
