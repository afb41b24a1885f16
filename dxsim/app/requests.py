"""What a request carries, and how one that can't be answered is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

LARGEST_REQUEST = 64 * 1024  # bytes
BODY_SECONDS = 10  # a body that trickles longer than this is given up

Content = Mapping[str, Any]


class RefusedError(Exception):
    """A request that can't be answered: all that is wrong with it, by language."""

    def __init__(self, problems: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self.problems = problems


async def content_of(request: Request) -> Content:
    """Return the JSON object that a request carries, if it is not too large and does not take too long.

    It must call itself JSON: a page of another site can't send that without asking first, which nobody answers.
    """
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise HTTPException(415)
    try:
        body = await asyncio.wait_for(_body(request), BODY_SECONDS)
    except TimeoutError:
        raise HTTPException(408) from None
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(content, dict):
        raise HTTPException(400)
    return content


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_REQUEST:
            raise HTTPException(413)
    return body
