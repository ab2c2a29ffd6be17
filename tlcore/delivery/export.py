"""Export a run: the weights of an epoch, code that uses them without this project, and its tables.

Every export is made in memory, as bytes; the caller writes it to a file or sends it to a browser.
"""

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from tlcore.data.formats.cells import escape_table
from tlcore.delivery.certified import Build, Exported, certified
from tlcore.delivery.inference_script import inference_script
from tlcore.errors import CheckpointError, ConfigError, suggestion
from tlcore.evaluation.answers import load_answers
from tlcore.evaluation.stored import load_stored
from tlcore.evaluation.tables import epochs_table, predictions_table
from tlcore.models.zoo import architecture_of, why_gone
from tlcore.runs.folder.run import Run
from tlcore.system.drive import drive
from tlcore.training.history import best_epoch, trained_here

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

    from tlcore.training.events import Progress

Work = Callable[[Run, int, str], "Generator[Progress, None, Exported]"]
"""Makes a file with its certificate for a run, an epoch and a file name, with progress."""


@dataclass(frozen=True)
class Format:
    label: str
    """Text on the button."""
    words: str
    """The content of the file: the beginning of a sentence, without its full stop."""
    suffix: str
    """End of the file's name."""
    build: Callable[[Run, int], bytes]
    """Makes the file for a run and an epoch. Raises CheckpointError if the epoch does not exist."""
    needs_torch: bool = False
    """Whether `build` imports torch, which pages avoid."""
    work: Work | None = None
    """Makes files that take long, which `build` makes without a word. None: `build` is quick."""
    unavailable: Callable[[Run, int], str] = lambda run, epoch: ""
    """Why this file cannot be made for a run and an epoch, in a sentence; empty if it can."""


def find_format(name: str) -> Format:
    """The entry of that name. Raises ConfigError."""
    try:
        return FORMATS[name]
    except KeyError:
        raise ConfigError(f"No format named {name!r}. {suggestion(name, FORMATS)}") from None


def find_variant(format_name: str, *, preprocessing: bool = False, int8: bool = False) -> str:
    """The name of a format in the variant that is asked for. Raises ConfigError if there is none."""
    find_format(format_name)
    name = f"{format_name}{'-int8' if int8 else ''}{'-images' if preprocessing else ''}"
    if name not in FORMATS:
        asked = " and ".join(["int8"] * int8 + ["preprocessing"] * preprocessing)
        raise ConfigError(f"{format_name} cannot be exported with {asked}: only onnx can.")
    return name


def file_name(run: Run, epoch: int, format_name: str) -> str:
    return _named(run, epoch, find_format(format_name).suffix)


def _named(run: Run, epoch: int, suffix: str) -> str:
    return f"{run.name}-epoch-{epoch:03d}{suffix}"


def keeps_optimizer(run: Run, epoch: int) -> bool:
    """Whether the checkpoint of this epoch has the optimiser's state, by the same rule that the training uses."""
    trained = trained_here(run.history())
    if epoch not in {record.epoch for record in trained}:
        return False
    return run.config.keep_optimizer_state == "all" or epoch in (trained[-1].epoch, best_epoch(trained))


def export_certified(run: Run, epoch: int, format_name: str) -> "Generator[Progress, None, Exported]":
    """Any export, with its progress. A file that answers has been compared with the run, and has its certificate.

    Raises ConfigError for an unknown format, ExportRefused with the reason if the file cannot be made or does not
    answer as the run does, CheckpointError, DataError.
    """
    entry, name = find_format(format_name), file_name(run, epoch, format_name)
    if entry.work is not None:
        return (yield from entry.work(run, epoch, name))
    return Exported(entry.build(run, epoch), name)


def _model(label: str, words: str, suffix: str, build: Build) -> Format:
    """The entry of a file that answers, and gets a certificate."""
    return _certified(label, words, suffix, lambda run, epoch, name: certified(build, run, epoch, name))


def _certified(label: str, words: str, suffix: str, work: Work) -> Format:
    """The entry of a file that `work` makes with its certificate."""
    return Format(
        label=label,
        words=words,
        suffix=suffix,
        build=lambda run, epoch: drive(work(run, epoch, _named(run, epoch, suffix))).content,
        needs_torch=True,
        work=work,
        unavailable=_gone,
    )


def _onnx(*, preprocessing: bool = False, int8: bool = False) -> Build:
    def build(run: Run, epoch: int) -> "Generator[Progress, None, bytes]":
        from tlcore.delivery.onnx_file import onnx_steps

        return onnx_steps(run, epoch, preprocessing=preprocessing, int8=int8)

    return build


def _pt2(run: Run, epoch: int) -> "Generator[Progress, None, bytes]":
    from tlcore.delivery.pt2_file import pt2_steps

    return pt2_steps(run, epoch)


def _bundle(run: Run, epoch: int, name: str) -> "Generator[Progress, None, Exported]":
    from tlcore.delivery.bundle import bundle

    return bundle(run, epoch, name)


def state_dict_file(run: Run, epoch: int) -> bytes:
    """A plain state_dict, frozen part included, under the network's own names: `torch.load(…, weights_only=True)`."""
    import torch

    file = BytesIO()
    torch.save(_state_dict(run, epoch), file)
    return file.getvalue()


def training_checkpoint_file(run: Run, epoch: int) -> bytes:
    """A dictionary of `epoch`, `model_state_dict`, `optimizer_state_dict` and `loss`, as many training scripts save it.

    `torch.load(file, weights_only=True)`. `train --continue-from` continues from it, and so can a user's own script,
    because the parameter groups name their parameters. The loss is the epoch's training loss; for an epoch that was
    not trained here, the validation loss. Raises CheckpointError if the epoch has no optimiser state.
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
    architecture = architecture_of(config)
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
    """The same values as safetensors, with backbone, classes, evaluation transform and how it answers as metadata."""
    from safetensors.torch import save

    config, answers = run.config, load_answers(run, epoch)
    metadata = {
        "format": "pt",
        "backbone": config.model.backbone,
        "classes": json.dumps(list(run.classes), ensure_ascii=False),
        "transform": config.eval_transform.model_dump_json(),
        "temperature": repr(answers.temperature),
        "threshold": repr(answers.threshold),
    }
    return save(_state_dict(run, epoch), metadata)


def inference_file(run: Run, epoch: int) -> bytes:
    """A Python script that classifies images with the epoch's `pth` file, without this project if possible."""
    return inference_script(run, file_name(run, epoch, "pth"), load_answers(run, epoch)).encode()


def predictions_file(run: Run, epoch: int) -> bytes:
    """CSV with a row per image of the report split, probabilities of all classes included.

    Without a test split these are the val images, whose logits were stored during training.
    """
    evaluation = load_stored(run).evaluation
    if run.report_split == "val" and (evaluation is None or epoch not in evaluation.predictions):
        from tlcore.evaluation.evaluate import evaluate

        evaluation = evaluate(run)
    if evaluation is None or epoch not in evaluation.predictions:
        raise CheckpointError(
            f"Epoch {epoch} of run {run.name} is not evaluated yet. Do it with `evaluate {run.name}`."
        )
    return _csv(predictions_table(evaluation.predictions[epoch], run.classes, probabilities=True))


def epochs_file(run: Run, epoch: int) -> bytes:
    """CSV with a row per epoch; it is the same for every epoch."""
    return _csv(epochs_table(run, load_stored(run).evaluation))


def report_file(run: Run, epoch: int) -> bytes:
    """The report as one HTML file that needs no network."""
    from tlcore.delivery.report import report_page

    return report_page(run, epoch).encode()


def card_file(run: Run, epoch: int) -> bytes:
    """The model card: Markdown with the head that the Hugging Face Hub reads."""
    from tlcore.delivery.card import model_card

    return model_card(run, epoch).encode()


def _gone(run: Run, epoch: int) -> str:
    return why_gone(run.config.model.backbone)


def _dropped(run: Run, epoch: int) -> str:
    kept = keeps_optimizer(run, epoch)
    return _gone(run, epoch) or ("" if kept else "Kept of the last and the best epoch only.")


FORMATS: dict[str, Format] = {
    "pth": Format(
        label="PyTorch weights",
        words="A plain state_dict, under the names of torchvision or timm",
        suffix=".pth",
        build=state_dict_file,
        needs_torch=True,
        unavailable=_gone,
    ),
    "safetensors": Format(
        label="safetensors",
        words="The same values, with classes and transform",
        suffix=".safetensors",
        build=safetensors_file,
        needs_torch=True,
        unavailable=_gone,
    ),
    "checkpoint": Format(
        label="Training checkpoint",
        words="With the optimiser's state, to go on from",
        suffix="-checkpoint.pt",
        build=training_checkpoint_file,
        needs_torch=True,
        unavailable=_dropped,
    ),
    "python": Format(
        label="Inference code",
        words="Python that uses the PyTorch weights beside it",
        suffix=".py",
        build=inference_file,
        unavailable=_gone,
    ),
    "onnx": _model(
        "ONNX",
        "For ONNX Runtime: normalised images in, calibrated probabilities out",
        ".onnx",
        _onnx(),
    ),
    "onnx-images": _model(
        "ONNX for images",
        "For ONNX Runtime: RGB images of any size in; resize, crop and normalisation inside",
        "-images.onnx",
        _onnx(preprocessing=True),
    ),
    "onnx-int8": _model(
        "ONNX, int8",
        "A quarter of the size, a little less exact: normalised images in",
        "-int8.onnx",
        _onnx(int8=True),
    ),
    "onnx-int8-images": _model(
        "ONNX for images, int8",
        "A quarter of the size, a little less exact: RGB images of any size in",
        "-int8-images.onnx",
        _onnx(preprocessing=True, int8=True),
    ),
    "pt2": _model(
        "torch.export",
        "For PyTorch, without the code of the network: normalised images in",
        ".pt2",
        _pt2,
    ),
    "bundle": _certified(
        "Bundle",
        "A zip with a program that needs no torch: ONNX Runtime, Pillow and numpy",
        "-bundle.zip",
        _bundle,
    ),
    "report": Format(
        label="Report, HTML",
        words="All about it in one file, to hand over or print, with images of the dataset",
        suffix="-report.html",
        build=report_file,
        needs_torch=True,
    ),
    "card": Format(
        label="Model card",
        words="The same as Markdown, as the Hugging Face Hub has it, without images",
        suffix="-card.md",
        build=card_file,
        needs_torch=True,
    ),
    "predictions": Format(
        label="Predictions, CSV",
        words="Each image of the test split, or of val where there is none, with all probabilities",
        suffix="-predictions.csv",
        build=predictions_file,
    ),
    "epochs": Format(
        label="Epochs, CSV",
        words="Losses, accuracies and intervals of all epochs",
        suffix="-epochs.csv",
        build=epochs_file,
    ),
}
"""A new format is a new entry: the command line and the page's buttons are made from these."""


def _state_dict(run: Run, epoch: int) -> "dict[str, Tensor]":
    """The tensors in contiguous memory order, whatever order training used: safetensors supports no other."""
    from tlcore.runs.restore import load_whole_state

    return {name: value.contiguous() for name, value in load_whole_state(run, epoch).items()}


def _csv(table: "pd.DataFrame") -> bytes:
    """For people who open it in a spreadsheet: no cell is a formula."""
    return escape_table(table).to_csv(index=False, lineterminator="\n").encode()
