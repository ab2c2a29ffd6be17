"""The frame of every page: its title, the navigation, the dataset picker, the device, the live runs.

If the first request of a server is for `pages/*.py`, Streamlit runs only that file. So each page draws its own shell.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from tlcore.data.formats.demo import NAME as DEMO
from tlcore.runs.progress import describe, fraction_done
from tlcore.runs.work.turn import live_runs, live_statuses
from tlcore.runs.work.waiting import waiting_words
from ui.shared.cached import DemoDrawing, demo_drawing
from ui.shared.datasets import dataset_label, dataset_sources, source_of
from ui.shared.device import device_words
from ui.shared.hosting import is_hosted
from ui.shared.state import ADDING, DEFAULT_DATASET, MISSING_DATASET, NEWS, carried, param, set_params
from ui.shared.uploads import forget_unused_uploads
from ui.shared.visitor import let_in
from ui.shared.widgets import error_box, escape_markdown
from ui.space.opening import open_shared
from ui.space.sidebar import show_space

LOGO = Path(__file__).with_name("logo.svg")
ICON = Path(__file__).with_name("icon.svg")
STYLE = Path(__file__).with_name("shell.css")
SCRIPT = Path(__file__).with_name("shell.js")
SKELETON_PX = 420
SAID_FOR_S = 15.0

PAGES = (
    ("app.py", "Overview", ":material/home:"),
    ("pages/dataset.py", "Dataset", ":material/photo_library:"),
    ("pages/augment.py", "Augmentation", ":material/auto_fix_high:"),
    ("pages/train.py", "Train", ":material/model_training:"),
    ("pages/compare.py", "Compare", ":material/query_stats:"),
    ("pages/predict.py", "Predict", ":material/center_focus_strong:"),
)
_PICKER = "shell_dataset"


@dataclass(frozen=True)
class OpenPage:
    dataset_source: str
    """Chosen dataset: `demo`, a torchvision name, or a path."""
    run_name: str | None
    """Chosen run; None if there is none."""


def open_page(title: str, *, needs_dataset: bool = True) -> OpenPage:
    """Begin a page. This is the first call of its script.

    With `needs_dataset` and the demo chosen, the page waits with a progress bar until the demo is drawn.
    """
    st.set_page_config(page_title=f"{title} · Transfer Lab", page_icon=str(ICON), layout="wide")
    st.html(STYLE)
    st.logo(str(LOGO), size="large", icon_image=str(ICON))
    let_in()
    open_shared()
    if is_hosted():
        forget_unused_uploads()
    with st.sidebar:
        source = _pick_dataset()
        _navigation()
        _live_runs()
        show_space()
        _device()
        st.html(_behaviour(), unsafe_allow_javascript=True)  # only our own file, no text from outside
    drawing = demo_drawing()  # starts with the first page of a server
    if needs_dataset and source == DEMO:
        _wait_for(drawing, title)
    if news := st.session_state.pop(NEWS, None):
        st.toast(news, icon=":material/check_circle:")
    return OpenPage(source, param("run") or None)


def _wait_for(drawing: DemoDrawing, title: str) -> None:
    """The page's heading, a skeleton and the progress of the drawing, instead of a white page."""
    if drawing.finished.is_set():
        if drawing.error:
            error_box(drawing.error)
            st.stop()
        return
    st.title(title)
    bar = st.progress(drawing.fraction, text=drawing.words)
    st.skeleton(SKELETON_PX)
    while not drawing.finished.wait(0.2):
        bar.progress(drawing.fraction, text=drawing.words)
    st.rerun()


@st.cache_data(show_spinner=False)
def _behaviour() -> str:
    return f"<script>{SCRIPT.read_text(encoding='utf-8')}</script>"


def _navigation() -> None:
    with st.container(gap="xxsmall", key="shell_navigation"):
        for path, label, icon in PAGES:
            st.page_link(path, label=label, icon=icon, query_params=carried(), width="stretch")


def _pick_dataset() -> str:
    asked = param("dataset", DEFAULT_DATASET)
    source = source_of(asked)  # a link must not open arbitrary folders of the server
    if source is None:
        st.session_state[MISSING_DATASET] = (asked, time.monotonic())
        source = DEFAULT_DATASET
    missing, since = st.session_state.get(MISSING_DATASET, ("", 0.0))
    if missing and source == DEFAULT_DATASET and time.monotonic() - since < SAID_FOR_S:  # also when redrawn
        st.warning(
            f"There is no dataset {escape_markdown(dataset_label(missing))} here. This is the demo.",
            icon=":material/info:",
        )
    st.session_state[_PICKER] = source
    with st.container(gap="xsmall", key="shell_dataset_box"):
        st.selectbox(
            "Dataset",
            dataset_sources(),
            key=_PICKER,
            format_func=dataset_label,
            on_change=lambda: set_params(dataset=st.session_state[_PICKER]),
        )
        if st.button("Add your own", key="shell_add", icon=":material/add_photo_alternate:", width="stretch"):
            st.session_state[ADDING] = True
        if st.session_state.get(ADDING):
            from ui.add_dataset.dialog import show_add_dataset

            show_add_dataset()
    set_params(dataset=source)
    return source


def _live_runs() -> None:
    """Refreshed every second while something runs, every ten otherwise."""
    interval = 1.0 if live_runs() else 10.0
    st.fragment(_draw_live_runs, run_every=interval)(interval)


def _draw_live_runs(interval: float) -> None:
    live = live_statuses()
    for run, status in live:
        st.page_link(
            "pages/train.py",
            label=escape_markdown(f"{run.config.model.backbone} on {run.info.dataset.name}"),
            icon=":material/progress_activity:",
            query_params=carried(run=run.name),
            width="stretch",
        )
        st.progress(fraction_done(status), text=waiting_words(run.path) or describe(status))
    if (interval < 10) != bool(live):
        st.rerun()  # to choose the interval again


def _device() -> None:
    words = device_words()
    st.fragment(_draw_device, run_every=None if words.text else 1.0)(words.text is None)


def _draw_device(asking: bool) -> None:
    text = device_words().text
    st.caption(f":material/memory: {escape_markdown(text) if text else 'Looking for a device …'}")
    if asking and text:
        st.rerun()
