"""The table holds together, the loader refuses a bad one, and values are read strictly."""

import csv
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxsim.errors import InputError
from dxsim.scenario.registry import (
    PARAMETER_DTYPE,
    REGISTRY,
    TABLE,
    defaults,
    parameter_record,
    read_table,
    unknown,
)
from dxsim.terms.calendar import MONTHS, month_index, month_name
from tests.scenario.ranges import ranges

# The ranges of these are set with their defaults, on the patterns.
OFF = ("commitment.peer_hazard",)  # by default; its range begins there
GOOD = next(csv.DictReader(TABLE.open(encoding="utf-8"))) | {
    "group": "policy",
    "name": "share",
    "type": "float",
    "unit": "share",
    "default": "0.5",
    "minimum": "0",
    "maximum": "1",
    "low": "0.2",
    "high": "0.8",
    "distribution": "uniform",
    "status": "free",
    "source": "",
}


def write_table(path, *rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, GOOD)
        writer.writeheader()
        writer.writerows({**GOOD, **row} for row in rows)
    return path


def refusals(path, *rows):
    with pytest.raises(InputError) as caught:
        read_table(write_table(path, *rows))
    return [str(problem) for problem in caught.value.problems]


def test_a_good_row_is_read(tmp_path):
    table = read_table(write_table(tmp_path / "t.csv", {}))
    assert list(table) == ["policy.share"]
    assert table["policy.share"].default == 0.5


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"default": "1.5"}, "must be in [0, 1] share (got 1.5)"),
        ({"default": "x"}, "could not convert string to float"),
        ({"low": "-1"}, "must be in [0, 1] share (got -1.0)"),
        ({"low": "0.9"}, "low is above high"),
        ({"low": ""}, "low, high and distribution belong together"),
        ({"high": "", "distribution": ""}, "low, high and distribution belong together"),
        ({"distribution": "normal"}, "distribution must be one of"),
        ({"distribution": "integers"}, "does not go with type float"),
        ({"maximum": ""}, "minimum and maximum belong to every type but choice"),
        ({"label_ja": ""}, "no label in 'ja'"),
        ({"label_en": ""}, "no label in 'en'"),
        ({"status": "guessed"}, "status must be one of"),
        ({"role": "knob"}, "role must be one of"),
        ({"type": "text"}, "type must be one of"),
        ({"status": "read"}, "status 'read' needs a source"),
        ({"status": "derived"}, "status 'derived' needs a source"),
        ({"choices": "a|b"}, "choices belong to the type choice"),
        ({"name": "two words"}, "can't be the name of a field"),
        ({"name": "shape"}, "can't be the name of a field"),
        ({"name": "lambda"}, "can't be the name of a field"),
        ({"type": "month_end", "distribution": "integers"}, "must be a month from"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(tmp_path, row, says):
    (problem,) = refusals(tmp_path / "t.csv", {"name": "other"}, row)
    assert "t.csv, line 3: policy." in problem
    assert says in problem


def test_all_bad_rows_are_reported_at_once_and_names_are_unique(tmp_path):
    found = refusals(tmp_path / "t.csv", {"default": "2"}, {"name": "a", "status": "x"}, {"group": "vendor"})
    assert len(found) == 3
    assert "its short name is used before" in found[2]


def test_every_parameter_has_a_range_or_is_no_free_number():
    for key, parameter in REGISTRY.items():
        if parameter.status == "free":
            assert parameter.distribution, f"{key} is free but has no range to vary"


def test_months():
    assert [month_index(text) for text in ("2021-04", "2026-03", "2036-03")] == [0, 59, MONTHS - 1]
    assert all(month_index(month_name(index)) == index for index in range(-60, 400))
    for text in ("2026-13", "2026-3", "26-03", "2026-03-01", "２０２６-03", ""):
        with pytest.raises(ValueError, match="YYYY-MM"):
            month_index(text)


def test_record_holds_what_the_kernels_read():
    record = parameter_record({"policy.deadline": "2027-03", "policy.mandate_start": "2022-10", "vendor.count": 7})
    assert record.shape == (1,)
    assert record.dtype.names == PARAMETER_DTYPE.names
    assert record[0].deadline == 72
    assert record[0].mandate_start == 18
    assert record[0].count == 7
    assert record[0].extension_rule == REGISTRY["policy.extension_rule"].code("conditional") == 1
    assert record[0].portability == REGISTRY["policy.portability"].default
    assert {PARAMETER_DTYPE[name].kind for name in PARAMETER_DTYPE.names} == {"f", "i"}


def test_all_wrong_values_are_refused_at_once_with_bounds_unit_and_nearest_name():
    with pytest.raises(InputError) as caught:
        parameter_record(
            {
                "policy.portability": 1.5,
                "policy.readiness_shift": -50,
                "policy.deadlin": "2027-03",
                "deadline": "2027-03",
                "vendor.hiring_lag": 3.5,
                "policy.extension_rule": "nome",
                "zzz": 1,
            }
        )
    text = str(caught.value)
    for expected in (
        "7 problems",
        "policy.portability must be in [0, 1] (got 1.5)",
        "policy.readiness_shift must be a whole number in [-36, 36] months (got -50)",
        "policy.deadlin: no such parameter; did you mean 'policy.deadline'?",
        "deadline: no such parameter; did you mean 'policy.deadline'?",
        "vendor.hiring_lag must be a whole number in [0, 60] months (got 3.5)",
        "policy.extension_rule must be one of none, conditional, all (got 'nome'); did you mean 'none'?",
        "zzz: no such parameter; `dxsim parameters` lists them all",
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("staff.staff_of_10000", "did you mean 'staff.staff_of_100'?"),
        ("residents.support_deks", "did you mean 'residents.support_desks'?"),
        ("polcy.deadlin", "did you mean 'policy.deadline'?"),
        ("subsidy.late_penalty", "did you mean 'policy.late_penalty'?"),
        ("subsidy.subsidy_rate", "`dxsim parameters` lists them all"),  # gone, and nothing is called like it
        ("commitment.naive_share", "`dxsim parameters` lists them all"),
        ("commitment.readiness_slope", "`dxsim parameters` lists them all"),
    ],
)
def test_a_hint_is_near_by_name_and_not_by_its_group_alone(name, hint):
    assert unknown(name) == f"no such parameter; {hint}"


@pytest.mark.parametrize("value", [True, np.True_, "0.5", None, math.nan, math.inf, 10**400, [0.5], 0.5j, b"1"])
def test_only_a_finite_number_is_a_number(value):
    with pytest.raises(ValueError, match=r"policy.portability must be in \[0, 1\]"):
        REGISTRY["policy.portability"].read(value)


@pytest.mark.parametrize("value", [1, 0, np.float64(0.3), np.int64(1)])
def test_numbers_of_python_and_numpy_are_read(value):
    read = REGISTRY["policy.portability"].read(value)
    assert type(read) is float
    assert read == value


@pytest.mark.parametrize("value", [2027, "2027", "2021-03", "2036-04", "2027-3", 2027.03, None])
def test_only_a_month_of_the_calendar_is_a_month(value):
    with pytest.raises(ValueError, match="must be a month from 2021-04 to 2036-03, written YYYY-MM"):
        REGISTRY["policy.deadline"].read(value)


@given(st.sampled_from(list(REGISTRY)), st.one_of(st.integers(), st.floats(), st.text(), st.booleans(), st.none()))
def test_any_value_is_either_read_within_bounds_or_refused(key, value):
    parameter = REGISTRY[key]
    try:
        code = parameter.code(parameter.read(value))
    except ValueError:
        return
    assert parameter.read(parameter.read(value)) == parameter.read(value)
    assert math.isfinite(code)


def test_ranges_are_numbers_of_the_kernels_in_order():
    assert REGISTRY["policy.deadline"].distribution == "integers"
    assert ranges()["policy.deadline"] == (48.0, 84.0)
    assert REGISTRY["policy.portability"].distribution == "uniform"
    assert ranges()["policy.portability"] == (0.0, 1.0)
    assert all(low <= high for low, high in ranges().values())


def test_defaults_are_the_tables():
    assert defaults()["policy.deadline"] == "2026-03"
    assert len(defaults()) == len(REGISTRY)


def test_no_default_of_what_is_uncertain_is_at_an_edge_of_its_range():
    for name, (low, high) in ranges().items():
        parameter = REGISTRY[name]
        if parameter.role == "uncertainty" and parameter.key not in OFF:
            assert low < float(parameter.code(parameter.default)) < high, name
