"""What happened, when, to whom and why: the log that a run keeps if it is asked to.

An event has a kind, a municipality, a place (operation, lot or programme), a value and a cause; what these mean stands
beside each kind. Replaying the events on the state at the start gives every system's final state, dates and vendor,
every municipality's group and every level of a programme (``tests/model/test_events.py``).
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from dxsim.kernel import kernel
from dxsim.model.codes import names

if TYPE_CHECKING:
    from dxsim.model.state import Run


MANY = 127  # largest count of incidents that an event can tell


class Kind(IntEnum):
    """What happened."""

    COMMITTED = 0  # place: lot; value: vendor; cause: one of CAUSES; amount: cumulative hazard
    REFUSED = 1  # place: lot; amount: yen that were missing
    ORDERED = 2  # place: operation; value: vendor
    STARTED = 3  # place: operation; value: vendor
    FAILED_CUTOVER = 4  # place: operation; amount: vendor work that it costs, reference jobs
    LIVE = 5  # place: operation; value: first month live; cause: incidents at the cut-over, at most MANY
    DONE = 6  # place: operation
    WITHDRAWN = 7  # place: operation; value: vendor that it was with
    PLANNED = 8  # place: operation; value: vendor
    RELEASED = 9  # place: operation; the vendor stops work that had begun
    REBOOKED = 10  # place: operation; value: month before which work can't start
    FLAGGED = 11  # place: operation; cause: reason, one of REASONS
    CALLED_LATE = 12  # place: operation; cause: reason, one of REASONS
    JOINED = 13  # value: group from now on, -1 = none
    RESIGNED = 14  # amount: FTE
    INCIDENT = 15  # place: operation; value: residents hit; amount: months until corrected
    LEVEL = 16  # place: programme; value: new level
    BREACH = 17  # amount: records exposed


KINDS = names(Kind)
EVENT = np.dtype(
    [
        ("month", np.int16),  # month (index)
        ("kind", np.int8),  # one of Kind
        ("cause", np.int8),  # by kind, see `Kind`
        ("municipality", np.int32),  # index of the municipality
        ("place", np.int16),  # operation, lot or programme, -1 = none
        ("value", np.int32),  # by kind, see `Kind`
        ("amount", np.float64),  # by kind, see `Kind`
    ]
)


@kernel
def note(run: Run, month: int, kind: int, i: int, place: int, value: int, cause: int, amount: float) -> None:
    """Write an event of municipality `i` down, if the run keeps a log; `logged` counts on past a full log.

    The `place` is an operation, a lot or a programme; what `value`, `cause` and `amount` say stands at each `Kind`.
    """
    if run.log.size == 0:
        return
    if run.logged[0] < run.log.size:
        event = run.log[run.logged[0]]
        event.month, event.kind, event.cause = month, kind, cause
        event.municipality, event.place, event.value = i, place, value
        event.amount = amount
    run.logged[0] += 1
