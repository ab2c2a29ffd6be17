"""Cross-validation of a new head on stored features: every image is predicted by a head that has not seen it.

N images, V views, D feature, C classes.
"""

import copy
from collections.abc import Generator
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tlcore.evaluation.folds import UNSEEN, Whole
from tlcore.models.split import build_head
from tlcore.system.drive import drive
from tlcore.training.distributed import Processes
from tlcore.training.events import EpochDone, Event, Progress
from tlcore.training.fit import Trainer
from tlcore.training.inputs.batches import FeatureBatches
from tlcore.training.inputs.prepare import Inputs
from tlcore.training.plan import Plan


def predict_held_out(
    plan: Plan, features_ND: Tensor, targets_N: Whole, fold_N: Whole
) -> Generator[Progress, None, Whole]:
    """The predicted class of each image, by a head trained on the other folds; UNSEEN for an image in no fold.

    The head, its start, optimiser, epochs and batches are those of the plan, which has to keep features; the last epoch
    predicts, because choosing one by these images would flatter it. `plan.model` ends with the head it began with.
    Seeds torch's global generator. Raises TrainingDiverged.
    """
    predicted_N = np.full(len(targets_N), UNSEEN, dtype=np.int64)
    head = build_head(plan.model, plan.architecture)
    start = copy.deepcopy(head.state_dict())
    folds = [fold for fold in np.unique(fold_N) if fold != UNSEEN]
    total = len(folds) * plan.config.epochs
    try:
        for number, fold in enumerate(folds):
            head.load_state_dict(start)
            held_out = fold_N == fold
            yield from _train(plan, features_ND, targets_N, held_out, predicted_N, number * plan.config.epochs, total)
    finally:
        head.load_state_dict(start)
        head.eval()
    return predicted_N


def _train(
    plan: Plan,
    features_ND: Tensor,
    targets_N: Whole,
    held_out_N: npt.NDArray[np.bool_],
    predicted_N: Whole,
    before: int,
    total: int,
) -> Generator[Progress, None, None]:
    """Train on the others and fill in the predictions of the held-out images. Progress counts epochs of all folds."""
    torch.manual_seed(plan.config.seed)
    seen, unseen = np.flatnonzero(~held_out_N), np.flatnonzero(held_out_N)
    batches = partial(_batches, plan, features_ND, targets_N)
    train, val = batches(seen, plan.config.batch_size), batches(unseen, len(unseen))
    inputs = Inputs(train=train, val=val, are_features=True, is_mixed=False)
    trainer = Trainer(plan, inputs, Processes())
    last: list[EpochDone] = []

    def note(event: Event) -> None:
        if isinstance(event, EpochDone):
            last[:] = [event]

    for epoch in range(1, plan.config.epochs + 1):
        drive(trainer.run_epoch(epoch), note)
        yield Progress("train", 0, before + epoch, total, 0.0)
    predicted_N[unseen] = last[0].val_logits.argmax(1).numpy()


def _batches(plan: Plan, features_ND: Tensor, targets_N: Whole, rows: Whole, batch_size: int) -> FeatureBatches:
    features_VND = features_ND[torch.from_numpy(rows)][None]
    return FeatureBatches(features_VND, torch.from_numpy(targets_N[rows]), plan.choice, batch_size, plan.config.seed)
