"""What happens in a scenario beside the state's levers: it speaks, and vendors change."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dxsim.scenario.entries import Filled, Line, Number, SomeText, Whole, entry
from dxsim.scenario.policies import Month
from dxsim.terms.operations import MOST_VENDORS


@entry("announcement")
class Announcement:
    """In `month` (index), the state speaks; beliefs in an extension move towards `signal` (0 firm, 1 extended)."""

    month: Month
    signal: Annotated[Number, Field(ge=0, le=1)]
    text: SomeText


@entry("vendor_event")
class VendorEvent:
    """From `month` (index) on, the vendors of these size ranks (1: largest) change.

    Their capacity is multiplied by `capacity_factor`, and they give up `withdrawn_lots` (names of lots).
    """

    month: Month
    vendors: Annotated[Filled[Annotated[Whole, Field(ge=1, le=MOST_VENDORS)]], Field(max_length=MOST_VENDORS)]
    capacity_factor: Annotated[Number, Field(ge=0, le=10)] = 1.0
    withdrawn_lots: tuple[Line, ...] = ()
    text: SomeText = Field(default_factory=dict, validate_default=True)
