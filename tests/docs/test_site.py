"""The site as a reader gets it: no dead link, nothing from outside, both languages, answers within two clicks."""

from __future__ import annotations

import csv
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest

import dxsim
from dxsim.app.lessons import LESSONS
from dxsim.cli import _parser
from dxsim.language import CATALOGUES, LANGUAGES, read_catalogue
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.scenario import scenario_names
from dxsim.terms.kpis import kpi_table

ROOT = Path(__file__).parents[2]
QUESTIONS = list(csv.DictReader((ROOT / "docs" / "questions.csv").open(encoding="utf-8")))
JAPANESE = ("index", "start", "researcher", "analyst", "lecturer", "lessons", "glossary")
RESOURCES = {"img": "src", "script": "src", "link": "href", "source": "src", "iframe": "src", "video": "src"}
CLICKS = 2


class Page(HTMLParser):
    """What a page holds: anchors, links, files that it shows, and the words of its headings by anchor."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.resources: list[str] = []
        self.headings: dict[str, str] = {}
        self.language = ""
        self._sections: list[str] = []
        self._in_heading = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if "id" in given:
            self.anchors.add(given["id"])
        if tag == "html":
            self.language = given["lang"]
        elif tag == "section":
            self._sections.append(given.get("id", ""))
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in RESOURCES and RESOURCES[tag] in given:
            self.resources.append(given[RESOURCES[tag]])
        self._in_heading = self._in_heading or bool(re.fullmatch("h[1-6]", tag))

    def handle_endtag(self, tag: str) -> None:
        if tag == "section":
            self._sections.pop()
        self._in_heading = self._in_heading and not re.fullmatch("h[1-6]", tag)

    def handle_data(self, data: str) -> None:
        if self._in_heading and self._sections:
            self.headings[self._sections[-1]] = self.headings.get(self._sections[-1], "") + data


@cache
def read(path: Path) -> Page:
    return Page(path)


def pages(site: Path) -> list[Path]:
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)


def is_outside(target: str) -> bool:
    return bool(urlsplit(target).scheme or urlsplit(target).netloc)


def goal(page: Path, target: str) -> tuple[Path, str]:
    """Return the file and the anchor that a link on a page leads to."""
    parts = urlsplit(target)
    return ((page.parent / unquote(parts.path)).resolve() if parts.path else page), unquote(parts.fragment)


def test_no_link_is_dead(site: Path) -> None:
    dead, followed = [], 0
    for page in pages(site):
        for target in read(page).links + read(page).resources:
            if is_outside(target):
                continue
            file, anchor = goal(page, target)
            followed += 1
            exists = file.is_file() and (not anchor or file.suffix != ".html" or anchor in read(file).anchors)
            dead += [] if exists else [f"{page.relative_to(site)}: {target}"]
    assert not dead
    assert followed > 5_000


def test_nothing_is_asked_of_another_host(site: Path) -> None:
    outside = [(page.name, target) for page in pages(site) for target in read(page).resources if is_outside(target)]
    assert [(name, target) for name, target in outside if not target.startswith("data:")] == []
    for style in site.rglob("*.css"):
        asked = re.findall(r"(?:url\(|@import)\s*['\"]?(https?:)?//", style.read_text(encoding="utf-8"))
        assert asked == [], style


def test_links_to_other_hosts_are_few_and_secure(site: Path) -> None:
    """They are listed, not followed: a test needs no network."""
    outside = {target for page in pages(site) for target in read(page).links if is_outside(target)}
    print("\n".join(sorted(outside)))
    assert all(target.startswith("https://") for target in outside), outside
    assert len(outside) < 50


def reached(site: Path, clicks: int) -> set[Path]:
    """Return the pages that are so many clicks away from the first one, or fewer."""
    found = layer = {site / "index.html"}
    for _ in range(clicks):
        links = {goal(page, target)[0] for page in layer for target in read(page).links if not is_outside(target)}
        layer = {page for page in links if page.suffix == ".html"} - found
        found = found | layer
    return found


def test_there_are_twelve_questions_from_all_who_come() -> None:
    assert len(QUESTIONS) == 12
    assert {row["who"] for row in QUESTIONS} == {"researcher", "analyst", "lecturer", "developer"}
    headings = re.findall(r"^## (.*\?)$", (ROOT / "docs" / "questions.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == [row["question"] for row in QUESTIONS]


@pytest.mark.parametrize("row", QUESTIONS, ids=lambda row: row["anchor"])
def test_a_question_is_answered_within_two_clicks(site: Path, row: dict[str, str]) -> None:
    answer = site / f"{row['page']}.html"
    assert answer in reached(site, CLICKS)
    assert read(answer).headings[row["anchor"]].strip()
    asked = read(site / "docs" / "questions.html")
    assert (answer, row["anchor"]) in [goal(site / "docs" / "questions.html", target) for target in asked.links]


@pytest.mark.parametrize("name", JAPANESE)
def test_a_page_and_its_counterpart_lead_to_each_other(site: Path, name: str) -> None:
    english = site / ("index.html" if name == "index" else f"docs/{name}.html")
    japanese = site / "docs" / "ja" / f"{name}.html"
    assert (read(english).language, read(japanese).language) == ("en", "ja")
    assert japanese in [goal(english, target)[0] for target in read(english).links]
    assert english in [goal(japanese, target)[0] for target in read(japanese).links]
    assert len(read(english).headings) == len(read(japanese).headings) or name == "index"


def words_of(site: Path, page: str) -> str:
    return (site / "docs" / f"{page}.html").read_text(encoding="utf-8")


def test_the_reference_holds_all_that_there_is(site: Path) -> None:
    assert set(scenario_names()) <= {heading.rstrip("#") for heading in headings(site, "reference/scenarios")}
    text = words_of(site, "reference/parameters")
    assert all(f">{parameter.name}<" in text for parameter in REGISTRY.values())
    text = words_of(site, "reference/kpis")
    assert all(f">{name}<" in text for name in kpi_table())
    commands = {f"dxsim {name}" for action in _parser()._actions for name in getattr(action, "choices", None) or ()}
    assert commands <= {heading.rstrip("#") for heading in headings(site, "reference/commands")}
    named = {f"dxsim.{name}" for name in dxsim.__all__ if name not in ("__version__", "plots")}
    assert named <= read(site / "docs" / "reference" / "python.html").anchors
    assert {f"dxsim.plots.{name}" for name in dir(dxsim.plots) if name != "Plot"} <= read(
        site / "docs" / "reference" / "python.html"
    ).anchors


def headings(site: Path, page: str) -> list[str]:
    return [heading.strip() for heading in read(site / "docs" / f"{page}.html").headings.values()]


@pytest.mark.parametrize("page", ["lessons", "ja/lessons"])
def test_every_lesson_has_its_question(site: Path, page: str) -> None:
    language = "ja" if page.startswith("ja/") else "en"
    texts = {
        key: text[LANGUAGES.index(language)] for path in CATALOGUES.glob("*.po") for key, *text in read_catalogue(path)
    }
    titles = [heading.rstrip("#") for heading in headings(site, page)[1:]]
    assert titles == [texts[f"lesson_{lesson.name}"] for lesson in LESSONS]


def test_the_index_for_assistants_lists_every_page(site: Path) -> None:
    text = (site / "llms.txt").read_text(encoding="utf-8")
    listed = re.findall(r"^- \[.+?\]\(([^)]+)\)", text, re.MULTILINE)
    made = {"genindex.html", "search.html"}
    assert set(listed) == {page.relative_to(site).as_posix() for page in pages(site)} - made
    assert text.startswith(f"# dxsim {dxsim.__version__}\n\n> ")


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOWN = ("index", "docs/start", "docs/ja/lecturer", "docs/reference/parameters", "notebooks/01_first_run")


@pytest.mark.skipif(CHROMIUM is None, reason="the browser tests need chromium, and there is none here")
@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_pages_fit_a_screen_and_a_phone_and_ask_nobody(site: Path, size: tuple[int, int]) -> None:
    with ThreadPoolExecutor(1) as pool:  # a browser of other tests may have left a loop in this thread
        widths, asked, faults = pool.submit(look, site, size).result()
    assert {name: width for name, width in widths.items() if width > size[0]} == {}
    assert faults == []
    assert all(url.startswith(("file:", "data:")) for url in asked)


def look(site: Path, size: tuple[int, int]) -> tuple[dict[str, int], list[str], list[str]]:
    """Return how wide pages are, what the browser asked for, and what went wrong in it; the search must find."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need playwright")
    asked: list[str] = []
    faults: list[str] = []
    widths = {}
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        for name in SHOWN:
            page.goto((site / f"{name}.html").as_uri())
            widths[name] = page.evaluate("document.documentElement.scrollWidth")
        for words, found in (("common random numbers", "docs/concepts.html"), ("参加コード", "docs/ja/lecturer.html")):
            page.goto((site / "search.html").as_uri() + f"?q={quote(words)}")
            page.wait_for_selector(f"ul.search li a[href*='{found}']")
        browser.close()
    return widths, asked, faults
