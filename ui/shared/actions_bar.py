"""The bar of actions for chosen images: another label, leave out, another split, fine, a note; undo and redo.

Every action is a line in the edits of the dataset, on disk before the page is drawn again. The files of the user are
never changed. `ui.shared.acting` shows pictures together with their bar.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import streamlit as st

from tlcore.data.dataset import SPLITS
from tlcore.data.edits import Edits, open_edits
from tlcore.errors import TlcoreError
from tlcore.words import count
from ui.shared.cached import open_dataset
from ui.shared.selection import selection_of
from ui.shared.state import NEWS, take
from ui.shared.widgets import error_box, escape_markdown

IN_A_MENU = 12  # classes; more are chosen from a list with a search
LONGEST_NOTE = 500
Action = Callable[[Edits], object]


class Usual(Protocol):
    """What is usually done about a whole finding."""

    @property
    def sentence(self) -> str:
        """What will be done, to read before it is done."""
        ...

    def apply(self, edits: Edits) -> object: ...


def show_actions(
    source: str,
    ids: Sequence[str],
    key: str,
    *,
    why: str = "",
    finding: str = "",
    together: Sequence[Sequence[str]] = (),
    steps: bool = True,
) -> None:
    """Draw the bar for the chosen images `ids` of a set of pictures.

    `key` is a prefix of the widget keys, and the key of the selection if there is one: an action empties it. `why` is
    kept with each edit. With a `finding` (its kind), the images can be called fine in its respect, and with them the
    images that are judged `together` with one of them. Without `steps` there is no undo and redo, for a page that has
    them elsewhere.
    """
    wanted: Action | None = None
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"{key}_actions"):
        if ids:
            wanted = _pick_edit(open_dataset(source).classes, ids, key, why) or wanted
        if ids and finding and _accepted(key):
            also = [name for group in together if not set(ids).isdisjoint(group) for name in group]
            wanted = partial(Edits.accept, finding=finding, ids=list(dict.fromkeys([*ids, *also])), why=why)
        if steps:
            wanted = pick_step(source, key) or wanted
    if wanted is not None:
        act(source, key, wanted)


def show_usual(source: str, usual: Usual, key: str) -> None:
    """What is usually done about a whole finding, in a sentence, and the button that does it."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_whole"):
        clicked = st.button("Do what is usual", key=f"{key}_usual", icon=":material/auto_fix_high:", type="primary")
        st.markdown(escape_markdown(usual.sentence), width="stretch")
    if clicked:
        act(source, key, usual.apply)


def act(source: str, key: str, action: Action) -> None:
    """Do it, empty the selection with that key, and draw the whole page again.

    If it cannot be done, a box says why, and nothing is changed.
    """
    try:
        action(open_edits(source, open_dataset(source)))
    except TlcoreError as error:
        error_box(error)
    else:
        selection = selection_of(source, key)
        selection.choose(())
        selection.acted = True
        st.rerun()


def pick_include(ids: Sequence[str], key: str) -> Action | None:
    """Draw the button that brings back images that are left out. Returns what it does if it was clicked."""
    clicked = st.button("Bring back", key=f"{key}_include", icon=":material/restore_from_trash:", type="tertiary")
    return partial(Edits.include, ids=ids) if clicked else None


def pick_step(source: str, key: str) -> Action | None:
    """Draw what was done last, and the buttons that undo it and do again what was undone. Returns a clicked one."""
    edits = open_edits(source)
    last, undone = edits.next_undo(), edits.next_redo()
    if last is not None:
        st.caption(escape_markdown(last), width="content")
        if st.button("Undo", key=f"{key}_undo", icon=":material/undo:", type="tertiary"):
            return lambda edits: _tell("Undone", edits.undo())
    if undone is not None and st.button(
        "Redo", key=f"{key}_redo", icon=":material/redo:", type="tertiary", help=escape_markdown(undone)
    ):
        return lambda edits: _tell("Done again", edits.redo())
    return None


def _tell(what: str, words: str | None) -> None:
    if words:
        st.session_state[NEWS] = f"{what}: {escape_markdown(words)}"


def _accepted(key: str) -> bool:
    return st.button(
        "This is fine",
        key=f"{key}_accept",
        icon=":material/thumb_up:",
        help="The health report no longer shows these images in this finding.",
    )


def _pick_edit(classes: Sequence[str], ids: Sequence[str], key: str, why: str) -> Action | None:
    """The buttons for chosen images. Returns what the clicked one does."""
    wanted: Action | None = None
    if label := _pick_class(classes, f"{key}_relabel"):
        wanted = partial(Edits.relabel, ids=ids, label=label, why=why)
    if st.button("Leave out", key=f"{key}_exclude", icon=":material/hide_image:"):
        wanted = partial(Edits.exclude, ids=ids, why=why)
    if split := st.menu_button("Move to", SPLITS, key=f"{key}_move", icon=":material/drive_file_move:"):
        wanted = partial(Edits.move, ids=ids, split=split, why=why)
    with (
        st.popover("Note", icon=":material/sticky_note_2:", key=f"{key}_note"),
        st.form(f"{key}_note_form", border=False, clear_on_submit=True),
    ):
        text = st.text_area(
            f"A note on {count(len(ids), 'image')}", max_chars=LONGEST_NOTE, key=f"{key}_note_text", height=80
        )
        if st.form_submit_button("Save the note", key=f"{key}_note_save") and text.strip():
            wanted = partial(Edits.note, ids=ids, text=text.strip())
    return wanted


def _pick_class(classes: Sequence[str], key: str) -> str | None:
    """A class that was chosen right now."""
    if len(classes) <= IN_A_MENU:
        return st.menu_button(
            "Relabel as", classes, key=key, icon=":material/label:", type="primary", format_func=escape_markdown
        )
    taken = f"{key}_taken"

    def keep() -> None:
        if (chosen := take(key)) is not None:
            st.session_state[taken] = chosen

    st.selectbox(
        "Relabel as",
        classes,
        index=None,
        placeholder="Relabel as …",
        label_visibility="collapsed",
        icon=":material/label:",
        key=key,
        on_change=keep,
        width=200,
    )
    chosen: str | None = st.session_state.pop(taken, None)
    return chosen
