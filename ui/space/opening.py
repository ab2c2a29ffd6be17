"""Open what a link opens: it comes onto the visitor's lists, and is shown."""

import streamlit as st

from tlcore.data.intake.library import sources_in
from tlcore.hosting.spaces.grants import Link, open_link
from tlcore.system.home import space
from ui.shared.addresses import SHARED
from ui.shared.cached import forget_runs
from ui.shared.datasets import dataset_sources
from ui.shared.hosting import is_hosted
from ui.shared.state import NEWS, link
from ui.shared.widgets import escape_markdown, friendly_errors

_LONGEST_TOKEN = 200


def open_shared() -> None:
    """Call on each page before its lists. The token leaves the address, whether or not it opens anything."""
    token = st.query_params.get(SHARED)
    if token is None:
        return
    st.query_params.pop(SHARED, None)
    if not is_hosted():
        return
    with friendly_errors():
        opened = open_link(str(token)[:_LONGEST_TOKEN], space())
    if opened is None:
        st.warning("This link opens nothing: it was taken back, or it is not whole.", icon=":material/link_off:")
        return
    forget_runs()
    dataset_sources.clear()
    _show(opened)


def _show(opened: Link) -> None:
    sources = [source for folder in opened.folders if folder.parent.name == "datasets" for source in sources_in(folder)]
    whose = "It is yours." if opened.owner == space().home.name else "It is on your lists now, to look at."
    st.session_state[NEWS] = f"**{escape_markdown(opened.name)}** is shared by this link. {whose}"
    if opened.kind == "run":
        link("pages/train.py", run=opened.run, dataset=sources[0] if sources else None, view="watch")
    link("pages/dataset.py", dataset=sources[0] if sources else None)
