"""The address that tells a monitor whether the server answers and the process that works lives: `/healthz`."""

import asyncio
import json
from collections.abc import Callable, Mapping

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/healthz"
_WITHIN_S = 5.0


class Health:
    """ASGI middleware: answers `{"server": true, "worker": …}` with status 200, or 503 if the worker does not live.

    `worker` may touch the disk, so it is called in another thread, once at a time: all who ask meanwhile get the same
    answer. Of what it returns only `alive` and whole or fractional numbers are told, and no name.
    """

    def __init__(self, app: ASGIApp, worker: Callable[[], Mapping[str, object]]) -> None:
        self._app = app
        self._worker = worker
        self._asked: asyncio.Task[Mapping[str, object]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(asyncio.to_thread(self._worker))
        try:
            state = await asyncio.wait_for(asyncio.shield(self._asked), _WITHIN_S)
        except Exception:  # whatever the reason, a monitor must learn that the worker cannot be seen
            state = {"alive": False}
        worker = {name: value for name, value in state.items() if isinstance(value, bool | int | float)}
        body = json.dumps({"server": True, "worker": worker})
        status = 200 if worker.get("alive") is True else 503
        response = Response(body, status, {"Cache-Control": "no-store"}, "application/json")
        await response(scope, receive, send)
