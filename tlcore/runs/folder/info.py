"""`run.json`: what was decided when a run was made, as a typed record with the number of its format."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tlcore.config import ResolvedConfig
from tlcore.errors import RunUnreadable
from tlcore.system.records import as_record

FORMAT = 1
"""Of run folders and checkpoints. It rises when an older version would misread what is written."""


class DatasetInfo(BaseModel):
    """The dataset as it was when the run was made."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    fingerprint: str
    classes: Annotated[tuple[str, ...], Field(min_length=1)]
    """In the order of the logits."""
    counts: dict[str, Annotated[int, Field(ge=0)]]
    """Images per split."""
    report_split: Literal["test", "val"]
    """`val` where the data has no test split."""
    notes: tuple[str, ...] = ()


class RunInfo(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")  # whoever makes a run may note more

    format: int = FORMAT
    created: str = ""
    """Local time with its offset, in ISO 8601."""
    config: ResolvedConfig
    dataset: DatasetInfo
    versions: dict[str, str] = {}
    """Of Python and the packages that figures depend on."""
    device: str = ""
    """Where it was made to train, in words."""
    recipe: str = ""
    """Name of the recipe that it was made from, if it was."""
    sweep: str = ""
    """Name that the runs of a sweep have in common."""


def parse_info(data: Any, where: str) -> RunInfo:
    """Raises RunUnreadable where it is not the description of a run, or of a newer version."""
    check_format(data, where)
    return as_record(data, RunInfo, "the description of a run", where, error=RunUnreadable)


def check_format(data: Any, where: str) -> None:
    """Refuse, with RunUnreadable, what a newer version wrote. A record without a number is of the first format."""
    number = data.get("format", FORMAT) if isinstance(data, dict) else FORMAT
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise RunUnreadable(f"{where} has no number as its format. It is damaged, or not of this project.")
    if number > FORMAT:
        raise RunUnreadable(
            f"{where} was made by a newer version of this project (format {number}, and this version reads up to "
            f"{FORMAT}). Update this version to use it."
        )
