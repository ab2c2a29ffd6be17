"""The standing of a race: accuracies with intervals, which candidates the data cannot tell from the best, a suggestion.

N images. Fractions in 0-1.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tlcore.evaluation.folds import UNSEEN, Whole
from tlcore.evaluation.metrics import paired_test, wilson_interval
from tlcore.evaluation.words import SIGNIFICANT
from tlcore.race.candidates import Candidate

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = (
    "candidate",
    "accuracy",
    "low",
    "high",
    "ms_per_image",
    "parameters",
    "megabytes",
    "licence",
    "place",
    "p_value",
    "suggested",
)

Place = Literal["best", "tied", "behind", "failed"]
Fraction = Annotated[float, Field(ge=0, le=1)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Measured(_Record):
    """What is known of a candidate that has finished, besides its predictions."""

    parameters: int
    """Of the whole network, with a head for the classes of this dataset."""
    bytes: int
    """Size of its weights."""
    licence: str
    seconds_per_image: float


class Row(_Record):
    """A candidate in the table."""

    candidate: Candidate
    place: Place
    """`tied`: the paired test does not tell it from the best; `behind`: it does."""
    measured: Measured | None = None
    """None: it failed."""
    correct: int = 0
    total: int = 0
    """Images that were predicted, of which `correct` rightly."""
    low: Fraction = 0.0
    """The 95 % interval of the accuracy, from `low` to `high`."""
    high: Fraction = 0.0
    p_value: Fraction | None = None
    """Of the paired test against the best, corrected for the number of candidates. None: it is the best, or failed."""
    reason: str = ""
    """Why it failed."""

    @property
    def accuracy(self) -> float:
        return self.correct / max(self.total, 1)


class LeftOut(_Record):
    id: str
    reason: str


class Standing(_Record):
    rows: tuple[Row, ...]
    """The most accurate first, then those that failed."""
    suggestion: Candidate | None
    """The smallest of the best one and those tied with it."""
    waiting: tuple[Candidate, ...]
    """Those that have not run yet."""
    splits: tuple[str, ...]
    """The splits that the images are from."""
    images: int
    """The number of images in them."""
    folds: int
    left_out: tuple[LeftOut, ...]
    """Images that a candidate could not use."""
    machine: str
    """The device that the times were measured on, in words."""

    @property
    def finished(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.place != "failed")

    @property
    def failed(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.place == "failed")


def rank(finished: Sequence[tuple[Candidate, Measured, Whole]], targets_N: Whole) -> tuple[Row, ...]:
    """The rows of candidates from their predictions (N,), the most accurate first.

    Each is compared with the best one by the exact McNemar test, and its p-value multiplied by the number of these
    comparisons. Among those that are not `behind`, the one that is truly the best is then missing in at most 5 % of
    races, although the best one was found by the same images: to lose it, it must be beaten in one of its comparisons.
    Source: Hsu (1981), "Simultaneous Confidence Intervals for All Distances from the Best", with Bonferroni's bound.
    """
    rows: list[tuple[Row, Whole]] = []
    for candidate, measured, predicted_N in finished:
        total = int((predicted_N != UNSEEN).sum())
        correct = int((predicted_N == targets_N).sum())
        low, high = wilson_interval(correct, total)
        row = Row(
            candidate=candidate, place="best", measured=measured, correct=correct, total=total, low=low, high=high
        )
        rows.append((row, predicted_N))
    rows.sort(key=lambda entry: (-entry[0].accuracy, *_size(entry[0])))
    if not rows:
        return ()
    best, best_N = rows[0]
    return (best, *(_compared(row, predicted_N, best_N, targets_N, len(rows) - 1) for row, predicted_N in rows[1:]))


def suggest(rows: Sequence[Row]) -> Candidate | None:
    """The candidate with the fewest parameters among the best one and those tied with it; of equal ones the fastest."""
    level = [row for row in rows if row.place in ("best", "tied")]
    return min(level, key=_size).candidate if level else None


def standing_table(standing: Standing) -> "pd.DataFrame":
    """The finished candidates, for `figures.race.plot_race` and a page.

    Columns: `candidate`, `accuracy`, `low`, `high`, `ms_per_image`, `parameters`, `megabytes`, `licence`, `place`,
    `p_value` (NaN for the best), and `suggested`.
    """
    import pandas as pd

    rows = [
        {
            "candidate": row.candidate.label,
            "accuracy": row.accuracy,
            "low": row.low,
            "high": row.high,
            "ms_per_image": 1000 * row.measured.seconds_per_image,
            "parameters": row.measured.parameters,
            "megabytes": row.measured.bytes / 1e6,
            "licence": row.measured.licence,
            "place": row.place,
            "p_value": np.nan if row.p_value is None else row.p_value,
            "suggested": row.candidate == standing.suggestion,
        }
        for row in standing.rows
        if row.measured is not None
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _compared(row: Row, predicted_N: Whole, best_N: Whole, targets_N: Whole, comparisons: int) -> Row:
    both = (predicted_N != UNSEEN) & (best_N != UNSEEN)
    test = paired_test((predicted_N == targets_N)[both], (best_N == targets_N)[both])
    p_value = min(1.0, test.p_value * comparisons)
    return row.model_copy(update={"p_value": p_value, "place": "behind" if p_value < SIGNIFICANT else "tied"})


def _size(row: Row) -> tuple[int, float]:
    assert row.measured is not None
    return row.measured.parameters, row.measured.seconds_per_image
