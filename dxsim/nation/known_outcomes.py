"""What is known of each municipality today, from a plain table of a user's own: who is late, who uses AI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dxsim.errors import InputError, Problem, capped, nearest
from dxsim.files import sha256
from dxsim.language import say
from dxsim.nation.codes import with_five_digits
from dxsim.nation.nation import Nation
from dxsim.nation.text import Table, read_table

OUTCOMES: Mapping[str, Mapping[str, str]] = {
    "late": {"en": "has a late system, December 2025", "ja": "2025年12月に遅延システムがある"},
    "late_10": {"en": "has ten late systems or more, December 2025", "ja": "2025年12月に遅延システムが10以上ある"},
    "automation": {"en": "uses AI, mid-2024", "ja": "2024年半ばにAIを利用している"},
}
"""Outcome of a municipality, a column of the table -> what it means, by language."""
_CELLS = {"0": 0.0, "1": 1.0, "": np.nan}


@dataclass(frozen=True)
class KnownOutcomes:
    """What is known of the municipalities of a nation.

    Parameters
    ----------
    values : ndarray of float64, shape (outcomes, n)
        1 for yes, 0 for no, nan where it is not known; rows in the order of `names`, columns in that of the nation.
    names : tuple of str
        Keys of `OUTCOMES`, at least one.
    fingerprint : str
        SHA-256 of the file.
    """

    values: npt.NDArray[np.float64]
    names: tuple[str, ...]
    fingerprint: str

    def __iter__(self) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
        """Yield the name of each outcome and what is known of it, (n,)."""
        return iter(zip(self.names, self.values, strict=True))


def read_known_outcomes(path: Path, nation: Nation) -> KnownOutcomes:
    """Read what is known of municipalities.

    Parameters
    ----------
    path : Path
        CSV in UTF-8 or cp932, one row for each municipality of which something is known: ``code`` (five digits), and at
        least one of the columns of `OUTCOMES`, each cell ``0``, ``1`` or blank (not known).
    nation : Nation
        Whose municipalities the rows name.

    Raises
    ------
    InputError
        With every problem in the file: unknown columns and codes, cells that are neither 0 nor 1, rows that stand
        twice, outcomes of which only one answer is known.
    """
    expected = say("a CSV file with the column code and at least one of {columns}", columns=", ".join(OUTCOMES))
    table = read_table(path, expected, {"code": ("code",)}, {name: (name,) for name in OUTCOMES})
    table = replace(table, rows=with_five_digits(table.rows))
    columns = ["code", *OUTCOMES]
    problems = [
        Problem(table.name, say("unknown column '{column}'{hint}", column=name, hint=nearest(name, columns)))
        for name in table.header
        if name and name.lower() not in columns
    ]
    present = tuple(name for name in OUTCOMES if any(name in cells for _, cells in table.rows))
    row = {code: place for place, code in enumerate(nation.municipalities["code"])}
    problems += capped(_cell_problems(table, row, present))
    if not present:
        problems.append(
            Problem(table.name, say("needs at least one of the columns {columns}", columns=", ".join(OUTCOMES)))
        )
    if problems:
        raise InputError(say("outcomes '{file}'", file=path), problems)
    values = np.full((len(present), len(row)), np.nan)
    for _, cells in table.rows:
        values[:, row[cells["code"]]] = [_CELLS[cells.get(name, "")] for name in present]
    problems = [
        Problem(f"{table.name}: {name}", say("needs municipalities with 0 and with 1"))
        for name, known in zip(present, values, strict=True)
        if np.unique(known[~np.isnan(known)]).size < 2
    ]
    if problems:
        raise InputError(say("outcomes '{file}'", file=path), problems)
    return KnownOutcomes(values, present, sha256(path))


def _cell_problems(table: Table, row: Mapping[str, int], present: tuple[str, ...]) -> list[Problem]:
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    codes = list(row)
    for line, cells in table.rows:
        code = cells["code"]
        wrong = []
        if code not in row:
            hint = nearest(code, [other for other in codes if other[:2] == code[:2]])
            wrong.append(say("code '{code}' is not a municipality of the nation{hint}", code=code, hint=hint))
        elif code in seen:
            wrong.append(say("'{code}' stands twice, first in line {line}", code=code, line=seen[code]))
        seen.setdefault(code, line)
        wrong += [
            say("{column} must be 0, 1 or blank (got '{value}')", column=name, value=cells[name])
            for name in present
            if cells.get(name, "") not in _CELLS
        ]
        problems += [Problem(table.where(line), what) for what in wrong]
    return problems
