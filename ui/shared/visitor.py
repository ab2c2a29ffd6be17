"""The space of the visitor whose page is being drawn.

On a hosted dashboard everything of a page works in the space of its visitor, also its callbacks, its fragments and what
it caches. A thread without a session has no visitor, and so no space.

A visitor is known by the browser's cookie; where the host has set `login`, by the account, on every device.
"""

import functools
import os
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from tlcore.errors import NotAllowed
from tlcore.hosting.limits.admission import limit_work
from tlcore.hosting.limits.quotas import limit_spaces
from tlcore.hosting.settings import HOSTED, host_home, host_settings
from tlcore.hosting.spaces.visitors import COOKIE, space_of, touch, visitor_of, visitor_of_claims
from tlcore.system.home import Space, find_space_with, space
from ui.shared.hosting import is_hosted
from ui.shared.widgets import error_box

_LOGIN = f"{HOSTED}_LOGIN"
_NAME_CHARACTERS = 80


def visitors_space() -> Space | None:
    """The space of this session's visitor; None on one's own machine.

    Raises NotAllowed outside a session, if its browser has sent no valid cookie, or if a login is needed and missing.
    """
    if not is_hosted():
        return None
    if get_script_run_ctx(suppress_warning=True) is None:
        raise NotAllowed("This belongs to no visitor of the dashboard, so it has no place for its files.")
    return space_of(_account() if needs_login() else _browser())


def let_in() -> None:
    """Call first on each page. If hosted, it remembers the visit, or ends the page if no visitor is known."""
    if not is_hosted():
        return
    if needs_login() and not is_logged_in():
        _ask_to_log_in()
        st.stop()
    try:
        touch(space())
    except NotAllowed as error:
        error_box(str(error))
        st.stop()


def needs_login() -> bool:
    """Whether visitors of this host have accounts."""
    return _needs_login(host_home(), os.environ.get(HOSTED), os.environ.get(_LOGIN))


def is_logged_in() -> bool:
    return is_hosted() and needs_login() and bool(visitors_account().get("is_logged_in", False))


def visitors_cookie() -> str | None:
    return st.context.cookies.get(COOKIE)


def visitors_account() -> dict[str, object]:
    """What the provider of accounts says about the visitor; empty without a login."""
    return dict(st.user.to_dict())


def account_name() -> str:
    """What the provider calls the visitor. On a shared computer, one sees whose account it is."""
    account = visitors_account()
    names = (account.get(key) for key in ("email", "preferred_username", "name", "sub"))
    return next((" ".join(name.split())[:_NAME_CHARACTERS] for name in names if isinstance(name, str) and name), "")


@functools.lru_cache(maxsize=8)
def _needs_login(host: Path, profile: str | None, variable: str | None) -> bool:
    """Asked for each file of a page, and decided at the start of the server."""
    return host_settings().login


def _browser() -> str:
    visitor = visitor_of(visitors_cookie())
    if visitor is None:
        raise NotAllowed(
            "This dashboard tells its visitors apart by a cookie, and your browser sent none. "
            "Allow cookies for this address, and load the page again."
        )
    return visitor


def _account() -> str:
    visitor = visitor_of_claims(visitors_account())
    if visitor is None:
        raise NotAllowed("Log in first: this dashboard keeps the work of each account apart.")
    return visitor


def _ask_to_log_in() -> None:
    st.space("medium")  # else the bar at the top hides the edge
    with (
        st.container(horizontal_alignment="center"),
        st.container(border=True, width=440, key="visitor_login"),
    ):
        st.title("Transfer Lab", anchor=False)
        st.write("Teach a pretrained network your own classes, and see honestly how well it does.")
        st.write("What you upload, train and save here belongs to your account, on each of your devices.")
        st.button(
            "Log in", key="visitor_log_in", type="primary", icon=":material/login:", width="stretch", on_click=st.login
        )


find_space_with(visitors_space)
limit_spaces()
limit_work()
