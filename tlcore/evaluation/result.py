"""The result of an evaluation: logits of every epoch on the same images. Plain data, without torch.

E epochs, N images, C classes.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tlcore.data.dataset import Skipped
from tlcore.evaluation.metrics import (
    Accuracy,
    Logits,
    Mask,
    PairedTest,
    Targets,
    accuracy_of,
    is_right,
    losses,
    paired_test,
)
from tlcore.runs.folder.predictions import Predictions


@dataclass(frozen=True)
class Evaluation:
    split: str
    """`test`, or `val` if there is no test split."""
    predictions: dict[int, Predictions]
    """Predictions by epoch, ascending; all on the same images."""
    best_by_val: int
    """The epoch to keep: chosen on val, without using the report split (unless that is val)."""
    skipped: tuple[Skipped, ...]
    notices: tuple[str, ...]
    engines: tuple[str, ...] = ()
    """The engines that computed the logits, in words, where that is recorded."""

    @cached_property
    def right_EN(self) -> Mask:  # noqa: N802
        """Which images each epoch predicts correctly, epochs ascending."""
        return np.stack([is_right(found.logits_NC, found.targets_N) for found in self.predictions.values()])

    @cached_property
    def losses_EN(self) -> npt.NDArray[np.float64]:  # noqa: N802
        """Cross-entropy of each image in nats, epochs ascending."""
        return np.stack([losses(found.logits_NC, found.targets_N) for found in self.predictions.values()])

    @property
    def epochs(self) -> tuple[int, ...]:
        return tuple(self.predictions)

    @property
    def sample_ids(self) -> tuple[str, ...]:
        return next(iter(self.predictions.values())).sample_ids

    @property
    def targets_N(self) -> Targets:  # noqa: N802
        return next(iter(self.predictions.values())).targets_N

    def logits(self, epoch: int) -> Logits:
        return self.predictions[epoch].logits_NC

    def accuracy(self, epoch: int) -> Accuracy:
        return accuracy_of(self.right_EN[self.epochs.index(epoch)])

    def loss(self, epoch: int) -> float:
        return float(self.losses_EN[self.epochs.index(epoch)].mean())

    def compare(self, first: int, second: int) -> PairedTest:
        """McNemar's test of two epochs."""
        return paired_test(self.right_EN[self.epochs.index(first)], self.right_EN[self.epochs.index(second)])

    @property
    def best_on_report(self) -> int:
        """The epoch with the highest accuracy on the report split itself: an optimistic choice."""
        right_E, losses_E = self.right_EN.sum(1), self.losses_EN.mean(1)
        return self.epochs[int(np.lexsort((losses_E, -right_E))[0])]
