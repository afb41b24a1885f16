"""The 20 standardised operations, and the six lots in which they are procured from vendors."""

from __future__ import annotations

import csv
from functools import cache
from typing import NamedTuple

from dxsim.files import PACKAGE
from dxsim.language import either

MOST_VENDORS = 64  # draws are set aside for so many


class Lot(NamedTuple):
    """A group of operations that is procured together (lots found by co-lateness of operations, December 2025)."""

    lot: str
    name_en: str
    name_ja: str
    applies_to: str
    bundling_factor: float  # on the probability that the main vendor runs it
    bought_with: str  # the lot, maybe itself, that has the same vendor everywhere
    has_specialists: bool  # whether vendors that sell nothing else sell it too

    @property
    def name(self) -> str:
        """What it is called in the language that is spoken."""
        return either(self.name_en, self.name_ja)


class Operation(NamedTuple):
    """One of the 20 operations to be standardised."""

    operation: str
    name_en: str
    name_ja: str
    lot: str
    work_weight: float

    @property
    def name(self) -> str:
        """What it is called in the language that is spoken."""
        return either(self.name_en, self.name_ja)


@cache
def lots() -> tuple[Lot, ...]:
    """Return the six lots, in the order in which arrays hold them."""
    return tuple(
        Lot(lot, name_en, name_ja, applies, float(factor), bought_with, specialists == "yes")
        for lot, name_en, name_ja, applies, factor, bought_with, specialists in _rows("lots.csv")
    )


@cache
def operations() -> tuple[Operation, ...]:
    """Return the 20 operations, in the order in which arrays hold them."""
    rows = _rows("operations.csv")
    return tuple(Operation(key, name_en, name_ja, lot, float(weight)) for key, name_en, name_ja, lot, weight in rows)


def _rows(name: str) -> list[list[str]]:
    with (PACKAGE / "terms" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]
