"""The log of requests and open pages, and the end of every unexpected error: it is logged, and the visitor gets its id.

No cookie, query or address of an upload is logged: they open something. Static files are logged only if they fail.
"""

import logging
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tlcore.hosting.web.answers import refuse
from tlcore.system.logs import failure_words, log_event, log_failure

_QUIET = ("/static/", "/media/")
_ASKED_OFTEN = ("/_stcore/health", "/_stcore/host-config")
"""Streamlit's frontend asks for these below each page's address, too, where there is nothing."""
_UPLOAD = "/_stcore/upload_file"
_PATH_CHARACTERS = 200
_FAILED, _REFUSED = 500, 400


class RequestLog:
    """ASGI middleware. `who(scope)` gives what the log calls the visitor, and `address(scope)` its address, or None."""

    def __init__(
        self, app: ASGIApp, who: Callable[[Scope], str | None], address: Callable[[Scope], str | None]
    ) -> None:
        self._app = app
        self._who = who
        self._address = address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        begun, status = time.monotonic(), 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "websocket.close":
                status = message.get("code", 0)
            await send(message)

        path = _path(scope)
        facts = {"who": self._who(scope), "address": self._address(scope), "path": path}
        try:
            await self._app(scope, receive, send_and_note)
        except Exception as failure:
            error_id = log_failure(failure, "request failed", **facts)
            if scope["type"] == "http" and not status:
                await refuse(scope, receive, send_and_note, _FAILED, failure_words(error_id))
            else:
                raise  # the connection can only be closed
        finally:
            if (status >= _REFUSED or not path.startswith(_QUIET)) and not path.endswith(_ASKED_OFTEN):
                log_event(
                    "request" if scope["type"] == "http" else "visit",
                    logging.WARNING if status in (_FAILED, 429, 503) else logging.INFO,
                    method=scope.get("method"),
                    status=status,
                    seconds=time.monotonic() - begun,
                    **facts,
                )


def _path(scope: Scope) -> str:
    path = str(scope["path"])[:_PATH_CHARACTERS]
    return _UPLOAD if path.startswith(_UPLOAD) else path
