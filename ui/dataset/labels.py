"""The label check: a button starts a separate process, and images with suspect labels are shown."""

import math
from typing import Any

import streamlit as st

from tlcore.config import DataConfig, ModelConfig, RunConfig
from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.models.zoo import ZOO
from tlcore.words import count, percent
from ui.dataset.detail import show_image
from ui.shared.backbones import usable_without_download
from ui.shared.cached import open_dataset
from ui.shared.hosting import is_hosted
from ui.shared.pictures import PictureGroup, picture_of, show_pictures
from ui.shared.widgets import friendly_errors
from ui.shared.work import show_work, start_work, work_key

PER_PAGE = 24


def show_label_check(source: str) -> None:
    st.subheader("Labels that look wrong")
    st.caption(
        "A classifier learns from the other images what each class looks like, and names the labels it "
        "does not believe. It is a hint where to look, not a verdict."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # visitors of a hosted dashboard cannot make the server download
        backbones = usable_without_download() if is_hosted() else list(ZOO)
        usual = ModelConfig().backbone
        backbone = st.selectbox(
            "Features of",
            backbones,
            index=backbones.index(usual) if usual in backbones else 0,
            key="dataset_labels_backbone",
            persist_state="session",
            width=220,
        )
        weights = "" if is_hosted() else _pick_weights()
        key = work_key("labels", source, backbone, weights)
        if st.button("Check the labels", key="dataset_labels_check", icon=":material/label:"):
            model = ModelConfig(backbone=backbone, weights=weights or None)
            with friendly_errors():
                start_work(key, ["check-labels", "--json"], RunConfig(data=DataConfig(source=source), model=model))
    check = show_work(key, "The check")
    if check is None:
        return
    if not check["suspects"]:
        st.success("No label looks wrong.", icon=":material/check_circle:")
    else:
        st.caption(
            f"The classifier agrees with {percent(check['agreement'], 0)} of the labels that it did not see. The less "
            "it agrees, the more of these labels are right after all."
        )
        _show_suspects(source, check["suspects"])


def _pick_weights() -> str:
    """A weights file on the dashboard's machine; empty: the default weights of the backbone."""
    path: str = st.text_input(
        "Weights file",
        key="dataset_labels_weights",
        placeholder="else the usual ones",
        help="A .pth, .pt or .safetensors file on the machine that runs the dashboard.",
        max_chars=1000,
        persist_state="session",
        width=260,
    )
    return path.strip()


@st.fragment
def _show_suspects(source: str, suspects: list[dict[str, Any]]) -> None:
    number = "1 label looks" if len(suspects) == 1 else f"{count(len(suspects))} labels look"
    st.markdown(f"**{number} wrong**, the most suspicious first.")
    pages = math.ceil(len(suspects) / PER_PAGE)
    page = st.pagination(pages, key="dataset_labels_page") if pages > 1 else 1
    shown = suspects[(page - 1) * PER_PAGE : page * PER_PAGE]
    jpegs = thumbnails(open_dataset(source).source, [row["id"] for row in shown])
    pictures = [
        picture_of(
            row["id"],
            jpegs.get(row["id"]),
            f"{row['suggested']}? {percent(row['p_suggested'], 0)}",
            f"labelled {row['given']}",
            row["split"],
        )
        for row in shown
    ]
    clicked = show_pictures([PictureGroup("", tuple(pictures))], key="dataset_labels_pictures")
    if clicked:
        show_image(source, clicked)
