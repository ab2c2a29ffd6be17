"""How the command line shows things: progress on standard error, tables and sentences on standard output."""

import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress as ProgressBar, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from tlcore.system.drive import drive
from tlcore.words import PHASES, percent

if TYPE_CHECKING:
    import pandas as pd

    from tlcore.data.dataset import Dataset
    from tlcore.data.health.scan import ScanProgress
    from tlcore.training.events import Progress

S = TypeVar("S")
T = TypeVar("T")


def console() -> Console:
    """A console for standard output. If that is not a terminal, lines are as wide as they need to be."""
    out = Console(highlight=False, soft_wrap=True)
    return out if out.is_terminal else Console(highlight=False, width=200)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], left: int = 1) -> None:
    """Print a table: the first `left` columns left-aligned, the others right-aligned. Cells are plain text."""
    result = Table()
    for number, column in enumerate(columns):
        result.add_column(column, justify="left" if number < left else "right", no_wrap=True)
    for row in rows:
        result.add_row(*(Text(str(cell)) for cell in row))
    out = console()
    out.print(Text(title, style="bold"))
    out.print(result)


class ProgressDisplay:
    """One bar for the current phase: images/s, time left, loss and accuracy."""

    def __init__(self, shown: bool = True) -> None:
        errors = Console(stderr=True, highlight=False)
        self._bar = ProgressBar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]:>7.0f} images/s"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
            console=errors,
            transient=True,
            disable=not (shown and errors.is_terminal),
        )
        self._task = self._bar.add_task("", total=None, rate=0.0, figures="")
        self._phase = ("", "", -1)

    def __enter__(self) -> "ProgressDisplay":
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def show(self, event: "Progress", epochs: int | None = None, about: str = "", beside: str = "") -> None:
        """`about`: what the phase belongs to, such as one of several networks. `beside`: more words, at the end."""
        if (about, event.phase, event.epoch) != self._phase:
            self._phase = (about, event.phase, event.epoch)
            self._bar.reset(self._task, total=event.total or None)
        words = f"{about}: {PHASES[event.phase]}" if about else PHASES[event.phase]
        figures = "" if event.loss is None else f"loss {event.loss:.3f} accuracy {percent(event.accuracy)}"
        self._bar.update(
            self._task,
            completed=event.done,
            total=event.total or None,
            description=f"epoch {event.epoch}/{epochs}: {words}"
            if epochs and event.phase in ("train", "val")
            else words,
            rate=event.images_per_s,
            figures=f"{figures} {beside}".strip(),
        )

    def follow(self, work: "Generator[Progress, None, T]") -> T:
        """Run a computation to its end and show its progress; returns its result."""
        return drive(work, self.show)


def show_steps(words: str, steps: Iterable[tuple[int, int]]) -> None:
    """Run work that yields (done, total), with a bar on standard error. If there is no work, nothing is shown."""
    with _steps_bar() as bar:
        task = bar.add_task(words, total=None)
        for done, total in steps:
            if done == 1:
                note(f"{words} ...")
            bar.update(task, completed=done, total=total)


def follow_steps(work: Generator[S, None, T], describe: Callable[[S], tuple[str, int, int]]) -> T:
    """Run work to its result, with a bar on standard error. `describe` gives its words, what is done, and the total."""
    with _steps_bar() as bar:
        task = bar.add_task("", total=None)

        def show(event: S) -> None:
            words, done, total = describe(event)
            bar.update(task, description=words, completed=done, total=total)

        return drive(work, show)


def show_scan(dataset: "Dataset") -> "pd.DataFrame":
    """The scan of a dataset, with its progress."""
    from tlcore.data.health.scan import scan

    return follow_scan(scan(dataset))


def follow_scan(work: "Generator[ScanProgress, None, T]") -> T:
    """The result of work that scans a dataset, with its progress."""
    return follow_steps(work, lambda event: (_SCAN_PHASES[event.phase], event.done, event.total))


def _steps_bar() -> ProgressBar:
    errors = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TaskProgressColumn(), TimeRemainingColumn())
    return ProgressBar(*columns, console=errors, transient=True, disable=not errors.is_terminal)


_SCAN_PHASES = {"reading": "reading the images", "comparing": "comparing them"}


def note(text: str) -> None:
    """Print a sentence on standard error."""
    print(text, file=sys.stderr, flush=True)
