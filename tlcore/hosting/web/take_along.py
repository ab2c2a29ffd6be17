"""The address at which visitors fetch the zip of their space. A page of the visitor hands out the ticket for it."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from starlette.datastructures import QueryParams
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tlcore.hosting.spaces.taking_along import FOLDER, zip_space
from tlcore.system.home import Space

PATH = "/take-along"
GOOD_FOR_S = 3600.0
MOST_AT_ONCE = 4
"""Zips that are made at a time. Each keeps a thread busy as long as the visitor's line takes."""


@dataclass(frozen=True)
class _Ticket:
    space: Space
    until: float


_tickets: dict[str, _Ticket] = {}
_room = threading.BoundedSemaphore(MOST_AT_ONCE)


def hand_out(space: Space) -> str:
    """A new ticket for the zip of this space. It is good for an hour, and for the visitor of the space."""
    now = time.monotonic()
    for ticket in [ticket for ticket, known in list(_tickets.items()) if known.until < now or known.space == space]:
        _tickets.pop(ticket, None)
    ticket = secrets.token_urlsafe(32)
    _tickets[ticket] = _Ticket(space, now + GOOD_FOR_S)
    return ticket


class TakeAlong:
    """ASGI middleware. `visitor(scope)` tells who asks; `base` is the path of the dashboard."""

    def __init__(self, app: ASGIApp, *, visitor: Callable[[Scope], str | None], base: str = "") -> None:
        self._app = app
        self._visitor = visitor
        self._path = base + PATH

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self._path and scope["method"] == "GET":
            await _answer(self._visitor(scope), scope)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _answer(visitor: str | None, scope: Scope) -> Response:
    known = _tickets.get(QueryParams(scope["query_string"]).get("ticket", ""))
    if known is None or known.until < time.monotonic() or visitor != known.space.home.name:
        return _text("This is not to be had any more. Open “Your space” again, and take it from there.", 404)
    if not _room.acquire(blocking=False):
        return _text("Several people take their things along right now. Try again in a minute.", 503)
    return StreamingResponse(
        _pieces(known.space),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{FOLDER}.zip"',
            "Cache-Control": "no-store",
            "Content-Encoding": "identity",  # else it would be packed again
        },
    )


def _pieces(space: Space) -> Iterator[bytes]:
    try:
        yield from zip_space(space)
    finally:
        _room.release()


def _text(text: str, status: int) -> Response:
    return PlainTextResponse(text, status, {"Cache-Control": "no-store"})
