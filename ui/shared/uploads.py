"""Let go of uploaded files: Streamlit keeps them in the server's memory until their session ends, used or not."""

import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile

from ui.shared.state import UNUSED_UPLOADS

UNUSED_S = 120.0
"""A file of no widget is let go after this time. A new one is of none until all files of a choice have come."""


T = TypeVar("T")


def still_here(file: T | DeletedFile | None) -> T | None:
    """What a widget returned, or None if that was let go since: the widget remembers it all the same."""
    return None if isinstance(file, DeletedFile) else file


def all_still_here(files: Sequence[T | DeletedFile]) -> list[T]:
    return [file for file in files if not isinstance(file, DeletedFile)]


def forget_uploads(files: Sequence[object]) -> None:
    """Free the memory of files that are stored now. A widget that is drawn again gives
    deleted files: see `still_here`."""
    _remove([file.file_id for file in files if isinstance(file, UploadedFile)])


def forget_unused_uploads() -> None:
    """Call with each page: frees the files whose widget is gone, as after a dialog was closed."""
    stored = _stored()
    if not stored:
        return
    unused = set(stored) - set(_in_widgets())
    now = time.monotonic()
    before: dict[str, float] = st.session_state.get(UNUSED_UPLOADS, {})
    since = {file: before.get(file, now) for file in unused}
    if since and now - max(since.values()) >= UNUSED_S:  # while files come in, none is let go
        _remove(list(since))
        since = {}
    st.session_state[UNUSED_UPLOADS] = since


def _in_widgets() -> Iterator[str]:
    for value in st.session_state.values():
        for file in value if isinstance(value, list) else [value]:
            if isinstance(file, UploadedFile):
                yield file.file_id


def _stored() -> list[str]:
    context = get_script_run_ctx(suppress_warning=True)
    manager = context.uploaded_file_mgr if context else None
    if context is None or not isinstance(manager, MemoryUploadedFileManager):
        return []
    return list(manager.file_storage.get(context.session_id, {}))


def _remove(files: Sequence[str]) -> None:
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for file in files:
            context.uploaded_file_mgr.remove_file(context.session_id, file)
