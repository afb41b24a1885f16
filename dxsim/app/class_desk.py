"""The routes of a class that votes: those of students, and those that `guests` keeps for the lecturer."""

from __future__ import annotations

import asyncio
import gzip
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import anyio.to_thread
import segno
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from dxsim.app.classroom import Classroom, TurnedAwayError, Why
from dxsim.app.requests import RefusedError, content_of
from dxsim.app.settings import problems_of
from dxsim.errors import InputError
from dxsim.language import by_language

PAGE = Path(__file__).parent / "static" / "join.html"
POLL_SECONDS = 20.0
MOST_POLLS = 3  # of a ticket at a time: a phone that slept leaves some behind
MOST_RECORDINGS = 4  # a few megabytes each
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
    recording_of : callable
        Gives the recording of a lesson on a nation, or nothing; it runs in a thread, once for all students.
    """

    def __init__(self, room: Classroom, address: str, recording_of: Callable[[str, str], bytes]) -> None:
        self.room, self.address, self._recording_of = room, address, recording_of
        self._change = asyncio.Event()
        self._polls: Counter[str] = Counter()
        self._recordings: dict[tuple[str, str], asyncio.Task[bytes]] = {}
        self._is_over = False

    def routes(self) -> list[Route]:
        """Return the routes."""
        posts = (self.enter, self.vote, self.recording, self.show, self.close, self.renew)
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

    async def recording(self, request: Request) -> Response:
        """Answer with the recording of the lesson on the screen, packed once for all."""
        content = await content_of(request)
        self.room.admit(content.get("ticket"), _RECORDING_COST)
        lesson, nation = self.room.screen.lesson, self.room.screen.nation
        packed = await self._packed(lesson, nation) if lesson else b""
        if not packed:
            return Response(status_code=204)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(gzip.decompress(packed), media_type="application/octet-stream")
        return Response(packed, media_type="application/octet-stream", headers={"Content-Encoding": "gzip"})

    async def _packed(self, lesson: str, nation: str) -> bytes:
        key = (lesson, nation)
        if key not in self._recordings:
            if len(self._recordings) >= MOST_RECORDINGS:
                del self._recordings[next(iter(self._recordings))]
            self._recordings[key] = asyncio.create_task(anyio.to_thread.run_sync(lambda: self._pack(*key)))
        task = self._recordings[key]
        try:
            return await asyncio.shield(task)
        except Exception:
            self._recordings.pop(key, None)  # the next student tries again
            raise

    def _pack(self, lesson: str, nation: str) -> bytes:
        recording = self._recording_of(lesson, nation)
        return gzip.compress(recording, 6) if recording else b""

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
        drawn = BytesIO()
        code = segno.make(f"{self.address}#{self.room.code}", error="m", micro=False)
        code.save(drawn, kind="svg", scale=8, dark="#000", light="#fff", xmldecl=False, omitsize=True)
        return JSONResponse(
            {
                "address": self.address,
                "code": self.room.code,
                "qr": drawn.getvalue().decode(),
                "students": self.room.students,
            }
        )

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
