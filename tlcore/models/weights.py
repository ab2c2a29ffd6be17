"""Get pretrained values from torchvision and its cache, from a package, from our own file, or from a user's file.

`tensor_files` and `saved_model` read files; `matching` checks whether they fit the network.
"""

from pathlib import Path, PurePosixPath
from urllib.parse import urlparse

import torch

from tlcore.errors import WeightsError
from tlcore.models.architecture import Architecture
from tlcore.models.saved_model import StateDict, as_state_dict, read_saved_model
from tlcore.system.paths import given_path

_OTHER_WEIGHTS = "`--weights FILE` takes a file of your own, `--weights none` random values."


def load_weights(architecture: Architecture, weights: str) -> StateDict | None:
    """The state_dict of `imagenet`, `imagenet:NAME`, `builtin` or a file, on the CPU. None for `none`.

    Downloads torchvision's file if it is not in the cache.
    Raises WeightsError if the weights do not exist, cannot be downloaded, or are damaged.
    """
    file = weights_file(architecture, weights)
    if file is None:
        return None
    if architecture.packaged is not None and weights == "imagenet":
        architecture.packaged.check()
        return _in_order(read_saved_model(file).state_dict, architecture, file)
    return _load_imagenet(architecture, weights, file) if _is_imagenet(weights) else read_saved_model(file).state_dict


def weights_file(architecture: Architecture, weights: str) -> Path | None:
    """The file with these weights, which may not be downloaded yet. None for `none`.

    Torchvision's files are in torch.hub's cache; TORCH_HOME changes its place. A package may not be installed.
    Raises WeightsError for ImageNet or built-in weights that the architecture does not have.
    """
    if weights == "none":
        return None
    if weights == "builtin":
        return architecture.builtin_file
    if not _is_imagenet(weights):
        return given_path(weights)
    if architecture.packaged is not None and weights == "imagenet":
        return architecture.packaged.path
    file_name = PurePosixPath(urlparse(architecture.pretrained(_name(weights)).url).path).name
    return Path(torch.hub.get_dir()) / "checkpoints" / file_name


def _is_imagenet(weights: str) -> bool:
    return weights.partition(":")[0] == "imagenet"


def _name(weights: str) -> str | None:
    """NAME in `imagenet:NAME`; None for `imagenet`, which means the usual weights."""
    return weights.partition(":")[2] or None


def _in_order(values: StateDict, architecture: Architecture, file: Path) -> StateDict:
    """The values under the names of the network. Raises WeightsError if their number or a shape differs."""
    wanted = architecture.outline().state_dict()
    if [value.shape for value in values.values()] != [value.shape for value in wanted.values()]:
        raise WeightsError(
            f"The {len(values)} tensors in {file} do not fit the {len(wanted)} of {architecture.name}, one by one. "
            "Install the versions of timm and of the package that requirements.txt names."
        )
    return dict(zip(wanted, values.values(), strict=True))


def _load_imagenet(architecture: Architecture, weights: str, file: Path) -> StateDict:
    entry = architecture.pretrained(_name(weights))
    try:
        loaded = entry.get_state_dict(progress=False, check_hash=True, map_location="cpu", weights_only=True)
    except Exception as error:  # a download or a damaged pickle can raise almost any error
        if file.exists():
            raise WeightsError(
                f"{file} is damaged: it cannot be read as weights. Delete it, and it will be downloaded again; or "
                "choose other weights.",
                cli=_OTHER_WEIGHTS,
            ) from error
        raise WeightsError(
            f"The ImageNet weights of {architecture.name} are not on this machine, and could not be downloaded: "
            f"{error}.\nGet {file.name} from {entry.url} and put it into {file.parent}; or choose a file of "
            "your own, or random weights.",
            cli=f"The environment variable TORCH_HOME moves that folder. {_OTHER_WEIGHTS}",
        ) from error
    return as_state_dict(loaded, file)
