"""Scenario discovery: planted boxes are found, and the boxes are those of another implementation."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dxsim.analysis.discovery import discover
from dxsim.analysis.prim import SMALLEST, Inputs, coverage, cut, density, prim, quasi_p
from dxsim.analysis.tree import grow
from dxsim.errors import InputError
from dxsim.language import in_language
from dxsim.sweep.design import points
from dxsim.sweep.store import Results
from dxsim.sweep.study import Study
from dxsim.views.documents.discovery import discovery_markdown, discovery_text, sentences, tree_lines
from tests.analysis.sweeps import plan_table, sweep

# What EMA Workbench 2.5.3 gives for `planted(9)`: the cases in each box on the way (peeling, then three pastes), and of
# the last box the limits that are not those of all cases, coverage, density and quasi-p values; made by
# ``ema_workbench.analysis.prim.Prim(x, y.astype(int), threshold=0.5).find_box()``, all else as it comes.
EMA_CASES = [300, 204, 193, 183, 173, 164, 155, 147, 139, 132, 125, 118, 112, 106, 100, 95, 90, 85, 39, 40, 41, 42]
EMA_LIMITS = {
    "capacity": (-np.inf, 0.6824404131676236),
    "readiness": (0.26937701855072965, np.inf),
    "idle": (-np.inf, 0.8898762261257109),
}
EMA_RULES = ["late"]
EMA_COVERAGE, EMA_DENSITY = 0.4027777777777778, 0.6904761904761905
EMA_QUASI_P = {
    "capacity": 0.00745204101608377,
    "readiness": 0.023627145428651034,
    "idle": 0.2974557073420648,
    "rule": 0.00022727970206003008,
}


def planted(seed: int, n: int = 300) -> tuple[pd.DataFrame, np.ndarray]:
    """Return inputs and which cases are of interest: those in a box of three inputs, one in ten turned round."""
    chance = np.random.default_rng(seed)
    x = pd.DataFrame(chance.random((n, 3)), columns=["capacity", "readiness", "idle"])
    x["rule"] = chance.choice(["all", "late", "none"], n)
    wrong = chance.random(n) < 0.1
    y = ((x["capacity"] < 0.45) & (x["readiness"] > 0.3) & (x["rule"] != "none")).to_numpy() ^ wrong
    return x, y


def test_boxes_are_those_of_ema_workbench() -> None:
    x, y = planted(9)
    codes, labels = pd.factorize(x["rule"], sort=True)
    ordered = {name: x[name].to_numpy() for name in ("capacity", "readiness", "idle")}
    inputs = Inputs({**ordered, "rule": codes.astype(float)}, {"rule": len(labels)})
    boxes = prim(inputs, y)
    assert [int(box.inside.sum()) for box in boxes] == EMA_CASES
    last = boxes[-1]
    assert [labels[code] for code in sorted(last.limits["rule"])] == EMA_RULES
    for name, limit in EMA_LIMITS.items():
        assert last.limits[name] == pytest.approx(limit)
    assert (coverage(last, y), density(last, y)) == pytest.approx((EMA_COVERAGE, EMA_DENSITY))
    assert {name: quasi_p(inputs, last, name, y) for name in EMA_QUASI_P} == pytest.approx(EMA_QUASI_P)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), levels=st.integers(1, 5))
def test_peeling_and_pasting_raise_the_density_and_keep_enough_cases(seed: int, levels: int) -> None:
    """Boxes shrink while they are peeled, grow while pasted; each holds the cases that its limits say."""
    chance = np.random.default_rng(seed)
    x = {
        "a": chance.random(80),
        "b": chance.integers(0, levels, 80).astype(float),
        "c": chance.integers(0, 3, 80) * 1.0,
    }
    inputs, y = Inputs(x, {"c": 3}), chance.random(80) < 0.2 + 0.5 * (x["a"] > 0.5)
    boxes = prim(inputs, y)
    assert boxes[0].inside.all()
    assert all(density(one, y) < density(other, y) for one, other in pairwise(boxes))
    assert all(box.inside.sum() >= SMALLEST * 80 for box in boxes)
    steps = np.sign(np.diff([box.inside.sum() for box in boxes]))
    assert (np.diff(steps) >= 0).all()
    assert all((inputs.box(box.limits).inside == box.inside).all() for box in boxes)


@given(values=st.lists(st.integers(0, 9), min_size=1, max_size=60), share=st.floats(0.01, 0.3))
def test_a_cut_parts_values_and_never_takes_all_or_more_than_it_must(values: list[int], share: float) -> None:
    column = np.array(values, np.float64)
    limit = cut(column, share, -np.inf)
    lost = column < limit
    if len(set(values)) == 1:
        assert not lost.any()
        return
    assert lost.any()
    assert not lost.all()
    fewest = (column == column.min()).sum()
    assert lost.sum() <= max(fewest, int((len(values) - 1) * share) + 1)


def test_a_limit_that_does_nothing_has_a_quasi_p_value_near_one() -> None:
    x = {"does": np.arange(100.0), "idles": np.tile(np.arange(10.0), 10)}
    y, inputs = x["does"] >= 80, Inputs(x, {})
    box = inputs.box({"does": (70.0, np.inf), "idles": (2.0, np.inf)})
    assert quasi_p(inputs, box, "does", y) == pytest.approx(stats.binom.sf(15, 24, 16 / 80))
    assert quasi_p(inputs, box, "idles", y) == pytest.approx(stats.binom.sf(15, 24, 20 / 30))


CAPACITY, READINESS, MONTH = "vendor.capacity_ratio", "vendor.readiness_mean", "policy.deadline"


def futures(folder: Path, size: int = 300) -> Results:
    """Return a sweep in which more than 30 % are late with little capacity and late products, but for a programme."""
    study = Study(
        "futures",
        scenarios=["baseline", "capacity_programme", "no_cooperation"],
        uncertainties=dict.fromkeys((CAPACITY, READINESS, MONTH)),
        sample={"method": "latin_hypercube", "size": size, "seed": 1},
    )
    plan = plan_table([{"scenario": name} for name in study.scenarios], range(1, 3), points(study))
    return sweep(folder, plan, lateness, {"study": study.data()})


def lateness(row: Mapping[str, Any]) -> dict[str, float]:
    is_bad = row[CAPACITY] < 9 and row[READINESS] > 46 and row["scenario"] != "capacity_programme"
    return {"late_share": 0.2 + 0.2 * is_bad + 0.01 * row["seed"], "own_burden": 1.0}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return futures(tmp_path_factory.mktemp("discovery") / "sweep")


def test_a_planted_box_is_found_with_its_labels_and_found_again(results: Results) -> None:
    found = discover(results, "late_share", above=0.3)
    limits = found.limits.set_index("input")
    assert list(limits.index) == ["scenario", CAPACITY, READINESS]
    assert limits.loc["scenario", "labels"] == "baseline, no_cooperation"
    assert limits.loc[CAPACITY, "high"] == pytest.approx(9, abs=0.5)
    assert limits.loc[READINESS, "low"] == pytest.approx(46, abs=0.2)
    row = found.trade_off.iloc[found.chosen]
    assert min(row["coverage"], row["density"]) > 0.9
    share = found.stability.set_index("input")["restricted_share"]
    assert share[[CAPACITY, READINESS, "scenario"]].min() == 1
    assert share[MONTH] < 0.5
    assert found.resamples["density"].mean() > 0.85
    assert len(found.futures) == 900
    assert found.futures["is_of_interest"].mean() == pytest.approx(lateness_share(results))


def lateness_share(results: Results) -> float:
    plan = results.plan.drop_duplicates(["case", "point"])
    return float(np.mean([lateness(row)["late_share"] > 0.3 for row in plan.to_dict("records")]))


def test_the_same_sweep_gives_the_same_box_again(results: Results) -> None:
    one, other = (discover(results, "late_share", above=0.3) for _ in range(2))
    pd.testing.assert_frame_equal(one.resamples, other.resamples)
    pd.testing.assert_frame_equal(one.limits, other.limits)


def test_a_tree_names_the_same_limits(results: Results) -> None:
    found = discover(results, "late_share", above=0.3)
    tree = grow(found)
    assert tree.agreement > 0.95
    assert min(tree.coverage, tree.density) > 0.95
    assert set(tree.boxes[0].limits) == {"scenario", CAPACITY, READINESS}
    assert "“scenario” is baseline or no_cooperation" in "".join(tree_lines(found, tree))


def test_the_box_is_told_in_words(results: Results) -> None:
    found = discover(results, "late_share", above=0.3)
    first = sentences(found)[0]
    assert first.startswith(
        "“Late systems at the deadline” is above 30 % in 10 of 10 futures in which “scenario” is base"
    )
    assert "“Mean month of product availability of general vendors” is at least 4" in first
    assert "of all such futures" in first
    assert "| “scenario” is baseline or no_cooperation |" in discovery_markdown(found)
    with in_language("ja"):
        assert "「シナリオ」がbaselineまたはno_cooperation" in discovery_text(found, grow(found))
    everywhere = discover(results, "late_share", above=0.3, box=0)
    assert sentences(everywhere) == [
        f"“Late systems at the deadline” is above 30 % in {lateness_share(results):.0%} of 900 futures"
    ]


def test_another_box_of_the_trade_off_can_be_told_and_a_wrong_number_is_refused(results: Results) -> None:
    assert discover(results, "late_share", above=0.3, box=2).chosen == 2
    with pytest.raises(InputError, match=r"there are boxes 0 to \d+ \(got 999\)"):
        discover(results, "late_share", above=0.3, box=999)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"kpi": "late_shar", "above": 0.3}, "did you mean 'late_share'"),
        ({"kpi": "late_share"}, "either above or below"),
        ({"kpi": "late_share", "above": 0.3, "below": 0.1}, "either above or below"),
        ({"kpi": "late_share", "above": float("nan")}, "finite number"),
        ({"kpi": "late_share", "above": 2.0}, "0 of 900 futures pass the mark; it lies from 0.215 to 0.415"),
    ],
)
def test_what_can_not_be_looked_for_is_refused(results: Results, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        discover(results, **arguments)


def test_too_few_futures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="6 futures are done; it takes 20"):
        discover(futures(tmp_path / "few", size=2), "late_share", above=0.3)
