"""Security incidents: how likely, how many, and how many records they expose."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dxsim.model import coexistence, events, security
from dxsim.model.codes import Programme
from dxsim.model.state import Country, State
from tests.model.bodies import country_of, parameters_with, run_of, state_of

LIMIT = 5.0
SEED = 11
RULES = ("none", "prefecture", "national")
levels = st.integers(0, 3)


def begun(country: Country, parameters: np.record, seed: int = SEED, log_size: int = 0) -> State:
    state = state_of(country.places.size, log_size)
    security.start(run_of(country, state, parameters, seed))
    return state


def proceed(country: Country, state: State, parameters: np.record, months: int, seed: int = SEED) -> np.ndarray:
    """Run these months; return the incidents of each municipality so far at the end of each, (months, n)."""
    run = run_of(country, state, parameters, seed)
    incidents = np.empty((months, state.harm.size))
    for month in range(months):
        security.strike(run, month)
        incidents[month] = state.harm.security_incidents
    return incidents


def set_levels(state: State, of_security: int, of_data: int, of_governance: int) -> None:
    state.programmes.level[:, Programme.SECURITY] = of_security
    state.programmes.level[:, Programme.DATA] = of_data
    state.programmes.level[:, Programme.GOVERNANCE] = of_governance


# The hazard.


@settings(deadline=None)
@given(levels, levels, levels, st.sampled_from(RULES), st.floats(0.0, 100.0), st.floats(0.0, 1.0))
def test_a_month_adds_its_hazard(sec, dat, gov, rule, interfaces, strictness):
    parameters = parameters_with(security__data_sharing=rule, security__security_hazard=0.01)
    country = country_of(1)
    state = begun(country, parameters)
    state.harm.threshold = np.inf
    state.harm.interfaces = interfaces
    state.levers.security_baseline = strictness
    set_levels(state, sec, dat, gov)
    security.strike(run_of(country, state, parameters, SEED), 0)
    flows = {"none": 0.0, "prefecture": 0.5, "national": 1.0}[rule] * dat / 3 * (1 + gov) / 4
    power = -0.6 * sec + 0.5 * flows - 0.2 * gov + 0.5 * interfaces / 100
    assert state.harm[0].cumulative_hazard == pytest.approx(0.01 * math.exp(power) * (1 - 0.3 * strictness), rel=1e-12)


@pytest.mark.parametrize("rule", [0, 1, 2])
def test_the_tables_hold_the_equations(rule):
    parameters = parameters_with(security__data_sharing=RULES[rule])
    run = run_of(country_of(1), state_of(1), parameters)
    security.set_factors(run)
    for sec, dat, gov in np.ndindex(4, 4, 4):
        flows = security.openness(rule, dat, gov)
        assert run.open_flows[dat, gov] == flows
        assert run.breach_factor[sec, dat, gov] == security.maturity_factor(sec, gov, flows, parameters)


def test_flows_are_open_from_nothing_to_all():
    assert security.openness(2, 3, 3) == 1.0
    assert security.openness(1, 3, 3) == 0.5
    assert security.openness(2, 2, 1) == pytest.approx(2 / 3 * 2 / 4)
    assert {security.openness(0, data, governance) for data in range(4) for governance in range(4)} == {0.0}
    assert {security.openness(rule, 0, governance) for rule in range(3) for governance in range(4)} == {0.0}


def test_no_interfaces_no_effect():
    assert security.interface_factor(0.0, 0.5) == 1.0
    assert security.interface_factor(100.0, 0.5) == pytest.approx(math.exp(0.5))


@settings(deadline=None)
@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_baseline_rules_lower_the_hazard_to_what_is_left(a, b, effect):
    less, more = sorted((a, b))
    assert 0.0 <= security.baseline_factor(more, effect) <= security.baseline_factor(less, effect) <= 1.0
    assert security.baseline_factor(0.0, effect) == 1.0


# The incidents.


def test_incidents_form_a_poisson_process():
    n, hazard, months = 4_000, 0.03, 60
    parameters = parameters_with(security__security_hazard=hazard, security__data_sharing="none")
    country = country_of(n)
    incidents = proceed(country, begun(country, parameters), parameters, months)
    for t in (12, 60):
        mean = hazard * t
        assert abs(incidents[t - 1].mean() - mean) / math.sqrt(mean / n) < LIMIT
        # The variance of a Poisson number equals its mean; that of the sample variance is (m + 2 m^2) / n.
        assert abs(incidents[t - 1].var(ddof=1) - mean) / math.sqrt((mean + 2 * mean**2) / n) < LIMIT
        none = (incidents[t - 1] == 0).mean()
        expected = math.exp(-mean)
        assert abs(none - expected) / math.sqrt(expected * (1 - expected) / n) < LIMIT
    first, second = incidents[29], incidents[59] - incidents[29]
    assert abs(np.corrcoef(first, second)[0, 1]) * math.sqrt(n) < LIMIT


def test_a_month_can_hold_several_incidents():
    n = 2_000
    parameters = parameters_with(
        security__security_hazard=1, security__interface_effect=0.7, security__data_sharing="none"
    )
    country = country_of(n)
    state = begun(country, parameters)
    state.harm.interfaces = 100.0
    incidents = proceed(country, state, parameters, 1)[-1]
    law = stats.poisson(math.exp(0.7))
    for count in range(6):
        expected = law.pmf(count)
        share = (incidents == count).mean()
        assert abs(share - expected) / math.sqrt(expected * (1 - expected) / n) < LIMIT


def test_incidents_come_when_the_hazard_adds_up_to_their_thresholds():
    parameters = parameters_with(security__security_hazard=0.25, security__data_sharing="none")
    country = country_of(1)
    state = begun(country, parameters)
    state.harm.threshold = 1.1
    incidents = proceed(country, state, parameters, 5)
    assert incidents[:, 0].tolist() == [0, 0, 0, 0, 1]
    assert state.harm[0].cumulative_hazard == pytest.approx(0.15)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: set_levels(state, 1, 0, 0),
        lambda state: set_levels(state, 0, 0, 2),
        lambda state: state.levers.security_baseline.fill(1.0),
    ],
)
def test_what_protects_never_makes_more_incidents(change):
    n = 300
    parameters = parameters_with(security__security_hazard=0.05)
    country = country_of(n)
    plain, protected = begun(country, parameters), begun(country, parameters)
    change(protected)
    before, after = (proceed(country, state, parameters, 60) for state in (plain, protected))
    assert (after <= before).all()
    assert after.sum() < before.sum()


def test_interfaces_make_incidents_more_likely_for_every_body():
    n = 300
    parameters = parameters_with(security__security_hazard=0.05)
    country = country_of(n)
    before = proceed(country, begun(country, parameters), parameters, 60)
    state = begun(country, parameters)
    state.harm.interfaces = 100.0
    after = proceed(country, state, parameters, 60)
    assert (after >= before).all()
    assert after[-1].mean() > 1.3 * before[-1].mean()


# Records and sharing.


def test_exposed_records_are_those_of_the_month():
    parameters = parameters_with(security__security_hazard=0.2, security__data_sharing="national")
    country = country_of(40, np.linspace(1e4, 5e4, 40))
    country.population_ratio[:, 1] = 0.5
    state = begun(country, parameters, log_size=10_000)
    set_levels(state, 0, 3, 1)
    proceed(country, state, parameters, 24)
    log = state.log[: state.logged[0]]
    assert (log.kind == events.Kind.BREACH).all()
    assert log.size == state.harm.security_incidents.sum() > 100
    population = country.places.population[log.municipality] * np.where(log.month < 12, 1.0, 0.5)
    assert log.amount == pytest.approx(population * (0.05 + 0.95 * 0.5), rel=1e-12)
    for kind in (0, 1):
        of_kind = country.places.kind == kind
        assert state.flows.security_incidents[kind] == state.harm.security_incidents[of_kind].sum()
        assert state.flows.exposed_records[kind] == pytest.approx(state.harm.exposed[of_kind].sum())
        assert state.flows.exposed_records[kind] == pytest.approx(
            log.amount[country.places.kind[log.municipality] == kind].sum()
        )


def test_an_incident_exposes_at_most_everybody():
    assert security.exposed_records(50_000.0, 0.05, 1.0) == 50_000.0
    assert security.exposed_records(50_000.0, 0.05, 0.0) == pytest.approx(2_500.0)


def test_sharing_brings_benefit_and_exposure_together():
    country = country_of(200, prefectures=4)
    exposed, incidents, benefit = [], [], []
    for rule in RULES:
        parameters = parameters_with(security__security_hazard=0.02, security__data_sharing=rule)
        state = begun(country, parameters)
        set_levels(state, 0, 3, 2)
        state.municipalities.live = 20
        state.municipalities.live[country.places.prefecture == 1] = 0
        coexistence.count_interfaces(run_of(country, state, parameters), 0)
        benefit.append(state.flows.interoperability.sum())
        proceed(country, state, parameters, 60)
        exposed.append(state.harm.exposed.copy())
        incidents.append(state.harm.security_incidents.copy())
    for i in (0, 1):
        assert (incidents[i + 1] >= incidents[i]).all()
        assert (exposed[i + 1] >= exposed[i]).all()
        assert exposed[i + 1].sum() > 1.2 * exposed[i].sum()
    assert benefit[0] < min(benefit[1:])


def test_other_bodies_change_nobodys_incidents():
    parameters = parameters_with(security__security_hazard=0.05)
    many, few = country_of(60), country_of(20)
    few.places[:] = many.places[20:40]
    of_all = proceed(many, begun(many, parameters), parameters, 60)
    assert (proceed(few, begun(few, parameters), parameters, 60) == of_all[:, 20:40]).all()


def test_without_hazard_nothing_happens():
    parameters = parameters_with(security__security_hazard=0)
    country = country_of(20)
    state = begun(country, parameters, log_size=10)
    assert not proceed(country, state, parameters, 24).any()
    assert state.logged[0] == 0
