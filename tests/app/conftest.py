"""The app as it runs: its own server on a free port, in a thread of the test's process so that kernels are shared."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from uvicorn import Config, Server

from dxsim.app.nations import teaching_nation
from dxsim.app.server import make_app
from dxsim.model.run import run_model
from dxsim.nation.nation import Nation, load_nation
from dxsim.scenario.scenario import load_scenario


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
        return body if path == "/run" and expected == 200 else json.loads(body)


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
