"""Execute a run: train, and write the results into its folder. It continues after the last epoch in the folder."""

import time
from collections.abc import Callable, Generator
from contextlib import nullcontext, suppress
from dataclasses import asdict, replace

import numpy as np

from tlcore.errors import CheckpointError
from tlcore.models.digest import state_digest
from tlcore.runs.folder.checkpoints import drop_optimizer, load_checkpoint, save_checkpoint, save_frozen
from tlcore.runs.folder.layout import SKIPPED_FILE, frozen_path
from tlcore.runs.folder.lock import only_writer
from tlcore.runs.folder.metrics_file import append_record, write_records
from tlcore.runs.folder.predictions import Predictions, key_images, predictions_key, save_predictions
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.status import State, tell_status, write_status
from tlcore.runs.folder.writing import write_json_in
from tlcore.system.failures import as_user_error, tell
from tlcore.training.checkpoint import Checkpoint, frozen_state
from tlcore.training.distributed import Processes
from tlcore.training.events import EpochDone, Event, ImagesSkipped, Progress
from tlcore.training.fit import fit
from tlcore.training.history import EpochRecord, best_epoch, epochs_without_gain, trained_here
from tlcore.training.plan import Plan

HEARTBEAT_S = 0.5


def execute(
    run: Run,
    plan: Plan,
    processes: Processes | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    next_phase: str = "",
    start: Checkpoint | None = None,
    *,
    held: bool = False,
) -> Generator[Event, None, None]:
    """Train until the run is finished or stopped, and yield every event after it is written.

    `start` is a checkpoint of another training, made by `training.foreign`, from which a run without epochs starts.
    `next_phase` is what this process does with the saved epochs afterwards, so that the status changes without a gap.
    `held`: the caller has the run's lock. With several processes only the main one writes. An error is recorded in the
    status and raised again. Raises RunBusy if another process trains this run.
    """
    processes = processes or Processes()
    if not processes.is_main:
        checkpoint, history = processes.broadcast(None)
        yield from fit(plan, processes, checkpoint, history, should_stop)
        return
    with nullcontext() if held else only_writer(run.path):
        checkpoint, history = _last_whole_epoch(run)
        checkpoint = start if checkpoint is None else checkpoint
        processes.broadcast((checkpoint, history))
        recorder = _Recorder(run, plan, history, should_stop)
        state: State = "stopped"
        phase, error = "", None
        try:
            write_status(run.path, "running", phase="prepare", epoch=recorder.last_epoch(), epochs=plan.config.epochs)
            for event in fit(plan, processes, checkpoint, history, should_stop):
                recorder.record(event)
                yield event
            state = "finished" if recorder.is_finished() else "stopped"
            phase = next_phase if run.epochs() else ""  # stopped before the first epoch: nothing to continue from
        except Exception as failure:
            known = as_user_error(failure)
            state, error = "failed", tell(failure, "run failed")
            if known is None or known is failure:
                raise
            raise known from failure
        finally:  # also on Ctrl-C, and when the reader of the events stops reading
            tell_status(
                run.path, state, phase=phase, epoch=recorder.last_epoch(), epochs=plan.config.epochs, error=error
            )


def _last_whole_epoch(run: Run) -> tuple[Checkpoint | None, list[EpochRecord]]:
    """The newest checkpoint that can be continued from, and the records up to it; (None, []) to start from scratch.

    Anything later in the folder is from an epoch that was not written completely, and is removed.
    """
    checkpoint = None
    for epoch in reversed(run.epochs()):
        candidate = _readable_checkpoint(run, epoch)
        if candidate is not None and candidate.can_continue:
            checkpoint = candidate
            break
    last = -1 if checkpoint is None else checkpoint.epoch
    imported = [record for record in run.history() if record.imported]
    records = {record.epoch: record for record in trained_here(run.history()) if record.epoch <= last}
    for epoch in run.epochs():
        if epoch <= last and epoch not in records:  # killed between writing the checkpoint and its line
            found = _readable_checkpoint(run, epoch)
            if found is not None and found.metrics is not None:
                records[epoch] = found.metrics
    history = [records[epoch] for epoch in sorted(records)]
    write_records(run.path, (*history, *imported))
    return checkpoint, history


def _readable_checkpoint(run: Run, epoch: int) -> Checkpoint | None:
    try:
        return load_checkpoint(run.checkpoints, epoch)
    except CheckpointError:  # a damaged epoch must not cost the others
        return None


class _Recorder:
    """Writes the events of `fit` into the run folder."""

    def __init__(self, run: Run, plan: Plan, history: list[EpochRecord], should_stop: Callable[[], bool]) -> None:
        self._run, self._plan, self._history = run, plan, list(history)
        self._should_stop = should_stop
        self._with_optimizer = set(run.epochs()) & {record.epoch for record in history}
        self._last_heartbeat = 0.0
        frozen = frozen_state(plan, plan.model)
        self._frozen_digest = state_digest(frozen)
        if frozen and not (history and frozen_path(run.checkpoints).exists()):
            save_frozen(run.checkpoints, frozen)
        self._val_images = key_images(plan.dataset, plan.dataset.split("val"))

    def record(self, event: Event) -> None:
        if isinstance(event, EpochDone):
            self._record_epoch(event)
        elif isinstance(event, ImagesSkipped):
            skipped = [asdict(image) for image in event.images]
            write_json_in(self._run.path, self._run.path / SKIPPED_FILE, skipped, durable=True)
        elif isinstance(event, Progress):
            self._heartbeat(event)

    def last_epoch(self) -> int:
        return self._history[-1].epoch if self._history else 0

    def is_finished(self) -> bool:
        """Whether nothing is left to train: all epochs are done, or early stopping ended the run."""
        if not self._history:
            return False
        patience = self._plan.config.early_stopping
        stopped_early = patience is not None and epochs_without_gain(self._history) >= patience
        return stopped_early or self.last_epoch() >= self._plan.config.epochs

    def _record_epoch(self, event: EpochDone) -> None:
        """Write the checkpoint, then its line, then what depends on both: a kill in between loses no whole epoch."""
        save_checkpoint(self._run.checkpoints, replace(event.checkpoint, frozen_digest=self._frozen_digest))
        append_record(self._run.path, event.record)
        self._history.append(event.record)
        self._with_optimizer.add(event.record.epoch)
        if self._plan.config.keep_optimizer_state == "last_and_best":
            keep = {event.record.epoch, best_epoch(self._history)}
            for epoch in self._with_optimizer - keep:
                with suppress(CheckpointError):  # it was damaged since then, and cannot be continued from anyway
                    drop_optimizer(self._run.checkpoints, epoch)
            self._with_optimizer &= keep
        self._save_val_logits(event)

    def _save_val_logits(self, event: EpochDone) -> None:
        """Store the val logits. Validation has computed them anyway, so evaluation need not do it again."""
        weights = self._frozen_digest + state_digest(event.checkpoint.model)
        key = predictions_key(weights, self._plan.config.eval_transform, self._val_images)
        predictions = Predictions(
            event.val_logits.numpy(),
            np.array([sample.target for sample in event.val_samples]),
            tuple(sample.id for sample in event.val_samples),
        )
        save_predictions(self._run.path, "val", event.record.epoch, predictions, key)

    def _heartbeat(self, event: Progress) -> None:
        now = time.monotonic()
        if now - self._last_heartbeat >= HEARTBEAT_S:
            self._last_heartbeat = now
            tell_status(
                self._run.path,
                "stopping" if self._should_stop() else "running",
                phase=event.phase,
                epoch=event.epoch,
                epochs=self._plan.config.epochs,
                done=event.done,
                total=event.total,
                images_per_s=event.images_per_s,
            )
