"""A grid of pictures that can be clicked, in groups with a heading each. One element, however many pictures."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Picture:
    id: str
    jpeg: bytes | None
    """None: there is nothing to show, and `lines` say why."""
    lines: tuple[str, ...]
    """The first stands out."""


@dataclass(frozen=True)
class PictureGroup:
    heading: str
    pictures: tuple[Picture, ...]


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    return st.components.v2.component(
        "transfer_lab_pictures",
        html='<div class="pictures"></div>',
        css=(_FOLDER / "pictures.css").read_text(encoding="utf-8"),
        js=(_FOLDER / "pictures.js").read_text(encoding="utf-8"),
    )


def show_pictures(groups: Sequence[PictureGroup], key: str) -> str | None:
    """Draw them. Returns the id of a picture in the run that its click caused, else None."""
    data = [
        {
            "heading": group.heading,
            "pictures": [
                {"id": picture.id, "source": _data_url(picture.jpeg), "lines": picture.lines}
                for picture in group.pictures
            ],
        }
        for group in groups
    ]
    result = _component()(key=key, data=data, on_clicked_change=lambda: None)
    return result.clicked if isinstance(result.clicked, str) else None


def _data_url(jpeg: bytes | None) -> str:
    return "" if jpeg is None else f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
