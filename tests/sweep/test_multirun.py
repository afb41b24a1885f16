"""Hydra's multirun syntax: a grid on the command line is the same study as one in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dxsim.errors import InputError
from dxsim.nation.small import grid_nation
from dxsim.scenario.configuration import read_command_line
from dxsim.sweep.multirun import read_multirun
from dxsim.sweep.plan import make_plan
from dxsim.sweep.study import Outcomes, Seeds, Study

# An override that is refused, and what is said about it.
BAD = {
    "policy.deadlin=2026-03,2027-03": "no such parameter; did you mean 'policy.deadline'?",
    "policy.deadline=2026-03,2050-01": "policy.deadline must be a month from 2021-04 to 2036-03, written YYYY-MM",
    "policy.deadline=2026-03,2026-03": "2026-03 is given twice",
    "policy.deadline=2026-03,null": "policy.deadline must be a month",
    "policy.deadline=shuffle(2026-03,2027-03)": "the order of runs does not matter; leave shuffle out",
    "vendor.count=12,15.5": "vendor.count must be a whole number in [1, 46] vendors (got 15.5)",
    "vendor.count=[12],15": "one plain value only, neither a list nor a group of keys",
    "vendor.count=12,${seed}": "references (${...}) are not read; write the value itself",
    "vendor.count=range(12,15,0)": "the value can't be read: ",
    "vendor.count=range(0,10000000)": "more than 100000 values",
    "vendor=1,2": "vendor is a group; name one of its parameters, for example vendor.count=VALUE",
    "seed=interval(1,5)": "write the values themselves, choice(...) or range(...)",
    "seed=1,3": "must be consecutive, each once, for example seed=range(1,6)",
    "seed=1,1": "must be consecutive, each once",
    "seed=-1,0": "must be whole numbers from 0 to 9223372036854775807",
    "seed=true": "must be whole numbers from 0 to 9223372036854775807",
    "scenario=basline,baseline": "no scenario 'basline'; did you mean 'baseline'?",
    "scenario=glob(*)": "write the values themselves, choice(...) or range(...)",
    "scenario=不明,baseline": "quote each name that is not plain letters: scenario='a','b'",
    "variant=default,smallfirst": "no variant 'smallfirst'; did you mean 'small_first'?",
    "nation=synthetic,land": "one value only; run dxsim once for each",
    "language=en,ja": "one value only; run dxsim once for each",
    "figures=false": "belongs to a single run; a sweep draws none",
    "language=fr": "language must be en or ja (got 'fr')",
    "threads=0": "threads must be a whole number from 1",
    "threads=2,4": "threads must be a whole number from 1",
    "vendor.count=1,": "the value can't be read",
}
# What is refused for a single run is refused here in the same words.
ALIKE = [
    *("hydra.sweeper=x", "+seed=1", "~seed", "policy=x", "policy.deadlin=2026-03", "seed", "=1", "sed=1", "seed=${x}"),
    *("vendor.count=a", "vendor.count=[1]", "vendor.count={a: 1}", "variant=none", "nation=none", "vendor.count=(1"),
    *("vendor.count=1" + "0" * 1000, "vendor.count=1\n", "policy.deadline=2026", "scenario=basline"),
]


def test_a_grid_is_the_study_of_a_file() -> None:
    study = read_multirun(
        [
            *("policy.deadline=2026-03,2027-03", "vendor.count=range(12,15)", "seed=range(1,6)", "policy.naming=0.5"),
            *("scenario=baseline,capacity_programme", "variant=choice(default,small_first)", "language=ja"),
        ]
    )[0]
    assert study == Study(
        "multirun",
        scenarios=["baseline", "capacity_programme"],
        variants=["default", "small_first"],
        levers={"policy.deadline": ["2026-03", "2027-03"], "vendor.count": [12, 13, 14]},
        constants={"policy.naming": 0.5},
        seeds=Seeds(1, 5),
        outcomes=Outcomes(strata=()),
    )


def test_how_a_sweep_is_carried_out_is_handed_on() -> None:
    study, how = read_multirun(["threads=2", "seed=1,2", "output='my folder'", "execution=dask", "language=ja"])
    assert study.seeds == Seeds(1, 2)
    assert how == ["threads=2", "execution=dask", "output=my folder", "language=ja"]


def test_without_more_it_is_one_run() -> None:
    assert read_multirun([]) == (Study("multirun", outcomes=Outcomes(strata=())), [])
    assert read_multirun(["policy.deadline=null"]) == read_multirun([])


@pytest.mark.parametrize(
    "overrides",
    [["seed=7", "policy.naming=1"], ["scenario=naming", "variant=small_first", "policy.deadline='2027-03'"], []],
)
def test_one_value_each_is_the_single_run(overrides: list[str]) -> None:
    plan, single = make_plan(read_multirun(overrides)[0], grid_nation(2, 2)), read_command_line(overrides)
    assert len(plan) == 1
    assert plan.scenario(0) == single.scenario
    assert plan.seed(0) == single.seed


def test_steps_of_a_range_are_hydras_own() -> None:
    steps = read_multirun(["policy.portability=range(0,1,0.1)", "policy.naming=range(1,0,-0.25)"])[0].levers
    assert steps["policy.portability"] == (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    assert steps["policy.naming"] == (1, 0.75, 0.5, 0.25)
    study = read_multirun(["policy.naming=range(0,0.5,0.1)", "policy.cohorts=sort(5,3,4)", "seed=3,2"])[0]
    assert study.levers == {"policy.naming": (0.0, 0.1, 0.2, 0.3, 0.4), "policy.cohorts": (3, 4, 5)}
    assert study.seeds == Seeds(2, 2)


def test_names_in_any_script_are_taken_in_quotes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("増員", "延長, 案"):
        Path(f"{name}.yaml").write_text("x", encoding="utf-8")
    assert read_multirun(["scenario='./増員.yaml',baseline"])[0].scenarios == ("増員.yaml", "baseline")
    assert read_multirun(["scenario=./増員.yaml"])[0].scenarios == ("増員.yaml",)
    assert read_multirun(["scenario='./延長, 案.yaml'"])[0].scenarios == ("延長, 案.yaml",)


@pytest.mark.parametrize("override", BAD)
def test_what_is_wrong_is_told(override: str) -> None:
    with pytest.raises(InputError) as caught:
        read_multirun([override])
    assert len(caught.value.problems) == 1
    assert BAD[override] in str(caught.value)


@pytest.mark.parametrize("override", ALIKE)
def test_what_a_single_run_refuses_is_refused_alike(override: str) -> None:
    with pytest.raises(InputError) as of_one:
        read_command_line([override])
    with pytest.raises(InputError) as of_many:
        read_multirun([override])
    assert [problem.what for problem in of_many.value.problems] == [problem.what for problem in of_one.value.problems]


def test_everything_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read_multirun(
            ["policy.deadlin=1,2", "seed=1,5", "vendor.count=0,99", "scenario=basline", "threads=x", "seed=2"]
        )
    assert len(caught.value.problems) == 7
