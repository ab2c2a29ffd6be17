"""Cross-validation of a new head on stored features: every image is predicted by a head that has not seen it.

N images, V views, D feature, C classes.
"""

import copy
import warnings
from collections.abc import Generator
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tlcore.models.split import build_head
from tlcore.race.standing import UNSEEN, Whole
from tlcore.system.drive import drive
from tlcore.training.distributed import Processes
from tlcore.training.events import EpochDone, Event, Progress
from tlcore.training.fit import Trainer
from tlcore.training.inputs.batches import FeatureBatches
from tlcore.training.inputs.prepare import Inputs
from tlcore.training.plan import Plan

FOLDS = 5


def folds_of(targets_N: Whole, seed: int) -> Whole:
    """The fold of each image, stratified by class; UNSEEN for the only image of a class, which every head needs.

    There are FOLDS folds, and fewer if no class has so many images. A class with fewer images than folds is missing in
    some folds, but every head is trained with it: fewer folds would take images away from the other classes instead.
    """
    from sklearn.model_selection import StratifiedKFold

    fold_N = np.full(len(targets_N), UNSEEN, dtype=np.int64)
    counts = np.bincount(targets_N)
    several = np.flatnonzero(counts[targets_N] > 1)
    if not len(several):
        return fold_N
    splitter = StratifiedKFold(min(FOLDS, int(counts.max())), shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        for fold, (_, held_out) in enumerate(splitter.split(several, targets_N[several])):
            fold_N[several[held_out]] = fold
    return fold_N


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
