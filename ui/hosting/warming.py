"""What the first visitors of a hosted dashboard would wait for, done when the server starts."""

import logging

from tlcore.config import DataConfig, RunConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.formats.demo import NAME as DEMO
from tlcore.errors import TlcoreError
from tlcore.system.home import as_host
from ui.shared.cached import demo_drawing
from ui.shared.torch_once import load_torch

log = logging.getLogger(__name__)


def warm_up() -> None:
    """Draw the demo, load PyTorch, and plan a run with the default network. Pages open meanwhile, only later."""
    try:
        with as_host():
            demo_drawing().finished.wait()
            load_torch()
            from tlcore.training.plan import outline_run
            from tlcore.training.resolve import resolve

            config = resolve(RunConfig(data=DataConfig(source=DEMO)))
            outline_run(config, open_dataset(config.data))
    except (TlcoreError, OSError) as error:
        log.warning("The dashboard opens without being warmed up: %s", error)
