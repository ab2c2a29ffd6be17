"""Convert a network of ONNX to calculations with whole numbers of 8 bits: a quarter of the size, and less exact.

Static quantisation: the range of every value inside the network is measured on training images. Weights have a range
per channel. Source: ONNX Runtime, "Quantize ONNX Models".
"""

import logging
import tempfile
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from tlcore.data.dataset import Dataset, Sample
from tlcore.errors import ExportRefused, UnreadableImage
from tlcore.runs.folder.run import Run
from tlcore.runs.restore import reopen_dataset
from tlcore.system.logs import errors_only
from tlcore.training.events import Progress
from tlcore.training.inputs.meter import Meter

CALIBRATION_IMAGES = 128
"""How many training images measure the ranges: the same number of each class, as far as there are."""
_BATCH = 16


def quantise(run: Run, epoch: int, network: onnx.ModelProto) -> Generator[Progress, None, onnx.ModelProto]:
    """The network from `images` to `output` in int8, with the progress of reading training images.

    Raises DataError if the dataset is gone, and ExportRefused if no training image can be read or the conversion fails.
    """
    dataset, _ = reopen_dataset(run)
    samples = calibration_samples(dataset)
    meter = Meter("calibrate", epoch, len(samples))
    batches = yield from meter.through(_load(run, dataset, samples))
    if not batches:
        raise ExportRefused(f"No training image of run {run.name} can be read, so int8 cannot be calibrated.")
    yield Progress("write", epoch, 0, 1, 0.0)
    return _quantised(network, batches)


def calibration_samples(dataset: Dataset) -> list[Sample]:
    """Training images, the classes in turn, always the same ones."""
    draw = np.random.default_rng(0)
    by_class: dict[int, list[Sample]] = {}
    for sample in dataset.split("train"):
        by_class.setdefault(sample.target, []).append(sample)
    queues = [[found[index] for index in draw.permutation(len(found))] for _, found in sorted(by_class.items())]
    longest = max((len(queue) for queue in queues), default=0)
    in_turn = [queue[place] for place in range(longest) for queue in queues if place < len(queue)]
    return in_turn[:CALIBRATION_IMAGES]


def _load(run: Run, dataset: Dataset, samples: list[Sample]) -> Generator[int, None, list[npt.NDArray[np.float32]]]:
    """Batches of prepared images (N, 3, H, W). Unreadable ones are left out."""
    transform = run.config.eval_transform
    prepare = transform.build()
    images: list[npt.NDArray[np.float32]] = []
    for done, sample in enumerate(samples, start=1):
        try:
            images.append(prepare(dataset.source.load(sample.id, transform)).numpy())
        except UnreadableImage:
            continue
        yield done
    return [np.stack(images[start : start + _BATCH]) for start in range(0, len(images), _BATCH)]


class _Reader:
    """Gives the batches to ONNX Runtime's calibration, one by one."""

    def __init__(self, name: str, batches: list[npt.NDArray[np.float32]]) -> None:
        self._inputs: Iterator[Mapping[str, Any]] = iter([{name: batch} for batch in batches])

    def get_next(self) -> Mapping[str, Any] | None:
        return next(self._inputs, None)


def _quantised(network: onnx.ModelProto, batches: list[npt.NDArray[np.float32]]) -> onnx.ModelProto:
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder, errors_only():  # its warnings advise what is done here anyway
        plain, prepared, result = (Path(folder) / f"{name}.onnx" for name in ("plain", "prepared", "int8"))
        onnx.save(network, plain)
        try:
            quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
            quantize_static(
                str(prepared),
                str(result),
                _Reader(network.graph.input[0].name, batches),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.MinMax,
            )
            return onnx.load(result)
        except Exception as error:  # of a type of its own for each operator that it cannot convert
            logging.getLogger(__name__).info("A network cannot be converted to int8", exc_info=True)
            raise ExportRefused(
                f"The network cannot be converted to int8: {type(error).__name__}: {str(error)[:300]}. "
                "Export it without int8."
            ) from None
