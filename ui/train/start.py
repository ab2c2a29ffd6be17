"""Makes run folders for the requested settings and starts a worker process for them."""

from collections.abc import Sequence
from typing import NoReturn

import streamlit as st

from tlcore.config import ResolvedConfig
from tlcore.hosting.queue.waiting_room import check_waiting_room
from tlcore.models.zoo import find_architecture
from tlcore.recipes.recipe import RUN_INFO_KEY as RECIPE
from tlcore.runs.sweep import RUN_INFO_KEY as SWEEP
from ui.shared.queueing import queue_runs
from ui.shared.state import set_params
from ui.train.backbones import check_weights
from ui.train.draft import origin


def start_runs(configs: Sequence[ResolvedConfig], device: str, sweep: str | None = None) -> NoReturn:
    """Queue the runs and show the first one. Raises TlcoreError."""
    check_waiting_room(len(configs))
    for config in configs:
        check_weights(find_architecture(config.model.backbone), config.model.weights)
    filled_from = origin()
    recipe = filled_from.recipe if filled_from else ""
    facts = {"device": device} | ({SWEEP: sweep} if sweep else {}) | ({RECIPE: recipe} if recipe else {})
    runs = queue_runs(configs, facts)
    set_params(run=runs[0].name, view="watch")
    st.rerun()
