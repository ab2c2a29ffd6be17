"""A grid of clickable pictures, in groups with headings. It is one Streamlit element for any number of pictures.

With a selection, each picture has a mark that chooses it; `ui.shared.acting` shows such grids with what can be done.
"""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from PIL import Image

from tlcore.data.dataset import ImageSource
from tlcore.data.pixels.thumbnails import thumbnails
from ui.shared.component import component
from ui.shared.selection import Selection

LARGE_PX = 1100
"""For a single picture."""
_SMALL_PX = 64


@dataclass(frozen=True)
class Badge:
    """A word in the corner of a picture, with a mark, so that colour is never the only sign."""

    good: bool
    word: str


@dataclass(frozen=True)
class Picture:
    id: str
    jpeg: bytes | None
    """None: there is no picture, and `lines` say why."""
    lines: tuple[str, ...]
    """The first line is emphasised."""
    badge: Badge | None = None
    chosen: bool = False
    """Whether it is the chosen one: it gets a frame, and screen readers announce it."""
    can_be_marked: bool = True
    """False for an image that the dataset no longer has."""


@dataclass(frozen=True)
class PictureGroup:
    heading: str
    pictures: tuple[Picture, ...]


def show_pictures(
    groups: Sequence[PictureGroup], key: str, *, row: bool = False, selection: Selection | None = None
) -> str | None:
    """Draw the pictures; with `row`, small and in one line. Returns the clicked id, in the rerun after the click.

    With a `selection`, a mark on each picture (or Shift and a click, or the space key) chooses it. Marks set in the
    browser are in the selection when the script runs again.
    """
    shown = [
        {
            "heading": group.heading,
            "row": row,
            "pictures": [
                {
                    "id": picture.id,
                    "source": data_url(picture.jpeg),
                    "lines": picture.lines,
                    "badge": picture.badge and {"good": picture.badge.good, "word": picture.badge.word},
                    "chosen": picture.chosen,
                    "fixed": not picture.can_be_marked,
                }
                for picture in group.pictures
            ],
        }
        for group in groups
    ]
    marks = None
    if selection is not None:
        ids = [picture.id for group in groups for picture in group.pictures]
        marks = {"number": selection.number, "chosen": selection.among(ids)}

    def take_marks() -> None:
        if selection is not None:
            selection.take(st.session_state[key].get("marked"))

    draw = component("pictures", '<div class="pictures"></div>', Path(__file__).with_name("pictures"))
    result = draw(
        key=key,
        data={"groups": shown, "marks": marks},
        on_clicked_change=lambda: None,
        on_marked_change=take_marks,
    )
    return result.clicked if isinstance(result.clicked, str) else None


def show_large(source: ImageSource, sample_id: str) -> None:
    """One image as large as its place, or a word that it cannot be shown."""
    jpeg = thumbnails(source, [sample_id], LARGE_PX).get(sample_id)
    if jpeg is None:
        st.warning("This file cannot be shown.", icon=":material/broken_image:")
    else:
        st.image(enlarged(jpeg), width="stretch")


def enlarged(jpeg: bytes) -> Image.Image | bytes:
    """A very small image enlarged with sharp pixels instead of blur."""
    with Image.open(io.BytesIO(jpeg)) as image:
        factor = LARGE_PX // 2 // max(image.size)
        if max(image.size) > _SMALL_PX:
            return jpeg
        return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


def data_url(jpeg: bytes | None) -> str:
    return "" if jpeg is None else f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def picture_of(sample_id: str, jpeg: bytes | None, *lines: str) -> Picture:
    """A picture whose last line is its file name."""
    return Picture(sample_id, jpeg, (*lines, sample_id.rpartition("/")[2]))
