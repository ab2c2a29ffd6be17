"""Histories of runs and their figures, cached for all visitors until the files of the run change."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from tlcore.figures.training import plot_curves, plot_learning_rates, plot_times
from tlcore.runs.folder.layout import METRICS_FILE
from tlcore.runs.folder.run import Run
from tlcore.training.curves import curves_table
from tlcore.training.history import EpochRecord, best_epoch, trained_here
from ui.shared.caching import by_path, cache_resource

FIGURES = {
    "loss": lambda table, epochs, best: plot_curves(table, "loss", epochs, best),
    "accuracy": lambda table, epochs, best: plot_curves(table, "accuracy", epochs, best),
    "learning rates": lambda table, epochs, best: plot_learning_rates(table, epochs),
    "times": lambda table, epochs, best: plot_times(table, epochs),
}


def history_of(run: Run) -> list[EpochRecord]:
    """Records of the epochs trained so far. Shared: do not change them."""
    return _history(str(run.path), _version(run), run)


def figure_of(name: str, runs: Sequence[Run], labels: Sequence[str]) -> go.Figure:
    """One of FIGURES, drawn again only when an epoch was added."""
    return _figure(name, tuple((str(run.path), _version(run)) for run in runs), tuple(labels), runs)


@cache_resource(by_path, max_entries=128, show_spinner=False)
def _history(path: str, version: int, _run: Run) -> list[EpochRecord]:
    return trained_here(_run.history())


@cache_resource(by_path, max_entries=32, show_spinner=False)
def _figure(
    name: str, versions: tuple[tuple[str, int], ...], labels: tuple[str, ...], _runs: Sequence[Run]
) -> go.Figure:
    tables = [curves_table(history_of(run), label) for run, label in zip(_runs, labels, strict=True)]
    best = best_epoch(history_of(_runs[0])) if len(_runs) == 1 else None
    epochs = max(run.config.epochs for run in _runs)
    return FIGURES[name](pd.concat(tables, ignore_index=True), epochs, best)


def _version(run: Run) -> int:
    """The size of a file that only grows."""
    try:
        return (run.path / METRICS_FILE).stat().st_size
    except OSError:
        return 0
