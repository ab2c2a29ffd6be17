"""The part "Labels": a check in a separate process, then the doubtful labels one by one or all at once."""

import math
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import streamlit as st

from tlcore.config import DataConfig, ModelConfig, RunConfig
from tlcore.data.dataset import SPLITS
from tlcore.data.health.audit import DOUBTFUL_LABELS
from tlcore.words import count, percent
from ui.dataset.data import small_pictures
from ui.dataset.detail import show_image
from ui.dataset.network import chosen_network, network_parts, pick_network
from ui.dataset.parts import LABELS, open_part
from ui.dataset.queue import WHY, Doubt, doubts_of, open_doubts
from ui.dataset.queue_view import show_queue
from ui.shared.acting import show_pictures_to_act_on
from ui.shared.labels_now import labels_now
from ui.shared.pictures import PictureGroup, picture_of
from ui.shared.views import pick_segment
from ui.shared.widgets import friendly_errors
from ui.shared.work import Result, find_result, is_working, show_work, start_work, work_key

PER_PAGE = 24
VIEWS = {"queue": "One by one", "list": "All at once"}
_KEY = "dataset_labels"


def show_labels(source: str) -> None:
    known = find_result(_chosen_key(source)) is not None
    if not known:
        st.caption(
            "A classifier learns from the other images what each class looks like, and names the labels it does not "
            "believe. It is a hint where to look, not a verdict."
        )
    # with a result there is no need for the settings: they would push the image down
    settings = st.popover("Check again", icon=":material/refresh:") if known else nullcontext()
    with settings, st.container(horizontal=True, vertical_alignment="bottom"):
        model = pick_network(_KEY)
        offer_check(source, model, "dataset_labels_check", type="primary")
    check = show_work(check_key(source, *network_parts(model)), "The check")
    if check is not None:
        _show_check(source, check)


def offer_check(source: str, model: ModelConfig, key: str, **look: Any) -> None:
    """The button that starts the check; `key` is that of the button."""
    work = check_key(source, *network_parts(model))
    if st.button("Check the labels", key=key, icon=":material/label:", disabled=is_working(work), **look):
        with friendly_errors():
            start_work(work, ["check-labels", "--json"], RunConfig(data=DataConfig(source=source), model=model))
        st.rerun()


def check_key(source: str, backbone: str, weights: str = "") -> str:
    return work_key("labels", source, backbone, weights)


def _chosen_key(source: str) -> str:
    """That of the check with the network that is chosen in this visit."""
    return check_key(source, *network_parts(chosen_network(_KEY)))


def show_summary(source: str) -> None:
    """What is known about the labels, in a line or two, with a button that opens the part "Labels"."""
    st.subheader("Labels that look wrong")
    check = find_result(_chosen_key(source))
    if check is None:
        st.caption("Not checked yet: a classifier names the labels that it does not believe. It takes seconds.")
        words = "Check the labels"
    else:
        doubts = doubts_of(check["suspects"])
        left = len(open_doubts(source, doubts))
        st.caption(
            f"{count(len(doubts))} {'looks' if len(doubts) == 1 else 'look'} wrong; {count(left)} of them to decide."
            if doubts
            else "No label looks wrong."
        )
        words = "Decide one by one" if left else "Open the label check"
    st.button(words, key="dataset_labels_open", icon=":material/label:", on_click=open_part, args=(LABELS,))


def _show_check(source: str, check: Result) -> None:
    doubts = doubts_of(check["suspects"])
    if not doubts:
        st.success("No label looks wrong.", icon=":material/check_circle:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = pick_segment("dataset_labels_view", VIEWS, "Show")
        splits = _pick_splits(doubts)
    st.caption(
        f"The classifier agrees with {percent(check['agreement'], 0)} of the labels that it did not see. The less it "
        "agrees, the more of these labels are right after all. A decision is an edit; the files stay as they are."
    )
    chosen = [doubt for doubt in doubts if doubt.split in splits]
    if view == "queue":
        st.fragment(show_queue)(source, chosen, doubts)
    else:
        _show_list(source, open_doubts(source, chosen))


def _pick_splits(doubts: Sequence[Doubt]) -> Sequence[str]:
    """The splits whose labels are shown; the numbers are those of all suspects."""
    counts = {split: sum(doubt.split == split for doubt in doubts) for split in SPLITS}
    present = [split for split in SPLITS if counts[split]]
    if len(present) == 1:
        return present
    chosen: list[str] = st.pills(
        "Splits",
        present,
        selection_mode="multi",
        default=present,
        key=f"{_KEY}_splits",
        format_func=lambda split: f"{split} · {counts[split]}",
        persist_state="session",
    )
    return chosen or present


@st.fragment
def _show_list(source: str, doubts: Sequence[Doubt]) -> None:
    if not doubts:
        st.success("All are decided.", icon=":material/check_circle:")
        return
    pages = math.ceil(len(doubts) / PER_PAGE)
    page = st.pagination(pages, key="dataset_labels_page") if pages > 1 else 1
    shown = doubts[(page - 1) * PER_PAGE : page * PER_PAGE]
    jpegs = small_pictures(source, tuple(doubt.id for doubt in shown))
    labels = labels_now(source)
    pictures = [
        picture_of(
            doubt.id,
            jpegs.get(doubt.id),
            f"{doubt.suggested}? {percent(doubt.p_suggested, 0)}",
            f"labelled {doubt.given}",
            labels[doubt.id].split if doubt.id in labels else doubt.split,
        )
        for doubt in shown
    ]
    clicked = show_pictures_to_act_on(
        source,
        [PictureGroup("", tuple(pictures))],
        "dataset_labels_pictures",
        [doubt.id for doubt in doubts],
        why=WHY,
        finding=DOUBTFUL_LABELS,
    )
    if clicked:
        show_image(source, clicked)
