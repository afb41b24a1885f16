"""Measures of inequality, concentration and clustering: known answers (L25 to L27) and laws that always hold."""

from __future__ import annotations

import math

import networkx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dxsim.nation.nation import load_nation
from dxsim.records.measures import (
    atkinson,
    concentration,
    concentration_index,
    gini,
    modularity,
    morans_i,
    percentile_ratio,
    tail_mean,
    theil,
)

FOUR = [1.0, 2.0, 3.0, 4.0]
ALIKE = ["one"] * 4
LIMIT = 5.0  # |z|

amounts = st.one_of(st.just(0.0), st.floats(1e-3, 1e6))
vectors = st.lists(amounts, min_size=1, max_size=30)
grouped = st.lists(st.tuples(amounts, st.integers(0, 3), st.integers(1, 4)), min_size=1, max_size=30)


def some(values: list[float]) -> np.ndarray:
    assume(sum(values) > 0)
    return np.array(values)


def test_l25_known_vectors() -> None:
    assert gini(FOUR) == 0.25
    assert theil(FOUR, ALIKE).total == pytest.approx(0.106440, abs=5e-7)
    assert atkinson(FOUR, 0.5) == pytest.approx(0.055586, abs=5e-7)
    assert atkinson(FOUR, 1.0) == pytest.approx(1 - 24**0.25 / 2.5)
    assert gini([0.0] * 50 + [1.0] * 50) == 0.5


def test_l26_moran_of_random_labels_on_the_map_of_japan() -> None:
    nation = load_nation("synthetic")
    rows = {code: row for row, code in enumerate(nation.municipalities["code"])}
    land = nation.adjacency[nation.adjacency["kind"] == "land"]
    one, other = (land[column].map(rows).to_numpy() for column in ("code_a", "code_b"))
    n = len(rows)
    assert n == 1741
    generator = np.random.default_rng(26)
    labels = np.arange(n) % 2.0
    found = np.array([morans_i(generator.permutation(labels), one, other) for _ in range(2000)])
    error = found.std(ddof=1) / math.sqrt(found.size)
    assert abs(found.mean() - -1 / (n - 1)) < LIMIT * error
    assert -1 / (n - 1) == pytest.approx(-0.000575, abs=5e-7)
    assert error < 0.0006  # the expectation is told apart from, say, 0.004


@pytest.mark.parametrize("vendors", [1, 2, 20])
def test_l27_equal_vendors(vendors: int) -> None:
    assert concentration(np.ones(vendors)) == pytest.approx(10_000 / vendors)
    assert concentration(np.ones(20)) == pytest.approx(500)


@given(vectors)
def test_concentration_is_bounded_by_the_number_of_vendors(values: list[float]) -> None:
    x = some(values)
    assert 10_000 / x.size * (1 - 1e-12) <= concentration(x) <= 10_000 * (1 + 1e-12)


@given(vectors)
def test_gini_is_the_mean_difference_and_within_its_bounds(values: list[float]) -> None:
    x = some(values)
    by_pairs = np.abs(x[:, None] - x[None, :]).mean() / (2 * x.mean())
    assert gini(x) == pytest.approx(by_pairs, abs=1e-12)
    assert -1e-12 <= gini(x) <= 1 - 1 / x.size + 1e-12


@given(vectors, st.sampled_from([0.25, 1.0, 1e6]))
def test_the_unit_of_money_does_not_matter(values: list[float], unit: float) -> None:
    x = some(values)
    groups = np.arange(x.size) % 2
    for measure in (gini, lambda y: theil(y, groups).total, lambda y: atkinson(y, 0.5), lambda y: atkinson(y, 1.0)):
        assert measure(unit * x) == pytest.approx(measure(x), abs=1e-9)
    assert percentile_ratio(unit * x) == pytest.approx(percentile_ratio(x), nan_ok=True)


@given(grouped)
def test_theil_is_between_and_within(rows: list[tuple[float, int, int]]) -> None:
    values, groups, weights = (list(column) for column in zip(*rows, strict=True))
    parts = theil(some(values), groups, weights)
    assert parts.total == pytest.approx(parts.between + parts.within, abs=1e-9)
    assert parts.between >= -1e-12
    assert parts.within >= -1e-12
    assert parts.total <= math.log(sum(weights)) + 1e-9


@given(grouped)
def test_a_weight_is_a_number_of_copies(rows: list[tuple[float, int, int]]) -> None:
    values, groups, weights = (np.array(column) for column in zip(*rows, strict=True))
    x = some(list(values))
    copies, parts = np.repeat(x, weights), np.repeat(groups, weights)
    assert gini(x, weights) == pytest.approx(gini(copies), abs=1e-9)
    assert theil(x, groups, weights).total == pytest.approx(theil(copies, parts).total, abs=1e-9)
    assert theil(x, groups, weights).between == pytest.approx(theil(copies, parts).between, abs=1e-9)
    for aversion in (0.5, 1.0, 2.0):
        assert atkinson(x, aversion, weights) == pytest.approx(atkinson(copies, aversion), abs=1e-9)
    assert concentration_index(x, groups, weights) == pytest.approx(concentration_index(copies, parts), abs=1e-9)
    assert percentile_ratio(x, weights=weights) == pytest.approx(percentile_ratio(copies), nan_ok=True)


@given(vectors, st.integers(2, 4))
def test_twice_the_same_nation_is_as_unequal(values: list[float], times: int) -> None:
    x = some(values)
    copies = np.tile(x, times)
    assert gini(copies) == pytest.approx(gini(x), abs=1e-12)
    assert atkinson(copies, 0.5) == pytest.approx(atkinson(x, 0.5), abs=1e-9)


@given(st.lists(st.floats(1.0, 1e5), min_size=2, max_size=30), st.floats(0.01, 0.5), st.data())
def test_a_gift_from_rich_to_poor_makes_them_more_equal(values: list[float], part: float, data: st.DataObject) -> None:
    x = np.sort(values)
    poor = data.draw(st.integers(0, x.size - 2))
    rich = data.draw(st.integers(poor + 1, x.size - 1))
    assume(x[rich] - x[poor] > 1.0)
    after = x.copy()
    after[poor] += part * (x[rich] - x[poor])
    after[rich] -= part * (x[rich] - x[poor])
    assert gini(after) < gini(x) + 1e-12
    assert atkinson(after, 0.5) < atkinson(x, 0.5) + 1e-12
    assert theil(after, np.zeros(x.size)).total < theil(x, np.zeros(x.size)).total + 1e-12


@given(vectors)
def test_all_alike_is_zero(values: list[float]) -> None:
    x = np.full(len(values), max(some(values)))
    assert gini(x) == pytest.approx(0, abs=1e-12)
    assert theil(x, np.arange(x.size)) == pytest.approx((0, 0, 0), abs=1e-12)
    assert atkinson(x, 1.0) == pytest.approx(0, abs=1e-12)
    assert percentile_ratio(x) == 1


def test_the_concentration_index_has_the_sign_of_who_bears_it() -> None:
    size = [1.0, 2.0, 3.0, 4.0]
    assert concentration_index(FOUR, size) == gini(FOUR)
    assert concentration_index(FOUR[::-1], size) == -gini(FOUR)
    assert concentration_index([1.0, 1.0, 1.0, 1.0], size) == 0
    assert concentration_index([0.0, 3.0, 1.0, 0.0], [7.0, 7.0, 7.0, 7.0]) == 0  # equals share one rank
    assert concentration_index([*FOUR, 9.0], [*size, float("nan")]) == gini(FOUR)


def test_what_is_not_defined_is_nan() -> None:
    nothing = [0.0, 0.0]
    assert math.isnan(gini(nothing))
    assert all(math.isnan(part) for part in theil(nothing, nothing))
    assert math.isnan(atkinson(nothing, 0.5))
    assert math.isnan(gini([]))
    assert math.isnan(percentile_ratio([0.0] * 9 + [1.0]))
    assert math.isnan(tail_mean([], 0.01))
    none = np.zeros(0, int)
    assert math.isnan(morans_i([1.0, 1.0], np.array([0]), np.array([1])))
    assert math.isnan(morans_i([1.0, 2.0], none, none))
    assert math.isnan(modularity([0, 1], none, none))


def test_a_body_with_nothing_makes_atkinson_of_one_total() -> None:
    assert atkinson([0.0, 1.0], 1.0) == 1.0
    assert atkinson([0.0, 1.0], 0.5) == pytest.approx(0.5)
    assert atkinson([0.0, 1.0], 1.0, [0.0, 2.0]) == 0.0


def test_percentiles_are_values_that_somebody_has() -> None:
    assert percentile_ratio(np.arange(1, 11)) == 9
    assert percentile_ratio([1.0, 5.0], weights=[0.95, 0.05]) == 1


def test_the_tail_holds_at_least_one() -> None:
    assert tail_mean([3.0, 1.0, 2.0], 0.01) == 3
    assert tail_mean(np.arange(200), 0.01) == 198.5
    assert tail_mean(np.arange(101), 0.01) == 99.5


def test_moran_on_a_line() -> None:
    one, other = np.arange(3), np.arange(1, 4)
    assert morans_i([0, 0, 1, 1], one, other) == pytest.approx(1 / 3)
    assert morans_i([0, 1, 0, 1], one, other) == pytest.approx(-1)


def test_modularity_of_two_triangles() -> None:
    graph = networkx.barbell_graph(3, 0)
    one, other = np.array(graph.edges).T
    assert modularity([0, 0, 0, 1, 1, 1], one, other) == pytest.approx(6 / 7 - 1 / 2)
    assert modularity([0] * 6, one, other) == pytest.approx(0)


@given(st.integers(2, 20), st.integers(0, 2**32 - 1), st.sampled_from([0.5, 1.0, 2.0]))
def test_modularity_is_that_of_networkx(size: int, seed: int, resolution: float) -> None:
    graph = networkx.gnm_random_graph(size, size, seed=seed)
    assume(graph.number_of_edges() > 0)
    labels = np.random.default_rng(seed).integers(0, 4, size)
    parts = [set(np.flatnonzero(labels == label).tolist()) for label in set(labels.tolist())]
    one, other = np.array(graph.edges).T
    wanted = networkx.community.modularity(graph, parts, resolution=resolution)
    assert modularity(labels, one, other, resolution) == pytest.approx(wanted, abs=1e-12)
