"""The dialog that adds a dataset: built here, from uploaded files after a summary, or from a path on one's machine."""

import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path

import streamlit as st

from tlcore.data.catalog import open_dataset
from tlcore.data.intake.archive import LIMITS, Unpacked
from tlcore.data.intake.library import add_path
from tlcore.data.intake.upload import Staged, Summary, stage_archive, stage_table, summarise
from tlcore.errors import TlcoreError
from tlcore.system.drive import drive
from tlcore.words import count
from ui.add_dataset.build import build_dataset, has_draft
from ui.add_dataset.summary import show_summary
from ui.shared.caching import cache_resource
from ui.shared.datasets import dataset_label, dataset_sources
from ui.shared.hosting import is_hosted, is_own_machine
from ui.shared.state import ADDING, NEWS, link
from ui.shared.uploads import all_still_here, forget_uploads, still_here
from ui.shared.widgets import error_box, escape_markdown

_STAGED = "add_dataset_staged"
ZIP, BUILD, TABLE, PATH = "Zip", "New dataset", "CSV and images", "Path"
_EVERY_S = 0.2


def _forget_staged() -> None:
    """Delete an unpacked dataset that the visitor did not confirm."""
    staged = st.session_state.pop(_STAGED, None)
    if staged is not None:
        staged.discard()


def _dismiss() -> None:
    _forget_staged()
    st.session_state.pop(ADDING, None)


@st.dialog("Add a dataset", width="medium", icon=":material/add_photo_alternate:", on_dismiss=_dismiss)
def show_add_dataset() -> None:
    show_ways()


def show_ways() -> None:
    """The content of the dialog: first the ways to add a dataset, then the summary of what was added."""
    staged: Staged | None = st.session_state.get(_STAGED)
    if staged is not None:
        _decide(staged)
    elif (staged := _ask()) is not None:
        st.session_state[_STAGED] = staged
        st.rerun()  # the dialog stays open; without a rerun, parts of the form would stay below the summary


def _ask() -> Staged | None:
    if is_hosted():
        st.caption(":material/lock: What you add here is in your own space: other visitors cannot see it.")
    ways = {ZIP: _from_zip, BUILD: _build, TABLE: _from_table}
    if is_own_machine():
        ways[PATH] = _from_path
    st.session_state.setdefault("add_dataset_way", BUILD if has_draft() else ZIP)
    way = st.segmented_control("From", list(ways), required=True, key="add_dataset_way", label_visibility="collapsed")
    return ways[way or ZIP]()


def _from_zip() -> Staged | None:
    st.caption(
        "One folder per class with its images inside, or the same below `train`, `val` and `test`; or images with a "
        "table of `path,label`, or one for each split. What is not used is listed before you decide."
    )
    file = still_here(st.file_uploader("Zip file", type="zip", key="add_dataset_zip", label_visibility="collapsed"))
    name = _name(Path(file.name).stem if file else "")
    if _unpack_button(file is not None) and file is not None:
        return _stage(stage_archive(file, name), [file])
    return None


def _build() -> None:
    if (built := build_dataset()) is not None:
        source, page = built
        _choose(source, page)


def _from_table() -> Staged | None:
    st.caption("A table with the columns `path` and `label`, and `split` if you have one; and the images it names.")
    table = still_here(st.file_uploader("Table", type=["csv", "tsv", "txt"], key="add_dataset_table"))
    images = all_still_here(st.file_uploader("Images", accept_multiple_files=True, key="add_dataset_table_images"))
    name = _name(Path(table.name).stem if table else "")
    if _unpack_button(table is not None and bool(images)) and table is not None:
        work = stage_table((table.name, table), [(file.name, file) for file in images], name)
        return _stage(work, [table, *images])
    return None


def _from_path() -> None:
    st.caption("A folder or a table on this machine. Nothing is copied: it is read where it lies.")
    path = st.text_input("Path", key="add_dataset_path", placeholder="/home/me/photographs", max_chars=1000)
    looked = st.button("Read it", key="add_dataset_look", icon=":material/folder_open:", disabled=not path.strip())
    if not looked and st.session_state.get("add_dataset_looked") != path:
        return
    st.session_state["add_dataset_looked"] = path
    source = path.strip()
    if looked:
        _summary_of.clear(source)
    try:
        summary = _summary_of(source)
    except TlcoreError as error:
        error_box(error)
        return
    show_summary(summary)
    if st.button("Use it", key="add_dataset_use_path", type="primary", icon=":material/check:"):
        _choose(add_path(path))


@cache_resource(max_entries=4, ttl=300, show_spinner="Reading the images …")
def _summary_of(source: str) -> Summary:
    """Kept until it is asked for anew: the dialog is drawn again with every click."""
    return summarise(open_dataset(source))


def _name(default: str) -> str:
    """The name of the dataset. A new file changes it, unless the visitor typed one."""
    if default and st.session_state.get("add_dataset_default") != default:
        st.session_state["add_dataset_default"] = default
        st.session_state["add_dataset_name"] = default
    return st.text_input("Name", key="add_dataset_name", max_chars=60, placeholder="what to call it") or default


def _unpack_button(ready: bool) -> bool:
    st.caption(f"At most {st.get_option('server.maxUploadSize')} MB and {count(LIMITS.files)} files.")
    return st.button(
        "Unpack it", key="add_dataset_unpack", type="primary", icon=":material/unarchive:", disabled=not ready
    )


def _stage(work: Generator[Unpacked, None, Staged], files: Sequence[object]) -> Staged | None:
    """Unpack these files with progress. Closing the dialog or Cancel stops it, and nothing is left behind."""
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, text="Unpacking …")
        st.button("Cancel", key="add_dataset_cancel", icon=":material/close:")
    told = 0.0

    def show(done: Unpacked) -> None:
        nonlocal told
        if time.monotonic() - told >= _EVERY_S:
            told = time.monotonic()
            text = f"Unpacking: {count(done.files)} of {count(done.total_files)} files"
            bar.progress(done.files / done.total_files, text=text)

    try:
        staged = drive(work, show)
    except TlcoreError as error:
        place.empty()
        error_box(error)
        return None
    forget_uploads(files)
    return staged


def _decide(staged: Staged) -> None:
    st.subheader(staged.name)
    show_summary(staged.summary)
    with st.container(horizontal=True):
        if st.button("Use it", key="add_dataset_use", type="primary", icon=":material/check:"):
            del st.session_state[_STAGED]
            with suppress(KeyError):
                del st.session_state["add_dataset_default"]
            try:
                source = staged.accept()
            except TlcoreError as error:
                error_box(error)
            else:
                _choose(source)
        st.button("Discard", key="add_dataset_discard", icon=":material/delete:", on_click=_forget_staged)


def _choose(source: str, page: str = "pages/dataset.py") -> None:
    dataset_sources.clear()
    st.session_state.pop(ADDING, None)
    st.session_state[NEWS] = f"{escape_markdown(dataset_label(source))} is here and chosen."
    link(page, dataset=source, view="new" if page == "pages/train.py" else None)
