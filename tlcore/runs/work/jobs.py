"""Hand runs to worker processes, and tell them to stop. The folders say the rest, so any process can ask."""

import os
import shutil
import time
import uuid
from collections.abc import Sequence

from tlcore.errors import CheckpointError, RunBusy, RunError
from tlcore.runs.folder.layout import LOG_FILE
from tlcore.runs.folder.requests import ask_to_stop, clear_request
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.status import State, Status, write_status
from tlcore.runs.progress import describe, fraction_done, remaining_s
from tlcore.runs.work.turn import live_runs, queue
from tlcore.system.spawn import start_detached

__all__ = [
    "delete",
    "describe",
    "fraction_done",
    "live_runs",
    "queue",
    "remaining_s",
    "resume",
    "start",
    "start_evaluation",
    "stop",
]

DELETED = ".deleted-"
MOST_WAITING = 100  # each may be a process of 50 MB


def start(runs: Sequence[Run]) -> None:
    """Queue runs for one worker process, which carries them out in this order; returns at once.

    A run that was stopped, failed or interrupted goes on from its last whole epoch.
    Raises RunBusy where one of them is in hand already, RunError where one is finished, or the queue is full.
    """
    if len(queue()) + len(runs) > MOST_WAITING:
        raise RunError(f"{len(queue())} runs are waiting, and {MOST_WAITING} is the most. Wait, or take some out.")
    for run in runs:
        status = run.status()
        _check_idle(run, status)
        if status.state == "finished":
            raise RunError(f"Run {run.name} is finished: all its epochs are there. Train a new run for more.")
    submitted = time.time()
    for run in runs:
        clear_request(run.path)
        status = run.status()
        write_status(run.path, "queued", submitted=submitted, epoch=status.epoch, epochs=run.config.epochs)
    _start_worker(runs)


def resume(run: Run) -> None:
    """Queue a run again, to go on after its last whole epoch. Raises as `start` does."""
    start([run])


def start_evaluation(run: Run) -> None:
    """Queue the evaluation of all saved epochs of a run; its status is in the phase `predict` until it is over.

    `stop` cancels it. What went wrong is the `note` of the status afterwards.
    Raises RunBusy where the run is in hand already, CheckpointError where it has no saved epoch.
    """
    status = run.status()
    _check_idle(run, status)
    if not run.epochs():
        raise CheckpointError(f"Run {run.name} has no saved epoch to evaluate yet. Start it first.")
    clear_request(run.path)
    kept = status.model_dump(include={"epoch", "epochs", "error"})
    write_status(run.path, status.state, phase="predict", submitted=time.time(), **kept)
    _start_worker([run], "--evaluate-only")


def stop(run: Run, *, now: bool = False) -> None:
    """Ask for the end: of the queueing at once, of the training after this epoch, of the evaluation at once.

    `now` drops the epoch that is under way. The epochs before it stay in either case. Nothing happens where the run
    is not live.
    """
    if run.status().is_live:
        ask_to_stop(run.path, "now" if now else "after_epoch")


def delete(run: Run) -> None:
    """Remove a run with all its epochs. Raises RunBusy where it is live."""
    _check_idle(run, run.status())
    doomed = run.path.with_name(f"{DELETED}{run.name}-{uuid.uuid4().hex}")
    run.path.rename(doomed)  # from here on nobody finds half a run
    for folder in run.path.parent.glob(f"{DELETED}*"):  # and what an earlier call did not come to the end of
        shutil.rmtree(folder, ignore_errors=True)


def _check_idle(run: Run, status: Status) -> None:
    if status.is_live:
        raise RunBusy(f"Run {run.name} is {status.state}: a process has it in hand. Stop it first, or wait for it.")


def _start_worker(runs: Sequence[Run], *options: str) -> None:
    with (runs[0].path / LOG_FILE).open("ab") as log:
        arguments = ["worker", *options, *(str(run.path) for run in runs)]
        start_detached(arguments, log, log, ended=lambda status: _see_off(runs, status))


def _see_off(runs: Sequence[Run], exit_status: int) -> None:
    """A run that the worker never took over is still in the hands of this process: it has failed."""
    for run in runs:
        status = run.status()
        if status.is_live and status.pid == os.getpid():
            reason = (
                f"The worker ended with status {exit_status} before it began. {LOG_FILE} in the run folder says why."
            )
            state: State = "failed" if status.state == "queued" else status.state
            write_status(run.path, state, epoch=status.epoch, epochs=status.epochs, error=reason)
