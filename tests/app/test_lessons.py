"""What the lessons call right follows from the runs, and a lesson opens where something happens, on both nations."""

from __future__ import annotations

import asyncio
import gzip
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from dxsim.app.lessons import LESSONS, lesson_named
from dxsim.app.lessons.judges import least, small_or_large, times
from dxsim.app.lessons.lesson import SEEDS, STEPS, Measure, by_arm, by_class
from dxsim.app.lessons.recording import seeds_of
from dxsim.app.limiting_case import committed_share
from dxsim.app.nations import NATIONS, TEACHING, WHOLE, teaching_nation
from dxsim.app.runs import KPIS, LAYERS, SERIES, STRATA, Runner
from dxsim.app.server import Desk
from dxsim.app.settings import HAZARD, LEVERS
from dxsim.app.start import start
from dxsim.errors import InputError
from dxsim.files import PACKAGE
from dxsim.language import CATALOGUES, read_catalogue
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.terms.statistics import LOG_POPULATION_MEAN, LOG_POPULATION_SD
from tests.app.conftest import record
from tests.app.packed import unpacked

COUNT = 12
NOISE = np.random.default_rng(7).normal(0, 1, COUNT)
SAME_IN_BOTH = (
    *("a", "b", "not_known", "language_en", "size_axis_under_5k", "difference", "view_a", "view_b", "view_difference"),
)
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
LARGEST = 3_000_000  # bytes of a hand-out


def arms(values, noise=1e-3):
    """Return values by arm and seed, with noise that grows from arm to arm."""
    return {name: value + noise * k * NOISE for k, (name, value) in enumerate(values.items())}


@pytest.mark.parametrize(
    ("values", "right"),
    [
        ({"as_it_is": 0.3, "staff": 0.2, "money": 0.3}, "staff"),
        ({"as_it_is": 0.3, "staff": 0.3, "money": 0.2}, "money"),
        ({"as_it_is": 0.3, "staff": 0.2, "money": 0.1}, "money"),
        ({"as_it_is": 0.3, "staff": 0.2, "money": 0.2}, "alike"),
        ({"as_it_is": 0.3, "staff": 0.3, "money": 0.4}, "none"),
        ({"as_it_is": 0.3, "staff": 0.3, "money": 0.3}, "none"),
    ],
)
def test_which_arm_has_least(values, right):
    assert least(arms(values)) == right


def test_an_arm_with_the_lower_mean_is_not_named_if_that_is_chance():
    wide = arms({"as_it_is": 0.3, "year": 0.29, "engineers": 0.28}, noise=0.0)
    wide["year"] = wide["year"] - 0.05 + 0.2 * NOISE  # the lowest mean, and no more than noise
    assert wide["year"].mean() < wide["engineers"].mean()
    assert least(wide) == "engineers"


def by_size(falls):
    """Return outcomes in which a measure falls this much by size class; classes share their noise."""
    falls = np.array(falls, float)
    return {
        name: [({}, {"cost": 9_000 + 50 * e - factor * (falls + e)}) for e in NOISE]
        for name, factor in (("before", 0.0), ("after", 1.0))
    }


@pytest.mark.parametrize(
    ("falls", "right"),
    [
        ([900, 500, 300, 100, 50, 20, 10, 0], "small"),
        ([0, 10, 20, 50, 100, 300, 500, 900], "large"),
        ([90, 90, 90, 90, 90, 90, 90, 90], "alike"),
        ([np.nan, 500, 300, 100, 50, 20, np.nan, 0], "small"),
    ],
)
def test_for_whom_a_measure_falls_more(falls, right):
    assert len(falls) == len(SIZE_CLASSES)
    found = by_size(falls)
    assert small_or_large(found, "cost", "before", "after") == right
    rows = by_class(found, "cost", "before", "after").rows
    assert [row.mean for row in rows if row.mean is not None] == pytest.approx(
        [fall + NOISE.mean() for fall in falls if not np.isnan(fall)]
    )


@pytest.mark.parametrize(("factor", "right"), [(1.0, "same"), (1.9, "some"), (3.0, "several"), (9.0, "many")])
def test_how_many_times_as_much(factor, right):
    before = 100 + NOISE
    assert times(before, factor * before) == right


def test_rows_of_arms_lie_where_their_means_are_and_say_what_is_proven():
    rows = by_arm(Measure("late_share"), arms({"as_it_is": 0.3, "same": 0.3, "less": 0.2})).rows
    assert [row.is_sure for row in rows] == [False, False, True]
    for row in rows:
        assert row.low <= row.mean <= row.high
    assert rows[2].mean == pytest.approx(0.2 + 2e-3 * NOISE.mean())
    assert rows[2].high < 0.3  # the interval leaves out the reference exactly if the difference is proven
    assert rows[1].low < 0.3 < rows[1].high


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_is_whole(lesson):
    names = [arm.name for arm in lesson.arms]
    assert len(set(names)) == len(names)
    assert lesson.shown in names[1:]
    assert lesson.layer in (*LAYERS, "exposed")
    assert lesson.series in (*SERIES, "exposed")
    assert lesson.recorded()[0] == lesson.arms[0]
    keys = ["", "_aim", "_see", "_change", "_question", "_play", "_story", "_policy", "_talk", "_note"]
    keys += ["_result_title", "_policy_title", *(f"_{option}" for option in lesson.options)]
    keys += [*(f"_answer_{option}" for option in lesson.options), *(f"_arm_{name}" for name in names)]
    for texts in start()["texts"].values():
        assert all(texts[f"lesson_{lesson.name}{key}"] for key in keys)
        assert all(texts[f"step_{step}"] and texts[f"note_{step}"] for step in STEPS)
        assert len(texts[f"lesson_{lesson.name}_talk"].split("\n")) == 3


def test_an_unknown_lesson_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match="deadline"):
        lesson_named("deadlin")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_recording_tells_what_the_runs_say(lesson, recordings, teaching):
    about, arrays = unpacked(recordings[lesson.name]["answer"])
    first_about, first = unpacked(recordings[lesson.name]["opening"])
    assert about["verdict"] in lesson.options
    runner = Runner(teaching)
    found = {
        arm.name: [runner.outcome(arm.setting(TEACHING), seed) for seed in seeds_of(TEACHING)] for arm in lesson.arms
    }
    assert len(found[lesson.shown]) == SEEDS[TEACHING] == first_about["seeds"]
    for name, figure in (("result", lesson.result(found)), ("policy", lesson.policy(found))):
        assert [row["mean"] for row in about[name]["rows"]] == [row.mean for row in figure.rows]
    facts = lesson.facts(found)
    assert first_about["facts"] == {key: {"measure": name, "value": value} for key, (name, value) in facts.items()}
    assert set(first) == {f"{lesson.arms[0].name}.layer", f"{lesson.arms[0].name}.series"}  # nothing of what is covered
    assert f"{lesson.shown}.layer" in arrays
    for life in about["story"]["lives"].values():
        for event in (*life["ja"]["events"], *life["ja"]["lots"]):
            assert JAPANESE.search(event.get("words") or event["lot"])
    assert not {"verdict", "result", "policy", "story"} & set(first_about)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_program_beside_a_figure_gives_it_again(lesson, recordings):
    about, _ = unpacked(recordings[lesson.name]["answer"])
    for name in ("result", "policy"):
        texts = about["again"][name]
        assert JAPANESE.search(texts["ja"]["citation"])
        assert all(arm in texts["en"]["bibtex"].replace("\\_", "_") for arm in about[name]["arms"])
        names: dict[str, object] = {}
        exec(texts["en"]["python"], names)  # noqa: S102 - our own program
        found = names["values" if about[name]["kind"] == "arms" else "fall"].mean()
        for row in about[name]["rows"]:
            if row["mean"] is not None:
                assert found[row["name"]] == pytest.approx(row["mean"], rel=1e-9, abs=1e-12)


def variety(parts, lesson):
    """Return how many values the opening map has, and in how many municipalities the map of the other arm differs."""
    first_about, first = unpacked(parts["opening"])
    about, others = unpacked(parts["answer"])
    name = lesson.arms[0].name
    before = first[f"{name}.layer"] * first_about["scales"].get(name, 1)
    after = others[f"{lesson.shown}.layer"] * about["scales"].get(lesson.shown, 1)
    seen = np.unique(before[lesson.seen].round(4)).size
    return seen, int((np.abs(after - before) > 1e-3 * max(1e-9, before.max())).any(axis=0).sum())


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_opens_where_something_happens_and_shows_what_it_tells(lesson, recordings):
    seen, differ = variety(recordings[lesson.name], lesson)
    assert seen >= 3
    assert differ >= (2 if lesson.name == "data_sharing" else 10)  # breaches are rare


@pytest.mark.long
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_same_on_the_whole_nation(lesson, whole):
    parts = record(Desk(whole, 2), WHOLE, lesson)[lesson.name]
    assert sum(len(gzip.compress(part)) for part in parts.values()) < LARGEST
    seen, differ = variety(parts, lesson)
    assert seen >= 10
    assert differ >= 50
    assert unpacked(parts["answer"])[0]["verdict"] in lesson.options


def test_a_class_that_asks_at_once_has_a_lesson_recorded_once(teaching, monkeypatch):
    desk, calls = Desk(teaching, 2), []
    outcome = desk.runners[TEACHING].outcome
    monkeypatch.setattr(desk.runners[TEACHING], "outcome", lambda *given: calls.append(given) or outcome(*given))

    async def thirty():
        return await asyncio.gather(*(desk.recorded(LESSONS[4], TEACHING, "opening") for _ in range(30)))

    with ThreadPoolExecutor(1) as thread:
        parts = thread.submit(lambda: asyncio.run(thirty())).result()
    assert len(set(parts)) == 1
    assert len(calls) == 2 * SEEDS[TEACHING]


def test_recordings_are_refused_with_all_that_is_wrong(client):
    refused = client.ask("/recording", {"lesson": "counter", "nation": "teachin", "part": "answers"}, 422)
    assert len(refused["problems"]["en"]) == len(refused["problems"]["ja"]) == 3
    assert any("counters" in problem for problem in refused["problems"]["en"])
    status, body, _ = client.send("GET", "/handout?lesson=nothing&nation=teaching")
    assert status == 422
    assert b"nothing" in body


def test_both_nations_can_be_recorded():
    assert set(SEEDS) == set(NATIONS)


def test_the_teaching_nation_has_bodies_of_all_sizes():
    table = teaching_nation().municipalities
    assert 30 <= len(table) <= 100
    population = table["population"].to_numpy(float)
    assert np.log(population).mean() == pytest.approx(LOG_POPULATION_MEAN, abs=0.01)
    assert np.log(population).std() == pytest.approx(LOG_POPULATION_SD, rel=0.05)
    assert abs(np.corrcoef(np.arange(len(table)), np.log(population))[0, 1]) < 0.3  # spread, not sorted
    assert set(table["type"]) == {"village", "town", "other_city", "core_city"}


def test_the_line_of_theory_is_the_known_one():
    line = committed_share(0.03, 1741)
    for months, share in {12: 0.302324, 24: 0.513248, 60: 0.834701, 120: 0.972676}.items():  # design 5.2, L1
        assert line.share[months - 1] == pytest.approx(share, abs=1e-6)
        error = np.sqrt(share * (1 - share) / 1741)
        assert (line.high - line.low)[months - 1] == pytest.approx(2 * 1.96 * error, rel=0.06)
    assert committed_share(0.0, 10).high.max() == 0


def test_every_text_is_there_in_both_languages_and_used():
    entries = [entry for name in ("app", "lessons") for entry in read_catalogue(CATALOGUES / f"{name}.po")]
    keys = [key for key, _, _ in entries]
    assert len(keys) == len(set(keys))
    for key, english, japanese in entries:
        assert english
        assert japanese
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", japanese)), key
        if key not in SAME_IN_BOTH:
            assert JAPANESE.search(japanese), key
    code = "".join(path.read_text("utf-8") for path in sorted((PACKAGE / "app" / "static").glob("*.*s")))
    page = "".join(path.read_text("utf-8") for path in sorted((PACKAGE / "app" / "static").glob("*.html")))
    said = set(re.findall(r"\bt\(\"(\w+)\"", code)) | set(re.findall(r"data-(?:text|label)=\"(\w+)\"", page))
    assert said <= set(start()["texts"]["en"])
    families = tuple(set(re.findall(r"`(\w+_)\$", code)))
    written = said | set(re.findall(r"\"(\w+)\"", code))
    unused = {key for key in keys if key not in written and not key.startswith(families)}
    assert unused == {"limit_title", "limit_meaning"}  # read by the server


def test_all_that_has_a_name_on_the_page_has_a_text():
    words = start()["texts"]
    wanted = (
        [f"layer_{name}" for name in LAYERS] + [f"series_{name}" for name in SERIES] + [f"kpi_{name}" for name in KPIS]
    )
    wanted += [f"strata_{name}" for name in STRATA] + [f"size_axis_{name}" for name in SIZE_CLASSES]
    wanted += [f"lever_{lever.key}" for lever in (*LEVERS, HAZARD)] + [f"choice_{name}" for name in ("none", "yearly")]
    for language in ("en", "ja"):
        assert set(wanted) <= set(words[language])
