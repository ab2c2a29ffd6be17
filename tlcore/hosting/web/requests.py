"""The log of requests and open pages, and the end of every unexpected error: it is logged, and the visitor gets its id.

No cookie, query or address of an upload is logged: they open something. Static files are logged only if they fail.
"""

import logging
import time
import traceback
from collections.abc import Callable

import starlette.websockets
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from tlcore.hosting.web.answers import refuse
from tlcore.system.logs import failure_words, log_event, log_failure

_QUIET = ("/static/", "/media/")
_ASKED_OFTEN = ("/_stcore/health", "/_stcore/host-config")
"""Streamlit's frontend asks for these below each page's address, too, where there is nothing."""
_UPLOAD = "/_stcore/upload_file"
_PATH_CHARACTERS = 200
_FAILED, _REFUSED = 500, 400
_LEFT = ("http.disconnect", "websocket.disconnect")


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
        left, broken = False, None

        async def receive_and_note() -> Message:
            nonlocal left
            message = await receive()
            left = left or message["type"] in _LEFT
            return message

        async def send_and_note(message: Message) -> None:
            nonlocal status, left, broken
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "websocket.close":
                status = message.get("code", 0)
            try:
                await send(message)
            except OSError as error:  # so a server tells that the browser has closed the connection
                left, broken = True, error
                raise

        path = _path(scope)
        facts = {"who": self._who(scope), "address": self._address(scope), "path": path}
        try:
            await self._app(scope, receive_and_note, send_and_note)
        except Exception as failure:
            if left and _comes_from_leaving(failure, broken):
                log_event("left while something was sent", logging.INFO, failure=type(failure).__name__, **facts)
                return
            error_id = log_failure(failure, "request failed", **facts)
            if scope["type"] == "http" and not status:
                await refuse(scope, receive_and_note, send_and_note, _FAILED, failure_words(error_id))
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


def _comes_from_leaving(failure: BaseException, broken: OSError | None) -> bool:
    """Whether this is `broken`, or was raised because the browser had closed the connection, or while handling that.

    Starlette's error for a closed websocket is a RuntimeError. Streamlit takes it for a message in text.
    """
    seen: BaseException | None = failure
    while seen is not None:
        if seen is broken or isinstance(seen, ClientDisconnect | WebSocketDisconnect):
            return True
        if isinstance(seen, RuntimeError) and _raised_in(seen) == starlette.websockets.__name__:
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _raised_in(failure: BaseException) -> str:
    """The module that raised it."""
    *_, (frame, _) = traceback.walk_tb(failure.__traceback__)
    return str(frame.f_globals.get("__name__"))


def _path(scope: Scope) -> str:
    path = str(scope["path"])[:_PATH_CHARACTERS]
    return _UPLOAD if path.startswith(_UPLOAD) else path
