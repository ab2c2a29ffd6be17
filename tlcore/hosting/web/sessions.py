"""How many pages are open at once, and what one of them may send: each has a websocket and a session in memory."""

from collections import Counter
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tlcore.hosting.web.answers import opens_page, refuse
from tlcore.hosting.web.rates import Rate, client_of
from tlcore.words import count

MESSAGE_BYTES = 4_000_000
"""The largest message of a page: thousands of chosen images, or of points in a chart."""
MESSAGES, MESSAGES_IN_S = 300, 10.0
"""Messages of one page in that time. A slider that is dragged sends about 10 in a second."""
BEGUN, BEGUN_IN_S = 5, 60.0
"""A client may open all its pages so often in that time: each one that was closed stays in memory for a while."""
_AGAIN_S = 20.0
_TOO_BIG, _AGAINST_THE_RULES = 1009, 1008


class Sessions:
    """ASGI middleware: at most `most` open pages, and `most_of_one` of one client address.

    Whoever opens a page while there is no room gets a page that says so and tries again. `may_pass` tells which
    messages of a browser reach Streamlit; the others are dropped.
    """

    def __init__(
        self, app: ASGIApp, *, most: int, most_of_one: int, may_pass: Callable[[bytes], bool] = lambda message: True
    ) -> None:
        self._app = app
        self._most = most
        self._most_of_one = most_of_one
        self._may_pass = may_pass
        self._open: Counter[str] = Counter()
        self._begun = Rate(BEGUN * most_of_one, BEGUN_IN_S)

    @property
    def open(self) -> int:
        return self._open.total()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = client_of(scope) if scope["type"] != "lifespan" else ""
        if (scope["type"] == "websocket" or opens_page(scope)) and (full := self._full(client)):
            await refuse(scope, receive, send, 503, full, again_s=_AGAIN_S)
        elif scope["type"] == "websocket" and (wait_s := self._begun.wait_s(client)):
            await refuse(scope, receive, send, 429, "Too many pages were opened from your network.", again_s=wait_s)
        elif scope["type"] == "websocket":
            self._open[client] += 1
            try:
                await self._app(scope, *_bounded(receive, send, self._may_pass))
            finally:
                self._open[client] -= 1
                if not self._open[client]:
                    del self._open[client]
        else:
            await self._app(scope, receive, send)

    def _full(self, client: str) -> str | None:
        if self._open[client] >= self._most_of_one:
            return (
                f"{count(self._most_of_one, 'page')} of this dashboard are open from your network already, and there "
                "are no more for one network. Close one of them. This page tries again by itself."
            )
        if self.open >= self._most:
            return "Too many people are here at the moment. This page tries again by itself."
        return None


def _bounded(receive: Receive, send: Send, may_pass: Callable[[bytes], bool]) -> tuple[Receive, Send]:
    """Receives messages until one is too large, or too many came. Then the websocket is closed, and nothing is sent."""
    rate = Rate(MESSAGES, MESSAGES_IN_S)
    closed = False

    async def receive_bounded() -> Message:
        nonlocal closed
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            data = message.get("bytes") or b""
            if len(data) + len(message.get("text") or "") > MESSAGE_BYTES:
                code, reason = _TOO_BIG, "The message is too large."
                break
            if rate.wait_s(""):
                code, reason = _AGAINST_THE_RULES, "Too many messages."
                break
            if may_pass(data):
                return message
        await send({"type": "websocket.close", "code": code, "reason": reason})
        closed = True
        return {"type": "websocket.disconnect", "code": code, "reason": reason}

    async def send_if_open(message: Message) -> None:
        if not closed:
            await send(message)

    return receive_bounded, send_if_open


def allowed_by(rate: Rate) -> Callable[[Scope], bool]:
    """Whether the client of a request may do once more what this rate counts, such as begin a new space."""
    return lambda scope: rate.wait_s(client_of(scope)) == 0
