"""Makes run folders for the requested settings and starts a worker process for them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import streamlit as st

from tlcore.config import DataConfig, ResolvedConfig
from tlcore.data.catalog import is_named
from tlcore.errors import ConfigError, RunBusy
from tlcore.models.zoo import find_architecture
from tlcore.recipes.recipe import RUN_INFO_KEY as RECIPE
from tlcore.runs.start import prepare_runs
from tlcore.runs.sweep import RUN_INFO_KEY as SWEEP
from tlcore.runs.work import jobs
from tlcore.runs.work.turn import live_runs
from ui.shared.cached import forget_runs
from ui.shared.datasets import dataset_sources
from ui.shared.hosting import MAX_QUEUE, is_hosted
from ui.shared.state import set_params
from ui.train.backbones import check_weights
from ui.train.draft import origin


def start_runs(configs: Sequence[ResolvedConfig], device: str, sweep: str | None = None) -> NoReturn:
    """Queue the runs and show the first one. Raises TlcoreError."""
    if is_hosted() and len(live_runs()) + len(configs) > MAX_QUEUE:
        raise RunBusy(f"At most {MAX_QUEUE} runs may wait on this shared machine. Try again when some are done.")
    for config in configs:
        check_weights(find_architecture(config.model.backbone), config.model.weights)
        check_data(config.data)
    filled_from = origin()
    recipe = filled_from.recipe if filled_from else ""
    facts = {"device": device} | ({SWEEP: sweep} if sweep else {}) | ({RECIPE: recipe} if recipe else {})
    with st.spinner("Making sure which images these are …"):  # from the disk: the page's data may be old
        runs = prepare_runs(configs, facts)
    forget_runs()
    jobs.start(runs)
    set_params(run=runs[0].name, view="watch")
    st.rerun()


def check_data(data: DataConfig) -> None:
    """Raises ConfigError for data that visitors of a hosted dashboard may not use."""
    if not is_hosted():
        return
    known = {source if is_named(source) else str(Path(source).resolve()) for source in dataset_sources()}
    if data.images is not None or data.source not in known:
        raise ConfigError("A shared dashboard trains on the datasets of its list. Choose one of these.")
