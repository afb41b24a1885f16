"""One error tree, in English and Japanese. A user's mistake is an `InputError`: it names every problem at once.

A message is written in English where it is raised, as a template with named placeholders for `dxsim.language.say`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dxsim.characters import visible
from dxsim.language import say


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in one line; hidden characters of what a user wrote are written out.

    Parameters
    ----------
    where : str
        File, line and key, as far as known, for example ``scenarios/mine.yaml, line 4: policy.deadline``.
    what : str
        What is wrong, what was expected and, where there is one, the nearest right name.
    line : int
        Line of the file, by which problems are put in order; 0 where not known.
    """

    where: str
    what: str
    line: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "where", visible(self.where))
        object.__setattr__(self, "what", visible(self.what))

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class DxsimError(Exception):
    """Any error that dxsim raises on purpose; the command line prints it without a traceback and exits with 2."""


class DxsimWarning(UserWarning):
    """Something is possible, but hardly meant; the command line prints it on a line of its own and goes on."""


class InputError(DxsimError):
    """What a user wrote can't be used. All problems are reported together.

    Parameters
    ----------
    subject : str
        What was being read, for example ``scenario 'mine.yaml'``.
    problems : iterable of Problem
        At least one.
    """

    def __init__(self, subject: str, problems: Iterable[Problem]) -> None:
        self.subject = visible(subject)
        self.problems = tuple(problems)
        count = len(self.problems)
        if count == 1:
            head = say("{subject}: 1 problem", subject=subject)
        else:
            head = say("{subject}: {count} problems", subject=subject, count=count)
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in self.problems)]))


def check_all(subject: str, checks: Iterable[Callable[[], object]]) -> None:
    """Carry out all checks, and tell what they refuse at once.

    Raises
    ------
    InputError
        That of the check which failed, or one about the `subject` with the problems of all that did.
    """
    failed: list[InputError] = []
    for check in checks:
        try:
            check()
        except InputError as error:
            failed.append(error)
    if len(failed) == 1:
        raise failed[0]
    if failed:
        raise InputError(
            subject,
            [Problem(what.where or error.subject, what.what, what.line) for error in failed for what in error.problems],
        )


EXAMPLES = 5  # of one kind of problem; the rest are counted


def capped(problems: list[Problem]) -> list[Problem]:
    """Return the first few problems of one kind, and how many more there are."""
    if len(problems) <= EXAMPLES:
        return problems
    return [*problems[:EXAMPLES], Problem(problems[EXAMPLES].where, more(len(problems) - EXAMPLES))]


def more(count: int) -> str:
    """Return that there are so many more problems of the same kind."""
    return say("and {count:,} more like this, from here on", count=count)


def at_line(file: object, line: object) -> str:
    """Return how a problem names a line of a file."""
    return say("{file}, line {line}", file=file, line=line)


def nearest(name: str, known: Sequence[str]) -> str:
    """Return ``; did you mean 'x'?`` for the known name nearest to `name`, or nothing if none is near."""
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return say("; did you mean '{name}'?", name=found[0]) if found else ""
