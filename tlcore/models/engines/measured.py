"""What is known on this machine about the engines for a network, kept in the disk cache.

A choice that depended on a new timing each time could differ between a run and its continuation, and so could the last
digits of the results. So the timings are kept, and the choice follows from them.
"""

import hashlib
from importlib.metadata import version

import torch
from pydantic import BaseModel, ConfigDict, Field

from tlcore.system.cache import DiskCache
from tlcore.system.device import DeviceChoice
from tlcore.system.records import read_record

CACHE = DiskCache("engines", ".json", max_entries=10_000)


class Measured(BaseModel):
    """Seconds for one image."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    estimated_s: float | None = Field(None, gt=0)
    """From the layers alone, as in `cost`."""
    torch_s: float | None = Field(None, gt=0)
    onnx_s: float | None = Field(None, gt=0)
    refused: str = Field("", max_length=300)
    """Why ONNX Runtime cannot be used, in words; empty if it can, or was not tried."""


def speed_key(structure: str, choice: DeviceChoice, size_px: tuple[int, int]) -> str:
    """The key of the timings: the machine, threads and precision, and the network without its values, as in `Part`."""
    cpu = str(torch.cpu.get_capabilities().get("cpu_name", ""))
    return _key("speed", structure, repr(size_px), choice.precision, str(torch.get_num_threads()), cpu)


def agreement_key(network: str, size_px: tuple[int, int]) -> str:
    """The key of the verdict on a network with its values: whether ONNX Runtime gives torch's results."""
    return _key("agreement", network, repr(size_px))


def load_measured(key: str) -> Measured:
    """What is known; empty if nothing is, or its file is damaged."""
    return CACHE.load(key, lambda path: read_record(path, Measured, "a timing of a network")) or Measured()


def save_measured(key: str, **changes: object) -> Measured:
    """Add to what is known, and return it."""
    measured = Measured.model_validate(load_measured(key).model_dump() | changes)
    content = measured.model_dump_json().encode()
    CACHE.save(key, lambda file: file.write(content))
    return measured


def _key(*parts: str) -> str:
    libraries = [f"{name} {version(name)}" for name in ("torch", "onnxruntime")]
    return hashlib.sha256("\0".join(["2", *parts, *libraries]).encode()).hexdigest()
