"""Who neighbours whom, as the lists of neighbours that kernels read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.nation.nation import Nation


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
