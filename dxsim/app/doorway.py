"""The door of the app: who keeps a connection and asks nothing, or opens too many, does not keep others out."""

from __future__ import annotations

import asyncio
from types import FrameType
from typing import cast

from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from dxsim.app.class_desk import ClassDesk
from dxsim.app.guests import LOOPBACK

MOST_CONNECTIONS = 600  # of guests; a phone holds one or two
MOST_AT_ADDRESS = 200  # a class behind one router
HEAD_SECONDS = 10  # within which the first request must have come


class Doorway(H11Protocol):
    """One connection. That of the machine itself is always taken."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, unless there are too many."""
        super().connection_made(transport)
        self.loop.call_later(HEAD_SECONDS, self._leave_if_silent)
        others = [cast("Doorway", other).address for other in self.connections]
        guests = [address for address in others if address not in LOOPBACK]
        if self.address not in LOOPBACK and (
            len(guests) > MOST_CONNECTIONS or guests.count(self.address) > MOST_AT_ADDRESS
        ):
            transport.abort()

    @property
    def address(self) -> str:
        """From where it comes."""
        return self.client[0] if self.client else ""

    def _leave_if_silent(self) -> None:
        if self.cycle is None:
            self.transport.abort()


class AppServer(Server):
    """The server of the app, which lets go of phones that wait before it ends.

    Parameters
    ----------
    config : Config
        What it serves.
    class_desk : ClassDesk or None
        Where phones wait.
    """

    def __init__(self, config: Config, class_desk: ClassDesk | None) -> None:
        super().__init__(config)
        self.class_desk = class_desk

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End."""
        if self.class_desk:
            self.class_desk.end()
        super().handle_exit(sig, frame)
