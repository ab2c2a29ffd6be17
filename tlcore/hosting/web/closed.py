"""Which of Streamlit's addresses are open: those that the pages of this project need, and no other.

Streamlit also opens its metrics, a check that runs the whole script, an interface for agents, the files of
components, and the addresses of a login. What a later version adds is closed until it is listed here.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from tlcore.hosting.web.answers import refuse

_OPEN = ("/_stcore/health", "/_stcore/host-config", "/_stcore/stream")
_OPEN_BELOW = ("/_stcore/upload_file/",)
_CLOSED = ("/_stcore", "/component", "/app/static", "/auth", "/oauth2callback")
_LOGIN = ("/auth/login", "/auth/logout", "/oauth2callback")
_METHODS = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}


class ClosedRoutes:
    """`base` is the path below which the dashboard is served. With `login`, the addresses of `st.login` are open."""

    def __init__(self, app: ASGIApp, *, base: str = "", login: bool = False) -> None:
        self._app = app
        self._base = base
        self._open = (*_OPEN, *_LOGIN) if login else _OPEN

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_open(scope["path"].removeprefix(self._base)):
            if scope["type"] == "http" and scope["method"] not in _METHODS:
                await refuse(scope, receive, send, 405, "This is not done here.")
                return
            await self._app(scope, receive, send)
            return
        await refuse(scope, receive, send, 404, "There is nothing at this address.")

    def _is_open(self, path: str) -> bool:
        return path in self._open or path.startswith(_OPEN_BELOW) or not path.startswith(_CLOSED)
