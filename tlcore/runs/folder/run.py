"""A run folder: created once, found by name, read by anybody."""

import json
import platform
import re
import shutil
import time
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.config import ResolvedConfig, parse_resolved
from tlcore.data.catalog import save_samples
from tlcore.data.dataset import SPLITS, Dataset
from tlcore.errors import RunNotFound, suggestion
from tlcore.runs.folder.layout import METRICS_FILE, RUN_FILE, SAMPLES_FILE, SKIPPED_FILE, list_epochs
from tlcore.runs.folder.status import Status, read_status, write_status
from tlcore.system.files import write_json
from tlcore.system.home import runs_dir
from tlcore.training.curves import curves_table
from tlcore.training.history import EpochRecord, trained_here

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Run:
    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def samples_file(self) -> Path:
        """Path, label and split of every sample, as they were when the run was made."""
        return self.path / SAMPLES_FILE

    @cached_property
    def info(self) -> dict[str, Any]:
        """run.json: what was decided at the start. Raises RunNotFound where it is missing or damaged."""
        try:
            info = json.loads((self.path / RUN_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise RunNotFound(f"{self.path} holds no readable {RUN_FILE}: it is not a run folder.") from None
        if not isinstance(info, dict):
            raise RunNotFound(f"{self.path / RUN_FILE} does not describe a run.")
        return info

    @cached_property
    def config(self) -> ResolvedConfig:
        return parse_resolved(self.info.get("config"), str(self.path / RUN_FILE))

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.info["dataset"]["classes"])

    @property
    def report_split(self) -> str:
        """`test`, or `val` where the data has no test split."""
        return str(self.info["dataset"]["report_split"])

    def skipped_ids(self) -> set[str]:
        """Samples of train and val that could not be read."""
        try:
            listed = json.loads((self.path / SKIPPED_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return set()
        return {image["id"] for image in listed}

    def status(self) -> Status:
        return read_status(self.path)

    def epochs(self) -> list[int]:
        """Epochs with a checkpoint."""
        return list_epochs(self.checkpoints)

    def history(self) -> list[EpochRecord]:
        """Records of the epochs so far, ascending; a torn last line is ignored."""
        try:
            text = (self.path / METRICS_FILE).read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        complete = text[: text.rfind("\n") + 1]
        records = [EpochRecord(**json.loads(line)) for line in complete.splitlines()]
        return sorted(records, key=lambda record: record.epoch)

    def curves(self) -> "pd.DataFrame":
        """The epochs that were trained here, as `curves_table` has them: what `figures.training` draws."""
        return curves_table(trained_here(self.history()), self.name)


def create_run(config: ResolvedConfig, dataset: Dataset, fingerprint: str, facts: dict[str, Any]) -> Run:
    """Make the folder of a new run. `facts` are further entries for run.json. Nothing half-made is left behind."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    stem = f"{stamp}-{config.model.backbone}-{_slug(dataset.name)}"
    path = _make_folder(stem)
    try:
        (path / "checkpoints").mkdir()
        save_samples(dataset, path / SAMPLES_FILE)
        write_status(path, "queued", pid=0, epochs=config.epochs)  # in no worker's hands yet
        write_json(path / RUN_FILE, {**_description(config, dataset, fingerprint), **facts})
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise
    return Run(path)


def list_runs() -> list[Run]:
    """Every run, the newest first."""
    files = sorted(runs_dir().glob(f"[!.]*/{RUN_FILE}"), reverse=True)  # a folder with a dot is being deleted
    return [Run(file.parent) for file in files]


def find_run(name: str) -> Run:
    """A run by its path, its name, the beginning of its name where only one begins so, or `latest`.

    Raises RunNotFound.
    """
    as_path = Path(name).expanduser()
    if (as_path / RUN_FILE).is_file():
        return Run(as_path.resolve())
    runs = list_runs()
    if not runs:
        raise RunNotFound(
            f"No run {name!r}: there are none in {runs_dir()} yet. Make one with `python -m tlcore train`."
        )
    if name == "latest":
        return runs[0]
    found = [run for run in runs if run.name == name] or [run for run in runs if run.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    names = [run.name for run in runs]
    if found:
        raise RunNotFound(f"{len(found)} runs begin with {name!r}: {', '.join(run.name for run in found)}.")
    raise RunNotFound(f"No run {name!r} in {runs_dir()}. {suggestion(name, names)}")


def _make_folder(stem: str) -> Path:
    runs_dir().mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = runs_dir() / (stem if number == 1 else f"{stem}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        else:
            return path


def _slug(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60] or "dataset"


def _description(config: ResolvedConfig, dataset: Dataset, fingerprint: str) -> dict[str, Any]:
    packages = ("torch", "torchvision", "pillow", "numpy")
    return {
        "format": 1,
        "created": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "config": config.model_dump(mode="json"),
        "dataset": {
            "name": dataset.name,
            "fingerprint": fingerprint,
            "classes": list(dataset.classes),
            "counts": {split: len(dataset.split(split)) for split in SPLITS},
            "report_split": dataset.report_split,
            "notes": list(dataset.notes),
        },
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
    }
