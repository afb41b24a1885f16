"""Municipalities' statistics from SSDSE-A (NSTAC, 教育用標準データセット 市区町村).

The file has three lines of header (codes, years and Japanese names of the items) and one line for each municipality.
Items are found by their code, so any edition will do that holds those of the 2020 census or later.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dxsim.errors import InputError, Problem, at_line
from dxsim.language import say
from dxsim.nation.text import Row, figure, read_rows

REQUIRED: Mapping[str, str] = {
    "population": "A1101",
    "population_under_15": "A1301",
    "population_15_64": "A1302",
    "population_65_over": "A1303",
    "population_75_over": "A1419",
}
OPTIONAL: Mapping[str, str] = {
    "fiscal_index": "D2201",  # in some editions only
    "staff": "D1202",
    "revenue_kyen": "D3201",
    "local_tax_kyen": "D320101",
    "expenditure_kyen": "D3203",
    "current_balance_ratio": "D2203",
    "real_debt_service_ratio": "D2211",
    "area_hectares": "B1101",
    "habitable_hectares": "B1103",
    "households": "A7101",
    "aged_single_households": "A8301",
    "community_halls": "G1201",
}
TOTAL_POPULATION = "総人口"
HEADER_ROWS = 3
HECTARES_PER_KM2 = 100.0


@dataclass(frozen=True)
class Statistics:
    """What an SSDSE-A file says.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``code``, ``name``, ``prefecture``, ``prefecture_name`` and the figures as in
        `dxsim.nation.schema.MUNICIPALITIES`, NaN where not known. ``fiscal_index`` and ``staff`` are always there.
    edition : str
        For example ``SSDSE-A-2026``.
    years : mapping of str to str
        Code of an item that was used -> its year.
    """

    table: pd.DataFrame
    edition: str
    years: Mapping[str, str]


def read_ssdse(path: Path) -> Statistics:
    """Read an SSDSE-A file (cp932 as published, or saved again as UTF-8).

    Parameters
    ----------
    path : Path
        The CSV file.

    Returns
    -------
    Statistics

    Raises
    ------
    InputError
        If it is another file, another encoding, cut off, or holds what isn't a figure.
    """
    rows = read_rows(path, _expected())
    if problems := _header_problems(path.name, rows):
        raise InputError(say("file '{file}'", file=path), problems)
    (_, codes), (_, years), _ = rows[:HEADER_ROWS]
    items = {column: item for column, item in {**REQUIRED, **OPTIONAL}.items() if item in codes}
    body = rows[HEADER_ROWS:]
    problems = _row_problems(path.name, body, len(codes))
    if problems:
        raise InputError(say("file '{file}'", file=path), problems)
    table = pd.DataFrame({"code": [cells[0][1:] for _, cells in body]})
    table["name"] = [cells[2] for _, cells in body]
    table["prefecture"] = table["code"].str[:2]
    table["prefecture_name"] = [cells[1] for _, cells in body]
    for column, item in items.items():
        table[column], found = _figures(path.name, body, codes.index(item), item, column in REQUIRED)
        problems += found
    older, oldest = table["population_65_over"], table["population_75_over"]
    problems += [
        Problem(
            at_line(path.name, body[row][0]),
            say("more people of 75 and over ({oldest:g}) than of 65 and over", oldest=oldest[row]),
        )
        for row in np.flatnonzero(oldest > older)
    ]
    if problems:
        raise InputError(say("file '{file}'", file=path), problems)
    table["population_65_74"] = older - oldest
    for column in ("fiscal_index", "staff"):
        if column not in items:
            table[column] = np.nan
    for column in items:
        if column.endswith("_hectares"):
            table[column.replace("hectares", "km2")] = table.pop(column) / HECTARES_PER_KM2
    table = table.drop(columns="population_65_over")
    return Statistics(table, codes[0], {item: years[codes.index(item)] for item in items.values()})


def _expected() -> str:
    return say("an SSDSE-A file as NSTAC publishes it")


def _header_problems(name: str, rows: list[Row]) -> list[Problem]:
    first = rows[0][1][0][:40] if rows else ""
    if not first.startswith("SSDSE-A"):
        other = say(" (another set of the SSDSE family)") if first.startswith("SSDSE") else ""
        what = say(
            "starts with '{first}'{other}; {expected} starts with 'SSDSE-A-' and the year of the edition",
            first=first,
            other=other,
            expected=_expected(),
        )
        return [Problem(at_line(name, 1), what)]
    if len(rows) <= HEADER_ROWS:
        what = say(
            "only {count} lines; three lines of header and one for each municipality were expected: it is cut off",
            count=len(rows),
        )
        return [Problem(name, what)]
    (line, codes), (_, years), (names_line, names) = rows[:HEADER_ROWS]
    problems = [
        Problem(at_line(name, line), say("item '{item}' ({column}) is missing", item=item, column=column))
        for column, item in REQUIRED.items()
        if item not in codes
    ]
    if not len(codes) == len(years) == len(names):
        what = say(
            "the lines of codes, years and names have {codes}, {years} and {names} cells",
            codes=len(codes),
            years=len(years),
            names=len(names),
        )
        problems.append(Problem(say("{file}, lines 1 to 3", file=name), what))
    elif not problems and names[codes.index("A1101")] != TOTAL_POPULATION:
        what = say(
            "item A1101 is called '{name}' where '{expected}' was expected: "
            "the text is neither cp932 (Shift_JIS) nor UTF-8; fetch the file again and keep it as it is",
            name=names[codes.index("A1101")],
            expected=TOTAL_POPULATION,
        )
        problems.append(Problem(at_line(name, names_line), what))
    return problems


def _row_problems(name: str, body: list[Row], width: int) -> list[Problem]:
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for line, cells in body:
        where = at_line(name, line)
        if len(cells) != width:
            cut = say(": the file is cut off here; fetch it again") if line == body[-1][0] else ""
            what = say("{count} cells where line 1 has {width}{cut}", count=len(cells), width=width, cut=cut)
            problems.append(Problem(where, what))
        elif not re.fullmatch(r"R[0-9]{5}", cells[0]):
            what = say("'{code}' is not R and a municipality's code of five digits", code=cells[0])
            problems.append(Problem(where, what))
        elif cells[0] in seen:
            what = say("'{code}' stands in line {line} already", code=cells[0], line=seen[cells[0]])
            problems.append(Problem(where, what))
        seen.setdefault(cells[0], line)
    return problems


def _figures(name: str, body: list[Row], column: int, item: str, required: bool) -> tuple[list[float], list[Problem]]:
    figures: list[float] = []
    problems: list[Problem] = []
    for line, cells in body:
        cell = cells[column]
        found = figure(cell)
        figures.append(np.nan if found is None else found)
        if found is None or (required and np.isnan(found)):
            what = say("{item} is {value}; a figure was expected", item=item, value=repr(cell))
            problems.append(Problem(at_line(name, line), what))
    return figures, problems
