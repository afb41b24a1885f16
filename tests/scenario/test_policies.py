"""Policies are read strictly: who, what, when and how; they stack in the order of the list."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxsim.language import in_language
from dxsim.scenario.policies import BODY_LEVERS, Policy, Who, began_texts, scope, what_text, when_text, who_text
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.triggers import When
from dxsim.terms.calendar import MONTHS

TABLE = pd.DataFrame(
    {
        "code": ["01100", "01202", "01331", "13101", "13421", "47201"],
        "prefecture": ["01", "01", "01", "13", "13", "47"],
        "type": ["designated_city", "core_city", "town", "special_ward", "village", "core_city"],
        "population": [1_900_000, 250_000, 20_000, 66_000, 2_900, 317_000],
    }
)


def inside(**who):
    return list(TABLE["code"][scope(Policy("policy.naming", 1.0, who=Who(**who)), TABLE)])


def test_a_policy_says_who_what_when_and_how(mine):
    scenario = mine(
        """
        policies:
          - lever: residents.support_desks
            value: 5
            how: add
            from: 2024-04
            until: 2030-03
            who:
              types: [town, village]
              population_from: 100
              population_below: 20000
              prefectures: [01, 13]
              codes: [01331]
            text: Desks
            when: {figure: live, above: 0.3, lag: 2}
          - {lever: policy.naming, value: 1}
        """
    )
    assert scenario.policies == (
        Policy(
            "residents.support_desks",
            5.0,
            "add",
            36,
            108,
            Who(("town", "village"), 100, 20000, ("01", "13"), ("01331",)),
            {"en": "Desks", "ja": "Desks"},
            When("live", above=0.3, lag=2),
        ),
        Policy("policy.naming", 1.0, "set", 0, MONTHS, Who(), {}),
    )


def test_a_list_of_policies_replaces_that_of_the_parent(mine):
    mine("policies: [{lever: policy.naming, value: 1}]\n")
    head = "name: child\ntitle: {en: x}\nmeaning: {en: x}\nextends: mine.yaml\n"
    assert [policy.lever for policy in mine("", head, "child.yaml").policies] == ["policy.naming"]
    assert mine("policies: []\n", head, "child.yaml").policies == ()
    other = mine("policies: [{lever: quality.test_effort, value: 1}]\n", head, "child.yaml")
    assert [policy.lever for policy in other.policies] == ["quality.test_effort"]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{lever: residents.suport_desks, value: 1}", "policies.1.lever: no such lever; did you mean 'residents.sup"),
        ("{lever: support_desks, value: 1}", "no such lever; did you mean 'residents.support_desks'?"),
        ("{lever: zzz, value: 1}", "no such lever; the levers are policy.naming, policy.late_penalty"),
        (
            "{lever: policy.deadline, value: 2027-03}",
            "policy.deadline can't differ between municipalities; set it under",
        ),
        ("{lever: policy.naming, value: 11}", "policy.naming must be in [0, 10] (got 11)"),
        ("{lever: policy.naming, value: '1'}", "write the number without quotes and leading zeros"),
        ("{lever: policy.naming, value: true}", "policy.naming must be in [0, 10] (got True)"),
        ("{lever: security.governance_requirement, value: 1.5}", "must be a whole number in [0, 3] level (got 1.5)"),
        ("{lever: policy.naming, value: x, how: add}", "policies.1.value: must be a number (got 'x')"),
        ("{lever: policy.naming, value: -1, how: multiply}", "must be a number of at least 0 (got -1)"),
        ("{lever: policy.naming, how: add, value: .inf}", "must be a number (got '.inf')"),
        ("{lever: policy.naming}", "policies.1.value: is missing"),
        ("{value: 1}", "policies.1.lever: is missing"),
        ("{lever: 3, value: 1}", "policies.1.lever: must be text (got 3)"),
        ("{lever: policy.naming, value: 1, how: ad}", "(got 'ad'); did you mean 'add'?"),
        ("{lever: policy.naming, value: 1, form: 2024-04}", "no such key; did you mean 'from'?"),
        ("{lever: policy.naming, value: 1, first: 2024-04}", "policies.1.first: no such key"),
        ("{lever: policy.naming, value: 1, from: 2050-01}", "policies.1.from: must be a month from 2021-04"),
        ("{lever: policy.naming, value: 1, from: 2025-01, until: 2024-12}", "ends in 2024-12 before it begins in 2025"),
        ("{lever: policy.naming, value: 1, who: {type: [town]}}", "who.type: no such key; did you mean 'types'?"),
        ("{lever: policy.naming, value: 1, who: {types: [twon]}}", "(got 'twon'); did you mean 'town'?"),
        ("{lever: policy.naming, value: 1, who: {types: []}}", "who.types: must not be empty"),
        ("{lever: policy.naming, value: 1, who: {types: town}}", "who.types: must be a list (got 'town')"),
        ("{lever: policy.naming, value: 1, who: {population_below: many}}", "must be a number (got 'many')"),
        ("{lever: policy.naming, value: 1, who: {population_below: -5}}", "must be greater than or equal to 0"),
        (
            "{lever: policy.naming, value: 1, who: {population_from: 9, population_below: 9}}",
            "who.population_below: must be more than population_from (9)",
        ),
        ("{lever: policy.naming, value: 1, who: {prefectures: [48]}}", "must be a prefecture's number from 01 to 47"),
        ("{lever: policy.naming, value: 1, who: {prefectures: [Tokyo]}}", "must be a code of 2 digits (got 'Tokyo')"),
        ("{lever: policy.naming, value: 1, who: {codes: [131011]}}", "must be a code of 5 digits (got 131011)"),
        ("{lever: policy.naming, value: 1, who: everybody}", "policies.1.who: must have keys of its own"),
        ("{lever: policy.naming, value: 1, text: {}}", "policies.1.text: needs a text in en, in ja or in both"),
        ("{lever: policy.naming, value: 1, when: {figure: declared, above: 0.1}}", "did you mean 'declared_late'?"),
        ("{lever: policy.naming, value: 1, when: {above: 0.1}}", "policies.1.when.figure: is missing"),
        ("{lever: policy.naming, value: 1, when: {figure: live}}", "policies.1.when: give the mark, above or below"),
        (
            "{lever: policy.naming, value: 1, when: {figure: live, above: 0.1, below: 0.2}}",
            "policies.1.when: give above or below, not both",
        ),
        (
            "{lever: policy.naming, value: 1, when: {figure: live, above: 30}}",
            "policies.1.when.above: live is from 0 to 1 (got 30.0)",
        ),
        (
            "{lever: policy.naming, value: 1, when: {figure: shortage_notices, above: -1}}",
            "policies.1.when.above: shortage_notices is at least 0 (got -1.0)",
        ),
        ("{lever: policy.naming, value: 1, when: {figure: live, above: half}}", "when.above: must be a number (got 'h"),
        ("{lever: policy.naming, value: 1, when: {figure: live, above: 0.1, lag: 0.5}}", "must be a whole number"),
        ("{lever: policy.naming, value: 1, when: {figure: live, over: 0.1, above: 0.1}}", "when.over: no such key"),
        (
            "{lever: policy.naming, value: 1, from: 2025-01, until: 2025-03, when: {figure: live, above: 0.1, lag: 3}}",
            "when.lag: is as long as the policy may last, from 2025-01 to 2025-03: it could never begin",
        ),
        ("3", "policies.1: must have keys of its own"),
    ],
)
def test_what_a_policy_gets_wrong_is_said_with_its_line(refused, entry, says):
    found = refused(f"policies:\n  - {entry}\n")
    assert [says in problem for problem in found] == [True], found
    assert found[0].startswith("mine.yaml, line 6")


@pytest.mark.parametrize("digits", ["1, 13", "01, '13'"])
def test_prefectures_and_codes_may_be_written_as_numbers(mine, digits):
    text = f"policies: [{{lever: policy.naming, value: 1, who: {{prefectures: [{digits}], codes: [13101, 01100]}}}}]\n"
    who = mine(text).policies[0].who
    assert who.prefectures == ("01", "13")
    assert who.codes == ("13101", "01100")


def test_whom_a_policy_is_for():
    assert inside() == list(TABLE["code"])
    assert inside(types=("town", "village")) == ["01331", "13421"]
    assert inside(population_below=20_000) == ["13421"]
    assert inside(population_from=20_000, population_below=66_000.5) == ["01331", "13101"]
    assert inside(prefectures=("01",), types=("core_city",)) == ["01202"]
    assert inside(codes=("01100", "99999")) == ["01100"]
    assert inside(prefectures=("30",)) == inside(codes=("30201",)) == []


WHO = st.builds(
    Who,
    types=st.lists(st.sampled_from(["town", "core_city", "village"]), max_size=2, unique=True).map(tuple),
    population_from=st.none() | st.sampled_from([0, 20_000, 66_000]),
    population_below=st.none() | st.sampled_from([20_000, 66_000, 10**7]),
    prefectures=st.lists(st.sampled_from(["01", "13"]), max_size=2, unique=True).map(tuple),
    codes=st.lists(st.sampled_from(["01331", "13421", "47201"]), max_size=2, unique=True).map(tuple),
)


@given(WHO, WHO)
def test_policies_for_a_common_body_meet(one, other):
    both = scope(Policy("policy.naming", 1.0, who=one), TABLE) & scope(Policy("policy.naming", 1.0, who=other), TABLE)
    assert one.meets(other) == other.meets(one)
    assert one.meets(other) or not both.any()


@given(st.sampled_from(BODY_LEVERS), st.sampled_from(["set", "add", "multiply"]), st.floats(0, 10), st.floats(0, 1))
def test_a_lever_stays_within_its_bounds(lever, how, value, share):
    parameter = REGISTRY[lever]
    start = parameter.minimum + share * (parameter.maximum - parameter.minimum)
    assert parameter.minimum <= Policy(lever, value, how).after(start) <= parameter.maximum


def test_every_lever_of_a_body_is_a_number_with_bounds():
    assert BODY_LEVERS
    assert all(REGISTRY[lever].type in ("float", "int") for lever in BODY_LEVERS)


def test_a_policy_in_words():
    policy = Policy("policy.late_penalty", 10_000_000.0, "add", 36, 48, Who(types=("town",), population_below=20_000))
    assert what_text(policy) == "policy.late_penalty + 10,000,000"
    assert when_text(policy) == "from 2024-04 to 2025-03"
    assert when_text(Policy("policy.naming", 1.0)) == "in all months"
    assert who_text(policy.who) == "town; population below 20,000"
    assert who_text(Who()) == "all municipalities"
    assert who_text(Who((), 5, 10, ("01",), ("01100",))) == (
        "population from 5 to below 10; prefectures 01; codes 01100"
    )


def test_what_a_policy_waits_for_in_words():
    late = Policy("policy.naming", 1.0, when=When("declared_late", above=0.125))
    assert when_text(late) == "once the share of systems declared late in the latest survey is above 12.5 %"
    few = Policy("policy.naming", 1.0, "set", 36, 48, when=When("shortage_notices", below=3, lag=2))
    assert when_text(few) == (
        "once the number of vendors' shortage notices so far is below 3, 2 months later; only from 2024-04 to 2025-03"
    )
    with in_language("ja"):
        assert when_text(late) == "直近の調査で遅延と申告されたシステムの割合が12.5 %を超えたとき"


def test_when_a_policy_that_waited_began():
    told = [{"lever": "policy.naming", "value": 1.0, "when": {"figure": "live", "above": 0.5}}]
    told = [{"lever": "policy.naming", "value": 2.0, "when": None}, *told]
    what = "policy.naming = 1, once the share of systems live is above 50 %"
    assert began_texts(told, ["2021-04", "2025-03"]) == [f"{what}: it began in 2025-03"]
    assert began_texts(told, ["2021-04", None]) == [f"{what}: it never began"]


def test_a_scope_is_an_array_of_truth_values():
    found = scope(Policy("policy.naming", 1.0), TABLE)
    assert found.dtype == np.bool_
    assert found.shape == (6,)
