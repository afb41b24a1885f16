"""Triggers: a policy that waits for a watched national figure to pass a mark (adaptive pathways)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from dxsim.language import either, say
from dxsim.scenario.entries import Number, Whole, entry, faults, one_of
from dxsim.terms.calendar import MONTHS

SHORTAGE_NOTICES = "shortage_notices"
FIGURES: Mapping[str, tuple[str, str]] = {
    "declared_late": (
        "the share of systems declared late in the latest survey",
        "直近の調査で遅延と申告されたシステムの割合",
    ),
    "late": ("the share of systems past the deadline and not live", "期限を過ぎて未移行のシステムの割合"),
    "live": ("the share of systems live", "移行済みのシステムの割合"),
    SHORTAGE_NOTICES: ("the number of vendors' shortage notices so far", "ベンダーの要員不足の公表件数（累計）"),
    "overloaded": ("the share of municipalities whose staff is overloaded", "職員が過重負担の団体の割合"),
    "excluded": ("the share of residents' procedures not reached", "住民が利用できなかった手続の割合"),
}
"""Watched figure -> what it is, in English and Japanese; `dxsim.model.codes.Figure` numbers them in this order."""

FigureName = Annotated[str, one_of(tuple(FIGURES))]


@entry("when")
class When:
    """What a policy waits for: a national figure above or below a mark.

    Attributes
    ----------
    figure : str
        One of `FIGURES`. All but the notices are shares, 0 to 1, of the whole nation; overload and exclusion are those
        of one month.
    above, below : float or None
        The mark; one of the two is given. The figure passes it if it lies above (below) it; equal is not enough.
    lag : int
        Months from the one in which the passing is known to that in which the policy begins, 0 or more.
    """

    figure: FigureName
    above: Number | None = None
    below: Number | None = None
    lag: Annotated[Whole, Field(ge=0, lt=MONTHS)] = 0

    @model_validator(mode="after")
    def _has_one_mark(self) -> Self:
        most = math.inf if self.figure == SHORTAGE_NOTICES else 1.0
        with faults() as refuse:
            if self.above is not None and self.below is not None:
                refuse(say("give above or below, not both"))
            elif self.above is None and self.below is None:
                refuse(say("give the mark, above or below"))
            for side, mark in (("above", self.above), ("below", self.below)):
                if mark is not None and not 0 <= mark <= most:
                    bounds = say("from {low} to {high}", low=0, high=1) if most == 1 else say("at least 0")
                    refuse(
                        say("{figure} is {bounds} (got {value})", figure=self.figure, bounds=bounds, value=mark), side
                    )
        return self

    @property
    def mark(self) -> float:
        """What the figure has to pass."""
        mark = self.below if self.above is None else self.above
        assert mark is not None  # noqa: S101 - `_has_one_mark` saw to it
        return mark


def trigger_text(when: When) -> str:
    """Return what a policy waits for, in the language that is spoken."""
    figure, mark = either(*FIGURES[when.figure]), f"{when.mark:,.10g}"
    if when.figure != SHORTAGE_NOTICES:
        mark = f"{100 * when.mark:,.10g} %"
    if when.above is not None:
        passed = say("once {figure} is above {mark}", figure=figure, mark=mark)
    else:
        passed = say("once {figure} is below {mark}", figure=figure, mark=mark)
    return say("{passed}, {lag} months later", passed=passed, lag=when.lag) if when.lag else passed
