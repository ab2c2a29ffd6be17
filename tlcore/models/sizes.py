"""Numbers of parameters for lists of networks. timm tells them only by building the network: they are kept on disk."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

from tlcore.errors import ModelError, RecordError
from tlcore.models.zoo import TIMM, find_architecture
from tlcore.system.cache import DiskCache, digest_key

_KEPT = DiskCache("parameters", ".json", max_entries=512, folders=16)
_MOST_BYTES = 100


def count_parameters(names: Sequence[str], within_s: float) -> tuple[int | None, ...]:
    """Of each network, with the head that it was published with. None: it cannot be built as one network here, or there
    was no time to build it: the next call goes on from there.

    Raises UnknownBackbone.
    """
    deadline = time.monotonic() + within_s
    return tuple(_kept_or_counted(name, deadline) for name in names)


def parameters_words(number: int | None) -> str:
    """`4.7 M`; a dash if it is not known."""
    return "–" if number is None else f"{number / 1e6:.1f} M"


def _kept_or_counted(name: str, deadline: float) -> int | None:
    architecture = find_architecture(name)
    if not name.startswith(TIMM):
        return architecture.num_parameters
    key = _key(name)
    kept = _KEPT.load(key, _read)
    if kept is None and time.monotonic() < deadline:
        try:
            kept = architecture.num_parameters
        except ModelError:
            kept = 0
        _KEPT.save(key, lambda file: file.write(json.dumps(kept).encode()))
    return kept or None


def _key(name: str) -> str:
    import timm

    return digest_key("1", timm.__version__, name)


def _read(path: Path) -> int:
    """0 for a network that cannot be built."""
    with path.open("rb") as file:
        found = json.loads(file.read(_MOST_BYTES))
    if type(found) is not int or found < 0:
        raise RecordError(f"{path} holds no number of parameters.")
    return found
