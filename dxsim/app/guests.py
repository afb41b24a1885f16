"""Who comes from elsewhere while a class votes: such a guest gets the page of a student and nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dxsim.language import by_language, say

LOOPBACK = ("127.0.0.1", "::1", "localhost")
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http" or is_lecturer(scope) or _is_for_students(scope["path"]):
            await self.app(scope, receive, send)
        elif scope["path"] == "/":
            await RedirectResponse("/join")(scope, receive, send)
        else:
            words = by_language(lambda: say("this is for the lecturer only; students open /join"))
            await PlainTextResponse("\n".join(words.values()), status_code=403)(scope, receive, send)


def _is_for_students(path: str) -> bool:
    return path in STUDENTS_PATHS or path.startswith(("/static/", "/nation/"))
