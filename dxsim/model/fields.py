"""Columns of what a run sums up or writes down: said once, with a name and a unit, as fields of a record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Field(NamedTuple):
    """A field of a record: one number, or one for each of its `entries`."""

    name: str
    unit: str
    entries: tuple[str, ...] = ()

    def columns(self) -> tuple[str, ...]:
        """Return what the columns of the field are called in tables.

        Examples
        --------
        >>> Field("online", "persons", ("under_65", "85_over")).columns()
        ('online_under_65', 'online_85_over')
        """
        return tuple(f"{self.name}_{entry}" for entry in self.entries) or (self.name,)


def record_of(fields: Iterable[Field], kind: DTypeLike) -> np.dtype[np.void]:
    """Return the type of a record of these fields, all of them numbers of one `kind`."""
    return np.dtype(
        [(field.name, kind, (len(field.entries),)) if field.entries else (field.name, kind) for field in fields]
    )


def columns_of(fields: Iterable[Field]) -> tuple[str, ...]:
    """Return the columns of a record of these fields."""
    return tuple(column for field in fields for column in field.columns())


def numbers_of(records: NDArray[np.void]) -> NDArray[Any]:
    """Return the numbers in records of one kind of number, with their columns as one more axis: a view.

    Examples
    --------
    >>> numbers_of(np.zeros(3, record_of([Field("a", "yen"), Field("b", "yen", ("x", "y"))], np.int64))).shape
    (3, 3)
    """
    kind = records.dtype[0].base
    return np.asarray(records).view(kind).reshape(*records.shape, records.dtype.itemsize // kind.itemsize)
