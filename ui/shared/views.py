"""Pickers that write identifiers into the address, so that a link still works after a label is reworded.

Streamlit's own `bind="query-params"` writes the label.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui.shared.state import adopt_address, is_late, write_address


def pick_view(key: str, views: Mapping[str, str], label: str) -> str:
    """Draw the row of buttons that chooses a part of a page. `views`: identifier -> label; the first is the default."""
    return pick_segment(key, views, label, label_visibility="collapsed")


def pick_segment(key: str, options: Mapping[str, str], label: str, **settings: Any) -> str:
    """A row of a few options. The query parameter has the name of the widget's key."""
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
    """The same as a list."""
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
    """The settings of a widget, with a callback that writes its value into the address and then calls the given one."""
    further = settings.pop("on_change", None)

    def write() -> None:
        late = is_late(key)
        write_address(key)
        if further and not late:
            further()

    return {**settings, "on_change": write}
