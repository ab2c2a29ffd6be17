"""Delete the space of a visitor from a page: the visitor's own, or as the administrator."""

import streamlit as st

from tlcore.errors import TlcoreError
from tlcore.hosting.spaces.removal import delete_space
from ui.shared.widgets import error_box


def delete_with_caches(visitor: str, words: str) -> bool:
    """Delete all files of a visitor, and what pages have cached; returns whether that worked. `words` are for the wait.

    The caches of all go: nothing of this visitor must stay in memory, and what is the others' is computed again.
    """
    try:
        with st.spinner(words):
            delete_space(visitor)
    except TlcoreError as error:
        error_box(error)
        return False
    st.cache_data.clear()
    st.cache_resource.clear()
    return True
