"""The server of a hosted dashboard: what stands before Streamlit's pages."""

from starlette.middleware import Middleware

from tlcore.hosting.web.cookies import VisitorCookie


def middleware() -> list[Middleware]:
    """For `st.App`, the outermost first."""
    return [Middleware(VisitorCookie)]
