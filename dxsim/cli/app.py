"""``dxsim app``: the classroom app, served to a browser."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from ipaddress import ip_address

from dxsim.cli.terminal import tell, tell_of_compiling
from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.nation.nation import load_nation
from dxsim.scenario.scenario import load_scenario

LAST_PORT = 65_535
_ELSEWHERE = "192.0.2.1"  # kept for examples; nothing is sent to it


def serve_app(host: str, port: int, nation: str) -> None:
    """Serve the app until it is interrupted.

    Parameters
    ----------
    host : str
        Address to listen on, of IPv4 or IPv6, or a name of one; 0.0.0.0 or :: = every address of this machine.
    port : int
        0 to 65535; 0 = any that is free.
    nation : str
        The nation beside the teaching nation: "synthetic" or a folder.

    Raises
    ------
    InputError
        If the nation can't be read, or the address can't be listened on.
    """
    problems = []
    if not 0 <= port <= LAST_PORT:
        what = say("a whole number from {low} to {high} was expected (got {value})", low=0, high=LAST_PORT, value=port)
        problems.append(Problem("port", what))
    if not host.strip():
        problems.append(Problem("host", say("an address was expected; 0.0.0.0 = every address of this machine")))
    if problems:
        raise InputError(say("the classroom app"), problems)
    whole = load_nation(nation)
    listening = _listen(host, port)
    tell_of_compiling()
    from uvicorn import Config, Server

    from dxsim.app.nations import teaching_nation
    from dxsim.app.server import make_app
    from dxsim.model.run import run_model

    run_model(teaching_nation(), load_scenario("baseline"), 1)  # compiled before the first page asks
    is_everywhere = ip_address(listening.getsockname()[0]).is_unspecified
    names = _own_names() if is_everywhere else (host,)
    app = make_app(whole, max(2, os.cpu_count() or 1), names, any_address=is_everywhere)
    name = _own_address(listening.family) if is_everywhere else host
    address = f"http://{f'[{name}]' if ':' in name else name}:{listening.getsockname()[1]}/"
    tell(say("The app is at {address} (Ctrl-C ends it)", address=address))
    with suppress(KeyboardInterrupt):
        Server(Config(app, log_level="warning", server_header=False)).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    try:
        found = {answer[0] for answer in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
        family = socket.AF_INET if socket.AF_INET in found else socket.AF_INET6
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or say("no such address")
        what = say("can't listen on {host}, port {port}: {reason}", host=host, port=port, reason=reason)
        raise InputError(say("the classroom app"), [Problem("", what)]) from None


def _own_names() -> tuple[str, ...]:
    """Return the names of this machine; within a local network it has one more."""
    name = socket.gethostname()
    return name, f"{name}.local", socket.getfqdn()


def _own_address(family: int) -> str:
    """Return the address by which other machines reach this one, or its own of itself if there is no network."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect((_ELSEWHERE, 9))
        return str(asked.getsockname()[0])
    return "::1" if family == socket.AF_INET6 else "127.0.0.1"
