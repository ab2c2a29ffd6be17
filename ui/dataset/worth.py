"""What the edits were worth: a button trains the head before and after them, and the result stands below it."""

import streamlit as st

from tlcore.config import DataConfig, ModelConfig, RunConfig
from tlcore.evaluation.worth import Head, JudgedImage, Worth, changes_words, worth_words
from tlcore.hosting.queue.waiting_room import check_waiting_room
from tlcore.runs.folder.label import save_label
from tlcore.words import count, percent, points
from ui.dataset.data import small_pictures
from ui.dataset.detail import show_image
from ui.dataset.network import network_parts, pick_network
from ui.shared.acting import show_pictures_to_act_on
from ui.shared.cached import edits_version, open_dataset
from ui.shared.pictures import Picture, PictureGroup, picture_of
from ui.shared.queueing import queue_runs
from ui.shared.state import link
from ui.shared.torch_once import load_torch
from ui.shared.widgets import escape_markdown, friendly_errors
from ui.shared.work import show_work, start_work, work_key

MOST_PICTURES = 24
_KEY = "dataset_worth"


def show_worth(source: str) -> None:
    """Nothing is drawn without edits in effect."""
    edits = open_dataset(source).edits
    if edits is None or not edits.in_effect:
        return
    st.subheader("What was it worth?")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = pick_network(_KEY)
        version = edits_version(source)
        before = _pick_before(version)
        key = work_key("worth", source, *network_parts(model), str(before), str(version))
        if st.button("What was it worth?", key=f"{_KEY}_measure", icon=":material/balance:", type="primary"):
            with friendly_errors():
                start_work(key, ["worth", "--json", "--before", str(before)], _config(source, model, version))
    found = show_work(key, "The measurement")
    if found is None:
        st.caption(
            "The head of the network is trained twice, with the labels and splits before the edits and after them, and "
            "both are judged on the same images. With kept features that takes seconds."
        )
        return
    worth = Worth.model_validate(found["worth"])
    _show_figures(worth)
    for sentence in worth_words(worth)[1:]:
        st.markdown(escape_markdown(sentence))
    if st.button("Keep both as runs", key=f"{_KEY}_keep", icon=":material/save:"):
        with friendly_errors():
            _keep(source, model, worth)
    _show_images(source, worth)


def _config(source: str, model: ModelConfig, edits: int) -> RunConfig:
    return RunConfig(data=DataConfig(source=source, edits=edits), model=model)


def _pick_before(version: int) -> int:
    """How many edits count before: none, unless somebody asks what the last ones were worth."""
    if version < 2:
        return 0
    key = f"{_KEY}_before"
    if st.session_state.get(key, 0) >= version:
        st.session_state[key] = 0
    chosen: int = st.number_input(
        "Against edit no.",
        min_value=0,
        max_value=version - 1,
        step=1,
        key=key,
        help="0: against the dataset as its files say. 3: against the state after the third edit in the list.",
        persist_state="session",
        width=150,
    )
    return chosen


def _show_figures(worth: Worth) -> None:
    gain = worth.after.accuracy - worth.before.accuracy
    with st.container(horizontal=True):
        for name, head, delta in (("Before", worth.before, None), ("After", worth.after, gain)):
            st.metric(
                f"{name}, on {count(head.total, f'{worth.split} image')}",
                percent(head.accuracy),
                None if delta is None else f"{'+' if delta > 0 else '-' if delta < 0 else ''}{points(abs(delta))}",
                border=True,
                width=250,
                help=_details(head),
            )
    learned = changes_words(worth.learned)
    st.caption(
        f"95 % intervals: {_interval(worth.before)} before, {_interval(worth.after)} after. "
        + (f"Of the images to learn from and to choose the epoch by: {learned}." if learned else "")
    )


def _interval(head: Head) -> str:
    low, high = head.interval
    return f"{100 * low:.1f} to {percent(high)}"


def _details(head: Head) -> str:
    return (
        f"{count(head.correct)} of {count(head.total)} right. Trained on {count(head.train_images, 'image')}, epoch "
        f"{head.epoch}, chosen on val."
    )


@st.fragment
def _show_images(source: str, worth: Worth) -> None:
    sides = [("Mended", worth.mended), ("Broken", worth.broken)]
    shown = [image for _, images in sides for image in images[:MOST_PICTURES]]
    if not shown:
        return
    ids = [image.id for image in shown]
    jpegs = small_pictures(source, tuple(ids))
    groups = [
        PictureGroup(
            f"{name}: {count(len(images))}" + (f", {MOST_PICTURES} of them" if len(images) > MOST_PICTURES else ""),
            tuple(_picture(image, jpegs.get(image.id)) for image in images[:MOST_PICTURES]),
        )
        for name, images in sides
        if images
    ]
    # undo and redo stand once in this part, above the list of edits
    clicked = show_pictures_to_act_on(
        source, groups, f"{_KEY}_pictures", ids, why="What edits mended and broke", steps=False
    )
    if clicked:
        show_image(source, clicked)


def _picture(image: JudgedImage, jpeg: bytes | None) -> Picture:
    return picture_of(image.id, jpeg, image.label, f"before: {image.before}", f"after: {image.after}")


def _keep(source: str, model: ModelConfig, worth: Worth) -> None:
    """Queue both heads as runs with names, and go to where they are watched. Raises TlcoreError."""
    check_waiting_room(2)
    load_torch()
    versions = (worth.before.edits, worth.after.edits)
    runs = queue_runs([_config(source, model, version) for version in versions])
    for run, version in zip(runs, versions, strict=True):
        save_label(run.path, f"with {count(version, 'edit')}" if version else "without edits")
    link("pages/train.py", view="watch", run=runs[-1].name)
