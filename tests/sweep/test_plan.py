"""Plans: how many runs, in which order, under which ids, and the same every time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dxsim.errors import InputError
from dxsim.nation.nation import Nation
from dxsim.nation.small import grid_nation
from dxsim.nation.vendor_table import NOT_GIVEN, VendorTable
from dxsim.scenario.configuration import read_command_line, variant_names, variant_values
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.scenario import load_scenario
from dxsim.sweep.plan import LEADING, make_plan, read_plan, run_id
from dxsim.sweep.study import Case, Sample, Seeds, Study
from dxsim.sweep.study_file import read_study

# runs, as their files say
SHIPPED = {"calibration": 1200, "capacity_or_specifications": 360, "cooperation_grant": 140, "uncertainty": 512}
RANGES = [
    key
    for key, parameter in REGISTRY.items()
    if parameter.distribution and parameter.role == "uncertainty" and "exposure_weight" not in key  # their sum is bound
]


@pytest.fixture(scope="module")
def nation() -> Nation:
    return grid_nation(2, 2)


def vendors(fingerprint: str) -> VendorTable:
    return VendorTable(("A",), np.full((4, 6), NOT_GIVEN, np.int16), np.full((1, 6), np.nan), fingerprint)


def mixed(**more: object) -> Study:
    """A study that has everything."""
    parts = {
        "variants": ["default", "small_first"],
        "scenarios": ["baseline", "capacity_programme"],
        "levers": {"policy.naming": [0, 0.5], "policy.phasing": ["none", "by_lot"]},
        "uncertainties": dict.fromkeys(["vendor.capacity_ratio", "vendor.count", "policy.deadline"]),
        "constants": {"policy.cohorts": 4},
        "sample": Sample("latin_hypercube", 3),
        "seeds": Seeds(7, 2),
    }
    return Study("mixed", **(parts | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "rows"), SHIPPED.items())
def test_a_shipped_study_has_as_many_runs_as_its_file_says(nation: Nation, name: str, rows: int) -> None:
    plan = make_plan(read_study(name), nation)
    assert len(plan) == plan.table["run"].nunique() == rows


def test_rows_stand_case_by_case_point_by_point_seed_by_seed(nation: Nation) -> None:
    plan = make_plan(mixed(), nation)
    table = plan.table
    assert list(table.columns) == [
        *LEADING,
        *("policy.naming", "policy.phasing", "vendor.capacity_ratio", "vendor.count", "policy.deadline"),
    ]
    assert len(plan) == 16 * 3 * 2
    order = [(case, point, seed) for case in range(16) for point in range(3) for seed in (7, 8)]
    assert list(table[["case", "point", "seed"]].itertuples(index=False, name=None)) == order
    first = table.drop_duplicates("case")
    assert first["variant"].tolist() == ["default"] * 8 + ["small_first"] * 8
    assert first["scenario"].tolist() == (["baseline"] * 4 + ["capacity_programme"] * 4) * 2
    assert first["policy.naming"].tolist() == [0.0, 0.0, 0.5, 0.5] * 4
    assert first["policy.phasing"].tolist() == ["none", "by_lot"] * 8
    kinds = {name: column.dtype.kind for name, column in table.items()}
    assert kinds["seed"] == kinds["vendor.count"] == kinds["case"] == "i"
    assert kinds["vendor.capacity_ratio"] == kinds["policy.naming"] == "f"
    assert table["policy.deadline"].str.fullmatch(r"20\d\d-\d\d").all()


def test_points_are_the_same_in_every_case(nation: Nation) -> None:
    table = make_plan(mixed(), nation).table
    columns = ["vendor.capacity_ratio", "vendor.count", "policy.deadline"]
    assert (table.groupby("point")[columns].nunique() == 1).all(axis=None)


def test_the_same_study_gives_the_same_plan(nation: Nation, tmp_path: Path) -> None:
    one, other = make_plan(mixed(), nation), make_plan(mixed(), nation)
    assert one.fingerprint == other.fingerprint
    one.write(tmp_path / "one.parquet")
    other.write(tmp_path / "other.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "other.parquet").read_bytes()


def test_a_row_is_what_a_single_run_with_these_parameters_is(nation: Nation) -> None:
    plan = make_plan(mixed(), nation)
    for row in range(0, len(plan), 19):
        line = plan.table.iloc[row]
        overrides = [f"{key}={line[key]}" for key in plan.table.columns[len(LEADING) :]]
        single = read_command_line(
            [*overrides, "policy.cohorts=4", f"variant={line['variant']}", f"scenario={line['scenario']}"]
        ).scenario
        assert plan.scenario(row) == single
        assert plan.seed(row) == line["seed"]
        assert line["run"] == run_id(single.fingerprint, nation.fingerprint, "", int(line["seed"]))


def test_a_run_has_the_same_id_in_every_study(nation: Nation) -> None:
    grid = make_plan(Study("grid", levers={"policy.naming": [0, 0.5, 1]}, seeds=Seeds(1, 3)), nation).table
    cases = [Case({"policy.naming": 1}, "b"), Case({"policy.cohorts": 4}, "a"), Case({"policy.naming": 0.5})]
    listed = make_plan(Study("listed", title="Other", cases=cases, seeds=Seeds(2, 1)), nation).table
    fixed = make_plan(Study("fixed", constants={"policy.naming": 0.5}, seeds=Seeds(2, 1)), nation).table
    drawn = make_plan(Study("drawn", sample=Sample("list", points=[{"policy.naming": 0.5}]), seeds=Seeds(2, 1)), nation)

    def at(naming: float) -> str:
        return str(grid.set_index(["policy.naming", "seed"]).loc[(naming, 2), "run"])

    assert listed["run"].iat[0] == at(1.0)
    assert listed["run"].iat[2] == fixed["run"].iat[0] == drawn.table["run"].iat[0] == at(0.5)
    assert at(0.0) == make_plan(Study("plain", seeds=Seeds(2, 1)), nation).table["run"].iat[0]


def test_a_copied_scenario_gives_the_same_ids_under_another_name(nation: Nation, tmp_path: Path) -> None:
    (tmp_path / "copy.yaml").write_text("name: copy\nextends: naming\ntitle: {en: x}\nmeaning: {en: x}\n")
    own = make_plan(Study("mine", scenarios=[str(tmp_path / "copy.yaml")]), nation).table
    shipped = make_plan(Study("mine", scenarios=["naming"]), nation).table
    assert own["run"].tolist() == shipped["run"].tolist()
    assert own["scenario"].tolist() == ["copy"]


def test_anything_that_matters_changes_the_id(nation: Nation) -> None:
    base = Study("base")

    def one(study: Study, nation: Nation = nation, table: VendorTable | None = None) -> str:
        return str(make_plan(study, nation, table).table["run"].iat[0])

    ids = [
        one(base),
        one(replace(base, seeds=Seeds(2, 1))),
        one(replace(base, scenarios=("naming",))),
        one(replace(base, constants={"policy.cohorts": 4})),
        one(base, grid_nation(2, 3)),
        one(base, nation, vendors("1")),
        one(base, nation, vendors("2")),
        *(one(replace(base, variants=(variant,))) for variant in variant_names() if variant != "default"),
    ]
    assert len(set(ids)) == len(ids)
    assert one(replace(base, name="other", title={"en": "Other"}, variants=("default",))) == ids[0]


def test_an_id_is_the_beginning_of_a_hash_that_never_changes() -> None:
    """Pinned: another id for the same run would cut all results so far from their runs."""
    assert run_id("a", "b", "", 1) == "8622b8aa212c9d61"
    assert run_id("a", "b", "c", 2**63 - 1) == "410341570b360de4"


def test_rows_that_describe_the_same_run_share_its_id(nation: Nation) -> None:
    table = make_plan(Study("mine", cases=[Case({}, "a"), Case({"policy.cohorts": 3}, "the default")]), nation).table
    assert table["case"].tolist() == [0, 1]
    assert table["run"].nunique() == 1


def test_a_variant_of_which_nothing_is_left_is_refused(nation: Nation) -> None:
    key, variants = "vendor.queue_discipline", ["default", "small_first"]
    for parts in (
        {"levers": {key: ["first_come", "shortest_job"]}},
        {"constants": {key: "first_come"}},
        {"cases": [Case({key: "first_come"}), Case({key: "shortest_job"})]},
        {"sample": Sample("list", points=[{key: "first_come"}])},
    ):
        with pytest.raises(InputError, match=f"small_first: has no effect: the study sets all that it changes .{key}"):
            make_plan(Study("mine", variants=variants, **parts), nation)  # type: ignore[arg-type]
    some = Study("mine", variants=variants, cases=[Case({key: "first_come"}), Case({})])
    assert make_plan(some, nation).table["run"].nunique() == 2


def test_common_seeds_are_those_of_every_case_and_point(nation: Nation) -> None:
    seeds = make_plan(mixed(), nation).table.groupby(["case", "point"])["seed"]
    assert (seeds.apply(tuple) == (7, 8)).all()


def test_own_seeds_belong_to_what_is_run_and_not_to_its_place(nation: Nation) -> None:
    own = mixed(seeds=Seeds(7, 2, common=False))
    table = make_plan(own, nation).table
    assert table["seed"].nunique() == len(table)
    assert table["seed"].min() >= 0
    assert 2**51 < table["seed"].max() < 2**53  # all that a double holds: 96 seeds stay below with probability 1e-12
    fewer = make_plan(mixed(seeds=Seeds(8, 1, common=False), scenarios=["capacity_programme"]), nation).table
    assert set(fewer["run"]) < set(table["run"])
    turned = make_plan(replace(own, variants=own.variants[::-1], scenarios=own.scenarios[::-1]), nation).table
    assert turned["run"].tolist() != table["run"].tolist()
    assert sorted(turned["run"]) == sorted(table["run"])


def test_what_wins_is_registry_scenario_variant_constants_then_levers(nation: Nation) -> None:
    key = "vendor.capacity_ratio"
    variant = Study("mine", variants=["calendar_limited"])
    assert make_plan(Study("mine"), nation).scenario(0).values[key] == REGISTRY[key].default
    of_variant = variant_values("calendar_limited")[key]
    assert of_variant != REGISTRY[key].default
    assert make_plan(variant, nation).scenario(0).values[key] == of_variant
    assert make_plan(replace(variant, constants={key: 1.5}), nation).scenario(0).values[key] == 1.5
    assert make_plan(replace(variant, levers={key: [1.7]}), nation).scenario(0).values[key] == 1.7
    assert load_scenario("phased_by_lot").values["policy.phasing"] == "by_lot"
    lever = Study("mine", scenarios=["phased_by_lot"], levers={"policy.phasing": ["none"]})
    assert make_plan(lever, nation).scenario(0).values["policy.phasing"] == "none"


def test_a_column_says_what_is_in_force_where_a_case_is_silent(nation: Nation) -> None:
    cases = [Case({"policy.naming": 1}), Case({"policy.cohorts": 4})]
    plan = make_plan(Study("mine", cases=cases, variants=["default", "calendar_limited"]), nation)
    assert plan.table["policy.naming"].tolist() == [1.0, 0.0] * 2
    assert plan.table["policy.cohorts"].tolist() == [3, 4] * 2
    assert [plan.scenario(row).overrides for row in (0, 1)] == [{"policy.naming": 1.0}, {"policy.cohorts": 4}]


def test_cases_are_called_by_their_name_or_by_what_they_differ_in(nation: Nation) -> None:
    cases = [Case({"policy.naming": 1}, "naming"), Case({"policy.naming": 0.5}), Case({}, "none", "extension")]
    assert make_plan(Study("mine", cases=cases), nation).names == (
        "baseline, naming",
        "baseline, policy.naming=0.5",
        "extension, none",
    )
    assert make_plan(Study("mine"), nation).names == ("baseline",)
    two = Study("mine", variants=["default", "small_first"])
    assert make_plan(two, nation).names == ("default", "small_first")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.lists(st.sampled_from(RANGES), min_size=2, max_size=6, unique=True),
    method=st.sampled_from(["latin_hypercube", "sobol", "saltelli", "morris", "shapley", "one_at_a_time"]),
    common=st.booleans(),
)
def test_a_plan_is_read_as_it_was_written(
    nation: Nation, tmp_path: Path, keys: list[str], method: str, common: bool
) -> None:
    study = Study(
        "mine",
        scenarios=["baseline", "subsidy_small"],
        variants=["calendar_limited"],
        uncertainties=dict.fromkeys(keys),
        sample=Sample(method, 2),
        seeds=Seeds(2**63 - 3, 2, common),
    )
    plan = make_plan(study, nation, vendors("abc"))
    plan.write(tmp_path / "plan.parquet")
    read = read_plan(tmp_path / "plan.parquet")
    pd.testing.assert_frame_equal(read.table.astype(plan.table.dtypes), plan.table)
    assert read.fingerprint == plan.fingerprint
    assert (read.names, read.vendor_fingerprint, read.bases) == (plan.names, "abc", plan.bases)
    row = len(plan) - 1
    assert read.scenario(row) == plan.scenario(row)
    assert read.scenario(row).fingerprint == plan.scenario(row).fingerprint
    assert read.seed(row) == plan.seed(row)


def test_a_plan_needs_no_file_of_its_scenarios_to_be_run_again(nation: Nation, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("name: own\nextends: subsidy_small\ntitle: {ja: 試}\nmeaning: {en: x}\n", encoding="utf-8")
    plan = make_plan(Study("mine", scenarios=[str(own)]), nation)
    plan.write(tmp_path / "plan.parquet")
    own.unlink()
    assert read_plan(tmp_path / "plan.parquet").scenario(0) == plan.scenario(0)


def test_another_table_or_no_plan_at_all_is_refused(nation: Nation, tmp_path: Path) -> None:
    plan = make_plan(mixed(), nation)
    changed = plan.table.assign(seed=plan.table["seed"] + 1)
    replace(plan, table=changed).write(tmp_path / "changed.parquet")
    with pytest.raises(InputError, match="the table was changed after planning"):
        read_plan(tmp_path / "changed.parquet")
    plan.table.to_parquet(tmp_path / "table.parquet")
    stored = pq.read_table(tmp_path / "table.parquet")
    for place, metadata in enumerate((b"[]", b"{}", b'{"bases": {}, "names": 3}', b'{"bases": {"a": 1}}', b"{")):
        pq.write_table(stored.replace_schema_metadata({b"dxsim": metadata}), tmp_path / f"{place}.parquet")
    (tmp_path / "text.parquet").write_text("no")
    for name in ("table", "text", "none", *"01234"):
        with pytest.raises(InputError, match="this is not a plan of dxsim"):
            read_plan(tmp_path / f"{name}.parquet")


def test_contradictions_are_refused_ten_named_and_the_rest_counted(nation: Nation) -> None:
    study = Study(
        "mine",
        levers={"policy.second_deadline": ["2031-03", "2024-03", "2024-04"]},
        sample=Sample("list", points=[{"vendor.count": count} for count in range(10, 17)]),
    )
    with pytest.raises(InputError) as caught:
        make_plan(study, nation)
    problems = caught.value.problems
    assert len(problems) == 11
    assert str(problems[0]) == (
        "case 1, point 0: policy.second_deadline (2024-03) is before policy.deadline (2026-03); move it too"
    )
    assert problems[9].where == "case 2, point 2"
    assert problems[10].what == "and 4 more of this kind"


def test_every_faulty_scenario_is_told_at_once(nation: Nation, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(f"name: {name}\ntitle: {{en: x}}\nmeaning: {{en: x}}\nsurvey: []\n")
    study = Study("mine", scenarios=[str(tmp_path / "one.yaml"), str(tmp_path / "two.yaml"), "baseline"])
    with pytest.raises(InputError) as caught:
        make_plan(study, nation)
    assert [Path(problem.where.split(",")[0]).name for problem in caught.value.problems] == ["one.yaml", "two.yaml"]


def test_two_scenarios_of_one_name_are_refused(nation: Nation, tmp_path: Path) -> None:
    (tmp_path / "baseline.yaml").write_text("name: baseline\ntitle: {en: x}\nmeaning: {en: x}\n")
    study = Study("mine", scenarios=["baseline", str(tmp_path / "baseline.yaml")])
    with pytest.raises(InputError, match="two scenarios are called 'baseline'; rename one"):
        make_plan(study, nation)


def test_a_plan_beyond_all_measure_is_refused_before_it_is_made(nation: Nation) -> None:
    study = Study("mine", levers={"policy.cohorts": range(1, 21)}, seeds=Seeds(1, 50_001))
    with pytest.raises(InputError, match="20 cases, 1 points and 50001 seeds are 1000020 runs; at most 1000000"):
        make_plan(study, nation)
