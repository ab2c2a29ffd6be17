"""`Recipe`: a `RunConfig` with a name, a description of its data, and the expected result. Plain data, JSON both ways.

A recipe contains no paths of a machine, so it can be shared: its data is named by the last folder of its path, and
`tlcore.recipes.fitting` searches for it.
"""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tlcore.config import RunConfig

RUN_INFO_KEY = "recipe"
"""Entry of run.json with the name of the recipe that a run was made from."""
NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,58}[a-z0-9])?")
Text = Annotated[str, Field(max_length=20_000)]


class Recipe(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    """Name for the command line: 1 to 60 lower-case letters, digits, `-` and `_`."""
    title: Annotated[str, Field(min_length=1, max_length=120)]
    summary: Annotated[str, Field(max_length=300)] = ""
    """Title in one line."""
    task: Literal["train", "predict"] = "train"
    """`predict` trains nothing: it shows what pretrained weights predict for photographs."""
    config: RunConfig
    """The settings. `data.source` is a name, or the last folder of a path. Weights are never a file."""
    data: Text = ""
    """What the data is, for people."""
    data_from: Text = ""
    """How to get the data, and what its folder then contains, for people."""
    expect: Annotated[str, Field(max_length=200)] = ""
    """The expected accuracy and the source of this figure, in few words."""
    exercise: Text = ""
    """The original exercise, and the results reported there."""
    better: Text = ""
    """Mistakes in the original exercise that this recipe avoids."""
    drawn: tuple[str, ...] = ()
    """Names of insects of the demo that are its picture. Other names count for nothing."""

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            raise ValueError(
                "use 1 to 60 small letters, digits, - and _, beginning and ending with a letter or a digit"
            )
        return name
