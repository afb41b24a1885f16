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
import pandas as pd
import pytest
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from dxsim.language import by_language
from dxsim.nation.nation import Nation
from dxsim.nation.small import grid_nation
from dxsim.records import Records
from dxsim.records.provenance import describe_run, now
from dxsim.scenario.scenario import load_scenario
from dxsim.terms.municipalities import TYPES
from dxsim.views import plots
from dxsim.views.charts import draw_run, run_figures
from dxsim.views.labels import labels
from dxsim.views.maps import draw_municipalities, far_islands
from dxsim.views.run.adoption import live_at_deadline
from dxsim.views.run.groups import describe, group_colours
from dxsim.views.style import (
    ACCOUNT_COLOURS,
    BIN_COLOURS,
    GROUP_COLOURS,
    LATE_BINS,
    NONE_LATE,
    TYPE_COLOURS,
    month_end,
)
from tests.views import of_run

OF_OVERVIEW = {"adoption", "lateness", "map", "histogram"}


def texts(figure: Figure) -> str:
    figure.draw_without_rendering()
    return "\n".join(item.get_text() for item in figure.findobj(mpl.text.Text))


def test_every_figure_is_written_and_described(
    four_bodies_records: Records, four_bodies: Nation, tmp_path: Path, language: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a glyph that no font has is a warning
        draw_run(four_bodies_records, four_bodies, tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == of_run.ALL
    for name, figure in run_figures(four_bodies_records, four_bodies).items():
        with Image.open(tmp_path / f"{name}.png") as image:
            assert image.text["Description"] == figure.description
            assert image.width >= 1000
            assert len(np.unique(np.asarray(image.convert("L")))) > 20  # not an empty page


def test_descriptions_give_the_numbers(four_bodies_records: Records, four_bodies: Nation) -> None:
    words = {name: figure.description for name, figure in run_figures(four_bodies_records, four_bodies).items()}
    assert "Designated city 40%" in words["adoption"]
    assert "13 systems are late" in words["lateness"]
    assert "R4 vendor resources 12" in words["lateness"]
    assert "2 with 0" in words["map"]
    assert "1: 1" in words["histogram"]
    assert "12: 1" in words["histogram"]
    assert all(words[name] in words["overview"] for name in OF_OVERVIEW)
    assert "Groups: 1, with 2 municipalities, the largest of 2; on their own: 2." in words["groups"]
    assert "one-off 9.7" in words["money"]
    assert "subsidy 6.8" in words["money"]
    assert "not reached 1.9% → 1.9%" in words["residents"]
    assert "65 to 74 0.0%, 75 to 84 14.3%" in words["residents"]
    assert "at most 1 of 4, in 2025-04" in words["staff"]
    assert "online procedures 75% → 75%" in words["programmes"]
    assert (
        "500,000 residents and more: no engineer free 21.6, no decision yet 12.0, being worked on 9.6."
        in words["delays"]
    )
    assert (
        "5,000 to 10,000 residents: being worked on 22.7, no decision yet 12.0, hard case (R1 to R3) 8.0;"
        in words["delays"]
    )


def test_the_same_records_give_the_same_pictures(
    four_bodies_records: Records, four_bodies: Nation, tmp_path: Path
) -> None:
    for folder in ("one", "two"):
        draw_run(four_bodies_records, four_bodies, tmp_path / folder)
    for name in of_run.ALL:
        assert (tmp_path / "one" / f"{name}.png").read_bytes() == (tmp_path / "two" / f"{name}.png").read_bytes()


def test_adoption_draws_one_curve_for_each_type_that_there_is(four_bodies_records: Records) -> None:
    axes = plots.adoption(four_bodies_records).axes[0]
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


def test_adoption_numbers_the_announcements(four_bodies_records: Records, language: str) -> None:
    written = texts(plots.adoption(four_bodies_records))
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
        plain = (plots.adoption, plots.lateness, plots.histogram)
        plain += (plots.money, plots.residents, plots.staff, plots.programmes)
        maps = (plots.overview, plots.map_of_lateness, plots.groups)
        figures = [draw(records, language=language) for draw in plain]
        figures += [draw(records, four_bodies, language=language) for draw in maps]
        return {figure.get_suptitle().replace("\n", " ") for figure in figures}

    scenario = load_scenario("baseline", {"policy.deadline": "2027-03", "vendor.count": 12, "policy.portability": 0.9})
    manifest = describe_run(four_bodies, scenario, 1, now())
    title = scenario.title[language]
    assert titles(four_bodies_records) == {by_language(labels)[language]["run_title"].format(title=title, seed=1)}
    assert titles(replace(four_bodies_records, manifest=manifest)) == {
        f"{title} — policy.deadline=2027-03, vendor.count=12{more}"
    }


def test_live_shares_at_the_deadline(four_bodies_records: Records) -> None:
    shares = live_at_deadline(four_bodies_records)
    assert shares == pytest.approx(
        {"designated_city": 0.4, "other_city": 1.0, "town": 17 / 18, "village": 1.0, "all": 63 / 76}
    )


def test_lateness_stacks_reasons_after_the_deadline_and_surveys_before_it(four_bodies_records: Records) -> None:
    axes = plots.lateness(four_bodies_records).axes[0]
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
    shapes = plots.map_of_lateness(four_bodies_records, four_bodies).axes[0].collections[0]
    assert isinstance(shapes, PolyCollection)
    drawn = [to_hex(colour) for colour in shapes.get_facecolor()]
    assert drawn == [BIN_COLOURS[0], BIN_COLOURS[3], BIN_COLOURS[1], BIN_COLOURS[0]]


def islands(count: int, x_km: float, y_km: float) -> list[dict[str, float]]:
    return [{"x_km": x_km + 10 * place, "y_km": y_km} for place in range(count)]


def test_far_islands_stand_in_boxes_and_hide_nobody(four_bodies: Nation) -> None:
    land = [{"x_km": x, "y_km": y + 3 * max(0, x - 400)} for x in range(0, 600, 10) for y in range(0, 200, 50)]
    bodies = pd.DataFrame([*land, *islands(4, -400, -400), *islands(2, 500, -450)])
    bare = replace(four_bodies, boundaries={}, municipalities=bodies)
    main, *boxes = draw_municipalities(Figure().subplots(), bodies, bare, ["#123456"] * 240 + ["#abcdef"] * 6)
    assert main.get_ylim()[0] > -50
    assert [len(box.collections[0].get_offsets()) for box in boxes] == [4, 2]
    assert {to_hex(colour) for box in boxes for colour in box.collections[0].get_facecolor()} == {"#abcdef"}
    for box in boxes:
        (left, right), (low, high) = box.get_xlim(), box.get_ylim()
        assert all(left < x < right and low < y < high for x, y in box.collections[0].get_offsets())
    # With a town where the boxes would stand, all is in one frame.
    crowded = pd.concat([bodies, pd.DataFrame([{"x_km": 50.0, "y_km": 450.0}])], ignore_index=True)
    (only,) = draw_municipalities(Figure().subplots(), crowded, bare, ["#123456"] * 247)
    assert only.get_ylim()[0] < -450


def test_a_nation_without_far_islands_has_one_frame(four_bodies: Nation) -> None:
    for rows, columns in ((1, 1), (2, 2), (30, 1), (1, 30), (12, 12)):
        assert not far_islands(grid_nation(rows, columns).municipalities).any()


def test_numbers_of_events_stand_under_the_curves(four_bodies_records: Records) -> None:
    axes = plots.adoption(four_bodies_records).axes[0]
    count = len(four_bodies_records.manifest["scenario"]["events"])
    numbers = [item for item in axes.texts if item.get_text().isdigit()]
    assert [item.get_text() for item in numbers] == [str(number) for number in range(1, count + 1)]
    assert all(axes.get_ylim()[0] < item.xy[1] < 0 for item in numbers)
    assert len({item.xy for item in numbers}) == count


def test_without_boundaries_the_map_shows_points_and_says_so(four_bodies_records: Records, four_bodies: Nation) -> None:
    bare = replace(four_bodies, boundaries={}, attribution=("Made by hand",))
    figure = plots.map_of_lateness(four_bodies_records, bare)
    points = figure.axes[0].collections[0]
    assert isinstance(points, PathCollection)
    assert len(points.get_offsets()) == 4
    assert labels()["map_points"] in texts(figure)
    assert "Made by hand" in texts(figure)


def test_the_histogram_leaves_nobody_out(four_bodies_records: Records) -> None:
    axes = plots.histogram(four_bodies_records).axes[0]
    heights = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in axes.patches}
    assert {late: height for late, height in heights.items() if height} == {1: 1, 12: 1}
    (strip,) = axes.child_axes
    assert sum(bar.get_width() for bar in strip.patches) == 4
    assert strip.patches[0].get_width() == 2


def test_the_map_of_groups_colours_members_and_marks_leads(four_bodies_records: Records, four_bodies: Nation) -> None:
    figure = plots.groups(four_bodies_records, four_bodies)
    shapes, leads = figure.axes[0].collections[:2]
    city, big, town, village = (to_hex(colour) for colour in shapes.get_facecolor())
    assert city == big == NONE_LATE
    assert town == village
    assert town in GROUP_COLOURS
    bodies = four_bodies.municipalities
    assert leads.get_offsets().tolist() == bodies.loc[bodies["type"] == "town", ["x_km", "y_km"]].to_numpy().tolist()
    assert "in a group: 2 municipalities (groups: 1)" in texts(figure)


def test_a_nation_without_groups_has_a_grey_map(four_bodies_records: Records, four_bodies: Nation) -> None:
    bodies = four_bodies_records.municipalities.assign(group=pd.Series([None] * 4, dtype="str"))
    alone = replace(four_bodies_records, municipalities=bodies, groups=four_bodies_records.groups.iloc[:0])
    figure = plots.groups(alone, four_bodies)
    assert {to_hex(colour) for colour in figure.axes[0].collections[0].get_facecolor()} == {NONE_LATE}
    assert "on its own: 4" in texts(figure)
    assert "Groups: 0," in describe(alone)


def test_neighbouring_groups_have_different_colours(four_bodies_records: Records) -> None:
    nation = grid_nation(10, 10)
    codes = list(nation.municipalities["code"])
    # Blocks of one row and three columns, the last column alone: every group has several neighbours.
    group = [codes[10 * row + 3 * (column // 3)] if column < 9 else None for row in range(10) for column in range(10)]
    records = replace(
        four_bodies_records,
        municipalities=pd.DataFrame({"code": codes, "group": pd.Series(group, dtype="str")}),
        groups=pd.DataFrame({"lead": sorted({lead for lead in group if lead})}),
    )
    colours = group_colours(records, nation)
    of_body = {code: (lead, colours.get(lead)) for code, lead in zip(codes, group, strict=True)}
    touching = [(of_body[a], of_body[b]) for a, b in nation.adjacency[["code_a", "code_b"]].itertuples(index=False)]
    borders = [(one, other) for one, other in touching if one[0] != other[0] and one[0] and other[0]]
    assert len(colours) == 30
    assert len(borders) > 60
    assert all(one[1] != other[1] for one, other in borders)


def test_money_is_stacked_by_fiscal_year(four_bodies_records: Records) -> None:
    axes = plots.money(four_bodies_records).axes[0]
    bars = dict(zip(ACCOUNT_COLOURS, axes.containers, strict=True))
    one_off = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in bars["one_off"].patches}
    assert one_off == {year: 9_699_000_000 if year == 2023 else 0 for year in range(2021, 2036)}  # October 2023
    penalty = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in bars["penalty"].patches}
    assert penalty[2026] == 12_000_000  # April 2026 is the start of a fiscal year
    (subsidy,) = axes.lines
    assert dict(zip(subsidy.get_xdata(), subsidy.get_ydata(), strict=True))[2023] == 0.7 * 9_699_000_000
    tops = [max(b.patches[place].get_y() + b.patches[place].get_height() for b in bars.values()) for place in range(15)]
    nation = four_bodies_records.money.query("type == 'all'")
    assert sum(tops) == nation.loc[nation["account"].isin(list(ACCOUNT_COLOURS)), "yen"].sum()


def test_residents_are_stacked_by_channel_and_the_excluded_by_age(four_bodies_records: Records) -> None:
    above, below = plots.residents(four_bodies_records).axes
    cases = {"all": 0.055 + 0.0025 + 0.021 + 0.0015, "excluded": 0.0015}
    for axes, name in ((above, "all"), (below, "excluded")):
        assert len(axes.collections) == 4
        top = max(path.vertices[:, 1].max() for area in axes.collections for path in area.get_paths())
        assert top == pytest.approx(969_900 * cases[name])


def test_where_counters_stay_open_the_figure_says_so(four_bodies_records: Records) -> None:
    kept = replace(four_bodies_records, residents=four_bodies_records.residents.assign(excluded=0.0))
    for language in ("en", "ja"):
        assert by_language(labels)[language]["excluded_none"] in texts(plots.residents(kept, language=language))


def test_staff_shows_people_work_overload_and_resignations(four_bodies_records: Records) -> None:
    staff, overloaded, leaving = plots.staff(four_bodies_records).axes
    assert {line.get_label(): line.get_ydata().max() for line in staff.lines[:2]} == {"own work": 0, "staff": 36}
    tops = [max(path.vertices[:, 1].max() for path in area.get_paths()) for area in overloaded.collections]
    assert len(tops) == 4
    assert max(tops) == 1
    heights = [bar.get_height() for bar in leaving.patches]
    assert len(heights) == 180
    assert heights[50] == 0.25
    assert sum(heights) == 0.25


def test_programmes_are_shares_of_the_highest_level(four_bodies_records: Records) -> None:
    axes = plots.programmes(four_bodies_records).axes[0]
    last = {line.get_label(): line.get_ydata()[-1] for line in axes.lines if line.get_label().endswith("%")}
    assert last == {
        "online procedures  75%": pytest.approx(19.5 / 26),
        "AI and RPA  50%": pytest.approx(0.5),
        "security  33%": pytest.approx(1 / 3),
        "data sharing  50%": pytest.approx(1 / 2),
        "data governance  8%": pytest.approx(1 / 12),
    }


def test_delays_are_stacked_by_size_and_reach_the_mean_months_until_live(four_bodies_records: Records) -> None:
    axes = plots.delays(four_bodies_records).axes[0]
    parts = dict(
        zip([text.get_text() for text in axes.get_legend().get_texts()], reversed(axes.containers), strict=True)
    )
    assert list(parts) == ["being worked on", "hard case (R1 to R3)", "no engineer free", "planning", "no decision yet"]
    assert [bar.get_height() for bar in parts["planning"]] == [6, 6, 6, 6]
    assert [bar.get_height() for bar in parts["no engineer free"]] == [0, 0, 0, 21.6]
    tops = [bar.get_y() + bar.get_height() for bar in parts["being worked on"]]
    assert tops == pytest.approx([48 - 18, (17 * 42 + 162) / 18, 58 - 18, (8 * 42 + 12 * 54) / 20])
    names = [tick.get_text() for tick in axes.get_xticklabels()]
    assert names[0] == "below 5,000 residents"
    assert len(names) == 4  # classes without municipalities are left out


def test_groups_of_late_systems_cover_every_count_once() -> None:
    assert [late for low, high in LATE_BINS for late in range(low, high + 1)] == list(range(21))
    assert len(set(BIN_COLOURS)) == len(LATE_BINS)
    assert len(set(TYPE_COLOURS.values())) == len(TYPES)
    assert len(set(GROUP_COLOURS)) == 8
    assert len(set(ACCOUNT_COLOURS.values())) == 8


def test_the_users_matplotlib_settings_stay(four_bodies_records: Records) -> None:
    before = dict(mpl.rcParams)
    plots.histogram(four_bodies_records, language="ja")
    assert dict(mpl.rcParams) == before


def test_no_window_system_is_touched() -> None:
    code = "import dxsim.views.charts, sys; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_both_languages_say_the_same_things() -> None:
    english, japanese = by_language(labels).values()
    for key in english:
        assert english[key]
        assert japanese[key]
        fields = [
            {field for _, field, _, _ in string.Formatter().parse(text[key]) if field} for text in (english, japanese)
        ]
        assert fields[0] == fields[1], key
