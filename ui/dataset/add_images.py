"""Add photographs to an own dataset: to one of its classes or a new one, from files or the camera."""

from collections.abc import Sequence

import streamlit as st

from tlcore.data.intake.additions import add_photographs, own_splits, remove_photograph
from tlcore.data.intake.library import uploaded_folder
from tlcore.data.intake.photographs import Taken, Upload
from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.words import count
from ui.dataset.data import forget
from ui.shared.cached import open_dataset
from ui.shared.taking import SHOWN, forget_told, show_last, show_taking
from ui.shared.widgets import escape_markdown, friendly_errors

NEW = ""
_TAKING, _CLASS, _NEW_CLASS, _SPLIT = "add_images_taking", "add_images_class", "add_images_new", "add_images_split"
_ADDED = "add_images_added"
"""In the session: the ids that were added while the dialog was open, the newest last. Only these can be undone."""


def show_add_images(source: str) -> None:
    """The button; none for datasets whose files are elsewhere."""
    if uploaded_folder(source) is None:
        return
    if st.button("Add images", key="dataset_add_images", icon=":material/add_a_photo:"):
        st.session_state[_ADDED] = []
        forget_told(_TAKING)
        _ask(source)


@st.dialog("Add images", icon=":material/add_a_photo:", width="medium", on_dismiss="rerun")
def _ask(source: str) -> None:
    show_adding(source)


def show_adding(source: str) -> None:
    """What is in the dialog."""
    with friendly_errors():
        dataset = open_dataset(source)
    label = st.selectbox(
        "Class",
        [*dataset.classes, NEW],
        key=_CLASS,
        format_func=lambda label: label or "A new class …",
        on_change=lambda: forget_told(_TAKING),
    )
    if label == NEW:
        label = st.text_input("Its name", key=_NEW_CLASS, max_chars=60, placeholder="such as ants").strip()
    splits = own_splits(dataset.unedited) if label in dataset.classes else ("train",)
    split = "train"
    if len(splits) > 1:
        split = st.segmented_control("Split", splits, default="train", required=True, key=_SPLIT)
    elif dataset.made_splits:
        st.caption(
            "This dataset has no splits of its own: they are drawn again with the new images. Runs from before keep "
            "the splits that they were trained with."
        )
    if not label:
        return
    added: list[str] = st.session_state.setdefault(_ADDED, [])

    def take(uploads: Sequence[Upload]) -> Taken:
        taken = add_photographs(source, label, uploads, split)
        added.extend(taken.names)
        forget()
        return taken

    def undo(sample_id: str) -> None:
        remove_photograph(source, sample_id)
        added.remove(sample_id)
        forget()

    show_taking(_TAKING, take)
    last = added[: -SHOWN - 1 : -1]
    small = thumbnails(dataset.source, last)
    show_last(_TAKING, {i: small[i] for i in last if i in small}, undo)
    if label in dataset.classes:
        number = sum(dataset.classes[sample.target] == label for sample in dataset.samples)
        st.caption(f"**{escape_markdown(label)}** has {count(number, 'image')} now.")
