"""A municipality that has been given the second date rushes and pays by that date, not by the first one."""

from __future__ import annotations

import numpy as np
import pytest

from dxsim.model.codes import Account, Reason, SystemState
from dxsim.model.dates import due_date
from dxsim.model.run import begin, prepare
from dxsim.model.schedule import advance
from dxsim.scenario.policies import Policy
from tests.model.bodies import country_of, parameters_with, state_of
from tests.model.cases import DEADLINE, mixed_nation, plain
from tests.model.test_cutover import attempt_all

SECOND = 120  # index of the first month after March 2031
RULES = ("none", "conditional", "all")


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("granted", [0, 1])
@pytest.mark.parametrize("is_excused", [False, True])
def test_the_second_date_is_that_of_whom_it_was_granted_to(rule, granted, is_excused):
    parameters, state = parameters_with(policy__extension_rule=rule), state_of(1)
    state.nation.extension_granted = granted
    state.lots.excused, state.lots.shift = is_excused, -6
    has_second = granted and (rule == "all" or is_excused)
    expected = SECOND if has_second else DEADLINE - 6
    assert due_date(DEADLINE, state.lots[0, 0], state.nation[0], parameters) == expected
    assert due_date(70.5, state.lots[0, 0], state.nation[0], parameters) == (SECOND if has_second else 64.5)


def test_cutovers_rush_before_the_date_that_was_granted():
    n = 2_000
    country = country_of(n)
    parameters = parameters_with(quality__incident_rate=0.5, policy__extension_rule="all")

    def incidents(month, granted):
        state = state_of(n)
        state.nation.extension_granted = granted
        attempt_all(country, state, parameters, 3, month)
        return state.harm.incidents.sum()

    before_first, before_second = DEADLINE - 2, SECOND - 2
    assert incidents(before_first, granted=0) > 1.5 * incidents(before_first, granted=1)
    assert incidents(before_second, granted=1) == incidents(before_second, granted=0)  # one missed date is enough
    assert incidents(SECOND - 20, granted=0) > 1.5 * incidents(SECOND - 20, granted=1)


def test_the_second_date_is_for_want_of_engineers_too():
    """A system that its vendor puts off has the reason R4, and its lot the second date once that is granted."""
    short = {
        "vendor.capacity_ratio": 0.4,
        "vendor.shortage_threshold": 0.05,
        "vendor.retender_probability": 0,
        "policy.extension_threshold": 0,
        **{f"legacy.{name}_share": 0 for name in ("mainframe", "bespoke", "no_product")},
    }
    inputs = prepare(mixed_nation(3, 4), plain(short), 1)
    run = begin(inputs)
    assert not run.lots.excused.any()
    advance(run, 0, DEADLINE)
    systems, lot_of = run.systems, inputs.country.lot_of
    put_off = (systems.flag == Reason.VENDOR_RESOURCES) & (systems.state < SystemState.LIVE)
    assert run.nation[0].extension_granted
    assert put_off.sum() > 20
    for i, operation in zip(*np.nonzero(put_off), strict=True):
        assert due_date(DEADLINE, run.lots[i, lot_of[operation]], run.nation[0], inputs.parameters) == SECOND


@pytest.mark.parametrize("rule", RULES)
def test_nobody_pays_for_a_system_before_its_own_date(rule):
    scenario = plain(
        {"policy.extension_rule": rule, "policy.extension_threshold": 0, "vendor.capacity_ratio": 0.1}
        | {"vendor.shortage_threshold": 1}
        | {f"legacy.{name}_share": 0.05 for name in ("mainframe", "bespoke", "no_product")},
        policies=(Policy("policy.late_penalty", 1000.0),),
    )
    inputs = prepare(mixed_nation(3, 4), scenario, 1)
    run = begin(inputs)
    state = run.state
    late, paid = {}, {}
    for month in range(SECOND + 12):
        before = state.ledger[:, Account.PENALTY].copy()
        advance(run, month, month + 1)
        is_late = (state.systems.reason > 0) & (state.systems.live < 0)
        is_excused = state.lots.excused[:, inputs.country.lot_of]
        late[month] = np.array([(is_late & (is_excused == excused)).sum(axis=1) for excused in (False, True)])
        paid[month] = state.ledger[:, Account.PENALTY] - before
    assert (state.nation.extension_granted == (rule != "none")).all()
    between = range(DEADLINE, SECOND)
    assert all(paid[month].sum() == 0 for month in range(DEADLINE))
    assert all(late[month].sum(axis=1).min() > 0 for month in between)
    for month in (*between, *range(SECOND, SECOND + 12)):
        own, excused = late[month]
        owing = {"none": own + excused, "conditional": own, "all": 0 * own}[rule] if month < SECOND else own + excused
        assert (paid[month] == 1000 * owing).all()
    assert paid[SECOND].sum() > 0
