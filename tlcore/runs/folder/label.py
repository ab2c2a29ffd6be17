"""The user's name and note for a run, in a small separate file, because run.json never changes."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from tlcore.errors import ConfigError, TlcoreError
from tlcore.runs.folder.layout import LABEL_FILE
from tlcore.system.files import write_json
from tlcore.system.records import read_record

LONGEST_NAME, LONGEST_NOTE = 60, 2000
_MAX_BYTES = 64 << 10


class RunLabel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = 1
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NAME)] = ""
    """Empty: the run has no name; its settings distinguish it from others."""
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NOTE)] = ""


def load_label(folder: Path) -> RunLabel:
    """The label of a run folder; empty if there is none or it cannot be read."""
    try:
        return read_record(folder / LABEL_FILE, RunLabel, "a label", max_bytes=_MAX_BYTES)
    except (FileNotFoundError, TlcoreError):
        return RunLabel()


def save_label(folder: Path, name: str, note: str = "") -> RunLabel:
    """Replace the label of a run. Raises ConfigError if name or note are too long."""
    try:
        label = RunLabel(name=" ".join(name.split()), note=note)
    except ValidationError:
        raise ConfigError(
            f"A run's name has at most {LONGEST_NAME} characters and its note {LONGEST_NOTE}; these have "
            f"{len(name)} and {len(note)}."
        ) from None
    write_json(folder / LABEL_FILE, label.model_dump(), durable=False)
    return label
