"""Notebooks: sources and executed notebooks belong together, run from top to bottom, and show what dxsim gives now."""

from __future__ import annotations

import base64
import io
import os
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from PIL import Image

import tests.notebooks.write
from tests.notebooks.execution import (
    KEY,
    REFRESH,
    SOLUTION,
    SOURCES,
    execute,
    for_readers,
    for_the_teacher,
    head_of_solution,
    is_tagged,
    read_source,
)
from tests.notebooks.reading import (
    answers,
    code_cells,
    figures,
    names_of_columns,
    seen,
    texts,
    unfounded,
    wrong_claims,
)

NAMES = [source.stem for source in SOURCES]
FAST = ("01_first_run",)  # executed every time; all of them and their solutions with -m long
EXERCISES = r"(?m)^## (Exercises|演習)"
TOLERANCE = 0.05  # of a picture's width and height: texts may be a little longer where fonts or numbers differ
LARGEST, LARGEST_OF_ALL = 1_000_000, 3_000_000  # bytes


def committed(source: Path) -> NotebookNode:
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


def exercises_of(source: Path) -> str:
    cells = [cell for cell in read_source(source).cells if cell.cell_type == "markdown"]
    return next(re.split(EXERCISES, cell.source)[-1] for cell in cells if re.search(EXERCISES, cell.source))


def pictures(cell: NotebookNode) -> list[tuple[int, int]]:
    """Return width and height of everything that a cell shows."""
    data = [output.data["image/png"] for output in cell.outputs if "image/png" in output.get("data", {})]
    return [Image.open(io.BytesIO(base64.b64decode(picture))).size for picture in data]


def test_there_are_ten_and_they_are_numbered() -> None:
    assert [name[:2] for name in NAMES] == [f"{number:02d}" for number in range(1, 11)]


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_the_executed_notebook_is_that_of_its_source(source: Path) -> None:
    ours, theirs = for_readers(read_source(source)), committed(source)
    told = f"{source.stem} was changed; run: {REFRESH}"
    assert [cell.cell_type for cell in ours.cells] == [cell.cell_type for cell in theirs.cells], told
    for one, other in zip(ours.cells, theirs.cells, strict=True):
        is_folded = one.source.startswith("<details>")
        assert (
            other.source.startswith(one.source.partition("**What")[0]) if is_folded else one.source == other.source
        ), told
    assert theirs.metadata == ours.metadata
    assert all(set(cell.metadata) == set() for cell in theirs.cells)  # no times, which differ from run to run


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_it_asks_first_and_ends_with_exercises(source: Path) -> None:
    cells = committed(source).cells
    question = "問い" if source.stem.endswith("_ja") else "**Question.**"
    assert question in "".join(cell.source for cell in cells[:4])
    assert cells[0].cell_type == "markdown"
    last = [cell for cell in cells if not cell.source.startswith("<details>")][-1]
    assert re.search(EXERCISES, last.source)


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_every_exercise_has_a_solution_that_says_what_comes_out(source: Path) -> None:
    exercises = re.findall(r"(?m)^\d+\. ", exercises_of(source))
    solutions = [cell.source for cell in read_source(source).cells if is_tagged(cell, SOLUTION)]
    assert len(exercises) == len(solutions) >= 3
    is_key = source.stem == "09_lecture_ja"
    text = KEY.read_text("utf-8") if is_key else "".join(cell.source for cell in committed(source).cells)
    for number, code in enumerate(solutions, start=1):
        head = head_of_solution(number, code, "ja" if is_key else "en")
        assert head in text, f"{source.stem} was changed; run: {REFRESH}"
        outcome = text.partition(head)[2].partition("</details>")[0]
        assert len(outcome.strip().splitlines()[-1]) > 20


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_an_answer_has_no_figure_that_is_not_shown_above_and_no_claim_that_its_interval_denies(source: Path) -> None:
    notebook = committed(source)
    assert answers(notebook)
    assert unfounded(notebook) == {}
    told = "\n".join(seen(cell) for cell in answers(notebook)) + "".join(cell.source for cell in notebook.cells)
    assert wrong_claims(told) == []


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_readers_see_words_and_no_names_of_columns(source: Path) -> None:
    assert names_of_columns("\n".join(seen(cell) for cell in code_cells(committed(source)))) == set()


def test_the_teachers_key_has_the_figures_of_the_lecture() -> None:
    source = next(source for source in SOURCES if source.stem == "09_lecture_ja")
    fixed = [
        cell.source for cell in read_source(source).cells if is_tagged(cell, "key") and cell.cell_type == "markdown"
    ]
    key = KEY.read_text("utf-8").partition("<details>")[0]
    for text in fixed:
        assert text in key
        key = key.replace(text, "")
    shown = set().union(*(figures(seen(cell)) for cell in code_cells(committed(source))))
    assert len(figures(key)) > 40
    assert figures(key) - shown == set()
    assert wrong_claims(key) == []


def test_a_wrong_figure_and_a_wrong_claim_are_noticed() -> None:
    notebook = committed(SOURCES[0])
    answer = answers(notebook)[-1].outputs[0].data
    assert "23.5" in answer["text/markdown"], "the figure that is changed below"
    answer["text/markdown"] = answer["text/markdown"].replace("23.5", "23.6")
    assert [figure for missing in unfounded(notebook).values() for figure in missing] == [23.6]
    sentence = "a difference of -2.0 points (95 % interval [{}], 8 seeds): {}."
    shown, denied = "a difference was shown, for the better", "no difference was shown"
    for ends, words, count in [
        ("-3, +1", shown, 1),
        ("-3, +1", denied, 0),
        ("-3, -1", shown, 0),
        ("-3, -1", denied, 1),
    ]:
        assert len(wrong_claims(sentence.format(ends, words))) == count
    japanese = "差は-2.0ポイント（95％信頼区間[-3.0, +1.0]、乱数6通り）で、差があり、望ましい方向です。"
    assert len(wrong_claims(japanese)) == 1
    assert names_of_columns("cost_per_resident, and `late_share` in code, and family_register 1") == {
        "cost_per_resident"
    }


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


@pytest.mark.parametrize("source", [source for source in SOURCES if source.stem in FAST], ids=FAST)
def test_what_is_committed_is_current(source: Path) -> None:
    assert_current(for_readers(execute(source, is_solved=False)), source)


@pytest.mark.long
@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_it_runs_from_top_to_bottom_with_its_solutions_and_what_is_committed_is_current(source: Path) -> None:
    executed = execute(source)
    assert_current(for_readers(executed), source)
    folded = [[cell.source for cell in notebook.cells] for notebook in (for_readers(executed), committed(source))]
    assert folded[0] == folded[1], f"a solution of {source.stem} is stale; run: {REFRESH} {int(source.stem[:2])}"
    if for_the_teacher(executed):
        assert for_the_teacher(executed) == KEY.read_text("utf-8"), f"the key is stale; run: {REFRESH} 9"


def assert_current(notebook: NotebookNode, source: Path) -> None:
    for now, before in zip(code_cells(notebook), code_cells(committed(source)), strict=True):
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
