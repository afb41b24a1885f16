"""What can be told from the log alone? The final state of a run, rebuilt from its events.

`replay` starts from the state in April 2021 and applies the events one by one. What comes out is what the run itself
ends with, value by value: an event is missing from the log, or says something else than what happened, if it is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dxsim.model.codes import Reason, SystemState
from dxsim.model.events import Kind
from dxsim.model.run import EVENTS_PER_SYSTEM, Outcome, begin
from dxsim.model.schedule import advance
from dxsim.model.state import Bytes, Integers, Records, Shorts, State
from dxsim.terms.calendar import MONTHS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dxsim.model.run import Inputs


def run_logged(inputs: Inputs) -> Outcome:
    """Run all months and keep the log of events, all of it: if it did not fit, the run is done once more."""
    systems = inputs.country.places.size * inputs.country.lot_of.size
    run = begin(inputs, EVENTS_PER_SYSTEM * systems)
    advance(run, 0, MONTHS)
    if run.logged[0] > run.log.size:
        run = begin(inputs, int(run.logged[0]))
        advance(run, 0, MONTHS)
    return Outcome(inputs, run.state, run.series)


class Replayed(NamedTuple):
    """What the log determines. n municipalities, 20 operations, 6 lots; months are indices, -1 = never."""

    state: Bytes  # (n, 20) see codes.STATES, -1 = does not apply
    vendor: Shorts  # (n, 20) of the system
    order: Shorts  # (n, 20) month of the first order
    start: Shorts  # (n, 20) month of the first vendor work
    live: Shorts  # (n, 20) first month live
    earliest_start: Shorts  # (n, 20) month before which vendor work can't start
    flag: Bytes  # (n, 20) reason known before the deadline
    reason: Bytes  # (n, 20) reason of lateness
    commit: Shorts  # (n, 6) month
    chosen: Shorts  # (n, 6) vendor chosen at commitment
    cause: Bytes  # (n, 6) see codes.CAUSES
    group: NDArray[np.int32]  # (n,) index of the group, -1 = none
    level: Integers  # (n, 5) levels of the programmes


def of_state(state: State) -> Replayed:
    """Return a copy of what a log determines, from a state."""
    systems, lots = state.systems, state.lots
    fields = [
        systems[name] for name in ("state", "vendor", "order", "start", "live", "earliest_start", "flag", "reason")
    ]
    fields += [lots["commit"], lots["vendor"], lots["cause"], state.municipalities["group"], state.programmes["level"]]
    return Replayed(*(np.array(values) for values in fields))


def replay(inputs: Inputs, log: Records) -> Replayed:
    """Return what the events of `log` make of the start of a run of `inputs`.

    Parameters
    ----------
    inputs : Inputs
        Of the run that kept the log.
    log : Records
        Its events, events.EVENT, in their order.
    """
    now = of_state(begin(inputs).state)
    lot_of = inputs.country.lot_of
    columns = (log[name].tolist() for name in ("month", "kind", "municipality", "place", "value", "cause"))
    for month, kind, i, place, value, cause in zip(*columns, strict=True):
        if kind == Kind.COMMITTED:
            now.commit[i, place], now.chosen[i, place], now.cause[i, place] = month, value, cause
            of_lot = lot_of == place
            now.state[i, of_lot], now.vendor[i, of_lot] = SystemState.PLANNING, value
        elif kind == Kind.ORDERED:
            now.state[i, place] = SystemState.ORDERED
            if now.order[i, place] < 0:
                now.order[i, place] = month
        elif kind == Kind.STARTED:
            now.state[i, place] = SystemState.MIGRATING
            if now.start[i, place] < 0:
                now.start[i, place] = month
        elif kind == Kind.LIVE:
            now.state[i, place], now.live[i, place] = SystemState.LIVE, value
        elif kind == Kind.DONE:
            now.state[i, place] = SystemState.DONE
        elif kind == Kind.WITHDRAWN:
            now.state[i, place] = SystemState.WITHDRAWN
        elif kind == Kind.PLANNED:
            now.state[i, place], now.vendor[i, place] = SystemState.PLANNING, value
            if now.flag[i, place] == Reason.VENDOR_RESOURCES:  # a date that the old vendor set lapses
                now.earliest_start[i, place] = 0
        elif kind == Kind.RELEASED:
            now.state[i, place] = SystemState.ORDERED
        elif kind == Kind.REBOOKED:
            now.earliest_start[i, place] = value
        elif kind == Kind.FLAGGED:
            now.flag[i, place] = cause
        elif kind == Kind.CALLED_LATE:
            now.reason[i, place] = cause
        elif kind == Kind.JOINED:
            now.group[i] = value
        elif kind == Kind.LEVEL:
            now.level[i, place] = value
    return now
