"""Queue new runs from any page: their folders are made, and a worker trains them one after another."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from tlcore.config import DataConfig, RunConfig
from tlcore.data.catalog import is_named
from tlcore.errors import ConfigError
from tlcore.runs.folder.run import Run
from tlcore.runs.start import prepare_runs
from tlcore.runs.work import jobs
from ui.shared.cached import forget_runs
from ui.shared.datasets import dataset_sources
from ui.shared.hosting import is_hosted


def check_data(data: DataConfig) -> None:
    """Raises ConfigError for data that visitors of a hosted dashboard may not use."""
    if not is_hosted():
        return
    known = {source if is_named(source) else str(Path(source).resolve()) for source in dataset_sources()}
    if data.images is not None or data.source not in known:
        raise ConfigError("A shared dashboard trains on the datasets of its list. Choose one of these.")


def queue_runs(configs: Sequence[RunConfig], facts: Mapping[str, str] | None = None) -> list[Run]:
    """Make the runs' folders, with further entries for their run.json, and start the worker. Raises TlcoreError."""
    with st.spinner("Making sure which images these are …"):  # from the disk: the page's data may be old
        runs = prepare_runs(configs, facts)
    forget_runs()
    jobs.start(runs)
    return runs
