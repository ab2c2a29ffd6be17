"""The last errors in the log, with the ids that visitors were shown."""

import streamlit as st

from tlcore.hosting.overview import last_errors


def show_errors() -> None:
    st.header("Last errors", anchor=False)
    errors = last_errors()
    if errors:
        st.dataframe(errors, hide_index=True, width="stretch", key="admin_errors")
    else:
        st.caption("There are none in the log.")
