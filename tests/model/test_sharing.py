"""Rules for sharing the cost of a group: published and golden numbers, sums and symmetry."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxsim.model.sharing import (
    SAMPLED_ORDERS,
    equal_saving,
    proportional,
    random_order,
    separable_costs_remaining_benefits,
    shapley,
)

# Million crowns (Young, Okada and Hashimoto 1982); the costs of two to four are remembered, see the specification.
SWEDISH = {
    **{"A": 21.95, "H": 17.08, "K": 10.91, "L": 15.88, "M": 20.81, "T": 21.98},
    **{"AH": 34.69, "AK": 32.86, "AL": 37.83, "AM": 42.76, "AT": 43.93, "HK": 22.96, "HL": 25.00, "HM": 37.89},
    **{"HT": 39.06, "KL": 26.79, "KM": 31.45, "KT": 32.89, "LM": 31.10, "LT": 37.86, "MT": 39.41},
    **{"AHK": 40.74, "AHL": 43.22, "AHM": 55.50, "AHT": 56.67, "AKL": 48.74, "AKM": 53.40, "AKT": 54.84},
    **{"ALM": 53.05, "ALT": 59.81, "AMT": 61.36, "HKL": 27.26, "HKM": 42.55, "HKT": 44.94, "HLM": 45.81},
    **{"HLT": 46.98, "HMT": 56.49, "KLM": 42.01, "KLT": 48.77, "KMT": 50.32, "LMT": 51.46},
    **{"AHKL": 48.95, "AHKM": 60.25, "AHKT": 62.72, "AHLM": 64.03, "AHLT": 65.20, "AHMT": 74.10, "AKLM": 63.96},
    **{"AKLT": 70.72, "AKMT": 72.27, "ALMT": 73.41, "HKLM": 48.07, "HKLT": 49.24, "HKMT": 59.35, "HLMT": 64.41},
    **{"KLMT": 56.61, "AHKLM": 69.76, "AHKLT": 70.93, "AHKMT": 77.42, "AHLMT": 83.00, "AKLMT": 73.97},
    **{"HKLMT": 66.46, "AHKLMT": 83.82},
}
NAMES = "AHKLMT"


def costs_of(cost, players):
    """Return the cost of every coalition, by bit mask, of a function of a tuple of players."""
    members = [tuple(k for k in range(players) if mask >> k & 1) for mask in range(2**players)]
    return np.array([cost(those) if those else 0.0 for those in members])


def shares_by(rule, players, *arguments):
    shares = np.full(players, np.nan)
    rule(*arguments, players, shares)
    return shares


def all_shares(costs, players, weights):
    """Return the shares of all rules in the game with these costs."""
    joint, alone = costs[-1], np.array([costs[1 << k] for k in range(players)])
    without = np.array([costs[2**players - 1 - (1 << k)] for k in range(players)])
    return {
        "equal": shares_by(proportional, players, joint, np.ones(players)),
        "proportional": shares_by(proportional, players, joint, weights),
        "equal_saving": shares_by(equal_saving, players, joint, alone, np.ones(players)),
        "separable_costs": shares_by(separable_costs_remaining_benefits, players, joint, alone, without),
        "shapley": shares_by(shapley, players, costs),
    }


def test_l15_two_bodies():
    people = np.array([1.0, 9.0])
    costs = costs_of(lambda those: people[list(those)].sum() ** 0.6, 2)
    shares = all_shares(costs, 2, people)
    assert costs[1:] == pytest.approx([1.0, 3.737193, 3.981072], abs=5e-7)
    assert shares["shapley"] == pytest.approx([0.621939, 3.359132], abs=1e-6)
    assert shares["proportional"] == pytest.approx([0.398107, 3.582965], abs=1e-6)
    assert shares["equal"] == pytest.approx([1.990536, 1.990536], abs=1e-6)
    assert shares["equal"][0] > costs[1]  # the small municipality refuses


def test_l16_fixed_and_linear_cost():
    people = np.array([5_000.0, 8_000.0, 20_000.0])
    costs = costs_of(lambda those: 100 + 0.002 * people[list(those)].sum(), 3)
    shares = all_shares(costs, 3, people)
    assert shares["shapley"] == pytest.approx([43.333, 49.333, 73.333], abs=1e-3)
    assert shares["equal_saving"] == pytest.approx(shares["shapley"], rel=1e-12)
    assert shares["proportional"] == pytest.approx([25.152, 40.242, 100.606], abs=1e-3)
    assert shares["equal"] == pytest.approx([55.333] * 3, abs=1e-3)
    for mask in range(1, 7):  # in the core: no part of the group could do better alone
        assert sum(shares["proportional"][k] for k in range(3) if mask >> k & 1) <= costs[mask]


@pytest.mark.parametrize(
    ("scale", "saved"), [(0.1, 0.0670), (0.2, 0.1294), (0.3, 0.1877), (0.4, 0.2421), (0.5, 0.2929)]
)
def test_l18_two_equal_bodies_save_what_their_scale_gives(scale, saved):
    costs = costs_of(lambda those: 3.0 * (700.0 * len(those)) ** (1 - scale), 2)
    for rule, shares in all_shares(costs, 2, np.ones(2)).items():
        assert 1 - shares / costs[1] == pytest.approx([saved, saved], abs=5e-5), rule


def test_l20_the_published_six_player_game():
    costs = costs_of(lambda those: SWEDISH["".join(NAMES[k] for k in those)], 6)
    shares = shares_by(shapley, 6, costs)
    assert shares == pytest.approx([20.01, 10.71, 6.61, 10.37, 16.94, 19.18], abs=0.006)
    assert shares == pytest.approx([20.0110, 10.7080, 6.6068, 10.3727, 16.9458, 19.1757], abs=5e-5)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(0, 2**32 - 1), st.floats(1e-3, 1e12))
def test_the_shares_of_every_rule_sum_to_the_joint_cost(players, seed, unit):
    draw = np.random.default_rng(seed)
    costs = draw.uniform(0, unit, 2**players)
    costs[0] = 0.0
    for rule, shares in all_shares(costs, players, draw.uniform(0, 5, players)).items():
        assert shares.sum() == pytest.approx(costs[-1], rel=1e-9, abs=1e-9 * unit), rule


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_the_shapley_value_is_the_mean_over_all_orders_of_joining(players, seed):
    costs = np.random.default_rng(seed).uniform(0, 1, 2**players)
    costs[0] = 0.0
    added = np.zeros(players)
    orders = list(itertools.permutations(range(players)))
    for order in orders:
        mask = 0
        for k in order:
            added[k] += costs[mask | 1 << k] - costs[mask]
            mask |= 1 << k
    assert shares_by(shapley, players, costs) == pytest.approx(added / len(orders), abs=1e-12)


def test_the_shapley_value_of_ten_players_leaves_one_who_adds_nothing_free():
    people = np.array([0.0, *range(1, 10)])
    costs = costs_of(lambda those: people[list(those)].sum() ** 0.7, 10)
    shares = shares_by(shapley, 10, costs)
    assert shares[0] == pytest.approx(0, abs=1e-12)
    assert (np.diff(shares) > 0).all()


def test_without_weights_and_without_benefits_what_is_left_is_shared_equally():
    assert shares_by(proportional, 2, 6.0, np.zeros(2)).tolist() == [3.0, 3.0]
    costs = np.array([0.0, 1.0, 1.0, 6.0])  # joining makes everything dearer
    assert all_shares(costs, 2, np.ones(2))["separable_costs"].tolist() == [3.0, 3.0]


def test_separable_costs_are_charged_and_the_rest_goes_by_benefits():
    costs = np.array([0.0, 10.0, 6.0, 12.0])  # separable 6 and 2, rest 4, benefits 4 and 4
    assert all_shares(costs, 2, np.ones(2))["separable_costs"].tolist() == [8.0, 4.0]


def orders_of(codes, key):
    drawn = []
    for number in range(SAMPLED_ORDERS):
        order = np.empty(len(codes), dtype=np.int64)
        random_order(np.asarray(codes), len(codes), key, number, np.empty(len(codes)), order)
        drawn.append(order)
    return np.array(drawn)


def test_random_orders_are_orders_and_equally_likely():
    orders = orders_of([11, 12, 13, 14], 7)
    assert (np.sort(orders, axis=1) == np.arange(4)).all()
    counts = np.unique(orders, axis=0, return_counts=True)[1]
    expected = SAMPLED_ORDERS / 24
    assert counts.size == 24
    z = (((counts - expected) ** 2 / expected).sum() - 23) / np.sqrt(2 * 23)
    assert abs(z) < 5


def test_one_more_player_does_not_change_the_order_of_the_others():
    few, many = orders_of([11, 13, 14], 7), orders_of([11, 12, 13, 14], 7)
    codes_few, codes_many = np.array([11, 13, 14])[few], np.array([11, 12, 13, 14])[many]
    assert (codes_many[codes_many != 12].reshape(-1, 3) == codes_few).all()
