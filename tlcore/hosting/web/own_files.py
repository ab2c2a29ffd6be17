"""Files and sessions of Streamlit belong to the visitor to whom Streamlit has sent their addresses.

Streamlit itself serves a file to everybody who knows its address, which is a digest of the content, and lets everybody
who knows the number of a session upload into it, or go on with it.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEDIA, UPLOADS, STREAM = "/media/", "/_stcore/upload_file/", "/_stcore/stream"
MOST_FILES, MOST_VISITORS, MOST_SESSIONS = 10_000, 1_000, 10_000
"""What is remembered: addresses of each visitor, visitors, sessions. The oldest are forgotten, and then refused."""
_PROTOCOLS = "sec-websocket-protocol"
_SESSION = 2  # its place among the protocols that a browser names
_LONGEST_NAME = 200
T = TypeVar("T")


@dataclass(frozen=True)
class Sent:
    """What a message to a browser tells."""

    session: str | None = None
    files: tuple[str, ...] = ()
    """Addresses of files: the part after `/media/`."""


class OwnFiles:
    """ASGI middleware. `read(message)` understands a message to a browser, and `visitor(scope)` tells who asks, None if
    that is nobody; `base` is the path of the dashboard.
    """

    def __init__(
        self, app: ASGIApp, *, read: Callable[[bytes], Sent], visitor: Callable[[Scope], str | None], base: str = ""
    ) -> None:
        self._app = app
        self._visitor = visitor
        self._read = read
        self._media, self._uploads, self._stream = base + MEDIA, base + UPLOADS, base + STREAM
        self._files: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()
        self._sessions: OrderedDict[str, str] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or not self._is_bound(scope["path"]):
            await self._app(scope, receive, send)
            return
        visitor = self._visitor(scope)
        if scope["type"] == "websocket":
            await self._connect(visitor, scope, receive, send)
        elif scope["method"] == "OPTIONS" or self._is_own(visitor, scope["path"]):
            await self._app(scope, receive, send)
        else:
            answer = PlainTextResponse("There is nothing at this address.", 404, {"Cache-Control": "no-store"})
            await answer(scope, receive, send)

    def _is_bound(self, path: str) -> bool:
        return path.startswith((self._media, self._uploads, self._stream))

    def _is_own(self, visitor: str | None, path: str) -> bool:
        if visitor is None:
            return False
        if path.startswith(self._uploads):
            return self._sessions.get(path.removeprefix(self._uploads).partition("/")[0]) == visitor
        return path.removeprefix(self._media) in self._files.get(visitor, ())

    async def _connect(self, visitor: str | None, scope: Scope, receive: Receive, send: Send) -> None:
        """A session of another visitor is not gone on with: Streamlit begins a new one."""
        protocols = [part.strip() for part in Headers(scope=scope).get(_PROTOCOLS, "").split(",")]
        asked = protocols[_SESSION] if len(protocols) > _SESSION else ""
        if asked and (visitor is None or self._sessions.get(asked) != visitor):
            scope = {**scope, "headers": list(scope["headers"]), "subprotocols": protocols[:_SESSION]}
            MutableHeaders(scope=scope)[_PROTOCOLS] = ", ".join(protocols[:_SESSION])
        known: str | None = None

        async def send_and_remember(message: Message) -> None:
            nonlocal known
            data = message.get("bytes")
            if data and visitor is not None and (known is None or MEDIA.encode() in data):
                sent = self._read(data)
                if known is None and sent.session:
                    known = sent.session
                    _keep(self._sessions, known, visitor, MOST_SESSIONS)
                self._remember(visitor, sent.files)
            await send(message)

        await self._app(scope, receive, send_and_remember)

    def _remember(self, visitor: str, files: Iterable[str]) -> None:
        for name in files:
            own = self._files.get(visitor)
            if own is None:
                own = OrderedDict()
            _keep(self._files, visitor, own, MOST_VISITORS)
            _keep(own, name[:_LONGEST_NAME], None, MOST_FILES)


def _keep(kept: "OrderedDict[str, T]", key: str, value: T, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)
