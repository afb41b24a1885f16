"""What can be told from the log alone? The final state of a run, rebuilt from its events.

`replay` starts from the state in April 2021 and applies the events one by one. What comes out is what the run itself
ends with, value by value: an event is missing from the log, or says something else than what happened, if it is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dxsim.model import events
from dxsim.model.run import EVENTS_PER_SYSTEM, begin, outcome, proceed
from dxsim.model.state import (
    DONE,
    LIVE,
    MIGRATING,
    MONTHS,
    ORDERED,
    PLANNING,
    VENDOR_RESOURCES,
    WITHDRAWN,
    Bytes,
    Integers,
    Records,
    Shorts,
    State,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dxsim.model.run import Inputs, Outcome


def run_logged(inputs: Inputs) -> Outcome:
    """Run all months and keep the log of events, all of it: if it did not fit, the run is done once more."""
    systems = inputs.country.municipalities.size * inputs.country.lot_of.size
    state, series = begin(inputs, EVENTS_PER_SYSTEM * systems)
    proceed(inputs, state, series, 0, MONTHS)
    if state.logged[0] > state.log.size:
        state, series = begin(inputs, int(state.logged[0]))
        proceed(inputs, state, series, 0, MONTHS)
    return outcome(inputs, state, series)


class Replayed(NamedTuple):
    """What the log determines. n municipalities, 20 operations, 6 lots; months are indices, -1 = never."""

    state: Bytes  # (n, 20) see state.STATES, -1 = does not apply
    vendor: Shorts  # (n, 20) of the system
    order: Shorts  # (n, 20) month of the first order
    start: Shorts  # (n, 20) month of the first vendor work
    live: Shorts  # (n, 20) first month live
    gate: Shorts  # (n, 20) month before which vendor work can't start
    flag: Bytes  # (n, 20) reason known before the deadline
    reason: Bytes  # (n, 20) reason of lateness
    commit: Shorts  # (n, 6) month
    chosen: Shorts  # (n, 6) vendor chosen at commitment
    cause: Bytes  # (n, 6) see state.CAUSES
    group: NDArray[np.int32]  # (n,) index of the group, -1 = none
    level: Integers  # (n, 5) levels of the programmes


def of_state(state: State) -> Replayed:
    """Return a copy of what a log determines, from a state."""
    systems, lots = state.systems, state.lots
    fields = [systems[name] for name in ("state", "vendor", "order", "start", "live", "gate", "flag", "reason")]
    fields += [lots["commit"], lots["vendor"], lots["cause"], state.municipalities["group"], state.programmes["level"]]
    return Replayed(*(np.array(values) for values in fields))


def replay(inputs: Inputs, log: Records) -> Replayed:
    """Return what the events of `log` make of the start of a run of `inputs`.

    Parameters
    ----------
    inputs : Inputs
        Of the run that kept the log.
    log : Records
        Its events, state.EVENT, in their order.
    """
    now = of_state(begin(inputs)[0])
    lot_of = inputs.country.lot_of
    columns = (log[name].tolist() for name in ("month", "kind", "municipality", "place", "value", "cause"))
    for month, kind, i, place, value, cause in zip(*columns, strict=True):
        if kind == events.COMMITTED:
            now.commit[i, place], now.chosen[i, place], now.cause[i, place] = month, value, cause
            of_lot = lot_of == place
            now.state[i, of_lot], now.vendor[i, of_lot] = PLANNING, value
        elif kind == events.ORDERED:
            now.state[i, place] = ORDERED
            if now.order[i, place] < 0:
                now.order[i, place] = month
        elif kind == events.STARTED:
            now.state[i, place] = MIGRATING
            if now.start[i, place] < 0:
                now.start[i, place] = month
        elif kind == events.WENT_LIVE:
            now.state[i, place], now.live[i, place] = LIVE, value
        elif kind == events.DONE:
            now.state[i, place] = DONE
        elif kind == events.WITHDRAWN:
            now.state[i, place] = WITHDRAWN
        elif kind == events.PLANNED:
            now.state[i, place], now.vendor[i, place] = PLANNING, value
            if now.flag[i, place] == VENDOR_RESOURCES:  # a date that the old vendor set lapses
                now.gate[i, place] = 0
        elif kind == events.RELEASED:
            now.state[i, place] = ORDERED
        elif kind == events.REBOOKED:
            now.gate[i, place] = value
        elif kind == events.FLAGGED:
            now.flag[i, place] = cause
        elif kind == events.CALLED_LATE:
            now.reason[i, place] = cause
        elif kind == events.JOINED:
            now.group[i] = value
        elif kind == events.LEVEL:
            now.level[i, place] = value
    return now
