"""Choose the engine for a pass over many images, and run it: torch with folded BatchNorm, or ONNX Runtime.

ONNX Runtime is used on a CPU if the pass is long enough to pay for the conversion, and it is faster, and it gives
torch's results on the first batch.
"""

import logging
import time
from collections.abc import Callable
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from tlcore.models.engines.agreement import agrees
from tlcore.models.engines.converted import CACHE, MAX_BYTES, Session, conversion_key, convert, load_session
from tlcore.models.engines.cost import seconds_per_image
from tlcore.models.engines.folded import fold_batchnorm, in_eval_mode
from tlcore.models.engines.measured import agreement_key, load_measured, save_measured, speed_key
from tlcore.models.engines.part import Part
from tlcore.system.device import DeviceChoice
from tlcore.words import shorten

CONVERT_S = 4.0
"""Time for the conversion of a network: 2 to 5 s on two cores."""
OPEN_S = 0.5
"""Time to open a network that was converted before, and to check it."""
GAIN = {"fp32": 0.4, "bf16": 0.05}
"""Part of a pass's time that ONNX Runtime is expected to save. In fp32 it saved 28 to 46 %; with bf16, little."""
REUSED = 3
"""Passes to expect through a frozen part: other splits, other runs and evaluations with the same backbone."""
CHECKED_AGAIN = 2
"""Images on which a network that was converted before is checked again. The first time it was a whole batch."""
_REPEATS = 3

Engine = Literal["torch", "onnxruntime"]
log = logging.getLogger(__name__)


class Runner:
    """Runs a part of a network on batches of one size, always with the same engine.

    The engine is chosen at the first batch. The network's values must not change while this is used.
    """

    def __init__(self, part: Part, choice: DeviceChoice, images: int, *, passes: int = 1, processes: int = 1) -> None:
        """`images`: the length of the pass; `passes`: how many passes of that length to expect with these values.

        With several `processes` that share a pass, each must use the same engine, so it is torch.
        """
        self._part, self._choice = part, choice
        self._images, self._passes = images, passes
        self._may_convert = choice.device.type == "cpu" and processes == 1 and part.num_bytes <= MAX_BYTES
        self._run: Callable[[Tensor], Tensor] | None = None
        self._words = ""

    def __call__(self, images_NCHW: Tensor) -> Tensor:
        """The part's output for normalised images (N, 3, H, W): in the precision of the engine, on the device."""
        if self._run is None:
            with torch.autocast(self._choice.device.type, enabled=False):  # a training step calls it under autocast
                self._run = self._build(images_NCHW)
        return self._run(images_NCHW)

    def fewest(self, images: int, usual: int) -> int:
        """The fewest images, these and others, in which each has the bits of its results in a batch of the usual size.

        The last digits of a result depend on the number of images, because libraries choose their method by it.
        """
        multiple = self._run.multiple if isinstance(self._run, Session) else None
        return usual if multiple is None else -(-images // multiple) * multiple

    def converts(self, images_NCHW: Tensor) -> bool:
        """Whether the first batch, of such images, will take some seconds longer, because the network is converted."""
        size_px = _size_px(images_NCHW)
        return self.engine(size_px) == "onnxruntime" and not self._is_converted(size_px)

    def _is_converted(self, size_px: tuple[int, int]) -> bool:
        return CACHE.has(self._conversion_key(size_px))

    def _conversion_key(self, size_px: tuple[int, int]) -> str:
        return conversion_key(self._network, size_px)

    @cached_property
    def _network(self) -> str:
        """What is run, with its values."""
        return f"{self._part.output} {self._part.digest()}"

    @cached_property
    def _structure(self) -> str:
        return self._part.structure()

    @property
    def words(self) -> str:
        """The engine in words, after the first batch."""
        return self._words

    def engine(self, size_px: tuple[int, int]) -> Engine:
        """The engine for images of this height and width, as far as it can be known before the first batch."""
        if not self._may_convert:
            return "torch"
        key = speed_key(self._structure, self._choice, size_px)
        known = load_measured(key)
        if known.estimated_s is None:
            threads = torch.get_num_threads()
            estimated_s = seconds_per_image(self._part.model, torch.zeros(1, 3, *size_px), threads)
            known = save_measured(key, estimated_s=max(estimated_s, 1e-9))
        gain_s = (known.estimated_s or 0.0) * self._images * self._passes * GAIN[self._choice.precision]
        if gain_s < OPEN_S or (gain_s < CONVERT_S and not self._is_converted(size_px)):
            return "torch"
        if known.torch_s is not None and known.onnx_s is not None and known.onnx_s >= known.torch_s:
            return "torch"
        return "torch" if load_measured(agreement_key(self._network, size_px)).refused else "onnxruntime"

    def _build(self, images_NCHW: Tensor) -> Callable[[Tensor], Tensor]:
        if self._choice.device.type != "cpu":
            self._words = f"PyTorch, {self._choice.precision}"
            return self._torch(self._part, self._choice.precision)
        self._words = f"PyTorch with folded BatchNorm, {self._choice.precision}"
        if self.engine(_size_px(images_NCHW)) == "onnxruntime":
            session = self._kept_session(images_NCHW) or self._new_session(images_NCHW)
            if session is not None and self._is_faster(session, images_NCHW):
                self._words = "ONNX Runtime, fp32"
                return session
        return self._torch(self._folded(images_NCHW), self._choice.precision)

    def _folded(self, images_NCHW: Tensor) -> Part:
        return self._part.of(fold_batchnorm(self._part.model, self._part.architecture, images_NCHW[:1].float()))

    def _torch(self, part: Part, precision: str) -> Callable[[Tensor], Tensor]:
        device = self._choice.device.type

        def run(images_NCHW: Tensor) -> Tensor:
            with torch.inference_mode(), torch.autocast(device, torch.bfloat16, enabled=precision == "bf16"):
                return part(images_NCHW)

        return run

    def _kept_session(self, images_NCHW: Tensor) -> Session | None:
        """The session of the network that was converted before; None if there is none, or it gives other results.

        It gave torch's results on a whole batch when it was converted, so a few images are enough.
        """
        key = self._conversion_key(_size_px(images_NCHW))
        kept = load_session(key, torch.get_num_threads(), len(images_NCHW))
        if kept is None:
            return None
        few_NCHW = images_NCHW[:CHECKED_AGAIN]
        in_torch = self._torch(self._part.of(in_eval_mode(self._part.model)), "fp32")
        return kept if _gives(kept, few_NCHW, in_torch(few_NCHW)) else None

    def _new_session(self, images_NCHW: Tensor) -> Session | None:
        """The session of the network, converted now; None if that fails, or it does not give the expected results."""
        size_px = _size_px(images_NCHW)
        folded, key = self._folded(images_NCHW), self._conversion_key(size_px)
        try:
            session = convert(folded.as_module(), images_NCHW, key, torch.get_num_threads())
            if _gives(session, images_NCHW, self._torch(folded, "fp32")(images_NCHW)):
                return session
            refused = "ONNX Runtime gives other results"
        except Exception as error:  # the exporter and the runtime have many types of errors of their own
            refused = f"it cannot be converted for ONNX Runtime: {type(error).__name__}"
            log.info("The conversion of %s failed", self._part.architecture.name, exc_info=True)
        log.warning("%s runs in PyTorch: %s.", self._part.architecture.name, refused)
        save_measured(agreement_key(self._network, size_px), refused=shorten(refused, 300))
        self._words += f" ({refused})"
        return None

    def _is_faster(self, session: Session, images_NCHW: Tensor) -> bool:
        """Whether the session is faster than torch: as measured earlier on this machine, else measured now, in turn."""
        key = speed_key(self._structure, self._choice, _size_px(images_NCHW))
        known = load_measured(key)
        if known.torch_s is None or known.onnx_s is None:
            in_torch = self._torch(self._folded(images_NCHW), self._choice.precision)
            times: dict[Callable[[Tensor], Tensor], float] = {}
            for _ in range(_REPEATS):
                for run in (in_torch, session):
                    times[run] = min(times.get(run, float("inf")), _seconds(run, images_NCHW))
            count = len(images_NCHW)
            known = save_measured(key, torch_s=times[in_torch] / count, onnx_s=times[session] / count)
        return (known.onnx_s or 0.0) < (known.torch_s or 0.0)


def _size_px(images_NCHW: Tensor) -> tuple[int, int]:
    height, width = images_NCHW.shape[2:]
    return height, width


def _gives(session: Session, images_NCHW: Tensor, expected: Tensor) -> bool:
    try:
        return agrees(session(images_NCHW), expected)
    except Exception:  # a kept network of another kind; the new one tells the problem
        log.info("An ONNX network does not run", exc_info=True)
        return False


def _seconds(run: Callable[[Tensor], Tensor], images_NCHW: Tensor) -> float:
    started = time.perf_counter()
    run(images_NCHW)
    return max(time.perf_counter() - started, 1e-9)
