"""What a run gives away: weights of an epoch, code that uses them without this project, its tables.

Everything is made in memory, as bytes: who asked writes a file, or sends it to a browser.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from tlcore.errors import CheckpointError, ConfigError, suggestion
from tlcore.evaluation.stored import load_stored
from tlcore.evaluation.tables import epochs_table, predictions_table
from tlcore.models.zoo import find_architecture
from tlcore.runs.folder.run import Run
from tlcore.training.history import best_epoch, trained_here

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor


@dataclass(frozen=True)
class Format:
    suffix: str
    """End of the file's name."""
    summary: str
    build: Callable[[Run, int], bytes]
    """The file of a run and an epoch. Raises CheckpointError where the epoch is not there."""


def find_format(name: str) -> Format:
    """The entry of that name. Raises ConfigError."""
    try:
        return FORMATS[name]
    except KeyError:
        raise ConfigError(f"No format named {name!r}. {suggestion(name, FORMATS)}") from None


def file_name(run: Run, epoch: int, format_name: str) -> str:
    return f"{run.name}-epoch-{epoch:03d}{find_format(format_name).suffix}"


def chosen_epoch(run: Run) -> int:
    """The best epoch on val. Raises CheckpointError where there is none yet."""
    history = run.history()
    if not history:
        raise CheckpointError(f"Run {run.name} has no epoch yet.", cli=f"Start it with `resume {run.name}`.")
    return best_epoch(history)


def keeps_optimizer(run: Run, epoch: int) -> bool:
    """Whether the checkpoint of that epoch has the optimiser's state, by the rule that the training keeps it by."""
    trained = trained_here(run.history())
    if epoch not in {record.epoch for record in trained}:
        return False
    return run.config.keep_optimizer_state == "all" or epoch in (trained[-1].epoch, best_epoch(trained))


def state_dict_file(run: Run, epoch: int) -> bytes:
    """A plain state_dict, frozen part included, under torchvision's names: `torch.load(file, weights_only=True)`."""
    import torch

    file = BytesIO()
    torch.save(_state_dict(run, epoch), file)
    return file.getvalue()


def training_checkpoint_file(run: Run, epoch: int) -> bytes:
    """A dictionary of `epoch`, `model_state_dict`, `optimizer_state_dict` and `loss`, as many training scripts save it.

    `torch.load(file, weights_only=True)`. `train --continue-from` goes on from it, and so does a script of one's own:
    the parameter groups name their parameters. The loss is that of the epoch's training; of an epoch that was not
    trained here, that of the validation. Raises CheckpointError where the epoch keeps no optimiser state.
    """
    import torch

    from tlcore.models.groups import layer_groups, never_trained
    from tlcore.runs.folder.checkpoints import load_checkpoint
    from tlcore.training.optimisation.optimizer_state import exchangeable

    checkpoint, config = load_checkpoint(run.checkpoints, epoch), run.config
    if checkpoint.optimizer is None:
        raise CheckpointError(
            f"Epoch {epoch} of run {run.name} keeps no optimiser state, as only the last and the best do unless "
            "`keep_optimizer_state` is `all`. Choose one of these, or export the weights alone."
        )
    architecture = find_architecture(config.model.backbone)
    model = architecture.outline(len(run.classes), pretrained=config.model.weights != "none")
    frozen = never_trained(architecture, config.strategy)
    groups = [group.parameters for group in layer_groups(model, architecture) if group.name not in frozen]
    metrics = checkpoint.metrics
    loss = None if metrics is None else metrics.val_loss if metrics.train_loss is None else metrics.train_loss
    file = BytesIO()
    content = {
        "epoch": epoch,
        "model_state_dict": _state_dict(run, epoch),
        "optimizer_state_dict": exchangeable(
            checkpoint.optimizer, groups, [name for name, _ in model.named_parameters()]
        ),
        "loss": loss,
    }
    torch.save(content, file)
    return file.getvalue()


def safetensors_file(run: Run, epoch: int) -> bytes:
    """The same values as safetensors, with backbone, classes and evaluation transform as its metadata."""
    from safetensors.torch import save

    config = run.config
    metadata = {
        "format": "pt",
        "backbone": config.model.backbone,
        "classes": json.dumps(list(run.classes), ensure_ascii=False),
        "transform": config.eval_transform.model_dump_json(),
    }
    return save(_state_dict(run, epoch), metadata)


def inference_file(run: Run, epoch: int) -> bytes:
    """Python that names the class of an image with the `pth` file of that epoch; if possible without this project."""
    transform = run.config.eval_transform
    return _SNIPPET.format(
        model_import=_model_import(run),
        transform=transform.source().removeprefix("import torch\n"),
        classes=_listed(run.classes),
        weights=file_name(run, epoch, "pth"),
        model=_model_call(run),
    ).encode()


def predictions_file(run: Run, epoch: int) -> bytes:
    """CSV with a row per image of the report split, probabilities of all classes included."""
    evaluation = load_stored(run).evaluation
    if evaluation is None or epoch not in evaluation.predictions:
        raise CheckpointError(
            f"Epoch {epoch} of run {run.name} is not evaluated yet. Do it with `evaluate {run.name}`."
        )
    return _csv(predictions_table(evaluation.predictions[epoch], run.classes, probabilities=True))


def epochs_file(run: Run, epoch: int) -> bytes:
    """CSV with a row per epoch, whichever epoch is asked for."""
    return _csv(epochs_table(run, load_stored(run).evaluation))


FORMATS: dict[str, Format] = {
    "pth": Format(".pth", "weights as a plain torchvision state_dict", state_dict_file),
    "safetensors": Format(".safetensors", "the same weights as safetensors", safetensors_file),
    "checkpoint": Format(
        "-checkpoint.pt", "weights, optimiser state, epoch and loss, to go on training from", training_checkpoint_file
    ),
    "python": Format(".py", "Python that predicts with the pth file beside it", inference_file),
    "predictions": Format("-predictions.csv", "what the epoch says about each test image", predictions_file),
    "epochs": Format("-epochs.csv", "losses and accuracies of every epoch", epochs_file),
}

_SNIPPET = '''\
"""Names the most likely classes of an image. Paste it anywhere, with the weights in the current folder."""

import torch
from PIL import Image, ImageOps
{model_import}{transform}
WEIGHTS = {weights!r}
CLASSES = [
{classes}]

model = {model}
model.load_state_dict(torch.load(WEIGHTS, map_location="cpu", weights_only=True))
model.eval()


def predict(path):
    """Classes with their probabilities, the most likely first."""
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    with torch.inference_mode():
        probabilities = model(transform(image)[None]).softmax(1)[0].tolist()
    return sorted(zip(CLASSES, probabilities), key=lambda pair: -pair[1])


print(predict("photo.jpg")[:3])  # an image of yours
'''


def _state_dict(run: Run, epoch: int) -> "dict[str, Tensor]":
    """In plain memory order, whatever order the training had them in: safetensors knows no other."""
    from tlcore.runs.restore import load_whole_state

    return {name: value.contiguous() for name, value in load_whole_state(run, epoch).items()}


def _model_import(run: Run) -> str:
    if find_architecture(run.config.model.backbone).builder is None:
        return "from torchvision.models import get_model\n"
    return "from tlcore.models.zoo import find_architecture  # this network is not in torchvision\n"


def _model_call(run: Run) -> str:
    """The expression that builds the network that the weights belong to."""
    config = run.config.model
    architecture = find_architecture(config.backbone)
    if architecture.builder is not None:
        return f"find_architecture({config.backbone!r}).builder(num_classes={len(run.classes)})"
    arguments = dict(architecture.arguments)
    if config.weights != "none":
        arguments |= architecture.pretrained_arguments
    listed = "".join(f", {name}={value!r}" for name, value in {**arguments, "num_classes": len(run.classes)}.items())
    return f"get_model({config.backbone!r}, weights=None{listed})"


def _listed(classes: tuple[str, ...]) -> str:
    return "".join(f"    {name!r},\n" for name in classes)


def _csv(table: "pd.DataFrame") -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode()
