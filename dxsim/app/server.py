"""The server of the app: it sends the page and answers what the page asks, and remembers nothing of anybody."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import anyio.to_thread
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dxsim.app.citing import cite
from dxsim.app.comparisons import Outcomes, compare
from dxsim.app.lessons import Lesson, lesson_named
from dxsim.app.life import life
from dxsim.app.nations import TEACHING, WHOLE, describe, teaching_nation
from dxsim.app.runs import LAYERS, Runner
from dxsim.app.settings import (
    MOST_SEEDS,
    Setting,
    problems_of,
    read_arms,
    read_number,
    read_parameters,
    read_seed,
    read_setting,
)
from dxsim.app.start import start
from dxsim.errors import InputError, Problem
from dxsim.files import PACKAGE
from dxsim.language import CATALOGUES, LANGUAGES, by_language, in_language, say
from dxsim.nation.nation import Nation
from dxsim.views.fonts import japanese_font

STATIC = Path(__file__).parent / "static"
LARGEST_REQUEST = 64 * 1024  # bytes
ARMS = 2  # of what is cited
MOST_WAITING = 64  # requests; one more is asked to come again
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_GZIP_LEVEL = 1  # a third of the bytes of a run; nine times the effort saves a tenth of those
_LOOK_SECONDS = 0.1  # how often it is looked whether somebody still waits
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self';"
        " img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

_LINK = re.compile(r"#[\w.=&%+-]{0,8000}", re.ASCII)

Result = TypeVar("Result")
Other = TypeVar("Other")
Content = Mapping[str, Any]


class RefusedError(Exception):
    """A request that can't be answered: all that is wrong with it, by language."""

    def __init__(self, problems: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self.problems = problems


class Desk:
    """Answers requests: checks them, and runs the model in threads.

    Parameters
    ----------
    whole : Nation
        The nation beside the teaching nation.
    threads : int
        Runs at a time, at least 1.
    """

    def __init__(self, whole: Nation, threads: int) -> None:
        self.runners = {TEACHING: Runner(teaching_nation()), WHOLE: Runner(whole)}
        self.single = ThreadPoolExecutor(threads, "dxsim-run")  # what somebody waits for before the next picture
        self.several = ThreadPoolExecutor(threads, "dxsim-compare")
        self.waiting = 0

    async def begin(self, _: Request) -> Response:
        """Answer with texts, levers, scenarios and lessons."""
        return JSONResponse(await self._work(start))

    async def font(self, _: Request) -> Response:
        """Answer with the Japanese letters that the page can need, a thirtieth of the font."""
        font = await self._work(lambda: self._font)
        return Response(font, media_type="font/woff", headers={"Cache-Control": "max-age=86400"})

    @cached_property
    def _font(self) -> bytes:
        """The letters of all texts that ship, of the page's scenarios and of both nations."""
        shipped = [*CATALOGUES.glob("*.po"), *(PACKAGE / "terms").glob("*.csv")]
        shown = [start(), *(describe(runner.nation) for runner in self.runners.values())]
        texts = (json.dumps(content, ensure_ascii=False) for content in shown)
        return japanese_font([*(path.read_text(encoding="utf-8") for path in shipped), *texts])

    async def nation(self, request: Request) -> Response:
        """Answer with what the page must know of a nation."""
        name = request.path_params["name"]
        if name not in self.runners:
            raise HTTPException(404)
        return JSONResponse(await self._work(lambda: describe(self.runners[name].nation)))

    async def run(self, request: Request) -> Response:
        """Answer with a packed run."""
        (setting, seed), layers = await self._checked(
            lambda content: _both(lambda: _read_run(content), lambda: _read_layers(content)), request
        )
        runner = self.runners[setting.nation]
        packed = await self._work(lambda: self.single.submit(runner.packed, setting, seed, layers).result())
        # Within one machine a run travels faster than it is packed; an encoding that is named is left as it is.
        is_near = request.client is not None and request.client.host in LOOPBACK
        headers = {"Content-Encoding": "identity"} if is_near else {}
        return Response(packed, media_type="application/octet-stream", headers=headers)

    async def compare(self, request: Request) -> Response:
        """Answer with several settings, compared over some seeds."""
        arms, seeds = await self._checked(_read_comparison, request)
        return JSONResponse(compare(await self._collect(request, arms, seeds)))

    async def cite(self, request: Request) -> Response:
        """Answer with how to cite a comparison, and how to have it in Python."""
        arms, seeds, seed, link, language = await self._checked(_read_citation, request)
        nation = self.runners[arms[0].nation].nation
        with in_language(language):
            return JSONResponse(await self._work(lambda: cite(nation, arms, seeds, seed, link)))

    async def lesson(self, request: Request) -> Response:
        """Answer with what the model says to a lesson, and which of its predictions that bears out."""
        lesson, arms, seeds = await self._checked(_read_lesson, request)
        outcomes = await self._collect(request, arms, seeds)
        return JSONResponse({**compare(outcomes), "verdict": lesson.judge(outcomes)})

    async def life(self, request: Request) -> Response:
        """Answer with a municipality's biography."""
        setting, seed, code, language = await self._checked(self._read_life, request)
        nation = self.runners[setting.nation].nation
        with in_language(language):
            return JSONResponse(await self._work(lambda: life(nation, setting, seed, code)))

    def _read_life(self, content: Content) -> tuple[Setting, int, str, str]:
        setting, seed = _read_run(content)
        code = content.get("code")
        if not isinstance(code, str) or code not in self.runners[setting.nation].codes:
            raise InputError(say("request"), [Problem("code", say("not the code of a municipality here"))])
        return setting, seed, code, _read_language(content)

    async def _checked(self, read: Callable[[Content], Result], request: Request) -> Result:
        """Return what `read` makes of a request.

        Raises
        ------
        RefusedError
            With all that is wrong, in every language.
        """
        content = await _content(request)
        try:
            return await self._work(lambda: read(content))
        except InputError:
            raise RefusedError(
                await self._work(lambda: by_language(lambda: problems_of(lambda: read(content))))
            ) from None

    async def _collect(self, request: Request, arms: Sequence[Setting], seeds: int) -> list[list[Outcomes]]:
        """Return the outcomes of each setting under the seeds 1 to `seeds`; stop once nobody waits for them."""
        runner = self.runners[arms[0].nation]
        with self._turn():
            tasks = [[self.several.submit(runner.outcome, arm, seed) for seed in range(1, seeds + 1)] for arm in arms]
            waiting = {asyncio.wrap_future(task) for row in tasks for task in row}
            while waiting:
                _, waiting = await asyncio.wait(waiting, timeout=_LOOK_SECONDS)
                if waiting and await request.is_disconnected():
                    for task in waiting:
                        task.cancel()
                    raise ClientDisconnect
            return [[task.result() for task in row] for row in tasks]

    async def _work(self, work: Callable[[], Result]) -> Result:
        """Return what `work` returns, done in a thread."""
        with self._turn():
            return await anyio.to_thread.run_sync(work)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let a request wait for its answer, or refuse it if too many wait already."""
        if self.waiting >= MOST_WAITING:
            raise HTTPException(503)
        self.waiting += 1
        try:
            yield
        finally:
            self.waiting -= 1


async def _content(request: Request) -> Content:
    """Return the JSON object that a request carries, if it is not too large.

    It must call itself JSON: a page of another site can't send that without asking first, which nobody answers.
    """
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise HTTPException(415)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_REQUEST:
            raise HTTPException(413)
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(content, dict):
        raise HTTPException(400)
    return content


def _read_run(content: Content) -> tuple[Setting, int]:
    return _both(lambda: read_setting(content), lambda: read_seed(content))


def _read_layers(content: Content) -> tuple[str, ...]:
    """Return the layers of the map that a request wants; all unless it names some."""
    layers = content.get("layers", list(LAYERS))
    if not isinstance(layers, list) or any(layer not in LAYERS for layer in layers):
        what = say("a list with some of these was expected: {names}", names=", ".join(LAYERS))
        raise InputError(say("request"), [Problem("layers", what)])
    return tuple(dict.fromkeys(layers))


def _read_language(content: Content) -> str:
    language = content.get("language")
    if language not in LANGUAGES:
        raise InputError(say("request"), [Problem("language", say("en or ja"))])
    return str(language)


def _read_citation(content: Content) -> tuple[tuple[Setting, ...], int, int, str, str]:
    (arms, seeds), seed = _both(lambda: _read_comparison(content), lambda: read_seed(content))
    link = content.get("link")
    if len(arms) != ARMS or not isinstance(link, str) or not _LINK.fullmatch(link):
        what = say("two settings and the part of a link from '#' on were expected")
        raise InputError(say("request"), [Problem("link", what)])
    return arms, seeds, seed, link, _read_language(content)


def _read_comparison(content: Content) -> tuple[tuple[Setting, ...], int]:
    arms, seeds = _both(lambda: read_arms(content), lambda: read_number(content, "seeds", 2, MOST_SEEDS))
    if len({arm.nation for arm in arms}) > 1:
        raise InputError(say("request"), [Problem("arms", say("settings of one nation were expected"))])
    return arms, seeds


def _read_lesson(content: Content) -> tuple[Lesson, tuple[Setting, ...], int]:
    lesson = lesson_named(content.get("lesson"))
    arms, seeds = _both(
        lambda: lesson.arms(content.get("nation"), read_parameters(content.get("parameters"))),
        lambda: read_number(content, "seeds", 2, MOST_SEEDS),
    )
    return lesson, arms, seeds


def _both(one: Callable[[], Result], other: Callable[[], Other]) -> tuple[Result, Other]:
    """Return two parts of a request, or raise all that is wrong with both."""
    problems: list[Problem] = []
    try:
        found = one()
    except InputError as error:
        problems += error.problems
    try:
        further = other()
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(say("request"), problems)
    return found, further


class _Hosts:
    """Refuses what is asked for under another name, so that no web site can ask in the name of a user's browser.

    A site can give its own name any address, this machine's too; an address alone it can't pass off as its own.
    """

    def __init__(self, app: ASGIApp, names: Sequence[str], any_address: bool) -> None:
        self.app, self.any_address = app, any_address
        self.names = {name.lower() for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_known(name := Headers(scope=scope).get("host", "")):
            await self.app(scope, receive, send)
            return
        words = by_language(lambda: say("the app does not answer under the name '{name}'", name=name[:100]))
        await PlainTextResponse("\n".join(words.values()), status_code=400)(scope, receive, send)

    def _is_known(self, given: str) -> bool:
        try:
            host = urlsplit(f"//{given}").hostname or ""
        except ValueError:
            return False
        return host in self.names or (self.any_address and _is_address(host))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class _Headers:
    """Adds headers that keep the page to itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        await self.app(scope, receive, answer)


def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)  # noqa: S101 - registered for it alone
    return JSONResponse({"problems": error.problems}, status_code=422)


def _fail(_: Request, __: Exception) -> Response:
    """Answer where the app itself is at fault; what happened stands in its log."""
    words = by_language(lambda: [say("something went wrong in the app; its window says what")])
    return JSONResponse({"problems": words}, status_code=500)


def _gone(_: Request, __: Exception) -> Response:
    return Response(status_code=400)  # nobody reads it


def _say_status(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone

    def words() -> list[str]:
        what = {
            400: say("a JSON object was expected"),
            415: say("a JSON object was expected"),
            413: say("the request is larger than {bytes} bytes", bytes=LARGEST_REQUEST),
            503: say("too many requests are waiting; try again"),
        }.get(error.status_code, error.detail)
        return [what]

    return JSONResponse({"problems": by_language(words)}, status_code=error.status_code)


def make_app(whole: Nation, threads: int, names: Sequence[str] = (), *, any_address: bool = False) -> ASGIApp:
    """Return the app as an ASGI application.

    Parameters
    ----------
    whole : Nation
        The nation beside the teaching nation.
    threads : int
        Runs at a time, at least 1.
    names : sequence of str
        Hosts under which it may be asked for, beside those of this machine alone.
    any_address : bool
        Whether it may be asked for under any address in numbers.
    """
    desk = Desk(whole, threads)
    start()  # read once, before the first page asks

    async def explore(_: Request) -> Response:
        return FileResponse(STATIC / "explore.html")

    app = Starlette(
        routes=[
            Route("/explore", explore),
            Route("/font.woff", desk.font),
            Route("/start", desk.begin),
            Route("/nation/{name}", desk.nation),
            *(
                Route(f"/{name}", getattr(desk, name), methods=["POST"])
                for name in ("run", "compare", "cite", "lesson", "life")
            ),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[
            Middleware(_Hosts, names=(*LOOPBACK, *names), any_address=any_address),
            Middleware(GZipMiddleware, compresslevel=_GZIP_LEVEL),
        ],
        exception_handlers={
            RefusedError: _refuse,
            HTTPException: _say_status,
            ClientDisconnect: _gone,
            Exception: _fail,
        },
    )
    return _Headers(app)  # outside of all, so that a failure has them too
