"""Where theory knows the answer, the kernels give it.

Golden values were worked out apart from this program (issue 1, design of the model). Statistical checks allow five
standard errors, so each of them fails a correct model about 6 times in ten million.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from numba import njit
from scipy import stats

from dxsim.model import (
    beliefs,
    commitment,
    initialisation,
    lateness,
    readiness,
    shortage,
    vendor_choice,
    vendor_queue,
    work,
)
from dxsim.model.capacity import initial_capacity, queue_wait, quoted_wait
from dxsim.model.codes import Account, Cause, Held, Listed, Reason, SystemState
from dxsim.model.planning import planned_window, planning_duration
from dxsim.model.run import begin, prepare, run_inputs
from dxsim.model.schedule import advance
from dxsim.model.state import PLACE, empty_state
from dxsim.nation.small import grid_nation
from dxsim.scenario.scenario import VendorEvent, load_scenario
from tests.model.bodies import run_of
from tests.model.cases import (
    ALIKE,
    DEADLINE,
    LIMIT,
    MONTHS,
    ONE_PACKAGE,
    PAST_DEADLINE,
    RUNS,
    SINGLE,
    STEADY_VENDORS,
    UNIT_JOBS,
    N,
    alike_nation,
    arrive,
    commitments,
    cut_over_early,
    final_states,
    mixed_nation,
    plain,
    queue_inputs,
    share_after,
    spread_thresholds,
    z_of_share,
)

L1 = {12: 0.302324, 24: 0.513248, 60: 0.834701, 120: 0.972676}
L1_DEVIATION = {12: 0.0110, 24: 0.0120, 60: 0.0089, 120: 0.0039}
L2 = {1: 0.302324, 2: 0.513248, 5: 0.834701}
L3 = {12: 0.049116, 24: 0.137655, 36: 0.278545, 48: 0.463289, 60: 0.651947, 84: 0.895644, 120: 0.988106}
L3_CHAIN_BINOMIAL_AT_48, L3_CONTINUOUS_AT_48 = 0.4623, 0.48242
L5 = {12: 0.314137, 24: 0.605440, 36: 0.862735, 48: 0.994185}
L6 = {12: 0.105107, 30: 0.291419, 48: 0.549045, 59: 0.854630}
L8 = {48: 0, 54: 78, 60: 156, 72: 312, 84: 468, 94: 598, 95: 600}
L10 = {0.5: 0.5, 0.8: 2.0, 0.9: 4.5}
L13 = {(4.5, 20): 0.825715, (3.5, 20): 0.635425, (3.0, 15): 0.589269}
L21_MOST = 100
L22_AT_LEAST_ONE = 0.310646
L24 = {0.5: 45.0, 1.0: 0.0}

CONSTANT = ALIKE | PAST_DEADLINE | {"vendor.readiness_mean": 180, "commitment.mandate_hazard": 0}


@pytest.fixture(scope="module")
def japan():
    return alike_nation(N)


# L1: constant hazard


@pytest.fixture(scope="module")
def constant_hazard_commitments(japan):
    inputs = prepare(japan, plain(CONSTANT | {"commitment.own_motive_hazard": 0.03}), 1)
    return commitments(inputs, range(RUNS), 120)[:, :, :1]  # lots of one package commit together


@pytest.mark.parametrize("months", L1)
def test_constant_hazard_gives_exponential_share(constant_hazard_commitments, months):
    share = share_after(constant_hazard_commitments, months)
    assert abs(z_of_share(share.mean(), L1[months], share.size * N)) < LIMIT


@pytest.mark.parametrize("months", L1)
def test_constant_hazard_gives_binomial_counts(constant_hazard_commitments, months):
    share = share_after(constant_hazard_commitments, months).ravel()
    expected = math.sqrt(L1[months] * (1 - L1[months]) / N)
    assert expected == pytest.approx(L1_DEVIATION[months], abs=6e-5)
    # (k - 1) s^2 / sigma^2 is close to chi-square with k - 1 degrees of freedom for k independent shares.
    low, high = stats.chi2(share.size - 1).ppf([3e-7, 1 - 3e-7]) / (share.size - 1)
    assert low < share.var(ddof=1) / expected**2 < high


def test_constant_hazard_one_month_off_is_noticed(constant_hazard_commitments):
    share = share_after(constant_hazard_commitments[:1], 24)[0, 0]
    assert abs(z_of_share(share, L1[24], N)) < LIMIT
    for months in (22, 26):
        assert abs(z_of_share(share, 1 - math.exp(-0.03 * months), N * 6)) > LIMIT


# L2: budget gates


def test_gates_delay_but_do_not_lose_commitments(japan):
    # The pressure starts in month 1, so that gates in months 12, 24, ... close 12, 24, ... months of it.
    overrides = CONSTANT | {
        "commitment.gate_rule": "fiscal_year",
        "commitment.supplementary_gate_probability": 0,
        "commitment.own_motive_hazard": 0,
        "commitment.mandate_hazard": 0.03,
        "policy.mandate_start": "2021-05",
        "belief.initial_extension_belief": 0,  # else the pressure is a little less than full in the first months
    }
    inputs = prepare(japan, plain(overrides), 1)
    thresholds = begin(inputs).lots.threshold[:, :1]
    commit = commitments(inputs, range(1, 2), 73)[0][:, :1]
    assert set(np.unique(commit)) <= {-1, 12, 24, 36, 48, 60, 72}
    for gates, expected in L2.items():
        committed = (commit >= 0) & (commit <= 12 * gates)
        assert (committed == (thresholds <= 0.03 * 12 * gates)).all()
        assert (committed == ((commit >= 0) & (commit <= 12 * gates + 11))).all()
        assert abs(z_of_share(committed.mean(), expected, committed.size)) < LIMIT


# L3: Bass


BASS = CONSTANT | {
    "commitment.own_motive_hazard": 0.003,
    "commitment.peer_hazard": 0.06,
    "commitment.prefecture_exposure_weight": 0,
    "commitment.type_exposure_weight": 1,
}


def chain_binomial(runs: int, months: int) -> np.ndarray:
    """Return the share after each month, (runs, months + 1), of N municipalities that all look at all."""
    generator = np.random.default_rng(20_210_401)
    count = np.zeros((runs, months + 1), dtype=np.int64)
    for month in range(months):
        before = count[:, month]
        count[:, month + 1] = before + generator.binomial(N - before, -np.expm1(-(0.003 + 0.06 * before / N)))
    return count / N


def test_recurrence_with_peers_is_the_discrete_one(japan):
    inputs = prepare(japan, plain(BASS), 1)
    run = begin(inputs)
    state = run.state
    spread_thresholds(state)
    advance(run, 0, 120)
    share = 0.0
    for month in range(1, 121):
        hazard = commitment.voluntary_hazard(0.0, 0.003 + 0.06 * share)
        share += (1 - share) * -math.expm1(-hazard)
        committed = (state.lots.commit >= 0) & (state.lots.commit < month)
        assert committed.mean(axis=0) == pytest.approx(np.full(6, share), abs=6 / N)
        if month in L3:
            assert share == pytest.approx(L3[month], abs=1e-6)


@pytest.fixture(scope="module")
def commitments_with_peers(japan):
    return commitments(prepare(japan, plain(BASS), 1), range(RUNS), 60)[:, :, :1]


def test_peers_follow_the_chain_binomial_law(commitments_with_peers):
    reference = chain_binomial(20_000, 60)
    for months in (12, 24, 36, 48, 60):
        share = share_after(commitments_with_peers, months).ravel()
        error = math.hypot(
            share.std(ddof=1) / math.sqrt(share.size),
            reference[:, months].std(ddof=1) / math.sqrt(len(reference)),
        )
        assert abs(share.mean() - reference[:, months].mean()) < LIMIT * error
        assert share.std(ddof=1) == pytest.approx(reference[:, months].std(ddof=1), rel=5 / math.sqrt(2 * share.size))


def test_peers_follow_the_discrete_not_the_continuous_bass_curve(commitments_with_peers):
    share = share_after(commitments_with_peers, 48).ravel()
    error = share.std(ddof=1) / math.sqrt(share.size)
    # 1741 municipalities lag behind infinitely many by about 0.001 on average.
    assert abs(share.mean() - L3_CHAIN_BINOMIAL_AT_48) < LIMIT * math.hypot(error, 0.0023)
    assert abs(share.mean() - L3[48]) < LIMIT * error + 0.0015
    assert (L3_CONTINUOUS_AT_48 - share.mean()) / error > LIMIT


# L4: logistic


def test_peers_alone_converge_to_the_logistic_curve():
    seeds, hazard_times_time = 0.1, 4.0
    exact = 1 / (1 + (1 - seeds) / seeds * math.exp(-hazard_times_time))
    nation = alike_nation(9_000)
    errors = []
    for steps in (22, 44, 88, 176):
        overrides = BASS | {"commitment.own_motive_hazard": 0, "commitment.peer_hazard": hazard_times_time / steps}
        inputs = prepare(nation, plain(overrides), 1)
        run = begin(inputs)
        state = run.state
        spread_thresholds(state, below=seeds)
        advance(run, 0, steps + 1)  # month 0 makes the seeds commit
        errors.append(exact - (state.lots.commit[:, 0] >= 0).mean())
    assert errors[-1] < 0.01
    for coarse, fine in pairwise(errors):
        assert 1.8 < coarse / fine < 2.4


# L5: mandate only


MANDATE_ONLY = ALIKE | {
    "policy.mandate_start": "2021-04",
    "policy.extension_rule": "none",
    "commitment.own_motive_hazard": 0,
    "commitment.mandate_hazard": 0.3,
    "readiness.population_slope": 0.35,
    "commitment.mandate_uniformity": 1,
    "commitment.urgency_scale": 4,
    "belief.initial_extension_belief": 0,
    "legacy.complexity_exponent": 0,
    "legacy.complexity_dispersion": 0,
    "vendor.planning_months": 13,
    "vendor.minimum_months": 7,
    "vendor.readiness_mean": 180,
    "vendor.capacity_ratio": 1e6,  # no queue
}


def test_mandate_presses_as_the_deadline_nears(japan):
    commit = commitments(prepare(japan, plain(MANDATE_ONLY), 1), range(RUNS), 48)[:, :, :1]
    built_up = 0.0
    for month in range(48):
        lead = commitment.lead_time(13, 0.0, 7.0)
        pressure = 0.3 * commitment.urgency(DEADLINE - month - lead, 4.0)
        built_up += commitment.mandate_hazard(-0.4, pressure, 1.0)
        if month + 1 in L5:
            assert -math.expm1(-built_up) == pytest.approx(L5[month + 1], abs=1e-6)
            share = share_after(commit, month + 1)
            assert abs(z_of_share(share.mean(), L5[month + 1], share.size * N)) < LIMIT


def test_planners_count_the_queue(japan):
    assert commitment.lead_time(13, 99.0, 7.0) == 119
    inputs = prepare(japan, plain(MANDATE_ONLY | {"vendor.capacity_ratio": 0}), 1)
    # Without engineers the queue is at its ceiling of 120 months: there is no slack, and the pressure is full.
    share = share_after(commitments(inputs, range(10), 12)[:, :, :1], 12)
    assert abs(z_of_share(share.mean(), -math.expm1(-0.3 * 12), share.size * N)) < LIMIT


# L6: deadline hazard


def driven_shares(alpha: float, months: int) -> list[float]:
    """Return the share after each month when the mandate is moved each month to a probability alpha / (T - t)."""
    inputs = prepare(alike_nation(N), plain(CONSTANT | {"commitment.own_motive_hazard": 0}), 1)
    parameters = inputs.parameters.copy()
    parameters.mandate_start = 0
    parameters.deadline = -1  # over in month 0 too
    run = begin(inputs._replace(parameters=parameters))
    state = run.state
    spread_thresholds(state)
    shares = []
    for month in range(months):
        parameters.mandate_hazard = -math.log1p(-alpha / (60 - month))
        advance(run, month, month + 1)
        shares.append((state.lots.commit >= 0).mean())
    return shares


def test_any_path_of_monthly_probabilities_is_reproduced():
    """A probability alpha / (T - t) needs a hazard -ln(1 - alpha / (T - t)), set from outside month by month."""
    assert driven_shares(1.0, 59) == pytest.approx([month / 60 for month in range(1, 60)], abs=1 / N)
    half = driven_shares(0.5, 59)
    for months, expected in L6.items():
        assert half[months - 1] == pytest.approx(expected, abs=1 / N)


@pytest.mark.parametrize("alpha", [1.0, 0.5])
def test_steep_urgency_tends_to_the_deadline_hazard(japan, alpha):
    """With tau_0 -> 0 and m tau_0 = alpha the model's own hazard is alpha / (T - t).

    A hazard is not a probability: shares agree with 1 - (1 - t / T)^alpha, the limit of L6, to order 1 / T.
    """
    distance = {}
    for horizon in (40, 80, 160):
        inputs = prepare(japan, plain(MANDATE_ONLY | {"vendor.planning_months": 0}), 1)
        parameters = inputs.parameters.copy()
        parameters.urgency_scale, parameters.mandate_hazard = 1e-7, alpha * 1e7
        parameters.deadline = parameters.second_deadline = horizon + 7  # seven months of own lead
        inputs = inputs._replace(parameters=parameters)
        run = begin(inputs)
        state = run.state
        spread_thresholds(state)
        advance(run, 0, 3 * horizon // 4)
        share = (state.lots.commit >= 0).mean()
        hazard = sum(alpha / (horizon - month) for month in range(3 * horizon // 4))
        assert share == pytest.approx(-math.expm1(-hazard), abs=1 / N)
        distance[horizon] = 1 - 0.25**alpha - share
    assert 1.8 < distance[40] / distance[80] < 2.3
    assert distance[160] < 0.006


# L7: competing causes


@pytest.mark.parametrize("gate_rule", ["always_open", "fiscal_year"])
def test_causes_share_commitments_by_their_hazards(japan, gate_rule):
    overrides = CONSTANT | {
        "commitment.own_motive_hazard": 0.01,
        "commitment.mandate_hazard": 0.03,
        "policy.mandate_start": "2021-04",
        "commitment.gate_rule": gate_rule,
    }
    inputs = prepare(japan, plain(overrides), 1)
    parameters = inputs.parameters.copy()
    parameters.deadline = -1  # the mandate presses in full from month 0 on
    states = final_states(inputs._replace(parameters=parameters), range(RUNS // 4), 48)
    causes = np.concatenate([state.lots.cause[state.lots.commit >= 0] for state in states])
    assert set(np.unique(causes)) == {Cause.OWN_MOTIVE, Cause.MANDATE}
    assert abs(z_of_share((causes == Cause.OWN_MOTIVE).mean(), 0.25, causes.size)) < LIMIT


def test_cause_is_drawn_in_proportion():
    draws = (np.arange(1000) + 0.5) / 1000
    causes = [commitment.tipping_cause(0.01, 0.06, 0.03, draw) for draw in draws]
    assert np.bincount(causes).tolist() == [100, 600, 300]


# L8: any arrivals, any capacity


def completions(live: np.ndarray) -> np.ndarray:
    """Return how many systems are live at the start of each month 0 to MONTHS."""
    return np.array([((live >= 0) & (live <= month)).sum() for month in range(MONTHS + 1)])


def test_queue_of_one_vendor_worked_example():
    inputs = queue_inputs(200, vendor__readiness_mean=48)
    run = begin(inputs)
    state = run.state
    arrive(state, np.repeat(np.arange(30, 60), 20))
    state.vendors.capacity[:] = state.vendors.initial_capacity[:] = 13
    advance(run, 0, MONTHS)
    done = completions(state.systems.live)
    assert {month: done[month] for month in L8} == L8
    is_job = state.systems.order >= 0
    assert is_job.sum() == 600
    reasons = state.systems.reason[is_job]
    assert (reasons > 0).sum() == 444
    assert (reasons[reasons > 0] == 4).all()  # every job was ordered in time, the last ones with a month to spare
    assert (run.vendors_by_month.work_done[48:94, 0] == 13).all()


def test_queue_follows_min_plus_convolution_on_any_path():
    """C(t) = min over s <= t of A(s) + K(t) - K(s) (A: arrivals, K: capacity, both before that month)."""
    generator = np.random.default_rng(8)
    inputs, months = queue_inputs(100), 48
    for _ in range(200):
        rate = generator.uniform(0.5, 6.0)
        arrivals = generator.poisson(rate, months)
        capacity = generator.integers(0, 2 + int(2 * rate), months, endpoint=True)
        when = np.repeat(np.arange(months), arrivals)[: 100 * len(SINGLE)]
        arrived = np.concatenate([[0], np.cumsum(np.bincount(when, minlength=months))])
        possible = np.concatenate([[0], np.cumsum(capacity)])
        run = begin(inputs)
        state = run.state
        arrive(state, when)
        for month in range(months):
            state.vendors.capacity[:] = capacity[month]
            advance(run, month, month + 1)
        expected = [int(np.min(arrived[: t + 1] + possible[t] - possible[: t + 1])) for t in range(months + 1)]
        assert completions(state.systems.live)[: months + 1].tolist() == expected


# L9: a batch


def test_batch_drains_linearly():
    inputs = queue_inputs(334)
    run = begin(inputs)
    state = run.state
    arrive(state, np.zeros(1000, dtype=int))
    state.vendors.capacity[:] = state.vendors.initial_capacity[:] = 13
    advance(run, 0, MONTHS)
    live = state.systems.live[state.systems.live >= 0]
    assert live.size == 1000
    assert live.max() == 77
    assert live.mean() == pytest.approx(38.962, abs=1e-12)
    assert np.bincount(live)[1:].tolist() == [13] * 76 + [12]
    # Ties are drawn by municipality: the jobs of a municipality move together, and codes give no precedence.
    by_body = state.systems.live[:332][:, np.isin(inputs.country.lot_of, SINGLE)]
    assert (by_body.max(axis=1) - by_body.min(axis=1) <= 1).all()
    correlation = stats.spearmanr(np.arange(len(by_body)), by_body[:, 0]).statistic
    assert abs(correlation) * math.sqrt(len(by_body) - 1) < LIMIT


# L10: Poisson arrivals, fixed size


@njit
def serve_poisson_arrivals(run, arrivals, duration):
    """Let every vendor work one job of `duration` months after the other; `arrivals` is (months, vendors)."""
    n_operations = run.lot_of.size
    system = 0
    for month in range(arrivals.shape[0]):
        count = 0
        for vendor in range(arrivals.shape[1]):
            for _ in range(arrivals[month, vendor]):
                i, operation = system // n_operations, system % n_operations
                run.systems[i, operation].state = SystemState.ORDERED
                run.systems[i, operation].order = month
                run.systems[i, operation].vendor = vendor
                run.systems[i, operation].work = 1.0
                run.systems[i, operation].remaining = 1.0
                run.systems[i, operation].limit = 1.0
                run.static_rank[system] = system
                run.ordered[count] = system
                system += 1
                count += 1
        run.listed[Listed.ORDERED] = count
        vendor_queue.join_queues(run, month)
        for vendor in range(arrivals.shape[1]):
            run.available[vendor] = 1.0 / duration
            vendor_queue.serve_queue(run, month, vendor)


@pytest.mark.parametrize("load", L10)
def test_random_arrivals_wait_as_in_theory(load):
    """Mean wait of M/D/1 in job lengths.

    It is exact in monthly time too: arrivals of a month come in no order, so a job waits for half of the others of its
    month, which makes up for the arrivals that a month's step does not see. Starts are checked job by job as well.
    """
    months, vendors, duration = 12_000, 48, 4
    arrivals = np.random.default_rng(10).poisson(load / duration, (months, vendors))
    small = queue_inputs(2, quality__incident_rate=0)
    n = -(-int(arrivals.sum()) // 20)
    country = small.country._replace(
        places=np.zeros(n, dtype=PLACE).view(np.recarray),
        offsets=np.zeros(n + 1, dtype=np.int64),
        population_ratio=np.ones((n, months // 12)),
    )
    state = empty_state(n, 6, 20, vendors, 7)
    state.head[:], state.tail[:] = vendor_queue.END, vendor_queue.END
    state.systems.municipality[:] = np.arange(n)[:, None]
    state.systems.start[:], state.systems.live[:] = -1, -1
    state.workforce.migration_service = 1.0
    serve_poisson_arrivals(run_of(country, state, small.parameters, 0), arrivals, duration)
    systems = state.systems.ravel()[: arrivals.sum()]
    waits = []
    for vendor in range(vendors):
        mine = systems[systems.vendor == vendor]
        free = 0
        for order, start, live in zip(mine.order.tolist(), mine.start.tolist(), mine.live.tolist(), strict=True):
            expected = max(order, free)
            free = expected + duration
            if expected < months:
                assert start == expected
            if free <= months:
                assert live == free
        # Orders before the last thousand months have started; the first thousand fill the queue.
        steady = mine[(mine.order >= 1000) & (mine.order < months - 1000)]
        waits.append((steady.start.astype(float) - steady.order).mean() / duration)
    error = np.std(waits, ddof=1) / math.sqrt(vendors)
    assert abs(np.mean(waits) - L10[load]) < LIMIT * error
    assert abs(np.mean(waits) - 2 * L10[load]) > LIMIT * error  # what exponential sizes (M/M/1) would give


# L11: no capacity


def test_without_capacity_all_systems_are_late():
    nation = mixed_nation(10, 14)
    overrides = {
        "vendor.capacity_ratio": 0,
        "vendor.retender_probability": 0,
        "commitment.own_motive_hazard": 0.003,
        "commitment.mandate_hazard": 0.05,  # so that some decide too late
    }
    state = run_inputs(prepare(nation, plain(overrides), 1)).state
    systems, applies = state.systems, state.systems.state >= 0
    assert (systems.live == -1).all()
    assert (systems.start[applies & (systems.order < 0)] == -1).all()
    assert (systems.reason[applies] > 0).all()
    assert (systems.reason[~applies] == 0).all()
    is_easy = ~np.isin(systems.reason, (1, 2, 3))
    in_time = applies & is_easy & (systems.order >= 0) & (state.queue.opens < DEADLINE)
    assert in_time.sum() > 0
    assert (systems.reason[in_time] == Reason.VENDOR_RESOURCES).all()
    too_late = applies & is_easy & ((systems.order < 0) | (systems.order >= DEADLINE))
    assert too_late.sum() > 0
    assert (systems.reason[too_late] == Reason.OWN_SIDE).all()


def test_without_capacity_all_systems_are_late_in_the_whole_model():
    overrides = {"vendor.capacity_ratio": 0, "policy.engineer_pool": 1}
    state = run_inputs(prepare(mixed_nation(10, 14), load_scenario("baseline", overrides), 1)).state
    applies = state.systems.state >= 0
    assert (state.systems.live == -1).all()
    assert (state.systems.reason[applies] > 0).all()
    assert not state.harm.incidents.any()
    assert not state.ledger[:, [Account.PARALLEL, Account.INTERFACE]].any()
    assert state.programmes.level.max() > 4  # while all else goes on


# L12: unlimited capacity


@pytest.mark.parametrize("core_only", [True, False], ids=["core", "whole"])
@pytest.mark.parametrize(("exponent", "shortest"), [(0.0, 7.0), (0.3, 4.5), (1.0, 12.0)])
def test_with_unlimited_capacity_jobs_take_their_own_time(exponent, shortest, core_only):
    overrides = {
        "vendor.capacity_ratio": 1e6,
        "vendor.shortage_threshold": 1,  # else orders shortly before the deadline make vendors announce a shortage
        "vendor.readiness_mean": 0,
        "vendor.specialist_readiness_mean": 0,
        "vendor.readiness_sd": 0,
        "vendor.count": 4,
        "vendor.duration_exponent": exponent,
        "vendor.minimum_months": shortest,
        "legacy.mainframe_share": 0,
        "legacy.bespoke_share": 0,
        "legacy.no_product_share": 0,
    }
    # The whole model too, as long as staff has time and no cut-over fails: money, groups and programmes only
    # move orders.
    free = {"staff.staffing": "unlimited", "quality.rollback_severity": 1}
    scenario = plain(overrides) if core_only else load_scenario("baseline", overrides | free)
    outcome = run_inputs(cut_over_early(prepare(mixed_nation(10, 14), scenario, 1)))
    systems = outcome.state.systems
    ordered = systems.order >= 0
    assert not core_only or ordered.sum() == (systems.state >= 0).sum()
    assert ordered.sum() > 0.5 * (systems.state >= 0).sum()
    duration = np.ceil(shortest * systems.work**exponent - 1e-9)
    assert (systems.start[ordered] == systems.order[ordered]).all()
    # What is ordered together is planned for one cut-over: that of the longest job.
    together = np.full(systems.shape, 1)
    for i, o in zip(*np.nonzero(ordered), strict=True):
        same = ordered[i] & (systems.order[i] == systems.order[i, o]) & (systems.vendor[i] == systems.vendor[i, o])
        together[i, o] = max(1, duration[i, same].max())
    ends = systems.order + together
    assert (systems.live[ordered] == np.where(ends <= MONTHS, ends, -1)[ordered]).all()
    assert (ends[ordered] <= MONTHS).mean() > 0.5
    assert not outcome.state.delay[:, :, [Held.NO_ENGINEER, Held.OWN_STAFF, Held.BOOKED_AGAIN]].any()
    assert (np.unique(duration[ordered]).size > 1) == (exponent > 0)


# What can't hold anybody up when there is enough of it


PLENTY_OF_STAFF, PLENTY_OF_ENGINEERS = {"staff.staffing": "unlimited"}, {"vendor.capacity_ratio": 1e6}
MONEY = (Held.NO_MONEY,)
STAFF = (Held.PLANNING_SHORT, Held.OWN_STAFF)
ENGINEERS = (Held.NO_ENGINEER,)


@pytest.mark.parametrize(
    ("plenty", "never"),
    [
        (PLENTY_OF_STAFF, STAFF),
        (PLENTY_OF_ENGINEERS | {"vendor.travel_share": 1}, ENGINEERS),
        ({"money.budget": "unlimited"}, MONEY),
        # Members of a group wait for their lead's budget.
        ({"commitment.gate_rule": "always_open", "cooperation.formation": "none"}, (Held.NO_BUDGET_SESSION,)),
        ({"quality.rollback_severity": 1}, (Held.FAILED,)),
        ({f"legacy.{name}_share": 0 for name in ("mainframe", "bespoke", "no_product")}, (Held.HARD,)),
        ({"vendor.planning_months": 0}, (Held.PLANNING, Held.PLANNING_SHORT)),
    ],
    ids=["staff", "engineers", "money", "gates", "cut-overs", "hard systems", "planning"],
)
def test_what_there_is_enough_of_holds_nobody_up(plenty, never):
    """In a nation in which everything is scarce, all of these hold somebody up until there is enough."""
    scarce = {
        "staff.migration_effort": 3,
        "staff.planning_effort": 3,
        "vendor.capacity_ratio": 0.7,
        "money.envelope_share": 0.005,
        "subsidy.ceiling_multiple": 0.4,
        "quality.incident_rate": 1,
        "quality.rollback_severity": 0.01,
        "legacy.bespoke_share": 0.1,
        "vendor.shortage_threshold": 1,
    }
    nation = mixed_nation(10, 14)
    before, after = (run_inputs(prepare(nation, load_scenario("baseline", scarce | more), 1)) for more in ({}, plenty))
    for held in never:
        assert before.state.delay[:, :, held].sum() > 0, held
        assert after.state.delay[:, :, held].sum() == 0, held


def test_with_engineers_enough_everywhere_only_products_are_the_vendors_fault():
    overrides = PLENTY_OF_ENGINEERS | {"vendor.travel_share": 1, "vendor.shortage_threshold": 1}
    outcome = run_inputs(prepare(mixed_nation(10, 14), load_scenario("baseline", overrides), 1))
    systems = outcome.state.systems
    by_vendor = systems.reason == Reason.VENDOR_RESOURCES
    assert by_vendor.sum() > 0
    assert (systems.blocker[by_vendor & (systems.live < 0)] != Held.NO_ENGINEER).all()
    assert not outcome.state.delay[:, :, Held.NO_ENGINEER].any()


def test_branches_do_not_matter_where_all_engineers_travel():
    """One national pool: no spread of engineers moves a single bit of what happens, but for the vendors' plans."""
    nation = mixed_nation(10, 14)
    scarce = {"vendor.travel_share": 1, "vendor.capacity_ratio": 0.7, "vendor.shortage_threshold": 1}
    scarce |= {"declaration.optimism": 0, "policy.extension_rule": "none"}
    even, uneven = (
        run_inputs(prepare(nation, load_scenario("baseline", scarce | {"vendor.branch_spread": spread}), 1))
        for spread in (0, 2)
    )
    assert (even.state.branch_share != uneven.state.branch_share).any()
    for field in ("live", "start", "order", "vendor", "reason", "held"):
        assert (even.state.systems[field] == uneven.state.systems[field]).all(), field
    assert even.state.delay.tobytes() == uneven.state.delay.tobytes()
    stay = {"vendor.travel_share": 0, "vendor.branch_spread": 2}
    at_home = run_inputs(prepare(nation, load_scenario("baseline", scarce | stay), 1))
    assert (at_home.state.systems.live != uneven.state.systems.live).any()


def test_without_planning_orders_come_with_decisions():
    outcome = run_inputs(prepare(mixed_nation(5, 6), plain({"vendor.planning_months": 0}), 1))
    systems = outcome.state.systems
    commit = outcome.state.lots.commit[:, outcome.inputs.country.lot_of]
    assert (systems.order >= 0).sum() > 0.5 * (systems.state >= 0).sum()
    assert (systems.order == commit)[systems.order >= 0].all()


def test_what_a_municipality_has_from_one_vendor_is_decided_as_one():
    outcome = run_inputs(prepare(mixed_nation(5, 6), plain(ONE_PACKAGE), 1))
    lots, sizes = outcome.state.lots, []
    for i in range(lots.shape[0]):
        for vendor in set(lots.legacy[i][lots.legacy[i] >= 0].tolist()):
            package = np.flatnonzero(lots.legacy[i] == vendor)
            sizes.append(package.size)
            assert (lots.package[i, package] == package[0]).all()
            for field in ("commit", "vendor", "threshold", "complexity", "planning_months"):
                assert np.unique(lots[field][i, package]).size == 1, field
    assert np.mean(sizes) > 2


# L13: vendor choice


@pytest.mark.parametrize(("preference", "vendors"), L13)
def test_incumbent_stays_as_the_logit_says(japan, preference, vendors):
    expected = L13[preference, vendors]
    assert math.exp(preference) / (math.exp(preference) + vendors - 1) == pytest.approx(expected, abs=1e-6)
    overrides = {
        "vendor.count": vendors,
        "vendor.specialists": 0,
        "vendor.incumbency": preference,
        "vendor.market_exponent": 0,
        "vendor.switching_cost": 0,
        "vendor.neighbour_weight": 0,
        "vendor.wait_aversion": 0,
        "commitment.own_motive_hazard": 10,
        "commitment.gate_rule": "always_open",
    }
    inputs = prepare(japan, plain(overrides), 1)
    chosen = [state.lots for state in final_states(inputs, range(20), 2)]
    is_first = [run.package == np.arange(run.shape[1]) for run in chosen]  # the others of a package follow
    lots = np.concatenate([run[first & (run.commit >= 0)] for run, first in zip(chosen, is_first, strict=True)])
    stays = lots["vendor"] == lots["legacy"]
    assert abs(z_of_share(stays.mean(), expected, stays.size)) < LIMIT
    step = (lots["vendor"] - lots["legacy"])[~stays] % vendors  # rivals are all alike
    assert stats.chisquare(np.bincount(step, minlength=vendors)[1:]).pvalue > 6e-7


# L15 to L20 (cost games) are in test_sharing and test_cooperation, L23 in test_cutover, L25 to L27 in
# tests/records/test_measures. L21, L22 and L24 are tested there or in test_residents too, equation by equation; here,
# through a run.


# L21: the hump of coexistence


def test_interfaces_rise_and_fall_as_systems_go_live_one_by_one():
    """Where a vendor makes one system live a month: n live ones have n (20 - n) interfaces with the others."""
    inputs = queue_inputs(1, quality__incident_rate=0)
    run = begin(inputs)
    state = run.state
    state.lots.threshold[:] = 0.5
    state.vendors.capacity[:] = 1.0
    advance(run, 0, 40)
    live = np.minimum(np.arange(1, 41), 20)
    found = run.flows_by_month.interfaces[:40].sum(axis=1)
    assert found.tolist() == (live * (20 - live)).tolist()
    assert found.max() == L21_MOST == found[9]
    assert found[19:].max() == 0


# L22: incidents


ALL_CUTOVERS_ALIKE = {
    "quality.complexity_effect": 0,
    "quality.rush_effect": 0,
    "quality.overload_effect": 0,
    "vendor.capacity_ratio": 1e6,
    "vendor.readiness_mean": 0,
    "vendor.specialist_readiness_mean": 0,
    "commitment.own_motive_hazard": 1,
    "commitment.gate_rule": "always_open",
    "legacy.mainframe_share": 0,
    "legacy.bespoke_share": 0,
    "legacy.no_product_share": 0,
}


def test_as_many_bodies_have_trouble_as_mergers_had(japan):
    """Through a run in which each of 1,741 municipalities moves all of its 20 systems; their weights sum to 20."""
    inputs = prepare(japan, plain(ALL_CUTOVERS_ALIKE), 2)
    assert inputs.country.weight.sum() == pytest.approx(20)
    state = run_inputs(inputs).state
    assert (state.systems.live >= 0).all()
    share = (state.harm.incidents > 0).mean()
    assert abs(z_of_share(share, L22_AT_LEAST_ONE, N)) < LIMIT
    assert abs(z_of_share(share, 1 - math.exp(-19 * 0.0186 * 0.7), N)) > LIMIT
    # A roll-back tries again in a later month, at the same risk: more incidents, as many municipalities at first.
    again = prepare(japan, plain(ALL_CUTOVERS_ALIKE | {"quality.rollback_severity": 0, "quality.rollback_work": 1}), 2)
    retried = run_inputs(again).state
    assert (retried.systems.live >= 0).all()
    expected = 20 * N * math.expm1(0.0186)  # of each system a geometric number of failed cut-overs
    assert abs(retried.harm.rollbacks.sum() - expected) < LIMIT * math.sqrt(expected * 1.05)


# L24: exclusion


@pytest.mark.parametrize("kept", L24)
def test_the_unable_are_excluded_as_counters_close(kept):
    """In the whole model, month by month: N nu (1 - alpha) of a thousand residents, none of whom is able."""
    overrides = {
        "residents.online_ability": 0,
        "residents.need": 0.09,
        "residents.online_coverage": 1,
        "residents.access_distance": 1e6,
        "residents.online_work": 0,
        "residents.giving_up": 0,
        "security.security_hazard": 0,
        "quality.incident_rate": 0,
        "programmes.joining_hazard": 100,
        "programmes.platform_hazard": 100,
        "programmes.level_cost": 0,
        "staff.staffing": "unlimited",
        "residents.analog_rule": "sunset",
        "residents.analog_floor": kept,
        "residents.closing_start": "2024-04",
        "residents.closing_months": 10,
        "residents.support_desks": 0,
        "residents.access_points": 0,
        "residents.tablets": 0,
    }
    inputs = prepare(grid_nation(1, 1, population=[1000]), load_scenario("baseline", overrides), 1)
    people = inputs.country.ages.sum() * inputs.country.population_ratio[0]
    excluded = run_inputs(inputs).series.flows_by_month.excluded.sum(axis=(1, 2)) / np.repeat(people, 12) * 1000
    closed = np.clip((np.arange(MONTHS) - 36) / 10, 0, 1)
    assert excluded == pytest.approx(90 * (1 - kept) * closed, abs=1)
    assert excluded[50] == pytest.approx(L24[kept], abs=0.1)
    # Help enough for everybody leaves nobody out.
    helped = {"residents.support_desks": 1000}
    inputs = prepare(grid_nation(1, 1, population=[1000]), load_scenario("baseline", overrides | helped), 1)
    assert run_inputs(inputs).series.flows_by_month.excluded.sum() == pytest.approx(0, abs=0.1)


# Vendors' capacity


def test_capacity_grows_and_is_released():
    """K(t) = K(0) (1 + g)^t, plus the programme once, under the national ceiling; then k_post K(0); events strike."""
    overrides = {
        "vendor.organic_growth": 0.01,
        "policy.capacity_programme": 0.2,
        "policy.capacity_programme_start": "2022-04",
        "vendor.hiring_lag": 6,
        "vendor.labour_ceiling": 1.5,
        "vendor.capacity_after_deadline": 0.4,
    }
    strike = VendorEvent(50, (2,), 0.25, (), "")
    inputs = prepare(mixed_nation(5, 6), plain(overrides, vendor_events=(strike,)), 1)
    capacity = run_inputs(inputs).series.vendors_by_month.capacity
    operations = np.bincount(inputs.country.lot_of)
    struck = int(np.argsort(-inputs.market.share @ operations, kind="stable")[1])
    relative = np.ones(capacity.shape[1])
    for month in range(MONTHS):
        relative *= 1.01 if month > 0 else 1.0
        relative += 0.2 if month == 18 else 0.0
        total = relative @ capacity[0]
        relative *= min(1.0, 1.5 * capacity[0].sum() / total)
        if month == DEADLINE:
            relative[:] = 0.4
        relative[struck] *= 0.25 if month == 50 else 1.0
        assert capacity[month] == pytest.approx(relative * capacity[0], rel=1e-12)
    assert capacity[49].sum() == pytest.approx(1.5 * capacity[0].sum(), rel=1e-12)


def test_initial_capacity_serves_the_whole_book_until_the_reference_date():
    dates = {"vendor.readiness_mean": 48, "vendor.specialist_readiness_mean": 48}
    overrides = {"vendor.capacity_ratio": 0.85, "vendor.organic_growth": 0} | dates
    inputs = prepare(mixed_nation(5, 6), plain(overrides), 1)
    state = begin(inputs).state
    applies = state.systems.state >= 0
    book = np.bincount(state.systems.vendor[applies], state.systems.work[applies], minlength=state.vendors.size)
    assert state.vendors.capacity == pytest.approx(0.85 * book / (60 - 48), rel=1e-12)
    assert initial_capacity(0.85, 120.0, 75.0) == pytest.approx(0.85 * 120)


# The start


def test_hard_systems_are_as_frequent_as_stated(japan):
    shares = {"legacy.mainframe_share": 0.1, "legacy.bespoke_share": 0.2, "legacy.no_product_share": 0.05}
    size = {"legacy.hard_size_exponent": 0.5}
    rarer = math.sqrt(50_000 / 72_456)  # than in a municipality of mean size
    start = {"legacy.hard_earliest_start": "2025-06", "legacy.hard_delay_horizon": 55}
    inputs = prepare(japan, plain(shares | size | start), 1)
    state = begin(inputs).state
    for reason, share in enumerate(shares.values(), start=1):
        assert abs(z_of_share((state.systems.flag == reason).mean(), share * rarer, state.systems.size)) < LIMIT
    assert ((state.systems.earliest_start > 0) == (state.systems.flag > 0)).all()
    span = state.systems.earliest_start[state.systems.flag > 0] - 50
    assert span.min() >= 1
    assert span.max() <= 55
    assert abs(span.mean() - 28) / math.sqrt((55**2 - 1) / 12 / span.size) < LIMIT
    for lot in range(6):
        is_hard = (state.systems.flag[:, inputs.country.lot_of == lot] > 0).any(axis=1)
        assert (state.lots.excused[:, lot] == is_hard).all()


def test_work_grows_with_size_and_complexity():
    overrides = {"vendor.work_dispersion": 0, "vendor.work_population_exponent": 0.5}
    inputs = prepare(mixed_nation(5, 6), plain(overrides), 1)
    state = begin(inputs).state
    people = inputs.country.places.population[:, None]
    kappa = state.lots.complexity[:, inputs.country.lot_of]
    work = inputs.country.weight * np.sqrt(people / 50_000) * (1 + kappa)
    applies = state.systems.state >= 0
    assert state.systems.work[applies] == pytest.approx(work[applies], rel=1e-12)


# Equations


@pytest.mark.parametrize(
    ("equation", "arguments", "value"),
    [
        (commitment.urgency, (4.0, 4.0), 0.5),
        (commitment.urgency, (-3.0, 4.0), 1.0),
        (commitment.voluntary_hazard, (0.7, 0.01), 0.01 * math.exp(0.7)),
        (commitment.mandate_hazard, (0.7, 0.3, 0.7), 0.3 * math.exp(0.21)),
        (queue_wait, (10.0, 2.5), 4.0),
        (queue_wait, (1000.0, 2.5), 120.0),
        (queue_wait, (0.0, 0.0), 120.0),
        (quoted_wait, (5.0, 4.0), 5.0),
        (quoted_wait, (-5.0, 4.0), 4.0),
        (quoted_wait, (200.0, 4.0), 120.0),
        (planned_window, (50, 60.0, 1.0, 2.0, 0.25), 56),  # half of the nine months that are left
        (planned_window, (50, 60.0, 1.0, 1.0, 0.25), 53),
        (planned_window, (50, 60.0, 1.0, 2.0, 1.0), 60),
        (planned_window, (58, 60.0, 3.0, 2.0, 0.9), 60),  # less than the reserve is left: when it is due
        (planned_window, (60, 60.0, 1.0, 2.0, 0.9), 60),
        (planned_window, (70, 60.0, 1.0, 2.0, 0.9), 70),
        (vendor_queue.what_held, (1.0, 1.0, 0.6), Held.WORK),
        (vendor_queue.what_held, (1.0, 1.0, 0.4), Held.NO_ENGINEER),
        (vendor_queue.what_held, (1.0, 0.4, 0.4), Held.OWN_STAFF),
        (vendor_queue.what_held, (1.0, 0.7, 0.3), Held.NO_ENGINEER),
        (vendor_queue.what_held, (0.0, 0.0, 0.0), Held.WINDOW),
        (planning_duration, (9.0, 0.3, 0.3), 9),
        (planning_duration, (9.0, 1.6, 0.3), 18),
        (work.monthly_limit, (1.0, 7.0, 0.3), 1 / 7),
        (work.monthly_limit, (16.0, 4.0, 0.5), 1.0),
        (work.monthly_limit, (16.0, 4.0, 0.0), 4.0),
        (work.monthly_limit, (16.0, 4.0, 1.0), 0.25),
        (work.shortest_duration, (0.91, 0.3), 4),
        (work.shortest_duration, (0.0, 0.3), 1),
        (beliefs.updated_belief, (0.1, 1.0, 0.2), 0.28),
        (beliefs.expected_deadline, (0.25, 60.0, 120.0), 75.0),
        (lateness.declared_finish, (36.0, 30.0, 60.0, 0.5), 51.0),
        (lateness.declared_finish, (60.0, 30.0, 60.0, 0.5), 90.0),
        (lateness.reason_of, (0, True, Held.NO_PRODUCT), 4),
        (lateness.reason_of, (0, True, Held.NO_ENGINEER), 4),
        (lateness.reason_of, (0, True, Held.BOOKED_AGAIN), 4),
        *(
            (lateness.reason_of, (0, True, held), 5)
            for held in (Held.UNDECIDED, Held.NO_MONEY, Held.PLANNING, Held.PLANNING_SHORT, Held.OWN_STAFF)
        ),
        (lateness.reason_of, (0, False, Held.UNDECIDED), 3),
        (lateness.reason_of, (2, False, Held.NO_ENGINEER), 2),
        (shortage.booked_again, (0.0, 2.5, 60, 117), 60),
        (shortage.booked_again, (11.0, 2.5, 60, 117), 64),
        (shortage.booked_again, (1e9, 2.5, 60, 117), 117),
        (shortage.booked_again, (1.0, 0.0, 60, 117), 117),
        (shortage.booked_again, (1.0, 0.0, 60, 50), 60),
        (vendor_choice.switching_penalty, (1.0, 0.25, 0.4), 0.3),
        (vendor_choice.waiting_penalty, (2.0, 6.0), 1.0),
        (initialisation.complexity, (0.3, 0.5, 0.5, 200_000.0, 0.25), 0.6),
        (initialisation.bundling_probability, (0.9, 0.1, 50_000.0 * math.e, 0.5), 0.4),
        (readiness.z_score, (math.nan, 3.0, 2.0), 0.0),
        (readiness.z_score, (7.0, 3.0, 2.0), 2.0),
    ],
)
def test_equations_by_hand(equation, arguments, value):
    assert equation(*arguments) == pytest.approx(value, rel=1e-12, abs=1e-15)


def test_steady_vendor_settings_are_what_the_queue_tests_assume():
    """Unit jobs, one vendor and no change of capacity: else L8 to L10 would test something else."""
    inputs = queue_inputs(5)
    run = begin(inputs)
    state = run.state
    state.vendors.capacity[:] = state.vendors.initial_capacity[:] = 2.5
    advance(run, 0, MONTHS)
    assert (state.systems.work == 1.0).all()
    assert (run.vendors_by_month.capacity[:, 0] == 2.5).all()
    assert set(UNIT_JOBS | STEADY_VENDORS) <= set(plain().values)
