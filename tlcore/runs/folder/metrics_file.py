"""`metrics.jsonl`: a line for each epoch, appended while training, or all written anew."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from tlcore.runs.folder.layout import METRICS_FILE
from tlcore.system.files import write_atomic
from tlcore.training.history import EpochRecord


def append_record(run: Path, record: EpochRecord) -> None:
    """Returns once the disk has it."""
    with (run / METRICS_FILE).open("a", encoding="utf-8") as file:
        file.write(_line(record))
        file.flush()
        os.fsync(file.fileno())


def write_records(run: Path, records: Iterable[EpochRecord]) -> None:
    """Replace all that is there."""
    lines = "".join(map(_line, records))
    write_atomic(run / METRICS_FILE, lambda file: file.write(lines.encode()))


def _line(record: EpochRecord) -> str:
    return json.dumps(record.to_json(), allow_nan=False) + "\n"
