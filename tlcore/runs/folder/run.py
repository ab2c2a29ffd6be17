"""A run folder: create it, find it by name, and read its records. Writing during training is `runs.work.execute`."""

import os
import platform
import re
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from tlcore.config import ResolvedConfig
from tlcore.data.catalog import save_samples
from tlcore.data.dataset import SPLITS, Dataset
from tlcore.data.edits.log import Log, read_log
from tlcore.errors import CheckpointError, RecordError, RunError, RunNotFound, RunUnreadable, suggestion
from tlcore.runs.folder.info import FORMAT, RunInfo, parse_info
from tlcore.runs.folder.layout import EDITS_FILE, RUN_FILE, SAMPLES_FILE, SKIPPED_FILE, list_epochs
from tlcore.runs.folder.metrics_file import read_records
from tlcore.runs.folder.status import Status, read_status, write_status
from tlcore.system.allowance import Wish, room_for
from tlcore.system.files import write_atomic, write_json
from tlcore.system.home import check_readable, runs_dir, space
from tlcore.system.portable import located
from tlcore.system.records import read_json, read_record
from tlcore.training.curves import curves_table
from tlcore.training.history import EpochRecord, best_epoch, trained_here

if TYPE_CHECKING:
    import pandas as pd


class _Skipped(BaseModel):
    id: str


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
        """Path, label and split of every sample, from when the run was created."""
        return self.path / SAMPLES_FILE

    def edits(self) -> Log | None:
        """The edits of the dataset that the run was trained with; None if the folder has none.

        Raises RecordError if they cannot be read.
        """
        path = self.path / EDITS_FILE
        return read_log(path) if path.exists() else None

    @cached_property
    def info(self) -> RunInfo:
        """run.json: the description from the start.

        Raises RunNotFound if there is none, RunUnreadable if it is damaged or from a newer version.
        """
        path = self.path / RUN_FILE
        try:
            described = read_json(path, "the description of a run", error=RunUnreadable)
            return parse_info(located(described, self.path.absolute().parents[1]), str(path))
        except FileNotFoundError:
            raise RunNotFound(f"{self.path} has no {RUN_FILE}: it is not a run folder.") from None

    @property
    def config(self) -> ResolvedConfig:
        return self.info.config

    @property
    def classes(self) -> tuple[str, ...]:
        return self.info.dataset.classes

    @property
    def report_split(self) -> str:
        """`test`, or `val` if the data has no test split."""
        return self.info.dataset.report_split

    def skipped_ids(self) -> set[str]:
        """Samples of train and val that could not be read; empty if their list is damaged, which `problems` reports."""
        return self._skipped()[0]

    def status(self) -> Status:
        return read_status(self.path)

    def epochs(self) -> list[int]:
        """Epochs with a checkpoint."""
        return list_epochs(self.checkpoints)

    def history(self) -> list[EpochRecord]:
        """Records of the epochs so far, ascending. Damaged ones are left out; `problems` reports them."""
        return read_records(self.path)[0]

    def chosen_epoch(self, asked: int | None = None) -> int:
        """The `asked` epoch; without one, the best on val. Raises CheckpointError if there is no epoch yet."""
        if asked is not None:
            return asked
        if not (history := self.history()):
            raise CheckpointError(f"Run {self.name} has no epoch yet.", cli=f"Start it with `resume {self.name}`.")
        return best_epoch(history)

    def problems(self) -> list[str]:
        """A sentence for each record, other than run.json, that cannot be read and so is left out."""
        return [*read_records(self.path)[1], *self._skipped()[1]]

    def _skipped(self) -> tuple[set[str], list[str]]:
        try:
            listed = read_record(self.path / SKIPPED_FILE, list[_Skipped], "a list of images")
        except FileNotFoundError:
            return set(), []
        except RecordError as error:
            return set(), [str(error)]
        return {image.id for image in listed}, []

    def curves(self) -> "pd.DataFrame":
        """The `curves_table` of the epochs that were trained here, for `figures.training`."""
        return curves_table(trained_here(self.history()), self.name)


def create_run(config: ResolvedConfig, dataset: Dataset, fingerprint: str, facts: dict[str, Any]) -> Run:
    """Create the folder of a new run. If that fails, nothing is left behind.

    `facts` are further fields of `RunInfo`: `device`, `recipe`, `sweep`. Raises NotAllowed if a visitor has too many.
    """
    with room_for(Wish(runs=1)):
        return _create(config, dataset, fingerprint, facts)


def _create(config: ResolvedConfig, dataset: Dataset, fingerprint: str, facts: dict[str, Any]) -> Run:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    stem = f"{stamp}-{_slug(config.model.backbone)}-{_slug(dataset.name)}"
    path = _make_folder(stem)
    try:
        (path / "checkpoints").mkdir()
        save_samples(dataset, path / SAMPLES_FILE)
        if (edits := dataset.edits) is not None:
            write_atomic(path / EDITS_FILE, lambda file: file.write(edits.log.content))
        write_status(path, "queued", pid=0, epochs=config.epochs)  # no worker has it yet
        info = parse_info({**_description(config, dataset, fingerprint), **facts}, str(path / RUN_FILE))
        write_json(path / RUN_FILE, info.model_dump(mode="json"))
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise
    return Run(path)


def list_runs() -> list[Run]:
    """All runs that this space can see, the newest first."""
    here = space()
    files = [
        *(file for home in here.homes for file in (home / "runs").glob(f"[!.]*/{RUN_FILE}")),  # .: being deleted
        *(file for granted in here.granted if (file := granted / RUN_FILE).is_file()),
    ]
    return [Run(file.parent) for file in sorted(files, key=lambda file: file.parent.name, reverse=True)]


def split_readable(runs: Iterable[Run]) -> tuple[list[Run], dict[str, str]]:
    """The runs whose description can be read; and for the others, by name, why it cannot."""
    readable, unreadable = [], {}
    for run in runs:
        try:
            _ = run.info
        except RunError as error:
            unreadable[run.name] = str(error)
        else:
            readable.append(run)
    return readable, unreadable


def find_run(name: str) -> Run:
    """A run by its path, its name, a unique beginning of its name, or `latest`.

    Raises RunNotFound, and NotAllowed for the path of a run of somebody else.
    """
    as_path = Path(os.path.expanduser(name))
    if os.path.isfile(as_path / RUN_FILE):  # unlike Path.is_file, False for an impossible file name
        check_readable(as_path)
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
    packages = ("torch", "torchvision", "timm", "pillow", "numpy")
    return {
        "format": FORMAT,
        "created": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "config": config.model_dump(mode="json"),
        "dataset": {
            "name": dataset.name,
            "fingerprint": fingerprint,
            "classes": list(dataset.classes),
            "counts": {split: len(dataset.split(split)) for split in SPLITS},
            "report_split": dataset.report_split,
            "notes": list(dataset.notes),
            "edits": {} if dataset.edits is None else dataset.edits.summary,
        },
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
    }
