"""The routes of a class that votes: those of students, and those that `guests` keeps for the lecturer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import segno
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from dxsim.app.classroom import Classroom, TurnedAwayError, Why
from dxsim.app.lessons import Lesson, lesson_named
from dxsim.app.requests import RefusedError, content_of
from dxsim.app.settings import problems_of
from dxsim.errors import InputError
from dxsim.language import by_language

PAGE = Path(__file__).parent / "static" / "join.html"
POLL_SECONDS = 20.0
MOST_POLLS = 3  # of a ticket at a time: a phone that slept leaves some behind
_RECORDING_COST = 8  # as many requests as one for a recording counts for
_STATUS: dict[Why, int] = {"code": 403, "ticket": 401, "full": 503, "pace": 429, "closed": 409, "choice": 422}

Result = TypeVar("Result")


class ClassDesk:
    """Answers students and their lecturer.

    A phone waits here for the lecturer's next screen; it keeps no thread and counts as none of the requests that wait
    for the model.

    Parameters
    ----------
    room : Classroom
        The class.
    address : str
        What students open, without the code.
    """

    def __init__(self, room: Classroom, address: str) -> None:
        self.room, self.address = room, address
        self._change = asyncio.Event()
        self._polls: Counter[str] = Counter()
        self._is_over = False

    def routes(self, recorded: Callable[[Lesson, str, str], Awaitable[bytes]]) -> list[Route]:
        """Return the routes.

        Parameters
        ----------
        recorded : callable
            Gives a part of the recording of a lesson on a nation, made once for all students.
        """

        async def recording(request: Request) -> Response:
            content = await content_of(request)
            self.room.admit(content.get("ticket"), _RECORDING_COST)
            asked = self.room.recording_of(content.get("part"))
            if asked is None:
                return Response(status_code=204)
            lesson, nation, part = asked
            return Response(await recorded(lesson_named(lesson), nation, part), media_type="application/octet-stream")

        posts = (self.enter, self.vote, recording, self.show, self.close, self.renew)
        gets = (self.screen, self.about, self.votes)
        return [
            Route("/join", self.page),
            *(Route(f"/class/{act.__name__}", act, methods=["POST"]) for act in posts),
            *(Route(f"/class/{look.__name__}", look) for look in gets),
        ]

    def end(self) -> None:
        """Let go of all who wait, so that the app can end."""
        self._is_over = True
        self._change.set()

    async def page(self, _: Request) -> Response:
        """Answer with the page of a student."""
        return FileResponse(PAGE)

    async def enter(self, request: Request) -> Response:
        """Answer the code of the class with a ticket."""
        content = await content_of(request)
        address = request.client.host if request.client else ""
        return JSONResponse({"ticket": self.room.enter(content.get("code"), address)})

    async def vote(self, request: Request) -> Response:
        """Take a vote."""
        content = await content_of(request)
        ticket = self.room.admit(content.get("ticket"))
        self.room.vote(ticket, content.get("question"), content.get("option"))
        return JSONResponse(self.room.seen_by(ticket))

    async def screen(self, request: Request) -> Response:
        """Answer with what a student sees, as soon as it is no longer the version `since`."""
        ticket = self.room.admit(request.query_params.get("ticket"))
        if request.query_params.get("since") == str(self.room.version) and not await self._changes(ticket):
            return Response(status_code=204)
        return JSONResponse(self.room.seen_by(ticket))

    async def _changes(self, ticket: str) -> bool:
        """Wait for a change, and return whether there was one."""
        if self._is_over or self._polls[ticket] >= MOST_POLLS:
            return False
        self._polls[ticket] += 1
        try:
            await asyncio.wait_for(self._change.wait(), POLL_SECONDS)
        except TimeoutError:
            return False
        finally:
            self._polls[ticket] -= 1
        return not self._is_over

    async def show(self, request: Request) -> Response:
        """Set what the lecturer shows."""
        content = await content_of(request)
        return self._act(lambda: self.room.show(content))

    async def close(self, request: Request) -> Response:
        """Close a vote."""
        content = await content_of(request)
        return self._act(lambda: self.room.close(content.get("question")))

    async def renew(self, request: Request) -> Response:
        """Forget the votes on a question, and open it again."""
        content = await content_of(request)
        return self._act(lambda: self.room.renew(content.get("question")))

    async def about(self, _: Request) -> Response:
        """Answer with what the lecturer shows to let students in."""
        room = self.room
        about = {"address": self.address, "code": room.code, "qr": self._drawn, "students": room.students}
        return JSONResponse(about)

    @cached_property
    def _drawn(self) -> str:
        """Address and code as a QR code in SVG."""
        drawn = BytesIO()
        code = segno.make(f"{self.address}#{self.room.code}", error="m", micro=False)
        code.save(drawn, kind="svg", scale=8, dark="#000", light="#fff", xmldecl=False, omitsize=True)
        return drawn.getvalue().decode()

    async def votes(self, request: Request) -> Response:
        """Answer with the counts of a question."""
        question = request.query_params.get("question")
        return JSONResponse(_refusing(lambda: self.room.votes(question)))

    def _act(self, act: Callable[[], None]) -> Response:
        """Let the lecturer change something, and tell all who wait."""
        _refusing(act)
        self._change.set()
        self._change = asyncio.Event()
        return JSONResponse({"version": self.room.version})


def _refusing(work: Callable[[], Result]) -> Result:
    """Return what `work` returns, or refuse the request with all that is wrong; then it has changed nothing."""
    try:
        return work()
    except InputError:
        raise RefusedError(by_language(lambda: problems_of(work))) from None


def turn_away(_: Request, error: Exception) -> Response:
    """Answer a student who is turned away."""
    assert isinstance(error, TurnedAwayError)  # noqa: S101 - registered for it alone
    problems = {language: [words] for language, words in error.words.items()}
    return JSONResponse({"problems": problems}, status_code=_STATUS[error.why])
