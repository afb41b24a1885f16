"""Scenario files are plain data, strictly checked; the shipped ones are documented and say what they change."""

import copy
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dxsim.errors import InputError
from dxsim.files import shipped
from dxsim.scenario.policies import Policy
from dxsim.scenario.registry import REGISTRY, defaults
from dxsim.scenario.scenario import Scenario, load_scenario, scenario_names
from dxsim.scenario.warnings import warnings
from dxsim.terms.operations import lots

HEAD = "name: mine\ntitle: {en: A title}\nmeaning: {ja: 意味}\nsources: [own]\n"
LEVERS = {
    "big_bang": {"quality.cut_over"},
    "staff_closing": {"residents.analog_rule", "residents.analog_floor"},
    "calendar_limited": {"vendor.readiness_mean", "vendor.capacity_ratio"},
    "capacity_programme": {"policy.capacity_programme"},
    "data_export": {"policy.data_export"},
    "deadline_2027": {"policy.deadline"},
    "deadline_2028": {"policy.deadline"},
    "digital_only_sunset": {"residents.analog_rule", "residents.analog_floor"},
    "earlier_specifications": {"policy.readiness_shift"},
    "engineer_pool": {"policy.engineer_pool"},
    "extension": {"policy.extension_rule"},
    "firm_deadline": {"policy.extension_rule", "belief.initial_extension_belief"},
    "full_subsidy": {"subsidy.ceiling_multiple", "subsidy.fund_top_up"},
    "geographic_peers": {"commitment.peer_hazard"},
    "groups_first": {"vendor.queue_discipline"},
    "hub_bonus": {"cooperation.grant_recipient"},
    "long_parallel_run": {"vendor.stabilisation_months"},
    "national_data_sharing": {"security.data_sharing"},
    "no_cooperation": {"cooperation.formation"},
    "no_data_sharing": {"security.data_sharing"},
    "no_vendor_notices": set(),
    "open_standards": {"policy.portability"},
    "phased_by_lot": {"policy.phasing", "policy.cohort_months"},
    "phased_by_prefecture": {"policy.phasing", "policy.cohort_months"},
    "phased_by_vendor_load": {"policy.phasing", "policy.cohort_months"},
    "phased_large_first": {"policy.phasing", "policy.cohort_months"},
    "phased_small_first": {"policy.phasing", "policy.cohort_months"},
    "sharing_by_population": {"cooperation.sharing_rule"},
    "sharing_shapley": {"cooperation.sharing_rule"},
    "small_member_grant": {"cooperation.grant_recipient"},
    "small_municipalities_first": {"vendor.queue_discipline"},
    "staff_pool_equal": {"staff.dispatch_rule"},
    "staff_pool_most_overloaded": {"staff.dispatch_rule"},
    "staff_shared_only": {"cooperation.shared_system", "cooperation.joint_procurement"},
    "sunset_with_support": {"residents.analog_rule", "residents.analog_floor"},
    "take_up_closing": {"residents.analog_rule", "residents.analog_floor"},
    "thorough_testing": {"quality.test_effort"},
}
POLICIES = {
    "cooperation_grant": ["cooperation.grant_rate"],
    "facilitation": ["cooperation.facilitation"],
    "governance_requirement": ["security.governance_requirement"],
    "hub_bonus": ["cooperation.grant_rate"],
    "late_penalty": ["policy.late_penalty"],
    "lump_sum": ["subsidy.lump_sum"],
    "naming": ["policy.naming"],
    "post_offices": ["residents.access_points"],
    "prefectural_staff_pool": ["staff.prefectural_pool"],
    "security_baseline": ["security.security_baseline"],
    "slower_rotation": ["staff.rotation_loss"],
    "small_member_grant": ["cooperation.grant_rate"],
    "staff_pool_equal": ["staff.prefectural_pool"],
    "staff_pool_most_overloaded": ["staff.prefectural_pool"],
    "subsidy_groups": ["subsidy.group_bonus"],
    "subsidy_late": ["subsidy.late_bonus"],
    "subsidy_small": ["subsidy.ceiling_multiple"],
    "sunset_with_support": ["residents.support_desks", "residents.access_points"],
    "support_desks": ["residents.support_desks"],
    "support_when_late": ["staff.prefectural_pool"],
    "tablets": ["residents.tablets"],
    "training": ["residents.training"],
}
SHIPPED = sorted(LEVERS | POLICIES)


def problems(load, *arguments, **keywords):
    with pytest.raises(InputError) as caught:
        load(*arguments, **keywords)
    return [str(problem) for problem in caught.value.problems]


def test_baseline_is_the_registry_and_the_history():
    baseline = load_scenario("baseline")
    assert baseline.values == defaults()
    assert [(item.month, item.signal) for item in baseline.announcements] == [(18, 0.0), (29, 0.5), (44, 1.0)]
    assert [(item.month, item.vendors, item.capacity_factor) for item in baseline.vendor_events] == [
        (41, (1,), 0.075),
        (55, (2, 3), 0.02),
    ]
    assert baseline.surveys == (30, 42, 48, 51, 54, 56)
    assert baseline.record()[0].deadline == 60


def test_the_shipped_scenarios_are_these():
    assert scenario_names()[0] == "baseline"
    assert scenario_names()[1:] == tuple(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_scenario_changes_what_it_names_and_nothing_else(name):
    baseline, scenario = load_scenario("baseline"), load_scenario(name)
    assert {key for key in REGISTRY if scenario.values[key] != baseline.values[key]} == LEVERS.get(name, set())
    assert [policy.lever for policy in scenario.policies] == POLICIES.get(name, [])
    assert scenario.surveys == baseline.surveys
    assert (scenario.vendor_events == baseline.vendor_events) == (name != "no_vendor_notices")
    assert (scenario.announcements == baseline.announcements) == (name != "firm_deadline")


def test_no_vendor_notices_has_none_and_a_firm_state_never_relents():
    assert load_scenario("no_vendor_notices").vendor_events == ()
    assert {item.signal for item in load_scenario("firm_deadline").announcements} == {0.0}


@pytest.mark.parametrize("name", ["baseline", *SHIPPED])
def test_a_shipped_scenario_is_documented(name):
    scenario = load_scenario(name)
    assert all(scenario.title[language] and scenario.meaning[language] for language in ("en", "ja"))
    assert scenario.title["en"] != scenario.title["ja"]
    assert scenario.sources
    assert bool(scenario.expected) == (name != "baseline")
    assert {lot.lot for lot in lots()}.issuperset(
        lot for event in scenario.vendor_events for lot in event.withdrawn_lots
    )
    assert all(policy.text["en"] != policy.text["ja"] for policy in scenario.policies)
    assert not warnings(scenario)


def test_every_lever_of_the_design_has_a_scenario():
    changed = set().union(*LEVERS.values()).union(*map(set, POLICIES.values()))
    levers = {key for key, parameter in REGISTRY.items() if parameter.role in ("lever", "body_lever")}
    in_company = {  # levers that only say when or how strongly another one is used
        *("policy.second_deadline", "policy.mandate_start", "policy.extension_threshold", "policy.cohorts"),
        *("policy.capacity_programme_start", "subsidy.fund_opening"),
        *("subsidy.fund_top_up_month", "cooperation.shared_staff", "residents.closing_start"),
        *("residents.closing_months", "residents.take_up_threshold"),
    }
    assert levers - changed == in_company


def test_fingerprints_tell_scenarios_apart_by_content_and_not_by_words():
    prints = [load_scenario(name).fingerprint for name in scenario_names()]
    assert len(set(prints)) == len(prints)
    baseline = load_scenario("baseline")
    assert replace(baseline, name="other", title={"en": "x", "ja": "x"}).fingerprint == baseline.fingerprint
    assert replace(baseline, policies=(Policy("policy.naming", 1.0, text={"en": "x"}),)).fingerprint == (
        replace(baseline, policies=(Policy("policy.naming", 1.0),)).fingerprint
    )
    for change in (
        {"policies": (Policy("policy.naming", 1.0),)},
        {"surveys": ()},
        {"announcements": ()},
        {"vendor_events": ()},
    ):
        assert replace(baseline, **change).fingerprint != baseline.fingerprint
    assert load_scenario("baseline", {"policy.portability": 0.31}).fingerprint != baseline.fingerprint


def test_a_scenario_can_be_copied():
    baseline = load_scenario("baseline")
    assert copy.deepcopy(baseline) == baseline


def test_overrides_win_and_are_checked():
    scenario = load_scenario("open_standards", {"policy.portability": 0.2})
    assert scenario.values["policy.portability"] == 0.2
    assert scenario.overrides == {"policy.portability": 0.2}
    found = problems(load_scenario, "baseline", {"policy.portabilty": 1, "policy.data_export": 2})
    assert found == [
        "policy.portabilty: no such parameter; did you mean 'policy.portability'?",
        "policy.data_export must be in [0, 1] (got 2)",
    ]


def test_what_a_scenario_has_already_is_no_override(mine):
    assert load_scenario("open_standards", {"policy.portability": 0.9, "policy.deadline": "2026-03"}).overrides == {}
    assert mine("parameters: {policy: {portability: 0.4}}\n").overrides == {}
    assert load_scenario("mine.yaml", {"policy.portability": REGISTRY["policy.portability"].default}).overrides


def test_values_that_contradict_one_another_are_refused():
    found = problems(
        load_scenario,
        "baseline",
        {
            "policy.deadline": "2033-03",
            "commitment.prefecture_exposure_weight": 0.5,
            "commitment.type_exposure_weight": 0.6,
            "legacy.mainframe_share": 0.9,
            "legacy.bespoke_share": 0.2,
        },
    )
    assert len(found) == 3
    assert found[0] == "policy.second_deadline (2031-03) is before policy.deadline (2033-03); move it too"
    assert "must be at most 1 together (got 1.1)" in found[1]


def test_names_paths_and_the_way_out(mine, tmp_path):
    (found,) = problems(load_scenario, "base_line")
    assert "no scenario 'base_line'; did you mean 'baseline'?" in found
    assert "deadline_2027" in found
    mine("parameters: {policy: {portability: 0.4}}\n")
    for path in ("mine.yaml", "./mine.yaml", tmp_path / "mine.yaml"):
        assert load_scenario(path).values["policy.portability"] == 0.4
    (found,) = problems(load_scenario, "./absent.yaml")
    assert found == "absent.yaml: there is no such file"


@pytest.mark.parametrize("line", ["", "sources: []\n"])
def test_a_user_need_not_name_sources(mine, line):
    assert mine("", HEAD.replace("sources: [own]\n", line)).sources == ()


def test_one_language_stands_in_for_the_other(mine):
    scenario = mine("")
    assert scenario.title == {"en": "A title", "ja": "A title"}
    assert scenario.meaning["en"] == "意味"


def test_lists_are_replaced_parameters_are_merged_and_parents_may_be_files(mine):
    mine(
        """
        extends: open_standards
        parameters: {policy: {data_export: 0.7}}
        surveys: [2025-10, 2024-10, 2025-10]
        expected: [{kpi: late_share, direction: lower, because: so}]
        """
    )
    child = mine("extends: mine.yaml\nannouncements: []\n", HEAD.replace("mine", "child"), "child.yaml")
    assert child.values["policy.portability"] == 0.9
    assert child.values["policy.data_export"] == 0.7
    assert child.surveys == (42, 54)
    assert child.announcements == ()
    assert child.vendor_events == load_scenario("baseline").vendor_events
    assert child.expected == ()


def test_a_scenario_that_extends_nothing_starts_from_the_registry(mine):
    scenario = mine("")
    assert scenario.values == defaults()
    assert scenario.announcements == scenario.vendor_events == scenario.surveys == scenario.policies == ()


def test_circles_and_unknown_parents_are_named(mine, tmp_path):
    (tmp_path / "b.yaml").write_text(HEAD.replace("mine", "b") + "extends: ./mine.yaml\n", encoding="utf-8")
    (found,) = problems(mine, "extends: b.yaml\n")
    assert "b.yaml, line 5: extends: scenarios extend one another in a circle" in found
    (found,) = problems(mine, "extends: baselin\n")
    assert found.startswith("mine.yaml, line 5: extends: no scenario 'baselin'; did you mean 'baseline'?")
    (found,) = problems(mine, "extends: gone.yaml\n")
    assert found == "gone.yaml: there is no such file"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("titel: x", "titel: no such key; did you mean 'title'?"),
        ("name: again", "the key 'name' is given twice; it stands in line 1 too"),
        ("parameters: {policy: {portability: 1.5}}", "policy.portability must be in [0, 1] (got 1.5)"),
        ("parameters: {policy: {portability: no}}", "policy.portability must be in [0, 1] (got 'no')"),
        ("parameters: {policy: {portability: true}}", "must be in [0, 1] (got True)"),
        ("parameters: {policy: {readiness_shift: 010}}", "write the number without quotes and leading zeros"),
        ("parameters: {policy: {readiness_shift: '5'}}", "write the number without quotes and leading zeros"),
        ("parameters: {vendor: {hiring_lag: 1:30}}", "must be a whole number in [0, 60] months (got '1:30')"),
        ("parameters: {vendor: {hiring_lag: 3.5}}", "must be a whole number in [0, 60] months (got 3.5)"),
        ("parameters: {vendor: {readiness_mean: .inf}}", "(got '.inf')"),
        ("parameters: {policy: {deadline: 2027}}", "must be a month from 2021-04 to 2036-03, written YYYY-MM"),
        ("parameters: {policy: {deadlin: 2027-03}}", "no such parameter; did you mean 'policy.deadline'?"),
        ("parameters: {polcy: {deadline: 2027-03}}", "no such group of parameters; did you mean 'policy'?"),
        ("parameters: {policy: 3}", "parameters.policy: must have keys of its own (got 3)"),
        ("surveys: [2025-10, 2025-13]", "surveys.2: must be a month from 2021-04 to 2036-03, written YYYY-MM"),
        ("announcements: [{month: 2025-10, signal: 2, text: x}]", "announcements.1.signal: must be less than"),
        ("announcements: [{month: 2025-10, signal: '1', text: x}]", "signal: must be a number (got '1')"),
        ("announcements: [{month: 2025-10, text: x}]", "announcements.1.signal: is missing"),
        ("vendor_events: [{month: 2025-10, vendors: [0], text: x}]", "vendors.1: must be greater than or equal to 1"),
        ("vendor_events: [{month: 2025-10, vendors: [yes], text: x}]", "must be a whole number (got 'yes')"),
        ("vendor_events: [{month: 2025-10, vendors: [2, 1, 2], text: x}]", "vendor_events.1.vendors: 2 is given twice"),
        ("vendor_events: [{month: 2025-10, vendor: [1], text: x}]", "no such key; did you mean 'vendors'?"),
        (
            "expected: [{kpi: late_shar, direction: lower, because: x}]",
            "expected.1.kpi: no KPI 'late_shar'; did you mean 'late_share'?",
        ),
        ("expected: [{kpi: late_share, direction: lowr, because: x}]", "did you mean 'lower'?"),
        ("? [a, b]\n: 1", "a key must be one word"),
        (f"x: {'9' * 5000}", "an enormous number"),
    ],
)
def test_what_a_file_gets_wrong_is_said_with_its_line(mine, line, says):
    found = problems(mine, f"{line}\n")
    assert any(problem.startswith("mine.yaml, line 5") and says in problem for problem in found), found


def test_numbers_are_read_as_people_mean_them(mine):
    scenario = mine("parameters: {vendor: {count: 12, work_dispersion: 2e0, capacity_ratio: .5, minimum_months: +7}}\n")
    read = {
        scenario.values[f"vendor.{name}"] for name in ("count", "work_dispersion", "capacity_ratio", "minimum_months")
    }
    assert read == {12, 2.0, 0.5, 7.0}


def test_all_problems_come_at_once_in_the_order_of_lines(mine):
    found = problems(
        mine,
        """
        surveys: [1999-01]
        parameters:
          policy: {portability: 7}
        foo: bar
        """,
        head="name: other\n",
    )
    lines = [int(problem.split("line ")[1].split(":")[0]) for problem in found]
    assert lines == sorted(lines)
    assert len(found) == 5
    assert sum("is missing" in problem for problem in found) == 2


def test_the_name_is_the_files_own_and_a_text_is_needed(mine):
    assert "must be the file's own name, 'mine' (got 'other')" in problems(mine, "", HEAD.replace("mine", "other"))[0]
    assert "needs a text in en, in ja or in both" in problems(mine, "", HEAD.replace("{en: A title}", "{}"))[0]
    assert "letters, digits" in problems(mine, "", HEAD.replace("mine", "../x"))[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"# nothing\n", "the file is empty"),
        (b"\x00\x01", "this is not a text file"),
        ("名前: x".encode("shift_jis"), "the file is not UTF-8 text (byte 1); save it as UTF-8"),
        (b"a: [1", "this is not YAML"),
        (b"a: 1\n---\nb: 2\n", "this is not YAML: expected a single document"),
        (b"- a\n", "expected keys such as name"),
        (b"hello", "expected keys such as name"),
        (b"[" * 3000, "nested deeper than 20 levels"),
        (b"a" * 2_000_000, "the file is too large: 2000000 bytes, at most 100000"),
    ],
)
def test_a_file_that_is_no_scenario_is_refused_plainly(tmp_path, content, says):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    (found,) = problems(load_scenario, path)
    assert says in found
    assert "mine.yaml" in found


def test_a_folder_and_a_strange_path_are_refused(tmp_path):
    (tmp_path / "mine.yaml").mkdir()
    assert "this is a folder" in problems(load_scenario, tmp_path / "mine.yaml")[0]
    for name in ("x\0.yaml", "./" + "a" * 5000, "/dev/null", "\ud800.yaml"):
        assert problems(load_scenario, name)


def test_a_byte_order_mark_and_line_ends_of_windows_do_no_harm(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + HEAD.replace("\n", "\r\n").encode())
    assert load_scenario(path).name == "mine"


WORDS = st.sampled_from(
    [
        *("name", "title", "parameters", "policy", "deadline", "extends", "baseline", "mine", "announcements", "month"),
        *("2025-10", "signal", "vendors", "1", "-1", "1e9", ".nan", "no", "null", "~", "!!int", "!x", "&a", "*a", "<<"),
        *(
            ": ",
            "- ",
            ", ",
            "\n",
            "\n  ",
            "{",
            "}",
            "[",
            "]",
            "? ",
            "|",
            ">",
            "'",
            '"',
            "#",
            "%",
            "@",
            "`",
            "---",
            "\t",
        ),
    ]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.one_of(st.text(), st.lists(WORDS).map("".join)), headed=st.booleans())
def test_any_text_is_a_scenario_or_an_input_error(tmp_path, body, headed):
    path = tmp_path / "mine.yaml"
    path.write_bytes(((HEAD if headed else "") + body).encode("utf-8", "surrogatepass"))
    try:
        scenario = load_scenario(path)
    except InputError:
        return
    assert isinstance(scenario, Scenario)


def test_scenarios_are_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_scenario("baseline").name == "baseline"
    assert (shipped("scenarios") / "baseline.yaml").is_file()
