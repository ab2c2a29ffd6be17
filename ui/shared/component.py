"""Parts of pages that are drawn by JavaScript of ours: a style and a script in two files of the same name."""

from pathlib import Path
from typing import Any

import streamlit as st

_ELEMENTS = Path(__file__).with_name("elements.js")
"""What the scripts share: it stands before each."""


@st.cache_resource(show_spinner=False)
def component(name: str, html: str, files: Path) -> Any:
    """A component, to be called with its key and data. `files` is the path of its files without `.css` and `.js`."""
    return st.components.v2.component(
        f"transfer_lab_{name}",
        html=html,
        css=_read(files.with_suffix(".css")),
        js=_read(_ELEMENTS) + _read(files.with_suffix(".js")),
    )


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")
