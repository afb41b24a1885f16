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
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - listened on only when asked for
_ELSEWHERE = "192.0.2.1"  # kept for examples; nothing is sent to it


def serve_app(host: str | None, port: int, nation: str, *, has_class: bool = False) -> None:
    """Serve the app until it is interrupted.

    Parameters
    ----------
    host : str or None
        Address to listen on, of IPv4 or IPv6, or a name of one; 0.0.0.0 or :: = every address of this machine; None =
        this machine only, or every address if there is a class.
    port : int
        0 to 65535; 0 = any that is free.
    nation : str
        The nation beside the teaching nation: "synthetic" or a folder.
    has_class : bool
        Whether students on the same network can vote.

    Raises
    ------
    InputError
        If the nation can't be read, or the address can't be listened on.
    """
    problems = []
    if host is None:
        host = EVERYWHERE[0] if has_class else "127.0.0.1"
    elif has_class and host not in EVERYWHERE:
        problems.append(Problem("host", say("leave it out with --class, which listens on every address")))
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
    from uvicorn import Config

    from dxsim.app.class_desk import ClassDesk
    from dxsim.app.classroom import Classroom
    from dxsim.app.doorway import AppServer, Doorway
    from dxsim.app.lessons import options_of
    from dxsim.app.nations import teaching_nation
    from dxsim.app.server import make_app
    from dxsim.model.run import run_model

    run_model(teaching_nation(), load_scenario("baseline"), 1)  # compiled before the first page asks
    at, bound_to = listening.getsockname()[1], ip_address(listening.getsockname()[0])
    address = _address(_own_address(listening.family) if bound_to.is_unspecified else host, at)
    names = _own_names() if bound_to.is_unspecified else (host,)
    room = Classroom(options_of)
    desk = ClassDesk(room, f"{address}join") if has_class else None
    app = make_app(whole, max(2, os.cpu_count() or 1), names, any_address=bound_to.is_unspecified, class_desk=desk)
    if has_class:
        here = _address("::1" if bound_to.version == 6 else "127.0.0.1", at)
        tell(say("The app is at {address} for you, on this machine only (Ctrl-C ends it)", address=here))
        tell(say("Students open {address} and enter the code {code}", address=f"{address}join", code=room.code))
    else:
        tell(say("The app is at {address} (Ctrl-C ends it)", address=address))
    config = Config(app, http=Doorway, log_level="error", server_header=False, proxy_headers=False)
    with suppress(KeyboardInterrupt):
        AppServer(config, desk).run(sockets=[listening])


def _address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


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
