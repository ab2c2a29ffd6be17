"""A way of the dialog: build a new dataset from photographs, class by class. All is on disk at once, so a closed
browser loses nothing.

Visitors of a hosted dashboard see only their own half-made dataset: its key is in their address.
"""

from collections.abc import Sequence

import streamlit as st

from tlcore.data.intake.building import Draft, find_draft, list_drafts, new_draft
from tlcore.data.intake.photographs import Taken, Upload
from tlcore.data.pixels.sources import FileSource
from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.errors import TlcoreError
from tlcore.words import count
from ui.shared.state import BUILDING, set_params, take
from ui.shared.taking import SHOWN, forget_told, show_last, show_taking
from ui.shared.widgets import error_box, escape_markdown

TAKING = "build_taking"
_NAME, _CLASS, _NEW_CLASS = "build_name", "build_class", "build_new_class"
_CHOSEN, _PROBLEM = "build_chosen", "build_problem"


def build_dataset() -> tuple[str, str] | None:
    """Draw the way. Returns the source of a finished dataset and the page to go on to, given as `pages/train.py`."""
    draft = _draft()
    if draft is None:
        _offer_drafts()
    st.text_input(
        "Name",
        key=_NAME,
        value=draft.name if draft else "",
        max_chars=60,
        placeholder="else the classes name it",
        on_change=_rename,
    )
    _ask_for_class()
    if problem := st.session_state.pop(_PROBLEM, ""):
        error_box(problem)
    if draft is None or not draft.classes:
        st.caption("Name a class, add its photographs, and go on with the next. It takes two or more.")
        return None
    label = _pick_class(draft)
    _show_class(draft, label)
    return _finish(draft)


def has_draft() -> bool:
    """Whether this visit builds a dataset, or there is one to go on with."""
    return _draft() is not None or bool(list_drafts())


def _draft() -> Draft | None:
    """The one of this visit, or that the address names."""
    key = st.session_state.get(BUILDING) or st.query_params.get(BUILDING, "")
    return find_draft(key)


def _choose(draft: Draft | None) -> None:
    st.session_state[BUILDING] = draft.key if draft else ""
    set_params(**{BUILDING: draft.key if draft else None})
    for key in (_NAME, _CHOSEN):
        st.session_state.pop(key, None)
    forget_told(TAKING)


def _offer_drafts() -> None:
    for draft in list_drafts():
        counts = draft.counts
        about = f"{count(len(counts), 'class', 'classes')}, {count(sum(counts.values()), 'photograph')}"
        name = draft.name or " and ".join(list(counts)[:3]) or "no name yet"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/edit_note: **{escape_markdown(name)}**: {about}", width="stretch")
            st.button("Go on", key=f"build_continue_{draft.key}", on_click=_choose, args=(draft,))


def _ask_for_class() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        st.text_input("Class", key=_NEW_CLASS, max_chars=60, placeholder="its name, such as ants", on_change=_add_class)
        st.button("Add the class", key="build_add_class", icon=":material/add:", on_click=_add_class)


def _rename() -> None:
    name = st.session_state.get(_NAME)
    if name is None:  # a late message of a page that was left
        return
    try:
        draft = _draft()
        if draft is None:
            _start(name)
        else:
            draft.rename(name)
    except TlcoreError as error:
        st.session_state[_PROBLEM] = str(error)


def _add_class() -> None:
    name = (take(_NEW_CLASS, empty="") or "").strip()
    if not name:
        return
    try:
        draft = _draft() or _start(st.session_state.get(_NAME, ""))
        st.session_state[_CHOSEN] = draft.add_class(name)
    except TlcoreError as error:
        st.session_state[_PROBLEM] = str(error)
    forget_told(TAKING)


def _start(name: str) -> Draft:
    draft = new_draft(name)
    st.session_state[BUILDING] = draft.key
    set_params(**{BUILDING: draft.key})
    return draft


def _pick_class(draft: Draft) -> str:
    counts = draft.counts
    if st.session_state.get(_CHOSEN) not in counts:
        st.session_state[_CHOSEN] = next(iter(counts))
    chosen: str = st.session_state[_CHOSEN]
    st.session_state[_CLASS] = chosen  # the counts in the labels make it a new widget after each photograph
    picked = st.pills(
        "Photographs of",
        list(counts),
        required=True,
        key=_CLASS,
        format_func=lambda label: f"{escape_markdown(label)} · {count(counts.get(label, 0))}",
        on_change=_pick,
    )
    return picked or chosen


def _pick() -> None:
    st.session_state[_CHOSEN] = st.session_state[_CLASS]
    forget_told(TAKING)


def _show_class(draft: Draft, label: str) -> None:
    def take(uploads: Sequence[Upload]) -> Taken:
        return draft.add(label, uploads)

    show_taking(TAKING, take)
    names = draft.photographs(label)
    last = [f"{label}/{name}" for name in reversed(names[-SHOWN:])]
    small = thumbnails(FileSource(draft.images), last)
    show_last(TAKING, {i: small[i] for i in last if i in small}, lambda i: draft.remove(*i.split("/", 1)))
    words = f"with its {count(len(names), 'photograph')}" if names else ""
    with st.popover(f"Remove {escape_markdown(label)}", icon=":material/delete:", type="tertiary"):
        st.markdown(f"Remove the class **{escape_markdown(label)}** {words}?")
        st.button("Remove it", key="build_remove_class", on_click=draft.remove_class, args=(label,))


def _finish(draft: Draft) -> tuple[str, str] | None:
    if lacking := draft.lacking():
        st.caption(f":material/info: {escape_markdown(lacking)}")
    page = None
    with st.container(horizontal=True):
        if st.button(
            "Train on it", key="build_train", type="primary", icon=":material/model_training:", disabled=bool(lacking)
        ):
            page = "pages/train.py"
        if st.button("Look at it", key="build_look", icon=":material/photo_library:", disabled=bool(lacking)):
            page = "pages/dataset.py"
        with st.popover("Discard", icon=":material/delete:", type="tertiary"):
            st.markdown("Delete this half-made dataset with all its photographs?")
            st.button("Delete it", key="build_discard", on_click=_discard, args=(draft,))
    if page is None:
        return None
    try:
        source = draft.finish()
    except TlcoreError as error:
        error_box(error)
        return None
    _choose(None)
    return source, page


def _discard(draft: Draft) -> None:
    draft.discard()
    _choose(None)
