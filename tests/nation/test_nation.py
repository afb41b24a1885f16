"""A nation as a folder: whole, checked against its checksums, or refused with the way to mend it."""

import json

import numpy as np
import pytest

from dxsim.errors import InputError
from dxsim.nation import load_nation, make_nation, write_nation
from dxsim.nation import nation as module
from dxsim.nation.nation import ABOUT_FILE, BOUNDARY_FILE, MUNICIPALITY_FILE
from dxsim.nation.schema import AGE_BANDS
from dxsim.nation.small import grid_nation


@pytest.fixture
def folder(tmp_path):
    write_nation(grid_nation(2, 2), tmp_path / "grid")
    return tmp_path / "grid"


@pytest.mark.parametrize("where", ["syntetic", "no/such/folder", "x" * 300])
def test_a_nation_that_is_not_there_is_refused(where):
    with pytest.raises(InputError, match="nor a folder") as caught:
        load_nation(where)
    assert ("did you mean 'synthetic'?" in str(caught.value)) == (where == "syntetic")


def test_a_changed_file_is_refused_unless_the_description_is_deleted(folder):
    path = folder / MUNICIPALITY_FILE
    path.write_text(path.read_text().replace("50000", "60000", 1))
    with pytest.raises(InputError, match=r"municipalities\.csv: changed since .* delete nation\.json"):
        load_nation(folder)
    (folder / ABOUT_FILE).unlink()
    assert load_nation(folder).municipalities["population"].tolist() == [60000, 50000, 50000, 50000]


def test_boundaries_and_description_are_optional(folder):
    (folder / ABOUT_FILE).unlink()
    (folder / BOUNDARY_FILE).unlink()
    nation = load_nation(folder)
    assert (nation.boundaries, nation.attribution, nation.sources) == ({}, (), {})
    assert nation.name == "grid"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "rings of x and y in km for each code"),
        ('{"01299": [[0,0,1,0,1,1]]}', "not the code of a municipality here"),
        ('{"01201": [[0,0,1,0]]}', "at least three corners"),
        ('{"01201": [[0,0,1,0,1,NaN]]}', "not a number"),
        ('{"01201": [[0,0,1]]}', "a list of rings"),
        ('{"01201": 5}', "a list of rings"),
    ],
)
def test_wrong_boundaries_are_named(folder, content, said):
    (folder / ABOUT_FILE).unlink()
    (folder / BOUNDARY_FILE).write_text(content)
    with pytest.raises(InputError, match=said):
        load_nation(folder)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("format", 99, "in format 1"),
        ("attribution", "me", "a list of credit lines"),
        ("sources", ["x"], "sources: a name and a checksum"),
        ("files", None, "files: a checksum for each file"),
    ],
)
def test_a_wrong_description_is_named(folder, key, value, said):
    about = json.loads((folder / ABOUT_FILE).read_text())
    (folder / ABOUT_FILE).write_text(json.dumps({**about, key: value}))
    with pytest.raises(InputError, match=said):
        load_nation(folder)


def test_writing_replaces_a_nation_but_nothing_else(folder):
    write_nation(grid_nation(3, 3), folder)
    assert len(load_nation(folder).municipalities) == 9
    (folder / "thesis.txt").write_text("two years of work")
    with pytest.raises(InputError, match=r"thesis\.txt"):
        write_nation(grid_nation(2, 2), folder)
    assert (folder / "thesis.txt").exists()
    assert [path.name for path in folder.parent.iterdir()] == ["grid"]


def test_a_failed_write_leaves_the_old_nation_and_no_rubbish(folder, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(module, "_boundary_text", fail)
    with pytest.raises(OSError, match="disk full"):
        write_nation(grid_nation(3, 3), folder)
    assert len(load_nation(folder).municipalities) == 4
    assert [path.name for path in folder.parent.iterdir()] == ["grid"]


def test_the_fingerprint_follows_the_content_of_the_two_tables_only():
    base = grid_nation(2, 2)
    table, ties = base.municipalities, base.adjacency
    assert make_nation("other", table.iloc[::-1], ties).fingerprint == base.fingerprint
    assert make_nation("grid", table.assign(staff=table["staff"] + 1e-9), ties).fingerprint != base.fingerprint
    assert make_nation("grid", table, ties.iloc[1:]).fingerprint != base.fingerprint
    assert make_nation("grid", table.assign(area_km2=np.nan), ties).fingerprint != base.fingerprint


def test_problems_of_both_tables_and_the_boundaries_come_together():
    base = grid_nation(2, 2)
    with pytest.raises(InputError) as caught:
        make_nation(
            "wrong",
            base.municipalities.assign(type="hamlet"),
            base.adjacency.assign(kind="bridge"),
            boundaries={"99999": [np.zeros((3, 2))]},
        )
    said = str(caught.value)
    assert "'hamlet'" in said
    assert "'bridge'" in said
    assert "99999" in said


def test_a_grid_is_what_it_says():
    nation = grid_nation(3, 4, population=range(100, 1300, 100), prefectures=5)
    table = nation.municipalities
    assert len(nation.adjacency) == 3 * 3 + 2 * 4
    assert table["population"].tolist() == list(range(100, 1300, 100))
    assert table.groupby("prefecture").size().tolist() == [3, 2, 3, 2, 2]
    assert table["code"].tolist()[:4] == ["01201", "01202", "01203", "02201"]
    assert (table["population"] - table[list(AGE_BANDS)].sum(axis=1)).between(0, 3).all()
    distance = np.hypot(
        *(
            table.set_index("code").loc[nation.adjacency["code_a"], ["x_km", "y_km"]].to_numpy()
            - table.set_index("code").loc[nation.adjacency["code_b"], ["x_km", "y_km"]].to_numpy()
        ).T
    )
    assert np.allclose(distance, 10)
    assert "12 municipalities, 17 pairs" in repr(nation)


def test_a_grid_too_large_for_its_prefectures_is_refused():
    with pytest.raises(ValueError, match="at most 799"):
        grid_nation(40, 20)
