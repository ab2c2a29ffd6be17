"""Evaluations of runs, and tables and figures from them, cached for all visitors until the run folders change."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import pandas as pd
import streamlit as st

from tlcore.evaluation.result import Evaluation
from tlcore.evaluation.stored import Stored, load_stored, stored_version
from tlcore.evaluation.tables import epochs_table, predictions_table
from tlcore.runs.folder.run import Run
from ui.shared.caching import by_path, cache_resource

T = TypeVar("T")
KEPT_S = 1800  # 21 epochs on 10,000 images of 100 classes are 84 MB


def stored(run: Run, split: str | None = None) -> Stored:
    """The evaluation of a run on a split, by default the report split, as far as it is stored."""
    return _stored(str(run.path), split, stored_version(run, split), run)


def evaluation_of(run: Run) -> Evaluation | None:
    return stored(run).evaluation


def known_evaluation(run: Run) -> Evaluation:
    """The evaluation of a run with at least one evaluated epoch. Stops the page if it has just disappeared."""
    evaluation = evaluation_of(run)
    if evaluation is None:
        st.rerun()
    return evaluation


def epochs_of(run: Run) -> pd.DataFrame:
    """The table of epochs of a run. Shared: do not change it."""
    return remembered("epochs", [run], lambda: epochs_table(run, evaluation_of(run)))


def predictions_of(run: Run, evaluation: Evaluation, epoch: int) -> pd.DataFrame:
    """The table of predictions of an epoch. Shared: do not change it."""
    return remembered(
        "predictions", [run], lambda: predictions_table(evaluation.predictions[epoch], run.classes), epoch
    )


def remembered(what: str, runs: Sequence[Run], compute: Callable[[], T], *depends_on: object) -> T:
    """The result of `compute`, cached until one of the runs changes. `what` and `depends_on` are its cache key.

    One object for all visitors: do not change it.
    """
    versions = tuple((str(run.path), stored_version(run)) for run in runs)
    return _remembered(what, versions, depends_on, compute)


@cache_resource(by_path, max_entries=24, ttl=KEPT_S, show_spinner=False)
def _stored(path: str, split: str | None, version: str, _run: Run) -> Stored:
    return load_stored(_run, split)


@cache_resource(by_path, max_entries=64, ttl=KEPT_S, show_spinner=False)
def _remembered(
    what: str, versions: tuple[tuple[str, str], ...], depends_on: tuple[object, ...], _compute: Callable[[], T]
) -> T:
    return _compute()
