"""Scores by hand, rivals that know nothing of their own fold, and the whole command on a small nation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dxsim
from dxsim.analysis import rivals, scores
from dxsim.analysis.validation import scored, validate
from dxsim.cli import main
from dxsim.errors import InputError
from dxsim.nation.known_outcomes import KnownOutcomes, read_known_outcomes
from dxsim.nation.nation import Nation, write_nation
from dxsim.nation.small import grid_nation
from dxsim.records.frame import frame_of

N = 120


@pytest.fixture(scope="module")
def nation() -> Nation:
    return grid_nation(10, 12, population=np.geomspace(2_000, 600_000, N).astype(int), prefectures=4)


@pytest.fixture(scope="module")
def known(nation: Nation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half of the municipalities: the largest are late, and AI follows nothing."""
    path = tmp_path_factory.mktemp("known") / "known.csv"
    size = nation.municipalities["population"].to_numpy()
    table = pd.DataFrame(
        {
            "code": nation.municipalities["code"],
            "late": (size > np.median(size)).astype(int),
            "automation": np.random.default_rng(1).integers(0, 2, N),
        }
    )
    table.iloc[::2].to_csv(path, index=False)
    return path


def test_scores_by_hand() -> None:
    p, y = np.array([0.1, 0.4, 0.4, 0.8]), np.array([0.0, 0.0, 1.0, 1.0])
    assert scores.auc(p, y) == (0 + 1 + 0.5 + 1 + 1) / 4
    assert scores.brier(p, y) == pytest.approx((0.01 + 0.16 + 0.36 + 0.04) / 4)
    assert scores.log_score(p, y) == pytest.approx(-np.log([0.9, 0.6, 0.4, 0.8]).mean())
    assert np.isnan(scores.auc(p, np.ones(4)))
    assert scores.log_score(np.array([0.0]), np.array([1.0])) == pytest.approx(-np.log(scores.SURE))


def test_intervals_cover_and_shrink() -> None:
    """Of 40 samples of 200 from a known law, the 95 % interval of the Brier score holds its value in all but a few."""
    chance = np.random.default_rng(3)
    inside, width = 0, []
    for _ in range(40):
        p = chance.random(200)
        y = (chance.random(200) < p).astype(float)
        row = scores.score_table({"true": p}, y).iloc[0]
        inside += row["brier_low"] <= 1 / 6 <= row["brier_high"]  # E p (1 - p) of a uniform p
        width.append(row["brier_high"] - row["brier_low"])
    assert inside >= 32  # less in one of 5,000 trials
    assert 0.02 < np.mean(width) < 0.08


def test_a_calibration_curve_says_what_happened() -> None:
    chance = np.random.default_rng(4)
    p = np.repeat([0.2, 0.7], 500)
    y = (chance.random(1000) < p).astype(float)
    curve = scores.calibration_curve(p, y)
    assert curve["municipalities"].sum() == 1000
    assert curve["foretold"].iloc[[0, -1]].tolist() == pytest.approx([0.2, 0.7])
    assert ((curve["low"] <= curve["happened"]) & (curve["happened"] <= curve["high"])).all()
    assert curve["happened"].iloc[:5].mean() == pytest.approx(0.2, abs=0.06)


def test_rivals_find_what_there_is_and_nothing_where_nothing_is(nation: Nation, known: Path) -> None:
    table = read_known_outcomes(known, nation)
    frame = frame_of(nation)
    assert table.names == ("late", "automation")
    late, automation = (rivals.rivals(frame, outcome) for outcome in table.values)
    y = table.values[0][~np.isnan(table.values[0])]
    assert scores.auc(late["size"], y) > 0.95
    assert scores.brier(late["constant"], y) > 0.24
    noise = table.values[1][~np.isnan(table.values[1])]
    assert all(scores.brier(p, noise) > 0.2 for p in automation.values())


def test_no_rival_has_seen_its_own_fold(nation: Nation, known: Path) -> None:
    """Turning the answers of a fold around changes nothing that is foretold for this fold."""
    table = read_known_outcomes(known, nation)
    frame, outcome = frame_of(nation), table.values[0]
    at = np.flatnonzero(~np.isnan(outcome))
    fold = rivals.folds_of(at.size)
    turned = outcome.copy()
    turned[at[fold == 3]] = 1 - turned[at[fold == 3]]
    before, after = rivals.rivals(frame, outcome), rivals.rivals(frame, turned)
    for name, p in before.items():
        assert after[name][fold == 3] == pytest.approx(p[fold == 3], abs=1e-9), name
        assert not np.allclose(after[name][fold != 3], p[fold != 3]), name


def test_a_simulation_that_knows_is_scored_as_such(nation: Nation, known: Path) -> None:
    table = read_known_outcomes(known, nation)
    foretold = pd.DataFrame({"late": np.nan_to_num(table.values[0]), "automation": 0.5})
    found, curve = scored(foretold, 19, table, frame_of(nation), with_rivals=False)
    late, automation = found.to_dict("records")
    assert late["auc"] == 1
    assert late["brier"] == pytest.approx(0.025**2)  # 0 of 19 seeds count as 1 in 40
    assert automation["brier"] == pytest.approx(0.25)
    assert set(curve["outcome"]) == {"late", "automation"}


def test_seeds_and_threads_change_nothing(nation: Nation) -> None:
    scenario = dxsim.load_scenario("baseline")
    one, other = (validate(nation, scenario, seeds=[3, 4], threads=threads) for threads in (1, 2))
    pd.testing.assert_frame_equal(one.seeds, other.seeds)
    assert one.municipalities["late"].between(0, 1).all()
    assert len(one.scores) == 0
    assert "2 seeds" in repr(one)


def test_the_command_prints_and_writes(
    nation: Nation,
    known: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    language: str,
) -> None:
    write_nation(nation, tmp_path / "small")
    monkeypatch.chdir(tmp_path)
    words = ["validate", "nation=./small", "--outcomes", str(known), "--rivals", "--seeds", "3", "-o", "out"]
    assert main([*words, "--language", language]) == 0
    printed = capsys.readouterr().out
    assert "P11" in printed
    assert ("boosted trees" if language == "en" else "勾配ブースティング木") in printed
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *(f"{name}.csv" for name in ("patterns", "seeds", "municipalities", "scores", "calibration")),
        *("validation.md", "validation.png"),
    }
    assert len(pd.read_csv(tmp_path / "out" / "seeds.csv")) == 3


def test_the_command_runs_null_models(
    nation: Nation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_nation(nation, tmp_path / "small")
    monkeypatch.chdir(tmp_path)
    assert main(["validate", "nation=./small", "--nulls", "--seeds", "2", "-o", "out", "figures=false"]) == 0
    printed = capsys.readouterr()
    assert "mean field: no neighbours" in printed.out
    assert "12 of 12 runs" in printed.err
    assert "rewired" in set(pd.read_csv(tmp_path / "out" / "nulls.csv")["null"])


def test_wrong_numbers_and_wrong_files_are_told_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "known.csv").write_text("code,lates\n01100,1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["validate", "--seeds", "1", "--threads", "0", "--outcomes", "known.csv"]) == 2
    told = capsys.readouterr().err
    assert "--seeds must be" in told
    assert "--threads must be" in told
    assert "did you mean 'late'" in told
    assert main(["knockout", "--seeds", "1", "--only", "budgt"]) == 2
    told = capsys.readouterr().err
    assert "2 problems" in told
    assert "did you mean 'budget'" in told


def test_names_are_looked_up() -> None:
    with pytest.raises(InputError, match="did you mean 'synthetic'") as caught:
        validate("syntetic", "basline", seeds=[1, -1])
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code,late\n01201,1\n01201,0\n", "stands twice"),
        ("code,late\n99999,1\n", "'99999' is not a municipality"),
        ("code,late\n01201,2\n01202,yes\n", "must be 0, 1 or blank (got 'yes')"),
        ("code,lates\n01201,1\n", "did you mean 'late'"),
        ("code,late\n01201,1\n01202,1\n", "with 0 and with 1"),
        ("code\n01201\n", "at least one of the columns"),
    ],
)
def test_a_wrong_table_says_what_is_wrong(nation: Nation, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "known.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_known_outcomes(tmp_path / "known.csv", nation)
    assert words in str(caught.value)


def test_a_blank_is_not_known(nation: Nation, tmp_path: Path) -> None:
    (tmp_path / "known.csv").write_text("code,late,late_10\n01201,1,\n01202,0,1\n01203,,0\n", encoding="utf-8")
    found: KnownOutcomes = read_known_outcomes(tmp_path / "known.csv", nation)
    assert found.names == ("late", "late_10")
    np.testing.assert_array_equal(found.values[:, :3], [[1, 0, np.nan], [np.nan, 1, 0]])
    assert np.isnan(found.values[:, 3:]).all()
