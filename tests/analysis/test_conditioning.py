"""Conditioning: planted worlds are found, no municipality foretells itself, and the whole command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dxsim
from dxsim.analysis.conditioning import condition, kept_seeds, of_outcome
from dxsim.cli import main
from dxsim.nation.known_outcomes import KnownOutcomes, read_known_outcomes
from dxsim.nation.nation import Nation, write_nation
from dxsim.nation.small import grid_nation
from dxsim.records.frame import frame_of
from dxsim.sweep.study_file import read_study

N, SEEDS = 120, 60


@pytest.fixture(scope="module")
def nation() -> Nation:
    return grid_nation(10, 12, population=np.geomspace(2_000, 600_000, N).astype(int), prefectures=4)


def worlds(chance: np.random.Generator, count: int) -> np.ndarray:
    """Return worlds in which groups of twelve share their fate, (count, n)."""
    groups = chance.random((count, 10)) < 0.5
    own = chance.random((count, N)) < 0.1
    return (np.repeat(groups, 12, axis=1) ^ own).astype(float)


def test_what_happens_together_in_the_simulation_foretells_the_others(nation: Nation) -> None:
    """The simulation's own worlds have no level to go by; what is known of a group tells of its others."""
    chance = np.random.default_rng(1)
    known = worlds(chance, 1)[0]
    known[chance.permutation(N)[:40]] = np.nan
    _, scores, _, strengths = of_outcome("late", worlds(chance, SEEDS), known, frame_of(nation), with_rivals=False)
    brier = scores.set_index("predictor")["brier"]
    assert brier["conditioned"] < 0.18 < 0.22 < brier["simulation"]
    assert strengths["simulated_covariance"].iloc[0] > 1.0


def test_no_municipality_foretells_itself(nation: Nation) -> None:
    """With outcomes that follow nothing, what is foretold of known ones is no better than a coin; of 80, 5 sigma."""
    chance = np.random.default_rng(2)
    known = (chance.random(N) < 0.5).astype(float)
    known[::3] = np.nan
    happens = (chance.random((SEEDS, N)) < 0.5).astype(float)
    scores = of_outcome("late", happens, known, frame_of(nation), with_rivals=False)[1].set_index("predictor")
    assert scores.loc["conditioned", "brier"] > 0.25 - 5 * 0.25 / np.sqrt(80)
    assert 0.5 - 5 * 0.065 < scores.loc["conditioned", "auc"] < 0.5 + 5 * 0.065


def test_worlds_that_are_like_today_are_kept() -> None:
    happens = {"late": np.repeat(np.linspace(0, 1, 11)[:, None] > np.linspace(0.05, 0.95, N), 1, axis=1).astype(float)}
    known = KnownOutcomes(happens["late"][[3]].copy(), ("late",), "")
    known.values[0, ::4] = np.nan
    found = kept_seeds(range(5, 16), happens, known, 0.27)
    assert found.loc[found["kept"], "seed"].tolist() == [7, 8, 9]
    assert found["distance"].iloc[3] == 0.0


def test_command(nation: Nation, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From files to files; the kept seeds are a part of a study that reads, and Python gives the same."""
    write_nation(nation, tmp_path / "nation")
    table = pd.DataFrame({"code": nation.municipalities["code"], "late": (np.arange(N) % 12 < 5).astype(int)})
    table.iloc[::2].to_csv(tmp_path / "known.csv", index=False)
    words = ["condition", f"nation={tmp_path / 'nation'}", "--outcomes", str(tmp_path / "known.csv")]
    assert main([*words, "--seeds", "8", "--keep", "0.25", "-o", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert "2 of 8 seeds are worlds like today's" in told
    found = condition(
        dxsim.load_nation(tmp_path / "nation"),
        dxsim.load_scenario("baseline"),
        read_known_outcomes(tmp_path / "known.csv", nation),
        seeds=range(1, 9),
        keep=0.25,
        threads=1,
    )
    written = pd.read_csv(tmp_path / "out" / "municipalities.csv", dtype={"code": str})
    pd.testing.assert_frame_equal(written, found.municipalities, check_exact=False, rtol=1e-6)
    assert written.loc[written["known"].isna(), "conditioned"].between(0, 1).all()
    (tmp_path / "mine.yaml").write_text("name: mine\n" + (tmp_path / "out" / "seeds.yaml").read_text())
    assert list(read_study(tmp_path / "mine.yaml").seeds.all) == found.kept
    assert (tmp_path / "out" / "conditioning.png").stat().st_size > 10_000


def test_everything_wrong_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "known.csv").write_text("code,late\n99999,1\n")
    words = ["condition", "--outcomes", str(tmp_path / "known.csv"), "--keep", "3", "--seeds", "1"]
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "--keep must be above 0, at most 1 (got 3.0)" in told
    assert "--seeds must be a whole number" in told
    assert "'99999' is not a municipality" in told
