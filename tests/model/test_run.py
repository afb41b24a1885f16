"""A run as a whole: the compiled kernels against plain Python, vendor tables, calendars and levers."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from dxsim.errors import InputError
from dxsim.model.codes import NEVER
from dxsim.model.run import begin, prepare, run_inputs, run_model
from dxsim.nation.small import grid_nation
from dxsim.nation.vendor_table import read_vendor_table
from dxsim.scenario.scenario import VendorEvent, load_scenario

NATION = grid_nation(3, 4, prefectures=2)
# Compiled code reads `row.name` as the field. Plain Python does so only in record arrays, and takes `row.size` for the
# number of elements of the row, unless it is told otherwise.
FINGERPRINT = """
import hashlib
import os
import numpy
if os.environ["NUMBA_DISABLE_JIT"] == "1":
    zeros, attribute = numpy.zeros, numpy.record.__getattribute__
    def records(*shape, **dtype):
        made = zeros(*shape, **dtype)
        return made.view(numpy.recarray) if made.dtype.names else made
    def field_first(row, name):
        place = numpy.void.__getattribute__(row, "dtype").fields.get(name)
        return row.getfield(*place[:2]) if place else attribute(row, name)
    numpy.zeros, numpy.record.__getattribute__ = records, field_first
from dxsim.model.run import run_model
from dxsim.nation.small import grid_nation
from dxsim.scenario.scenario import load_scenario
changes = {"commitment.peer_hazard": 0.02, "cooperation.transaction_cost": 4e6, "quality.incident_rate": 0.5}
changes |= {"security.security_hazard": 0.05, "residents.analog_rule": "staff", "policy.late_penalty": 1e5}
outcome = run_model(grid_nation(3, 4, prefectures=2), load_scenario("baseline", changes), 12)
state = outcome.state
assert (state.groups.members > 1).any() and state.harm.rollbacks.any() and state.harm.security_incidents.any()
digest = hashlib.sha256()
for value in (*state, *outcome.series):
    fields = numpy.asarray(value).dtype.names or [...]
    for name in fields:
        digest.update(numpy.asarray(value)[name].tobytes())
print(digest.hexdigest())
"""


def fingerprint(**environment: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", FINGERPRINT],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
    )
    return ran.stdout.strip()


def test_compiled_and_plain_python_give_the_same_bits():
    assert fingerprint(NUMBA_DISABLE_JIT="1") == fingerprint(NUMBA_DISABLE_JIT="0")


def test_a_vendor_table_decides_who_runs_what(tmp_path):
    codes = NATION.municipalities["code"]
    rows = ["code,lot,vendor,vendor_ready"]
    rows += [f"{code},core,North,2024-05" for code in codes[:6]] + [f"{code},core,South,2025-02" for code in codes[6:]]
    path = tmp_path / "vendors.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    inputs = prepare(NATION, load_scenario("baseline"), 3, read_vendor_table(path, NATION))
    assert inputs.vendor_names == ("North", "South")
    assert inputs.market.legacy[:, 0].tolist() == [0] * 6 + [1] * 6
    assert inputs.market.product_month[:, 0].tolist() == [37, 46]
    assert set(inputs.market.legacy[:, 1].tolist()) <= {0, 1}  # not in the table: drawn among its vendors
    started = run_inputs(inputs).state.systems.start[:6, 0]
    assert started.max() >= 37
    assert started[started >= 0].min() >= 37


def test_an_unknown_lot_on_the_calendar_is_refused_with_the_nearest_name():
    event = VendorEvent(month=30, vendors=(1,), capacity_factor=1.0, withdrawn_lots=("corre",), text={})
    with pytest.raises(InputError, match="did you mean 'core'"):
        run_model(NATION, replace(load_scenario("baseline"), vendor_events=(event,)), 1)


def test_earlier_specifications_move_product_dates_and_nothing_else():
    base = prepare(NATION, load_scenario("baseline"), 5)
    shifted = prepare(NATION, load_scenario("baseline", {"policy.readiness_shift": -6}), 5)
    is_offered = base.market.product_month != NEVER
    assert (base.market.product_month - shifted.market.product_month == 6 * is_offered).all()
    assert (base.market.legacy == shifted.market.legacy).all()
    assert (begin(base).vendors.capacity == begin(shifted).vendors.capacity).all()


def test_a_later_deadline_does_not_shrink_the_vendors():
    base, later = (begin(prepare(NATION, load_scenario(name), 5)) for name in ("baseline", "deadline_2028"))
    assert (base.vendors.capacity == later.vendors.capacity).all()


def test_the_hiring_programme_adds_its_share_once_after_the_lag():
    settings = {
        "policy.capacity_programme": 0.2,
        "policy.capacity_programme_start": "2023-04",
        "vendor.hiring_lag": 9,
        "vendor.organic_growth": 0.0,
    }
    scenario = replace(load_scenario("baseline", settings), vendor_events=())
    capacity = run_model(NATION, scenario, 2).series.vendors_by_month.capacity
    start = 24 + 9
    np.testing.assert_allclose(capacity[start - 1], capacity[0])
    np.testing.assert_allclose(capacity[start], 1.2 * capacity[0])
    np.testing.assert_allclose(capacity[59], 1.2 * capacity[0])
    kept = scenario.values["vendor.capacity_after_deadline"]  # teams are released at the deadline
    np.testing.assert_allclose(capacity[60], kept * capacity[0])


def test_the_national_ceiling_binds_the_programme():
    settings = {"policy.capacity_programme": 1.0, "vendor.labour_ceiling": 1.3, "vendor.organic_growth": 0.0}
    scenario = replace(load_scenario("baseline", settings), vendor_events=())
    capacity = run_model(NATION, scenario, 2).series.vendors_by_month.capacity.sum(axis=1)
    np.testing.assert_allclose(capacity[50], 1.3 * capacity[0])


@pytest.mark.parametrize(("rule", "granted"), [("none", 0), ("conditional", 1), ("all", 1)])
def test_the_second_date_is_granted_as_the_rule_says(rule, granted):
    settings = {"policy.extension_rule": rule, "policy.extension_threshold": 0.0, "legacy.no_product_share": 0.2}
    outcome = run_model(NATION, load_scenario("baseline", settings), 1)
    granted_by_month = outcome.series.national_by_month.extension_granted
    first_review = 20  # December 2022, the first after the mandate
    assert granted_by_month[first_review - 1] == 0
    assert granted_by_month[first_review] == granted
    assert granted_by_month[-1] == granted
