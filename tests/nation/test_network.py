"""Lists of neighbours, and the weights over neighbours, prefecture and type that the invariants use."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dxsim.nation import load_nation, make_nation
from dxsim.nation.network import neighbour_lists
from dxsim.nation.small import grid_nation
from tests.nation.weights import weights


def without_ties_of(nation, *codes):
    ties = nation.adjacency
    return make_nation("cut", nation.municipalities, ties[~ties["code_a"].isin(codes) & ~ties["code_b"].isin(codes)])


def test_neighbours_of_a_small_grid_by_hand():
    offsets, neighbours = neighbour_lists(grid_nation(2, 3))
    lists = [neighbours[a:b].tolist() for a, b in pairwise(offsets)]
    assert lists == [[1, 3], [0, 2, 4], [1, 5], [0, 4], [1, 3, 5], [2, 4]]
    assert offsets.dtype == neighbours.dtype == np.int32


def test_weights_of_a_small_grid_by_hand():
    nation = grid_nation(1, 3, prefectures=2, type_=["town", "town", "village"])
    assert nation.municipalities["prefecture"].tolist() == ["01", "01", "02"]
    expected = 0.5 * np.array([[0, 1, 0], [0.5, 0, 0.5], [0, 1, 0]])
    expected += 0.2 * np.array([[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]])
    expected += 0.3 * np.array([[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]])
    assert np.allclose(weights(nation, 0.2, 0.3).toarray(), expected)


def test_a_body_without_neighbours_gives_their_share_to_the_others_or_to_itself():
    nation = without_ties_of(grid_nation(1, 3, prefectures=3, type_=["town", "town", "village"]), "01201")
    assert np.allclose(weights(nation, 0.1, 0.3).toarray()[0], [0.25 + 0.75 / 2, 0.75 / 2, 0])
    assert np.allclose(weights(nation, 0.0, 0.0).toarray()[0], [1, 0, 0])
    assert np.allclose(weights(nation, 0.1, 0.0).toarray()[0], [1, 0, 0])


@settings(max_examples=50, deadline=None)
@given(
    rows=st.integers(1, 4),
    columns=st.integers(1, 5),
    prefectures=st.integers(1, 4),
    shares=st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)),
    cut=st.booleans(),
)
def test_rows_sum_to_one_whatever_the_nation(rows, columns, prefectures, shares, cut):
    nation = grid_nation(rows, columns, prefectures=prefectures)
    nation = without_ties_of(nation, nation.municipalities["code"][0]) if cut else nation
    matrix = weights(nation, *shares).toarray()
    assert np.allclose(matrix.sum(axis=1), 1)
    assert matrix.min() >= 0


def test_rows_of_the_synthetic_nation_sum_to_one():
    matrix = weights(load_nation("synthetic"), 0.25, 0.25)
    assert np.allclose(matrix.sum(axis=1), 1)
    assert matrix.shape == (1741, 1741)
