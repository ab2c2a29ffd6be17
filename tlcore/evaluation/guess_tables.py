"""Predictions of photographs as a table for people, and as lines of JSON for programs. Unreadable ones are in both."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from tlcore.data.formats.cells import escape_table
from tlcore.evaluation.unlabelled import Guesses

TOP = 3
_DIGITS = 6


def guesses_table(guesses: Guesses, top: int = TOP) -> pd.DataFrame:
    """A row per photograph, in their order; then the unreadable ones, with nothing but a reason.

    Columns: `path`, `label` (a class, or `answers.NOT_SURE`), `probability` of the likeliest class, `class_1` and
    `probability_1` up to the `top` likeliest ones, `far` if it is known, and `unreadable`, the reason.
    """
    skipped, order_NK = guesses.skipped, _likeliest(guesses, top)
    best_NK = np.take_along_axis(guesses.probabilities, order_NK, axis=1)
    empty, nothing = [""] * len(skipped), np.full(len(skipped), np.nan)
    columns: dict[str, Any] = {
        "path": [*guesses.ids, *(image.id for image in skipped)],
        "label": [*guesses.labels, *empty],
        "probability": np.concatenate([guesses.confidence, nothing]).round(_DIGITS),
    }
    for rank in range(order_NK.shape[1]):
        columns[f"class_{rank + 1}"] = [*(guesses.classes[index] for index in order_NK[:, rank]), *empty]
        columns[f"probability_{rank + 1}"] = np.concatenate([best_NK[:, rank], nothing]).round(_DIGITS)
    if (far := guesses.far) is not None:
        columns["far"] = pd.array([*far, *([None] * len(skipped))], dtype="boolean")
    columns["unreadable"] = [*([""] * len(guesses.ids)), *(image.reason for image in skipped)]
    return pd.DataFrame(columns)


def guesses_csv(guesses: Guesses, top: int = TOP) -> bytes:
    """The table as CSV, for people who open it in a spreadsheet: no cell is a formula."""
    table = guesses_table(guesses, top)
    if "far" in table:
        table["far"] = table["far"].map({True: "yes", False: "no"})
    return escape_table(table).to_csv(index=False).encode()


def guess_records(guesses: Guesses, top: int = TOP) -> Iterator[dict[str, Any]]:
    """The same rows, as JSON has them. `far` is null where it is not known."""
    order_NK, far = _likeliest(guesses, top), guesses.far
    for row, path in enumerate(guesses.ids):
        probabilities_C = guesses.probabilities[row]
        yield {
            "path": path,
            "label": guesses.labels[row],
            "probability": _rounded(guesses.confidence[row]),
            "sure": bool(guesses.sure[row]),
            "top": [
                {"class": guesses.classes[index], "probability": _rounded(probabilities_C[index])}
                for index in order_NK[row]
            ],
            "far": None if far is None else far[row],
        }
    for image in guesses.skipped:
        yield {"path": image.id, "unreadable": image.reason}


def guesses_jsonl(guesses: Guesses, top: int = TOP) -> bytes:
    """A line of JSON for each record, in UTF-8."""
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in guess_records(guesses, top))


def _likeliest(guesses: Guesses, top: int) -> np.ndarray:
    """Indices of the likeliest classes of each image, (N, K)."""
    order: np.ndarray = np.argsort(-guesses.probabilities, axis=1, kind="stable")[:, : max(top, 1)]
    return order


def _rounded(value: float) -> float:
    return round(float(value), _DIGITS)
