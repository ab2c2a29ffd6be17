"""Give runs to worker processes, and stop them. All state is in the run folders, so any process can read it.

In the space of a visitor of a hosted dashboard, each run gets a ticket instead; the host's dispatcher carries it out.
"""

import os
import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from tlcore.errors import CheckpointError, NotAllowed, RunBusy, RunError
from tlcore.runs.folder.layout import LOG_FILE
from tlcore.runs.folder.lock import only_writer
from tlcore.runs.folder.requests import ask_to_stop, clear_request
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.status import UNDER_WAY, State, Status, tell_status, write_status
from tlcore.runs.progress import silence_s
from tlcore.runs.work.tickets import EVALUATE_ONLY, goes_to_queue, has_ticket, make_ticket, submit, withdraw
from tlcore.runs.work.turn import queue
from tlcore.runs.work.waiting import position
from tlcore.system.home import is_mine
from tlcore.system.liveness import is_suspended, kill_with_children, place
from tlcore.system.spawn import start_detached
from tlcore.training.history import trained_here

DELETED = ".deleted-"
MOST_WAITING = 100  # each may be a process with 50 MB
_APART_S = 1e-5  # keeps the order of the runs of a sweep


def start(runs: Sequence[Run]) -> None:
    """Queue runs for one worker process, which executes them in this order; returns at once.

    A run that was stopped, failed or interrupted continues from its last whole epoch.
    Raises RunBusy if a process already handles one of them, RunError if one is finished, or the queue is full, and
    NotAllowed if a visitor has nothing left of today, or the run is another's.
    """
    if len(queue()) + len(runs) > MOST_WAITING:
        raise RunError(f"{len(queue())} runs are waiting, and {MOST_WAITING} is the most. Wait, or take some out.")
    submitted = time.time()
    with ExitStack() as held:  # if two processes start a run at once, one finds it queued
        for run in runs:
            held.enter_context(_idle(run))
            if run.status().state == "finished":
                raise finished_error(run)
        if goes_to_queue():
            _submit(runs, submitted)
        for run in runs:
            clear_request(run.path)
            epoch, epochs = run.status().epoch, run.config.epochs
            write_status(run.path, "queued", submitted=submitted, epoch=epoch, epochs=epochs, **_nobody())
    if not goes_to_queue():
        _start_worker(runs, submitted)


def finished_error(run: Run) -> RunError:
    """The error text that nothing is left to train, and how to train more epochs."""
    history = trained_here(run.history())
    last = history[-1].epoch if history else run.config.epochs
    why = "early stopping ended it" if last < run.config.epochs else f"all {last} epochs are there"
    return RunError(
        f"Run {run.name} is finished: {why}. For more, export its last epoch as a training checkpoint, and train a "
        "new run that continues from that file, with more epochs.",
        cli=f"That is `export {run.name} --epoch {last} --format checkpoint --out FILE`, then "
        "`train --continue-from FILE --epochs N` with the same data and backbone.",
    )


def resume(run: Run) -> None:
    """Queue a run again, to continue after its last whole epoch. Raises as `start` does."""
    start([run])


def start_evaluation(run: Run) -> None:
    """Queue the evaluation of all saved epochs of a run; its status is in the phase `predict` until it is over.

    `stop` cancels it. A failure is the `note` of the status afterwards.
    Raises RunBusy if a process already handles the run, CheckpointError if it has no saved epoch, and NotAllowed as
    `start` does.
    """
    if not run.epochs():
        raise CheckpointError(f"Run {run.name} has no saved epoch to evaluate yet. Start it first.")
    submitted = time.time()
    with _idle(run):
        status = run.status()
        if goes_to_queue():
            _submit([run], submitted, EVALUATE_ONLY)
        clear_request(run.path)
        kept = status.model_dump(include={"epoch", "epochs", "error"})
        write_status(run.path, status.state, phase="predict", submitted=submitted, **kept, **_nobody())
    if not goes_to_queue():
        _start_worker([run], submitted, EVALUATE_ONLY)


def stop(run: Run, *, now: bool = False) -> None:
    """Request a stop: a queued run and an evaluation stop at once, a training stops after the current epoch.

    With `now` the current epoch is dropped. Earlier epochs are kept in both cases. A process that has given no sign of
    life for long is killed, unless that could lose an epoch that the caller did not give up with `now`; the other runs
    that wait for it are queued again. Nothing happens if the run is not live.
    Raises RunBusy if such a process is on another machine or in another container, NotAllowed if the run is another's.
    """
    _check_mine(run)
    status = run.status()
    if not status.is_live:
        return
    ask_to_stop(run.path, "now" if now else "after_epoch")
    gives_up = now or status.phase == "predict" or status.state == "queued"
    if has_ticket(run.path):
        if _waits(run, status) or (gives_up and silence_s(status) is not None):
            _take_back(run, status)
    elif gives_up and _hangs(status):
        _end_process(run, status)


def settle(run: Run, before: Status, state: State, *, error: str | None = None, note: str | None = None) -> None:
    """Mark a run whose ticket was taken back, or whose worker is gone. The caller has its lock.

    `before` is its status while it had the ticket. A run that was to be trained gets this `state` and `error`; one that
    was only to be evaluated stays what it was, with the error as a note.
    """
    with suppress(OSError):
        clear_request(run.path)
    history = trained_here(run.history())
    epoch = history[-1].epoch if history else 0
    if before.state in (*UNDER_WAY, "interrupted"):
        tell_status(run.path, state, epoch=epoch, epochs=before.epochs, error=error, note=note)
    else:
        tell_status(run.path, before.state, epoch=epoch, epochs=before.epochs, error=before.error, note=note or error)


def _waits(run: Run, status: Status) -> bool:
    place_in_line = position(run.path)
    return status.state == "queued" or (place_in_line is not None and place_in_line.place > 0)


def _take_back(run: Run, status: Status) -> None:
    """Take the ticket of a run back. If its work has begun, the dispatcher ends it."""
    withdraw(run.path)
    with suppress(RunBusy), only_writer(run.path):
        settle(run, status, "stopped")


def _hangs(status: Status) -> bool:
    if status.place not in ("", place()):
        return silence_s(status) is not None
    if status.pid == os.getpid():
        return False
    return silence_s(status) is not None or is_suspended(status.pid)


def _end_process(run: Run, status: Status) -> None:
    if status.place not in ("", place()):
        raise RunBusy(
            f"Run {run.name} is in the hands of process {status.pid} of another machine or container, "
            f"{status.place.partition(' ')[0]}, which gives no sign of life. End it there."
        )
    waiting = [other for other in queue() if other != run and other.status().pid == status.pid]
    kill_with_children(status.pid)
    clear_request(run.path)
    if status.state in UNDER_WAY:
        with only_writer(run.path):
            write_status(run.path, "stopped", epoch=status.epoch, epochs=status.epochs)
    if waiting:
        start(waiting)


def delete(run: Run) -> None:
    """Remove a run with all its epochs. Raises RunBusy if it is live, NotAllowed if it is another's."""
    with _idle(run):
        pass  # Windows cannot rename a folder with an open lock file
    doomed = run.path.with_name(f"{DELETED}{run.name}-{uuid.uuid4().hex}")
    run.path.rename(doomed)  # after this, nobody can find a partly deleted run
    for folder in run.path.parent.glob(f"{DELETED}*"):  # and the remains of an earlier call that did not finish
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _idle(run: Run) -> Iterator[None]:
    """Lock a run that no process handles. Raises RunBusy if one does, NotAllowed if the run is another's."""
    _check_mine(run)
    _check_idle(run, run.status())
    with only_writer(run.path):
        _check_idle(run, run.status())  # it may have been queued in the meantime
        yield


def _check_idle(run: Run, status: Status) -> None:
    if status.is_live:
        raise RunBusy(f"Run {run.name} is {status.state}: a process has it in hand. Stop it first, or wait for it.")


def _check_mine(run: Run) -> None:
    if not is_mine(run.path):
        raise NotAllowed(f"Run {run.name} is not yours: you can start, stop and delete only your own runs.")


def _submit(runs: Sequence[Run], submitted: float, *options: str) -> None:
    """A ticket for each run, so that the work of others comes between those of a sweep."""
    tickets = []
    for number, run in enumerate(runs):
        config, counts = run.config, run.info.dataset.counts
        epochs = len(run.epochs()) if options else config.epochs - run.status().epoch
        images = counts.get(run.report_split if options else "train", 0)
        similar = " ".join(("worker", *options, config.model.backbone, config.strategy.name))
        tickets.append(
            make_ticket(
                run.path,
                ["worker", *options, os.path.realpath(run.path)],
                output=LOG_FILE,
                errors=LOG_FILE,
                is_run=True,
                submitted=submitted + number * _APART_S,
                size=max(epochs, 1) * max(images, 1),
                similar=similar,
            )
        )
    submit(tickets)


def _nobody() -> dict[str, object]:
    """Fields of the status of a run that waits with a ticket: no process has it. Nothing if a worker is started now."""
    return {"pid": 0, "process_started": 0.0} if goes_to_queue() else {}


def _start_worker(runs: Sequence[Run], submitted: float, *options: str) -> None:
    with (runs[0].path / LOG_FILE).open("ab") as log:
        arguments = ["worker", *options, *(str(run.path) for run in runs)]
        start_detached(arguments, log, log, ended=lambda status: _see_off(runs, submitted, status))


def _see_off(runs: Sequence[Run], submitted: float, exit_status: int) -> None:
    """Mark a run that the worker never took over as failed: its status still names this process.

    A later submission time shows that it was given to another worker; then nothing is done.
    """
    for run in runs:
        status = run.status()
        if status.is_live and status.pid == os.getpid() and status.submitted == submitted:
            reason = (
                f"The worker ended with status {exit_status} before it began. {LOG_FILE} in the run folder says why."
            )
            state: State = "failed" if status.state == "queued" else status.state
            tell_status(run.path, state, epoch=status.epoch, epochs=status.epochs, error=reason)
