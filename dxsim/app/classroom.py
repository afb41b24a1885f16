"""A class that votes: who is in, what is on the lecturer's screen, and the predictions as they stand.

There is no HTTP here. Nothing of a student is known but a random ticket. All of it
lives in memory and ends with the app.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from dxsim.app.lessons.lesson import STEPS
from dxsim.app.nations import NATIONS
from dxsim.errors import InputError, Problem
from dxsim.language import by_language, say
from dxsim.terms.calendar import MONTHS

CODE_DIGITS = 6
MOST_STUDENTS = 200
MOST_AT_ADDRESS = 60  # a class behind one router; a single student who collects tickets does not fill the room
MOST_ADDRESSES = 1_000  # that are remembered for wrong codes
MOST_STEPS = 50

Why = Literal["code", "ticket", "full", "pace", "closed", "choice"]


class TurnedAwayError(Exception):
    """What a student asked for is not given.

    Parameters
    ----------
    why : str
        Which of the reasons it is.
    words : mapping of str to str
        The reason in each language.
    """

    def __init__(self, why: Why, words: Mapping[str, str]) -> None:
        super().__init__(why)
        self.why, self.words = why, words


class Screen(NamedTuple):
    """What the lecturer shows."""

    nation: str
    lesson: str  # "" = none
    step: int
    month: int  # index from the first month of the model
    playing: bool
    asking: bool  # whether this step asks for a prediction
    shown: bool  # whether students see how the class has voted
    prediction: str  # that the lecturer has chosen, "" = none
    played: bool  # whether the play has passed the month that the question is about


NOTHING = Screen(NATIONS[0], "", 0, 0, playing=False, asking=False, shown=False, prediction="", played=False)


@dataclass
class Pace:
    """A bucket of tokens: so many at once, and so many more a second.

    Parameters
    ----------
    most : float
        How many tokens it holds.
    per_second : float
        How many come in.
    at : float
        When it was full.
    """

    most: float
    per_second: float
    at: float

    def __post_init__(self) -> None:
        self.left = self.most

    def has(self, now: float, cost: float = 1) -> bool:
        """Return whether it holds `cost` tokens now."""
        self.left = min(self.most, self.left + (now - self.at) * self.per_second)
        self.at = now
        return self.left >= cost

    def take(self, now: float, cost: float = 1) -> bool:
        """Take `cost` tokens if it holds them, and return whether it did."""
        if not self.has(now, cost):
            return False
        self.left -= cost
        return True


class Classroom:
    """One class, from the start of the app to its end.

    Parameters
    ----------
    options_of : callable
        Gives the predictions of a lesson by its name; none = there is no such lesson.
    clock : callable
        Gives seconds.
    """

    def __init__(
        self, options_of: Callable[[str], tuple[str, ...]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        self.screen = Screen(
            NATIONS[0], "", 0, 0, playing=False, asking=False, shown=False, prediction="", played=False
        )
        self.version = 1
        self._options_of, self._clock = options_of, clock
        self._students: dict[str, Pace] = {}  # by ticket
        self._seats: Counter[str] = Counter()  # by address
        self._guesses: dict[str, Pace] = {}  # by address
        self._all_guesses = Pace(MOST_STUDENTS, 1, clock())
        self._votes: dict[str, dict[str, str]] = {}  # by question and ticket
        self._closed: set[str] = set()

    @property
    def students(self) -> int:
        """How many have come in."""
        return len(self._students)

    def enter(self, code: object, address: str) -> str:
        """Let a student in, who then has a ticket.

        A wrong code costs a try, of the address and of all together, so that a million codes can't be tried.

        Raises
        ------
        TurnedAwayError
            If the code is wrong, was guessed too often, or there is no seat.
        """
        now = self._clock()
        guesses = self._guesses.get(address) or Pace(10, 0.1, now)
        if not (guesses.has(now) and self._all_guesses.has(now)):
            raise TurnedAwayError("pace", by_language(lambda: say("there were too many wrong codes; wait a moment")))
        if not (isinstance(code, str) and secrets.compare_digest(code.encode("utf-8", "replace"), self.code.encode())):
            guesses.take(now)
            self._all_guesses.take(now)
            self._guesses.pop(address, None)
            self._guesses[address] = guesses
            if len(self._guesses) > MOST_ADDRESSES:
                del self._guesses[next(iter(self._guesses))]
            raise TurnedAwayError("code", by_language(lambda: say("this is not the code of the class")))
        if self.students >= MOST_STUDENTS or self._seats[address] >= MOST_AT_ADDRESS:
            raise TurnedAwayError("full", by_language(lambda: say("no seat is left in this class")))
        ticket = secrets.token_urlsafe(16)
        self._students[ticket] = Pace(30, 4, now)
        self._seats[address] += 1
        return ticket

    def admit(self, ticket: object, cost: float = 1) -> str:
        """Return a ticket that is valid and does not come too often.

        Raises
        ------
        TurnedAwayError
            If it isn't, or does.
        """
        pace = self._students.get(ticket) if isinstance(ticket, str) else None
        if pace is None:
            raise TurnedAwayError("ticket", by_language(lambda: say("enter the code of the class first")))
        if not pace.take(self._clock(), cost):
            raise TurnedAwayError("pace", by_language(lambda: say("too many requests in a short time; wait a moment")))
        return str(ticket)

    def vote(self, ticket: str, question: object, option: object) -> None:
        """Set or change a student's vote on the question that is on the screen.

        Raises
        ------
        TurnedAwayError
            If the vote is not open, or there is no such option.
        """
        if not self.screen.asking or question != self.screen.lesson or question in self._closed:
            raise TurnedAwayError("closed", by_language(lambda: say("this vote is not open")))
        options = self._options_of(self.screen.lesson)
        if not isinstance(option, str) or option not in options:
            words = by_language(lambda: say("one of {choices}", choices=", ".join(options)))
            raise TurnedAwayError("choice", words)
        self._votes.setdefault(self.screen.lesson, {})[ticket] = option

    def seen_by(self, ticket: str) -> dict[str, Any]:
        """Return what a student sees: the screen, the own vote, and the counts once the lecturer shows them."""
        question = self.screen.lesson
        return {
            **self.screen._asdict(),
            "version": self.version,
            "options": self._options_of(question),
            "closed": question in self._closed,
            "mine": self._votes.get(question, {}).get(ticket),
            "counts": self._counts(question) if self.screen.shown and question else None,
        }

    def recording_of(self, part: object) -> tuple[str, str, str] | None:
        """Return lesson, nation and part of a recording, if that may be seen now.

        What a lesson answers may be seen once the lecturer's screen plays it.
        """
        screen = self.screen
        is_there = screen.lesson and (part == "opening" or (part == "answer" and screen.step >= STEPS.index("play")))
        return (screen.lesson, screen.nation, str(part)) if is_there else None

    def votes(self, question: object) -> dict[str, Any]:
        """Return the counts of a question by option, for the lecturer.

        Raises
        ------
        InputError
            If there is no such question.
        """
        known = self._known(question)
        return {
            "options": self._options_of(known),
            "counts": self._counts(known),
            "closed": known in self._closed,
            "students": self.students,
        }

    def show(self, content: Mapping[str, Any]) -> None:
        """Set what the lecturer shows; who shows the votes closes them, so that nobody votes with the crowd.

        Raises
        ------
        InputError
            With all that is wrong with it.
        """
        self.screen = _read_screen(content, self._options_of)
        if self.screen.shown and self.screen.lesson:
            self._closed.add(self.screen.lesson)
        self.version += 1

    def close(self, question: object) -> None:
        """Close a vote for good.

        Raises
        ------
        InputError
            If there is no such question.
        """
        self._closed.add(self._known(question))
        self.version += 1

    def renew(self, question: object) -> None:
        """Forget the votes on a question and open it again, for a lesson that starts anew.

        Raises
        ------
        InputError
            If there is no such question.
        """
        known = self._known(question)
        self._votes.pop(known, None)
        self._closed.discard(known)
        self.version += 1

    def _counts(self, question: str) -> dict[str, int]:
        standing = Counter(self._votes.get(question, {}).values())
        return {option: standing[option] for option in self._options_of(question)}

    def _known(self, question: object) -> str:
        if isinstance(question, str) and self._options_of(question):
            return question
        raise InputError(say("request"), [Problem("question", say("there is no such lesson"))])


def _read_screen(content: Mapping[str, Any], options_of: Callable[[str], tuple[str, ...]]) -> Screen:
    problems = []
    if content.get("nation") not in NATIONS:
        problems.append(Problem("nation", say("one of {choices}", choices=", ".join(NATIONS))))
    lesson = content.get("lesson")
    if not isinstance(lesson, str) or (lesson and not options_of(lesson)):
        problems.append(Problem("lesson", say("there is no such lesson")))
    for name, high in (("step", MOST_STEPS - 1), ("month", MONTHS - 1)):
        value = content.get(name)
        if type(value) is not int or not 0 <= value <= high:
            problems.append(Problem(name, say("a whole number from {low} to {high}", low=0, high=high)))
    problems += [
        Problem(name, say("true or false"))
        for name in ("playing", "asking", "shown", "played")
        if not isinstance(content.get(name), bool)
    ]
    if content.get("prediction") not in ("", *(options_of(lesson) if isinstance(lesson, str) else ())):
        problems.append(Problem("prediction", say("there is no such option")))
    if problems:
        raise InputError(say("request"), problems)
    return Screen(*(content[name] for name in Screen._fields))
