"""Looking for similar images before splits can keep them together: in a process of its own, with its progress."""

import streamlit as st

from tlcore.config import DataConfig, RunConfig
from tlcore.runs.work.probes import find_probe
from ui.shared.widgets import friendly_errors
from ui.shared.work import find_result, is_working, show_work, start_work, work_key


def has_looked(data: DataConfig) -> bool:
    """Whether every image has been looked at. Images that have changed since are few, and looked at at once."""
    return find_result(_key(data)) is not None


def show_looking(data: DataConfig) -> None:
    """The progress. It starts at the first call; after it was stopped, or failed, with a button."""
    key = _key(data)
    with friendly_errors():
        if find_probe(key) is None:
            _start(key, data)
        show_work(key, "Looking for similar images")
    if is_working(key) or find_result(key) is not None:
        return
    if st.button("Look again", key="train_look_again", icon=":material/search:"):
        with friendly_errors():
            _start(key, data)
        st.rerun()


def _start(key: str, data: DataConfig) -> None:
    start_work(key, ["audit", "--json"], RunConfig(data=data.model_copy(update={"edits": 0})))


def _key(data: DataConfig) -> str:
    return work_key("scan", data.source, data.images or "")
