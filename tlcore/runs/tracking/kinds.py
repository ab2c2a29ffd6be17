"""The trackers that there are. A new one is a new entry in `TRACKERS`. Nothing here imports one before it is used."""

import importlib.util
import sys
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.errors import ConfigError, suggestion
from tlcore.runs.folder.run import Run

if TYPE_CHECKING:
    from accelerate.tracking import GeneralTracker

PROJECT = "transfer-lab"
"""The experiment of MLflow and the project of Weights & Biases that runs appear in."""


@dataclass(frozen=True)
class Kind:
    label: str
    package: str
    """What must be installed, by the name that both pip and Python know it by."""
    make: "Callable[[Run, str], GeneralTracker]"
    """Accelerate's tracker for a run, not started yet. The text is the identity under which an earlier process started
    it; empty for the first."""
    identity: Callable[[Any], str]
    """Under which a started tracker can be continued; empty if the run's folder says enough."""
    takes_text: bool = True


def find_kind(name: str) -> Kind:
    """The entry of that name. Raises ConfigError."""
    try:
        return TRACKERS[name]
    except KeyError:
        raise ConfigError(f"No tracker named {name!r}. {suggestion(name, TRACKERS)}") from None


def check_trackers(names: Sequence[str]) -> None:
    """Raises ConfigError, in one line, for a name that does not exist and for packages that are not installed."""
    absent = [kind.package for kind in map(find_kind, names) if not _is_installed(kind.package)]
    if absent:
        packages = " ".join(dict.fromkeys(absent))
        are = "is" if len(absent) == 1 else "are"
        raise ConfigError(f"{' and '.join(dict.fromkeys(absent))} {are} not installed here: pip install {packages}")


def _is_installed(package: str) -> bool:
    if package in sys.modules:
        return True
    return importlib.util.find_spec(package) is not None


def _tensorboard(run: Run, identity: str) -> "GeneralTracker":
    from accelerate.tracking import TensorBoardTracker

    return TensorBoardTracker(run_name="tensorboard", logging_dir=str(run.path))


def _mlflow(run: Run, identity: str) -> "GeneralTracker":
    from accelerate.tracking import MLflowTracker

    return MLflowTracker(experiment_name=PROJECT, run_id=identity or None, run_name=run.name)


def _wandb(run: Run, identity: str) -> "GeneralTracker":
    from accelerate.tracking import WandBTracker

    return WandBTracker(PROJECT, name=run.name, id=identity or uuid.uuid4().hex, resume="allow", dir=str(run.path))


TRACKERS: dict[str, Kind] = {
    "tensorboard": Kind("TensorBoard", "tensorboard", _tensorboard, lambda tracker: ""),
    "mlflow": Kind("MLflow", "mlflow", _mlflow, lambda tracker: str(tracker.tracker.info.run_id), takes_text=False),
    "wandb": Kind("Weights & Biases", "wandb", _wandb, lambda tracker: str(tracker.tracker.id)),
}
