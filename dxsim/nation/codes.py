"""Codes of municipalities in a list as people have it: with a check digit or without, zeros lost in a spreadsheet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from dxsim.language import say
from dxsim.terms.municipalities import CHECKED_DIGITS, CODE_DIGITS, check_digit, five_digits, is_checked

_NO_ACCIDENT = 4  # codes: one of eleven ends in a right check digit by accident, so many only once in 15,000 lists


def read_codes(cells: Sequence[str]) -> tuple[list[str], dict[int, str]]:
    """Return the codes of a list in five digits, and what is wrong with some of them.

    Each code is read by its own length and its check digit. Five digits are a code as it is, or six that lost the zero
    in front; they are the latter where all of them end in the right check digit. Where only some do, the list is of two
    kinds, and the codes of the rarer kind are refused rather than guessed.

    Parameters
    ----------
    cells : sequence of str
        As they stand in the list.

    Returns
    -------
    codes : list of str
        One for each cell.
    problems : dict of int to str
        Place -> what is wrong.

    Examples
    --------
    >>> read_codes(["011002", "12025", "131016"])[0], read_codes(["1100", "12025", "13101"])[0]
    (['01100', '01202', '13101'], ['01100', '12025', '13101'])
    """
    cells = [unicodedata.normalize("NFKC", cell) for cell in cells]  # digits may be wide
    problems = {place: what for place, cell in enumerate(cells) if (what := _problem(cell))}
    right = {cell for place, cell in enumerate(cells) if place not in problems}
    of_five = {cell for cell in right if len(cell) == CODE_DIGITS and not cell.startswith("0")}
    of_six = {cell for cell in right if len(cell) == CHECKED_DIGITS}
    doubtful = {cell for cell in of_five if is_checked(f"0{cell}")}
    lost_their_zero = (
        bool(doubtful)
        and doubtful == of_five
        and all(len(cell) > CODE_DIGITS or cell in of_five for cell in right)
        and (bool(of_six) or len(of_five) >= _NO_ACCIDENT)
    )
    if of_six and doubtful and not lost_their_zero:
        count_of_six = sum(cell in of_six for cell in cells)
        rarer, usual = (CHECKED_DIGITS, CODE_DIGITS) if 2 * count_of_six < len(cells) else (CODE_DIGITS, CHECKED_DIGITS)
        for place, cell in enumerate(cells):
            if len(cell) == rarer and place not in problems:
                problems[place] = say(
                    "'{code}' has {count} digits where most codes here have {usual}; write them all alike",
                    code=cell,
                    count=rarer,
                    usual=usual,
                )
    return [five_digits(f"0{cell}" if lost_their_zero and cell in of_five else cell) for cell in cells], problems


def _problem(cell: str) -> str:
    if not re.fullmatch(r"[0-9]{4,6}", cell):
        return say("'{code}' is not a code of five digits, or six with the check digit", code=cell)
    if len(cell) == CHECKED_DIGITS and not is_checked(cell):
        first, digit = cell[:CODE_DIGITS], check_digit(cell[:CODE_DIGITS])
        return say("'{code}' ends in a wrong check digit: {first} has {digit}", code=cell, first=first, digit=digit)
    return ""


def with_five_digits(rows: tuple[tuple[int, dict[str, str]], ...]) -> tuple[tuple[int, dict[str, str]], ...]:
    """Return rows whose codes have five digits; those that are no codes are told later, with what is near."""
    found, wrong = read_codes([cells["code"] for _, cells in rows])
    codes = [cells["code"] if place in wrong else found[place] for place, (_, cells) in enumerate(rows)]
    return tuple((line, {**cells, "code": code}) for code, (line, cells) in zip(codes, rows, strict=True))
