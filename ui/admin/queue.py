"""The queue of the host: whose work is under way and whose waits, and buttons that end it."""

import time

import streamlit as st

from tlcore.hosting.overview import end, list_work
from tlcore.words import seconds


def show_queue() -> None:
    st.header("Queue", anchor=False)
    st.fragment(_draw, run_every=5.0)()


def _draw() -> None:
    works = list_work()
    if not works:
        st.caption("Nothing waits, and nothing is under way.")
    for work in works:
        with st.container(horizontal=True, vertical_alignment="center"):
            state = "under way" if work.under_way else "waits"
            ago = seconds(max(time.time() - work.since, 0.0))
            st.markdown(f"`{work.who}` · {work.ticket.words} · {state} since {ago}", width="stretch")
            st.button(
                "End" if work.under_way else "Remove",
                key=f"admin_end_{work.ticket.key.name}_{work.who}",
                icon=":material/close:",
                type="tertiary",
                on_click=end,
                args=(work,),
            )
