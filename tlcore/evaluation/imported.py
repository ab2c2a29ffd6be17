"""Import weights from elsewhere as an epoch of a run: validated, evaluated and compared like the other epochs."""

import math
from collections.abc import Callable, Generator
from pathlib import Path

from tlcore.errors import ConfigError, WeightsError
from tlcore.models.build import model_of_file
from tlcore.models.digest import state_digest
from tlcore.models.file_transform import transform_in
from tlcore.models.saved_model import read_saved_model
from tlcore.models.zoo import architecture_of
from tlcore.runs.folder.checkpoints import save_checkpoint
from tlcore.runs.folder.lock import only_writer
from tlcore.runs.folder.metrics_file import write_records
from tlcore.runs.folder.predictions import Predictions, key_images, predictions_key, save_predictions
from tlcore.runs.folder.run import Run
from tlcore.runs.restore import load_frozen_part, reopen_dataset
from tlcore.training.checkpoint import Checkpoint, frozen_state, trained_state
from tlcore.training.distributed import Processes
from tlcore.training.events import Progress
from tlcore.training.history import EpochRecord
from tlcore.training.inputs.inference import logits_of, predict_logits
from tlcore.training.inputs.meter import Meter
from tlcore.training.inputs.prepare import evaluation_inputs
from tlcore.training.optimisation.losses import image_losses
from tlcore.training.plan import Plan, plan_run


def import_epoch(
    run: Run,
    path: Path,
    epoch: int | None = None,
    device: str = "auto",
    name: str | None = None,
    tell: Callable[[str], object] = lambda sentence: None,
) -> Generator[Progress, None, int]:
    """Add the weights in a file to a run, as an epoch after all planned epochs; returns its number.

    The file contains a state_dict, alone or as training scripts wrap it: the whole network with a head for the run's
    classes, in their order or with their names in the file. It is validated like any epoch; `evaluate_run` then also
    evaluates it on the report split. `name` is the file's name if `path` does not give it; `tell` gets sentences that
    the user should know about the file.
    Raises WeightsError for a file that cannot be read or does not fit, ConfigError for a number that is taken, RunBusy
    if the run is being trained, and what `reopen_dataset` raises.
    """
    settings, source = run.config.model, name or str(path)
    architecture = architecture_of(run.config)
    model, notices = model_of_file(architecture, settings.weights, run.classes, read_saved_model(path), source)
    for notice in notices:
        tell(notice)
    if (stated := transform_in(path)) is not None and stated != run.config.eval_transform:
        tell(
            f"{name or path.name} says that its images were prepared otherwise ({stated.source()}). The run's own view "
            "is used, as for all its epochs."
        )
    dataset, _ = reopen_dataset(run)
    plan = plan_run(run.config, dataset, model.eval(), device)
    with only_writer(run.path):
        number = _free_epoch(run, epoch)
        record, predictions = yield from _validate(plan, number, imported=name or path.name)
        checkpoint = _checkpoint(run, plan, record)
        save_checkpoint(run.checkpoints, checkpoint)
        weights = state_digest(load_frozen_part(run)) + state_digest(checkpoint.model)
        images = key_images(dataset, dataset.split("val"))
        key = predictions_key(weights, run.config.eval_transform, images)
        save_predictions(run.path, "val", number, predictions, key)
        write_records(run.path, (*run.history(), record))
    return number


def _validate(plan: Plan, number: int, imported: str) -> Generator[Progress, None, tuple[EpochRecord, Predictions]]:
    samples, batches, network = yield from evaluation_inputs(plan, plan.dataset.split("val"))
    run = logits_of(network, plan.architecture, batches, plan.choice, Processes())
    predicting = predict_logits(run, batches, Processes())
    logits_NC = yield from Meter("val", number, len(samples)).through(predicting)
    targets_N = batches.targets.cpu()
    val_loss = float(image_losses(logits_NC, targets_N).mean())
    if not math.isfinite(val_loss):
        raise WeightsError(f"With the weights in {imported} the validation loss is not a number: they cannot be used.")
    record = EpochRecord(
        epoch=number,
        train_loss=None,
        train_accuracy=None,
        val_loss=val_loss,
        val_accuracy=float((logits_NC.argmax(1) == targets_N).double().mean()),
        learning_rates={},
        seconds=0.0,
        images_per_s=0.0,
        engine=run.words,
        imported=imported,
    )
    ids = tuple(sample.id for sample in samples)
    return record, Predictions(logits_NC.numpy(), targets_N.numpy(), ids)


def _checkpoint(run: Run, plan: Plan, record: EpochRecord) -> Checkpoint:
    """Its checkpoint. It contains the frozen weights only if they differ from the run's; training cannot continue from
    it."""
    frozen = frozen_state(plan, plan.model)
    same_trunk = state_digest(frozen) == state_digest(load_frozen_part(run))
    model = trained_state(plan, plan.model) | ({} if same_trunk else frozen)
    return Checkpoint(epoch=record.epoch, model=model, metrics=record)


def _free_epoch(run: Run, asked: int | None) -> int:
    """An epoch number that is neither saved nor planned."""
    first = max([run.config.epochs, *run.epochs()]) + 1
    if asked is None:
        return first
    if asked <= run.config.epochs or asked in run.epochs():
        raise ConfigError(
            f"Epoch {asked} of run {run.name} is taken: it plans {run.config.epochs}, and has others imported. "
            f"The next that is free is {first}."
        )
    return asked
