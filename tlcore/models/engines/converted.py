"""Networks converted to ONNX, kept in the disk cache, and the ONNX Runtime session that runs one.

An entry is one file: the digest of its key and its content, then the ONNX model. So a damaged entry, or one that was
put under another name, is not used.
"""

import hashlib
import logging
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tlcore.models.engines.folded import sharing_copy
from tlcore.system.cache import DiskCache
from tlcore.system.logs import errors_only

Batch = npt.NDArray[np.float32]

CACHE = DiskCache("onnx", ".onnx", max_bytes=2_000_000_000)
MAX_BYTES = 1_500_000_000
"""Largest weights to convert: an ONNX model in one file cannot exceed 2 GB."""

PART = 2
"""Images that one thread runs at a time, if there are enough for all threads. 1 to 4 were about equally fast."""

_DIGEST_BYTES = 32
_exporting = threading.Lock()  # torch.export has global state


class Session:
    """An ONNX Runtime session: images (N, 3, H, W) to the output of the converted network, both float32 on the CPU.

    A large batch is run in parts, each by one thread, because threads that share every layer wait for each other at
    the end of each one, above all while other processes decode images. The results have the same bits.
    """

    def __init__(self, model: bytes, threads: int, images: int = 1) -> None:
        """`images`: the usual number of images per call; any number can be run."""
        import onnxruntime

        # with two parts or more per thread, none waits long for the others
        self._pool = ThreadPoolExecutor(threads) if threads > 1 and images >= 2 * PART * threads else None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1 if self._pool else threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # threads that wait in a loop would take the cores from the processes that decode images
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    @property
    def multiple(self) -> int | None:
        """In calls with any multiple of this number of images, an image's results have the same bits. None: unknown."""
        return PART if self._pool else None

    def __call__(self, images_NCHW: Tensor) -> Tensor:
        batch = images_NCHW.float().contiguous().numpy()
        if self._pool is None:
            return torch.from_numpy(self._run(batch))
        parts = [batch[start : start + PART] for start in range(0, len(batch), PART)]
        return torch.from_numpy(np.concatenate(list(self._pool.map(self._run, parts))))

    def _run(self, images_NCHW: Batch) -> Batch:
        output: Batch = self._session.run(None, {self._input: images_NCHW})[0]
        return output


def conversion_key(network: str, size_px: tuple[int, int]) -> str:
    """The cache key of a converted network, from the digest of the network and the height and width of its images."""
    libraries = [f"{name} {version(name)}" for name in ("torch", "onnx", "onnxscript")]
    return hashlib.sha256("\0".join(["1", network, repr(size_px), *libraries]).encode()).hexdigest()


def load_session(key: str, threads: int, images: int = 1) -> Session | None:
    """The session of a kept network, for calls with so many images. None if there is none, or it is damaged: then it is
    deleted."""
    model = CACHE.load(key, lambda path: _checked(path, key))
    if model is None:
        return None
    try:
        return Session(model, threads, images)
    except Exception as error:  # of a type of its own for each problem
        logging.getLogger(__name__).warning("A kept ONNX network cannot be used, and is converted again: %s", error)
        return None


def convert(network: nn.Module, images_NCHW: Tensor, key: str, threads: int) -> Session:
    """Convert a network in eval mode for any number of images of this size, and keep it. Raises what the export raises.

    Takes 2 to 5 s on two cores.
    """
    content = export_onnx(network, images_NCHW)
    session = Session(content, threads, len(images_NCHW))
    CACHE.save(key, lambda file: file.write(_digest(key, content) + content))
    return session


def _checked(path: Path, key: str) -> bytes:
    stored = path.read_bytes()
    digest, model = stored[:_DIGEST_BYTES], stored[_DIGEST_BYTES:]
    if digest != _digest(key, model):
        raise ValueError(f"{path} is damaged")
    return model


def _digest(key: str, model: bytes) -> bytes:
    hasher = hashlib.sha256(key.encode())
    hasher.update(model)
    return hasher.digest()


def export_onnx(network: nn.Module, images_NCHW: Tensor, opset: int | None = None) -> bytes:
    """The network as an ONNX model from `images`, of any number and of the size of these, to `output`.

    `opset` is the version of ONNX's operators; None: the exporter's own choice. Raises what the export raises: it has
    many types of errors.
    """
    with _exporting, _quiet(), torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.no_grad():
        # a dimension of 1 would become a constant
        example = images_NCHW[:1].expand(2, -1, -1, -1).float().contiguous()
        program = torch.onnx.export(
            _not_in_place(network),
            (example,),
            dynamo=True,
            dynamic_shapes=({0: torch.export.Dim("images")},),
            input_names=["images"],
            output_names=["output"],
            opset_version=opset,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export returned nothing")
    content: bytes = program.model_proto.SerializeToString()
    return content


def _not_in_place(network: nn.Module) -> nn.Module:
    """A copy of which no layer changes its input: the exporter takes up to twice as long for one that does."""
    copied = sharing_copy(network)
    for layer in copied.modules():
        if getattr(layer, "inplace", False):
            vars(layer)["inplace"] = False
    return copied


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter's warnings and log lines are about its own parts."""
    with warnings.catch_warnings(), errors_only("torch.onnx", "onnxscript", "onnx_ir"):
        warnings.simplefilter("ignore")
        yield
