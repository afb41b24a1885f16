"""Residents: who goes online, is helped, goes to the counter or is shut out, and what the channels cost."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxsim.model import money, residents
from dxsim.model.codes import COHORTS, NEVER, Account, Programme
from dxsim.model.levers import BODY_LEVERS
from dxsim.model.residents import CHANNELS
from dxsim.model.state import Country, State
from tests.model.bodies import KINDS, country_of, parameters_with, run_of, state_of

PEOPLE = np.array([700.0, 140.0, 110.0, 50.0])
SUPPORTS = ("support_desks", "access_points", "tablets")
MARGIN = 1e-9  # relative, for sums of floating-point numbers
NO_HELP = {f"residents__{name}": 0 for name in SUPPORTS}

shares = st.floats(0.0, 1.0)
rates = st.floats(0.01, 100.0)
many = settings(deadline=None, max_examples=150)


def people_of(n: int = 1, scale: float | np.ndarray = 1.0) -> Country:
    """Return `n` municipalities of 1,000 residents of all ages, times a `scale`."""
    people = PEOPLE * np.reshape(scale, (-1, 1))
    return country_of(n, people.sum(axis=1))._replace(ages=np.ones((n, 1)) * people)


def one_age(persons: float, group: int = 3) -> Country:
    people = np.zeros((1, 4))
    people[0, group] = persons
    return country_of(1, persons)._replace(ages=people)


def begun(country: Country, parameters: np.record, level: int = 13) -> State:
    state = state_of(country.places.size)
    state.municipalities.closing = NEVER
    state.programmes.level[:, Programme.ONLINE] = level
    for name in BODY_LEVERS:
        if name in parameters.dtype.names:
            state.levers[name] = parameters[name]
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


# L24: exclusion in closed form.

FORTY = {"residents__ability_85_over": 0.4, "residents__need_85_over": 0.15, "residents__training": 0}


@pytest.mark.parametrize(("floor", "expected"), [(0.5, 45.0), (1.0, 0.0), (0.0, 90.0)])
def test_without_help_the_unable_are_excluded_where_counters_closed(floor, expected):
    parameters = closing_now(residents__analog_floor=floor, **FORTY, **NO_HELP)
    excluded = excluded_by(one_age(1_000.0), parameters, 1)[0, 0]
    assert excluded[3] == pytest.approx(expected, rel=1e-12)
    assert not excluded[:3].any()


def test_ample_help_within_reach_leaves_nobody_out():
    parameters = closing_now(
        residents__analog_floor=0, residents__reach_85_over=100, residents__support_desks=1000, **FORTY
    )
    country = one_age(1_000.0)
    state = begun(country, parameters)
    cases = proceed(country, state, parameters, 1)[0, 0, 3]
    assert state.cohorts[0, 3].reach == 1.0
    assert cases.tolist() == [pytest.approx(60.0 * 0.5), pytest.approx(90.0), pytest.approx(30.0), 0.0]


@many
@given(shares, shares, shares)
def test_a_case_is_excluded_in_proportion_to_closed_counters(need, able, retained):
    demand = 1_000.0 * need * (1.0 - able)
    assert residents.excluded_cases(demand, 0.0, retained) == pytest.approx(demand * (1.0 - retained), abs=1e-9)
    assert residents.excluded_cases(demand, demand, retained) == 0.0


# Invariant 5: everybody is counted once.

NEED = np.array([0.1, 0.12, 0.18, 0.15])


@many
@given(shares, shares, *[st.floats(0.0, 20.0)] * 3, st.floats(0.5, 4.0), st.integers(0, 26), st.floats(0.3, 1.0))
def test_everybody_is_counted_once_and_help_stays_within_capacity_and_demand(
    floor, training, desks, points, tablets, rate, level, ratio
):
    parameters = closing_now(residents__desk_rate=rate)
    country = people_of(3, [0.2, 1.0, 40.0])
    country.population_ratio[:] = ratio
    state = begun(country, parameters, level)
    state.levers.analog_floor, state.levers.training = floor, training
    state.levers.support_desks, state.levers.access_points, state.levers.tablets = desks, points, tablets
    for month in (0, 1, 2, 100):
        trained = state.cohorts.trained.copy()
        cases = proceed(country, state, parameters, 1, month)[0]
        assert (cases >= 0.0).all()
        assert state.cohorts.persons == pytest.approx(country.ages * ratio, rel=MARGIN)
        assert cases.sum(axis=2) == pytest.approx(state.cohorts.persons * NEED, rel=MARGIN)
        untrained = abilities_at(month, parameters)
        demand = state.cohorts.persons * NEED * (1.0 - untrained) * (1.0 - trained)
        assert (cases[..., 1] <= demand * state.cohorts.reach * (1.0 + MARGIN)).all()
        aged = state.cohorts.persons[:, 1:].sum(axis=1) / 1e4
        capacity = 160.0 * aged * (desks * rate + points * 1.0 + tablets * 1.5)
        reached = (demand * state.cohorts.reach).sum(axis=1)
        assert cases[..., 1].sum(axis=1) == pytest.approx(np.minimum(reached, capacity), rel=MARGIN, abs=1e-12)
        assert ((state.cohorts.trained >= trained) & (state.cohorts.trained <= 1.0)).all()


def abilities_at(month: int, parameters: np.record) -> np.ndarray:
    names = (f"ability_{cohort}" for cohort in COHORTS)
    return np.array([residents.ability(parameters[name], parameters.ability_growth, month) for name in names])


def test_the_cases_of_a_month_worked_out_by_hand():
    parameters = closing_now(residents__analog_floor=0.25)
    country = people_of()
    state = begun(country, parameters)
    cases = proceed(country, state, parameters, 1)[0, 0]
    able = np.array([0.93, 0.65, 0.4, 0.15])
    online = PEOPLE * NEED * able * 0.5 * (0.25 / (1.0 + math.exp(-1.5)) + 0.75)
    demand = PEOPLE * NEED * (1.0 - able)
    reached = demand * (1.0 - np.exp(-np.array([1.0, 0.9, 0.7, 0.5]) * 0.5 * 0.3))
    assisted = reached * min(1.0, 160.0 * 0.03 * (0.2 * 2.0 + 0.3 * 1.0) / reached.sum())
    excluded = 0.75 * (demand - assisted)
    assert cases[:, 0] == pytest.approx(online, rel=1e-12)
    assert cases[:, 1] == pytest.approx(assisted, rel=1e-12)
    assert cases[:, 3] == pytest.approx(excluded, rel=1e-12)
    assert cases[:, 2] == pytest.approx(PEOPLE * NEED - online - assisted - excluded, rel=1e-12)
    hours = 0.5 * cases[:, 0] + 1.0 * cases[:, 1] + 1.5 * cases[:, 2]
    assert state.flows.burden_hours[0] == pytest.approx(hours.sum(), rel=1e-12)


def test_a_body_without_residents_has_no_cases():
    parameters = closing_now(residents__analog_floor=0.0)
    country = people_of(2, [0.0, 1.0])
    state = begun(country, parameters)
    cases = proceed(country, state, parameters, 14)
    assert not cases[:, 0].any()
    assert cases[:, 1].any()
    assert state.ledger[0, Account.CHANNELS] == 0


# MR7: more help or more counters, never more excluded, in any age group and month.

EFFECTIVE = {"residents__analog_floor": 0.1, "residents__training": 0.1}


def not_higher(after: np.ndarray, before: np.ndarray) -> bool:
    return bool((after <= before * (1.0 + MARGIN) + 1e-12).all())


@many
@given(*[st.floats(0.0, 10.0)] * 3, rates, rates, rates, shares, st.sampled_from(["desk_rate", "point_rate"]))
def test_more_capacity_never_shuts_more_people_out(desks, points, tablets, r_d, r_p, more, training, which):
    country = people_of()
    levers = {"support_desks": desks, "access_points": points, "tablets": tablets, "training": training}
    parameters = closing_now(residents__desk_rate=r_d, residents__point_rate=r_p, **EFFECTIVE)
    before = excluded_by(country, parameters, **levers)
    better = parameters.copy()
    better[which] += more
    assert not_higher(excluded_by(country, better, **levers), before)


@many
@given(*[st.floats(0.0, 10.0)] * 3, *[rates] * 3, st.floats(1.0, 20.0), shares)
def test_more_of_all_help_never_shuts_more_people_out(desks, points, tablets, r_d, r_p, r_t, factor, training):
    country = people_of()
    parameters = closing_now(
        residents__desk_rate=r_d, residents__point_rate=r_p, residents__tablet_rate=r_t, **EFFECTIVE
    )
    levers = {"support_desks": desks, "access_points": points, "tablets": tablets}
    before = excluded_by(country, parameters, training=training, **levers)
    more = {name: value * factor for name, value in levers.items()}
    assert not_higher(excluded_by(country, parameters, training=training, **more), before)


@many
@given(*[st.floats(0.0, 10.0)] * 3, st.floats(0.0, 20.0), *[rates] * 3, shares, st.sampled_from(SUPPORTS))
def test_more_of_help_as_quick_as_the_rest_never_shuts_more_people_out(
    desks, points, tablets, more, r_d, r_p, r_t, training, which
):
    handled = dict(zip(SUPPORTS, (r_d, r_p, r_t), strict=True))
    handled[which] = max(handled.values())
    parameters = closing_now(
        residents__desk_rate=handled["support_desks"],
        residents__point_rate=handled["access_points"],
        residents__tablet_rate=handled["tablets"],
        **EFFECTIVE,
    )
    levers = {"support_desks": desks, "access_points": points, "tablets": tablets, "training": training}
    before = excluded_by(people_of(), parameters, **levers)
    levers[which] += more
    assert not_higher(excluded_by(people_of(), parameters, **levers), before)


@many
@given(*[st.floats(0.0, 10.0)] * 3, st.floats(0.0, 20.0), *[st.floats(0.0, 100.0)] * 3, st.sampled_from(SUPPORTS))
def test_more_of_any_help_never_shuts_more_people_out_in_all(desks, points, tablets, more, r_d, r_p, r_t, which):
    parameters = closing_now(
        residents__desk_rate=r_d, residents__point_rate=r_p, residents__tablet_rate=r_t, **EFFECTIVE
    )
    levers = {"support_desks": desks, "access_points": points, "tablets": tablets, "training": 0.0}
    before = excluded_by(people_of(), parameters, **levers).sum(axis=2)
    levers[which] += more
    assert not_higher(excluded_by(people_of(), parameters, **levers).sum(axis=2), before)


@many
@given(*[st.floats(0.0, 0.4)] * 3, st.floats(0.0, 20.0), shares, st.sampled_from(SUPPORTS))
def test_more_of_any_help_never_shuts_more_people_out_where_nobody_waits(desks, points, tablets, more, training, which):
    parameters = closing_now(
        residents__desk_rate=100, residents__point_rate=100, residents__tablet_rate=100, **EFFECTIVE
    )
    levers = {"support_desks": desks, "access_points": points, "tablets": tablets, "training": training}
    before = excluded_by(people_of(), parameters, **levers)
    levers[which] += more
    assert not_higher(excluded_by(people_of(), parameters, **levers), before)


def test_where_help_is_full_a_point_that_handles_nothing_crowds_the_young_out():
    # The limit of MR7: it brings more old people to the same desks.
    parameters = closing_now(residents__desk_rate=0.01, residents__point_rate=0, **EFFECTIVE)
    levers = {"support_desks": 10.0, "training": 0.0}
    before = excluded_by(people_of(), parameters, 1, access_points=0.0, **levers)[0, 0]
    after = excluded_by(people_of(), parameters, 1, access_points=10.0, **levers)[0, 0]
    assert after[0] > before[0]
    assert after[3] < before[3]
    assert after.sum() == pytest.approx(before.sum(), rel=1e-12)


@many
@given(shares, shares, shares, st.sampled_from(["keep", "sunset", "take_up", "budget"]), st.integers(0, 36))
def test_a_higher_floor_never_shuts_more_people_out(a, b, threshold, rule, months):
    less, more = sorted((a, b))
    parameters = parameters_with(
        residents__analog_rule=rule,
        residents__closing_start="2021-06",
        residents__closing_months=months,
        residents__take_up_threshold=threshold,
        residents__training=0.1,
    )
    excluded = [excluded_by(people_of(), parameters, 40, analog_floor=floor) for floor in (less, more)]
    assert not_higher(excluded[1], excluded[0])


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


def closings(parameters: np.record, state: State, country: Country, months: int) -> list[int]:
    """Return the first month in which each municipality was seen to be closing, -1 = never."""
    run = run_of(country, state, parameters)
    seen = np.full(country.places.size, -1)
    for month in range(months):
        residents.serve_residents(run, month)
        begins = (state.municipalities.closing != NEVER) & (seen < 0)
        assert (state.municipalities.closing[begins] == month).all()
        seen[begins] = month
    return seen.tolist()


def test_counters_are_kept_under_the_rule_to_keep_them():
    parameters = parameters_with(residents__analog_rule="keep", residents__analog_floor=0)
    country = people_of(2)
    state = begun(country, parameters)
    state.purses.debt = 1
    assert closings(parameters, state, country, 180) == [-1, -1]
    assert not state.cohorts.excluded_total.any()


def test_a_sunset_begins_for_all_in_its_month():
    parameters = parameters_with(
        residents__analog_rule="sunset", residents__closing_start="2022-06", residents__analog_floor=0.2, **NO_HELP
    )
    country = people_of(2, [1.0, 30.0])
    state = begun(country, parameters)
    excluded = proceed(country, state, parameters, 60)[..., 3]
    assert state.municipalities.closing.tolist() == [14, 14]
    assert not excluded[:15].any()
    for month in (15, 20, 37, 38, 59):
        kept = 1.0 - 0.8 * min(1.0, (month - 14) / 24)
        demand = country.ages * NEED * (1.0 - abilities_at(month, parameters))
        assert excluded[month] == pytest.approx((1.0 - kept) * demand, rel=1e-9)


def test_under_take_up_counters_close_after_a_month_in_which_enough_cases_were_online():
    country = people_of(3)
    parameters = parameters_with(
        residents__analog_rule="take_up", residents__closing_start="2021-08", residents__take_up_threshold=0.3
    )
    state = begun(country, parameters)
    state.programmes.level[:, Programme.ONLINE] = [26, 1, 1]
    run = run_of(country, state, parameters)
    for month in range(12):
        if month == 9:
            state.programmes.level[1, Programme.ONLINE] = 26
        share = residents.online_share(state.cohorts[1])
        assert (share >= 0.3) == (month >= 10)
        residents.serve_residents(run, month)
    assert state.municipalities.closing.tolist() == [4, 10, NEVER]


def test_the_online_share_counts_those_shut_out_as_cases():
    state = state_of(1)
    assert residents.online_share(state.cohorts[0]) == 0.0
    state.cohorts.online, state.cohorts.excluded = 1.0, 3.0
    assert residents.online_share(state.cohorts[0]) == 0.25


def test_under_budget_counters_close_in_an_april_after_an_emergency_budget():
    country = people_of(3)
    parameters = parameters_with(residents__analog_rule="budget", residents__closing_start="2022-06")
    state = begun(country, parameters)
    state.purses.debt[0] = 5
    run = run_of(country, state, parameters)
    for month in range(60):
        if month == 30:
            state.purses.debt[1] = 1
        residents.serve_residents(run, month)
    assert state.municipalities.closing.tolist() == [24, 36, NEVER]


def test_closing_once_begun_goes_on():
    country = people_of()
    parameters = parameters_with(
        residents__analog_rule="take_up", residents__closing_start="2021-04", residents__take_up_threshold=0.3
    )
    state = begun(country, parameters, 26)
    proceed(country, state, parameters, 5)
    state.programmes.level[:, Programme.ONLINE] = 0
    proceed(country, state, parameters, 60, first=5)
    assert state.municipalities.closing.tolist() == [1]


# Ability, choice and reach.


@many
@given(st.floats(0.001, 0.999), st.floats(-1.0, 1.0), st.integers(0, 179))
def test_ability_grows_by_a_constant_number_of_logits(initial, growth, month):
    able = residents.ability(initial, growth, month)
    assert 0.0 < able < 1.0
    assert math.log(able / (1.0 - able)) == pytest.approx(
        math.log(initial / (1.0 - initial)) + growth * month / 12, abs=1e-6
    )
    assert residents.ability(initial, growth, 0) == pytest.approx(initial, rel=1e-12)


def test_burden_steers_the_choice():
    assert residents.online_probability(1.0, 1.0, 3.0) == 0.5
    assert residents.online_probability(1.5, 0.5, 1.5) == pytest.approx(1.0 / (1.0 + math.exp(-1.5)))
    assert residents.online_probability(0.5, 1.5, 1.5) == pytest.approx(1.0 / (1.0 + math.exp(1.5)))
    assert residents.online_cases(100.0, 0.5, 1.0, 0.8) == pytest.approx(40.0)
    assert residents.online_cases(100.0, 0.5, 0.0, 0.8) == 50.0
    assert residents.online_cases(100.0, 0.0, 0.0, 0.8) == 0.0


def test_reach_follows_levers_that_change():
    parameters = parameters_with()
    country = people_of(2, [1.0, 7.0])
    state = begun(country, parameters)
    for desks in (0.2, 3.0, 3.0, 0.0, 0.2):
        state.levers.support_desks[0] = desks
        proceed(country, state, parameters, 1)
        for i, number in enumerate((desks, 0.2)):
            density = (number + 0.3) * 0.3
            expected = 1.0 - np.exp(-np.array([1.0, 0.9, 0.7, 0.5]) * density)
            assert state.cohorts.reach[i] == pytest.approx(expected, rel=1e-12)
    assert residents.reach(0.0, 5.0) == 0.0


def test_help_is_rationed_alike_in_all_groups():
    assert residents.served_share(10.0, 40.0) == 0.25
    assert residents.served_share(40.0, 10.0) == 1.0
    assert residents.served_share(0.0, 0.0) == 1.0
    assert residents.served_share(0.0, 1.0) == 0.0
    p = parameters_with()
    assert residents.assistance_capacity(1.0, 10.0, 4.0, p) == pytest.approx(160.0 * (2.0 + 10.0 + 6.0))


# Training.


@many
@given(shares, shares, st.floats(0.0, 1e6), st.floats(0.0, 1e6))
def test_training_makes_persons_able_and_never_more_than_there_are(trained, gain, assisted, unable):
    after = residents.trained_share(trained, gain, assisted, unable)
    assert trained <= after <= 1.0
    if unable > 0.0 and after < 1.0:
        assert (after - trained) * unable == pytest.approx(gain * assisted, rel=1e-6, abs=1e-6)
    assert residents.able_share(0.4, after) == pytest.approx(0.4 + 0.6 * after)


def test_training_turns_the_helped_into_able_residents_from_the_next_month_on():
    parameters = parameters_with(residents__training=0.1, residents__ability_growth=0, residents__support_desks=100)
    country = people_of()
    state = begun(country, parameters)
    first, second = proceed(country, state, parameters, 2)[:, 0]
    untrained = abilities_at(0, parameters)
    helped = 0.1 * first[:, 1]
    assert (helped > 0.0).all()
    able = (second[:, 0] - first[:, 0]) / residents.online_cases(1.0, 0.5, 1.0, 1.0 / (1.0 + math.exp(-1.5)))
    assert able == pytest.approx(helped * NEED, rel=1e-9)
    proceed(country, state, parameters, 178, first=2)
    assert ((state.cohorts.trained > 0.5) & (state.cohorts.trained <= 1.0)).all()
    without = begun(country, parameters)
    without.levers.training = 0.0
    proceed(country, without, parameters, 1)
    assert not without.cohorts.trained.any()
    assert abilities_at(1, parameters) == pytest.approx(untrained)


# Money and sums.


def test_closing_counters_saves_what_the_formula_says_to_the_yen():
    country = people_of(2, [13.7, 211.3])
    country.population_ratio[:, 1:] = 0.9
    country.population_ratio[1, 2:] = 0.77
    booked = []
    for floor in (1.0, 0.3):
        parameters = parameters_with(
            residents__analog_rule="sunset", residents__closing_start="2021-10", residents__analog_floor=floor
        )
        state = begun(country, parameters)
        before = state.ledger.copy()
        proceed(country, state, parameters, 48)
        booked.append(state.ledger - before)
        for kind in range(KINDS):
            assert (state.money[kind] == state.ledger[kind::KINDS].sum(axis=0)).all()
    for i in range(2):
        expected = []
        for floor in (1.0, 0.3):
            total = 0
            for month in range(48):
                kept = 1.0 - (1.0 - floor) * min(1.0, max(0.0, (month - 6) / 24))
                ratio = country.population_ratio[i, month // 12]
                aged = country.ages[i, 1:].sum() * ratio / 1e4
                yearly = 1_000 * country.ages[i].sum() * ratio * kept + aged * (0.2 * 5_000_000 + 0.3 * 500_000)
                total += round(yearly / 12)
            expected.append(total)
        assert [change[i, Account.CHANNELS] for change in booked] == expected
        assert booked[0][i, Account.CHANNELS] - booked[1][i, Account.CHANNELS] == expected[0] - expected[1] > 0
    for change in booked:
        assert (change.sum(axis=1) == 0).all()
        assert (change[:, Account.APPROPRIATION] == -change[:, Account.CHANNELS]).all()
        change[:, [Account.APPROPRIATION, Account.CHANNELS]] = 0
        assert not change.any()


def test_channel_cost_by_hand_and_by_whole_units():
    p = parameters_with(money__rounding_unit=1000, residents__tablets=2)
    assert residents.channel_cost(1_200.0, 0.5, 2.0, 6.0, 12.0, p) == pytest.approx(
        (600_000 + 10_000_000 + 3_000_000 + 1_200_000) / 12
    )
    country = people_of(1, 17.3)
    state = begun(country, p)
    proceed(country, state, p, 1)
    cost = 17_300 * 1_000 + 0.519 * (0.2 * 5_000_000 + 0.3 * 500_000 + 2 * 100_000)
    assert state.ledger[0, Account.CHANNELS] == money.booked(cost / 12, 1000)
    assert state.ledger[0, Account.CHANNELS] % 1000 == 0


def test_flows_and_totals_are_sums_of_the_cases():
    country = people_of(7, np.linspace(0.3, 90.0, 7))
    parameters = closing_now(residents__analog_floor=0.4)
    state = begun(country, parameters)
    state.levers.access_points = np.linspace(0.0, 5.0, 7)
    cases = proceed(country, state, parameters, 9)
    for kind in range(KINDS):
        of_kind = cases[:, kind::KINDS].sum(axis=(0, 1))
        for channel, name in enumerate(CHANNELS):
            assert state.flows[name][kind] == pytest.approx(of_kind[:, channel], rel=1e-12)
        hours = of_kind.sum(axis=0) @ [0.5, 1.0, 1.5, 0.0]
        assert state.flows.burden_hours[kind] == pytest.approx(hours, rel=1e-12)
    others = set(state.flows.dtype.names) - {field.name for field in residents.FLOW_FIELDS}
    assert not any(state.flows[name].any() for name in others)
    assert len(others) > 10
    for channel, name in enumerate(CHANNELS):
        assert state.cohorts[f"{name}_total"] == pytest.approx(cases[..., channel].sum(axis=0), rel=1e-12)


def test_other_bodies_change_nobody():
    parameters = closing_now(residents__analog_floor=0.4)
    scale = np.linspace(0.3, 90.0, 6)
    many_bodies, few = people_of(6, scale), people_of(2, scale[2:4])
    of_all = proceed(many_bodies, begun(many_bodies, parameters), parameters, 24)
    assert (proceed(few, begun(few, parameters), parameters, 24) == of_all[:, 2:4]).all()
