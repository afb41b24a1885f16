"""How municipalities of each size class and of each type fare in a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

from dxsim.records.findings import Findings
from dxsim.records.municipalities import MUNICIPALITY
from dxsim.records.size_classes import SIZE_CLASSES, class_measures
from dxsim.terms.municipalities import TYPES

STRATA: Mapping[str, tuple[str, ...]] = {"size_class": SIZE_CLASSES, "type": tuple(TYPES)}
"""Stratum -> its classes."""


def strata(found: Findings) -> dict[str, dict[str, npt.NDArray[Any]]]:
    """Return the measures of `dxsim.by_size_class` by stratum, measure and class.

    Returns
    -------
    dict of str to dict of str to ndarray
        For each of `STRATA` its measures, shape (classes,), in the order of the classes; nan where one is empty.
    """
    return {stratum: stratum_measures(found, stratum) for stratum in STRATA}


def stratum_measures(found: Findings, stratum: str) -> dict[str, npt.NDArray[Any]]:
    """Return the measures of one of `STRATA`, shape (classes,) each."""
    frame = found.frame
    place = frame.size_class if stratum == "size_class" else frame.kind

    def column(name: str) -> npt.NDArray[Any]:
        return frame.population if name == "population" else MUNICIPALITY[name](found)

    return class_measures(column, found.is_member, place, len(STRATA[stratum]))
