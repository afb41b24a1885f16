"""What a user of Python hands over: names in place of objects, numbers of any kind, tables that somebody changed."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import dxsim
from dxsim.cli import main
from dxsim.errors import DxsimWarning, InputError
from dxsim.nation.nation import write_nation
from dxsim.nation.small import grid_nation
from dxsim.records.biography import biography, counterfactuals
from dxsim.scenario.policies import Policy, Who
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.scenario import Scenario, load_scenario
from dxsim.sweep.plan import make_plan
from tests.model.cases import mixed_nation
from tests.test_bad_input import SCENARIO


def test_names_are_taken_where_objects_are(tmp_path: Path) -> None:
    write_nation(mixed_nation(3, 3), tmp_path / "mixed")
    nation, baseline = dxsim.load_nation(tmp_path / "mixed"), dxsim.load_scenario("baseline")
    expected = dxsim.simulate(nation, baseline, 3).summary
    code = nation.municipalities["code"][0]
    for where in (tmp_path / "mixed", str(tmp_path / "mixed")):
        pd.testing.assert_frame_equal(dxsim.simulate(where, "baseline", seed=3).summary, expected)
        assert biography(where, "baseline", 3, code).code == code
        assert len(counterfactuals(where, "baseline", 3, code))
        assert dxsim.knockout(where, "baseline", ["budget"], seeds=[1, np.int64(2)]).manifest["seeds"] == [1, 2]


def test_seeds_may_be_any_kind_of_whole_number() -> None:
    nation, baseline = grid_nation(2, 2), dxsim.load_scenario("baseline")
    first = dxsim.simulate(nation, baseline, np.int64(3))
    assert (first.manifest["seed"], type(first.manifest["seed"])) == (3, int)
    pd.testing.assert_frame_equal(first.summary, dxsim.simulate(nation, baseline, 3).summary)


def test_everything_that_is_wrong_with_a_request_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        dxsim.simulate("synthetc", 3, seed=1.5)  # type: ignore[arg-type]
    for says in ("did you mean 'synthetic'", "a scenario, its name or its file was expected (got 3)", "got 1.5"):
        assert says in str(caught.value)
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("value", [12, 12.0, np.int64(12), np.float64(12), np.float32(12)])
def test_a_whole_number_is_whole_whatever_its_kind(value: object) -> None:
    found = load_scenario("baseline", {"vendor.count": value}).values["vendor.count"]
    assert (found, type(found)) == (12, int)


@pytest.mark.parametrize("value", [12.5, True, np.True_, "12", float("nan"), float("inf")])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(InputError, match=r"vendor\.count must be"):
        load_scenario("baseline", {"vendor.count": value})


def test_ranges_are_there_for_other_tools() -> None:
    from SALib.sample import latin

    bounds = dxsim.ranges()
    problem = {"num_vars": len(bounds), "names": list(bounds), "bounds": list(bounds.values())}
    for row in latin.sample(problem, 3, seed=1):
        values = dict(zip(bounds, row, strict=True))
        values |= {key: round(value) for key, value in values.items() if REGISTRY[key].type == "int"}
        assert all(REGISTRY[key].read(value) == value for key, value in values.items())
    assert bounds["policy.portability"] == (REGISTRY["policy.portability"].low, REGISTRY["policy.portability"].high)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_nation_that_somebody_changed_is_refused(is_first: bool) -> None:
    nation, baseline = grid_nation(2, 2), dxsim.load_scenario("baseline")
    if not is_first:
        dxsim.simulate(nation, baseline, 1)
    nation.municipalities["population"] *= 2
    for run in (
        lambda: dxsim.simulate(nation, baseline, 1),
        lambda: dxsim.MunicipalDXModel(nation),
        lambda: dxsim.knockout(nation, baseline, ["budget"], seeds=[1, 2]),
        lambda: biography(nation, baseline, 1, "01201"),
    ):
        with pytest.raises(InputError, match="its tables were changed after it was made"):
            run()
    made = dxsim.make_nation("twice", nation.municipalities, nation.adjacency)
    assert made.fingerprint != nation.fingerprint
    dxsim.simulate(made, baseline, 1)


def for_somebody(**who: object) -> Scenario:
    from dataclasses import replace

    policy = Policy("policy.naming", 1.0, who=Who(**who))
    return replace(load_scenario("baseline"), policies=(policy,))


@pytest.mark.parametrize("who", [{"codes": ("99999",)}, {"types": ("core_city",)}, {"population_from": 1e7}])
def test_a_policy_for_nobody_is_told(who: dict[str, object]) -> None:
    nation = grid_nation(2, 2)
    for run in (
        lambda: dxsim.simulate(nation, for_somebody(**who), 1),
        lambda: dxsim.MunicipalDXModel(nation, for_somebody(**who)),
    ):
        with pytest.warns(DxsimWarning, match=r"policy 1 \(policy.naming = 1\) is for nobody"):
            run()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dxsim.simulate(nation, for_somebody(codes=("01201", "99999")), 1)


def test_the_command_line_tells_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_nation(grid_nation(2, 2), Path("small"))
    policy = "policies: [{lever: policy.naming, value: 1, who: {codes: [99999]}}]\n"
    Path("mine.yaml").write_text(SCENARIO + policy, encoding="utf-8")
    for language, says in (("en", "warning: policy 1 (policy.naming = 1) is for nobody"), ("ja", "注意：")):
        assert main(["run", "nation=small", "scenario=./mine.yaml", "figures=false", f"language={language}"]) == 0
        told = capsys.readouterr().err
        assert told.count(says) == 1
        assert "DxsimWarning" not in told
    study = dxsim.Study("naming", scenarios=["./mine.yaml"], nation="small")
    with pytest.warns(DxsimWarning, match="is for nobody"):
        make_plan(study, dxsim.load_nation("small"))


def test_plotting_leaves_the_users_own_settings_alone(four_bodies_records) -> None:
    code = (
        "import matplotlib as mpl; before = dict(mpl.rcParams)\n"
        "import dxsim; from dxsim.views import style; from dxsim.views.documents import page\n"
        "with style.style(): pass\n"
        "assert dict(mpl.rcParams) == before, set(mpl.rcParams.items()) - set(before.items())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    before = dict(mpl.rcParams)
    dxsim.plots.adoption(four_bodies_records)
    assert dict(mpl.rcParams) == before


OLDER = """\
import pandas as pd
pd.options.future.infer_string = False
import dxsim
from dxsim.nation.small import grid_nation
records = dxsim.simulate(grid_nation(3, 3), dxsim.load_scenario("baseline", {"cooperation.formation": "none"}), 1)
assert records.municipalities["group"].isna().all()
assert records.systems["reason"].isna().any()
assert (dxsim.by_size_class(records)["cooperating_share"].dropna() == 0).all()
dxsim.write_records(records, "out")
assert dxsim.read_records("out").municipalities["group"].isna().all()
"""


def test_missing_texts_stay_missing_in_a_pandas_without_strings(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", OLDER], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_column_is_made_text_by_a_word_that_pandas_reads_in_two_ways() -> None:
    from tests.test_messages import TREES, calls

    for path, tree in TREES.items():
        for call in calls(tree, "Series", "array", "astype"):
            for value in [*call.args, *(keyword.value for keyword in call.keywords)]:
                assert getattr(value, "value", None) != "str", f"{path}:{call.lineno}"


def test_a_run_works_without_the_compiler(tmp_path: Path) -> None:
    code = (
        "from dxsim.nation.small import grid_nation; import dxsim;"
        "print(dxsim.simulate(grid_nation(2, 2), 'baseline', 1).summary['value'].sum())"
    )
    found = {
        disabled: subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"NUMBA_DISABLE_JIT": disabled},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for disabled in ("0", "1")
    }
    assert found["0"] == found["1"] != ""
