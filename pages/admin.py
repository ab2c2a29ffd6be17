"""The administrator's page of a hosted dashboard: spaces, queue, machine, errors. No page links to it."""

import streamlit as st

from ui.admin.admission import let_administrator_in
from ui.admin.errors import show_errors
from ui.admin.links import show_all_links
from ui.admin.machine import show_machine
from ui.admin.queue import show_queue
from ui.admin.spaces import show_spaces
from ui.shared.widgets import friendly_errors

let_administrator_in()
st.title("Administration")
with friendly_errors():
    show_machine()
    show_queue()
    show_spaces()
    show_all_links()
    show_errors()
