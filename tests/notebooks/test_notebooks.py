"""Notebooks: sources and executed notebooks belong together, run from top to bottom, and show what dxsim gives now."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from PIL import Image

import tests.notebooks.write
from tests.notebooks.execution import REFRESH, SOURCES, execute, read_source

NAMES = [source.stem for source in SOURCES]
FAST = ("01_first_run", "07_sweep")  # executed every time; the others with -m long
TOLERANCE = 0.05  # of a picture's width and height: texts may be a little longer where fonts or numbers differ
LARGEST, LARGEST_OF_ALL = 1_000_000, 3_000_000  # bytes


def committed(source: Path) -> NotebookNode:
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(cell: NotebookNode) -> Iterator[tuple[str, str]]:
    """Yield everything that a cell says in words, with where it says it."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.name, output.text
        else:
            yield from ((kind, text) for kind, text in sorted(output.data.items()) if kind.startswith("text/"))


def pictures(cell: NotebookNode) -> list[tuple[int, int]]:
    """Return width and height of everything that a cell shows."""
    data = [output.data["image/png"] for output in cell.outputs if "image/png" in output.get("data", {})]
    return [Image.open(io.BytesIO(base64.b64decode(picture))).size for picture in data]


def test_there_are_ten_and_they_are_numbered() -> None:
    assert [name[:2] for name in NAMES] == [f"{number:02d}" for number in range(1, 11)]


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_the_executed_notebook_is_that_of_its_source(source: Path) -> None:
    ours, theirs = read_source(source), committed(source)
    assert [(cell.cell_type, cell.source) for cell in ours.cells] == [
        (cell.cell_type, cell.source) for cell in theirs.cells
    ], f"{source.stem} was changed; run: {REFRESH}"
    assert theirs.metadata == ours.metadata
    assert all(set(cell.metadata) == set() for cell in theirs.cells)  # no times, which differ from run to run


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_it_asks_first_and_ends_with_exercises(source: Path) -> None:
    cells = read_source(source).cells
    question, exercises = ("問い", "演習") if source.stem.endswith("_ja") else ("**Question.**", "## Exercises")
    assert question in "".join(cell.source for cell in cells[:4])
    assert cells[0].cell_type == "markdown"
    assert exercises in cells[-1].source
    assert cells[-1].source.count("\n1. ") + cells[-1].source.count("\n2. ") >= 2


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_its_outputs_are_small_described_and_without_warnings_or_places(source: Path) -> None:
    assert source.with_suffix(".ipynb").stat().st_size < LARGEST
    shown = 0
    for cell in code_cells(committed(source)):
        assert cell.execution_count
        for kind, text in texts(cell):
            assert kind != "stderr", text
            assert not any(place in text for place in ("/tmp/", "/home/", os.sep + "work" + os.sep)), text  # noqa: S108
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                shown += 1
                assert output.metadata["image/png"]["alt"] == output.data["text/plain"]
                assert len(output.data["text/plain"]) > 40
    assert shown


def test_all_notebooks_together_are_small() -> None:
    assert sum(source.with_suffix(".ipynb").stat().st_size for source in SOURCES) < LARGEST_OF_ALL


@pytest.mark.parametrize(
    "source",
    [pytest.param(source, marks=[] if source.stem in FAST else pytest.mark.long) for source in SOURCES],
    ids=NAMES,
)
def test_it_runs_from_top_to_bottom_and_what_is_committed_is_current(source: Path) -> None:
    fresh, kept = code_cells(execute(source)), code_cells(committed(source))
    for now, before in zip(fresh, kept, strict=True):
        told = f"{source.stem} is stale; run: {REFRESH} {int(source.stem[:2])}\n{now.source}"
        assert list(texts(now)) == list(texts(before)), told
        assert len(pictures(now)) == len(pictures(before)), told
        for one, other in zip(pictures(now), pictures(before), strict=True):
            assert one == pytest.approx(other, rel=TOLERANCE), told


def test_a_cell_that_fails_or_changes_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer writes what was executed, and stale outputs do not pass for current ones."""
    source = tmp_path / "01_small.py"
    source.write_text("# %%\nprint(1 + 1)\n", encoding="utf-8")
    monkeypatch.setattr(tests.notebooks.write, "SOURCES", [source])
    tests.notebooks.write.main(["1"])
    assert list(texts(code_cells(committed(source))[0])) == [("stdout", "2\n")]
    source.write_text("# %%\nprint(1 + 2)\n", encoding="utf-8")
    assert read_source(source).cells[0].source != committed(source).cells[0].source
    assert list(texts(code_cells(execute(source))[0])) != list(texts(code_cells(committed(source))[0]))
    source.write_text("# %%\n1 / 0\n", encoding="utf-8")
    with pytest.raises(Exception, match="ZeroDivisionError"):
        execute(source)
