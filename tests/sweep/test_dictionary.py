"""No table of a sweep has a column that the dictionary does not explain, in both languages and with its type."""

from __future__ import annotations

import csv
import io
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dxsim.records.months import MONTH_COLUMNS
from dxsim.records.municipalities import MUNICIPALITY_COLUMNS
from dxsim.scenario.registry import REGISTRY
from dxsim.sweep.dictionary import describe_column, dictionary
from dxsim.sweep.layout import DICTIONARY, PLAN, SUMMARY
from dxsim.sweep.runner import run_sweep
from dxsim.sweep.study_file import read_study
from dxsim.terms.kpis import kpi_table
from tests.sweep.conftest import STUDY

JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
EVERYTHING = {
    "columns: [live, late_R4]": f"columns: [{', '.join(MONTH_COLUMNS)}]",
    "municipalities: [late_systems, cost_per_resident_2035]": f"municipalities: [{', '.join(MUNICIPALITY_COLUMNS)}]",
    "policy.portability: [0.1, 0.9]": "policy.portability: [0.1]\n  policy.deadline: [2026-03, 2027-03]",
    "count: 3": "count: 1",
}


@pytest.fixture
def everything(desk):
    text = STUDY
    for part, other in EVERYTHING.items():
        assert part in text
        text = text.replace(part, other)
    (desk / "study.yaml").write_text(text, encoding="utf-8")
    return run_sweep(read_study("./study.yaml"), "out")


def kind(type_: pa.DataType) -> str:
    """Return the type of a column in the words of a Frictionless table schema."""
    if pa.types.is_timestamp(type_):
        return "datetime"
    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_integer(type_):
        return "integer"
    return "number" if pa.types.is_floating(type_) else "string"


def test_every_column_of_a_sweep_has_a_row_and_every_row_a_column(everything):
    folder = everything.folder
    files = {"plan": folder / PLAN, "summary": folder / SUMMARY, "runs": everything.marks()[0]}
    files |= {table: next((folder / "records" / table).glob("*.parquet")) for table in everything.tables()}
    assert set(files) == {"plan", "kpis", "strata", "months", "municipalities", "runs", "summary"}
    found = {
        (table, column.name): kind(column.type) for table, path in files.items() for column in pq.read_schema(path)
    }
    rows = list(csv.DictReader(io.StringIO((folder / DICTIONARY).read_text(encoding="utf-8-sig"))))
    assert {(row["table"], row["column"]): row["type"] for row in rows} == found
    for row in rows:
        assert re.search("[A-Za-z]{2}", row["meaning_en"]), row
        assert not JAPANESE.search(row["meaning_en"]), row
        assert JAPANESE.search(row["meaning_ja"]), row
        assert not re.search(r"[{}]", row["meaning_en"] + row["meaning_ja"] + row["column"]), row
        assert row["unit"] or row["type"] in ("string", "boolean", "datetime", "integer"), row


def test_the_dictionary_opens_in_a_spreadsheet(desk):
    (desk / "study.yaml").write_text(STUDY[: STUDY.index("  strata")] + "  strata: []\n", encoding="utf-8")
    results = run_sweep(read_study("./study.yaml"), "out")
    assert (results.folder / DICTIONARY).read_bytes().startswith("\ufefftable,".encode())


def test_only_what_is_recorded_is_explained(desk):
    text = STUDY[: STUDY.index("  strata")] + "  strata: []\n"
    (desk / "study.yaml").write_text(text, encoding="utf-8")
    results = run_sweep(read_study("./study.yaml"), "out")
    rows = list(csv.DictReader(io.StringIO((results.folder / DICTIONARY).read_text(encoding="utf-8-sig"))))
    assert {row["table"] for row in rows} == {"plan", "kpis", "runs", "summary"}


def test_the_whole_dictionary_has_all_that_could_be_recorded():
    entries = {(entry.table, entry.column) for entry in dictionary()}
    assert {column for table, column in entries if table == "plan"} >= set(REGISTRY)
    assert {column for table, column in entries if table == "kpis"} >= set(kpi_table())
    assert len(entries) == len(dictionary())


def test_no_row_explains_what_nothing_records():
    """A column that the records no longer have must leave ``columns.csv`` too."""
    for table, columns in {"months": MONTH_COLUMNS, "municipalities": MUNICIPALITY_COLUMNS}.items():
        described = [entry.column for entry in dictionary() if entry.table == table]
        keys = {"run", "month", "type", "code"}
        patterns = [re.sub(r"\{\w+\}", ".+", column) for column in described if column not in keys]
        assert all(any(re.fullmatch(pattern, column) for column in columns) for pattern in patterns)


def test_words_of_a_kind_of_column():
    assert describe_column("months", "late_R4").meaning_ja == "期限を過ぎて未移行のシステム数：R4 ベンダーの要員不足"
    assert describe_column("kpis", "live_share_deadline").meaning_en == "Systems live at the deadline (policy.deadline)"
    assert describe_column("plan", "policy.deadline").type == "string"
    with pytest.raises(KeyError):
        describe_column("months", "nonsense")
