"""Queue new runs from any page: their folders are made, and a worker trains them one after another."""

from collections.abc import Mapping, Sequence

import streamlit as st

from tlcore.config import RunConfig
from tlcore.runs.folder.run import Run
from tlcore.runs.start import prepare_runs
from tlcore.runs.work import jobs
from ui.shared.cached import forget_runs


def queue_runs(configs: Sequence[RunConfig], facts: Mapping[str, str] | None = None) -> list[Run]:
    """Make the runs' folders, with further entries for their run.json, and start the worker. Raises TlcoreError."""
    with st.spinner("Making sure which images these are …"):  # from the disk: the page's data may be old
        runs = prepare_runs(configs, facts)
    forget_runs()
    jobs.start(runs)
    return runs
