"""Choices that stand in the address as identifiers, so that a link keeps its meaning when a label is reworded.

Streamlit's own `bind="query-params"` writes the label.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui.shared.state import adopt_address, write_address


def pick_view(key: str, views: Mapping[str, str], label: str) -> str:
    """Draw the row of buttons that chooses a part of a page. `views`: identifier -> label; the first is the default."""
    return pick_segment(key, views, label, label_visibility="collapsed")


def pick_segment(key: str, options: Mapping[str, str], label: str, **settings: Any) -> str:
    """One of a few, in a row. The parameter of the address is called like the key of the widget."""
    adopt_address(key, options)
    chosen: str = st.segmented_control(
        label,
        list(options),
        required=True,
        key=key,
        format_func=options.__getitem__,
        persist_state="session",
        **_callback(key, settings),
    )
    return chosen


def pick_from_list(
    key: str, options: Mapping[str, str], label: str, default: str | None = None, **settings: Any
) -> str:
    """One of a list, likewise."""
    adopt_address(key, options, default)
    chosen: str = st.selectbox(
        label,
        list(options),
        key=key,
        format_func=options.__getitem__,
        persist_state="session",
        **_callback(key, settings),
    )
    return chosen


def _callback(key: str, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a widget that writes its value into the address, and then does what it did anyway."""
    further = settings.pop("on_change", None)

    def write() -> None:
        write_address(key)
        if further:
            further()

    return {**settings, "on_change": write}
