"""The page on R: the same queries in SQL give what dxsim gives, and the R code names columns that are there.

There is no R here, so its code is not run.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

import dxsim

ROOT = Path(__file__).parents[2]
SWEEP = ROOT / "experiments" / "capacity_or_specifications" / "sweep"
PAGE = (ROOT / "docs" / "r.md").read_text(encoding="utf-8")
R = re.findall(r"^```r\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SQL = {
    text.splitlines()[0].removeprefix("-- "): text
    for text in re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
}
WORDS = {"TRUE", "arrow", "dplyr"}


@pytest.fixture(scope="module")
def tables() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.sql(f"create view plan as from '{SWEEP}/plan.parquet'")
    for name in ("kpis", "strata"):
        connection.sql(f"create view {name} as from '{SWEEP}/records/{name}/*.parquet'")
    return connection


@pytest.fixture(scope="module")
def comparison() -> dxsim.Comparison:
    return dxsim.compare(SWEEP)


def test_the_folder_is_the_one_that_the_page_names() -> None:
    assert f'folder <- "{SWEEP.relative_to(ROOT).as_posix()}"' in R[0]


def test_means(tables: duckdb.DuckDBPyConnection, comparison: dxsim.Comparison) -> None:
    found = tables.sql(SQL["means"]).df()
    late = comparison.differences.query("kpi == 'late_share'")
    assert found["late"].iloc[0] == pytest.approx(late["reference_mean"].iloc[0])
    assert list(found["late"].iloc[1:]) == pytest.approx(list(late["case_mean"]))


def test_pairs(tables: duckdb.DuckDBPyConnection, comparison: dxsim.Comparison) -> None:
    ((difference, error, pairs),) = tables.sql(SQL["pairs"]).fetchall()
    first = comparison.differences.query("kpi == 'late_share'").iloc[0]
    assert difference == pytest.approx(first["difference"])
    assert error == pytest.approx(first["monte_carlo_error"])
    assert pairs == first["seeds"]


def test_strata(tables: duckdb.DuckDBPyConnection, comparison: dxsim.Comparison) -> None:
    found = tables.sql(SQL["strata"]).df().query("case == 0").set_index("class")["late"]
    equity = comparison.equity.query("stratum == 'size_class' and measure == 'late_share'")
    expected = equity.drop_duplicates("class").set_index("class")["reference_mean"]
    assert dict(found) == pytest.approx(dict(expected))


def names_of(code: str) -> set[str]:
    """Return the words of R code that can only be columns: no functions, texts, arguments, or names given there."""
    code = re.sub(r'"[^"]*"|#.*', "", code)
    words = set(re.findall(r"(?<![\w.$])[A-Za-z][\w.]*(?!\s*\()(?![\w.])", code))
    functions = set(re.findall(r"([A-Za-z][\w.]*)\s*\(", code))
    given = set(re.findall(r"([A-Za-z][\w.]*)\s*(?:<-|=(?!=))", code))
    return words - functions - given


def test_the_columns_that_r_code_names_are_there(tables: duckdb.DuckDBPyConnection) -> None:
    given = {name for code in R for name in re.findall(r"([A-Za-z][\w.]*)\s*(?:<-|=(?!=))", code)}
    asked = {name for code in R for name in names_of(code)} - given - WORDS
    there = {column for name in ("plan", "kpis", "strata") for column in tables.sql(f"from {name} limit 0").columns}
    assert asked <= there
    assert {"late_share", "case", "policy.readiness_shift"} <= asked
    for column in re.findall(r'by = (?:c\()?((?:"\w+"(?:, )?)+)', "\n".join(R)):
        assert set(re.findall(r'"(\w+)"', column)) <= there
