"""What the first visitors of a hosted dashboard would wait for, done when the server starts."""

import logging
import pkgutil
from importlib import import_module

import ui
from tlcore.config import DataConfig, RunConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.formats.demo import NAME as DEMO
from tlcore.errors import TlcoreError
from tlcore.system.allocator import keep_for_good
from tlcore.system.home import as_host
from ui.shared.cached import demo_drawing
from ui.shared.torch_once import load_torch

_WHEN_NEEDED = ("sklearn.metrics", "scipy.optimize", "scipy.special")
"""Libraries that pages import only when they need them."""

log = logging.getLogger(__name__)


def warm_up() -> None:
    """Draw the demo, load PyTorch and all pages, and plan a run and predict with the default network. Pages open
    meanwhile, only later. What is in memory then stays there: it is not what some visitors use and others do not."""
    try:
        with as_host():
            demo_drawing().finished.wait()
            load_torch()
            for name in (*_WHEN_NEEDED, *(module.name for module in pkgutil.walk_packages(ui.__path__, "ui."))):
                import_module(name)
            _use_default_network()
    except (TlcoreError, OSError) as error:
        log.warning("The dashboard opens without being warmed up: %s", error)
    keep_for_good()


def _use_default_network() -> None:
    from tlcore.evaluation.shared_trunk import prepare_trunk
    from tlcore.training.plan import outline_run
    from tlcore.training.preview.memory import estimate_memory
    from tlcore.training.resolve import resolve

    config = resolve(RunConfig(data=DataConfig(source=DEMO)))
    dataset = open_dataset(config.data)
    plan = outline_run(config, dataset)
    estimate_memory(plan)
    images = config.eval_transform.build()(dataset.source.load(dataset.split("val")[0].id))[None]
    prepare_trunk(plan.architecture, config.model.weights, plan.choice).runner(images)
