"""`run.json`: the description of a run from its creation, as a typed record with a format number."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tlcore.config import ResolvedConfig
from tlcore.errors import RunUnreadable
from tlcore.system.records import as_record

FORMAT = 1
"""Format of run folders and checkpoints. It increases when an older version would misread the files."""


class DatasetInfo(BaseModel):
    """The dataset as it was when the run was created."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    fingerprint: str
    classes: Annotated[tuple[str, ...], Field(min_length=1)]
    """Class names in the order of the logits."""
    counts: dict[str, Annotated[int, Field(ge=0)]]
    """Images per split."""
    report_split: Literal["test", "val"]
    """The report split: `test`, or `val` if the data has no test split."""
    notes: tuple[str, ...] = ()
    edits: dict[str, Annotated[int, Field(ge=0)]] = {}
    """The summary of its edits, as `AppliedEdits.summary` gives it; empty if it had none."""


class RunInfo(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")  # callers may add further entries

    format: int = FORMAT
    created: str = ""
    """Local time of creation with its UTC offset, in ISO 8601."""
    config: ResolvedConfig
    dataset: DatasetInfo
    versions: dict[str, str] = {}
    """Versions of Python and of the packages that affect the results."""
    device: str = ""
    """The device chosen for training, in words."""
    recipe: str = ""
    """Name of the recipe that the run was made from, if any."""
    sweep: str = ""
    """Name that the runs of a sweep share."""


def parse_info(data: Any, where: str) -> RunInfo:
    """The typed record. Raises RunUnreadable if it is not the description of a run, or is from a newer version."""
    check_format(data, where)
    return as_record(data, RunInfo, "the description of a run", where, error=RunUnreadable)


def check_format(data: Any, where: str) -> None:
    """Raises RunUnreadable for a record of a newer version. A record without a number has the first format."""
    number = data.get("format", FORMAT) if isinstance(data, dict) else FORMAT
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise RunUnreadable(f"{where} has no number as its format. It is damaged, or not of this project.")
    if number > FORMAT:
        raise RunUnreadable(
            f"{where} was made by a newer version of this project (format {number}, and this version reads up to "
            f"{FORMAT}). Update this version to use it."
        )
