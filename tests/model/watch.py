"""A run that is stepped month by month, with what each month is compared with by `tests.model.laws`.

What can't be seen in states (a system withdrawn and tendered again in one month) is read from the month's log, which a
replay of all months holds against the states.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dxsim.model.events import Kind
from dxsim.model.run import Inputs, begin
from dxsim.model.schedule import advance
from dxsim.model.state import Series, State
from tests.model.replay import of_state, replay

EVENTS_PER_SYSTEM = 80  # of a month: room in the log; at most 64 of them are incidents


class Month(NamedTuple):
    """A month that is over. n municipalities, 20 operations."""

    number: int
    before: State  # at the end of the month before
    log: np.ndarray  # what happened

    def of(self, kind: int) -> np.ndarray:
        """Return this month's events of a kind."""
        return self.log[self.log["kind"] == kind]

    def systems_of(self, kind: int) -> np.ndarray:
        """Return to which systems something of a kind happened, (n, 20) bool."""
        happened = np.zeros(self.before.systems.shape, dtype=bool)
        happened[self.of(kind).municipality, self.of(kind).place] = True
        return happened

    def by_body(self, kind: int, weights: np.ndarray | None = None) -> np.ndarray:
        """Return how many events of a kind, or what sum of their `weights`, there is by municipality, (n,)."""
        return np.bincount(self.of(kind).municipality, weights, minlength=self.before.municipalities.size)


class Watch:
    """A run that is stepped month by month, with what each month is compared with."""

    def __init__(self, inputs: Inputs, block: int = 1) -> None:
        """Begin a run whose months are looked at one by one, or pass by in blocks of so many."""
        self.inputs, self.block = inputs, block
        bodies, operations = inputs.country.places.size, inputs.country.lot_of.size
        self.run = begin(inputs, bodies * operations * EVENTS_PER_SYSTEM * block)
        self.work = self.state.systems.work.copy()
        self.last_order = np.full(self.state.systems.shape, -1)  # month; the state keeps the first one
        self.ordered_alone = np.zeros(self.state.systems.shape, dtype=bool)  # was in no group when it was ordered last
        self.booked_again = np.zeros(self.state.systems.shape, dtype=bool)  # since it was ordered last
        self.group = self.state.municipalities.group.copy()
        self.contracted = 0.0  # work of all orders so far: commitments, new tenders, cut-overs rolled back
        self.done_in_vain = 0.0  # work done for vendors that let a system down, or undone by a cut-over rolled back
        self.has_skipped = False
        self.log_kinds: set[int] = set()  # what has happened so far
        self.logs: list[np.ndarray] = []  # the same, event by event

    @property
    def state(self) -> State:
        """Return the state of the run."""
        return self.run.state

    @property
    def series(self) -> Series:
        """Return what the run wrote down."""
        return self.run.series

    def copy(self) -> State:
        """Return a copy of the state that shares nothing but the log."""
        return self.state._replace(
            **{name: getattr(self.state, name).copy() for name in State._fields if name != "log"}
        )

    def advance(self, first: int, last: int) -> np.ndarray:
        """Run the months `first` to `last` - 1 and return what happened."""
        self.state.logged[0] = 0
        advance(self.run, first, last)
        assert self.state.logged[0] <= self.state.log.size, "no room in the log"
        log = self.state.log[: self.state.logged[0]]
        self.log_kinds |= set(np.unique(log.kind).tolist())
        self.logs.append(log.copy())
        self.note_orders(log)
        self.note_contracts(log)
        return log

    def note_orders(self, log: np.ndarray) -> None:
        """Note when systems were ordered, and whether by a municipality in a group."""
        orders = log[log.kind == Kind.ORDERED]
        np.maximum.at(self.last_order, (orders.municipality, orders.place), orders.month)
        for event in log[np.isin(log.kind, (Kind.ORDERED, Kind.JOINED, Kind.REBOOKED))]:
            if event.kind == Kind.JOINED:
                self.group[event.municipality] = event.value
            elif event.kind == Kind.REBOOKED:
                self.booked_again[event.municipality, event.place] = True
            else:
                self.booked_again[event.municipality, event.place] = False
                self.ordered_alone[event.municipality, event.place] = self.group[event.municipality] < 0

    def note_contracts(self, log: np.ndarray) -> None:
        """Add up the work that vendors were asked to do."""
        lot_of = self.inputs.country.lot_of
        for event in log[log.kind == Kind.COMMITTED]:
            self.contracted += self.work[event.municipality, lot_of == event.place].sum()
        tenders = log[log.kind == Kind.PLANNED]
        self.contracted += self.work[tenders.municipality, tenders.place].sum()
        self.contracted += log[log.kind == Kind.FAILED_CUTOVER].amount.sum()

    def skip(self, first: int, last: int) -> None:
        """Run the months `first` to `last` - 1 without looking at them."""
        for begun in range(first, last, self.block):
            self.advance(begun, min(last, begun + self.block))
            self.has_skipped = True

    def step(self, month: int) -> Month:
        """Run one month and return it, for `tests.model.laws`."""
        this = Month(month, before=self.copy(), log=self.advance(month, month + 1))
        tendered = this.systems_of(Kind.PLANNED)
        self.done_in_vain += (self.work - this.before.systems.remaining)[tendered].sum()
        self.done_in_vain += this.of(Kind.FAILED_CUTOVER).amount.sum()
        return this

    def replay(self) -> None:
        """Check that what has happened so far makes of the start what there is now (9)."""
        replayed, now = replay(self.inputs, np.concatenate(self.logs)), of_state(self.state)
        for name in replayed._fields:
            assert getattr(replayed, name).tobytes() == getattr(now, name).tobytes(), name

    def by_kind(self, values: np.ndarray) -> np.ndarray:
        """Return the sums of `values`, (n,) or (n, anything), by type of municipality."""
        country = self.inputs.country
        per_municipality = values if values.ndim == 1 else values.sum(axis=1)
        return np.bincount(country.places.kind, weights=per_municipality, minlength=country.kind_size.size)
