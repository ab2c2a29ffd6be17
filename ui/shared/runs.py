"""Runs as people see them: which can be shown, and what to call them."""

from collections.abc import Sequence
from datetime import datetime

from tlcore.errors import TlcoreError
from tlcore.runs.folder.run import Run


def readable_runs(runs: list[Run]) -> dict[str, Run]:
    """By name, without folders that do not describe a run."""
    return {run.name: run for run in runs if _is_readable(run)}


def run_labels(runs: Sequence[Run], *, with_dataset: bool = False) -> dict[str, str]:
    """What to call each of the runs that are shown together, by the run's name. No two labels are equal."""
    return {run.name: run_label(run, with_dataset=with_dataset) for run in runs}


def run_label(run: Run, *, with_dataset: bool = False) -> str:
    """What tells a run from the others, for people: `mobilenet_v2, fine tuning, 20 Nov 14:12:23`."""
    config = run.config
    backbone = f"{config.model.backbone} on {run.info['dataset']['name']}" if with_dataset else config.model.backbone
    return f"{backbone}, {config.strategy.name.replace('_', ' ')}, {_created(run)}"


def _is_readable(run: Run) -> bool:
    try:
        return bool(run.config and run.classes)
    except (TlcoreError, KeyError, TypeError):
        return False


def _created(run: Run) -> str:
    try:
        return f"{datetime.fromisoformat(run.info['created']):%d %b %H:%M:%S}"
    except (KeyError, TypeError, ValueError):
        return run.name[:15]
