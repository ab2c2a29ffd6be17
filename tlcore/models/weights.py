"""Get pretrained values: those of a name, which the architecture knows, or those in a user's file.

`tensor_files` and `saved_model` read files; the architecture checks whether the values fit.
"""

from pathlib import Path

from tlcore.config import is_weights_file
from tlcore.models.architecture import Architecture
from tlcore.models.saved_model import StateDict, read_saved_model
from tlcore.system.paths import given_path


def load_weights(architecture: Architecture, weights: str) -> StateDict | None:
    """The state_dict of named weights or of a file, on the CPU, under the names it was published with. None for `none`.

    Downloads a file that is published and not in its cache.
    Raises WeightsError if the weights do not exist, cannot be downloaded, or are damaged.
    """
    if weights == "none":
        return None
    if is_weights_file(weights):
        return read_saved_model(given_path(weights)).state_dict
    return architecture.load_named(weights)


def weights_file(architecture: Architecture, weights: str) -> Path | None:
    """The file with these weights, which may not be downloaded yet. None for `none`.

    Raises WeightsError for named weights that the architecture does not have.
    """
    if weights == "none":
        return None
    return given_path(weights) if is_weights_file(weights) else architecture.named_file(weights)
