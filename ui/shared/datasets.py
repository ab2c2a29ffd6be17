"""The datasets that one can choose, and what to call them."""

from pathlib import Path

import streamlit as st

from tlcore.data.catalog import is_named
from tlcore.data.intake.library import list_sources


@st.cache_data(ttl=2.0, show_spinner=False)
def dataset_sources() -> list[str]:
    """Built-in, then what lies under the data root or was added."""
    return list_sources()


def dataset_label(source: str) -> str:
    """A name as it is, a path by its last folder."""
    return "demo · drawn insects" if source == "demo" else source if is_named(source) else Path(source).name
