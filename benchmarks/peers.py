"""The same task with other libraries: fastai's `vision_learner` and `fine_tune`, and features with scikit-learn.

Both get the weights, the images, the evaluation view and the batch size of tlcore, and write nothing to the disk.
"""

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

BATCH_SIZE, WORKERS, SIZE_PX = 32, 2, 224
GENTLE_SCALE = 0.5  # least share of the area that a random crop keeps, as in our preset `gentle`


@dataclass(frozen=True)
class Network:
    """A backbone, with what its weights expect."""

    name: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resize_px: int
    interpolation: str


@dataclass(frozen=True)
class Result:
    seconds: float
    """From opening the data to the last validation; imports do not count."""
    accuracies: tuple[float, ...]
    """On val, by epoch."""


def fine_tune(network: Network, weights: str, data: str, epochs: int, seed: int) -> Result:
    """fastai: one epoch of the head, then all layers for the others, with the defaults of `fine_tune`."""
    from fastai.callback import schedule  # noqa: F401  # adds fine_tune to Learner
    from fastai.data.external import Path
    from fastai.data.transforms import Normalize
    from fastai.metrics import accuracy
    from fastai.torch_core import set_seed
    from fastai.vision.augment import Flip, RandomResizedCrop
    from fastai.vision.data import ImageDataLoaders
    from fastai.vision.learner import default_split, model_meta, vision_learner

    started = time.perf_counter()
    set_seed(seed, reproducible=True)
    loaders = ImageDataLoaders.from_folder(
        Path(data),
        train="train",
        valid="val",
        bs=BATCH_SIZE,
        num_workers=WORKERS,
        item_tfms=RandomResizedCrop(SIZE_PX, min_scale=GENTLE_SCALE),
        batch_tfms=[Flip(), Normalize.from_stats(network.mean, network.std)],
    )
    settings: dict[str, Any] = {"metrics": accuracy, "normalize": False}
    if network.name == "efficientnet_lite0":
        learner = vision_learner(loaders, "tf_efficientnet_lite0", pretrained=False, **settings)
        body = learner.model[0].model
        lacking = body.load_state_dict(_lite0_state(weights), strict=False).missing_keys
        if lacking:
            raise RuntimeError(f"The weights lack {', '.join(lacking)}.")
    else:

        def build(pretrained: bool) -> Any:
            return _load(network, weights)

        model_meta[build] = {"cut": -1, "split": default_split}  # the body is all but the last child
        learner = vision_learner(loaders, build, **settings)
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(epochs - 1)
    column = learner.recorder.metric_names.index("accuracy") - 1
    # the recorder begins anew with the second fit, so the epoch of the head alone is not in it
    return Result(time.perf_counter() - started, tuple(float(row[column]) for row in learner.recorder.values))


def logistic_regression(network: Network, weights: str, data: str, epochs: int, seed: int) -> Result:
    """The features of every image, once, and scikit-learn's logistic regression with its defaults on them."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from torch.utils.data import DataLoader
    from torchvision import datasets, transforms

    started = time.perf_counter()
    view = transforms.Compose(
        [
            transforms.Resize(network.resize_px, transforms.InterpolationMode(network.interpolation)),
            transforms.CenterCrop(SIZE_PX),
            transforms.ToTensor(),
            transforms.Normalize(network.mean, network.std),
        ]
    )
    model = _load(network, weights)
    model.classifier = nn.Identity()
    model.eval()
    found: dict[str, tuple[Any, Any]] = {}
    for split in ("train", "val"):
        loader = DataLoader(datasets.ImageFolder(f"{data}/{split}", view), BATCH_SIZE, num_workers=WORKERS)
        with torch.inference_mode():
            batches = [(model(images).numpy(), targets.numpy()) for images, targets in loader]
        features, targets = zip(*batches, strict=True)
        found[split] = np.concatenate(features), np.concatenate(targets)
    fitted = LogisticRegression(max_iter=1000, random_state=seed).fit(*found["train"])
    return Result(time.perf_counter() - started, (float(fitted.score(*found["val"])),))


def _load(network: Network, weights: str) -> Any:
    if network.name == "efficientnet_lite0":
        import timm

        model = timm.create_model("tf_efficientnet_lite0")
        model.load_state_dict(_lite0_state(weights))
        return model
    from torchvision import models

    model = models.get_model(network.name, weights=None)
    model.load_state_dict(torch.load(weights, weights_only=True))
    return model


def _lite0_state(weights: str) -> dict[str, torch.Tensor]:
    """The packaged weights under timm's names: both have the same tensors in the same order."""
    import timm

    values = torch.load(weights, weights_only=True).values()
    return dict(zip(timm.create_model("tf_efficientnet_lite0").state_dict(), values, strict=True))
