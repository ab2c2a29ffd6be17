"""Read a file of torch.save or safetensors. The file may come from anybody.

Nothing that could run code is unpickled, and the size of the content is checked before anything is loaded.
`saved_model` interprets the content.
"""

import argparse
import itertools
import json
import os
import pickletools
import struct
import warnings
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from tlcore.errors import WeightsError
from tlcore.models.file_endings import WEIGHTS_ENDINGS
from tlcore.words import size

MAX_BYTES = 8_000_000_000
"""Largest file: the largest network of the zoo in double precision, with two optimiser values per weight."""
MAX_TENSORS = 20_000
MAX_INDEX_BYTES = 8_000_000
"""Largest description of the tensors in a file: the pickle of torch.save, the header of safetensors."""
MAX_INSTRUCTIONS = 500_000
"""Largest pickle from before torch 1.6, whose length is not recorded anywhere."""

_NUMPY_SCALAR: Any = np.float64(0).__reduce__()[0]
_SAFE: list[Any] = [
    argparse.Namespace,  # the options of a training script, as saved by torchvision's reference scripts
    np.dtype,
    (_NUMPY_SCALAR, "numpy._core.multiarray.scalar"),
    (_NUMPY_SCALAR, "numpy.core.multiarray.scalar"),  # its name before numpy 2
    *(type(np.dtype(kind)) for kind in ("bool", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")),
]
"""Types that training scripts save along with tensors, and that only hold values."""

_NOT_WEIGHTS = (  # first bytes of a file -> its kind
    (
        b"version https://git-lfs",
        "a pointer of Git LFS in place of the weights. Run `git lfs pull`, or download the file",
    ),
    (b"<!doctype", "a web page in place of the weights. Download the file again, not the page that links to it"),
    (b"<html", "a web page in place of the weights. Download the file again, not the page that links to it"),
    (b"<?xml", "an XML answer in place of the weights. Download the file again"),
    (b"\x1f\x8b", "packed with gzip. Unpack it first"),
    (b"BZh", "packed with bzip2. Unpack it first"),
    (b"\xfd7zXZ", "packed with xz. Unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive. Unpack it first"),
    (b"Rar!", "a RAR archive. Unpack it first"),
    (b"\x89HDF", "a file of Keras or HDF5, which is not read here. Save a state_dict with PyTorch"),
)


@dataclass(frozen=True)
class TensorFile:
    content: Any
    """The saved object, usually a dictionary."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """The metadata of safetensors."""


def read_tensor_file(path: Path) -> TensorFile:
    """The content of a file, with its tensors on the CPU, whatever device they were saved on.

    Raises WeightsError if the file does not exist, is too large, damaged or of another kind, or contains more than
    tensors and plain values.
    """
    if path.suffix.lower() not in WEIGHTS_ENDINGS:
        raise WeightsError(
            f"No weights {str(path)!r}: expected `imagenet`, `imagenet:NAME`, `pretrained`, `none`, or a file that "
            f"ends in {', '.join(WEIGHTS_ENDINGS)}."
        )
    if not os.path.isfile(path):
        raise WeightsError(f"No weights file at {path}. Check the path, or choose named weights or `none`.")
    try:
        bytes_ = path.stat().st_size
        with path.open("rb") as file:
            beginning = file.read(64)
        _check_beginning(path, beginning, bytes_)
        if _is_safetensors(path, beginning):
            return _read_safetensors(path, bytes_)
        return TensorFile(_read_torch(path, beginning, bytes_))
    except OSError as error:
        raise WeightsError(f"Cannot read {path}: {error.strerror or error}.") from error


def _check_beginning(path: Path, beginning: bytes, bytes_: int) -> None:
    if bytes_ == 0:
        raise WeightsError(f"{path} is empty. Copy or download it again.")
    if bytes_ > MAX_BYTES:
        raise WeightsError(f"{path} is too large: {size(bytes_)}, and at most {size(MAX_BYTES)} are read as weights.")
    start = beginning.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    for mark, words in _NOT_WEIGHTS:
        if start.startswith(mark.lower()):
            raise WeightsError(f"{path} is {words}.")


def _is_safetensors(path: Path, beginning: bytes) -> bool:
    """Whether it is safetensors, by its ending, or by its content if the ending is different."""
    return path.suffix.lower() == ".safetensors" or beginning[8:9] == b"{"


def _read_safetensors(path: Path, bytes_: int) -> TensorFile:
    """Tensors by name. The format: eight bytes for the length of the header, the header as JSON, the values."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\xff"))
        if length > bytes_:
            raise _damaged(path, "safetensors")
        _check_index(path, length)
        header = file.read(length)
    try:
        entries = json.loads(header)
        metadata = dict(entries.get("__metadata__") or {})
    except (ValueError, RecursionError, TypeError, AttributeError) as error:
        raise _damaged(path, "safetensors") from error
    _check_count(path, len(entries))
    try:
        return TensorFile(load_file(path, device="cpu"), metadata)
    except (SafetensorError, KeyError, RuntimeError, ValueError) as error:  # KeyError: a type that torch does not have
        raise _damaged(path, "safetensors", str(error)) from error


def _read_torch(path: Path, beginning: bytes, bytes_: int) -> object:
    if beginning.startswith(b"PK"):
        _check_archive(path, bytes_)
    elif beginning[:1] == b"\x80":
        _check_old_pickle(path)
    else:
        raise _damaged(path, "PyTorch")
    try:
        with torch.serialization.safe_globals(_SAFE), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # in old pickle protocols
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # a damaged pickle can raise almost any error
        names = _refused_names(path)
        if names:
            raise WeightsError(
                f"{path} holds more than tensors ({', '.join(names[:3])}), perhaps a whole pickled model, and is not "
                "opened because that could run code. Save the state_dict alone: "
                "torch.save(model.state_dict(), path)."
            ) from error
        raise _damaged(path, "PyTorch") from error


def _check_archive(path: Path, bytes_: int) -> None:
    """A file of torch.save is an uncompressed zip archive of one pickle and one member per tensor."""
    with path.open("rb") as file:
        file.seek(max(0, bytes_ - (1 << 16) - 22))
        ending = file.read()
    found = ending.rfind(b"PK\x05\x06")
    if found < 0 or len(ending) < found + 22:
        raise WeightsError(f"{path} is damaged or no PyTorch file: its end is missing. Copy or download it again.")
    entries, directory_bytes = struct.unpack("<HI", ending[found + 10 : found + 16])
    wide = ending.rfind(b"PK\x06\x06")  # if there are more entries than 16 bits can count
    if wide >= 0 and len(ending) >= wide + 48:
        entries, directory_bytes = struct.unpack("<QQ", ending[wide + 32 : wide + 48])
    _check_count(path, entries)
    _check_index(path, directory_bytes)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _damaged(path, "PyTorch") from error
    _check_count(path, len(members))
    unpacked = sum(member.file_size for member in members)
    if unpacked > bytes_:
        raise WeightsError(
            f"{path} is compressed: {size(bytes_)} that unpack to {size(unpacked)}. torch.save does not compress: "
            "save the weights anew with torch.save(model.state_dict(), path)."
        )
    names = [member.filename for member in members]
    if any("/code/" in name for name in names):
        raise WeightsError(
            f"{path} is a TorchScript archive, which holds code. Save the state_dict alone: "
            "torch.save(model.state_dict(), path)."
        )
    pickles = [member for member in members if member.filename.rpartition("/")[2] == "data.pkl"]
    if not pickles:
        raise WeightsError(
            f"{path} is a zip archive, but not one of PyTorch's. If the weights are in it, unpack it first."
        )
    _check_index(path, max(member.file_size for member in pickles))


def _check_old_pickle(path: Path) -> None:
    """Files from before torch 1.6 (four pickles, the third has the content) and plain pickles."""
    counted = 0
    try:
        with path.open("rb") as file:
            for _ in range(4):
                left = MAX_INSTRUCTIONS - counted
                counted += sum(1 for _ in itertools.islice(pickletools.genops(file), left + 1))
                if counted > MAX_INSTRUCTIONS:
                    break
    except (ValueError, IndexError, KeyError, EOFError, OverflowError, UnicodeDecodeError):
        return  # a plain pickle ends here; a damaged one is rejected when it is loaded
    if counted > MAX_INSTRUCTIONS:
        raise WeightsError(
            f"{path} holds more than the weights of a network: its index has over {MAX_INSTRUCTIONS:,} instructions. "
            "Save the state_dict alone: torch.save(model.state_dict(), path)."
        )


def _check_count(path: Path, tensors: int) -> None:
    if tensors > MAX_TENSORS:
        raise WeightsError(
            f"{path} holds {tensors:,} tensors or more, and at most {MAX_TENSORS:,} are read. "
            "Save the state_dict of the network alone."
        )


def _check_index(path: Path, bytes_: int) -> None:
    if bytes_ > MAX_INDEX_BYTES:
        raise WeightsError(
            f"{path} holds more than the weights of a network: the list of its tensors takes {size(bytes_)}, and at "
            f"most {size(MAX_INDEX_BYTES)} are read. Save the state_dict alone."
        )


def _damaged(path: Path, kind: str, reason: str = "") -> WeightsError:
    why = f" ({' '.join(reason.split())[:200]})" if reason else ""
    return WeightsError(
        f"{path} is damaged or no {kind} file{why}. Copy or download it again, or save it anew with "
        "torch.save(model.state_dict(), path)."
    )


def _refused_names(path: Path) -> list[str]:
    """What a rejected file wanted to import; empty if it cannot be parsed."""
    try:
        with torch.serialization.safe_globals(_SAFE):
            return sorted(torch.serialization.get_unsafe_globals_in_checkpoint(str(path)))
    except Exception:  # as above; the caller reports the file as damaged
        return []
