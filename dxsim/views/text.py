"""Plain tables for a terminal, in which Japanese letters take two places."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from dxsim.characters import visible


def width(text: str) -> int:
    """Return how many places `text` takes on a terminal.

    Examples
    --------
    >>> width("DX 自治体")
    9
    """
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def columns(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Return rows as lines with aligned columns; those numbered in `right` are aligned to the right.

    Hidden characters of cells are written out.

    Examples
    --------
    >>> print(columns([["late", "9"], ["live", "10"]], right=[1]))
    late   9
    live  10
    """
    rows = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for place, (cell, total) in enumerate(zip(row, widths, strict=True)):
            space = " " * (total - width(cell))
            cells.append(space + cell if place in right else cell + space)
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def aligned(rows: Sequence[Sequence[str]], words: int) -> str:
    """Return rows as lines of which all but the first `words` columns are numbers."""
    return columns(rows, right=range(words, len(rows[0])))


def markdown(rows: Sequence[Sequence[str]], words: int) -> str:
    """Return rows, the first of them a head, as a table in Markdown; all but the first `words` columns are numbers."""
    rule = [*["---"] * words, *["--:"] * (len(rows[0]) - words)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (rows[0], rule, *rows[1:]))
