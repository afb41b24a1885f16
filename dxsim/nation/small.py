"""Small nations without chance in them, for tests, teaching and limiting cases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dxsim.language import say
from dxsim.nation.nation import Nation, make_nation
from dxsim.nation.schema import AGE_BANDS, PROJECTION_YEARS

SIDE_KM = 10.0
AGE_PERCENT = (12, 58, 15, 15)
FISCAL_INDEX = 0.5
STAFF_OF_50_000, STAFF_EXPONENT = 300.0, 2 / 3
HABITABLE_SHARE = 0.5
FIRST_CITY, LAST_NUMBER = 201, 999


def grid_nation(
    rows: int,
    columns: int,
    *,
    population: int | Sequence[int] = 50_000,
    prefectures: int = 1,
    type_: str | Sequence[str] = "other_city",
) -> Nation:
    """Return a nation of equal squares of 10 km, each tied to those at its sides, whose population stays as it is.

    Parameters
    ----------
    rows, columns : int
        Size of the grid, from north to south and from west to east; codes run in reading order.
    population : int or sequence of int
        Persons, of each or one by one.
    prefectures : int
        Number of prefectures, 1 to 47, each a run of codes as equal in size as can be.
    type_ : str or sequence of str
        Type, of each or one by one.

    Returns
    -------
    Nation

    Raises
    ------
    InputError
        If a population or a type is not allowed.
    """
    size = rows * columns
    number = np.arange(size)
    prefecture = number * prefectures // size
    within = number - np.array([int(np.searchsorted(prefecture, p)) for p in prefecture])
    if within.max(initial=0) > LAST_NUMBER - FIRST_CITY:
        most = LAST_NUMBER - FIRST_CITY + 1
        raise ValueError(say("a prefecture holds at most {most} municipalities; use more prefectures", most=most))
    codes = [f"{p + 1:02d}{FIRST_CITY + k:03d}" for p, k in zip(prefecture, within, strict=True)]
    row, column = np.divmod(number, columns)
    x, y = (column + 0.5) * SIDE_KM, (rows - row - 0.5) * SIDE_KM
    persons = np.broadcast_to(np.asarray(population), (size,))
    ages = {band: persons * percent // 100 for band, percent in zip(AGE_BANDS, AGE_PERCENT, strict=True)}
    municipalities = pd.DataFrame(
        {
            "code": codes,
            "name": [f"Body {k + 1}" for k in number],
            "prefecture": [code[:2] for code in codes],
            "prefecture_name": [f"Prefecture {code[:2]}" for code in codes],
            "type": np.broadcast_to(np.asarray(type_), (size,)),
            "x_km": x,
            "y_km": y,
            "population": persons,
            **ages,
            "fiscal_index": FISCAL_INDEX,
            "staff": STAFF_OF_50_000 * (persons / 50_000) ** STAFF_EXPONENT,
            "area_km2": SIDE_KM**2,
            "habitable_km2": HABITABLE_SHARE * SIDE_KM**2,
            **{f"population_{year}": persons for year in PROJECTION_YEARS},
        }
    )
    pairs = [(k, k + 1) for k in number if (k + 1) % columns] + [(k, k + columns) for k in number[: size - columns]]
    adjacency = pd.DataFrame(
        {
            "code_a": [codes[a] for a, _ in pairs],
            "code_b": [codes[b] for _, b in pairs],
            "kind": "land",
            "border_km": SIDE_KM,
        }
    )
    square = SIDE_KM / 2 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    boundaries = {code: [square + centre] for code, centre in zip(codes, np.column_stack([x, y]), strict=True)}
    return make_nation(f"grid {rows} x {columns}", municipalities, adjacency, boundaries=boundaries)
