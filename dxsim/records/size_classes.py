"""Classes of municipalities by residents (2020): one list for every table, KPI and figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.model.codes import HOLD_UPS
from dxsim.records.measures import ratio
from dxsim.terms.calendar import MONTHS
from dxsim.terms.text import TEXT

if TYPE_CHECKING:
    from dxsim.records.tables import Records

SIZE_BOUNDS = (5_000, 10_000, 30_000, 50_000, 100_000, 200_000, 500_000)
SIZE_CLASSES = (
    *("under_5k", "5k_to_10k", "10k_to_30k", "30k_to_50k", "50k_to_100k"),
    *("100k_to_200k", "200k_to_500k", "500k_over"),
)


def size_classes(population: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """Return the place in `SIZE_CLASSES` of municipalities with this many residents; a bound is in the class above.

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

        - ``size_class``, ``municipalities``, ``population`` (2020): who it is.
        - ``cost_per_resident``: yen, running cost and coordination of FY2035 over its residents then
          (municipalities without residents left out).
        - ``late_share``: late systems over systems.
        - ``delay_*``: months that a system spent held up by this (`dxsim.model.delay`), mean of systems.
        - ``overloaded_share``: months in which staff is overloaded, over all months, mean of municipalities.
        - ``excluded_share``: excluded over needed procedures, all months.
        - ``cooperating_share``: members of a group in March 2036, over municipalities.
        - ``saving_per_resident``: yen a year that members save in March 2036, over residents of members; nan without.
    """
    table = records.municipalities
    place, members = size_classes(table["population"]), table["group"].notna().to_numpy()
    measures = class_measures(lambda name: table[name].to_numpy(), members, place, len(SIZE_CLASSES))
    return pd.DataFrame({"size_class": pd.Series(SIZE_CLASSES, dtype=TEXT), **measures})


def class_measures(
    column: Callable[[str], npt.NDArray[Any]], members: npt.NDArray[np.bool_], place: npt.NDArray[np.intp], classes: int
) -> dict[str, npt.NDArray[Any]]:
    """Return the measures of `by_size_class` for any classes of municipalities.

    Parameters
    ----------
    column : callable
        Gives a column of the table of municipalities by name.
    members : ndarray of bool, shape (n,)
        Who is in a group.
    place : ndarray of int, shape (n,)
        Class of each municipality, from 0.
    classes : int
        How many there are.

    Returns
    -------
    dict of str to ndarray, shape (classes,)
    """

    def total(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        return np.asarray(np.bincount(place, weights=values, minlength=classes), np.float64)

    municipalities, population = np.bincount(place, minlength=classes), total(column("population"))
    residents, excluded = column("residents_2035"), column("excluded")
    cost = np.where(residents > 0, column("cost_per_resident_2035") * residents, 0.0)
    needed = column("online") + column("assisted") + column("analog") + excluded
    return {
        "municipalities": municipalities.astype(np.int32),
        "population": population.astype(np.int64),
        "cost_per_resident": ratio(total(cost), total(residents)),
        "late_share": ratio(total(column("late_systems")), total(column("systems"))),
        **{
            f"delay_{hold_up}": ratio(total(column(f"delay_{hold_up}")), total(column("systems")))
            for hold_up in HOLD_UPS
        },
        "overloaded_share": ratio(total(column("overloaded_months")), MONTHS * municipalities),
        "excluded_share": ratio(total(excluded), total(needed)),
        "cooperating_share": ratio(total(members), municipalities),
        "saving_per_resident": ratio(total(column("saving") * members), total(residents * members)),
    }
