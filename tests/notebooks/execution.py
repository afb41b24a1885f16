"""How notebooks are executed: from their sources, in this environment, in a folder of their own.

A source holds more than the notebook that is read. Code cells with the tag ``solution`` follow the exercises; readers
get them folded, with what they print. Cells with the tag ``key`` are for the teacher alone: they go to a file of
their own, and in such a notebook the solutions go there too.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jupytext
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

FOLDER = Path(__file__).parents[2] / "notebooks"
SOURCES = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
KEY = FOLDER / "09_teachers_key_ja.md"
REFRESH = "python dev.py python -m tests.notebooks.write"
SECONDS = 600  # for one cell, with a model to compile
SOLUTION, FOR_THE_TEACHER = "solution", "key"  # tags
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_WORDS = {"en": ("Solution", "What comes out"), "ja": ("解答例", "実行結果")}


def read_source(source: Path) -> NotebookNode:
    """Return all cells of a source, without outputs; the same source gives the same cells."""
    notebook = jupytext.read(source, fmt="py:percent")
    for cell in notebook.cells:
        cell.metadata = NotebookNode({"tags": cell.metadata.get("tags", [])})
    return notebook


def execute(source: Path, *, is_solved: bool = True) -> NotebookNode:
    """Return all cells of a source with their outputs, run from top to bottom in a new kernel of this Python.

    Parameters
    ----------
    source : Path
        In percent format.
    is_solved : bool
        Whether solutions are executed too.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    """
    notebook = read_source(source)
    if not is_solved:
        notebook.cells = [cell for cell in notebook.cells if not is_tagged(cell, SOLUTION)]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(FOLDER.parent)}
        client = NotebookClient(
            notebook,
            timeout=SECONDS,
            kernel_name="python3",  # jupyter_client starts this Python for it
            kernel_manager_class=AsyncKernelManager,
            resources={"metadata": {"path": folder}},
            record_timing=False,
        )
        client.execute(env=environment)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
    return notebook


def for_readers(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook that is read: solutions folded, or left out where they are for the teacher."""
    has_key = any(is_tagged(cell, FOR_THE_TEACHER) for cell in notebook.cells)
    cells = [cell for cell in notebook.cells if not is_tagged(cell, SOLUTION) and not is_tagged(cell, FOR_THE_TEACHER)]
    cells += [] if has_key else [new_markdown_cell(text) for text in _folded(notebook, "en")]
    shown = NotebookNode(cells=cells, metadata=NotebookNode(KERNEL), nbformat=4, nbformat_minor=5)
    for number, cell in enumerate(shown.cells, start=1):
        cell.metadata, cell["id"] = NotebookNode(), f"cell-{number}"
    return shown


def for_the_teacher(notebook: NotebookNode) -> str:
    """Return the teacher's key: what cells with that tag say, then the solutions; nothing if there is none."""
    cells = [cell for cell in notebook.cells if is_tagged(cell, FOR_THE_TEACHER)]
    parts = [cell.source if cell.cell_type == "markdown" else _told(cell) for cell in cells]
    return "\n\n".join([*parts, *_folded(notebook, "ja")]) + "\n" if parts else ""


def is_tagged(cell: NotebookNode, tag: str) -> bool:
    """Return whether a cell of a source has a tag."""
    return tag in cell.metadata.get("tags", [])


def head_of_solution(number: int, code: str, language: str) -> str:
    """Return a folded solution up to what comes out of it."""
    return f"<details>\n<summary>{_WORDS[language][0]} {number}</summary>\n\n```python\n{code}\n```\n\n"


def _folded(notebook: NotebookNode, language: str) -> Iterator[str]:
    for number, cell in enumerate((cell for cell in notebook.cells if is_tagged(cell, SOLUTION)), start=1):
        end = f"**{_WORDS[language][1]}**\n\n{_told(cell)}\n\n</details>"
        yield head_of_solution(number, cell.source, language) + end


def _told(cell: NotebookNode) -> str:
    """Return what a cell says: Markdown as it is, or the lines that it prints."""
    texts = [
        output.text.strip().replace("\n", "  \n") if output.output_type == "stream" else output.data["text/markdown"]
        for output in cell.outputs
    ]
    return "\n\n".join(texts)


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return outputs with neighbouring pieces of a stream as one, however the kernel happened to cut them."""
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last is not None and output.output_type == "stream" == last.output_type and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined
