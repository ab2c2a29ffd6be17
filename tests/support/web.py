"""A small application behind ASGI middleware, and a client for it, for the tests of what stands before the pages."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

PAGE = {"accept": "text/html,*/*"}
"""Headers of a browser that opens a page."""


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a request with its method and path, and each message of a websocket with itself."""
    if scope["type"] == "websocket":
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()
        async for data in websocket.iter_bytes():
            await websocket.send_bytes(data)
        return
    request = Request(scope, receive)
    read = len(await request.body())
    await PlainTextResponse(f"{request.method} {request.url.path} {read}")(scope, receive, send)


@contextmanager
def client_of(app: ASGIApp, address: str = "192.0.2.7") -> Iterator[TestClient]:
    """A client at this address; all clients of one test should be made of the same `app`."""
    with TestClient(_without_lifespan(app), client=(address, 4711), raise_server_exceptions=False) as client:
        yield client


def _without_lifespan(app: ASGIApp) -> ASGIApp:
    async def called(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            await app(scope, receive, send)

    return called


async def _live(receive: Receive, send: Send) -> None:
    for kind in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{kind}.complete"})


class Clock:
    """A clock that stands until it is put forward."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def entries(lines: str) -> list[dict[str, Any]]:
    """The entries of a JSON log."""
    return [json.loads(line) for line in lines.splitlines()]
