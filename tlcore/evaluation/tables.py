"""The tables of an evaluation: one row per epoch, per test image, per class. Fractions in 0-1, losses in nats."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.metrics import class_scores, confusion, losses, wilson_intervals
from tlcore.evaluation.result import Evaluation
from tlcore.runs.folder.predictions import Predictions
from tlcore.runs.folder.run import Run
from tlcore.training.history import best_epoch

if TYPE_CHECKING:
    import pandas as pd

Answer: TypeAlias = tuple[str, Sequence[str], npt.NDArray[np.floating]]
"""What one model says of an image: the model's title, its classes, and their probabilities (C,)."""


def epochs_table(run: Run, evaluation: Evaluation | None) -> "pd.DataFrame":
    """`epoch`, then per split (`train`, `val`, `test`) `_loss`, `_accuracy` and its 95 % interval `_low` to `_high`,
    then `learning_rate` (of the head), `seconds`, the flags `best_by_val` and `best_on_test`, and `imported`, the name
    of the file of an imported epoch.

    Train and val are the values from training; those of train are over the epoch's augmented images, while the weights
    changed. Without a test split there are no test columns; epochs without an evaluation have NaN there.
    """
    import pandas as pd

    history = run.history()
    counts = _readable_counts(run)
    table = pd.DataFrame({"epoch": [record.epoch for record in history]})
    for split in ("train", "val"):
        images = counts[split]
        share = np.array([getattr(record, f"{split}_accuracy") for record in history], dtype=np.float64)
        table[f"{split}_loss"] = np.array([getattr(record, f"{split}_loss") for record in history], dtype=np.float64)
        table[f"{split}_accuracy"] = share
        table[f"{split}_low"], table[f"{split}_high"] = wilson_intervals(np.rint(share * images), images)
    if run.report_split == "test":
        evaluated = () if evaluation is None else evaluation.epochs
        rows = [_figures(evaluation, e) if evaluation and e in evaluated else (np.nan,) * 4 for e in table["epoch"]]
        columns = ["test_loss", "test_accuracy", "test_low", "test_high"]
        table[columns] = np.array(rows, dtype=np.float64).reshape(-1, 4)
    table["learning_rate"] = [record.learning_rates.get("head", np.nan) for record in history]
    table["seconds"] = [record.seconds for record in history]
    chosen = evaluation.best_by_val if evaluation else best_epoch(history) if history else None
    table["best_by_val"] = table["epoch"] == chosen
    if run.report_split == "test":
        table["best_on_test"] = table["epoch"] == (evaluation.best_on_report if evaluation else None)
    table["imported"] = [record.imported for record in history]
    return table


def predictions_table(
    predictions: Predictions, classes: tuple[str, ...], *, probabilities: bool = False
) -> "pd.DataFrame":
    """Per image `id`, `target` and `predicted` (class names), `right`, `confidence` (probability of the predicted
    class), `target_probability`, `loss`; with `probabilities` also one column per class, `p(NAME)`."""
    import pandas as pd
    from scipy.special import softmax

    probabilities_NC = softmax(predictions.logits_NC.astype(np.float64), axis=1)
    names = np.array(classes, dtype=object)
    predicted_N = predictions.logits_NC.argmax(1)
    table = pd.DataFrame(
        {
            "id": predictions.sample_ids,
            "target": names[predictions.targets_N],
            "predicted": names[predicted_N],
            "right": predicted_N == predictions.targets_N,
            "confidence": probabilities_NC.max(1),
            "target_probability": probabilities_NC[np.arange(len(predicted_N)), predictions.targets_N],
            "loss": losses(predictions.logits_NC, predictions.targets_N),
        }
    )
    if not probabilities:
        return table
    columns = pd.DataFrame(probabilities_NC, columns=[f"p({name})" for name in classes])
    return pd.concat([table, columns], axis=1)


def classes_table(predictions: Predictions, classes: tuple[str, ...]) -> "pd.DataFrame":
    """Per class `name`, `precision`, `recall`, `f1`, `support`, and the recall's interval, as `metrics.ClassScores`."""
    import pandas as pd

    scores = class_scores(predictions.logits_NC, predictions.targets_N, classes)
    return pd.DataFrame([asdict(score) for score in scores])


def confusion_table(predictions: Predictions, classes: tuple[str, ...]) -> "pd.DataFrame":
    """Counts of images: rows are the true classes, columns the predicted ones, both by name."""
    import pandas as pd

    counts = confusion(predictions.logits_NC, predictions.targets_N)
    return pd.DataFrame(counts, index=list(classes), columns=list(classes))


def most_confused(counts: "pd.DataFrame", limit: int) -> "pd.DataFrame":
    """The part of a `confusion_table` for the `limit` classes with the most mistakes, in the table's order."""
    mistakes = counts.to_numpy().copy()
    np.fill_diagonal(mistakes, 0)
    worst = np.sort(np.argsort(-(mistakes.sum(0) + mistakes.sum(1)), kind="stable")[:limit])
    return counts.iloc[worst, worst]


def confused_pairs(counts: "pd.DataFrame", limit: int = 100) -> "pd.DataFrame":
    """The mistakes of a `confusion_table`, the most frequent first, at most `limit` of them.

    Columns: `target` and `predicted`, class names; `images`; `share`, the fraction of the target's images, in 0-1; and
    `back`, the number of images with the reverse mistake.
    """
    import pandas as pd

    values = counts.to_numpy()
    mistakes = values.copy()
    np.fill_diagonal(mistakes, 0)
    rows, columns = np.nonzero(mistakes)
    order = np.lexsort((columns, rows, -mistakes[rows, columns]))[:limit]
    rows, columns = rows[order], columns[order]
    return pd.DataFrame(
        {
            "target": counts.index.to_numpy()[rows],
            "predicted": counts.columns.to_numpy()[columns],
            "images": mistakes[rows, columns],
            "share": mistakes[rows, columns] / values.sum(1)[rows],
            "back": mistakes[columns, rows],
        }
    )


def top_classes_table(answers: Sequence[Answer], limit: int) -> "pd.DataFrame":
    """`title`, `label` and `probability` of the likeliest classes of each answer, at most `limit` of each.

    Every answer has a row for each of these classes, those of the first answer first. The answers have the same
    classes. A class name that occurs twice is shown with its index.
    """
    import pandas as pd

    wanted: dict[int, None] = {}
    for _, _, probabilities_C in answers:
        wanted |= dict.fromkeys(np.argsort(-probabilities_C, kind="stable")[:limit].tolist())
    rows = [
        (title, _numbered(classes, index), float(probabilities_C[index]))
        for title, classes, probabilities_C in answers
        for index in wanted
    ]
    return pd.DataFrame(rows, columns=["title", "label", "probability"])


def _numbered(classes: Sequence[str], index: int) -> str:
    name = classes[index]
    return name if classes.count(name) == 1 else f"{name} ({index})"


def _readable_counts(run: Run) -> Counter[str]:
    """Images per split, without those that training could not read."""
    counts = Counter[str](run.info.dataset.counts)
    skipped = run.skipped_ids()
    if skipped:
        with run.samples_file.open(encoding="utf-8", newline="") as file:
            counts.subtract(row["split"] for row in csv.DictReader(file) if row["path"] in skipped)
    return counts


def _figures(evaluation: Evaluation, epoch: int) -> tuple[float, float, float, float]:
    accuracy = evaluation.accuracy(epoch)
    return evaluation.loss(epoch), accuracy.value, accuracy.low, accuracy.high
