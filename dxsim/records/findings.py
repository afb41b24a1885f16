"""What the arrays of one run say by municipality and by month: what tables, KPIs and strata have in common."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dxsim.model.codes import ACCOUNTS, CHANNELS, PROGRAMMES
from dxsim.model.fields import columns_of, numbers_of
from dxsim.model.state import FLOW_FIELDS
from dxsim.records.measures import ratio
from dxsim.records.tables import SOURCES
from dxsim.terms.calendar import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from dxsim.model.run import Outcome
    from dxsim.model.state import Records
    from dxsim.records.frame import Frame

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_LEVELS = [columns_of(FLOW_FIELDS).index(f"level_{programme}") for programme in PROGRAMMES]
_SOURCES = [ACCOUNTS.index(source) for source in SOURCES]


@dataclass(frozen=True, eq=False)
class Findings:
    """An outcome, its frame, and what several measures need of them; each part is worked out when first asked for.

    Parameters
    ----------
    outcome : Outcome
        What the model gave.
    frame : Frame
        Of the nation it was run on.
    deadline : int
        Index of the first month after the deadline.
    """

    outcome: Outcome
    frame: Frame
    deadline: int

    @cached_property
    def monthly(self) -> npt.NDArray[np.int32]:
        """Return counts by month, type (and all) and the columns of `state.COUNT_FIELDS`, (180, 8, 18)."""
        return with_all(numbers_of(self.outcome.series.counts_by_month))

    @cached_property
    def booked(self) -> Integers:
        """Return yen booked by month, type (and all) and account, (180, 8, 14); sources are positive like uses."""
        yen = np.diff(with_all(self.outcome.series.money_by_month), axis=0, prepend=0)
        yen[:, :, _SOURCES] *= -1
        return yen

    @cached_property
    def flows(self) -> Floats:
        """Return the columns of `state.FLOW_FIELDS` by month and type (and all), (180, 8, 40); levels are means."""
        sums = with_all(numbers_of(self.outcome.series.flows_by_month))
        sums[:, :, _LEVELS] = ratio(sums[:, :, _LEVELS], self.frame.municipalities_of_type[:, None])
        return sums

    @cached_property
    def residents(self) -> Floats:
        """Return residents by fiscal year and type (and all), (15, 8)."""
        kind, types = self.frame.kind, self.frame.municipalities_of_type.size - 1
        by_year = [np.bincount(kind, weights=year, minlength=types) for year in self.outcome.residents.T]
        return with_all(np.array(by_year))

    @property
    def systems(self) -> Records:
        """Return the systems at the end, (n, 20) `state.SYSTEM`."""
        return self.outcome.state.systems

    @cached_property
    def lots(self) -> Records:
        """Return for each system what is true of its lot at the end, (n, 20) `state.LOT`."""
        return self.outcome.state.lots[:, self.outcome.inputs.country.lot_of].view(np.recarray)

    @cached_property
    def commit(self) -> Integers:
        """Return the month in which the lot of each system was committed, (n, 20); -1 = never, or no such system."""
        return np.where(self.frame.applies, self.lots.commit, -1)

    @cached_property
    def cause(self) -> Integers:
        """Return the cause of the commitment of each system's lot, (n, 20), see `codes.Cause`; -1 = none."""
        return np.where(self.frame.applies, self.lots.cause, -1)

    @cached_property
    def live(self) -> Integers:
        """Return the first month live of each system, (n, 20); below 1: not live, or there is no such system."""
        return np.ascontiguousarray(self.systems.live, np.int64)

    @cached_property
    def is_late(self) -> Flags:
        """Return whether a system is not live at the end of the deadline month, (n, 20)."""
        return self.frame.applies & ((self.live < 0) | (self.live > self.deadline))

    @cached_property
    def late_systems(self) -> Integers:
        """Return late systems of each municipality, (n,)."""
        return np.asarray(self.is_late.sum(axis=1), np.int64)

    @cached_property
    def delay(self) -> Integers:
        """Return the system-months of each municipality by what held its systems up, (n, 14) by `codes.Held`."""
        return np.asarray(self.outcome.state.delay.sum(axis=1), np.int64)

    @cached_property
    def cases(self) -> dict[str, Floats]:
        """Return person-months by channel of each municipality, all months, (n,) each."""
        cohorts = self.outcome.state.cohorts
        return {channel: cohorts[f"{channel}_total"].sum(axis=1) for channel in CHANNELS}

    @cached_property
    def needed(self) -> Floats:
        """Return person-months of procedures that residents of each municipality needed, all months, (n,)."""
        return np.asarray(sum(self.cases.values()), np.float64)

    @cached_property
    def group(self) -> Integers:
        """Return the index of each municipality's group at the end, (n,); -1 = alone."""
        return np.ascontiguousarray(self.outcome.state.municipalities["group"], np.int64)

    @cached_property
    def is_member(self) -> Flags:
        """Return whether a municipality is in a group at the end, (n,)."""
        return self.group >= 0

    @cached_property
    def group_sizes(self) -> Integers:
        """Return the members of each group, (n,); 0 = there is no such group."""
        return np.bincount(self.group[self.is_member], minlength=self.group.size)

    @cached_property
    def partition(self) -> Integers:
        """Return the part of each municipality in the cut along groups, (n,); one alone is a part of its own."""
        return np.where(self.is_member, self.group, self.group.size + np.arange(self.group.size))

    @cached_property
    def coordination(self) -> Floats:
        """Return each municipality's share in its group's transaction cost, yen a year, (n,)."""
        return np.asarray(MONTHS_PER_YEAR * self.outcome.state.purses["coordination"])

    @cached_property
    def saving(self) -> Floats:
        """Return what each municipality saves in its group against running its systems alone, yen a year, (n,)."""
        purse = self.outcome.state.purses
        running = np.maximum(0.0, purse["legacy"] + purse["new"])
        return np.asarray(MONTHS_PER_YEAR * (running * purse["saving"] + purse["grant"]) - self.coordination)

    @cached_property
    def residents_2035(self) -> Floats:
        """Return residents of each municipality in the last fiscal year, (n,)."""
        return np.ascontiguousarray(self.outcome.residents[:, -1])

    @cached_property
    def cost_per_resident(self) -> Floats:
        """Return running cost and coordination of the last fiscal year, yen per resident, (n,); nan without any."""
        return ratio(self.outcome.state.purses["running_total"] + self.coordination, self.residents_2035)


def with_all(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return an array by month (or year) and type with the sum over types as one more type."""
    return np.concatenate([values, values.sum(axis=1, keepdims=True, dtype=values.dtype)], axis=1)
