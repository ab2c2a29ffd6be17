"""The worker process: waits for its turn, trains runs one after another, then evaluates their saved epochs.

From the queue to the end of the evaluation, only this process writes their status.
"""

import logging
import os
import signal
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from tlcore.errors import RunError
from tlcore.runs.folder.lock import only_writer
from tlcore.runs.folder.requests import Stop, asked_to_stop, clear_request
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.status import UNDER_WAY, State, tell_status
from tlcore.runs.work.tickets import goes_to_queue
from tlcore.runs.work.turn import turn
from tlcore.runs.work.watch import interrupted_by
from tlcore.system.failures import as_user_error, tell
from tlcore.training.history import trained_here
from tlcore.words import count, percent

if TYPE_CHECKING:
    from tlcore.training.events import Event, Progress  # imports torch, which a waiting worker should not do

HEARTBEAT_S = 0.5
log = logging.getLogger(__name__)

Evaluate = Callable[[Run], "Generator[Progress, None, object]"]


def work(runs: Sequence[Run], evaluate: Evaluate, *, train: bool = True) -> None:
    """Execute the given runs; with `train=False`, only evaluate their saved epochs.

    SIGTERM stops it after the epoch, a second one at once; on a hosted dashboard, where it comes with the end of the
    server, it stops nothing, and the run goes on later. An error ends only the run in which it happens.
    """
    submitted = min(run.status().submitted for run in runs) or time.time()
    worker = _Worker(runs, evaluate, submitted, train)
    with worker.listening(), worker.holding(), turn(submitted, worker.has_nothing_left) as has_turn:
        if has_turn:
            worker.carry_out()


class _Worker:
    def __init__(self, runs: Sequence[Run], evaluate: Evaluate, submitted: float, train: bool) -> None:
        self._runs = list(runs)
        self._to_train: list[Run] = []
        self._to_evaluate: list[Run] = []
        self._held: dict[Path, ExitStack] = {}
        self._evaluate = evaluate
        self._submitted = submitted
        self._train_them = train
        self._signals = 0
        self._process = os.getpid()

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Hold the locks of the runs inside the context: from the queue to the end, no other process writes them.

        A run that another process writes is left alone.
        """
        try:
            for run in self._runs:
                self._take_in_hand(run)
            yield
        finally:
            for lock in self._held.values():
                lock.close()

    def _take_in_hand(self, run: Run) -> None:
        lock = ExitStack()
        try:
            lock.enter_context(only_writer(run.path))
        except RunError as error:
            log.warning("%s", error)
            return
        except OSError as error:
            log.error("Run %s cannot be written: %s", run.name, _words(error))
            return
        self._held[run.path] = lock
        if self._train_them:
            self._to_train.append(run)
            _tell(run, "queued", submitted=self._submitted)
        else:
            self._to_evaluate.append(run)
            _tell(run, run.status().state, phase="predict", submitted=self._submitted)

    def _let_go(self, run: Run) -> None:
        with suppress(OSError):
            clear_request(run.path)
        self._held.pop(run.path).close()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Count SIGTERM inside the context. SIGINT is a KeyboardInterrupt, even if the shell ignored it."""
        handlers = {signal.SIGTERM: self._on_signal, signal.SIGINT: signal.default_int_handler}
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def has_nothing_left(self) -> bool:
        """Whether all waiting runs were stopped; removes stopped runs from the list."""
        for run in [run for run in self._to_train if self._stop(run)]:
            self._to_train.remove(run)
            _tell(run, "stopped")
            self._let_go(run)
        for run in [run for run in self._to_evaluate if self._stop(run)]:
            self._to_evaluate.remove(run)
            _tell(run, run.status().state)
            self._let_go(run)
        return not self._to_train and not self._to_evaluate

    def carry_out(self) -> None:
        """Train all runs first, so that all curves of a sweep appear soon; then evaluate all."""
        while not self.has_nothing_left():
            if self._to_train:
                self._train(self._to_train.pop(0))
            else:
                self._evaluate_epochs(self._to_evaluate.pop(0))

    def _train(self, run: Run) -> None:
        log.info("Training run %s", run.name)
        _tell(run, "running", phase="prepare")
        try:
            with interrupted_by(lambda: self._stop(run) == "now"):
                from tlcore.runs.restore import plan_to_resume
                from tlcore.runs.tracking.follow import followed
                from tlcore.runs.work.execute import execute

                plan = plan_to_resume(run)
                stopping = partial(self._is_to_stop, run)
                events = execute(run, plan, should_stop=stopping, next_phase="predict", held=True)
                for event in followed(run, events, log.warning):
                    self.has_nothing_left()
                    self._log(event)
        except KeyboardInterrupt:
            _tell(run, _state_left(run, "stopped"))
        except Exception as error:
            _tell(run, "failed", error=_words(error))
        status = run.status()
        log.info("Run %s is %s", run.name, status.state)
        if status.phase == "predict":
            with suppress(OSError):
                clear_request(run.path)
            self._to_evaluate.append(run)
        else:
            self._let_go(run)

    def _log(self, event: "Event") -> None:
        from tlcore.training.events import EpochDone, ImagesSkipped

        if isinstance(event, EpochDone):
            record = event.record
            log.info(
                "Epoch %d: val loss %.4f, accuracy %s", record.epoch, record.val_loss, percent(record.val_accuracy)
            )
        elif isinstance(event, ImagesSkipped):
            log.warning("%s cannot be read and is left out", count(len(event.images), "image"))

    def _evaluate_epochs(self, run: Run) -> None:
        log.info("Evaluating run %s", run.name)
        before, note = run.status(), None
        try:
            with interrupted_by(lambda: self._stop(run) is not None):
                last_told = 0.0
                for event in self._evaluate(run):
                    if time.monotonic() - last_told >= HEARTBEAT_S:
                        last_told = time.monotonic()
                        _tell(
                            run,
                            before.state,
                            phase="predict",
                            done=event.done,
                            total=event.total,
                            images_per_s=event.images_per_s,
                            error=before.error,
                        )
        except KeyboardInterrupt:
            note = "The evaluation was cancelled."
        except Exception as error:
            note = f"The saved epochs could not be evaluated: {_words(error)}"
        _tell(run, before.state, error=before.error, note=note)
        self._let_go(run)

    def _is_to_stop(self, run: Run) -> bool:
        return self._stop(run) is not None

    def _stop(self, run: Run) -> Stop | None:
        if self._signals:
            return "after_epoch" if self._signals == 1 else "now"
        return asked_to_stop(run.path)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() == self._process and not goes_to_queue():  # forked decoding processes end with this one
            self._signals += 1


def _words(error: Exception) -> str:
    """The error text for the status; an unexpected error goes to the log with its traceback."""
    known = as_user_error(error)
    if known is not None:
        log.error("%s", known)
    else:
        log.error("Unexpected error", exc_info=error)
    return tell(error, "work failed")


def _tell(run: Run, state: State, **fields: object) -> None:
    """Write the status of a run between its epochs."""
    history = trained_here(run.history())
    epoch = history[-1].epoch if history else 0
    try:
        epochs = run.config.epochs
    except RunError:  # it was deleted or damaged while it waited: training will report it
        epochs = 0
    tell_status(run.path, state, **{"epoch": epoch, "epochs": epochs, **fields})


def _state_left(run: Run, otherwise: State) -> State:
    state = run.status().state
    return otherwise if state in UNDER_WAY else state
