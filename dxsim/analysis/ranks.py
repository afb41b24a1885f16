"""Does the order of the alternatives hold in every seed, at every point and under every variant?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


def rank_tables(
    units: Mapping[str, Floats], means: Floats, names: Sequence[str], outcomes: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how often each alternative ranks where, and how far the orders agree with that of the means.

    Parameters
    ----------
    units : mapping of str to ndarray, shape (C, n, K)
        What the order is looked at over (``seeds``, ``points``, ``variants``): outcomes of C alternatives in n units;
        units in which one of them is nan are left out.
    means : ndarray, shape (C, K)
        Overall.
    names : sequence of str, length C
        Of the alternatives.
    outcomes : mapping of str to str, length K
        Outcome: ``more``, ``less`` or ``neither`` is better. Rank 1 is the best; of ``neither`` the largest value.

    Returns
    -------
    ranks : pandas.DataFrame
        Columns kpi, over, units, case, mean_rank (1 to C, ties share the middle), first_share (ties count as first).
    agreement : pandas.DataFrame
        Columns kpi, over, units, kendall_tau (tau-b with the order of the means, mean over units in which it is
        defined), same_order_share.
    """
    from scipy import stats

    sign = np.where([direction == "less" for direction in outcomes.values()], 1.0, -1.0)
    ranks, agreement = [], []
    for over, values in units.items():
        for place, kpi in enumerate(outcomes):
            known = values[:, ~np.isnan(values[:, :, place]).any(axis=0), place]
            n = known.shape[1]
            if n == 0:
                continue
            rank = stats.rankdata(sign[place] * known, axis=0)
            best = rank == rank.min(axis=0)
            head = {"kpi": kpi, "over": over, "units": n}
            ranks += [
                {**head, "case": name, "mean_rank": rank[c].mean(), "first_share": best[c].mean()}
                for c, name in enumerate(names)
            ]
            tau = kendall_tau(known, means[:, place])
            defined = tau[~np.isnan(tau)]
            agreement.append(
                {
                    **head,
                    "kendall_tau": defined.mean() if defined.size else np.nan,
                    "same_order_share": (_order(known) == _order(means[:, place, None])).all(axis=0).mean(),
                }
            )
    return pd.DataFrame(ranks), pd.DataFrame(agreement)


def kendall_tau(values: Floats, order: Floats) -> Floats:
    """Return Kendall's tau-b of each column of `values` with `order`; nan where all of either are alike.

    Parameters
    ----------
    values : ndarray, shape (C, n)
    order : ndarray, shape (C,)

    Returns
    -------
    ndarray, shape (n,)
        -1 (turned round) to 1 (the same order).
    """
    one, other = _order(values), _order(order[:, None])
    size = np.sqrt((one**2).sum(axis=0) * (other**2).sum(axis=0))
    return np.asarray(np.divide((one * other).sum(axis=0), size, out=np.full(values.shape[1], np.nan), where=size > 0))


def _order(values: Floats) -> Floats:
    """Return the sign of the difference of each pair of rows, shape (C (C - 1) / 2, n)."""
    pairs: Iterator[Floats] = (
        np.sign(values[i] - values[j]) for i in range(len(values)) for j in range(i + 1, len(values))
    )
    return np.array(list(pairs))
