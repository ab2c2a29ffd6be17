"""Every saved epoch of a run on its report split: stored logits, computed where they are missing."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from torch import nn

from tlcore.data.dataset import LeftOut, Sample
from tlcore.errors import CheckpointError
from tlcore.evaluation.metrics import Accuracy, Logits, PairedTest, Targets, accuracy, mcnemar, mean_loss
from tlcore.models.split import build_head
from tlcore.runs.checkpoints import load_checkpoint, load_frozen
from tlcore.runs.folder import Run
from tlcore.runs.predictions import Predictions, key_images, load_predictions, predictions_key, save_predictions
from tlcore.runs.restore import reopen_dataset, restore_plan
from tlcore.training.batches import Batches
from tlcore.training.digest import state_digest
from tlcore.training.events import Progress
from tlcore.training.history import best_epoch
from tlcore.training.inference import predict_logits
from tlcore.training.inputs import decode_samples, feature_batches, features_of, image_batches, readable
from tlcore.training.plan import Plan, keeps_features
from tlcore.training.processes import Processes
from tlcore.training.progress import Meter


@dataclass(frozen=True)
class Evaluation:
    split: str
    """`test`, or `val` where there is no test split."""
    predictions: dict[int, Predictions]
    """By epoch, ascending; all on the same images."""
    best_by_val: int
    """The epoch to keep: chosen on val, without a look at the report split, unless they are the same."""
    left_out: tuple[LeftOut, ...]
    notices: tuple[str, ...]

    def accuracy(self, epoch: int) -> Accuracy:
        return accuracy(self.predictions[epoch].logits_NC, self.targets_N)

    def loss(self, epoch: int) -> float:
        return mean_loss(self.predictions[epoch].logits_NC, self.targets_N)

    def compare(self, first: int, second: int) -> PairedTest:
        """McNemar's test of two epochs."""
        return mcnemar(self.logits(first), self.logits(second), self.targets_N)

    def logits(self, epoch: int) -> Logits:
        return self.predictions[epoch].logits_NC

    @property
    def targets_N(self) -> Targets:  # noqa: N802
        return next(iter(self.predictions.values())).targets_N

    @property
    def best_on_report(self) -> int:
        """The epoch with the highest accuracy on the report split itself: an optimistic choice."""
        return max(self.predictions, key=lambda epoch: (self.accuracy(epoch).correct, -self.loss(epoch)))


def evaluate_run(run: Run, device: str = "auto") -> Generator[Progress, None, Evaluation]:
    """Logits of all checkpoints on the report split; only those that are not stored yet are computed.

    `device` is where: a run that was trained on a GPU can be evaluated without one.
    Raises CheckpointError where the run has no readable checkpoint, DatasetChanged where its classes are gone.
    """
    dataset, notices = reopen_dataset(run)
    samples = dataset.split(run.report_split)
    keys, damaged = _keys(run, key_images(dataset, samples))
    if not keys:
        raise CheckpointError(f"Run {run.name} has no checkpoint to evaluate yet. Start it with `resume {run.name}`.")
    stored = {epoch: load_predictions(run.path, run.report_split, epoch, key) for epoch, key in keys.items()}
    missing = [epoch for epoch, predictions in stored.items() if predictions is None]
    if missing:
        plan = restore_plan(run, dataset, missing[0], device)
        computed = yield from _predict(run, plan, samples, missing)
        for epoch, found in computed.items():
            save_predictions(run.path, run.report_split, epoch, found, keys[epoch])
        stored.update(computed)
    predictions = {epoch: logits for epoch, logits in stored.items() if logits is not None}
    evaluated = set(next(iter(predictions.values())).sample_ids)
    history = [record for record in run.history() if record.epoch in predictions]
    return Evaluation(
        split=run.report_split,
        predictions=predictions,
        best_by_val=best_epoch(history) if history else min(predictions),
        left_out=tuple(LeftOut(sample.id, "unreadable") for sample in samples if sample.id not in evaluated),
        notices=(*notices, *damaged),
    )


def _keys(run: Run, images: Sequence[tuple[str, str, int]]) -> tuple[dict[int, str], list[str]]:
    """What the logits of each epoch depend on, and a sentence for each checkpoint that cannot be read."""
    assert run.config.eval_transform is not None
    frozen = state_digest(load_frozen(run.checkpoints))
    keys, damaged = {}, []
    for epoch in run.epochs():
        try:
            weights = frozen + state_digest(load_checkpoint(run.checkpoints, epoch)["model"])
        except CheckpointError as error:
            damaged.append(f"Epoch {epoch} is left out: {error}")
        else:
            keys[epoch] = predictions_key(weights, run.config.eval_transform, images)
    return keys, damaged


def _predict(
    run: Run, plan: Plan, samples: Sequence[Sample], epochs: Sequence[int]
) -> Generator[Progress, None, dict[int, Predictions]]:
    """Logits of several epochs. Where they share a frozen trunk, the images go through it once."""
    if keeps_features(plan, len(samples)):
        features = yield from features_of(plan, samples, plan.config.eval_transform, 1, Processes())
        kept = tuple(samples[position] for position in features.positions)
        batches: Batches = feature_batches(plan, samples, features, batch_size=len(kept))
        network: nn.Module = build_head(plan.model, plan.architecture)
    else:
        decoded = yield from decode_samples(plan, samples)
        kept = readable(samples, decoded)
        batches = image_batches(plan, samples, plan.config.eval_transform, decoded, Processes())
        network = plan.model
    predictions = {}
    meter, done = Meter("predict", epochs[0], len(kept) * len(epochs)), 0
    for epoch in epochs:
        plan.model.load_state_dict(load_checkpoint(run.checkpoints, epoch)["model"], strict=False)
        predicting = predict_logits(network, batches, plan.choice, Processes())
        logits_NC = yield from meter.through(predicting, done)
        done += len(kept)
        predictions[epoch] = Predictions(
            logits_NC.numpy(), batches.targets.numpy(), tuple(sample.id for sample in kept)
        )
    return predictions
