"""Simulated visitors of a live run without a browser: they use Streamlit's protocol like a page, but draw nothing."""

import asyncio
import base64
import json
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

Seen = list[tuple[int, float]]
"""(epoch, seconds since 1970 when the live chart first contained it)."""


def watch(address: str, visitors: int, seconds: float) -> list[Seen]:
    """What each visitor of the page at `address` received within `seconds`."""
    return asyncio.run(_watch_all(address, visitors, seconds))


async def _watch_all(address: str, visitors: int, seconds: float) -> list[Seen]:
    watching = [_Visitor(address) for _ in range(visitors)]
    tasks = [asyncio.create_task(visitor.run()) for visitor in watching]
    await asyncio.sleep(seconds)
    for task, visitor in zip(tasks, watching, strict=True):
        if task.done():
            raise ConnectionError(f"A visitor was sent away: {task.exception()}; it had seen {visitor.seen}")
        task.cancel()
    return [visitor.seen for visitor in watching]


class _Visitor:
    def __init__(self, address: str) -> None:
        self.seen: Seen = []
        self._address = urlsplit(address)
        self._page_hash = ""
        self._timers: dict[str, tuple[float, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        stream = f"ws://{self._address.netloc}/_stcore/stream"
        async with connect(stream, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
            await self._ask(socket)
            try:
                async for data in socket:
                    assert isinstance(data, bytes)
                    self._take(socket, ForwardMsg.FromString(data))
            finally:
                for _, timer in self._timers.values():
                    timer.cancel()

    async def _ask(self, socket: ClientConnection, fragment_id: str = "") -> None:
        message = BackMsg()
        message.rerun_script.query_string = self._address.query
        message.rerun_script.page_script_hash = self._page_hash
        message.rerun_script.page_name = "" if self._page_hash else self._address.path.strip("/")
        message.rerun_script.fragment_id = fragment_id
        message.rerun_script.is_auto_rerun = bool(fragment_id)
        await socket.send(message.SerializeToString())

    def _take(self, socket: ClientConnection, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "navigation":  # until this message, a new session must name the page, because it has no hash yet
            self._page_hash = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            self._set_timer(socket, message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment_id in message.stop_auto_rerun.fragment_ids:
                self._stop_timer(fragment_id)
        elif kind == "delta":
            epoch = _last_epoch(message)
            if epoch > (self.seen[-1][0] if self.seen else -1):
                self.seen.append((epoch, time.time()))

    def _set_timer(self, socket: ClientConnection, fragment_id: str, interval: float) -> None:
        if self._timers.get(fragment_id, (None,))[0] != interval:
            self._stop_timer(fragment_id)
            self._timers[fragment_id] = (interval, asyncio.create_task(self._tick(socket, fragment_id, interval)))

    def _stop_timer(self, fragment_id: str) -> None:
        if fragment_id in self._timers:
            self._timers.pop(fragment_id)[1].cancel()

    async def _tick(self, socket: ClientConnection, fragment_id: str, interval: float) -> None:
        with suppress(ConnectionError):
            while True:
                await asyncio.sleep(interval)
                await self._ask(socket, fragment_id)


def _last_epoch(message: ForwardMsg) -> int:
    """The last epoch of the loss chart in the message; -1 if it has none."""
    element = message.delta.new_element
    if element.WhichOneof("type") != "plotly_chart" or not element.plotly_chart.id.endswith("-train_loss"):
        return -1
    traces = json.loads(element.plotly_chart.spec)["data"]
    return int(max((_values(trace.get("x", [])).max(initial=-1) for trace in traces), default=-1))


def _values(values: Any) -> np.ndarray[Any, Any]:
    """The values of a list, or of an array in plotly's base64 encoding."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
    return np.asarray(values, dtype=float)
