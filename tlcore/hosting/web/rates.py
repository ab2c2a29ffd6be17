"""How often a client may do something: a bucket for each, which refills steadily (token bucket)."""

import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from tlcore.hosting.web.answers import refuse
from tlcore.system.addresses import client_network

MAX_CLIENTS = 20_000
"""Buckets that are kept; with more clients, the one that was used longest ago begins anew. They take 6 MB."""


class Rate:
    """At most `most` times in `per_s` seconds for each client; after a pause, all of them at once."""

    def __init__(self, most: int, per_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(most)
        self._per_second = most / per_s
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait_s(self, client: str) -> float:
        """Count one more; 0 if it is allowed. Else the seconds until it will be, and it is not counted."""
        now = self._clock()
        left, since = self._buckets.pop(client, (self._most, now))
        left = min(self._most, left + (now - since) * self._per_second)
        allowed = left >= 1
        self._buckets[client] = (left - 1 if allowed else left, now)
        if len(self._buckets) > MAX_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._per_second


class RequestRate:
    """ASGI middleware: refuses the requests and websockets of a client that makes too many."""

    def __init__(self, app: ASGIApp, rate: Rate) -> None:
        self._app = app
        self._rate = rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and (wait_s := self._rate.wait_s(client_of(scope))):
            text = "Too many requests came from your network. This page tries again by itself."
            await refuse(scope, receive, send, 429, text, again_s=wait_s)
            return
        await self._app(scope, receive, send)


def client_of(scope: Scope) -> str:
    """What the limits of a client are counted by: its address, and of IPv6 its network.

    Proxies must have been looked through before, else all clients of a proxy are one.
    """
    return client_network(scope["client"][0]) if scope.get("client") else "unknown"
