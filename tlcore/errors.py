"""The errors that a user can cause and fix. Any other exception is a bug.

TlcoreError
├── ConfigError            a setting that is unknown, out of range, or contradicts another
│   └── WishNotMet         a share of right answers that no threshold reaches
├── RecordError            a JSON file that is damaged or has the wrong content
├── DataError
│   ├── DatasetNotFound    nothing at that path, or nothing under that name
│   ├── DatasetInvalid     found, but not usable: empty, only one class, a class that is missing in train
│   │   └── EditsDoNotFit  not usable with its edits any more, because files are gone
│   ├── DatasetChanged     not the same images any more that a run was trained on
│   ├── EditRefused        a change of a dataset that cannot be made
│   ├── NotComparable      two evaluations without a common image
│   ├── NotPlaceable       images whose features give no map: too few, or all the same
│   └── UnreadableImage    one image that cannot be decoded
│       └── ImageTooCostly   one that would take too much memory or time
├── ModelError
│   ├── UnknownBackbone    no such architecture in the zoo
│   └── WeightsError       weights that are missing, damaged, or made for another architecture
├── NotAllowed             something that a visitor of a shared dashboard may not do, or has no more left of today
├── StorageError           a disk that is full, or a folder that may not be read or written
├── OutOfMemory            not enough memory for the work
├── DeviceError            a device or precision that this machine does not have
├── TrainingDiverged       the loss is no longer a number
├── ExportRefused          an exported file that cannot be made, or does not answer as the run does
├── PushFailed             files that could not be uploaded
├── CommandFailed          a process that this program started ended with an error
└── RunError
    ├── RunNotFound        no run of that name
    ├── RunUnreadable      a run whose records are damaged, or were made by a newer version
    ├── RunBusy            another process is writing this run
    └── CheckpointError    a checkpoint that is missing or damaged
"""

from collections.abc import Iterable
from difflib import get_close_matches


class TlcoreError(Exception):
    """Root of everything that a page or the command line shows as a message instead of a traceback.

    The message fits both. Advice that applies only to the command line, such as an option or a command, is in `cli`.
    """

    def __init__(self, message: object = "", *, cli: str = "") -> None:
        super().__init__(message)
        self.cli = cli
        """Sentences that the command line adds; may be empty."""


class ConfigError(TlcoreError):
    pass


class WishNotMet(ConfigError):
    pass


class RecordError(TlcoreError):
    pass


class DataError(TlcoreError):
    pass


class DatasetNotFound(DataError):
    pass


class DatasetInvalid(DataError):
    pass


class EditsDoNotFit(DatasetInvalid):
    pass


class DatasetChanged(DataError):
    pass


class EditRefused(DataError):
    pass


class NotComparable(DataError):
    pass


class NotPlaceable(DataError):
    pass


class UnreadableImage(DataError):
    pass


class ImageTooCostly(UnreadableImage):
    pass


class ModelError(TlcoreError):
    pass


class UnknownBackbone(ModelError):
    pass


class WeightsError(ModelError):
    pass


class NotAllowed(TlcoreError):
    pass


class StorageError(TlcoreError):
    pass


class OutOfMemory(TlcoreError):
    pass


class DeviceError(TlcoreError):
    pass


class TrainingDiverged(TlcoreError):
    pass


class ExportRefused(TlcoreError):
    pass


class PushFailed(TlcoreError):
    pass


class CommandFailed(TlcoreError):
    pass


class RunError(TlcoreError):
    pass


class RunNotFound(RunError):
    pass


class RunUnreadable(RunError):
    pass


class RunBusy(RunError):
    pass


class CheckpointError(RunError):
    pass


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of an unknown-name message: the nearest known name, then all of them."""
    choices = sorted(known)
    near = get_close_matches(name, choices, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return f"{hint}Choose one of: {', '.join(choices)}."
