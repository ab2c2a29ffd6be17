"""One training from the terminal: execute a run, show it live, and stop it cleanly on Ctrl-C."""

import signal
import sys
from functools import partial
from types import FrameType

from tlcore.cli.display import ProgressDisplay, console, note
from tlcore.cli.evaluate import show_verdict
from tlcore.cli.summary import show_epochs, show_skipped
from tlcore.delivery.told import report_to_trackers
from tlcore.evaluation.evaluate import evaluate_run
from tlcore.runs.folder.requests import asked_to_stop, clear_request
from tlcore.runs.folder.run import Run
from tlcore.runs.tracking.follow import followed
from tlcore.runs.work.execute import execute
from tlcore.training.checkpoint import Checkpoint
from tlcore.training.distributed import Processes, SeveralProcesses, started_by_torchrun
from tlcore.training.events import BatchLoss, EpochDone, ImagesSkipped, Progress
from tlcore.training.plan import Plan
from tlcore.words import percent, seconds


def start_processes(device: str) -> tuple[Processes, str]:
    """The process group that torchrun asks for, or this process alone; and the device that this process uses."""
    if not started_by_torchrun():
        return Processes(), device
    processes = SeveralProcesses(on_cpu=device == "cpu")
    return processes, str(processes.device)


class _StopOnSignal:
    """After the first Ctrl-C or SIGTERM the current epoch is completed; a second Ctrl-C stops the run at once."""

    def __init__(self) -> None:
        self.received = 0

    def __enter__(self) -> "_StopOnSignal":
        self._before = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.received:
            raise KeyboardInterrupt
        self.received = number
        note("Stopping after this epoch. Ctrl-C once more stops at once and drops the epoch.")


def run_session(
    run: Run, plan: Plan, processes: Processes, start: Checkpoint | None = None, *, evaluate: bool = True
) -> int:
    """Train until the end or a signal. The exit status is 0, or 128 + the number of the signal.

    `start` is a checkpoint from another training to start from, as for `execute`. With `evaluate`, a finished training
    is followed by the evaluation on the test split, if there is one.
    """
    epochs = plan.config.epochs
    out = console()
    interrupted, epochs_told = False, 0
    if processes.is_main:
        clear_request(run.path)
    with _StopOnSignal() as stop, ProgressDisplay(shown=processes.is_main) as display:
        try:
            stopping = partial(_is_to_stop, run, stop)
            events = execute(run, plan, processes, should_stop=stopping, start=start)
            for event in followed(run, events, note) if processes.is_main else events:
                if not processes.is_main:
                    continue
                if isinstance(event, Progress):
                    display.show(event, epochs)
                elif isinstance(event, BatchLoss):
                    out.print(f"epoch {event.epoch}, batch {event.batch}/{event.batches}: loss {event.loss:.3f}")
                elif isinstance(event, ImagesSkipped):
                    show_skipped(event.images)
                else:
                    if event.record.engine and not epochs_told:
                        out.print(f"engine   {event.record.engine}", markup=False)
                    epochs_told += 1
                    out.print(_epoch_line(event, epochs))
        except KeyboardInterrupt:
            interrupted = True
    if not processes.is_main:
        return 0
    show_epochs(run, plan)
    status = 0
    if (stop.received or interrupted) and run.status().state != "finished":
        note(f"Stopped. Continue with: python -m tlcore resume {run.name}")
        status = 128 + (stop.received or signal.SIGINT)
    elif run.report_split == "test":
        if evaluate:
            _evaluate(run)
        else:
            out.print(f"What that is worth on images that chose nothing: python -m tlcore evaluate {run.name}")
    if run.status().state == "finished" and (evaluate or run.report_split == "val"):
        report_to_trackers(run, note)
    print(run.path)
    sys.stdout.flush()
    return status


def _evaluate(run: Run) -> None:
    """Evaluate every saved epoch on the test split; after Ctrl-C it can be done later."""
    try:
        with ProgressDisplay() as display:
            evaluation = display.follow(evaluate_run(run))
    except KeyboardInterrupt:
        note(f"Not evaluated. Do it with: python -m tlcore evaluate {run.name}")
        return
    show_verdict(evaluation)
    note(f"Every epoch, every class: python -m tlcore evaluate {run.name}")


def _is_to_stop(run: Run, stop: _StopOnSignal) -> bool:
    """Whether to stop after a signal or a request from the dashboard. Here `now` also waits for the epoch."""
    return stop.received > 0 or asked_to_stop(run.path) is not None


def _epoch_line(event: EpochDone, epochs: int) -> str:
    record = event.record
    line = f"epoch {record.epoch:>{len(str(epochs))}}/{epochs}"
    if record.train_accuracy is None:
        line += f"  {'trained elsewhere' if record.epoch else 'untrained head':<35}"
    else:
        line += f"  train loss {record.train_loss:.3f} accuracy {percent(record.train_accuracy):>7}"
    line += f"  val loss {record.val_loss:.3f} accuracy {percent(record.val_accuracy):>7}"
    left = (epochs - record.epoch) * record.seconds
    rest = f", {seconds(left)} left" if record.epoch and left >= 1 else ""
    return f"{line}  {record.images_per_s:,.0f} images/s{rest}"
