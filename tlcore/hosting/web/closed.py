"""Which of Streamlit's addresses are open: those that the pages of this project need, and no other.

Streamlit also opens its metrics, a check that runs the whole script, an interface for agents, the files of
components, and the addresses of a login. What a later version adds is closed until it is listed here.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from tlcore.hosting.web.answers import refuse

_OPEN = ("/_stcore/health", "/_stcore/host-config", "/_stcore/stream")
_OPEN_BELOW = ("/_stcore/upload_file/",)
_CLOSED = ("/_stcore", "/component", "/app/static")
_LOGIN = ("/auth/", "/oauth2callback")
_METHODS = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}


class ClosedRoutes:
    """`base` is the path below which the dashboard is served. With `login`, the addresses of `st.login` are open."""

    def __init__(self, app: ASGIApp, *, base: str = "", login: bool = False) -> None:
        self._app = app
        self._base = base
        self._closed = _CLOSED if login else (*_CLOSED, *_LOGIN)
        self._methods = _METHODS | ({"POST"} if login else set())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_open(scope["path"].removeprefix(self._base)):
            if scope["type"] == "http" and scope["method"] not in self._methods:
                await refuse(scope, receive, send, 405, "This is not done here.")
                return
            await self._app(scope, receive, send)
            return
        await refuse(scope, receive, send, 404, "There is nothing at this address.")

    def _is_open(self, path: str) -> bool:
        return path in _OPEN or path.startswith(_OPEN_BELOW) or not path.startswith(self._closed)
