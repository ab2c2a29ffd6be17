"""A request to stop a run, left in its folder for the process that trains this run."""

from pathlib import Path
from typing import Literal

from tlcore.runs.folder.layout import STOP_FILE
from tlcore.system.files import write_atomic

Stop = Literal["after_epoch", "now"]


def ask_to_stop(folder: Path, stop: Stop) -> None:
    write_atomic(folder / STOP_FILE, lambda file: file.write(stop.encode()), durable=False)


def asked_to_stop(folder: Path) -> Stop | None:
    """The latest request; None if there is none. Fast enough to be called after every batch."""
    try:
        text = (folder / STOP_FILE).read_text(encoding="utf-8")
    except OSError:
        return None
    return "now" if text == "now" else "after_epoch"


def clear_request(folder: Path) -> None:
    (folder / STOP_FILE).unlink(missing_ok=True)
