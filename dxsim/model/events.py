"""What happened, when, to whom and why: the log that a run keeps if it is asked to.

An event has a kind, a body, a place (operation, lot or programme), a value and a cause; what these mean stands beside
each kind. Replaying the events on the state at the start gives every system's final state, dates and vendor, every
body's group and every level of a programme (``tests/model/test_events.py``).
"""

from __future__ import annotations

from dxsim.kernel import kernel
from dxsim.model.state import Integers, Records

COMMITTED, REFUSED, ORDERED, STARTED, FAILED_CUTOVER, WENT_LIVE, DONE = 0, 1, 2, 3, 4, 5, 6
WITHDRAWN, PLANNED, RELEASED, REBOOKED, FLAGGED, CALLED_LATE = 7, 8, 9, 10, 11, 12
JOINED, RESIGNED, INCIDENT, LEVEL, BREACH = 13, 14, 15, 16, 17
MANY = 127  # largest count of incidents that an event can tell
KINDS = (
    "committed",  # place: lot; value: vendor; cause: one of CAUSES; amount: intent built up
    "refused",  # place: lot; amount: yen that were missing
    "ordered",  # place: operation; value: vendor
    "started",  # place: operation; value: vendor
    "failed_cutover",  # place: operation; amount: vendor work that it costs, reference jobs
    "live",  # place: operation; value: first month live; cause: incidents at the cut-over, at most MANY
    "done",  # place: operation
    "withdrawn",  # place: operation; value: vendor that it was with
    "planned",  # place: operation; value: vendor
    "released",  # place: operation; the vendor stops work that had begun
    "rebooked",  # place: operation; value: month before which work can't start
    "flagged",  # place: operation; cause: reason, one of REASONS
    "called_late",  # place: operation; cause: reason, one of REASONS
    "joined",  # value: group from now on, -1 = none
    "resigned",  # amount: FTE
    "incident",  # place: operation; value: residents hit; amount: months until corrected
    "level",  # place: programme; value: new level
    "breach",  # amount: records exposed
)


@kernel
def note(
    log: Records,
    logged: Integers,
    month: int,
    kind: int,
    municipality: int,
    place: int,
    value: int,
    cause: int,
    amount: float,
) -> None:
    """Write an event down, if the run keeps a log; `logged` counts on past a full log, so that this is noticed."""
    if log.size == 0:
        return
    if logged[0] < log.size:
        event = log[logged[0]]
        event.month, event.kind, event.cause = month, kind, cause
        event.municipality, event.place, event.value = municipality, place, value
        event.amount = amount
    logged[0] += 1
