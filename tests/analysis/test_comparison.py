"""Comparisons of sweeps that were made by hand, of which every difference is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dxsim.analysis import compare, select
from dxsim.analysis.comparison import verdicts
from dxsim.errors import InputError
from dxsim.sweep.store import Results
from dxsim.sweep.study import Study
from tests.analysis.sweeps import noise, plan_table, sweep

OTHER = "capacity_programme"
Row = Mapping[str, object]


def late(row: Row) -> dict[str, float]:
    """Late systems fall by 10 points; cost does not change; a point makes both larger, a seed moves both alike."""
    by_seed = 0.01 * float(str(row["seed"]))
    point = float(str(row.get("vendor.capacity_ratio", 0.0)))
    return {"late_share": 0.3 + by_seed - 0.1 * (row["scenario"] == OTHER) * (1 + point), "own_burden": 5e9 + point}


@pytest.fixture
def plain(tmp_path: Path) -> Results:
    plan = plan_table([{}, {"scenario": OTHER}], range(1, 6))
    return sweep(tmp_path / "plain", plan, late)


@pytest.fixture
def uncertain(tmp_path: Path) -> Results:
    points = [{"vendor.capacity_ratio": ratio} for ratio in (0.0, 0.5, -1.5)]
    cases = [
        {"scenario": name, "variant": variant} for variant in ("default", "small_first") for name in ("baseline", OTHER)
    ]
    plan = plan_table(cases, range(1, 6), points)

    def turned(row: Row) -> dict[str, float]:
        values = late(row)
        if row["variant"] == "small_first" and row["scenario"] == OTHER:
            values["late_share"] += 0.2
        return values

    return sweep(tmp_path / "uncertain", plan, turned)


def row_of(table: pd.DataFrame, **where: object) -> pd.Series:
    for column, value in where.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_a_difference_worked_out_by_hand(plain: Results) -> None:
    found = compare(plain)
    row = row_of(found.differences, case=OTHER, kpi="late_share")
    assert row["reference_mean"] == pytest.approx(0.33)
    assert row["difference"] == pytest.approx(-0.1)
    assert row["monte_carlo_low"] == pytest.approx(-0.1)
    assert row["monte_carlo_high"] == pytest.approx(-0.1)
    assert row["relative"] == pytest.approx(-0.1 / 0.33)
    assert row["reference_error"] == pytest.approx(0.01 * np.sqrt(2.5 / 5))
    assert (row["unit"], row["better"], row["verdict"]) == ("share", "less", "better")
    assert (row["seeds"], row["seeds_needed"], row["of_interest"]) == (5, 30, 0.005)
    assert not row["seeds_suffice"]
    assert row_of(found.differences, kpi="own_burden")["verdict"] == "same"
    assert row_of(found.differences, kpi="own_burden")["of_interest"] == pytest.approx(0.05e9)
    assert row_of(found.pairs, case=OTHER)[["pairs", "unmatched_reference", "unmatched_case"]].tolist() == [5, 0, 0]


def test_a_case_compared_with_itself_differs_by_zero_with_width_zero(plain: Results) -> None:
    found = compare(f"{plain.folder}:baseline", f"{plain.folder}:baseline").differences
    for column in ("difference", "monte_carlo_low", "monte_carlo_high", "spread", "reversed_seeds"):
        assert (found[column] == 0).all()
    assert (found["verdict"] == "same").all()


def test_swapping_the_two_turns_the_verdict(plain: Results) -> None:
    there = compare(f"{plain.folder}:baseline", f"{plain.folder}:{OTHER}").differences
    back = compare(f"{plain.folder}:{OTHER}", f"{plain.folder}:baseline").differences
    assert there["difference"].tolist() == pytest.approx((-back["difference"]).tolist())
    assert (there.loc[0, "verdict"], back.loc[0, "verdict"]) == ("better", "worse")
    for column in ("of_interest", "seeds_needed", "correlation"):
        assert there[column].tolist() == pytest.approx(back[column].tolist(), nan_ok=True)


def test_the_three_kinds_of_interval_stand_apart(uncertain: Results) -> None:
    row = row_of(compare(uncertain).differences, case=OTHER, kpi="late_share")
    of_points = [-0.1, -0.15, 0.05]
    assert row["difference"] == pytest.approx(np.mean(of_points))
    assert [row["monte_carlo_low"], row["monte_carlo_high"]] == pytest.approx([np.mean(of_points)] * 2)
    assert [row["parametric_low"], row["parametric_high"]] == pytest.approx(np.quantile(of_points, [0.025, 0.975]))
    assert [row["structural_low"], row["structural_high"]] == pytest.approx(
        [np.mean(of_points), np.mean(of_points) + 0.2]
    )
    assert (row["points"], row["variants"]) == (3, 2)


def test_ranks_reverse_where_they_were_made_to(uncertain: Results) -> None:
    found = compare(uncertain)
    row = row_of(found.differences, kpi="late_share")
    assert row["reversed_seeds"] == 0
    assert row["reversed_points"] == pytest.approx(1 / 3)
    assert row["reversed_variants"] == pytest.approx(1 / 2)
    for over, share in {"seeds": 1, "points": 2 / 3, "variants": 1 / 2}.items():
        assert row_of(found.ranks, kpi="late_share", over=over, case=OTHER)["first_share"] == pytest.approx(share)
        assert row_of(found.agreement, kpi="late_share", over=over)["same_order_share"] == pytest.approx(share)


def test_variants_are_compared_with_each_other_if_they_are_named(uncertain: Results) -> None:
    one, other = (f"{uncertain.folder}:{OTHER},variant={name}" for name in ("default", "small_first"))
    row = row_of(compare(one, other).differences, kpi="late_share")
    assert row["difference"] == pytest.approx(0.2)
    assert row["variants"] == 1


def test_levers_are_alternatives_and_selected_by_value(tmp_path: Path) -> None:
    cases = [{"policy.capacity_programme": level} for level in (0.0, 0.2, 0.4)]
    results = sweep(
        tmp_path / "levers",
        plan_table(cases, range(3)),
        lambda row: {"late_share": 0.3 - float(str(row["policy.capacity_programme"])) / 2},
    )
    found = compare(results)
    assert found.alternatives["case"].tolist() == [f"policy.capacity_programme={level}" for level in (0.0, 0.2, 0.4)]
    assert found.differences["difference"].tolist() == pytest.approx([-0.1, -0.2])
    chosen = (f"{results.folder}:policy.capacity_programme={level}" for level in ("0.40", "0.2"))
    assert compare(*chosen).differences["difference"].tolist() == pytest.approx([0.1])
    short = (f"{results.folder}:capacity_programme={level}" for level in (0.4, 0.2))
    assert compare(*short).differences["difference"].tolist() == pytest.approx([0.1])


def test_a_lever_is_selected_though_arithmetic_left_its_last_digits(tmp_path: Path) -> None:
    plan = plan_table([{"policy.portability": value} for value in np.arange(0, 1, 0.1)], seeds=[1, 2])
    assert 0.3 not in set(plan["policy.portability"])
    results = sweep(tmp_path / "s", plan, lambda row: {"late_share": 0.1})
    assert len(select([f"{results.folder}:policy.portability=0.3"])[0].plan) == 2
    with pytest.raises(InputError, match=r"no run has policy\.portability=0\.35"):
        select([f"{results.folder}:policy.portability=0.35"])


@pytest.mark.parametrize("name", ["案, 1", "a=b:c", "x:y", "policy.naming=1"])
def test_a_case_may_be_called_anything(tmp_path: Path, name: str) -> None:
    study = Study("named", cases=[{"name": name, "policy.naming": 1}, {"name": "other", "policy.naming": 0.5}])
    plan = plan_table([{"policy.naming": 1.0}, {"policy.naming": 0.5}], seeds=[1, 2])
    results = sweep(tmp_path / "s", plan, lambda row: {"late_share": 0.1}, manifest={"study": study.data()})
    (found,) = select([f"{results.folder}:{name}"])
    assert found.plan["case"].unique().tolist() == [0]


def test_cases_go_by_the_names_that_the_study_gives_them(tmp_path: Path) -> None:
    named = [
        {"name": "none", "policy.capacity_programme": 0.0},
        {"name": "large", "policy.capacity_programme": 0.4},
    ]
    results = sweep(
        tmp_path / "named",
        plan_table([{"policy.capacity_programme": case["policy.capacity_programme"]} for case in named], range(3)),
        lambda row: {"late_share": 0.3 - float(str(row["policy.capacity_programme"]))},
        manifest={"study": {"name": "named", "cases": named}},
    )
    assert compare(results).alternatives["case"].tolist() == ["none", "large"]
    assert compare(f"{results.folder}:large", f"{results.folder}:none").differences["difference"].item() > 0


def test_sweeps_of_two_folders_are_matched_by_seed(plain: Results, tmp_path: Path) -> None:
    more = sweep(
        tmp_path / "more", plan_table([{"scenario": OTHER}], range(4, 10)), lambda row: {**late(row), "new": 1.0}
    )
    found = compare(f"{plain.folder}:baseline", more)
    row = row_of(found.differences, kpi="late_share")
    assert row["seeds"] == 2
    assert row["difference"] == pytest.approx(-0.1)
    pairs = found.pairs.iloc[0]
    assert (pairs["unmatched_reference"], pairs["unmatched_case"]) == (3, 4)
    assert found.left_out == ("new",)


def test_points_match_only_if_uncertain_values_are_alike(tmp_path: Path) -> None:
    one, other = (
        sweep(
            tmp_path / name,
            plan_table([{"scenario": name}], [1, 2], [{"vendor.capacity_ratio": value} for value in values]),
            late,
        )
        for name, values in {"baseline": (0.0, 1.0, 2.0), OTHER: (0.0, 1.5, 2.0)}.items()
    )
    found = compare(one, other)
    assert found.pairs.loc[0, ["pairs", "points"]].tolist() == [4, 2]
    assert row_of(found.differences, kpi="late_share")["difference"] == pytest.approx(-0.2)


def test_failed_runs_have_no_partner(tmp_path: Path) -> None:
    plan = plan_table([{}, {"scenario": OTHER}], range(1, 6))
    results = sweep(
        tmp_path / "failed", plan, lambda row: late(row) if (row["scenario"], row["seed"]) != (OTHER, 3) else {}
    )
    found = compare(results)
    assert found.pairs.loc[0, ["pairs", "unmatched_reference", "unmatched_case"]].tolist() == [4, 1, 0]
    assert row_of(found.differences, kpi="late_share")["difference"] == pytest.approx(-0.1)
    assert found.alternatives["finished"].tolist() == [5, 4]


def test_runs_that_two_cases_share_are_counted_in_both(tmp_path: Path) -> None:
    plan = plan_table([{}, {"scenario": OTHER}], range(1, 4))
    plan["run"] = [*plan["run"][:3], *plan["run"][:3]]
    results = sweep(tmp_path / "shared", plan, lambda row: {"late_share": 0.1 * float(str(row["seed"]))})
    assert row_of(compare(results).differences, kpi="late_share")["verdict"] == "same"


def test_strata_are_compared_class_by_class(tmp_path: Path) -> None:
    plan = plan_table([{}, {"scenario": OTHER}], range(1, 5))
    gain = {"under_5k": 0.2, "500k_over": 0.0}
    rows = [
        {
            "run": row["run"],
            "stratum": "size_class",
            "class": size,
            "municipalities": 10,
            "late_share": 0.5 + 0.01 * row["seed"] - gain[size] * (row["scenario"] == OTHER),
            "cost_per_resident": 100.0,
        }
        for row in plan.to_dict("records")
        for size in gain
    ]
    found = compare(sweep(tmp_path / "strata", plan, late, strata=pd.DataFrame(rows))).equity
    small = row_of(found, **{"class": "under_5k", "measure": "late_share"})
    assert small["difference"] == pytest.approx(-0.2)
    assert (small["stratum"], small["verdict"], small["unit"]) == ("size_class", "better", "share")
    assert row_of(found, **{"class": "500k_over", "measure": "late_share"})["verdict"] == "same"
    assert row_of(found, **{"class": "under_5k", "measure": "cost_per_resident"})["unit"] == "yen per resident"
    assert "municipalities" not in set(found["measure"])


def test_the_interval_of_a_comparison_covers_the_truth(tmp_path: Path) -> None:
    """Of 400 KPIs in one sweep, each with a true difference of 1 and noise of its own.

    Fewer than 360 or more than 397 of them covered has a probability below one in 100,000.
    """
    plan = plan_table([{}, {"scenario": OTHER}], range(10))

    def drawn(row: Row) -> dict[str, float]:
        own = noise(row["seed"], 1 + (row["scenario"] == OTHER)).normal(0, 1, 400) + (row["scenario"] == OTHER)
        shared = noise(row["seed"], 0).normal(0, 10, 400)
        return {f"kpi_{place}": value for place, value in enumerate(own + shared)}

    found = compare(sweep(tmp_path / "many", plan, drawn)).differences
    covered = ((found["monte_carlo_low"] <= 1) & (found["monte_carlo_high"] >= 1)).sum()
    assert 360 <= covered <= 397
    assert found["variance_ratio"].median() < 0.05


def test_tables_are_written_whole_and_read_back(plain: Results, tmp_path: Path) -> None:
    found = compare(plain)
    found.to_csv(tmp_path / "tables")
    found.to_parquet(tmp_path / "tables")
    names = {"alternatives", "pairs", "differences", "by_variant", "equity", "ranks", "agreement"}
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {
        f"{name}{kind}" for name in names for kind in (".csv", ".parquet")
    }
    back = pd.read_parquet(tmp_path / "tables" / "differences.parquet")
    pd.testing.assert_frame_equal(back, found.differences, check_dtype=False)


@pytest.mark.parametrize(
    ("selections", "said"),
    [
        (["{0}/none"], "not the folder of a sweep"),
        (["{0}:baselin", "{0}:" + OTHER], "did you mean 'baseline'?"),
        (["{0}:scenari=baseline", "{0}:" + OTHER], "did you mean 'scenario'?"),
        (["{0}:variant=defalt", "{0}:" + OTHER], "did you mean 'default'?"),
        (["{0}", "{0}:baseline"], "it means 2 alternatives; choose one with scenario=baseline"),
        (["{0}:baseline"], "one alternative only"),
        (["{0}:baseline,variant=default,variant=none", "{0}"], "no run has variant=none"),
    ],
)
def test_wrong_selections_are_refused_with_the_nearest_right_one(
    plain: Results, selections: list[str], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        compare(*(selection.format(plain.folder) for selection in selections))
    assert said in str(caught.value)


def test_every_wrong_selection_is_named_at_once(plain: Results) -> None:
    with pytest.raises(InputError) as caught:
        compare(f"{plain.folder}:one", f"{plain.folder}:two", f"{plain.folder}x")
    assert len(caught.value.problems) == 3


def test_without_common_seeds_there_are_no_pairs(plain: Results, tmp_path: Path) -> None:
    more = sweep(tmp_path / "more", plan_table([{"scenario": OTHER}], range(50, 60)), late)
    with pytest.raises(InputError, match="none of its 10 runs has a partner among the 5"):
        compare(f"{plain.folder}:baseline", more)


def test_a_sweep_at_sampled_points_has_no_pairs_with_one_without(plain: Results, uncertain: Results) -> None:
    with pytest.raises(InputError, match="run both with common seeds"):
        compare(f"{plain.folder}:baseline", f"{uncertain.folder}:{OTHER}")


def test_a_verdict_needs_all_intervals_that_there_are() -> None:
    nan = float("nan")
    rows = {
        "sure in all of them": (-2, -1, -3, -0.5, -4, -0.1, "better"),
        "seeds alone": (-2, -1, nan, nan, nan, nan, "better"),
        "other parameters turn it around": (-2, -1, -3, 0.5, nan, nan, "depends"),
        "another reading turns it around": (-2, -1, nan, nan, 1, 2, "depends"),
        "another reading shows nothing": (-2, -1, -3, -0.5, 0, 0, "depends"),
        "not even sure over seeds": (-2, 1, -3, -0.5, -4, -0.1, "unclear"),
    }
    names = [f"{kind}_{end}" for kind in ("monte_carlo", "parametric", "structural") for end in ("low", "high")]
    table = pd.DataFrame([row[:-1] for row in rows.values()], columns=names)
    assert verdicts(table, pd.Series(["less"] * len(rows))) == [row[-1] for row in rows.values()]
