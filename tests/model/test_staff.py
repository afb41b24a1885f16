"""Own staff: what moves take of it in all, and how vendors wait for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dxsim.model import events, staff
from dxsim.model.codes import Programme, SystemState
from dxsim.model.run import Inputs, begin, prepare
from dxsim.model.schedule import advance
from dxsim.model.state import State
from dxsim.nation.averages import known_or_average
from dxsim.nation.small import grid_nation
from tests.model.bodies import country_of, parameters_with, run_of, state_of
from tests.model.cases import MONTHS, ONE_PACKAGE, STEADY_VENDORS, cut_over_early, mixed_nation, plain

NOTHING_BUT_MOVES = STEADY_VENDORS | {
    "staff.migration_effort": 0.8,
    "staff.own_work_exponent": 0.4,
    "vendor.work_population_exponent": 0.45,
    "staff.operations_effort": 0,
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
    "vendor.specialist_readiness_mean": 20,
    "quality.incident_rate": 0,
}
MOVES = {
    "in one month": {"vendor.minimum_months": 0.1, "vendor.duration_exponent": 0, "vendor.capacity_ratio": 100},
    "in a year": {"vendor.minimum_months": 12, "vendor.duration_exponent": 0, "vendor.capacity_ratio": 100},
    "stretched by want of engineers": {"vendor.capacity_ratio": 0.8},
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


ONE_AND_A_HALF = {"staff.staffing": "binding", "staff.rotation_loss": 0}


def test_vendors_wait_for_own_staff_from_the_first_month_on_and_never_for_good():
    inputs = cut_over_early(inputs_of(MOVES["in one month"] | ONE_AND_A_HALF))
    run = begin(inputs)
    state = run.state
    state.workforce.staff = 1.5
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
        assert spent == pytest.approx(state.workforce.migration_demand, abs=1e-9)
        # While moves ask for more than there is, all of it goes into them.
        assert spent[state.workforce.migration_service < 1] == pytest.approx(1.5)
        done += spent
        longest += is_moving
    assert ((state.systems.state >= SystemState.LIVE) | (state.systems.state < 0)).all()
    assert done == pytest.approx(whole.sum(axis=1))
    assert longest.max() > 3


def test_no_system_of_a_municipality_is_served_before_another():
    """What own staff has left is shared in proportion: scarce staff makes no list of first and last systems.

    In the first edition it was served operation by operation, so that the last ones of the list were the late ones.
    """
    alike = {
        "legacy.complexity_mean": 0,
        "legacy.complexity_exponent": 0,
        "legacy.complexity_dispersion": 0,
        "vendor.work_dispersion": 0,
        **{f"legacy.{name}_share": 0 for name in ("mainframe", "bespoke", "no_product")},
    }
    overrides = NOTHING_BUT_MOVES | ONE_PACKAGE | ONE_AND_A_HALF | alike | MOVES["in one month"]
    inputs = cut_over_early(prepare(grid_nation(2, 2, population=[20_000] * 4), plain(overrides), 1))
    run = begin(inputs)
    run.workforce.staff = 1.5
    months_of_want = 0
    for month in range(MONTHS):
        advance(run, month, month + 1)
        remaining = run.systems.remaining
        assert (np.abs(remaining - remaining[:, :1]) < 1e-9).all()
        months_of_want += (run.workforce.migration_service < 1).any()
    assert months_of_want > 3
    assert (run.systems.live == run.systems.live[:, :1]).all()
    assert (run.systems.live >= 0).all()


def test_work_begins_in_the_first_month_in_which_something_is_done():
    """An offer that own staff could not take up was called the start in the first edition."""
    inputs = inputs_of(MOVES["in one month"] | ONE_AND_A_HALF | {"staff.operations_effort": 10})
    run = begin(inputs)
    advance(run, 0, 48)
    assert (run.systems.state == SystemState.ORDERED).any()
    assert (run.workforce.left_for_migration == 0).all()
    assert (run.systems.start == -1).all()
    assert (run.systems.remaining == run.systems.work)[run.systems.state >= 0].all()


def pressure(month: int, naming: float = 0.0, penalty: float = 0.0, live: int = 0) -> float:
    state = state_of(1)
    state.municipalities.live = live
    state.levers.naming, state.levers.late_penalty = naming, penalty
    parameters = parameters_with(staff__effort_under_pressure=0.4)
    return staff.put_off(run_of(country_of(1), state, parameters), month, 0)


def test_public_pressure_frees_staff_for_migration():
    assert pressure(59) == 0.0
    assert pressure(35, naming=1.0) == 0.0  # not before the last two years
    assert pressure(36, naming=0.5) == pytest.approx(0.2)
    assert pressure(90, naming=5.0) == pytest.approx(0.4)
    assert pressure(90, naming=5.0, live=20) == 0.0
    assert pressure(40, penalty=1e5) == pytest.approx(0.4 * 12 * 1e5 * 20 / 2.6e8)
    assert pressure(40, penalty=1e5, live=15) == pytest.approx(0.4 * 12 * 1e5 * 5 / 2.6e8)


def test_staff_follows_general_administration():
    """A town of 100 persons in general administration has the usual staff, or one more by chance; nobody has none."""
    n = 4_000
    country = country_of(n)
    for general, mean in ((100.0, 2.42), (1600.0, 2.42 * 8), (10.0, None)):
        country.places.administration = general
        state = state_of(n)
        staff.start(run_of(country, state, parameters_with(staff__staff_of_100=2.42, staff__staff_exponent=0.75)))
        if mean is None:
            assert (state.workforce.staff == 1.0).all()
        else:
            assert set(np.unique(state.workforce.staff)) == {np.floor(mean), np.floor(mean) + 1}
            assert abs(state.workforce.staff.mean() - mean) < 5 * 0.5 / np.sqrt(n)
    table = pd.DataFrame({"population": 50_000.0, "staff": [np.nan, 250.0, 0.0]})
    usual, known, nobody = known_or_average(table)["administration"]  # not known: by the national line on population
    assert 300 < usual < 400
    assert known == 250.0
    assert nobody == usual


def test_ai_and_rpa_give_back_own_hours_of_usual_operations_alone():
    """In the first edition they saved nobody anything."""
    inputs = prepare(mixed_nation(3, 4), plain({"programmes.automation_saving": 0.2}), 1)
    run = begin(inputs)
    p, state = inputs.parameters, run.state
    state.harm.interfaces = 300
    demand = []
    for level in range(3):
        state.programmes.level[:, Programme.AUTOMATION] = level
        staff.reckon(run)
        demand.append(state.workforce.demand.copy())
    usual = state.workforce.scale * p.operations_effort
    assert demand[0] == pytest.approx(usual * (1 + p.programme_staff / p.operations_effort) + p.interface_load * 3)
    assert demand[0] - demand[1] == pytest.approx(0.1 * usual)
    assert demand[0] - demand[2] == pytest.approx(0.2 * usual)
