"""Whose a request is: with a login, that of the account in Streamlit's signed cookie; else that of the browser."""

import json
from collections.abc import Callable
from json import JSONDecodeError

from starlette.requests import HTTPConnection
from starlette.types import Scope
from streamlit.auth_util import get_cookie_with_chunks, get_origin_from_redirect_uri
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from tlcore.hosting.spaces.visitors import visitor_of, visitor_of_claims
from tlcore.hosting.web.cookies import cookie_of


def account_of(scope: Scope) -> str | None:
    """The visitor whose account is logged in, as `st.user` will say it; None if there is none, or it is forged."""
    cookies = HTTPConnection(scope).cookies
    if USER_COOKIE_NAME not in cookies:
        return None
    secret = get_cookie_secret()

    def one(name: str) -> bytes | None:
        value = cookies.get(name)
        return decode_signed_value(secret, name, value.encode("latin-1")) if value and value.isascii() else None

    try:
        claims = json.loads(get_cookie_with_chunks(one, USER_COOKIE_NAME) or b"null")
    except (JSONDecodeError, UnicodeDecodeError):
        return None
    if not isinstance(claims, dict) or claims.get("origin") != get_origin_from_redirect_uri():
        return None
    return visitor_of_claims(claims)


def browser_of(scope: Scope) -> str | None:
    """The visitor of the browser's cookie; None if it is absent or forged."""
    return visitor_of(cookie_of(scope))


def visitor_with(*, login: bool) -> Callable[[Scope], str | None]:
    """Tells whose a request is. Whoever has not logged in yet is known by the browser, which opens no space then."""
    return (lambda scope: account_of(scope) or browser_of(scope)) if login else browser_of
