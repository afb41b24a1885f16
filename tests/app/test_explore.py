"""The page to explore in a real browser: what it shows is what `simulate` says, and nothing leaves the machine."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dxsim
from dxsim.analysis.paired import paired_difference
from dxsim.app.nations import VENDORS
from dxsim.app.runs import KPIS
from dxsim.app.settings import LEVERS, known_scenarios
from dxsim.app.themes import THEMES
from dxsim.language import texts
from dxsim.scenario.registry import REGISTRY
from dxsim.terms.calendar import month_index, month_name
from tests.app.browser import JAPANESE, needs_browser, until

pytestmark = needs_browser
SCREEN = {"width": 1280, "height": 720}
SHARES = ("late_share", "live_share_2027_03", "cooperating_share", "overloaded_share", "excluded_share")


class Visitor:
    """A browser with nothing in it, which lets no request out of the machine and writes down what it saw."""

    def __init__(self, browser, client) -> None:
        self.context = browser.new_context(viewport=SCREEN, accept_downloads=True, locale="en-US")
        self.context.set_default_timeout(120_000)
        self.address, self.asked, self.faults = client.address + "explore", [], []
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
        row = self.page.locator(f"tr[data-kpi='{kpi}'] td:not(:last-child)")
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


def simulated(nation, scenario, parameters, seeds, vendors=None):
    """Return the means of the KPIs over the seeds 1 to `seeds`."""
    small = {} if vendors is None else {"vendor.count": vendors}
    given = dxsim.load_scenario(scenario, small | parameters)
    summaries = [dxsim.simulate(nation, given, seed).summary for seed in range(1, seeds + 1)]
    return pd.DataFrame([summary.set_index("kpi")["value"] for summary in summaries]).mean()


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
    page = visitor.open("#seeds=2&edit=b")
    assert set(MOVES) == {lever.key for lever in LEVERS}
    parameters: dict[str, object] = {}
    for lever in (*LEVERS[1:], LEVERS[0]):  # without groups no grant has an effect
        before = visitor.pixels("map-b"), page.locator("#comparison").inner_text()
        value = MOVES[lever.key]
        visitor.set(lever.key, value)
        parameters |= {lever.key: "2027-09" if lever.key == "policy.deadline" else value, **lever.also}
        expected = simulated(teaching, "baseline", parameters, 2, VENDORS)
        for kpi in (*SHARES, "cost_per_resident_2035", "own_burden", "subsidy_paid"):
            assert visitor.shown(kpi)["b"] == pytest.approx(expected[kpi], rel=1e-9), (lever.key, kpi)
        assert (visitor.pixels("map-b"), page.locator("#comparison").inner_text()) != before, lever.key
    untouched = simulated(teaching, "no_cooperation", {}, 2, VENDORS)
    assert visitor.shown("late_share")["a"] == pytest.approx(untouched["late_share"], rel=1e-9)
    page.locator("#reset").click()
    visitor.wait()
    assert visitor.shown("late_share")["b"] == pytest.approx(
        simulated(teaching, "baseline", {}, 2, VENDORS)["late_share"], rel=1e-9
    )


def test_scenarios_seed_and_pairs_are_those_that_were_chosen(visitor, teaching):
    page = visitor.open("#seeds=5")
    page.locator("#scenario-a").select_option("baseline")
    page.locator("#scenario-b").select_option("capacity_programme")
    page.locator("#seed").fill("9")
    page.locator("#seed").press("Enter")
    page.locator("#seeds").select_option("10")
    visitor.wait()
    late = {
        arm: simulated(teaching, scenario, {}, 10, VENDORS)["late_share"]
        for arm, scenario in (("a", "baseline"), ("b", "capacity_programme"))
    }
    shown = visitor.shown("late_share")
    assert [shown["a"], shown["b"]] == pytest.approx([late["a"], late["b"]], rel=1e-9)
    assert shown["difference"] == pytest.approx(late["b"] - late["a"], rel=1e-9)
    assert "seed 9" in page.locator("#sentence").inner_text()
    assert "10" in page.locator("#progress").inner_text()
    page.locator("#seed").fill("-4")
    page.locator("#seed").press("Enter")
    assert page.locator("#seed").input_value() == "9"


def test_the_whole_nation_shows_what_simulate_says(visitor, whole):
    page = visitor.open("#nation=whole&seeds=2&month=60&layer=late")
    expected = simulated(whole, "baseline", {}, 2)
    for kpi in SHARES:
        assert visitor.shown(kpi)["b"] == pytest.approx(expected[kpi], rel=1e-9)
    records = dxsim.simulate(whole, dxsim.load_scenario("baseline"), 1)
    late = records.monthly[(records.monthly["type"] == "all")].iloc[60][[f"late_R{k}" for k in range(1, 6)]].sum()
    assert page.locator("#title-b .value").inner_text() == f"{late:,} late systems"


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
    visitor.wait()
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


def test_a_link_that_is_pasted_into_the_same_page_leaves_nothing_of_the_screen_before(visitor):
    page = visitor.open("#a=no_cooperation&b=baseline&seeds=5&month=20&layer=group&view=difference")
    page.evaluate("location.hash = '#nation=teaching&a=baseline&b=capacity_programme&seeds=7&month=80'")
    until(page, "document.getElementById('scenario-b').value === 'capacity_programme'")
    visitor.wait()
    shown = [page.locator(f"#{name}").input_value() for name in ("view", "layer", "month", "scenario-b", "seeds")]
    assert shown == ["both", "live", "80", "capacity_programme", "7"]


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
    page = visitor.open(f"#seeds=2&a.{name}=1&{name}=1&b={name}&tab={name}&view={name}")
    assert name in page.locator("#message").inner_text()


def test_a_server_that_is_gone_leaves_no_old_numbers_and_is_asked_again(visitor, teaching):
    page = visitor.open("#seeds=5")
    before = visitor.shown("late_share")
    gone = re.compile(r"/(run|compare)$")
    page.route(gone, lambda route: route.abort())
    page.locator("[id='lever-policy.capacity_programme']").fill("0.6")
    until(page, "!document.getElementById('message').hidden && !document.getElementById('retry').hidden")
    assert page.locator("#message span").inner_text() == texts("app", "en")["failed"]
    until(page, "!document.querySelector('tr[data-kpi=late_share] td.b').dataset.value")
    assert page.locator("#title-b .value").count() == 0
    one = simulated(teaching, "no_cooperation", {}, 1, VENDORS)  # its setting is still the one that was run
    assert visitor.shown("late_share")["a"] == pytest.approx(one["late_share"], rel=1e-9)
    assert page.locator("tr[data-kpi=late_share] td.one").count() == 2
    assert "only one run" in page.locator("#progress").inner_text()
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


def test_a_copied_link_is_told_as_a_note_that_goes(visitor):
    page = visitor.open("#seeds=2")
    page.locator("#link").click()
    assert page.locator("#message").get_attribute("class") == "message note"
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
    dates = page.locator("#life .when").evaluate_all("cells => cells.map(cell => getComputedStyle(cell).whiteSpace)")
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


SCREENS = [(390, 844), (768, 1024), (1024, 768), (1280, 720), (1920, 1080), (640, 360)]  # the last: 1280x720 at 200 %


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("size", SCREENS)
def test_the_page_fits_every_screen_and_its_type_is_large_enough(visitor, language, size):
    visitor.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = visitor.open(f"#language={language}&seeds=2&tab=life&chosen=3&b.policy.capacity_programme=0.4")
    page.wait_for_selector("#life table")
    for tab in ("life", "groups", "size"):
        page.locator(f"[data-tab={tab}]").click()
        visitor.wait()
        assert page.evaluate("document.documentElement.scrollWidth") == size[0]
        wide = page.evaluate(
            """() => [...document.querySelectorAll("body *")]
                .filter((node) => node.offsetParent && !node.closest("#life, .hidden, .skip, option"))
                .filter((node) => node.getBoundingClientRect().right > innerWidth + 1)
                .map((node) => node.outerHTML.slice(0, 80))"""
        )
        assert wide == []
    small = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter((node) => node.offsetParent)
            .filter((node) => [...node.childNodes].some((part) => part.nodeType === 3 && part.data.trim()))
            .map((node) => [node, node.closest("table, label, button, select") ? 14 : 13])
            .filter(([node, least]) => parseFloat(getComputedStyle(node).fontSize) < least)
            .map(([node]) => node.outerHTML)"""
    )
    assert small == []
    for canvas in ("map-a", "map-b", "curves", "second"):
        assert page.locator(f"#{canvas}").bounding_box()["height"] > 100, canvas
    low = page.evaluate(
        "[...document.querySelectorAll('input[type=range]')].map((node) => node.getBoundingClientRect().height)"
    )
    assert min(low) >= 24
    order = [
        page.locator(f"#{part}").bounding_box()["y"] for part in ("maps", "player", "curves", "comparison", "levers")
    ]
    if size[0] < 900:
        assert order == sorted(order)
    shown = page.locator("body").inner_text()
    assert not {key for key in texts("app", "en") if "_" in key} & set(shown.split())
    assert page.evaluate("document.documentElement.lang") == language
    assert bool(JAPANESE.search(shown.replace("日本語", ""))) == (language == "ja")


DRAWN_TYPE = """() => {
    const sizes = [];
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (...given) {
        sizes.push(parseFloat(this.font.match(/[\\d.]+px/)[0]));
        return fillText.apply(this, given);
    };
    document.querySelector("#series").dispatchEvent(new Event("change"));
    CanvasRenderingContext2D.prototype.fillText = fillText;
    return sizes;
}"""


@pytest.mark.parametrize("tab", ["size", "groups"])
def test_the_type_of_charts_is_large_enough(visitor, tab):
    page = visitor.open(f"#seeds=2&tab={tab}&type=each")
    sizes = page.evaluate(DRAWN_TYPE)
    assert len(sizes) > 20
    assert min(sizes) >= 13


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
        if reached[-1] == "seed":
            break
    wanted = [
        "to-lessons",
        "nation",
        "layer",
        "view",
        "map-a",
        "map-b",
        "play",
        "month",
        "series",
        "type",
        "size",
        "stratum",
    ]
    wanted += ["cite-open", "python-open", "scenario-a", "scenario-b", "lever-policy.deadline", "seed"]
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


def numbers(text: str) -> list[float]:
    """Return the numbers in a text of the page."""
    return [
        float(part.replace(",", "").replace("−", "-"))
        for part in re.findall(r"[+−±]?[\d,]*\.?\d+", text.replace("±", ""))
    ]


def test_the_difference_is_that_of_the_numbers_beside_it(visitor):
    page = visitor.open("#seeds=5&b.policy.capacity_programme=0.4")
    rows = page.locator("#comparison tbody tr").all()
    checked = 0
    for row in rows:
        cells = [cell.inner_text() for cell in row.locator("td").all()]
        values = [numbers(cell) for cell in cells]
        if not all(values):
            continue
        digits = len(cells[2].partition(".")[2])
        assert round(values[1][0] - values[0][0], digits) == pytest.approx(values[2][0], abs=10.0 ** -(digits + 3)), (
            cells
        )
        low, high = values[3][:2]
        assert low <= values[2][0] <= high, cells
        is_open = low <= 0 <= high
        assert ("not proven" in cells[3]) == is_open, cells
        for place in (2, 3):
            weight = int(row.locator("td").nth(place).evaluate("cell => getComputedStyle(cell).fontWeight"))
            assert (weight >= 600) != is_open
        checked += 1
    assert checked >= 7
    assert "means of 5 pairs" in page.locator("#progress").inner_text()


AGREEING = """async (entries) => {
    const { compared, speak } = await import("/static/words.js");
    const { texts } = await (await fetch("/start")).json();
    speak(texts, "en");
    return entries.map(([name, entry]) => compared(name, [{ mean: entry.before }, entry]));
}"""


@pytest.fixture(scope="module")
def writer(browser, client):
    """Return what writes comparisons as the page does."""
    visitor = Visitor(browser, client)
    visitor.open("#seeds=2")
    yield lambda entries: visitor.page.evaluate(AGREEING, entries)
    visitor.context.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["late_share", "cost_per_resident_2035", "own_burden", "mean_group_size"]),
    st.floats(0, 1),
    st.lists(st.floats(-1, 1), min_size=2, max_size=6),
    st.sampled_from([1, 0.1, 1e-3, 1e-5]),
)
def test_what_is_printed_adds_up_and_its_interval_says_what_the_true_one_says(writer, name, base, noise, size):
    scale = {"late_share": 1.0, "cost_per_resident_2035": 5e3, "own_burden": 1e11, "mean_group_size": 5.0}[name]
    before = scale * (1 + base * np.ones(len(noise)))
    after = before + scale * size * np.array(noise)
    found = paired_difference(before, after)
    entry = {"before": before.mean(), "after": after.mean(), "mean": after.mean(), "difference": found.mean}
    entry |= {"low": found.low, "high": found.high}
    [shown] = writer([[name, entry]])
    a, b, difference = (numbers(shown[part])[0] for part in ("a", "b", "difference"))
    digits = len(shown["difference"].partition(".")[2])
    assert round(b - a, digits) == pytest.approx(difference, abs=10.0 ** -(digits + 3))
    verdicts = {"lower": "proven", "higher": "proven", "unclear": "open", "same": "none"}
    assert shown["verdict"] == verdicts[found.direction]
    if shown["verdict"] in ("proven", "open"):
        low, high = numbers(shown["interval"])
        assert low <= difference <= high
        if digits < 8:  # as many as are ever printed
            assert (low <= 0 <= high) == (shown["verdict"] == "open")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_one_sentence_says_how_b_differs_and_agrees_with_the_maps(visitor, language):
    page = visitor.open(f"#language={language}&seeds=2&layer=late&month=59&b.policy.deadline=2025-09")
    late = [numbers(page.locator(f"#title-{arm} .value").inner_text())[0] for arm in "ab"]
    said = page.locator("#sentence b").inner_text()
    months = {"en": "March 2026", "ja": "2026年3月"}
    assert months[language] in said
    assert f"{abs(late[1] - late[0]):,.0f}" in said
    assert late[1] != late[0]
    words = {"en": ("more", "fewer"), "ja": ("多く", "少なく")}[language]
    assert (words[0] in said) == (late[1] > late[0])
    assert (words[1] in said) == (late[1] < late[0])
    for layer in ("live", "cost", "overload", "excluded", "group"):
        page.locator("#layer").select_option(layer)
        visitor.wait()
        assert "{" not in page.locator("#sentence").inner_text()


def test_maps_and_curves_and_table_agree_on_one_run(visitor):
    page = visitor.open("#seeds=2&layer=cost&series=cost&month=100&view=b")
    described = page.locator("#curves").get_attribute("aria-label")
    heading = numbers(page.locator("#title-b .value").inner_text())[0]
    assert f"B {heading:,.0f}" in described
    names = [texts("app", "en")[key] for key in ("layer_cost", "series_cost", "kpi_cost_per_resident_2035")]
    assert len({*names, texts("app", "en")["strata_cost_per_resident"]}) == 4


def test_the_map_of_differences_is_b_minus_a(visitor, client):
    page = visitor.open("#seeds=2&layer=late&month=62&view=difference&b.policy.capacity_programme=1")
    assert page.locator("#map-a").is_hidden()
    assert page.locator("#map-d").is_visible()
    page.locator("#map-d").focus()
    page.keyboard.press("ArrowDown")
    told = page.locator("#chosen").inner_text()
    a, b, change = re.search(r"A (\d+), B (\d+), B − A ([+−±]\d+)", told).groups()
    assert int(b) - int(a) == int(change.replace("−", "-").replace("±", ""))
    page.locator("#view").select_option("both")
    assert page.locator("#map-d").is_hidden()
    assert page.locator("#map-a").is_visible()


def test_scenarios_stand_under_themes_with_their_sentence(visitor):
    page = visitor.open("#seeds=2&b=support_desks")
    groups = page.locator("#scenario-b optgroup").evaluate_all(
        "nodes => nodes.map((node) => [node.label, node.children.length])"
    )
    assert len(groups) == len(THEMES)
    assert sum(count for _, count in groups) == len(known_scenarios())
    meaning = dxsim.load_scenario("support_desks").meaning["en"]
    assert page.locator("#meaning-b").inner_text() == meaning
    visitor.set("policy.capacity_programme", 0.4)
    visitor.set("cooperation.grant_rate", 0.3)
    title = page.locator("#title-b b").inner_text()
    assert title == f"B: {dxsim.load_scenario('support_desks').title['en']} + 2 changes"
    changes = page.locator("#title-b .changes").inner_text()
    assert "More vendor engineers 40 %" in changes
    assert "Grant, share of saving 30 %" in changes


def test_events_of_the_scenarios_stand_at_the_curves(visitor):
    page = visitor.open("#seeds=2&a=firm_deadline&b=baseline&month=0")
    scenarios = [dxsim.load_scenario(name) for name in ("firm_deadline", "baseline")]
    told = {
        (event.month, event.text["en"]) for each in scenarios for event in (*each.announcements, *each.vendor_events)
    }
    page.locator("#events summary").click()
    lines = page.locator("#events li").all_inner_texts()
    assert len(lines) == len(told)
    for month, text in told:
        assert any(month_name(month) in line and text in line for line in lines)
    page.locator("#month").fill(str(month_index("2024-10")))
    assert "2024-09" in page.locator("#events summary").inner_text()
    page.locator("#scenario-a").select_option("constant_hazard")
    page.locator("#scenario-b").select_option("constant_hazard")
    visitor.wait()
    assert page.locator("#events").is_hidden()


def test_a_queue_is_drawn_once_for_all_types(visitor):
    page = visitor.open("#seeds=2&series=queue&type=each")
    shown = visitor.pixels("curves")
    page.locator("#type").select_option("all")
    assert visitor.pixels("curves") == shown


def test_undo_takes_back_one_step_and_never_leaves_the_page(visitor):
    page = visitor.open("#seeds=2")
    assert page.locator("#undo").is_disabled()
    visitor.set("policy.capacity_programme", 0.4)
    visitor.set("cooperation.grant_rate", 0.3)
    for key, left in (("cooperation.grant_rate", "0.4"), ("policy.capacity_programme", "0")):
        page.locator("#undo").click()
        until(page, "([key]) => document.getElementById(`lever-${key}`).value === '0'", [key])
        assert page.locator("[id='lever-policy.capacity_programme']").input_value() == left
        visitor.wait()
    assert page.locator("#undo").is_disabled()


def test_the_speed_of_playing_is_chosen(visitor):
    page = visitor.open("#seeds=2&month=0")
    reached = {}
    for speed in ("slow", "fast"):
        page.locator("#speed").select_option(speed)
        page.locator("#first").click()
        page.locator("#play").click()
        page.wait_for_timeout(1500)
        page.locator("#play").click()
        reached[speed] = int(page.locator("#month").input_value())
    assert reached["slow"] * 2 < reached["fast"]


def test_a_tap_chooses_a_municipality(browser, client):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(client.address + "explore#seeds=2")
    page.wait_for_selector("body[data-settled=yes]")
    box = page.locator("#map-a").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2 - 10, box["y"] + box["height"] / 2 - 10)
    page.wait_for_selector("#life table")
    context.close()


def test_a_link_to_a_lesson_is_sent_on(visitor):
    sent = []
    visitor.page.route(
        "**/present",
        lambda route: (sent.append(1), route.fulfill(body="<title>lessons</title>", content_type="text/html")),
    )
    visitor.page.goto(visitor.address + "#lesson=size&seeds=5")
    until(visitor.page, "location.pathname === '/present'")
    assert visitor.page.url.endswith("/present#lesson=size&seeds=5")
    assert sent


def test_dark_is_dark_and_files_stay_light(visitor, tmp_path):
    visitor.page.emulate_media(color_scheme="dark")
    page = visitor.open("#seeds=2&layer=late")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert max(numbers(page.evaluate(ground))) < 60
    dark = visitor.pixels("map-a")
    drawing = saved(page, "svg", tmp_path).read_text(encoding="utf-8")
    assert 'fill="#fff"' in drawing
    page.emulate_media(color_scheme="light")
    until(page, "dark => document.getElementById('map-a').toDataURL() !== dark", dark)
    assert min(numbers(page.evaluate(ground))) > 240


def luminance(colour: str) -> float:
    return float(np.dot([int(colour[place : place + 2], 16) for place in (1, 3, 5)], [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_differ_in_grey_and_groups_are_not_those_of_a_and_b(visitor, scheme):
    visitor.page.emulate_media(color_scheme=scheme)
    page = visitor.open("#seeds=2")
    shown = page.evaluate("async () => (await import('/static/theme.js')).palette()")
    grey = [luminance(colour) for colour in shown["bins"]]
    steps = np.diff(grey)
    assert (np.abs(steps) > 20).all()
    assert (steps > 0).all() or (steps < 0).all()
    assert not {shown["a"], shown["b"]} & set(shown["groups"])


@pytest.mark.parametrize(
    "fragment",
    ["#seeds=3&b.policy.capacity_programme=0.4&b.policy.deadline=2027-03", "#seeds=2&a=baseline&b=constant_hazard"],
)
def test_the_program_beside_the_table_prints_the_numbers_of_the_table(visitor, fragment, capsys):
    page = visitor.open(fragment)
    page.locator("#python-open").click()
    page.wait_for_selector("#python[open]")
    code = page.locator("#python-text").inner_text()
    names: dict[str, object] = {}
    exec(compile(code, "program", "exec"), names)  # noqa: S102 - the program is what is tested
    table = names["table"]
    assert str(table.index[0]) in capsys.readouterr().out
    for kpi in KPIS:
        shown = visitor.shown(kpi)
        for arm, column in (("a", "A"), ("b", "B"), ("difference", "B - A")):
            assert shown[arm] == pytest.approx(table[column][kpi], rel=1e-9, abs=1e-12, nan_ok=True), (kpi, arm)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_result_is_cited_with_all_that_is_needed_to_find_it(visitor, language):
    page = visitor.open(f"#language={language}&seeds=4&seed=7&b.policy.capacity_programme=0.4")
    page.locator("#cite-open").click()
    page.wait_for_selector("#cite[open]")
    words, entry = page.locator("#cite-text").inner_text(), page.locator("#cite-bibtex").inner_text()
    for text in (words, entry.replace("\\", "")):
        for part in (dxsim.__version__, "no_cooperation", "policy.capacity_programme=0.4", "seed=7", "teaching"):
            assert part in text
    assert page.url.partition("#")[2] in words
    assert entry.startswith("@software{")
    page.keyboard.press("Escape")
    assert page.locator("#cite").is_hidden()
    assert page.evaluate("document.activeElement.id") == "cite-open"
