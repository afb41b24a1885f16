"""Names of columns and types that somebody asks for."""

from __future__ import annotations

from collections.abc import Sequence

from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say


def check_names(subject: str, asked: Sequence[str], known: Sequence[str]) -> None:
    """Refuse names that are not among the `known` ones; `subject` says of what they are.

    Raises
    ------
    InputError
        With each of them and the nearest right name.
    """
    wrong = [name for name in asked if name not in known]
    if wrong:
        raise InputError(
            subject, [Problem("", say("there is no '{name}'{hint}", name=x, hint=nearest(x, known))) for x in wrong]
        )
