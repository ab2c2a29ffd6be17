"""Tell the trackers of a run what happens in it. Whatever fails there is told once, and never harms the run.

Only the process that writes the run may call this: under torchrun the main one.
"""

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tlcore.runs.folder.run import Run
from tlcore.runs.portable import portable_config
from tlcore.runs.tracking.kinds import TRACKERS, check_trackers
from tlcore.runs.tracking.record import Tracked, load_tracked, save_tracked
from tlcore.training.history import EpochRecord, trained_here
from tlcore.words import shorten

if TYPE_CHECKING:
    from accelerate.tracking import GeneralTracker

    from tlcore.training.events import Event

Tell = Callable[[str], object]
_LONGEST_ERROR = 300


def followed(run: Run, events: "Generator[Event, None, None]", tell: Tell) -> "Iterator[Event]":
    """The events of a training; each epoch is told to the run's trackers before it is yielded.

    Epochs that an earlier process did not tell, because it was killed or the tracker failed, are told first.
    """
    from tlcore.training.events import EpochDone

    with closing(events):
        if not load_tracked(run):
            yield from events
            return
        with closing(_Open(run, tell)) as trackers:
            for event in events:
                if isinstance(event, EpochDone):
                    trackers.tell_epoch(event.record)
                yield event


def report(run: Run, epoch: int, figures: Mapping[str, float], text: str, tell: Tell) -> None:
    """Tell the trackers that have not heard of it yet what the epoch is worth. `text` is for those that take any."""
    with closing(_Open(run, tell)) as trackers:
        trackers.tell_report(epoch, figures, text)


class _Open:
    """The trackers of a run, started; those that cannot be started, or fail, are left alone from then on."""

    def __init__(self, run: Run, tell: Tell) -> None:
        self._run, self._tell = run, tell
        self._tracked = {tracked.name: tracked for tracked in load_tracked(run)}
        self._open: dict[str, GeneralTracker] = {}
        self._caught_up = False
        for name in self._tracked:
            self._safely(name, self._start)

    def tell_epoch(self, record: EpochRecord) -> None:
        records = [record] if self._caught_up else trained_here(self._run.history())
        self._caught_up = True

        def log(name: str) -> None:
            for each in records:
                if each.epoch > self._tracked[name].epoch:
                    self._open[name].log(epoch_figures(each), step=each.epoch)
                    self._keep(name, epoch=each.epoch)

        self._each(log)

    def tell_report(self, epoch: int, figures: Mapping[str, float], text: str) -> None:
        def log(name: str) -> None:
            tracked, kind = self._tracked[name], TRACKERS[name]
            if tracked.reported == epoch:
                return
            told: dict[str, Any] = {f"report/{figure}": value for figure, value in figures.items()}
            # not at the step of the epoch: some trackers take no step that lies behind their last one
            self._open[name].log(told | {"report/epoch": epoch}, step=max(tracked.epoch, epoch))
            if kind.takes_text:
                self._open[name].log({"report/card": text}, step=max(tracked.epoch, epoch))
            self._keep(name, reported=epoch)

        self._each(log)

    def close(self) -> None:
        self._each(lambda name: self._open[name].finish())
        self._open.clear()

    def _start(self, name: str) -> None:
        from accelerate import PartialState

        check_trackers([name])
        PartialState()  # Accelerate's trackers ask it which process they are in
        kind, tracked = TRACKERS[name], self._tracked[name]
        tracker = kind.make(self._run, tracked.identity)
        tracker.start()
        self._open[name] = tracker
        self._keep(name, identity=kind.identity(tracker))
        if not tracked.started:
            tracker.store_init_configuration(configuration(self._run))
            self._keep(name, started=True)

    def _each(self, work: Callable[[str], object]) -> None:
        for name in list(self._open):
            self._safely(name, work)

    def _safely(self, name: str, work: Callable[[str], object]) -> None:
        try:
            work(name)
        except Exception as error:  # a tracker can raise anything
            self._open.pop(name, None)
            label = TRACKERS[name].label if name in TRACKERS else name
            self._tell(
                f"{label} is not followed any more: {type(error).__name__}: {shorten(error, _LONGEST_ERROR)}. The run "
                "goes on without it."
            )

    def _keep(self, name: str, **changes: Any) -> None:
        self._tracked[name] = self._tracked[name].model_copy(update=changes)
        save_tracked(self._run, tuple(self._tracked.values()))


def track(run: Run, names: "tuple[str, ...] | list[str]") -> None:
    """Give a new run these trackers."""
    if names:
        save_tracked(run, tuple(Tracked(name=name) for name in dict.fromkeys(names)))


def configuration(run: Run) -> dict[str, str | float | int | bool]:
    """The whole configuration as single values by dotted path, without paths of this machine; and the dataset."""
    info = run.info.dataset
    found: dict[str, str | float | int | bool] = {
        "run": run.name,
        "dataset": info.name,
        "dataset_fingerprint": info.fingerprint,
        "classes": len(info.classes),
        **{f"images.{split}": images for split, images in info.counts.items()},
    }
    found.update(_leaves(portable_config(run.config)))
    return found


def _leaves(plain: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str | float | int | bool]]:
    for name, value in plain.items():
        if isinstance(value, Mapping) and name not in ("class_weights", "learning_rates"):  # their keys are names
            yield from _leaves(value, f"{prefix}{name}.")
        elif isinstance(value, str | float | int | bool):
            yield f"{prefix}{name}", value
        else:
            yield f"{prefix}{name}", "none" if value is None else json.dumps(value, ensure_ascii=False)


def epoch_figures(record: EpochRecord) -> dict[str, float]:
    """Every figure of an epoch by its name. Those that it does not have are left out."""
    figures = {
        "train/loss": record.train_loss,
        "train/accuracy": record.train_accuracy,
        "val/loss": record.val_loss,
        "val/accuracy": record.val_accuracy,
        "time/seconds": record.seconds,
        "time/images_per_s": record.images_per_s,
        **{f"learning_rate/{group}": rate for group, rate in record.learning_rates.items()},
    }
    return {name: value for name, value in figures.items() if value is not None}
