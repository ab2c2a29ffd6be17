"""What strangers may do. `TLCORE_HOSTED=1` says that this dashboard is open to them."""

import os

import streamlit as st

from tlcore.errors import RunBusy
from tlcore.runs.work.probes import any_live_probe
from tlcore.runs.work.turn import live_runs

MAX_QUEUE = 8
"""Runs that may wait on a hosted dashboard."""


def is_hosted() -> bool:
    return os.environ.get("TLCORE_HOSTED", "") not in ("", "0")


def is_own_machine() -> bool:
    """Whether the browser runs on the machine of the server, so that the visitor may name any path there."""
    return not is_hosted() and st.context.ip_address is None


def check_room() -> None:
    """Before other work than a run begins, such as the learning-rate finder: strangers start one thing at a time.

    Raises RunBusy on a hosted dashboard where the queue is full, or such work is under way.
    """
    if is_hosted() and (any_live_probe() or len(live_runs()) >= MAX_QUEUE):
        raise RunBusy("This shared machine is busy. Try again when what is under way is done.")
