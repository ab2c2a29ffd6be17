"""Predict the classes of any images with a run's checkpoint or with a pretrained network."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
from PIL.Image import Image
from torch import Tensor, nn

from tlcore.data.pixels.sources import FileSource
from tlcore.data.pixels.tensors import to_tensor
from tlcore.evaluation.answers import Answer, Answers, Probabilities, answer_of, load_answers, probabilities
from tlcore.evaluation.familiar import Familiar, load_familiar
from tlcore.evaluation.shared_trunk import SharedTrunk, restore_shared
from tlcore.models.engines.choose import Runner
from tlcore.models.engines.part import Part
from tlcore.models.imagenet import build_classifier
from tlcore.models.split import Head, build_head
from tlcore.models.zoo import Architecture, architecture_of, find_architecture
from tlcore.runs.folder.run import Run, find_run
from tlcore.system.device import DeviceChoice, choose_device
from tlcore.system.paths import given_path
from tlcore.training.inputs.whole import as_rows
from tlcore.transforms.spec import TransformSpec


@dataclass(frozen=True, eq=False)
class Predictor:
    """A model in eval mode with its classes and the evaluation transform that belongs to it."""

    title: str
    """The model's origin in words, such as `run NAME, epoch 3`."""
    classes: tuple[str, ...]
    """Class names in the order of the logits. Names may occur twice."""
    transform: TransformSpec
    architecture: Architecture
    model: nn.Module
    choice: DeviceChoice
    epoch: int | None = None
    """The epoch of a run's checkpoint."""
    images: int = 1
    """How many images to expect: a faster engine is prepared if that pays."""
    answers: Answers = field(default_factory=lambda: Answers(epoch=0))
    """How logits become answers: the run's temperature and threshold, if it has them."""
    familiar: Familiar | None = None
    """The features of the run's training images, to say whether an image is far from all of them; if they are kept."""
    shared: SharedTrunk | None = None
    """What is below the head, if other runs have the same."""

    def predict(self, image: Path | str | Image) -> list[tuple[str, float]]:
        """Classes with their calibrated probabilities in 0-1, the most likely first, whether they reach the threshold
        or not. The image is a file, or a PIL image as it is.

        Raises UnreadableImage.
        """
        return list(self.answer(image).ranking)

    def answer(self, image: Path | str | Image) -> Answer:
        """The answer to a file or to a PIL image as it is: a class, or "not sure" below the run's threshold.

        Raises UnreadableImage.
        """
        return self.answer_many([self._decoded(image)])[0]

    def answer_many(self, images_CHW: Sequence[Tensor]) -> list[Answer]:
        """The answers to uint8 RGB images of any sizes, in one pass.

        An image is unpacked as the transform says: `source.load(sample_id, transform)`.
        """
        found_NC, distances_N = self.scores(images_CHW)
        return [
            answer_of(found_C, self.classes, self.answers, distance)
            for found_C, distance in zip(found_NC, distances_N, strict=True)
        ]

    def probabilities(self, image_CHW: Tensor) -> Tensor:
        """The calibrated probabilities for a uint8 RGB image: float32 of shape (classes,) on the CPU, in 0-1."""
        return torch.from_numpy(self.scores([image_CHW])[0][0]).float()

    def scores(self, images_CHW: Sequence[Tensor]) -> tuple[Probabilities, Sequence[float | None]]:
        """The calibrated probabilities (images, classes), and each image's distance to the nearest training image, as
        far as it is known."""
        logits_NC, distances_N = self._forward(images_CHW)
        return probabilities(logits_NC.numpy(), self.answers), distances_N

    def logits(self, images_CHW: Sequence[Tensor]) -> Tensor:
        """The logits of uint8 RGB images of any sizes: float32 of shape (images, classes) on the CPU."""
        return self._forward(images_CHW)[0]

    def _forward(self, images_CHW: Sequence[Tensor]) -> tuple[Tensor, Sequence[float | None]]:
        """The logits, and the distance of each image to the nearest training image, where those are known."""
        transform = self.transform.build()
        images_NCHW = torch.stack([transform(image_CHW) for image_CHW in images_CHW]).to(self.choice.device)
        features = self._trunk(images_NCHW.contiguous(memory_format=self.choice.memory_format))
        with torch.inference_mode(), self.choice.autocast():
            logits_NC = self._head(features).float().cpu()
        if self.familiar is None:
            return logits_NC, [None] * len(logits_NC)
        return logits_NC, self.familiar.distances(as_rows(features.cpu())).tolist()

    def _decoded(self, image: Path | str | Image) -> Tensor:
        if isinstance(image, Image):
            return to_tensor(image.convert("RGB"))
        path = given_path(str(image))
        return FileSource(path.parent).load(path.name, self.transform)

    @property
    def engine(self) -> str:
        """The engine that runs the network, in words, after the first image."""
        return self._trunk.words

    @cached_property
    def _trunk(self) -> Runner:
        """What is below the head."""
        if self.shared is not None and self.images == 1:
            return self.shared.runner
        return Runner(Part(self.model, self.architecture, "features"), self.choice, self.images)

    @cached_property
    def _head(self) -> Head:
        return build_head(self.model, self.architecture).eval()


def load_predictor(run: Run | str, epoch: int | None = None, device: str = "auto") -> Predictor:
    """The model of an epoch of a run or a run's name; without `epoch`, of the best epoch on val.

    Raises RunNotFound, CheckpointError, DeviceError, and RecordError if what is kept of its answers is damaged.
    """
    if isinstance(run, str):
        run = find_run(run)
    epoch = run.chosen_epoch(epoch)
    choice = choose_device(device, run.config.precision)
    answers = load_answers(run, epoch)
    model, shared = restore_shared(run, epoch, choice)
    return Predictor(
        title=f"run {run.name}, epoch {epoch}",
        classes=run.classes,
        transform=run.config.eval_transform,
        architecture=architecture_of(run.config),
        model=model,
        choice=choice,
        epoch=epoch,
        answers=answers,
        familiar=load_familiar(run, answers),
        shared=shared,
    )


def imagenet_predictor(
    backbone: str, weights: str | None = None, device: str = "auto", transform: TransformSpec | None = None
) -> Predictor:
    """A pretrained network with its original head, mostly for the 1,000 classes of ImageNet.

    `weights` is a name that the backbone has, or a file; None: the usual ones. The
    default `transform` is the one that belongs to them.
    Raises UnknownBackbone, WeightsError, DeviceError.
    """
    architecture = find_architecture(backbone)
    weights = weights or architecture.default_weights
    choice = choose_device(device)
    return Predictor(
        title=f"{backbone} with {'ImageNet weights' if weights == 'imagenet' else weights}",
        classes=architecture.classes(),
        transform=transform or architecture.eval_transform(weights),
        architecture=architecture,
        model=choice.place(build_classifier(backbone, weights)),
        choice=choice,
    )
