"""Names of columns that somebody asks for."""

from __future__ import annotations

from collections.abc import Sequence

from dxsim.errors import InputError, Problem, nearest, say


def check_columns(asked: Sequence[str], known: Sequence[str]) -> None:
    """Refuse names that are not among the `known` ones.

    Raises
    ------
    InputError
        With each of them and the nearest right name.
    """
    problems = [
        Problem("", say("no column '{column}'{hint}", column=name, hint=nearest(name, known)))
        for name in asked
        if name not in known
    ]
    if problems:
        raise InputError(say("columns of records"), problems)
