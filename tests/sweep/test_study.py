"""Studies: what may stand in one, and how everything that is wrong with one is told, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dxsim.errors import InputError
from dxsim.language import set_language
from dxsim.scenario.plain_yaml import Document
from dxsim.scenario.registry import REGISTRY
from dxsim.sweep.outcomes import Months, Outcomes
from dxsim.sweep.sample import Sample, Seeds
from dxsim.sweep.study import Case, Study
from dxsim.sweep.study_file import read_study, study_names, study_of, study_text

JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
DRAWN = "uncertainties: {vendor.capacity_ratio: }\n"

# What stands below `name: mine` from line 2 on, and what is said about it.
BAD = {
    "no such key": ("scenario: baseline", ["line 2: scenario: no such key; did you mean 'scenarios'?"]),
    "wrong kind": ("levers: [1]", ["line 2: levers: must have keys of its own (got a list)"]),
    "key twice": ("variants: [default]\nvariants: [small_first]", ["line 3: the key 'variants' is given twice;"]),
    "tag": ("question: !!python/name:os.system x", ["line 2: tags are not used here and nothing is executed;"]),
    "unknown lever": ("levers: {policy.deadlin: [2026-03]}", ["no such parameter; did you mean 'policy.deadline'?"]),
    "lever without its group": ("levers: {deadline: [2026-03]}", ["no such parameter; did you mean 'policy.deadline'"]),
    "one value": ("levers: {policy.cohorts: 3}", ["line 2: levers.policy.cohorts: must be a list (got 3)"]),
    "no value": ("levers: {policy.cohorts: []}", ["line 2: levers.policy.cohorts: must not be empty"]),
    "value twice": ("levers:\n  policy.cohorts: [3, 3]", ["line 3: levers.policy.cohorts.2: 3 is given twice"]),
    "value out of bounds": (
        "levers:\n  policy.cohorts:\n    - 3\n    - 21",
        ["line 5: policy.cohorts must be a whole number in [1, 20] cohorts (got 21)"],
    ),
    "month as a number": ("constants: {policy.deadline: 2026}", ["policy.deadline must be a month from 2021-04"]),
    "levers and cases": (
        "levers: {policy.cohorts: [3]}\ncases: [{policy.phasing: none}]",
        ["line 3: cases: give levers or cases, not both"],
    ),
    "name of a case twice": (
        "cases:\n  - {name: a, policy.cohorts: 3}\n  - {name: a, policy.cohorts: 4}",
        ["line 4: cases.2.name: a is given twice"],
    ),
    "unknown key of a case": ("cases: [{title: x}]", ["line 2: cases.1.title: no such parameter"]),
    "scenario of a case": (
        "cases: [{scenario: basline}]",
        ["line 2: cases.1.scenario: no scenario 'basline'; did you"],
    ),
    "unknown scenario": (
        "scenarios: [basline]",
        ["line 2: scenarios.1: no scenario 'basline'; did you mean 'baseline'"],
    ),
    "no file of a scenario": ("scenarios: [./none.yaml]", ["line 2: scenarios.1: there is no such file"]),
    "scenario twice": ("scenarios: [baseline, baseline]", ["line 2: scenarios.2: baseline is given twice"]),
    "unknown variant": (
        "variants: [smallfirst]",
        ["line 2: variants.1: no variant 'smallfirst'; did you mean 'small_fi"],
    ),
    "no nation": (
        "nation: sintetic",
        ["line 2: nation must be 'synthetic' or a folder (got 'sintetic'); did you mean"],
    ),
    "no vendor table": ("vendor_table: none.csv", ["line 2: vendor_table: there is no such file"]),
    "name in two parts": (
        "constants: {policy.cohorts: 3}\nlevers: {policy.cohorts: [3, 4]}",
        ["line 2: policy.cohorts stands under levers too; a parameter has one place"],
    ),
    "point and constant": (
        "constants: {policy.cohorts: 3}\nsample: {method: list, points: [{policy.cohorts: 4}]}",
        ["line 2: policy.cohorts stands under points too"],
    ),
    "how is not said": (DRAWN, ["line 2: uncertainties: say under sample how they are drawn: method, size and seed"]),
    "nothing to draw": ("sample: {method: sobol, size: 8}", ["line 2: sample: there is nothing to draw"]),
    "unknown method": (
        DRAWN + "sample: {method: latin_hypercub, size: 8}",
        [
            "sample.method: must be 'latin_hypercube', 'sobol', 'saltelli', 'morris', 'shapley', 'one_at_a_time', ",
            "'list' or 'posterior' (got 'latin_hypercub'); did you mean 'latin_hypercube'",
        ],
    ),
    "no size": (DRAWN + "sample: {method: morris}", ["line 3: sample: morris needs size"]),
    "no power of two": (
        DRAWN + "sample: {method: sobol, size: 100}",
        ["line 3: sample.size: sobol needs a power of two: 64 or 128 (got 100)"],
    ),
    "saltelli's size": (
        DRAWN + "sample: {method: saltelli, size: 3}",
        ["saltelli needs a power of two: 2 or 4 (got 3)"],
    ),
    "key of another method": (
        DRAWN + "sample: {method: sobol, size: 8, levels: 4}",
        ["line 3: sample.levels: sobol does not use it"],
    ),
    "one level": (DRAWN + "sample: {method: one_at_a_time, size: 1}", ["one_at_a_time needs at least 2 (got 1)"]),
    "odd levels": (DRAWN + "sample: {method: morris, size: 8, levels: 5}", ["sample.levels: must be even (got 5)"]),
    "points and uncertainties": (
        DRAWN + "sample: {method: list, points: [{policy.cohorts: 3}]}",
        ["line 2: uncertainties: a list of points says all values"],
    ),
    "point without a parameter": (
        "sample:\n  method: list\n  points:\n    - {policy.cohorts: 3, vendor.count: 4}\n    - {policy.cohorts: 3}",
        ["line 6: sample.points.2: vendor.count is missing; every point names the same parameters"],
    ),
    "point with one more": (
        "sample:\n  method: list\n  points:\n    - {policy.cohorts: 3}\n    - {policy.cohorts: 3, vendor.count: 4}",
        ["line 6: vendor.count is not in the first point"],
    ),
    "choice is drawn": (
        "uncertainties: {policy.phasing: }\nsample: {method: sobol, size: 8}",
        ["line 2: uncertainties.policy.phasing: policy.phasing is a choice and can't be drawn"],
    ),
    "unknown distribution": (
        "uncertainties: {vendor.capacity_ratio: {distribution: truncnrm}}\nsample: {method: sobol, size: 8}",
        ["line 2: uncertainties.vendor.capacity_ratio.distribution: no such distribution; did you mean 'truncnorm'?"],
    ),
    "slow distribution": (
        "uncertainties: {vendor.capacity_ratio: {distribution: levy_stable}}\nsample: {method: sobol, size: 8}",
        ["'levy_stable' takes minutes to draw from and is not offered"],
    ),
    "no shape": (
        "uncertainties: {vendor.capacity_ratio: {distribution: truncnorm, a: -1}}\nsample: {method: sobol, size: 8}",
        ["line 2: uncertainties.vendor.capacity_ratio: truncnorm needs b"],
    ),
    "unknown shape": (
        "uncertainties:\n  vendor.capacity_ratio: {distribution: norm, sd: 1}\nsample: {method: sobol, size: 8}",
        ["line 3: uncertainties.vendor.capacity_ratio.sd: no such key; norm has loc, scale"],
    ),
    "shapes that do not go": (
        "uncertainties: {vendor.capacity_ratio: {distribution: norm, scale: -1}}\nsample: {method: sobol, size: 8}",
        ["norm has no such parameters: scale = -1"],
    ),
    "no number": (
        "uncertainties: {vendor.capacity_ratio: {distribution: norm, loc: one}}\nsample: {method: sobol, size: 8}",
        ["line 2: uncertainties.vendor.capacity_ratio.loc: must be a finite number"],
    ),
    "law for whole values": (
        "uncertainties: {vendor.count: {distribution: norm}}\nsample: {method: sobol, size: 8}",
        ["vendor.count has whole values; only 'integers' draws them"],
    ),
    "whole values of a law": (
        "uncertainties: {vendor.capacity_ratio: {distribution: integers}}\nsample: {method: sobol, size: 8}",
        ["vendor.capacity_ratio has values between whole numbers; 'integers' does not draw them"],
    ),
    "key of a range": (
        "uncertainties: {vendor.capacity_ratio: {hi: 2}}\nsample: {method: sobol, size: 8}",
        ["line 2: uncertainties.vendor.capacity_ratio.hi: no such key; did you mean 'high'?"],
    ),
    "range upside down": (
        "uncertainties: {policy.deadline: {low: 2029-03}}\nsample: {method: sobol, size: 8}",
        ["line 2: uncertainties.policy.deadline: low (2029-03) must be below high (2028-03)"],
    ),
    "end out of bounds": (
        "uncertainties: {vendor.count: {high: 65}}\nsample: {method: sobol, size: 8}",
        ["line 2: uncertainties.vendor.count.high: vendor.count must be a whole number in [1, 46] vendors (got 65)"],
    ),
    "no range": (
        "uncertainties: {policy.second_deadline: {low: 2031-03}}\nsample: {method: sobol, size: 8}",
        ["policy.second_deadline has no high end in the registry; give one"],
    ),
    "logarithm of nothing": (
        "uncertainties: {policy.naming: {distribution: loguniform}}\nsample: {method: sobol, size: 8}",
        ["line 2: uncertainties.policy.naming: must be above 0 for loguniform (got 0.0)"],
    ),
    "no seed": ("seeds: {count: 0}", ["line 2: seeds.count: must be greater than or equal to 1 (got 0)"]),
    "seed beyond the last": (
        "seeds: {first: 9223372036854775807, count: 2}",
        ["line 2: seeds: the last seed is above 9223372036854775807"],
    ),
    "yes": ("seeds: {common: yes}", ["line 2: seeds.common: must be true or false (got 'yes')"]),
    "unknown KPI": (
        "outcomes: {kpis: [late_shar]}",
        ["line 2: outcomes.kpis.1: no KPI 'late_shar'; did you mean 'late_sh"],
    ),
    "KPIs in a word": ("outcomes: {kpis: some}", ["line 2: outcomes.kpis: must be all or a list (got 'some')"]),
    "unknown stratum": (
        "outcomes: {strata: [sizes]}",
        ["outcomes.strata.1: must be 'size_class' or 'type' (got 'sizes')"],
    ),
    "unknown month column": (
        "outcomes: {months: {columns: [lives]}}",
        ["line 2: outcomes.months.columns.1: no column 'lives'; did you mean 'live'?"],
    ),
    "unknown type": (
        "outcomes: {months: {columns: [live], types: [towns]}}",
        ["outcomes.months.types.1: must be", "'town'"],
    ),
    "unknown column of municipalities": (
        "outcomes: {municipalities: [late_system]}",
        ["line 2: outcomes.municipalities.1: no column 'late_system'; did you mean 'late_systems'?"],
    ),
}


def refused(text: str, folder: Path) -> InputError:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_study(path)
    return caught.value


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, case: str) -> None:
    text, says = BAD[case]
    error = refused(f"name: mine\n{text}\n", tmp_path)
    assert len(error.problems) == 1, str(error)
    for part in says:
        assert part in str(error)


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_told_in_japanese(tmp_path: Path, japanese: None, case: str) -> None:
    error = refused(f"name: mine\n{BAD[case][0]}\n", tmp_path)
    assert all(JAPANESE.search(line) for line in str(error).splitlines()), str(error)


@pytest.fixture
def japanese() -> Iterator[None]:
    before = set_language("ja")
    yield
    set_language(before)


def test_everything_is_told_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = """name: my study
scenarios: [basline]
levers:
  policy.deadlin: [2026-03]
  policy.cohorts: [0]
seeds: {count: none}
outcome: {}
"""
    error = refused(text, tmp_path)
    assert [problem.line for problem in error.problems] == [1, 2, 4, 5, 6, 7]
    error = refused(text.replace("none}\noutcome", "3}\noutcomes"), tmp_path)
    assert [problem.line for problem in error.problems] == [1, 2, 4, 5]


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "the file is empty"), ("- 1", "expected keys such as name, scenarios and levers"), ("a: [", "not YAML")],
)
def test_a_file_that_is_no_study_is_refused(tmp_path: Path, text: str, says: str) -> None:
    assert says in str(refused(text, tmp_path))


def test_a_study_that_is_not_shipped_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="no study 'uncertainy'; did you mean 'uncertainty'"):
        read_study("uncertainy")


def test_python_and_a_file_are_checked_alike(tmp_path: Path) -> None:
    text = "name: mine\nlevers: {policy.cohorts: [3, 21]}\nvariants: [smallfirst]\n"
    of_file = refused(text, tmp_path)
    with pytest.raises(InputError) as caught:
        Study("mine", levers={"policy.cohorts": [3, 21]}, variants=["smallfirst"])
    assert {problem.what for problem in caught.value.problems} == {problem.what for problem in of_file.problems}
    assert "variants.1: no variant 'smallfirst'" in str(caught.value)


def test_defaults_of_the_registry_are_filled_in() -> None:
    study = Study(
        "mine",
        uncertainties={"vendor.minimum_months": {"high": 9}, "vendor.count": None, "policy.second_deadline": {
            "low": "2030-03", "high": "2032-03"}},
        sample={"method": "morris", "size": 4},
    )  # fmt: skip
    months, count, second = study.uncertainties.values()
    shortest, vendors = REGISTRY["vendor.minimum_months"], REGISTRY["vendor.count"]
    assert (months.distribution, months.low, months.high) == ("uniform", shortest.low, 9.0)
    assert (count.distribution, count.low, count.high) == ("integers", vendors.low, vendors.high)
    assert (second.distribution, second.low, second.high) == ("integers", "2030-03", "2032-03")
    assert study.sample == Sample("morris", 4, seed=1, levels=4)
    assert study.outcomes == Outcomes("all", ("size_class", "type"))


def test_numbers_of_numpy_are_numbers() -> None:
    study = Study("mine", levers={"policy.cohorts": np.arange(2, 5), "policy.naming": np.linspace(0, 1, 3)})
    assert study.levers == {"policy.cohorts": (2, 3, 4), "policy.naming": (0.0, 0.5, 1.0)}


def test_kpis_are_those_that_a_run_can_give() -> None:
    names = ["late_share", "live_share_2026_01", "declared_systems_2025_07", "saving_per_resident_under_5k"]
    assert Study("mine", outcomes=Outcomes(names)).outcomes.kpis == tuple(names)
    with pytest.raises(
        InputError, match=r"outcomes\.kpis\.1: no KPI 'live_share_2026_04'; did you mean 'live_share_2026"
    ):
        Study("mine", outcomes=Outcomes(["live_share_2026_04"]))


def test_a_plain_text_is_for_both_languages_and_a_path_is_a_text() -> None:
    assert Study("mine", nation=Path("land")).nation == "land"
    assert Study("mine", title="x").title == {"en": "x", "ja": "x"}


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "vendors.csv").write_text("code,lot,vendor\n")
    (tmp_path / "land").mkdir()
    (tmp_path / "own.yaml").write_text("x")
    text = "name: mine\nnation: land\nvendor_table: vendors.csv\nscenarios: [./own.yaml, baseline]\n"
    (tmp_path / "mine.yaml").write_text(text)
    study = read_study(tmp_path / "mine.yaml")
    assert study.nation == (tmp_path / "land").as_posix()
    assert study.vendor_table == (tmp_path / "vendors.csv").as_posix()
    assert study.scenarios == ((tmp_path / "own.yaml").as_posix(), "baseline")


def test_a_study_comes_back_from_its_text(tmp_path: Path) -> None:
    study = Study(
        "mine",
        title={"en": "yes: no", "ja": "増員 # か"},
        variants=("default", "small_first"),
        cases=(Case({"policy.deadline": "2026-03"}, "early"), Case({"policy.late_penalty": 1e9}, None, "baseline")),
        uncertainties={
            "vendor.minimum_months": {"distribution": "loguniform", "low": 0.1, "high": 10 / 3},
            "money.running_cost_mean": {"distribution": "truncnorm", "a": -2, "b": 2, "loc": 1.9, "scale": 0.3},
        },
        constants={"policy.phasing": "none", "subsidy.fund_opening": 1e15},
        sample=Sample("saltelli", 8, second_order=True),
        seeds=Seeds(5, 2, common=False),
        outcomes=Outcomes(
            ["late_share", "live_share_2026_01"], (), ("late_systems",), Months(("live", "late_R4"), ("all", "town"))
        ),
    )
    (tmp_path / "copy.yaml").write_text(study_text(study.data()), encoding="utf-8")
    assert read_study(tmp_path / "copy.yaml") == study


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=TEXTS, question=TEXTS, name=TEXTS, share=st.floats(0, 1), money=st.floats(0, 1e12))
@example(title="010", question="1e4", name="0x1F", share=1e-7, money=1e11)
@example(title="no", question="null", name="2026-03", share=5e-324, money=1 / 3)
@example(title="- a", question="a: b # c", name="~", share=0, money=0)
@example(title="&a", question="!x", name="'\"", share=0, money=0)
def test_texts_and_numbers_come_back_bit_for_bit(
    tmp_path: Path, title: str, question: str, name: str, share: float, money: float
) -> None:
    cases = [Case({"policy.data_export": share, "subsidy.lump_sum": money}, name)]
    study = Study("mine", title=title, question={"ja": question}, cases=cases)
    (tmp_path / "copy.yaml").write_text(study_text(study.data()), encoding="utf-8", newline="\n")
    assert read_study(tmp_path / "copy.yaml") == study


def test_every_shipped_study_is_read_and_comes_back(tmp_path: Path) -> None:
    assert study_names() == ("calibration", "capacity_or_specifications", "cooperation_grant", "uncertainty")
    for name in study_names():
        study = read_study(name)
        assert study.name == name
        for text in (study.title, study.question):
            assert JAPANESE.search(text["ja"])
            assert not JAPANESE.search(text["en"])
        (tmp_path / "copy.yaml").write_text(study_text(study.data()), encoding="utf-8")
        assert read_study(tmp_path / "copy.yaml") == study


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 70),
    st.integers(10**30, 10**31),
    st.floats(),
    st.sampled_from(["all", "baseline", "list", "morris", "norm", "2026-03", "integers", "", "../x", "~", "\0"]),
)
KEYS = st.sampled_from(
    [
        *("method", "size", "seed", "levels", "points", "second_order", "first", "count", "common", "kpis", "strata"),
        *(
            "months",
            "columns",
            "types",
            "municipalities",
            "en",
            "ja",
            "low",
            "high",
            "distribution",
            "loc",
            "scale",
            "a",
            "x",
        ),
        *("policy.deadline", "policy.cohorts", "policy.naming", "policy.phasing", "name", "scenario", "0"),
    ]
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(KEYS, inside, max_size=3),
    max_leaves=8,
)
PARTS = st.sampled_from([*(part.name for part in fields(Study)), "x"])


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(PARTS, ANYTHING, max_size=6))
def test_whatever_stands_in_a_study_only_input_errors_come_of_it(data: dict[str, object]) -> None:
    with suppress(InputError):
        study = study_of(Document(Path("mine.yaml"), data, {(): 1}, ()))
        assert Study(**study.data()) == study
