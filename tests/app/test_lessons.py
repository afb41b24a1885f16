"""What the lessons call right follows from the runs; and all that the page says, it says in both languages."""

from __future__ import annotations

import re

import numpy as np
import pytest

from dxsim.app.lessons import FLOORS, GRANTS, LESSONS, lesson_named
from dxsim.app.limiting_case import committed_share
from dxsim.app.nations import teaching_nation
from dxsim.app.runs import KPIS, LAYERS, SERIES, STRATA
from dxsim.app.settings import HAZARD, LEVERS
from dxsim.app.start import start
from dxsim.errors import InputError
from dxsim.files import PACKAGE
from dxsim.language import CATALOGUES, read_catalogue
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.terms.statistics import LOG_POPULATION_MEAN, LOG_POPULATION_SD

SEEDS = 12
NOISE = np.random.default_rng(7).normal(0, 1, SEEDS)
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")


def by_kpi(kpi, values, noise=1e-3):
    """Return outcomes whose KPI has these values by arm, with noise by seed that grows from arm to arm."""
    return [[({kpi: value + noise * k * e}, {}) for e in NOISE] for k, value in enumerate(values)]


def by_class(saving):
    """Return outcomes of two arms in which classes save this much; classes share noise, as under the same seeds."""
    saving = np.array(saving, float)
    return [
        [({}, {"cost_per_resident": 9_000 + 50 * e - factor * (saving + e)}) for e in NOISE] for factor in (0.0, 1.0)
    ]


@pytest.mark.parametrize(
    ("saving", "right"),
    [
        ([900, 500, 300, 100, 50, 20, 10, 0], "small"),
        ([0, 10, 20, 50, 100, 300, 500, 900], "large"),
        ([90, 90, 90, 90, 90, 90, 90, 90], "alike"),
        ([np.nan, 500, 300, 100, 50, 20, np.nan, 0], "small"),
    ],
)
def test_who_saves_more_is_told_from_the_classes(saving, right):
    assert len(saving) == len(SIZE_CLASSES)
    assert lesson_named("size").judge(by_class(saving)) == right


@pytest.mark.parametrize(
    ("shares", "right"),
    [
        ([0.2] * 8, "nothing"),
        ([0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.205, 0.21], "nothing"),
        ([0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15], "nothing"),
        ([0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55], "steadily"),
        ([0.2, 0.2, 0.2, 0.21, 0.22, 0.5, 0.52, 0.55], "threshold"),
        ([0.2, 0.4, 0.42, 0.44, 0.46, 0.48, 0.5, 0.52], "early"),
    ],
)
def test_how_cooperation_answers_to_a_grant_is_told_from_its_steps(shares, right):
    assert len(shares) == len(GRANTS)
    assert lesson_named("tipping").judge(by_kpi("cooperating_share", shares)) == right


@pytest.mark.parametrize(
    ("late", "right"),
    [
        ([0.3, 0.2, 0.3], "capacity"),
        ([0.3, 0.3, 0.2], "subsidy"),
        ([0.3, 0.2, 0.1], "subsidy"),
        ([0.3, 0.1, 0.2], "capacity"),
        ([0.3, 0.2, 0.2], "both"),
        ([0.3, 0.3, 0.3], "neither"),
        ([0.3, 0.4, 0.4], "neither"),
    ],
)
def test_what_helps_against_lateness_is_told_from_the_differences(late, right):
    assert lesson_named("remedy").judge(by_kpi("late_share", late)) == right


@pytest.mark.parametrize(("power", "right"), [(0.0, "nobody"), (0.5, "slowly"), (1.0, "proportional"), (2.0, "faster")])
def test_how_exclusion_answers_to_closing_is_told_from_its_curve(power, right):
    excluded = [0.1 * (1 - floor) ** power if power else 0.1 for floor in FLOORS]
    assert lesson_named("counters").judge(by_kpi("excluded_share", excluded, noise=0.0)) == right


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_is_whole(lesson):
    sliders = {lever.key for lever in LEVERS}
    assert set(lesson.carried) <= set(lesson.controls) <= sliders
    assert lesson.measure in (*KPIS, *STRATA)
    assert lesson.layer in LAYERS
    assert 0 < lesson.shown < len(lesson.steps)
    arms = lesson.arms("teaching", dict.fromkeys(lesson.carried, 0.5))
    assert len(set(arms)) == len(arms) == len(lesson.steps)
    for arm in arms:
        assert all(dict(arm.parameters)[key] == 0.5 for key in lesson.carried)
    with pytest.raises(InputError):
        lesson.arms("teaching", {"policy.naming": 1.0})
    for language in ("en", "ja"):
        for key in ("question", "move", "look", *lesson.options, *(f"answer_{option}" for option in lesson.options)):
            assert start()["texts"][language][f"lesson_{lesson.name}_{key}"]


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
    entries = read_catalogue(CATALOGUES / "app.po")
    keys = [key for key, _, _ in entries]
    assert len(keys) == len(set(keys))
    for key, english, japanese in entries:
        assert english
        assert japanese
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", japanese)), key
        if key not in ("a", "b", "not_known", "language_en", "size_axis_under_5k"):
            assert JAPANESE.search(japanese), key
    code = "".join(path.read_text("utf-8") for path in sorted((PACKAGE / "app" / "static").glob("*.*s")))
    pages = "".join(path.read_text("utf-8") for path in sorted((PACKAGE / "app" / "static").glob("*.html")))
    said = set(re.findall(r"\bt\(\"(\w+)\"", code)) | set(re.findall(r"data-(?:text|label)=\"(\w+)\"", pages))
    assert said <= set(start()["texts"]["en"])
    families = tuple(set(re.findall(r"\bt\(`(\w+_)\$", code)))
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
