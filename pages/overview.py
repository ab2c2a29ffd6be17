"""The Overview page: what this dashboard does, its steps, and the best runs so far."""

import streamlit as st

from tlcore.data.formats.demo import NAME as DEMO
from ui.overview.runs import show_best_runs
from ui.overview.strip import show_strip
from ui.shared.datasets import dataset_label
from ui.shared.runs import note_unreadable
from ui.shared.state import link
from ui.shared.widgets import escape_markdown
from ui.shell import open_page

STEPS = (
    (
        "1 · Look at the data",
        "pages/dataset.py",
        "Open the dataset",
        ":material/photo_library:",
        "Classes, sizes, and a health report: duplicates, leaks, unreadable files.",
    ),
    (
        "2 · Train",
        "pages/train.py",
        "Train a model",
        ":material/model_training:",
        "Pick a backbone, press start, and watch every epoch as it comes.",
    ),
    (
        "3 · Compare",
        "pages/compare.py",
        "Compare epochs",
        ":material/query_stats:",
        "Every saved epoch on test images, with how sure each number is.",
    ),
)

page = open_page("Overview", needs_dataset=False)
st.title("Teach a pretrained network your own classes")
st.markdown(
    "Transfer Lab makes an image classifier that you can trust from a folder of photographs, here and offline.  \n"
    "Every epoch is saved and tested, and every figure says how sure it is."
)
chosen = page.dataset_source
start = "Start with the demo" if chosen == DEMO else f"Train on {escape_markdown(dataset_label(chosen))}"
if st.button(start, key="overview_start", type="primary", icon=":material/rocket_launch:"):
    link("pages/train.py", view="new")
show_strip(page.dataset_source)

for column, (title, path, label, icon, text) in zip(st.columns(3), STEPS, strict=True):
    with column.container(border=True, height="stretch"):
        st.subheader(title)
        st.write(text)
        if st.button(label, key=f"overview_{path}", icon=icon, width="stretch"):
            link(path)

st.header("Best runs")
show_best_runs(page.dataset_source)
note_unreadable()
