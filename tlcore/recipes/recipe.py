"""`Recipe`: a `RunConfig` with a name, what data it is for, and what to expect. Plain data, JSON both ways.

A recipe holds no path of any machine, so that it can be shared: its data is named by the last folder of its path, and
looked for by `tlcore.recipes.fitting`.
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
    """What it is asked for by: 1 to 60 small letters, digits, `-` and `_`."""
    title: Annotated[str, Field(min_length=1, max_length=120)]
    summary: Annotated[str, Field(max_length=300)] = ""
    """One line."""
    task: Literal["train", "predict"] = "train"
    """`predict` trains nothing: it names what pretrained weights see in photographs."""
    config: RunConfig
    """`data.source` is a name, or the last folder of a path. Weights are never a file."""
    data: Text = ""
    """What the data is, for people."""
    data_from: Text = ""
    """How to get it, and what its folder then holds, for people."""
    expect: Annotated[str, Field(max_length=200)] = ""
    """The accuracy to expect, and where that figure comes from, in few words."""
    exercise: Text = ""
    """The exercise that it comes from, and what is reported there."""
    better: Text = ""
    """What the exercise gets wrong, and this does right."""
    drawn: tuple[str, ...] = ()
    """Names of drawings in `tlcore.drawing` that stand for the data where there is none yet."""

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            raise ValueError(
                "use 1 to 60 small letters, digits, - and _, beginning and ending with a letter or a digit"
            )
        return name
