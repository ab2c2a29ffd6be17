"""Rounds of labelling: runs with the same settings on one dataset, with more and more edits, on its fixed test split.

Without torch: from run folders and stored evaluations.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tlcore.evaluation.result import Evaluation
from tlcore.runs.folder.run import Run

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("round", "run", "added", "train_images", "epoch", "images", "accuracy", "low", "high", "same_images")


def rounds_of(run: Run, runs: Iterable[Run]) -> list[Run]:
    """The runs with the settings of `run`, whatever edits they were trained with; the first round first."""
    settings = _settings(run)
    found = {other.name: other for other in (*runs, run) if _settings(other) == settings}
    return sorted(found.values(), key=lambda other: (other.config.data.edits, other.name))


def rounds_table(rounds: Sequence[Run], evaluation_of: Callable[[Run], Evaluation | None]) -> "pd.DataFrame":
    """One row per round: `round` from 1, `run`, `added` (photographs that edits had added), `train_images`; then the
    `epoch` that val chose and its `accuracy` on the test images with its 95 % interval, fractions in 0-1.

    `same_images` says whether the test images and their labels are those of the first evaluated round. A round that is
    not evaluated has NaN there, and no epoch.
    """
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    first: dict[str, int] | None = None
    for number, run in enumerate(rounds, 1):
        about = (number, run.name, run.info.dataset.edits.get("added", 0), run.info.dataset.counts.get("train", 0))
        evaluation = evaluation_of(run)
        if evaluation is None:
            rows.append((*about, None, 0, float("nan"), float("nan"), float("nan"), True))
            continue
        judged = dict(zip(evaluation.sample_ids, evaluation.targets_N.tolist(), strict=True))
        first = judged if first is None else first
        best = evaluation.best_by_val
        accuracy = evaluation.accuracy(best)
        rows.append((*about, best, accuracy.total, accuracy.value, accuracy.low, accuracy.high, judged == first))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _settings(run: Run) -> dict[str, Any]:
    settings = run.config.model_dump(mode="json")
    del settings["data"]["edits"]
    return settings
