"""Lists of neighbours as the kernels read them."""

from itertools import pairwise

import numpy as np

from dxsim.nation.network import neighbour_lists
from dxsim.nation.small import grid_nation


def test_neighbours_of_a_small_grid_by_hand():
    offsets, neighbours = neighbour_lists(grid_nation(2, 3))
    lists = [neighbours[a:b].tolist() for a, b in pairwise(offsets)]
    assert lists == [[1, 3], [0, 2, 4], [1, 5], [0, 4], [1, 3, 5], [2, 4]]
    assert offsets.dtype == neighbours.dtype == np.int32
