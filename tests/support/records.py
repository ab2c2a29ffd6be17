"""Run folders written by hand, with the minimal content of their records."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tlcore.config import parse_config
from tlcore.runs.folder.layout import RUN_FILE
from tlcore.runs.folder.run import Run
from tlcore.training.resolve import resolve


def write_run(
    folder: Path,
    classes: Sequence[str] = ("ants", "bees"),
    report_split: str = "test",
    counts: Mapping[str, int] | None = None,
    config: Mapping[str, Any] | None = None,
) -> Run:
    """A run folder that contains only run.json; the folder is created if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    info = {
        "format": 1,
        "config": config or resolve(parse_config({"data": {"source": "x"}})).model_dump(mode="json"),
        "dataset": {
            "name": "insects",
            "fingerprint": "0",
            "classes": list(classes),
            "counts": counts or {"train": 10, "val": 8, "test": 4},
            "report_split": report_split,
        },
    }
    (folder / RUN_FILE).write_text(json.dumps(info))
    return Run(folder)


def change_info(run: Run, **changes: Any) -> Run:
    """Change entries in the part of run.json that describes the dataset."""
    info = json.loads((run.path / RUN_FILE).read_text())
    info["dataset"] |= changes
    (run.path / RUN_FILE).write_text(json.dumps(info))
    return Run(run.path)
