"""The WebSocket messages between a page and its server, with the browser's timestamps."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

if TYPE_CHECKING:
    from playwright.sync_api import Page

ASKED, ANSWERED = "asked", "answered"
_TRIES, _TRY_MS = 500, 20


@dataclass(frozen=True)
class _Message:
    kind: str
    at_s: float


class Traffic:
    """Records the WebSocket messages of a page. Create it before the page is opened."""

    def __init__(self, page: "Page") -> None:
        self._page = page
        self._messages: list[_Message] = []
        self.received_bytes = 0
        """Of all messages from the server so far, before the connection compresses them."""
        # playwright's own events have no timestamp and arrive late when this process is busy
        session = page.context.new_cdp_session(page)
        session.on("Network.webSocketFrameSent", lambda event: self._note(event, _sent))
        session.on("Network.webSocketFrameReceived", lambda event: self._note(event, _received))
        session.send("Network.enable")

    def seconds_of(self, click: Callable[[], object]) -> float:
        """Seconds from the request for a full page run, which `click` causes, until the server reports its end.

        A script that requests a rerun is finished after its last run.
        """
        first = len(self._messages)
        click()
        for _ in range(_TRIES):
            times: dict[str, float] = {}
            for message in self._messages[first:]:
                if message.kind == ASKED or ASKED in times:
                    times.setdefault(message.kind, message.at_s)
            if ANSWERED in times:
                return times[ANSWERED] - times[ASKED]
            self._page.wait_for_timeout(_TRY_MS)
        raise TimeoutError(f"No page was asked for, or none came: {self._messages[first:]}")

    def _note(self, event: dict[str, Any], kind_of: Callable[[bytes], str]) -> None:
        data = base64.b64decode(event["response"]["payloadData"])
        if kind_of is _received:
            self.received_bytes += len(data)
        kind = kind_of(data)
        if kind:
            self._messages.append(_Message(kind, event["timestamp"]))


def _sent(data: bytes) -> str:
    message = BackMsg.FromString(data)
    whole = message.WhichOneof("type") == "rerun_script" and not message.rerun_script.fragment_id
    return ASKED if whole else ""


def _received(data: bytes) -> str:
    message = ForwardMsg.FromString(data)
    whole = message.WhichOneof("type") == "script_finished"
    return ANSWERED if whole and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY else ""
