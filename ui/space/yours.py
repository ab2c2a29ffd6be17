"""The dialog about the visitor's space: what is used, links, taking everything along, and deleting everything."""

import html

import streamlit as st

from tlcore.hosting.settings import host_settings
from tlcore.hosting.spaces.grants import find_link, forget_link, opened_links
from tlcore.hosting.spaces.links import list_links
from tlcore.hosting.web.take_along import PATH, hand_out
from tlcore.system.home import space
from ui.shared.addresses import base_path
from ui.shared.cached import forget_runs
from ui.shared.datasets import dataset_sources
from ui.shared.deleting import delete_with_caches
from ui.shared.sharing import show_links
from ui.shared.state import DELETING, NEWS, YOUR_SPACE
from ui.shared.visitor import account_name, is_logged_in
from ui.shared.widgets import escape_markdown, show_fact
from ui.space.facts import kept_words, used_of


def _close() -> None:
    st.session_state.pop(YOUR_SPACE, None)
    st.session_state.pop(DELETING, None)


@st.dialog("Your space", icon=":material/person:", on_dismiss=_close)
def show_your_space() -> None:
    show_yours()


def show_yours() -> None:
    """What is in the dialog."""
    st.write("Nobody else sees what you upload, train and save here, unless you give out a link.")
    if is_logged_in():
        show_fact("Account", escape_markdown(account_name()))
    show_fact("Kept until", kept_words(host_settings()))
    for used in used_of(space()):
        show_fact(used.what, used.words)
    _show_links()
    _show_taking_along()
    _show_deleting()
    # not in a callback: what is drawn after a log-out is for nobody, and the page can break over it before it leaves
    if is_logged_in() and st.button("Log out", key="space_log_out", icon=":material/logout:"):
        st.logout()


def _show_links() -> None:
    links = list_links()
    if links:
        st.subheader("Links that you gave out", anchor=False)
        show_links(links, named=True)
    opened = {number: found for number in opened_links(space().home) if (found := find_link(number)) is not None}
    if opened:
        st.subheader("Shared with you", anchor=False)
    for number, link in opened.items():
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"{link.kind.capitalize()} {escape_markdown(link.name)}", width="content")
            if st.button(
                "Off my lists", key=f"space_forget_{number}", icon=":material/playlist_remove:", type="tertiary"
            ):
                forget_link(number, space())
                forget_runs()
                dataset_sources.clear()
                st.rerun()


def _show_taking_along() -> None:
    st.subheader("Take it along", anchor=False)
    st.write("Your datasets, edits, runs, recipes and transforms, for Transfer Lab on a machine of your own.")
    address = f"{base_path()}{PATH}?ticket={hand_out(space())}"
    st.html(f'<a class="tl-download" href="{html.escape(address)}" download>Download everything as a zip</a>')


def _show_deleting() -> None:
    st.subheader("Delete it", anchor=False)
    if not st.session_state.get(DELETING):
        st.button(
            "Delete everything of mine",
            key="space_delete",
            icon=":material/delete:",
            on_click=st.session_state.update,
            args=({DELETING: True},),
        )
        return
    st.write(
        "Your datasets, edits, runs, recipes, transforms and links are deleted for good, and your work that waits or "
        "is under way is ended. What you used of today stays counted."
    )
    with st.container(horizontal=True, key="danger_delete_space"):
        sure = st.button("Delete for good", key="space_delete_yes", type="primary", icon=":material/delete_forever:")
        st.button("Keep it", key="space_delete_no", on_click=st.session_state.pop, args=(DELETING, None))
    if sure:
        _delete()


def _delete() -> None:
    if not delete_with_caches(space().home.name, "Ending your work, and deleting …"):
        return
    st.session_state.clear()
    st.session_state[NEWS] = "Everything of yours is deleted."
    st.switch_page("app.py")
