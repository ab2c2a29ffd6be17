"""Pictures of a dataset that can be chosen and acted on: the grid, the number of chosen ones, the bar of actions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from tlcore.words import count
from ui.shared.actions_bar import Usual, show_actions, show_usual
from ui.shared.labels_now import labels_now
from ui.shared.pictures import PictureGroup, show_pictures
from ui.shared.selection import Selection, selection_of

if TYPE_CHECKING:
    import pandas as pd


def show_pictures_to_act_on(
    source: str,
    groups: Sequence[PictureGroup],
    key: str,
    every: "Sequence[str] | pd.Series[str]",
    *,
    why: str = "",
    finding: str = "",
    together: Sequence[Sequence[str]] = (),
    usual: Usual | None = None,
    steps: bool = True,
) -> str | None:
    """Draw the pictures of one page, and below them the bar for the chosen ones. Returns the clicked id.

    `every` has the ids of all pages, and `usual` is what is usually done about them all, with a button above the
    pictures; the rest is as in `show_actions`. Call it in a fragment: then a mark on a picture redraws only this part.
    """
    selection = selection_of(source, key)
    if selection.chosen:
        selection.keep(labels_now(source))
    if usual is not None:
        show_usual(source, usual, key)
    clicked = show_pictures(groups, key, selection=selection)
    in_view = bool(selection.chosen) or selection.acted
    with st.container(gap="xsmall", key=f"acting_{key}" if in_view else f"idle_{key}"):
        _show_number(selection, key, every)
        show_actions(source, selection.ids, key, why=why, finding=finding, together=together, steps=steps)
    return clicked


def _show_number(selection: Selection, key: str, every: "Sequence[str] | pd.Series[str]") -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if selection.chosen:
            elsewhere = len(selection.chosen) - len(selection.chosen.keys() & set(every))
            hidden = f", {count(elsewhere)} of them not in this list" if elsewhere else ""
            st.markdown(f"**{count(len(selection.chosen), 'image')} chosen**{hidden}", width="content")
        else:
            st.caption("Choose images with their mark; with Shift, a range.", width="content")
        st.button(
            f"Choose all {count(len(every))}",
            key=f"{key}_all",
            type="tertiary",
            icon=":material/select_all:",
            on_click=lambda: selection.choose([*selection.chosen, *every]),
        )
        if selection.chosen:
            st.button(
                "Clear",
                key=f"{key}_clear",
                type="tertiary",
                icon=":material/deselect:",
                on_click=lambda: selection.choose(()),
            )
