"""Real Japan from official files: a small made-up country in their form, each way a file can be wrong, and Japan."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pandas as pd
import pytest

from dxsim.errors import InputError
from dxsim.files import sha256
from dxsim.nation import Nation, load_nation
from dxsim.nation.codes import read_codes
from dxsim.nation.official import build, build_nation
from dxsim.nation.official.plane import to_plane
from dxsim.nation.text import figure
from dxsim.terms.municipalities import check_digit

SHARED = Path(__file__).parents[3] / "shared" / "data"
SIDE = 20  # of a square municipality, in steps of 0.005 degrees
SQUARES = {  # code -> lower left corners; two rows of three, a lone island, an island of two, an islet
    "25100": [(0, 0)],
    "25201": [(20, 0)],
    "25202": [(40, 0)],
    "25301": [(0, 20)],
    "25401": [(20, 20)],
    "13101": [(40, 20)],
    "25501": [(100, -20)],
    "25601": [(-20, 100)],
    "25602": [(-20, 120)],
    "01696": [(2000, 1800)],
}
ISLET = (30, -15)  # belongs to 25201; one step wide
LAND = [
    ("13101", "25202"),
    ("13101", "25401"),
    ("25100", "25201"),
    ("25100", "25301"),
    ("25201", "25202"),
    ("25201", "25401"),
    ("25301", "25401"),
    ("25601", "25602"),
]
BODIES = {
    "25100": ("滋賀県", "甲市"),
    "25201": ("滋賀県", "乙市"),
    "25202": ("滋賀県", "丙市"),
    "25301": ("滋賀県", "丁町"),
    "25401": ("滋賀県", "戊村"),
    "25501": ("滋賀県", "己町"),
    "25601": ("滋賀県", "庚村"),
    "25602": ("滋賀県", "辛町"),
    "13101": ("東京都", "千代田区"),
}
ITEMS = {  # item -> (year, Japanese name, figures of the first municipality; each next one has 10 more of everyone)
    "A1101": ("2020", "総人口", 2000),
    "A1301": ("2020", "15歳未満人口", 100),
    "A4101": ("2023", "出生数", 8),
    "A1302": ("2020", "15～64歳人口", 500),
    "A1303": ("2020", "65歳以上人口", 300),
    "A1419": ("2020", "75歳以上人口", 120),
    "A7101": ("2020", "世帯数", 900),
    "A8301": ("2020", "65歳以上世帯員の単独世帯数", 60),
    "B1101": ("2024", "総面積（北方地域及び竹島を除く）", 5000),
    "B1103": ("2024", "可住地面積", 1250),
    "D1202": ("2024", "一般行政部門職員数（市区町村）", 40),
    "D2203": ("2022", "経常収支比率（市町村財政）", 95.5),
    "D3201": ("2022", "歳入決算額（市町村財政）", 900000),
    "G1201": ("2021", "公民館数", 3),
}
GROUPS = {"25100": "政令指定都市", "25201": "中核市", "25202": "施行時特例市", "13101": "特別区"}


def ssdse_rows(items: Iterable[str] = ITEMS, edition: str = "SSDSE-A-2026") -> list[list[str]]:
    items = list(items)
    rows = [[edition, "Prefecture", "Municipality", *items]]
    rows.append(["", "", "年度", *(ITEMS[item][0] for item in items)])
    rows.append(["地域コード", "都道府県", "市区町村", *(ITEMS[item][1] for item in items)])
    for place, (code, names) in enumerate(BODIES.items()):
        figures = [str(ITEMS[item][2] + 10 * place * item.startswith("A1")) for item in items]
        rows.append([f"R{code}", *names, *figures])
    return rows


def as_csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def topology(squares: dict[str, list[tuple[int, int]]] | None = None, shared: bool = True) -> dict[str, Any]:
    """Squares in TopoJSON, each side an arc; neighbours share theirs unless told otherwise."""
    arcs: list[list[list[int]]] = []
    known: dict[tuple[int, ...], int] = {}

    def side(start: tuple[int, int], end: tuple[int, int]) -> int:
        if shared and (*end, *start) in known:
            return ~known[(*end, *start)]
        known[(*start, *end)] = len(arcs)
        arcs.append([[*start], [end[0] - start[0], end[1] - start[1]]])
        return len(arcs) - 1

    def square(x: int, y: int, width: int = SIDE) -> list[list[int]]:
        corners = [(x, y), (x + width, y), (x + width, y + width), (x, y + width)]
        return [[side(one, other) for one, other in zip(corners, [*corners[1:], corners[0]], strict=True)]]

    geometries = []
    for code, places in (squares or SQUARES).items():
        polygons = [square(*place) for place in places]
        if code == "25201":
            polygons.append(square(*ISLET, 1))
            geometries.append({"type": "MultiPolygon", "id": code, "arcs": polygons, "properties": {"x": 1}})
        else:
            geometries.append({"type": "Polygon", "id": code, "arcs": polygons[0]})
    return {
        "type": "Topology",
        "transform": {"scale": [0.005, 0.005], "translate": [136.0, 35.0]},
        "objects": {"areas": {"type": "GeometryCollection", "geometries": geometries}},
        "arcs": arcs,
    }


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    paths = {key: tmp_path / f"{key}.csv" for key in ("ssdse", "groups", "fiscal")}
    paths["boundaries"] = tmp_path / "boundaries.json"
    paths["ssdse"].write_bytes(as_csv(ssdse_rows()).encode("cp932"))
    paths["boundaries"].write_text(json.dumps(topology()), encoding="utf-8")
    rows = [["団体一覧", "", ""], ["団体コード", "団体名", "区分"]]
    rows += [[code + check_digit(code), name, GROUPS.get(code, "町村Ⅰ－２")] for code, (_, name) in BODIES.items()]
    paths["groups"].write_bytes(as_csv(rows).encode("cp932"))
    years = [["code", "fy", "fiscal_index"], ["25100", "2020", "0.5"], ["25100", "2021", "0.75"], ["25100", "2022", ""]]
    paths["fiscal"].write_text(as_csv(years), encoding="utf-8")
    return paths


def problems_of(files: dict[str, Path]) -> str:
    with pytest.raises(InputError) as caught:
        build_nation(**files)
    return str(caught.value)


def by_code(nation: Nation) -> pd.DataFrame:
    return nation.municipalities.set_index("code")


def test_statistics_reach_their_columns(files: dict[str, Path]) -> None:
    table = by_code(build_nation(**files))
    assert list(table.index) == sorted(BODIES)
    body = table.loc["25202"]  # third in the file
    assert (body["name"], body["prefecture"], body["prefecture_name"]) == ("丙市", "25", "滋賀県")
    bands = body[["population", "population_under_15", "population_15_64", "population_65_74", "population_75_over"]]
    assert bands.tolist() == [2020, 120, 520, 180, 140]
    assert (body["staff"], body["area_km2"], body["current_balance_ratio"], body["revenue_kyen"]) == (40, 50, 95.5, 9e5)
    assert (body["habitable_km2"], body["households"], body["community_halls"]) == (12.5, 900, 3)
    assert body["aged_single_households"] == 60


def test_types_come_from_the_groups_and_from_names(files: dict[str, Path]) -> None:
    types = by_code(build_nation(**files))["type"].to_dict()
    assert types == {
        "13101": "special_ward",
        "25100": "designated_city",
        "25201": "core_city",
        "25202": "special_case_city",
        "25301": "town",
        "25401": "village",
        "25501": "town",
        "25601": "village",
        "25602": "town",
    }


def test_without_groups_core_cities_are_other_cities_and_it_says_so(
    files: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    del files["groups"]
    with caplog.at_level(logging.WARNING):
        types = by_code(build_nation(**files))["type"]
    assert types[["25100", "25201", "25202", "13101"]].tolist() == [
        "designated_city",
        "other_city",
        "other_city",
        "special_ward",
    ]
    assert "core and special-case cities count as other cities" in caplog.text


def test_the_latest_year_with_figures_gives_the_fiscal_index(files: dict[str, Path]) -> None:
    index = by_code(build_nation(**files))["fiscal_index"]
    assert index["25100"] == 0.75
    assert index.drop("25100").isna().all()


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig"])
def test_a_fiscal_list_with_titles_check_digits_and_dropped_zeros(files: dict[str, Path], encoding: str) -> None:
    lines = [
        "主要財政指標,,",
        '団体コード,団体名,"財政力\n指数"',
        "131016,千代田区,0.81",
        ",平均,0.50",
        "13111,架空町,0.20",
    ]
    text = "\n".join([*lines, "251003,甲市,－"])
    files["fiscal"].write_bytes(text.encode(encoding))
    assert by_code(build_nation(**files))["fiscal_index"].dropna().to_dict() == {"13101": 0.81}


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["12202", "131016"], ["12202", "13101"]),  # 012202 would have a wrong check digit
        (["12203", "131016"], ["01220", "13101"]),  # six digits, the zero lost
        (["1220", "12203", "13101"], ["01220", "12203", "13101"]),  # five digits, the zero lost
        (["12203", "13101"], ["12203", "13101"]),
        (["11002", "12025", "12033", "12041"], ["01100", "01202", "01203", "01204"]),  # Hokkaido alone
        (["012033", "12033"], ["01203", "01203"]),
    ],
)
def test_each_code_is_read_by_its_own_length_and_its_check_digit(codes: list[str], expected: list[str]) -> None:
    assert read_codes(codes) == (expected, {})


def test_the_one_code_of_six_digits_among_many_of_five_is_named() -> None:
    codes = [f"{number}" for number in range(12201, 12240)]
    assert read_codes([*codes, "131016"])[1] == {
        39: "'131016' has 6 digits where most codes here have 5; write them all alike"
    }
    assert read_codes(["131016", "13102", "131024"])[1] == {}


def test_a_wrong_check_digit_is_refused() -> None:
    assert read_codes(["131015"])[1] == {0: "'131015' ends in a wrong check digit: 13101 has 6"}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("1,234,567", 1234567), ("１，２３４", 1234), ("△1.5", -1.5), ("▲2", -2), ("－3", -3), ("1e3", 1000), (".5", 0.5)],
)
def test_figures_are_read_as_ministries_write_them(cell: str, expected: float) -> None:
    assert figure(cell) == expected


@pytest.mark.parametrize("mark", ["", "-", "－", "…", "***", "＊＊＊", "X", "Ｘ", "χ", "―"])
def test_marks_of_suppressed_figures_are_not_known(mark: str) -> None:
    assert np.isnan(figure(mark) or 0)


@pytest.mark.parametrize("cell", ["1,23", "12,34,567", "half", "1;5", "0x1F", "１・５"])
def test_what_is_neither_is_no_figure(cell: str) -> None:
    assert figure(cell) is None


def test_thousands_and_suppressed_figures_are_alike_in_all_readers(files: dict[str, Path], tmp_path: Path) -> None:
    rows = ssdse_rows()
    rows[3][rows[0].index("D3201")] = "900,000"
    rows[4][rows[0].index("D3201")] = "χ"
    files["ssdse"].write_bytes(as_csv(rows).encode("utf-8"))
    files["fiscal"].write_text("code,fiscal_index\n25100,χ\n25201,０．５\n", encoding="utf-8")
    nation = build(**files, output=tmp_path / "japan")
    table = by_code(nation)
    assert table["revenue_kyen"].iloc[1:3].isna().tolist() == [False, True]
    assert table.loc["25100", "revenue_kyen"] == 900_000
    assert (table["fiscal_index"].isna()["25100"], table.loc["25201", "fiscal_index"]) == (True, 0.5)
    (tmp_path / "japan" / "nation.json").unlink()
    path = tmp_path / "japan" / "municipalities.csv"
    path.write_text(path.read_text("utf-8").replace(",900000,", ',"900,000",'), encoding="utf-8")
    assert load_nation(tmp_path / "japan").fingerprint == nation.fingerprint


def test_an_index_for_nobody_is_told(files: dict[str, Path], caplog: pytest.LogCaptureFixture) -> None:
    files["fiscal"].write_text("code,fiscal_index\n25100,0.5\n25999,0.6\n25000,0.7\n", encoding="utf-8")
    build_nation(**files)
    assert "1 codes of fiscal.csv are those of no municipality here (25999)" in caplog.text


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("251003,甲市,滋賀県,都市Ⅰ－３", "都市Ⅰ－３"),  # a designated city by its code
        ("253014,丁町,滋賀県,中核市", "中核市"),  # a town by its name
        ("252018,丙市,滋賀県,中核市", "丙市"),  # the name of 25202
        ("252018,乙市,東京都,中核市", "東京都"),
    ],
)
def test_columns_of_a_list_that_contradict_each_other_are_refused(files: dict[str, Path], row: str, value: str) -> None:
    rows = [["団体コード", "団体名", "都道府県名", "区分"]]
    rows += [
        [code + check_digit(code), name, prefecture, GROUPS.get(code, "町村Ⅰ－２")]
        for code, (prefecture, name) in BODIES.items()
    ]
    cells = row.split(",")
    rows = [cells if one[0] == cells[0] else one for one in rows]
    files["groups"].write_text(as_csv(rows), encoding="utf-8")
    assert f"'{value}' contradicts the code {cells[0][:5]}" in problems_of(files)
    files["groups"].write_text(
        as_csv(
            [one for one in rows if one != cells]
            + [
                [cells[0], "乙 市", "", GROUPS.get(cells[0][:5], "町村Ⅰ－２")]  # another spelling is none
            ]
        ),
        encoding="utf-8",
    )
    build_nation(**files)


def collapsed(raw: dict[str, Any], arcs: list[list[list[int]]]) -> list[int]:
    raw["arcs"] += arcs
    return list(range(len(raw["arcs"]) - len(arcs), len(raw["arcs"])))


def test_rings_without_area_are_dropped(files: dict[str, Path]) -> None:
    expected = build_nation(**files)
    raw = topology()
    place = next(shape for shape in shapes(raw) if shape["id"] == "25201")
    line = collapsed(raw, [[[0, 0], [1, 1]], [[1, 1], [-1, -1]]])
    point = collapsed(raw, [[[0, 0], [0, 0]]])
    place["arcs"] += [[line], [point]]
    place["arcs"][0].append(line)  # a hole
    files["boundaries"].write_text(json.dumps(raw), encoding="utf-8")
    assert build_nation(**files).fingerprint == expected.fingerprint


def test_a_shape_that_is_simplified_away_or_null_names_its_code(files: dict[str, Path]) -> None:
    raw = topology()
    shapes(raw)[3]["arcs"] = [collapsed(raw, [[[0, 0], [1, 1]], [[1, 1], [-1, -1]]])]
    shapes(raw)[4] = {"type": None, "id": "25401"}
    files["boundaries"].write_text(json.dumps(raw), encoding="utf-8")
    problems = problems_of(files)
    assert "boundaries.json, 25301: it has no shape, or one without area" in problems
    assert "boundaries.json, 25401: it has no shape" in problems


def test_the_northern_territories_may_have_no_shape(files: dict[str, Path]) -> None:
    expected = build_nation(**files).fingerprint
    raw = topology()
    next(shape for shape in shapes(raw) if shape["id"] == "01696").clear()
    shapes(raw)[-1].update(type=None, id="01696")
    files["boundaries"].write_text(json.dumps(raw), encoding="utf-8")
    assert build_nation(**files).fingerprint == expected


def test_a_wrong_geometry_names_its_code(files: dict[str, Path]) -> None:
    raw = topology()
    shapes(raw)[2]["arcs"] = []
    files["boundaries"].write_text(json.dumps(raw), encoding="utf-8")
    assert "boundaries.json, 25202: objects.areas.geometries.2" in problems_of(files)


def test_neighbours_share_a_side_and_islands_are_tied_to_the_nearest_coast(files: dict[str, Path]) -> None:
    adjacency = build_nation(**files).adjacency
    ties = {kind: list(zip(rows.code_a, rows.code_b, strict=True)) for kind, rows in adjacency.groupby("kind")}
    # Squares that touch only in a corner, such as 25100 and 25401, are no neighbours.
    assert ties == {"land": LAND, "sea_nearest": [("25202", "25501")], "component_link": [("25301", "25601")]}


def test_borders_have_their_length_and_sea_ties_none(files: dict[str, Path]) -> None:
    border = build_nation(**files).adjacency.set_index(["code_a", "code_b"])["border_km"]
    assert border["25100", "25201"] == pytest.approx(0.1 * 111.195, rel=0.006)
    assert border["25100", "25301"] == pytest.approx(0.1 * 111.195 * np.cos(np.radians(35.1)), rel=0.006)
    assert border.isna().sum() == 2


def test_places_lie_within_the_largest_part(files: dict[str, Path]) -> None:
    nation = build_nation(**files)
    place = by_code(nation).loc["25201"]
    assert 136.1 < place["longitude"] < 136.2
    assert 35.0 < place["latitude"] < 35.1
    assert [[place["x_km"], place["y_km"]]] == to_plane(np.array([[place["longitude"], place["latitude"]]])).round(
        3
    ).tolist()


def test_outlines_meet_and_leave_out_islets(files: dict[str, Path]) -> None:
    outlines = build_nation(**files).boundaries
    assert sorted(outlines) == sorted(BODIES)
    assert len(outlines["25201"]) == 1
    corners = {code: {tuple(point) for point in outlines[code][0].tolist()} for code in ("25100", "25201")}
    assert len(corners["25100"]) == 4
    assert len(corners["25100"] & corners["25201"]) == 2


def test_a_body_smaller_than_an_islet_keeps_its_outline(files: dict[str, Path]) -> None:
    raw = topology({**SQUARES, "25201": []})  # only its islet is left
    files["boundaries"].write_text(json.dumps(raw), encoding="utf-8")
    ring = build_nation(**files).boundaries["25201"][0]
    assert len({tuple(point) for point in ring.tolist()}) == 4


def test_the_plane_keeps_distances_between_neighbours() -> None:
    ends = np.array([[141.35, 43.06], [139.69, 35.69], [130.40, 33.59], [127.68, 26.21]])  # Sapporo to Naha
    for step in ([0.2, 0.0], [0.0, 0.2], [0.15, -0.15]):
        there = ends + step
        plane = np.hypot(*(to_plane(there) - to_plane(ends)).T)
        one, other = np.radians(ends), np.radians(there)
        cosine = np.sin(one[:, 1]) * np.sin(other[:, 1])
        cosine += np.cos(one[:, 1]) * np.cos(other[:, 1]) * np.cos(one[:, 0] - other[:, 0])
        np.testing.assert_allclose(plane, 6371.0088 * np.arccos(cosine), rtol=0.0065)


def test_sources_and_credits_are_recorded(files: dict[str, Path], tmp_path: Path) -> None:
    nation = build(files["ssdse"], files["boundaries"], files["groups"], None, tmp_path / "japan")
    assert nation.sources["ssdse.edition"] == "SSDSE-A-2026"
    assert "A1101 2020" in nation.sources["ssdse.years"]
    for key in ("ssdse", "boundaries", "groups"):
        assert nation.sources[f"{key}.sha256"] == sha256(files[key])
        assert nation.sources[f"{key}.file"] == files[key].name
    assert [name in line for name, line in zip(("NSTAC", "MLIT", "MIC"), nation.attribution, strict=True)] == [True] * 3


def test_the_folder_loads_and_may_be_built_again(files: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "japan"
    first = build(**files, output=folder)
    assert (first.name, first.fingerprint) == ("japan", build_nation(**files).fingerprint)
    assert build(**files, output=folder).fingerprint == load_nation(folder).fingerprint == first.fingerprint


@pytest.mark.parametrize("spoil", ["other", "changed", "no nation.json", "file"])
def test_what_a_user_has_is_never_overwritten(files: dict[str, Path], tmp_path: Path, spoil: str) -> None:
    folder = tmp_path / "japan"
    if spoil == "file":
        folder.write_text("mine", encoding="utf-8")
    else:
        build(**files, output=folder)
    if spoil == "other":
        (folder / "notes.txt").write_text("mine", encoding="utf-8")
    elif spoil == "changed":
        with (folder / "adjacency.csv").open("a", encoding="utf-8") as file:
            file.write("13101,25100,land,1\n")
    elif spoil == "no nation.json":
        (folder / "nation.json").unlink()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match="name a new folder"):
        build(**files, output=folder)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_saved_again_as_utf8_gives_the_same_nation(files: dict[str, Path], encoding: str) -> None:
    expected = build_nation(**files).fingerprint
    files["ssdse"].write_bytes(as_csv(ssdse_rows()).encode(encoding))
    assert build_nation(**files).fingerprint == expected


def test_another_edition_with_other_items_and_order(files: dict[str, Path], caplog: pytest.LogCaptureFixture) -> None:
    items = [item for item in reversed(ITEMS) if item not in ("D1202", "B1101")]
    files["ssdse"].write_bytes(as_csv(ssdse_rows(items, "SSDSE-A-2031")).encode("cp932"))
    nation = build_nation(**files)
    assert nation.sources["ssdse.edition"] == "SSDSE-A-2031"
    assert by_code(nation).loc["25202", "population_65_74"] == 180
    assert nation.municipalities["staff"].isna().all()
    assert "staff is not known for 9 of 9" in caplog.text


def test_figures_that_are_not_known_are_blank(files: dict[str, Path]) -> None:
    rows = ssdse_rows()
    rows[3][rows[0].index("D1202")] = "…"
    files["ssdse"].write_bytes(as_csv(rows).encode("cp932"))
    assert by_code(build_nation(**files))["staff"].isna().to_dict() == {
        code: code == "25100" for code in sorted(BODIES)
    }


def edited(edit: Callable[[list[list[str]]], object]) -> bytes:
    rows = ssdse_rows()
    edit(rows)
    return as_csv(rows).encode("cp932")


def put(row: int, column: int, text: str) -> Callable[[list[list[str]]], object]:
    return lambda rows: rows[row].__setitem__(column, text)


def keep(count: int) -> Callable[[list[list[str]]], object]:
    return lambda rows: rows.__delitem__(slice(count, None))


WHOLE = as_csv(ssdse_rows())
SSDSE_WRONG: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty"),
    "only commas": (b",,,\r\n,,,\r\n", "starts with ''"),
    "excel": (b"PK\x03\x04rest", "an Excel workbook or a ZIP archive"),
    "utf-16": (WHOLE.encode("utf-16"), "text in UTF-16"),
    "euc-jp": (WHOLE.encode("euc-jp", errors="replace"), "neither cp932"),
    "binary": (b"SSDSE-A-2026\0\0\0", "not a text file"),
    "cut in a character": (WHOLE.encode("utf-8")[: WHOLE.encode("utf-8").rindex("己".encode()) + 1], "cut off"),
    "cut in a row": (edited(keep(10))[:-20], "cells where line 1 has 17: the file is cut off"),
    "cut between rows": (
        edited(keep(7)),
        "has 4 municipalities; 5 of the 9 in boundaries.json are missing here (13101, 25401, 25501, 25601, 25602)",
    ),
    "cut in the header": (edited(keep(2)), "only 2 lines"),
    "another set": (edited(put(0, 0, "SSDSE-B-2026")), "another set of the SSDSE family"),
    "another file": (b"code,name\r\n1,2\r\n", "starts with 'code'"),
    "item missing": (edited(put(0, 3, "A11O1")), "item 'A1101' (population) is missing"),
    "twice": (edited(lambda rows: rows.append(rows[4])), "line 13: 'R25201' stands in line 5 already"),
    "no code": (edited(put(4, 0, "25201")), "line 5: '25201' is not R and a"),
    "no figure": (edited(put(4, 3, "1,01")), "line 5: A1101 is '1,01'; a figure was expected"),
    "semicolons": (WHOLE.replace(",", ";").encode("cp932"), "1 problem\n  - ssdse.csv: semicolons stand between"),
    "tabs": (WHOLE.replace(",", "\t").encode("cp932"), "1 problem\n  - ssdse.csv: tabs stand between the cells"),
    "not known": (edited(put(4, 3, "-")), "line 5: A1101 is '-'; a figure was expected"),
    "ages": (edited(put(3, 8, "301")), "line 4: more people of 75 and over (301) than of 65"),
    "more ages than people": (edited(put(3, 3, "5")), "25100): population"),
    "no type": (edited(put(3, 2, "甲郡")), "the type of '甲郡' can't be told"),
}


@pytest.mark.parametrize("case", SSDSE_WRONG)
def test_a_wrong_ssdse_file_gets_a_clear_error(files: dict[str, Path], case: str) -> None:
    content, expected = SSDSE_WRONG[case]
    files["ssdse"].write_bytes(content)
    assert expected in problems_of(files)


@pytest.mark.parametrize("key", ["ssdse", "boundaries", "groups"])
def test_a_file_cut_off_anywhere_is_refused(files: dict[str, Path], key: str) -> None:
    whole = files[key].read_bytes()
    for end in range(0, len(whole) - len("900000\r\n"), 41):
        files[key].write_bytes(whole[:end])
        assert key in problems_of(files), end


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    raw = topology()
    change(raw)
    return json.dumps(raw)


def shapes(raw: dict[str, Any]) -> list[dict[str, Any]]:
    return raw["objects"]["areas"]["geometries"]


BOUNDARIES_WRONG: dict[str, tuple[str, str]] = {
    "empty": (" \n", "the file is empty"),
    "cut": (json.dumps(topology())[:-300], "the file is cut off after"),
    "csv": (WHOLE, "not JSON"),
    "geojson": (
        '{"type": "FeatureCollection", "features": []}',
        "GeoJSON, in which neighbours don't share their border",
    ),
    "other json": ('["Topology"]', "no TopoJSON"),
    "no ids": (
        changed(lambda raw: [shape.pop("id") for shape in shapes(raw)]),
        "geometries.0.Polygon.id: Field required",
    ),
    "number for a code": (
        changed(lambda raw: shapes(raw)[0].update(id=25100)),
        "geometries.0.Polygon.id: Input should be a valid string",
    ),
    "points": (
        changed(lambda raw: shapes(raw)[0].update(type="Point")),
        "25100: objects.areas.geometries.0: Input tag 'Point' found",
    ),
    "twice": (changed(lambda raw: shapes(raw).append(shapes(raw)[0])), "'25100' has 2 shapes"),
    "no such arc": (changed(lambda raw: shapes(raw)[0].update(arcs=[[0, 1, 2, 999]])), "25100: arc 999 is not among"),
    "disorder": (changed(lambda raw: shapes(raw)[0].update(arcs=[[0, 2, 1, 3]])), "25100: its border is not closed"),
    "metres": (changed(lambda raw: raw["transform"].update(scale=[500, 500])), "lies outside Japan"),
    "not shared": (json.dumps(topology(shared=False)), "no two shapes share an arc"),
    "one missing": (
        changed(lambda raw: shapes(raw).pop(0)),
        "boundaries.json: has 8 municipalities; 1 of the 9 in ssdse.csv",
    ),
    "one too many": (
        json.dumps(topology({**SQUARES, "25701": [(60, 0)]})),
        "ssdse.csv: has 9 municipalities; 1 of the 10",
    ),
    "nobody": (json.dumps(topology({"01696": [(0, 0)]})), "no municipality"),
}


@pytest.mark.parametrize("case", BOUNDARIES_WRONG)
def test_wrong_boundaries_get_a_clear_error(files: dict[str, Path], case: str) -> None:
    content, expected = BOUNDARIES_WRONG[case]
    files["boundaries"].write_text(content, encoding="utf-8")
    assert expected in problems_of(files)


LISTS_WRONG: dict[str, tuple[str, str, str]] = {
    "no column": ("groups", "団体コード,類似\n251003,中核市\n", "no column '区分'"),
    "unknown group": (
        "groups",
        "団体コード,区分\n251003,中核都市\n",
        "line 2: '中核都市' is not one of 政令指定都市, 中核市",
    ),
    "nearest group": ("groups", "団体コード,区分\n251003,施行特例市\n", "did you mean '施行時特例市'?"),
    "group twice": ("groups", "団体コード,区分\n251003,中核市\n251003,中核市\n", "line 3: '25100' stands twice"),
    "groups missing": (
        "groups",
        "団体コード,区分\n251003,中核市\n",
        "8 municipalities are missing (13101, 25201, 25202, 25301, 25401, …)",
    ),
    "short row": ("groups", "団体コード,区分\n251003\n", "line 2: 1 cells where the header has 2"),
    "no index": ("fiscal", "code,fiscal_indx\n25100,0.5\n", "no column '財政力指数'; did you mean 'fiscal_indx'?"),
    "no rows": ("fiscal", "code,fiscal_index\n", "no row under the header"),
    "no figures": ("fiscal", "code,fiscal_index\n25100,-\n", "no row has a figure"),
    "index": ("fiscal", "code,fiscal_index\n25100,half\n", "line 2: the index is 'half'"),
    "year": ("fiscal", "code,fiscal_index,fy\n25100,0.5,R3\n", "line 2: the fiscal year is 'R3'"),
    "code": ("fiscal", "code,fiscal_index\nOtsu,0.5\n", "line 2: 'Otsu' is not a code"),
    "index twice": ("fiscal", "code,fiscal_index\n25100,0.5\n25100,0.6\n", "line 3: '25100' stands twice"),
}


@pytest.mark.parametrize("case", LISTS_WRONG)
def test_a_wrong_list_gets_a_clear_error(files: dict[str, Path], case: str) -> None:
    key, content, expected = LISTS_WRONG[case]
    files[key].write_text(content, encoding="utf-8")
    assert expected in problems_of(files)


@pytest.mark.parametrize("key", ["ssdse", "boundaries", "groups", "fiscal"])
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("gruops.csv", "no such file; did you mean 'groups.csv'?"),
        ("", "is a folder"),
        ("groups.csv/x", "can't be read"),
    ],
)
def test_a_path_that_is_no_file(files: dict[str, Path], tmp_path: Path, key: str, path: str, expected: str) -> None:
    files[key] = tmp_path / path
    assert expected in problems_of(files)


def test_the_problems_of_all_files_are_named_together(files: dict[str, Path], tmp_path: Path) -> None:
    files["ssdse"], files["boundaries"] = files["boundaries"], files["ssdse"]
    files["fiscal"].write_text("nothing", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        build(**files, output=files["groups"])
    places = [problem.where.split(",")[0] for problem in caught.value.problems]
    assert places == [str(files["groups"]), "boundaries.json", "ssdse.csv", "fiscal.csv", "fiscal.csv"]


def test_many_like_problems_are_counted_rather_than_listed(files: dict[str, Path]) -> None:
    files["ssdse"].write_bytes(edited(lambda rows: [row.__setitem__(3, "?") for row in rows[3:]]))
    message = problems_of(files)
    assert message.count("A1101 is '?'") == 5
    assert "4 more" in message


OFFICIAL, JAPAN = SHARED / "official", SHARED / "japan"
shared_data = pytest.mark.skipif(not OFFICIAL.is_dir(), reason="needs ../shared/data, which is not part of dxsim")


@pytest.fixture(scope="module")
def japan() -> Nation:
    return build_nation(
        OFFICIAL / "SSDSE-A-2026.csv",
        OFFICIAL / "ja_municipality_area.json",
        OFFICIAL / "FITS-M-List.csv",
        JAPAN / "finance_panel.csv",
    )


@pytest.fixture(scope="module")
def known() -> pd.DataFrame:
    text = {"code": str, "pref_code": str}
    return pd.read_csv(JAPAN / "municipalities.csv", dtype=text).sort_values("code", ignore_index=True)


@shared_data
def test_japan_has_the_known_municipalities(japan: Nation, known: pd.DataFrame) -> None:
    assert len(japan.municipalities) == 1741
    assert japan.municipalities["code"].tolist() == known["code"].tolist()


@shared_data
@pytest.mark.parametrize(
    ("column", "other"),
    [
        ("prefecture", "pref_code"),
        ("prefecture_name", "pref_ja"),
        ("type", "type"),
        ("population", "pop_2020"),
        ("population_under_15", "pop_u15_2020"),
        ("population_15_64", "pop_15_64_2020"),
        ("population_75_over", "pop_75plus_2020"),
        ("fiscal_index", "fiscal_index_fy2021"),
        ("staff", "staff_general_admin_2024"),
        ("revenue_kyen", "revenue_kyen_fy2022"),
        ("local_tax_kyen", "local_tax_kyen_fy2022"),
        ("expenditure_kyen", "expenditure_kyen_fy2022"),
        ("current_balance_ratio", "current_balance_ratio_fy2022"),
        ("real_debt_service_ratio", "real_debt_service_ratio_fy2022"),
        ("households", "households_2020"),
        ("latitude", "rep_lat"),
        ("longitude", "rep_lon"),
    ],
)
def test_japan_agrees_with_the_known_columns(japan: Nation, known: pd.DataFrame, column: str, other: str) -> None:
    ours, theirs = japan.municipalities[column], known[other]
    if column in ("latitude", "longitude"):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-5)
    else:
        assert ours.tolist() == theirs.tolist()


@shared_data
def test_japan_agrees_in_what_is_derived(japan: Nation, known: pd.DataFrame) -> None:
    table = japan.municipalities
    older = known["pop_65plus_2020"] - known["pop_75plus_2020"]
    assert table["population_65_74"].tolist() == older.tolist()
    np.testing.assert_allclose(table["area_km2"], known["area_ha"] / 100)
    np.testing.assert_allclose(table["habitable_km2"], known["habitable_area_ha"] / 100)
    assert (table["community_halls"].sum(), table["aged_single_households"].sum()) == (13_163, 6_716_806)
    spelt_otherwise = table["name"] != known["name_ja"]
    assert table.loc[spelt_otherwise, "code"].tolist() == ["39405"]  # 檮原町 and 梼原町


@shared_data
def test_japan_has_the_known_neighbours(japan: Nation) -> None:
    known = pd.read_csv(JAPAN / "adjacency.csv", dtype={"code_a": str, "code_b": str})
    both = japan.adjacency.merge(known, on=["code_a", "code_b"], how="outer", suffixes=("", "_known"))
    assert (both["kind"] == both["kind_known"]).all()  # all 4,402 by land, 39 and 20 across the sea; none besides
    land = both[both["kind"] == "land"]
    assert len(land) == 4402
    assert (land["border_km"] - land["border_km_simplified"]).abs().max() < 0.5


@shared_data
def test_japan_is_one_network_and_small_on_disk(japan: Nation, tmp_path: Path) -> None:
    graph = networkx.from_pandas_edgelist(japan.adjacency, "code_a", "code_b")
    assert set(graph) == set(japan.municipalities["code"])
    assert networkx.is_connected(graph)
    folder = tmp_path / "japan"
    build(OFFICIAL / "SSDSE-A-2026.csv", OFFICIAL / "ja_municipality_area.json", None, None, folder)
    assert (folder / "boundaries.json").stat().st_size < 1.5e6


@shared_data
def test_a_truncated_ssdse_file_says_what_is_missing(tmp_path: Path) -> None:
    cut = tmp_path / "SSDSE-A-2026.csv"
    lines = (OFFICIAL / "SSDSE-A-2026.csv").read_bytes().splitlines(keepends=True)
    cut.write_bytes(b"".join(lines[:903]))
    with pytest.raises(InputError, match="has 900 municipalities; 841 of the 1,741"):
        build_nation(cut, OFFICIAL / "ja_municipality_area.json")
