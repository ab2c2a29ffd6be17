"""The worker process: waits its turn, trains runs one after another, then has their saved epochs evaluated.

From the queue to the end of the evaluation it alone writes their status.
"""

import os
import signal
import time
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from tlcore.errors import RunBusy, TlcoreError
from tlcore.runs.folder.lock import only_writer
from tlcore.runs.folder.requests import Stop, asked_to_stop, clear_request
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.status import UNDER_WAY, State, write_status
from tlcore.runs.work.turn import turn
from tlcore.runs.work.watch import interrupted_by
from tlcore.training.history import trained_here

if TYPE_CHECKING:
    from tlcore.training.events import Progress  # imports torch, which a worker that waits should not

HEARTBEAT_S = 0.5

Evaluate = Callable[[Run], "Generator[Progress, None, object]"]


def work(runs: Sequence[Run], evaluate: Evaluate, *, train: bool = True) -> None:
    """Carry out runs that were handed over; with `train=False`, only evaluate what they have saved.

    SIGTERM ends it after the epoch, a second one at once. An error ends the run that it happens in, not the others.
    """
    submitted = min(run.status().submitted for run in runs) or time.time()
    worker = _Worker(runs, evaluate, submitted, train)
    with worker.listening(), turn(submitted, worker.has_nothing_left) as has_turn:
        if has_turn:
            worker.carry_out()


class _Worker:
    def __init__(self, runs: Sequence[Run], evaluate: Evaluate, submitted: float, train: bool) -> None:
        self._to_train = list(runs) if train else []
        self._to_evaluate = [] if train else list(runs)
        self._evaluate = evaluate
        self._signals = 0
        self._process = os.getpid()
        for run in self._to_train:
            _tell(run, "queued", submitted=submitted)
        for run in self._to_evaluate:
            _tell(run, run.status().state, phase="predict", submitted=submitted)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Count SIGTERM inside; SIGINT is a KeyboardInterrupt even where a shell had it ignored."""
        handlers = {signal.SIGTERM: self._on_signal, signal.SIGINT: signal.default_int_handler}
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def has_nothing_left(self) -> bool:
        """Whether all that waited was told to stop; takes such runs off the list."""
        for run in [run for run in self._to_train if self._stop(run)]:
            self._to_train.remove(run)
            _tell(run, "stopped")
            clear_request(run.path)
        for run in [run for run in self._to_evaluate if self._stop(run)]:
            self._to_evaluate.remove(run)
            _tell(run, run.status().state)
            clear_request(run.path)
        return not self._to_train and not self._to_evaluate

    def carry_out(self) -> None:
        """Train all, so that the curves of a sweep come together; then evaluate all."""
        while not self.has_nothing_left():
            if self._to_train:
                self._train(self._to_train.pop(0))
            else:
                self._evaluate_epochs(self._to_evaluate.pop(0))

    def _train(self, run: Run) -> None:
        _tell(run, "running", phase="prepare")
        try:
            with interrupted_by(lambda: self._stop(run) == "now"):
                from tlcore.runs.restore import plan_to_resume
                from tlcore.runs.work.execute import execute

                plan = plan_to_resume(run)
                for _ in execute(run, plan, should_stop=lambda: self._stop(run) is not None, next_phase="predict"):
                    self.has_nothing_left()
        except KeyboardInterrupt:
            _tell(run, _state_left(run, "stopped"))
        except RunBusy as error:
            print(error, flush=True)
        except TlcoreError as error:
            _tell(run, "failed", error=str(error))
        except Exception as error:
            traceback.print_exc()
            _tell(run, "failed", error=f"{type(error).__name__}: {error}")
        if run.status().phase == "predict":
            self._to_evaluate.append(run)
        clear_request(run.path)

    def _evaluate_epochs(self, run: Run) -> None:
        before, note = run.status(), None
        try:
            with interrupted_by(lambda: self._stop(run) is not None), only_writer(run.path):
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
        except RunBusy as error:
            print(error, flush=True)
            return
        except TlcoreError as error:
            note = f"The saved epochs could not be evaluated: {error}"
        except Exception as error:
            traceback.print_exc()
            note = f"The saved epochs could not be evaluated: {type(error).__name__}: {error}"
        _tell(run, before.state, error=before.error, note=note)
        clear_request(run.path)

    def _stop(self, run: Run) -> Stop | None:
        if self._signals:
            return "after_epoch" if self._signals == 1 else "now"
        return asked_to_stop(run.path)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:  # a forked process that decodes images: it has nothing to end
            os._exit(128 + number)
        self._signals += 1


def _tell(run: Run, state: State, **fields: object) -> None:
    """Write the status of a run between its epochs."""
    history = trained_here(run.history())
    epoch = history[-1].epoch if history else 0
    write_status(run.path, state, **{"epoch": epoch, "epochs": run.config.epochs, **fields})


def _state_left(run: Run, otherwise: State) -> State:
    state = run.status().state
    return otherwise if state in UNDER_WAY else state
