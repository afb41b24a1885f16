"""Texts that commands write into the README of an experiment."""

from __future__ import annotations

from pathlib import Path

from dxsim.files import write_text

START, END = "<!-- table -->\n", "<!-- end of table -->\n"
OF_SECTIONS = "<!-- tables -->\n", "<!-- end of tables -->\n"  # of the ODD


def write_between_marks(file: Path, text: str, marks: tuple[str, str] = (START, END)) -> None:
    """Replace what stands between the marks in `file`."""
    start, end = marks
    before, _, rest = file.read_text(encoding="utf-8").partition(start)
    write_text(file, f"{before}{start}\n{text}\n{end}{rest.partition(end)[2]}")


def table(rows: list[list[str]], words: int = 1) -> str:
    """Return a Markdown table from rows with a head; the first `words` columns are words, the others numbers."""
    rule = ["---"] * words + ["--:"] * (len(rows[0]) - words)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (rows[0], rule, *rows[1:])) + "\n"
