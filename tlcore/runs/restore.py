"""Back from a run folder to what it was made of: its dataset, its model, its plan."""

from torch import nn

from tlcore.data.catalog import fingerprint, open_dataset, restore_splits
from tlcore.data.dataset import Dataset
from tlcore.errors import DatasetChanged
from tlcore.models.build import rebuild_model
from tlcore.models.zoo import find_architecture
from tlcore.runs.folder.checkpoints import load_model_state
from tlcore.runs.folder.run import Run
from tlcore.training.plan import Plan, plan_run


def reopen_dataset(run: Run) -> tuple[Dataset, tuple[str, ...]]:
    """The run's dataset as it is now, split as it was then; and a sentence where the images are not the same.

    Raises DatasetChanged where the classes are not the same, and DataError where the data is gone.
    """
    dataset = restore_splits(open_dataset(run.config.data), run.samples_file).with_classes(run.classes)
    if dataset.classes != run.classes:
        raise DatasetChanged(
            f"Run {run.name} was trained on the classes {', '.join(run.classes)}, but {run.config.data.source} "
            f"now has {', '.join(dataset.classes)}. Restore the data, or train a new run."
        )
    if fingerprint(dataset) == run.info["dataset"]["fingerprint"]:
        return dataset, ()
    return dataset, (f"The images in {run.config.data.source} have changed since this run was trained.",)


def restore_model(run: Run, epoch: int) -> nn.Module:
    """The network as it was after an epoch, in eval mode, on the CPU. Needs neither data nor weights files.

    Raises CheckpointError.
    """
    state = load_model_state(run.checkpoints, epoch)
    model = run.config.model
    return rebuild_model(find_architecture(model.backbone), model.weights, len(run.classes), state).eval()


def restore_plan(run: Run, dataset: Dataset, epoch: int | None, device: str | None = None) -> Plan:
    """The plan of a run, with the model of an epoch; with freshly loaded weights where `epoch` is None."""
    return plan_run(run.config, dataset, None if epoch is None else restore_model(run, epoch), device)


def plan_to_resume(run: Run, device: str | None = None) -> Plan:
    """The plan to continue a run with. Raises DatasetChanged where that would not be the same training."""
    dataset, changed = reopen_dataset(run)
    if changed:
        raise DatasetChanged(f"{changed[0]} Continuing would mix two datasets: restore the images, or train a new run.")
    epochs = run.epochs()
    return restore_plan(run, dataset, epochs[0] if epochs else None, device)
