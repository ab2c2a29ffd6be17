"""What Streamlit's login leaves open: the way back to the page that was asked for, and open pages after a log-out."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote, unquote

from starlette.datastructures import MutableHeaders, QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tlcore.hosting.spaces.visitors import visitor_of
from tlcore.hosting.web.answers import opens_page, refuse
from tlcore.hosting.web.cookies import NOT_PAGES, cookie_of

LOG_IN, LOG_OUT, CALLBACK = "/auth/login", "/auth/logout", "/oauth2callback"
ASKED = "transfer_lab_asked_for"
"""The cookie with the address that somebody wanted to open before the login."""
ASKED_FOR_S = 600
_ADDRESS = re.compile(r"/(?![/\\])[!-\[\]-~]{0,1500}")  # begins with one slash: it is of this host
_ACCOUNT = "_streamlit_user="
_GOING_AWAY = 1001
_REFUSED, _BAD_GATEWAY = 400, 502
_NO_ANSWER = "The service that you log in with does not answer. Go back, and try again in a minute."


class Logins:
    """ASGI middleware, for a host with accounts. `account(scope)` is who is logged in; None if nobody is.

    Streamlit always goes on with the first page after a login, which would lose links that were shared; and it leaves
    other open pages of a browser in the hands of whoever has logged out. `base` is the path of the dashboard.
    """

    def __init__(self, app: ASGIApp, *, account: Callable[[Scope], str | None], base: str = "") -> None:
        self._app = app
        self._account = account
        self._base = base
        self._open: dict[object, tuple[tuple[str, str | None], Send]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)
            return
        path = scope["path"].removeprefix(self._base) if scope["type"] == "http" else ""
        if path == CALLBACK and not {"state", "error"} & set(QueryParams(scope["query_string"])):
            # the provider sends the browser here after a log-out, too
            await RedirectResponse(f"{self._base}/", 302)(scope, receive, send)
        elif path == LOG_IN:
            await self._app(scope, receive, _only_https(scope, _in_words(scope, receive, send)))
        elif path == CALLBACK:
            await self._app(scope, receive, self._back(scope, send))
        elif path == LOG_OUT:
            await self._app(scope, receive, _only_https(scope, send))
            await self._close_pages(scope)
        elif opens_page(scope) and not path.startswith(NOT_PAGES) and self._account(scope) is None:
            await self._app(scope, receive, self._asked(scope, send))
        else:
            await self._app(scope, receive, send)

    def _asked(self, scope: Scope, send: Send) -> Send:
        """Remembers the address in the browser."""
        query = scope["query_string"].decode("latin-1")
        address = scope.get("raw_path", scope["path"].encode()).decode("latin-1") + (f"?{query}" if query else "")

        async def send_and_remember(message: Message) -> None:
            if message["type"] == "http.response.start" and _ADDRESS.fullmatch(address):
                cookie = self._cookie(scope, quote(address, safe="/?=&"), ASKED_FOR_S)
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        return send_and_remember

    def _back(self, scope: Scope, send: Send) -> Send:
        """After a login, the browser is sent to the address that it had asked for."""
        asked = unquote(HTTPConnection(scope).cookies.get(ASKED, ""))
        leads_to_page = _ADDRESS.fullmatch(asked) and asked.startswith(f"{self._base}/")
        page = asked.partition("?")[0].removeprefix(self._base)

        async def send_back(message: Message) -> None:
            if message["type"] == "http.response.start" and leads_to_page and not page.startswith(("/auth/", CALLBACK)):
                headers = MutableHeaders(scope=message)
                if any(_is_login(cookie) for cookie in headers.getlist("set-cookie")):
                    headers["location"] = asked
                    headers.append("set-cookie", self._cookie(scope, "", 0))
            await send(message)

        return _only_https(scope, send_back)

    def _cookie(self, scope: Scope, value: str, seconds: int) -> str:
        secure = "; Secure" * (scope["scheme"] == "https")
        return f"{ASKED}={value}; Path={self._base}{CALLBACK}; HttpOnly; Max-Age={seconds}; SameSite=Lax{secure}"

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        account = self._account(scope)
        if account is None:
            await self._app(scope, receive, send)
            return
        closed = False

        async def send_until_closed(message: Message) -> None:
            nonlocal closed
            if not closed:
                closed = message["type"] == "websocket.close"
                await send(message)

        with self._listed((account, visitor_of(cookie_of(scope))), send_until_closed):
            await self._app(scope, receive, send_until_closed)

    @contextmanager
    def _listed(self, whose: tuple[str, str | None], send: Send) -> Iterator[None]:
        key = object()
        self._open[key] = (whose, send)
        try:
            yield
        finally:
            del self._open[key]

    async def _close_pages(self, scope: Scope) -> None:
        """Closes the account's other pages in this browser. They connect again, and then ask to log in."""
        whose = (self._account(scope), visitor_of(cookie_of(scope)))
        for send in [send for known, send in self._open.values() if known == whose]:
            try:
                await send({"type": "websocket.close", "code": _GOING_AWAY, "reason": "Logged out."})
            except (OSError, RuntimeError):  # it is just being closed by the browser
                continue


def _in_words(scope: Scope, receive: Receive, send: Send) -> Send:
    """If Streamlit cannot send the browser to the provider, it says no more than “Authentication error”."""
    failed = False

    async def send_or_say(message: Message) -> None:
        nonlocal failed
        if message["type"] == "http.response.start" and message["status"] >= _REFUSED:
            failed = True
            await refuse(scope, receive, send, _BAD_GATEWAY, _NO_ANSWER)
        elif not failed:
            await send(message)

    return send_or_say


def _only_https(scope: Scope, send: Send) -> Send:
    """Streamlit's cookies of a login come without `Secure`; with https, browsers send them by https only."""

    async def send_secure(message: Message) -> None:
        if message["type"] == "http.response.start" and scope["scheme"] == "https":
            message["headers"] = [
                (
                    name,
                    value + b"; Secure"
                    if name.lower() == b"set-cookie" and b"; secure" not in value.lower()
                    else value,
                )
                for name, value in message["headers"]
            ]
        await send(message)

    return send_secure


def _is_login(cookie: str) -> bool:
    return cookie.startswith(_ACCOUNT) and "max-age=0" not in cookie.lower()
