"""The two tables that make a nation: one municipality per row, one pair of neighbours per row.

`MUNICIPALITIES` and `ADJACENCY` say what each column is called, what it holds and what is allowed. The checks take
a table of text (a file) or of numbers (a program) and name everything that is wrong at once.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.errors import EXAMPLES, Problem, at_line, capped, more, nearest
from dxsim.language import either, say
from dxsim.nation.text import figure, other_separator
from dxsim.terms.municipalities import PREFECTURE_DIGITS, PREFECTURES, TYPES
from dxsim.terms.text import TEXT

LINE = "line"  # name of the index of a table that was read from a file

KINDS: Mapping[str, tuple[str, str]] = {
    "land": ("land border", "陸の境界"),
    "sea_nearest": ("nearest across the sea", "海を隔てた最寄り"),
    "component_link": ("link that keeps the network whole", "網をつなぐ連結"),
}
"""Kind of a pair of neighbours -> its English and Japanese label."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        As in the file's first line.
    dtype : {"text", "integer", "number"}
        What a cell holds.
    unit : str
        Unit of the figures, or nothing.
    minimum, maximum : float
        Bounds, both allowed.
    required : bool
        Whether the column has to be there.
    blank : bool
        Whether a cell may be blank (not known).
    label_en, label_ja : str
        What a reader sees.
    """

    name: str
    dtype: Literal["text", "integer", "number"]
    unit: str
    minimum: float
    maximum: float
    required: bool
    blank: bool
    label_en: str
    label_ja: str

    @property
    def label(self) -> str:
        """What it means in the language that is spoken."""
        return either(self.label_en, self.label_ja)


def _text(name: str, label_en: str, label_ja: str) -> Column:
    return Column(name, "text", "", -np.inf, np.inf, True, False, label_en, label_ja)


def _persons(name: str, label_en: str, label_ja: str, required: bool = True) -> Column:
    return Column(name, "integer", "persons", 0, 20_000_000, required, not required, label_en, label_ja)


def _money(name: str, label_en: str, label_ja: str) -> Column:
    return Column(name, "number", "thousand yen", 0, 1e11, False, True, label_en, label_ja)


def _households(name: str, label_en: str, label_ja: str) -> Column:
    return Column(name, "number", "households", 0, 20_000_000, False, True, label_en, label_ja)


PROJECTION_YEARS = (2025, 2030, 2035, 2040, 2045, 2050)

MUNICIPALITIES: Mapping[str, Column] = {
    column.name: column
    for column in (
        _text("code", "municipality code", "団体コード"),
        _text("name", "name", "団体名"),
        _text("prefecture", "prefecture code", "都道府県コード"),
        _text("prefecture_name", "prefecture", "都道府県名"),
        _text("type", "type", "団体区分"),
        Column("x_km", "number", "km", -10_000, 10_000, True, False, "position, east", "東西の位置"),
        Column("y_km", "number", "km", -10_000, 10_000, True, False, "position, north", "南北の位置"),
        _persons("population", "population", "人口"),
        _persons("population_under_15", "population under 15", "15歳未満人口"),
        _persons("population_15_64", "population aged 15 to 64", "15～64歳人口"),
        _persons("population_65_74", "population aged 65 to 74", "65～74歳人口"),
        _persons("population_75_over", "population aged 75 and over", "75歳以上人口"),
        Column("fiscal_index", "number", "", 0, 10, True, True, "fiscal capability index", "財政力指数"),
        Column("staff", "number", "persons", 0, 1e6, True, True, "general-administration staff", "一般行政部門職員数"),
        _money("revenue_kyen", "revenue", "歳入"),
        _money("local_tax_kyen", "local tax", "地方税"),
        _money("expenditure_kyen", "expenditure", "歳出"),
        Column("current_balance_ratio", "number", "%", 0, 1000, False, True, "current balance", "経常収支比率"),
        Column(
            "real_debt_service_ratio",
            "number",
            "%",
            -100,
            1000,
            False,
            True,
            "real debt service ratio",
            "実質公債費比率",
        ),
        Column("area_km2", "number", "km2", 0, 1e5, False, True, "area", "面積"),
        Column("habitable_km2", "number", "km2", 0, 1e5, False, True, "habitable area", "可住地面積"),
        _households("households", "households", "世帯数"),
        _households("aged_single_households", "households of one person aged 65 and over", "65歳以上の単独世帯数"),
        Column("community_halls", "number", "halls", 0, 1e5, False, True, "community halls", "公民館数"),
        _money("standard_scale_kyen", "standard financial scale", "標準財政規模"),
        _money("reserve_kyen", "financial adjustment fund", "財政調整基金残高"),
        Column("latitude", "number", "degrees", -90, 90, False, True, "latitude", "緯度"),
        Column("longitude", "number", "degrees", -180, 180, False, True, "longitude", "経度"),
        *(
            _persons(f"population_{year}", f"projected population {year}", f"{year}年の将来推計人口", required=False)
            for year in PROJECTION_YEARS
        ),
    )
}
"""Name of a column of the table of municipalities -> what it holds, in the order in which files are written."""

AGE_BANDS = ("population_under_15", "population_15_64", "population_65_74", "population_75_over")

ADJACENCY: Mapping[str, Column] = {
    column.name: column
    for column in (
        _text("code_a", "code of the one", "一方の団体コード"),
        _text("code_b", "code of the other", "他方の団体コード"),
        _text("kind", "kind of tie", "隣接の種類"),
        Column("border_km", "number", "km", 0, 10_000, True, True, "length of the border", "境界の長さ"),
    )
}
"""Name of a column of the table of neighbours -> what it holds, in the order in which files are written."""


def read_text_table(path: Path) -> tuple[pd.DataFrame, list[Problem]]:
    """Read a CSV file with every cell as text.

    Parameters
    ----------
    path : Path
        UTF-8, commas, names of the columns in the first line.

    Returns
    -------
    table : pandas.DataFrame
        Cells without surrounding blanks; the index, named ``line``, is the line of the file on which a row ends.
    problems : list of Problem
        Why the file can't be read, and rows with too many or too few cells (left out of the table).
    """
    header: list[str] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    problems: list[Problem] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [cell.strip() for cell in next(reader, [])]
            if len(header) == 1 and (wrong := other_separator(header)):
                return pd.DataFrame(dtype=object), [Problem(path.name, wrong)]
            for row in reader:
                if len(row) == len(header):
                    rows.append([cell.strip() for cell in row])
                    lines.append(reader.line_num)
                elif row:
                    what = say(
                        "{count} cells where the first line names {width} columns", count=len(row), width=len(header)
                    )
                    problems.append(Problem(at_line(path.name, reader.line_num), what))
    except UnicodeDecodeError:
        problems.append(Problem(path.name, say("not text in UTF-8; save it as 'CSV UTF-8'")))
    except csv.Error as error:
        problems.append(Problem(path.name, say("not a CSV file: {reason}", reason=error)))
    except OSError as error:
        problems.append(Problem(path.name, say("can't be read: {reason}", reason=error.strerror)))
    if not any(header) and not problems:
        problems.append(Problem(path.name, say("the file is empty")))
    repeated = sorted({name for name in header if header.count(name) > 1})
    problems += [
        Problem(at_line(path.name, 1), say("column '{column}' is named more than once", column=name))
        for name in repeated
    ]
    columns = dict(zip(header, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(header, ())
    return pd.DataFrame(columns, index=pd.Index(lines, name=LINE), dtype=object), capped(problems)


def check_municipalities(table: pd.DataFrame, subject: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Check a table of municipalities and give it its types.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns as in `MUNICIPALITIES`, as text or as numbers.
    subject : str
        What the table is called in a problem, usually the name of its file.

    Returns
    -------
    table : pandas.DataFrame
        Known columns in the schema's order, sorted by code, rows numbered from 0. Text is ``str``, required whole
        numbers are ``int64``, all other figures ``float64`` with NaN where not known.
    problems : list of Problem
        Everything that is wrong; where this is not empty, the table is not to be used.
    """
    check = _Check(table, MUNICIPALITIES, subject)
    if not len(table):
        check.problems.append(Problem(subject, say("no municipality; one row for each was expected")))
    check.each("code", _code_problem)
    check.each("name", _name_problem)
    check.each("type", _outside(TYPES))
    check.each("prefecture_name", _name_problem)
    if check.has("code"):
        code = check.typed["code"]
        check.rows(
            code.duplicated(keep="first") & (code != ""),
            "code",
            lambda row: say("'{code}' stands twice", code=code[row]),
        )
    if check.has("code", "prefecture"):
        prefecture, expected = check.typed["prefecture"], check.typed["code"].str[:PREFECTURE_DIGITS]
        check.rows(
            (prefecture != expected) & ~check.reported["code"],
            "prefecture",
            lambda row: say(
                "'{prefecture}' where the first two digits of the code are '{digits}'",
                prefecture=prefecture[row],
                digits=expected[row],
            ),
        )
    if check.has("code", "prefecture_name"):
        name = check.typed["prefecture_name"]
        first = name.groupby(check.typed["code"].str[:PREFECTURE_DIGITS]).transform("first")
        check.rows(
            name != first,
            "prefecture_name",
            lambda row: say(
                "'{name}' where another row calls the prefecture '{other}'", name=name[row], other=first[row]
            ),
        )
    if check.has("population", *AGE_BANDS):
        population, ages = check.typed["population"], check.typed[list(AGE_BANDS)].sum(axis=1, skipna=False)
        check.rows(
            ages > population,
            "population",
            lambda row: say(
                "the age bands add up to {ages:,.0f}, more than the population of {population:,.0f}",
                ages=ages[row],
                population=population[row],
            ),
        )
    return check.finish(["code"])


def check_adjacency(
    table: pd.DataFrame, subject: str, codes: Sequence[str] | npt.NDArray[np.str_]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Check a table of neighbours and give it its types.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns as in `ADJACENCY`, as text or as numbers; a pair may be written either way round.
    subject : str
        What the table is called in a problem, usually the name of its file.
    codes : sequence of str
        Codes of the municipalities.

    Returns
    -------
    table : pandas.DataFrame
        Columns in the schema's order, ``code_a < code_b``, sorted by both.
    problems : list of Problem
        Everything that is wrong; where this is not empty, the table is not to be used.
    """
    check = _Check(table, ADJACENCY, subject)
    known = set(codes)
    for column in ("code_a", "code_b"):
        check.each(
            column,
            lambda code: "" if code in known else say("'{code}' is not the code of a municipality here", code=code),
        )
    check.each("kind", _outside(KINDS))
    if check.has("code_a", "code_b"):
        ends = check.typed[["code_a", "code_b"]].to_numpy(dtype=object)
        swapped = ends[:, 0] > ends[:, 1]
        check.typed["code_a"] = np.where(swapped, ends[:, 1], ends[:, 0])
        check.typed["code_b"] = np.where(swapped, ends[:, 0], ends[:, 1])
        one, other = check.typed["code_a"], check.typed["code_b"]
        check.rows(one == other, "code_b", lambda row: say("'{code}' is tied to itself", code=one[row]))
        twice = check.typed.duplicated(["code_a", "code_b"], keep="first") & (one != other)
        check.rows(
            twice, "code_b", lambda row: say("the pair {one} and {other} stands twice", one=one[row], other=other[row])
        )
    if check.has("kind", "border_km"):
        kind, border = check.typed["kind"], check.typed["border_km"]
        check.rows(
            kind.isin(KINDS) & (kind != "land") & border.notna(),
            "border_km",
            lambda row: say(
                "{border:g} where only a tie of kind 'land' has a border; leave it blank", border=border[row]
            ),
        )
    return check.finish(["code_a", "code_b"])


def _outside(known: Mapping[str, object]) -> Callable[[str], str]:
    def what(value: str) -> str:
        if value in known:
            return ""
        hint = nearest(value, list(known))
        return say("'{value}' is not one of {known}{hint}", value=value, known=", ".join(known), hint=hint)

    return what


def _name_problem(name: str) -> str:
    if not name:
        return say("blank; a name was expected")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        return say("{name} holds a line break or another control character", name=repr(name))
    return ""


def _code_problem(code: str) -> str:
    if re.fullmatch(r"[0-9]{5}", code):
        digits = code[:PREFECTURE_DIGITS]
        if 1 <= int(digits) <= PREFECTURES:
            return ""
        return say(
            "'{code}' starts with {digits}; prefectures are 01 to {last}", code=code, digits=digits, last=PREFECTURES
        )
    hint = ""
    if re.fullmatch(r"[0-9]{4}", code):
        hint = say("; a spreadsheet may have dropped the leading zero")
    if re.fullmatch(r"[0-9]{6}", code):
        hint = say("; leave out the check digit at the end")
    return say("'{code}' is not five digits{hint}", code=code, hint=hint)


def _as_text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value).strip()


class _Check:
    """A table on its way from text to types, and what was found wrong with it."""

    def __init__(self, table: pd.DataFrame, columns: Mapping[str, Column], subject: str) -> None:
        self.subject = subject
        self.columns = columns
        self.problems: list[Problem] = []
        self.reported: dict[str, pd.Series[bool]] = {}  # cells of which nothing more is to be said
        self.line = table.index.to_numpy() if table.index.name == LINE else None
        source = table.reset_index(drop=True)
        present = [str(name) for name in source.columns]
        for name in present:
            if name not in columns:
                what = say("unknown column '{column}'{hint}", column=name, hint=nearest(name, list(columns)))
                self.problems.append(Problem(subject, what))
        for column in columns.values():
            if column.required and column.name not in present:
                what = say("column '{column}' ({meaning}) is missing", column=column.name, meaning=column.label)
                self.problems.append(Problem(subject, what))
        self.typed = pd.DataFrame(index=source.index)
        for column in columns.values():
            if column.name in present:
                cells = source[column.name]
                if isinstance(cells, pd.DataFrame):
                    cells = cells.iloc[:, 0]
                self.typed[column.name] = self._text(cells) if column.dtype == "text" else self._figures(cells, column)
        for column in columns.values():
            if column.name in self.typed and column.dtype != "text":
                self._bounds(column)

    def has(self, *names: str) -> bool:
        return all(name in self.typed for name in names)

    def where(self, row: int, column: str) -> str:
        key = next(iter(self.columns))
        code = str(self.typed[key][row]) if key in self.typed else ""
        place = self.subject if self.line is None else at_line(self.subject, self.line[row])
        return f"{place}{f' ({code})' if code else ''}: {column}"

    def rows(self, wrong: pd.Series[bool], column: str, what: Callable[[int], str]) -> None:
        """Report the rows that are wrong, the first few one by one."""
        found = np.flatnonzero(wrong.to_numpy(dtype=bool))
        shown = [Problem(self.where(row, column), what(row)) for row in found[: EXAMPLES + 1]]
        self.problems += shown[:EXAMPLES]
        if len(found) > EXAMPLES:
            self.problems.append(Problem(shown[-1].where, more(len(found) - EXAMPLES)))

    def each(self, column: str, what: Callable[[str], str]) -> None:
        """Report the text cells for which `what` has something to say."""
        if column in self.typed:
            cells = self.typed[column].tolist()
            said = {value: what(value) for value in set(cells)}
            self.reported[column] = pd.Series([bool(said[cell]) for cell in cells], dtype=bool)
            self.rows(self.reported[column], column, lambda row: said[cells[row]])

    def finish(self, keys: list[str]) -> tuple[pd.DataFrame, list[Problem]]:
        typed = self.typed
        if not self.problems:
            for column in self.columns.values():
                if column.name in typed and column.dtype == "integer" and not column.blank:
                    typed[column.name] = typed[column.name].astype(np.int64)
            typed = typed.sort_values(keys, kind="stable", ignore_index=True)
        return typed, self.problems

    def _text(self, cells: pd.Series[str]) -> pd.Series[str]:
        return pd.Series([_as_text(cell) for cell in cells], index=cells.index, dtype=TEXT)

    def _figures(self, cells: pd.Series[float], column: Column) -> pd.Series[float]:
        if pd.api.types.is_numeric_dtype(cells.dtype):
            return pd.Series(cells.to_numpy(dtype=np.float64, na_value=np.nan) + 0.0, index=cells.index)  # no -0.0
        text = [_as_text(cell) for cell in cells]
        found = [figure(cell) for cell in text]
        figures = [None if value is None else value + 0.0 for value in found]  # no -0.0
        self.reported[column.name] = pd.Series([value is None for value in figures], index=cells.index, dtype=bool)
        self.rows(self.reported[column.name], column.name, lambda row: say("'{text}' is not a number", text=text[row]))
        return pd.Series(figures, index=cells.index, dtype=np.float64)

    def _bounds(self, column: Column) -> None:
        figures = self.typed[column.name]
        if not column.blank:
            unit = say(" in {unit}", unit=column.unit) if column.unit else ""
            self.rows(
                figures.isna() & np.logical_not(self.reported.get(column.name, False)),
                column.name,
                lambda row: say("blank; a figure{unit} was expected", unit=unit),
            )
        outside = (figures < column.minimum) | (figures > column.maximum)
        bounds = say("{column.minimum:,.10g} to {column.maximum:,.10g}", column=column)
        if column.unit:
            bounds += say(" {unit}", unit=column.unit)
        self.rows(
            outside,
            column.name,
            lambda row: say("{figure:,.10g} is outside {bounds}", figure=figures[row], bounds=bounds),
        )
        if column.dtype == "integer":
            broken = ~outside & figures.notna() & (figures % 1 != 0)
            self.rows(broken, column.name, lambda row: say("{figure:,.10g} is not a whole number", figure=figures[row]))
