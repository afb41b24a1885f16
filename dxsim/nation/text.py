"""Reading text files as people have them, and the figures in them: UTF-8 or cp932, perhaps cut off or another file."""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dxsim.errors import InputError, Problem, at_line, nearest
from dxsim.language import say

HEADER_LINES = 10  # published tables have a few lines of titles above the header
NOT_KNOWN = ("", "-", "--", "...", "***", "X", "x", "χ")  # marks of Japan's official statistics, after NFKC
_NUMBER = re.compile(r"[+-]?(([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_MINUS = str.maketrans("−‐–—―△▲", "-------")

Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Table:
    """Rows of a CSV file under their header.

    Parameters
    ----------
    name : str
        Name of the file.
    header : tuple of str
        Cells of the header, without blanks and line breaks.
    rows : tuple of (int, dict)
        Line in the file, and key -> cell for the columns that were asked for and found.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]

    def where(self, line: int) -> str:
        """Return how a problem names this line."""
        return at_line(self.name, line)


def figure(cell: str) -> float | None:
    """Return the figure in a cell as people and ministries write it: one rule for all readers.

    Thousands may have commas, digits may be wide, and △ is a minus.

    Returns
    -------
    float or None
        NaN for a blank or a mark that the figure is not known; None for what is neither.

    Examples
    --------
    >>> figure("1,234"), figure("△0.5"), figure("…"), figure("1,23"), figure("half")
    (1234.0, -0.5, nan, None, None)
    """
    text = unicodedata.normalize("NFKC", cell).strip().translate(_MINUS)
    if text in NOT_KNOWN:
        return math.nan
    return float(text.replace(",", "")) if _NUMBER.fullmatch(text) else None


def other_separator(lines: Sequence[str]) -> str:
    """Return what parts the cells in the first lines of a file, in words, if that is not the comma."""
    counts = {mark: sum(line.count(mark) for line in lines[:HEADER_LINES]) for mark in (",", ";", "\t")}
    most = max(counts, key=lambda mark: counts[mark])
    if most == ",":
        return ""
    mark = say("tabs") if most == "\t" else say("semicolons")
    return say("{mark} stand between the cells; save the file with commas", mark=mark)


def read_text(path: Path, expected: str) -> str:
    """Read a file of text in UTF-8 (with or without a byte-order mark) or cp932 (Shift_JIS).

    Parameters
    ----------
    path : Path
        The file.
    expected : str
        What the file should be, as said in a problem, for example ``a CSV file of vendors``.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If there is no such file, or it can't be read, is empty, cut off, or no such text.
    """
    subject = say("file '{file}'", file=path)
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        what = say("is a folder; {expected} was expected", expected=expected)
        raise InputError(subject, [Problem(path.name, what)]) from None
    except FileNotFoundError:
        siblings = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
        what = say("no such file{hint}", hint=nearest(path.name, siblings))
        raise InputError(subject, [Problem(str(path), what)]) from None
    except OSError as error:
        what = say("can't be read: {reason}", reason=error.strerror)
        raise InputError(subject, [Problem(str(path), what)]) from None
    text, wrong = _decode(data)
    if wrong:
        what = say("{wrong} ({expected} was expected)", wrong=wrong, expected=expected)
        raise InputError(subject, [Problem(path.name, what)])
    return text


def read_rows(path: Path, expected: str) -> list[Row]:
    """Read the rows of a CSV file that aren't blank, each with the number of its last line; see `read_text`."""
    text = read_text(path, expected)
    if wrong := other_separator(text.splitlines()):
        raise InputError(say("file '{file}'", file=path), [Problem(path.name, wrong)])
    reader = csv.reader(io.StringIO(text, newline=""))
    rows: list[Row] = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        what = say("{expected} was expected: {reason}", expected=expected, reason=error)
        problem = Problem(at_line(path.name, reader.line_num), what)
        raise InputError(say("file '{file}'", file=path), [problem]) from None
    return rows


def read_table(
    path: Path,
    expected: str,
    required: Mapping[str, tuple[str, ...]],
    optional: Mapping[str, tuple[str, ...]] | None = None,
) -> Table:
    """Read the columns of a CSV file that are wanted, wherever in its first lines the header stands.

    Parameters
    ----------
    path : Path
        UTF-8 or cp932.
    expected : str
        What the file should be, as said in a problem.
    required, optional : mapping of str to tuple of str
        Key -> the names that the column may have, in any case.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        As `read_text`; and if a required column isn't there, or rows are longer or shorter than the header.
    """
    rows = read_rows(path, expected)
    wanted = {**required, **(optional or {})}
    headers = [[_plain(cell) for cell in cells] for _, cells in rows[:HEADER_LINES]]
    places = [_places(header, wanted) for header in headers]
    best = max(range(len(places)), key=lambda row: (len(set(places[row]) & set(required)), -row), default=0)
    header, place = (headers[best], places[best]) if rows else ([], {})
    problems = [
        Problem(
            path.name,
            say(
                "no column '{column}'{hint} ({expected} was expected)",
                column=names[0],
                hint=_hint(names, header),
                expected=expected,
            ),
        )
        for key, names in required.items()
        if key not in place
    ]
    if problems:
        raise InputError(say("file '{file}'", file=path), problems)
    body = rows[best + 1 :]
    # Spreadsheets add empty cells at the end of a row, so only filled cells beyond the header are too many.
    problems = [
        Problem(
            at_line(path.name, line),
            say("{count} cells where the header has {width}", count=len(cells), width=len(header)),
        )
        for line, cells in body
        if len(cells) < len(header) or any(cells[len(header) :])
    ]
    if not body:
        problems.append(Problem(path.name, say("no row under the header")))
    if problems:
        raise InputError(say("file '{file}'", file=path), problems)
    return Table(
        path.name,
        tuple(header),
        tuple((line, {key: cells[column] for key, column in place.items()}) for line, cells in body),
    )


def _decode(data: bytes) -> tuple[str, str]:
    """Return the text, or what is wrong with it."""
    if data.startswith(b"PK\x03\x04"):
        return "", say("an Excel workbook or a ZIP archive; unpack it, or save the sheet as a CSV file")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return "", say("an Excel workbook; save the sheet as a CSV file")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "", say("text in UTF-16; save it as 'CSV UTF-8'")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return "", say("ends in the middle of a character: the file is cut off; fetch it again")
        try:
            text = data.decode("cp932")
        except UnicodeDecodeError:
            return "", say(
                "neither cp932 (Shift_JIS) nor UTF-8 text, or damaged; fetch the file again and keep it as it is"
            )
    if "\0" in text:
        return "", say("not a text file")
    return text, "" if text.strip() else say("the file is empty")


def _hint(names: tuple[str, ...], header: list[str]) -> str:
    return next((hint for name in names if (hint := nearest(name, header))), "")


def _plain(cell: str) -> str:
    return re.sub(r"\s", "", cell)


def _places(header: list[str], wanted: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    lowered = [cell.lower() for cell in header]
    return {
        key: lowered.index(name.lower())
        for key, names in wanted.items()
        for name in reversed(names)  # the first name that is there wins
        if name.lower() in lowered
    }
