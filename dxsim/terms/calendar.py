"""The calendar: month 0 is April 2021, and every date is a whole month written ``YYYY-MM``."""

from __future__ import annotations

import re

from dxsim.language import say

FIRST_YEAR, FIRST_MONTH = 2021, 4
MONTHS = 180  # 15 fiscal years, April 2021 to March 2036
MONTHS_PER_YEAR = 12
APRIL, SEPTEMBER, OCTOBER, DECEMBER, MARCH = 0, 5, 6, 8, 11  # months of a fiscal year
PRESSED_MONTHS = 24  # before the deadline, in which municipalities are named and foresee penalties

_PATTERN = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


def is_month(text: str) -> bool:
    """Return whether `text` is a month written ``YYYY-MM``, before, in or after the calendar."""
    return _PATTERN.fullmatch(text) is not None


def month_index(text: str) -> int:
    """Return the index of the month written ``YYYY-MM``; ``2021-04`` is 0 and ``2036-03`` is 179.

    Raises
    ------
    ValueError
        If `text` is not a month of the calendar.

    Examples
    --------
    >>> month_index("2026-03")
    59
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ValueError(say("a month is written YYYY-MM, for example 2026-03 (got {value})", value=repr(text)))
    return (int(match[1]) - FIRST_YEAR) * MONTHS_PER_YEAR + int(match[2]) - FIRST_MONTH


def month_name(index: int) -> str:
    """Return the month with this index as ``YYYY-MM``.

    Examples
    --------
    >>> month_name(59)
    '2026-03'
    """
    year, month = divmod(index + FIRST_MONTH - 1, MONTHS_PER_YEAR)
    return f"{FIRST_YEAR + year:04d}-{month + 1:02d}"
