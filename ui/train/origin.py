"""Shows which recipe or run the form was filled from, with a button to reset it."""

import streamlit as st

from ui.shared.state import set_params
from ui.shared.widgets import escape_markdown
from ui.train.draft import origin
from ui.train.fill import empty_form


def show_origin() -> None:
    found = origin()
    if found is None:
        return
    kind, icon = ("recipe", ":material/menu_book:") if found.recipe else ("run", ":material/history:")
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="train_origin"):
        st.markdown(f"{icon} Filled from the {kind} **{escape_markdown(found.title)}**", width="stretch")
        if found.recipe and st.button("What it does", key="train_origin_read", icon=":material/school:"):
            set_params(view="recipes", recipe=found.recipe)
            st.rerun()
        st.button("Begin anew", key="train_origin_forget", icon=":material/restart_alt:", on_click=empty_form)
