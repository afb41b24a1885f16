"""Every example of the documentation runs as it stands there, page by page, in an empty folder.

An example that is not run has a comment above it that says why. Files of an example are named in their first line.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from dxsim.cli import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SWEEP = ROOT / "experiments" / "capacity_or_specifications" / "sweep"
BLOCK = re.compile(r"(?:^<!-- not run: (?P<reason>[^\n]+) -->\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S)
RUN = ("console", "python", "yaml")
NOT_RUN = ("r", "sql", "text")  # R and SQL: test_r_page.py; text: what is printed or written by others


@dataclass(frozen=True)
class Example:
    kind: str
    text: str
    reason: str | None


def examples(page: Path) -> list[Example]:
    return [
        Example(found["kind"], found["text"], found["reason"])
        for found in BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]


PAGES = [page for page in sorted(DOCS.rglob("*.md")) if examples(page)]
ENGLISH = [page for page in PAGES if page.parent.name != "ja"]


def test_every_example_is_of_a_kind_that_is_known() -> None:
    found = {example.kind for page in PAGES for example in examples(page)}
    assert found <= {*RUN, *NOT_RUN}
    assert all(page.read_text(encoding="utf-8").count("\n```") == 2 * len(examples(page)) for page in PAGES)


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name == "ja"], ids=lambda page: page.stem)
def test_examples_in_japanese_are_those_in_english(page: Path) -> None:
    assert examples(page) == examples(DOCS / page.name)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("webbrowser.open", lambda url: True)
    return tmp_path


@pytest.mark.parametrize("page", ENGLISH, ids=lambda page: page.stem)
def test_the_examples_of_a_page_run(desk: Path, page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for example in examples(page):
        if example.reason or example.kind in NOT_RUN:
            continue
        if example.kind == "yaml":
            (desk / example.text.splitlines()[0].removeprefix("# ")).write_text(example.text, encoding="utf-8")
        elif example.kind == "python":
            exec(example.text, names)  # noqa: S102 - our own page
        else:
            for line in example.text.splitlines():
                dollar, program, *arguments = shlex.split(line)
                assert (dollar, program) == ("$", "dxsim"), line
                try:
                    status = main(arguments)
                except SystemExit as end:  # --version
                    status = int(end.code or 0)
                assert status == 0, f"{line}: {capsys.readouterr().err}"


def test_a_sweep_is_read_with_other_tools() -> None:
    blocks = {item.kind: item.text.replace("FOLDER", str(SWEEP)) for item in examples(ROOT / "experiments/EXCHANGE.md")}
    *steps, last = blocks["python"].strip().splitlines()
    names: dict[str, object] = {}
    exec("\n".join(steps), names)  # noqa: S102 - our own page
    by_pandas = eval(last, names)  # noqa: S307
    by_duckdb = {scenario: late for scenario, late, _ in duckdb.sql(blocks["sql"]).fetchall()}
    assert dict(by_pandas) == pytest.approx(by_duckdb)
    assert by_duckdb["baseline"] > 0
