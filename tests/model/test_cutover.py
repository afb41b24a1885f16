"""Incidents at cut-overs, interfaces between old and new systems, and what working together brings.

A statistical check allows five standard errors: a correct model fails one in about 1.7 million.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy import stats

from dxsim import streams
from dxsim.model import coexistence, cutover, events
from dxsim.model.codes import Programme
from dxsim.model.fields import numbers_of
from dxsim.model.state import Country, Run, State
from tests.model.bodies import OPERATIONS, country_of, parameters_with, run_of, state_of

LIMIT = 5.0
AVERAGE = {  # a cut-over with mu = mu0 w
    "quality__complexity_effect": 0,
    "quality__rush_effect": 0,
    "quality__overload_effect": 0,
    "quality__rollback_severity": 1,
}
L22_AT_LEAST_ONE = 0.310646
L23_MEAN_MONTHS = 2.541494
shares = st.floats(0.0, 1.0)
draws = st.floats(1e-12, 1.0 - 1e-12)


@njit
def attempt_each(run: Run, month: int) -> np.ndarray:
    """Switch every system of every municipality in this month; return each one's incidents, negative if rolled back."""
    n, operations = run.systems.shape
    incidents = np.zeros((n, operations))
    for i in range(n):
        for operation in range(operations):
            before = run.harm[i].incidents
            is_live = cutover.attempt(run, month, i, operation)
            incidents[i, operation] = run.harm[i].incidents - before
            if not is_live:
                incidents[i, operation] *= -1.0
    return incidents


def attempt_all(country: Country, state: State, parameters: np.record, seed: int, month: int) -> np.ndarray:
    """Switch every system of every municipality of this country in this month, see `attempt_each`."""
    return attempt_each(run_of(country, state, parameters, seed), month)


# What an incident is.


def test_incidents_follow_the_poisson_law():
    for mean in (0.0186, 0.5, 3.0, 12.0):
        law = stats.poisson(mean)
        for count in range(int(law.ppf(0.999999)) + 1):
            low, high = law.cdf(count - 1), law.cdf(count)
            for draw in np.linspace(low, high, 5)[1:-1]:
                assert cutover.incident_count(mean, draw) == count


def test_no_cutover_has_more_incidents_than_it_has_draws():
    assert cutover.incident_count(1e6, 0.5) == cutover.MOST_INCIDENTS
    assert cutover.incident_count(1e6, 1e-300) == cutover.MOST_INCIDENTS
    assert cutover.incident_count(0.0, 1.0 - 2.0**-53) == 0


@settings(deadline=None)
@given(st.floats(0.0, 2000.0), st.floats(0.0, 2000.0), draws)
def test_more_is_expected_never_fewer_happen(one, other, draw):
    low, high = sorted((one, other))
    assert cutover.incident_count(low, draw) <= cutover.incident_count(high, draw)


def test_twenty_average_systems_have_trouble_in_31_of_100_bodies():
    parameters = parameters_with(**AVERAGE)
    expected = cutover.expected_incidents(parameters, 1.0, 0.7, 1.0, 3.0, 0.0)
    assert expected == pytest.approx(0.0186, rel=1e-12)
    assert 1.0 - math.exp(-20 * expected) == pytest.approx(L22_AT_LEAST_ONE, abs=5e-7)
    # The highest draw without an incident is the probability of none.
    assert cutover.incident_count(expected, math.exp(-expected) - 1e-12) == 0
    assert cutover.incident_count(expected, math.exp(-expected) + 1e-12) == 1


def test_twenty_average_systems_have_trouble_in_31_of_100_drawn_bodies():
    n, parameters = 20_000, parameters_with(**AVERAGE)
    incidents = attempt_all(country_of(n), state_of(n), parameters, 5, 40)
    share = (incidents.sum(axis=1) > 0).mean()
    assert abs(share - L22_AT_LEAST_ONE) / math.sqrt(L22_AT_LEAST_ONE * (1 - L22_AT_LEAST_ONE) / n) < LIMIT
    mean = 0.0186
    assert abs(incidents.mean() - mean) / math.sqrt(mean / incidents.size) < LIMIT


def test_draws_of_systems_and_months_are_independent():
    n, parameters = 20_000, parameters_with(quality__incident_rate=0.3, **AVERAGE)
    country = country_of(n)
    one, other = (attempt_all(country, state_of(n), parameters, 5, month) for month in (40, 41))
    for a, b in ((one[:, 0], one[:, 1]), (one[:, 3], other[:, 3])):
        assert abs(np.corrcoef(a, b)[0, 1]) * math.sqrt(n) < LIMIT


def test_each_incident_has_draws_of_its_own():
    n, parameters = 50, parameters_with(quality__incident_rate=2, **AVERAGE)
    state = state_of(n, 100_000)
    attempt_all(country_of(n), state, parameters, 5, 40)
    place, k = None, 0
    for event in state.log[: state.logged[0]]:
        k = k + 1 if place == (event.municipality, event.place) else 0
        place = (event.municipality, event.place)
        address = 1001 + int(event.municipality), 40, int(event.place) * 64 + k
        share = cutover.severity(0.002, 1.5, streams.normal(5, streams.SEVERITY, *address))
        assert event.value == round(share * 50_000)
        assert event.amount == cutover.months_to_correct(0.5, streams.uniform(5, streams.CORRECTION, *address))


@settings(deadline=None)
@given(st.floats(0.01, 5.0), st.integers(1, 40))
def test_months_to_correct_are_geometric(hazard, months):
    # P(k) = (1 - e^-c) e^(-c (k - 1)): draws between e^(-c k) and e^(-c (k - 1)).
    low, high = math.exp(-hazard * months), math.exp(-hazard * (months - 1))
    if low > 0.0:
        for part in (0.001, 0.5, 0.999):
            assert cutover.months_to_correct(hazard, low + part * (high - low)) == months


def test_mean_months_to_correct():
    kept = math.exp(-0.5)
    months = np.arange(1, 400)
    law = (1.0 - kept) * kept ** (months - 1)
    assert (months * law).sum() == pytest.approx(L23_MEAN_MONTHS, abs=5e-7)


def test_mean_months_to_correct_as_drawn():
    n, parameters = 2_000, parameters_with(quality__incident_rate=1, **AVERAGE)
    state = state_of(n, 100_000)
    attempt_all(country_of(n), state, parameters, 5, 40)
    log = state.log[: state.logged[0]]
    months = log.amount[log.kind == events.Kind.INCIDENT]
    deviation = math.sqrt(math.exp(-0.5)) / (1.0 - math.exp(-0.5))
    assert months.min() == 1
    assert abs(months.mean() - L23_MEAN_MONTHS) / deviation * math.sqrt(months.size) < LIMIT


def test_severity_is_lognormal_and_at_most_everybody():
    assert cutover.severity(0.002, 1.5, 0.0) == 0.002
    assert cutover.severity(0.002, 1.5, 1.0) == pytest.approx(0.002 * math.exp(1.5), rel=1e-14)
    assert cutover.severity(0.002, 1.5, 9.0) == 1.0
    n, parameters = 2_000, parameters_with(quality__incident_rate=1, **AVERAGE)
    state = state_of(n, 100_000)
    attempt_all(country_of(n, 1e9), state, parameters, 6, 40)
    log = state.log[: state.logged[0]]
    share = log.value[log.kind == events.Kind.INCIDENT] / 1e9
    below = (share < 0.002).mean()
    assert abs(below - 0.5) / math.sqrt(0.25 / share.size) < LIMIT
    assert stats.kstest(np.log(share[share < 1] / 0.002) / 1.5, "norm").pvalue > 1e-6


# What makes incidents more likely.


def test_expected_incidents_worked_out_by_hand():
    parameters = parameters_with(policy__data_export=0.5)
    expected = cutover.expected_incidents(parameters, 1.4, 0.8, 1.0, 1.5, 0.6)
    power = 0.3 * 0.8 * 0.5 + 0.7 + 0.5 * 0.5 - 0.5 * 0.6
    assert expected == pytest.approx(0.0186 * 1.4 * math.exp(power), rel=1e-14)


def test_staff_that_is_not_overloaded_does_no_harm():
    parameters = parameters_with()
    idle, busy, over = (cutover.expected_incidents(parameters, 1.0, 0.5, 0.0, omega, 0.0) for omega in (0.0, 1.0, 1.01))
    assert idle == busy < over


@settings(deadline=None)
@given(shares, shares, shares, st.floats(0.0, 4.0), st.floats(0.0, 4.0))
def test_each_influence_has_its_sign(a, b, testing, one, other):
    parameters = parameters_with()
    (low, high), (little, much) = sorted((a, b)), sorted((one, other))

    def mu(rush, overload, tests, kappa):
        return cutover.expected_incidents(parameters, 1.0, kappa, rush, overload, tests)

    assert mu(low, one, testing, 1.0) <= mu(high, one, testing, 1.0)
    assert mu(0.0, little, testing, 1.0) <= mu(0.0, much, testing, 1.0)
    assert mu(0.0, one, high, 1.0) <= mu(0.0, one, low, 1.0)
    assert mu(0.0, one, testing, little) <= mu(0.0, one, testing, much)
    assert mu(0.0, 2.0, testing, 1.0) == mu(0.0, 9.0, testing, 1.0)


def test_the_rush_begins_a_quarter_before_the_deadline_and_does_not_end_with_a_missed_date():
    assert [cutover.rush(month, 60) for month in (56, 57, 58, 59, 60, 61, 99)] == [0.0, *[1.0] * 6]


def test_a_cohort_rushes_before_its_own_date():
    n = 2_000
    country, parameters = country_of(n), parameters_with(quality__incident_rate=0.5)
    own, early = state_of(n), state_of(n)
    early.lots.shift = -12
    for state in (own, early):
        attempt_all(country, state, parameters, 3, 46)
    assert early.harm.incidents.sum() > 1.5 * own.harm.incidents.sum()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_more_testing_never_makes_more_incidents(seed):
    n = 500
    country, parameters = country_of(n), parameters_with(quality__incident_rate=0.6, quality__rollback_severity=1)
    before, impact = None, None
    for effort in (0.0, 0.3, 1.0):
        state = state_of(n)
        state.levers.test_effort = effort
        incidents = attempt_all(country, state, parameters, seed, 40)
        if before is not None:
            assert (incidents <= before).all()
            assert (state.harm.impact <= impact).all()
            assert incidents.sum() < before.sum()
        before, impact = incidents, state.harm.impact.copy()


def test_overload_harms_every_system():
    n = 500
    country, parameters = country_of(n), parameters_with(quality__incident_rate=0.6, quality__rollback_severity=1)
    incidents = []
    for value in (0.0, 1.0, 2.0):
        state = state_of(n)
        state.workforce.overload = value
        incidents.append(attempt_all(country, state, parameters, 1, 40))
    assert (incidents[0] == incidents[1]).all()
    assert (incidents[1] <= incidents[2]).all()
    assert incidents[1].sum() < incidents[2].sum()


# Books.


def test_what_is_counted_is_what_the_log_says():
    n = 300
    country, parameters = country_of(n), parameters_with(quality__incident_rate=0.5)
    country.population_ratio[:, 3] = 0.5
    state = state_of(n, 100_000)
    state.systems.work = 2.0
    incidents = attempt_all(country, state, parameters, 9, 40)
    log = state.log[: state.logged[0]]
    happened = log[log.kind == events.Kind.INCIDENT]
    failed = log[log.kind == events.Kind.FAILED_CUTOVER]
    assert happened.size > 1_000
    assert happened.value.max() <= 25_000
    assert failed.size > 10
    for i in range(n):
        of_body = happened[happened.municipality == i]
        harm = state.harm[i]
        assert harm.incidents == of_body.size
        assert harm.affected == of_body.value.sum()
        assert harm.impact == (of_body.value * of_body.amount).sum()
        assert harm.rollbacks == (failed.municipality == i).sum() == (incidents[i] < 0).sum()
    for kind in (0, 1):
        of_kind = country.places.kind == kind
        assert state.flows.incidents[kind] == state.harm.incidents[of_kind].sum()
        assert state.flows.affected_residents[kind] == state.harm.affected[of_kind].sum()
        assert state.flows.impact[kind] == state.harm.impact[of_kind].sum()
        assert state.flows.rollbacks[kind] == state.harm.rollbacks[of_kind].sum()


def test_a_failed_cutover_leaves_work_in_the_vendors_book():
    n = 300
    parameters = parameters_with(quality__incident_rate=0.5, quality__rollback_work=0.25)
    state = state_of(n, 100_000)
    state.systems.work = 2.0
    state.vendors.book, state.vendors.contracted = 10.0, 5_000.0
    incidents = attempt_all(country_of(n), state, parameters, 9, 40)
    is_failed = incidents < 0
    assert 10 < is_failed.sum() < (incidents > 0).sum()
    assert (state.systems.remaining[is_failed] == 0.5).all()
    assert (state.systems.remaining[~is_failed] == 0.0).all()
    assert state.vendors[0].book == 10.0 + 0.5 * is_failed.sum()
    assert state.vendors[0].contracted == 5_000.0 + 0.5 * is_failed.sum()
    # Those with a share of residents above the limit, and only those, are rolled back.
    log = state.log[: state.logged[0]]
    worst = np.zeros((n, OPERATIONS))
    for event in log[log.kind == events.Kind.INCIDENT]:
        worst[event.municipality, event.place] = max(worst[event.municipality, event.place], event.value)
    assert (worst[is_failed] >= 0.05 * 50_000).all()
    assert (worst[~is_failed] <= 0.05 * 50_000).all()
    assert (log.amount[log.kind == events.Kind.FAILED_CUTOVER] == 0.5).all()


def test_nothing_is_rolled_back_for_an_incident_that_hits_everybody_at_most():
    n = 200
    parameters = parameters_with(quality__incident_rate=2, quality__rollback_severity=1)
    parameters.severity_median = 1e9
    state = state_of(n)
    incidents = attempt_all(country_of(n), state, parameters, 9, 40)
    assert (incidents >= 0).all()
    assert state.harm.rollbacks.sum() == 0
    assert (state.harm.affected == 50_000 * state.harm.incidents).all()


def test_nothing_happens_at_a_rate_of_zero():
    state = state_of(50, 10)
    assert (attempt_all(country_of(50), state, parameters_with(quality__incident_rate=0), 1, 40) == 0).all()
    assert state.logged[0] == 0
    assert not numbers_of(state.flows).any()


def test_other_bodies_change_nobodys_incidents():
    parameters = parameters_with(quality__incident_rate=0.5)
    country = country_of(60)
    few = attempt_all(country._replace(places=country.places[20:40]), state_of(20), parameters, 4, 40)
    assert (few == attempt_all(country, state_of(60), parameters, 4, 40)[20:40]).all()


# Coexistence (L21) and what working together brings.


def test_interfaces_rise_to_the_half_and_fall_again():
    hump = [coexistence.interfaces(live, 20, 1.0) for live in range(21)]
    assert hump == [n * (20 - n) for n in range(21)]
    assert max(hump) == hump[10] == 100
    assert hump[0] == hump[20] == 0


@settings(deadline=None)
@given(st.integers(0, 20), st.floats(0.0, 1.0))
def test_interfaces_are_in_proportion_to_their_density(live, density):
    assert coexistence.interfaces(live, 20, density) == pytest.approx(density * live * (20 - live))


def live_state(live: list[int]) -> State:
    state = state_of(len(live))
    state.municipalities.live = live
    state.harm.trust = 1.0
    return state


def test_interfaces_are_counted():
    state = live_state([0, 5, 10, 20])
    run = run_of(country_of(4), state, parameters_with(quality__interface_density=0.5))
    coexistence.count_interfaces(run, 3)
    assert state.harm.interfaces.tolist() == [0.0, 37.5, 50.0, 0.0]
    assert state.flows.interfaces.tolist() == [50.0, 37.5]


def test_what_is_asked_for_once_follows_who_shares_with_whom():
    state = live_state([10, 20, 20, 20])
    state.programmes.level[:, Programme.DATA] = [1, 0, 1, 2]
    state.harm.trust = [1.0, 1.0, 1.0, 0.5]
    country, parameters = country_of(4, prefectures=2), parameters_with(quality__once_only_saving=0.2)
    coexistence.count_interfaces(run_of(country, state, parameters), 3)
    near, far = [10 / 40, 40 / 40], 20 / 80
    once = [0.5 * near[0] / 2, 0.0, near[1] / 2, 0.5 * (near[1] + far) / 2]
    assert state.harm.once_only == pytest.approx(once)
    saved = 1 - (1 - 0.05 * state.harm.within) * (1 - 0.2 * np.array(once))
    value = 1_000 * 50_000 / 12 * saved
    assert state.flows.interoperability == pytest.approx([value[0] + value[2], value[1] + value[3]], rel=1e-12)


def test_a_body_of_which_half_is_live_has_a_quarter_of_its_pairs():
    assert coexistence.pairs_live(10, 20) == pytest.approx(90 / 380)
    assert coexistence.pairs_live(20, 20) == 1.0
    assert coexistence.pairs_live(1, 20) == coexistence.pairs_live(1, 1) == coexistence.pairs_live(0, 0) == 0.0


def test_where_all_share_all_is_asked_for_once():
    state = live_state([20, 20, 20, 20])
    state.programmes.level[:, Programme.DATA] = 2
    run = run_of(country_of(4, prefectures=2), state, parameters_with())
    coexistence.count_interfaces(run, 3)
    assert (state.harm.once_only == 1.0).all()
    assert (state.harm.within == 1.0).all()
    assert coexistence.work_left(1.0, 1.0, 0.1, 0.2) == pytest.approx(0.72)


def test_an_incident_makes_residents_ask_and_is_news():
    """Fails on the first edition, where a cut-over that went wrong changed nothing that came after it."""
    n = 100
    state = state_of(n)
    attempt_all(country_of(n), state, parameters_with(quality__incident_rate=0.3), 9, 40)
    assert (state.harm.news == state.harm.incidents).all()
    assert (state.harm.enquiries == state.harm.affected).all()
    assert state.harm.news.sum() > 100


def test_a_prefecture_without_bodies_has_no_live_share():
    state = live_state([20, 20, 20, 20])
    run = run_of(country_of(4), state, parameters_with(security__data_sharing="prefecture"))
    state.programmes.level[:, Programme.DATA] = [1, 1, 2, 0]
    coexistence.look_at_sharing(run)
    assert run.live_share[1] == 0.75
    assert run.live_share[0] == 0.25
    assert (run.live_share[2:] == 0.0).all()
