"""Transfer Lab's library: teach a pretrained image classifier a new task, and measure how well that went.

Start with the names below; `docs/notebook.ipynb` shows them in use:

    import tlcore

    run = tlcore.train(tlcore.RunConfig(epochs=5))
    evaluation = tlcore.evaluate(run)
    tlcore.load_predictor(run).predict("photo.jpg")

Importing this package is quick: each name is imported on first use, and torch with the first name that needs it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tlcore.config import RunConfig
    from tlcore.data.catalog import open_dataset
    from tlcore.evaluation.evaluate import evaluate
    from tlcore.evaluation.predict import load_predictor
    from tlcore.runs.folder.run import find_run
    from tlcore.runs.start import train

__version__ = "0.1.0"

__all__ = ["RunConfig", "__version__", "evaluate", "find_run", "load_predictor", "open_dataset", "train"]

_FOUND_IN = {
    "RunConfig": "tlcore.config",
    "evaluate": "tlcore.evaluation.evaluate",
    "find_run": "tlcore.runs.folder.run",
    "load_predictor": "tlcore.evaluation.predict",
    "open_dataset": "tlcore.data.catalog",
    "train": "tlcore.runs.start",
}


def __getattr__(name: str) -> Any:
    if name not in _FOUND_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_FOUND_IN[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
