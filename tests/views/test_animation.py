"""The animation of a run: its months are those of the tables, and the file is whole or not there."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from PIL import Image

from dxsim.cli import main
from dxsim.nation.nation import write_nation
from dxsim.nation.small import grid_nation
from dxsim.records import simulate
from dxsim.records.course import course
from dxsim.scenario.scenario import load_scenario
from dxsim.terms.calendar import MONTHS
from dxsim.views.run.animation import last_month


@pytest.fixture(scope="module")
def small():
    return grid_nation(3, 4, population=[3_000, 20_000, 50_000, 400_000] * 3)


def test_the_course_adds_up_to_the_tables(small):
    scenario = load_scenario("baseline")
    seen, records = course(small, scenario, 3), simulate(small, scenario, 3)
    monthly = records.monthly[records.monthly["type"] == "all"].sort_values("month")
    np.testing.assert_array_equal(seen.live.sum(axis=1), monthly["live"])
    late = monthly[[f"late_R{number}" for number in range(1, 6)]].sum(axis=1)
    np.testing.assert_array_equal(seen.late.sum(axis=1), late)
    end = last_month(seen, 60)
    assert (seen.live[end:] == seen.live[-1]).all()
    assert (seen.late[end:] == seen.late[-1]).all()
    assert end == 61 or (seen.live[end] != seen.live[end - 1]).any() or (seen.late[end] != seen.late[end - 1]).any()
    assert 61 <= end < MONTHS


def test_a_gif_has_a_picture_for_each_month(tmp_path, monkeypatch, capsys, small):
    monkeypatch.chdir(tmp_path)
    write_nation(small, tmp_path / "nation")
    words = ["animate", "nation=./nation", "language=ja", "--layer", "late", "-o", "out/run.gif"]
    assert main(words) == 0
    assert "run.gif" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["run.gif"]
    seen = course(small, load_scenario("baseline"), 1)
    with Image.open(tmp_path / "out" / "run.gif") as gif:
        assert gif.n_frames <= last_month(seen, 60) + 1  # months that look alike are one picture that stays longer
        lasted = 0
        pictures = []
        for frame in range(gif.n_frames):
            gif.seek(frame)
            lasted += gif.info["duration"]
            pictures.append(np.asarray(gif.convert("RGB")).astype(int))
        assert lasted == pytest.approx(125 * last_month(seen, 60) + 3_000, rel=0.05)
    assert np.abs(pictures[0] - pictures[-1]).max() > 100
    assert (tmp_path / "out" / "run.gif").stat().st_size < 2_000_000


@pytest.mark.parametrize(("name", "says"), [("run.png", ".gif, .mp4"), ("run", ".gif, .mp4"), ("run.mp4", "ffmpeg")])
def test_what_cannot_be_written_is_refused_before_anything_runs(tmp_path, monkeypatch, capsys, name, says):
    monkeypatch.setenv("PATH", str(tmp_path))  # where there is no ffmpeg
    monkeypatch.setattr("dxsim.cli.animate.simulate", lambda *_: pytest.fail("it ran"))
    for language in ("en", "ja"):
        assert main(["animate", f"language={language}", "-o", str(tmp_path / name)]) == 2
        assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


FFMPEG = """#!{python}
import sys
if "-version" in sys.argv:
    sys.exit()
given = sys.stdin.buffer.read()
if {fails}:
    sys.exit(1)
open(sys.argv[-1], "wb").write(str(len(given)).encode())
"""


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for ffmpeg is a script")
@pytest.mark.parametrize("fails", [False, True])
def test_a_film_is_handed_to_ffmpeg_month_by_month(tmp_path, monkeypatch, small, fails):
    script = tmp_path / "programs" / "ffmpeg"
    script.parent.mkdir()
    script.write_text(FFMPEG.format(python=sys.executable, fails=fails))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent))
    monkeypatch.setattr("dxsim.views.run.animation.last_month", lambda *_: 5)
    write_nation(small, tmp_path / "nation")
    film = tmp_path / "run.mp4"
    words = ["animate", f"nation={tmp_path / 'nation'}", "-o", str(film)]
    assert main(words) == (2 if fails else 0)
    assert film.exists() != fails
    assert not list(tmp_path.glob(".run*"))
    if not fails:
        assert int(film.read_text()) == (6 + 3 * 8) * 640 * 800 * 4
