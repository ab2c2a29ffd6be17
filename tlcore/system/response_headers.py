"""Headers that a web application of this project adds to each response."""

from collections.abc import Callable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UNGUESSED = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
"""Browsers guess no types and send no addresses on. They need this everywhere."""


class AddHeaders:
    """ASGI middleware: adds the headers of `choose(scope)` that a response does not set itself."""

    def __init__(self, app: ASGIApp, choose: Callable[[Scope], Mapping[str, str]]) -> None:
        self._app = app
        self._choose = choose

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._choose(scope).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
