"""Where pretrained values come from: torchvision and its cache, our own file, or a user's.

Nothing that could run code is unpickled. Whether they fit the network is the business of `matching`.
"""

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlparse

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from tlcore.errors import WeightsError
from tlcore.models.architecture import Architecture
from tlcore.models.matching import StateDict

_WRAPPERS = ("state_dict", "model_state_dict", "model")  # keys under which training scripts save a state_dict
_WRAPPER_PREFIXES = re.compile(r"^(module\.|_orig_mod\.)+")  # of DataParallel and torch.compile


def load_weights(architecture: Architecture, weights: str) -> StateDict | None:
    """The state_dict that `imagenet`, `imagenet:NAME`, `builtin` or a file stands for, on the CPU. None for `none`.

    Downloads torchvision's file where its cache does not have it.
    Raises WeightsError where the weights do not exist, cannot be had, or are damaged.
    """
    file = weights_file(architecture, weights)
    if file is None:
        return None
    return _load_imagenet(architecture, weights, file) if _is_imagenet(weights) else _load_file(file)


def weights_file(architecture: Architecture, weights: str) -> Path | None:
    """The file that holds these weights, or will once it is downloaded. None for `none`.

    Torchvision's files lie in torch.hub's cache, which TORCH_HOME moves.
    Raises WeightsError for ImageNet or built-in weights that the architecture does not have.
    """
    if weights == "none":
        return None
    if weights == "builtin":
        return architecture.builtin_file
    if not _is_imagenet(weights):
        return Path(weights).expanduser()
    file_name = PurePosixPath(urlparse(architecture.pretrained(_name(weights)).url).path).name
    return Path(torch.hub.get_dir()) / "checkpoints" / file_name


def _is_imagenet(weights: str) -> bool:
    return weights.partition(":")[0] == "imagenet"


def _name(weights: str) -> str | None:
    """NAME of `imagenet:NAME`; None, which means the usual ones, for `imagenet`."""
    return weights.partition(":")[2] or None


def _load_imagenet(architecture: Architecture, weights: str, file: Path) -> StateDict:
    entry = architecture.pretrained(_name(weights))
    try:
        loaded = entry.get_state_dict(progress=False, check_hash=True, map_location="cpu", weights_only=True)
    except Exception as error:  # a download or a damaged pickle can fail with nearly anything
        if file.exists():
            raise WeightsError(
                f"{file} is damaged: it cannot be read as weights. Delete it, and it will be downloaded again; or "
                "choose `--weights FILE` or `--weights none`."
            ) from error
        raise WeightsError(
            f"The ImageNet weights of {architecture.name} are not on this machine, and could not be downloaded: "
            f"{error}.\nGet {file.name} from {entry.url} and put it into {file.parent} (the environment variable "
            "TORCH_HOME moves that folder); or choose `--weights FILE` for a file of your own, or `--weights none`."
        ) from error
    return _as_state_dict(loaded, file)


def read_state_dict(path: Path) -> tuple[StateDict, dict[str, Any]]:
    """The state_dict in a file, on the CPU, whatever device it was saved on; and what lies beside it, by name.

    Raises WeightsError where it cannot be read, or holds more than tensors and plain values.
    """
    loaded = _read_file(path)
    wrapper = _wrapper(loaded)
    beside = {} if wrapper is None else {str(name): value for name, value in loaded.items() if name != wrapper}
    return _as_state_dict(loaded, path), beside


def _load_file(path: Path) -> StateDict:
    return _as_state_dict(_read_file(path), path)


def _read_file(path: Path) -> Any:
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise WeightsError(
            f"No weights {str(path)!r}: expected `imagenet`, `imagenet:NAME`, `builtin`, `none`, or a file that ends "
            f"in {', '.join(_READERS)}."
        )
    if not path.is_file():
        raise WeightsError(f"No weights file at {path}. Check the path, or choose `imagenet` or `none`.")
    try:
        return reader(path)
    except OSError as error:
        raise WeightsError(f"Cannot read {path}: {error.strerror or error}.") from error


def _read_torch(path: Path) -> object:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # a damaged pickle can fail with nearly anything
        names = _refused_names(path)
        if names:
            raise WeightsError(
                f"{path} holds more than tensors ({', '.join(names[:3])}), perhaps a whole pickled model, and is not "
                "opened because that could run code. Save the state_dict alone: "
                "torch.save(model.state_dict(), path)."
            ) from error
        raise WeightsError(
            f"{path} is damaged or no PyTorch file. Copy or download it again, or save it anew with "
            "torch.save(model.state_dict(), path)."
        ) from error


def _refused_names(path: Path) -> list[str]:
    """What a file that was refused wanted to import; empty where it cannot even be looked through."""
    try:
        return sorted(torch.serialization.get_unsafe_globals_in_checkpoint(str(path)))
    except Exception:  # as above; the caller reports the file as damaged
        return []


def _read_safetensors(path: Path) -> object:
    try:
        return load_file(path, device="cpu")
    except SafetensorError as error:
        raise WeightsError(f"{path} is damaged or no safetensors file ({error}). Copy or download it again.") from error


_READERS: dict[str, Callable[[Path], object]] = {
    ".pth": _read_torch,
    ".pt": _read_torch,
    ".tar": _read_torch,
    ".safetensors": _read_safetensors,
}


def _wrapper(loaded: Any) -> str | None:
    """The key under which a training script saved its state_dict; None where it is not wrapped."""
    if not isinstance(loaded, dict):
        return None
    return next((key for key in _WRAPPERS if isinstance(loaded.get(key), dict)), None)


def _as_state_dict(loaded: Any, path: Path) -> StateDict:
    """Take a state_dict out of what a training script may have wrapped around it."""
    wrapper = _wrapper(loaded)
    if wrapper is not None:
        loaded = loaded[wrapper]
    if not isinstance(loaded, dict) or not loaded or not all(isinstance(value, Tensor) for value in loaded.values()):
        raise WeightsError(
            f"{path} does not hold a state_dict: expected tensors by name, alone or under "
            f"{', '.join(map(repr, _WRAPPERS))}. Save it with torch.save(model.state_dict(), path)."
        )
    return {_WRAPPER_PREFIXES.sub("", str(name)): tensor for name, tensor in loaded.items()}
