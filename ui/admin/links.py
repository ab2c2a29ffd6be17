"""The links that are out, of all visitors, and a button that takes one back."""

import time

import streamlit as st

from tlcore.hosting.links import all_links, take_back
from tlcore.system.home import as_host
from tlcore.system.logs import WHO_DIGITS
from tlcore.words import count

_SHOWN = 50


def show_all_links() -> None:
    with as_host():
        links = all_links()
    if not links:
        return
    st.header(count(len(links), "link"), anchor=False)
    for number, link in list(links.items())[:_SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center"):
            made = time.strftime("%d %b %H:%M", time.gmtime(link.created))
            st.markdown(f"`{link.owner[:WHO_DIGITS]}` · {link.kind} · {made} UTC", width="stretch")
            st.button(
                "Take back",
                key=f"admin_back_{number}",
                icon=":material/link_off:",
                type="tertiary",
                on_click=_take_back,
                args=(number,),
            )


def _take_back(number: str) -> None:
    with as_host():
        take_back(number)
