"""What is known of a municipality, and an average where a nation's table leaves it blank.

Averages are regressions on the logarithm of population over the 1,741 municipalities (SSDSE-A-2026). SSDSE has neither
the standard financial scale nor the financial adjustment fund (財政調整基金). Where a table doesn't name them either,
stand-ins are derived, T: local tax, f: fiscal index, N: residents

standard scale   1.18 (T + max(0, 0.75 T (1 / f - 1)))       yen a year
reserve          0.18 (N / 100,000)^-0.3 of the scale        yen

The basic revenue in the fiscal index is 75 % of standard tax, and what it lacks of basic need comes as local allocation
tax; 1.18 adds transfer taxes and bonds for lacking allocation tax, so that the sum is that of all municipalities in
FY2020 (32.6 trillion yen, MIC white paper on local finance 2022, table 45). The reserve of cities and wards is then
14.2 % of their scale (4.1 trillion yen in FY2020, survey of 792 cities and 23 wards, Nikkei 2021-11); that small ones
hold more is read off single municipalities (54 % at 1,800 residents, 12 to 31 % around 40,000, 2018).

SSDSE has no projections of population either. A municipality without any gets

residents of 2050      N exp(0.435 + 0.0151 ln N - 2.964 A)     persons; A: share of 65 and over, both of 2020
residents of year y    N (residents of 2050 / N)^w_y            persons; w_y: 0.151, 0.302, 0.461, 0.630, 0.810, 1

which is a regression on the projections of 2023 (National Institute of Population and Social Security Research, IPSS)
of 1,728 municipalities (all but 13 on the coast of Fukushima): R2 of the logarithm in 2050 is 0.82, of the share that
is left in 2025 0.76, from 2030 on 0.81 to 0.83. Over the whole nation 82.4 % are left in 2050 (IPSS: 83.0 %), in a
municipality of fewer than 10,000 residents 53.8 % on average (54.7 %). A third predictor (75 and over) adds 0.01 to R2.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.nation.schema import PROJECTION_YEARS
from dxsim.terms import statistics

Array = npt.NDArray[np.float64]

# Coefficients of ln y = a + b ln N.
STAFF = (statistics.LOG_STAFF_INTERCEPT, statistics.LOG_STAFF_SLOPE)
AREA, HABITABLE = (4.181, 0.0541), (0.555, 0.3207)
HALLS_AND_ONE, SCALE_BEFORE_TRANSFERS = (-0.669, 0.2118), (8.041, 0.7622)  # 1; thousand yen a year
CURRENT_BALANCE = (71.95, 1.664)  # %: a + b ln N
AGED_SINGLE_SHARE = 0.190  # of all residents of 65 and over

YEN_PER_KYEN = 1000.0
BASIC_SHARE = 0.75  # of standard tax that counts as basic revenue, by law
TRANSFERS = 1.18
RESERVE_SHARE, RESERVE_POPULATION, RESERVE_EXPONENT = 0.18, 100_000.0, -0.3
LEAST_INDEX = 0.05

LEFT, LEFT_BY_POPULATION, LEFT_BY_AGED = 0.435, 0.0151, -2.964  # of the log of the share of residents left in 2050
AGED_FITTED = (0.14, 0.65)  # shares of 65 and over on which that is fitted
LEFT_EXPONENTS = (0.151, 0.302, 0.461, 0.630, 0.810, 1.0)  # by year of projection


def known_or_average(table: pd.DataFrame) -> dict[str, Array]:
    """Return figures of every municipality, none of them NaN.

    Parameters
    ----------
    table : pandas.DataFrame
        As in `dxsim.nation.schema.MUNICIPALITIES`; optional columns may be missing.

    Returns
    -------
    dict of str to ndarray
        ``administration`` (persons), ``area_km2``, ``habitable_km2``, ``community_halls``, ``aged_single_share``,
        ``standard_scale`` (yen a year), ``current_balance_ratio`` (%) and ``reserve`` (yen).
    """

    def known(column: str) -> Array:
        return np.asarray(table.get(column, pd.Series(np.nan, table.index)), np.float64)

    def filled(figures: Array, average: Array | float) -> Array:
        return np.where(np.isnan(figures), average, figures)

    population = np.maximum(table["population"].to_numpy(np.float64), 1.0)
    log_population = np.log(population)

    def power(coefficients: tuple[float, float]) -> Array:
        return np.asarray(np.exp(coefficients[0] + coefficients[1] * log_population))

    area = filled(known("area_km2"), power(AREA))
    aged = np.maximum(known("population_65_74") + known("population_75_over"), 1.0)
    before_transfers = filled(
        before_transfers_of(known("local_tax_kyen"), known("fiscal_index")), power(SCALE_BEFORE_TRANSFERS)
    )
    scale = filled(known("standard_scale_kyen"), TRANSFERS * before_transfers)
    share = RESERVE_SHARE * (population / RESERVE_POPULATION) ** RESERVE_EXPONENT
    return {
        "administration": filled(np.where(known("staff") > 0, known("staff"), np.nan), power(STAFF)),
        "area_km2": area,
        "habitable_km2": filled(known("habitable_km2"), np.minimum(area, power(HABITABLE))),
        "community_halls": filled(known("community_halls"), np.maximum(0.0, power(HALLS_AND_ONE) - 1.0)),
        "aged_single_share": filled(np.minimum(1.0, known("aged_single_households") / aged), AGED_SINGLE_SHARE),
        "standard_scale": YEN_PER_KYEN * scale,
        "current_balance_ratio": filled(
            known("current_balance_ratio"), CURRENT_BALANCE[0] + CURRENT_BALANCE[1] * log_population
        ),
        "reserve": YEN_PER_KYEN * filled(known("reserve_kyen"), share * scale),
    }


def projections(table: pd.DataFrame) -> dict[str, Array]:
    """Return projected residents (persons) by name of column, such as ``population_2050``.

    Parameters
    ----------
    table : pandas.DataFrame
        As in `dxsim.nation.schema.MUNICIPALITIES`; columns of projections may be missing.

    Returns
    -------
    dict of str to ndarray
        What `table` has where a municipality has any projection, NaN for the years that it leaves out; else an average.
    """
    columns = [f"population_{year}" for year in PROJECTION_YEARS]
    known = table.reindex(columns=columns).to_numpy(np.float64, na_value=np.nan)
    population = np.maximum(table["population"].to_numpy(np.float64), 1.0)
    aged = (table["population_65_74"] + table["population_75_over"]).to_numpy(np.float64) / population
    log_left = LEFT + LEFT_BY_POPULATION * np.log(population) + LEFT_BY_AGED * np.clip(aged, *AGED_FITTED)
    average = population[:, None] * np.exp(log_left[:, None] * np.array(LEFT_EXPONENTS))
    filled = np.where(np.isnan(known).all(axis=1)[:, None], average, known)
    return dict(zip(columns, filled.T, strict=True))


def before_transfers_of(tax: Array, index: Array) -> Array:
    """Return local tax and local allocation tax together, as `tax` (any unit) and the fiscal `index` tell it."""
    return np.asarray(tax + np.maximum(0.0, BASIC_SHARE * tax * (1.0 / np.maximum(index, LEAST_INDEX) - 1.0)))
