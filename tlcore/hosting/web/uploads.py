"""Uploads: how many and how large. Streamlit keeps uploaded files in the server's memory until their session ends, so
that without limits any visitor could fill it.

While a file comes in, more than 1 MB of it is in an unnamed temporary file; what comes in at once is bounded, too.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tlcore.hosting.web.answers import refuse
from tlcore.hosting.web.rates import client_of
from tlcore.words import size

PATH = "/_stcore/upload_file/"
_FRAME_BYTES = 1_000_000
"""What a form adds to the file in it, at most."""
_QUIET_S = 30.0
"""Whoever sends nothing for so long is gone."""


@dataclass(frozen=True)
class Files:
    count: int = 0
    bytes: int = 0

    def __add__(self, other: "Files") -> "Files":
        return Files(self.count + other.count, self.bytes + other.bytes)


@dataclass(frozen=True)
class _Upload:
    visitor: str
    client: str
    session: str
    bytes: int


class Uploads:
    """ASGI middleware in front of Streamlit's address for uploads.

    A file has at most `file_bytes`. A visitor has at most `files` at a time, and twice `file_bytes` in all: one choice
    may replace another. All visitors have at most `all_bytes`, and those of one network half of it. `held(session)`
    tells which files of a session are in memory, and `visitor(scope)` whose request it is.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        held: Callable[[str], Files],
        visitor: Callable[[Scope], str],
        file_bytes: int,
        files: int,
        all_bytes: int,
        base: str = "",
    ) -> None:
        self._app = app
        self._held = held
        self._visitor = visitor
        self._file_bytes = file_bytes
        self._files = files
        self._all_bytes = all_bytes
        self._path = base + PATH
        self._coming: list[_Upload] = []
        self._sessions: dict[str, tuple[str, str]] = {}
        """Session -> its visitor and client, while it has files."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "PUT" or not scope["path"].startswith(self._path):
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if not (length.isascii() and length.isdecimal()):
            await refuse(scope, receive, send, 411, "An upload says first how long it is.")
            return
        announced = int(length[:20])
        session = scope["path"].removeprefix(self._path).partition("/")[0]
        upload = _Upload(self._visitor(scope), client_of(scope), session, announced)
        if refused := self._refusal(upload):
            await refuse(scope, receive, send, *refused)
            return
        with self._counted(upload):
            await self._app(scope, _hurried(receive), send)

    def _refusal(self, upload: _Upload) -> tuple[int, str] | None:
        if upload.bytes > self._file_bytes + _FRAME_BYTES:
            return 413, f"A file has at most {size(self._file_bytes)} here."
        held = {session: self._held(session) for session in self._sessions}
        self._sessions = {session: self._sessions[session] for session, files in held.items() if files.count}

        def present(mine: Callable[[str, str], bool]) -> Files:
            stored = [held[session] for session, owner in self._sessions.items() if mine(*owner)]
            coming = [Files(1, each.bytes) for each in self._coming if mine(each.visitor, each.client)]
            return sum([*stored, *coming], Files(1, upload.bytes))

        own = present(lambda visitor, client: visitor == upload.visitor)
        if own.count > self._files or own.bytes > 2 * self._file_bytes + _FRAME_BYTES:
            return 429, f"At most {self._files} files and {size(self._file_bytes)} are uploaded at a time here."
        of_network = present(lambda visitor, client: client == upload.client)
        if of_network.bytes > self._all_bytes / 2 or present(lambda *_: True).bytes > self._all_bytes:
            return 503, "The server has no room for more uploads now. Try again in a minute."
        return None

    @contextmanager
    def _counted(self, upload: _Upload) -> Iterator[None]:
        self._coming.append(upload)
        try:
            yield
        finally:
            self._coming.remove(upload)
            if self._held(upload.session).count:
                self._sessions[upload.session] = (upload.visitor, upload.client)


def _hurried(receive: Receive) -> Receive:
    """Receives until nothing comes for a while, as if the client had left."""

    async def receive_soon() -> Message:
        try:
            async with asyncio.timeout(_QUIET_S):
                return await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}

    return receive_soon
