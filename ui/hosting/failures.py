"""The end of an unexpected error on a page of a hosted dashboard: the log has it, and the visitor its id."""

import streamlit as st

from tlcore.system.failures import as_user_error
from tlcore.system.logs import failure_words, log_failure
from ui.shared.widgets import error_box


def show_failure(failure: Exception) -> bool:
    """For `st.App(on_script_error=…)`: the page shows no more than this, and nothing of the server."""
    known = as_user_error(failure)
    if known is not None:
        error_box(known)
        return True
    error_id = log_failure(failure, "page failed", page=_page())
    st.error(failure_words(error_id), icon=":material/error:")
    return True


def _page() -> str | None:
    try:
        url = st.context.url
    except Exception:  # an error must not hide another
        return None
    return url.partition("?")[0].rpartition("/")[2][:200] or "overview" if url else None
