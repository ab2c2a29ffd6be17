"""Notes from when a dataset was added. They are stored with its images and shown whenever the dataset is opened.

In a copied folder the file may come from anybody, so it is read as untrusted input.
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
    """Store sentences about a dataset in this folder."""
    write_json(folder / _NAME, {"notes": list(notes[:_MAX_NOTES])})


def load_notes(folder: Path) -> tuple[str, ...]:
    """The sentences stored for a dataset in this folder; empty if there are none or the file is not such a record."""
    with suppress(RecordError, OSError):
        record = read_record(folder / _NAME, dict[str, list[str]], "notes on a dataset", max_bytes=_MAX_BYTES)
        notes = record.get("notes", [])[:_MAX_NOTES]
        return tuple(note[:_MAX_LETTERS] for note in notes if is_harmless(note))
    return ()
