"""How long each page took, as its visitor sees it: from the message of the browser to the end of the script."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tlcore.system.logs import log_event

_SLOW_S = 1.0
_END_BYTES = 2_000
"""The message that tells the end of a script is shorter; longer ones are not looked into."""


@dataclass(frozen=True)
class Asked:
    page: str
    action: str | None
    """Which button or field the visitor used; None if the page was opened."""
    by_itself: bool = False
    """Whether a part of the page was only drawn again because time went by."""


class PageLog:
    """ASGI middleware: one line in the log for each run of a page's script.

    `read` understands a message of the browser, None if it runs no script; `ends` tells whether a message to the
    browser is the end of a run. What a page draws again by itself is logged only if it takes long.
    """

    def __init__(
        self,
        app: ASGIApp,
        read: Callable[[bytes], Asked | None],
        ends: Callable[[bytes], bool],
        who: Callable[[Scope], str | None],
    ) -> None:
        self._app = app
        self._read = read
        self._ends = ends
        self._who = who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        asked: Asked | None = None
        since = 0.0

        async def receive_and_note() -> Message:
            nonlocal asked, since
            message = await receive()
            found = self._read(message.get("bytes") or b"")
            if found and (asked is None or not found.by_itself):  # a part that is due waits for the page being drawn
                asked, since = found, time.monotonic()
            return message

        async def send_and_note(message: Message) -> None:
            nonlocal asked
            data = message.get("bytes") or b""
            if asked and 0 < len(data) <= _END_BYTES and self._ends(data):
                took = time.monotonic() - since
                if not asked.by_itself or took > _SLOW_S:
                    log_event("page", who=self._who(scope), page=asked.page, action=asked.action, seconds=took)
                asked = None
            await send(message)

        await self._app(scope, receive_and_note, send_and_note)
