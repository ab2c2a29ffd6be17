"""Measure what edits of a dataset were worth: train the head before and after them, and judge both on the same images.

Both heads have the same configuration, start and seed, on kept features of the same frozen backbone, so it takes as
long as training a head twice. A run with `data.edits` set to the version gives the same head.
"""

import copy
from collections import Counter
from collections.abc import Collection, Generator, Sequence

from torch import Tensor

from tlcore.config import RunConfig
from tlcore.data.dataset import Dataset, Sample
from tlcore.errors import ConfigError, NotComparable
from tlcore.evaluation.compare import compare_predictions
from tlcore.evaluation.metrics import is_right
from tlcore.evaluation.worth import Changes, Head, JudgedImage, Worth
from tlcore.models.split import build_head
from tlcore.runs.folder.predictions import Predictions
from tlcore.system.drive import drive
from tlcore.training.distributed import Processes
from tlcore.training.events import EpochDone, Progress
from tlcore.training.fit import fit
from tlcore.training.history import EpochRecord, best_epoch
from tlcore.training.inputs.inference import logits_of, predict_logits
from tlcore.training.inputs.prepare import evaluation_inputs
from tlcore.training.plan import Plan, plan_run
from tlcore.training.resolve import resolve

_State = dict[str, Tensor]


def measure_worth(config: RunConfig, before: Dataset, after: Dataset) -> Generator[Progress, None, Worth]:
    """Yields Progress; returns the Worth. `before` and `after` are two versions of one dataset.

    The images that judge are those of the report split of `after`, with its labels, without those that `before` has in
    another split. The data of the configuration counts for nothing. Seeds torch's global generator.
    Raises ConfigError if both versions are the same, or if the configuration keeps no features; NotComparable if no
    image is left to judge by; TrainingDiverged.
    """
    if before.samples == after.samples:
        raise ConfigError("There is nothing to measure: both versions of the dataset have the same images and labels.")
    resolved = resolve(config)
    plan = plan_run(resolved, after)
    if not plan.uses_features:
        reason = next((notice for notice in plan.notices if "feature" in notice), "This configuration trains more.")
        raise ConfigError(f"What edits were worth is measured by training a head on kept features. {reason}")
    split = after.report_split
    judges = judging_images(before, after)
    if not judges:
        raise NotComparable(f"Not one image is in {split} both before and after the edits: nothing can judge them.")
    head = build_head(plan.model, plan.architecture)
    start = copy.deepcopy(head.state_dict())
    trained = []
    for number, dataset in enumerate((before, after)):
        head.load_state_dict(start)
        trained.append((yield from _train(plan_run(resolved, dataset, plan.model), number)))
    kept, predicted = yield from _predict(plan, judges, [state for _, state in trained])
    heads = [
        Head(
            edits=dataset.edits_version,
            train_images=len(dataset.split("train")),
            epoch=epoch,
            correct=int(is_right(found.logits_NC, found.targets_N).sum()),
            total=kept,
        )
        for dataset, (epoch, _), found in zip((before, after), trained, predicted, strict=True)
    ]
    comparison = compare_predictions(predicted[0], predicted[1], after.classes, after.classes)
    return Worth(
        split=split,
        before=heads[0],
        after=heads[1],
        mended=_judged(comparison.fixed, after.classes, predicted),
        broken=_judged(comparison.broken, after.classes, predicted),
        p_value=comparison.test.p_value,
        learned=changes_between(before, after, ("train", "val")),
        judged=changes_between(before, after, (split,)),
        backbone=plan.architecture.name,
    )


def judging_images(before: Dataset, after: Dataset) -> tuple[Sample, ...]:
    """The report split of `after`, without images that `before` has in another split: those would flatter its head."""
    split = after.report_split
    was = {sample.id: sample.split for sample in before.samples}
    return tuple(sample for sample in after.split(split) if was.get(sample.id, split) == split)


def changes_between(before: Dataset, after: Dataset, splits: Collection[str]) -> Changes:
    """What is different, from one version of a dataset to another, in the images of these splits."""
    first, second = ({sample.id: sample for sample in dataset.samples} for dataset in (before, after))
    numbers: Counter[str] = Counter()
    for name in first.keys() | second.keys():
        old, new = first.get(name), second.get(name)
        if splits_of(old, new).isdisjoint(splits) or old == new:
            continue
        if old is None or new is None:
            numbers["added" if old is None else "left_out"] += 1
        else:
            numbers["relabelled" if old.split == new.split else "moved"] += 1
    return Changes(**numbers)


def splits_of(*samples: Sample | None) -> set[str]:
    return {sample.split for sample in samples if sample is not None}


def _train(plan: Plan, number: int) -> Generator[Progress, None, tuple[int, _State]]:
    """Train the head of the plan's model; returns the epoch that val chose, and what was trained, as it was then.
    Progress counts the epochs of both heads, of which this is the `number`th from 0."""
    records: list[EpochRecord] = []
    best: _State = {}
    epochs = plan.config.epochs
    for event in fit(plan):
        if isinstance(event, EpochDone):
            records.append(event.record)
            if best_epoch(records) == event.record.epoch:
                best = {name: value.detach().clone() for name, value in event.checkpoint.model.items()}
            yield Progress("train", event.record.epoch, number * epochs + event.record.epoch, 2 * epochs, 0.0)
        elif isinstance(event, Progress) and event.phase in ("convert", "features"):
            yield event
    return best_epoch(records), best


def _predict(
    plan: Plan, samples: Sequence[Sample], states: Sequence[_State]
) -> Generator[Progress, None, tuple[int, list[Predictions]]]:
    """The predictions of each head, and the number of images that can be read."""
    kept, batches, network = yield from evaluation_inputs(plan, samples)
    ids = tuple(sample.id for sample in kept)
    predictions = []
    for state in states:
        plan.model.load_state_dict(state, strict=False)
        logits = logits_of(network, plan.architecture, batches, plan.choice, Processes())
        logits_NC = drive(predict_logits(logits, batches, Processes()))
        predictions.append(Predictions(logits_NC.numpy(), batches.targets.numpy(), ids))
    return len(kept), predictions


def _judged(ids: Sequence[str], classes: Sequence[str], predictions: Sequence[Predictions]) -> tuple[JudgedImage, ...]:
    rows = {name: row for row, name in enumerate(predictions[0].sample_ids)}
    targets_N = predictions[0].targets_N
    predicted = [found.logits_NC.argmax(1) for found in predictions]
    return tuple(
        JudgedImage(
            id=name,
            label=classes[targets_N[rows[name]]],
            before=classes[predicted[0][rows[name]]],
            after=classes[predicted[1][rows[name]]],
        )
        for name in ids
    )
