"""Short answers of the server itself: a request or websocket that is refused, in words for whoever asked."""

from html import escape
from math import ceil

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

TRY_AGAIN_LATER = 1013
"""Close code of a websocket for which there is no room now."""
_PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Transfer Lab</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{again}
<style>:root{{color-scheme:light dark}}body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:20vh auto;
padding:0 1.5rem}}h1{{font-size:1.5rem}}</style></head><body><h1>Transfer Lab</h1><p>{text}</p></body></html>
"""


async def refuse(
    scope: Scope, receive: Receive, send: Send, status: int, text: str, *, again_s: float | None = None
) -> None:
    """Answer with a sentence: a page for a browser that opens one, else plain text; a websocket is not accepted.

    With `again_s`, the client is told when to try again, and a page does so by itself.
    """
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": text[:100]})
        return
    headers = {"Cache-Control": "no-store"}
    if again_s is not None:
        headers["Retry-After"] = str(max(1, ceil(again_s)))
    response: Response
    if opens_page(scope):
        again = f'<meta http-equiv="refresh" content="{headers["Retry-After"]}">' if again_s is not None else ""
        response = HTMLResponse(_PAGE.format(text=escape(text), again=again), status, headers)
    else:
        response = PlainTextResponse(text, status, headers)
    await response(scope, receive, send)


def opens_page(scope: Scope) -> bool:
    """Whether a browser asks for a page, and not for a part of one."""
    return (
        scope["type"] == "http" and scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", "")
    )
