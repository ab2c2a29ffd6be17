"""Look at a dataset: its classes and splits, its images, their sizes and colours, and what is wrong with them."""

import streamlit as st

from tlcore.words import count
from ui.dataset.gallery import show_gallery
from ui.dataset.health import headline, show_health
from ui.dataset.progress import wait_for_report
from ui.dataset.sizes import show_colours, show_sizes
from ui.shared.cached import open_dataset
from ui.shared.datasets import dataset_label
from ui.shared.widgets import escape_markdown, friendly_errors
from ui.shell import open_page

IMAGES, HEALTH, SIZES, COLOURS = "Images", "Health report", "Sizes", "Colours"

page = open_page("Dataset")
source = page.dataset_source
st.title("Dataset")
with friendly_errors():
    dataset = open_dataset(source)
    splits = " · ".join(f"{count(len(dataset.split(name)))} {name}" for name in dataset.split_names)
    st.markdown(
        f"**{escape_markdown(dataset_label(source))}**: {count(len(dataset.samples))} images of "
        f"{count(len(dataset.classes))} classes, {splits}"
    )
    report = wait_for_report(source)
    if report is not None:
        st.markdown(f"Health: {headline(report)}")

    images, health, sizes, colours = st.tabs(
        [IMAGES, HEALTH, SIZES, COLOURS], key="dataset_tab", on_change="rerun", bind="query-params"
    )
    if images.open:
        with images:
            show_gallery(source)
    for tab, show in ((health, show_health), (sizes, show_sizes), (colours, show_colours)):
        if tab.open:
            with tab:
                if report is None:
                    st.caption("Comes as soon as every image was looked at.")
                else:
                    show(source, report)
