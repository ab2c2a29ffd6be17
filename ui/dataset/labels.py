"""Labels that look wrong: asked for with a button, found by a process of its own, shown as pictures."""

import json
import math
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from tlcore.config import ModelConfig
from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.models.zoo import ZOO
from tlcore.words import count, percent
from ui.dataset.detail import picture_of, show_image
from ui.shared.cached import open_dataset
from ui.shared.pictures import PictureGroup, show_pictures
from ui.shared.widgets import error_box

PER_PAGE = 24
_STARTED = "dataset_labels_started"


@dataclass
class LabelCheck:
    """`python -m tlcore check-labels`, and what it has said so far."""

    source: str
    backbone: str
    done: int = 0
    total: int = 0
    suspects: list[dict[str, Any]] | None = None
    agreement: float = 0.0
    error: str = ""
    process: "subprocess.Popen[str] | None" = None
    finished: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        command = [sys.executable, "-m", "tlcore", "check-labels", "--json", "--data", self.source]
        try:
            with subprocess.Popen(
                [*command, "--backbone", self.backbone],
                cwd=Path(__file__).parents[2],
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            ) as self.process:
                assert self.process.stdout is not None
                assert self.process.stderr is not None
                for line in self.process.stdout:
                    event = json.loads(line)
                    self.suspects, self.agreement = event.get("suspects"), event.get("agreement", 0.0)
                    self.done, self.total = event.get("done", self.done), event.get("total", self.total)
                if self.suspects is None:
                    lines = self.process.stderr.read().strip().splitlines()
                    self.error = lines[-1].removeprefix("error: ") if lines else "The check was stopped."
        finally:
            self.finished.set()

    def cancel(self) -> None:
        if self.process is not None:
            self.process.terminate()


@st.cache_resource(max_entries=8, ttl=3600, show_spinner=False)
def label_check(source: str, backbone: str) -> LabelCheck:
    """Begins on first use."""
    check = LabelCheck(source, backbone)
    threading.Thread(target=check.run, daemon=True).start()
    return check


def show_label_check(source: str) -> None:
    st.subheader("Labels that look wrong")
    st.caption(
        "A classifier learns from the other images what each class looks like, and names the labels it "
        "does not believe. It is a hint where to look, not a verdict."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        backbone = st.selectbox(
            "Features of",
            list(ZOO),
            index=list(ZOO).index(ModelConfig().backbone),
            key="dataset_labels_backbone",
            persist_state="session",
            width=220,
        )
        if st.button("Check the labels", key="dataset_labels_check", icon=":material/label:"):
            if label_check(source, backbone).error:
                label_check.clear(source, backbone)
            st.session_state[_STARTED] = (source, backbone)
    if st.session_state.get(_STARTED) != (source, backbone):
        return
    check = label_check(source, backbone)
    if not check.finished.wait(0.1):
        st.fragment(_draw_progress, run_every=1.0)(check)
    elif check.suspects is None:
        error_box(check.error)
    elif not check.suspects:
        st.success("No label looks wrong.", icon=":material/check_circle:")
    else:
        st.caption(
            f"The classifier agrees with {percent(check.agreement, 0)} of the labels that it did not see. The less it "
            "agrees, the more of these labels are right after all."
        )
        _show_suspects(source, check.suspects)


def _draw_progress(check: LabelCheck) -> None:
    if check.finished.is_set():
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        if check.total:
            text = f"Computing features: {count(check.done)} of {count(check.total)} images"
            st.progress(check.done / check.total, text=text)
        else:
            st.progress(0.0, text=f"Loading {check.backbone} …")
        if st.button("Cancel", key="dataset_labels_cancel", icon=":material/close:"):
            check.cancel()


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
