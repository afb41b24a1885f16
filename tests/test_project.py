"""The papers at the door agree with the package: one version, one licence, links and files that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import dxsim

ROOT = Path(__file__).parents[1]
PAPERS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md")


def test_one_version_and_one_licence() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["version"] == dxsim.__version__
    assert citation["license"] == project["license"]
    assert citation["keywords"] == project["keywords"]
    assert citation["authors"] == project["authors"]
    assert {"cff-version", "message", "title"} <= set(citation)  # what the format requires besides authors
    assert all((ROOT / name).is_file() for name in project["license-files"])


@pytest.mark.parametrize("paper", PAPERS)
def test_links_lead_somewhere(paper: str) -> None:
    path = ROOT / paper
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (path.parent / target).exists(), target


def test_the_picture_of_the_architecture_has_the_rooms_that_there_are() -> None:
    picture = (ROOT / "docs" / "rooms.svg").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in (ROOT / "dxsim").glob("*/__init__.py")}
    assert set(re.findall(r'font-weight="bold"[^>]*>(\w+)<', picture)) == rooms


def test_every_file_of_a_recipe_exists() -> None:
    rows = [row for row in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines() if row.startswith("| `")]
    folder = ROOT
    for row in rows:
        for name in re.findall(r"`([\w/]+\.(?:py|csv|md))`", row.split("|")[1]):
            path = ROOT / name if "/" in name else folder / name  # a bare name is in the folder of the one before
            folder = path.parent
            assert path.is_file() or "NAME" in path.stem, name


def test_every_entry_says_whether_it_changes_results() -> None:
    entries = re.findall(r"^- .*$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert entries
    assert all(re.match(r"- \[(results|same)\] ", entry) for entry in entries)
