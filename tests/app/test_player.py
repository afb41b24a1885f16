"""Lessons in a real browser: nothing tells the result before the prediction, and a hand-out plays without a network."""

from __future__ import annotations

import re
from io import BytesIO
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from dxsim.app.handouts import lesson_handout
from dxsim.app.lessons import LESSONS, lesson_named
from dxsim.app.nations import describe
from dxsim.app.runs import packed
from dxsim.app.start import start
from tests.app.browser import JAPANESE, needs_browser, until
from tests.app.packed import unpacked

pytestmark = needs_browser
LARGEST = 3_000_000  # bytes of a hand-out
ROUNDING = 24  # of 255, between two pictures of the same page; a curve or a cell that differs does by far more
BEFORE = 30  # a month of the play, before any that is asked about
SCREEN = {"width": 1280, "height": 720}
SIZES = ((390, 844), (640, 360), (1280, 720), (1920, 1080))
HEIGHT = "innerHeight - document.getElementById('player').clientHeight"  # of all but the lesson
NUMBER = re.compile(r"\d[\d,]*\.?\d*")
LETTERS = """[...document.querySelectorAll("#player *")]
    .filter((node) => [...node.childNodes].some((part) => part.nodeType === 3 && part.textContent.trim()))
    .map((node) => parseFloat(getComputedStyle(node).fontSize))"""
STEPS = ("see", "change", "predict", "play", "result", "story", "policy", "talk")
of_lessons = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)


def altered(lesson, part: bytes) -> bytes:
    """Return the covered part of a lesson with all in it changed, but for what plays until the month `BEFORE`."""
    about, arrays = unpacked(part)
    del about["arrays"]
    about["verdict"] = next(option for option in lesson.options if option != about["verdict"])
    about["story"]["municipality"] = 7 if about["story"]["municipality"] != 7 else 8
    for name in ("result", "policy"):
        for row in about[name]["rows"]:
            row.update(mean=0.456, low=0.4, high=0.5, is_sure=not row["is_sure"])
    changed = {}
    for name, values in arrays.items():
        changed[name] = values.copy()
        changed[name][BEFORE + 1 :] = values[BEFORE + 1 :][::-1] // 2 + 1
    return packed(about, {name: values.astype(arrays[name].dtype) for name, values in changed.items()})


class Pupil:
    """Somebody who opens a hand-out from a file, without a network."""

    def __init__(self, browser, size=SCREEN, scheme="light") -> None:
        self.context = browser.new_context(
            viewport=size, offline=True, locale="en-US", reduced_motion="reduce", color_scheme=scheme
        )
        self.page, self.asked, self.faults = self.context.new_page(), [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def open(self, file, fragment=""):
        self.page.goto(f"{file.as_uri()}{fragment}")
        self.page.wait_for_selector("body[data-ready=yes]")
        return self.page

    def close(self):
        self.context.close()
        assert {urlsplit(url).scheme for url in self.asked} <= {"file", "data", "blob"}
        assert self.faults == []


@pytest.fixture
def pupil(browser):
    somebody = Pupil(browser)
    yield somebody
    somebody.close()


@pytest.fixture(scope="module")
def files(recordings, teaching, tmp_path_factory):
    """Return by lesson the hand-out, and one in which all that is covered is another."""
    folder, found = tmp_path_factory.mktemp("handouts"), {}
    for lesson in LESSONS:
        parts = recordings[lesson.name]
        other = {**parts, "answer": altered(lesson, parts["answer"])}
        for kind, given in (("true", parts), ("altered", other)):
            file = folder / f"{lesson.name}-{kind}.html"
            file.write_text(lesson_handout(describe(teaching), lesson, given, start()), encoding="utf-8")
            found[lesson.name, kind] = file
    return found


def step_of(page) -> str:
    return page.locator("#player").get_attribute("data-step")


def pixels_of(picture: bytes):
    return np.asarray(Image.open(BytesIO(picture)).convert("RGB"), np.int16)


def seen(page) -> tuple[str, bytes]:
    """Return words and pixels of a page once it stands still."""
    before, now = b"", page.screenshot()
    while now != before:
        page.wait_for_timeout(50)
        before, now = now, page.screenshot()
    return page.locator("body").inner_text(), now


def before_the_prediction(page, lesson) -> list[tuple[str, bytes]]:
    """Go through a lesson as far as it may be seen without its result, and return what was seen."""
    views = []
    for kind in STEPS[:3]:
        assert step_of(page) == kind
        views.append(seen(page))
        page.keyboard.press("PageDown")
    assert step_of(page) == "predict"  # no further without a prediction
    page.locator(f"[data-option={lesson.options[0]}]").click()
    views.append(seen(page))
    page.keyboard.press("PageDown")
    page.wait_for_selector("canvas.map-b")
    page.locator("input.month").fill(str(BEFORE))
    views.append(seen(page))
    return views


@of_lessons
def test_nothing_tells_the_result_before_the_prediction(lesson, files, pupil):
    """What is seen is the same, word by word and pixel by pixel, whatever the covered part holds."""
    true, other = (before_the_prediction(pupil.open(files[lesson.name, kind]), lesson) for kind in ("true", "altered"))
    for (words, pixels), (other_words, other_pixels) in zip(true, other, strict=True):
        assert words == other_words
        assert np.abs(pixels_of(pixels) - pixels_of(other_pixels)).max() <= ROUNDING
    pupil.page.keyboard.press("PageDown")  # to the end of the play, then on
    pupil.page.keyboard.press("PageDown")
    assert step_of(pupil.page) == "result"
    shown = pupil.page.locator("body").inner_text()
    pupil.open(files[lesson.name, "true"])
    before_the_prediction(pupil.page, lesson)
    pupil.page.keyboard.press("PageDown")
    pupil.page.keyboard.press("PageDown")
    assert pupil.page.locator("body").inner_text() != shown  # which the altered one would have told


@of_lessons
def test_the_answer_is_not_even_asked_for_before_the_prediction(lesson, client, browser):
    context = browser.new_context(viewport=SCREEN, locale="en-US", reduced_motion="reduce")
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append((request.url, request.post_data)))
    page.goto(f"{client.address}present#lesson={lesson.name}&step=7&played=1")  # as far as a link without one leads
    page.wait_for_selector("body[data-ready=yes]")
    assert step_of(page) == "predict"
    assert not [data for _, data in asked if data and "answer" in data]
    page.locator(f"[data-option={lesson.options[0]}]").click()
    page.keyboard.press("PageDown")
    page.wait_for_selector("canvas.map-b")
    assert [data for _, data in asked if data and "answer" in data]
    assert {urlsplit(url).hostname for url, _ in asked} == {"127.0.0.1"}
    context.close()


@of_lessons
def test_steps_go_forward_and_back(lesson, files, pupil):
    page = pupil.open(files[lesson.name, "true"])
    before_the_prediction(page, lesson)
    page.keyboard.press("PageDown")
    for kind in STEPS[4:]:
        page.keyboard.press("ArrowRight")
        assert step_of(page) == kind
    assert page.locator("button.next").is_disabled()
    for kind in reversed(STEPS[:-1]):
        page.keyboard.press("ArrowLeft")
        assert step_of(page) == kind
    assert page.locator("button.back").is_disabled()
    page.locator("#restart").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.locator(".option[aria-pressed=true]").count() == 0  # a new class predicts anew
    page.keyboard.press("ArrowRight")
    assert step_of(page) == "predict"


def results(page, lesson):
    """Return words, figures and map B of a page that is led to the results."""
    before_the_prediction(page, lesson)
    page.keyboard.press("PageDown")
    page.locator("input.month").fill(str(lesson.asked))
    picture = page.evaluate("document.querySelector('canvas.map-b').toDataURL()")
    found = []
    for _ in STEPS[4:]:
        page.keyboard.press("PageDown")
        found.append(page.locator("#player").inner_text())
    return found, picture


@of_lessons
def test_a_handout_says_and_shows_what_the_app_does(lesson, files, pupil, client, browser):
    context = browser.new_context(viewport=SCREEN, locale="en-US", reduced_motion="reduce", accept_downloads=True)
    page = context.new_page()
    page.goto(f"{client.address}present#lesson={lesson.name}")
    page.wait_for_selector("body[data-ready=yes]")
    with page.expect_download() as waiting:
        page.locator("#handout").click()
    file = files[lesson.name, "true"].with_name(f"{lesson.name}-loaded.html")
    waiting.value.save_as(file)
    assert file.read_bytes() == files[lesson.name, "true"].read_bytes()
    height = page.evaluate(HEIGHT)
    words, picture = results(page, lesson)
    context.close()
    page = pupil.open(file)
    page.set_viewport_size({**SCREEN, "height": SCREEN["height"] + page.evaluate(HEIGHT) - height})
    assert results(page, lesson) == (words, picture)


@of_lessons
def test_figures_of_the_page_are_those_of_the_runs(lesson, files, recordings, pupil):
    about, _ = unpacked(recordings[lesson.name]["answer"])
    page = pupil.open(files[lesson.name, "true"])
    before_the_prediction(page, lesson)
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    rows = about["result"]["rows"]
    factor = 1 if max(abs(row["mean"] or 0) for row in rows) > 2 else 100  # shares are written in per cent
    for row in rows:
        written = page.locator(f"tr[data-row='{row['name']}'] .number").inner_text()
        value = float(NUMBER.search(written)[0].replace(",", ""))
        assert value == pytest.approx(abs(factor * row["mean"]), abs=0.0501 if factor == 100 else 0.501)
    proven = page.locator("td.sure").count()
    assert proven == sum(row["is_sure"] for row in rows)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_step_fits_the_screen_and_speaks_its_language(files, browser, size, language):
    lesson = lesson_named("counters")
    pupil = Pupil(browser, {"width": size[0], "height": size[1]})
    page = pupil.open(files[lesson.name, "true"], f"#language={language}")
    before_the_prediction(page, lesson)
    page.keyboard.press("PageDown")
    page.keyboard.press("Home")
    for kind in STEPS:
        assert step_of(page) == kind
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), kind
        letters = page.evaluate(LETTERS)
        assert min(letters) >= (18 if size[0] >= 1280 else 13), kind
        assert bool(JAPANESE.search(page.locator("#player").inner_text())) == (language == "ja")
        page.keyboard.press("PageDown")
    pupil.close()


def test_a_lesson_plays_by_itself_once_the_prediction_is_made(client, browser):
    page = browser.new_page(viewport=SCREEN, locale="en-US")
    page.goto(f"{client.address}present#lesson=deadline&step=2")
    page.wait_for_selector("body[data-ready=yes]")
    page.locator("[data-option=year]").click()
    page.keyboard.press("PageDown")
    until(page, "document.querySelector('.month')?.value > 5")
    page.keyboard.press(" ")  # pauses
    at = page.locator("input.month").input_value()
    page.wait_for_timeout(300)
    assert page.locator("input.month").input_value() == at
    page.keyboard.press(" ")
    until(
        page, "document.getElementById('player').dataset.step === 'play' && !document.querySelector('.next').disabled"
    )
    until(page, "document.querySelector('.month').max === '179'")  # the play is over, and all months may be seen
    page.keyboard.press("PageDown")
    assert step_of(page) == "result"
    page.context.close()


def test_another_nation_ends_what_plays(client, browser):
    page = browser.new_page(viewport=SCREEN, locale="en-US")
    page.goto(f"{client.address}present#lesson=deadline")
    page.wait_for_selector("body[data-ready=yes]")
    page.keyboard.press(" ")
    until(page, "document.querySelector('.month')?.value > 5 && document.querySelector('.month').value < 30")
    page.locator("#nation").select_option("whole")
    page.wait_for_selector("body[data-ready=no]")
    page.wait_for_selector("body[data-ready=yes]")
    shown = page.locator("#player").inner_html()
    page.wait_for_timeout(600)
    assert page.locator("#player").inner_html() == shown
    assert page.locator("input.month").input_value() == str(lesson_named("deadline").seen)
    page.context.close()


def test_notes_follow_the_presenter_view_and_drive_it(client, browser):
    context = browser.new_context(viewport=SCREEN, locale="en-US", reduced_motion="reduce")
    page, notes = context.new_page(), context.new_page()
    page.goto(f"{client.address}present#lesson=deadline")
    page.wait_for_selector("body[data-ready=yes]")
    notes.goto(f"{client.address}notes#lesson=deadline")
    notes.wait_for_selector("body[data-ready=yes]")
    notes.locator("#next").click()
    until(page, "document.getElementById('player').dataset.step === 'change'")
    until(notes, "document.querySelector('.now')?.dataset.step === 'change'")
    page.keyboard.press("ArrowRight")
    until(notes, "document.querySelector('.now')?.dataset.step === 'predict'")
    answer = notes.locator("li[data-step=result] .answer").inner_text()
    assert answer in start()["texts"]["en"].values()
    context.close()


@of_lessons
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_lecturers_sheet_is_one_page_of_paper(client, browser, lesson, language):
    page = browser.new_page()
    page.goto(f"{client.address}notes#lesson={lesson.name}&language={language}")
    page.wait_for_selector("body[data-ready=yes]")
    assert page.pdf(format="A4", prefer_css_page_size=True).count(b"/Type /Page\n") == 1
    page.context.close()


def test_the_first_page_leads_to_lessons_and_to_exploring(client, browser):
    context = browser.new_context(viewport=SCREEN, locale="ja-JP")
    page = context.new_page()
    page.goto(client.address)
    page.wait_for_selector("body[data-ready=yes]")
    assert page.locator(".lesson").count() == len(LESSONS)
    assert JAPANESE.search(page.locator("h1").inner_text())
    page.locator(".lesson .strong").first.click()
    page.wait_for_selector("#player[data-step=see]")
    page.goto(f"{client.address}#nation=teaching&a=baseline&b=deadline_2027")  # a link from before there was this page
    page.wait_for_url("**/explore#**")
    page.goto(f"{client.address}#lesson=counters")
    page.wait_for_url("**/present#**")
    assert context.cookies() == []
    context.close()


def test_a_comparison_is_handed_out_as_one_file_that_shows_what_the_app_does(client, browser, tmp_path):
    fragment = "#nation=teaching&a=no_cooperation&b=baseline&b.policy.deadline=2027-03&seeds=5&layer=late&language=ja"
    context = browser.new_context(viewport=SCREEN, accept_downloads=True)
    page = context.new_page()
    page.goto(f"{client.address}explore{fragment}")
    page.wait_for_selector("body[data-settled=yes]")
    page.locator("#download summary").click()
    with page.expect_download() as waiting:
        page.locator("[data-save=handout]").click()
    file = tmp_path / "comparison.html"
    waiting.value.save_as(file)
    assert file.stat().st_size < LARGEST

    def shown(page):
        page.locator("#layer").select_option("cost")
        page.wait_for_selector("body[data-settled=yes]")
        page.locator("#month").fill("120")
        words = page.locator("#comparison").inner_text(), page.locator("#sentence").inner_text()
        pictures = page.evaluate("['map-a', 'map-b'].map((id) => document.getElementById(id).toDataURL())")
        page.locator("#python-open").click()
        page.wait_for_selector("dialog#python[open]")
        return words, pictures, page.locator("#python-text").inner_text()

    page.wait_for_selector("body[data-settled=yes]")
    inside = shown(page)
    size = page.evaluate("document.getElementById('map-a').clientWidth")
    context.close()
    pupil = Pupil(browser)
    pupil.page.goto(file.as_uri())
    pupil.page.wait_for_selector("body[data-settled=yes]")
    assert pupil.page.evaluate("document.getElementById('map-a').clientWidth") == size
    outside = shown(pupil.page)
    assert outside == inside
    assert JAPANESE.search(outside[0][0])
    assert not pupil.page.locator("#levers").is_visible()
    pupil.close()
