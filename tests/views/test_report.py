"""Reports: one page that says everything, loads nothing, and opens in a browser, in both languages."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dxsim.analysis import compare
from dxsim.cli import main
from dxsim.language import LANGUAGES, by_language
from dxsim.nation.nation import Nation, write_nation
from dxsim.nation.small import grid_nation
from dxsim.records import Records, write_records
from dxsim.records.provenance import describe_run, now
from dxsim.scenario.scenario import load_scenario
from dxsim.sweep.runner import begin_sweep, run_sweep
from dxsim.sweep.store import Results
from dxsim.sweep.study import Study
from dxsim.terms.kpis import find_kpi
from dxsim.views.documents.report import run_report, sweep_report
from dxsim.views.labels import kpi_label, labels
from dxsim.views.quantities import SHOWN, scale_of_differences
from dxsim.views.sweep.differences import CHOSEN
from tests.views import of_run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
VOID = {"meta", "img", "br", "hr", "link", "input"}
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
Texts = dict[tuple[str, str], str]
HOSTILE = "</title><script>alert(1)</script> & <b>"


class Page(HTMLParser):
    """What stands in a page; a page that is not well formed does not get through."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.declared = ""
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_decl(self, decl: str) -> None:
        self.declared = decl

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return "\n".join(self.words)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def small() -> Nation:
    population = [3_000, 8_000, 20_000, 40_000, 70_000, 150_000] * 2
    types = ["village", "town", "town", "other_city", "other_city", "core_city"] * 2
    return grid_nation(3, 4, population=population, prefectures=2, type_=types)


@pytest.fixture(scope="module")
def results(small: Nation, tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("reports")
    write_nation(small, folder / "nation")
    study = Study(
        "reported",
        title={"en": HOSTILE, "ja": f"報告 {HOSTILE}"},
        question={"en": "Does it help?", "ja": "役に立つか。"},
        nation=str(folder / "nation"),
        levers={"policy.portability": [0.1, 0.9]},
        uncertainties={"vendor.capacity_ratio": {"low": 0.5, "high": 1.5}},
        constants={"vendor.count": 5},
        sample={"method": "latin_hypercube", "size": 3},
        seeds={"count": 2},
        outcomes={
            "kpis": "all",
            "strata": ["size_class", "type"],
            "months": {"columns": ["live"], "types": ["all"]},
            "municipalities": ["late_systems"],
        },
    )
    return run_sweep(study, folder / "sweep")


@pytest.fixture(scope="module")
def changed(four_bodies_records: Records, four_bodies: Nation) -> Records:
    """The run worked out by hand, as if of a scenario with policies and other parameters."""
    scenario = load_scenario("sunset_with_support", {"policy.deadline": "2026-03", "vendor.count": 7})
    return replace(four_bodies_records, manifest=describe_run(four_bodies, scenario, 1, now()))


@pytest.fixture(scope="module")
def texts(changed: Records, four_bodies: Nation, results: Results, small: Nation) -> Texts:
    """The reports on the run and on the sweep, by kind and language."""
    runs = {("run", language): run_report(changed, four_bodies, language) for language in LANGUAGES}
    return runs | {("sweep", language): sweep_report(results, small, language) for language in LANGUAGES}


def test_a_run_is_told_in_full(changed: Records, texts: Texts, language: str) -> None:
    page = Page(texts["run", language])
    text, words = labels(), page.text
    for name in changed.summary["kpi"]:
        kpi = find_kpi(name)[0]
        assert kpi_label(name, "2026-03") in words
        assert (kpi.formula if language == "en" else kpi.formula_ja) in words
    late = changed.summary.set_index("kpi").loc["late_share", "value"]
    assert f"{100 * late:.1f}" in words
    assert "residents.analog_rule" in words
    assert "vendor.count" in words
    assert "residents.support_desks = 1" in words
    assert changed.manifest["scenario"]["fingerprint"] in words
    assert changed.manifest["nation"]["fingerprint"] in words
    assert changed.manifest["packages"]["numba"] in words
    for caveat in ("one_run", "not_a_forecast", "not_calibrated", "not_modelled", "units"):
        assert text[f"caveat_{caveat}"] in words
    assert text["caveat_synthetic"] not in words  # it is a grid
    assert len(page.all("img")) == len(of_run.IN_REPORT)
    assert page.all("html") == [{"lang": language}]


def test_a_sweep_is_told_in_full(results: Results, texts: Texts, language: str) -> None:
    page = Page(texts["sweep", language])
    words, found = page.text, compare(results)
    for kpi in (name for name in CHOSEN if name in set(found.differences["kpi"])):
        rows = found.differences[found.differences["kpi"] == kpi]
        scale = scale_of_differences(rows)
        assert kpi_label(kpi) in words
        row = rows.iloc[0]
        assert scale.text(row["difference"], signed=True) in words
        assert scale.range_text(row["monte_carlo_low"], row["monte_carlo_high"]) in words
        assert scale.range_text(row["parametric_low"], row["parametric_high"]) in words
    assert "policy.portability=0.9" in words
    assert "vendor.capacity_ratio" in words
    assert "vendor.count" in words
    for fact in (results.manifest["sweep"], results.manifest["plan_fingerprint"], results.manifest["code"]["sources"]):
        assert fact in words
    names = [figure["id"] for figure in page.all("figure")]
    assert {
        "figure-differences",
        "figure-strata_size_class",
        "figure-strata_type",
        "figure-fan_live_parametric",
    } <= set(names)
    assert "figure-maps_late_systems" in names


@pytest.mark.parametrize("kind", ["run", "sweep"])
def test_it_is_sound_html_that_loads_nothing(texts: Texts, kind: str, language: str) -> None:
    text = texts[kind, language]
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>")
    assert page.declared.lower() == "doctype html"
    assert not {"script", "link", "iframe", "object", "base"} & {tag for tag, _ in page.elements}
    sources = [
        value for _, attributes in page.elements for name, value in attributes.items() if name in ("src", "href")
    ]
    assert all(source.startswith(("data:", "#")) for source in sources)
    assert all(address.startswith("data:") for address in re.findall(r"url\(([^)]*)\)", text))
    assert "@import" not in text
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert max(ids.values()) == 1
    assert {attributes["href"][1:] for attributes in page.all("a")} <= set(ids)
    assert all(len(image["alt"]) > 40 for image in page.all("img"))
    assert "{" not in html.unescape(re.sub(r"<(pre|style)>.*?</\1>|<[^>]*>", "", text, flags=re.DOTALL))
    if language == "ja":
        headings = re.findall(r"<h[23]>(.*?)</h[23]>", text)
        assert all(JAPANESE.search(heading) for heading in headings)


def test_what_a_study_says_can_not_become_part_of_the_page(texts: Texts) -> None:
    page = Page(texts["sweep", "en"])
    assert HOSTILE in page.text
    assert not page.all("script")
    assert not page.all("b")


def test_the_same_results_give_the_same_page(changed: Records, four_bodies: Nation, texts: Texts) -> None:
    assert run_report(changed, four_bodies, "ja") == texts["run", "ja"]


def test_without_the_nation_there_are_no_maps_and_it_says_so(changed: Records) -> None:
    page = Page(run_report(changed, None))
    assert labels()["report_no_nation"] in page.text
    assert {"figure-map", "figure-groups"}.isdisjoint(figure["id"] for figure in page.all("figure"))
    assert len(page.all("img")) == len(of_run.WITHOUT_MAPS)


def test_a_sweep_of_one_alternative_has_means_and_no_differences(small: Nation, tmp_path: Path) -> None:
    write_nation(small, tmp_path / "nation")
    study = Study("single", nation=str(tmp_path / "nation"), seeds={"count": 2})
    page = Page(sweep_report(run_sweep(study, tmp_path / "single"), small))
    assert labels()["report_differences"] not in page.words
    assert labels()["report_means"] in page.text
    assert all(kpi_label(name) in page.text for name in SHOWN if not name.startswith("live_share_20"))


CHECKS = """<script>addEventListener('load', async () => {
  await document.fonts.ready;
  const images = [...document.images], seen = images.filter(image => image.complete && image.naturalWidth > 300);
  const fits = document.documentElement.scrollWidth <= innerWidth, fonts = [...document.fonts].map(font => font.status);
  document.body.dataset.found = JSON.stringify([seen.length, images.length, fits, fonts]);
});</script></body>"""


@pytest.mark.skipif(CHROMIUM is None, reason="the browser test needs chromium, and there is none here")
@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_shows_it_without_complaint(texts: Texts, tmp_path: Path, language: str, width: int) -> None:
    file = tmp_path / "report.html"
    file.write_text(texts["run", language].replace("</body>", CHECKS), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", f"--window-size={width},800"]
    flags += [f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=10000", "--dump-dom"]
    done = subprocess.run(
        [str(CHROMIUM), *flags, file.as_uri()],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=True,
    )
    assert ":CONSOLE" not in done.stderr
    found = re.search(r'data-found="(.*?)"', done.stdout)
    assert found is not None
    seen, images, fits, fonts = json.loads(html.unescape(found[1]))
    assert (seen, images, fits) == (len(of_run.IN_REPORT), len(of_run.IN_REPORT), True)
    assert language == "en" or fonts == ["loaded"]


def test_the_command_writes_it_beside_the_results(
    changed: Records, results: Results, texts: Texts, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_records(changed, tmp_path / "run")
    assert main(["report", str(tmp_path / "run"), "language=ja"]) == 0
    printed = capsys.readouterr()
    assert str(tmp_path / "run.html") in printed.out
    assert by_language(labels)["ja"]["report_no_nation"] in printed.err  # nobody said where the grid is
    assert (tmp_path / "run.html").read_text(encoding="utf-8") == run_report(changed, None, "ja")
    assert main(["report", str(results.folder), "-o", str(tmp_path / "new" / "sweep.html")]) == 0
    assert (tmp_path / "new" / "sweep.html").read_text(encoding="utf-8") == texts["sweep", "en"]
    assert capsys.readouterr().err == ""


def test_what_is_wrong_is_said_and_nothing_is_written(
    changed: Records, four_bodies: Nation, small: Nation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_records(changed, tmp_path / "run")
    write_nation(small, tmp_path / "nation")
    (tmp_path / "folder").mkdir()
    begun = begin_sweep(Study("empty", nation=str(tmp_path / "nation")), tmp_path / "empty").results.folder
    before = sorted(tmp_path.rglob("*"))
    cases = [
        ([str(tmp_path / "nothing")], "not a folder of dxsim's records", "フォルダーではありません"),
        ([str(tmp_path / "run"), "-o", str(tmp_path / "folder")], "a folder, not a file", "フォルダーです"),
        (
            [str(tmp_path / "run"), "-o", str(tmp_path / "run" / "manifest.json" / "x.html")],
            "is a file",
            "ファイルです",
        ),
        ([str(tmp_path / "run"), "--nation", str(tmp_path / "nation")], "not the nation", "全国データではありません"),
        ([str(tmp_path / "run"), "--nation", str(tmp_path / "nowhere")], "nowhere", "nowhere"),
        ([str(begun)], "no run is done yet", "まだありません"),
    ]
    for arguments, english, japanese in cases:
        for language, expected in (("en", english), ("ja", japanese)):
            assert main(["report", *arguments, "--language", language]) == 2
            printed = capsys.readouterr()
            assert expected in printed.err, (arguments, printed.err)
            assert printed.out == ""
    assert sorted(tmp_path.rglob("*")) == before
