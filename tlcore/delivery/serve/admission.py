"""Which requests are worked on now, which wait, and which are refused: one client cannot take all places."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tlcore.delivery.serve.limits import Limits
from tlcore.delivery.serve.refusals import Refused
from tlcore.system.addresses import client_network


class Admission:
    """Lives in one event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._turns = asyncio.Semaphore(limits.concurrency)
        self._clients: Counter[str] = Counter()
        self.working = 0
        """Requests that are read and answered now."""
        self.answered = 0
        """Requests that are over."""

    @property
    def waiting(self) -> int:
        """Requests that wait for their turn."""
        return self._clients.total() - self.working

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Wait for a place, in the order of arrival, and hold it. Raises Refused 429 and 503, at once."""
        client = client_network(address)
        if self._clients[client] >= self._limits.per_client:
            raise Refused(429, f"Too many requests at once: at most {self._limits.per_client} of one client.")
        if self._clients.total() >= self._limits.concurrency + self._limits.queue:
            raise Refused(503, "Too many requests wait already. Try again in a moment.")
        self._clients[client] += 1
        try:
            async with self._turns:
                self.working += 1
                try:
                    yield
                finally:
                    self.working -= 1
                    self.answered += 1
        finally:
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]
