"""The part of the sidebar about the visitor's space on a hosted dashboard."""

import streamlit as st

from tlcore.hosting.settings import host_settings
from tlcore.system.home import space
from ui.shared.hosting import is_hosted
from ui.shared.state import YOUR_SPACE
from ui.space.facts import kept_words, used_of
from ui.space.yours import show_your_space


def show_space() -> None:
    """How long the work is kept, what is used, and a button for all else. Nothing on one's own machine."""
    if not is_hosted():
        return
    fullest = max(used_of(space()), key=lambda used: used.fraction)
    with st.container(gap="xsmall", key="shell_space"):
        st.caption(f":material/schedule: Your work is kept until {kept_words(host_settings())}.")
        st.progress(fullest.fraction, text=f"{fullest.what}: {fullest.words}")
        if st.button("Your space", key="shell_your_space", icon=":material/person:", width="stretch"):
            st.session_state[YOUR_SPACE] = True
        if st.session_state.get(YOUR_SPACE):
            show_your_space()
