"""Whom a municipality follows: the most populous of itself and its neighbours, its local centre."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dxsim.kernel import kernel

if TYPE_CHECKING:
    from dxsim.model.state import Country, Run


@kernel
def local_centre(country: Country | Run, i: int) -> int:
    """Return the most populous of a municipality and its neighbours, itself if none has more residents."""
    centre = i
    for place in range(country.offsets[i], country.offsets[i + 1]):
        other = country.neighbours[place]
        if country.places[other].population > country.places[centre].population:
            centre = other
    return centre
