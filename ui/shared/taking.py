"""Photographs from the visitor, one after another: dropped as files, or taken with the camera.

The widgets are empty again after each, so that the next one can follow at once.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from tlcore.data.intake.photographs import Taken, Upload
from tlcore.data.pixels.formats import UPLOAD_TYPES
from tlcore.errors import TlcoreError
from tlcore.words import count
from ui.shared.pictures import PictureGroup, picture_of, show_pictures
from ui.shared.uploads import all_still_here, forget_uploads
from ui.shared.widgets import error_box, escape_markdown

FILES, CAMERA = "Files", "Camera"
SHOWN = 8  # of the last photographs
LISTED = 5  # of those that were not taken, with the reason

Take = Callable[[Sequence[Upload]], Taken]
"""Stores photographs. Raises TlcoreError."""


def show_taking(key: str, take: Take) -> None:
    """Draw the uploader or the camera. What comes is passed to `take` at once; then its outcome is said."""
    way = st.segmented_control(
        "From",
        [FILES, CAMERA],
        default=FILES,
        required=True,
        key=f"{key}_way",
        label_visibility="collapsed",
        persist_state="session",
    )
    turn = st.session_state.setdefault(f"{key}_turn", 0)
    widget = f"{key}_{'camera' if way == CAMERA else 'files'}_{turn}"
    settings: dict[str, Any] = {
        "key": widget,
        "label_visibility": "collapsed",
        "on_change": _take,
        "args": (key, widget, take),
    }
    if way == CAMERA:
        st.camera_input("Take a photograph", **settings, width=360)
    else:
        st.file_uploader("Photographs", type=list(UPLOAD_TYPES), accept_multiple_files=True, **settings)
    _tell(st.session_state.get(f"{key}_told"))


def show_last(key: str, small: Mapping[str, bytes], undo: Callable[[str], None]) -> None:
    """The last photographs, by id -> JPEG, the newest first, with a button that calls `undo` with the newest."""
    if not small:
        return
    pictures = tuple(picture_of(photograph, jpeg) for photograph, jpeg in small.items())
    show_pictures([PictureGroup("", pictures)], key=f"{key}_last", row=True)
    st.button(
        "Undo the last one",
        key=f"{key}_undo",
        icon=":material/undo:",
        type="tertiary",
        on_click=_undo,
        args=(key, next(iter(small)), undo),
    )


def forget_told(key: str) -> None:
    """Say no more about the photographs before."""
    st.session_state.pop(f"{key}_told", None)


def _take(key: str, widget: str, take: Take) -> None:
    """Runs before the page is drawn: the new photographs are already counted then, and the widgets are new."""
    given = st.session_state.get(widget)
    if not given:
        return
    files = all_still_here(given if isinstance(given, list) else [given])
    try:
        st.session_state[f"{key}_told"] = take([(file.name, file) for file in files])
    except TlcoreError as error:
        st.session_state[f"{key}_told"] = str(error)
    st.session_state[f"{key}_turn"] += 1
    forget_uploads(files)


def _undo(key: str, photograph: str, undo: Callable[[str], None]) -> None:
    forget_told(key)
    undo(photograph)


def _tell(told: Taken | str | None) -> None:
    if isinstance(told, str):
        error_box(told)
    elif told is not None:
        words = f"{count(len(told.names), 'photograph')} added" if told.names else "Nothing was added"
        st.caption(f":material/{'check' if told.names else 'info'}: {words}.")
        for image in told.skipped[:LISTED]:
            st.caption(f":material/block: {escape_markdown(image.id)}: {escape_markdown(image.reason)}")
        if len(told.skipped) > LISTED:
            st.caption(f"and {count(len(told.skipped) - LISTED)} more that were left out")
