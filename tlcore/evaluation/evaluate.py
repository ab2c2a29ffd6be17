"""Evaluate every saved epoch of a run on its report split: use stored logits, and compute missing ones."""

from collections.abc import Callable, Generator, Mapping, Sequence

from tlcore.data.dataset import Dataset, Sample
from tlcore.errors import CheckpointError
from tlcore.evaluation.result import Evaluation
from tlcore.evaluation.stored import Entry, Index, checkpoint_stamp, load_index, load_stored, save_index
from tlcore.evaluation.twins import note_twins
from tlcore.models.digest import state_digest
from tlcore.runs.folder.checkpoints import load_checkpoint
from tlcore.runs.folder.predictions import Predictions, key_images, load_predictions, predictions_key, save_predictions
from tlcore.runs.folder.run import Run, find_run
from tlcore.runs.restore import load_frozen_part, reopen_dataset, restore_plan
from tlcore.system.drive import drive
from tlcore.training.distributed import Processes
from tlcore.training.events import Progress
from tlcore.training.inputs.inference import logits_of, predict_logits
from tlcore.training.inputs.meter import Meter
from tlcore.training.inputs.prepare import evaluation_inputs
from tlcore.training.plan import Plan

__all__ = ["Evaluation", "evaluate", "evaluate_run"]


def evaluate(
    run: Run | str, *, device: str = "auto", on_progress: Callable[[Progress], object] | None = None
) -> Evaluation:
    """Evaluate every saved epoch of a run (or of a run's name) on its report split: `evaluate_run`, run to its end."""
    return drive(evaluate_run(find_run(run) if isinstance(run, str) else run, device), on_progress)


def evaluate_run(run: Run, device: str = "auto", split: str | None = None) -> Generator[Progress, None, Evaluation]:
    """Logits of all checkpoints on a split, by default the report split; only missing ones are computed.

    Those on val are usually there, because training has validated every epoch. `device` is where to compute: a run that
    was trained on a GPU can be evaluated without one. Each epoch is stored as soon as it is computed, so that a
    cancelled evaluation loses nothing.
    Raises CheckpointError if the run has no readable checkpoint, DatasetChanged if its classes are gone.
    """
    dataset, notices = reopen_dataset(run)
    split = split or run.report_split
    if not notices and split == run.report_split:
        note_twins(run, dataset)
    samples = dataset.split(split)
    entries = _entries(run, split, key_images(dataset, samples))
    keys = {epoch: entry.key for epoch, entry in entries.items() if not entry.error}
    if not keys:
        if entries:
            raise CheckpointError(next(iter(entries.values())).error)
        raise CheckpointError(
            f"Run {run.name} has no epoch to evaluate yet.", cli=f"Start it with `resume {run.name}`."
        )
    stored = {epoch: load_predictions(run.path, split, epoch, key) for epoch, key in keys.items()}
    missing = [epoch for epoch, predictions in stored.items() if predictions is None]
    for epochs in _sharing_a_trunk(run, missing):
        plan = restore_plan(run, dataset, epochs[0], device)
        computed, engine = yield from _predict(run, split, plan, samples, {epoch: keys[epoch] for epoch in epochs})
        stored.update(computed)
        entries.update({epoch: entries[epoch].model_copy(update={"engine": engine}) for epoch in epochs})
    _save_index(run, split, samples, entries, stored, notices)
    if split != "val":
        _index_val(run, dataset, notices)
    evaluation = load_stored(run, split).evaluation
    if evaluation is None:
        raise CheckpointError(f"The checkpoints of run {run.name} changed while it was evaluated. Evaluate it again.")
    return evaluation


def _save_index(
    run: Run,
    split: str,
    samples: Sequence[Sample],
    entries: dict[int, Entry],
    stored: Mapping[int, Predictions | None],
    notices: tuple[str, ...],
) -> None:
    evaluated = set(next(found for found in stored.values() if found is not None).sample_ids)
    skipped = tuple((sample.id, "unreadable") for sample in samples if sample.id not in evaluated)
    save_index(run, split, Index(epochs=entries, skipped=skipped, notices=notices))


def _index_val(run: Run, dataset: Dataset, notices: tuple[str, ...]) -> None:
    """Make the logits on val that training has stored readable for `load_stored`, too. None are computed."""
    samples = dataset.split("val")
    entries = _entries(run, "val", key_images(dataset, samples))
    stored = {epoch: load_predictions(run.path, "val", epoch, entry.key) for epoch, entry in entries.items()}
    if any(found is not None for found in stored.values()):
        _save_index(run, "val", samples, entries, stored, notices)


def _entries(run: Run, split: str, images: Sequence[tuple[str, str, int]]) -> dict[int, Entry]:
    """The index entry of each epoch: what its logits depend on. An unchanged checkpoint file is not read again."""
    known = {**load_index(run).epochs, **load_index(run, split).epochs}  # the digest of the weights is the same in both
    frozen: str | None = None
    entries = {}
    for epoch in run.epochs():
        stamp = checkpoint_stamp(run, epoch)
        entry = known.get(epoch)
        if entry is None or entry.stamp != stamp or entry.error:
            try:
                checkpoint = load_checkpoint(run.checkpoints, epoch)
                if frozen is None:
                    frozen = state_digest(load_frozen_part(run, checkpoint.frozen_digest))
                    stamp = checkpoint_stamp(run, epoch)  # a lost file may have been restored
                weights = frozen + state_digest(checkpoint.model)
            except CheckpointError as error:
                entries[epoch] = Entry(stamp=stamp, error=str(error))
                continue
        else:
            weights = entry.weights
        key = predictions_key(weights, run.config.eval_transform, images)
        engine = "" if entry is None or entry.key != key else entry.engine
        entries[epoch] = Entry(stamp=stamp, weights=weights, key=key, engine=engine)
    return entries


def _sharing_a_trunk(run: Run, epochs: Sequence[int]) -> list[list[int]]:
    """Groups of epochs that share the same frozen weights: an imported epoch may have its own."""
    imported = {record.epoch for record in run.history() if record.imported}
    own = [[epoch] for epoch in epochs if epoch in imported]
    shared = [epoch for epoch in epochs if epoch not in imported]
    return [shared, *own] if shared else own


def _predict(
    run: Run, split: str, plan: Plan, samples: Sequence[Sample], keys: Mapping[int, str]
) -> Generator[Progress, None, tuple[dict[int, Predictions], str]]:
    """Logits of several epochs, by key, and the engine in words. Epochs that share a frozen trunk share its forward
    pass."""
    kept, batches, network = yield from evaluation_inputs(plan, samples)
    predictions, engine = {}, ""
    meter, done = Meter("predict", min(keys), len(kept) * len(keys)), 0
    for epoch, key in keys.items():
        plan.model.load_state_dict(load_checkpoint(run.checkpoints, epoch).model, strict=False)
        logits = logits_of(network, plan.architecture, batches, plan.choice, Processes())
        predicting = predict_logits(logits, batches, Processes())
        logits_NC = yield from meter.through(predicting, done)
        done += len(kept)
        predictions[epoch] = Predictions(
            logits_NC.numpy(), batches.targets.numpy(), tuple(sample.id for sample in kept)
        )
        engine = logits.words
        save_predictions(run.path, split, epoch, predictions[epoch], key)
    return predictions, engine
