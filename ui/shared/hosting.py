"""What strangers may do. `TLCORE_HOSTED=1` says that this dashboard is open to them."""

import os

import streamlit as st

MAX_QUEUE = 8
"""Runs that may wait on a hosted dashboard."""


def is_hosted() -> bool:
    return os.environ.get("TLCORE_HOSTED", "") not in ("", "0")


def is_own_machine() -> bool:
    """Whether the browser runs on the machine of the server, so that the visitor may name any path there."""
    return not is_hosted() and st.context.ip_address is None
