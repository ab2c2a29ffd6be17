"""`tracking.json`: the trackers of a run, and what they have been told, so that a resumed run goes on in the same."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tlcore.errors import RecordError
from tlcore.runs.folder.layout import TRACKING_FILE
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.writing import write_json_in
from tlcore.system.records import read_record

FORMAT = 1


class Tracked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Annotated[str, Field(max_length=60)]
    """A name in `TRACKERS`."""
    identity: Annotated[str, Field(max_length=200)] = ""
    """Under which the tracker knows the run; empty: not started yet, or not needed."""
    started: bool = False
    """Whether it has the configuration."""
    epoch: Annotated[int, Field(ge=-1)] = -1
    """The last epoch that it was told of. -1: none."""
    reported: Annotated[int, Field(ge=-1)] = -1
    """The epoch whose figures on the report split it has. -1: none."""


class _Tracking(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Annotated[int, Field(ge=1, le=FORMAT)] = FORMAT
    trackers: tuple[Tracked, ...] = ()


def load_tracked(run: Run) -> tuple[Tracked, ...]:
    """The trackers of a run; none if their record is damaged or newer: a run is trained all the same."""
    try:
        return read_record(run.path / TRACKING_FILE, _Tracking, "a record of trackers").trackers
    except (FileNotFoundError, RecordError):
        return ()


def save_tracked(run: Run, trackers: tuple[Tracked, ...]) -> None:
    """Replace the record. Raises RunNotFound if the run's folder is gone."""
    write_json_in(run.path, run.path / TRACKING_FILE, _Tracking(trackers=trackers).model_dump(mode="json"))
