"""Real Japan: a nation from the official files that a user downloads."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from dxsim import __version__
from dxsim.errors import EXAMPLES, InputError, Problem, at_line, capped
from dxsim.files import sha256
from dxsim.language import say
from dxsim.nation.nation import Nation, load_nation, make_nation, write_nation
from dxsim.nation.official.bodies import TYPES, Listed, agrees_with, read_fiscal, read_groups, type_from_name
from dxsim.nation.official.boundaries import Boundaries, read_boundaries
from dxsim.nation.official.ssdse import OPTIONAL, Statistics, read_ssdse

NAME = "official"
_BUILT = "ssdse.sha256"  # a folder whose nation.json has this among its sources was built here
_PUBLISHERS = {
    "ssdse": "独立行政法人統計センター「教育用標準データセット SSDSE-市区町村」 (NSTAC, {edition})",
    "boundaries": "国土交通省「国土数値情報（行政区域）」、デジタル庁による加工 (MLIT N03, through the Digital Agency)",
    "groups": "総務省「類似団体」の一覧 (MIC, groups of similar municipalities)",
    "fiscal": "総務省「主要財政指標」、利用者のファイルによる (MIC, main fiscal indicators, as in the user's file)",
}
"""Input -> who publishes it; credit lines name it, as the publishers' terms of use ask."""

_log = logging.getLogger(__name__)
Content = TypeVar("Content")


def build(ssdse: Path, boundaries: Path, groups: Path | None, fiscal: Path | None, output: Path) -> Nation:
    """Build a nation from official files and write it as a folder.

    Parameters
    ----------
    ssdse, boundaries, groups, fiscal : Path
        As for `build_nation`.
    output : Path
        A new or empty folder, or one that this function wrote and nobody changed since; that one is replaced.

    Returns
    -------
    Nation
        As read back from `output`.

    Raises
    ------
    InputError
        As `build_nation`, or if `output` holds anything else.
    """
    problems = _output_problems(output)
    try:
        nation = build_nation(ssdse, boundaries, groups, fiscal)
    except InputError as error:
        raise InputError(error.subject, [*problems, *error.problems]) from None
    if problems:
        raise InputError(say("nation from official files"), problems)
    write_nation(nation, output)
    return load_nation(output)


def build_nation(ssdse: Path, boundaries: Path, groups: Path | None = None, fiscal: Path | None = None) -> Nation:
    """Build a nation from official files as published.

    Parameters
    ----------
    ssdse : Path
        SSDSE-A (NSTAC, CSV in cp932): names, population by age, staff and finance.
    boundaries : Path
        TopoJSON of municipalities' areas (Digital Agency, from MLIT N03): positions, neighbours and outlines. Its
        municipalities must be those of `ssdse`; the Northern Territories are left out.
    groups : Path, optional
        MIC's list of groups of similar municipalities (CSV). Without it core and special-case cities can't be told
        from other cities, and a warning is logged.
    fiscal : Path, optional
        CSV of codes and 財政力指数 (MIC's main fiscal indicators). Without it ``fiscal_index`` is that of `ssdse` where
        the edition has it, else blank.

    Returns
    -------
    Nation
        Positions on the plane of `dxsim.nation.official.plane`; `Nation.sources` holds name, SHA-256 and publisher of
        each file.

    Raises
    ------
    InputError
        With every problem in all files.
    """
    problems: list[Problem] = []
    statistics = _read(read_ssdse, ssdse, problems)
    shapes = _read(read_boundaries, boundaries, problems)
    types = _read(read_groups, groups, problems)
    index = _read(read_fiscal, fiscal, problems)
    if statistics and shapes:
        problems += _disagreements(ssdse.name, statistics, boundaries.name, shapes)
    if statistics and (types or not groups):
        found, wrong = _types(statistics.table, types, groups.name if groups else ssdse.name)
        statistics.table["type"] = found
        problems += wrong
    if statistics:
        for path, listed in ((groups, types), (fiscal, index)):
            problems += _contradictions(statistics.table, listed, path.name) if path and listed else []
    if problems or not (statistics and shapes):
        raise InputError(say("nation from official files"), problems)
    table = statistics.table.merge(shapes.places, on="code", validate="one_to_one")
    if index is not None:
        figures = {code: found.fiscal_index for code, found in index.items()}
        table["fiscal_index"] = table["code"].map(figures).astype(np.float64)
        _say_who_is_not_here(set(index) - set(table["code"]), fiscal)
    _say_what_is_not_known(table, groups)
    inputs = {"ssdse": ssdse, "boundaries": boundaries, "groups": groups, "fiscal": fiscal}
    given = {key: path for key, path in inputs.items() if path is not None}
    sources = {"dxsim.version": __version__, "ssdse.edition": statistics.edition}
    sources["ssdse.years"] = ", ".join(f"{item} {year}" for item, year in statistics.years.items())
    for key, path in given.items():
        publisher = _PUBLISHERS[key].format(edition=statistics.edition)
        sources |= {f"{key}.file": path.name, f"{key}.sha256": sha256(path), f"{key}.publisher": publisher}
    return make_nation(
        NAME,
        table,
        shapes.adjacency,
        boundaries=shapes.outlines,
        attribution=[f"出典 (source): {sources[f'{key}.publisher']}; 加工して作成 (processed)" for key in given],
        sources=sources,
    )


def _read(reader: Callable[[Path], Content], path: Path | None, problems: list[Problem]) -> Content | None:
    """Read one file; its problems join those of the others, so that a user sees them all."""
    if path is None:
        return None
    try:
        return reader(path)
    except InputError as error:
        problems += capped(list(error.problems))
        return None


def _output_problems(output: Path) -> list[Problem]:
    if output.is_dir() and any(output.iterdir()):
        try:
            if _BUILT in load_nation(output).sources:
                return []
        except InputError:
            pass
        what = say("holds files that were not built by this command, or that were changed since; name a new folder")
        return [Problem(str(output), what)]
    if output.exists() and not output.is_dir():
        return [Problem(str(output), say("is a file; name a new folder"))]
    return []


def _disagreements(ssdse: str, statistics: Statistics, boundaries: str, shapes: Boundaries) -> list[Problem]:
    """Return which municipalities stand in one file only."""
    listed, drawn = set(statistics.table["code"]), set(shapes.places["code"])
    pairs = ((ssdse, listed, boundaries, drawn), (boundaries, drawn, ssdse, listed))
    problems = []
    for name, here, other, there in pairs:
        if lost := sorted(there - here):
            what = say(
                "has {here:,} municipalities; {lost:,} of the {there:,} in {other} are missing here ({codes}): "
                "the file is cut off, or the two are of different years",
                here=len(here),
                lost=len(lost),
                there=len(there),
                other=other,
                codes=_some(lost),
            )
            problems.append(Problem(name, what))
    return problems


def _contradictions(table: pd.DataFrame, listed: Mapping[str, Listed], name: str) -> list[Problem]:
    """Return rows of a list whose name, prefecture or type is not that of the municipality with their code.

    Lists spell names in several ways, so only a name that another municipality of the prefecture has is a wrong one.
    """
    problems = []
    columns = (table["code"], table["name"], table["prefecture_name"])
    of_code = {code: (called, prefecture) for code, called, prefecture in zip(*columns, strict=True)}
    owner = {(prefecture, called): code for code, (called, prefecture) in of_code.items()}
    prefectures = set(table["prefecture_name"])
    for code, row in listed.items():
        if code not in of_code:
            continue
        called, prefecture = of_code[code]
        kind = type_from_name(code, called)
        if row.prefecture in prefectures and row.prefecture != prefecture:
            wrong = row.prefecture
        elif row.name != called and (prefecture, row.name) in owner:
            wrong = row.name
        elif row.group and kind and kind not in agrees_with(row.group):
            wrong = row.group
        else:
            continue
        what = say("'{value}' contradicts the code {code}, which is {name}", value=wrong, code=code, name=called)
        problems.append(Problem(at_line(name, row.line), what))
    return capped(problems)


def _say_who_is_not_here(codes: set[str], fiscal: Path | None) -> None:
    """Warn of rows that are for nobody; those of whole prefectures end in 000."""
    unknown = sorted(code for code in codes if not code.endswith("000"))
    if fiscal and unknown:
        what = say(
            "{count} codes of {file} are those of no municipality here ({codes})",
            count=len(unknown),
            file=fiscal.name,
            codes=_some(unknown),
        )
        _log.warning(what)


def _types(table: pd.DataFrame, groups: Mapping[str, Listed] | None, where: str) -> tuple[list[str], list[Problem]]:
    """Return the type of each municipality; the name's ending decides where the list of groups doesn't."""
    codes = list(table["code"])
    by_name = [type_from_name(code, name) for code, name in zip(codes, table["name"], strict=True)]
    problems = [
        Problem(
            f"{where}: {code}", say("the type of '{name}' can't be told: it doesn't end in 市, 区, 町 or 村", name=name)
        )
        for code, name, kind in zip(codes, table["name"], by_name, strict=True)
        if not kind
    ]
    if groups is None:
        return by_name, capped(problems)
    if lost := [code for code in codes if code not in groups]:
        what = say(
            "{count:,} municipalities are missing ({codes}): the file is cut off, or of another year",
            count=len(lost),
            codes=_some(sorted(lost)),
        )
        problems.append(Problem(where, what))
    of_group = {code: TYPES.get(row.group, "") for code, row in groups.items()}
    return [of_group.get(code) or kind for code, kind in zip(codes, by_name, strict=True)], capped(problems)


def _say_what_is_not_known(table: pd.DataFrame, groups: Path | None) -> None:
    if groups is None:
        _log.warning(say("no list of groups was given: core and special-case cities count as other cities"))
    for column in OPTIONAL:
        known = int(table[column].notna().sum()) if column in table else 0
        if column in ("fiscal_index", "staff") and known < len(table):
            missing, count = len(table) - known, len(table)
            what = say(
                "{column} is not known for {missing} of {count} municipalities",
                column=column,
                missing=missing,
                count=count,
            )
            _log.warning(what)


def _some(codes: list[str]) -> str:
    return ", ".join(codes[:EXAMPLES]) + (", …" if len(codes) > EXAMPLES else "")
