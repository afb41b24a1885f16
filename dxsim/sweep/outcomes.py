"""What is kept of each run of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, PlainValidator

from dxsim.errors import nearest
from dxsim.language import say
from dxsim.scenario.entries import Filled, Line, entry, faults, one_of
from dxsim.sweep.values import DISTINCT, refuse_twins
from dxsim.terms.calendar import MONTHS
from dxsim.terms.kpis import kpi_names
from dxsim.terms.municipalities import ALL, TYPES_AND_ALL


def _kpis(given: object) -> str | tuple[str, ...]:
    if given == ALL:
        return ALL
    if not isinstance(given, list | tuple) or not given:
        raise ValueError(say("must be all or a list"))
    known = kpi_names(range(MONTHS))
    with faults() as refuse:
        refuse_twins(given, refuse)
        for place, name in enumerate(given):
            if name not in known:
                refuse(say("no KPI '{name}'{hint}", name=name, hint=nearest(str(name), known)), place)
    return tuple(given)


def _month_columns(names: tuple[str, ...]) -> tuple[str, ...]:
    from dxsim.records.months import MONTH_COLUMNS

    return _columns(names, MONTH_COLUMNS)


def _municipality_columns(names: tuple[str, ...]) -> tuple[str, ...]:
    from dxsim.records.municipalities import MUNICIPALITY_COLUMNS

    return _columns(names, MUNICIPALITY_COLUMNS)


def _columns(names: tuple[str, ...], known: Sequence[str]) -> tuple[str, ...]:
    with faults() as refuse:
        refuse_twins(names, refuse)
        for place, name in enumerate(names):
            if name not in known:
                refuse(say("no column '{column}'{hint}", column=name, hint=nearest(name, known)), place)
    return names


@entry("months")
class Months:
    """What is kept of each month.

    Parameters
    ----------
    columns : sequence of str
        Monthly figures, `dxsim.records.months.MONTH_COLUMNS`.
    types : sequence of str
        For which types of municipality; ``all`` is their sum.
    """

    columns: Annotated[Filled[Line], AfterValidator(_month_columns)]
    types: Annotated[Filled[Annotated[str, one_of(TYPES_AND_ALL)]], DISTINCT] = (ALL,)


@entry("outcomes")
class Outcomes:
    """What is kept of each run.

    Parameters
    ----------
    kpis : "all" or sequence of str
        Names as in a summary.
    strata : sequence of {"size_class", "type"}
        By what municipalities are divided.
    municipalities : sequence of str
        The final state of every municipality, `dxsim.records.municipalities.MUNICIPALITY_COLUMNS`; may be empty.
    months : Months or mapping, optional
        Monthly figures.
    """

    kpis: Annotated[str | Sequence[str], PlainValidator(_kpis)] = ALL
    strata: Annotated[tuple[Literal["size_class", "type"], ...], DISTINCT] = ("size_class", "type")
    municipalities: Annotated[tuple[Line, ...], AfterValidator(_municipality_columns)] = ()
    months: Months | None = None
