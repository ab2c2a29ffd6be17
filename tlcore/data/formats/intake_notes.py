"""What was said when a dataset was taken in, kept beside its images, so that it is said whenever the dataset is opened.

A copied folder may hold anybody's: it is read as outside input.
"""

from contextlib import suppress
from pathlib import Path

from tlcore.data.formats.names import is_harmless
from tlcore.errors import RecordError
from tlcore.system.files import write_json
from tlcore.system.records import read_record

_NAME = ".taken-in.json"
_MAX_NOTES, _MAX_LETTERS, _MAX_BYTES = 50, 1_000, 1 << 20


def save_notes(folder: Path, notes: tuple[str, ...]) -> None:
    """Keep sentences on a dataset in this folder."""
    write_json(folder / _NAME, {"notes": list(notes[:_MAX_NOTES])})


def load_notes(folder: Path) -> tuple[str, ...]:
    """The sentences kept for a dataset in this folder; none where there are none, or no such record."""
    with suppress(RecordError, OSError):
        record = read_record(folder / _NAME, dict[str, list[str]], "notes on a dataset", max_bytes=_MAX_BYTES)
        notes = record.get("notes", [])[:_MAX_NOTES]
        return tuple(note[:_MAX_LETTERS] for note in notes if is_harmless(note))
    return ()
