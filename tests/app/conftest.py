"""The app as it runs: its own server on a free port, in a thread of the test's process so that kernels are shared."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from uvicorn import Config, Server

from dxsim.app.lessons import LESSONS, Lesson
from dxsim.app.lessons.recording import PARTS
from dxsim.app.nations import TEACHING, teaching_nation
from dxsim.app.server import Desk, make_app
from dxsim.model.run import run_model
from dxsim.nation.nation import Nation, load_nation
from dxsim.scenario.scenario import load_scenario
from tests.app.browser import ARGUMENTS, CHROMIUM


class Client:
    """Asks the server as a program would."""

    def __init__(self, port: int) -> None:
        self.port, self.address = port, f"http://127.0.0.1:{port}/"

    def send(
        self, method: str, path: str, body: bytes | str | None = None, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), {key.lower(): value for key, value in answer.getheaders()}
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        status, body, _ = self.send("GET", path)
        assert status == 200, body
        return json.loads(body)

    def ask(self, path: str, content: object, expected: int = 200) -> Any:
        headers = {"Content-Type": "application/json"}
        status, body, _ = self.send("POST", path, json.dumps(content), **headers)
        assert status == expected, body
        return body if path in ("/run", "/recording") and expected == 200 else json.loads(body)


@pytest.fixture(scope="session")
def whole() -> Nation:
    return load_nation("synthetic")


@pytest.fixture(scope="session")
def teaching() -> Nation:
    return teaching_nation()


@pytest.fixture(scope="session")
def client(whole: Nation, teaching: Nation) -> Iterator[Client]:
    run_model(teaching, load_scenario("baseline"), 1)  # compiles, which no answer of the server should wait for
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(Config(make_app(whole, threads=2), log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = time.monotonic() + 120
    while not server.started:
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.02)
    yield Client(listening.getsockname()[1])
    server.should_exit = True
    thread.join(10)


def record(desk: Desk, nation: str, *lessons: Lesson) -> dict[str, dict[str, bytes]]:
    """Return both parts of lessons as the server records them, in a thread: the browser's loop may run in this one."""

    async def parts() -> dict[str, dict[str, bytes]]:
        return {lesson.name: {part: await desk.recorded(lesson, nation, part) for part in PARTS} for lesson in lessons}

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(parts())).result()


@pytest.fixture(scope="session")
def recordings(teaching: Nation) -> dict[str, dict[str, bytes]]:
    return record(Desk(teaching, 2), TEACHING, *LESSONS)  # its whole nation is not asked for


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()
