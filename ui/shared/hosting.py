"""Whether this is a hosted dashboard, which anybody may open. `TLCORE_HOSTED=1` makes it one."""

import os

import streamlit as st


def is_hosted() -> bool:
    return os.environ.get("TLCORE_HOSTED", "") not in ("", "0")


def is_own_machine() -> bool:
    """Whether the browser runs on the server's machine, so that the visitor may name any path."""
    return not is_hosted() and st.context.ip_address is None
