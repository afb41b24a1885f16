"""The page in a real browser: what it shows is what `simulate` says, and nothing leaves the machine."""

from __future__ import annotations

import csv
import json
import re
import shutil
import time
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import numpy as np
import pytest

import dxsim
from dxsim.app.lessons import LESSONS
from dxsim.app.nations import VENDORS
from dxsim.app.settings import LEVERS
from dxsim.language import texts
from dxsim.scenario.registry import REGISTRY

sync_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="the browser tests need chromium, and there is none here")

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
SCREEN = {"width": 1280, "height": 720}
SHARES = ("late_share", "live_share_2027_03", "cooperating_share", "overloaded_share", "excluded_share")
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")


@pytest.fixture(scope="session")
def browser():
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


def until(page, expression: str, argument: object = None) -> None:
    """Wait until an expression of the page holds (the page forbids the `eval` of playwright's own waiting)."""
    end = time.monotonic() + 120
    while not page.evaluate(expression, argument):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(15)


class Visitor:
    """A browser with nothing in it, which lets no request out of the machine and writes down what it saw."""

    def __init__(self, browser, client) -> None:
        self.context = browser.new_context(viewport=SCREEN, accept_downloads=True, locale="en-US")
        self.context.set_default_timeout(120_000)
        self.address, self.asked, self.faults = client.address, [], []
        self.context.route("**/*", self._let_pass)
        self.page = self.context.new_page()
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def _let_pass(self, route) -> None:
        self.asked.append(route.request.url)
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            route.abort()

    def open(self, fragment: str = ""):
        self.page.goto(self.address + fragment)
        self.page.wait_for_selector("body[data-ready]")
        self.wait()
        return self.page

    def wait(self) -> None:
        """Wait until both maps and the comparison show the settings of the page."""
        self.page.wait_for_selector("body[data-settled=yes]")

    def set(self, lever: str, value: object) -> None:
        """Move a slider, or choose, as a user does."""
        control = self.page.locator(f"[id='lever-{lever}']")
        if control.evaluate("node => node.tagName") == "SELECT":
            control.select_option(str(value))
        else:
            control.fill(str(value))
        self.wait()

    def shown(self, kpi: str) -> dict[str, float]:
        row = self.page.locator(f"tr[data-kpi='{kpi}'] td")
        values = row.evaluate_all("cells => cells.map(cell => cell.dataset.value)")
        return dict(
            zip(("a", "b", "difference"), (float("nan") if v is None else float(v) for v in values), strict=True)
        )

    def forget(self, *known: str) -> None:
        """Leave out faults that a test brings about; the browser notes each request that fails."""
        self.faults = [fault for fault in self.faults if not any(words in fault for words in known)]

    def pixels(self, canvas: str) -> str:
        return self.page.evaluate("id => document.getElementById(id).toDataURL()", canvas)


@pytest.fixture
def visitor(browser, client):
    somebody = Visitor(browser, client)
    yield somebody
    asked = {urlsplit(url).hostname for url in somebody.asked}
    faults = list(somebody.faults)
    somebody.context.close()
    assert asked == {"127.0.0.1"}
    assert faults == []


def simulated(nation, scenario, parameters, seed, vendors=None):
    small = {} if vendors is None else {"vendor.count": vendors}
    records = dxsim.simulate(nation, dxsim.load_scenario(scenario, small | parameters), seed)
    return records.summary.set_index("kpi")["value"]


def test_the_first_page_is_there(visitor):
    visitor.page.goto(visitor.address)
    visitor.page.wait_for_selector("body[data-ready]")
    until(visitor.page, "Number(document.body.dataset.drawn) >= 3")
    assert visitor.page.title() == texts("app", "en")["title"]
    assert visitor.context.cookies() == []


MOVES = {
    "cooperation.formation": "none",
    "cooperation.grant_rate": 0.3,
    "cooperation.poolable_share": 0.6,
    "policy.deadline": 5,
    "policy.capacity_programme": 0.4,
    "policy.readiness_shift": -6,
    "subsidy.ceiling_multiple": 0.2,
    "staff.prefectural_pool": 0,  # three leave nothing to be lent here
    "residents.analog_floor": 0.25,
    "residents.support_desks": 2,
}


def test_every_control_moves_what_simulate_says_it_moves(visitor, teaching):
    page = visitor.open("#seeds=5&edit=b")
    assert set(MOVES) == {lever.key for lever in LEVERS}
    parameters: dict[str, object] = {}
    for lever in (*LEVERS[1:], LEVERS[0]):  # without groups no grant has an effect
        before = visitor.pixels("map-b"), page.locator("#comparison").inner_text()
        value = MOVES[lever.key]
        visitor.set(lever.key, value)
        parameters |= {lever.key: "2027-09" if lever.key == "policy.deadline" else value, **lever.also}
        expected = simulated(teaching, "baseline", parameters, 1, VENDORS)
        for kpi in (*SHARES, "cost_per_resident_2035", "own_burden", "subsidy_paid"):
            assert visitor.shown(kpi)["b"] == pytest.approx(expected[kpi], rel=1e-9), (lever.key, kpi)
        assert (visitor.pixels("map-b"), page.locator("#comparison").inner_text()) != before, lever.key
    untouched = simulated(teaching, "no_cooperation", {}, 1, VENDORS)
    assert visitor.shown("late_share")["a"] == pytest.approx(untouched["late_share"], rel=1e-9)
    page.locator("#reset").click()
    visitor.wait()
    assert visitor.shown("late_share")["b"] == pytest.approx(
        simulated(teaching, "baseline", {}, 1, VENDORS)["late_share"], rel=1e-9
    )


def test_scenarios_seed_and_pairs_are_those_that_were_chosen(visitor, teaching):
    page = visitor.open("#seeds=5")
    page.locator("#scenario-a").select_option("baseline")
    page.locator("#scenario-b").select_option("capacity_programme")
    page.locator("#seed").fill("9")
    page.locator("#seed").press("Enter")
    page.locator("#seeds").select_option("10")
    visitor.wait()
    for arm, scenario in (("a", "baseline"), ("b", "capacity_programme")):
        expected = simulated(teaching, scenario, {}, 9, VENDORS)
        assert visitor.shown("late_share")[arm] == pytest.approx(expected["late_share"], rel=1e-9)
    late = [
        [simulated(teaching, scenario, {}, seed, VENDORS)["late_share"] for seed in range(1, 11)]
        for scenario in ("baseline", "capacity_programme")
    ]
    assert visitor.shown("late_share")["difference"] == pytest.approx(np.mean(late[1]) - np.mean(late[0]), rel=1e-9)
    assert "10" in page.locator("#progress").inner_text()
    page.locator("#seed").fill("-4")
    page.locator("#seed").press("Enter")
    assert page.locator("#seed").input_value() == "9"


def test_the_whole_nation_shows_what_simulate_says(visitor, whole):
    page = visitor.open("#nation=whole&seeds=2&month=60&layer=late")
    expected = simulated(whole, "baseline", {}, 1)
    for kpi in SHARES:
        assert visitor.shown(kpi)["b"] == pytest.approx(expected[kpi], rel=1e-9)
    records = dxsim.simulate(whole, dxsim.load_scenario("baseline"), 1)
    late = records.monthly[(records.monthly["type"] == "all")].iloc[60][[f"late_R{k}" for k in range(1, 6)]].sum()
    assert page.locator("#title-b .value").inner_text() == f"{late:,}"


def test_time_is_played_stepped_and_dragged(visitor):
    page = visitor.open("#month=0")
    month = page.locator("#month")
    start = visitor.pixels("map-b")
    page.locator("#step").click()
    assert month.input_value() == "1"
    page.locator("#back").click()
    page.locator("#back").click()
    assert month.input_value() == "0"
    page.locator("#play").click()
    until(page, "Number(document.getElementById('month').value) > 60")
    page.locator("#play").click()
    stopped = month.input_value()
    page.wait_for_timeout(200)
    assert month.input_value() == stopped
    assert visitor.pixels("map-b") != start
    page.locator("#month").fill("178")
    page.locator("#play").click()
    until(page, "document.getElementById('play').textContent.includes('▶')")
    assert month.input_value() == "179"
    page.locator("#first").click()
    assert page.locator("#month-name").inner_text() == "2021-04"


@pytest.mark.parametrize("layer", ["live", "late", "cost", "overload", "excluded", "group"])
def test_the_map_is_coloured_by_what_was_chosen(visitor, layer):
    page = visitor.open("#month=100&seeds=2&b=digital_only_sunset&layer=live")
    page.locator("#layer").select_option(layer)
    label = page.locator("#map-b").get_attribute("aria-label")
    assert texts("app", "en")[f"layer_{layer}"] in label
    colours = page.evaluate(
        """() => {
            const { width, height } = document.getElementById("map-b");
            const { data } = document.getElementById("map-b").getContext("2d").getImageData(0, 0, width, height);
            const pixels = new Uint32Array(data.buffer);
            return new Set(pixels.filter((pixel) => pixel >>> 24 === 255)).size;
        }"""
    )
    assert colours > (
        0 if layer == "excluded" else 1
    )  # municipalities of the teaching nation are as old as one another


def test_a_municipality_that_is_clicked_tells_its_story(visitor, teaching):
    page = visitor.open("#seeds=2&month=70")
    box = page.locator("#map-a").bounding_box()
    page.mouse.click(
        box["x"] + box["width"] / 2 - 20, box["y"] + box["height"] / 2 - 20
    )  # third of six, fourth of eight
    page.wait_for_selector("#life table")
    code = teaching.municipalities["code"].iloc[3 * 6 + 2]
    assert code in page.locator("#life h3").first.inner_text()
    assert page.locator("#life tbody tr").count() >= 4
    page.locator("#map-b").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    neighbour = teaching.municipalities["code"].iloc[4 * 6 + 3]
    until(page, "code => document.querySelector('#life h3')?.textContent.includes(code)", neighbour)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_works_to_its_end(visitor, client, lesson):
    page = visitor.open("#seeds=10")
    page.locator("#lesson").select_option(lesson.name)
    visitor.wait()
    assert page.locator("#play").is_disabled()
    assert page.locator("#check").is_disabled()
    assert page.locator("#lesson-panel input").count() == len(lesson.options)
    wrong_or_right = lesson.options[0]
    page.locator(f"#lesson-panel input[value={wrong_or_right}]").check()
    assert page.locator("#play").is_enabled()
    page.locator("#play").click()
    until(page, "Number(document.getElementById('month').value) > 5")
    page.locator("#play").click()
    levers = page.locator("#levers .lever").evaluate_all("rows => rows.map(row => row.dataset.lever)")
    assert levers == list(lesson.controls)
    before = visitor.pixels("curves")
    slider = page.locator(f"[id='lever-{lesson.controls[0]}']")
    ends = slider.evaluate("node => [node.min, node.max]")
    visitor.set(lesson.controls[0], ends[slider.input_value() == ends[0]])
    assert visitor.pixels("curves") != before
    page.locator("#check").click()
    page.wait_for_selector("#lesson-panel .verdict")
    parameters = {key: float(page.locator(f"[id='lever-{key}']").input_value()) for key in lesson.carried}
    asked = {"lesson": lesson.name, "nation": "teaching", "parameters": parameters, "seeds": 10}
    expected = client.ask("/lesson", asked)["verdict"]
    shown = page.locator("#lesson-panel .verdict")
    assert shown.get_attribute("data-verdict") == expected
    words = texts("app", "en")
    assert words[f"lesson_{lesson.name}_answer_{expected}"] in shown.inner_text()
    assert words["right" if expected == wrong_or_right else "wrong"] in shown.inner_text()


def test_a_link_restores_the_screen(visitor, browser, client):
    page = visitor.open("#seeds=5")
    page.locator("#scenario-a").select_option("firm_deadline")
    page.locator("[name=edit][value=a]").check()
    visitor.set("policy.deadline", 4)
    page.locator("[name=edit][value=b]").check()
    visitor.set("residents.analog_floor", 0.4)
    for control, value in {"layer": "cost", "series": "queue", "type": "town"}.items():
        page.locator(f"#{control}").select_option(value)
    page.locator("[data-tab=groups]").click()
    page.locator("#month").fill("93")
    page.locator("[data-language=ja]").click()
    page.locator("#map-a").focus()
    page.keyboard.press("ArrowDown")
    page.locator("#link").click()
    visitor.wait()
    page.locator("h1").hover()
    other = Visitor(browser, client)
    try:
        other.open(urlsplit(page.url).fragment and "#" + urlsplit(page.url).fragment)
        for canvas in ("map-a", "map-b", "legend", "curves", "second"):
            assert other.pixels(canvas) == visitor.pixels(canvas), canvas
        for part in ("#levers", "#comparison", "#chosen", "#month-name", "figcaption >> nth=0", "header"):
            assert other.page.locator(part).inner_text() == page.locator(part).inner_text()
        state = "[...document.querySelectorAll('select, input')].map(node => [node.value, node.checked])"
        assert other.page.evaluate(state) == page.evaluate(state)
        assert other.faults == []
    finally:
        other.context.close()


def test_a_link_restores_a_lesson_with_its_verdict(visitor):
    page = visitor.open(
        "#lesson=size&prediction=alike&checked=1&seeds=5&a=no_cooperation&b=baseline"
        "&a.cooperation.poolable_share=0.6&b.cooperation.poolable_share=0.6&tab=size&language=ja"
    )
    page.wait_for_selector("#lesson-panel .verdict")
    assert page.locator("#lesson-panel input[value=alike]").is_checked()
    assert page.locator("[id='lever-cooperation.poolable_share']").input_value() == "0.6"


def test_a_link_that_is_pasted_into_the_same_page_leaves_nothing_of_the_screen_before(visitor):
    page = visitor.open("#lesson=size&prediction=small&a=no_cooperation&b=baseline&seeds=5&month=20&layer=group")
    page.evaluate("location.hash = '#nation=teaching&a=baseline&b=capacity_programme&seeds=7&month=80'")
    page.wait_for_selector("#lesson-panel", state="hidden")
    visitor.wait()
    shown = [page.locator(f"#{name}").input_value() for name in ("lesson", "layer", "month", "scenario-b", "seeds")]
    assert shown == ["", "live", "80", "capacity_programme", "7"]


def test_a_link_that_cannot_be_read_says_so_and_the_page_works(visitor):
    page = visitor.open(
        "#nation=atlantis&seed=-1&a=nowhere&b.policy.deadline=&b.vendor.count=9&month=9999&layer=<img>&seeds=5"
    )
    page.wait_for_timeout(300)  # a run that arrives takes nothing away from it
    message = page.locator("#message").inner_text()
    assert f"{texts('app', 'en')['nation']} (nation)" in message
    assert page.locator("#comparison tbody tr").count() > 5
    assert page.locator("#message img").count() == 0


def test_what_the_server_refuses_is_said_and_the_page_goes_on(visitor):
    visitor.page.goto(visitor.address + "#seeds=2&b.policy.deadline=2033-03&language=ja")
    visitor.page.wait_for_selector("body[data-ready]")
    until(visitor.page, "!document.getElementById('message').hidden")
    assert (
        f"{REGISTRY['policy.deadline'].label['ja']} (policy.deadline)" in visitor.page.locator("#message").inner_text()
    )
    assert visitor.page.locator("#retry").is_hidden()
    visitor.page.locator("#reset").click()
    visitor.wait()
    visitor.forget("422")
    assert visitor.page.locator("#message").is_hidden()


def test_a_link_out_of_bounds_is_told_in_the_words_of_the_page_until_it_is_read(visitor):
    page = visitor.open("#seeds=2&b.policy.readiness_shift=99&b.policy.deadline=2050-01&a.cooperation.grant_rate=x")
    message = page.locator("#message").inner_text()
    for key in ("policy.readiness_shift", "policy.deadline", "cooperation.grant_rate"):
        assert f"{texts('app', 'en')[f'lever_{key}']} (" in message
    assert page.locator("[id='lever-policy.readiness_shift']").input_value() == "0"
    page.locator("#step").click()
    visitor.set("policy.capacity_programme", 0.2)
    assert page.locator("#message").inner_text() == message
    page.locator("#dismiss").click()
    assert page.locator("#message").is_hidden()


@pytest.mark.parametrize("name", ["__proto__", "constructor", "toString"])
def test_no_link_kills_the_page(visitor, name):
    page = visitor.open(f"#seeds=2&a.{name}=1&{name}=1&b={name}&tab={name}&lesson={name}")
    assert name in page.locator("#message").inner_text()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_short_link_opens_a_lesson_with_its_settings(visitor, lesson):
    page = visitor.open("#seeds=5")
    page.locator("#lesson").select_option(lesson.name)
    visitor.wait()
    chosen = page.url.partition("#")[2]
    page.evaluate("location.hash = ''")
    visitor.wait()
    assert page.locator("#lesson-panel").is_hidden()
    page.evaluate("name => { location.hash = `lesson=${name}&seeds=5`; }", lesson.name)
    visitor.wait()
    page.wait_for_timeout(250)
    assert page.url.partition("#")[2] == chosen
    assert page.locator("#message").is_hidden()


def test_a_server_that_is_gone_leaves_no_old_numbers_and_is_asked_again(visitor):
    page = visitor.open("#seeds=5")
    before = visitor.shown("late_share")
    gone = re.compile(r"/(run|compare)$")
    page.route(gone, lambda route: route.abort())
    page.locator("[id='lever-policy.capacity_programme']").fill("0.6")
    until(page, "!document.getElementById('message').hidden && !document.getElementById('retry').hidden")
    assert page.locator("#message span").inner_text() == texts("app", "en")["failed"]
    until(page, "!document.querySelector('tr[data-kpi=late_share] td.b').dataset.value")
    assert page.locator("#title-b .value").inner_text() == ""
    assert visitor.shown("late_share")["a"] == before["a"]  # its setting is still the one that was run
    page.unroute(gone)
    page.locator("#retry").click()
    visitor.wait()
    assert visitor.shown("late_share")["b"] != before["b"]
    assert page.locator("#message").is_hidden()
    page.route(gone, lambda route: route.abort())
    page.locator("#reset").click()
    until(page, "!document.getElementById('retry').hidden")
    page.unroute(gone)
    visitor.wait()  # by itself
    assert visitor.shown("late_share") == before
    visitor.forget("Failed to load resource")


@pytest.mark.parametrize("path", ["start", "nation/teaching"])
def test_a_page_that_cannot_begin_says_so_in_both_languages_and_begins_when_it_can(visitor, path):
    gone = re.compile(f"/{path}$")
    visitor.page.route(gone, lambda route: route.abort())
    visitor.page.goto(visitor.address + "#seeds=2")
    visitor.page.wait_for_selector("#broken:not([hidden])")
    said = visitor.page.locator("#broken").inner_text()
    assert all(texts("app", language)["failed"] in said for language in ("en", "ja"))
    visitor.page.unroute(gone)
    visitor.page.locator("#again").click()
    visitor.page.wait_for_selector("body[data-ready]")
    visitor.wait()
    assert visitor.page.locator("#broken").is_hidden()
    visitor.forget("Failed to load resource")


def test_back_undoes_a_step_and_stays_in_the_app(visitor):
    page = visitor.open("#seeds=2")
    visitor.set("policy.capacity_programme", 0.4)
    page.locator("#scenario-b").select_option("firm_deadline")
    visitor.wait()
    assert page.locator("[id='lever-policy.capacity_programme']").input_value() == "0"
    page.go_back()
    until(page, "document.getElementById('scenario-b').value === 'baseline'")
    assert page.locator("[id='lever-policy.capacity_programme']").input_value() == "0.4"
    page.go_back()
    until(page, "document.getElementById('lever-policy.capacity_programme').value === '0'")
    page.go_forward()
    until(page, "document.getElementById('lever-policy.capacity_programme').value === '0.4'")
    visitor.wait()
    page.locator("#reset").click()
    visitor.wait()
    page.go_back()  # what all sliders were set to
    until(page, "document.getElementById('lever-policy.capacity_programme').value === '0.4'")
    visitor.wait()


def test_a_lesson_begins_again(visitor):
    page = visitor.open("#seeds=5")
    page.locator("#lesson").select_option("size")
    visitor.wait()
    page.locator("#lesson-panel input[value=alike]").check()
    page.locator("#check").press("Enter")
    page.wait_for_selector("#lesson-panel .verdict")
    assert page.evaluate("document.activeElement.className") == "verdict"  # and not lost with the button
    page.locator("#restart").click()
    visitor.wait()
    assert page.locator("#lesson-panel .verdict").count() == 0
    assert page.locator("#lesson-panel input:checked").count() == 0
    assert page.locator("#play").is_disabled()
    assert page.evaluate("document.activeElement.name") == "prediction"


def test_a_copied_link_is_told_as_a_note_that_goes(visitor):
    page = visitor.open("#seeds=2")
    page.locator("#link").click()
    assert page.locator("#message").get_attribute("class") == "note"
    assert page.locator("#message span").inner_text() == texts("app", "en")["link_copied"]
    until(page, "document.getElementById('message').hidden")


def test_keys_play_step_walk_and_shut(visitor):
    page = visitor.open("#seeds=2&month=10")
    page.locator("#legend").click(force=True)  # nothing that takes keys
    month = page.locator("#month")
    page.keyboard.press("ArrowRight")
    assert month.input_value() == "11"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    until(page, "Number(document.getElementById('month').value) > 12")
    page.keyboard.press("Space")
    stopped = month.input_value()
    page.wait_for_timeout(200)
    assert month.input_value() == stopped
    page.locator("[data-tab=size]").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("[data-tab=groups]").get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")  # round the end, past the hidden one
    assert page.evaluate("document.activeElement.dataset.tab") == "life"
    page.locator("#download summary").click()
    page.keyboard.press("Escape")
    assert not page.locator("#download").evaluate("node => node.open")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert page.locator("#seed").input_value() == "1"


def test_rows_have_heads(visitor):
    page = visitor.open("#seeds=2&tab=life&chosen=3")
    page.wait_for_selector("#life table")
    for table in ("#comparison", "#life table"):
        heads = page.locator(f"{table} tbody tr > :first-child").evaluate_all(
            "cells => cells.map(cell => [cell.tagName, cell.scope])"
        )
        assert heads
        assert all(head == ["TH", "row"] for head in heads)
    dates = page.locator("#life td.when").evaluate_all("cells => cells.map(cell => getComputedStyle(cell).whiteSpace)")
    assert set(dates) == {"nowrap"}  # no date is broken


def test_who_wants_nothing_to_move_sees_a_year_at_a_time(visitor):
    visitor.page.emulate_media(reduced_motion="reduce")
    page = visitor.open("#seeds=2&month=0")
    page.locator("#play").click()
    until(page, "document.getElementById('month').value === '12'")
    until(page, "document.getElementById('month').value === '24'")
    page.locator("#play").click()


def test_print_stretches_nothing(visitor):
    page = visitor.open("#seeds=2")
    page.emulate_media(media="print")
    for canvas in ("map-a", "curves", "second"):
        assert page.locator(f"#{canvas}").evaluate("node => getComputedStyle(node).objectFit") == "contain"
    assert page.locator("#controls").is_hidden()
    assert page.locator("#map-b").is_visible()
    page.emulate_media(media="screen")


def test_no_number_is_minus_nothing(visitor):
    page = visitor.open("#seeds=2")
    written = "async ([value, digits]) => (await import('/static/words.js')).number(value, digits)"
    for value, digits, shown in ((-0.01, 1, "0.0"), (-0.0, 0, "0"), (-0.06, 1, "-0.1"), (0.04, 1, "0.0")):
        assert page.evaluate(written, [value, digits]) == shown


def test_a_slow_font_holds_nothing_up(visitor):
    held = []
    visitor.page.route("**/font.woff", lambda route: held.append(route))
    visitor.page.goto(visitor.address + "#seeds=2&language=ja")
    visitor.page.wait_for_selector("body[data-ready]")
    until(visitor.page, "Number(document.body.dataset.drawn) >= 3")
    assert len(held) == 1
    drawn = int(visitor.page.locator("body").get_attribute("data-drawn"))
    held[0].continue_()
    visitor.wait()
    assert visitor.page.evaluate("document.fonts.status") == "loaded"
    assert int(visitor.page.locator("body").get_attribute("data-drawn")) > drawn  # once more, with its letters


def test_two_students_do_not_see_each_other(visitor, browser, client):
    one = visitor.open("#seeds=5")
    before = visitor.shown("late_share")
    other = Visitor(browser, client)
    try:
        other.open("#seeds=5")
        other.set("policy.capacity_programme", 1)
        other.page.locator("[data-language=ja]").click()
        assert other.shown("late_share")["b"] != before["b"]
        one.locator("#step").click()
        one.reload()
        visitor.wait()
        assert visitor.shown("late_share") == before
        assert one.locator("h1").inner_text() == texts("app", "en")["title"]
        assert other.context.cookies() == []
        assert other.page.evaluate("localStorage.length + sessionStorage.length") == 0
    finally:
        other.context.close()


def saved(page, kind: str, folder: Path) -> Path:
    page.locator("#download summary").click()
    with page.expect_download() as waiting:
        page.locator(f"[data-save={kind}]").click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_figures_and_data_are_saved(visitor, teaching, tmp_path):
    page = visitor.open("#seeds=5&month=70&language=ja")
    image = saved(page, "png", tmp_path).read_bytes()
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(image[16:20], "big") == 2400
    drawing = ElementTree.parse(saved(page, "svg", tmp_path)).getroot()  # noqa: S314 - our own
    names = [node.tag.rpartition("}")[2] for node in drawing.iter()]
    assert names.count("path") > 2 * len(teaching.municipalities)
    assert any(JAPANESE.search(node.text or "") for node in drawing.iter())
    records = dxsim.simulate(teaching, dxsim.load_scenario("baseline", {"vendor.count": VENDORS}), 1)
    with saved(page, "curves", tmp_path).open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["scenario"] == "B" and row["type"] == "all"]
    monthly = records.monthly[records.monthly["type"] == "all"]
    shares = (monthly["live"] / monthly["systems"]).to_numpy()
    np.testing.assert_allclose([float(row["live"]) for row in rows], shares, rtol=1e-6)
    with saved(page, "map", tmp_path).open(encoding="utf-8") as file:
        towns = [row for row in csv.DictReader(file) if row["scenario"] == "B"]
    assert [row["code"] for row in towns] == teaching.municipalities["code"].tolist()
    assert sum(int(row["live"]) for row in towns) == monthly["live"].iloc[70]
    with saved(page, "comparison", tmp_path).open(encoding="utf-8") as file:
        late = next(row for row in csv.DictReader(file) if row["measure"] == "late_share")
    assert float(late["difference"]) == visitor.shown("late_share")["difference"]


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("fragment", ["", "&lesson=tipping&tab=groups", "&tab=life"])
def test_the_screen_fits_a_projector_and_speaks_one_language(visitor, language, fragment):
    page = visitor.open(f"#language={language}&seeds=2{fragment}")
    assert page.evaluate("document.documentElement.lang") == language
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [1280, 720]
    wide = page.evaluate(
        """() => [...document.querySelectorAll("municipality *")]
            .filter((node) => node.offsetParent && node.getBoundingClientRect().right > 1281)
            .map((node) => node.outerHTML.slice(0, 80))"""
    )
    assert wide == []
    shown = page.locator("body").inner_text()
    keys = {key for key in texts("app", "en") if "_" in key}
    assert not keys & set(shown.split())
    assert bool(JAPANESE.search(shown.replace("日本語", ""))) == (language == "ja") or "synthetic" in shown


def test_every_control_has_a_name_and_every_figure_a_description(visitor):
    page = visitor.open("#seeds=2")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, summary")]
            .filter((node) => node.offsetParent && !node.getAttribute("aria-label") && !node.labels?.length)
            .filter((node) => node.tagName === "SELECT" || !node.textContent.trim())
            .map((node) => node.outerHTML)"""
    )
    assert nameless == []
    for canvas in ("map-a", "map-b", "curves", "second"):
        assert len(page.locator(f"#{canvas}").get_attribute("aria-label")) > 40
    page.locator("[data-tab=groups]").click()
    assert "alone" in page.locator("#second").get_attribute("aria-label")


def test_the_keyboard_reaches_everything_in_the_order_of_reading(visitor):
    page = visitor.open("#seeds=2")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "document.activeElement.id || document.activeElement.dataset.tab || document.activeElement.name"
            )
        )
        if reached[-1] == "stratum":
            break
    wanted = [
        "lesson",
        "nation",
        "scenario-a",
        "scenario-b",
        "lever-policy.deadline",
        "seed",
        "layer",
        "map-a",
        "map-b",
    ]
    wanted += ["play", "month", "series", "type", "size", "stratum"]
    places = [reached.index(name) for name in wanted]
    assert places == sorted(places)


def test_the_limiting_case_draws_the_line_of_theory(visitor):
    page = visitor.open("#seeds=2&b=constant_hazard&edit=b&series=committed")
    assert page.locator("#levers .lever").count() == 1
    before = visitor.pixels("curves")
    visitor.set("commitment.own_motive_hazard", 0.01)
    assert visitor.pixels("curves") != before
    parameters = json.dumps(page.url)
    assert "0.01" in parameters
