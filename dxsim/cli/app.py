"""``dxsim app``: the classroom app, served to a browser."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress

from dxsim.errors import InputError, Problem
from dxsim.kernel import is_warm
from dxsim.language import say
from dxsim.nation.nation import load_nation
from dxsim.scenario.scenario import load_scenario
from dxsim.views.labels import labels

LAST_PORT = 65_535
_ANYWHERE = "0.0.0.0"  # noqa: S104 - asked for by whoever names it


def serve_app(host: str, port: int, nation: str) -> None:
    """Serve the app until it is interrupted.

    Parameters
    ----------
    host : str
        IPv4 address to listen on, or a name of one.
    port : int
        0 to 65535; 0 = any that is free.
    nation : str
        The nation beside the teaching nation: "synthetic" or a folder.

    Raises
    ------
    InputError
        If the nation can't be read, or the address can't be listened on.
    """
    if not 0 <= port <= LAST_PORT:
        what = say("a whole number from {low} to {high} was expected (got {value})", low=0, high=LAST_PORT, value=port)
        raise InputError(say("the classroom app"), [Problem("port", what)])
    whole = load_nation(nation)
    listening = _listen(host, port)
    if not is_warm():
        print(labels()["run_compile"], file=sys.stderr, flush=True)
    from uvicorn import Config, Server

    from dxsim.app.nations import teaching_nation
    from dxsim.app.server import LOOPBACK, make_app
    from dxsim.model.run import run_model

    run_model(teaching_nation(), load_scenario("baseline"), 1)  # compiled before the first page asks
    hosts = LOOPBACK if host in LOOPBACK else ("*",) if host == _ANYWHERE else (*LOOPBACK, host)
    app = make_app(whole, max(2, os.cpu_count() or 1), hosts)
    name = LOOPBACK[0] if host == _ANYWHERE else host
    address = f"http://{name}:{listening.getsockname()[1]}/"
    print(say("The app is at {address} (Ctrl-C ends it)", address=address), flush=True)
    with suppress(KeyboardInterrupt):
        Server(Config(app, log_level="warning", server_header=False)).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        what = say("can't listen on {host}, port {port}: {reason}", host=host, port=port, reason=error.strerror)
        raise InputError(say("the classroom app"), [Problem("", what)]) from None
