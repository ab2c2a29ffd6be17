"""The Dataset page: classes and splits, images, their sizes and colours, and what is wrong with them."""

import streamlit as st

from tlcore.data.intake.library import uploaded_folder
from tlcore.words import count
from ui.dataset.add_images import show_add_images
from ui.dataset.change import show_changes
from ui.dataset.edits import show_edits, show_mark
from ui.dataset.gallery import show_gallery
from ui.dataset.health import headline, show_health
from ui.dataset.image_map import show_map
from ui.dataset.labels import show_labels
from ui.dataset.made_splits import show_made_splits
from ui.dataset.opening import open_or_undo
from ui.dataset.parts import COLOURS, EDITS, HEALTH, IMAGES, LABELS, MAP, SIZES, pick_part
from ui.dataset.progress import wait_for_report
from ui.dataset.sizes import show_colours, show_sizes
from ui.dataset.worth import show_worth
from ui.shared.datasets import dataset_label
from ui.shared.sharing import show_share
from ui.shared.state import link
from ui.shared.widgets import escape_markdown, friendly_errors
from ui.shell import open_page

SHOWN = {HEALTH: show_health, SIZES: show_sizes, COLOURS: show_colours}

page = open_page("Dataset")
source = page.dataset_source
st.title("Dataset")
with friendly_errors():
    dataset = open_or_undo(source)
    splits = " · ".join(f"{count(len(dataset.split(name)))} {name}" for name in dataset.split_names)
    st.markdown(
        f"**{escape_markdown(dataset_label(source))}**: {count(len(dataset.samples))} images of "
        f"{count(len(dataset.classes))} classes, {splits}"
    )
    show_made_splits(source, dataset)
    with st.container(horizontal=True):
        if st.button("Train on it", key="dataset_train", type="primary", icon=":material/model_training:"):
            link("pages/train.py", view="new")
        show_add_images(source)
        show_changes(source)
        show_mark(source)
        show_share(uploaded_folder(source), "dataset")
    report = wait_for_report(source)
    if report is not None:
        st.markdown(f"Health: {headline(report)}")

    part = pick_part()
    if part == IMAGES:
        show_gallery(source)
    elif part == LABELS:
        show_labels(source)
    elif part == MAP:
        show_map(source)
    elif part == EDITS:
        show_worth(source)
        show_edits(source)
    elif report is None:
        st.caption("Comes as soon as every image was read.")
    else:
        SHOWN[part](source, report)
