"""The nation for teaching: small, so that it answers at once, with towns of all sizes and nothing drawn by chance."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy import stats

from dxsim.nation.nation import TEACHING, Nation
from dxsim.nation.small import grid_nation
from dxsim.terms.statistics import LOG_POPULATION_MEAN, LOG_POPULATION_SD

ROWS, COLUMNS, PREFECTURES, VENDORS = 8, 6, 2, 2
_STRIDE = 29  # has no factor in common with the number of municipalities: sizes are spread over the grid, not sorted
_TYPE_FROM = ((0, "village"), (5_000, "town"), (25_000, "other_city"), (200_000, "core_city"))  # persons


@lru_cache(maxsize=1)
def teaching_nation() -> Nation:
    """Return 48 municipalities on a grid, with sizes spread as those of Japan's municipalities are, and nothing drawn.

    Sizes are the quantiles of a lognormal with the mean and spread that the population of municipalities has. So few
    municipalities keep two vendors busy: run it with ``vendor.count=2``.
    """
    size = ROWS * COLUMNS
    ranks = np.arange(size) * _STRIDE % size
    normal = stats.norm.ppf((ranks + 0.5) / size)
    people = np.exp(LOG_POPULATION_MEAN + LOG_POPULATION_SD * normal).round(-2).astype(int)
    kinds = [[name for bound, name in _TYPE_FROM if persons >= bound][-1] for persons in people]
    nation = grid_nation(ROWS, COLUMNS, population=people.tolist(), prefectures=PREFECTURES, type_=kinds)
    return replace(nation, name=TEACHING)
