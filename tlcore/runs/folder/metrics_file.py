"""`metrics.jsonl`: one line per epoch, appended during training, or all lines replaced."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from tlcore.errors import RecordError
from tlcore.runs.folder.layout import METRICS_FILE
from tlcore.runs.folder.writing import check_there, write_in
from tlcore.system.records import as_record, parse_json, read_bytes
from tlcore.training.history import EpochRecord

WHAT = "the record of an epoch"


def append_record(run: Path, record: EpochRecord) -> None:
    """Append an epoch; returns when it is on the disk. Raises RunNotFound if the run is gone."""
    try:
        with (run / METRICS_FILE).open("a", encoding="utf-8") as file:
            file.write(_line(record))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        check_there(run)
        raise


def write_records(run: Path, records: Iterable[EpochRecord]) -> None:
    """Replace all lines."""
    lines = "".join(map(_line, records))
    write_in(run, run / METRICS_FILE, lambda file: file.write(lines.encode()))


def read_records(run: Path) -> tuple[list[EpochRecord], list[str]]:
    """The epochs, ascending, and a sentence for each invalid line; an incomplete last line is ignored.

    If an epoch has several lines, the last one counts.
    """
    path = run / METRICS_FILE
    try:
        content = read_bytes(path, "a list of epochs")
    except FileNotFoundError:
        return [], []
    except RecordError as error:
        return [], [str(error)]
    records, damaged = {}, []
    for number, line in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), 1):
        where = f"Line {number} of {path}"
        try:
            record = as_record(parse_json(line, WHAT, where), EpochRecord, WHAT, where)
        except RecordError as error:
            damaged.append(str(error))
            continue
        records[record.epoch] = record
    return [records[epoch] for epoch in sorted(records)], damaged


def _line(record: EpochRecord) -> str:
    return json.dumps(record.to_json(), allow_nan=False) + "\n"
