"""Give each browser the signed cookie of its visitor.

The cookie is `HttpOnly`, so that no script reads it, and `SameSite`, so that no other site's page can use it to open a
websocket in the visitor's name.
"""

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tlcore.hosting.spaces.visitors import COOKIE, new_visitor, sign, visitor_of
from tlcore.hosting.web.answers import opens_page, refuse

MAX_AGE_S = 30 * 86_400
_TOO_MANY = "Many new visitors came from your network in the last hour. This page tries again by itself."
_AGAIN_S = 60.0
NOT_PAGES = ("/_stcore/", "/media/", "/static/", "/component/", "/app/static/", "/healthz")


class VisitorCookie:
    """Sets the cookie with each page, so that it lasts for `MAX_AGE_S` after the last one.

    `embedded`: whether the page is shown in a frame of another site, as on Hugging Face. Browsers then send the cookie
    only with `SameSite=None`, which `Partitioned` confines to that site. `may_begin(scope)` says whether this client
    may have a new visitor; without one it gets no cookie, and so no space, and is told so.
    """

    def __init__(
        self, app: ASGIApp, *, embedded: bool = False, may_begin: Callable[[Scope], bool] = lambda scope: True
    ) -> None:
        self._app = app
        self._embedded = embedded
        self._may_begin = may_begin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"].startswith(NOT_PAGES):
            await self._app(scope, receive, send)
            return
        visitor = visitor_of(cookie_of(scope)) or (new_visitor() if self._may_begin(scope) else None)
        if visitor is None and opens_page(scope):
            await refuse(scope, receive, send, 429, _TOO_MANY, again_s=_AGAIN_S)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and visitor is not None:
                MutableHeaders(scope=message).append("set-cookie", self._cookie(visitor, scope["scheme"] == "https"))
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    def _cookie(self, visitor: str, secure: bool) -> str:
        place = "SameSite=None; Secure; Partitioned" if self._embedded else "SameSite=Lax" + "; Secure" * secure
        return f"{COOKIE}={sign(visitor)}; Path=/; HttpOnly; Max-Age={MAX_AGE_S}; {place}"


def cookie_of(scope: Scope) -> str | None:
    """The value of the visitor's cookie in a request or websocket; it may be forged. None if there is none."""
    cookies: SimpleCookie = SimpleCookie()
    for header in Headers(scope=scope).getlist("cookie"):
        for part in header.split(";"):
            name, _, value = part.strip().partition("=")
            if name == COOKIE:
                try:
                    cookies.load(f"{name}={value}")
                except CookieError:
                    return None
    found = cookies.get(COOKIE)
    return found.value if found else None
