"""Figures: what is drawn is what the records say, in both languages, for readers who can't see it too."""

from __future__ import annotations

import string
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from dxsim.nation.nation import Nation
from dxsim.nation.schema import TYPES
from dxsim.records import Records
from dxsim.records.provenance import describe_run, now
from dxsim.scenario.scenario import load_scenario
from dxsim.views.adoption import adoption_figure, live_at_deadline
from dxsim.views.figures import descriptions, draw_all
from dxsim.views.histogram import histogram_figure
from dxsim.views.labels import labels
from dxsim.views.lateness import lateness_figure
from dxsim.views.maps import map_figure
from dxsim.views.overview import overview_figure
from dxsim.views.style import BIN_COLOURS, LATE_BINS, TYPE_COLOURS, month_end

NAMES = {"overview", "adoption", "lateness", "map", "histogram"}


def texts(figure: Figure) -> str:
    figure.draw_without_rendering()
    return "\n".join(item.get_text() for item in figure.findobj(mpl.text.Text))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_figure_is_written_and_described(
    four_bodies_records: Records, four_bodies: Nation, tmp_path: Path, language: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a glyph that no font has is a warning
        draw_all(four_bodies_records, four_bodies, tmp_path, language)
    assert {path.stem for path in tmp_path.iterdir()} == NAMES
    for name, words in descriptions(four_bodies_records, language).items():
        with Image.open(tmp_path / f"{name}.png") as image:
            assert image.text["Description"] == words
            assert image.width >= 1000
            assert len(np.unique(np.asarray(image.convert("L")))) > 20  # not an empty page


def test_descriptions_give_the_numbers(four_bodies_records: Records) -> None:
    words = descriptions(four_bodies_records, "en")
    assert "Designated city 40%" in words["adoption"]
    assert "13 systems are late" in words["lateness"]
    assert "R4 vendor resources 12" in words["lateness"]
    assert "2 with 0" in words["map"]
    assert "1: 1" in words["histogram"]
    assert "12: 1" in words["histogram"]
    assert all(words[name] in words["overview"] for name in NAMES - {"overview"})


def test_the_same_records_give_the_same_pictures(
    four_bodies_records: Records, four_bodies: Nation, tmp_path: Path
) -> None:
    for folder in ("one", "two"):
        draw_all(four_bodies_records, four_bodies, tmp_path / folder)
    for name in NAMES:
        assert (tmp_path / "one" / f"{name}.png").read_bytes() == (tmp_path / "two" / f"{name}.png").read_bytes()


def test_adoption_draws_one_curve_for_each_type_that_there_is(four_bodies_records: Records) -> None:
    axes = adoption_figure(four_bodies_records).axes[0]
    curves = {line.get_label(): line for line in axes.lines}
    assert [name for name in curves if name.endswith("%")] == [
        "Designated city  40%",
        "Other city  100%",
        "Town  94%",
        "Village  100%",
        "All municipalities  83%",
    ]
    city = curves["Designated city  40%"]
    assert to_hex(city.get_color()) == TYPE_COLOURS["designated_city"]
    when = np.asarray(city.get_xdata())
    at = dict(zip(when, city.get_ydata(), strict=True))
    assert at[month_end("2026-02")[0]] == 0
    assert at[month_end("2026-03")[0]] == pytest.approx(0.4)
    assert at[month_end("2027-03")[0]] == 1
    deadline = [line for line in axes.lines if list(line.get_xdata()) == [month_end("2026-03")[0]] * 2]
    assert len(deadline) == 1


@pytest.mark.parametrize("language", ["en", "ja"])
def test_adoption_numbers_the_announcements(four_bodies_records: Records, language: str) -> None:
    written = texts(adoption_figure(four_bodies_records, language))
    events = four_bodies_records.manifest["scenario"]["events"]
    assert len(events) >= 3
    for number, event in enumerate(events, 1):
        assert f"{number}  20" in written
        assert event["text"][language][:30] in written
        assert event["text"]["en"] != event["text"]["ja"]


@pytest.mark.parametrize(("language", "more"), [("en", " and 1 more (seed 1)"), ("ja", " ほか1件・シード1")])
def test_every_figure_says_which_run_it_shows(
    four_bodies_records: Records, four_bodies: Nation, language: str, more: str
) -> None:
    def titles(records: Records) -> set[str]:
        figures = [draw(records, language) for draw in (adoption_figure, lateness_figure, histogram_figure)]
        figures += [draw(records, four_bodies, language) for draw in (overview_figure, map_figure)]
        return {figure.get_suptitle().replace("\n", " ") for figure in figures}

    scenario = load_scenario("baseline", {"policy.deadline": "2027-03", "vendor.count": 12, "policy.portability": 0.9})
    manifest = describe_run(four_bodies, scenario, 1, now())
    title = scenario.title[language]
    assert titles(four_bodies_records) == {labels(language)["run_title"].format(title=title, seed=1)}
    assert titles(replace(four_bodies_records, manifest=manifest)) == {
        f"{title} — policy.deadline=2027-03, vendor.count=12{more}"
    }


def test_live_shares_at_the_deadline(four_bodies_records: Records) -> None:
    shares = live_at_deadline(four_bodies_records)
    assert shares == pytest.approx(
        {"designated_city": 0.4, "other_city": 1.0, "town": 17 / 18, "village": 1.0, "all": 63 / 76}
    )


def test_lateness_stacks_reasons_after_the_deadline_and_surveys_before_it(four_bodies_records: Records) -> None:
    axes = lateness_figure(four_bodies_records).axes[0]
    areas = [item for item in axes.collections if isinstance(item, PolyCollection)]
    assert len(areas) == 5
    assert max(path.vertices[:, 1].max() for area in areas for path in area.get_paths()) == 13
    start = min(path.vertices[:, 0].min() for area in areas for path in area.get_paths())
    assert start == month_end("2026-03")[0]
    surveys = four_bodies_records.manifest["scenario"]["surveys"]
    tops = {round(bar.get_x()): bar.get_y() + bar.get_height() for bar in axes.patches}
    assert len(axes.patches) == 5 * len(surveys)
    assert tops[round(month_end("2025-07")[0])] == 0
    assert tops[round(month_end("2025-10")[0])] == 12


def test_the_map_colours_municipalities_by_their_late_systems(
    four_bodies_records: Records, four_bodies: Nation
) -> None:
    shapes = map_figure(four_bodies_records, four_bodies).axes[0].collections[0]
    assert isinstance(shapes, PolyCollection)
    drawn = [to_hex(colour) for colour in shapes.get_facecolor()]
    assert drawn == [BIN_COLOURS[0], BIN_COLOURS[3], BIN_COLOURS[1], BIN_COLOURS[0]]


def test_without_boundaries_the_map_shows_points_and_says_so(four_bodies_records: Records, four_bodies: Nation) -> None:
    bare = replace(four_bodies, boundaries={}, attribution=("Made by hand",))
    figure = map_figure(four_bodies_records, bare)
    points = figure.axes[0].collections[0]
    assert isinstance(points, PathCollection)
    assert len(points.get_offsets()) == 4
    assert labels("en")["map_points"] in texts(figure)
    assert "Made by hand" in texts(figure)


def test_the_histogram_leaves_nobody_out(four_bodies_records: Records) -> None:
    axes = histogram_figure(four_bodies_records).axes[0]
    heights = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in axes.patches}
    assert {late: height for late, height in heights.items() if height} == {1: 1, 12: 1}
    (strip,) = axes.child_axes
    assert sum(bar.get_width() for bar in strip.patches) == 4
    assert strip.patches[0].get_width() == 2


def test_groups_of_late_systems_cover_every_count_once() -> None:
    assert [late for low, high in LATE_BINS for late in range(low, high + 1)] == list(range(21))
    assert len(set(BIN_COLOURS)) == len(LATE_BINS)
    assert len(set(TYPE_COLOURS.values())) == len(TYPES)


def test_the_users_matplotlib_settings_stay(four_bodies_records: Records) -> None:
    before = dict(mpl.rcParams)
    histogram_figure(four_bodies_records, "ja")
    assert dict(mpl.rcParams) == before


def test_no_window_system_is_touched() -> None:
    code = "import dxsim.views.figures, sys; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_both_languages_say_the_same_things() -> None:
    english, japanese = labels("en"), labels("ja")
    for key in english:
        assert english[key]
        assert japanese[key]
        fields = [
            {field for _, field, _, _ in string.Formatter().parse(text[key]) if field} for text in (english, japanese)
        ]
        assert fields[0] == fields[1], key
