"""What a reader sees of an executed notebook: texts, figures in them, and answers."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator

from nbformat import NotebookNode

ANSWER = "text/markdown"  # only answers are shown as Markdown
_FIGURE = re.compile(r"(?<![A-Za-z0-9_.])\d[\d,]*(?:\.\d+)?")
_CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
_SEEDS = re.compile(r"\d+ seeds|乱数\d+通り")
_INTERVAL = re.compile(
    r"(?:95 % interval |95％信頼区間)\[([-+\d.,]+), ([-+\d.,]+)\][^:：で]*?(?:\): |）で、)([^.。;]*)"
)
NO_CLAIM = ("no difference was shown", "差があるとは示されていません")


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the cells that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(cell: NotebookNode) -> Iterator[tuple[str, str]]:
    """Yield everything that a cell says in words, with where it says it."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.name, output.text
        else:
            yield from ((kind, text) for kind, text in sorted(output.data.items()) if kind.startswith("text/"))


def answers(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the cells that answer a question."""
    return [cell for cell in code_cells(notebook) if any(kind == ANSWER for kind, _ in texts(cell))]


def figures(text: str) -> set[float]:
    """Return the numbers in a text, without their signs.

    Examples
    --------
    >>> sorted(figures("-7,701 yen [-8.5, +0.3], R4 and March 2026"))
    [0.3, 8.5, 2026.0, 7701.0]
    """
    return {float(number.rstrip(",").replace(",", "")) for number in _FIGURE.findall(text)}


def seen(cell: NotebookNode) -> str:
    """Return what a reader sees of a cell's output: tables without their tags, prints, pictures in words."""
    parts = [re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL) for kind, text in texts(cell)]
    return html.unescape(re.sub(r"<[^>]+>", " ", "\n".join(parts)))


def written(cell: NotebookNode) -> str:
    """Return what an answer's source says whatever comes out: the texts in it without what is filled in."""
    constants = (node.value for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Constant))
    return "\n".join(value for value in constants if isinstance(value, str))


def unfounded(notebook: NotebookNode) -> dict[str, set[float]]:
    """Return the figures of answers that no output above shows, by the answer that has them.

    A share may be told in per cent. What is written into an answer itself, and the number of seeds, is no result but
    design: a source above must have it.
    """
    found, shown, sources = {}, set[float](), set[float]()
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell in answers(notebook):
            told = "\n".join(text for kind, text in texts(cell) if kind == ANSWER)
            given = figures("\n".join([written(cell), *_SEEDS.findall(told)])) & sources
            missing = {
                figure
                for figure in figures(told) - given - shown
                if not any(abs(100 * share - figure) < 1e-9 for share in shown)
            }
            if missing:
                found[told] = missing
        sources |= figures(cell.source)
        if cell.cell_type == "code":
            shown |= figures(seen(cell))
    return found


def wrong_claims(text: str) -> list[str]:
    """Return the sentences that claim a difference though their interval holds zero, or none though it does not."""
    wrong = []
    for found in _INTERVAL.finditer(text):
        low, high = (float(end.replace(",", "")) for end in found.groups()[:2])
        holds_zero = low <= 0 <= high
        if holds_zero and low == high == 0:
            continue
        if holds_zero != any(words in found[3] for words in NO_CLAIM):
            wrong.append(found[0])
    return wrong


def names_of_columns(text: str) -> set[str]:
    """Return what looks like a name of a column in a text for readers; code is none."""
    plain = re.sub(r"\b[a-z_]+ \d+\b", "", _CODE.sub("", text))  # vendors that sell one thing are called after it
    return set(re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", plain))
