"""Ask for the host's token. Without one in the settings, the page does not exist for anybody."""

import time

import streamlit as st

from tlcore.hosting.administrator import admits, has_administrator
from tlcore.system.addresses import client_network
from ui.shared.hosting import is_hosted
from ui.shared.state import ADMITTED

WRONG_S = 1.0
"""How long a wrong token waits for its answer."""
_TOKEN = "admin_token"


def let_administrator_in() -> None:
    """Call first on the page. It ends here for whoever has not given the token in this visit."""
    st.set_page_config(page_title="Transfer Lab", layout="wide", initial_sidebar_state="collapsed")
    if not is_hosted() or not has_administrator():
        st.write("There is no such page.")
        st.stop()
    if st.session_state.get(ADMITTED):
        return
    with st.form("admin_form", width=420):
        token = st.text_input("Token", type="password", key=_TOKEN, max_chars=1000, autocomplete="off")
        given = st.form_submit_button("Open", key="admin_open")
    if given and admits(token, _address()):
        st.session_state[ADMITTED] = True
        st.rerun()
    if given:
        time.sleep(WRONG_S)
        st.error("This opens nothing.", icon=":material/block:")
    st.stop()


def _address() -> str:
    return client_network(st.context.ip_address or "unknown")
