"""How images are prepared for weights: as their file says, if it was exported here, else as the architecture does.

Only the header of a safetensors file is read, without torch.
"""

import json
import struct
from pathlib import Path

from pydantic import ValidationError

from tlcore.config import is_weights_file
from tlcore.models.architecture import Architecture
from tlcore.system.paths import given_path
from tlcore.transforms.spec import TransformSpec

ENDING = ".safetensors"
KEY = "transform"
"""The entry of the metadata with the evaluation transform, as JSON."""
MAX_HEADER_BYTES = 8_000_000
_LENGTH = struct.Struct("<Q")


def transform_in(path: Path) -> TransformSpec | None:
    """The evaluation transform in a weights file. None if there is none, or none that can be used.

    Whether the file holds weights at all is checked where they are read.
    """
    if path.suffix.lower() != ENDING or not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
            header = json.loads(file.read(length)) if length <= MAX_HEADER_BYTES else {}
        spec = TransformSpec.model_validate_json(header["__metadata__"][KEY])
    except (OSError, struct.error, ValueError, RecursionError, LookupError, TypeError, ValidationError):
        return None
    return None if spec.is_random else spec


def transform_for(architecture: Architecture, weights: str | None) -> TransformSpec:
    """The evaluation transform for weights, named as in a RunConfig: that in their file, else the architecture's.

    Raises WeightsError for a name that does not exist.
    """
    found = transform_in(given_path(weights)) if weights and is_weights_file(weights) else None
    return found or architecture.eval_transform(weights)
