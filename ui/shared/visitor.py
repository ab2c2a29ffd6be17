"""The space of the visitor whose page is being drawn.

On a hosted dashboard everything of a page works in the space of its visitor, also its callbacks, its fragments and what
it caches. A thread without a session has no visitor, and so no space.
"""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from tlcore.errors import NotAllowed
from tlcore.hosting.quotas import limit_spaces
from tlcore.hosting.visitors import COOKIE, space_of, touch, visitor_of
from tlcore.hosting.waiting_room import check_tickets
from tlcore.runs.work.tickets import admit_with
from tlcore.system.home import Space, find_space_with, space
from ui.shared.hosting import is_hosted
from ui.shared.widgets import error_box


def visitors_space() -> Space | None:
    """The space of this session's visitor; None on one's own machine.

    Raises NotAllowed outside a session, or if its browser has sent no valid cookie.
    """
    if not is_hosted():
        return None
    if get_script_run_ctx(suppress_warning=True) is None:
        raise NotAllowed("This belongs to no visitor of the dashboard, so it has no place for its files.")
    visitor = visitor_of(visitors_cookie())
    if visitor is None:
        raise NotAllowed(
            "This dashboard tells its visitors apart by a cookie, and your browser sent none. "
            "Allow cookies for this address, and load the page again."
        )
    return space_of(visitor)


def let_in() -> None:
    """Call first on each page. If hosted, it remembers the visit, or ends the page if no visitor is known."""
    if not is_hosted():
        return
    try:
        touch(space())
    except NotAllowed as error:
        error_box(str(error))
        st.stop()


def visitors_cookie() -> str | None:
    return st.context.cookies.get(COOKIE)


find_space_with(visitors_space)
limit_spaces()
admit_with(check_tickets)
