"""HTTP as a browser uses it, on asyncio: a few connections to one server that stay open, cookies, and gzip."""

import asyncio
import gzip
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

MOST_CONNECTIONS = 6
"""As many as Chromium opens to one host."""
_KEPT_OPEN_S = 4.0
"""Servers close a connection that was idle for five seconds; a request must not cross with that."""


@dataclass(frozen=True)
class Answer:
    path: str
    status: int
    headers: Mapping[str, str]
    """With names in lower case. Cookies are in the jar of the connections."""
    body: bytes
    """Unpacked."""


@dataclass
class _Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used_at: float


@dataclass
class Connections:
    """To one server, for one visitor: the cookies are kept and sent."""

    host: str
    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with each request."""
    _idle: list[_Line] = field(default_factory=list)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_CONNECTIONS))

    async def get(self, path: str) -> Answer:
        return await self.request("GET", path)

    async def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Raises OSError or EOFError (`asyncio.IncompleteReadError`) if the connection breaks."""
        head = {
            "Host": f"{self.host}:{self.port}",
            "Accept-Encoding": "gzip",
            **({"Cookie": self.cookie_header()} if self.cookies else {}),
            **({"Content-Length": str(len(body))} if body or method in ("PUT", "POST") else {}),
            **self.headers,
            **(headers or {}),
        }
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        async with self._room:
            line = await self._line()
            try:
                line.writer.write("\r\n".join(lines).encode("latin-1") + body)
                await line.writer.drain()
                return await self._read(line, method, path)
            except BaseException:  # also when cancelled: what is left of the answer would be taken for the next one
                line.writer.close()
                raise

    def cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def close(self) -> None:
        while self._idle:
            line = self._idle.pop()
            line.writer.close()
            with suppress(OSError):
                await line.writer.wait_closed()

    async def _line(self) -> _Line:
        now = asyncio.get_running_loop().time()
        while self._idle:
            line = self._idle.pop()
            if now - line.used_at < _KEPT_OPEN_S and not line.reader.at_eof():
                return line
            line.writer.close()
        return _Line(*await asyncio.open_connection(self.host, self.port, limit=1 << 20), now)

    async def _read(self, line: _Line, method: str, path: str) -> Answer:
        raw = (await line.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(raw[0].split(" ", 2)[1])
        headers: dict[str, str] = {}
        for entry in filter(None, raw[1:]):
            name, _, value = entry.partition(":")
            if name.lower() == "set-cookie":
                self._keep(value.strip())
            else:
                headers[name.lower()] = value.strip()
        body = b"" if method == "HEAD" or status in (204, 304) else await _body(line.reader, headers)
        if headers.get("connection", "").lower() == "close":
            line.writer.close()
        else:
            line.used_at = asyncio.get_running_loop().time()
            self._idle.append(line)
        return Answer(
            path, status, headers, gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        )

    def _keep(self, text: str) -> None:
        for name, cookie in SimpleCookie(text).items():
            if cookie["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = cookie.coded_value


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    if headers.get("transfer-encoding") == "chunked":
        parts = []
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readuntil(b"\r\n")
        return b"".join(parts)
    return await reader.read()
