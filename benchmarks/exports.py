"""Exported files beside the run that they come from: size, time per image, and how their answers compare.

    python -m benchmarks.exports [--backbones efficientnet_lite0 mobilenet_v2] [--formats onnx onnx-int8 pt2]

For each backbone a frozen run is trained on the photographs of ants and bees, in fp32. Every format is exported with
its certificate, which covers all images of val. Then the network alone is timed on one image at a time in one thread,
in turn with PyTorch; files that prepare images are timed on a photograph of 500 x 375 px.
"""

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks.measure import DATA, WEIGHTS, fresh_home, median, require_shared
from tlcore.config import parse_config
from tlcore.delivery.certificate import Certificate
from tlcore.delivery.certified import Exported
from tlcore.delivery.export import export_certified
from tlcore.delivery.onnx_model import OnnxModel
from tlcore.delivery.pt2_file import Pt2Program
from tlcore.errors import ExportRefused
from tlcore.runs.folder.run import Run
from tlcore.runs.restore import restore_model
from tlcore.system.drive import drive

FORMATS = ("onnx", "onnx-images", "onnx-int8", "onnx-int8-images", "pt2")
ROUNDS, IMAGES = 7, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbones", nargs="+", default=["efficientnet_lite0", "mobilenet_v2"])
    parser.add_argument("--formats", nargs="+", default=list(FORMATS))
    arguments = parser.parse_args()
    require_shared()
    os.environ["TLCORE_HOME"] = fresh_home()
    torch.set_num_threads(1)
    for backbone in arguments.backbones:
        compare(backbone, arguments.formats)


def compare(backbone: str, formats: list[str]) -> None:
    import tlcore

    model: dict[str, Any] = {"backbone": backbone}
    if backbone == "mobilenet_v2":
        model["weights"] = str(WEIGHTS)
    elif backbone.startswith("timm:"):
        model["weights"] = "none"
    settings = {"data": {"source": str(DATA)}, "model": model, "epochs": 5, "precision": "fp32", "device": "cpu"}
    run = tlcore.train(parse_config(settings))
    epoch = run.chosen_epoch()
    network = restore_model(run, epoch)
    size_px = run.config.eval_transform.output_px()
    image_NCHW = np.random.default_rng(0).normal(size=(1, 3, *size_px)).astype(np.float32)
    photograph_NHWC = np.random.default_rng(0).integers(0, 256, (1, 375, 500, 3), dtype=np.uint8)
    prepare = run.config.eval_transform.build()

    def torch_eager() -> None:
        with torch.inference_mode():
            network(torch.from_numpy(image_NCHW))

    def torch_from_photograph() -> None:
        with torch.inference_mode():
            network(prepare(torch.from_numpy(photograph_NHWC[0]).permute(2, 0, 1))[None])

    timed: dict[str, Callable[[], object]] = {"PyTorch": torch_eager, "PyTorch, images": torch_from_photograph}
    rows: dict[str, tuple[int, Certificate]] = {}
    for name in formats:
        try:
            exported = drive(export_certified(run, epoch, name))
        except ExportRefused as error:
            print(f"{name}: {error}")
            continue
        assert exported.certificate is not None
        rows[name] = len(exported.content), exported.certificate
        timed[name] = _runner(run, exported, image_NCHW, photograph_NHWC)
    times = _times(timed)
    print(f"\n{backbone}, epoch {epoch}, {rows and next(iter(rows.values()))[1].images} images")
    print(f"{'':18} {'MB':>6} {'ms':>7} {'same':>10} {'largest':>9} {'median':>9} {'right':>6}")
    for name, milliseconds in times.items():
        if name not in rows:
            print(f"{name:18} {'':6} {milliseconds:7.1f}")
            continue
        num_bytes, found = rows[name]
        same = f"{found.same}/{found.images}"
        print(
            f"{name:18} {num_bytes / 1e6:6.1f} {milliseconds:7.1f} {same:>10} {found.largest_difference:9.6f} "
            f"{found.median_difference:9.6f} {found.right_file:6}  mended {found.mended}, broken {found.broken}"
        )


def _runner(run: Run, exported: Exported, image_NCHW: Any, photograph_NHWC: Any) -> Callable[[], object]:
    if exported.file_name.endswith(".pt2"):
        program = Pt2Program(exported.content, run.config.eval_transform)
        return lambda: program.run(image_NCHW)
    model = OnnxModel.from_bytes(exported.content, exported.file_name, threads=1)
    images = photograph_NHWC if model.prepares else image_NCHW
    return lambda: model.run(images)


def _times(timed: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Milliseconds of processor time per image: the median of the rounds, in which all take turns."""
    found: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(ROUNDS):
        for name, run in timed.items():
            run()
            started = time.process_time()
            for _ in range(IMAGES):
                run()
            found[name].append(1000 * (time.process_time() - started) / IMAGES)
    return {name: median(values) for name, values in found.items()}


if __name__ == "__main__":
    main()
