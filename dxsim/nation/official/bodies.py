"""What kind of municipality each is, and its fiscal index, from two lists of the Ministry of Internal Affairs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say
from dxsim.nation.codes import read_codes
from dxsim.nation.text import Table, figure, read_table

TYPES: Mapping[str, str] = {
    "政令指定都市": "designated_city",
    "中核市": "core_city",
    "施行時特例市": "special_case_city",
    "特別区": "special_ward",
}
SIZE_CLASSES = ("都市", "町村")  # 都市Ⅰ－３, 町村Ⅴ－２: no type of their own
SUFFIXES: Mapping[str, str] = {"市": "other_city", "区": "special_ward", "町": "town", "村": "village"}
CODE = ("団体コード", "code", "市区町村コード", "地方公共団体コード")
NAMES = {  # columns that say again what the code says
    "name": ("団体名", "市区町村名", "市町村名", "name"),
    "prefecture": ("都道府県名", "都道府県", "prefecture_name"),
}


class Listed(NamedTuple):
    """A row of a list: what it says of its municipality, nothing where it has no such column."""

    line: int
    name: str
    prefecture: str
    group: str = ""
    fiscal_index: float = math.nan


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


def agrees_with(group: str) -> tuple[str, ...]:
    """Return the types, as `type_from_name` tells them, that a municipality of this group may have.

    Examples
    --------
    >>> agrees_with("中核市"), agrees_with("町村Ⅴ－２")
    (('other_city',), ('town', 'village'))
    """
    if group in TYPES:
        return (TYPES[group] if group in ("政令指定都市", "特別区") else "other_city",)
    return ("other_city",) if group.startswith(SIZE_CLASSES[0]) else ("town", "village")


def read_groups(path: Path) -> dict[str, Listed]:
    """Read which municipalities are designated, core and special-case cities and special wards.

    Parameters
    ----------
    path : Path
        CSV in cp932 or UTF-8 with the columns 団体コード (five digits, or six with the check digit) and 区分.

    Returns
    -------
    dict of str to Listed
        Code -> its row; ``group`` is one of `TYPES`, or begins with one of `SIZE_CLASSES`.

    Raises
    ------
    InputError
        If it is another file, or a code or a group is wrong.
    """
    expected = say("MIC's list of municipalities by group of similar municipalities (類似団体), as CSV,")
    table = read_table(path, expected, {"code": CODE, "group": ("区分", "類型", "類似団体区分")}, NAMES)
    rows, problems = _by_code(table)
    types: dict[str, Listed] = {}
    for code, line, cells in rows:
        group = cells["group"]
        if code in types:
            problems.append(Problem(table.where(line), say("'{code}' stands twice", code=code)))
        if group not in TYPES and not group.startswith(SIZE_CLASSES):
            known = ", ".join([*TYPES, *(f"{size}…" for size in SIZE_CLASSES)])
            hint = nearest(group, list(TYPES))
            what = say("'{value}' is not one of {known}{hint}", value=group, known=known, hint=hint)
            problems.append(Problem(table.where(line), what))
        types[code] = Listed(line, cells.get("name", ""), cells.get("prefecture", ""), group)
    if problems:
        raise InputError(say("file '{file}'", file=path), problems)
    return types


def read_fiscal(path: Path) -> dict[str, Listed]:
    """Read the fiscal capability index (財政力指数).

    Parameters
    ----------
    path : Path
        CSV in cp932 or UTF-8 with a column of codes (団体コード or code) and a column 財政力指数 or fiscal_index. Where
        there's a column of fiscal years (fy or 年度), the latest year that has figures is used.

    Returns
    -------
    dict of str to Listed
        Code -> its row, with the ``index``; municipalities without a figure are left out.

    Raises
    ------
    InputError
        If it is another file, or a code, year or figure is wrong.
    """
    index = ("財政力指数", "fiscal_index")
    expected = say("a CSV file with a column of codes and a column 財政力指数 (MIC's 主要財政指標)")
    table = read_table(path, expected, {"code": CODE, "index": index}, {"year": ("fy", "年度"), **NAMES})
    rows, problems = _by_code(table)
    figures: dict[int, dict[str, Listed]] = {}
    for code, line, cells in rows:
        year = cells.get("year", "0")
        found = figure(cells["index"])
        if found is not None and math.isnan(found):
            continue
        if found is None or found < 0:
            what = say("the index is '{value}'; a figure was expected", value=cells["index"])
            problems.append(Problem(table.where(line), what))
        elif not re.fullmatch(r"[0-9]+", year):
            what = say("the fiscal year is '{value}'; a year was expected", value=year)
            problems.append(Problem(table.where(line), what))
        elif code in figures.setdefault(int(year), {}):
            problems.append(Problem(table.where(line), say("'{code}' stands twice", code=code)))
        else:
            row = Listed(line, cells.get("name", ""), cells.get("prefecture", ""), fiscal_index=found)
            figures[int(year)][code] = row
    if not figures and not problems:
        problems.append(Problem(table.name, say("no row has a figure")))
    if problems:
        raise InputError(say("file '{file}'", file=path), problems)
    return figures[max(figures)]


def _by_code(table: Table) -> tuple[list[tuple[str, int, dict[str, str]]], list[Problem]]:
    """Return five-digit codes with their lines and cells; rows without a code (totals, notes) are passed over."""
    rows = [(line, cells) for line, cells in table.rows if cells["code"]]
    codes, wrong = read_codes([cells["code"] for _, cells in rows])
    problems = [Problem(table.where(rows[place][0]), what) for place, what in sorted(wrong.items())]
    right = [place for place in range(len(rows)) if place not in wrong]
    return [(codes[place], *rows[place]) for place in right], problems
