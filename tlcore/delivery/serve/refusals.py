"""Errors of the service: each is the same JSON object, whoever found it, and none tells anything of the machine."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    415: "not_an_image",
    422: "unusable",
    429: "too_many_requests",
    500: "failed",
    503: "busy",
}
"""HTTP status -> the word that a program can branch on."""
RETRY_AFTER_S = 1
_LEFT_BYTES, _LEFT_S = 400_000_000, 10


class Refused(Exception):
    """A request, or an image of it, that gets no answer. The message is for the sender."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class PlainJSON(Response):
    """JSON in ASCII: names with halves of surrogate pairs, which file systems allow, can be sent as well."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


class BeforeTheEnd(PlainJSON):
    """A response to content that is not read to its end: after it, the rest is received for a while and dropped.

    Many clients read no response before they have sent everything; closing the connection would hide it from them.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(_LEFT_S):
                await _drop_rest(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drop_rest(receive: Receive) -> None:
    left = _LEFT_BYTES
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if not message.get("more_body"):  # the end, or the client is gone
            return


def error_of(refused: Refused) -> dict[str, Any]:
    """The object that describes an error, in a response or beside the answers to other images."""
    code = CODES.get(refused.status, "refused")
    return {"status": refused.status, "code": code, "message": str(refused)}


def refusal(refused: Refused, headers: Mapping[str, str] | None = None, *, unread: bool = False) -> PlainJSON:
    """The response `{"error": {"status", "code", "message"}}`. `unread`: there may be content that was not read."""
    again = {"Retry-After": str(RETRY_AFTER_S)} if refused.status in (429, 503) else {}
    kind = BeforeTheEnd if unread else PlainJSON
    return kind({"error": error_of(refused)}, refused.status, {**(headers or {}), **again})


def phrase(status: int) -> str:
    """The usual words for a status, as a sentence."""
    try:
        return f"{HTTPStatus(status).phrase}."
    except ValueError:
        return "Refused."
