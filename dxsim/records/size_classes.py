"""Classes of municipalities by residents (2020): one list for every table, KPI and figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.scenario.months import MONTHS

if TYPE_CHECKING:
    from dxsim.records.tables import Records

SIZE_BOUNDS = (5_000, 10_000, 30_000, 50_000, 100_000, 200_000, 500_000)
SIZE_CLASSES = (
    *("under_5k", "5k_to_10k", "10k_to_30k", "30k_to_50k", "50k_to_100k"),
    *("100k_to_200k", "200k_to_500k", "500k_over"),
)


def size_classes(population: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """Return the place in `SIZE_CLASSES` of bodies with this many residents; a bound belongs to the class above it.

    Examples
    --------
    >>> [SIZE_CLASSES[place] for place in size_classes([4_999, 5_000, 1_000_000])]
    ['under_5k', '5k_to_10k', '500k_over']
    """
    return np.searchsorted(SIZE_BOUNDS, np.asarray(population), side="right")


def by_size_class(records: Records) -> pd.DataFrame:
    """Return how municipalities of each size class fare.

    Returns
    -------
    pandas.DataFrame
        One row per size class, in the order of `SIZE_CLASSES`; nan where a class has no municipality.

        ``size_class``, ``bodies``, ``population`` (2020) : who it is.
        ``cost_per_resident`` : yen, running cost and coordination of FY2035 over its residents then.
        ``late_share`` : late systems over systems.
        ``overloaded_share`` : months in which staff is overloaded, over all months, mean of bodies.
        ``excluded_share`` : excluded over needed procedures, all months.
        ``cooperating_share`` : members of a group in March 2036, over bodies.
        ``saving_per_resident`` : yen a year that members save in March 2036, over residents of members; nan without.
    """
    return size_class_table(records.municipalities)


def size_class_table(municipalities: pd.DataFrame) -> pd.DataFrame:
    """Return `by_size_class` of a table of municipalities."""
    place = size_classes(municipalities["population"])
    members = municipalities["group"].notna().to_numpy()

    def total(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        sums = np.bincount(place, weights=np.asarray(values, np.float64), minlength=len(SIZE_CLASSES))
        return sums.astype(np.float64)

    def ratio(part: npt.ArrayLike, whole: npt.ArrayLike) -> npt.NDArray[np.float64]:
        parts, wholes = total(part), total(whole)
        return np.asarray(np.divide(parts, wholes, out=np.full(parts.size, np.nan), where=wholes > 0))

    bodies = np.ones(len(municipalities))
    needed = municipalities[["online", "assisted", "analog", "excluded"]].sum(axis=1)
    residents = municipalities["residents_2035"]
    return pd.DataFrame(
        {
            "size_class": pd.Series(SIZE_CLASSES, dtype="str"),
            "bodies": total(bodies).astype(np.int32),
            "population": total(municipalities["population"]).astype(np.int64),
            "cost_per_resident": ratio(municipalities["cost_per_resident_2035"] * residents, residents),
            "late_share": ratio(municipalities["late_systems"], municipalities["systems"]),
            "overloaded_share": ratio(municipalities["overloaded_months"], MONTHS * bodies),
            "excluded_share": ratio(municipalities["excluded"], needed),
            "cooperating_share": ratio(members, bodies),
            "saving_per_resident": ratio(municipalities["saving"] * members, residents * members),
        }
    )
