"""Calibration: surfaces and posteriors with known answers, recovery, runs that are kept, and the whole command."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dxsim
from dxsim.analysis.calibration import recovered
from dxsim.analysis.emulator import Emulator
from dxsim.analysis.likelihood import Likelihood
from dxsim.analysis.targets import Targets, pooled_within, shipped_targets
from dxsim.analysis.waves import simulate
from dxsim.cli import main
from dxsim.errors import InputError
from dxsim.nation.nation import Nation, write_nation
from dxsim.nation.small import grid_nation
from dxsim.sweep.design import points
from dxsim.sweep.posterior import posterior_names, read_posterior
from dxsim.sweep.study_file import read_study

STUDY = """\
name: tiny
uncertainties:
  vendor.readiness_mean:
  vendor.capacity_ratio: {distribution: loguniform}
sample: {method: latin_hypercube, size: 8, seed: 1}
seeds: {first: 1, count: 2}
"""


@pytest.fixture(scope="module")
def nation() -> Nation:
    return grid_nation(4, 6, prefectures=2)


def planted(low: list[float], discrepancy: float = 0.0) -> Targets:
    """Return targets that were seen at these values."""
    k = len(low)
    return Targets(
        tuple(f"s{j}" for j in range(k)),
        np.array(low),
        np.array(low),
        np.full(k, discrepancy),
        np.zeros(k, np.bool_),
    )


def test_a_surface_finds_a_quadratic_law_and_knows_its_error() -> None:
    chance = np.random.default_rng(1)
    x = chance.random((400, 4))
    law = 1 + 2 * x[:, 0] - x[:, 1] ** 2 + 3 * x[:, 2] * x[:, 3]
    noise = chance.normal(0, 0.2, 400)
    emulator = Emulator(x, np.column_stack([law, law + noise]))
    new = chance.random((200, 4))
    truth = 1 + 2 * new[:, 0] - new[:, 1] ** 2 + 3 * new[:, 2] * new[:, 3]
    assert np.abs(emulator(new)[:, 0] - truth).max() < 0.02
    assert np.sqrt(emulator.error[1, 1]) == pytest.approx(0.2, rel=0.15)
    assert np.sqrt(emulator.error[0, 0]) < 0.01


def test_draws_are_those_of_a_posterior_that_is_known() -> None:
    """Two numbers that are observed with an error of 0.05 and 0.1: normal posteriors, no longer uniform."""
    chance = np.random.default_rng(2)
    x = chance.random((300, 2))
    emulator = Emulator(x, x.copy())
    targets = planted([0.4, 0.6])
    of_seeds = np.diag([0.05**2, 0.1**2])
    world = Likelihood(emulator, targets, of_seeds, 10**9, is_one_draw=True)
    cloud = world.draws(4000, 2, seed=3)
    assert cloud.mean(axis=0) == pytest.approx([0.4, 0.6], abs=0.012)
    assert cloud.std(axis=0) == pytest.approx([0.05, 0.1], rel=0.1)
    assert (world.draws(4000, 2, seed=3) == cloud).all()
    assert (world.draws(100, 2, seed=4) != cloud[:100]).any()


def test_bounds_ask_for_nothing_within_them() -> None:
    targets = Targets(("a",), np.array([0.5]), np.array([np.inf]), np.array([0.1]), np.array([False]))
    assert targets.misses(np.array([[0.4], [0.5], [9.0]])).ravel() == pytest.approx([0.1, 0.0, 0.0])


def test_seeds_within_points_are_told_from_points() -> None:
    chance = np.random.default_rng(4)
    point = np.repeat(np.arange(500), 4)
    noise = chance.multivariate_normal([0, 0], [[1.0, 0.6], [0.6, 4.0]], 2000)
    found = pooled_within(noise + 50 * chance.normal(size=(500, 2))[point], point)
    assert found == pytest.approx(np.array([[1.0, 0.6], [0.6, 4.0]]), abs=0.35)


@pytest.mark.long
def test_true_values_lie_in_their_intervals_as_often_as_these_say() -> None:
    """A model with three parameters, five statistics and noise that hangs together; 24 worlds of its own.

    Of 72 values 55 or fewer would lie in intervals of 90 % in one of 4,000 such tests if these are right; those in
    intervals of 50 % would be further than 18 points, three standard errors, from half in one of 370.
    """
    chance = np.random.default_rng(5)
    cube = chance.random((400, 3))
    slopes = chance.normal(size=(3, 5))
    rows = []
    for point, x in enumerate(cube):
        for seed in range(2):
            common = chance.normal(0, 0.15)
            values = x @ slopes + 0.5 * (x[0] - 0.5) * slopes[1] + common + chance.normal(0, 0.1, 5)
            rows.append({"point": point, "seed": 2 * point + seed, **{f"s{j}": v for j, v in enumerate(values)}})
    found = recovered(cube, pd.DataFrame(rows), planted([0.0] * 5), 2, ["a", "b", "c"], 24, 6, 1).set_index("parameter")
    assert found.loc["all", "inside_90"] > 55 / 72
    assert found.loc["all", "inside_50"] == pytest.approx(0.5, abs=0.18)
    assert found.loc["all", "width"] < 0.9  # something is learned


def test_targets_are_statistics_that_patterns_have() -> None:
    targets = shipped_targets()
    assert len(targets.names) == len(set(targets.names)) > 25
    assert (targets.discrepancy > 0).all()
    assert (targets.low <= targets.high).all()


def test_runs_that_are_there_are_kept(nation: Nation, tmp_path: Path) -> None:
    """What a killed calibration left is gone on with: the same table as in one go."""
    scenario, file = dxsim.load_scenario("baseline"), tmp_path / "wave.parquet"
    values = [{"vendor.readiness_mean": 44.0 + number} for number in range(4)]
    whole = simulate(nation, scenario, values, range(8), file, threads=1)
    pd.read_parquet(file).head(4).to_parquet(file, index=False)
    done: list[int] = []
    again = simulate(nation, scenario, values, range(8), file, threads=2, on_run=done.append)
    pd.testing.assert_frame_equal(again, whole)
    assert done[0] == 4
    assert sum(done) == 8
    assert whole["seed"].tolist() == list(range(8))


def test_runs_of_something_else_are_refused(nation: Nation, tmp_path: Path) -> None:
    """A folder of another prior, scenario or set of seeds is not taken for this one's, nor one that is damaged."""
    baseline, file = dxsim.load_scenario("baseline"), tmp_path / "wave.parquet"
    values = [{"vendor.readiness_mean": 44.0}, {"vendor.readiness_mean": 45.0}]
    simulate(nation, baseline, values, range(2), file, threads=1)
    before = file.read_bytes()
    others = (
        (dxsim.load_scenario("open_standards"), values, range(2)),
        (baseline, values[::-1], range(2)),
        (baseline, values, range(1, 3)),
    )
    for other in others:
        with pytest.raises(
            InputError, match=r"wave\.parquet: holds runs of another nation, scenario, prior or version"
        ):
            simulate(nation, *other, file, threads=1)
    assert file.read_bytes() == before
    file.write_bytes(before[:-20])
    with pytest.raises(InputError, match="can't be read"):
        simulate(nation, baseline, values, range(2), file, threads=1)


def test_command(nation: Nation, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A calibration in small, and a study on what it left."""
    pytest.importorskip("emcee")
    write_nation(nation, tmp_path / "nation")
    (tmp_path / "tiny.yaml").write_text(STUDY)
    out = tmp_path / "out"
    words = ["calibrate", str(tmp_path / "tiny.yaml"), f"nation={tmp_path / 'nation'}", f"output={out}", "threads=1"]
    assert main([*words, "--waves", "2", "--draws", "20"]) == 0
    told = capsys.readouterr().out
    assert "vendor.readiness_mean" in told
    assert "32 runs in 2 waves" in told
    first = (out / "posterior.csv").read_bytes()
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["posterior_sha256"] == hashlib.sha256(first).hexdigest()
    assert list(manifest["prior"]) == ["vendor.readiness_mean", "vendor.capacity_ratio"]
    draws = pd.read_csv(out / "posterior.csv")
    assert draws["vendor.capacity_ratio"].between(3, 20).all()
    assert len(draws) == 20
    assert main([*words, "--waves", "2", "--draws", "20"]) == 0
    assert (out / "posterior.csv").read_bytes() == first
    text = "name: next\nsample: {method: posterior, posterior: ./out/posterior.csv, size: 5}\n"
    (tmp_path / "next.yaml").write_text(text)
    drawn = points(read_study(tmp_path / "next.yaml"))
    assert [point["vendor.readiness_mean"] for point in drawn] == pytest.approx(
        draws["vendor.readiness_mean"].iloc[[0, 5, 10, 14, 19]].tolist(), abs=1e-9
    )


@pytest.mark.parametrize(
    ("study", "words", "told"),
    [
        (STUDY.replace("latin_hypercube", "sobol"), [], "the sample must be a latin_hypercube"),
        (STUDY + "levers: {policy.portability: [0, 1]}\n", [], "neither levers nor cases"),
        (STUDY, ["--truths", "3"], "--truths must be a whole number from 0 to 2 (got 3)"),
        (STUDY, ["--waves", "0"], "--waves must be a whole number from 1 to 10 (got 0)"),
    ],
)
def test_what_can_not_be_calibrated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], study: str, words: list[str], told: str
) -> None:
    (tmp_path / "mine.yaml").write_text(study)
    assert main(["calibrate", str(tmp_path / "mine.yaml"), *words]) == 2
    found = capsys.readouterr().err
    assert told in found
    assert "output=FOLDER" in found


def test_posteriors_that_ship_can_be_drawn_from() -> None:
    assert posterior_names() == ("lateness", "lateness_calendar_limited")
    for name in posterior_names():
        draws = read_posterior(name, 16)
        assert len(draws) == 16
        assert len({tuple(draw.items()) for draw in draws}) == 16


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("vendor.nothing\n1\n2\n", "no such parameter"),
        ("vendor.capacity_ratio\n5\n-1\n", "mine.csv, line 3: vendor.capacity_ratio must be"),
        ("vendor.capacity_ratio\n5\n", "needs a row for each draw, 2 or more"),
        ("", "is not a CSV file"),
    ],
)
def test_posteriors_that_can_not(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "mine.csv").write_text(text)
    (tmp_path / "study.yaml").write_text("name: a\nsample: {method: posterior, posterior: ./mine.csv}\n")
    with pytest.raises(InputError, match="study"):
        read_study(tmp_path / "study.yaml")
    with pytest.raises(InputError) as refused:
        read_posterior(str(tmp_path / "mine.csv"), None)
    assert told in str(refused.value)


def test_a_list_of_seeds() -> None:
    study = dxsim.Study("a", seeds={"numbers": [7, 3, 11]})
    assert list(study.seeds.all) == [7, 3, 11]
    assert study.seeds.count == 3
    assert dxsim.Study(**study.data()).seeds == study.seeds
    for wrong in ({"numbers": [1, 1]}, {"numbers": [1, 2], "count": 5}, {"numbers": [1], "common": False}):
        with pytest.raises(InputError):
            dxsim.Study("a", seeds=wrong)
