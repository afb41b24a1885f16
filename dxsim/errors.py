"""One error tree, in English and Japanese. A user's mistake is an `InputError`: it names every problem at once.

A message is written in English where it is raised, as a template with named placeholders for `say`; its Japanese stands
in ``messages.csv``, which is read only when somebody asks for Japanese.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "ja")
CATALOGUE = Path(__file__).with_name("messages.csv")

_spoken = "en"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

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

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class DxsimError(Exception):
    """Any error that dxsim raises on purpose; the command line prints it without a traceback and exits with 2."""


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
        self.subject = subject
        self.problems = tuple(problems)
        count = len(self.problems)
        if count == 1:
            head = say("{subject}: 1 problem", subject=subject)
        else:
            head = say("{subject}: {count} problems", subject=subject, count=count)
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in self.problems)]))


def set_language(language: str) -> str:
    """Choose the language of this process's messages; labels of figures and tables have their own ``language=``.

    A message is put into words when it is raised, so choose first. The ``dxsim`` command does so for you.

    Parameters
    ----------
    language : {"en", "ja"}
        English until something else is chosen.

    Returns
    -------
    str
        The language until now.

    Raises
    ------
    InputError
        If there is no such language.

    Examples
    --------
    >>> before = set_language("ja")
    >>> nearest("basline", ["baseline"])
    '。「baseline」の誤りではありませんか'
    >>> set_language(before)
    'ja'
    """
    global _spoken
    if language not in LANGUAGES:
        what = say("{key} must be {bounds} (got {value})", key="language", bounds=say("en or ja"), value=repr(language))
        raise InputError("set_language", [Problem("", what)])
    before, _spoken = _spoken, language
    return before


def say(template: str, /, **values: object) -> str:
    """Return a message in the language of this process.

    Parameters
    ----------
    template : str
        English, always written out where it is said, so that tests find it; ``{name}`` stands for a value.
    **values
        What the placeholders of both languages stand for.
    """
    return (template if _spoken == "en" else _japanese().get(template, template)).format(**values)


@cache
def _japanese() -> dict[str, str]:
    import csv

    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return {row["en"]: row["ja"] for row in csv.DictReader(file)}


def at_line(file: object, line: object) -> str:
    """Return how a problem names a line of a file."""
    return say("{file}, line {line}", file=file, line=line)


def nearest(name: str, known: Sequence[str]) -> str:
    """Return ``; did you mean 'x'?`` for the known name nearest to `name`, or nothing if none is near."""
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return say("; did you mean '{name}'?", name=found[0]) if found else ""
