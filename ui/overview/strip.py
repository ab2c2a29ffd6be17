"""A strip of thumbnails of the chosen dataset, at the top of the Overview page."""

import io

import streamlit as st
from PIL import Image, ImageOps

from tlcore.data.dataset import Dataset
from tlcore.data.formats.demo import NAME as DEMO
from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.errors import TlcoreError
from tlcore.words import count
from ui.shared.cached import demo_drawing, edits_version, open_dataset
from ui.shared.caching import by_dataset, cache_data
from ui.shared.widgets import escape_markdown

PICTURES = 8
SIDE_PX = 84  # fills one row beside the sidebar, and two on a phone


def show_strip(source: str) -> None:
    """A few images of each class. Appears automatically once the demo is drawn."""
    if source == DEMO and not demo_drawing().finished.is_set():
        st.fragment(_wait, run_every=1.0)()
        return
    try:
        dataset = open_dataset(source)
    except TlcoreError:  # the Dataset page reports the error
        return
    with st.container(horizontal=True, gap="xsmall", key="overview_strip"):
        for picture, label in _pictures(source, edits_version(source), dataset):
            st.image(picture, width=SIDE_PX, alt=label)
    classes = ", ".join(escape_markdown(name) for name in dataset.classes[:8]) + (
        " …" if len(dataset.classes) > 8 else ""
    )
    st.caption(f"{count(len(dataset.samples))} images of {len(dataset.classes)} classes: {classes}")


def _wait() -> None:
    drawing = demo_drawing()
    st.progress(drawing.fraction, text=drawing.words)
    if drawing.finished.is_set():
        st.rerun()


@cache_data(by_dataset, max_entries=32, ttl=300, show_spinner=False)
def _pictures(source: str, version: int, _dataset: Dataset) -> list[tuple[bytes, str]]:
    """Images and their classes, spread evenly over the classes of the first split. With many classes, not all."""
    samples = [sample for sample in _dataset.samples if sample.split == _dataset.split_names[0]]
    step = max(1, len(samples) // PICTURES)
    chosen = {sample.id: _dataset.classes[sample.target] for sample in samples[step // 2 :: step][:PICTURES]}
    small = thumbnails(_dataset.source, list(chosen), size_px=4 * SIDE_PX)
    return [(_square(Image.open(io.BytesIO(data))), chosen[name]) for name, data in small.items()]


def _square(image: Image.Image) -> bytes:
    """The central square, at twice the displayed size."""
    data = io.BytesIO()
    ImageOps.fit(image, (2 * SIDE_PX, 2 * SIDE_PX)).save(data, "JPEG", quality=88)
    return data.getvalue()
