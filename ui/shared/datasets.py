"""The datasets that one can choose, what to call them, and how an address names them: never by a path."""

import hashlib
from pathlib import Path

import streamlit as st

from tlcore.data.catalog import is_named
from tlcore.data.intake.library import list_sources
from ui.shared.hosting import is_hosted


@st.cache_data(ttl=2.0, show_spinner=False)
def dataset_sources() -> list[str]:
    """Built-in, then what lies under the data root or was added."""
    return list_sources()


def dataset_label(source: str) -> str:
    """A name as it is, a path by its last folder."""
    return "demo · drawn insects" if source == "demo" else source if is_named(source) else Path(source).name


def dataset_name(source: str) -> str:
    """What an address calls a dataset: its name, or its last folder, and a digest where several are called so."""
    if is_named(source):
        return source
    name = Path(source).name
    alike = [other for other in dataset_sources() if Path(other).name == name]
    if len(alike) <= 1 and not is_named(name):
        return name
    return f"{name}~{hashlib.sha256(source.encode()).hexdigest()[:8]}"


def source_of(name: str) -> str | None:
    """The dataset that an address names; None: it is none of those that are listed here.

    A listed path is understood as well, but not from strangers.
    """
    sources = dataset_sources()
    if name in sources and (is_named(name) or not is_hosted()):
        return name
    by_name = {dataset_name(source): source for source in sources}
    by_folder = {Path(source).name: source for source in reversed(sources) if not is_named(source)}
    return by_name.get(name) or by_folder.get(name)
