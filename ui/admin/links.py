"""The links that are out, of all visitors, and a button that takes one back."""

import streamlit as st

from tlcore.hosting.spaces.links import all_links, take_back
from tlcore.system.home import as_host
from tlcore.system.logs import WHO_DIGITS
from tlcore.words import count
from ui.shared.sharing import made_at, show_link

_SHOWN = 50


def show_all_links() -> None:
    with as_host():
        links = all_links()
    if not links:
        return
    st.header(count(len(links), "link"), anchor=False)
    for number, link in list(links.items())[:_SHOWN]:
        show_link(f"`{link.owner[:WHO_DIGITS]}` · {link.kind} · {made_at(link)}", number, "admin_back", _take_back)


def _take_back(number: str) -> None:
    with as_host():
        take_back(number)
