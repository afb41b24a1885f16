"""What measures need of a nation and what no run changes; worked out once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.model.run import country_arrays
from dxsim.records.measures import dense_ranks, modularity
from dxsim.records.size_classes import size_classes
from dxsim.terms.municipalities import TYPES
from dxsim.terms.operations import lots

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation

Integers = npt.NDArray[np.int64]


class Frame(NamedTuple):
    """The n municipalities of a nation, by row, with e pairs of neighbours, l of them over land borders."""

    nation: Nation
    code: npt.NDArray[np.object_]  # (n,)
    kind: Integers  # (n,) place in terms.municipalities.TYPES
    size_class: Integers  # (n,) place in size_classes.SIZE_CLASSES
    population: npt.NDArray[np.float64]  # (n,) persons, 2020
    population_rank: Integers  # (n,) place among the distinct populations
    fiscal_rank: Integers  # (n,) place among the distinct fiscal indices, -1 = not known
    applies: npt.NDArray[np.bool_]  # (n, 20) whether a municipality has to standardise an operation
    lot: Integers  # (n, 20) number of the lot of a municipality, 6 i + lot
    first_of_lot: Integers  # (6,) first operation of each lot
    systems: Integers  # (n,) systems that apply
    systems_of_type: npt.NDArray[np.int32]  # (8,) by type, then of all
    municipalities_of_type: npt.NDArray[np.int32]  # (8,) by type, then of all
    lots: int  # lots that apply, all municipalities
    neighbours: tuple[Integers, Integers]  # (e,) each, rows of the one and of the other
    land_neighbours: tuple[Integers, Integers]  # (l,) each
    prefecture_modularity: float  # of all neighbours cut along prefecture borders; nan without neighbours


@lru_cache(maxsize=2)
def frame_of(nation: Nation) -> Frame:
    """Return the frame of a nation; kept for the next runs of the same nation object."""
    country = country_arrays(nation)
    places, lot_of = country.places, np.asarray(country.lot_of, np.int64)
    kind, population = np.array(places.kind), np.array(places.population)
    lot_applies = country.applies[kind]
    applies = lot_applies[:, lot_of]
    systems = applies.sum(axis=1)
    systems_of_kind = np.bincount(kind, weights=systems, minlength=len(TYPES)).astype(np.int32)
    municipalities_of_kind = np.bincount(kind, minlength=len(TYPES)).astype(np.int32)
    rows = pd.Index(nation.municipalities["code"])
    one, other = (rows.get_indexer(nation.adjacency[column]).astype(np.int64) for column in ("code_a", "code_b"))
    is_land = (nation.adjacency["kind"] == "land").to_numpy(bool)
    return Frame(
        nation=nation,
        code=nation.municipalities["code"].to_numpy(object),
        kind=kind,
        size_class=size_classes(population).astype(np.int64),
        population=population,
        population_rank=dense_ranks(population),
        fiscal_rank=dense_ranks(places.fiscal_index),
        applies=applies,
        lot=np.arange(len(kind))[:, None] * len(lots()) + lot_of,
        first_of_lot=np.array([np.flatnonzero(lot_of == lot)[0] for lot in range(len(lots()))]),
        systems=systems,
        systems_of_type=np.append(systems_of_kind, systems_of_kind.sum(dtype=np.int32)),
        municipalities_of_type=np.append(municipalities_of_kind, municipalities_of_kind.sum(dtype=np.int32)),
        lots=int(lot_applies.sum()),
        neighbours=(one, other),
        land_neighbours=(one[is_land], other[is_land]),
        prefecture_modularity=modularity(places.prefecture, one, other),
    )
