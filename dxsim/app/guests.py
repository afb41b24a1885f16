"""Who comes from elsewhere while a class votes: such a guest gets the page of a student and nothing else."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dxsim.app.classroom import MOST_ADDRESSES, Pace
from dxsim.language import by_language, say

LOOPBACK = ("127.0.0.1", "::1", "localhost")
AT_ONCE, PER_SECOND = 1_200, 100  # requests from one address: a class behind one router opens the page
STUDENTS_PATHS = frozenset(
    {"/join", "/start", "/font.woff", "/class/enter", "/class/vote", "/class/screen", "/class/recording"}
)


def is_lecturer(scope: Scope) -> bool:
    """Return whether a request comes from this machine, under a name that only this machine can use.

    The name counts too: what a proxy on this machine hands on comes from here, but was not asked for here.
    """
    address = (scope["client"] or ("",))[0]
    try:
        name = urlsplit(f"//{Headers(scope=scope).get('host', '')}").hostname
    except ValueError:
        return False
    return address in LOOPBACK and name in LOOPBACK


class Guests:
    """Refuses guests whatever is not listed for them; the address alone leads them to the page of a student.

    Parameters
    ----------
    app : ASGI application
        What is kept from them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._paces: dict[str, Pace] = {}  # by address, the last that asked at the end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http" or is_lecturer(scope):
            await self.app(scope, receive, send)
        else:
            await self._receive_guest(scope)(scope, receive, send)

    def _receive_guest(self, scope: Scope) -> ASGIApp:
        """Return what answers a guest."""
        if not self._is_in_time((scope["client"] or ("",))[0]):
            words = by_language(lambda: say("too many requests in a short time; wait a moment"))
            return PlainTextResponse("\n".join(words.values()), status_code=429)
        if scope["path"] == "/":
            return RedirectResponse("/join")
        if not _is_for_students(scope["path"]):
            words = by_language(lambda: say("this is for the lecturer only; students open /join"))
            return PlainTextResponse("\n".join(words.values()), status_code=403)
        return self.app

    def _is_in_time(self, address: str) -> bool:
        now = time.monotonic()
        pace = self._paces.pop(address, None) or Pace(AT_ONCE, PER_SECOND, now)
        self._paces[address] = pace
        if len(self._paces) > MOST_ADDRESSES:
            del self._paces[next(iter(self._paces))]
        return pace.take(now)


def _is_for_students(path: str) -> bool:
    return path in STUDENTS_PATHS or path.startswith(("/static/", "/nation/"))
