"""Who looks at whom: neighbours, bodies of the same prefecture and bodies of the same type.

A municipality hears of others' decisions through weights W = (1 - w_p - w_e) A + w_p P + w_e E, where A spreads
evenly over the neighbours, P over the prefecture and E over the type, both with the body itself in them. Every row
sums to 1. A body without neighbours gives the share of A to the other two, in their proportion; where both are
zero, to itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.nation.nation import Nation

if TYPE_CHECKING:
    import networkx
    import scipy.sparse


def neighbour_lists(nation: Nation) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return the neighbours of each municipality, one list after the other.

    Parameters
    ----------
    nation : Nation
        Of n municipalities and e pairs of neighbours.

    Returns
    -------
    offsets : ndarray of int32, shape (n + 1,)
        The neighbours of row i are ``neighbours[offsets[i]:offsets[i + 1]]``.
    neighbours : ndarray of int32, shape (2 e,)
        Rows of the table of municipalities, ascending within each list.
    """
    rows = pd.Index(nation.municipalities["code"])
    one = rows.get_indexer(nation.adjacency["code_a"])
    other = rows.get_indexer(nation.adjacency["code_b"])
    start, end = np.concatenate([one, other]), np.concatenate([other, one])
    order = np.lexsort((end, start))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(start, minlength=len(rows)))])
    return offsets.astype(np.int32), end[order].astype(np.int32)


def weights(nation: Nation, prefecture_weight: float, type_weight: float) -> scipy.sparse.csr_array:
    """Return the weight that each municipality gives to each other.

    Parameters
    ----------
    nation : Nation
        Of n municipalities.
    prefecture_weight, type_weight : float
        Shares w_p and w_e of bodies of the same prefecture and of the same type, each 0 to 1, together at most 1.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (n, n); every row sums to 1.

    Raises
    ------
    InputError
        If the shares are outside their bounds.
    """
    from scipy import sparse

    shares = (prefecture_weight, type_weight)
    if not (min(shares) >= 0 and sum(shares) <= 1):
        what = say(
            "{one:g} and {other:g}; each has to be at least 0 and both together at most 1",
            one=prefecture_weight,
            other=type_weight,
        )
        raise InputError(say("network"), [Problem("prefecture_weight, type_weight", what)])
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


def graph(nation: Nation) -> networkx.Graph:
    """Return the neighbours as a networkx graph, for analysis and drawing.

    Parameters
    ----------
    nation : Nation
        Whose neighbours.

    Returns
    -------
    networkx.Graph
        One node for each code, with the columns of its row as attributes; edges carry ``kind`` and ``border_km``.
    """
    import networkx

    result = networkx.Graph(name=nation.name)
    table = nation.municipalities
    result.add_nodes_from(zip(table["code"], table.to_dict("records"), strict=True))
    for tie in nation.adjacency.to_dict("records"):
        result.add_edge(tie["code_a"], tie["code_b"], kind=tie["kind"], border_km=tie["border_km"])
    return result


def _same(groups: pd.Series[str]) -> scipy.sparse.csr_array:
    """Return the matrix that spreads evenly over the bodies of one's own group, with oneself."""
    from scipy import sparse

    number = pd.factorize(groups)[0]
    member = sparse.csr_array((np.ones(len(number)), (np.arange(len(number)), number)))
    return sparse.csr_array(member @ sparse.diags_array(1 / member.sum(axis=0)) @ member.T)
