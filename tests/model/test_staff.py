"""Own staff: what moves take of it in all, and how vendors wait for it."""

from __future__ import annotations

import numpy as np
import pytest

from dxsim.model import events
from dxsim.model.codes import SystemState
from dxsim.model.run import Inputs, begin, prepare
from dxsim.model.schedule import advance
from dxsim.model.state import State
from tests.model.cases import MONTHS, STEADY_VENDORS, mixed_nation, plain

NOTHING_BUT_MOVES = STEADY_VENDORS | {
    "staff.migration_effort": 0.8,
    "staff.own_work_exponent": 0.4,
    "vendor.work_population_exponent": 0.45,
    "staff.operations_base": 0,
    "staff.operations_per_system": 0,
    "staff.interface_load": 0,
    "staff.planning_effort": 0,
    "staff.stabilisation_effort": 0,
    "programmes.programme_staff": 0,
    "staff.experience_gain": 0,
    "staff.hiring_rate": 0,
    "staff.resignation_rate": 0,
    "staff.prefectural_pool": 0,
    "commitment.own_motive_hazard": 1,
    "commitment.gate_rule": "always_open",
    "vendor.readiness_mean": 20,
    "quality.incident_rate": 0,
}
MOVES = {
    "in one month": {"vendor.minimum_service": 1000, "vendor.capacity_ratio": 100},
    "in a year": {"vendor.minimum_service": 0.0001, "vendor.minimum_months": 12, "vendor.capacity_ratio": 100},
    "stretched by want of engineers": {"vendor.minimum_service": 0.0001, "vendor.capacity_ratio": 0.4},
    "with more testing": {"quality.test_effort": 0.6},
    "with cut-overs rolled back": {
        "quality.incident_rate": 1,
        "quality.severity_median": 0.05,
        "quality.rollback_severity": 0.2,
    },
}


def inputs_of(overrides: dict[str, object]) -> Inputs:
    return prepare(mixed_nation(3, 4), plain(NOTHING_BUT_MOVES | overrides), 1)


def whole_effort(inputs: Inputs, state: State) -> np.ndarray:
    """Return h w (1 + kappa) size of every system that applies, (n, O) person-months."""
    p, country = inputs.parameters, inputs.country
    effort = p.migration_effort * country.weight * (1 + state.lots.complexity[:, country.lot_of])
    effort = effort * (1 + p.test_cost * p.test_effort) * state.workforce.scale[:, None]
    return np.where(state.systems.state >= 0, effort, 0.0)


@pytest.mark.parametrize("case", MOVES)
def test_a_move_takes_as_much_own_work_however_long_it_lasts(case):
    inputs = inputs_of(MOVES[case])
    run = begin(inputs, 100_000)
    state = run.state
    moved, demanded, months_of_work = 0.0, 0.0, 0
    for month in range(MONTHS):
        advance(run, month, month + 1)
        moved += state.workforce.migration_demand
        demanded += state.workforce.demand
        months_of_work += state.workforce.migration_demand > 0
        assert (state.workforce.migration_service == 1).all()
    assert ((state.systems.state >= SystemState.LIVE) | (state.systems.state < 0)).all()
    log = state.log[: state.logged[0]]
    failed = log[log.kind == events.Kind.FAILED_CUTOVER]
    times = np.ones(state.systems.shape)
    np.add.at(times, (failed.municipality, failed.place), inputs.parameters.rollback_work)
    assert (failed.size > 0) == (case == "with cut-overs rolled back")
    assert moved == pytest.approx((times * whole_effort(inputs, state)).sum(axis=1), rel=1e-9)
    assert demanded == pytest.approx(moved, rel=1e-9)  # what moves ask for in one month weighs on the next
    if case == "stretched by want of engineers":
        assert months_of_work.max() > 12


def test_vendors_wait_for_own_staff_from_the_first_month_on_and_never_for_good():
    few = {"staff.staffing": "binding", "staff.staff_of_10000": 0, "staff.least_staff": 1.5, "staff.rotation_loss": 0}
    inputs = inputs_of(MOVES["in one month"] | few)
    run = begin(inputs)
    state = run.state
    whole = whole_effort(inputs, state)
    assert (whole.sum(axis=1) > 3 * 1.5).all()
    done, longest = np.zeros(12), np.zeros(12)
    for month in range(MONTHS):
        before = state.systems.remaining.copy()
        was_committed = state.systems.state > 0
        advance(run, month, month + 1)
        share = np.where(was_committed, before - state.systems.remaining, 0.0) / np.maximum(state.systems.work, 1e-9)
        spent = (share * whole).sum(axis=1)
        is_moving = state.workforce.migration_demand > 0
        assert (spent <= 1.5 + 1e-9).all()
        # While moves ask for more than there is, all of it goes into them.
        assert spent[state.workforce.migration_demand > 1.5] == pytest.approx(1.5)
        assert state.workforce.migration_service[is_moving] == pytest.approx(
            spent[is_moving] / state.workforce.migration_demand[is_moving]
        )
        done += spent
        longest += is_moving
    assert ((state.systems.state >= SystemState.LIVE) | (state.systems.state < 0)).all()
    assert done == pytest.approx(whole.sum(axis=1))
    assert (longest <= np.ceil(whole.sum(axis=1) / 1.5) + 1).all()
