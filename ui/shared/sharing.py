"""Links to one's own runs and datasets, on a hosted dashboard: make one, see those that are out, take one back."""

import time
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from tlcore.errors import TlcoreError
from tlcore.hosting.spaces.grants import Link
from tlcore.hosting.spaces.links import can_be_shared, dataset_of, list_links, make_link, take_back
from tlcore.runs.folder.run import Run
from tlcore.words import count
from ui.shared.addresses import link_address
from ui.shared.datasets import dataset_label
from ui.shared.runs import run_label
from ui.shared.state import LINK_MADE
from ui.shared.widgets import error_box, escape_markdown


def show_share(folder: Path | None, key: str) -> None:
    """The button for the folder of a run or of a dataset; none on one's own machine, and none for what is another's."""
    if folder is None or not can_be_shared(folder):
        return
    out = len(list_links(folder))
    label = f"Shared by {count(out, 'link')}" if out else "Share"
    if st.button(label, key=f"{key}_share", icon=":material/link:"):
        st.session_state.pop(LINK_MADE, None)
        _share(folder)


@st.dialog("Share by a link", icon=":material/link:")
def _share(folder: Path) -> None:
    show_sharing(folder)


def show_sharing(folder: Path) -> None:
    """What is in the dialog."""
    is_run = (folder / "run.json").is_file()
    name = run_label(Run(folder), with_dataset=True) if is_run else dataset_label(str(folder))
    st.markdown(f"**{escape_markdown(name)}**")
    st.write(
        f"Whoever has the link can look at this {'run' if is_run else 'dataset'} here, compare it and predict with it, "
        "and cannot change it."
        if is_run
        else "Whoever has the link can look at the images, their labels and your edits here, and train on them. They "
        "cannot change anything of yours."
    )
    if is_run and (dataset := dataset_of(Run(folder))) is not None:
        st.info(
            f"The images of **{escape_markdown(dataset.name)}** can be seen with it: the run was trained on them.",
            icon=":material/photo_library:",
        )
    if st.button("Make a link", key="share_make", type="primary", icon=":material/add_link:"):
        try:
            st.session_state[LINK_MADE] = (str(folder), link_address(make_link(folder)))
        except TlcoreError as error:
            error_box(error)
    made_for, address = st.session_state.get(LINK_MADE, ("", ""))
    if made_for == str(folder):
        st.code(address, language=None, wrap_lines=True)
        st.caption("Copy it now: it is not stored, and not shown again. It works until you take it back.")
    show_links(list_links(folder))


def show_links(links: dict[str, Link], *, named: bool = False) -> None:
    """Links that are out, each with a button that takes it back. With `named`, each says what it opens."""
    for number, link in links.items():
        what = f"{link.kind.capitalize()} {escape_markdown(link.name)}, link" if named else "Link"
        show_link(f"{what} of {made_at(link)}", number, "share_back", _take_back)


def show_link(words: str, number: str, key: str, take_it_back: Callable[[str], None]) -> None:
    """One link that is out, in Markdown, and the button that takes it back."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(words, width="content")
        st.button(
            "Take back",
            key=f"{key}_{number}",
            icon=":material/link_off:",
            type="tertiary",
            on_click=take_it_back,
            args=(number,),
        )


def made_at(link: Link) -> str:
    """`26 Nov 17:20 UTC`."""
    return time.strftime("%d %b %H:%M UTC", time.gmtime(link.created))


def _take_back(number: str) -> None:
    take_back(number)
    st.session_state.pop(LINK_MADE, None)
