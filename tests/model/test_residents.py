"""Residents: who goes online, is helped, served or made to wait at the counter, or shut out, and what channels cost."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxsim.model import money, residents
from dxsim.model.codes import NEVER, Account, Programme
from dxsim.model.levers import BODY_LEVERS
from dxsim.model.residents import CHANNELS, PROCEDURES
from dxsim.model.state import Country, State
from dxsim.nation.small import grid_nation
from dxsim.records import simulate
from dxsim.scenario.scenario import load_scenario
from tests.model.bodies import KINDS, country_of, parameters_with, run_of, state_of

PEOPLE = np.array([7_000.0, 1_400.0, 1_100.0, 500.0])
NEED = 0.12
USERS = np.array([0.95, 0.76, 0.54, 0.23])
SUPPORTS = ("support_desks", "access_points", "tablets")
MARGIN = 1e-9  # relative, for sums of floating-point numbers
NO_HELP = {f"residents__{name}": 0 for name in SUPPORTS}
NEAR = {"residents__access_distance": 1e6}

shares = st.floats(0.0, 1.0)
many = settings(deadline=None, max_examples=100)


def people_of(n: int = 1, scale: float | np.ndarray = 1.0) -> Country:
    """Return `n` municipalities of 10,000 residents of all ages, times a `scale`."""
    people = PEOPLE * np.reshape(scale, (-1, 1)) * np.ones((n, 1))
    return country_of(n, people.sum(axis=1))._replace(ages=people)


def begun(country: Country, parameters: np.record, level: int = 13) -> State:
    state = state_of(country.places.size)
    state.municipalities.closing = NEVER
    state.harm.trust = 1.0
    state.programmes.level[:, Programme.ONLINE] = level
    for name in BODY_LEVERS:
        if name in parameters.dtype.names:
            state.levers[name] = parameters[name]
    residents.start(run_of(country, state, parameters))
    return state


def proceed(country: Country, state: State, parameters: np.record, months: int, first: int = 0) -> np.ndarray:
    """Run these months; return the cases of each, (months, n, age groups, channels)."""
    run = run_of(country, state, parameters)
    cases = np.empty((months, *state.cohorts.shape, len(CHANNELS)))
    for month in range(months):
        residents.serve_residents(run, first + month)
        for place, name in enumerate(CHANNELS):
            cases[month, ..., place] = state.cohorts[name]
    return cases


def excluded_by(country: Country, parameters: np.record, months: int = 12, **levers: float) -> np.ndarray:
    """Return the excluded by month, municipality and age group, with these levers set."""
    state = begun(country, parameters)
    for name, value in levers.items():
        state.levers[name] = value
    return proceed(country, state, parameters, months)[..., 3]


def closing_now(**values: object) -> np.record:
    """Return parameters under which counters close to their floor at once."""
    return parameters_with(
        residents__analog_rule="sunset", residents__closing_start="2021-04", residents__closing_months=0, **values
    )


# Everybody is counted once.


@many
@given(shares, shares, *[st.floats(0.0, 5.0)] * 3, st.integers(0, 26), st.floats(0.3, 1.0), st.floats(0.5, 1.2), shares)
def test_everybody_is_served_waits_or_is_shut_out(floor, training, desks, points, tablets, level, ratio, left, trust):
    parameters = closing_now()
    country = people_of(3, [0.2, 1.0, 40.0])
    country.population_ratio[:, 1:] = ratio * left
    country.population_ratio[:, 0] = ratio
    state = begun(country, parameters, level)
    state.levers.analog_floor, state.levers.training, state.harm.trust = floor, training, trust
    state.levers.support_desks, state.levers.access_points, state.levers.tablets = desks, points, tablets
    for month in (0, 1, 2, 12, 13, 100):
        trained, waiting = state.cohorts.trained.copy(), state.cohorts.waiting.copy()
        cases = proceed(country, state, parameters, 1, month)[0]
        assert (cases >= -1e-9).all()
        needed = country.ages * country.population_ratio[:, [month // 12]] * NEED
        assert cases.sum(axis=2) + state.cohorts.waiting == pytest.approx(needed + waiting, rel=MARGIN)
        helping = sum(np.floor(x * country.ages.sum(axis=1) / 1e4 + 1.0) for x in (desks, points, tablets))
        assert (cases[..., 1].sum(axis=1) <= helping * 240.0 * (1.0 + MARGIN)).all()
        assert ((state.cohorts.trained >= trained) & (state.cohorts.trained <= 1.0)).all()
        work = state.flows.counter_work.sum()
        assert (state.access.served < 1.0).any() or work <= state.access.capacity.sum() * len(cases) * (1.0 + MARGIN)
        state.flows[:] = 0.0


def test_the_cases_of_a_month_worked_out_by_hand():
    parameters = closing_now(residents__analog_floor=0.25, residents__branch_share=0)
    country = people_of()
    country.places.habitable_km2, country.places.aged_single_share = 64.0, 0.2
    state = begun(country, parameters)
    state.access.desk_draw, state.access.point_draw, state.access.tablet_draw = 0.95, 0.1, 0.5
    state.harm.trust, state.harm.once_only, state.harm.within, state.access.served = 0.9, 0.5, 0.4, 0.8
    state.harm.enquiries, state.programmes.level[0, Programme.AUTOMATION] = 30.0, 1
    state.levers.tablets = 0.6
    cases = proceed(country, state, parameters, 1)[0, 0]

    distance = 0.5 * math.sqrt(64.0 / 2)  # the town hall and one desk
    away = np.array([0, 1, 1, 1]) * 0.2 * (1 - math.exp(-distance / 8))
    needed, able = PEOPLE * NEED, 0.85 * USERS
    known = 0.1 * 0.5 * 0.5
    trip = 1.5 + 2 * distance / 20
    liking = 0.1 * 0.9 * (trip / 0.8 - known) / (trip / 0.8 - known + 0.5 - known)
    offered = 0.4 * 0.5
    online = needed * able * offered * (0.25 * liking + 0.75)
    kept_away, asking = away * (needed - online), (1 - away) * needed * (1 - able)
    visited, helped = min(1, 240 / kept_away.sum()), min(1, 240 / asking.sum())
    assisted = visited * kept_away + helped * asking
    closed = offered * 0.75 * (1 - helped) * asking
    come = needed - online - kept_away - helped * asking - closed
    work = (1 - 0.05 * 0.4) * (1 - 0.1 * 0.5) * (1 - 0.1 * 0.5)
    capacity = needed.sum() / work - 0.4 * (online + assisted).sum()
    served = min(1.0, capacity / (come.sum() + 30))
    gave_up = 0.3 * (1 - served) * come
    assert state.access[0].served == pytest.approx(served, rel=1e-12)
    assert cases[:, 0] == pytest.approx(online, rel=1e-12)
    assert cases[:, 1] == pytest.approx(assisted, rel=1e-12)
    assert cases[:, 2] == pytest.approx(served * come, rel=1e-12)
    assert cases[:, 3] == pytest.approx(closed + (1 - visited) * kept_away + gave_up, rel=1e-12)
    in_person = (assisted + served * come).sum()
    hours = (0.5 - known) * online.sum() + (trip - known) * in_person + trip * (1 - served) * come.sum()
    assert state.flows.burden_hours[0] == pytest.approx(hours, rel=1e-12)
    assert state.harm[0].enquiries == 0.0


def test_a_body_without_residents_has_no_cases():
    parameters = closing_now(residents__analog_floor=0.0)
    country = people_of(2, [0.0, 1.0])
    state = begun(country, parameters)
    state.access.desk_draw = state.access.point_draw = state.access.tablet_draw = 0.5
    cases = proceed(country, state, parameters, 14)
    assert not cases[:, 0].any()
    assert cases[:, 1].any()
    assert state.ledger[0, Account.CHANNELS] == 0


# Service with fewer hands.


def test_the_start_is_in_balance_whatever_the_staff():
    parameters = parameters_with(residents__help_rate=0, **NEAR)
    country = people_of(2, [0.3, 30.0])
    state = begun(country, parameters, 0)
    proceed(country, state, parameters, 12)
    assert (state.access.served == 1.0).all()
    assert state.flows.counter_work.sum() == pytest.approx(state.flows.counter_capacity.sum(), rel=1e-5)
    assert not state.cohorts.waiting.any()


def test_where_hands_grow_fewer_cases_wait_and_some_give_up():
    parameters = parameters_with(residents__help_rate=0, **NEAR)
    country = people_of()
    country.population_ratio[:, 1:] = 0.7
    state = begun(country, parameters, 0)
    proceed(country, state, parameters, 12)
    cases = proceed(country, state, parameters, 60, 12)
    needed, year = 0.7 * NEED * PEOPLE.sum(), 5
    capacity = NEED * PEOPLE.sum() * (1 - 0.0024 * year) * 0.7 ** (1.19 + 1 - 0.67)
    assert cases[-1, 0, :, 2].sum() == pytest.approx(capacity, rel=1e-5)
    assert cases[-1, 0, :, 3].sum() == pytest.approx(needed - capacity, rel=0.01)  # in the long run who gives up
    assert state.cohorts.waiting.sum() == pytest.approx((needed - capacity) * 0.7 / 0.3, rel=0.01)
    assert 0.5 < state.access[0].served < capacity / needed


def test_going_online_and_machines_spare_those_who_come():
    parameters = parameters_with(residents__initial_willingness=0.9, residents__online_coverage=0.9)
    country = people_of()
    country.population_ratio[:, 1:] = 0.7
    left_out = []
    for online, automation in ((0, 0), (0, 2), (26, 0), (26, 2)):
        state = begun(country, parameters, online)
        state.programmes.level[:, Programme.AUTOMATION] = automation
        left_out.append(proceed(country, state, parameters, 60)[..., 3].sum())
    assert left_out[0] > left_out[1] > left_out[3]
    assert left_out[0] > left_out[2] >= left_out[3]


def test_in_the_whole_model_service_erodes_without_change_and_need_not_with_it():
    nation = grid_nation(3, 4, population=6_000)
    table = nation.municipalities.copy()
    table["population_2025"], table["population_2035"] = 5_500.0, 4_300.0
    from dxsim.nation.nation import make_nation

    shrinking = make_nation("shrinking", table, nation.adjacency)
    frozen = {
        "programmes.joining_hazard": 0,
        "programmes.automation_own": 0,
        "programmes.automation_exposure": 0,
        "programmes.voluntary_own": 0,
        "programmes.voluntary_exposure": 0,
        "commitment.own_motive_hazard": 0,
        "commitment.mandate_hazard": 0,
    }
    served = {}
    for name, overrides in (("as it is", {}), ("frozen", frozen)):
        kpis = simulate(shrinking, load_scenario("baseline", overrides), 1).summary.set_index("kpi")["value"]
        served[name] = kpis["service_2035"]
    assert served["frozen"] < 0.9
    assert served["as it is"] > served["frozen"] + 0.05


# Access.


def test_what_keeps_people_away_is_distance_and_living_alone():
    assert residents.mean_distance(64.0, 4.0) == 2.0
    assert residents.kept_away_share(0.2, 0.0, 8.0) == 0.0
    assert residents.kept_away_share(0.2, 8.0, 8.0) == pytest.approx(0.2 * (1 - math.exp(-1)))
    country = people_of(3)
    country.places.habitable_km2, country.places.aged_single_share = [10.0, 400.0, 400.0], [0.2, 0.2, 0.0]
    excluded = excluded_by(country, parameters_with(**NO_HELP), 24).sum(axis=0)
    assert 0.0 < excluded[0].sum() < excluded[1].sum()
    assert not excluded[:, 0].any()  # of those below 65
    assert not excluded[2].any()
    nobody = excluded_by(country, parameters_with(residents__access_distance=1e6, **NO_HELP), 24).sum()
    assert nobody < 1e-3 * excluded.sum()


@pytest.mark.parametrize("support", SUPPORTS)
def test_each_kind_of_help_leaves_fewer_away(support):
    """Fails on the first edition: with open counters nobody was excluded, so that nothing could lower it."""
    country = people_of(20)
    country.places.habitable_km2 = np.linspace(30.0, 600.0, 20)
    before = excluded_by(country, parameters_with(**NO_HELP))
    after = excluded_by(country, parameters_with(**NO_HELP), **{support: 1.0})
    assert before.sum() > 0.0
    assert (after <= before * (1.0 + MARGIN)).all()
    assert after.sum() < 0.95 * before.sum()


def test_help_per_resident_does_not_rise_with_the_aged():
    """Fails on the first edition, where desks were set by 10,000 aged residents and reach by all residents."""
    young, old = np.array([8e4, 1e4, 7e3, 3e3]), np.array([5e4, 2e4, 2e4, 1e4])
    country = country_of(2, 1e5)._replace(ages=np.array([young, old]))
    parameters = closing_now(residents__analog_floor=0.0)
    state = begun(country, parameters)
    for name in ("desk_draw", "point_draw", "tablet_draw"):
        state.access[name] = 0.5
    cases = proceed(country, state, parameters, 1)[0]
    assert cases[0, :, 1].sum() == pytest.approx(cases[1, :, 1].sum())
    assert (cases[1, :, 3].sum()) > cases[0, :, 3].sum()


def test_a_desk_exists_or_does_not():
    """Fails on the first edition, where a municipality of 10,000 had 0.06 desks."""
    n = 2_000
    country, parameters = people_of(n), parameters_with(residents__support_desks=0.3, residents__access_points=0)
    state = begun(country, parameters)
    proceed(country, state, parameters, 1)
    helped = state.cohorts.assisted.sum(axis=1)
    assert sorted(set(np.round(helped, 6))) == [0.0, 240.0]
    assert abs((helped > 0).mean() - 0.3) < 5.0 * math.sqrt(0.21 / n)
    assert residents.whole(2.4, 0.7) == 3.0
    assert residents.whole(2.4, 0.5) == 2.0


def test_cohorts_take_along_what_they_can():
    """Fails on the first edition, where those of 75 to 84 learned as if nobody ever turned 75."""
    for group in range(4):
        assert residents.internet_users(group, 0) == USERS[group]
        assert residents.internet_users(group, 120) == pytest.approx(USERS[max(0, group - 1)])
        assert residents.internet_users(group, 60) == pytest.approx((USERS[group] + USERS[max(0, group - 1)]) / 2)
        able = [residents.internet_users(group, month) for month in range(180)]
        assert (np.diff(able) >= -1e-15).all()


@many
@given(*[st.floats(0.0, 3.0)] * 3, st.floats(0.0, 5.0), shares, st.sampled_from(SUPPORTS))
def test_more_help_never_turns_more_people_away(desks, points, tablets, more, floor, which):
    """People of all ages together: a new desk draws some who did not come before, and shares its hours among all.

    Without tablets, but for tablets themselves: whom they visited at home may ask at a desk that is new and full.
    """
    country = people_of(4, [0.1, 1.0, 3.0, 20.0])
    parameters = closing_now(residents__online_work=0, residents__online_ability=0.5)
    levers = {"support_desks": desks, "access_points": points, "tablets": tablets, "analog_floor": floor}
    levers["tablets"] *= which == "tablets"
    before = excluded_by(country, parameters, **levers).sum(axis=-1)
    levers[which] += more
    after = excluded_by(country, parameters, **levers).sum(axis=-1)
    assert (after <= before * (1.0 + MARGIN) + 1e-9).all()


@many
@given(shares, shares, st.sampled_from(["keep", "sunset", "take_up", "staff"]), st.integers(0, 36))
def test_a_higher_floor_never_turns_more_people_away(a, b, rule, months):
    less, more = sorted((a, b))
    parameters = parameters_with(
        residents__analog_rule=rule, residents__closing_start="2021-06", residents__closing_months=months, **NEAR
    )
    excluded = [excluded_by(people_of(), parameters, 40, analog_floor=floor) for floor in (less, more)]
    assert (excluded[1] <= excluded[0] * (1.0 + MARGIN) + 1e-9).all()


# When counters close.


@many
@given(st.integers(0, 179), st.integers(0, 179), st.integers(0, 60), shares)
def test_counters_close_in_a_straight_line_to_the_floor(closing, month, months, floor):
    kept = residents.retention(closing, month, months, floor)
    assert floor <= kept <= 1.0
    if month < closing:
        assert kept == 1.0
    elif month >= closing + months:
        assert kept == floor
    else:
        assert 1.0 - kept == pytest.approx((1.0 - floor) * (month - closing) / months, abs=1e-12)
    assert residents.retention(closing, month + 1, months, floor) <= kept
    assert residents.retention(NEVER, month, months, floor) == 1.0


def test_counters_are_kept_under_the_rule_to_keep_them():
    parameters = parameters_with(residents__analog_rule="keep", residents__analog_floor=0, **NEAR)
    country = people_of(2)
    state = begun(country, parameters)
    proceed(country, state, parameters, 180)
    assert (state.municipalities.closing == NEVER).all()


def test_a_sunset_begins_for_all_in_its_month_and_shuts_out_from_what_is_online():
    parameters = parameters_with(
        residents__analog_rule="sunset",
        residents__closing_start="2022-06",
        residents__analog_floor=0.2,
        residents__access_distance=1e6,
        residents__giving_up=0,
        **NO_HELP,
    )
    country = people_of(2, [1.0, 30.0])
    state = begun(country, parameters)
    excluded = proceed(country, state, parameters, 60)[..., 3]
    assert state.municipalities.closing.tolist() == [14, 14]
    assert excluded[:15].max() < 0.01
    for month in (15, 20, 37, 38, 59):
        kept = 1.0 - 0.8 * min(1.0, (month - 14) / 24)
        users = [residents.internet_users(group, month) for group in range(4)]
        unable = country.ages * NEED * (1.0 - 0.85 * np.array(users))
        assert excluded[month] == pytest.approx(0.2 * (1.0 - kept) * unable, abs=0.01)


def test_under_take_up_counters_close_after_a_month_in_which_enough_cases_were_online():
    country = people_of(3)
    parameters = parameters_with(
        residents__analog_rule="take_up",
        residents__closing_start="2021-08",
        residents__take_up_threshold=0.1,
        residents__initial_willingness=0.9,
    )
    state = begun(country, parameters)
    state.programmes.level[:, Programme.ONLINE] = [26, 1, 1]
    run = run_of(country, state, parameters)
    for month in range(12):
        if month == 9:
            state.programmes.level[1, Programme.ONLINE] = 26
        residents.serve_residents(run, month)
    assert state.municipalities.closing.tolist() == [4, 10, NEVER]


def test_the_online_share_counts_those_shut_out_as_cases():
    state = state_of(1)
    assert residents.online_share(state.cohorts[0]) == 0.0
    state.cohorts.online, state.cohorts.excluded = 1.0, 3.0
    assert residents.online_share(state.cohorts[0]) == 0.25


def test_under_staff_counters_close_where_they_cannot_serve():
    """Fails on the first edition, where `budget` closed the counters of whoever had once touched its reserve."""
    country = people_of(3)
    country.population_ratio[0, 1:] = 0.6
    country.population_ratio[1, 3:] = 0.6
    parameters = parameters_with(residents__analog_rule="staff", residents__closing_start="2022-06")
    state = begun(country, parameters, 0)
    state.ledger[2, Account.RESERVE] = -5
    proceed(country, state, parameters, 60)
    assert state.municipalities.closing.tolist() == [14, 37, NEVER]


# Choice, trust and training.


def test_burden_steers_the_choice():
    assert residents.online_probability(1.0, 1.0) == 0.5
    assert residents.online_probability(1.5, 0.5) == 0.75
    assert residents.online_probability(0.0, 0.0) == 0.5
    assert residents.online_cases(100.0, 0.5, 1.0, 0.8) == pytest.approx(40.0)
    assert residents.online_cases(100.0, 0.5, 0.0, 0.8) == 50.0
    assert residents.online_cases(100.0, 0.0, 0.0, 0.8) == 0.0
    assert residents.willing_share(0.1, 0.4, 0) == pytest.approx(0.1)
    assert residents.willing_share(0.1, 0.4, 120) == pytest.approx(1 / (1 + 9 * math.exp(-4)))


def test_who_trusts_less_goes_online_less():
    country, parameters = people_of(3), parameters_with()
    state = begun(country, parameters, 26)
    state.harm.trust = [1.0, 0.5, 0.0]
    online = proceed(country, state, parameters, 1)[0, :, :, 0].sum(axis=1)
    assert online[1] == pytest.approx(online[0] / 2)
    assert online[2] == 0.0


def test_help_is_rationed_alike_in_all_groups():
    assert residents.served_share(10.0, 40.0) == 0.25
    assert residents.served_share(40.0, 10.0) == 1.0
    assert residents.served_share(0.0, 0.0) == 1.0
    assert residents.served_share(-5.0, 1.0) == 0.0


@many
@given(shares, shares, st.floats(0.0, 1e6), st.floats(0.0, 1e6))
def test_training_makes_persons_able_and_never_more_than_there_are(trained, gain, assisted, unable):
    after = residents.trained_share(trained, gain, assisted, unable)
    assert trained <= after <= 1.0
    if unable > 0.0 and after < 1.0:
        assert (after - trained) * unable == pytest.approx(gain * assisted, rel=1e-6, abs=1e-6)
    assert residents.able_share(0.4, after) == pytest.approx(0.4 + 0.6 * after)


def test_training_turns_the_helped_into_able_residents_from_the_next_month_on():
    parameters = parameters_with(residents__training=0.1, residents__support_desks=100)
    country = people_of()
    state = begun(country, parameters)
    first = proceed(country, state, parameters, 1)[0, 0]
    unable = PEOPLE * (1.0 - 0.85 * USERS)
    assert state.cohorts.trained[0] == pytest.approx(0.1 * first[:, 1] / unable)
    proceed(country, state, parameters, 178, first=1)
    assert ((state.cohorts.trained > 0.5) & (state.cohorts.trained <= 1.0)).all()


# Money and sums.


def test_closing_counters_saves_what_the_formula_says_to_the_yen():
    country = people_of(2, [1.37, 21.13])
    country.population_ratio[:, 1:] = 0.9
    country.population_ratio[1, 2:] = 0.77
    booked = []
    for floor in (1.0, 0.3):
        parameters = parameters_with(
            residents__analog_rule="sunset", residents__closing_start="2021-10", residents__analog_floor=floor
        )
        state = begun(country, parameters)
        state.access.desk_draw, state.access.point_draw = 0.95, 0.0
        before = state.ledger.copy()
        proceed(country, state, parameters, 48)
        booked.append(state.ledger - before)
        for kind in range(KINDS):
            assert (state.money[kind] == state.ledger[kind::KINDS].sum(axis=0)).all()
    for i, (desks, points) in enumerate(((1, 0), (2, 2))):
        offered = parameters.online_coverage * state.programmes[i, Programme.ONLINE].level / PROCEDURES
        assert 0.1 < offered < 0.9  # what is not online keeps its counter
        expected = []
        for floor in (1.0, 0.3):
            total = 0
            for month in range(48):
                kept = 1.0 - (1.0 - floor) * min(1.0, max(0.0, (month - 6) / 24))
                ratio = country.population_ratio[i, month // 12]
                counters = 1.0 - offered * (1.0 - kept)
                yearly = 1_000 * country.ages[i].sum() * ratio * counters + desks * 5_000_000 + points * 500_000
                total += round(yearly / 12)
            expected.append(total)
        assert [change[i, Account.CHANNELS] for change in booked] == expected
    for change in booked:
        assert (change.sum(axis=1) == 0).all()
        assert (change[:, Account.APPROPRIATION] == -change[:, Account.CHANNELS]).all()
        change[:, [Account.APPROPRIATION, Account.CHANNELS]] = 0
        assert not change.any()


def test_channel_cost_by_hand_and_by_whole_units():
    p = parameters_with(money__rounding_unit=1000, **NO_HELP)
    assert residents.channel_cost(1_200.0, 0.5, 2.0, 6.0, 12.0, p) == pytest.approx(
        (600_000 + 10_000_000 + 3_000_000 + 1_200_000) / 12
    )
    country = people_of(1, 1.73)
    state = begun(country, p)
    proceed(country, state, p, 1)
    assert state.ledger[0, Account.CHANNELS] == money.booked(17_300 * 1_000 / 12, 1000)


def test_flows_and_totals_are_sums_of_the_cases():
    country = people_of(7, np.linspace(0.03, 9.0, 7))
    parameters = closing_now(residents__analog_floor=0.4)
    state = begun(country, parameters)
    state.levers.access_points = np.linspace(0.0, 5.0, 7)
    cases = proceed(country, state, parameters, 9)
    for kind in range(KINDS):
        of_kind = cases[:, kind::KINDS].sum(axis=(0, 1))
        for channel, name in enumerate(CHANNELS):
            assert state.flows[name][kind] == pytest.approx(of_kind[:, channel], rel=1e-12)
    others = set(state.flows.dtype.names) - {field.name for field in residents.FLOW_FIELDS}
    assert not any(state.flows[name].any() for name in others)
    assert len(others) > 10
    for channel, name in enumerate(CHANNELS):
        assert state.cohorts[f"{name}_total"] == pytest.approx(cases[..., channel].sum(axis=0), rel=1e-12)


def test_other_bodies_change_nobody():
    parameters = closing_now(residents__analog_floor=0.4)
    scale = np.linspace(0.3, 90.0, 6)
    many_bodies = people_of(6, scale)
    few = many_bodies._replace(
        places=many_bodies.places[2:4].copy(),
        ages=many_bodies.ages[2:4],
        population_ratio=many_bodies.population_ratio[2:4],
        offsets=np.zeros(3, dtype=np.int64),
        neighbours=np.zeros(0, dtype=np.int64),
    )
    of_all = proceed(many_bodies, begun(many_bodies, parameters), parameters, 24)
    assert (proceed(few, begun(few, parameters), parameters, 24) == of_all[:, 2:4]).all()
