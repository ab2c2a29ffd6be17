"""Limits of a hosted dashboard, which anybody may open. `TLCORE_HOSTED=1` turns them on."""

import os

import streamlit as st

from tlcore.errors import RunBusy
from tlcore.runs.work.probes import any_live_probe
from tlcore.runs.work.turn import live_runs

MAX_QUEUE = 8
"""The maximal number of runs that wait or train on a hosted dashboard."""


def is_hosted() -> bool:
    return os.environ.get("TLCORE_HOSTED", "") not in ("", "0")


def is_own_machine() -> bool:
    """Whether the browser runs on the server's machine, so that the visitor may name any path."""
    return not is_hosted() and st.context.ip_address is None


def check_room() -> None:
    """Call before work other than a run starts, such as the learning-rate finder.

    Raises RunBusy on a hosted dashboard if the queue is full or such work is running already.
    """
    if is_hosted() and (any_live_probe() or len(live_runs()) >= MAX_QUEUE):
        raise RunBusy("This shared machine is busy. Try again when what is under way is done.")
