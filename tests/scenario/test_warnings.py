"""Orders that make no sense are told; a scenario that makes sense is left in peace."""

from dataclasses import replace

import pytest

from dxsim.scenario.policies import Policy, Who
from dxsim.scenario.scenario import load_scenario, scenario_names
from dxsim.scenario.triggers import When
from dxsim.scenario.warnings import warnings
from dxsim.terms.calendar import month_index


def policy(lever, value, how="set", start="2021-04", until="2036-03", when=None, **who):
    return Policy(lever, value, how, month_index(start), month_index(until) + 1, Who(**who), {}, when)


def warned(values=None, *policies):
    return warnings(replace(load_scenario("baseline", values or {}), policies=policies))


@pytest.mark.parametrize("name", scenario_names())
def test_shipped_scenarios_make_sense(name):
    assert warnings(load_scenario(name)) == []


SUNSET = {"residents.analog_rule": "sunset", "residents.analog_floor": 0}
VALUES = [
    ({"policy.second_deadline": "2026-03"}, "second date is not later than the deadline"),
    ({"policy.mandate_start": "2027-04"}, "the deadline is over before the mandate begins"),
    (
        {"policy.extension_rule": "none"},
        "announcements make municipalities expect an extension, but policy.extension_rule",
    ),
    ({"policy.extension_rule": "all", "policy.extension_threshold": 0.2}, "policy.extension_threshold has no effect"),
    ({"policy.deadline": "2024-03"}, "the announcement of 2024-12 comes after the deadline"),
    (
        {"policy.capacity_programme": 0.2, "policy.capacity_programme_start": "2025-07"},
        "the engineers of the capacity programme come in 2026-04, after the deadline",
    ),
    ({"policy.capacity_programme_start": "2024-04"}, "policy.capacity_programme_start has no effect"),
    ({"subsidy.fund_top_up_month": "2026-04"}, "the fund is topped up after the deadline"),
    ({"policy.cohorts": 5}, "policy.cohorts has no effect, because policy.phasing is none"),
    ({"vendor.queue_discipline": "earliest_cohort"}, "vendor.queue_discipline has no effect, because policy.phasing"),
    ({"policy.phasing": "by_lot", "policy.cohorts": 1}, "policy.phasing has no effect, because policy.cohorts is 1"),
    ({"policy.phasing": "by_lot", "policy.cohort_months": 0}, "policy.phasing has no effect, because policy.cohort_m"),
    ({"policy.phasing": "large_first", "policy.cohorts": 5}, "the first cohort's date is over before the mandate"),
    (
        {"policy.phasing": "by_lot", "policy.cohorts": 7, "policy.cohort_months": 3},
        "policy.cohorts is 7, but there are only 6 to share out",
    ),
    ({"cooperation.formation": "none", "cooperation.grant_rate": 0.1}, "cooperation.grant_rate has no effect"),
    ({"cooperation.formation": "none", "subsidy.group_bonus": 0.1}, "subsidy.group_bonus has no effect"),
    (
        {"cooperation.formation": "none", "vendor.queue_discipline": "group_first"},
        "vendor.queue_discipline has no effect, because cooperation.formation is none",
    ),
    ({"cooperation.grant_recipient": "hub"}, "grant_recipient has no effect, because cooperation.grant_rate is 0"),
    (
        {f"cooperation.{name}": "off" for name in ("shared_system", "shared_staff", "joint_procurement")},
        "groups may form but share nothing",
    ),
    ({"staff.staffing": "unlimited", "staff.prefectural_pool": 15}, "staff.prefectural_pool has no effect"),
    ({"staff.prefectural_pool": 0, "staff.dispatch_rule": "equal"}, "staff.dispatch_rule has no effect"),
    ({"staff.staffing": "unlimited", "staff.effort_under_pressure": 0.5}, "staff.effort_under_pressure has no effect"),
    ({"staff.effort_under_pressure": 0.5}, "nobody is named, and late systems cost no penalty"),
    ({"money.budget": "unlimited", "subsidy.ceiling_multiple": 2}, "subsidy.ceiling_multiple changes who pays, but no"),
    ({"subsidy.fund_opening": 0, "subsidy.fund_top_up": 0}, "the state pays a subsidy, but its fund holds nothing"),
    (
        {"vendor.count": 1, "vendor.specialists": 0, "policy.engineer_pool": 1},
        "policy.engineer_pool has no effect, because vendor.count is 1",
    ),
    ({"vendor.specialists": 0, "vendor.specialist_readiness_mean": 40}, "vendor.specialist_readiness_mean has no ef"),
    ({"policy.data_export": 1, "policy.portability": 0.9}, "policy.portability has no effect"),
    ({"policy.data_export": 1, "money.lock_in": 0.9}, "money.lock_in has no effect, because policy.data_export is 1"),
    ({"policy.portability": 1, "vendor.switching_cost": 2}, "vendor.switching_cost has no effect, because policy.port"),
    ({"security.data_sharing": "none", "security.sharing_effect": 1}, "security.sharing_effect has no effect"),
    ({"security.data_sharing": "none", "quality.once_only_saving": 0.2}, "quality.once_only_saving has no effect"),
    ({"security.trust_loss": 0, "security.trust_spread": 0.5}, "security.trust_spread has no effect"),
    ({"residents.analog_floor": 0}, "residents.analog_floor has no effect, because residents.analog_rule is keep"),
    ({"residents.analog_rule": "sunset"}, "residents.analog_rule has no effect, because residents.analog_floor is 1"),
    (SUNSET | {"residents.take_up_threshold": 0.5}, "residents.take_up_threshold has no effect"),
    ({"residents.support_desks": 0, "residents.access_points": 0}, "nobody can be trained (residents.training)"),
]


@pytest.mark.parametrize(("values", "says"), VALUES)
def test_values_that_make_no_sense(values, says):
    found = warned(values)
    assert any(says in text for text in found), found


@pytest.mark.parametrize(
    ("values", "policies", "says"),
    [
        (
            {},
            [policy("policy.naming", 1), policy("policy.naming", 2, start="2025-01", types=("town",))],
            "policies 1 and 2 both change policy.naming for some of the same municipalities from 2025-01 to 2036-03",
        ),
        ({}, [policy("policy.naming", 1, "add"), policy("policy.naming", 2)], "policies 1 and 2 both change"),
        ({}, [policy("residents.tablets", 0, "add")], "policy 1 (residents.tablets + 0) changes nothing"),
        ({}, [policy("residents.tablets", 3, "multiply")], "policy 1 (residents.tablets × 3) changes nothing"),
        ({}, [policy("residents.tablets", 0)], "policy 1 (residents.tablets = 0) changes nothing"),
        ({}, [policy("staff.rotation_loss", 0.9, "add")], "past the bounds: staff.rotation_loss must be in [0, 1]"),
        (
            {},
            [policy("policy.late_penalty", 1, until="2024-03")],
            "ends too early: penalties are foreseen only from two years",
        ),
        (
            {},
            [policy("policy.naming", 1, until="2024-03")],
            "ends too early: municipalities are named only from two years",
        ),
        ({}, [policy("cooperation.facilitation", 0.5, types=("town",))], "a group has what its largest member has"),
        ({}, [policy("staff.prefectural_pool", 9, population_below=9e4)], "but all of these share its pool"),
        ({}, [policy("staff.prefectural_pool", 9, codes=("13101",))], "but all of these share its pool"),
        (
            {},
            [policy("subsidy.lump_sum", 1, start="2023-05", until="2024-03")],
            "subsidy.lump_sum is only read in 04, outside the policy's dates",
        ),
        (
            {},
            [policy("staff.prefectural_pool", 9, when=When("live", below=0.1))],
            "waits for nothing: live is 0 at the",
        ),
        (
            {},
            [policy("staff.prefectural_pool", 9, until="2023-10", when=When("declared_late", above=0.1))],
            "policy 1 (staff.prefectural_pool = 9) never begins: no survey is held before",
        ),
        (
            {},
            [policy("staff.prefectural_pool", 9, until="2026-05", when=When("late", above=0.1, lag=2))],
            "never begins: nothing is late before the deadline",
        ),
        (
            {},
            [policy("cooperation.facilitation", 0.5, start="2023-05", until="2023-09")],
            "cooperation.facilitation is only read in 04, 10, outside the policy's dates",
        ),
        (
            {"cooperation.formation": "none"},
            [policy("cooperation.facilitation", 0.5)],
            "cooperation.facilitation has no effect, because cooperation.formation is none",
        ),
        (SUNSET, [policy("residents.support_desks", 5, start="2029-04")], "begins in 2029-04, after counters have"),
        (
            {"residents.analog_rule": "sunset"},
            [policy("residents.analog_floor", 0, until="2025-03")],
            "ends too early: counters close only from 2026-04 on",
        ),
    ],
)
def test_policies_that_make_no_sense(values, policies, says):
    found = warned(values, *policies)
    assert any(says in text for text in found), found


@pytest.mark.parametrize(
    "policies",
    [
        [policy("policy.naming", 1, types=("town",)), policy("policy.naming", 2, types=("village",))],
        [policy("staff.prefectural_pool", 9, until="2023-11", when=When("declared_late", above=0.1))],
        [policy("staff.prefectural_pool", 9, start="2025-04", when=When("live", below=0.1))],
        [policy("staff.prefectural_pool", 9, until="2026-04", when=When("late", above=0.1))],
        [policy("policy.naming", 1, until="2025-03"), policy("policy.naming", 2, start="2025-04")],
        [policy("policy.naming", 1), policy("policy.naming", 1, "add")],
        [policy("policy.naming", 1, prefectures=("01",)), policy("policy.naming", 2, codes=("13101",))],
        [policy("residents.tablets", 2, "add"), policy("residents.tablets", 3, "multiply")],
        [policy("policy.late_penalty", 1, until="2024-04")],
        [policy("subsidy.ceiling_multiple", 2, start="2023-11")],
        [policy("cooperation.facilitation", 0.5, prefectures=("01",))],
        [policy("cooperation.grant_rate", 0.1, types=("town",))],
        [policy("staff.prefectural_pool", 9, prefectures=("01",))],
    ],
)
def test_policies_that_make_sense_are_left_in_peace(policies):
    assert warned({}, *policies) == []


@pytest.mark.parametrize(
    "values",
    [
        {"vendor.count": 1, "policy.engineer_pool": 1},  # specialists lend engineers, too
        {"vendor.count": 1, "vendor.specialists": 0, "policy.portability": 0.9},  # a monopoly asks its price
        {"vendor.count": 1, "vendor.specialists": 0, "policy.data_export": 1},
        {"residents.analog_rule": "staff", "residents.analog_floor": 0.5},
        {"staff.effort_under_pressure": 0.5, "policy.naming": 0.5},
        {"staff.effort_under_pressure": 0.5, "policy.late_penalty": 1000},
    ],
)
def test_values_that_make_sense_are_left_in_peace(values):
    assert warned(values) == []


def test_a_policy_can_give_a_value_its_sense():
    floor = policy("residents.analog_floor", 0.2, start="2026-04", types=("core_city",))
    assert warned({"residents.analog_rule": "sunset"}, floor) == []
    assert warned({"staff.effort_under_pressure": 0.5}, policy("policy.naming", 1)) == []
    desks = policy("residents.support_desks", 1, start="2024-04")
    assert warned({"residents.support_desks": 0, "residents.access_points": 0}, desks) == []
