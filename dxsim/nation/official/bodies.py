"""What kind of municipality each is, and its fiscal index, from two lists of the Ministry of Internal Affairs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say
from dxsim.nation.text import Table, read_table
from dxsim.terms.municipalities import CODE_DIGITS

TYPES: Mapping[str, str] = {
    "政令指定都市": "designated_city",
    "中核市": "core_city",
    "施行時特例市": "special_case_city",
    "特別区": "special_ward",
}
SIZE_CLASSES = ("都市", "町村")  # 都市Ⅰ－３, 町村Ⅴ－２: no type of their own
SUFFIXES: Mapping[str, str] = {"市": "other_city", "区": "special_ward", "町": "town", "村": "village"}
CODE = ("団体コード", "code", "市区町村コード", "地方公共団体コード")
_NOT_KNOWN = ("", "-", "－", "…", "***")


def type_from_name(code: str, name: str) -> str:
    """Return the type of a municipality as far as its code and name tell it, or nothing.

    Designated cities have codes from 100 to 199 within their prefecture (the special wards, outside Tokyo none else);
    core and special-case cities can't be told from other cities.

    Examples
    --------
    >>> type_from_name("14130", "川崎市"), type_from_name("13101", "千代田区"), type_from_name("01303", "当別町")
    ('designated_city', 'special_ward', 'town')
    """
    kind = SUFFIXES.get(name[-1:], "")
    return "designated_city" if kind == "other_city" and code[2] == "1" else kind


def read_groups(path: Path) -> dict[str, str]:
    """Read which municipalities are designated, core and special-case cities and special wards.

    Parameters
    ----------
    path : Path
        CSV in cp932 or UTF-8 with the columns 団体コード (five digits, or six with the check digit) and 区分.

    Returns
    -------
    dict of str to str
        Code -> one of the types in `TYPES`, or nothing for a municipality that is grouped by size.

    Raises
    ------
    InputError
        If it is another file, or a code or a group is wrong.
    """
    expected = say("MIC's list of municipalities by group of similar municipalities (類似団体), as CSV,")
    table = read_table(path, expected, {"code": CODE, "group": ("区分", "類型", "類似団体区分")})
    rows, problems = _by_code(table)
    types: dict[str, str] = {}
    for code, line, cells in rows:
        group = cells["group"]
        if code in types:
            problems.append(Problem(table.where(line), say("'{code}' stands twice", code=code)))
        if group not in TYPES and not group.startswith(SIZE_CLASSES):
            known = ", ".join([*TYPES, *(f"{size}…" for size in SIZE_CLASSES)])
            hint = nearest(group, list(TYPES))
            what = say("'{value}' is not one of {known}{hint}", value=group, known=known, hint=hint)
            problems.append(Problem(table.where(line), what))
        types[code] = TYPES.get(group, "")
    if problems:
        raise InputError(say("file '{file}'", file=path), problems)
    return types


def read_fiscal(path: Path) -> dict[str, float]:
    """Read the fiscal capability index (財政力指数).

    Parameters
    ----------
    path : Path
        CSV in cp932 or UTF-8 with a column of codes (団体コード or code) and a column 財政力指数 or fiscal_index. Where
        there's a column of fiscal years (fy or 年度), the latest year that has figures is used.

    Returns
    -------
    dict of str to float
        Code -> index; municipalities without a figure are left out.

    Raises
    ------
    InputError
        If it is another file, or a code, year or figure is wrong.
    """
    index = ("財政力指数", "fiscal_index")
    expected = say("a CSV file with a column of codes and a column 財政力指数 (MIC's 主要財政指標)")
    table = read_table(path, expected, {"code": CODE, "index": index}, {"year": ("fy", "年度")})
    rows, problems = _by_code(table)
    figures: dict[int, dict[str, float]] = {}
    for code, line, cells in rows:
        year = cells.get("year", "0")
        if cells["index"] in _NOT_KNOWN:
            continue
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", cells["index"]):
            what = say("the index is '{value}'; a figure was expected", value=cells["index"])
            problems.append(Problem(table.where(line), what))
        elif not re.fullmatch(r"[0-9]+", year):
            what = say("the fiscal year is '{value}'; a year was expected", value=year)
            problems.append(Problem(table.where(line), what))
        elif code in figures.setdefault(int(year), {}):
            problems.append(Problem(table.where(line), say("'{code}' stands twice", code=code)))
        else:
            figures[int(year)][code] = float(cells["index"])
    if not figures and not problems:
        problems.append(Problem(table.name, say("no row has a figure")))
    if problems:
        raise InputError(say("file '{file}'", file=path), problems)
    return figures[max(figures)]


def _by_code(table: Table) -> tuple[list[tuple[str, int, dict[str, str]]], list[Problem]]:
    """Return five-digit codes with their lines and cells; rows without a code (totals, notes) are passed over.

    A spreadsheet may have dropped leading zeros, and lists of the Ministry add a check digit.
    """
    rows = [(line, cells) for line, cells in table.rows if cells["code"]]
    width = CODE_DIGITS + (max((len(cells["code"]) for _, cells in rows), default=0) > CODE_DIGITS)
    problems = [
        Problem(
            table.where(line),
            say("'{code}' is not a code of five digits, or six with the check digit", code=cells["code"]),
        )
        for line, cells in rows
        if not re.fullmatch(r"[0-9]{4,6}", cells["code"])
    ]
    return [(cells["code"].zfill(width)[:CODE_DIGITS], line, cells) for line, cells in rows], problems
