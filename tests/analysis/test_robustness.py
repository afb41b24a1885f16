"""Robustness metrics, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from dxsim.analysis.robustness import robustness
from dxsim.errors import InputError
from dxsim.language import in_language
from dxsim.sweep.store import Results
from dxsim.views.documents.robustness import robustness_markdown, robustness_text
from tests.analysis.sweeps import plan_table, sweep

# Futures are seeds 0 to 3. The steady one is never best and never bad; the bold one is best but for one future.
LATE = {"bold": (10, 10, 10, 90), "steady": (30, 30, 30, 30), "dull": (40, 40, 40, 40)}


@pytest.fixture
def results(tmp_path: Path) -> Results:
    plan = plan_table([{"scenario": name} for name in LATE], range(4))

    def kpis(row: dict[str, object]) -> dict[str, float]:
        late = LATE[str(row["scenario"])][int(str(row["seed"]))] / 100
        return {"late_share": late, "live_share_deadline": 1 - late, "groups": late, "own_burden": 1e12 * late}

    return sweep(tmp_path / "sweep", plan, kpis)


def test_metrics_and_ranks_by_hand(results: Results) -> None:
    """Regrets: bold 0, 0, 0, 60; steady 20, 20, 20, 0; dull 30, 30, 30, 10. The 90th percentile is interpolated."""
    found = robustness(results, kpi="late_share", below=0.35)
    metrics = found.metrics.set_index("case")
    assert metrics["mean"].tolist() == pytest.approx([0.3, 0.3, 0.4])
    assert metrics["percentile_90"].tolist() == pytest.approx([0.66, 0.3, 0.4])
    assert metrics["worst"].tolist() == pytest.approx([0.9, 0.3, 0.4])
    assert metrics["regret_90"].tolist() == pytest.approx([0.42, 0.2, 0.3])
    assert metrics["regret_max"].tolist() == pytest.approx([0.6, 0.2, 0.3])
    assert metrics["satisficing"].tolist() == pytest.approx([0.75, 1.0, 0.0])
    ranks = found.ranks.set_index("case")
    assert ranks["mean"].tolist() == [1, 1, 3]
    assert ranks["worst"].tolist() == [3, 1, 2]
    assert ranks["satisficing"].tolist() == [2, 1, 3]


def test_of_a_kpi_of_which_more_is_better_the_metrics_are_mirrored(results: Results) -> None:
    less, more = (
        robustness(results, kpi="late_share", below=0.35),
        robustness(results, kpi="live_share_deadline", above=0.65),
    )
    assert more.ranks.equals(less.ranks)
    for name in ("mean", "percentile_90", "worst"):
        assert (1 - more.metrics[name]).tolist() == pytest.approx(less.metrics[name].tolist())
    for name in ("regret_90", "regret_max", "satisficing"):
        assert more.metrics[name].tolist() == pytest.approx(less.metrics[name].tolist())


def test_equal_sums_of_money_share_a_rank(results: Results) -> None:
    assert robustness(results, kpi="own_burden").ranks["mean"].tolist() == [1, 1, 3]


def test_futures_that_one_case_lacks_do_not_count(tmp_path: Path) -> None:
    plan = plan_table([{"scenario": name} for name in LATE], range(4))
    missing = ("dull", 3)

    def kpis(row: dict[str, object]) -> dict[str, float]:
        key = str(row["scenario"]), int(str(row["seed"]))
        return {} if key == missing else {"late_share": LATE[key[0]][key[1]] / 100}

    found = robustness(sweep(tmp_path / "gap", plan, kpis), kpi="late_share")
    assert len(found.outcomes) == 3
    assert found.metrics["worst"].tolist() == pytest.approx([0.1, 0.3, 0.4])
    assert "satisficing" not in found.metrics


def test_the_ranking_is_told_in_words(results: Results) -> None:
    found = robustness(results, kpi="late_share", below=0.35)
    text = robustness_text(found)
    assert "Late systems at the deadline (less is better) over 4 futures" in text
    assert "First is steady by: mean, %;" in text
    assert "The metrics give" in text
    assert "| steady | 30 (1) |" in robustness_markdown(found).replace("30.0", "30")
    with in_language("ja"):
        assert "steadyが1位" in robustness_text(found)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"kpi": "late_shar"}, "did you mean 'late_share'"),
        ({"kpi": "late_share", "above": 0.3}, "only below can be satisfactory"),
        ({"kpi": "late_share", "above": 0.3, "below": 0.3}, "or neither"),
        ({"kpi": "late_share", "below": float("inf")}, "finite number"),
        ({"kpi": "groups"}, "neither more nor less"),
    ],
)
def test_wrong_criteria_are_refused(results: Results, arguments: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        robustness(results, **arguments)


def test_a_kpi_without_a_direction_takes_that_of_the_criterion(results: Results) -> None:
    assert robustness(results, kpi="groups", above=0.5).better == "more"


def test_one_alternative_has_nothing_to_be_ranked_with(tmp_path: Path) -> None:
    alone = sweep(tmp_path / "alone", plan_table([{}], range(4)), lambda _: {"late_share": 0.1})
    with pytest.raises(InputError, match="one alternative only"):
        robustness(alone, kpi="late_share")
