"""Restore a run's dataset, model and plan from its folder."""

import os
from contextlib import suppress

from torch import Tensor, nn

from tlcore.config import NO_GROUPS, SIMILAR, DataConfig
from tlcore.data.catalog import fingerprint, open_dataset, restore_splits
from tlcore.data.dataset import Dataset
from tlcore.errors import CheckpointError, DatasetChanged, DatasetNotFound, ModelError
from tlcore.models.build import build_model, rebuild_model
from tlcore.models.digest import state_digest
from tlcore.models.groups import group_of, never_trained
from tlcore.models.zoo import architecture_of
from tlcore.runs.folder.checkpoints import load_checkpoint, load_frozen, save_frozen
from tlcore.runs.folder.layout import RUN_FILE, frozen_path
from tlcore.runs.folder.lock import only_writer
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.writing import write_json_in
from tlcore.training.checkpoint import Checkpoint
from tlcore.training.plan import Plan, plan_run


def reopen_dataset(run: Run) -> tuple[Dataset, tuple[str, ...]]:
    """The run's dataset as it is now, with the run's splits and edits; and a sentence if the images have changed.

    Later edits do not count, and the run keeps its own if those of the dataset are gone.

    Raises DatasetChanged if the classes have changed or the report split is gone, and DataError if the data is gone.
    """
    dataset = _open(run, run.config.data)
    if fingerprint(dataset) == run.info.dataset.fingerprint:
        return dataset, ()
    return dataset, (f"The images in {run.config.data.source} have changed since this run was trained.",)


def relocate(run: Run, source: str) -> Run:
    """Record the new place of a run's dataset, after checking that its images are the same; returns the updated run.

    Raises DatasetChanged if they are not, DataError if there is no dataset, RunBusy if a process writes the run.
    """
    data, config = run.config.data, run.config
    images = data.images if data.images is None or os.path.exists(data.images) else None
    moved = data.model_copy(update={"source": os.path.abspath(os.path.expanduser(source)), "images": images})
    dataset = _open(run, moved)
    if fingerprint(dataset) != run.info.dataset.fingerprint:
        raise DatasetChanged(
            f"{moved.source} does not hold the images that run {run.name} was trained on, in the same classes and "
            "splits. Give the folder that does."
        )
    with only_writer(run.path):
        info = run.info.model_copy(update={"config": config.model_copy(update={"data": moved})})
        write_json_in(run.path, run.path / RUN_FILE, info.model_dump(mode="json"), durable=True)
    return Run(run.path)


def _open(run: Run, data: DataConfig) -> Dataset:
    if data.groups == SIMILAR:  # the record has the splits: no need to look for similar images again
        data = data.model_copy(update={"groups": NO_GROUPS})
    try:
        dataset = restore_splits(open_dataset(data, edits=run.edits()), run.samples_file).with_classes(run.classes)
    except DatasetNotFound as error:
        raise DatasetNotFound(error, cli="If it was moved, say where it is now with --data FOLDER.") from None
    if dataset.classes != run.classes:
        raise DatasetChanged(
            f"Run {run.name} was trained on the classes {', '.join(run.classes)}, but {data.source} "
            f"now has {', '.join(dataset.classes)}. Restore the data, or train a new run."
        )
    if not dataset.split(run.report_split):
        raise DatasetChanged(
            f"Run {run.name} is evaluated on its {run.report_split} split, but {data.source} has none now. "
            "Restore that split."
        )
    return dataset


def load_whole_state(run: Run, epoch: int) -> dict[str, Tensor]:
    """The whole model's state_dict in an epoch, frozen part included, under the network's own names.

    Raises CheckpointError.
    """
    return whole_state(run, load_checkpoint(run.checkpoints, epoch))


def whole_state(run: Run, checkpoint: Checkpoint) -> dict[str, Tensor]:
    """The same of an epoch that is loaded. Raises CheckpointError."""
    return {**load_frozen_part(run, checkpoint.frozen_digest), **checkpoint.model}


def load_frozen_part(run: Run, digest: str = "") -> dict[str, Tensor]:
    """The weights that no epoch of the run changes. If their file is damaged or gone, it is restored from the weights.

    `digest` is the expected digest of restored values, if known. Raises CheckpointError if the weights are no longer
    available or have changed.
    """
    try:
        frozen, problem = load_frozen(run.checkpoints), ""
    except CheckpointError as error:
        frozen, problem = None, str(error)
    config = run.config
    architecture = architecture_of(config)
    never = never_trained(architecture, config.strategy)
    if frozen is not None or not never:
        return frozen or {}
    path = frozen_path(run.checkpoints)
    problem = problem or f"{path} is missing. It is part of every epoch of the run."
    try:
        model = build_model(architecture, config.model.weights, len(run.classes), config.seed)
    except ModelError as error:
        raise CheckpointError(f"{problem} It cannot be made anew, because its weights are not there: {error}") from None
    made = {name: value for name, value in model.state_dict().items() if group_of(architecture, name) in never}
    if digest and state_digest(made) != digest:
        raise CheckpointError(f"{problem} The weights {config.model.weights} are not those that it was made from.")
    with suppress(OSError):  # so that it need not be done again
        save_frozen(run.checkpoints, made)
    return made


def restore_model(run: Run, epoch: int) -> nn.Module:
    """The network after an epoch, in eval mode, on the CPU. Needs neither the data nor weights files.

    Raises CheckpointError.
    """
    return model_of(run, load_whole_state(run, epoch))


def model_of(run: Run, state: dict[str, Tensor]) -> nn.Module:
    """The run's network with these values, in eval mode, on the CPU. Raises WeightsError if they do not fit."""
    return rebuild_model(architecture_of(run.config), run.config.model.weights, len(run.classes), state).eval()


def restore_plan(run: Run, dataset: Dataset, epoch: int | None, device: str | None = None) -> Plan:
    """The plan of a run, with the model of an epoch; with newly loaded weights if `epoch` is None."""
    return plan_run(run.config, dataset, None if epoch is None else restore_model(run, epoch), device)


def plan_to_resume(run: Run, device: str | None = None) -> Plan:
    """The plan for continuing a run from its newest readable epoch.

    Raises DatasetChanged if it would not be the same training.
    """
    dataset, changed = reopen_dataset(run)
    if changed:
        raise DatasetChanged(f"{changed[0]} Continuing would mix two datasets: restore the images, or train a new run.")
    for epoch in reversed(run.epochs()):
        if epoch <= run.config.epochs:  # higher numbers are imported and may have another frozen part
            try:
                return restore_plan(run, dataset, epoch, device)
            except CheckpointError:  # all these epochs have the same frozen part; the rest is loaded later
                continue
    return restore_plan(run, dataset, None, device)
