"""The order of a month: the steps that `advance` carries out, and that the ODD prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dxsim.kernel import entry, mark_warm
from dxsim.model import (
    beliefs,
    capacity,
    coexistence,
    commitment,
    cooperation,
    delay,
    formation,
    lateness,
    levers,
    money,
    observer,
    planning,
    programmes,
    residents,
    security,
    shortage,
    staff,
    vendor_choice,
    vendor_queue,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dxsim.model.state import Run


class Step(NamedTuple):
    """What happens once in a month."""

    act: Callable[[Run, int], None]  # a kernel of a sub-model: what it does to the run in this month
    meaning: str

    @property
    def name(self) -> str:
        """Return the sub-model and the kernel, for example ``commitment.decide``."""
        return f"{self.act.__module__.rpartition('.')[2]}.{self.act.__name__}"


STEPS = (
    Step(levers.apply, "policies begin and end"),
    Step(money.top_up, "the national fund is topped up"),
    Step(cooperation.take_effect, "April: groups agreed in October begin"),
    Step(money.open_year, "April: envelopes"),
    Step(staff.open_year, "April: rotation and hiring"),
    Step(capacity.change, "vendors grow, hire, release teams; scheduled shocks strike"),
    Step(vendor_queue.leave_lots, "vendors that leave a lot withdraw its systems"),
    Step(beliefs.announce, "national statements move beliefs"),
    Step(beliefs.review, "December review: is the second date granted?"),
    Step(capacity.quote, "vendors quote their waits"),
    Step(vendor_choice.weigh, "what these waits and market shares make of each vendor"),
    Step(staff.dispatch, "each quarter: prefectures share their staff out"),
    Step(staff.allocate, "own work is served in its order; groups lend staff; overload makes staff resign"),
    Step(commitment.decide, "who commits which lot (states as of last month)"),
    Step(vendor_choice.choose_for_new_commitments, "which vendor"),
    Step(vendor_choice.tender_again, "withdrawn systems choose anew"),
    Step(commitment.commit, "commitments take effect together; peers are told"),
    Step(planning.order, "systems whose planning is done are ordered"),
    Step(vendor_queue.join_queues, "orders join the vendors' queues"),
    Step(staff.share_out, "own staff is shared among the systems that can be worked on"),
    Step(vendor_queue.share_engineers, "idle engineers are lent"),
    Step(vendor_queue.serve, "vendors work; cut-overs go well or not; finished systems are live from next month"),
    Step(vendor_queue.switch_packages, "packages that are done are cut over together, where that is the rule"),
    Step(vendor_queue.stabilise, "parallel runs end"),
    Step(delay.book, "each system that is not live books what held it up"),
    Step(coexistence.count_interfaces, "interfaces between old and new systems; what working together is worth"),
    Step(programmes.progress, "voluntary programmes"),
    Step(residents.serve_residents, "residents go online, are helped, go to the counter, or are shut out"),
    Step(security.strike, "security and privacy incidents"),
    Step(money.close_month, "bills, shares in groups and penalties are booked"),
    Step(formation.form, "October: groups form, change and dissolve, from April on"),
    Step(lateness.call_late, "at the deadline: reasons"),
    Step(shortage.review_books, "end of quarter: shortages are announced, systems tendered or booked again"),
    Step(lateness.survey, "survey months: municipalities declare late systems"),
    Step(observer.observe, "the month is written down"),
)


def acts_of(run: Run) -> list[tuple[Step, Callable[[Run, int], None]]]:
    """Return each step with its machine code for `run`, which takes the run and a month."""
    acts = [(step, entry(step.act, run, 0)) for step in STEPS]
    mark_warm()
    return acts


def advance(run: Run, first: int, last: int) -> None:
    """Carry out all steps of the months `first` to `last` - 1."""
    acts = [act for _, act in acts_of(run)]
    for month in range(first, last):
        for act in acts:
            act(run, month)
