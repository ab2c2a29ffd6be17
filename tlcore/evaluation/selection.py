"""Which epoch to keep, and how optimistic it is to choose the epoch that looks best on the test images."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.metrics import Accuracy, Mask
from tlcore.evaluation.result import Evaluation

RESAMPLES = 400


@dataclass(frozen=True)
class Selection:
    split: str
    """The report split: `test`, or `val` if there is no test split; then all figures here are optimistic."""
    by_val: int
    """The epoch chosen on val."""
    by_val_accuracy: Accuracy
    """Accuracy of that epoch on the report split."""
    best: int
    """The epoch with the highest accuracy on the report split."""
    best_accuracy: Accuracy
    optimism: float
    """The expected part of the best epoch's accuracy that only comes from choosing it on these same images."""
    candidates: int

    @property
    def difference(self) -> float:
        """By how much the best epoch is better than the one chosen on val, on the report split."""
        return self.best_accuracy.value - self.by_val_accuracy.value


def select_epoch(evaluation: Evaluation) -> Selection:
    """Compare the epoch chosen on val with the best one on the report split."""
    best = evaluation.best_on_report
    return Selection(
        split=evaluation.split,
        by_val=evaluation.best_by_val,
        by_val_accuracy=evaluation.accuracy(evaluation.best_by_val),
        best=best,
        best_accuracy=evaluation.accuracy(best),
        optimism=selection_optimism(evaluation.right_EN, evaluation.losses_EN),
        candidates=len(evaluation.epochs),
    )


def selection_optimism(right_EN: Mask, losses_EN: npt.NDArray[np.float64], seed: int = 0) -> float:
    """By how much the accuracy of the best of E candidates on N images is too high because it was chosen on them.

    `RESAMPLES` times, images are drawn with replacement, the best candidate on them is chosen (among equals the one
    with the lower loss), and its accuracy on the images that were not drawn is recorded. The mean of these estimates
    the accuracy of the choice on new images. The optimism is the best accuracy on all images minus this mean, at least
    0.

    Source: BBC-CV of Tsamardinos, Greasidou, Borboudakis (2018), "Bootstrapping the out-of-sample predictions for
    efficient and accurate cross-validation", Machine Learning 107. Simulated with 13 epochs on 98 images at 93 %: the
    estimate is 2.4 points (true: 2.5) if all epochs are equally good, 2.1 (true: 2.1) if they differ by one point, and
    1.4 (true: 0.5) if they differ by five, so errors are on the cautious side.
    """
    candidates, images = right_EN.shape
    if candidates == 1 or images == 1:
        return 0.0
    draws_BN = np.random.default_rng(seed).multinomial(images, np.full(images, 1 / images), size=RESAMPLES)
    drawn_BN = draws_BN.astype(np.float32)
    # number of right images, minus less than one for the loss, so that the loss decides only among equals
    loss_BE = drawn_BN @ losses_EN.T.astype(np.float32)
    score_BE = drawn_BN @ right_EN.T.astype(np.float32) - loss_BE / (1 + loss_BE.max())
    chosen_B = score_BE.argmax(1)
    unseen_BN = (draws_BN == 0).astype(np.float32)
    right_B = (unseen_BN @ right_EN.T.astype(np.float32))[np.arange(RESAMPLES), chosen_B]
    unseen_B = unseen_BN.sum(1)
    honest = float((right_B[unseen_B > 0] / unseen_B[unseen_B > 0]).mean())
    return max(0.0, float(right_EN.mean(1).max()) - honest)
