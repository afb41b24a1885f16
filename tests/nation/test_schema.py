"""The tables of a nation: what is right stays as it is, what is wrong is named, all at once."""

import shutil
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxsim.errors import InputError
from dxsim.nation import load_nation, make_nation, write_nation
from dxsim.nation.nation import ABOUT_FILE, ADJACENCY_FILE, BOUNDARY_FILE, MUNICIPALITY_FILE
from dxsim.nation.schema import (
    ADJACENCY,
    EXAMPLES,
    MUNICIPALITIES,
    check_adjacency,
    check_municipalities,
    read_text_table,
)
from dxsim.nation.small import grid_nation
from dxsim.terms.municipalities import TYPES

GRID = grid_nation(2, 3, prefectures=2, type_=["core_city", *["town"] * 5])


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nation") / "grid"
    write_nation(GRID, folder)
    return {name: (folder / name).read_text(encoding="utf-8") for name in (MUNICIPALITY_FILE, ADJACENCY_FILE)}


def problems_of(folder: Path, municipalities: str, adjacency: str) -> list[str]:
    folder.mkdir(exist_ok=True)
    (folder / MUNICIPALITY_FILE).write_text(municipalities, encoding="utf-8")
    (folder / ADJACENCY_FILE).write_text(adjacency, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_nation(folder)
    return [str(problem) for problem in caught.value.problems]


def changed(table: pd.DataFrame, row: int, **cells: object) -> pd.DataFrame:
    table = table.astype(object)
    for name, value in cells.items():
        table.loc[row, name] = value
    return table


@pytest.mark.parametrize(
    ("cells", "place", "said"),
    [
        ({"code": "1202"}, "code", "dropped the leading zero"),
        ({"code": "012025"}, "code", "leave out the check digit"),
        ({"code": "48201", "prefecture": "48"}, "code", "prefectures are 01 to 47"),
        ({"code": "01201"}, "code", "stands twice"),
        ({"name": " "}, "name", "blank"),
        ({"name": "a\rb"}, "name", "control character"),
        ({"prefecture": "02"}, "prefecture", "the first two digits of the code are '01'"),
        ({"prefecture_name": "Elsewhere"}, "prefecture_name", "another row calls the prefecture 'Prefecture 01'"),
        ({"type": "twon"}, "type", "did you mean 'town'?"),
        ({"population": "50,00"}, "population", "'50,00' is not a number"),
        ({"population": "many"}, "population", "'many' is not a number"),
        ({"population": ""}, "population", "blank; a figure in persons was expected"),
        ({"population": 3e8}, "population", "300,000,000 is outside 0 to 20,000,000 persons"),
        ({"population": 50000.5}, "population", "is not a whole number"),
        ({"population_75_over": 30000}, "population", "the age bands add up to 72,500, more than"),
        ({"fiscal_index": "-0.1"}, "fiscal_index", "-0.1 is outside 0 to 10"),
        ({"staff": "1e999"}, "staff", "inf is outside"),
        ({"x_km": "nan"}, "x_km", "'nan' is not a number"),
        ({"area_km2": "１-２"}, "area_km2", "is not a number"),
    ],
)
def test_each_wrong_cell_is_named_once_with_its_row_and_column(cells, place, said):
    found = check_municipalities(changed(GRID.municipalities, 1, **cells), "mine.csv")[1]
    assert len(found) == 1
    assert found[0].where.startswith("mine.csv")
    assert found[0].where.endswith(f": {place}")
    assert said in found[0].what


def test_everything_wrong_in_both_files_is_reported_with_its_line(tmp_path, text):
    municipalities = text[MUNICIPALITY_FILE].replace("fiscal_index", "fiscal_indx", 1).replace("core_city", "core", 1)
    municipalities += "02999,too,few\n"
    found = problems_of(tmp_path / "bad", municipalities, text[ADJACENCY_FILE].replace(",land,", ",lnad,", 1))
    assert [line for line in found if "unknown column 'fiscal_indx'; did you mean 'fiscal_index'?" in line]
    assert [line for line in found if "column 'fiscal_index'" in line and "is missing" in line]
    assert [line for line in found if "municipalities.csv, line 2 (01201): type" in line and "did you mean" in line]
    assert [line for line in found if "municipalities.csv, line 8" in line and "3 cells where" in line]
    assert [line for line in found if "adjacency.csv, line 2 (01201): kind" in line and "did you mean 'land'?" in line]


def test_many_problems_of_one_kind_are_counted_not_printed():
    large = grid_nation(5, 8)
    found = check_municipalities(large.municipalities.assign(population=-1), "mine.csv")[1]
    outside = [problem for problem in found if "outside" in problem.what]
    assert len(outside) == EXAMPLES
    assert any(f"and {40 - EXAMPLES} more like this" in problem.what for problem in found)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"code_b": "01299"}, "'01299' is not the code of a municipality here"),
        ({"code_b": "01201"}, "'01201' is tied to itself"),
        ({"code_a": "01202", "code_b": "01203"}, "the pair 01202 and 01203 stands twice"),
        ({"code_a": "01203", "code_b": "01202"}, "the pair 01202 and 01203 stands twice"),
        ({"kind": "sea_nearest"}, "leave it blank"),
        ({"border_km": -1}, "-1 is outside 0 to 10,000 km"),
    ],
)
def test_each_wrong_tie_is_named(cells, said):
    table = changed(GRID.adjacency, 0, **cells)
    found = check_adjacency(table, "ties.csv", list(GRID.municipalities["code"]))[1]
    assert [said in problem.what for problem in found] == [True]


def test_a_tie_may_be_written_either_way_round_and_in_any_order():
    table = GRID.adjacency.rename(columns={"code_a": "code_b", "code_b": "code_a"}).iloc[::-1]
    typed, found = check_adjacency(table, "ties.csv", list(GRID.municipalities["code"]))
    assert found == []
    pd.testing.assert_frame_equal(typed, GRID.adjacency)


def test_a_table_that_is_right_keeps_every_value_and_is_sorted():
    shuffled = GRID.municipalities.iloc[::-1].astype(str).iloc[:, ::-1]
    typed, found = check_municipalities(shuffled, "mine.csv")
    assert found == []
    pd.testing.assert_frame_equal(typed, GRID.municipalities)


def test_an_empty_table_and_files_that_are_no_tables_are_refused(tmp_path, text):
    header = text[MUNICIPALITY_FILE].splitlines()[0] + "\n"
    assert any("no municipality" in line for line in problems_of(tmp_path / "a", header, text[ADJACENCY_FILE]))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / MUNICIPALITY_FILE).write_bytes("団体".encode("cp932"))
    with pytest.raises(InputError, match=r"(?s)not text in UTF-8.*adjacency\.csv: can't be read"):
        load_nation(tmp_path / "b")


def test_a_blank_figure_is_allowed_only_where_it_may_be_unknown():
    for column in MUNICIPALITIES.values():
        if column.dtype != "text" and column.name in GRID.municipalities:
            found = check_municipalities(changed(GRID.municipalities, 2, **{column.name: ""}), "mine.csv")[1]
            assert bool(found) is not column.blank


def test_labels_are_there_in_both_languages():
    for column in (*MUNICIPALITIES.values(), *ADJACENCY.values()):
        assert column.label_en.isascii()
        assert not column.label_ja.isascii()
    assert len({english for english, _ in TYPES.values()}) == len(TYPES) == 7


def test_quoted_line_breaks_do_not_shift_line_numbers(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a,b\n"1\n2",3\n4,5\n', encoding="utf-8")
    table, found = read_text_table(path)
    assert found == []
    assert table.index.tolist() == [3, 4]
    assert table["a"].tolist() == ["1\n2", "4"]


GARBAGE = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["", ",", '"', "\n", "nan", "-1", "1e400", "９", "0x10", "1_0", "\x00", "'; --", "True", "9" * 5000]
    ),
)


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_a_corrupted_file_gives_a_clear_error_or_the_nation_that_it_says(data, text):
    folder = Path(tempfile.mkdtemp())
    files = dict(text)
    name = data.draw(st.sampled_from(sorted(files)))
    lines = files[name].splitlines()
    row = data.draw(st.integers(0, len(lines) - 1))
    cells = lines[row].split(",")
    place = data.draw(st.integers(0, len(cells) - 1))
    column = lines[0].split(",")[place]
    cells[place] = data.draw(GARBAGE)
    lines[row] = ",".join(cells)
    for each, content in {**files, name: "\n".join(lines) + "\n"}.items():
        (folder / each).write_text(content, encoding="utf-8", errors="replace", newline="")
    try:
        nation = load_nation(folder)
    except InputError as error:
        message = str(error)
        assert name in message
        assert column in message or any(
            word in message for word in ("line", "CSV", "column", "save the file with commas")
        )
    else:
        assert len(nation.municipalities) == 6
        write_nation(nation, folder / "again")
        assert load_nation(folder / "again").fingerprint == nation.fingerprint
    finally:
        shutil.rmtree(folder)


@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=200),
    name=st.sampled_from([MUNICIPALITY_FILE, ADJACENCY_FILE, BOUNDARY_FILE, ABOUT_FILE]),
)
def test_any_bytes_in_any_file_give_an_input_error(content, name, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bytes") / "nation"
    write_nation(GRID, folder)
    (folder / name).write_bytes(content)
    with pytest.raises(InputError):
        load_nation(folder)


words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).map(str.strip).filter(bool)
whole = st.integers(0, 4_000_000)
known = st.one_of(st.just(float("nan")), st.floats(0, 10, allow_subnormal=False))


@settings(max_examples=60, deadline=None)
@given(
    population=st.lists(whole, min_size=6, max_size=6),
    index=st.lists(known, min_size=6, max_size=6),
    names=st.lists(words, min_size=6, max_size=6),
    types=st.lists(st.sampled_from(list(TYPES)), min_size=6, max_size=6),
)
def test_a_nation_that_is_written_and_read_is_the_same(population, index, names, types, tmp_path_factory):
    base = grid_nation(2, 3, population=population, type_=types)
    table = base.municipalities.assign(fiscal_index=index, name=names)
    nation = make_nation(
        "drawn", table, base.adjacency, boundaries=base.boundaries, attribution=["a"], sources={"b": "c"}
    )
    folder = tmp_path_factory.mktemp("round") / "trip"
    write_nation(nation, folder)
    again = load_nation(folder)
    pd.testing.assert_frame_equal(again.municipalities, nation.municipalities, check_exact=True)
    pd.testing.assert_frame_equal(again.adjacency, nation.adjacency, check_exact=True)
    assert (again.fingerprint, again.attribution, again.sources) == (nation.fingerprint, ("a",), {"b": "c"})
    assert {code: [ring.tolist() for ring in rings] for code, rings in again.boundaries.items()} == {
        code: [ring.tolist() for ring in rings] for code, rings in nation.boundaries.items()
    }
