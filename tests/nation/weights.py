"""Who looks at whom, as a matrix: what the kernels' exposure to peers is held against.

A municipality hears of others' decisions through weights W = (1 - w_p - w_e) A + w_p P + w_e E, where A spreads
evenly over the neighbours, P over the prefecture and E over the type, both with the body itself in them. Every row
sums to 1. A body without neighbours gives the share of A to the other two, in their proportion; where both are
zero, to itself.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from dxsim.nation.nation import Nation
from dxsim.nation.network import neighbour_lists


def weights(nation: Nation, prefecture_weight: float, type_weight: float) -> sparse.csr_array:
    """Return W, of shape (n, n), for the shares w_p and w_e, each 0 to 1 and together at most 1."""
    shares = (prefecture_weight, type_weight)
    offsets, neighbours = neighbour_lists(nation)
    size = len(offsets) - 1
    degree = np.diff(offsets)
    even = np.repeat(1 / np.maximum(degree, 1), degree)
    adjacent = sparse.csr_array((even, neighbours, offsets), shape=(size, size))

    groups = sum(shares)
    alone = degree == 0
    to_prefecture, to_type = (np.where(alone & (groups > 0), w / (groups or 1), w) for w in shares)
    to_itself = np.where(alone & (groups == 0), 1.0, 0.0)
    return sparse.csr_array(
        (1 - groups) * adjacent
        + sparse.diags_array(to_prefecture) @ _same(nation.municipalities["prefecture"])
        + sparse.diags_array(to_type) @ _same(nation.municipalities["type"])
        + sparse.diags_array(to_itself)
    )


def _same(groups: pd.Series) -> sparse.csr_array:
    """Return the matrix that spreads evenly over the bodies of one's own group, with oneself."""
    number = pd.factorize(groups)[0]
    member = sparse.csr_array((np.ones(len(number)), (np.arange(len(number)), number)))
    return sparse.csr_array(member @ sparse.diags_array(1 / member.sum(axis=0)) @ member.T)
