"""The spaces of all visitors: how large, how much used, when they were here; and a button that deletes one."""

import time

import streamlit as st

from tlcore.hosting.overview import list_space_facts
from tlcore.words import count, seconds, size
from ui.shared.deleting import delete_with_caches

_CHOSEN = "admin_space"


def show_spaces() -> None:
    facts = list_space_facts()
    st.header(count(len(facts), "space"), anchor=False)
    if not facts:
        return
    now = time.time()
    table = [
        {
            "space": fact.who,
            "last visit": f"{seconds(now - fact.last_visit)} ago" if fact.last_visit else "never",
            "expires in": seconds(max(fact.expires - now, 0.0)),
            "bytes": size(fact.bytes),
            "images": fact.images,
            "runs": fact.runs,
            "computing today": seconds(fact.seconds_today),
            "epochs today": fact.epochs_today,
        }
        for fact in facts
    ]
    st.dataframe(table, hide_index=True, width="stretch", key="admin_spaces")
    visitors = {fact.visitor: fact.who for fact in facts}
    with st.container(horizontal=True, vertical_alignment="bottom", key="danger_admin"):
        chosen = st.selectbox(
            "Space",
            list(visitors),
            index=None,
            format_func=visitors.__getitem__,
            placeholder="Choose a space",
            key=_CHOSEN,
            width=240,
        )
        sure = st.checkbox("I am sure", key="admin_sure", disabled=chosen is None)
        asked = st.button(
            "Delete this space",
            key="admin_delete",
            type="primary",
            icon=":material/delete_forever:",
            disabled=chosen is None or not sure,
        )
        if asked and delete_with_caches(str(chosen), "Ending its work, and deleting …"):
            st.rerun()
