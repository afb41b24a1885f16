"""The server of the app: it sends the page and answers what the page asks, and remembers nothing of anybody."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Sequence
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
from dxsim.app.class_desk import ClassDesk, turn_away
from dxsim.app.classroom import TurnedAwayError
from dxsim.app.comparisons import Outcomes, compare
from dxsim.app.guests import LOOPBACK, Guests
from dxsim.app.handouts import comparison_handout, lesson_handout
from dxsim.app.lessons import Lesson, lesson_named
from dxsim.app.lessons.recording import PARTS, answer, opening, seeds_of
from dxsim.app.life import life
from dxsim.app.nations import NATIONS, TEACHING, WHOLE, describe, teaching_nation
from dxsim.app.requests import LARGEST_REQUEST, Content, RefusedError, content_of
from dxsim.app.runs import LAYERS, Runner
from dxsim.app.settings import (
    MOST_SEEDS,
    Setting,
    problems_of,
    read_arms,
    read_number,
    read_seed,
    read_setting,
)
from dxsim.app.start import start
from dxsim.errors import InputError, Problem, nearest
from dxsim.files import PACKAGE
from dxsim.language import CATALOGUES, LANGUAGES, by_language, in_language, say
from dxsim.nation.nation import Nation
from dxsim.views.fonts import japanese_font

STATIC = Path(__file__).parent / "static"
ARMS = 2  # of what is cited
MOST_WAITING = 64  # requests; one more is asked to come again
PAGES = {"": "home", "present": "present", "notes": "notes", "explore": "explore"}
"""Path -> the file of its page."""

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


class Desk:
    """Answers requests: checks them, and runs the model in threads.

    Parameters
    ----------
    whole : Nation
        The nation beside the teaching nation.
    threads : int
        Runs at a time, at least 1.
    has_class : bool
        Whether a class can vote.
    """

    def __init__(self, whole: Nation, threads: int, *, has_class: bool = False) -> None:
        self.runners = {TEACHING: Runner(teaching_nation()), WHOLE: Runner(whole)}
        self.single = ThreadPoolExecutor(threads, "dxsim-run")  # what somebody waits for before the next picture
        self.several = ThreadPoolExecutor(threads, "dxsim-compare")
        self.waiting = 0
        self.recordings: dict[tuple[str, str, str], asyncio.Future[bytes]] = {}
        self.descriptions: dict[str, dict[str, Any]] = {}
        self.has_class = has_class

    async def begin(self, _: Request) -> Response:
        """Answer with texts, levers, scenarios and lessons."""
        return JSONResponse({**await self._work(start), "has_class": self.has_class})

    async def font(self, _: Request) -> Response:
        """Answer with the Japanese letters that the page can need, a thirtieth of the font."""
        font = await self._work(lambda: self._font)
        return Response(font, media_type="font/woff", headers={"Cache-Control": "max-age=86400"})

    @cached_property
    def _font(self) -> bytes:
        """The letters of all texts that ship, of the page's scenarios and of both nations."""
        shipped = [*CATALOGUES.glob("*.po"), *(PACKAGE / "terms").glob("*.csv")]
        shown = [start(), *map(self._described, self.runners)]
        texts = (json.dumps(content, ensure_ascii=False) for content in shown)
        return japanese_font([*(path.read_text(encoding="utf-8") for path in shipped), *texts])

    async def nation(self, request: Request) -> Response:
        """Answer with what the page must know of a nation."""
        name = request.path_params["name"]
        if name not in self.runners:
            raise HTTPException(404)
        return JSONResponse(await self._work(lambda: self._described(name)))

    def _described(self, name: str) -> dict[str, Any]:
        if name not in self.descriptions:  # which a whole class asks for
            self.descriptions[name] = describe(self.runners[name].nation)
        return self.descriptions[name]

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

    async def recording(self, request: Request) -> Response:
        """Answer with a part of a recorded lesson, packed."""
        lesson, nation, part = await self._checked(_read_recording, request)
        return Response(await self.recorded(lesson, nation, part), media_type="application/octet-stream")

    async def handout(self, request: Request) -> Response:
        """Answer with a lesson as one HTML file that plays on any machine."""
        asked = request.query_params

        def read() -> tuple[Lesson, str, str]:
            return _read_recording({"lesson": asked.get("lesson"), "nation": asked.get("nation"), "part": PARTS[0]})

        lesson, nation, _ = await self._read(read)
        parts = {part: await self.recorded(lesson, nation, part) for part in PARTS}
        page = await self._work(lambda: lesson_handout(self._described(nation), lesson, parts, start()))
        name = f"dxsim-{lesson.name}-{nation}.html"
        return Response(page, media_type="text/html", headers={"Content-Disposition": f'attachment; filename="{name}"'})

    async def comparison(self, request: Request) -> Response:
        """Answer with a comparison as one HTML file that plays on any machine."""
        arms, seeds, seed, link, _ = await self._checked(_read_citation, request)
        name = arms[0].nation
        runner = self.runners[name]
        found = compare(await self._collect(request, arms, seeds))

        def page() -> str:
            runs = [runner.packed(arm, seed, LAYERS) for arm in arms]
            cited = by_language(lambda: cite(runner.nation, arms, seeds, seed, link))
            return comparison_handout(self._described(name), name, runs, found, cited, start(), link)

        return Response(await self._work(page), media_type="text/html")

    async def recorded(self, lesson: Lesson, nation: str, part: str) -> bytes:
        """Return a part of a recorded lesson; a class that asks for it at once has it made once."""
        key = lesson.name, nation, part
        if key not in self.recordings:
            self.recordings[key] = asyncio.ensure_future(self._record(lesson, nation, part))
        try:
            return await asyncio.shield(self.recordings[key])
        except Exception:
            self.recordings.pop(key, None)
            raise

    async def _record(self, lesson: Lesson, nation: str, part: str) -> bytes:
        runner, seeds = self.runners[nation], seeds_of(nation)
        arms = (lesson.arms[0], lesson.arm(lesson.shown)) if part == PARTS[0] else lesson.arms
        tasks = {
            arm.name: [self.several.submit(runner.outcome, arm.setting(nation), seed) for seed in seeds] for arm in arms
        }
        found = {name: [await asyncio.wrap_future(task) for task in row] for name, row in tasks.items()}

        def pack() -> bytes:
            if part == PARTS[0]:
                return opening(runner.nation, nation, lesson, found)
            return answer(runner.nation, nation, lesson, found)

        return await self._work(pack)

    async def cite(self, request: Request) -> Response:
        """Answer with how to cite a comparison, and how to have it in Python."""
        arms, seeds, seed, link, language = await self._checked(_read_citation, request)
        nation = self.runners[arms[0].nation].nation
        with in_language(language):
            return JSONResponse(await self._work(lambda: cite(nation, arms, seeds, seed, link)))

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
        content = await content_of(request)
        return await self._read(lambda: read(content))

    async def _read(self, read: Callable[[], Result]) -> Result:
        try:
            return await self._work(read)
        except InputError:
            raise RefusedError(await self._work(lambda: by_language(lambda: problems_of(read)))) from None

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


def _read_recording(content: Content) -> tuple[Lesson, str, str]:
    lesson, (nation, part) = _both(
        lambda: lesson_named(content.get("lesson")),
        lambda: _both(lambda: _one_of(content, "nation", NATIONS), lambda: _one_of(content, "part", PARTS)),
    )
    return lesson, nation, part


def _one_of(content: Content, key: str, names: Sequence[str]) -> str:
    value = content.get(key)
    if not isinstance(value, str) or value not in names:
        hint = nearest(value, names) if isinstance(value, str) else ""
        what = say("there is no '{name}'{hint}", name=str(value)[:60], hint=hint)
        raise InputError(say("request"), [Problem(key, what)])
    return value


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
            408: say("the request took too long"),
            415: say("a JSON object was expected"),
            413: say("the request is larger than {bytes} bytes", bytes=LARGEST_REQUEST),
            503: say("too many requests are waiting; try again"),
        }.get(error.status_code, error.detail)
        return [what]

    return JSONResponse({"problems": by_language(words)}, status_code=error.status_code)


def make_app(
    whole: Nation,
    threads: int,
    names: Sequence[str] = (),
    *,
    any_address: bool = False,
    class_desk: ClassDesk | None = None,
) -> ASGIApp:
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
    class_desk : ClassDesk or None
        Where a class votes; None = there is no class, and nothing of one is answered.
    """
    desk = Desk(whole, threads, has_class=class_desk is not None)
    start()  # read once, before the first page asks

    def page(path: str, file: str) -> Route:
        return Route(f"/{path}", lambda _: FileResponse(STATIC / f"{file}.html"))

    app = Starlette(
        routes=[
            *(page(path, file) for path, file in PAGES.items()),
            Route("/font.woff", desk.font),
            Route("/start", desk.begin),
            Route("/nation/{name}", desk.nation),
            *(
                Route(f"/{name}", getattr(desk, name), methods=["POST"])
                for name in ("run", "compare", "cite", "recording", "life")
            ),
            Route("/handout", desk.handout, methods=["GET"]),
            Route("/handout", desk.comparison, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
            *(class_desk.routes(desk.recorded) if class_desk else ()),
        ],
        middleware=[
            Middleware(_Hosts, names=(*LOOPBACK, *names), any_address=any_address),
            *([Middleware(Guests)] if class_desk else ()),
            Middleware(GZipMiddleware, compresslevel=_GZIP_LEVEL),
        ],
        exception_handlers={
            RefusedError: _refuse,
            TurnedAwayError: turn_away,
            HTTPException: _say_status,
            ClientDisconnect: _gone,
            Exception: _fail,
        },
    )
    return _Headers(app)  # outside of all, so that a failure has them too
