"""The command line: what composes, what wins, what is refused and how it is said."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxsim.errors import InputError
from dxsim.scenario.configuration import KEYS, read_command_line, variant_names
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.scenario import load_scenario


def refused(*overrides):
    with pytest.raises(InputError) as caught:
        read_command_line(overrides)
    return [str(problem) for problem in caught.value.problems]


def test_nothing_said_is_the_baseline():
    run = read_command_line([])
    assert run.scenario == load_scenario("baseline")
    assert (run.nation, run.seed, run.output, run.figures, run.language, run.vendor_table) == (
        *("synthetic", 1, None, True, "en", None),
    )
    assert run.composed["parameters"] == {}
    assert run.composed["variant"] == "default"


def test_everything_can_be_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "japan").mkdir()
    run = read_command_line(
        [
            *("scenario=open_standards", "nation=japan", "seed=9223372036854775807", "output=out/1", "figures=false"),
            *("language=ja", "vendor_table=vendors.csv", "policy.deadline=2027-03", "variant=small_first"),
        ]
    )
    assert run.scenario.name == "open_standards"
    assert run.scenario.values["policy.deadline"] == "2027-03"
    assert run.scenario.values["vendor.queue_discipline"] == "smallest_municipality"
    assert (run.nation, run.seed, run.output) == ("japan", 2**63 - 1, Path("out/1"))
    assert (run.figures, run.language, run.vendor_table) == (False, "ja", Path("vendors.csv"))
    assert run.composed == {
        **{"scenario": "open_standards", "nation": "japan", "seed": 2**63 - 1, "output": "out/1", "figures": False},
        **{"language": "ja", "vendor_table": "vendors.csv", "variant": "small_first"},
        "parameters": {"policy.deadline": "2027-03", "vendor.queue_discipline": "smallest_municipality"},
    }


def test_the_command_line_wins_over_the_variant_which_wins_over_the_file_which_wins_over_the_registry(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    head = "name: mine\ntitle: {en: x}\nmeaning: {en: x}\nsources: [x]\n"
    body = "parameters: {vendor: {readiness_mean: 41, capacity_ratio: 1, planning_months: 11}}\n"
    (tmp_path / "mine.yaml").write_text(head + body, encoding="utf-8")
    run = read_command_line(["scenario=mine.yaml", "variant=calendar_limited", "vendor.readiness_mean=44"])
    values = run.scenario.values
    assert values["vendor.readiness_mean"] == 44  # command line
    assert (
        values["vendor.capacity_ratio"] == load_scenario("calendar_limited").values["vendor.capacity_ratio"]
    )  # variant
    assert values["vendor.planning_months"] == 11  # file
    assert values["vendor.organic_growth"] == REGISTRY["vendor.organic_growth"].default


def test_null_leaves_a_parameter_to_the_scenario():
    assert read_command_line(["scenario=open_standards", "policy.portability=null"]).scenario == load_scenario(
        "open_standards"
    )


VARIANTS = {
    "default": "baseline",
    "calendar_limited": "calendar_limited",
    "geographic_peers": "geographic_peers",
    "small_first": "small_municipalities_first",
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_is_its_scenario(variant):
    composed = read_command_line([f"variant={variant}"]).scenario
    assert composed.fingerprint == load_scenario(VARIANTS[variant]).fingerprint


def test_every_variant_composes_and_changes_something():
    prints = {read_command_line([f"variant={variant}"]).scenario.fingerprint for variant in variant_names()}
    assert set(variant_names()) == set(VARIANTS)
    assert len(prints) == len(VARIANTS)


def test_every_parameter_composes_from_its_own_default():
    run = read_command_line([f"{key}={parameter.default}" for key, parameter in REGISTRY.items()])
    assert run.scenario.fingerprint == load_scenario("baseline").fingerprint
    assert list(run.composed["parameters"]) == list(REGISTRY)


def test_paths_are_taken_as_typed_in_any_script(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    for typed, read in {
        "結果/1 (試行)": "結果/1 (試行)",
        "C:\\data\\x\\": "C:\\data\\x\\",
        "it's": "it's",
        "'a,b'": "a,b",
        "a=b": "a=b",
        "~/x": "/somewhere/x",
        "[x]{y}": "[x]{y}",
        "123": "123",
        "\u3000x": "\u3000x",
    }.items():
        run = read_command_line([f"output={typed}", f"vendor_table={typed}"])
        assert run.output == Path(read)
        assert run.vendor_table == Path(read)


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("policy.deadlin=2027-03", "policy.deadlin=2027-03: no such parameter; did you mean 'policy.deadline'?"),
        ("deadline=2027-03", "deadline=2027-03: no such parameter; did you mean 'policy.deadline'?"),
        ("sed=7", "sed=7: no such key; did you mean 'seed'?"),
        ("zzz=7", "zzz=7: no such parameter; `dxsim parameters` lists them all"),
        ("policy.deadline=2027-13", "must be a month from 2021-04 to 2036-03, written YYYY-MM (got '2027-13')"),
        ("policy.deadline=2027", "must be a month from 2021-04 to 2036-03, written YYYY-MM (got 2027)"),
        ("policy.portability=1.5", "policy.portability must be in [0, 1] (got 1.5)"),
        ("policy.portability=true", "policy.portability must be in [0, 1] (got True)"),
        ("policy.portability='0.5'", "write the number without quotes and leading zeros"),
        ("vendor.hiring_lag=3.5", "vendor.hiring_lag must be a whole number in [0, 60] months (got 3.5)"),
        ("policy.extension_rule=nome", "one of none, conditional, all (got 'nome'); did you mean 'none'?"),
        ("seed=-1", "seed must be a whole number from 0 to 9223372036854775807 (got -1)"),
        ("seed=9223372036854775808", "seed must be a whole number from 0 to 9223372036854775807"),
        ("seed=1.0", "seed must be a whole number from 0 to 9223372036854775807 (got 1.0)"),
        ("seed=true", "seed must be a whole number"),
        ("seed=null", "seed must be a whole number from 0 to 9223372036854775807 (got None)"),
        ("figures=yes", "figures must be true or false (got 'yes')"),
        ("language=jp", "language must be en or ja (got 'jp')"),
        ("nation=", "nation must be 'synthetic' or a folder (got '')"),
        ("nation=nowhere", "nation must be 'synthetic' or a folder (got 'nowhere')"),
        ("nation=synthetc", "(got 'synthetc'); did you mean 'synthetic'?"),
        ("output=", "output must be a folder, or null (got '')"),
        ("variant=small_frist", "no variant 'small_frist'; did you mean 'small_first'?"),
        ("scenario=firm_deadlin", "no scenario 'firm_deadlin'; did you mean 'firm_deadline'?"),
        ("scenario=", "no scenario ''"),
        ("scenario=./none.yaml", "none.yaml: there is no such file"),
        ("seed", "seed: write seed=VALUE"),
        ("", "write KEY=VALUE"),
        ("=3", "=3: write KEY=VALUE"),
        ("policy=2", "policy is a group; name one of its parameters, for example policy.deadline=VALUE"),
        ("+seed=1", "keys are neither added nor removed; write seed=VALUE"),
        ("++policy.deadline=2027-03", "keys are neither added nor removed; write policy.deadline=VALUE"),
        ("~policy.deadline", "keys are neither added nor removed; write policy.deadline=VALUE"),
        ("+policy.deadlin=2027-03", "no such parameter; did you mean 'policy.deadline'?"),
        ("hydra.run.dir=x", "Hydra's own settings can't be changed here"),
        ("seed=${oc.env:HOME}", "references (${...}) are not read; write the value itself"),
        ("seed=1,2", "one value only; add --multirun for a run with each"),
        ("seed=range(1,11)", "one value only; add --multirun for a run with each"),
        ("nation=a,b", "one value only; run dxsim once for each"),
        ("policy.portability=range(0,1)", "one value only; add --multirun for a run with each"),
        ("scenario=baseline,firm_deadline", "one value only; add --multirun for a run with each"),
        ("policy.deadline=[2027-03]", "one plain value only"),
        ("seed=1=2", "the value can't be read"),
        ("seed=" + "[" * 900, "the value can't be read"),
        ("seed=" + "1" * 2000, "longer than 1000 characters"),
        ("output=a\nb", "characters that can't be printed"),
        ("policy.deadline=2033-03", "policy.second_deadline (2031-03) is before policy.deadline (2033-03)"),
    ],
)
def test_what_a_command_line_gets_wrong_is_said_with_the_way_out(override, says):
    (found,) = refused(override)
    assert says in found


def test_all_problems_come_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("name: mine\nfoo: 1\n", encoding="utf-8")
    found = refused(
        "sed=1", "policy.portability=2", "language=xx", "variant=x", "scenario=mine.yaml", "seed=1", "seed=2"
    )
    assert len(found) == 8
    assert "seed=2: seed is given twice" in found
    assert sum("mine.yaml, line" in problem for problem in found) == 3


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=30),
            st.builds(
                "{}{}={}".format,
                st.sampled_from(["", "+", "++", "~"]),
                st.sampled_from([*KEYS, *list(REGISTRY)[:12], "policy", "hydra.run.dir"]),
                st.one_of(st.text(max_size=20), st.integers().map(str), st.floats().map(str)),
            ),
        ),
        max_size=4,
    )
)
def test_any_command_line_runs_or_is_an_input_error(overrides):
    try:
        run = read_command_line(overrides)
    except InputError:
        return
    assert 0 <= run.seed < 2**63


def test_hydra_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_command_line(["seed=3"]).seed == 3
    assert list(tmp_path.iterdir()) == []
