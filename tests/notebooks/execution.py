"""How notebooks are executed: from their sources, in this environment, in a folder of their own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import jupytext
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).parents[2] / "notebooks"
SOURCES = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
REFRESH = "python dev.py python -m tests.notebooks.write"
SECONDS = 300  # for one cell, with a model to compile
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def read_source(source: Path) -> NotebookNode:
    """Return a notebook as its source has it, without outputs; the same source gives the same notebook."""
    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = NotebookNode(KERNEL)
    for number, cell in enumerate(notebook.cells, start=1):
        cell.metadata = NotebookNode()
        cell["id"] = f"cell-{number}"
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def execute(source: Path) -> NotebookNode:
    """Return a notebook with its outputs, run from top to bottom in a new kernel of this Python.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    """
    notebook = read_source(source)
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
            cell.metadata = NotebookNode()
            cell.outputs = _joined(cell.outputs)
    notebook.metadata = NotebookNode(KERNEL)
    return notebook


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
