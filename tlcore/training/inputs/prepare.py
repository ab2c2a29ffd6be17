"""Prepare the input of the epochs: stored features of the frozen part, or images; and list unreadable images."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn

from tlcore.data.dataset import Sample, Skipped
from tlcore.data.pixels.readable import DecodedImages, decode_all
from tlcore.errors import DatasetInvalid, UnreadableImage
from tlcore.models.split import build_head
from tlcore.training.distributed import Processes
from tlcore.training.events import Progress
from tlcore.training.inputs.batches import Batches, FeatureBatches, ImageBatches, ViewDataset, worker_count
from tlcore.training.inputs.features import FeatureRequest, Features, is_cached, load_or_compute
from tlcore.training.inputs.meter import Meter, as_part
from tlcore.training.plan import Plan, fits_cache, keeps_features, trunk_of
from tlcore.transforms.spec import TransformSpec

DECODED_BUDGET_BYTES = 384 * 2**20  # limit for decoded images kept in memory between epochs


@dataclass(frozen=True)
class EpochInputs:
    """The batches of an epoch."""

    train: Batches
    val: Batches
    are_features: bool = False
    """Whether they are stored features of the frozen part, for the head, and not images for the whole network."""
    is_mixed: bool = True
    """Whether MixUp and CutMix apply, if they are on."""


@dataclass(frozen=True)
class Inputs(EpochInputs):
    """The inputs of all epochs."""

    val_samples: tuple[Sample, ...] = ()
    """The readable samples of `val`, in the order of its batches."""
    skipped: tuple[Skipped, ...] = ()
    head_epochs: int = 0
    of_head: EpochInputs | None = None
    """Other inputs of epoch 0 and of the first `head_epochs`, which train the head alone."""

    def of(self, epoch: int) -> EpochInputs:
        return self.of_head if self.of_head is not None and epoch <= self.head_epochs else self


def prepare_inputs(plan: Plan, processes: Processes, after_epoch: int = 0) -> Generator[Progress, None, Inputs]:
    """Read every image once, or load its features from the cache, for the epochs after `after_epoch`.

    Raises DatasetInvalid if all training images of a class, or all images of a split, are unreadable.
    """
    inputs = yield from _features(plan, processes) if plan.uses_features else _images(plan, processes, after_epoch)
    counts = torch.bincount(inputs.train.targets, minlength=len(plan.dataset.classes)).tolist()
    for name, count in zip(plan.dataset.classes, counts, strict=True):
        if count == 0:
            raise DatasetInvalid(f"Not one training image of class {name!r} can be read. Replace its files.")
    if not inputs.val_samples:
        raise DatasetInvalid("Not one image of val can be read. Replace its files.")
    return inputs


def evaluation_inputs(
    plan: Plan, samples: Sequence[Sample]
) -> Generator[Progress, None, tuple[tuple[Sample, ...], Batches, nn.Module]]:
    """The readable ones of these samples, their batches in the evaluation view, and the network for them: only the head
    if the features of the frozen trunk can be stored."""
    transform = plan.config.eval_transform
    if keeps_features(plan, len(samples)):
        features = yield from features_of(plan, samples, transform, 1, Processes())
        kept = tuple(samples[position] for position in features.positions)
        head = build_head(plan.model, plan.architecture)
        return kept, feature_batches(plan, samples, features, batch_size=len(kept)), head
    decoded = yield from _decode(plan, [(sample, transform) for sample in samples])
    batches = image_batches(plan, samples, transform, decoded, Processes())
    return readable(samples, decoded), batches, plan.model


def features_of(
    plan: Plan, samples: Sequence[Sample], transform: TransformSpec, views: int, processes: Processes
) -> Generator[Progress, None, Features]:
    """Features of these samples from the plan's frozen trunk, from the cache if possible."""
    request = FeatureRequest(plan.dataset, samples, transform, views, plan.config.seed)
    features = yield from load_or_compute(request, trunk_of(plan), plan.config.workers, processes)
    return features


def features_at_hand(plan: Plan) -> bool:
    """Whether the cache has all features that the plan needs for training."""
    trunk = trunk_of(plan)
    wanted = (("train", plan.config.train_transform, plan.train_views), ("val", plan.config.eval_transform, 1))
    return all(
        is_cached(FeatureRequest(plan.dataset, plan.dataset.split(split), transform, views, plan.config.seed), trunk)
        for split, transform, views in wanted
    )


def feature_batches(plan: Plan, samples: Sequence[Sample], features: Features, batch_size: int) -> FeatureBatches:
    targets = torch.tensor([samples[position].target for position in features.positions])
    return FeatureBatches(features.values_VND, targets, plan.choice, batch_size, plan.config.seed, features.engine)


def _features(plan: Plan, processes: Processes) -> Generator[Progress, None, Inputs]:
    config, train_samples, val_samples = plan.config, plan.dataset.split("train"), plan.dataset.split("val")
    total = len(train_samples) + len(val_samples)
    of_train = features_of(plan, train_samples, config.train_transform, plan.train_views, processes)
    train = yield from as_part(of_train, 0, total)
    of_val = features_of(plan, val_samples, config.eval_transform, 1, processes)
    val = yield from as_part(of_val, len(train_samples), total)
    return Inputs(
        train=feature_batches(plan, train_samples, train, config.batch_size),
        val=feature_batches(plan, val_samples, val, batch_size=len(val_samples)),
        are_features=True,
        is_mixed=False,
        val_samples=tuple(val_samples[position] for position in val.positions),
        skipped=train.skipped + val.skipped,
    )


def _images(plan: Plan, processes: Processes, after_epoch: int) -> Generator[Progress, None, Inputs]:
    train, val = plan.dataset.split("train"), plan.dataset.split("val")
    training, evaluation = plan.config.train_transform, plan.config.eval_transform
    wanted = [(sample, training) for sample in train] + [(sample, evaluation) for sample in val]
    decoded = yield from _decode(plan, wanted)
    head_epochs = plan.config.strategy.head_epochs
    of_head = (yield from _of_head(plan, decoded, processes)) if after_epoch < head_epochs else None
    return Inputs(
        train=image_batches(plan, train, training, decoded, processes),
        val=image_batches(plan, val, evaluation, decoded, processes),
        val_samples=readable(val, decoded),
        skipped=decoded.skipped,
        head_epochs=head_epochs,
        of_head=of_head,
    )


def _of_head(plan: Plan, decoded: DecodedImages, processes: Processes) -> Generator[Progress, None, EpochInputs]:
    """Inputs of the epochs in which only the head learns: the evaluation view of each image, as features if the cache
    can store them.

    Raises UnreadableImage for an image that the transform cannot work on.
    """
    train, val = (readable(plan.dataset.split(split), decoded) for split in ("train", "val"))
    transform, total = plan.config.eval_transform, len(train) + len(val)
    if not fits_cache(plan, total):
        decoded = replace(decoded, images=None)  # those in memory were unpacked for another view
        images = [image_batches(plan, samples, transform, decoded, processes) for samples in (train, val)]
        return EpochInputs(train=images[0], val=images[1], is_mixed=False)
    first = yield from as_part(features_of(plan, train, transform, 1, processes), 0, total)
    second = yield from as_part(features_of(plan, val, transform, 1, processes), len(train), total)
    for image in (*first.skipped, *second.skipped):
        raise UnreadableImage(f"{image.id} could be read when the run started, and cannot be used now: {image.reason}")
    return EpochInputs(
        train=feature_batches(plan, train, first, plan.config.batch_size),
        val=feature_batches(plan, val, second, batch_size=len(val)),
        are_features=True,
        is_mixed=False,
    )


def _decode(plan: Plan, samples: Sequence[tuple[Sample, TransformSpec]]) -> Generator[Progress, None, DecodedImages]:
    """Decode every image once, for its transform, to find unreadable ones; the images stay in memory if they fit."""
    decoding = decode_all(samples, plan.dataset.source, DECODED_BUDGET_BYTES)
    decoded = yield from Meter("check", 0, len(samples)).through(decoding)
    return decoded


def readable(samples: Sequence[Sample], decoded: DecodedImages) -> tuple[Sample, ...]:
    unreadable = {image.id for image in decoded.skipped}
    return tuple(sample for sample in samples if sample.id not in unreadable)


def image_batches(
    plan: Plan,
    samples: Sequence[Sample],
    transform: TransformSpec,
    decoded: DecodedImages,
    processes: Processes,
) -> ImageBatches:
    """Batches of the readable ones of these samples."""
    kept = readable(samples, decoded)
    dataset = ViewDataset(kept, plan.dataset.source, transform, plan.config.seed, decoded.images)
    at_hand = decoded.images is not None
    workers = worker_count(plan.config.workers, plan.choice.device, len(kept), decoded=at_hand)
    return ImageBatches(dataset, plan.choice, plan.config.batch_size, workers, processes.rank, processes.count)
