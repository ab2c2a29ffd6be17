"""Write into a run folder without creating it: a run that was deleted while it trained stays deleted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from tlcore.errors import RunNotFound
from tlcore.system.files import write_atomic


def write_in(run: Path, file: Path, write: Callable[[BinaryIO], object], *, durable: bool = True) -> None:
    """As `write_atomic`, for a file below the folder `run`. Raises RunNotFound if this folder is gone."""
    try:
        for folder in reversed(file.relative_to(run).parents[:-1]):
            (run / folder).mkdir(exist_ok=True)
        write_atomic(file, write, durable=durable, make_folder=False)
    except FileNotFoundError:
        check_there(run)
        raise


def write_json_in(run: Path, file: Path, data: Any, *, durable: bool = False) -> None:
    """Write `data` as JSON in the same way."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_in(run, file, lambda out: out.write(text.encode()), durable=durable)


def check_there(run: Path) -> None:
    """Raises RunNotFound if the folder of a run is gone."""
    if not run.is_dir():
        raise RunNotFound(f"Run {run.name} is not there any more: its folder was deleted or moved.")
