"""A run's progress, from its status: in words, as a fraction, and as remaining seconds."""

import time
from collections.abc import Sequence

from tlcore.runs.folder.status import Status
from tlcore.training.history import EpochRecord, trained_here
from tlcore.words import PHASES, STATES, seconds

SILENT_S = 120.0
"""A process without a sign of life for longer may hang. A download of weights gives no sign of life."""
RECENT_EPOCHS = 5  # epochs over which the time per epoch is averaged


def describe(status: Status) -> str:
    """One line: the current activity and its progress."""
    if status.state == "queued" and not status.submitted:
        return "not started"
    if status.state not in ("running", "stopping"):
        return f"{STATES[status.state]}, {_phase(status)}" if status.phase else STATES[status.state]
    words = _phase(status)
    if status.phase in ("train", "val") and status.epochs:
        where = f"epoch {status.epoch} of {status.epochs}" if status.epoch else "untrained head"
        words = f"{where}, {words}"
    if status.state == "stopping":
        words = f"{words}; {STATES['stopping']}"
    silent = silence_s(status)
    return words if silent is None else f"{words}; no sign of life for {seconds(silent)}"


def silence_s(status: Status, now: float | None = None) -> float | None:
    """Seconds since the last sign of life of an active process; None if that is not long ago.

    `now` is in seconds since 1970, by default the current time. A process that waits in the queue gives no sign.
    """
    if not status.is_live or status.state == "queued" or not status.heartbeat:
        return None
    silent = (time.time() if now is None else now) - status.heartbeat
    return silent if silent > SILENT_S else None


def fraction_done(status: Status) -> float:
    """Progress of the activity in `describe`, in 0-1: epochs during training, else the images of the phase."""
    part = min(status.done / status.total, 1.0) if status.total else 0.0
    if status.phase == "train" and status.epochs:
        return min((max(status.epoch - 1, 0) + part) / status.epochs, 1.0)
    if status.phase == "val" and status.epochs:
        return min(status.epoch / status.epochs, 1.0)
    if status.phase:
        return part
    return 1.0 if status.state == "finished" else min(status.epoch / status.epochs, 1.0) if status.epochs else 0.0


def remaining_s(status: Status, history: Sequence[EpochRecord]) -> float | None:
    """Seconds until the last planned epoch ends, at the pace so far; None if there is no pace yet.

    Early stopping may end it sooner. While a run is stopping: the rest of the epoch. During preparation or the later
    evaluation: the rest of that phase.
    """
    rest_of_phase = (status.total - status.done) / status.images_per_s if status.images_per_s else None
    if status.phase not in ("train", "val") or rest_of_phase is None:
        return rest_of_phase if status.phase else None
    timed = [record for record in trained_here(history) if record.epoch > 0][-RECENT_EPOCHS:]
    if timed:
        epoch_s = sum(record.seconds for record in timed) / len(timed)
        val_s = max(epoch_s - status.total / max(timed[-1].images_per_s, 1e-9), 0.0) if status.phase == "train" else 0.0
    elif history and status.phase == "train":
        val_s = history[0].seconds  # epoch 0 only runs validation
        epoch_s = status.total / status.images_per_s + val_s
    else:
        return None
    rest_of_epoch = rest_of_phase + val_s
    return rest_of_epoch if status.state == "stopping" else rest_of_epoch + (status.epochs - status.epoch) * epoch_s


def _phase(status: Status) -> str:
    words = PHASES.get(status.phase, status.phase)
    return f"{words}, {100 * status.done / status.total:.0f} %" if status.total else words
